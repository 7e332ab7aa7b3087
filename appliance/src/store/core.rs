//! The store without its thread: decides commands, writes a group to the journal, follows with the database.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use record::entry::{Draft, Entry};
use record::fold::{Facility, RowKey};
use record::ids::Epoch;
use record::kinds::Event;
use record::redact::TextLine;
use record::tree::Frontier;
use redb::{Durability, WriteTransaction};

use super::database::{self, MAIN, make_durable};
use super::disk::{Disk, PAGE_BYTES, remove_if_there};
use super::error::{StoreError, SubmitError};
use super::fold::{self, Chain};
use super::journal::{AppendError, Journal, Sizes};
use super::mark::mark_distrusted;
use super::reader::Reader;
use super::rebuild;
use super::segment::{GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter};
use super::shared::Shared;
use super::snapshot::FacilityPair;
use super::tables::{self, Tables};
use super::tidy;
use super::view::{Recorded, View};
use crate::clock::{Clock, Now};

/// Given up when the disk is full, so that recording goes on.
pub(crate) const BALLAST: &str = "ballast";
/// Bytes of ballast written at a time, so that no phone waits long behind them.
const BALLAST_STEP_BYTES: u64 = 256 << 10;
/// Free bytes beyond the ballast's own below which none is made.
const BALLAST_SPARE_BYTES: u64 = 256 << 20;
/// Times the usual number of entries after which the database is made durable even under load.
const OVERDUE: u64 = 2;
/// How long entries may stand in the journal alone.
const DURABLE_AFTER_MS: u64 = 3_600_000;

/// A command on its way through the writer.
pub trait Job: Send {
    /// Decides it against the state; called once.
    fn decide(&mut self, view: &View<'_>) -> Vec<Draft>;
    /// Answers it; called once, after the flush.
    fn finish(self: Box<Self>, result: Result<Vec<Recorded>, SubmitError>);
}

/// Why the process must end: what is on the disk is not known any more.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store cannot go on: {0}; what was acknowledged is safe, and a restart finds out the rest")]
pub struct Fatal(pub String);

impl From<StoreError> for Fatal {
    fn from(e: StoreError) -> Self {
        Self(e.to_string())
    }
}

/// The only appender of the log. [`super::writer`] runs it on a thread; tests drive it directly.
pub struct Core {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) sizes: Sizes,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) shared: Arc<Shared>,
    pub(super) journal: Journal,
    pub(super) epoch: Epoch,
    pub(super) frontier: Frontier,
    pub(super) chain: Chain,
    /// The state with everything decided, durable or not; readers have their own copy.
    pub(super) facility: FacilityPair,
    pub(super) group: GroupWriter,
    pub(super) durable: Durable,
    /// Whether the next start was told of a damaged database.
    pub(super) marked: bool,
    /// Wakes the thread that looks after closed segments.
    pub(super) tidy: Option<SyncSender<()>>,
}

/// How far the database's durable copy is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Durable {
    pub(super) size: u64,
    pub(super) up_ms: u64,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("epoch", &self.epoch)
            .field("size", &self.frontier.size())
            .finish_non_exhaustive()
    }
}

/// A job that was decided, with what is recorded for it.
struct Decided {
    job: Box<dyn Job>,
    result: Result<Vec<Recorded>, SubmitError>,
}

/// One group while it is put together.
#[derive(Default)]
struct Building {
    decided: Vec<Decided>,
    rows: BTreeSet<RowKey>,
    entries: usize,
    /// Lines of the texts, which stand behind all entries.
    texts: GroupWriter,
    /// Whether the front of the queue was decided on top of this group.
    carried: bool,
}

/// Why a group could not be put together or written.
enum GroupError {
    /// Nothing was recorded; everyone is told.
    Refused(SubmitError),
    /// The database failed before anything was recorded.
    Database(redb::Error),
    /// Nobody knows.
    Fatal(Fatal),
}

impl From<redb::Error> for GroupError {
    fn from(e: redb::Error) -> Self {
        Self::Database(e)
    }
}

