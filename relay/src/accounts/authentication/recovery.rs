//! Sign-in by mail: a new account, a forgotten password, a link instead of one. Only the mail shows whether the address is known.

use std::net::IpAddr;

use record::ids::{AccountId, UserId};
use serde::{Deserialize, Serialize};
use service::attempts::AttemptWait;

use super::sign_in::{AuthService, SignInError, SignInOrigin, SignInStep, SignedIn};
use crate::accounts::credentials::mail_link::{LinkSecret, MailLimits, RESET_MS, SIGN_IN_MS, SIGN_UP_MS};
use crate::accounts::members::people::{NewMember, PeopleError, add_member, replace_password};
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::slug::name_account;
use crate::accounts::{AccountUser, UserRole};
use crate::billing::plans::BillingPlan;
use crate::billing::state::TRIAL_MS;
use crate::db::PersonNumber;
use crate::db::billing::accounts::begin_trial;
use crate::db::person::mail_links;
use crate::db::person::mail_links::{LinkKey, NewLink};
use crate::db::{self, Db, DbError, PlatformConnection, PlatformReason};
use crate::mail::{MailLetter, WelcomePlan};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    SignUp,
    Reset,
    SignIn,
}

impl LinkKind {
    /// As the database has it, and the first part of its path.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::Reset => "reset",
            Self::SignIn => "sign-in",
        }
    }

    fn life_ms(self) -> i64 {
        match self {
            Self::SignUp => SIGN_UP_MS,
            Self::Reset => RESET_MS,
            Self::SignIn => SIGN_IN_MS,
        }
    }
}

/// Why nothing came of a request or a link.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum RecoveryError {
    /// Too many mails were asked for.
    Wait {
        until_ms: i64,
    },
    /// The link was used, or its time is over.
    Over,
    Wrong,
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<AttemptWait> for RecoveryError {
    fn from(wait: AttemptWait) -> Self {
        Self::Wait { until_ms: wait.until_ms }
    }
}

/// A new account, until its address is confirmed.
#[derive(Serialize, Deserialize)]
pub struct PendingAccount {
    pub name: String,
    pub organisation: String,
    pub email: String,
}

#[derive(Debug, Clone, Copy)]
pub struct RecoveryService<'a> {
    pub auth: AuthService<'a>,
    pub limits: &'a MailLimits,
    /// The plan of a trial, where accounts pay here.
    pub trial: Option<&'a BillingPlan>,
}

