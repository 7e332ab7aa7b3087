//! Jobs: what waits, who has the lease, what became of it. The rules are `jobs::queue`'s; here are their statements.

use record::ids::{JobLeaseId, RelayJobId};
use sqlx::AssertSqlSafe;

use crate::db::{AccountScope, DbError, SqlConnection, SqlExecutor, all, exec, impl_from_row, opt};

const ERROR_CHARACTERS_MAX: usize = 500;
/// A clock that is behind by less is another machine's, and no clock that was set back.
const SET_BACK_MS_MIN: i64 = 10_000;

/// As statements write them: each has an index of its own.
const LANES: [i64; 8] = [0, 1, 2, WEBHOOKS_LANE, MAIL_LANE, LATER_MAIL_LANE, BILLING_LANE, REPORTS_LANE];
const WEBHOOKS_LANE: i64 = 3;
const MAIL_LANE: i64 = 4;
const LATER_MAIL_LANE: i64 = 5;
const BILLING_LANE: i64 = 6;
const REPORTS_LANE: i64 = 7;

/// The words in which the two databases differ: word, SQLite's, PostgreSQL's.
const WORDS: &[(&str, &str, &str)] = &[
    ("@LEAST@", "MIN", "LEAST"),
    ("@GREATEST@", "MAX", "GREATEST"),
    // One after the other until one can be had: a row that a long transaction asks for again holds up no claim. Joined in any
    // other way, PostgreSQL would compare all that wait with all that are ready where it knows nothing of the table yet.
    (
        "@LOCK@",
        "",
        "CROSS JOIN LATERAL (SELECT j.job FROM jobs j WHERE j.job = c.job AND j.state = 'wait' AND j.lease_ms <= $1 \
         FOR UPDATE SKIP LOCKED) l",
    ),
];

/// Of one account `@MOST@` run at a time in the lanes that share workers (`@SHARED@`), so that none keeps the others waiting. A claim
/// looks at the first 64 due jobs of the lane; only where all of those belong to accounts that have theirs running does it go by accounts, one step each, and
/// last to what is of no account: in either case it reads as much with 100,000 waiting jobs as with 100. Each question here
/// has one index that fits it, whatever a database knows or does not know of the table: hence an index a lane, and a lane
/// that comes with the account.
const CLAIM: &str = "WITH RECURSIVE busy(account) AS MATERIALIZED ( \
      SELECT account FROM jobs WHERE lease_by IS NOT NULL AND lease_ms > $1 AND account IS NOT NULL AND @SHARED@ \
      GROUP BY account HAVING COUNT(*) >= @MOST@ \
    ), near(job, run_ms, account) AS MATERIALIZED ( \
      SELECT job, run_ms, account FROM jobs \
      WHERE state = 'wait' AND lane = @LANE@ AND run_ms <= $1 AND lease_ms <= $1 ORDER BY run_ms, job LIMIT 64 \
    ), free(job, run_ms) AS MATERIALIZED ( \
      SELECT job, run_ms FROM near WHERE account IS NULL OR account NOT IN (SELECT account FROM busy) \
    ), owners(account, lane) AS ( \
      SELECT (SELECT MIN(j.account) FROM jobs j WHERE j.state = 'wait'), @LANE@ \
      WHERE (SELECT COUNT(*) FROM near) = 64 AND NOT EXISTS (SELECT 1 FROM free) \
      UNION ALL \
      SELECT (SELECT MIN(j.account) FROM jobs j WHERE j.state = 'wait' AND j.account > a.account), a.lane \
      FROM owners a WHERE a.account IS NOT NULL \
    ), far(job) AS MATERIALIZED ( \
      SELECT (SELECT j.job FROM jobs j WHERE j.state = 'wait' AND j.account = a.account AND j.lane = a.lane \
        AND j.run_ms <= $1 AND j.lease_ms <= $1 ORDER BY j.run_ms, j.job LIMIT 1) \
      FROM owners a WHERE a.account IS NOT NULL AND a.account NOT IN (SELECT account FROM busy) \
      UNION ALL \
      SELECT (SELECT j.job FROM jobs j WHERE j.state = 'wait' AND j.account IS NULL AND j.lane = a.lane \
        AND j.run_ms <= $1 AND j.lease_ms <= $1 ORDER BY j.account, j.lane, j.run_ms, j.job LIMIT 1) \
      FROM owners a WHERE a.account IS NULL \
    ), ready(job, run_ms) AS MATERIALIZED ( \
      SELECT job, run_ms FROM free \
      UNION ALL \
      SELECT f.job, (SELECT j.run_ms FROM jobs j WHERE j.job = f.job) FROM far f WHERE f.job IS NOT NULL \
    ) \
    UPDATE jobs SET lease_by = $2, lease_ms = $3, tries = tries + 1, set_ms = $1 \
    WHERE job = (SELECT c.job FROM (SELECT job, run_ms FROM ready ORDER BY run_ms, job) c @LOCK@ \
      ORDER BY c.run_ms, c.job LIMIT 1) \
    RETURNING job, account, (SELECT a.id FROM accounts a WHERE a.account = jobs.account) AS account_id, kind, key, body, tries, \
      asked AS requests, made_ms";

