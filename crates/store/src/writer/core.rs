//! The store without its thread: decides commands, writes a group to the journal, follows with the database.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use record::entry::EntryDraft;
use record::fold::FacilityState;
use record::ids::Epoch;
use record::tree::Frontier;
use service::clock::Clock;

use super::open_group::GroupBuilder;
use super::tidy;
use crate::database::main_database::make_durable;
use crate::index::key_runs::KeyRuns;
use crate::index::pending::ErasedMarks;
use crate::index::places::Places;
use crate::index::view::{CommandView, DurableEntry};
use crate::io::disk::Disk;
use crate::io::error::{StoreError, SubmitError, is_full};
use crate::io::flush::JournalFlush;
use crate::log::journal::{AppendError, Journal, StoreSizes};
use crate::log::segment::GroupWriter;
use crate::readers::reader::LogReader;
use crate::shared::job::{FatalError, WriteJob};
#[cfg(any(test, feature = "test"))]
use crate::shared::recorded::FollowedBy;
use crate::shared::shared_state::StoreShared;
use crate::shared::snapshot::FacilityPair;
use crate::side_files::ballast::{BALLAST, ballast_bytes, release_ballast};
use crate::side_files::mark::mark_distrusted;

/// Bytes of ballast written at a time, so that no phone waits long behind them.
const BALLAST_STEP_BYTES: u64 = 256 << 10;
/// Free bytes beyond the ballast's own below which none is made.
const BALLAST_SPARE_BYTES: u64 = 256 << 20;
/// How long entries may be in the journal alone.
const DURABLE_AFTER_MS: u64 = 3_600_000;

/// The only appender of the log. [`super::writer`] runs it on a thread; tests drive it directly.
pub struct LogWriter {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) sizes: StoreSizes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shared: Arc<StoreShared>,
    pub(crate) journal: Journal,
    pub(crate) epoch: Epoch,
    pub(crate) frontier: Frontier,
    pub(crate) places: Places,
    /// The state with everything decided, durable or not; readers have their own copy.
    pub(crate) facility: FacilityPair,
    pub(crate) group: GroupWriter,
    pub(crate) building: Option<GroupBuilder>,
    pub(crate) erased: Arc<ErasedMarks>,
    pub(crate) keys: KeyRuns,
    pub(crate) flush: Box<dyn JournalFlush>,
    /// The database failed, and is to be opened again before anything else is done with it.
    pub(crate) trouble: Option<redb::Error>,
    /// Groups that it had when it failed last: where it has no more, it fails for good.
    pub(crate) troubled_at: Option<u64>,
    pub(crate) durable: DurableMark,
    /// Whether the next start was informed of a damaged database.
    pub(crate) marked: bool,
    /// Wakes the thread that looks after closed segments.
    pub(crate) tidy: Option<SyncSender<()>>,
}

/// How far the database's durable copy is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DurableMark {
    pub(crate) size: u64,
    pub(crate) up_ms: u64,
}

impl std::fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("epoch", &self.epoch)
            .field("size", &self.frontier.size())
            .finish_non_exhaustive()
    }
}

impl LogWriter {
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// A snapshot for reading.
    ///
    /// # Errors
    /// The database's.
    pub fn reader(&self) -> Result<LogReader, StoreError> {
        LogReader::open(self.shared.clone(), self.epoch)
    }

    /// A snapshot of an epoch that may have ended.
    ///
    /// # Errors
    /// The database's; [`StoreError::NoEntry`] for an epoch that is not here.
    pub fn reader_of(&self, epoch: Epoch) -> Result<LogReader, StoreError> {
        LogReader::open(self.shared.clone(), epoch)
    }

