//! Ended epochs: the chain back to the beginning, what counts of each, and lost entries that the relay gives back.

use std::sync::Arc;

use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::Epoch;
use record::kinds::{EntryRef, Event, Prev};
use record::redact::TextLine;
use record::sign::{SignedNote, VerifierKey};
use record::tree::{Frontier, frontier_at, root_at};

use crate::Store;
use crate::index::places::RunState;
use crate::io::disk::{Disk, DiskFile, put_small, remove_if_there};
use crate::io::error::StoreError;
use crate::log::chain::{LineSource as _, LogExtent, TAKEOVER_REASON};
use crate::log::chunker::{Chunk, Chunker};
use crate::log::linked::{LinkedEpoch, LinkedStep};
use crate::log::own_texts::own_texts;
use crate::log::scan::SegmentFile;
use crate::log::segment::{GroupWriter, SegmentHeader};
use crate::side_files::evidence::{EVIDENCE, ends_path};
use crate::side_files::fetch_space::{bytes_of, reserve_space};
use crate::side_files::fetched::{DIR, fetched_path, read_fetched};
use crate::sources::SegmentSource;

/// Bytes after which what was fetched is made durable: a cut costs no more than this.
const FLUSHED_BYTES: u64 = 1 << 20;

/// An epoch that has ended, as this box holds it.
#[derive(Debug, Clone)]
pub struct PastLog {
    pub origin: LogOrigin,
    /// How much of it counts, as the next epoch's first entry says; nothing where that could not say it.
    pub counts: Prev,
    /// Whether anybody has said how much of it counts.
    pub stated: bool,
    pub size: u64,
    /// Whether this box holds all that counts.
    pub whole: bool,
    /// Whether all that is missing was fetched, and waits for the next start.
    pub fetched: bool,
    /// Verifies its checkpoints; absent: not even the public half of its key is here.
    pub verifier: Option<VerifierKey>,
    pub signs: bool,
    /// Whether another machine recorded it, whose place this one has taken since.
    pub replaced: bool,
    /// Whether its end was adopted by a run although it counts here: the relay cannot have it in its own place.
    pub goes_by_run: bool,
}

/// What an epoch says of the one before.
struct PastLink {
    before: Epoch,
    prev: Option<Prev>,
    is_takeover: bool,
}

/// Why entries were not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RefillError {
    /// This box's own files.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the relay does not give entries back: {0}")]
    Relay(String),
    /// They are not what was signed.
    #[error("what the relay gives is not what this box signed: {0}; nothing of it was taken")]
    Wrong(&'static str),
}

/// A page of entries as the relay gave it, nothing of it verified.
pub type RefillPage = (Vec<Entry>, Vec<TextLine>);

impl Store {
    /// Epochs before the present one, oldest first: followed from each one's first entry to the one before, also through
    /// those that are not here yet but were fetched.
    ///
    /// # Errors
    /// The database's.
    pub fn past(&self) -> Result<Vec<PastLog>, StoreError> {
        let mut all: Vec<PastLog> = Vec::new();
        let (mut epoch, mut replaced) = (self.origin().epoch, false);
        while let Some(link) = self.before(epoch)? {
            // Numbers descend, whatever an entry says.
            if link.before.n >= epoch.n {
                break;
            }
            replaced |= link.is_takeover;
            all.push(PastLog { replaced, ..self.past_epoch(link.before, link.prev)? });
            epoch = link.before;
        }
        all.reverse();
        Ok(all)
    }

    /// Which epoch comes before this one, and how much of it counts where that is known.
    fn before(&self, epoch: Epoch) -> Result<Option<PastLink>, StoreError> {
        let reader = self.reader()?;
        let first = reader.entry_at(EntryRef { epoch, seq: 0 })?;
        let first = match first {
            Some(first) => Some(first),
            None => self.fetched_first(epoch)?,
        };
        let Some(Event::LogStarted(started)) = first.map(|entry| entry.event()) else {
            // Its first entry is not here: the one before is presumed, as the start did.
            let places = self.shared.places();
            let here = places.runs().iter().filter(|adopted| adopted.state != RunState::Lacks);
            // What this machine recorded before it took another one's place is no log of that box.
            let runs = here.map(|adopted| adopted.by.run.epoch());
            let runs = runs.filter(|run| self.shared.signer_of(*run).is_none());
            let lower = places.epochs.iter().copied().chain(runs).filter(|other| other.n < epoch.n).max();
            return Ok(lower.map(|before| PastLink { before, prev: None, is_takeover: false }));
        };
        let before = started.prev.map(|prev| prev.epoch).or(started.after);
        let is_takeover = started.reason == TAKEOVER_REASON;
        Ok(before.map(|before| PastLink { before, prev: started.prev, is_takeover }))
    }