const ENQUEUE: &str = "INSERT INTO jobs \
    (job, account, kind, key, body, lane, run_ms, rest_ms, tries, lease_ms, state, asked, made_ms, set_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 'wait', 1, $8, $8) \
    ON CONFLICT (kind, key) WHERE state = 'wait' DO ";

/// Asked for again, the earlier moment counts; while it runs, that moment is for the run after.
const AGAIN: &str = "UPDATE SET body = excluded.body, asked = jobs.asked + 1, \
    run_ms = CASE WHEN jobs.lease_by IS NULL \
      THEN @GREATEST@(jobs.rest_ms, @LEAST@(jobs.run_ms, excluded.run_ms)) ELSE jobs.run_ms END, \
    again_ms = CASE WHEN jobs.lease_by IS NULL THEN NULL \
      ELSE @LEAST@(COALESCE(jobs.again_ms, excluded.run_ms), excluded.run_ms) END, \
    set_ms = @GREATEST@(jobs.set_ms, excluded.set_ms)";

fn sql_text(conn: &mut impl SqlConnection, sql: &str) -> AssertSqlSafe<String> {
    let sqlite = matches!(conn.lane(), SqlExecutor::Sqlite(_));
    AssertSqlSafe(WORDS.iter().fold(
        sql.to_owned(),
        |text: String, (word, ours, theirs): &(&str, &str, &str)| {
            text.replace(word, if sqlite { ours } else { theirs })
        },
    ))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJobRow<'a> {
    pub job: RelayJobId,
    /// Whose it is; none of what concerns the relay itself.
    pub account: Option<AccountScope>,
    pub kind: &'a str,
    pub key: &'a str,
    pub body: &'a str,
    pub lane: i64,
    pub run_ms: i64,
    pub now_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJobRow {
    pub job: String,
    account: Option<i64>,
    account_id: Option<String>,
    pub kind: String,
    pub key: String,
    pub body: String,
    pub tries: i64,
    /// How often it was asked for until now.
    pub requests: i64,
    pub made_ms: i64,
}

impl_from_row!(ClaimedJobRow { job, account, account_id, kind, key, body, tries, requests, made_ms });

impl ClaimedJobRow {
    /// Whose it is; none of what concerns the relay itself.
    pub fn scope(&self) -> Result<Option<AccountScope>, DbError> {
        let Some(number) = self.account else { return Ok(None) };
        let id = self.account_id.as_deref();
        let id = id.ok_or_else(|| DbError::stored("job", "its account is gone"))?;
        AccountScope::read(number, id).map(Some)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadJobRow {
    pub job: String,
    account: Option<i64>,
    pub account_id: Option<String>,
    pub kind: String,
    pub key: String,
    pub tries: i64,
    pub error: Option<String>,
    pub made_ms: i64,
    pub died_ms: i64,
}

impl_from_row!(DeadJobRow { job, account, account_id, kind, key, tries, error, made_ms, died_ms });

impl DeadJobRow {
    /// Whose it is; none of what concerns the relay itself.
    pub fn scope(&self) -> Result<Option<AccountScope>, DbError> {
        self.account
            .zip(self.account_id.as_deref())
            .map(|(number, id)| AccountScope::read(number, id))
            .transpose()
    }
}

/// How many jobs of a kind there are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobCountRow {
    pub kind: String,
    /// `waiting`, `running` or `dead`.
    pub state: String,
    pub jobs: i64,
}

impl_from_row!(JobCountRow { kind, state, jobs });

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneJobRow<'a> {
    pub job: &'a str,
    pub account: Option<AccountScope>,
    pub kind: &'a str,
    pub key: &'a str,
    pub tries: i64,
    pub made_ms: i64,
    pub done_ms: i64,
    pub took_ms: i64,
}

/// Puts a job in, or asks again for the one of its kind and key that waits or runs.
pub async fn platform_enqueue(conn: &mut impl SqlConnection, new: &NewJobRow<'_>) -> Result<(), DbError> {
    insert_job(conn, new, AGAIN).await.map(drop)
}

/// Puts a job in where none of its kind and key waits or runs; whether it did.
pub async fn platform_put_back(conn: &mut impl SqlConnection, new: &NewJobRow<'_>) -> Result<bool, DbError> {
    Ok(insert_job(conn, new, "NOTHING").await? > 0)
}

async fn insert_job(conn: &mut impl SqlConnection, new: &NewJobRow<'_>, or: &str) -> Result<u64, DbError> {
    let sql = sql_text(conn, &format!("{ENQUEUE}{or}"));
    let (job, account) = (new.job.to_string(), new.account.map(AccountScope::key));
    let (kind, key, body) = (new.kind.to_owned(), new.key.to_owned(), new.body.to_owned());
    exec!(conn, sql, job, account, kind, key, body, new.lane, new.run_ms, new.now_ms)
}

/// The keys of a kind under which a job waits, runs, or died after this moment.
pub async fn platform_known_keys(
    conn: &mut impl SqlConnection,
    kind: &'static str,
    died_after_ms: i64,
) -> Result<Vec<String>, DbError> {
    let sql = "SELECT key FROM jobs WHERE kind = $1 AND state = 'wait' \
               UNION SELECT key FROM jobs WHERE kind = $1 AND state = 'dead' AND run_ms > $2";
    let rows = all!(conn, (String,), sql, kind, died_after_ms)?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Whether any job of these lanes is due: asks next to nothing of the database.
pub async fn platform_any_due(
    conn: &mut impl SqlConnection,
    lanes: impl IntoIterator<Item = i64>,
    now_ms: i64,
) -> Result<bool, DbError> {
    for lane in lanes {
        let sql = format!(
            "SELECT job FROM jobs WHERE state = 'wait' AND lane = {lane} AND run_ms <= $1 AND lease_ms <= $1 LIMIT 1"
        );
        if opt!(conn, (String,), AssertSqlSafe(sql), now_ms)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes turns at claims until the end of the transaction: two that look at once would see the same jobs running, and give an
/// account one too many.
pub async fn platform_lock_claims(conn: &mut impl SqlConnection) -> Result<(), DbError> {
    match conn.lane() {
        // Whoever writes is alone.
        SqlExecutor::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(c) => {
            // "ct jobs" as a number.
            let sql = "SELECT pg_advisory_xact_lock(28003031120109171)";
            sqlx::query(sql).execute(c).await.map(drop).map_err(DbError::from)
        }
    }
}

/// Leases the first due job of a lane whose account has not its jobs running already.
pub async fn platform_claim(
    conn: &mut impl SqlConnection,
    lane: i64,
    now_ms: i64,
    lease: JobLeaseId,
    until_ms: i64,
) -> Result<Option<ClaimedJobRow>, DbError> {
    // A receiver answers as slowly as its owner likes: an account sends to one at a time, and its other work knows nothing of it.
    let (shared, most) = match lane {
        WEBHOOKS_LANE => ("lane = 3", "1"),
        MAIL_LANE | LATER_MAIL_LANE => ("lane IN (4, 5)", "2"),
        BILLING_LANE => ("lane = 6", "1"),
        REPORTS_LANE => ("lane = 7", "1"),
        _ => ("lane < 3", "2"),
    };
    let claim =
        CLAIM.replace("@LANE@", &lane.to_string()).replace("@SHARED@", shared).replace("@MOST@", most);
    let sql = sql_text(conn, &claim);
    opt!(conn, ClaimedJobRow, sql, now_ms, lease.to_string(), until_ms)
}

/// Makes a lease longer; whether it is still held. A job that runs was due: what a clock that was ahead wrote does not count.
pub async fn platform_renew(
    conn: &mut impl SqlConnection,
    job: &str,
    lease: JobLeaseId,
    until_ms: i64,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = sql_text(
        conn,
        "UPDATE jobs SET lease_ms = $3, run_ms = @LEAST@(run_ms, $4), rest_ms = @LEAST@(rest_ms, $4), set_ms = $4 \
         WHERE job = $1 AND lease_by = $2",
    );
    Ok(exec!(conn, sql, job.to_owned(), lease.to_string(), until_ms, now_ms)? == 1)
}

/// What was asked for while a job ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedLease {
    pub requests: i64,
    pub again_ms: Option<i64>,
}

impl_from_row!(EndedLease { requests, again_ms });

/// Ends a lease, and takes the row for this transaction: nobody asks again before it is over. `None` where another one has it.
pub async fn platform_end_lease(
    conn: &mut impl SqlConnection,
    job: &str,
    lease: JobLeaseId,
) -> Result<Option<EndedLease>, DbError> {
    let sql = "UPDATE jobs SET lease_ms = 0, lease_by = NULL WHERE job = $1 AND lease_by = $2 \
               RETURNING asked AS requests, again_ms";
    opt!(conn, EndedLease, sql, job.to_owned(), lease.to_string())
}

/// Lets a job wait, its tries counted from the start: it was done and shall run again. In the transaction that ended its lease.
pub async fn platform_wait_again(
    conn: &mut impl SqlConnection,
    job: &str,
    run_ms: i64,
    rest_ms: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE jobs SET run_ms = $2, rest_ms = $3, tries = 0, again_ms = NULL, error = NULL, set_ms = $4 WHERE job = $1";
    exec!(conn, sql, job.to_owned(), run_ms, rest_ms, now_ms).map(drop)
}

/// Lets a job wait until its next try. In the transaction that ended its lease.
pub async fn platform_wait_for_retry(
    conn: &mut impl SqlConnection,
    job: &str,
    run_ms: i64,
    error: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql =
        "UPDATE jobs SET run_ms = $2, rest_ms = $2, again_ms = NULL, error = $3, set_ms = $4 WHERE job = $1";
    exec!(conn, sql, job.to_owned(), run_ms, shorten_error(error), now_ms).map(drop)
}

/// Lets a job wait as if it had not been claimed. In the transaction that ended its lease.
pub async fn platform_unclaim(conn: &mut impl SqlConnection, job: &str) -> Result<(), DbError> {
    let sql = "UPDATE jobs SET tries = tries - 1, again_ms = NULL WHERE job = $1";
    exec!(conn, sql, job.to_owned()).map(drop)
}

/// A job that is over. In the transaction that ended its lease.
pub async fn platform_delete(conn: &mut impl SqlConnection, job: &str) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM jobs WHERE job = $1", job.to_owned()).map(drop)
}

/// Forgets the dead job of this kind and key: a later one of them was done.
pub async fn platform_delete_dead(
    conn: &mut impl SqlConnection,
    kind: &'static str,
    key: &str,
) -> Result<(), DbError> {
    let sql = "DELETE FROM jobs WHERE kind = $1 AND key = $2 AND state = 'dead'";
    exec!(conn, sql, kind, key.to_owned()).map(drop)
}

/// A job that is out of tries, in place of an earlier dead one of its kind and key. In the transaction that ended its lease.
pub async fn platform_bury(
    conn: &mut impl SqlConnection,
    job: &str,
    error: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "DELETE FROM jobs WHERE state = 'dead' AND EXISTS \
               (SELECT 1 FROM jobs j WHERE j.job = $1 AND j.kind = jobs.kind AND j.key = jobs.key)";
    exec!(conn, sql, job.to_owned())?;
    let sql = "UPDATE jobs SET state = 'dead', run_ms = $2, again_ms = NULL, error = $3, set_ms = $2 WHERE job = $1";
    exec!(conn, sql, job.to_owned(), now_ms, shorten_error(error)).map(drop)
}

/// Puts in what was asked for while a job ran that then died.
pub async fn platform_insert_after_death(
    conn: &mut impl SqlConnection,
    dead: &str,
    job: RelayJobId,
    run_ms: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO jobs \
        (job, account, kind, key, body, lane, run_ms, rest_ms, tries, lease_ms, state, asked, made_ms, set_ms) \
        SELECT $1, account, kind, key, body, lane, $2, $2, 0, 0, 'wait', 1, $3, $3 FROM jobs WHERE job = $4";
    exec!(conn, sql, job.to_string(), run_ms, now_ms, dead.to_owned()).map(drop)
}

fn shorten_error(error: &str) -> String {
    error.chars().take(ERROR_CHARACTERS_MAX).collect()
}

pub async fn platform_insert_done(
    conn: &mut impl SqlConnection,
    done: &DoneJobRow<'_>,
) -> Result<(), DbError> {
    let sql = "INSERT INTO jobs_done (job, account, kind, key, tries, made_ms, done_ms, ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (job, account) = (done.job.to_owned(), done.account.map(AccountScope::key));
    let (kind, key) = (done.kind.to_owned(), done.key.to_owned());
    exec!(conn, sql, job, account, kind, key, done.tries, done.made_ms, done.done_ms, done.took_ms).map(drop)
}

pub async fn platform_forget_done(conn: &mut impl SqlConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM jobs_done WHERE done_ms < $1", before_ms)
}

/// Whether a job's times were written by a clock that was set back since.
pub async fn platform_any_set_back(conn: &mut impl SqlConnection, now_ms: i64) -> Result<bool, DbError> {
    let sql = "SELECT job FROM jobs WHERE state = 'wait' AND set_ms > $1 LIMIT 1";
    Ok(opt!(conn, (String,), sql, now_ms.saturating_add(SET_BACK_MS_MIN))?.is_some())
}

/// Sets the times of such jobs back as far as their clock was; how many.
pub async fn platform_follow_set_back(conn: &mut impl SqlConnection, now_ms: i64) -> Result<u64, DbError> {
    let sql = "UPDATE jobs SET run_ms = run_ms - (set_ms - $1), rest_ms = rest_ms - (set_ms - $1), \
               lease_ms = lease_ms - (set_ms - $1), again_ms = again_ms - (set_ms - $1), set_ms = $1 \
               WHERE state = 'wait' AND set_ms > $2";
    exec!(conn, sql, now_ms, now_ms.saturating_add(SET_BACK_MS_MIN))
}

pub async fn platform_list_dead(
    conn: &mut impl SqlConnection,
    limit: i64,
) -> Result<Vec<DeadJobRow>, DbError> {
    let sql = "SELECT job, account, (SELECT a.id FROM accounts a WHERE a.account = jobs.account) AS account_id, kind, key, tries, error, \
                 made_ms, run_ms AS died_ms FROM jobs \
               WHERE state = 'dead' ORDER BY run_ms DESC, job DESC LIMIT $1";
    all!(conn, DeadJobRow, sql, limit)
}

/// Lets a dead job run again; `None` where there is none. One of its kind and key that waits runs in its place.
pub async fn platform_retry_dead(
    conn: &mut impl SqlConnection,
    job: &str,
    now_ms: i64,
) -> Result<Option<DeadJobRow>, DbError> {
    let found = "SELECT job, account, (SELECT a.id FROM accounts a WHERE a.account = jobs.account) AS account_id, kind, key, tries, error, \
                 made_ms, run_ms AS died_ms FROM jobs \
                 WHERE job = $1 AND state = 'dead'";
    let Some(dead) = opt!(conn, DeadJobRow, found, job.to_owned())? else { return Ok(None) };
    let sql = "UPDATE jobs SET run_ms = $3, rest_ms = 0, tries = CASE WHEN lease_by IS NULL THEN 0 ELSE tries END, \
               asked = asked + 1, again_ms = CASE WHEN lease_by IS NULL THEN NULL ELSE $3 END, set_ms = $3 \
               WHERE kind = $1 AND key = $2 AND state = 'wait'";
    if exec!(conn, sql, dead.kind.clone(), dead.key.clone(), now_ms)? > 0 {
        platform_delete(conn, job).await?;
    } else {
        let sql = "UPDATE jobs SET state = 'wait', run_ms = $2, rest_ms = 0, tries = 0, asked = asked + 1, set_ms = $2 \
                   WHERE job = $1";
        exec!(conn, sql, job.to_owned(), now_ms)?;
    }
    Ok(Some(dead))
}

pub async fn platform_count(conn: &mut impl SqlConnection, now_ms: i64) -> Result<Vec<JobCountRow>, DbError> {
    let sql = "SELECT kind, state, COUNT(*) AS jobs FROM (SELECT kind, CASE WHEN state = 'dead' THEN 'dead' \
               WHEN lease_ms > $1 THEN 'running' ELSE 'waiting' END AS state FROM jobs) j GROUP BY kind, state";
    all!(conn, JobCountRow, sql, now_ms)
}

pub async fn platform_oldest_due_ms(
    conn: &mut impl SqlConnection,
    now_ms: i64,
) -> Result<Option<i64>, DbError> {
    let mut oldest_ms = None;
    for lane in LANES {
        let sql = format!(
            "SELECT MIN(run_ms) FROM jobs WHERE state = 'wait' AND lane = {lane} AND run_ms <= $1 AND lease_ms <= $1"
        );
        let of_lane = opt!(conn, (Option<i64>,), AssertSqlSafe(sql), now_ms)?.and_then(|(oldest,)| oldest);
        oldest_ms = oldest_ms.into_iter().chain(of_lane).min();
    }
    Ok(oldest_ms)
}
