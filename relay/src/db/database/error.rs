//! Why the database did not do what was asked, and what follows from it.

use std::path::PathBuf;
use std::time::Duration;

pub(in crate::db) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// What the databases say when others are before it: a lock not had in time, a deadlock, two writers of one row, too many
/// connections; a file that another process writes.
const BUSY_CODES: [&str; 7] = ["55P03", "40P01", "40001", "53300", "5", "261", "517"];
/// What SQLite says of a file that is damaged: SQLITE_CORRUPT with its extensions, SQLITE_NOTADB, and a read that found too little.
const DAMAGED_CODES: [&str; 6] = ["11", "267", "523", "779", "26", "522"];
const DISK_FULL_CODE: &str = "13";

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
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
    WeakTls { host: String, mode: String },
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
    Headless { file: PathBuf },
    /// The file that is served is not at its place any more.
    #[error(
        "{} is not the file that this process serves: it was moved, deleted or replaced, and what is written now is lost with the \
         process. Stop it, put the right file there, start it again", file.display()
    )]
    Moved { file: PathBuf },
    /// A restore began and did not end.
    #[error(
        "a restore into this database was cut off, and sessions that were ended since the backup may be in it: make the database anew, \
         empty, and run `backup restore` again"
    )]
    UnfinishedRestore,
    /// A newer relay has changed the tables.
    #[error("the database has schema {found}, this relay knows schemas up to {known}: run the newer relay")]
    Newer { found: i64, known: i64 },
    /// A stored value that this program cannot read.
    #[error("a stored {what} cannot be read: {why}")]
    Stored { what: &'static str, why: String },
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

    /// Whether there is no space for what SQLite should write.
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
