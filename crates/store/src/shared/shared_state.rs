//! What readers share with the writer: the database, the facility as it is durable, size and root, keys, the cursor.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use record::checkpoint::{Checkpoint, LogOrigin};
use record::fold::FacilityState;
use record::ids::Epoch;
use record::run::RunName;
use record::sign::{SignedNote, SignerKey, VerifierKey};
use record::tree::{Frontier, Hash};
use redb::Database;
use tokio::sync::watch;

use super::cursor::UplinkCursor;
use super::job::FatalError;
use super::recorded::RecordedGroups;
use super::scrub_report::ScrubReport;
use super::snapshot::StoreSnapshot;
use crate::database::main_database::LostPart;
use crate::database::state_handle::StateDb;
use crate::index::places::Places;
use crate::io::disk::{Disk, PAGE_BYTES};
use crate::io::error::StoreError;
use crate::runs::run_roots::RunRoots;
use crate::side_files::keys::LogKey;
use crate::side_files::report::StartReport;

/// How often and how long it is waited for readers to release the database.
const CLOSE_TRIES: u32 = 500;
const CLOSE_PAUSE: Duration = Duration::from_millis(5);

/// Everything that is read from other threads than the writer's.
pub(crate) struct StoreShared {
    pub(crate) disk: Arc<dyn Disk>,
    /// `None` for the moment in which the writer opens it again.
    db: RwLock<Option<Arc<Database>>>,
    state: StateDb,
    shown: ArcSwap<StoreSnapshot>,
    pub(crate) recorded: RecordedGroups,
    places: ArcSwap<Places>,
    origin: LogOrigin,
    signer: SignerKey,
    older: Vec<LogKey>,
    verifiers: Vec<VerifierKey>,
    /// The newest checkpoint that was asked for, and its size.
    note: Mutex<Option<(u64, SignedNote)>>,
    size: watch::Sender<u64>,
    fatal: watch::Sender<Option<FatalError>>,
    durable: AtomicU64,
    roll_requested: AtomicBool,
    damage: AtomicBool,
    pub(crate) lost: LostPart,
    /// Copies that were set aside and had to go, because a text in them was erased.
    pub(crate) removed_copies: AtomicU64,
    /// A segment's length at which the next one is begun.
    pub(crate) segment_bytes: u64,
    /// Entries after which the database is made durable.
    pub(crate) durable_entries: u64,
    pub(crate) space: DiskSpaceState,
    /// Held by whoever rewrites closed segments.
    pub(crate) tidying: Mutex<CompactionDone>,
    /// Whether whoever reads through what has ended is to leave it for later.
    pub(crate) stops_tidying: AtomicBool,
    run_roots: Mutex<RunRoots>,
    pub(crate) scrubbed: Mutex<ScrubReport>,
    cursor: Mutex<UplinkCursor>,
    report: Mutex<StartReport>,
    #[cfg(any(test, feature = "test"))]
    pub(crate) rows_read: AtomicU64,
}

/// Whether the disk takes groups, as the writer found it.
#[derive(Debug, Default)]
pub(crate) struct DiskSpaceState {
    refusals: AtomicU64,
    /// Free bytes, and one, when the last group was refused; 0 where it was taken.
    refused_at: AtomicU64,
}

impl DiskSpaceState {
    /// The last group was refused for lack of space.
    pub(crate) fn refuse(&self, free_bytes: Option<u64>) {
        self.refused_at.store(free_bytes.unwrap_or(0).saturating_add(1), Ordering::Relaxed);
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) {
        self.refused_at.store(0, Ordering::Relaxed);
    }

    /// Whether the next group must be expected to be refused: the last one was, and nothing became free since.
    pub(crate) fn is_refused(&self, free_bytes: Option<u64>) -> bool {
        let refused_at = self.refused_at.load(Ordering::Relaxed);
        refused_at > 0 && free_bytes.is_none_or(|free| free < refused_at.saturating_add(PAGE_BYTES as u64))
    }

    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }
}

