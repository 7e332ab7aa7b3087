//! All SQL of the relay: one text for SQLite and PostgreSQL, one file per noun, each query scoped to an account.

pub mod account_logos;
pub mod account_slugs;
pub mod accounts;
pub mod adoptions;
pub mod announcements;
pub mod audit;
pub mod audit_heads;
pub mod authority;
pub mod backups;
pub mod believed_times;
pub mod box_details;
pub mod box_keys;
pub mod box_now;
pub mod boxes;
pub mod buckets;
pub mod ceremonies;
pub mod checks;
pub mod claims;
pub mod cleanings;
pub mod closing;
pub mod command_keys;
pub mod comparison;
mod connection;
pub mod dashboard;
pub mod devices;
pub mod directives;
pub mod entries;
pub mod epochs;
pub mod evidence;
pub mod facilities;
pub mod facility_now;
pub mod facility_pages;
pub mod facility_places;
pub mod factors;
pub mod gaps;
pub mod history;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod jobs;
pub mod listed_facilities;
pub mod log_keys;
pub mod log_pages;
pub mod mail_links;
pub mod mails;
pub mod members;
mod migrate;
pub mod oidc_flows;
pub mod oidc_group_roles;
pub mod oidc_providers;
pub mod old_ids;
pub mod passkeys;
pub mod people;
pub mod photos;
pub mod processes;
pub mod projections;
pub mod records;
pub mod regions;
pub mod repeats;
pub mod rollups;
pub mod run_drops;
pub mod runs;
pub mod second_steps;
pub mod segments;
#[cfg(feature = "postgres")]
mod server;
pub mod sessions;
mod sight;
pub mod spark;
pub mod state;
pub mod support_grants;
pub mod switches;
pub mod texts;
pub mod tokens;
pub mod webhook_deliveries;
pub mod webhook_events;
pub mod webhooks;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::Connection as _;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgPool;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

pub use connection::{
    AccountScope, PlatformConnection, PlatformReason, ReadScope, ScopedConnection, SqlConnection,
    SqlExecutor, WriteConnection,
};
pub use migrate::{SCHEMA_VERSION, platform_schema, refuse_unfinished_restore};
#[cfg(feature = "postgres")]
pub use server::client_variables;

use crate::ownership::make_private_file;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of a SQLite file; each has a page cache of its own.
const READERS_MAX: u32 = 4;
/// In the words of the pragma: KiB below zero. What writes keeps the ends of every index; readers of one file share the system's
/// cache behind theirs.
const WRITER_CACHE: &str = "-65536";
const READER_CACHE: &str = "-16384";
/// Rows that SQLite's thread reads ahead of whoever asked: at the fifty that sqlx takes by itself the two wait for each other
/// several times in the rows of one page.
const ROWS_BUFFERED: usize = 1_024;
/// What the databases say when others are before it: a lock not had in time, a deadlock, two writers of one row, too many
/// connections; a file that another process writes.
const BUSY_CODES: [&str; 7] = ["55P03", "40P01", "40001", "53300", "5", "261", "517"];
/// What SQLite says of a file that is damaged: SQLITE_CORRUPT with its extensions, SQLITE_NOTADB, and a read that found too little.
const DAMAGED_CODES: [&str; 6] = ["11", "267", "523", "779", "26", "522"];
/// SQLITE_FULL.
const DISK_FULL_CODE: &str = "13";
/// Rows of multi-row statements, the largest first: few texts of fixed size keep the statement cache small, and few
/// statements a batch keep it quick (each is a way to the database's thread and back).
pub(crate) const ROWS_OF_BULK: [usize; 5] = [256, 64, 16, 4, 1];

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The address is no database.
    #[error("the database address {0:?} must read sqlite:FILE or postgres://…")]
    Address(String),
    /// This program was built without PostgreSQL.
    #[cfg(not(feature = "postgres"))]
    #[error("this relay was built without PostgreSQL: build cleantrack-relay with its feature `postgres`")]
    WithoutPostgres,
    /// Somebody on the way could answer in the server's place.
    #[error(
        "the database at {host} is on another machine, and sslmode={mode} does not prove who answers there. Leave sslmode out of \
         its address (verify-full is then meant) and name the server's authority there, sslrootcert=FILE; or, where nobody can \
         stand between here and there, say so: database_unverified = true in the settings"
    )]
    WeakTls {
        /// Where it should be.
        host: String,
        /// What the address asks for.
        mode: String,
    },
    /// The database itself.
    #[error("the database failed: {}", name_failure(.0))]
    Sql(#[from] sqlx::Error),
    /// The tables are of a build from before the first schema that is kept.
    #[error(
        "the database holds tables of an unreleased build, which this relay does not convert: give it an empty one, and the boxes \
         send their logs again"
    )]
    Unreleased,
    /// What SQLite keeps beside a database is there, and the database is not.
    #[error(
        "{} is missing or empty, and {}-wal beside it holds what was written last: opening it now would lose that. Put the database file \
         back; or, to set a relay aside, move the file, its -wal and its -shm together", file.display(), file.display()
    )]
    Headless {
        /// The database's place.
        file: PathBuf,
    },
    /// The file that is served is not at its place any more.
    #[error(
        "{} is not the file that this process serves: it was moved, deleted or replaced, and what is written now is lost with the \
         process. Stop it, put the right file there, start it again", file.display()
    )]
    Moved {
        /// The database's place.
        file: PathBuf,
    },
    /// A restore began and did not end.
    #[error(
        "a restore into this database was cut off, and sessions that were ended since the backup may be in it: make the database anew, \
         empty, and run `backup restore` again"
    )]
    UnfinishedRestore,
    /// A newer relay has changed the tables.
    #[error("the database has schema {found}, this relay knows schemas up to {known}: run the newer relay")]
    Newer {
        /// What it has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// A stored value that this program cannot read.
    #[error("a stored {what} cannot be read: {why}")]
    Stored {
        /// What sort of value.
        what: &'static str,
        /// Why not.
        why: String,
    },
}

