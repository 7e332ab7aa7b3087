//! The box's store: a journal makes each record durable, redb follows it with everything that is asked for.

mod adopt;
mod adopted;
mod backup;
mod ballast;
mod begin;
mod branches;
mod building;
mod caught;
mod chain;
mod chunker;
mod closed_journal;
mod compose;
mod core;
mod cursor;
mod damaged_runs;
mod database;
pub mod disk;
mod disk_calls;
mod displaced;
mod drain;
mod ended;
mod ended_notes;
mod error;
mod evidence;
mod fetch_room;
mod fetched;
mod flush;
mod fold;
mod follower;
mod gap_filler;
mod gated_file;
mod group;
mod group_commit;
mod heal;
mod health;
#[cfg(any(test, feature = "test"))]
pub mod held_reads;
mod hints;
mod history;
mod job;
mod journal;
mod key_runs;
mod keys;
mod linked;
mod log_check;
mod log_copy;
mod mark;
mod misplaced;
mod newest;
mod open_group;
mod open_runs;
mod opened_copies;
mod own_texts;
mod pending;
mod places;
mod prepare;
mod queue;
mod read_pool;
mod reader;
mod rebase;
mod rebuild;
mod refill;
mod relay_restarts;
mod report;
mod rewriter;
mod run_exchange;
mod run_reader;
mod run_roots;
mod run_stream;
mod runs;
mod salvage;
mod scan;
mod scrub;
mod segment;
mod shared;
mod shorter;
mod snapshot;
mod sources;
mod start;
mod start_state;
mod state_copy;
mod state_db;
mod state_file;
mod state_handle;
mod state_takeover;
mod stray_runs;
mod survey;
pub mod system_disk;
mod tables;
mod tail;
mod tidy;
mod trusted;
mod unreadable;
mod unreported;
mod unsure_boots;
mod view;
mod writer;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::fold::FacilityState;
use record::sign::{SignedNote, VerifierKey};
use record::tree::root_at;
use service::clock::Clock;
use service::random::RandomSource;
use tokio::sync::{oneshot, watch};

pub use self::adopted::LogAdoption;
pub use self::backup::{ImportError, ImportedLines, import_log};
pub use self::chain::MissingEntries;
pub use self::core::LogWriter;
pub use self::cursor::{ConfirmedSize, CursorError, StoredCheckpoint};
use self::disk::Disk;
pub use self::error::{StoreError, SubmitError};
pub use self::evidence::ended_note_path;
pub use self::health::{Recording, StoreHealth};
pub use self::history::{HistoryPlace, ItemNote, ItemUse};
pub use self::job::{FatalError, WriteJob};
pub use self::journal::StoreSizes;
use self::keys::BoxKeys;
pub use self::log_check::{CheckedEpoch, LogCheck};
pub use self::log_copy::{CopiedFile, LogCopy};
use self::queue::{StopOnDrop, WriteQueue, WriterControl};
use self::read_pool::ReadPool;
pub use self::read_pool::{HISTORY_PIECE, ReadError, ReadLane};
pub use self::reader::LogReader;
#[cfg(any(test, feature = "test"))]
pub use self::reader::readers_opened_here;
pub use self::refill::{PastLog, RefillError, RefillPage};
pub use self::report::StartReport;
pub use self::run_exchange::{AdoptedRuns, MissingLines};
pub use self::run_stream::{IncomingRun, RunFile};
pub use self::scrub::{ScrubPosition, ScrubReport, ScrubStep};
use self::shared::StoreShared;
pub use self::snapshot::StoreSnapshot;
use self::start_state::StartKind;
pub use self::state_copy::StateCopy;
pub use self::state_handle::{RowReader, StateCondition, StateDb};
use self::system_disk::SystemDisk;
pub use self::trusted::TrustError;
pub use self::unreported::UntoldRepairs;
pub use self::view::{CommandView, DurableEntry, WriteDecision, WriteOutcome};

