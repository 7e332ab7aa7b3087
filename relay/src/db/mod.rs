//! All SQL of the relay: one text for SQLite and PostgreSQL, one file per noun, each query scoped to an account.

pub mod accounts;
pub mod boxes;
pub mod claims;
pub mod cleanings;
pub mod dashboard;
pub mod entries;
pub mod epochs;
pub mod evidence;
pub mod facilities;
pub mod history;
pub mod login_failures;
mod migrate;
pub mod photos;
pub mod rollups;
pub mod sessions;
pub mod state;
pub mod users;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use record::ids::AccountId;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Postgres, Sqlite, Transaction};

pub use migrate::SCHEMA_VERSION;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of a SQLite file; each has a page cache of its own.
const READERS_MAX: u32 = 4;
/// Connections to PostgreSQL of one process; a server takes 100 by default.
const POSTGRES_MAX: u32 = 16;
/// Rows of one multi-row statement: one text of fixed size keeps the statement cache small.
pub(crate) const ROWS_OF_BULK: usize = 64;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The address is no database.
    #[error("the database address {0:?} must read sqlite:FILE or postgres://…")]
    Address(String),
    /// The database itself.
    #[error("the database failed: {0}")]
    Sql(#[from] sqlx::Error),
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

impl DbError {
    /// A stored value that cannot be read.
    pub fn stored(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Stored { what, why: why.to_string() }
    }

    /// Whether a unique key was hit.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Sql(e) if e.as_database_error().is_some_and(|d| d.is_unique_violation()))
    }
}

/// The account that a query may touch: comes from a session, a token or a box's certificate, never from a request's
/// path or body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountScope(AccountId);

impl AccountScope {
    /// Of an account that was proven.
    pub fn of(account: AccountId) -> Self {
        Self(account)
    }

    /// Which account.
    pub fn account(self) -> AccountId {
        self.0
    }

    /// As it stands in the first column of each key.
    pub fn key(self) -> String {
        self.0.to_string()
    }
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
    Postgres(PgPool),
}

/// A connection for reading, or a transaction.
#[derive(Debug)]
pub enum Conn {
    /// Reads a file.
    Sqlite(PoolConnection<Sqlite>),
    /// Reads from a server.
    Postgres(PoolConnection<Postgres>),
    /// Changes a file.
    SqliteTx(Transaction<'static, Sqlite>),
    /// Changes a server.
    PostgresTx(Transaction<'static, Postgres>),
}

/// What a statement runs on.
pub(crate) enum Lane<'a> {
    /// SQLite.
    Sqlite(&'a mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'a mut PgConnection),
}

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…`; does not touch the tables, see [`Db::migrate`].
    ///
    /// # Errors
    /// The address, or the database cannot be reached.
    pub async fn open(address: &str) -> Result<Self, DbError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            return Self::open_sqlite(PathBuf::from(file)).await;
        }
        if !(address.starts_with("postgres://") || address.starts_with("postgresql://")) {
            return Err(DbError::Address(address.split('@').next_back().unwrap_or("").to_owned()));
        }
        let options = PgConnectOptions::from_str(address)?.application_name("cleantrack-relay");
        let pool = PgPoolOptions::new().max_connections(POSTGRES_MAX).acquire_timeout(ACQUIRE_TIMEOUT);
        Ok(Self::Postgres(pool.connect_with(options).await?))
    }

    async fn open_sqlite(file: PathBuf) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .foreign_keys(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            // What the cosignature promises: a commit is on the disk.
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-65536")
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
        let writer = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        let readers = options.read_only(true).create_if_missing(false);
        let readers = pool.max_connections(READERS_MAX).connect_with(readers).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    /// Brings the tables to this program's schema.
    ///
    /// # Errors
    /// The database, or a newer relay has been here.
    pub async fn migrate(&self, now_ms: i64) -> Result<(), DbError> {
        migrate::run(self, now_ms).await
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// None is free in time.
    pub async fn read(&self) -> Result<Conn, DbError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction; dropped without [`Conn::commit`] it leaves nothing behind.
    ///
    /// # Errors
    /// None can begin in time.
    pub async fn begin(&self) -> Result<Conn, DbError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Conn::SqliteTx(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Conn::PostgresTx(pool.begin().await?),
        })
    }

    /// Closes every connection after its work.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Conn {
    /// Commits a transaction; a connection that only reads has nothing to commit.
    ///
    /// # Errors
    /// The commit failed, or nobody knows whether it did.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::SqliteTx(tx) => tx.commit().await?,
            Self::PostgresTx(tx) => tx.commit().await?,
            Self::Sqlite(_) | Self::Postgres(_) => {}
        }
        Ok(())
    }

    pub(crate) fn lane(&mut self) -> Lane<'_> {
        match self {
            Self::Sqlite(c) => Lane::Sqlite(c),
            Self::SqliteTx(c) => Lane::Sqlite(c),
            Self::Postgres(c) => Lane::Postgres(c),
            Self::PostgresTx(c) => Lane::Postgres(c),
        }
    }
}

/// Runs a statement and gives how many rows it touched: `exec!(conn, "SQL with $1 $2", a, b)`.
macro_rules! exec {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $conn.lane() {
            $crate::db::Lane::Sqlite(c) => {
                sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected())
            }
            $crate::db::Lane::Postgres(c) => {
                sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::db::DbError::from)
    };
}

/// Rows as a type that derives `FromRow`, or a tuple: `fetch!(conn, fetch_all, (String, i64), "SQL", a, b)`.
macro_rules! fetch {
    ($conn:expr, $how:ident, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $conn.lane() {
            $crate::db::Lane::Sqlite(c) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$how(c).await,
            $crate::db::Lane::Postgres(c) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$how(c).await,
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
        let rows = $rows;
        let (many, single) = $crate::db::bulk_texts($head, $columns, $tail);
        let whole = rows.len() - rows.len() % $crate::db::ROWS_OF_BULK;
        let chunks = rows[..whole].chunks($crate::db::ROWS_OF_BULK).chain(rows[whole..].chunks(1));
        let mut done: Result<(), $crate::db::DbError> = Ok(());
        for chunk in chunks {
            let sql = sqlx::AssertSqlSafe(if chunk.len() == 1 { single.clone() } else { many.clone() });
            let ran = match $conn.lane() {
                $crate::db::Lane::Sqlite(c) => {
                    let mut query = sqlx::query(sql);
                    for $row in chunk {
                        query = query$(.bind($bind))+;
                    }
                    query.execute(c).await.map(drop)
                }
                $crate::db::Lane::Postgres(c) => {
                    let mut query = sqlx::query(sql);
                    for $row in chunk {
                        query = query$(.bind($bind))+;
                    }
                    query.execute(c).await.map(drop)
                }
            };
            if let Err(e) = ran {
                done = Err(e.into());
                break;
            }
        }
        done
    }};
}

pub(crate) use {all, bulk, exec, fetch, opt};

/// The texts of a multi-row statement: for [`ROWS_OF_BULK`] rows and for one.
pub(crate) fn bulk_texts(head: &str, columns: usize, tail: &str) -> (String, String) {
    let text = |rows: usize| {
        let row = |r: usize| {
            let places: Vec<String> = (1..=columns).map(|c| format!("${}", r * columns + c)).collect();
            format!("({})", places.join(","))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!("{head} VALUES {}{tail}", rows.join(","))
    };
    (text(ROWS_OF_BULK), text(1))
}
