//! `state.redb` while the box runs. After an error of the disk redb takes nothing more through a handle, and what was being
//! written is there or is not: the next act opens the file again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::backends::InMemoryBackend;
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableDefinition,
    TableHandle as _,
};
use service::clock::Clock;

use super::main_database::{STATE_CACHE_BYTES, open_gated};
use super::state_file::{OpenedState, STATE, note_written, rewrite_state};
use crate::io::caught::{catch_damage, let_go};
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::io::gated_file::{FaultKind, FileFault, FileGate, GatedDatabase};

/// For how long after the file was opened again it is not opened once more.
const AGAIN_MS: u64 = 1_000;

/// How `state.redb` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateCondition {
    /// Nothing failed since the last look.
    Sound,
    /// This failed since, and it takes writes again.
    Recovered(String),
    Failing(String),
}

pub type RowReader = fn(&[u8]) -> bool;

struct OpenState {
    db: Arc<Database>,
    gate: Arc<FileGate>,
    again_ms: u64,
    /// What failed since the last look that found it sound.
    trouble: Option<String>,
    /// Why it is in memory, and is gone when the box ends.
    passing: Option<String>,
    /// What of it turned out to be damaged: it stays so until a start begins it again.
    damage: Option<String>,
}

struct StateSource {
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
}

struct StateCell {
    open: Mutex<OpenState>,
    /// Absent for one that is never opened again: it is in memory.
    source: Option<StateSource>,
}

fn lock_state(open: &Mutex<OpenState>) -> MutexGuard<'_, OpenState> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The small database for what is no fold over the log. Whoever keeps this asks it for the database at each act.
#[derive(Clone)]
pub struct StateDb(Arc<StateCell>);

impl std::fmt::Debug for StateDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateDb").finish_non_exhaustive()
    }
}

impl From<Arc<Database>> for StateDb {
    fn from(db: Arc<Database>) -> Self {
        let open =
            OpenState { db, gate: Arc::default(), again_ms: 0, trouble: None, passing: None, damage: None };
        Self(Arc::new(StateCell { open: Mutex::new(open), source: None }))
    }
}

impl From<&Arc<Database>> for StateDb {
    fn from(db: &Arc<Database>) -> Self {
        Self::from(Arc::clone(db))
    }
}

impl StateDb {
    pub(crate) fn new(opened: OpenedState, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Self {
        let OpenedState { database: GatedDatabase { db, gate }, passing, .. } = opened;
        let open = OpenState { db: Arc::new(db), gate, again_ms: 0, trouble: None, passing, damage: None };
        Self(Arc::new(StateCell { open: Mutex::new(open), source: Some(StateSource { disk, clock }) }))
    }

    /// The database, opened again where an error of the disk ended the handle. Where it does not open, what comes back fails
    /// at whatever it is asked.
    pub fn db(&self) -> Arc<Database> {
        let mut open = lock_state(&self.0.open);
        if let (Some(source), Some(fault)) = (&self.0.source, open.gate.fault()) {
            open.open_again(source, fault);
        }
        Arc::clone(&open.db)
    }

    /// How many rows of a table, under text keys, cannot be read.
    ///
    /// # Errors
    /// The database's.
    pub fn count_unreadable(&self, table: &str, reads: RowReader) -> Result<usize, redb::Error> {
        let rows: TableDefinition<'_, &str, &[u8]> = TableDefinition::new(table);
        let rows = match self.db().begin_read()?.open_table(rows) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(0),
            opened => opened?,
        };
        let mut count = 0;
        for row in rows.iter()? {
            count += usize::from(!reads(row?.1.value()));
        }
        Ok(count)
    }

    /// Runs `act` on the database; `None` where redb panics, over a damaged page: reported until a start recreates it.
    pub fn attempt<T>(&self, what: &str, act: impl FnOnce(&Database) -> T) -> Option<T> {
        let db = self.db();
        let done = catch_damage(|| act(&db));
        // Another may have taken its place meanwhile, and then this is the last to hold it.
        let_go(db);
        if done.is_none() {
            self.note_damage(what);
        }
        done
    }

