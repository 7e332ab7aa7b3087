//! The access log: who did what, and what was denied to whom. The rows of an account are a chain: each one's hash covers the one before.

use record::ids::FacilityId;
use record::tree::Hash;
use serde::{Deserialize, Serialize};

use super::audit_heads::{AuditChain, ChainEnd, NOBODY, advance_head, lock_head};
use crate::db::database::visible_rows::seen_rows;
use crate::db::{
    DbError, PlatformConnection, ScopedConnection, SqlConnection, all, exec, impl_from_row, opt,
};

#[derive(Debug, Clone, Copy)]
pub struct NewAudit<'a> {
    /// An e-mail address, a program or `operator`.
    pub who: &'a str,
    /// What was requested: a command, or method and route.
    pub act: &'a str,
    pub about: &'a str,
    pub facility: Option<FacilityId>,
    /// `done` or `denied`.
    pub outcome: &'a str,
    pub fold: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number in the account, from 1.
    pub n: i64,
    /// The first time, milliseconds since 1970.
    pub at_ms: i64,
    pub last_ms: i64,
    pub times: i64,
    pub who: String,
    pub act: String,
    pub about: String,
    pub facility: Option<String>,
    pub outcome: String,
}

impl_from_row!(AuditRow { n, at_ms, last_ms, times, who, act, about, facility, outcome });

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    pub n: i64,
    pub at_ms: i64,
    pub last_ms: i64,
    pub times: i64,
    pub who: String,
    pub act: String,
    pub about: String,
    pub facility: Option<String>,
    pub outcome: String,
    pub fold: Option<String>,
    /// An [`AuditLine`] as it was hashed.
    pub line: String,
    pub hash: Vec<u8>,
}

impl_from_row!(ChainRow { n, at_ms, last_ms, times, who, act, about, facility, outcome, fold, line, hash });

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedLine {
    pub n: i64,
    pub line: String,
    pub hash: Vec<u8>,
}

impl_from_row!(ChainedLine { n, line, hash });

/// What a row says, as it is hashed: JSON with these keys in this order. The counter of a row that counts is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    pub n: i64,
    pub at: i64,
    pub who: String,
    pub act: String,
    pub about: String,
    pub facility: Option<String>,
    pub outcome: String,
    pub counts: bool,
}

impl AuditLine {
    fn of(n: i64, row: &NewAudit<'_>, now_ms: i64) -> Self {
        Self {
            n,
            at: now_ms,
            who: row.who.to_owned(),
            act: row.act.to_owned(),
            about: row.about.to_owned(),
            facility: row.facility.map(|facility| facility.to_string()),
            outcome: row.outcome.to_owned(),
            counts: row.fold.is_some(),
        }
    }

    pub fn text(&self) -> Result<String, DbError> {
        serde_json::to_string(self).map_err(|e| DbError::stored("line of the access log", e))
    }
}

/// The hash of a row: of the one before it, and of its line.
pub fn chain_hash(before: Hash, line: &str) -> Hash {
    Hash::of(&[&before.0, line.as_bytes()].concat())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// A part of who it was, whatever its case; empty: anybody.
    pub who: String,
    /// `done` or `denied`; empty: either.
    pub outcome: String,
    pub from_ms: i64,
    pub until_ms: i64,
}

impl Default for AuditFilter {
    fn default() -> Self {
        Self { who: String::new(), outcome: String::new(), from_ms: i64::MIN, until_ms: i64::MAX }
    }
}

impl AuditFilter {
    /// The part of who as LIKE takes it; characters with a meaning there are escaped.
    fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for c in self.who.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }
}

async fn write_act(
    conn: &mut impl SqlConnection,
    account: i64,
    row: &NewAudit<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    if let Some(fold) = row.fold {
        let sql = "UPDATE audit SET times = times + 1, last_ms = $1 WHERE account = $2 AND fold = $3";
        if exec!(conn, sql, now_ms, account, fold.to_owned())? > 0 {
            return Ok(());
        }
    }
    let end = lock_head(conn, account).await?;
    let new = AuditLine::of(end.n + 1, row, now_ms);
    let line = new.text()?;
    let hash = chain_hash(end.hash, &line);
    // Whoever had the head before may have begun this fold: then it is counted there, and nothing is added to the chain.
    let sql = "INSERT INTO audit (account, n, at_ms, who, act, about, facility, outcome, fold, times, last_ms, line, hash) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $3, $10, $11) \
               ON CONFLICT (account, fold) DO UPDATE SET times = audit.times + 1, last_ms = excluded.last_ms RETURNING n";
    let AuditLine { n, at, who, act, about, facility, outcome, .. } = new;
    let (fold, bytes) = (row.fold.map(str::to_owned), hash.0.to_vec());
    let row = opt!(conn, (i64,), sql, account, n, at, who, act, about, facility, outcome, fold, line, bytes)?;
    if row == Some((n,)) {
        advance_head(conn, account, ChainEnd { n, hash }).await?;
    }
    Ok(())
}

