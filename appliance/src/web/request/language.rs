//! The language in which whoever sent a request reads: what was chosen in this browser, else what it asks for.

use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue};
use words::{Language, LanguageRequest, Locale, LocalePreferences};

use crate::web::request::cookies;

/// Where a reader asks for nothing that we have, and the country of a language without one: what the facility's settings
/// will say.
pub(crate) fn facility_locale() -> Locale {
    Locale::EnUs
}

/// What the reader of this request's answer likes to read, best first.
pub(crate) fn read_preferences(headers: &HeaderMap, secure: bool) -> LocalePreferences {
    let requested: Vec<&[u8]> = headers.get_all(ACCEPT_LANGUAGE).iter().map(HeaderValue::as_bytes).collect();
    let requested = requested.join(&b',');
    let request = LanguageRequest {
        chosen: None,
        cookie: cookies::find_language(headers, secure),
        accept_language: Some(&requested),
        facility_languages: &Language::ALL,
        facility_locale: facility_locale(),
    };
    request.negotiate()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of header lines, each a name and its value.
    fn best(lines: &[(&'static str, &str)], secure: bool) -> Locale {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        read_preferences(&headers, secure).best_locale(|_| true)
    }

    #[test]
    fn the_cookie_comes_before_the_browser_and_the_facility_last() {
        let (asks, cookie) = ("accept-language", "cookie");
        assert_eq!(best(&[], false), Locale::EnUs);
        assert_eq!(best(&[(asks, "fr, es-MX;q=0.5")], false), Locale::EsMx);
        assert_eq!(best(&[(asks, "fr"), (asks, "es;q=0.9")], false), Locale::EsUs);
        assert_eq!(best(&[(asks, "es"), (cookie, "language=en")], false), Locale::EnUs);
        assert_eq!(best(&[(asks, "es"), (cookie, "language=tlh")], false), Locale::EsUs);
        assert_eq!(best(&[(asks, "xx, ÿ"), (cookie, "language=ÿ")], false), Locale::EnUs);
        assert_eq!(best(&[(cookie, "a=b; language=xx")], false), Locale::Pseudo);
        assert_eq!(best(&[(cookie, "__Host-language=es")], false), Locale::EnUs);
        assert_eq!(best(&[(cookie, "language=en; __Host-language=es")], true), Locale::EsUs);
    }
}
