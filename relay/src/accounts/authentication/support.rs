//! The platform's operator sees an account only while it is open to them: because an admin allowed it for a time, or, where somebody
//! needs help and nobody can allow it, because the operator gave a reason. Both are in the account's own log, as is each page viewed.

use record::ids::{AccountId, UserId};

use super::sign_in::AuthService;
use crate::accounts::credentials::session::SessionToken;
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::{AccountUser, UserRole};
use crate::db;
use crate::db::account::accounts;
use crate::db::person::sessions;
use crate::db::person::sessions::{NewSession, platform_take};
use crate::db::person::support_grants;
use crate::db::person::support_grants::SupportGrantRow;
use crate::db::{AccountScope, DbError, PlatformReason, ScopedConnection};
use crate::mail::MailLetter;

const HOUR_MS: i64 = 3_600_000;
/// Hours for which an admin opens the account.
pub const GRANTED_HOURS: [i64; 3] = [1, 4, 24];
pub const OPENED_HOURS: [i64; 3] = [1, 2, 4];
const REASON_CHARS: std::ops::RangeInclusive<usize> = 5..=300;

/// Why an account was not opened.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum SupportError {
    NoSuch,
    Own,
    /// Nobody gave a grant, and they gave no reason.
    Closed,
    Over,
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportTerms {
    reason: String,
    hours: i64,
}

/// What of the terms does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermsFault {
    Reason,
    Hours,
}

impl SupportTerms {
    /// Reads what somebody entered; `hours` are those that may be chosen.
    pub fn read(reason: &str, chosen: &str, hours: &[i64]) -> Result<Self, TermsFault> {
        let reason = reason.trim();
        if !REASON_CHARS.contains(&reason.chars().count()) || reason.contains(char::is_control) {
            return Err(TermsFault::Reason);
        }
        let chosen = chosen.parse().ok().filter(|chosen| hours.contains(chosen));
        Ok(Self { reason: reason.to_owned(), hours: chosen.ok_or(TermsFault::Hours)? })
    }

    fn about(&self) -> String {
        format!("{} h: {}", self.hours, self.reason)
    }
}

/// Opens accounts to whoever runs the platform.
#[derive(Debug, Clone, Copy)]
pub struct SupportService<'a> {
    pub auth: AuthService<'a>,
}

