//! Which lines adopt which runs, and which of those runs are not here.

use std::collections::BTreeSet;

use record::fold::LinePlace;
use record::ids::BoxId;
use record::run::RunName;

use crate::db::log::run_names::run_text;
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, all, bulk, by_keys, exec, opt};

pub type Adoption = (RunName, LinePlace);

/// Keeps which runs lines of a box adopt: only such a run is taken from it. Whether one of them is here already. `asks`: those
/// that are not are asked for.
pub async fn save_adoption(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    adoptions: &[Adoption],
    asks: bool,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let (account, box_text) = (scope.key(), box_id.to_string());
    let head = "INSERT INTO adoptions (account, box, run, epoch, seq, by_run)";
    let tail = " ON CONFLICT (account, box, run, epoch, seq, by_run) DO NOTHING";
    bulk!(
        conn,
        head,
        6,
        tail,
        adoptions,
        |(run, by)| account,
        box_text.as_str(),
        run.to_string(),
        by.of.epoch.to_string(),
        to_i64(by.of.seq),
        run_text(by.run),
    )?;
    if !asks {
        return Ok(false);
    }
    let mut lacking: BTreeSet<String> = adoptions.iter().map(|(run, _)| run.to_string()).collect();
    let keys: Vec<(String, String)> = lacking.iter().map(|run| (run.clone(), String::new())).collect();
    let select =
        "SELECT r.run FROM k CROSS JOIN runs r WHERE r.account = @1@ AND r.box = @2@ AND r.run = k.a";
    let here = by_keys!(conn, (String,), select, (account, box_text.as_str()), keys, "TEXT")?;
    let here: BTreeSet<String> = here.into_iter().map(|(run,)| run).collect();
    lacking.retain(|run| !here.contains(run));
    let lacking: Vec<String> = lacking.into_iter().collect();
    let head = "INSERT INTO lacking_runs (account, box, run, refused)";
    let tail = " ON CONFLICT (account, box, run) DO NOTHING";
    bulk!(conn, head, 4, tail, lacking, |run| account, box_text.as_str(), run.as_str(), false)?;
    Ok(!here.is_empty())
}

/// Asks for the runs that a log adopts, which was not known to be its box's before.
pub async fn request_texts(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    epoch: record::ids::Epoch,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO lacking_runs (account, box, run, refused) \
               SELECT DISTINCT a.account, a.box, a.run, CAST($1 AS BOOLEAN) FROM adoptions a \
               WHERE a.account = $2 AND a.box = $3 AND a.epoch = $4 AND a.by_run = '' AND NOT EXISTS \
               (SELECT 1 FROM runs r WHERE r.account = a.account AND r.box = a.box AND r.run = a.run) \
               ON CONFLICT (account, box, run) DO NOTHING";
    exec!(conn, sql, false, scope.key(), box_id.to_string(), epoch.to_string()).map(drop)
}

/// Whether a line of the box that is here adopts the run: one of a log that is known to be its own, or of a run.
pub async fn is_named(conn: &mut ScopedConnection, box_id: BoxId, run: RunName) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT a.epoch FROM adoptions a WHERE a.account = $1 AND a.box = $2 AND a.run = $3 AND (a.by_run <> '' \
               OR EXISTS (SELECT 1 FROM logs e WHERE e.account = a.account AND e.box = a.box AND e.epoch = a.epoch \
               AND e.key_known)) LIMIT 1";
    Ok(opt!(conn, (String,), sql, scope.key(), box_id.to_string(), run.to_string())?.is_some())
}

const LACKING: &str =
    "SELECT run FROM lacking_runs WHERE account = $1 AND box = $2 AND refused = $3 ORDER BY run LIMIT $4";

pub async fn lacking_runs(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    limit: u64,
) -> Result<Vec<RunName>, DbError> {
    let scope = conn.scope();
    let rows = all!(conn, (String,), LACKING, scope.key(), box_id.to_string(), false, to_i64(limit))?;
    rows.iter().map(|(run,)| run.parse().map_err(|e| DbError::stored("run", e))).collect()
}

pub async fn mark_arrived(conn: &mut ScopedConnection, box_id: BoxId, run: RunName) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM lacking_runs WHERE account = $1 AND box = $2 AND run = $3";
    exec!(conn, sql, scope.key(), box_id.to_string(), run.to_string()).map(drop)
}

/// A run that is lacking is more than is taken, and is not asked for again. Whether that is new.
pub async fn save_refusal(conn: &mut ScopedConnection, box_id: BoxId, run: RunName) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql =
        "UPDATE lacking_runs SET refused = $1 WHERE account = $2 AND box = $3 AND run = $4 AND refused = $5";
    Ok(exec!(conn, sql, true, scope.key(), box_id.to_string(), run.to_string(), false)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, PlatformReason};

    #[tokio::test]
    async fn what_lacks_is_read_in_the_order_of_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("a.db").display())).await.unwrap();
        db.migrate(0).await.unwrap();
        let mut conn = db.platform_read(PlatformReason::Migration).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {LACKING}"));
        let plan: Vec<(i64, i64, i64, String)> =
            all!(conn, (i64, i64, i64, String), sql, 1, "b", false, 9).unwrap();
        let words: Vec<&str> = plan.iter().map(|(.., words)| words.as_str()).collect();
        assert_eq!(
            words,
            [
                "SEARCH lacking_runs USING COVERING INDEX lacking_runs_asked (account=? AND box=? AND refused=?)"
            ]
        );
    }
}
