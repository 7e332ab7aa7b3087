//! Cookies: the session, the name and the lot that were typed last, and the language that was chosen. The device's are in
//! [`super::device`].

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use words::Language;

use crate::identity::BrowserUse;
use crate::listen::PeerAddress;

/// The session of staff. The prefix makes browsers take it only over HTTPS and only from this very host.
pub(crate) const SESSION: &str = "__Host-session";
const APP_OFFER: &str = "app-offer";
const NAME: &str = "name";
const LOT: &str = "lot";
const LANGUAGE: &str = "language";
/// The same for HTTPS pages, which only they can set: nobody on the network can change it.
const SECURE_LANGUAGE: &str = "__Host-language";
/// That many people use the browser; which of the two counts is as with the language.
const SHARED: &str = "shared";
const SECURE_SHARED: &str = "__Host-shared";
/// 400 days: the most that browsers allow.
const COOKIE_LIFE_S: u32 = 400 * 86_400;

pub(crate) fn find_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

pub(crate) fn remembered_name(headers: &HeaderMap) -> String {
    find_cookie(headers, NAME).and_then(read_hex).unwrap_or_default()
}

/// The lot that was typed last on this phone, of a disinfectant that goes by `agents`.
pub(crate) fn remembered_lot(headers: &HeaderMap, agents: &str) -> String {
    let of_agents = find_cookie(headers, LOT).and_then(|value| value.strip_prefix(agents)?.strip_prefix('.'));
    of_agents.and_then(read_hex).unwrap_or_default()
}

fn read_hex(hex: &str) -> Option<String> {
    if !hex.len().is_multiple_of(2) || hex.len() > 1_000 {
        return None;
    }
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|p| std::str::from_utf8(p).ok().and_then(|p| u8::from_str_radix(p, 16).ok()));
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

fn write_hex(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect()
}

