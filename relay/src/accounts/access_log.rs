//! The log of access: who did what to people, programs and boxes, who signed in, and what was denied to whom.
//!
//! A row stands in the transaction of its act. What is denied or repeated is one row a minute that counts, and what strangers
//! try who have no account is one row an hour for all of them together: nobody fills the database by knocking.

use record::ids::UserId;
use service::clock::Clock;
use service::random::Random;

use crate::db::audit::{NewAudit, insert, platform_insert};
use crate::db::{AccountScope, Conn, DbError};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Rows are kept for so long.
pub const KEPT_MS: i64 = 400 * 24 * HOUR_MS;
/// What the operator is called, who orders on the machine itself.
pub const OPERATOR: &str = "operator";

/// What became of what somebody wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessOutcome {
    /// It was done.
    Done,
    /// It was not.
    Denied,
}

impl AccessOutcome {
    /// As the database has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
        }
    }
}

/// Who wanted what.
#[derive(Debug, Clone, Copy)]
pub struct AccessRecord<'a> {
    /// An e-mail address, a program or [`OPERATOR`].
    pub who: &'a str,
    /// A command, or method and route.
    pub act: &'a str,
    /// Of what; or why it was denied. Never a secret.
    pub about: &'a str,
}

/// Writes rows.
#[derive(Debug, Clone, Copy)]
pub struct AccessLog<'a> {
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Makes ids.
    pub random: &'a dyn Random,
}

impl AccessLog<'_> {
    fn id(&self, now_ms: i64) -> String {
        UserId::new(now_ms, self.random.bytes()).to_string()
    }

    /// An act, in its transaction.
    ///
    /// # Errors
    /// The database.
    pub async fn write_act(
        &self,
        tx: &mut Conn,
        scope: AccountScope,
        record: AccessRecord<'_>,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let id = self.id(now_ms);
        insert(tx, scope, &row(&id, &id, record, AccessOutcome::Done), now_ms).await
    }

    /// What may come again and again: one row a minute for the same of the same.
    ///
    /// # Errors
    /// The database.
    pub async fn write_repeated(
        &self,
        tx: &mut Conn,
        scope: AccountScope,
        record: AccessRecord<'_>,
        outcome: AccessOutcome,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let (id, minute) = (self.id(now_ms), now_ms.div_euclid(MINUTE_MS));
        let AccessRecord { who, act, about } = record;
        let fold = format!("{minute}\n{}\n{who}\n{act}\n{about}", outcome.word());
        insert(tx, scope, &row(&id, &fold, record, outcome), now_ms).await
    }

    /// What somebody tried who has no account: one row an hour for all of them.
    ///
    /// # Errors
    /// The database.
    pub async fn write_stranger(&self, tx: &mut Conn, act: &str) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let fold = format!("{}\n{act}", now_ms.div_euclid(HOUR_MS));
        let record = AccessRecord { who: "strangers", act, about: "" };
        platform_insert(tx, &row(&self.id(now_ms), &fold, record, AccessOutcome::Denied), now_ms).await
    }
}

fn row<'a>(
    audit_id: &'a str,
    fold: &'a str,
    record: AccessRecord<'a>,
    outcome: AccessOutcome,
) -> NewAudit<'a> {
    let AccessRecord { who, act, about } = record;
    NewAudit { audit_id, who, act, about, outcome: outcome.word(), fold }
}
