//! The reader's language for a request: what was chosen in this browser, else what its headers request, else the facility's.

use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue};
use record::fold::FacilitySettings;
use words::{Language, LanguageRequest, Locale, LocalePreferences};

use crate::web::request::client::cookies;

/// Where a reader requests no language that we have, the country of a language without one, and what printed things are in.
pub(crate) fn facility_locale(settings: &FacilitySettings) -> Locale {
    let tag = settings.locale.as_str();
    Locale::from_tag(tag)
        .or_else(|| Language::from_code(tag).map(|language| Locale::EnUs.in_language(language)))
        .unwrap_or(Locale::EnUs)
}

/// Those that pages are offered in: the facility's choice, all where it named none that we have.
pub(crate) fn offered_languages(settings: &FacilitySettings) -> Vec<Language> {
    let named: Vec<Language> = Language::ALL
        .into_iter()
        .filter(|language: &Language| settings.languages.iter().any(|code| code == language.code()))
        .collect();
    if named.is_empty() { Language::ALL.to_vec() } else { named }
}

/// What the facility says of languages; of a box that does not know yet, English and all that we have.
#[derive(Debug, Clone)]
pub(crate) struct FacilityLanguages {
    locale: Locale,
    offered: Vec<Language>,
}

impl Default for FacilityLanguages {
    fn default() -> Self {
        Self::of(&FacilitySettings::default())
    }
}

impl FacilityLanguages {
    pub(crate) fn of(settings: &FacilitySettings) -> Self {
        Self { locale: facility_locale(settings), offered: offered_languages(settings) }
    }

    /// The languages of this request's reader, best first.
    pub(crate) fn read_preferences(&self, headers: &HeaderMap, secure: bool) -> LocalePreferences {
        let accepted = accepted_languages(headers);
        self.request(&accepted, cookies::find_language(headers, secure)).negotiate()
    }

    /// The same without the facility's languages, for programs, which get English where they request nothing.
    pub(crate) fn find_requested(&self, headers: &HeaderMap, cookie: Option<&str>) -> LocalePreferences {
        self.request(&accepted_languages(headers), cookie).find_requested()
    }

    fn request<'a>(&'a self, accepted: &'a [u8], cookie: Option<&'a str>) -> LanguageRequest<'a> {
        LanguageRequest {
            chosen: None,
            cookie,
            accept_language: Some(accepted),
            facility_languages: &self.offered,
            facility_locale: self.locale,
        }
    }
}

fn accepted_languages(headers: &HeaderMap) -> Vec<u8> {
    let lines: Vec<&[u8]> = headers.get_all(ACCEPT_LANGUAGE).iter().map(HeaderValue::as_bytes).collect();
    lines.join(&b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use words::WordSet as _;

    use crate::web::words::RefusalWords;

    /// Of header lines, each a name and its value.
    fn best(lines: &[(&'static str, &str)], secure: bool) -> Locale {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        FacilityLanguages::default().read_preferences(&headers, secure).best_locale(|_| true)
    }

    #[test]
    fn the_facility_says_what_is_offered_and_what_holds_where_nobody_asks() {
        let settings = |locale: &str, languages: &[&str]| FacilitySettings {
            locale: locale.into(),
            languages: languages.iter().map(|code| (*code).into()).collect(),
            ..FacilitySettings::default()
        };
        let asked = |settings: &FacilitySettings, header: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(header))]);
            FacilityLanguages::of(settings).read_preferences(&headers, false).best_locale(|_| true)
        };
        for (locale, languages, header, read) in [
            ("es-MX", &[][..], "fr", Locale::EsMx),
            ("es-MX", &[], "en", Locale::EnUs),
            ("es-ES", &[], "en", Locale::EnGb),
            ("es", &[], "", Locale::EsUs),
            ("", &["en"], "es-MX, en;q=0.5", Locale::EnUs),
            ("es-MX", &["es"], "en", Locale::EsMx),
            ("tlh", &["tlh"], "es", Locale::EsUs),
        ] {
            assert_eq!(asked(&settings(locale, languages), header), read, "{locale} {languages:?} {header}");
        }
        let words = RefusalWords::in_locale(Locale::EnUs).refusal_range_facility_language();
        for locale in crate::intake::FACILITY_LOCALES {
            assert_eq!(facility_locale(&settings(locale, &[])).tag(), locale);
            assert!(words.contains(locale), "the refusal names {locale}");
        }
        assert_eq!(crate::intake::FACILITY_LOCALES.len() + 1, Locale::ALL.len(), "all but the pseudo locale");
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
