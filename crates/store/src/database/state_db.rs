//! `state.redb`: what is no fold over the log. It is one box's; another's lets nobody in here.

use std::sync::Arc;

use record::ids::BoxId;
use redb::Database;
use redb::backends::InMemoryBackend;

use super::main_database::{STATE_CACHE_BYTES, create_gated, install_database, make_durable, open_gated};
use super::salvage;
use super::state_file::{
    OpenedState, STATE, STATE_BOX, STATE_FROM, STATE_ID, STATE_LOST, STATE_READ, is_state_whole, state_row,
};
use super::state_handle::{StateCondition, StateDb};
use super::state_takeover::{StateRows, find_unread, note_read, read_state};
use crate::Store;
use crate::io::caught::let_go;
use crate::io::disk::{Disk, file_exists, put_small, read_small, remove_if_there};
use crate::io::error::{StoreError, is_full};
use crate::io::gated_file::GatedDatabase;
use crate::side_files::ballast::release_ballast;

/// How many starts in a row the disk did not give or take `state.redb`. A hint: one that is gone counts as none.
const FAILED: &str = "state.failed";
/// After so many of them the next start does without the file.
const FAILED_MAX: u32 = 2;
const FAILED_BYTES_MAX: usize = 16;

/// Where `state.redb` is stored, whose it is, and which of its tables continue in another one.
pub(crate) struct StatePlace<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) box_id: BoxId,
    pub(crate) has_log: bool,
    pub(crate) tables: &'a [&'static str],
    pub(crate) wall_ms: i64,
}

