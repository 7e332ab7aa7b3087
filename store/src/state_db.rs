//! `state.redb`: what is no fold over the log. It is one box's; another's lets nobody in here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use record::ids::BoxId;
use redb::{Database, ReadableDatabase as _};

use super::database::{create_database, install_database, make_durable, open_database};
use super::disk::{Disk, file_exists};
use super::error::StoreError;
use super::salvage;

/// Sessions, PINs, tokens, the print ledger.
pub(crate) const STATE: &str = "state.redb";
const STATE_CACHE_BYTES: usize = 1 << 20;

/// Whose `state.redb` it is, and whether another one was lost before it and nobody was told yet.
const STATE_BOX: redb::TableDefinition<'static, &'static str, &'static str> =
    redb::TableDefinition::new("box");
const STATE_ID: &str = "id";
const STATE_LOST: &str = "lost";

/// Opens `state.redb`, making it where it is absent, unusable or another box's, whose sessions, PINs and tokens let nobody in
/// here; whether something was lost with it. Beside a log that has entries it was there, so one that is missing is lost as well.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn open_state(
    disk: &dyn Disk,
    box_id: BoxId,
    has_log: bool,
    wall_ms: i64,
) -> Result<(Arc<Database>, bool), StoreError> {
    let mut lost = has_log;
    if file_exists(disk, STATE).map_err(StoreError::io(STATE))? {
        let why = match open_database(disk, STATE, STATE_CACHE_BYTES)? {
            Some(db) if is_of_other(&db, box_id) => "it is another box's",
            Some(db) => {
                let untold = state_row(&db, STATE_LOST).is_some();
                return Ok((Arc::new(db), untold));
            }
            None => "it does not open",
        };
        salvage::set_aside(disk, STATE, why, wall_ms)?;
        lost = true;
    }
    Ok((create_state(disk, box_id, lost)?, lost))
}

/// Whether it names another box. What cannot be read of it says nothing here; whoever uses its tables looks at them.
fn is_of_other(db: &Database, box_id: BoxId) -> bool {
    state_row(db, STATE_ID).is_some_and(|id| id != box_id.to_string())
}

fn state_row(db: &Database, name: &str) -> Option<String> {
    let read = || -> Result<Option<String>, redb::Error> {
        let table = db.begin_read()?.open_table(STATE_BOX)?;
        Ok(table.get(name)?.map(|row| row.value().to_owned()))
    };
    catch_unwind(AssertUnwindSafe(read)).ok()?.ok()?
}

/// Notes that somebody was told that what was before this `state.redb` is lost: until then each start tells it.
///
/// # Errors
/// redb's.
pub(crate) fn mark_state_loss_reported(db: &Database) -> Result<(), StoreError> {
    (|| -> Result<(), redb::Error> {
        let txn = db.begin_write()?;
        txn.open_table(STATE_BOX)?.remove(STATE_LOST)?;
        txn.commit()?;
        Ok(())
    })()
    .map_err(StoreError::db("noting what was told"))
}

fn create_state(disk: &dyn Disk, box_id: BoxId, lost: bool) -> Result<Arc<Database>, StoreError> {
    let db = create_database(disk, STATE, STATE_CACHE_BYTES)?;
    (|| -> Result<(), redb::Error> {
        let txn = db.begin_write()?;
        {
            let mut table = txn.open_table(STATE_BOX)?;
            table.insert(STATE_ID, box_id.to_string().as_str())?;
            if lost {
                table.insert(STATE_LOST, "untold")?;
            }
        }
        txn.commit()?;
        make_durable(&db)
    })()
    .map_err(StoreError::db("creation"))?;
    install_database(disk, STATE)?;
    Ok(Arc::new(db))
}

/// Sets `state.redb` aside and makes another.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn renew_state(disk: &dyn Disk, box_id: BoxId, wall_ms: i64) -> Result<Arc<Database>, StoreError> {
    salvage::set_aside(disk, STATE, "it cannot be read", wall_ms)?;
    create_state(disk, box_id, true)
}
