//! Brings the tables from any earlier schema to the present one, each step in a transaction of its own.

use super::{Conn, Db, DbError, Lane, exec, opt};

/// Numbered from 1; a released one is never edited.
const STEPS: &[&str] =
    &[include_str!("schema/001.sql"), include_str!("schema/002.sql"), include_str!("schema/003.sql")];

/// The schema that this program works with.
pub const SCHEMA_VERSION: usize = STEPS.len();

/// The words in which the two databases differ: word, SQLite's, PostgreSQL's.
const WORDS: &[(&str, &str, &str)] = &[
    ("@BLOB@", "BLOB", "BYTEA"),
    // Identifiers are compared and ordered byte by byte, whatever language the server was set up in.
    ("@ID@", "TEXT", "TEXT COLLATE \"C\""),
    ("@ROWLESS@", " WITHOUT ROWID", ""),
];

pub(super) async fn run(db: &Db, now_ms: i64) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, applied_ms BIGINT NOT NULL)";
    statements(&mut tx, table.to_owned()).await?;
    tx.commit().await?;
    for (step, number) in STEPS.iter().zip(1_i64..) {
        let mut tx = db.begin().await?;
        // Two relays that start at once: the second waits here and then sees the first one's work.
        let sqlite = matches!(tx, Conn::SqliteTx(_));
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
        statements(&mut tx, text).await?;
        exec!(tx, "INSERT INTO schema_version (version, applied_ms) VALUES ($1, $2)", number, now_ms)?;
        tx.commit().await?;
    }
    Ok(())
}

async fn statements(conn: &mut Conn, text: String) -> Result<(), DbError> {
    use sqlx::Executor as _;
    let text = sqlx::AssertSqlSafe(text);
    match conn.lane() {
        Lane::Sqlite(c) => c.execute(sqlx::raw_sql(text)).await.map(drop)?,
        #[cfg(feature = "postgres")]
        Lane::Postgres(c) => c.execute(sqlx::raw_sql(text)).await.map(drop)?,
    }
    Ok(())
}
