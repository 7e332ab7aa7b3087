//! Answers that are no page.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};

/// A header's value, where it can be one.
pub(crate) fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("/"))
}

/// `Location` and 303: what follows a form that did its work.
pub(crate) fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(http::header::LOCATION, header_value(to))]).into_response()
}

/// Adds cookies to an answer.
pub(crate) fn with_cookies(
    mut answer: Response,
    cookies: impl IntoIterator<Item = Option<HeaderValue>>,
) -> Response {
    for cookie in cookies.into_iter().flatten() {
        answer.headers_mut().append(HeaderName::from_static("set-cookie"), cookie);
    }
    answer
}
