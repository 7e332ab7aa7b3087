//! The time between the two steps of a sign-in: a cookie that is no session, and opens nothing but the second step.

use record::tree::Hash;

use super::cookie::{encode_secret, read_secret, write_cookie};

/// The cookie: of this host only, over HTTPS only, out of reach of scripts.
pub const COOKIE: &str = "__Host-step";
/// How long somebody has for the second step.
pub const STEP_MS: i64 = 10 * 60_000;

/// The secret of a sign-in whose first step is done.
#[derive(Clone, PartialEq, Eq)]
pub struct StepSecret([u8; 32]);

impl std::fmt::Debug for StepSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StepSecret(****)")
    }
}

impl StepSecret {
    /// A new one from 32 random bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Reads the value of a `Cookie` header; `None` where this cookie is absent or not of this form.
    pub fn read(header: &str) -> Option<Self> {
        read_secret(header, COOKIE).map(Self)
    }

    /// What the database keeps.
    pub fn digest(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// The `Set-Cookie` value that gives it to the browser.
    pub fn set_cookie(&self) -> String {
        write_cookie(COOKIE, &encode_secret(&self.0), STEP_MS / 1_000)
    }
}

/// The `Set-Cookie` value that takes it away.
pub fn clear_cookie() -> String {
    write_cookie(COOKIE, "", 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_went() {
        let secret = StepSecret::new([9; 32]);
        let set = secret.set_cookie();
        let pair = set.split(';').next().unwrap();
        assert_eq!(StepSecret::read(&format!("a=b; {pair}")), Some(secret.clone()));
        assert_eq!(StepSecret::read(&pair[..pair.len() - 1]), None);
        assert_eq!(StepSecret::read(clear_cookie().split(';').next().unwrap()), None);
        assert!(!format!("{secret:?}").contains('9'));
    }
}
