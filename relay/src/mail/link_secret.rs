//! The secret in a link of a mail: random, so that it outlives every key; the database keeps its digest alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;

#[derive(Clone, PartialEq, Eq)]
pub struct LinkSecret([u8; 32]);

impl std::fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkSecret(****)")
    }
}

impl LinkSecret {
    /// A new one from 32 random bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    pub fn read(text: &str) -> Option<Self> {
        Some(Self(URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
    }

    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub fn digest(&self) -> Hash {
        Hash::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_as_it_went_and_is_shown_nowhere() {
        let secret = LinkSecret::new([9; 32]);
        assert_eq!(LinkSecret::read(&secret.text()), Some(secret.clone()));
        assert_eq!(secret.text().len(), 43);
        for wrong in ["", "x", &secret.text()[1..], "../../etc/passwd"] {
            assert_eq!(LinkSecret::read(wrong), None, "{wrong}");
        }
        assert!(!format!("{secret:?}").contains('9'));
    }
}