/// Where the store keeps its files, and how large they are.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The data folder; made where it is absent.
    pub dir: PathBuf,
    /// Sizes; the default is right for a box.
    pub sizes: StoreSizes,
}

impl StoreConfig {
    /// With the sizes of a box.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), sizes: StoreSizes::default() }
    }
}

/// Builds the database anew from the journal, after every epoch of it was healed from all copies. A new one that would
/// have less than the one that is there does not take its place.
///
/// # Errors
/// [`StoreError`]; the folder is in use while the box runs.
#[expect(clippy::needless_pass_by_value, reason = "as Store::open")]
pub fn rebuild_database(
    config: StoreConfig,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
) -> Result<StartReport, StoreError> {
    let disk: Arc<dyn Disk> = Arc::new(SystemDisk::take(&config.dir)?);
    if !BoxKeys::names_box(&*disk)?
        && !disk::file_exists(&*disk, database::MAIN).map_err(StoreError::io(database::MAIN))?
    {
        return Err(StoreError::NoBox(config.dir));
    }
    let (mut core, report) = LogWriter::open_for(StartKind::Rebuild, &disk, config.sizes, &clock, &*random)?;
    core.stop().map_err(|e| StoreError::io("the log")(std::io::Error::other(e)))?;
    Ok(report)
}

/// The store, shared by all who record and read. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<StoreShared>,
    queue: Arc<WriteQueue>,
    pool: Arc<ReadPool>,
    /// Entries of the epochs before the present one: they do not change while the store is open.
    ended: u64,
    clock: Arc<dyn Clock>,
    _gate: Arc<StopOnDrop>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("origin", &self.shared.origin()).finish_non_exhaustive()
    }
}

