//! The database as connections: which there are, and what for.

#[cfg(feature = "postgres")]
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;

/// Whether a server on another machine has to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsPolicy {
    #[default]
    Verified,
    /// As the address says, `sslmode`.
    AsAddressed,
}

/// What connections are for: the work of one kind takes none from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolUse {
    Ingest,
    /// Jobs, so many at a time, and folds.
    Work {
        workers: usize,
    },
}

#[derive(Debug, Clone)]
pub enum Db {
    /// A file; one connection writes, the others read.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

impl Db {
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

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
