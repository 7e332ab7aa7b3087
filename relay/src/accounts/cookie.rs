//! Cookies of this host only, over HTTPS only, out of reach of scripts: what their headers say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The value of the cookie with this name in a `Cookie` header.
pub(super) fn find_cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut named = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    named.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// A secret in a cookie of its own; `None` where it is absent or not of this form.
pub(super) fn read_secret(header: &str, name: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(find_cookie(header, name)?).ok()?.try_into().ok()
}

/// As its cookie has it.
pub(super) fn encode_secret(secret: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(secret)
}

/// The `Set-Cookie` value that gives a browser a cookie; of an age of 0, that takes it away.
pub(super) fn write_cookie(name: &str, value: &str, age_s: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={age_s}; Secure; HttpOnly; SameSite=Lax")
}