    fn fetched_first(&self, epoch: Epoch) -> Result<Option<Entry>, StoreError> {
        let disk = &self.shared.disk;
        let Some(path) = read_fetched(&**disk, epoch)? else { return Ok(None) };
        let mut source = SegmentSource::linked(disk.clone(), epoch, path.clone());
        let page = source.page(epoch, 0).map_err(StoreError::io(path))?;
        let line =
            page.filter(|page| page.piece.first == 0).and_then(|page| page.piece.lines.into_iter().next());
        Ok(line.and_then(|line| Entry::view(std::str::from_utf8(&line.entry).ok()?).ok()))
    }

    fn past_epoch(&self, epoch: Epoch, prev: Option<Prev>) -> Result<PastLog, StoreError> {
        let origin = LogOrigin { epoch, ..self.origin() };
        let nothing = Frontier::default();
        let counts = prev.unwrap_or(Prev { epoch, size: 0, root: nothing.root() });
        let (size, whole) = match self.reader_of(epoch) {
            Ok(reader) => {
                let enough = reader.size() >= counts.size;
                (reader.size(), enough && root_at(&reader, counts.size)? == counts.root)
            }
            // Nothing of it counts where it was all damaged when its successor began.
            Err(StoreError::NoEntry { .. }) => (0, counts.size == 0),
            Err(e) => return Err(e),
        };
        // Where nobody says how much there was, what is here is all that is known of.
        let whole = whole && (prev.is_some() || size > 0);
        let reached = match read_fetched(&*self.shared.disk, epoch)? {
            Some(path) if !whole => fetched_tree(&*self.shared.disk, &origin, &path)?.map(|(tree, _)| tree),
            _ => None,
        };
        let end = LogExtent { size: counts.size, root: counts.root };
        let name = origin.to_string();
        Ok(PastLog {
            origin,
            counts,
            stated: prev.is_some(),
            size,
            whole,
            fetched: prev.is_some() && reached.is_some_and(|tree| LogExtent::of(&tree) == end),
            verifier: self.shared.verifiers().iter().find(|v| v.name() == name).cloned(),
            signs: self.shared.signer_of(epoch).is_some(),
            replaced: false,
            goes_by_run: self.goes_by_run(epoch, counts.size)?,
        })
    }

