//! Directives: what each box was asked, signed, and what its log says became of it.

use record::ids::BoxId;
use record::kinds::EntryRef;
use record::tree::Hash;

use super::box_keys::AppliedKeys;
use super::box_keys::read_place;
use crate::db::to_i64;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, opt};

#[derive(Debug, Clone, Copy)]
pub struct NewDirective<'a> {
    /// From 1 for each box, no gaps.
    pub number: u64,
    pub directive_id: &'a str,
    pub verb: &'a str,
    pub json: &'a str,
    pub hash: Hash,
    pub note: &'a str,
    /// What the box knows once it has applied it.
    pub brings: AppliedKeys,
}

#[derive(Debug, Clone, Copy)]
pub struct DirectiveOutcome<'a> {
    pub number: u64,
    pub hash: Hash,
    pub of: EntryRef,
    pub refused: Option<&'a str>,
}

/// Directives that are under way to one box at once.
const IN_FLIGHT_MAX: i64 = 8;

/// The number of a box's next one. The box's row is taken, so that none is given twice.
pub async fn next_number(conn: &mut ScopedConnection, box_id: BoxId) -> Result<u64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT MAX(number) FROM directives WHERE account = $1 AND box = $2";
    let row = opt!(conn, (Option<i64>,), sql, scope.key(), box_id.to_string())?;
    let last = row.and_then(|(last,)| last).unwrap_or(0);
    u64::try_from(last).map(|last| last + 1).map_err(|e| DbError::stored("number of a directive", e))
}

pub async fn insert_directive(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    new: &NewDirective<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO directives (account, box, number, directive, verb, json, hash, note, ca_n, cosign_n, \
               directive_n, made_ms, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued')";
    let (account, box_id, number) = (scope.key(), box_id.to_string(), to_i64(new.number));
    let (id, verb, json) = (new.directive_id.to_owned(), new.verb.to_owned(), new.json.to_owned());
    let (hash, note) = (new.hash.0.to_vec(), new.note.to_owned());
    let AppliedKeys { ca_n, cosign_n, directive_n } = new.brings;
    exec!(conn, sql, account, box_id, number, id, verb, json, hash, note, ca_n, cosign_n, directive_n, now_ms)
        .map(drop)
}

/// The notes behind the number `after`, in their order, as many as are under way at once.
pub async fn list_notes(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    after: u64,
) -> Result<Vec<(i64, String)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT number, note FROM directives WHERE account = $1 AND box = $2 AND number > $3 \
               ORDER BY number LIMIT $4";
    all!(conn, (i64, String), sql, scope.key(), box_id.to_string(), to_i64(after), IN_FLIGHT_MAX)
}

/// The number of the last one whose outcome is known; 0 where there is none.
pub async fn last_outcome(conn: &mut ScopedConnection, box_id: BoxId) -> Result<u64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT MAX(number) FROM directives WHERE account = $1 AND box = $2 AND state IN ('applied', 'refused')";
    let row = opt!(conn, (Option<i64>,), sql, scope.key(), box_id.to_string())?;
    let last = row.and_then(|(last,)| last).unwrap_or(0);
    u64::try_from(last).map_err(|e| DbError::stored("number of a directive", e))
}

pub async fn set_sent(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    number: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE directives SET sent_ms = $1, state = CASE WHEN state = 'queued' THEN 'sent' ELSE state END \
               WHERE account = $2 AND box = $3 AND number = $4";
    exec!(conn, sql, now_ms, scope.key(), box_id.to_string(), number).map(drop)
}

/// Boxes for which one waits that was not sent since `before_ms`.
pub async fn platform_waiting(
    conn: &mut PlatformConnection,
    before_ms: i64,
) -> Result<Vec<(AccountScope, BoxId)>, DbError> {
    let sql = "SELECT DISTINCT d.account, a.id, d.box FROM directives d JOIN accounts a ON a.account = d.account \
               WHERE d.state IN ('queued', 'sent') AND (d.sent_ms IS NULL OR d.sent_ms < $1)";
    let rows = all!(conn, (i64, String, String), sql, before_ms)?;
    rows.iter().map(|(number, account, box_id)| read_place(*number, account, box_id)).collect()
}

/// Keeps what a log says of one that waits: the first word counts. What the box knows from now on, where it applied it.
pub async fn save_outcome(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    outcome: &DirectiveOutcome<'_>,
) -> Result<Option<AppliedKeys>, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE directives SET state = $1, outcome_epoch = $2, outcome_seq = $3, reason = $4 \
               WHERE account = $5 AND box = $6 AND number = $7 AND hash = $8 AND state IN ('queued', 'sent') \
               RETURNING ca_n, cosign_n, directive_n";
    let state = if outcome.refused.is_some() { "refused" } else { "applied" };
    let (epoch, seq) = (outcome.of.epoch.to_string(), to_i64(outcome.of.seq));
    let (account, box_id, number) = (scope.key(), box_id.to_string(), to_i64(outcome.number));
    let (reason, hash) = (outcome.refused.map(str::to_owned), outcome.hash.0.to_vec());
    let row = opt!(conn, (i64, i64, i64), sql, state, epoch, seq, reason, account, box_id, number, hash)?;
    let brings = row.map(|(ca_n, cosign_n, directive_n)| AppliedKeys { ca_n, cosign_n, directive_n });
    Ok(brings.filter(|_| outcome.refused.is_none()))
}
