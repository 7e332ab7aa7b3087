//! The queue: how a job gets in, who has it, and how it ends.

use std::sync::Arc;

use record::ids::{FacilityId, JobLeaseId, RelayJobId};
use service::clock::Clock;
use service::random::RandomSource;
use tokio::sync::Notify;

use super::JobError;
use super::kind::{AfterRun, ClaimedJob, JobKind, JobLane, JobResult};
use super::kinds::find_kind;
use crate::db::operation::jobs;
use crate::db::operation::jobs::{ClaimedJobRow, DoneJobRow, NewJobRow};
use crate::db::{AccountScope, Db, DbError, PlatformConnection, PlatformReason, SqlConnection};

/// How long a worker has a job without a word from it.
pub const LEASE_MS: i64 = 60_000;
/// The wait after a job's first try, doubled with each further one up to that of its kind.
const RETRY_MS: i64 = 10_000;
/// By so many per cent a wait is longer or shorter, so that what failed together is not tried together.
const JITTER_PERCENT: i64 = 20;
/// How long a job of a kind that only newer relays know is left to those.
const UNKNOWN_KIND_MS: i64 = 60_000;
/// What is said of a job whose tries ended without a word, one after the other.
const ABANDONED: &str =
    "its last try ended without a word: the process that ran it stopped, or lost the database";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub kind: &'static JobKind,
    pub account: Option<AccountScope>,
    pub key: String,
    pub body: String,
    pub run_ms: i64,
}

impl NewJob {
    pub fn of_relay(kind: &'static JobKind, run_ms: i64) -> Self {
        Self { kind, account: None, key: kind.word.to_owned(), body: "{}".to_owned(), run_ms }
    }

    pub fn of_account(kind: &'static JobKind, scope: AccountScope, run_ms: i64) -> Self {
        let key = scope.account().to_string();
        Self { kind, account: Some(scope), key, body: "{}".to_owned(), run_ms }
    }

    pub fn of_facility(
        kind: &'static JobKind,
        scope: AccountScope,
        facility: FacilityId,
        run_ms: i64,
    ) -> Self {
        Self { kind, account: Some(scope), key: facility.to_string(), body: "{}".to_owned(), run_ms }
    }
}

#[derive(Debug, Clone)]
pub struct JobQueue {
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    waker: Arc<Notify>,
}

impl JobQueue {
    pub fn new(db: Db, clock: Arc<dyn Clock>, random: Arc<dyn RandomSource>) -> Self {
        Self { db, clock, random, waker: Arc::default() }
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(super) fn up_ms(&self) -> u64 {
        self.clock.now().up_ms
    }

    /// Wakes the workers of this process: call it once what was put in is committed. Those of others look each second.
    pub fn wake_workers(&self) {
        self.waker.notify_waiters();
    }

    pub(super) fn waker(&self) -> &Notify {
        &self.waker
    }

    /// Puts a job in, in the caller's transaction. One of its kind and key that waits takes this body and the earlier of both
    /// moments; one that runs runs once more after that.
    pub async fn enqueue(&self, tx: &mut impl SqlConnection, new: &NewJob) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        jobs::platform_enqueue(tx, &self.new_row(new, now_ms)).await
    }

    /// Puts a job in where none of its kind and key waits or runs.
    pub(super) async fn put_back(&self, tx: &mut impl SqlConnection, new: &NewJob) -> Result<bool, DbError> {
        let now_ms = self.clock.now_ms();
        jobs::platform_put_back(tx, &self.new_row(new, now_ms)).await
    }