fn cookie_header(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

pub(crate) fn set_name(name: &str) -> Option<HeaderValue> {
    let hex = write_hex(name);
    cookie_header(&format!("{NAME}={hex}; Path=/; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Lax"))
}

pub(crate) fn set_lot(agents: &str, lot: &str) -> Option<HeaderValue> {
    let hex = write_hex(lot);
    cookie_header(&format!("{LOT}={agents}.{hex}; Path=/; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Lax"))
}

pub(crate) fn clear_name() -> Option<HeaderValue> {
    cookie_header(&format!("{NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
}

pub(crate) fn find_language(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let own = secure.then(|| find_cookie(headers, SECURE_LANGUAGE)).flatten();
    own.or_else(|| find_cookie(headers, LANGUAGE))
}

pub(crate) fn set_language(language: Language, secure: bool) -> [Option<HeaderValue>; 2] {
    let stored = format!("{}; Path=/; Max-Age={COOKIE_LIFE_S}; HttpOnly; SameSite=Lax", language.code());
    [
        cookie_header(&format!("{LANGUAGE}={stored}")),
        secure.then(|| cookie_header(&format!("{SECURE_LANGUAGE}={stored}; Secure"))).flatten(),
    ]
}

pub(crate) fn find_app_offer(headers: &HeaderMap) -> Option<&str> {
    find_cookie(headers, APP_OFFER)
}

pub(crate) fn set_app_offer(receipt: &str) -> Option<HeaderValue> {
    let stored = format!("{receipt}; Path=/; Max-Age={COOKIE_LIFE_S}; Secure; HttpOnly; SameSite=Lax");
    cookie_header(&format!("{APP_OFFER}={stored}"))
}

pub(crate) fn find_use(headers: &HeaderMap, peer: Option<&PeerAddress>) -> BrowserUse {
    let name = if peer.is_some_and(|peer| peer.secure) { SECURE_SHARED } else { SHARED };
    find_cookie(headers, name).map_or(BrowserUse::Own, |_| BrowserUse::Shared)
}

/// Stores that, for pages over HTTPS and for plain ones. Only an answer over HTTPS can.
pub(crate) fn set_use(browser: BrowserUse) -> [Option<HeaderValue>; 2] {
    let (value, life_s) = match browser {
        BrowserUse::Own => ("", 0),
        BrowserUse::Shared => ("1", COOKIE_LIFE_S),
    };
    let stored = format!("{value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax");
    [
        cookie_header(&format!("{SHARED}={stored}")),
        cookie_header(&format!("{SECURE_SHARED}={stored}; Secure")),
    ]
}

pub(crate) fn set_session(secret: &str) -> Option<HeaderValue> {
    cookie_header(&format!("{SESSION}={secret}; Path=/; Secure; HttpOnly; SameSite=Strict"))
}

pub(crate) fn clear_session() -> Option<HeaderValue> {
    cookie_header(&format!("{SESSION}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).unwrap())])
    }

    #[test]
    fn there_and_back() {
        let set = set_name("Zoë; A=b").unwrap();
        let cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(remembered_name(&headers(&format!("x=y; {cookie}; z"))), "Zoë; A=b");
        for strange in ["", "name=zz", "name=f", "name=ff", "device=../../x", "=;=;;", "name"] {
            assert_eq!(remembered_name(&headers(strange)), "", "{strange}");
        }
    }

    #[test]
    fn a_lot_is_that_of_one_disinfectant() {
        let set = set_lot("0a1b", "L 12;4é").unwrap();
        let cookie = headers(set.to_str().unwrap().split(';').next().unwrap());
        assert_eq!(remembered_lot(&cookie, "0a1b"), "L 12;4é");
        for other in ["0a1", "0a1b.", "", "ffff"] {
            assert_eq!(remembered_lot(&cookie, other), "", "{other}");
        }
        assert_eq!(remembered_lot(&headers("lot=0a1b"), "0a1b"), "");
    }

    #[test]
    fn what_staff_say_of_a_browser_holds_for_both_its_pages() {
        let set = |browser| set_use(browser).map(|cookie| cookie.unwrap().to_str().unwrap().to_owned());
        let [plain, secure] = set(BrowserUse::Shared);
        assert!(!plain.contains("Secure") && secure.ends_with("; Secure"), "{plain} {secure}");
        let name = |cookie: &str| cookie.split(';').next().unwrap().to_owned();
        let both = headers(&format!("{}; {}", name(&plain), name(&secure)));
        let peer =
            |secure| PeerAddress { remote: [10, 0, 0, 9].into(), local: ([10, 0, 0, 5], 443).into(), secure };
        let of = |cookies: &HeaderMap, secure| find_use(cookies, Some(&peer(secure)));
        assert_eq!([false, true].map(|secure| of(&both, secure)), [BrowserUse::Shared; 2]);
        assert!(set(BrowserUse::Own).iter().all(|cookie| cookie.contains("Max-Age=0;")));
        let plain = headers(&name(&plain));
        assert_eq!(of(&plain, true), BrowserUse::Own, "whoever reads along says nothing of secure pages");
        assert_eq!(of(&headers(""), false), BrowserUse::Own);
    }

    #[test]
    fn https_pages_have_a_language_of_their_own_and_else_that_of_plain_ones() {
        let both = headers("language=es; __Host-language=en");
        assert_eq!((find_language(&both, true), find_language(&both, false)), (Some("en"), Some("es")));
        assert_eq!(find_language(&headers("language=es"), true), Some("es"));
        assert_eq!(find_language(&headers("__Host-language=en"), false), None);
        let set = |secure| {
            set_language(Language::Spanish, secure)
                .map(|cookie| cookie.map(|cookie| cookie.to_str().unwrap().to_owned()))
        };
        let rest = "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax";
        assert_eq!(set(false), [Some(format!("language=es; {rest}")), None]);
        let own = format!("__Host-language=es; {rest}; Secure");
        assert_eq!(set(true), [Some(format!("language=es; {rest}")), Some(own)]);
    }
}
