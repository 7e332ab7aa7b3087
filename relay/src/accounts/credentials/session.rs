//! The token of a signed-in browser: what its cookie says, what the database stores of it, and how long it is valid.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::ids::AccountId;
use record::tree::Hash;

use super::cookie::{find_cookie, write_cookie};
use crate::db::person::sessions::SessionsSince;

/// The cookie: of this host only, over HTTPS only, out of reach of scripts.
pub const COOKIE: &str = "__Host-ct";
/// How long a session lasts without a request: a shift.
pub const IDLE_MS: i64 = 12 * 3_600_000;
/// How long it lasts in any case: a week.
pub const AGE_MS_MAX: i64 = 7 * 24 * 3_600_000;
/// How long a user who confirmed their identity is not asked again, whatever they change.
pub const CONFIRMED_MS: i64 = 10 * 60_000;
/// Its last use is written down no more often than this.
pub const TOUCH_MS: i64 = 60_000;

/// A session's secret. The account is beside it in the cookie, so that every look-up is scoped.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken {
    account: AccountId,
    secret: [u8; 32],
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(****)")
    }
}

impl SessionToken {
    /// A new one from 32 random bytes.
    pub fn new(account: AccountId, secret: [u8; 32]) -> Self {
        Self { account, secret }
    }

    /// Reads the value of a `Cookie` header; `None` where this cookie is absent or not of this form.
    pub fn read(header: &str) -> Option<Self> {
        let (account, secret) = find_cookie(header, COOKIE)?.split_once('.')?;
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        Some(Self { account: account.parse().ok()?, secret })
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn digest(&self) -> Hash {
        Hash::of(&self.secret)
    }

    pub fn csrf(&self) -> String {
        let mut text = Hash::of(&[b"cleantrack form\n".as_slice(), &self.secret].concat()).to_string();
        text.truncate(32);
        text
    }

    /// The `Set-Cookie` value that gives it to the browser.
    pub fn set_cookie(&self) -> String {
        let value = format!("{}.{}", self.account, URL_SAFE_NO_PAD.encode(self.secret));
        write_cookie(COOKIE, &value, AGE_MS_MAX / 1_000)
    }
}

/// The `Set-Cookie` value that takes it away.
pub fn clear_cookie() -> String {
    write_cookie(COOKIE, "", 0)
}

/// Whether a session made and last used at these times is still one, all in milliseconds since 1970.
pub fn is_alive(created_ms: i64, used_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(created_ms) < AGE_MS_MAX && now_ms.saturating_sub(used_ms) < IDLE_MS
}

/// Whether somebody showed that it is them at this time, which is lately. A time that is in the future was written by a clock that was wrong.
pub fn is_confirmed(shown_ms: i64, now_ms: i64) -> bool {
    (0..CONFIRMED_MS).contains(&now_ms.saturating_sub(shown_ms))
}

/// When a session must have been begun and last used after to be one at `now_ms`.
pub fn alive_since(now_ms: i64) -> SessionsSince {
    SessionsSince { begun_ms: now_ms.saturating_sub(AGE_MS_MAX), used_ms: now_ms.saturating_sub(IDLE_MS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_went() {
        let token = SessionToken::new(AccountId::new(7, [3; 10]), [9; 32]);
        let set = token.set_cookie();
        let pair = set.split(';').next().unwrap();
        assert_eq!(SessionToken::read(pair), Some(token.clone()));
        assert_eq!(SessionToken::read(&format!("a=b; {pair}; c=d")), Some(token.clone()));
        for wrong in [
            "",
            "a=b",
            "__Host-ct=",
            "__Host-ct=x.y",
            &pair.replace("__Host-ct", "ct"),
            &pair[..pair.len() - 1],
        ] {
            assert_eq!(SessionToken::read(wrong), None, "{wrong}");
        }
        assert!(!format!("{token:?}").contains("9"));
    }

    #[test]
    fn forms_of_two_sessions_differ_and_do_not_tell_the_digest() {
        let tokens = [1, 2].map(|n| SessionToken::new(AccountId::new(7, [3; 10]), [n; 32]));
        assert_ne!(tokens[0].csrf(), tokens[1].csrf());
        assert_eq!(tokens[0].csrf().len(), 32);
        assert_ne!(tokens[0].csrf(), tokens[0].digest().to_string()[..32]);
    }

    #[test]
    fn who_showed_it_lately_is_confirmed() {
        assert!(is_confirmed(0, 0) && is_confirmed(1, CONFIRMED_MS));
        assert!(!is_confirmed(0, CONFIRMED_MS) && !is_confirmed(1, 0));
    }

    #[test]
    fn idle_and_absolute_ends() {
        assert!(is_alive(0, 0, IDLE_MS - 1));
        assert!(!is_alive(0, 0, IDLE_MS));
        assert!(is_alive(0, AGE_MS_MAX - 1, AGE_MS_MAX - 1));
        assert!(!is_alive(0, AGE_MS_MAX, AGE_MS_MAX));
        assert!(is_alive(1_000, 1_000, 0), "a clock that was set back ends nothing");
    }
}