    fn goes_by_run(&self, epoch: Epoch, size: u64) -> Result<bool, StoreError> {
        let Some(last) = size.checked_sub(1) else { return Ok(false) };
        let (of, reader) = (EntryRef { epoch, seq: last }, self.reader()?);
        for run in self.adopted_runs().counting.iter().filter(|run| run.covers(of)) {
            // A line that a run brought is in the run; one that counted before is not.
            if reader.line(LinePlace { of, run: Some(*run) })?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps a cosignature that this box's log contradicts, or of more than it holds: the next start ends the epoch
    /// there and begins another. The caller has verified both signatures.
    ///
    /// # Errors
    /// The disk's.
    pub fn end_epoch(&self, cosigned: &CosignedCheckpoint) -> Result<(), StoreError> {
        let disk = &*self.shared.disk;
        let path = ends_path(cosigned.checkpoint().origin.epoch);
        disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
        disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
        put_small(disk, &path, cosigned.note().to_string().as_bytes()).map_err(StoreError::io(path))
    }

    /// The checkpoint of an ended epoch at `size`, signed now; `None` when its key is not here.
    ///
    /// # Errors
    /// [`StoreError::NoEntry`] past its end; the database's.
    pub fn checkpoint_of(&self, epoch: Epoch, size: u64) -> Result<Option<SignedNote>, StoreError> {
        let reader = self.reader_of(epoch)?;
        if size > reader.size() {
            return Err(StoreError::NoEntry { seq: size.saturating_sub(1), size: reader.size() });
        }
        self.shared.sign_of(epoch, size, root_at(&reader, size)?).transpose()
    }

    /// How far the fetched entries of an epoch reach, where some wait: to continue from there after an interruption.
    ///
    /// # Errors
    /// The disk's.
    pub fn fetched_size(&self, epoch: Epoch) -> Result<Option<u64>, StoreError> {
        let disk = &*self.shared.disk;
        let origin = LogOrigin { epoch, ..self.origin() };
        let Some(path) = read_fetched(disk, epoch)? else { return Ok(None) };
        Ok(fetched_tree(disk, &origin, &path)?.map(|(tree, _)| tree.size()))
    }

    /// Fetches an ended epoch's entries from `from` on (earlier own ones are right) for the next start; continues an
    /// interrupted fetch. `more` returns the page from a seq on. Only what leads to the signed root is kept.
    ///
    /// # Errors
    /// [`RefillError`]; what was fetched before a line that broke is kept.
    pub fn refill(
        &self,
        past: &PastLog,
        from: u64,
        more: &mut dyn FnMut(u64) -> Result<RefillPage, String>,
    ) -> Result<(), RefillError> {
        let disk: Arc<dyn Disk> = self.shared.disk.clone();
        disk.make_dir(DIR).map_err(StoreError::io(DIR))?;
        disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
        let mut file = match FetchedFile::resume(&*disk, past)? {
            Some(file) => file,
            None => {
                let begin = match from {
                    0 => Frontier::default(),
                    _ => frontier_at(&self.reader_of(past.origin.epoch)?, from)?,
                };
                FetchedFile::begin(&*disk, past.origin, begin)?
            }
        };
        while file.tree.size() < past.counts.size {
            let (mut entries, texts) = more(file.tree.size()).map_err(RefillError::Relay)?;
            let left = past.counts.size - file.tree.size();
            entries.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if entries.is_empty() {
                file.flush()?;
                return Err(RefillError::Relay("it has no more".to_owned()));
            }
            if let Err(full) = reserve_space(&*disk, bytes_of(&entries, &texts)) {
                // It continues here when there is space.
                file.flush()?;
                return Err(full.into());
            }
            file.take(&entries, &texts)?;
        }
        file.flush()?;
        if LogExtent::of(&file.tree) != (LogExtent { size: past.counts.size, root: past.counts.root }) {
            forget_refill(&*disk, past.origin.epoch)?;
            return Err(RefillError::Wrong("the entries lead to another root"));
        }
        Ok(())
    }
}

/// Entries that come page by page, in the form of a segment.
struct FetchedFile {
    path: String,
    file: Arc<dyn DiskFile>,
    tail: u64,
    flushed: u64,
    tree: Frontier,
}

impl FetchedFile {
    fn begin(disk: &dyn Disk, origin: LogOrigin, tree: Frontier) -> Result<Self, StoreError> {
        forget_refill(disk, origin.epoch)?;
        let path = fetched_path(origin.epoch);
        let file = disk.create_new(&path).map_err(StoreError::io(path.as_str()))?;
        let header = SegmentHeader { origin, frontier: tree.clone() }.encode();
        file.write_at(0, &header).map_err(StoreError::io(path.as_str()))?;
        file.sync_data().map_err(StoreError::io(path.as_str()))?;
        disk.sync_dir(DIR).map_err(StoreError::io(path.as_str()))?;
        let tail = header.len() as u64;
        Ok(Self { path, file, tail, flushed: tail, tree })
    }

    /// Behind the last group that links; `None` where nothing waits, or more than counts.
    fn resume(disk: &dyn Disk, past: &PastLog) -> Result<Option<Self>, StoreError> {
        let Some(path) = read_fetched(disk, past.origin.epoch)? else { return Ok(None) };
        let found =
            fetched_tree(disk, &past.origin, &path)?.filter(|(tree, _)| tree.size() < past.counts.size);
        let Some((tree, tail)) = found else { return Ok(None) };
        let file = disk.open(&path).map_err(StoreError::io(path.as_str()))?;
        // What an interruption left behind it would be behind the next group too.
        file.set_len(tail).map_err(StoreError::io(path.as_str()))?;
        Ok(Some(Self { path, file, tail, flushed: tail, tree }))
    }

    fn take(&mut self, entries: &[Entry], texts: &[TextLine]) -> Result<(), RefillError> {
        let mut chunker = Chunker::new(self.tree.clone());
        for entry in entries {
            if entry.seq() != chunker.frontier().size() {
                return Err(RefillError::Wrong("entries are out of order"));
            }
            let mut own = GroupWriter::default();
            own_texts(entry, texts).into_iter().for_each(|text| own.text(text));
            if let Some(full) = chunker.push(entry.bytes(), own.bytes()) {
                self.append(&full)?;
            }
        }
        if let Some(rest) = chunker.take() {
            self.append(&rest)?;
        }
        if self.tail - self.flushed >= FLUSHED_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn append(&mut self, chunk: &Chunk) -> Result<(), StoreError> {
        let mut group = GroupWriter::default();
        group.lines(&chunk.lines);
        let bytes = group.close(chunk.before.size(), chunk.after.size(), &chunk.after.root());
        self.file.write_at(self.tail, bytes).map_err(StoreError::io(self.path.as_str()))?;
        self.tail += bytes.len() as u64;
        self.tree.clone_from(&chunk.after);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(StoreError::io(self.path.as_str()))?;
        self.flushed = self.tail;
        Ok(())
    }
}

/// How far fetched entries link, and where the file's intact part ends; `None` where its first line is damaged.
fn fetched_tree(
    disk: &dyn Disk,
    origin: &LogOrigin,
    path: &str,
) -> Result<Option<(Frontier, u64)>, StoreError> {
    let segment = SegmentFile { first: 0, sealed: false, path: path.to_owned() };
    let Some(mut linked) = LinkedEpoch::open_any(disk, &segment, origin).map_err(StoreError::io(path))?
    else {
        return Ok(None);
    };
    loop {
        match linked.step().map_err(StoreError::io(path))? {
            LinkedStep::Group { .. } => {}
            LinkedStep::Alien { at } | LinkedStep::Bad { at, .. } | LinkedStep::End { at } => {
                return Ok(Some((linked.frontier().clone(), at)));
            }
        }
    }
}

/// After a start has healed an epoch: what was fetched of it is in the journal, or does not lead to what counts. A part
/// that does not reach that far yet stays.
///
/// # Errors
/// The disk's.
pub(crate) fn settle_refill(
    disk: &dyn Disk,
    origin: LogOrigin,
    counts: Option<LogExtent>,
    whole: bool,
) -> Result<(), StoreError> {
    let Some(path) = read_fetched(disk, origin.epoch)? else { return Ok(()) };
    let tree = fetched_tree(disk, &origin, &path)?.map(|(tree, _)| tree);
    let on_its_way = tree.is_some_and(|tree| counts.is_some_and(|counts| tree.size() < counts.size));
    if whole || !on_its_way {
        if !whole {
            tracing::warn!(epoch = %origin.epoch, "entries that the relay gave back do not fit and are fetched again");
        }
        forget_refill(disk, origin.epoch)?;
    }
    Ok(())
}

fn forget_refill(disk: &dyn Disk, epoch: Epoch) -> Result<(), StoreError> {
    let path = fetched_path(epoch);
    remove_if_there(disk, &path).map_err(StoreError::io(path))?;
    disk.sync_dir(DIR).map_err(StoreError::io(DIR))
}

pub(crate) fn forget_end(disk: &dyn Disk, epoch: Epoch) -> Result<(), StoreError> {
    let path = ends_path(epoch);
    remove_if_there(disk, &path).map_err(StoreError::io(path))?;
    disk.make_dir(EVIDENCE).and_then(|()| disk.sync_dir(EVIDENCE)).map_err(StoreError::io(EVIDENCE))
}
