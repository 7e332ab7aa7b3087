//! Brings the tables from any earlier schema to the present one, each step in a transaction of its own.

use super::{Db, DbConnection, DbError, SqlExecutor, exec, opt};

/// Numbered from 1; a released one is never edited.
const STEPS: &[&str] = &[
    include_str!("schema/001.sql"),
    include_str!("schema/002.sql"),
    include_str!("schema/003.sql"),
    include_str!("schema/004.sql"),
    include_str!("schema/005.sql"),
    include_str!("schema/006.sql"),
    include_str!("schema/007.sql"),
    include_str!("schema/008.sql"),
    include_str!("schema/009.sql"),
    include_str!("schema/010.sql"),
    include_str!("schema/011.sql"),
    include_str!("schema/012.sql"),
    include_str!("schema/013.sql"),
    include_str!("schema/014.sql"),
];

/// The schema that this program works with.
pub const SCHEMA_VERSION: usize = STEPS.len();

/// The words in which the two databases differ: word, SQLite's, PostgreSQL's.
const WORDS: &[(&str, &str, &str)] = &[
    ("@BLOB@", "BLOB", "BYTEA"),
    // Identifiers are compared and ordered byte by byte, whatever language the server was set up in.
    ("@ID@", "TEXT", "TEXT COLLATE \"C\""),
    ("@ROWLESS@", " WITHOUT ROWID", ""),
];

pub(super) async fn run_migrations(db: &Db, now_ms: i64) -> Result<(), DbError> {
    apply_migration(db, STEPS, now_ms).await
}

async fn apply_migration(db: &Db, steps: &[&str], now_ms: i64) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, applied_ms BIGINT NOT NULL)";
    run_statements(&mut tx, table.to_owned()).await?;
    tx.commit().await?;
    for (step, number) in steps.iter().zip(1_i64..) {
        let mut tx = db.begin().await?;
        // Two relays that start at once: the second waits here and then sees the first one's work.
        let sqlite = matches!(tx, DbConnection::SqliteTx(_));
        if !sqlite {
            exec!(tx, "LOCK TABLE schema_version IN EXCLUSIVE MODE")?;
        }
        let found = opt!(tx, (Option<i64>,), "SELECT MAX(version) FROM schema_version")?;
        let found = found.and_then(|(version,)| version).unwrap_or(0);
        let known = i64::try_from(SCHEMA_VERSION).unwrap_or(i64::MAX);
        if found > known {
            return Err(DbError::Newer { found, known });
        }
        if found >= number {
            continue;
        }
        let text = WORDS.iter().fold((*step).to_owned(), |text, (word, ours, theirs)| {
            text.replace(word, if sqlite { ours } else { theirs })
        });
        run_statements(&mut tx, text).await?;
        exec!(tx, "INSERT INTO schema_version (version, applied_ms) VALUES ($1, $2)", number, now_ms)?;
        tx.commit().await?;
    }
    Ok(())
}

async fn run_statements(conn: &mut DbConnection, text: String) -> Result<(), DbError> {
    use sqlx::Executor as _;
    let text = sqlx::AssertSqlSafe(text);
    match conn.lane() {
        SqlExecutor::Sqlite(c) => c.execute(sqlx::raw_sql(text)).await.map(drop)?,
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(c) => c.execute(sqlx::raw_sql(text)).await.map(drop)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{AccountScope, audit};

    #[tokio::test]
    async fn what_was_audited_stays() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        apply_migration(&db, &STEPS[..3], 1).await.unwrap();
        let scope = AccountScope::of(record::ids::AccountId::new(1, [1; 10]));
        let mut tx = db.begin().await.unwrap();
        let sql = "INSERT INTO audit (account, audit_id, at_ms, who, act, about) VALUES ($1, $2, $3, 'o', 'a', 'b')";
        for id in ["01A", "01B"] {
            exec!(tx, sql, scope.key(), id, 7_i64).unwrap();
        }
        tx.commit().await.unwrap();
        run_migrations(&db, 2).await.unwrap();
        run_migrations(&db, 3).await.unwrap();
        let rows = audit::rows_before(&mut db.read().await.unwrap(), scope, "~", 10).await.unwrap();
        let reported: Vec<_> = rows.iter().map(|r| (r.audit_id.as_str(), r.last_ms, r.times)).collect();
        assert_eq!(reported, [("01B", 7, 1), ("01A", 7, 1)]);
        assert_eq!(rows[0].outcome, "done");
    }
}