impl Core {
    /// Entries of this epoch.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// A snapshot for reading.
    ///
    /// # Errors
    /// The database's.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(self.shared.clone(), self.epoch)
    }

    /// A snapshot of an epoch that may have ended.
    ///
    /// # Errors
    /// The database's; [`StoreError::NoEntry`] for an epoch that is not here.
    pub fn reader_of(&self, epoch: Epoch) -> Result<Reader, StoreError> {
        Reader::open(self.shared.clone(), epoch)
    }

    /// The facility with everything that was decided.
    pub fn facility(&self) -> &Facility {
        &self.facility.back
    }

    /// What readers share with the writer.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Takes as many jobs from the front as fit into one group, makes them durable and answers them.
    ///
    /// # Errors
    /// [`Fatal`]: the process must end. The jobs taken were told [`SubmitError::Unknown`].
    pub fn group(&mut self, jobs: &mut VecDeque<Box<dyn Job>>) -> Result<(), Fatal> {
        let before = self.frontier.clone();
        let mut building = Building::default();
        let written = self.write_group(jobs, &mut building, &before);
        match written {
            Ok(()) => {
                if building.entries > 0 {
                    self.shared.room.take();
                    self.publish(building.rows);
                }
                for done in building.decided {
                    done.job.finish(done.result);
                }
                Ok(())
            }
            Err(error) => {
                self.frontier = before;
                self.facility = FacilityPair::new(self.shared.facility());
                let (told, fatal) = match error {
                    GroupError::Refused(e) => {
                        self.shared.room.refuse(self.disk.free_bytes());
                        (e, None)
                    }
                    // The journal was not touched; the handle takes no more writes.
                    GroupError::Database(e) => (SubmitError::Database(e.to_string()), self.reopen(&e).err()),
                    GroupError::Fatal(e) => (SubmitError::Unknown, Some(e)),
                };
                for done in building.decided {
                    done.job.finish(done.result.and(Err(told.clone())));
                }
                if let Some(carried) = building.carried.then(|| jobs.pop_front()).flatten() {
                    carried.finish(Err(told));
                }
                fatal.map_or(Ok(()), Err)
            }
        }
    }

    fn write_group(
        &mut self,
        jobs: &mut VecDeque<Box<dyn Job>>,
        building: &mut Building,
        before: &Frontier,
    ) -> Result<(), GroupError> {
        let db = self.shared.db().map_err(|e| GroupError::Fatal(e.into()))?;
        let mut txn = db.begin_write().map_err(redb::Error::from)?;
        txn.set_durability(Durability::None).map_err(redb::Error::from)?;
        self.group.clear();
        self.facility.begin();
        self.build(&txn, jobs, building)?;
        if building.entries == 0 {
            txn.abort().map_err(redb::Error::from)?;
            return Ok(());
        }
        self.append(before)?;
        let committed = txn.commit().map_err(redb::Error::from);
        drop(db);
        // The group is recorded, whatever the database says.
        committed.or_else(|e| self.reopen(&e)).map_err(GroupError::Fatal)
    }

    /// Opens the database again after an error and brings it up to the journal.
    fn reopen(&mut self, after: &redb::Error) -> Result<(), Fatal> {
        tracing::warn!(error = %after, "the database failed and is opened again");
        if matches!(after, redb::Error::Io(e) if is_full(e)) {
            self.drop_ballast();
        }
        if !self.shared.close_db() {
            return Err(Fatal("a reader does not let go of the database".to_owned()));
        }
        let disk = self.disk.clone();
        let origin = self.shared.origin();
        let db = database::open(&*disk, MAIN, self.sizes.cache)?;
        let db = db.ok_or_else(|| Fatal("the database does not open again".to_owned()))?;
        let (facility, replayed) = rebuild::catch_up(&*disk, &db, origin, self.frontier.size())?;
        self.shared.set_db(db);
        self.facility = FacilityPair::new(Arc::new(facility));
        self.shared.show(&self.frontier, &self.facility.back);
        self.durable.size = self.frontier.size() - replayed;
        Ok(())
    }

    fn append(&mut self, before: &Frontier) -> Result<(), GroupError> {
        let (first, next, root) = (before.size(), self.frontier.size(), self.frontier.root());
        let len = self.group.close(first, next, &root).len();
        for attempt in 0..2 {
            let result = match self.journal.make_room(len, before) {
                Ok(()) => self.journal.append(self.group.bytes()),
                Err(e) if is_full(&e) => Err(AppendError::Full),
                Err(e) => Err(AppendError::Unknown("continued in a new file", e)),
            };
            match result {
                Ok(()) => return Ok(()),
                Err(AppendError::Full) if attempt == 0 && self.drop_ballast() => {}
                Err(AppendError::Full) => return Err(GroupError::Refused(SubmitError::Full)),
                Err(e) => return Err(GroupError::Fatal(Fatal(e.to_string()))),
            }
        }
        Err(GroupError::Refused(SubmitError::Full))
    }

    /// Decides jobs one after the other; each sees what was decided before it.
    fn build(
        &mut self,
        txn: &WriteTransaction,
        jobs: &mut VecDeque<Box<dyn Job>>,
        building: &mut Building,
    ) -> Result<(), GroupError> {
        let mut tables = Tables::open(txn)?;
        let now = self.clock.now();
        while let Some(mut job) = jobs.pop_front() {
            let failed = RefCell::new(None);
            let view = View {
                now,
                epoch: self.epoch,
                size: self.frontier.size(),
                facility: &self.facility.back,
                chain: &self.chain,
                tables: &tables,
                failed: &failed,
            };
            let Ok(drafts) = catch_unwind(AssertUnwindSafe(|| job.decide(&view))) else {
                // Its asker hears that nobody answers; nothing of it is in the group.
                tracing::error!("a command panicked while it was decided; it was not recorded");
                continue;
            };
            if let Some(e) = failed.into_inner() {
                building.decided.push(Decided { job, result: Ok(Vec::new()) });
                return Err(GroupError::from(e));
            }
            let composed = compose(&drafts, self.frontier.size(), &now);
            let composed = match composed {
                Ok(composed) => composed,
                Err(e) => {
                    building.decided.push(Decided { job, result: Err(e) });
                    continue;
                }
            };
            let full = self.group.len() + building.texts.len() + composed.bytes > GROUP_LINES_BYTES_MAX
                || building.entries + composed.entries.len() > GROUP_ENTRIES_MAX;
            if full && building.entries > 0 {
                // It opens the next group, which begins with exactly the state that it was decided on.
                building.carried = true;
                jobs.push_front(Box::new(Redecided { job, drafts: Some(drafts) }));
                break;
            }
            building.entries += composed.entries.len();
            let recorded = self.take(&mut tables, &composed, &drafts, building);
            let (result, error) = match recorded {
                Ok(recorded) => (Ok(recorded), None),
                Err(e) => (Ok(Vec::new()), Some(e)),
            };
            building.decided.push(Decided { job, result });
            if let Some(e) = error {
                return Err(GroupError::from(e));
            }
            if building.entries >= GROUP_ENTRIES_MAX {
                break;
            }
        }
        if building.entries > 0 {
            self.group.lines(building.texts.bytes());
            fold::write_rows(&mut tables, &self.facility.back, &building.rows)?;
            let value = tables::epoch_value(self.epoch, &self.frontier);
            tables.epochs.insert(self.epoch.n, &value[..]).map_err(redb::Error::from)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        tables: &mut Tables<'_>,
        composed: &Composed,
        drafts: &[Draft],
        building: &mut Building,
    ) -> Result<Vec<Recorded>, redb::Error> {
        let mut recorded = Vec::with_capacity(drafts.len());
        for ((entry, texts), draft) in composed.entries.iter().zip(drafts) {
            let leaf = entry.leaf();
            self.group.entry(entry.bytes());
            fold::push_leaf(tables, self.epoch, &mut self.frontier, leaf)?;
            // Texts first: an erasure in the same group must find them.
            for text in texts {
                fold::keep_text(tables, self.epoch, text)?;
            }
            let (facility, what) = (self.facility.change(), (entry, &draft.event));
            fold::apply(tables, facility, &self.chain, self.epoch, what, &mut building.rows)?;
            if matches!(draft.event, Event::TextErased(_)) {
                self.shared.want_roll();
            }
            recorded.push(Recorded { seq: entry.seq(), leaf, at: entry.head().at });
        }
        building.texts.lines(composed.texts.bytes());
        Ok(recorded)
    }

    /// Records something of the box's own before anyone else can.
    ///
    /// # Errors
    /// What kept it from being recorded.
    pub(super) fn record_own(&mut self, draft: Draft) -> Result<(), StoreError> {
        let (told, result) = std::sync::mpsc::channel();
        let mut jobs: VecDeque<Box<dyn Job>> = VecDeque::new();
        jobs.push_back(Box::new(Own { draft: Some(draft), told }));
        let failed =
            |why: String| StoreError::Io { what: "the log".to_owned(), source: std::io::Error::other(why) };
        self.group(&mut jobs).map_err(|e| failed(e.to_string()))?;
        match result.try_recv() {
            Ok(Ok(_)) => self.make_durable().map_err(|e| failed(e.to_string())),
            Ok(Err(SubmitError::Full)) => Err(StoreError::Io {
                what: "the log".to_owned(),
                source: std::io::ErrorKind::StorageFull.into(),
            }),
            Ok(Err(e)) => Err(failed(e.to_string())),
            Err(_) => Err(StoreError::Stopped),
        }
    }

    /// Shows readers what is durable now.
    fn publish(&mut self, rows: BTreeSet<RowKey>) {
        let before = self.shared.show(&self.frontier, &self.facility.back);
        self.facility.shown(before, rows);
    }

    fn behind(&self) -> u64 {
        self.frontier.size().saturating_sub(self.durable.size)
    }

    /// Whether the database should be made durable when nobody waits.
    pub fn durable_due(&self) -> bool {
        let since = self.clock.now().up_ms.saturating_sub(self.durable.up_ms);
        self.behind() >= self.sizes.durable_entries || (self.behind() > 0 && since >= DURABLE_AFTER_MS)
    }

    /// Whether it should be made durable although somebody may wait: replay at the next start is bounded by this.
    pub fn durable_overdue(&self) -> bool {
        self.behind() >= self.sizes.durable_entries * OVERDUE
    }

    /// Writes the evidence of the cursor down.
    pub(super) fn write_cursor(&self) {
        let up_ms = self.clock.now().up_ms;
        if let Err(e) = self.shared.cursor().write(&*self.disk, up_ms) {
            // The relay's next answer brings it again.
            tracing::warn!(error = %e, "the cursor was not written down");
        }
    }

    /// Begins a new segment, so that nothing more is appended to the one before.
    ///
    /// # Errors
    /// [`Fatal`].
    pub fn roll(&mut self) -> Result<(), Fatal> {
        match self.journal.roll(&self.frontier) {
            Err(e) if !is_full(&e) => Err(Fatal(format!("the journal could not be continued: {e}"))),
            _ => Ok(()),
        }
    }

    /// Makes the database durable.
    ///
    /// # Errors
    /// [`Fatal`]: the database failed; the journal has everything, and the next start makes the copy.
    pub fn make_durable(&mut self) -> Result<(), Fatal> {
        // The handle is let go of first: the database cannot be opened again while someone holds it.
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
                Err(e) => return Err(Fatal(format!("the database could not be made durable: {e}"))),
            }
        }
        self.durable = Durable { size: self.frontier.size(), up_ms: self.clock.now().up_ms };
        self.shared.durable(self.durable.size);
        self.wake_tidy();
        Ok(())
    }

    /// Wakes the thread that looks after closed segments, where there is one.
    pub(super) fn wake_tidy(&self) {
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
        tidy::tidy(&self.shared)
    }

    /// One short piece of the work that nobody waits for; `false` when there is none left.
    ///
    /// # Errors
    /// [`Fatal`].
    pub fn idle(&mut self) -> Result<bool, Fatal> {
        self.note_damage();
        if self.shared.take_roll_wanted() {
            self.roll()?;
            self.make_durable()?;
            self.wake_tidy();
            return Ok(true);
        }
        if self.journal.wants_zeros() {
            return match self.journal.write_zeros_ahead() {
                Ok(()) => Ok(true),
                Err(e) if is_full(&e) => Ok(false),
                Err(e) => Err(Fatal(format!("the journal could not be prepared: {e}"))),
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
        let grow = || -> std::io::Result<bool> {
            let len = ballast_bytes(&*self.disk);
            let spare =
                self.disk.free_bytes().is_none_or(|free| free > want - len.min(want) + BALLAST_SPARE_BYTES);
            if len >= want || !spare {
                return Ok(false);
            }
            // Made only where there is room for it: an empty one would say that the disk was never full.
            let file = match self.disk.open(BALLAST) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => self.disk.create_new(BALLAST)?,
                other => other?,
            };
            super::disk::write_zeros(&*file, len, want.min(len + BALLAST_STEP_BYTES))?;
            file.sync_data()?;
            file.forget_cached();
            Ok(true)
        };
        want > 0 && grow().unwrap_or(false)
    }

    fn drop_ballast(&self) -> bool {
        drop_ballast(&*self.disk)
    }

    /// Ends cleanly: an empty closing group, then a durable database.
    ///
    /// # Errors
    /// [`Fatal`].
    pub fn stop(&mut self) -> Result<(), Fatal> {
        self.note_damage();
        if self.shared.take_roll_wanted() {
            self.roll()?;
        }
        match self.journal.close(&self.frontier) {
            // Without the closing group the next start only cannot tell a torn last group from a damaged one.
            Ok(()) | Err(AppendError::Full) => {}
            Err(e) => return Err(Fatal(e.to_string())),
        }
        self.make_durable()
    }
}

