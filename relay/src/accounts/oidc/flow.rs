//! A sign-in on its way to a provider and back: `state` names it, a cookie binds it to the browser that began it, and what the
//! provider must return or be shown (nonce, PKCE verifier) follows from the cookie's secret, so that no other browser has it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;

use crate::accounts::credentials::cookie::{CookieSecret, SecretCookie};

pub const FLOW_MS: i64 = 10 * 60_000;

#[derive(Debug)]
pub enum FlowCookie {}

impl SecretCookie for FlowCookie {
    const NAME: &'static str = "__Host-oidc";
    const AGE_S: i64 = FLOW_MS / 1_000;
}

pub type FlowSecret = CookieSecret<FlowCookie>;

impl FlowSecret {
    pub fn nonce(&self) -> String {
        self.derive("nonce")
    }

    /// What the code is shown with (RFC 7636).
    pub fn verifier(&self) -> String {
        self.derive("verifier")
    }

    /// By what the provider knows that verifier: S256.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Hash::of(self.verifier().as_bytes()).0)
    }

    fn derive(&self, purpose: &str) -> String {
        let text = [b"cleantrack oidc ".as_slice(), purpose.as_bytes(), b"\n", self.bytes()].concat();
        URL_SAFE_NO_PAD.encode(Hash::of(&text).0)
    }
}

/// The `state` of a sign-in, as an address has it.
pub fn write_state(state: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(state)
}

/// What the database keeps of it; `None` where it is not of this form.
pub fn state_digest(text: &str) -> Option<Hash> {
    let state: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    Some(Hash::of(&state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_secret_is_of_that_browser_only() {
        let (one, other) = (FlowSecret::new([9; 32]), FlowSecret::new([8; 32]));
        let set = one.set_cookie();
        assert_eq!(FlowSecret::read(&format!("a=b; {}", set.split(';').next().unwrap())), Some(one.clone()));
        assert_ne!(one.nonce(), other.nonce());
        assert_ne!(one.nonce(), one.verifier());
        assert_eq!((one.verifier().len(), one.challenge().len()), (43, 43));
        assert!(!format!("{one:?}").contains('9'));
    }

    #[test]
    fn a_challenge_is_that_of_the_standard() {
        // RFC 7636 appendix B, by the same hash and encoding.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = URL_SAFE_NO_PAD.encode(Hash::of(verifier.as_bytes()).0);
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_state_comes_back_as_it_went() {
        assert_eq!(state_digest(&write_state([3; 32])), Some(Hash::of(&[3; 32])));
        for wrong in ["", "x", "AAAA", "../../etc/passwd"] {
            assert_eq!(state_digest(wrong), None, "{wrong}");
        }
    }
}