    fn new_row<'n>(&self, new: &'n NewJob, now_ms: i64) -> NewJobRow<'n> {
        NewJobRow {
            job: RelayJobId::new(now_ms, self.random.bytes()),
            account: new.account,
            kind: new.kind.word,
            key: &new.key,
            body: &new.body,
            lane: new.kind.lane as i64,
            run_ms: new.run_ms,
            now_ms,
        }
    }

    /// Leases the next job, looking at the lanes in this order; `None` where nothing is due that may run.
    pub async fn claim<const N: usize>(&self, lanes: [JobLane; N]) -> Result<Option<ClaimedJob>, DbError> {
        let now_ms = self.clock.now_ms();
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        if !jobs::platform_any_due(&mut conn, lanes.map(|lane| lane as i64), now_ms).await? {
            return Ok(None);
        }
        drop(conn);
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        jobs::platform_lock_claims(&mut tx).await?;
        for lane in lanes {
            loop {
                let (lease, until_ms) = (JobLeaseId::new(now_ms, self.random.bytes()), now_ms + LEASE_MS);
                let row = jobs::platform_claim(&mut tx, lane as i64, now_ms, lease, until_ms).await?;
                let Some(row) = row else { break };
                if let Some(claimed) = self.accept(&mut tx, row, lease).await? {
                    tx.commit().await?;
                    return Ok(Some(claimed));
                }
            }
        }
        tx.commit().await?;
        Ok(None)
    }

    async fn accept(
        &self,
        tx: &mut PlatformConnection,
        row: ClaimedJobRow,
        lease: JobLeaseId,
    ) -> Result<Option<ClaimedJob>, DbError> {
        let (id, now_ms) = (row.job.clone(), self.clock.now_ms());
        let Some(kind) = find_kind(&row.kind) else {
            jobs::platform_end_lease(tx, &id, lease).await?;
            let why = "no relay that runs here knows its kind";
            jobs::platform_wait_for_retry(tx, &id, now_ms.saturating_add(UNKNOWN_KIND_MS), why, now_ms)
                .await?;
            jobs::platform_unclaim(tx, &id).await?;
            return Ok(None);
        };
        // What cannot be read, or ends its process each time, would otherwise hold up the queue for ever.
        let why = match ClaimedJob::of(row, kind, lease) {
            Ok(claimed) if claimed.tries <= kind.tries_max => return Ok(Some(claimed)),
            Ok(_) => ABANDONED.to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::error!(job = id, kind = kind.word, why, "a job is dead");
        let ended = jobs::platform_end_lease(tx, &id, lease).await?;
        jobs::platform_bury(tx, &id, &why, now_ms).await?;
        if ended.is_some_and(|ended| ended.again_ms.is_some()) {
            self.put_in_after_death(tx, &id, kind, kind.tries_max).await?;
        }
        Ok(None)
    }

    /// What was asked for while a job ran that then died was not tried: it waits as a job of its own.
    async fn put_in_after_death(
        &self,
        tx: &mut PlatformConnection,
        dead: &str,
        kind: &'static JobKind,
        tries: i64,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let next = RelayJobId::new(now_ms, self.random.bytes());
        let run_ms = now_ms.saturating_add(retry_wait_ms(kind, tries, &*self.random));
        jobs::platform_insert_after_death(tx, dead, next, run_ms, now_ms).await
    }

    /// Makes the lease longer; whether it is still held.
    pub async fn renew(&self, job: &ClaimedJob) -> Result<bool, DbError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        let now_ms = self.clock.now_ms();
        let is_held =
            jobs::platform_renew(&mut tx, &job.id, job.lease, now_ms.saturating_add(LEASE_MS), now_ms)
                .await?;
        tx.commit().await?;
        Ok(is_held)
    }

    /// Ends a job in the transaction of its result, and commits both; `took_ms` is how long it ran.
    ///
    /// # Errors
    /// The database, or the lease is another worker's: then the result is taken back with it.
    pub async fn finish(&self, job: &ClaimedJob, result: JobResult, took_ms: i64) -> Result<(), JobError> {
        let JobResult { mut tx, after } = result;
        let (conn, now_ms) = (&mut tx, self.clock.now_ms());
        let ended = jobs::platform_end_lease(conn, &job.id, job.lease).await?.ok_or(JobError::LeaseLost)?;
        let again_ms = (ended.requests > job.requests).then_some(ended.again_ms.unwrap_or(now_ms));
        let (next_ms, rest_ms) = match after {
            AfterRun::Rest(until_ms) if until_ms > now_ms => (Some(until_ms), until_ms),
            AfterRun::NextRun(at) => (Some(again_ms.map_or(at, |again| again.min(at))), 0),
            AfterRun::Over | AfterRun::Rest(_) => (again_ms, 0),
        };
        jobs::platform_delete_dead(conn, job.kind.word, &job.key).await?;
        match next_ms {
            Some(next_ms) => jobs::platform_wait_again(conn, &job.id, next_ms, rest_ms, now_ms).await?,
            None => jobs::platform_delete(conn, &job.id).await?,
        }
        if job.kind.is_recorded {
            let done = DoneJobRow {
                job: &job.id,
                account: job.account,
                kind: job.kind.word,
                key: &job.key,
                tries: job.tries,
                made_ms: job.made_ms,
                done_ms: now_ms,
                took_ms,
            };
            jobs::platform_insert_done(conn, &done).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Lets a job that failed wait for its next try, or die; nothing where the lease is another worker's.
    pub async fn fail(&self, job: &ClaimedJob, error: &JobError) -> Result<(), DbError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        let now_ms = self.clock.now_ms();
        let Some(ended) = jobs::platform_end_lease(&mut tx, &job.id, job.lease).await? else {
            return Ok(());
        };
        let why = error.to_string();
        if job.tries < job.kind.tries_max {
            let run_ms = now_ms.saturating_add(retry_wait_ms(job.kind, job.tries, &*self.random));
            jobs::platform_wait_for_retry(&mut tx, &job.id, run_ms, &why, now_ms).await?;
        } else {
            jobs::platform_bury(&mut tx, &job.id, &why, now_ms).await?;
            if ended.requests > job.requests {
                self.put_in_after_death(&mut tx, &job.id, job.kind, job.tries).await?;
            }
        }
        tx.commit().await
    }

    /// Lets a job wait as if it had not been begun: its process ends.
    pub async fn release(&self, job: &ClaimedJob) -> Result<(), DbError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        if jobs::platform_end_lease(&mut tx, &job.id, job.lease).await?.is_some() {
            jobs::platform_unclaim(&mut tx, &job.id).await?;
        }
        tx.commit().await
    }
}

