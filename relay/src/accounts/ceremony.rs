//! What binds a challenge for a passkey to the browser that was sent it: a cookie that is no session, and opens nothing.

use super::cookie::{CookieSecret, SecretCookie};

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

/// Of a browser that was sent a challenge.
#[derive(Debug)]
pub enum CeremonyCookie {}

impl SecretCookie for CeremonyCookie {
    const NAME: &'static str = "__Host-passkey";
    const AGE_S: i64 = CEREMONY_MS / 1_000;
}

pub type CeremonySecret = CookieSecret<CeremonyCookie>;