/// What sqlx says, but where its words name its own parts and not what happened.
fn name_failure(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::PoolTimedOut => format!(
            "it does not answer, or all connections to it were in use, for {} seconds",
            ACQUIRE_TIMEOUT.as_secs()
        ),
        other => other.to_string(),
    }
}

impl DbError {
    /// A stored value that cannot be read.
    pub fn stored(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Stored { what, why: why.to_string() }
    }

    /// Whether nothing can be asked of the database now.
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, WorkerCrashed};
        matches!(self, Self::Sql(Io(_) | PoolClosed | PoolTimedOut | WorkerCrashed))
    }

    /// Whether others are before it: no connection was free in time, or a lock was not. The same may do later.
    pub fn is_busy(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        matches!(error, sqlx::Error::PoolTimedOut) || code.is_some_and(|code| BUSY_CODES.contains(&&*code))
    }

    /// Whether a database that is a file does not hold what SQLite wrote there.
    pub fn is_damaged(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| DAMAGED_CODES.contains(&&*code))
    }

    /// Whether there is no room for what SQLite should write.
    pub fn is_disk_full(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| code == DISK_FULL_CODE)
    }

    /// Whether a unique key was hit.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Sql(e) if e.as_database_error().is_some_and(|d| d.is_unique_violation()))
    }
}

/// Whether the file that a journal belongs to is not there: SQLite would make a new one, and throw the journal away.
fn is_headless(file: &Path) -> bool {
    let mut journal = file.as_os_str().to_owned();
    journal.push("-wal");
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    bytes(file) == 0 && bytes(Path::new(&journal)) > 0
}

/// Makes the file where there is none: it belongs to whoever has its folder then, also where root asks. SQLite does as much for what it
/// puts beside it.
fn own_new_file(file: &Path) -> Result<(), DbError> {
    match make_private_file(file) {
        // Where there is no folder SQLite says so.
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => Ok(()),
        made => made.map(drop).map_err(|error| DbError::Sql(error.into())),
    }
}

/// Whether a server on another machine has to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsPolicy {
    /// By a certificate for its name.
    #[default]
    Verified,
    /// As the address says, `sslmode`.
    AsAddressed,
}

/// What connections are for: the work of one kind takes none from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolUse {
    /// What boxes send.
    Ingest,
    /// Jobs, so many at a time, and folds.
    Work { workers: usize },
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// A file; one connection writes, the others read.
    Sqlite {
        /// The one that writes.
        writer: SqlitePool,
        /// Read-only ones.
        readers: SqlitePool,
    },
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

/// Whether this reads as the address of a database that a relay can use; it may still not be there.
pub fn is_address(address: &str) -> bool {
    let file = address.strip_prefix("sqlite:");
    file.is_some_and(|file| !file.is_empty()) || is_postgres(address)
}

