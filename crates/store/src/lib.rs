//! The box's store: a journal makes each record durable, redb follows it with everything that is asked for.

mod adoption;
pub mod archive;
mod database;
mod healing;
mod index;
mod io;
mod log;
mod readers;
mod runs;
mod shared;
mod side_files;
mod sources;
mod start;
mod upkeep;
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

pub use self::adoption::run_exchange::{AdoptedRuns, MissingLines};
pub use self::adoption::run_stream::{IncomingRun, RunFile};
pub use self::database::state_handle::{RowReader, StateCondition, StateDb};
pub use self::healing::refill::{PastLog, RefillError, RefillPage};
pub use self::index::tables::BLOCK as BLOCK_ENTRIES;
pub use self::index::view::{CommandView, DurableEntry, WriteDecision, WriteOutcome};
use self::io::disk::Disk;
pub use self::io::error::{StoreError, SubmitError};
use self::io::system_disk::SystemDisk;
pub use self::io::{disk, system_disk};
pub use self::log::chain::{MissingEntries, TAKEOVER_REASON};
pub use self::log::journal::StoreSizes;
pub use self::readers::adopted::LogAdoption;
#[cfg(any(test, feature = "test"))]
pub use self::readers::held_reads;
pub use self::readers::history::{HistoryPlace, ItemNote, ItemUse};
use self::readers::read_pool::ReadPool;
pub use self::readers::read_pool::{HISTORY_PIECE, ReadError, ReadLane};
pub use self::readers::reader::LogReader;
#[cfg(any(test, feature = "test"))]
pub use self::readers::reader::readers_opened_here;
pub use self::shared::cursor::{ConfirmedSize, CursorError, StoredCheckpoint};
pub use self::shared::job::{FatalError, WriteJob};
use self::shared::queue::{StopOnDrop, WriteQueue, WriterControl};
pub use self::shared::scrub_report::ScrubReport;
use self::shared::shared_state::StoreShared;
pub use self::shared::snapshot::StoreSnapshot;
pub use self::side_files::evidence::ended_note_path;
use self::side_files::keys::BoxKeys;
pub use self::side_files::report::StartReport;
pub use self::side_files::trusted::TrustError;
pub use self::side_files::unreported::UnreportedRepairs;
use self::start::start_state::StartKind;
pub use self::upkeep::backup::{ImportError, ImportedLines, import_log};
pub use self::upkeep::health::{Recording, StoreHealth};
pub use self::upkeep::log_check::{CheckedEpoch, LogCheck};
pub use self::upkeep::log_copy::{CopiedFile, LogCopy};
pub use self::upkeep::scrub::{ScrubPosition, ScrubStep};
pub use self::upkeep::state_copy::StateCopy;
pub use self::writer::core::LogWriter;

#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The data folder; made where it is absent.
    pub dir: PathBuf,
    /// Sizes; the default is right for a box.
    pub sizes: StoreSizes,
}

impl StoreConfig {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), sizes: StoreSizes::default() }
    }
}

/// Rebuilds the database from the journal once that is healed from all copies; one that would have less is not used.
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
        && !io::disk::file_exists(&*disk, database::main_database::MAIN)
            .map_err(StoreError::io(database::main_database::MAIN))?
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
    /// [`StoreError`]: what to do is said in its words.
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
        let ended = readers::reader::count_ended_entries(&shared);
        let queue = WriteQueue::new();
        writer::writer_thread::start_writer(core, queue.clone())
            .map_err(StoreError::io("a thread for the store"))?;
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
        async move { shared::queue::submit_job(&queue, command).await }
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

    #[cfg(any(test, feature = "test"))]
    pub fn rows_read(&self) -> u64 {
        self.shared.rows_read.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Epochs that the box holds, oldest first.
    pub fn epochs(&self) -> Vec<record::ids::Epoch> {
        self.shared.places().epochs.clone()
    }

    pub fn size_watch(&self) -> watch::Receiver<u64> {
        self.shared.size_watch()
    }

    pub fn size(&self) -> u64 {
        self.shared.size()
    }

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

    pub fn misses_entries(&self) -> bool {
        self.shared.misses_entries()
    }

    /// The data folder, for other small files that are stored in it.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.shared.disk)
    }

    /// Becomes `Some` when the process must end with status 74: what is on the disk is not known any more.
    pub fn fatal_watch(&self) -> watch::Receiver<Option<FatalError>> {
        self.shared.fatal_watch()
    }

    /// Ends the writer after what waits: closing group, durable database. Later commands get [`SubmitError::Stopping`].
    /// A second call finds it ended.
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
