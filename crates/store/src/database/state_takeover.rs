//! What can be read of a `state.redb` goes into the one that takes its place, before anybody has that.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use record::ids::BoxId;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction};

use super::main_database::{STATE_CACHE_BYTES, open_gated_copy};
use super::salvage::{DIR, list_copies, remove_salvage};
use super::state_file::{STATE_FROM, STATE_ID, STATE_READ, state_row};
use crate::Store;
use crate::io::caught::let_go;
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::io::gated_file::FileGate;

/// How one ends whose rows nobody has read yet.
const UNREAD: &str = ".state.redb";
const PART_READ: &str = ".state.part.redb";
const READ: &str = ".state.read.redb";
const COPIES_MAX: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadOrder {
    Forwards,
    Backwards,
}

type TableRows = BTreeMap<String, Vec<u8>>;

/// What was read of a `state.redb`.
#[derive(Debug, Default)]
pub(crate) struct StateRows {
    tables: Vec<(&'static str, TableRows)>,
    is_whole: bool,
    its_box: Option<String>,
    /// What the disk did not give.
    pub(crate) fault: Option<String>,
}

fn rows_table(name: &'static str) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(name)
}

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
    let forwards = catch_unwind(AssertUnwindSafe(|| read_rows(db, name, ReadOrder::Forwards, &rows)));
    let mut is_whole = matches!(forwards, Ok(Ok(())));
    if !is_whole {
        // What is behind the damage.
        drop(catch_unwind(AssertUnwindSafe(|| read_rows(db, name, ReadOrder::Backwards, &rows))));
    }
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.retain(|_, row| {
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(row).is_ok();
        is_whole &= is_json;
        is_json
    });
    (rows, is_whole)
}

/// Reads these tables of a `state.redb` that stays as it is, as far as they can be read. Of another box's nothing is taken.
pub(crate) fn read_state(disk: &dyn Disk, path: &str, box_id: BoxId, tables: &[&'static str]) -> StateRows {
    let gate = Arc::new(FileGate::default());
    let mut read = StateRows::default();
    match open_gated_copy(disk, path, STATE_CACHE_BYTES, &gate) {
        Ok(None) => {}
        Ok(Some(copy)) => {
            read.its_box = state_row(&copy, STATE_ID);
            read.is_whole = read.its_box.is_some();
            let is_own = read.its_box.as_deref() == Some(box_id.to_string().as_str());
            for name in tables.iter().filter(|_| is_own) {
                let (rows, is_all) = salvage_rows(&copy, name);
                read.is_whole &= is_all;
                read.tables.push((*name, rows));
            }
            let_go(copy);
        }
        Err(error) => read.fault = Some(error.to_string()),
    }
    read.fault = read.fault.or_else(|| gate.fault().map(|fault| fault.why));
    read.is_whole &= read.fault.is_none();
    read
}

impl StateRows {
    pub(crate) fn count(&self) -> usize {
        self.tables.iter().map(|(_, rows)| rows.len()).sum()
    }

    pub(crate) fn is_of_other(&self, box_id: BoxId) -> bool {
        self.its_box.as_ref().is_some_and(|id| *id != box_id.to_string())
    }

    /// Where the file is stored that this was read from, once that is done.
    pub(crate) fn read_place(&self, aside: &str) -> String {
        let stem = aside.strip_suffix(UNREAD).unwrap_or(aside);
        format!("{stem}{}", if self.is_whole { READ } else { PART_READ })
    }

    pub(crate) fn put(&self, txn: &WriteTransaction) -> Result<(), redb::Error> {
        for (name, rows) in &self.tables {
            let mut table = txn.open_table(rows_table(name))?;
            for (key, row) in rows {
                table.insert(key.as_str(), row.as_slice())?;
            }
        }
        Ok(())
    }
}

/// The newest copy that nobody has read and that is not another box's, with what can be read of it. Those behind it are older
/// than what it held.
///
/// # Errors
/// The disk's.
pub(crate) fn find_unread(
    disk: &dyn Disk,
    box_id: BoxId,
    tables: &[&'static str],
) -> Result<Option<(String, StateRows)>, StoreError> {
    for path in list_copies(disk, UNREAD)? {
        let rows = read_state(disk, &path, box_id, tables);
        if !rows.is_of_other(box_id) {
            return Ok(Some((path, rows)));
        }
    }
    Ok(None)
}

/// Beside a `state.redb` in its place no copy is one to begin another from: each is older. They get the names of such that were
/// read, where a start was cut before it did that.
pub(crate) fn note_read(disk: &dyn Disk, db: &Database) {
    let noted = (|| -> Result<(), StoreError> {
        let unread = list_copies(disk, UNREAD)?;
        if unread.is_empty() {
            return Ok(());
        }
        let (from, read) = (state_row(db, STATE_FROM), state_row(db, STATE_READ));
        for path in unread {
            let to = read.as_ref().filter(|_| from.as_ref() == Some(&path)).cloned();
            let to = to.unwrap_or_else(|| StateRows::default().read_place(&path));
            disk.rename(&path, &to).map_err(StoreError::io(path))?;
        }
        disk.sync_dir(DIR).map_err(StoreError::io(DIR))?;
        remove_oldest(disk)
    })();
    if let Err(error) = noted {
        tracing::warn!(%error, "it is not noted that the state.redb before was read");
    }
}

/// Keeps the newest few copies; those that were read go first.
fn remove_oldest(disk: &dyn Disk) -> Result<(), StoreError> {
    let mut all = list_copies(disk, READ)?;
    all.reverse();
    all.extend(list_copies(disk, PART_READ)?.into_iter().rev());
    for path in &all[..all.len().saturating_sub(COPIES_MAX)] {
        remove_salvage(disk, path)?;
    }
    Ok(())
}

impl Store {
    /// Whether there is a `state.redb` of which not all was read.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_unread_state(&self) -> Result<bool, StoreError> {
        let disk = &*self.shared.disk;
        if self.shared.state().is_passing() {
            return Ok(true);
        }
        Ok(!list_copies(disk, UNREAD)?.is_empty() || !list_copies(disk, PART_READ)?.is_empty())
    }
}
