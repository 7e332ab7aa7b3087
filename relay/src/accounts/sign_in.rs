//! Signing in: the try is counted, the password looked at, a session made; each step says why it did not go on.

use std::net::IpAddr;

use service::attempts::{ClientNetwork, OriginKind};
use service::clock::Clock;
use service::random::RandomSource;

use super::access_log::{AccessLog, AccessOutcome, AccessRecord, SessionDetail};
use super::device::{self, DeviceSecret};
use super::lock_out::{AttemptOrigin, CountError, EmptyBucket, SignInLimits};
use super::password::{PasswordChecker, PasswordError};
use super::session::{self, SessionToken};
use super::{AccountUser, UserRole};
use crate::db::users::UserRow;
use crate::db::{self, Db, DbError, PlatformConnection, PlatformReason};

/// What the access log calls it.
const ACT: &str = "sign in";

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// One answer for every reason, so that nobody learns who has an account.
    #[error("wrong e-mail address or password")]
    Wrong,
    /// Too many tries.
    #[error("too many tries")]
    Wait {
        /// Milliseconds since 1970.
        until_ms: i64,
        /// Whose tries those were.
        bucket: EmptyBucket,
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

impl From<CountError> for SignInError {
    fn from(error: CountError) -> Self {
        match error {
            CountError::Wait { until_ms, bucket } => Self::Wait { until_ms, bucket },
            CountError::Db(error) => Self::Db(error),
        }
    }
}

/// What a browser gets that signed somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub token: SessionToken,
    /// By which it is known again.
    pub device: DeviceSecret,
}

/// What signing in needs.
#[derive(Debug, Clone, Copy)]
pub struct AuthService<'a> {
    /// The database.
    pub db: &'a Db,
    /// Checks passwords.
    pub checker: &'a PasswordChecker,
    /// Counts tries.
    pub limits: &'a SignInLimits,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Makes secrets.
    pub random: &'a dyn RandomSource,
}

