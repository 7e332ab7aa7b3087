//! Signing in: the try is counted, the password looked at, a session made; each step says why it did not go on.

use std::net::IpAddr;

use record::ids::AccountId;

use super::lockout::{self, Decision, Failures, Limits};
use super::password::{Checker, PasswordError};
use super::session::{self, Token};
use super::{Role, Visitor};
use crate::clock::Clock;
use crate::db::{self, AccountScope, Conn, Db, DbError};
use crate::random::Random;

/// Times that a try is counted anew because another one came between.
const RACES_MAX: usize = 16;

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// One answer for every reason, so that nobody learns who has an account.
    #[error("the e-mail address and the password do not fit together")]
    Wrong,
    /// Too many tries.
    #[error("too many tries")]
    Wait {
        /// Milliseconds since 1970.
        until_ms: i64,
    },
    /// Too many people at once.
    #[error("too many people sign in at this moment")]
    Busy,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PasswordError> for SignInError {
    fn from(_: PasswordError) -> Self {
        Self::Busy
    }
}

/// What signing in needs.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The database.
    pub db: &'a Db,
    /// Checks passwords.
    pub checker: &'a Checker,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Makes secrets.
    pub random: &'a dyn Random,
}

impl Door<'_> {
    /// Signs a person in who comes from `peer`.
    ///
    /// # Errors
    /// Why not.
    pub async fn sign_in(&self, email: &str, password: String, peer: IpAddr) -> Result<Token, SignInError> {
        let now_ms = self.clock.now_ms();
        let email = email.trim().to_lowercase();
        let names = (lockout::email_key(&email), lockout::network_key(peer));
        self.count(&names.1, &lockout::NETWORK, now_ms).await?;
        self.count(&names.0, &lockout::EMAIL, now_ms).await?;
        let user = db::users::platform_by_email(&mut self.db.read().await?, &email).await?;
        let phc = user.as_ref().map(|u| u.password_hash.clone());
        if !self.checker.fits(password, phc).await? {
            return Err(SignInError::Wrong);
        }
        let Some(user) = user else { return Err(SignInError::Wrong) };
        let account: AccountId = user.account.parse().map_err(|e| DbError::stored("account id", e))?;
        let token = Token::new(account, self.random.bytes());
        let mut tx = self.db.begin().await?;
        db::login_failures::platform_forget(&mut tx, &names.0).await?;
        db::login_failures::platform_take_back(&mut tx, &names.1).await?;
        let scope = AccountScope::of(account);
        db::sessions::insert(&mut tx, scope, token.digest(), &user.user_id, now_ms).await?;
        let (begun_ms, used_ms) = (now_ms - session::AGE_MS_MAX, now_ms - session::IDLE_MS);
        db::sessions::platform_delete_ended(&mut tx, begun_ms, used_ms).await?;
        tx.commit().await?;
        Ok(token)
    }

    async fn count(&self, name: &str, limits: &Limits, now_ms: i64) -> Result<(), SignInError> {
        for _ in 0..RACES_MAX {
            let mut tx = self.db.begin().await?;
            let kept = db::login_failures::platform_find(&mut tx, name).await?;
            let (new, wait) = match lockout::decide(kept, now_ms, limits) {
                Decision::Try(failures) => (Some(failures), None),
                Decision::Wait { until_ms, keep } => (keep, Some(until_ms)),
            };
            let kept = match new {
                Some(new) => keep(&mut tx, name, kept, new, now_ms, limits).await?,
                None => true,
            };
            tx.commit().await?;
            match (kept, wait) {
                (_, Some(until_ms)) => return Err(SignInError::Wait { until_ms }),
                (true, None) => return Ok(()),
                (false, None) => {}
            }
        }
        Err(SignInError::Busy)
    }

    /// The person whose cookie this is, if the session still lives.
    ///
    /// # Errors
    /// The database.
    pub async fn visitor(&self, token: Token) -> Result<Option<Visitor>, DbError> {
        let (now_ms, scope) = (self.clock.now_ms(), AccountScope::of(token.account()));
        let found = db::sessions::find(&mut self.db.read().await?, scope, token.digest()).await?;
        let Some(found) = found.filter(|s| session::is_alive(s.created_ms, s.used_ms, now_ms)) else {
            return Ok(None);
        };
        let role: Role = found.role.parse().map_err(|e| DbError::stored("role", e))?;
        if now_ms.saturating_sub(found.used_ms) >= session::TOUCH_MS {
            let mut tx = self.db.begin().await?;
            db::sessions::touch(&mut tx, scope, token.digest(), now_ms).await?;
            tx.commit().await?;
        }
        Ok(Some(Visitor {
            scope,
            user_id: found.user_id,
            name: found.name,
            email: found.email,
            role,
            account_name: found.account_name,
            since_ms: found.created_ms,
            token,
        }))
    }
}

async fn keep(
    tx: &mut Conn,
    name: &str,
    old: Option<Failures>,
    new: Failures,
    now_ms: i64,
    limits: &Limits,
) -> Result<bool, DbError> {
    let kept = db::login_failures::platform_replace(tx, name, old, new).await?;
    // Names that nobody tries any more do not fill the table.
    db::login_failures::platform_forget_old(tx, now_ms.saturating_sub(limits.forget_ms)).await?;
    Ok(kept)
}
