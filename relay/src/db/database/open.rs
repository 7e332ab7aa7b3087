//! Opens a database by its address, and brings its tables to the present schema.

use std::path::PathBuf;

use super::error::DbError;
use super::migrate::{refuse_unfinished_restore, run_migrations};
use super::pool::{Db, PoolUse, TlsPolicy};
#[cfg(feature = "postgres")]
use super::server;
use super::sqlite::open_file;

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
            return open_file(PathBuf::from(file)).await;
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

    /// Brings the tables to this program's schema.
    ///
    /// # Errors
    /// The database, a newer relay has been here, or a restore was cut off.
    pub async fn migrate(&self, now_ms: i64) -> Result<(), DbError> {
        refuse_unfinished_restore(self).await?;
        run_migrations(self, now_ms).await
    }

    pub(crate) async fn migrate_restored(&self, now_ms: i64) -> Result<(), DbError> {
        run_migrations(self, now_ms).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::database::connection::PlatformReason;
    use crate::db::database::statements::{exec, opt};

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
}