/// What a start found, for [`StoreShared::new`].
pub(crate) struct SharedInit {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) segment_bytes: u64,
    pub(crate) durable_entries: u64,
    pub(crate) db: Arc<Database>,
    pub(crate) lost: LostPart,
    pub(crate) state: StateDb,
    pub(crate) facility: FacilityState,
    pub(crate) places: Places,
    pub(crate) origin: LogOrigin,
    pub(crate) signer: SignerKey,
    pub(crate) older: Vec<LogKey>,
    pub(crate) verifiers: Vec<VerifierKey>,
    pub(crate) frontier: Frontier,
    pub(crate) cursor: UplinkCursor,
    pub(crate) report: StartReport,
}

/// A lock whose holder leaves no half change behind even when it panics.
fn lock_shared<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was done to closed segments since the start, and need not be done again.
#[derive(Debug, Default)]
pub(crate) struct CompactionDone {
    pub(crate) read: BTreeSet<Epoch>,
    /// Texts that left the journal, and that a copy which cannot be read now may still hold.
    pub(crate) erased: BTreeSet<[u8; 32]>,
}

impl StoreShared {
    pub(crate) fn new(parts: SharedInit) -> Self {
        let size = parts.frontier.size();
        Self {
            disk: parts.disk,
            segment_bytes: parts.segment_bytes,
            durable_entries: parts.durable_entries,
            db: RwLock::new(Some(parts.db)),
            state: parts.state,
            shown: ArcSwap::from_pointee(StoreSnapshot {
                origin: parts.origin,
                frontier: parts.frontier,
                facility: Arc::new(parts.facility),
            }),
            recorded: RecordedGroups::default(),
            places: ArcSwap::from_pointee(parts.places),
            origin: parts.origin,
            signer: parts.signer,
            older: parts.older,
            verifiers: parts.verifiers,
            note: Mutex::default(),
            size: watch::Sender::new(size),
            fatal: watch::Sender::new(None),
            durable: AtomicU64::new(size),
            roll_requested: AtomicBool::new(false),
            damage: AtomicBool::new(false),
            lost: parts.lost,
            space: DiskSpaceState::default(),
            tidying: Mutex::default(),
            stops_tidying: AtomicBool::new(false),
            run_roots: Mutex::default(),
            removed_copies: AtomicU64::new(0),
            scrubbed: Mutex::default(),
            cursor: Mutex::new(parts.cursor),
            report: Mutex::new(parts.report),
            #[cfg(any(test, feature = "test"))]
            rows_read: AtomicU64::default(),
        }
    }

    pub(crate) fn report(&self) -> StartReport {
        lock_shared(&self.report).clone()
    }

    pub(crate) fn misses_entries(&self) -> bool {
        !lock_shared(&self.report).missing.is_empty()
    }

    pub(crate) fn amend_report(&self, amend: impl FnOnce(&mut StartReport)) {
        amend(&mut lock_shared(&self.report));
    }

