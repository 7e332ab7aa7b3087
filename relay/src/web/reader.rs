//! In which language and zone a request is answered.

use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, COOKIE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use words::{Language, LanguageRequest, Locale};

use crate::accounts::AccountUser;
use crate::accounts::credentials::cookie::{find_cookie, write_cookie};
use crate::db::person::people::ReaderChoice;
use crate::web::words::{TextReader, find_reader};

const LANGUAGE_COOKIE: &str = "language";
/// 400 days: the most that browsers allow.
const COOKIE_LIFE_S: i64 = 400 * 86_400;

/// The person's choice, then what was chosen in this browser, then what it asks for, then what the account has, then English and UTC.
/// A program gets what it asks for, or English.
pub(crate) fn choose_reader(headers: &HeaderMap, path: &str, visitor: Option<&AccountUser>) -> TextReader {
    let (own, account) = visitor.map(|visitor| (&visitor.own_choice, &visitor.account_choice)).unzip();
    fn locale_of(choice: Option<&ReaderChoice>) -> Option<&str> {
        choice.and_then(|choice| choice.locale.as_deref())
    }
    let is_program = path.starts_with("/api/");
    let accepted: Vec<&[u8]> = headers.get_all(ACCEPT_LANGUAGE).iter().map(HeaderValue::as_bytes).collect();
    let request = LanguageRequest {
        chosen: locale_of(own).filter(|_| !is_program),
        cookie: read_cookies(headers)
            .find_map(|cookies| find_cookie(cookies, LANGUAGE_COOKIE))
            .filter(|_| !is_program),
        accept_language: Some(&accepted.join(&b',')),
        facility_languages: &Language::ALL,
        facility_locale: locale_of(account).and_then(Locale::from_tag).unwrap_or(Locale::EnUs),
    };
    let preferences = if is_program { request.find_requested() } else { request.negotiate() };
    let zones = [own, account].into_iter().flatten().find_map(|choice| choice.zone.as_deref());
    TextReader { locale: preferences.best_locale(|_| true), ..TextReader::of("", zones.unwrap_or_default()) }
}

/// Says of a page in which language it is, and that others get it in others.
pub(crate) fn mark_language(headers: &mut HeaderMap) {
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        let lang = find_reader().locale.html_lang();
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang));
        headers.append(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    }
}

pub(crate) fn keep_language(language: Language) -> String {
    write_cookie(LANGUAGE_COOKIE, language.code(), COOKIE_LIFE_S)
}

/// HTTP/2 may send each cookie in a field of its own.
pub(crate) fn read_cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok())
}