impl StatePlace<'_> {
    /// Opens `state.redb`, creating it where it is absent, unusable or another box's, whose sessions, PINs and tokens
    /// let nobody in here. Beside a log that has entries it existed, so one that is missing is lost as well. Where
    /// there is no space for it, it is in memory, and the next start tries again.
    ///
    /// # Errors
    /// The disk's and redb's: an error of the disk is no damage, so the next start finds what was there. Only where that is so
    /// at one start after the other is the file set aside.
    pub(crate) fn open(&self) -> Result<OpenedState, StoreError> {
        self.or_in_memory(|| self.open_file())
    }

    /// Begins another `state.redb` with what can be read of the present one, which is set aside.
    ///
    /// # Errors
    /// The disk's and redb's.
    pub(crate) fn renew(&self, why: &str) -> Result<OpenedState, StoreError> {
        self.or_in_memory(|| self.replace_file(why))
    }

    fn or_in_memory(
        &self,
        open: impl Fn() -> Result<OpenedState, StoreError>,
    ) -> Result<OpenedState, StoreError> {
        loop {
            match open() {
                // What is held in reserve for records is held for this too.
                Err(e) if e.is_full() && release_ballast(self.disk) => {}
                Err(e) if e.is_full() => {
                    tracing::error!(error = %e, "there is no room for state.redb: it lies in memory until the next start");
                    return self.in_memory(e.to_string());
                }
                opened => return opened,
            }
        }
    }

    /// Nothing of the file is in it: what would be changed here would be back at the next start.
    fn in_memory(&self, why: String) -> Result<OpenedState, StoreError> {
        let db = Database::builder().create_with_backend(InMemoryBackend::new());
        let db = db.map_err(StoreError::db("creation"))?;
        self.fill(&db, false, None).map_err(StoreError::db("creation"))?;
        let database = GatedDatabase { db, gate: Arc::default() };
        Ok(OpenedState { database, lost: false, passing: Some(why) })
    }

    fn open_file(&self) -> Result<OpenedState, StoreError> {
        if !file_exists(self.disk, STATE).map_err(StoreError::io(STATE))? {
            // A start may have ended after it set one aside.
            let Some((from, rows)) = find_unread(self.disk, self.box_id, self.tables)? else {
                return self.create(self.has_log, None, || Ok(()));
            };
            self.expect_readable(&from, &rows)?;
            return self.create(true, Some((&from, &rows)), || Ok(()));
        }
        let why = match self.open_sound() {
            Ok(Ok(database)) => {
                let lost = state_row(&database.db, STATE_LOST).is_some();
                note_read(self.disk, &database.db);
                return Ok(OpenedState { database, lost, passing: None });
            }
            Ok(Err(why)) => why,
            Err(e) if e.is_of_disk() && note_failed_start(self.disk) => "the disk does not give it",
            Err(e) => return Err(e),
        };
        self.replace_file(why)
    }

    /// The file that is in its place, or why it cannot be used. It is checked before anything is written to it, because
    /// the start of a module, or an operation of one, would abort over a damaged page.
    ///
    /// # Errors
    /// The disk's and redb's.
    fn open_sound(&self) -> Result<Result<GatedDatabase, &'static str>, StoreError> {
        if !is_state_whole(self.disk)? {
            return Ok(Err("a part of it cannot be read"));
        }
        let Some(opened) = open_gated(self.disk, STATE, STATE_CACHE_BYTES)? else {
            return Ok(Err("it does not open"));
        };
        if is_of_other(&opened.db, self.box_id) {
            let_go(opened);
            return Ok(Err("it is another box's"));
        }
        Ok(Ok(opened))
    }

    /// The new one is whole before the old one leaves its place: wherever this ends, one of them is what the next start reads.
    fn replace_file(&self, why: &str) -> Result<OpenedState, StoreError> {
        let rows = read_state(self.disk, STATE, self.box_id, self.tables);
        self.expect_readable(STATE, &rows)?;
        let from = salvage::next_place(self.disk, STATE)?;
        self.create(true, Some((&from, &rows)), || {
            salvage::set_aside(self.disk, STATE, why, self.wall_ms).map(drop)
        })
    }

    /// What the disk did not give may be there at the next start, unless it was so at each start before.
    fn expect_readable(&self, path: &str, rows: &StateRows) -> Result<(), StoreError> {
        match &rows.fault {
            Some(why) if !note_failed_start(self.disk) => {
                Err(StoreError::io(path)(std::io::Error::other(why.clone())))
            }
            _ => Ok(()),
        }
    }

    /// `from`: rows that it takes over, and where the database that they were read from will be stored.
    fn create(
        &self,
        lost: bool,
        from: Option<(&str, &StateRows)>,
        make_way: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<OpenedState, StoreError> {
        let created = create_gated(self.disk, STATE, STATE_CACHE_BYTES).and_then(|made| {
            self.fill(&made.db, lost, from).map_err(StoreError::db("creation"))?;
            make_way()?;
            install_database(self.disk, STATE)?;
            Ok(made)
        });
        if created.is_err() {
            // Where the disk is full, half a file would keep it so. A start removes it too.
            let _ = remove_if_there(self.disk, &format!("{STATE}.new"));
        }
        let database = created?;
        if let Some((from, rows)) = from {
            tracing::warn!(from, rows = rows.count(), "rows of the state.redb before were taken over");
        }
        note_read(self.disk, &database.db);
        Ok(OpenedState { database, lost, passing: None })
    }

    fn fill(&self, db: &Database, lost: bool, from: Option<(&str, &StateRows)>) -> Result<(), redb::Error> {
        let txn = db.begin_write()?;
        {
            let mut table = txn.open_table(STATE_BOX)?;
            table.insert(STATE_ID, self.box_id.to_string().as_str())?;
            if lost {
                table.insert(STATE_LOST, "untold")?;
            }
            if let Some((from, rows)) = from {
                table.insert(STATE_FROM, from)?;
                table.insert(STATE_READ, rows.read_place(from).as_str())?;
            }
        }
        if let Some((_, rows)) = from {
            rows.put(&txn)?;
        }
        txn.commit()?;
        make_durable(db)
    }
}