fn is_postgres(address: &str) -> bool {
    address.starts_with("postgres://") || address.starts_with("postgresql://")
}

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…`; does not touch the tables, see [`Db::migrate`].
    ///
    /// # Errors
    /// The address, or the database cannot be reached.
    pub async fn open(address: &str) -> Result<Self, DbError> {
        Self::open_with(address, TlsPolicy::default()).await
    }

    /// As [`Db::open`], by the operator's word on servers of other machines.
    ///
    /// # Errors
    /// As those of [`Db::open`].
    pub async fn open_with(address: &str, policy: TlsPolicy) -> Result<Self, DbError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            return Self::open_sqlite(PathBuf::from(file)).await;
        }
        if !is_postgres(address) {
            return Err(DbError::Address(address.split('@').next_back().unwrap_or("").to_owned()));
        }
        Self::open_postgres(address, policy).await
    }

    /// The same database by connections of its own; of a file there is one writer for all.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "only a server has pools"))]
    pub fn with_pool(&self, used_for: PoolUse) -> Self {
        match self {
            Self::Sqlite { .. } => self.clone(),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => server::pool_beside(pool, used_for),
        }
    }

    #[cfg(feature = "postgres")]
    async fn open_postgres(address: &str, policy: TlsPolicy) -> Result<Self, DbError> {
        Ok(Self::Postgres(server::open_server(address, policy).await?))
    }

    #[cfg(not(feature = "postgres"))]
    async fn open_postgres(_: &str, _: TlsPolicy) -> Result<Self, DbError> {
        Err(DbError::WithoutPostgres)
    }

    async fn open_sqlite(file: PathBuf) -> Result<Self, DbError> {
        if is_headless(&file) {
            return Err(DbError::Headless { file });
        }
        own_new_file(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .foreign_keys(true)
            .page_size(4096)
            .journal_mode(SqliteJournalMode::Wal)
            // What the cosignature promises: a commit is on the disk.
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", WRITER_CACHE)
            // What undoes a statement of many rows stays in memory; in a file it is half of all that is written.
            .pragma("temp_store", "MEMORY")
            // 64 MiB: the pages at the ends of indexes are written back once for many batches.
            .pragma("wal_autocheckpoint", "16384")
            .row_buffer_size(ROWS_BUFFERED)
            .busy_timeout(BUSY_TIMEOUT);
        // To make the file, or to put its journal back, takes as long as the disk takes; a pool would give up meanwhile.
        SqliteConnection::connect_with(&options).await?.close().await?;
        let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
        // A full disk ends a transaction by itself: sqlx takes it for open for ever, and begins none on this connection any
        // more. By now what was dropped has been rolled back.
        let writer = pool.clone().max_connections(1).before_acquire(|connection, _| {
            let is_free = !connection.is_in_transaction();
            if !is_free {
                tracing::warn!(
                    "the writing connection kept a transaction that failed; another one is opened"
                );
            }
            Box::pin(std::future::ready(Ok(is_free)))
        });
        let writer = writer.connect_with(options.clone()).await?;
        let readers = options.read_only(true).create_if_missing(false).pragma("cache_size", READER_CACHE);
        let readers = pool.max_connections(READERS_MAX).connect_with(readers).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    /// Brings the tables to this program's schema.
    ///
    /// # Errors
    /// The database, a newer relay has been here, or a restore was cut off.
    pub async fn migrate(&self, now_ms: i64) -> Result<(), DbError> {
        refuse_unfinished_restore(self).await?;
        migrate::run_migrations(self, now_ms).await
    }

    /// The same for the restore itself.
    pub(crate) async fn migrate_restored(&self, now_ms: i64) -> Result<(), DbError> {
        migrate::run_migrations(self, now_ms).await
    }

    /// Whether it is a file.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Closes every connection after its work.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Runs a statement and gives how many rows it touched: `exec!(conn, "SQL with $1 $2", a, b)`.
macro_rules! exec {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $conn.lane() {
            $crate::db::SqlExecutor::Sqlite(c) => {
                sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected())
            }
            #[cfg(feature = "postgres")]
            $crate::db::SqlExecutor::Postgres(c) => {
                sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::db::DbError::from)
    };
}

/// Rows as a type with [`impl_from_row`], or a tuple: `fetch!(conn, fetch_all, (String, i64), "SQL", a, b)`.
macro_rules! fetch {
    ($conn:expr, $how:ident, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $conn.lane() {
            $crate::db::SqlExecutor::Sqlite(c) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$how(c).await,
            #[cfg(feature = "postgres")]
            $crate::db::SqlExecutor::Postgres(c) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$how(c).await,
        }
        .map_err($crate::db::DbError::from)
    };
}

/// All rows.
macro_rules! all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::fetch!($conn, fetch_all, $row, $sql $(, $bind)*)
    };
}

/// One row or none.
macro_rules! opt {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::fetch!($conn, fetch_optional, $row, $sql $(, $bind)*)
    };
}

/// Many rows by statements of fixed size: `bulk!(conn, "INSERT INTO t (a, b)", 2, " ON CONFLICT …", rows, |r| r.a, r.b)`.
macro_rules! bulk {
    ($conn:expr, $head:expr, $columns:expr, $tail:expr, $rows:expr, |$row:pat_param| $($bind:expr),+ $(,)?) => {{
        let mut rest = &$rows[..];
        let mut done: Result<(), $crate::db::DbError> = Ok(());
        for size in $crate::db::ROWS_OF_BULK {
            while rest.len() >= size && done.is_ok() {
                let (chunk, after) = rest.split_at(size);
                rest = after;
                let text = |sqlite| sqlx::AssertSqlSafe($crate::db::bulk_text($head, ($columns, size), $tail, sqlite));
                let ran = match $conn.lane() {
                    $crate::db::SqlExecutor::Sqlite(c) => {
                        let mut query = sqlx::query(text(true));
                        for $row in chunk {
                            query = query$(.bind($bind))+;
                        }
                        query.execute(c).await.map(drop)
                    }
                    #[cfg(feature = "postgres")]
                    $crate::db::SqlExecutor::Postgres(c) => {
                        let mut query = sqlx::query(text(false));
                        for $row in chunk {
                            query = query$(.bind($bind))+;
                        }
                        query.execute(c).await.map(drop)
                    }
                };
                done = ran.map_err($crate::db::DbError::from);
            }
        }
        done
    }};
}

/// Rows of `$of` for each of `$keys` (pairs of a text and a `$second`), in statements of fixed size: `$select` reads from
/// `k(a, b)`, which stands first in a CROSS JOIN so that SQLite goes by the keys and not over the table, and says `@1@`
/// and `@2@` for the account and the facility.
macro_rules! by_keys {
    ($conn:expr, $row:ty, $select:expr, ($account:expr, $facility:expr), $keys:expr, $second:expr) => {{
        let mut rest = &$keys[..];
        let mut found: Result<Vec<$row>, $crate::db::DbError> = Ok(Vec::new());
        while let (Some((_, last)), true) = (rest.last(), found.is_ok()) {
            let size = $crate::db::keys_at_once(rest.len());
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            // What is left over asks for a key that nothing has.
            let over = std::iter::repeat_n((String::new(), last.clone()), size - chunk.len());
            let keys = chunk.iter().cloned().chain(over);
            let text = |sqlite| sqlx::AssertSqlSafe($crate::db::keys_text($select, $second, size, sqlite));
            let rows: Result<Vec<$row>, sqlx::Error> = match $conn.lane() {
                $crate::db::SqlExecutor::Sqlite(c) => {
                    let mut query = sqlx::query_as(text(true));
                    for (a, b) in keys {
                        query = query.bind(a).bind(b);
                    }
                    query.bind($account).bind($facility).fetch_all(c).await
                }
                #[cfg(feature = "postgres")]
                $crate::db::SqlExecutor::Postgres(c) => {
                    let mut query = sqlx::query_as(text(false));
                    for (a, b) in keys {
                        query = query.bind(a).bind(b);
                    }
                    query.bind($account).bind($facility).fetch_all(c).await
                }
            };
            match (rows, &mut found) {
                (Ok(rows), Ok(all)) => all.extend(rows),
                (Err(error), _) => found = Err(error.into()),
                _ => {}
            }
        }
        found
    }};
}

/// How a row is read from either database, by its columns' names: `impl_from_row!(Row { column, other })`. Written out because
/// sqlx's derive compiles the whole of sqlx, SQLite included, a second time for the compiler's own use.
macro_rules! impl_from_row {
    ($row:ident { $($column:ident),+ $(,)? }) => {
        impl sqlx::FromRow<'_, sqlx::sqlite::SqliteRow> for $row {
            fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: sqlx::Row::try_get(row, stringify!($column))?),+ })
            }
        }

        #[cfg(feature = "postgres")]
        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $row {
            fn from_row(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: sqlx::Row::try_get(row, stringify!($column))?),+ })
            }
        }
    };
}

pub(crate) use {all, bulk, by_keys, exec, fetch, impl_from_row, opt};

/// The `n`th place for a value, from 1. SQLite takes `$1` for a name, which it looks up among all others for each bind: a
/// fifth of the time of an ingest. Its own sign for the next place costs nothing.
fn bind_place(n: usize, sqlite: bool) -> String {
    if sqlite { "?".to_owned() } else { format!("${n}") }
}

/// The text of a multi-row statement.
pub(crate) fn bulk_text(head: &str, (columns, rows): (usize, usize), tail: &str, sqlite: bool) -> String {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        let places: Vec<String> = (1..=columns).map(|c| bind_place(row * columns + c, sqlite)).collect();
        text.push_str(if row == 0 { "(" } else { ",(" });
        text.push_str(&places.join(","));
        text.push(')');
    }
    text + tail
}

/// Keys that one question asks for where `left` are left: the least size that holds them, else the largest.
pub(crate) fn keys_at_once(left: usize) -> usize {
    let fits = ROWS_OF_BULK.into_iter().rev().find(|size| *size >= left);
    fits.unwrap_or(ROWS_OF_BULK[0])
}

/// The text of a question by keys; the second of each is of this SQL type.
pub(crate) fn keys_text(select: &str, second: &str, keys: usize, sqlite: bool) -> String {
    let key = |k: usize| {
        let (a, b) = (bind_place(2 * k + 1, sqlite), bind_place(2 * k + 2, sqlite));
        format!("({a},CAST({b} AS {second}))")
    };
    let values: Vec<String> = (0..keys).map(key).collect();
    let [account, facility] = [1, 2].map(|n| bind_place(2 * keys + n, sqlite));
    let select = select.replace("@1@", &account).replace("@2@", &facility);
    format!("WITH k(a, b) AS (VALUES {}) {select}", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_databases() {
        assert!(["sqlite:/a/b.db", "postgres://h/d", "postgresql://h/d"].into_iter().all(is_address));
        assert!(!["", "sqlite:", "mysql://h/d", "relay.db"].into_iter().any(is_address));
    }

    #[tokio::test]
    async fn a_full_disk_stops_no_write_that_comes_after() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        let mut tx = db.platform_write(PlatformReason::Migration).await.unwrap();
        exec!(tx, "CREATE TABLE t (b BLOB)").unwrap();
        tx.commit().await.unwrap();
        let write = async |bytes: i64| {
            let mut tx = db.platform_write(PlatformReason::Migration).await?;
            exec!(tx, "INSERT INTO t (b) VALUES (zeroblob($1))", bytes)?;
            tx.commit().await
        };
        for commits in [false, true] {
            let mut tx = db.platform_write(PlatformReason::Migration).await.unwrap();
            // Of this connection only: as many pages as there are.
            exec!(tx, "PRAGMA max_page_count = 1").unwrap();
            let full = exec!(tx, "INSERT INTO t (b) VALUES (zeroblob(1000000))").unwrap_err();
            assert!(full.to_string().contains("full"), "{full}");
            let ended = exec!(tx, "ROLLBACK").unwrap_err();
            assert!(ended.to_string().contains("no transaction is active"), "{ended}");
            if commits {
                tx.commit().await.unwrap_err();
            } else {
                drop(tx);
            }
            write(1_000_000).await.unwrap();
        }
        let rows = opt!(
            db.platform_read(PlatformReason::Migration).await.unwrap(),
            (i64,),
            "SELECT COUNT(*) FROM t"
        )
        .unwrap();
        assert_eq!(rows, Some((2,)));
    }

    #[test]
    fn keys_are_asked_for_in_few_questions() {
        assert_eq!([1, 2, 4, 5, 100, 256, 1_000].map(keys_at_once), [1, 4, 4, 16, 256, 256, 256]);
    }

    #[test]
    fn places_are_counted_as_each_database_does() {
        assert_eq!(
            bulk_text("INSERT INTO t (a, b)", (2, 2), " X", true),
            "INSERT INTO t (a, b) VALUES (?,?),(?,?) X"
        );
        assert_eq!(bulk_text("I", (1, 2), "", false), "I VALUES ($1),($2)");
        let text = keys_text("SELECT @1@ @2@ FROM k", "BIGINT", 1, false);
        assert_eq!(text, "WITH k(a, b) AS (VALUES ($1,CAST($2 AS BIGINT))) SELECT $3 $4 FROM k");
    }
}