impl RecoveryService<'_> {
    fn db(&self) -> &Db {
        self.auth.db
    }

    fn now_ms(&self) -> i64 {
        self.auth.clock.now_ms()
    }

    async fn begin(
        &self,
        kind: LinkKind,
        email: &str,
        peer: IpAddr,
    ) -> Result<PlatformConnection, RecoveryError> {
        let mut tx = self.db().platform_write(PlatformReason::SignIn).await?;
        match self.limits.count(&mut tx, kind.word(), email, peer, self.now_ms()).await? {
            Ok(()) => Ok(tx),
            Err(wait) => Err(wait.into()),
        }
    }

    async fn new_link(
        &self,
        tx: &mut PlatformConnection,
        kind: LinkKind,
        person: Option<PersonNumber>,
        body: &str,
    ) -> Result<(String, i64), DbError> {
        let (secret, now_ms) = (LinkSecret::new(self.auth.random.bytes()), self.now_ms());
        let expires_ms = now_ms.saturating_add(kind.life_ms());
        let new = NewLink { digest: secret.digest(), kind: kind.word(), person, body, expires_ms };
        mail_links::platform_insert(tx, &new, now_ms).await?;
        Ok((format!("{}/{}/{}", self.auth.public_url, kind.word(), secret.text()), expires_ms))
    }

    /// Mails a link of a kind to whoever has the address, in lower case; to anybody else, that nobody has it.
    pub async fn request(&self, kind: LinkKind, email: &str, peer: IpAddr) -> Result<(), RecoveryError> {
        let mut tx = self.begin(kind, email, peer).await?;
        let person = db::person::people::platform_by_email(&mut tx, email).await?;
        let letter = match person {
            Some(person) => {
                let (link, expires_ms) = self.new_link(&mut tx, kind, Some(person.person()), "{}").await?;
                match kind {
                    LinkKind::SignIn => MailLetter::sign_in_link(link, expires_ms),
                    _ => MailLetter::reset(link, expires_ms),
                }
            }
            None => MailLetter::nobody_known(format!("{}/login", self.auth.public_url)),
        };
        self.auth.mail.post(&mut tx, None, email, &letter).await?;
        Ok(tx.commit().await?)
    }

    /// Words of whoever has a link that is of use still, which others would try first as their password.
    pub async fn find_link(
        &self,
        kind: LinkKind,
        secret: &LinkSecret,
    ) -> Result<Option<Vec<String>>, DbError> {
        let mut conn = self.db().platform_read(PlatformReason::SignIn).await?;
        let named = LinkKey { digest: secret.digest(), kind: kind.word() };
        let Some(link) = mail_links::platform_find(&mut conn, named, self.now_ms()).await? else {
            return Ok(None);
        };
        if let Some(person) = link.person() {
            return Ok(Some(
                db::person::people::platform_email(&mut conn, person).await?.into_iter().collect(),
            ));
        }
        let new: Option<PendingAccount> = serde_json::from_str(&link.body).ok();
        Ok(Some(new.map_or_else(Vec::new, |new| vec![new.name, new.organisation, new.email])))
    }

    /// Sets a new password by a link; every session of the person is over. `hash` is its PHC string.
    pub async fn reset(&self, secret: &LinkSecret, hash: &str) -> Result<(), RecoveryError> {
        let now_ms = self.now_ms();
        let mut tx = self.db().platform_write(PlatformReason::SignIn).await?;
        let (person, email) = use_link(&mut tx, LinkKind::Reset, secret, now_ms).await?;
        replace_password(&mut tx, person, &email, hash, now_ms).await?;
        self.notify_of_password(&mut tx, &email).await?;
        let accounts = db::person::members::platform_of_person(&mut tx, person, now_ms).await?;
        let Some(account) = accounts.first() else { return Ok(tx.commit().await?) };
        let mut tx = tx.enter(account.scope()?).await?;
        let record = AccessRecord { who: &email, act: "password reset", about: "", facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        Ok(tx.commit().await?)
    }

    async fn notify_of_password(&self, tx: &mut PlatformConnection, email: &str) -> Result<(), DbError> {
        let link = format!("{}/forgot", self.auth.public_url);
        let letter = MailLetter::password_changed(self.now_ms(), link);
        self.auth.mail.post(tx, None, email, &letter).await
    }

    pub async fn sign_in(
        &self,
        secret: &LinkSecret,
        origin: SignInOrigin,
    ) -> Result<SignInStep, RecoveryError> {
        let now_ms = self.now_ms();
        let mut tx = self.db().platform_write(PlatformReason::SignIn).await?;
        let (person, email) = use_link(&mut tx, LinkKind::SignIn, secret, now_ms).await?;
        let row = db::person::people::platform_numbered(&mut tx, person).await?.ok_or(RecoveryError::Over)?;
        let accounts = db::person::members::platform_of_person(&mut tx, person, now_ms).await?;
        let into = accounts.first().ok_or(RecoveryError::Over)?.scope()?;
        tx.commit().await?;
        Ok(self.auth.admit(&email, &row, into, origin, None).await?)
    }

    /// Begins a new account: it is there once its address is confirmed. Whoever reads its mail chooses the password then.
    pub async fn sign_up(&self, new: &PendingAccount, peer: IpAddr) -> Result<(), RecoveryError> {
        let mut tx = self.begin(LinkKind::SignUp, &new.email, peer).await?;
        let letter = if db::person::people::platform_find(&mut tx, &new.email).await?.is_some() {
            MailLetter::address_known(format!("{}/login", self.auth.public_url))
        } else {
            let body = serde_json::to_string(new).map_err(|e| DbError::stored("new account", e))?;
            let (link, expires_ms) = self.new_link(&mut tx, LinkKind::SignUp, None, &body).await?;
            MailLetter::sign_up(link, expires_ms)
        };
        self.auth.mail.post(&mut tx, None, &new.email, &letter).await?;
        Ok(tx.commit().await?)
    }

    pub async fn confirm(
        &self,
        secret: &LinkSecret,
        password_hash: &str,
        origin: SignInOrigin,
    ) -> Result<SignedIn, RecoveryError> {
        let now_ms = self.now_ms();
        let mut tx = self.db().platform_write(PlatformReason::SignIn).await?;
        let named = LinkKey { digest: secret.digest(), kind: LinkKind::SignUp.word() };
        let link = mail_links::platform_use(&mut tx, named, now_ms).await?.ok_or(RecoveryError::Over)?;
        let new: PendingAccount =
            serde_json::from_str(&link.body).map_err(|e| DbError::stored("new account", e))?;
        if db::person::people::platform_find(&mut tx, &new.email).await?.is_some() {
            return Err(RecoveryError::Over);
        }
        let account = AccountId::new(now_ms, self.auth.random.bytes());
        let scope =
            db::account::accounts::platform_create(&mut tx, account, &new.organisation, now_ms).await?;
        name_account(&mut tx, scope, &new.organisation, now_ms).await?;
        let member = NewMember {
            id: UserId::new(now_ms, self.auth.random.bytes()),
            email: &new.email,
            name: &new.name,
            verified_ms: Some(now_ms),
            role: UserRole::AccountAdmin,
            password_hash,
        };
        let (mut tx, _) = match add_member(tx, scope, &member, now_ms).await {
            Err(PeopleError::Db(error)) => return Err(error.into()),
            added => added.map_err(|_| RecoveryError::Over)?,
        };
        let record =
            AccessRecord { who: &new.email, act: "account create", about: &new.organisation, facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        let link = format!("{}/app/", self.auth.public_url);
        let plan = match self.trial {
            Some(plan) => {
                let until_ms = now_ms.saturating_add(TRIAL_MS);
                begin_trial(&mut tx, until_ms).await?;
                welcome_plan(plan, until_ms)
            }
            None => None,
        };
        let letter = MailLetter::welcome(&new.name, &new.organisation, plan.as_ref(), link);
        self.auth.mail.post(&mut tx, Some(scope), &new.email, &letter).await?;
        tx.commit().await?;
        Ok(self.auth.let_new_in(&new.email, scope, origin).await?)
    }

    /// Changes one's own password: every other session is over. `hash` is the new one's PHC string; the caller has looked at the
    /// present one.
    pub async fn change_own(&self, visitor: &AccountUser, hash: &str) -> Result<(), RecoveryError> {
        let now_ms = self.now_ms();
        let mut tx = self.db().platform_write(PlatformReason::SignIn).await?;
        db::person::people::platform_set_password(&mut tx, visitor.person, hash, now_ms).await?;
        db::person::sessions::platform_delete_others(&mut tx, visitor.person, visitor.token.digest()).await?;
        mail_links::platform_end_links(&mut tx, visitor.person).await?;
        db::person::second_steps::end_of_person(&mut tx, visitor.person).await?;
        self.notify_of_password(&mut tx, &visitor.email).await?;
        let mut tx = tx.enter(visitor.scope).await?;
        let record = AccessRecord { who: &visitor.email, act: "password change", about: "", facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        Ok(tx.commit().await?)
    }
}

/// What the first mail tells of a plan; nothing of one without limits.
fn welcome_plan(plan: &BillingPlan, until_ms: i64) -> Option<WelcomePlan> {
    let (facilities_max, people_max) = plan.facilities.zip(plan.people)?;
    let name = plan.name.clone();
    Some(WelcomePlan { name, until_ms, facilities_max: facilities_max.into(), people_max: people_max.into() })
}

/// Uses up a link of a person: whoever has it reads their mail. Whose it is, with their address.
async fn use_link(
    tx: &mut PlatformConnection,
    kind: LinkKind,
    secret: &LinkSecret,
    now_ms: i64,
) -> Result<(PersonNumber, String), RecoveryError> {
    let key = LinkKey { digest: secret.digest(), kind: kind.word() };
    let link = mail_links::platform_use(tx, key, now_ms).await?.ok_or(RecoveryError::Over)?;
    let person = link.person().ok_or(RecoveryError::Over)?;
    let email = db::person::people::platform_email(tx, person).await?.ok_or(RecoveryError::Over)?;
    db::person::people::platform_verify(tx, person, now_ms).await?;
    Ok((person, email))
}