/// Notes that the disk failed while a start read or wrote `state.redb`; whether it did so at each start before, so that this
/// one is to do without the file.
pub(crate) fn note_failed_start(disk: &dyn Disk) -> bool {
    let before = read_small(disk, FAILED, FAILED_BYTES_MAX).ok().flatten();
    let before = before.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()).unwrap_or(0);
    if before >= FAILED_MAX {
        return true;
    }
    match put_small(disk, FAILED, format!("{}\n", before + 1).as_bytes()) {
        // No start would ever count: this one does without, and leaves the file where it is for lack of space.
        Err(error) if is_full(&error) => return true,
        Err(error) => tracing::warn!(%error, "it is not noted that state.redb failed"),
        Ok(()) => {}
    }
    false
}

pub(crate) fn note_sound_start(disk: &dyn Disk) {
    if let Err(error) = remove_if_there(disk, FAILED) {
        tracing::warn!(%error, "it is not noted that state.redb is sound");
    }
}

/// Whether it names another box. What cannot be read of it says nothing here; whoever uses its tables looks at them.
fn is_of_other(db: &Database, box_id: BoxId) -> bool {
    state_row(db, STATE_ID).is_some_and(|id| id != box_id.to_string())
}

/// Makes a sound `state.redb` this box's; another one is begun again by the start.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn name_state_box(disk: &dyn Disk, box_id: BoxId) -> Result<(), StoreError> {
    if !file_exists(disk, STATE).map_err(StoreError::io(STATE))? || !is_state_whole(disk)? {
        return Ok(());
    }
    let Some(opened) = open_gated(disk, STATE, STATE_CACHE_BYTES)? else { return Ok(()) };
    let named = (|| -> Result<(), redb::Error> {
        let txn = opened.db.begin_write()?;
        txn.open_table(STATE_BOX)?.insert(STATE_ID, box_id.to_string().as_str())?;
        txn.commit()?;
        Ok(())
    })();
    let_go(opened);
    named.map_err(StoreError::db("naming its box"))
}

/// Notes that somebody was informed that what was before this `state.redb` is lost: until then each start reports it.
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

impl Store {
    /// A handle to the small database for what is no fold over the log; its tables belong to the modules that use them.
    pub fn state(&self) -> StateDb {
        self.shared.state().clone()
    }

    pub fn state_db(&self) -> Arc<Database> {
        self.shared.state().db()
    }

    /// Puts `state.redb` aside and begins another, with what can be read of these tables; returns whether there was
    /// space. Where there is none the old one stays, and one in memory is used until the next start. For starts only.
    ///
    /// # Errors
    /// The disk's and redb's; the old one stays, or is stored aside with nothing in its place.
    pub fn renew_state_db(&self, tables: &[&'static str]) -> Result<bool, StoreError> {
        let (box_id, wall_ms) = (self.origin().box_id, self.clock.now().wall_ms);
        let place = StatePlace { disk: &*self.shared.disk, box_id, has_log: true, tables, wall_ms };
        let made = place.renew("it cannot be used")?;
        let has_space = made.passing.is_none();
        self.shared.state().replace(made);
        Ok(has_space)
    }

    /// Notes that the disk failed at this start while the tables of `state.redb` were opened; returns whether it did so
    /// at each start before, so that they are to be begun again.
    pub fn note_failed_state(&self) -> bool {
        note_failed_start(&*self.shared.disk)
    }

    /// Notes that this start opened the tables of `state.redb`.
    pub fn note_sound_state(&self) {
        if !self.shared.state().is_passing() {
            note_sound_start(&*self.shared.disk);
        }
    }

    /// Whether `state.redb` takes writes, and what failed since this was asked last. Writes only where something did.
    pub fn look_at_state(&self) -> StateCondition {
        self.shared.state().look()
    }

    /// Notes that somebody was informed that sessions, PINs and tokens were lost: until then each start reports it.
    ///
    /// # Errors
    /// The database's.
    pub fn mark_state_loss_reported(&self) -> Result<(), StoreError> {
        mark_state_loss_reported(&self.state_db())
    }
}