impl Store {
    /// Takes the data folder, heals what can be healed, and starts the writer. Blocks until ready.
    ///
    /// # Errors
    /// [`StoreError`]: what to do stands in its words.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the agreed signature; callers hand their only handle over"
    )]
    pub fn open(
        config: StoreConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Result<(Self, StartReport), StoreError> {
        let disk = Arc::new(SystemDisk::take(&config.dir)?);
        Self::open_on(disk, config.sizes, clock, &*random)
    }

    /// As [`Store::open`], on any disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        sizes: StoreSizes,
        clock: Arc<dyn Clock>,
        random: &dyn RandomSource,
    ) -> Result<(Self, StartReport), StoreError> {
        let (core, report) = LogWriter::open(disk, sizes, clock.clone(), random)?;
        let shared = core.shared().clone();
        let ended = reader::count_ended_entries(&shared);
        let queue = WriteQueue::new();
        writer::start_writer(core, queue.clone()).map_err(StoreError::io("a thread for the store"))?;
        let pool = ReadPool::start().map_err(StoreError::io("a thread for readers"))?;
        let gate = Arc::new(StopOnDrop(queue.clone()));
        Ok((Self { shared, queue, pool: Arc::new(pool), ended, clock, _gate: gate }, report))
    }

    /// Decides a command on the writer's thread and resolves when what it recorded is durable. Dropping the future does
    /// not take the command back.
    pub fn submit<A, F>(
        &self,
        command: F,
    ) -> impl Future<Output = Result<WriteOutcome<A>, SubmitError>> + Send + use<A, F>
    where
        F: FnOnce(&CommandView<'_>) -> WriteDecision<A> + Send + 'static,
        A: Send + 'static,
    {
        let queue = self.queue.clone();
        async move { queue::submit_job(&queue, command).await }
    }

    /// The newest durable state. Hold it as long as you like: the writer does not wait for it.
    pub fn snapshot(&self) -> Arc<StoreSnapshot> {
        self.shared.snapshot()
    }

    /// The facility as it is durable; held like [`Store::snapshot`].
    pub fn facility(&self) -> Arc<FacilityState> {
        self.shared.facility()
    }

    /// A snapshot of this epoch's log and of all history, read on the caller's thread: for work in the background. Pages and
    /// programs read through [`Store::read`].
    ///
    /// # Errors
    /// The database's.
    pub fn reader(&self) -> Result<LogReader, StoreError> {
        LogReader::open(self.shared.clone(), self.shared.epoch())
    }

    /// A snapshot for an epoch of this box that may have ended.
    ///
    /// # Errors
    /// The database's; [`StoreError::NoEntry`] for an epoch that is not here.
    pub fn reader_of(&self, epoch: record::ids::Epoch) -> Result<LogReader, StoreError> {
        LogReader::open(self.shared.clone(), epoch)
    }

    /// Rows of histories that were read so far.
    #[cfg(any(test, feature = "test"))]
    pub fn rows_read(&self) -> u64 {
        self.shared.rows_read.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Epochs that the box holds, oldest first.
    pub fn epochs(&self) -> Vec<record::ids::Epoch> {
        self.shared.places().epochs.clone()
    }

    /// Follows the size of the log.
    pub fn size_watch(&self) -> watch::Receiver<u64> {
        self.shared.size_watch()
    }

    /// Entries of this epoch.
    pub fn size(&self) -> u64 {
        self.shared.size()
    }

    /// Entries of the epochs before the present one.
    pub fn ended_entries(&self) -> u64 {
        self.ended
    }

    /// Names box and epoch.
    pub fn origin(&self) -> LogOrigin {
        self.shared.origin()
    }

    /// The checkpoint of the present size, signed when it is asked for and kept while the size stays.
    ///
    /// # Errors
    /// [`StoreError::Note`].
    pub fn checkpoint(&self) -> Result<SignedNote, StoreError> {
        self.shared.checkpoint()
    }

    /// The checkpoint of an earlier size of this epoch, signed now.
    ///
    /// # Errors
    /// [`StoreError::NoEntry`] past the end; the database's.
    pub fn checkpoint_at(&self, size: u64) -> Result<SignedNote, StoreError> {
        let reader = self.reader()?;
        if size > reader.size() {
            return Err(StoreError::NoEntry { seq: size.saturating_sub(1), size: reader.size() });
        }
        self.shared.sign(size, root_at(&reader, size)?)
    }

    /// Signs bytes under a domain with this epoch's key: the call by which a box renews its certificate.
    pub fn sign_bytes(&self, domain: &str, bytes: &[u8]) -> [u8; 64] {
        self.shared.sign_bytes(domain, bytes)
    }

    /// Keys that verify this box's checkpoints, this epoch's first.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        let (mut all, present) = (self.shared.verifiers().to_vec(), self.origin().to_string());
        // An epoch that a start began and that another did not need leaves its key behind, which has signed nothing.
        all.sort_by_key(|key| key.name() != present);
        all
    }

    /// Entries that count and that no copy on this box had at its start.
    pub fn missing(&self) -> Vec<MissingEntries> {
        self.shared.report().missing
    }

    /// Whether there are such entries.
    pub fn misses_entries(&self) -> bool {
        self.shared.misses_entries()
    }

    /// The data folder, for other small files that stand in it.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.shared.disk)
    }

    /// Becomes `Some` when the process must end with status 74: what is on the disk is not known any more.
    pub fn fatal_watch(&self) -> watch::Receiver<Option<FatalError>> {
        self.shared.fatal_watch()
    }

    /// Ends the writer after what waits: closing group, durable database. Later commands are told
    /// [`SubmitError::Stopping`]. A second call finds it ended.
    ///
    /// # Errors
    /// [`FatalError`].
    pub async fn stop(&self) -> Result<(), FatalError> {
        let (done, stopped) = oneshot::channel();
        if self.queue.control(WriterControl::Stop(done)).is_err() {
            return Ok(());
        }
        stopped.await.unwrap_or_else(|_| Err(FatalError("its writer ended first".to_owned())))
    }
}

#[cfg(test)]
mod tests;
