//! The browser that a request comes from: a secret in its cookie, whose hash is all that the log, proofs and exports carry.
//!
//! Plain HTTP can be overheard, so the secret grants little: to take back, for a while, what this browser recorded. The cookie of
//! HTTPS pages is another one, which only they can set and read; it also makes a browser known at sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use record::ids::DeviceId;

use crate::identity::BrowserUse;
use crate::listen::PeerAddress;
use crate::web::context::AppState;
use crate::web::request::client::cookies;

const PLAIN: &str = "device";
const SECURE: &str = "__Host-device";
/// 400 days: the most that browsers allow.
const COOKIE_LIFE_S: u32 = 34_560_000;

/// The browser that a request comes from, or what it is from now on.
pub(crate) struct RequestDevice {
    secret: [u8; 32],
    secure: bool,
    usage: BrowserUse,
}

impl RequestDevice {
    /// By its cookie, or by a secret that is made now and that only the answer to this request can give it.
    pub(crate) fn of(state: &AppState, headers: &HeaderMap, peer: Option<&PeerAddress>) -> Self {
        let secure = is_secure(peer);
        let name = if secure { SECURE } else { PLAIN };
        let secret = device_secrets(headers, name).next().unwrap_or_else(|| state.random.bytes());
        Self { secret, secure, usage: cookies::find_use(headers, peer) }
    }

    pub(crate) fn usage(&self) -> BrowserUse {
        self.usage
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.usage == BrowserUse::Shared
    }

    /// Remembers the name that somebody entered on it; on a shared one no name.
    pub(crate) fn set_name(&self, name: &str) -> Option<HeaderValue> {
        if self.is_shared() { None } else { cookies::set_name(name) }
    }

    pub(crate) fn id(&self) -> DeviceId {
        DeviceId::of_secret(&self.secret)
    }

    /// For answers to what records or starts something; again each time, so that a phone in use never loses it.
    pub(crate) fn set_cookie(&self) -> Option<HeaderValue> {
        let secret = URL_SAFE_NO_PAD.encode(self.secret);
        let stored = format!("{secret}; HttpOnly; SameSite=Lax; Path=/; Max-Age={COOKIE_LIFE_S}");
        let cookie =
            if self.secure { format!("{SECURE}={stored}; Secure") } else { format!("{PLAIN}={stored}") };
        HeaderValue::from_str(&cookie).ok()
    }
}

/// Every device whose secret the request shows: over HTTPS also the one that the same browser has for plain pages.
pub(crate) fn shown_devices(headers: &HeaderMap, peer: Option<&PeerAddress>) -> Vec<DeviceId> {
    let names: &[&str] = if is_secure(peer) { &[SECURE, PLAIN] } else { &[PLAIN] };
    names
        .iter()
        .flat_map(|name| device_secrets(headers, name))
        .map(|secret| DeviceId::of_secret(&secret))
        .collect()
}

fn is_secure(peer: Option<&PeerAddress>) -> bool {
    peer.is_some_and(|peer| peer.secure)
}

/// A malformed secret counts as absent.
fn device_secrets<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = [u8; 32]> + 'a {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    let values = lines.flat_map(|line| line.split(';')).filter_map(move |pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    values
        .filter(|text| text.len() == 43)
        .filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).unwrap())])
    }

    fn peer(secure: bool) -> PeerAddress {
        let local = std::net::SocketAddr::from(([10, 0, 0, 5], 80));
        PeerAddress { remote: [10, 0, 0, 9].into(), local, secure }
    }

    #[test]
    fn each_listener_has_its_own_cookie() {
        let device = |secure| RequestDevice { secret: [7; 32], secure, usage: BrowserUse::Own };
        let value = |device: &RequestDevice| device.set_cookie().unwrap().to_str().unwrap().to_owned();
        let secret = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
        let rest = "HttpOnly; SameSite=Lax; Path=/; Max-Age=34560000";
        assert_eq!(value(&device(false)), format!("device={secret}; {rest}"));
        assert_eq!(value(&device(true)), format!("__Host-device={secret}; {rest}; Secure"));
    }

    #[test]
    fn what_is_shown_where() {
        let (plain, secure) = ([1; 32], [2; 32]);
        let both = headers(&format!(
            "x=y; device={}; __Host-device={}; z",
            URL_SAFE_NO_PAD.encode(plain),
            URL_SAFE_NO_PAD.encode(secure)
        ));
        let id = |secret| DeviceId::of_secret(&secret);
        assert_eq!(shown_devices(&both, Some(&peer(true))), [id(secure), id(plain)]);
        assert_eq!(shown_devices(&both, Some(&peer(false))), [id(plain)], "only HTTPS vouches for the other");
        assert_eq!(shown_devices(&both, None), [id(plain)]);
        let old = id([7; 32]).to_string();
        for strange in [
            "",
            "device=",
            &format!("device={old}"),
            &format!("device={}=", "B".repeat(42)),
            "device=../../x",
            "=;=;;",
        ] {
            assert_eq!(shown_devices(&headers(strange), Some(&peer(true))), [], "{strange}");
        }
    }
}