fn retry_wait_ms(kind: &'static JobKind, tries: i64, random: &dyn RandomSource) -> i64 {
    let doublings = u32::try_from(tries).unwrap_or(u32::MAX).min(30);
    let wait_ms = RETRY_MS.saturating_mul(1_i64 << doublings).min(kind.retry_ms_max);
    let jitter = random.below(2 * JITTER_PERCENT.unsigned_abs() + 1).cast_signed() - JITTER_PERCENT;
    (wait_ms + wait_ms / 100 * jitter).min(kind.retry_ms_max)
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::super::kinds::{MERGE, WEBHOOK};
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let random = SeededRandom::new(1);
        for tries in 1..40 {
            let exact_ms = (10_000.0 * 2_f64.powi(tries)).min(3_600_000.0);
            for _ in 0..100 {
                let wait_ms = retry_wait_ms(&MERGE, i64::from(tries), &random) as f64;
                assert!((0.79..=1.21).contains(&(wait_ms / exact_ms)), "{tries}: {wait_ms}");
                assert!(wait_ms <= 3_600_000.0);
            }
        }
        assert!(
            (1..50)
                .map(|_| retry_wait_ms(&MERGE, 1, &random))
                .collect::<std::collections::BTreeSet<_>>()
                .len()
                > 5
        );
    }

    #[test]
    fn the_tries_of_a_webhook_are_over_after_three_days() {
        let random = SeededRandom::new(1);
        for _ in 0..100 {
            let waits = (1..WEBHOOK.tries_max).map(|t| retry_wait_ms(&WEBHOOK, t, &random));
            let hours = waits.sum::<i64>() / 3_600_000;
            assert!((60..=84).contains(&hours), "{hours}");
        }
    }
}
