//! In which language this browser shows pages: chosen at the foot of each.

use http::{HeaderMap, StatusCode};
use web::answer::{SeeOther, WithHeaders};
use web::argument::FormBody;
use web::error::HttpError;
use web::referer::page_before;
use words::Language;

use crate::web::access::phone::PhoneCaller;
use crate::web::answer::with_cookies;
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::cookies;
use crate::web::request::limits::address_share::AddressShare;
use crate::web::words::ErrorWords;

pub(crate) const CHOICE: &str = "/language";
/// The redirect for a reader who came from no page of the box.
const HOME: &str = "/";

pub(crate) async fn choose(
    phone: PhoneCaller,
    _: AddressShare,
    headers: HeaderMap,
    form: FormBody,
) -> Result<WithHeaders<SeeOther>, HttpError> {
    let language = Language::from_code(form.fields.text("language")).ok_or_else(unknown_language)?;
    let back = page_before(&headers, phone.browser().host(), CHOICE).unwrap_or_else(|| HOME.to_owned());
    let stored = cookies::set_language(language, phone.peer().secure);
    Ok(with_cookies(SeeOther::to(&back)?, stored))
}

fn unknown_language() -> HttpError {
    new_error(StatusCode::UNPROCESSABLE_ENTITY, "language", worded(ErrorWords::error_language))
        .field("language")
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_language_next))
}
