//! What binds a challenge for a passkey to the browser that was sent it: a cookie that is no session, and opens nothing.

use super::cookie::{CookieSecret, SecretCookie};

pub(in crate::accounts) const CEREMONY_MS: i64 = 5 * 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::accounts) enum CeremonyKind {
    Add,
    SignIn,
    Confirm,
}

impl CeremonyKind {
    pub(in crate::accounts) fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
        }
    }
}

#[derive(Debug)]
pub enum CeremonyCookie {}

impl SecretCookie for CeremonyCookie {
    const NAME: &'static str = "__Host-passkey";
    const AGE_S: i64 = CEREMONY_MS / 1_000;
}

pub type CeremonySecret = CookieSecret<CeremonyCookie>;
