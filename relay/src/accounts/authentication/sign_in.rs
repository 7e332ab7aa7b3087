//! Signing in: the try is counted, the password checked, a session made; each step says why it did not continue.

use std::net::IpAddr;

use record::ids::AccountId;
use record::tree::Hash;
use service::attempts::{ClientNetwork, OriginKind};
use service::clock::Clock;
use service::random::RandomSource;

use crate::accounts::credentials::device;
use crate::accounts::credentials::device::DeviceSecret;
use crate::accounts::credentials::lock_out::{AttemptOrigin, CountError, EmptyBucket, SignInLimits};
use crate::accounts::credentials::password::{PasswordChecker, PasswordError, PasswordMatch};
use crate::accounts::credentials::second_step::StepSecret;
use crate::accounts::credentials::session;
use crate::accounts::credentials::session::SessionToken;
use crate::accounts::notices::PageNotices;
use crate::accounts::permission::Permission;
use crate::accounts::records::access_log::{AccessLog, AccessOutcome, AccessRecord, SessionDetail};
use crate::accounts::{AccountUser, UserRole, known_address};
use crate::db::PersonNumber;
use crate::db::person::members::MembershipRow;
use crate::db::person::people::PersonCredentials;
use crate::db::person::sessions::{NewSession, OpenSession, ProviderSignIn};
use crate::db::{self, AccountScope, Db, DbError, PlatformConnection, PlatformReason};
use crate::mail::{MailLetter, MailOutbox};

const ACT: &str = "sign in";
const PASSKEY_ACT: &str = "passkey sign in";

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum SignInError {
    /// One answer for every reason, so that nobody learns who has an account.
    Wrong,
    /// The password is theirs, and no account is open to them any more.
    Ended,
    Wait {
        until_ms: i64,
        bucket: EmptyBucket,
    },
    /// Too many people at once.
    Busy,
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone)]
pub struct SignInOrigin {
    pub device: Option<DeviceSecret>,
    pub peer: IpAddr,
    pub agent: String,
    /// Who signs them in, in place of a password or a link.
    pub provider: Option<ProviderSignIn>,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub token: SessionToken,
    pub device: DeviceSecret,
}

/// Whether somebody showed a second factor, where they have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::accounts) enum FactorProof {
    Shown,
    Passkey,
    /// They have none: one that came meanwhile keeps them out.
    NotNeeded,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInStep {
    Done(SignedIn),
    Second(StepSecret),
}

#[derive(Debug, Clone, Copy)]
pub struct AuthService<'a> {
    pub db: &'a Db,
    pub checker: &'a PasswordChecker,
    pub limits: &'a SignInLimits,
    pub clock: &'a dyn Clock,
    pub random: &'a dyn RandomSource,
    pub mail: &'a MailOutbox,
    /// Where people reach the relay.
    pub public_url: &'a str,
}

