//! The file `state.redb` itself, and what it says of itself.

use std::sync::Arc;

use redb::{Database, ReadableDatabase as _};

use super::main_database::{STATE_CACHE_BYTES, install_database, open_gated_copy};
use crate::io::caught::{catch_damage, let_go};
use crate::io::disk::{Disk, DiskFile, remove_if_there};
use crate::io::error::StoreError;
use crate::io::gated_file::{FileGate, GatedDatabase};

/// Sessions, PINs, tokens, the print ledger.
pub(crate) const STATE: &str = "state.redb";

/// Whose `state.redb` it is, and whether another one was lost before it and that was not reported yet.
pub(crate) const STATE_BOX: redb::TableDefinition<'static, &'static str, &'static str> =
    redb::TableDefinition::new("box");
pub(crate) const STATE_ID: &str = "id";
pub(crate) const STATE_LOST: &str = "lost";
/// Where the database is stored whose rows this one took over, and where it is to be stored now that it was read.
pub(crate) const STATE_FROM: &str = "from";
pub(crate) const STATE_READ: &str = "read";
const STATE_WRITTEN: &str = "written";
const COPIED_AT_ONCE: usize = 64 << 10;

/// `state.redb` as a start or a module gets it.
pub(crate) struct OpenedState {
    pub(crate) database: GatedDatabase,
    /// Whether something was lost with the one before, and that was not reported yet.
    pub(crate) lost: bool,
    /// Why it is in memory only.
    pub(crate) passing: Option<String>,
}

/// What the file says of itself; nothing where that cannot be read.
pub(crate) fn state_row(db: &Database, name: &str) -> Option<String> {
    catch_damage(|| read_state_row(db, name))?.ok()?
}

fn read_state_row(db: &Database, name: &str) -> Result<Option<String>, redb::Error> {
    let table = db.begin_read()?.open_table(STATE_BOX)?;
    Ok(table.get(name)?.map(|row| row.value().to_owned()))
}

/// Whether every page that the file uses is as it was written, in every table and beside them: what nobody reads today is
/// found as well. The file stays as it is.
///
/// # Errors
/// What the disk did not give, which says nothing of the page.
pub(crate) fn is_state_whole(disk: &dyn Disk) -> Result<bool, StoreError> {
    let gate = Arc::new(FileGate::default());
    let checked = check_copy(disk, &gate);
    match gate.fault() {
        Some(fault) => Err(StoreError::io(STATE)(std::io::Error::other(fault.why))),
        None => checked,
    }
}

fn check_copy(disk: &dyn Disk, gate: &Arc<FileGate>) -> Result<bool, StoreError> {
    let Some(mut copy) = open_gated_copy(disk, STATE, STATE_CACHE_BYTES, gate)? else { return Ok(false) };
    let checked = catch_damage(|| copy.check_integrity());
    let_go(copy);
    // Where it could be made whole again the copy has lost what was written last.
    Ok(matches!(checked, Some(Ok(true))))
}

/// Writes something that nobody reads: whether that is taken is what is asked.
///
/// # Errors
/// redb's.
pub(crate) fn note_written(db: &Database) -> Result<(), redb::Error> {
    let txn = db.begin_write()?;
    txn.open_table(STATE_BOX)?.insert(STATE_WRITTEN, "")?;
    Ok(txn.commit()?)
}

/// Copies all bytes of a file.
///
/// # Errors
/// The disk's.
pub(crate) fn copy_file(from: &dyn DiskFile, to: &dyn DiskFile) -> std::io::Result<()> {
    let (length, mut at) = (from.length()?, 0);
    let mut piece = vec![0; COPIED_AT_ONCE];
    while at < length {
        let count = usize::try_from(length - at).unwrap_or(COPIED_AT_ONCE).min(COPIED_AT_ONCE);
        from.read_at(at, &mut piece[..count])?;
        to.write_at(at, &piece[..count])?;
        at += count as u64;
    }
    Ok(())
}

/// Puts all that `state.redb` reads as into another file in its place.
///
/// # Errors
/// The disk's; the old file stays.
pub(crate) fn rewrite_state(disk: &dyn Disk) -> Result<(), StoreError> {
    let new = format!("{STATE}.new");
    remove_if_there(disk, &new).map_err(StoreError::io(STATE))?;
    let (from, to) = (
        disk.open(STATE).map_err(StoreError::io(STATE))?,
        disk.create_new(&new).map_err(StoreError::io(STATE))?,
    );
    copy_file(&*from, &*to).and_then(|()| to.sync_data()).map_err(StoreError::io(STATE))?;
    install_database(disk, STATE)
}