impl SupportService<'_> {
    fn new_grant(&self, terms: &SupportTerms) -> SupportGrantRow {
        let now_ms = self.auth.clock.now_ms();
        SupportGrantRow {
            grant_id: UserId::new(now_ms, self.auth.random.bytes()).to_string(),
            granted_by: None,
            opened_by: None,
            reason: terms.reason.clone(),
            from_ms: now_ms,
            until_ms: now_ms.saturating_add(terms.hours.saturating_mul(HOUR_MS)),
            ended_ms: None,
            ended_by: None,
            used_ms: None,
        }
    }

    pub async fn grant_access(&self, admin: &AccountUser, terms: &SupportTerms) -> Result<(), DbError> {
        let mut tx = self.auth.db.write(admin.scope).await?;
        let grant = SupportGrantRow { granted_by: Some(admin.email.clone()), ..self.new_grant(terms) };
        support_grants::insert_grant(&mut tx, &grant).await?;
        self.note(&mut tx, admin, "support grant", &terms.about()).await?;
        tx.commit().await
    }

    pub async fn end(&self, admin: &AccountUser, grant_id: &str) -> Result<bool, DbError> {
        let mut tx = self.auth.db.write(admin.scope).await?;
        if !support_grants::end_grant(&mut tx, grant_id, &admin.email, self.auth.clock.now_ms()).await? {
            return Ok(false);
        }
        self.note(&mut tx, admin, "support end", "").await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Shows the platform's operator another account: where it is open, or by `terms`, of which its admins are notified at once.
    pub async fn open_account(
        &self,
        staff: &AccountUser,
        account: AccountId,
        terms: Option<&SupportTerms>,
    ) -> Result<SessionToken, SupportError> {
        let auth = self.auth;
        let mut tx = auth.db.platform_write(PlatformReason::Operator).await?;
        let scope = accounts::platform_find(&mut tx, account).await?.ok_or(SupportError::NoSuch)?;
        let own = db::person::members::platform_of_person(&mut tx, staff.person, auth.clock.now_ms()).await?;
        let own = own.iter().map(|row| row.scope()).collect::<Result<Vec<_>, _>>()?;
        if staff.role != UserRole::SuperAdmin || staff.came_by.is_some() || own.contains(&scope) {
            return Err(SupportError::Own);
        }
        let old = platform_take(&mut tx, staff.token.digest()).await?.ok_or(SupportError::Over)?;
        let mut tx = tx.enter(scope).await?;
        let open = support_grants::find_open(&mut tx, auth.clock.now_ms()).await?;
        let grant = match (open, terms) {
            (Some(grant), _) => grant,
            (None, Some(terms)) => self.break_glass(&mut tx, staff, terms).await?,
            (None, None) => return Err(SupportError::Closed),
        };
        let new = SessionMove { person: staff, network: &old.network, agent: &old.agent };
        let token = self.begin_session(&mut tx, new).await?;
        support_grants::insert_session(&mut tx, token.digest(), &grant.grant_id, staff.scope).await?;
        support_grants::mark_used(&mut tx, &grant.grant_id, auth.clock.now_ms()).await?;
        self.note(&mut tx, staff, "support open", &grant.reason).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Nobody opened the account: its admins are notified of it in the same transaction.
    async fn break_glass(
        &self,
        tx: &mut ScopedConnection,
        staff: &AccountUser,
        terms: &SupportTerms,
    ) -> Result<SupportGrantRow, DbError> {
        let grant = SupportGrantRow { opened_by: Some(staff.email.clone()), ..self.new_grant(terms) };
        support_grants::insert_grant(tx, &grant).await?;
        let link = format!("{}/app/support", self.auth.public_url);
        let letter = MailLetter::support_access(&staff.email, &terms.reason, grant.until_ms, link);
        let account = Some(tx.scope());
        for address in support_grants::list_admins(tx).await? {
            self.auth.mail.post(tx, account, &address, &letter).await?;
        }
        self.note(tx, staff, "support break-glass", &terms.about()).await?;
        Ok(grant)
    }

    /// Whoever runs the platform goes back to their own account.
    pub async fn leave_account(&self, staff: &AccountUser) -> Result<SessionToken, SupportError> {
        let mut tx = self.auth.db.write(staff.scope).await?;
        self.note(&mut tx, staff, "support leave", "").await?;
        tx.commit().await?;
        let mut tx = self.auth.db.platform_write(PlatformReason::Operator).await?;
        let digest = staff.token.digest();
        let home = support_grants::platform_home(&mut tx, digest).await?.ok_or(SupportError::Over)?;
        let old = platform_take(&mut tx, digest).await?.ok_or(SupportError::Over)?;
        let mut tx = tx.enter(home).await?;
        let new = SessionMove { person: staff, network: &old.network, agent: &old.agent };
        let token = self.begin_session(&mut tx, new).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// A session of the same age in the account of the transaction.
    async fn begin_session(
        &self,
        tx: &mut ScopedConnection,
        moved: SessionMove<'_>,
    ) -> Result<SessionToken, DbError> {
        let scope: AccountScope = tx.scope();
        let token = SessionToken::new(scope.account(), self.auth.random.bytes());
        let session = NewSession {
            digest: token.digest(),
            person: moved.person.person,
            created_ms: moved.person.since_ms,
            reauth_ms: moved.person.reauth_ms,
            network: moved.network,
            agent: moved.agent,
            // Nobody whom a provider signed in comes here: it vouches in its own account alone.
            provider: None,
        };
        sessions::insert_session(tx, &session, self.auth.clock.now_ms()).await?;
        Ok(token)
    }

    async fn note(
        &self,
        tx: &mut ScopedConnection,
        who: &AccountUser,
        act: &str,
        about: &str,
    ) -> Result<(), DbError> {
        let record = AccessRecord { who: &who.email, act, about, facility: None };
        self.auth.log().write_act(tx, record).await
    }
}

/// Whose browser shows another account from now on.
#[derive(Debug, Clone, Copy)]
struct SessionMove<'a> {
    person: &'a AccountUser,
    network: &'a str,
    agent: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_have_a_reason_and_an_end() {
        let read = |reason: &str, hours: &str| SupportTerms::read(reason, hours, &OPENED_HOURS);
        let terms = read(" numbers are wrong ", "4").unwrap();
        assert_eq!(terms.about(), "4 h: numbers are wrong");
        for reason in ["", "why", "a\nb c d e", &"x".repeat(301)] {
            assert_eq!(read(reason, "1"), Err(TermsFault::Reason), "{reason}");
        }
        for hours in ["", "0", "24", "-1", "1.5"] {
            assert_eq!(read("numbers are wrong", hours), Err(TermsFault::Hours), "{hours}");
        }
    }
}