/// Writes down what somebody did or was denied: the last thing that a transaction does, for it holds up the account's next act.
pub async fn insert_act(conn: &mut ScopedConnection, row: &NewAudit<'_>, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    write_act(conn, scope.key(), row, now_ms).await
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    row: &NewAudit<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    write_act(conn, NOBODY, row, now_ms).await
}

/// Rows of the account before this number that a filter lets through, the newest first; of somebody who sees some facilities, the rows
/// of those.
pub async fn list_acts(
    conn: &mut ScopedConnection,
    filter: &AuditFilter,
    before_n: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let sql = format!(
        "SELECT n, at_ms, last_ms, times, who, act, about, facility, outcome FROM audit WHERE account = $1 AND n < $2 \
         AND LOWER(who) LIKE LOWER($3) ESCAPE '\\' AND ($4 = '' OR outcome = $4) AND at_ms >= $5 AND at_ms < $6 \
         AND {} ORDER BY n DESC LIMIT $8",
        seen_rows("audit", "$7")
    );
    let (sql, pattern, outcome) = (sqlx::AssertSqlSafe(sql), filter.pattern(), filter.outcome.clone());
    let (from, until) = (filter.from_ms, filter.until_ms);
    all!(conn, AuditRow, sql, scope.key(), before_n, pattern, outcome, from, until, viewer, limit)
}

/// Lines of the account's chain behind this number, within a time, the oldest first; nothing for somebody who sees some facilities only.
pub async fn list_chained(
    conn: &mut ScopedConnection,
    filter: &AuditFilter,
    after_n: i64,
    limit: i64,
) -> Result<Vec<ChainedLine>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let sql = "SELECT n, line, hash FROM audit WHERE account = $1 AND n > $2 AND at_ms >= $3 AND at_ms < $4 AND $5 = 0 \
               ORDER BY n LIMIT $6";
    let (from, until) = (filter.from_ms, filter.until_ms);
    all!(conn, ChainedLine, sql, scope.key(), after_n, from, until, viewer, limit)
}

/// Rows of a chain behind this number and up to that one, the oldest first.
pub async fn platform_chain_rows(
    conn: &mut PlatformConnection,
    chain: &AuditChain,
    after_n: i64,
    until_n: i64,
    limit: i64,
) -> Result<Vec<ChainRow>, DbError> {
    let sql = "SELECT n, at_ms, last_ms, times, who, act, about, facility, outcome, fold, line, hash FROM audit \
               WHERE account = $1 AND n > $2 AND n <= $3 ORDER BY n LIMIT $4";
    all!(conn, ChainRow, sql, chain.key(), after_n, until_n, limit)
}

/// When the newest row of all was written, or added to.
pub async fn platform_newest_ms(conn: &mut PlatformConnection) -> Result<Option<i64>, DbError> {
    let newest = opt!(conn, (Option<i64>,), "SELECT MAX(last_ms) FROM audit")?;
    Ok(newest.and_then(|(at,)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACT: NewAudit<'_> = NewAudit {
        who: "ana@linden.example",
        act: "sign in",
        about: "",
        facility: None,
        outcome: "done",
        fold: None,
    };

    /// Whoever verifies an exported chain counts on these bytes.
    #[test]
    fn a_line_has_its_keys_in_one_order() {
        let line = AuditLine::of(7, &ACT, 1_763_610_000_000);
        assert_eq!(
            line.text().unwrap(),
            r#"{"n":7,"at":1763610000000,"who":"ana@linden.example","act":"sign in","about":"","facility":null,"outcome":"done","counts":false}"#
        );
        let facility = Some(FacilityId::new(1, [2; 10]));
        let other = NewAudit { about: "a \"b\"\n\u{e9}", facility, fold: Some("x"), ..ACT };
        let text = AuditLine::of(8, &other, 5).text().unwrap();
        assert!(text.contains(r#""about":"a \"b\"\né","facility":"000"#), "{text}");
        assert!(text.ends_with(r#""outcome":"done","counts":true}"#), "{text}");
    }

    #[test]
    fn a_hash_covers_the_line_and_the_row_before() {
        let first = chain_hash(Hash([0; 32]), "a");
        assert_eq!(first, Hash::of(&[&[0; 32][..], b"a"].concat()));
        assert_ne!(chain_hash(first, "a"), first);
        assert_ne!(chain_hash(Hash([0; 32]), "b"), first);
    }

    #[test]
    fn what_somebody_looks_for_stands_for_itself() {
        fn who_pattern(who: &str) -> String {
            AuditFilter { who: who.into(), ..AuditFilter::default() }.pattern()
        }
        assert_eq!(who_pattern(""), "%%");
        assert_eq!(who_pattern(r"50%_\"), r"%50\%\_\\%");
    }
}