    fn note_damage(&self, what: &str) {
        tracing::error!(what, "state.redb is damaged; the next start begins it anew");
        lock_state(&self.0.open).damage.get_or_insert_with(|| format!("{what} is damaged"));
    }

    /// Looks whether every table can be gone through, and notes where one cannot.
    pub fn look_through(&self) {
        let names = self.attempt("the list of tables", list_tables);
        for name in names.into_iter().flatten().flatten() {
            match self.attempt(&name, |db| walk_table(db, &name)) {
                Some(Err(redb::Error::Corrupted(_))) => self.note_damage(&name),
                Some(Err(error)) => tracing::warn!(%error, name, "a table was not looked through"),
                Some(Ok(())) | None => {}
            }
        }
    }

    pub(crate) fn replace(&self, opened: OpenedState) {
        let mut open = lock_state(&self.0.open);
        open.gate.shut();
        let OpenedState { database: GatedDatabase { db, gate }, passing, .. } = opened;
        (open.gate, open.passing, open.damage) = (gate, passing, None);
        let_go(std::mem::replace(&mut open.db, Arc::new(db)));
    }

    /// Whether it is in memory only: nothing of the file is in it, and what is done to it is gone when the box ends.
    pub fn is_passing(&self) -> bool {
        lock_state(&self.0.open).passing.is_some()
    }

    /// Says whether anything failed since the last look, and tries whether it takes writes where something did.
    pub(crate) fn look(&self) -> StateCondition {
        let is_doubtful = {
            let open = lock_state(&self.0.open);
            if let Some(why) = open.passing.as_ref().or(open.damage.as_ref()) {
                return StateCondition::Failing(why.clone());
            }
            open.trouble.is_some() || open.gate.fault().is_some()
        };
        if !is_doubtful {
            return StateCondition::Sound;
        }
        let Some(written) = self.attempt("what is written", note_written) else {
            return self.look();
        };
        let mut open = lock_state(&self.0.open);
        match written {
            Ok(()) => open.trouble.take().map_or(StateCondition::Sound, StateCondition::Recovered),
            Err(error) => {
                StateCondition::Failing(open.trouble.get_or_insert_with(|| error.to_string()).clone())
            }
        }
    }
}

impl OpenState {
    fn open_again(&mut self, source: &StateSource, fault: FileFault) {
        let now_ms = source.clock.now().up_ms;
        if now_ms < self.again_ms {
            return;
        }
        self.again_ms = now_ms.saturating_add(AGAIN_MS);
        self.gate.shut();
        tracing::warn!(why = fault.why, "state.redb failed and is opened again");
        self.trouble = Some(fault.why);
        match reopen_state(&*source.disk, fault.kind) {
            Ok(Some(opened)) => {
                self.gate = opened.gate;
                let_go(std::mem::replace(&mut self.db, Arc::new(opened.db)));
            }
            Ok(None) => tracing::error!("state.redb does not open again"),
            Err(error) => tracing::error!(%error, "state.redb does not open again"),
        }
    }
}

impl Drop for OpenState {
    /// A field that is dropped by itself cannot be caught: something else takes its place before.
    fn drop(&mut self) {
        if let Ok(empty) = Database::builder().set_cache_size(0).create_with_backend(InMemoryBackend::new()) {
            let_go(std::mem::replace(&mut self.db, Arc::new(empty)));
        }
    }
}

fn list_tables(db: &Database) -> Result<Vec<String>, redb::Error> {
    Ok(db.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect())
}

fn walk_table(db: &Database, name: &str) -> Result<(), redb::Error> {
    let read = db.begin_read()?;
    let tables = read.list_tables()?;
    for table in tables.filter(|table| table.name() == name) {
        read.open_untyped_table(table)?.stats()?;
    }
    Ok(())
}

fn reopen_state(disk: &dyn Disk, kind: FaultKind) -> Result<Option<GatedDatabase>, StoreError> {
    if kind == FaultKind::Write {
        // What the disk did not take counts as written from now on, and a second flush of it says nothing: all of it goes
        // into a file of its own.
        rewrite_state(disk)?;
    }
    open_gated(disk, STATE, STATE_CACHE_BYTES)
}