impl<'a> AuthService<'a> {
    pub fn log(&self) -> AccessLog<'a> {
        AccessLog { clock: self.clock, random: self.random }
    }

    /// From where a try at this address comes, in lower case.
    pub(in crate::accounts) async fn first_step(
        &self,
        email: &str,
        origin: &SignInOrigin,
    ) -> Result<AttemptOrigin, DbError> {
        let known = match &origin.device {
            Some(device) => {
                let since_ms = self.clock.now_ms() - device::KNOWN_MS;
                let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
                db::person::devices::platform_is_known(&mut conn, email, device.digest(), since_ms).await?
            }
            None => false,
        };
        let shown = origin.device.as_ref().filter(|_| known).map(DeviceSecret::digest);
        Ok(AttemptOrigin::new(email, shown, origin.peer))
    }

    /// Signs a person in, to the account that they were in last, or to their second step.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        origin: SignInOrigin,
    ) -> Result<SignInStep, SignInError> {
        let now_ms = self.clock.now_ms();
        let email = known_address(email);
        let from = self.first_step(&email, &origin).await?;
        self.learn_slowest().await?;
        // Before the try is counted: whoever finds no place has not tried.
        let turn = self.checker.turn(from.origin()).await?;
        self.limits.count(self.db, &from, now_ms).await?;
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let person = db::person::people::platform_by_email(&mut conn, &email).await?;
        drop(conn);
        let phc = person.as_ref().map(|p| p.password_hash.clone());
        let found = turn.check(password, phc).await?;
        if let (Some(person), PasswordMatch::FitsOld(hash)) = (&person, &found) {
            self.renew_hash(person, hash).await?;
        }
        let accounts = self.accounts_of(person.as_ref(), now_ms).await?;
        match (person, accounts.first()) {
            (Some(person), Some(into)) if found.is_theirs() => {
                self.admit(&email, &person, into.scope()?, origin, Some(&from)).await
            }
            (person, into) => {
                self.keep_out(&email, into, (&from, origin.peer)).await?;
                // Whoever guesses learns nothing; somebody on a device of theirs learns why they do not come in.
                let is_known = from.origin() == OriginKind::KnownDevice;
                let is_theirs = is_known && person.is_some() && found.is_theirs();
                Err(if is_theirs { SignInError::Ended } else { SignInError::Wrong })
            }
        }
    }

    /// Looks once in a process how long a hash of the old web app takes; where that fails, with the next sign-in again.
    async fn learn_slowest(&self) -> Result<(), SignInError> {
        let Some(lesson) = self.checker.begin_lesson() else { return Ok(()) };
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let sample = db::person::people::platform_old_hash(&mut conn).await?;
        drop(conn);
        if let Some(sample) = sample {
            self.checker.turn(OriginKind::KnownDevice).await?.check(String::new(), Some(sample)).await?;
        }
        lesson.end();
        Ok(())
    }

    /// Keeps the hash that takes the place of one of the old web app, unless the password was changed meanwhile.
    async fn renew_hash(&self, person: &PersonCredentials, hash: &str) -> Result<(), DbError> {
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
        db::person::people::platform_renew_hash(&mut tx, person, hash).await?;
        tx.commit().await
    }

    async fn accounts_of(
        &self,
        person: Option<&PersonCredentials>,
        now_ms: i64,
    ) -> Result<Vec<MembershipRow>, DbError> {
        // It costs the same where nobody has the address.
        let person = person.map_or(PersonNumber::NOBODY, PersonCredentials::person);
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        db::person::members::platform_of_person(&mut conn, person, now_ms).await
    }

    /// Begins a session. `from` is the try that it was, where a password was looked at.
    ///
    /// # Errors
    /// They were kept out meanwhile, or the database.
    pub(in crate::accounts) async fn let_in(
        &self,
        (email, person): (&str, &PersonCredentials),
        scope: AccountScope,
        origin: SignInOrigin,
        from: Option<&AttemptOrigin>,
        proof: FactorProof,
    ) -> Result<SignedIn, SignInError> {
        let now_ms = self.clock.now_ms();
        let token = SessionToken::new(scope.account(), self.random.bytes());
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
        if proof == FactorProof::NotNeeded
            && !db::person::factors::platform_list(&mut tx, person.person()).await?.is_empty()
        {
            return Err(SignInError::Wrong);
        }
        let device = self.own_device(&mut tx, origin.device, now_ms).await?;
        let mut tx = tx.enter(scope).await?;
        // They were kept out while the password was looked at.
        if !db::person::people::mark_signed_in(&mut tx, person.person(), now_ms).await? {
            return Err(SignInError::Wrong);
        }
        if let Some(from) = from {
            self.limits.was_right(&mut tx, from, now_ms).await?;
        }
        let (network, agent) = (ClientNetwork::of(origin.peer).to_string(), short_agent(&origin.agent));
        let session = NewSession {
            digest: token.digest(),
            person: person.person(),
            created_ms: now_ms,
            reauth_ms: shown_at(origin.provider.as_ref(), now_ms),
            network: &network,
            agent: &agent,
            provider: origin.provider.as_ref(),
        };
        // The provider may have been removed while it answered.
        if let Some(provider) = session.provider
            && db::account::oidc_providers::find_provider(&mut tx, &provider.provider).await?.is_none()
        {
            return Err(SignInError::Wrong);
        }
        db::person::sessions::insert_session(&mut tx, &session, now_ms).await?;
        let is_first =
            db::person::devices::count_devices(&mut tx, person.person(), now_ms - device::KNOWN_MS).await?
                == 0;
        // A device counts as known in every account: not on the word of a provider that one of them chose.
        let is_new = match session.provider {
            None => {
                db::person::devices::save_device(&mut tx, person.person(), device.digest(), now_ms).await?
            }
            Some(_) => false,
        };
        if is_new && !is_first {
            let link = format!("{}/app/me", self.public_url);
            let letter = MailLetter::new_device(now_ms, &network, session.agent, link);
            self.mail.post(&mut tx, Some(scope), email, &letter).await?;
        }
        let about = if is_new { SessionDetail::NewDevice(network) } else { SessionDetail::KnownDevice };
        let about = about.to_string();
        let act = if proof == FactorProof::Passkey { PASSKEY_ACT } else { ACT };
        let record = AccessRecord { who: email, act, about: &about, facility: None };
        self.log().write_repeated(&mut tx, record, AccessOutcome::Done).await?;
        tx.commit().await?;
        Ok(SignedIn { token, device })
    }

    /// Whether somebody who may sign in has this address, in lower case.
    pub async fn is_known(&self, email: &str) -> Result<bool, DbError> {
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        Ok(db::person::people::platform_find(&mut conn, email).await?.is_some())
    }

    pub async fn list_accounts(&self, person: PersonNumber) -> Result<Vec<MembershipRow>, DbError> {
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        db::person::members::platform_of_person(&mut conn, person, self.clock.now_ms()).await
    }

    pub async fn list_sessions(&self, person: PersonNumber) -> Result<Vec<(Hash, OpenSession)>, DbError> {
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        db::person::sessions::platform_list(&mut conn, person, session::alive_since(self.clock.now_ms()))
            .await
    }

    /// Signs one browser of somebody out. Whose it was; `None`: none of theirs is called so.
    pub async fn end_session(&self, visitor: &AccountUser, mark: &str) -> Result<Option<Hash>, DbError> {
        let open = self.list_sessions(visitor.person).await?;
        let Some((digest, _)) = open.into_iter().find(|(_, session)| session.mark == mark) else {
            return Ok(None);
        };
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
        db::person::sessions::platform_take(&mut tx, digest).await?;
        let mut tx = tx.enter(visitor.scope).await?;
        let about = SessionDetail::OtherDevice.to_string();
        let record = AccessRecord { who: &visitor.email, act: "sign out", about: &about, facility: None };
        self.log().write_act(&mut tx, record).await?;
        tx.commit().await?;
        Ok(Some(digest))
    }

    /// Looks once more at the password of somebody who is signed in; the try counts as one of their session.
    pub async fn check_password(
        &self,
        visitor: &AccountUser,
        password: String,
        origin: &SignInOrigin,
    ) -> Result<(), SignInError> {
        let now_ms = self.clock.now_ms();
        // One bucket a session, whichever account it shows: neither another account nor another session of theirs fills it again, and
        // who has stolen one keeps nobody out of the others.
        // A provider begins as many sessions as it likes: they have one together.
        let name = match visitor.came_by {
            Some(_) => format!("sessions by a provider of {}", visitor.scope.account()),
            None => format!("session since {}", visitor.since_ms),
        };
        let session = Hash::of(name.as_bytes());
        let from = AttemptOrigin::new(&visitor.email, Some(session), origin.peer);
        let turn = self.checker.turn(from.origin()).await?;
        self.limits.count(self.db, &from, now_ms).await?;
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let person = db::person::people::platform_numbered(&mut conn, visitor.person).await?;
        drop(conn);
        if !turn.check(password, person.map(|person| person.password_hash)).await?.is_theirs() {
            let mut tx = self.db.write(visitor.scope).await?;
            let record =
                AccessRecord { who: &visitor.email, act: "confirm password", about: "", facility: None };
            self.log().write_repeated(&mut tx, record, AccessOutcome::Denied).await?;
            tx.commit().await?;
            return Err(SignInError::Wrong);
        }
        let mut tx = self.db.write(visitor.scope).await?;
        self.limits.was_right(&mut tx, &from, now_ms).await?;
        Ok(tx.commit().await?)
    }

    pub async fn mark_confirmed(&self, visitor: &AccountUser) -> Result<(), DbError> {
        let mut tx = self.db.write(visitor.scope).await?;
        db::person::sessions::mark_confirmed(&mut tx, visitor.token.digest(), self.clock.now_ms()).await?;
        tx.commit().await
    }

    /// Begins the first session of somebody who just came into an account.
    pub async fn let_new_in(
        &self,
        email: &str,
        scope: AccountScope,
        origin: SignInOrigin,
    ) -> Result<SignedIn, SignInError> {
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let person =
            db::person::people::platform_by_email(&mut conn, email).await?.ok_or(SignInError::Wrong)?;
        drop(conn);
        self.let_in((email, &person), scope, origin, None, FactorProof::NotNeeded).await
    }

    /// Shows the browser another account of its person: a session of the same age there takes the place of this one.
    pub async fn switch_account(
        &self,
        visitor: &AccountUser,
        account: AccountId,
    ) -> Result<SessionToken, SignInError> {
        // A provider lets them into its own account only.
        if visitor.came_by.is_some() {
            return Err(SignInError::Wrong);
        }
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
        let all = db::person::members::platform_of_person(&mut tx, visitor.person, now_ms).await?;
        // They were signed out of it everywhere after this browser had shown that it is them.
        let open = all.iter().filter(|row| row.signed_out_ms.is_none_or(|at_ms| at_ms < visitor.reauth_ms));
        let mut scopes = open.map(MembershipRow::scope).collect::<Result<Vec<_>, _>>()?.into_iter();
        let scope = scopes.find(|scope| scope.account() == account && *scope != visitor.scope);
        let scope = scope.ok_or(SignInError::Wrong)?;
        let old = db::person::sessions::platform_take(&mut tx, visitor.token.digest())
            .await?
            .ok_or(SignInError::Wrong)?;
        let mut tx = tx.enter(scope).await?;
        if !db::person::people::mark_signed_in(&mut tx, visitor.person, now_ms).await? {
            return Err(SignInError::Wrong);
        }
        let token = SessionToken::new(scope.account(), self.random.bytes());
        let session = NewSession {
            digest: token.digest(),
            person: visitor.person,
            created_ms: visitor.since_ms,
            reauth_ms: visitor.reauth_ms,
            network: &old.network,
            agent: &old.agent,
            provider: None,
        };
        db::person::sessions::insert_session(&mut tx, &session, now_ms).await?;
        let record = AccessRecord {
            who: &visitor.email,
            act: ACT,
            about: &SessionDetail::KnownDevice.to_string(),
            facility: None,
        };
        self.log().write_repeated(&mut tx, record, AccessOutcome::Done).await?;
        tx.commit().await?;
        Ok(token)
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
            && db::person::devices::platform_is_anybodys(tx, shown.digest(), now_ms - device::KNOWN_MS)
                .await?
        {
            return Ok(shown);
        }
        Ok(DeviceSecret::new(self.random.bytes()))
    }

    /// Writes down that a password was wrong, at the same cost whether somebody has the address or not.
    async fn keep_out(
        &self,
        email: &str,
        into: Option<&MembershipRow>,
        (from, peer): (&AttemptOrigin, IpAddr),
    ) -> Result<(), DbError> {
        let Some(into) = into else {
            let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
            self.log().write_stranger(&mut tx, ACT).await?;
            return tx.commit().await;
        };
        self.note_denied(into.scope()?, email, ACT, from, peer).await
    }

    /// Writes down that somebody was not let into their account.
    pub(in crate::accounts) async fn note_denied(
        &self,
        scope: AccountScope,
        email: &str,
        act: &str,
        from: &AttemptOrigin,
        peer: IpAddr,
    ) -> Result<(), DbError> {
        let mut tx = self.db.write(scope).await?;
        let about = session_detail(from, peer).to_string();
        let record = AccessRecord { who: email, act, about: &about, facility: None };
        self.log().write_repeated(&mut tx, record, AccessOutcome::Denied).await?;
        tx.commit().await
    }

    /// The person whose cookie this is, if the session is still valid.
    pub async fn visitor(&self, token: SessionToken) -> Result<Option<AccountUser>, DbError> {
        let now_ms = self.clock.now_ms();
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let found = match db::person::sessions::platform_find(&mut conn, token.digest(), now_ms).await? {
            None => {
                db::person::support_grants::platform_find_session(&mut conn, token.digest(), now_ms).await?
            }
            found => found,
        };
        drop(conn);
        let Some(found) = found.filter(|s| session::is_alive(s.created_ms, s.used_ms, now_ms)) else {
            return Ok(None);
        };
        // The cookie names an account; what it opens, its row says.
        let scope = found.scope()?;
        if scope.account() != token.account() {
            return Ok(None);
        }
        let (role, reads, person) = (UserRole::of_row(&found.role)?, found.read_scope()?, found.person());
        // Whom an account's admin may choose to sign people in runs no platform.
        let role = match (role, &found.provider) {
            (UserRole::SuperAdmin, Some(_)) => UserRole::AccountAdmin,
            (role, _) => role,
        };
        let logo = found.logo();
        let (own_choice, account_choice) = (found.own_choice(), found.account_choice());
        let reads = if role.holds(Permission::ReadNames) { reads } else { reads.without_names() };
        if now_ms.saturating_sub(found.used_ms) >= session::TOUCH_MS {
            let mut tx = self.db.write(scope).await?;
            db::person::sessions::touch_session(&mut tx, token.digest(), now_ms).await?;
            tx.commit().await?;
        }
        Ok(Some(AccountUser {
            scope,
            reads,
            person,
            user_id: found.user_id,
            name: found.name,
            email: found.email,
            role,
            is_owner: found.is_owner,
            until_ms: found.until_ms,
            own_choice,
            account_choice,
            account_name: found.account_name,
            logo,
            accent: found.accent,
            since_ms: found.created_ms,
            reauth_ms: found.reauth_ms,
            has_factor: found.has_factor,
            lacks_factor: found.demands_factor && !found.has_factor && !found.provider_factor,
            came_by: found.provider,
            has_password: found.has_password,
            is_barred: found.is_barred,
            notices: PageNotices::default(),
            token,
        }))
    }
}