    pub fn facility(&self) -> &FacilityState {
        &self.facility.back
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// From now on the database follows when somebody reads it, and not before.
    #[cfg(any(test, feature = "test"))]
    pub fn follow_late(&self) {
        self.shared.recorded.is_followed_by(FollowedBy::Reader);
    }

    pub(crate) fn shared(&self) -> &Arc<StoreShared> {
        &self.shared
    }

    /// Records something of the box's own before anyone else can.
    ///
    /// # Errors
    /// What kept it from being recorded.
    pub(crate) fn record_own(&mut self, drafts: Vec<EntryDraft>) -> Result<(), StoreError> {
        let (reply, result) = std::sync::mpsc::channel();
        let mut jobs: VecDeque<Box<dyn WriteJob>> = VecDeque::new();
        jobs.push_back(Box::new(Own { drafts, reply }));
        self.group(&mut jobs).map_err(|e| wrap_log_error(e.to_string()))?;
        match result.try_recv() {
            Ok(Ok(_)) => self.make_durable().map_err(|e| wrap_log_error(e.to_string())),
            Ok(Err(SubmitError::Full)) => Err(StoreError::Io {
                what: "the log".to_owned(),
                source: std::io::ErrorKind::StorageFull.into(),
            }),
            Ok(Err(e)) => Err(wrap_log_error(e.to_string())),
            Err(_) => Err(StoreError::Stopped),
        }
    }

    fn behind(&self) -> u64 {
        self.frontier.size().saturating_sub(self.durable.size)
    }

    /// Whether the database should be made durable when nobody waits.
    pub fn durable_due(&self) -> bool {
        let since = self.clock.now().up_ms.saturating_sub(self.durable.up_ms);
        self.behind() >= self.sizes.durable_entries || (self.behind() > 0 && since >= DURABLE_AFTER_MS)
    }

    pub(crate) fn write_cursor(&self) {
        let up_ms = self.clock.now().up_ms;
        if let Err(e) = self.shared.cursor().write(&*self.disk, up_ms) {
            // The relay's next answer brings it again.
            tracing::warn!(error = %e, "the cursor was not written down");
        }
    }

    /// Begins a new segment, so that nothing more is appended to the one before.
    ///
    /// # Errors
    /// [`FatalError`].
    pub fn roll(&mut self) -> Result<(), FatalError> {
        match self.journal.roll(&self.frontier) {
            Err(e) if !is_full(&e) => Err(FatalError(format!("the journal could not be continued: {e}"))),
            _ => Ok(()),
        }
    }

    /// Makes the database durable.
    ///
    /// # Errors
    /// [`FatalError`]: the database failed; the journal has everything, and the next start makes the copy.
    pub fn make_durable(&mut self) -> Result<(), FatalError> {
        self.recover()?;
        if self.shared.settle_recorded().is_err() {
            self.recover()?;
        }
        // The handle is released first: the database cannot be opened again while someone holds it.
        let made = make_durable(&*self.shared.db()?);
        if let Err(e) = made {
            self.reopen(&e)?;
            // Once more; on a full disk the journal alone has to do, for as long as it can.
            let again = make_durable(&*self.shared.db()?);
            match again {
                Ok(()) => {}
                Err(redb::Error::Io(e)) if is_full(&e) => {
                    self.durable.up_ms = self.clock.now().up_ms;
                    return self.reopen(&redb::Error::Io(e));
                }
                Err(e) => return Err(FatalError(format!("the database could not be made durable: {e}"))),
            }
        }
        self.note_durable(self.frontier.size());
        Ok(())
    }

    pub(crate) fn note_durable(&mut self, size: u64) {
        self.durable = DurableMark { size, up_ms: self.clock.now().up_ms };
        self.shared.durable(size);
        self.wake_tidy();
    }

    /// Wakes the thread that looks after closed segments, where there is one.
    pub(crate) fn wake_tidy(&self) {
        if let Some(wake) = &self.tidy {
            // Full: it is awake already.
            let _ = wake.try_send(());
        }
    }

    /// Does now what is else done on a thread of its own: erased texts leave closed segments, and these are compressed.
    ///
    /// # Errors
    /// The disk's and the database's; the log is whole all the same.
    pub fn tidy(&self) -> Result<(), StoreError> {
        tidy::compact_segments(&self.shared)
    }

    /// One short piece of the work that nobody waits for; `false` when there is none left.
    ///
    /// # Errors
    /// [`FatalError`].
    pub fn idle(&mut self) -> Result<bool, FatalError> {
        self.note_damage();
        if self.shared.take_roll_request() {
            self.roll()?;
            self.make_durable()?;
            self.wake_tidy();
            return Ok(true);
        }
        if self.journal.wants_zeros() {
            return match self.journal.write_zeros_ahead() {
                Ok(()) => Ok(true),
                Err(e) if is_full(&e) => Ok(false),
                Err(e) => Err(FatalError(format!("the journal could not be prepared: {e}"))),
            };
        }
        if self.durable_due() {
            self.make_durable()?;
            return Ok(true);
        }
        Ok(self.grow_ballast())
    }

    /// Tells the next start of a damaged database, once.
    fn note_damage(&mut self) {
        if self.shared.is_damaged() && !self.marked {
            self.marked = true;
            if let Err(e) = mark_distrusted(&*self.disk) {
                tracing::warn!(error = %e, "the damage of the database could not be noted for the next start");
            }
        }
    }

    /// Writes a piece of the ballast; failing only means that there is less of it.
    fn grow_ballast(&self) -> bool {
        let want = self.sizes.ballast;
        want > 0 && self.add_ballast(want).unwrap_or(false)
    }

    fn add_ballast(&self, want: u64) -> std::io::Result<bool> {
        let len = ballast_bytes(&*self.disk);
        let spare =
            self.disk.free_bytes().is_none_or(|free| free > want - len.min(want) + BALLAST_SPARE_BYTES);
        if len >= want || !spare {
            return Ok(false);
        }
        // Made only where there is space for it: an empty one would say that the disk was never full.
        let file = match self.disk.open(BALLAST) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => self.disk.create_new(BALLAST)?,
            other => other?,
        };
        crate::io::disk::write_zeros(&*file, len, want.min(len + BALLAST_STEP_BYTES))?;
        file.sync_data()?;
        file.forget_cached();
        Ok(true)
    }

    pub(crate) fn release_ballast(&self) -> bool {
        release_ballast(&*self.disk)
    }

    /// Ends cleanly: an empty closing group, then a durable database.
    ///
    /// # Errors
    /// [`FatalError`].
    pub fn stop(&mut self) -> Result<(), FatalError> {
        self.note_damage();
        if self.shared.take_roll_request() {
            self.roll()?;
        }
        match self.journal.close(&self.frontier) {
            // Without the closing group the next start only cannot distinguish a torn last group from a damaged one.
            Ok(()) | Err(AppendError::Full) => {}
            Err(e) => return Err(FatalError(e.to_string())),
        }
        self.make_durable()
    }
}

fn wrap_log_error(why: String) -> StoreError {
    StoreError::Io { what: "the log".to_owned(), source: std::io::Error::other(why) }
}

/// Something that the box records of itself.
struct Own {
    drafts: Vec<EntryDraft>,
    reply: std::sync::mpsc::Sender<Result<Vec<DurableEntry>, SubmitError>>,
}

impl WriteJob for Own {
    fn decide(&mut self, _: &CommandView<'_>) -> Vec<EntryDraft> {
        std::mem::take(&mut self.drafts)
    }
    fn finish(self: Box<Self>, result: Result<Vec<DurableEntry>, SubmitError>) {
        let _ = self.reply.send(result);
    }
}