impl<'a> AuthService<'a> {
    /// Writes down who came and who was kept out.
    pub fn log(&self) -> AccessLog<'a> {
        AccessLog { clock: self.clock, random: self.random }
    }

    /// Signs a person in who comes from `peer` with a browser that shows `device`.
    ///
    /// # Errors
    /// Why not.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        (device, peer): (Option<DeviceSecret>, IpAddr),
    ) -> Result<SignedIn, SignInError> {
        let now_ms = self.clock.now_ms();
        let email = email.trim().to_lowercase();
        let known = match &device {
            Some(device) => {
                let since_ms = now_ms - device::KNOWN_MS;
                let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
                db::devices::platform_is_known(&mut conn, &email, device.digest(), since_ms).await?
            }
            None => false,
        };
        let shown = device.as_ref().filter(|_| known).map(DeviceSecret::digest);
        let from = AttemptOrigin::new(&email, shown, peer);
        // Before the try is counted: whoever finds no place has not tried.
        let turn = self.checker.turn(from.origin()).await?;
        self.limits.count(self.db, &from, now_ms).await?;
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let user = db::users::platform_by_email(&mut conn, &email).await?;
        drop(conn);
        let phc = user.as_ref().map(|u| u.password_hash.clone());
        let fits = turn.fits(password, phc).await?;
        match user {
            Some(user) if fits => self.let_in(&email, &user, device, (&from, peer)).await,
            user => {
                self.keep_out(&email, user.as_ref(), (&from, peer)).await?;
                Err(SignInError::Wrong)
            }
        }
    }

    async fn let_in(
        &self,
        email: &str,
        user: &UserRow,
        device: Option<DeviceSecret>,
        (from, peer): (&AttemptOrigin, IpAddr),
    ) -> Result<SignedIn, SignInError> {
        let now_ms = self.clock.now_ms();
        let scope = user.scope()?;
        let token = SessionToken::new(scope.account(), self.random.bytes());
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
        let device = self.own_device(&mut tx, device, now_ms).await?;
        let mut tx = tx.enter(scope).await?;
        // They were kept out while the password was looked at.
        if !db::users::signed_in(&mut tx, &user.user_id, now_ms).await? {
            return Err(SignInError::Wrong);
        }
        self.limits.was_right(&mut tx, from, now_ms).await?;
        db::sessions::insert_session(&mut tx, token.digest(), &user.user_id, now_ms).await?;
        db::devices::save_device(&mut tx, &user.user_id, device.digest(), now_ms).await?;
        let about = session_detail(from, peer).to_string();
        let record = AccessRecord { who: email, act: ACT, about: &about };
        self.log().write_repeated(&mut tx, record, AccessOutcome::Done).await?;
        tx.commit().await?;
        Ok(SignedIn { token, device })
    }

    /// The secret that the browser shows, where this relay gave it; else a new one, so that nobody can lay one beforehand
    /// into somebody's browser.
    async fn own_device(
        &self,
        tx: &mut PlatformConnection,
        shown: Option<DeviceSecret>,
        now_ms: i64,
    ) -> Result<DeviceSecret, DbError> {
        if let Some(shown) = shown
            && db::devices::platform_is_anybodys(tx, shown.digest(), now_ms - device::KNOWN_MS).await?
        {
            return Ok(shown);
        }
        Ok(DeviceSecret::new(self.random.bytes()))
    }

    /// Writes down that a password was wrong, at the same cost whether somebody has the address or not.
    async fn keep_out(
        &self,
        email: &str,
        user: Option<&UserRow>,
        (from, peer): (&AttemptOrigin, IpAddr),
    ) -> Result<(), DbError> {
        let Some(user) = user else {
            let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
            self.log().write_stranger(&mut tx, ACT).await?;
            return tx.commit().await;
        };
        let mut tx = self.db.write(user.scope()?).await?;
        let about = session_detail(from, peer).to_string();
        let record = AccessRecord { who: email, act: ACT, about: &about };
        self.log().write_repeated(&mut tx, record, AccessOutcome::Denied).await?;
        tx.commit().await
    }

    /// The person whose cookie this is, if the session still lives.
    pub async fn visitor(&self, token: SessionToken) -> Result<Option<AccountUser>, DbError> {
        let now_ms = self.clock.now_ms();
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let found = db::sessions::platform_find(&mut conn, token.digest()).await?;
        drop(conn);
        let Some(found) = found.filter(|s| session::is_alive(s.created_ms, s.used_ms, now_ms)) else {
            return Ok(None);
        };
        // The cookie names an account; what it opens, its row says.
        let scope = found.scope()?;
        if scope.account() != token.account() {
            return Ok(None);
        }
        let role: UserRole = found.role.parse().map_err(|e| DbError::stored("role", e))?;
        if now_ms.saturating_sub(found.used_ms) >= session::TOUCH_MS {
            let mut tx = self.db.write(scope).await?;
            db::sessions::touch_session(&mut tx, token.digest(), now_ms).await?;
            tx.commit().await?;
        }
        Ok(Some(AccountUser {
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

/// From where, for the access log.
fn session_detail(from: &AttemptOrigin, peer: IpAddr) -> SessionDetail {
    match from.origin() {
        OriginKind::KnownDevice => SessionDetail::KnownDevice,
        OriginKind::UnknownDevice => SessionDetail::NewDevice(ClientNetwork::of(peer).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use service::clock::FakeClock;
    use service::random::SeededRandom;

    use super::*;

    #[tokio::test]
    async fn whoever_finds_no_place_has_not_tried() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(1).await.unwrap();
        let (checker, limits) = (PasswordChecker::default(), SignInLimits::default());
        let (clock, random) = (FakeClock::at_ms(1_795_204_920_000), SeededRandom::new(1));
        let auth_service =
            AuthService { db: &db, checker: &checker, limits: &limits, clock: &clock, random: &random };
        let try_in =
            || auth_service.sign_in("priya@linden.example", "wrong".into(), (None, [192, 0, 2, 7].into()));
        let stranger = OriginKind::UnknownDevice;
        let held = [checker.turn(stranger).await.unwrap(), checker.turn(stranger).await.unwrap()];
        let from = AttemptOrigin::new("priya@linden.example", None, [192, 0, 2, 7].into());
        for _ in 0..2 {
            assert!(matches!(try_in().await, Err(SignInError::Busy)));
        }
        drop(held);
        let mut left = 0;
        while limits.count(&db, &from, clock.now_ms()).await.is_ok() {
            left += 1;
        }
        assert_eq!(left, service::attempts::RELAY.strangers_of_person.size, "none was taken");
        assert!(matches!(try_in().await, Err(SignInError::Wait { .. })));
    }
}
