//! Epochs that have ended: what counts of them, and entries that this card has forgotten and the relay gives back.

use std::sync::Arc;

use record::checkpoint::{Cosigned, Origin};
use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::{Event, Prev};
use record::redact::TextLine;
use record::sign::{Note, Verifier};
use record::tree::{frontier_at, root_at};

use super::disk::{Disk, put_small};
use super::error::StoreError;
use super::repair::Rewriter;
use super::scan::Segment;
use super::segment::{GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter, Header};
use super::{Reader, Store};

/// Where fetched entries wait for the next start.
pub(super) const DIR: &str = "refill";
/// Where notes are kept that end an epoch.
const EVIDENCE: &str = "evidence";

/// An epoch that has ended, as this box holds it.
#[derive(Debug, Clone)]
pub struct Past {
    /// Which log.
    pub origin: Origin,
    /// How much of it counts, as the next epoch's first entry says.
    pub counts: Prev,
    /// Entries that this box holds of it.
    pub size: u64,
    /// Whether this box holds all that counts.
    pub whole: bool,
    /// Verifies its checkpoints; absent: not even the public half of its key is here.
    pub verifier: Option<Verifier>,
    /// Whether its checkpoints can be signed here.
    pub signs: bool,
}

/// Why entries were not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RefillError {
    /// This box's own files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay did not give them.
    #[error("the relay does not give entries back: {0}")]
    Relay(String),
    /// They are not what was signed.
    #[error("what the relay gives is not what this box signed: {0}; nothing of it was taken")]
    Wrong(&'static str),
}

/// A page of entries as the relay gave it, nothing of it verified.
pub type Page = (Vec<Entry>, Vec<TextLine>);

impl Store {
    /// Epochs before the present one, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn past(&self) -> Result<Vec<Past>, StoreError> {
        let epochs = self.epochs();
        let mut all = Vec::new();
        for pair in epochs.windows(2) {
            let Some(counts) = prev(&self.reader_of(pair[1])?)?.filter(|prev| prev.epoch == pair[0]) else {
                continue;
            };
            let origin = Origin { epoch: pair[0], ..self.origin() };
            let (size, whole) = match self.reader_of(pair[0]) {
                Ok(reader) => {
                    let enough = reader.size() >= counts.size;
                    (reader.size(), enough && root_at(&reader, counts.size)? == counts.root)
                }
                Err(StoreError::NoEntry { .. }) => (0, counts.size == 0),
                Err(e) => return Err(e),
            };
            let name = origin.to_string();
            let verifier = self.shared.verifiers().iter().find(|v| v.name() == name).cloned();
            let signs = self.shared.signer_of(pair[0]).is_some();
            all.push(Past { origin, counts, size, whole, verifier, signs });
        }
        Ok(all)
    }

    /// Keeps a cosignature that this box's log contradicts, or of more than it holds: the next start ends the epoch
    /// there and begins another. The caller has verified both signatures.
    ///
    /// # Errors
    /// The disk's.
    pub fn end_epoch(&self, cosigned: &Cosigned) -> Result<(), StoreError> {
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
    pub fn checkpoint_of(&self, epoch: Epoch, size: u64) -> Result<Option<Note>, StoreError> {
        let reader = self.reader_of(epoch)?;
        if size > reader.size() {
            return Err(StoreError::NoEntry { seq: size.saturating_sub(1), size: reader.size() });
        }
        self.shared.sign_of(epoch, size, root_at(&reader, size)?).transpose()
    }

    /// Fetches the entries of an ended epoch from `from` on (before it this box's own are right) and keeps them for the
    /// next start. `more` gives the page that begins at a seq. Nothing is kept that does not lead to the signed root.
    ///
    /// # Errors
    /// [`RefillError`]; nothing was changed.
    pub fn refill(
        &self,
        past: &Past,
        from: u64,
        more: &mut dyn FnMut(u64) -> Result<Page, String>,
    ) -> Result<(), RefillError> {
        let disk: Arc<dyn Disk> = self.shared.disk.clone();
        disk.make_dir(DIR).map_err(StoreError::io(DIR))?;
        disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
        let mut running = match from {
            0 => record::tree::Frontier::default(),
            _ => frontier_at(&self.reader_of(past.origin.epoch)?, from)?,
        };
        let segment = Segment { first: from, sealed: false, path: fetched_path(past.origin.epoch) };
        let header = Header { origin: past.origin, frontier: running.clone() };
        let mut out = Rewriter::new(&*disk, segment, &header)?;
        while running.size() < past.counts.size {
            let (mut entries, texts) = more(running.size()).map_err(RefillError::Relay)?;
            let left = past.counts.size - running.size();
            entries.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if entries.is_empty() {
                return Err(RefillError::Relay("it has no more".to_owned()));
            }
            append(&mut out, &mut running, &entries, &texts)?;
        }
        if running.size() != past.counts.size || running.root() != past.counts.root {
            out.give_up()?;
            return Err(RefillError::Wrong("the entries lead to another root"));
        }
        Ok(out.finish(None)?)
    }
}

/// Writes a page's entries with the texts that they name.
///
/// # Errors
/// The disk's; entries that are not the next ones.
pub(super) fn append(
    out: &mut Rewriter<'_>,
    running: &mut record::tree::Frontier,
    entries: &[Entry],
    texts: &[TextLine],
) -> Result<(), RefillError> {
    let (mut group, mut beside, mut first) =
        (GroupWriter::default(), GroupWriter::default(), running.clone());
    for entry in entries {
        if entry.seq() != running.size() {
            return Err(RefillError::Wrong("entries are out of order"));
        }
        let hashes = entry.redactables();
        let mut own = GroupWriter::default();
        texts
            .iter()
            .filter(|t| t.seq() == entry.seq() && hashes.contains(&t.hash()))
            .for_each(|t| own.text(t));
        let bytes = group.len() + beside.len() + entry.bytes().len() + 1 + own.len();
        if running.size() > first.size()
            && (bytes > GROUP_LINES_BYTES_MAX || running.size() - first.size() >= GROUP_ENTRIES_MAX as u64)
        {
            group.lines(beside.bytes());
            out.copy(group.bytes(), &first, running)?;
            group.clear();
            beside.clear();
            first = running.clone();
        }
        group.entry(entry.bytes());
        beside.lines(own.bytes());
        running.push(entry.leaf());
    }
    group.lines(beside.bytes());
    out.copy(group.bytes(), &first, running)?;
    Ok(())
}

/// What an epoch's first entry says of the one before.
fn prev(reader: &Reader) -> Result<Option<Prev>, StoreError> {
    Ok(match reader.entry(0)?.map(|entry| entry.event()) {
        Some(Event::LogStarted(started)) => started.prev,
        _ => None,
    })
}

/// Where the fetched entries of an epoch wait.
pub(super) fn fetched_path(epoch: Epoch) -> String {
    format!("{DIR}/{epoch}.jsonl")
}

/// The note that ends an epoch.
pub(super) fn ends_path(epoch: Epoch) -> String {
    format!("{EVIDENCE}/{epoch}.ends")
}
