//! Secrets of webhooks, and what they sign, as Standard Webhooks describe it: HMAC-SHA-256 over id, time and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use service::random::RandomSource;
use sha2::Sha256;

/// Before a secret's text.
const PREFIX: &str = "whsec_";
/// The description asks for 24 to 64.
const SECRET_BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    On,
    /// An admin wants nothing sent now.
    Paused,
    /// It failed for days, or its receiver said that it is gone.
    Off,
}

impl WebhookState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Off => "off",
        }
    }

    /// What `word` wrote.
    pub fn read(word: &str) -> Self {
        let known = [Self::On, Self::Paused].into_iter().find(|state| state.word() == word);
        known.unwrap_or(Self::Off)
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(****)")
    }
}

impl WebhookSecret {
    pub(super) fn new(random: &dyn RandomSource) -> Self {
        Self(random.bytes::<SECRET_BYTES>().to_vec())
    }

    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a receiver's settings take it.
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    pub fn sign(&self, id: &str, time_s: i64, body: &str) -> String {
        // A key of any length is one.
        let mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .map(|mac| mac.chain_update(format!("{id}.{time_s}.{body}")).finalize().into_bytes());
        format!("v1,{}", mac.map(|mac| STANDARD.encode(mac)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;

    #[test]
    fn what_is_signed_is_what_others_verify() {
        let secret = WebhookSecret(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        assert_eq!(secret.to_text(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_of_the_size_that_is_asked_for_and_shows_itself_nowhere() {
        let secret = WebhookSecret::new(&SeededRandom::new(1));
        assert!((24..=64).contains(&secret.bytes().len()));
        assert_eq!(format!("{secret:?}"), "WebhookSecret(****)");
    }

    #[test]
    fn each_state_is_read_as_it_was_written() {
        for state in [WebhookState::On, WebhookState::Paused, WebhookState::Off] {
            assert_eq!(WebhookState::read(state.word()), state);
        }
        assert_eq!(WebhookState::read("of a later relay"), WebhookState::Off);
    }
}
