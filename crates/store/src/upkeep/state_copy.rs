//! A copy of `state.redb` for a backup: consistent, and without the tables that are to be on no other box.

use std::sync::Arc;

use redb::TableHandle as _;

use super::log_copy::CopiedFile;
use crate::Store;
use crate::database::main_database;
use crate::database::state_file::{STATE, copy_file};
use crate::io::disk::{Disk, remove_if_there};
use crate::io::error::StoreError;

/// Where it is stored until it was read; a start removes one that stayed.
const COPY: &str = "state.copy.new";
const COPY_CACHE_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub struct StateCopy {
    disk: Arc<dyn Disk>,
    pub copied: CopiedFile,
}

impl Drop for StateCopy {
    fn drop(&mut self) {
        // The next copy, and each start, removes it too.
        let _ = remove_if_there(&*self.disk, COPY);
    }
}

impl Store {
    /// Copies `state.redb` as it is at one moment, without the tables of these names. Whoever writes to it waits as long as its
    /// bytes are copied from and to the page cache.
    ///
    /// # Errors
    /// The disk's and redb's.
    pub fn copy_state(&self, without: &[&str]) -> Result<StateCopy, StoreError> {
        let disk = Arc::clone(&self.shared.disk);
        if let Err(error) = copy_bytes(&*disk, &self.state_db()) {
            // Where the disk is full, half a copy would keep it so.
            let _ = remove_if_there(&*disk, COPY);
            return Err(error);
        }
        // From here on it is removed again whatever fails.
        let mut copy = StateCopy {
            copied: CopiedFile {
                path: STATE.to_owned(),
                file: disk.open(COPY).map_err(StoreError::io(COPY))?,
                bytes: 0,
            },
            disk,
        };
        remove_tables(&*copy.disk, without)?;
        copy.copied.file = copy.disk.open(COPY).map_err(StoreError::io(COPY))?;
        copy.copied.bytes = copy.copied.file.length().map_err(StoreError::io(COPY))?;
        Ok(copy)
    }
}

/// While a transaction that writes is open nobody else changes the file, and what was committed before is in it.
fn copy_bytes(disk: &dyn Disk, state: &redb::Database) -> Result<(), StoreError> {
    remove_if_there(disk, COPY).map_err(StoreError::io(COPY))?;
    let to = disk.create_new(COPY).map_err(StoreError::io(COPY))?;
    let alone = state.begin_write().map_err(StoreError::db("copying"))?;
    let copied = disk.open(STATE).and_then(|from| copy_file(&*from, &*to));
    let ended = alone.abort().map_err(StoreError::db("copying"));
    copied.map_err(StoreError::io(STATE)).and(ended)
}

/// Takes tables out of the copy, and what it no longer needs off its end.
fn remove_tables(disk: &dyn Disk, names: &[&str]) -> Result<(), StoreError> {
    let mut db = main_database::open_database(disk, COPY, COPY_CACHE_BYTES)?
        .ok_or_else(|| StoreError::io(COPY)(std::io::ErrorKind::InvalidData.into()))?;
    delete_tables(&mut db, names).map_err(StoreError::db("copying"))
}

fn delete_tables(db: &mut redb::Database, names: &[&str]) -> Result<(), redb::Error> {
    let txn = db.begin_write()?;
    let all: Vec<_> = txn.list_tables()?.filter(|table| names.contains(&table.name())).collect();
    for table in all {
        txn.delete_table(table)?;
    }
    txn.commit()?;
    db.compact()?;
    Ok(())
}