/// When somebody who comes in showed that it is them. A provider answers for whoever is signed in there still, and may not have looked
/// for days: what it says of that counts, and where it says nothing, they have not shown it.
fn shown_at(provider: Option<&ProviderSignIn>, now_ms: i64) -> i64 {
    provider.map_or(now_ms, |provider| provider.shown_ms.unwrap_or(0))
}

/// What a browser calls itself, as far as it is of use to whoever reads the list.
fn short_agent(agent: &str) -> String {
    agent.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn session_detail(from: &AttemptOrigin, peer: IpAddr) -> SessionDetail {
    match from.origin() {
        OriginKind::KnownDevice => SessionDetail::KnownDevice,
        OriginKind::UnknownDevice => SessionDetail::NewDevice(ClientNetwork::of(peer).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use service::clock::FakeClock;
    use service::random::SeededRandom;

    use super::*;

    #[tokio::test]
    async fn the_first_of_the_old_web_apps_people_is_answered_no_slower() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(1).await.unwrap();
        let (checker, limits) = (PasswordChecker::default(), SignInLimits::default());
        let (clock, random) = (Arc::new(FakeClock::at_ms(1_795_204_920_000)), Arc::new(SeededRandom::new(1)));
        let mail = MailOutbox::new(clock.clone(), random.clone(), None);
        let old = db::person::people::NewPerson {
            id: record::ids::UserId::new(1, [1; 10]),
            email: "ana@linden.example",
            name: "Ana",
            verified_ms: None,
            platform_role: None,
            password_hash: "pbkdf2_sha256$600000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=",
        };
        let mut tx = db.platform_write(PlatformReason::SignIn).await.unwrap();
        db::person::people::platform_insert(&mut tx, &old, 1).await.unwrap();
        tx.commit().await.unwrap();
        let auth_service = AuthService {
            db: &db,
            checker: &checker,
            limits: &limits,
            clock: &*clock,
            random: &*random,
            mail: &mail,
            public_url: "https://relay.example",
        };
        let try_in = || {
            let peer = [192, 0, 2, 7].into();
            let origin = SignInOrigin { device: None, peer, agent: String::new(), provider: None };
            auth_service.sign_in("nobody@linden.example", "wrong".into(), origin)
        };
        // The first look is cut off: whoever began it has gone.
        let known = OriginKind::KnownDevice;
        let held = [checker.turn(known).await.unwrap(), checker.turn(known).await.unwrap()];
        let begun = async {
            while !checker.has_begun() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = try_in() => panic!("there is no place"),
            () = begun => {}
        }
        assert_eq!(checker.slowest_ms(), 0);
        drop(held);
        assert!(matches!(try_in().await, Err(SignInError::Wrong)));
        assert!(checker.slowest_ms() > 0, "nobody has looked at Ana's yet, and strangers wait as long");
    }

    #[tokio::test]
    async fn whoever_finds_no_place_has_not_tried() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(1).await.unwrap();
        let (checker, limits) = (PasswordChecker::default(), SignInLimits::default());
        let (clock, random) = (Arc::new(FakeClock::at_ms(1_795_204_920_000)), Arc::new(SeededRandom::new(1)));
        let mail = MailOutbox::new(clock.clone(), random.clone(), None);
        let auth_service = AuthService {
            db: &db,
            checker: &checker,
            limits: &limits,
            clock: &*clock,
            random: &*random,
            mail: &mail,
            public_url: "https://relay.example",
        };
        let try_in = || {
            let origin = SignInOrigin {
                device: None,
                peer: [192, 0, 2, 7].into(),
                agent: String::new(),
                provider: None,
            };
            auth_service.sign_in("priya@linden.example", "wrong".into(), origin)
        };
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
