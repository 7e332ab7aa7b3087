//! What can be read of a `state.redb` that was set aside is taken over, once.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::Store;
use super::database::{STATE_CACHE_BYTES, open_copy};
use super::disk::Disk;
use super::error::StoreError;
use super::salvage::DIR;
use super::state_file::{STATE_ASIDE, STATE_BOX, STATE_ID, state_row};

/// How one ends whose rows nobody has read yet.
const UNREAD: &str = ".state.redb";
/// One of which a part could not be read.
const PART_READ: &str = ".state.part.redb";
const READ: &str = ".state.read.redb";

/// What was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateTakeover {
    /// How many.
    pub rows: usize,
    /// Whether all of these tables could be read.
    pub is_whole: bool,
}

/// From which end a table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadOrder {
    Forwards,
    Backwards,
}

/// The rows of a table, by their keys.
type TableRows = BTreeMap<String, Vec<u8>>;

fn rows_table(name: &'static str) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(name)
}

/// The rows of a table from its beginning, or from its end, as far as they can be read.
fn read_rows(
    db: &Database,
    name: &'static str,
    order: ReadOrder,
    rows: &Mutex<TableRows>,
) -> Result<(), redb::Error> {
    let table = match db.begin_read()?.open_table(rows_table(name)) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
        opened => opened?,
    };
    let mut range = table.iter()?;
    while let Some(row) = if order == ReadOrder::Backwards { range.next_back() } else { range.next() } {
        let (key, value) = row?;
        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.insert(key.value().to_owned(), value.value().to_vec()).is_some() {
            break;
        }
    }
    Ok(())
}

/// Every row that can be read and that holds JSON; whether that is all.
fn salvage_rows(db: &Database, name: &'static str) -> (TableRows, bool) {
    let rows = Mutex::default();
    // A damaged page can make redb panic.
    let read = |order| catch_unwind(AssertUnwindSafe(|| read_rows(db, name, order, &rows)));
    let mut is_whole = matches!(read(ReadOrder::Forwards), Ok(Ok(())));
    if !is_whole {
        // What lies behind the damage.
        drop(read(ReadOrder::Backwards));
    }
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.retain(|_, row| {
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(row).is_ok();
        is_whole &= is_json;
        is_json
    });
    (rows, is_whole)
}

/// Puts rows where there are none of their keys, and forgets where they came from: what somebody removes later stays removed.
fn put_rows(db: &Database, all: &[(&'static str, TableRows)]) -> Result<usize, redb::Error> {
    let txn = db.begin_write()?;
    let mut count = 0;
    for (name, rows) in all {
        let mut table = txn.open_table(rows_table(name))?;
        for (key, row) in rows {
            if table.get(key.as_str())?.is_none() {
                table.insert(key.as_str(), row.as_slice())?;
                count += 1;
            }
        }
    }
    txn.open_table(STATE_BOX)?.remove(STATE_ASIDE)?;
    txn.commit()?;
    Ok(count)
}

fn open_aside(disk: &dyn Disk, path: &str) -> Option<Database> {
    open_copy(disk, path, STATE_CACHE_BYTES).unwrap_or_else(|error| {
        tracing::error!(%error, path, "what was set aside cannot be read");
        None
    })
}

impl Store {
    /// Takes these tables over from the `state.redb` that this one replaces, as far as they can be read, where that was not done
    /// yet; each is of JSON rows under text keys. For starts, before anybody opens them.
    ///
    /// # Errors
    /// The database's, and the disk's.
    pub fn take_over_state(&self, tables: &[&'static str]) -> Result<Option<StateTakeover>, StoreError> {
        let (db, disk) = (self.state_db(), &*self.shared.disk);
        let Some(aside) = state_row(&db, STATE_ASIDE) else { return Ok(None) };
        let copy = open_aside(disk, &aside);
        let its_box = copy.as_ref().and_then(|copy| state_row(copy, STATE_ID));
        let is_own = its_box.is_some() && its_box == state_row(&db, STATE_ID);
        let mut all = Vec::new();
        // Another box's has nothing that is of this one.
        let mut is_whole = its_box.is_some();
        if let Some(copy) = copy.as_ref().filter(|_| is_own) {
            for name in tables {
                let (rows, is_all) = salvage_rows(copy, name);
                is_whole &= is_all;
                all.push((*name, rows));
            }
        }
        let rows = put_rows(&db, &all).map_err(StoreError::db("taking over what was set aside"))?;
        drop(copy);
        if let Some(stem) = aside.strip_suffix(UNREAD) {
            let read = format!("{stem}{}", if is_whole { READ } else { PART_READ });
            disk.rename(&aside, &read).map_err(StoreError::io(aside.as_str()))?;
            disk.sync_dir(DIR).map_err(StoreError::io(DIR))?;
        }
        Ok(Some(StateTakeover { rows, is_whole }))
    }

    /// Whether a `state.redb` lies aside of which not all was read.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_unread_state(&self) -> Result<bool, StoreError> {
        let names = self.shared.disk.list(DIR).map_err(StoreError::io(DIR))?;
        Ok(names.iter().any(|name| name.ends_with(UNREAD) || name.ends_with(PART_READ)))
    }
}
