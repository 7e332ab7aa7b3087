//! In which language this browser shows pages: chosen at the foot of each.

use http::header::REFERER;
use http::{HeaderMap, StatusCode, Uri};
use web::answer::{SeeOther, WithHeaders};
use web::argument::FormBody;
use web::error::HttpError;
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
    let back = page_before(&headers, phone.browser().host()).unwrap_or_else(|| HOME.to_owned());
    let stored = cookies::set_language(language, phone.peer().secure);
    Ok(with_cookies(SeeOther::to(&back)?, stored))
}

fn unknown_language() -> HttpError {
    new_error(StatusCode::UNPROCESSABLE_ENTITY, "language", worded(ErrorWords::error_language))
        .field("language")
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_language_next))
}

/// The page from which the choice came, if it is one of this very host: the box must be no open redirect. A choice that
/// was refused has no page to return to.
fn page_before(headers: &HeaderMap, host: Option<&str>) -> Option<String> {
    let referer: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let is_own = referer.authority().zip(host).is_some_and(|(from, host)| from.as_str() == host);
    let page = referer.path_and_query().filter(|page| is_own && page.path() != CHOICE)?.as_str();
    // What begins with two slashes names another host.
    (page.starts_with('/') && !page.starts_with("//")).then(|| page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_back_to_pages_of_this_host_only() {
        for (referer, page) in [
            ("http://10.0.0.5/t/7QK3M9X2W?draft=a%26b#wet", Some("/t/7QK3M9X2W?draft=a%26b")),
            ("https://10.0.0.5/", Some("/")),
            ("http://10.0.0.5", Some("/")),
            ("http://10.0.0.5:8080/", None),
            ("http://evil.example/t/7QK3M9X2W", None),
            ("http://10.0.0.5@evil.example/", None),
            ("http://10.0.0.5//evil.example/", None),
            ("http://10.0.0.5/language", None),
            ("/t/7QK3M9X2W", None),
            ("javascript:10.0.0.5", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(REFERER, referer.parse().unwrap())]);
            assert_eq!(page_before(&headers, Some("10.0.0.5")).as_deref(), page, "{referer}");
            assert_eq!(page_before(&headers, None), None);
        }
        assert_eq!(page_before(&HeaderMap::new(), Some("10.0.0.5")), None);
    }
}
