//! One small table of JSON rows in `state.redb`; each write is on disk when it returns.

use redb::{Database, ReadableDatabase as _, ReadableTable, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::IdentityError;
use crate::store::StateDb;

pub(super) struct JsonTable {
    db: StateDb,
    name: &'static str,
}

impl JsonTable {
    pub(super) fn open(db: impl Into<StateDb>, name: &'static str) -> Result<Self, IdentityError> {
        let rows = Self { db: db.into(), name };
        // Opening for writing creates the table, so that readers find it.
        rows.change(|_| Ok(()))?;
        Ok(rows)
    }

    fn table(&self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.name)
    }

    fn error(&self, source: impl Into<redb::Error>) -> IdentityError {
        IdentityError { table: self.name, source: Box::new(source.into()) }
    }

    /// Before something is removed: of a table in memory it would be gone only until the next start.
    ///
    /// # Errors
    /// There was no space for the file when this start needed it.
    pub(super) fn expect_lasting(&self) -> Result<(), IdentityError> {
        if self.db.is_passing() {
            return Err(self.error(redb::Error::Io(std::io::ErrorKind::StorageFull.into())));
        }
        Ok(())
    }

    /// An operation that fails where redb panics over a damaged page, which is then reported: the caller gets an
    /// answer, and the damage is known before the next call.
    fn attempt<T>(
        &self,
        act: impl FnOnce(&Database) -> Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        let done = self.db.attempt(self.name, act);
        done.unwrap_or_else(|| Err(self.error(redb::Error::Corrupted("a page of it is damaged".to_owned()))))
    }

    /// Every row that can be read; one that a newer version wrote otherwise is left out.
    pub(super) fn all<T: DeserializeOwned>(&self) -> Result<Vec<(String, T)>, IdentityError> {
        self.starting("")
    }

    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, IdentityError> {
        Ok(self.bytes(key)?.and_then(|row| serde_json::from_slice(&row).ok()))
    }

    /// Every readable row whose key begins so.
    pub(super) fn starting<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, IdentityError> {
        self.attempt(|db| {
            let read = db.begin_read().map_err(|e| self.error(e))?;
            let table = read.open_table(self.table()).map_err(|e| self.error(e))?;
            self.read_starting(&table, prefix)
        })
    }

    fn read_starting<T: DeserializeOwned>(
        &self,
        table: &impl ReadableTable<&'static str, &'static [u8]>,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, IdentityError> {
        let mut rows = Vec::new();
        for row in table.range(prefix..).map_err(|e| self.error(e))? {
            let (key, value) = row.map_err(|e| self.error(e))?;
            if !key.value().starts_with(prefix) {
                break;
            }
            if let Ok(value) = serde_json::from_slice(value.value()) {
                rows.push((key.value().to_owned(), value));
            }
        }
        Ok(rows)
    }

    fn bytes(&self, key: &str) -> Result<Option<Vec<u8>>, IdentityError> {
        self.attempt(|db| {
            let read = db.begin_read().map_err(|e| self.error(e))?;
            let table = read.open_table(self.table()).map_err(|e| self.error(e))?;
            Ok(table.get(key).map_err(|e| self.error(e))?.map(|row| row.value().to_vec()))
        })
    }

    /// After a failed commit a change may or may not be stored: the file shows which.
    fn settle(&self, failed: IdentityError, key: &str, meant: Option<&[u8]>) -> Result<(), IdentityError> {
        match self.bytes(key) {
            Ok(there) if there.as_deref() == meant => Ok(()),
            Ok(_) | Err(_) => Err(failed),
        }
    }

    pub(super) fn put<T: Serialize>(&self, key: &str, value: &T) -> Result<(), IdentityError> {
        let json = row_json(value);
        self.change(|change| change.put_bytes(key, &json)).or_else(|e| self.settle(e, key, Some(&json)))
    }

    pub(super) fn remove(&self, key: &str) -> Result<(), IdentityError> {
        self.change(|change| change.remove(key)).or_else(|e| self.settle(e, key, None))
    }

    /// Changes a row as it is on disk at that moment; one that went meanwhile is not brought back.
    pub(super) fn update<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<(), IdentityError> {
        self.change(|rows| {
            let Some(mut row) = rows.get::<T>(key)? else { return Ok(()) };
            change(&mut row);
            rows.put(key, &row)
        })
    }

    /// Reads and writes this table and another one of the same file in one transaction, which waits for the disk once.
    pub(super) fn change_both<T>(
        &self,
        other: &Self,
        work: impl FnOnce(&mut TableWrite<'_, '_>, &mut TableWrite<'_, '_>) -> Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        self.attempt(|db| {
            let write = db.begin_write().map_err(|e| self.error(e))?;
            let done = {
                let table = write.open_table(self.table()).map_err(|e| self.error(e))?;
                let beside = write.open_table(other.table()).map_err(|e| other.error(e))?;
                work(&mut TableWrite { rows: self, table }, &mut TableWrite { rows: other, table: beside })?
            };
            write.commit().map_err(|e| self.error(e))?;
            Ok(done)
        })
    }

    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&mut TableWrite<'_, '_>) -> Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        self.attempt(|db| {
            let write = db.begin_write().map_err(|e| self.error(e))?;
            let done = {
                let table = write.open_table(self.table()).map_err(|e| self.error(e))?;
                work(&mut TableWrite { rows: self, table })?
            };
            write.commit().map_err(|e| self.error(e))?;
            Ok(done)
        })
    }
}

fn row_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Inside [`JsonTable::change`].
pub(super) struct TableWrite<'a, 'txn> {
    rows: &'a JsonTable,
    table: redb::Table<'txn, &'static str, &'static [u8]>,
}

impl TableWrite<'_, '_> {
    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, IdentityError> {
        let row = self.table.get(key).map_err(|e| self.rows.error(e))?;
        Ok(row.and_then(|row| serde_json::from_slice(row.value()).ok()))
    }

    /// Every readable row whose key begins so.
    pub(super) fn starting<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, IdentityError> {
        self.rows.read_starting(&self.table, prefix)
    }

    pub(super) fn put<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), IdentityError> {
        self.put_bytes(key, &row_json(value))
    }

    fn put_bytes(&mut self, key: &str, json: &[u8]) -> Result<(), IdentityError> {
        self.table.insert(key, json).map_err(|e| self.rows.error(e))?;
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &str) -> Result<(), IdentityError> {
        self.table.remove(key).map_err(|e| self.rows.error(e))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use service::clock::FakeClock;
    use service::random::SystemRandom;

    use super::*;
    use crate::store::{StateCondition, Store, configure_test_store};

    #[tokio::test]
    async fn a_table_over_which_redb_panics_fails_the_act_and_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_ms(1_763_610_000_000));
        let config = configure_test_store(dir.path());
        let (store, _) = Store::open(config, clock, Arc::new(SystemRandom)).unwrap();
        let rows = JsonTable::open(store.state(), "identity_attempts").unwrap();
        rows.put("a", &1).unwrap();
        assert_eq!(store.look_at_state(), StateCondition::Sound);
        let failed = rows.change::<()>(|_| panic!("a damaged page")).unwrap_err();
        assert!(!failed.is_full() && !failed.is_of_disk(), "the start begins the file anew");
        let StateCondition::Failing(why) = store.look_at_state() else { panic!("it is told") };
        assert!(why.contains("identity_attempts"), "{why}");
        assert_eq!(rows.get("a").unwrap(), Some(1));
        store.stop().await.unwrap();
    }
}