/// Length of what is held in reserve.
fn ballast_bytes(disk: &dyn Disk) -> u64 {
    disk.open(BALLAST).and_then(|file| file.length()).unwrap_or(0)
}

/// Whether anything is held in reserve that would help.
pub(super) fn has_ballast(disk: &dyn Disk) -> bool {
    ballast_bytes(disk) >= PAGE_BYTES as u64
}

/// Gives up what is held in reserve for a full disk; whether there was any.
pub(super) fn drop_ballast(disk: &dyn Disk) -> bool {
    let dropped = has_ballast(disk) && remove_if_there(disk, BALLAST).is_ok();
    if dropped {
        tracing::warn!("the disk is full: the ballast was removed so that recording goes on");
    }
    dropped
}

pub(super) fn is_full(e: &std::io::Error) -> bool {
    matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// A command's entries, each with the texts beside it.
struct Composed {
    entries: Vec<(Entry, Vec<TextLine>)>,
    /// The texts' lines.
    texts: GroupWriter,
    /// Bytes of all lines.
    bytes: usize,
}

/// The entries of drafts as they would stand from `size` on.
fn compose(drafts: &[Draft], size: u64, now: &Now) -> Result<Composed, SubmitError> {
    let mut composed =
        Composed { entries: Vec::with_capacity(drafts.len()), texts: GroupWriter::default(), bytes: 0 };
    for (draft, seq) in drafts.iter().zip(size..) {
        let entry = Entry::compose(seq, now.at(), draft.by, draft.idem, &draft.event)?;
        let texts: Vec<_> = draft.texts.iter().map(|text| text.beside(seq)).collect();
        texts.iter().for_each(|text| composed.texts.text(text));
        composed.bytes += entry.bytes().len() + 1;
        composed.entries.push((entry, texts));
    }
    composed.bytes += composed.texts.len();
    let (entries, bytes) = (composed.entries.len(), composed.bytes);
    if bytes > GROUP_LINES_BYTES_MAX || entries > GROUP_ENTRIES_MAX {
        return Err(SubmitError::TooLarge { entries, bytes });
    }
    Ok(composed)
}

/// A job that was decided for a group into which it did not fit.
struct Redecided {
    job: Box<dyn Job>,
    drafts: Option<Vec<Draft>>,
}

impl Job for Redecided {
    fn decide(&mut self, _: &View<'_>) -> Vec<Draft> {
        self.drafts.take().unwrap_or_default()
    }
    fn finish(self: Box<Self>, result: Result<Vec<Recorded>, SubmitError>) {
        self.job.finish(result);
    }
}

/// Something that the box records of itself.
struct Own {
    draft: Option<Draft>,
    told: std::sync::mpsc::Sender<Result<Vec<Recorded>, SubmitError>>,
}

impl Job for Own {
    fn decide(&mut self, _: &View<'_>) -> Vec<Draft> {
        self.draft.take().into_iter().collect()
    }
    fn finish(self: Box<Self>, result: Result<Vec<Recorded>, SubmitError>) {
        let _ = self.told.send(result);
    }
}