    pub(crate) fn db(&self) -> Result<Arc<Database>, StoreError> {
        self.db.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Reopening)
    }

    /// Closes the database: after an I/O error redb takes no more writes through the same handle. Readers hold it only
    /// for moments; `false` when one does not let go.
    pub(crate) fn close_db(&self) -> bool {
        let taken = self.db.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut held) = taken else { return true };
        for _ in 0..CLOSE_TRIES {
            match Arc::try_unwrap(held) {
                Ok(db) => {
                    drop(db);
                    return true;
                }
                Err(shared) => held = shared,
            }
            std::thread::sleep(CLOSE_PAUSE);
        }
        false
    }

    pub(crate) fn set_db(&self, db: Database) {
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(db));
    }

    /// The database returned other bytes than were written: the next start rebuilds it.
    pub(crate) fn found_damage(&self, seq: u64) {
        if !self.damage.swap(true, Ordering::Relaxed) {
            tracing::error!(seq, "the database is damaged; the next start builds it anew from the log");
        }
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.damage.load(Ordering::Relaxed) || self.lost.is_set()
    }

    /// Asks the writer to begin a new segment when nobody waits.
    pub(crate) fn want_roll(&self) {
        self.roll_requested.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take_roll_request(&self) -> bool {
        self.roll_requested.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> &StateDb {
        &self.state
    }

    pub(crate) fn count_row(&self) {
        #[cfg(any(test, feature = "test"))]
        self.rows_read.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Arc<StoreSnapshot> {
        self.shown.load_full()
    }

    pub(crate) fn facility(&self) -> Arc<FacilityState> {
        self.shown.load().facility.clone()
    }

    /// Epochs of this log, and runs that were adopted.
    pub(crate) fn places(&self) -> Arc<Places> {
        self.places.load_full()
    }

    pub(crate) fn run_roots(&self, run: &RunName) -> Option<Arc<[Hash]>> {
        lock_shared(&self.run_roots).get(run)
    }

    pub(crate) fn keep_run_roots(&self, run: &RunName, roots: Arc<[Hash]>) {
        lock_shared(&self.run_roots).put(run, roots);
    }

    pub(crate) fn set_places(&self, places: Places) {
        self.places.store(Arc::new(places));
    }

    pub(crate) fn origin(&self) -> LogOrigin {
        self.origin
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.origin.epoch
    }

    pub(crate) fn verifiers(&self) -> &[VerifierKey] {
        &self.verifiers
    }

    pub(crate) fn size(&self) -> u64 {
        self.shown.load().size()
    }

    pub(crate) fn size_watch(&self) -> watch::Receiver<u64> {
        self.size.subscribe()
    }

    pub(crate) fn fatal_watch(&self) -> watch::Receiver<Option<FatalError>> {
        self.fatal.subscribe()
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.fatal.borrow().is_some()
    }

    pub(crate) fn cursor(&self) -> MutexGuard<'_, UplinkCursor> {
        lock_shared(&self.cursor)
    }

    pub(crate) fn fail(&self, fatal: FatalError) {
        tracing::error!(%fatal, "the store ends the process");
        // What failed first is why.
        self.fatal.send_if_modified(|first| first.is_none() && first.replace(fatal).is_none());
    }

    /// Shows what is durable, and gives back the facility that was shown before. Waits for no reader.
    pub(crate) fn show(&self, frontier: &Frontier, facility: &Arc<FacilityState>) -> Arc<FacilityState> {
        let shown =
            StoreSnapshot { origin: self.origin, frontier: frontier.clone(), facility: facility.clone() };
        let before = self.shown.swap(Arc::new(shown)).facility.clone();
        self.size.send_if_modified(|size| std::mem::replace(size, frontier.size()) != frontier.size());
        before
    }

    pub(crate) fn durable(&self, size: u64) {
        self.durable.store(size, Ordering::Relaxed);
    }

    pub(crate) fn durable_size(&self) -> u64 {
        self.durable.load(Ordering::Relaxed)
    }

    /// The checkpoint of the present size, signed when it is asked for and kept while the size stays.
    pub(crate) fn checkpoint(&self) -> Result<SignedNote, StoreError> {
        let snapshot = self.snapshot();
        let size = snapshot.size();
        let mut stored = lock_shared(&self.note);
        if let Some((_, note)) = stored.as_ref().filter(|(of, _)| *of == size) {
            return Ok(note.clone());
        }
        let note = self.sign(size, snapshot.frontier.root())?;
        *stored = Some((size, note.clone()));
        Ok(note)
    }

    pub(crate) fn sign_bytes(&self, domain: &str, bytes: &[u8]) -> [u8; 64] {
        self.signer.sign_bytes(domain, bytes)
    }

    /// Signs a checkpoint; the caller knows that this is the root at that size.
    pub(crate) fn sign(&self, size: u64, root: Hash) -> Result<SignedNote, StoreError> {
        Ok(Checkpoint { origin: self.origin, size, root }.signed(&self.signer)?)
    }

    pub(crate) fn signer_of(&self, epoch: Epoch) -> Option<&SignerKey> {
        self.older.iter().find(|key| key.origin.epoch == epoch).map(|key| &key.signer)
    }

    /// Signs a checkpoint of an epoch that has ended; `None` without its key.
    pub(crate) fn sign_of(
        &self,
        epoch: Epoch,
        size: u64,
        root: Hash,
    ) -> Option<Result<SignedNote, StoreError>> {
        let origin = LogOrigin { epoch, ..self.origin };
        let signer = self.signer_of(epoch)?;
        Some(Checkpoint { origin, size, root }.signed(signer).map_err(StoreError::from))
    }
}
