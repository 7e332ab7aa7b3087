//! What binds a challenge for a passkey to the browser that was sent it: a cookie that is no session, and opens nothing.

use record::tree::Hash;

use super::cookie::{encode_secret, read_secret, write_cookie};

/// The cookie: of this host only, over HTTPS only, out of reach of scripts.
const COOKIE: &str = "__Host-passkey";
/// How long somebody has to answer.
pub(super) const CEREMONY_MS: i64 = 5 * 60_000;

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CeremonyKind {
    /// A new passkey.
    Add,
    SignIn,
    /// Somebody who is signed in shows that it is them.
    Confirm,
}

impl CeremonyKind {
    /// As the database has it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
        }
    }
}

/// The secret of a browser that was sent a challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct CeremonySecret([u8; 32]);

impl std::fmt::Debug for CeremonySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CeremonySecret(****)")
    }
}

impl CeremonySecret {
    /// A new one from 32 random bytes.
    pub(super) fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Reads the value of a `Cookie` header; `None` where this cookie is absent or not of this form.
    pub fn read(header: &str) -> Option<Self> {
        read_secret(header, COOKIE).map(Self)
    }

    /// What the database keeps.
    pub(super) fn digest(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// The `Set-Cookie` value that hands it to the browser.
    pub fn set_cookie(&self) -> String {
        write_cookie(COOKIE, &encode_secret(&self.0), CEREMONY_MS / 1_000)
    }

    /// The `Set-Cookie` value that takes it back.
    pub fn clear_cookie() -> String {
        write_cookie(COOKIE, "", 0)
    }
}
