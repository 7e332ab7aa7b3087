//! What is said of a kind of job, and of one that runs.

use std::fmt;

use futures_util::future::BoxFuture;
use record::ids::JobLeaseId;

use super::JobError;
use super::handlers::RelayHandlers;
use crate::db::operation::jobs::ClaimedJobRow;
use crate::db::{AccountScope, Db, DbError, OwnedFacility, WriteConnection};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobLane {
    Person = 0,
    Soon = 1,
    Bulk = 2,
    /// Somebody else's receiver is waited for, as long as that likes: it has workers of its own, and holds up nothing.
    Webhooks = 3,
    /// A mail for which somebody waits: a link to sign in. Mails have workers of their own, too: what takes them may be slow.
    Mail = 4,
    /// Any other mail.
    LaterMail = 5,
    /// The service that takes money is waited for: it has workers of its own, and holds up nothing when it is silent.
    Billing = 6,
    /// Reports that somebody fetches later, one after the other: each holds a core and tens of megabytes, for minutes.
    Reports = 7,
}

/// Of so many claims of a worker one looks for bulk first, so that this never stops.
const BULK_EVERY: usize = 4;

pub(super) const HOUR_MS: i64 = 3_600_000;

pub(super) type JobRun =
    for<'a> fn(&'a RelayHandlers, &'a ClaimedJob) -> BoxFuture<'a, Result<JobResult, JobError>>;

/// A kind of job. What is the same of most of them is as [`Self::new`] has it.
pub struct JobKind {
    /// Stored in the database: it never changes.
    pub word: &'static str,
    pub lane: JobLane,
    /// After so many tries in a row that failed it is dead.
    pub tries_max: i64,
    /// The longest wait between two tries.
    pub retry_ms_max: i64,
    /// How long after a run the next one comes, of what recurs.
    pub period_ms: Option<i64>,
    /// Whether each run is written down.
    pub is_recorded: bool,
    pub(super) run: JobRun,
}

impl fmt::Debug for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

impl PartialEq for JobKind {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for JobKind {}

impl JobKind {
    pub(super) const fn new(word: &'static str, lane: JobLane, run: JobRun) -> Self {
        Self { word, lane, tries_max: 8, retry_ms_max: HOUR_MS, period_ms: None, is_recorded: true, run }
    }
}

impl JobLane {
    /// The relay's own lanes in the order in which a worker's claim number `claims` looks at them.
    pub const fn order_of_claim(claims: usize) -> [Self; 3] {
        if claims % BULK_EVERY == BULK_EVERY - 1 {
            [Self::Bulk, Self::Person, Self::Soon]
        } else {
            [Self::Person, Self::Soon, Self::Bulk]
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    pub id: String,
    pub(super) lease: JobLeaseId,
    pub account: Option<AccountScope>,
    pub kind: &'static JobKind,
    pub key: String,
    /// JSON, of its newest request.
    pub body: String,
    /// How often it was begun since it was last done, this time included.
    pub tries: i64,
    pub(super) requests: i64,
    pub(super) made_ms: i64,
}

impl ClaimedJob {
    pub(super) fn of(row: ClaimedJobRow, kind: &'static JobKind, lease: JobLeaseId) -> Result<Self, DbError> {
        let account = row.scope()?;
        let ClaimedJobRow { job: id, key, body, tries, requests, made_ms, .. } = row;
        Ok(Self { id, lease, account, kind, key, body, tries, requests, made_ms })
    }

    pub(super) fn account(&self) -> Result<AccountScope, JobError> {
        self.account.ok_or(JobError::NoAccount)
    }

    /// Of a kind that concerns a facility: its key is the facility's id.
    pub(super) fn facility(&self) -> Result<OwnedFacility, JobError> {
        let facility = self.key.parse().map_err(|e| DbError::stored("facility id", e))?;
        Ok(OwnedFacility { scope: self.account()?, facility })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterRun {
    /// Nothing, unless it was asked for again while it ran.
    Over,
    /// It recurs: it runs at this moment, or earlier if asked for.
    NextRun(i64),
    /// Whoever asks for it, it does not run before this moment; then it looks whether there is something to do.
    Rest(i64),
}

#[derive(Debug)]
pub struct JobResult {
    pub tx: WriteConnection,
    pub after: AfterRun,
}

impl JobResult {
    pub(super) fn over(tx: WriteConnection) -> Self {
        Self { tx, after: AfterRun::Over }
    }

    /// What was done is committed already.
    pub(super) async fn committed(db: &Db, scope: AccountScope) -> Result<Self, JobError> {
        Ok(Self::over(db.write(scope).await?.into()))
    }

    /// Of what recurs: its next run is a period later.
    pub(super) fn next_period(tx: WriteConnection, job: &ClaimedJob, now_ms: i64) -> Self {
        let period_ms = job.kind.period_ms.unwrap_or(HOUR_MS);
        Self { tx, after: AfterRun::NextRun(now_ms.saturating_add(period_ms)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_comes_first_now_and_then() {
        let first: Vec<JobLane> = (0..8).map(|claims| JobLane::order_of_claim(claims)[0]).collect();
        assert_eq!(first.iter().filter(|lane| **lane == JobLane::Bulk).count(), 2);
    }
}
