//! `state.redb`: what is no fold over the log. It is one box's; another's lets nobody in here.

use std::sync::Arc;

use record::ids::BoxId;
use redb::Database;

use super::Store;
use super::database::{STATE_CACHE_BYTES, create_gated, install_database, make_durable, open_gated};
use super::disk::{Disk, file_exists, put_small, read_small, remove_if_there};
use super::error::StoreError;
use super::gated_file::GatedDatabase;
use super::salvage;
use super::state_file::{STATE, STATE_ASIDE, STATE_BOX, STATE_ID, STATE_LOST, state_row};
use super::state_handle::{StateCondition, StateDb};

/// How many starts in a row the disk did not give or take `state.redb`. A hint: one that is gone counts as none.
const FAILED: &str = "state.failed";
/// After so many of them the next start does without the file.
const FAILED_MAX: u32 = 2;
const FAILED_BYTES_MAX: usize = 16;

/// Opens `state.redb`, making it where it is absent, unusable or another box's, whose sessions, PINs and tokens let nobody in
/// here; whether something was lost with it. Beside a log that has entries it was there, so one that is missing is lost as well.
///
/// # Errors
/// The disk's and redb's: an error of the disk is no damage, so the next start finds what was there. Only where that is so at
/// one start after the other is the file set aside.
pub(crate) fn open_state(
    disk: &dyn Disk,
    box_id: BoxId,
    has_log: bool,
    wall_ms: i64,
) -> Result<(GatedDatabase, bool), StoreError> {
    if !file_exists(disk, STATE).map_err(StoreError::io(STATE))? {
        return Ok((create_state(disk, box_id, has_log, None)?, has_log));
    }
    let why = match open_gated(disk, STATE, STATE_CACHE_BYTES) {
        Ok(Some(opened)) if is_of_other(&opened.db, box_id) => "it is another box's",
        Ok(Some(opened)) => {
            let untold = state_row(&opened.db, STATE_LOST).is_some();
            return Ok((opened, untold));
        }
        Ok(None) => "it does not open",
        Err(e) if e.is_of_disk() && note_failed_start(disk) => "the disk does not give it",
        Err(e) => return Err(e),
    };
    Ok((set_state_aside(disk, box_id, why, wall_ms)?, true))
}

/// Notes that the disk failed while a start read or wrote `state.redb`; whether it did so at each start before, so that this
/// one is to do without the file.
pub(crate) fn note_failed_start(disk: &dyn Disk) -> bool {
    let before = read_small(disk, FAILED, FAILED_BYTES_MAX).ok().flatten();
    let before = before.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()).unwrap_or(0);
    if before >= FAILED_MAX {
        return true;
    }
    if let Err(error) = put_small(disk, FAILED, format!("{}\n", before + 1).as_bytes()) {
        tracing::warn!(%error, "it is not noted that state.redb failed");
    }
    false
}

/// A start read and wrote it.
pub(crate) fn note_sound_start(disk: &dyn Disk) {
    if let Err(error) = remove_if_there(disk, FAILED) {
        tracing::warn!(%error, "it is not noted that state.redb is sound");
    }
}

/// Whether it names another box. What cannot be read of it says nothing here; whoever uses its tables looks at them.
fn is_of_other(db: &Database, box_id: BoxId) -> bool {
    state_row(db, STATE_ID).is_some_and(|id| id != box_id.to_string())
}

/// Notes that somebody was told that what was before this `state.redb` is lost: until then each start tells it.
///
/// # Errors
/// redb's.
fn mark_state_loss_reported(db: &Database) -> Result<(), StoreError> {
    (|| -> Result<(), redb::Error> {
        let txn = db.begin_write()?;
        txn.open_table(STATE_BOX)?.remove(STATE_LOST)?;
        txn.commit()?;
        Ok(())
    })()
    .map_err(StoreError::db("noting what was told"))
}

/// `aside`: where the one lies whose rows are to be taken over.
fn create_state(
    disk: &dyn Disk,
    box_id: BoxId,
    lost: bool,
    aside: Option<&str>,
) -> Result<GatedDatabase, StoreError> {
    let made = create_gated(disk, STATE, STATE_CACHE_BYTES)?;
    (|| -> Result<(), redb::Error> {
        let txn = made.db.begin_write()?;
        {
            let mut table = txn.open_table(STATE_BOX)?;
            table.insert(STATE_ID, box_id.to_string().as_str())?;
            if lost {
                table.insert(STATE_LOST, "untold")?;
            }
            if let Some(aside) = aside {
                table.insert(STATE_ASIDE, aside)?;
            }
        }
        txn.commit()?;
        make_durable(&made.db)
    })()
    .map_err(StoreError::db("creation"))?;
    install_database(disk, STATE)?;
    Ok(made)
}

/// Sets `state.redb` aside and makes another, which knows where the one before lies.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn set_state_aside(
    disk: &dyn Disk,
    box_id: BoxId,
    why: &str,
    wall_ms: i64,
) -> Result<GatedDatabase, StoreError> {
    let aside = salvage::set_aside(disk, STATE, why, wall_ms)?;
    create_state(disk, box_id, true, Some(&aside))
}

impl Store {
    /// The small database for what is no fold over the log, for whoever keeps it; its tables belong to the rooms that use them.
    pub fn state(&self) -> StateDb {
        self.shared.state().clone()
    }

    /// The same for one act.
    pub fn state_db(&self) -> Arc<Database> {
        self.shared.state().db()
    }

    /// Puts `state.redb` aside and begins another: its tables cannot be used. For starts only.
    ///
    /// # Errors
    /// The disk's and redb's; the old one stays.
    pub fn renew_state_db(&self) -> Result<(), StoreError> {
        let (box_id, now) = (self.origin().box_id, self.clock.now());
        let made = set_state_aside(&*self.shared.disk, box_id, "it cannot be used", now.wall_ms)?;
        self.shared.state().replace(made);
        Ok(())
    }

    /// Notes that the disk failed at this start while the tables of `state.redb` were opened; whether it did so at each start
    /// before, so that they are to be begun anew.
    pub fn note_failed_state(&self) -> bool {
        note_failed_start(&*self.shared.disk)
    }

    /// Notes that this start opened the tables of `state.redb`.
    pub fn note_sound_state(&self) {
        note_sound_start(&*self.shared.disk);
    }

    /// Whether `state.redb` takes writes, and what failed since this was asked last. Writes only where something did.
    pub fn look_at_state(&self) -> StateCondition {
        self.shared.state().look()
    }

    /// Notes that somebody was told that sessions, PINs and tokens were lost: until then each start tells it.
    ///
    /// # Errors
    /// The database's.
    pub fn mark_state_loss_reported(&self) -> Result<(), StoreError> {
        mark_state_loss_reported(&self.state_db())
    }
}
