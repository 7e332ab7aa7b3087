//! Shorthands for answers to forms.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther, WithHeaders};
use web::error::HttpError;

/// What a form answers whose effect may be a page: the question for a PIN, a token's text, what was found.
pub(crate) type FormOrPage = OneOf<FormReply, Page>;

/// A form was processed; the browser is redirected there.
pub(crate) fn go_to(address: &str) -> Result<FormReply, HttpError> {
    SeeOther::to(address).map(FormReply::Done)
}

pub(crate) fn ask_again(page: Page) -> FormReply {
    FormReply::Again(FormRecall::Invalid, page)
}

pub(crate) fn with_cookies<A>(
    answer: A,
    cookies: impl IntoIterator<Item = Option<HeaderValue>>,
) -> WithHeaders<A> {
    let mut headers = HeaderMap::new();
    for cookie in cookies.into_iter().flatten() {
        headers.append(SET_COOKIE, cookie);
    }
    WithHeaders(headers, answer)
}
