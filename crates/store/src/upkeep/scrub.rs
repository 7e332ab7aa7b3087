//! Checks both copies of the log, a little at a time, and heals each from the other while the box keeps running.

use std::sync::PoisonError;

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::Epoch;
use record::kinds::{EntryRef, Event};
use record::tree::{Hash, frontier_at};

use crate::Store;
use crate::database::run_reader::RunReader;
use crate::database::salvage;
use crate::healing::heal::JournalRepair;
use crate::index::tables::BLOCK;
use crate::io::error::StoreError;
use crate::log::chain::LogExtent;
use crate::log::journal::Journal;
use crate::log::linked::LinkedEpoch;
use crate::log::scan::SegmentFile;
use crate::runs::run_file;
use crate::shared::scrub_report::ScrubReport;
use crate::sources::LogCopies;

/// Where a scrub is: an epoch's number, and the next entry of it.
pub type ScrubPosition = (u32, u64);

const LOGGED_PHOTOS_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrubStep {
    /// From where to continue; `None` when everything has been checked.
    pub next: Option<ScrubPosition>,
    pub photos: Vec<Hash>,
    /// Whether what was looked at did not hold.
    pub damaged: bool,
}

impl Store {
    /// Entries of all epochs, for who divides them over a week.
    pub fn scrub_entries(&self) -> u64 {
        let epochs = self.epochs().into_iter();
        epochs.map(|epoch| self.reader_of(epoch).map_or(0, |reader| reader.size())).sum()
    }

    fn epoch_from(&self, n: u32) -> Option<Epoch> {
        self.epochs().into_iter().find(|epoch| epoch.n >= n)
    }

    /// Checks a block of the database by the tree and the lists of cleanings; damage makes the next start rebuild it.
    ///
    /// # Errors
    /// The database's, other than damage.
    pub fn scrub_block(&self, (n, seq): ScrubPosition) -> Result<ScrubStep, StoreError> {
        let done = ScrubStep { next: None, photos: Vec::new(), damaged: false };
        let Some(epoch) = self.epoch_from(n) else { return Ok(done) };
        let reader = self.reader_of(epoch)?;
        let from = if epoch.n == n { seq / BLOCK * BLOCK } else { 0 };
        if from >= reader.size() {
            return Ok(ScrubStep {
                next: Some((epoch.n + 1, 0)).filter(|(n, _)| self.epoch_from(*n).is_some()),
                ..done
            });
        }
        let mut look = ScrubStep { next: Some((epoch.n, from + BLOCK)), ..done };
        for entry in reader.entries(from..from + BLOCK) {
            match entry {
                Ok(entry) => {
                    let line = LinePlace { of: EntryRef { epoch, seq: entry.seq() }, run: None };
                    if !reader.is_listed(line, &entry)? {
                        self.shared.found_damage(entry.seq());
                        look.damaged = true;
                    }
                    look.photos.extend(entry_photos(&entry));
                }
                Err(StoreError::Damaged { .. }) => {
                    look.damaged = true;
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(look)
    }

    /// Checks the next closed part of the journal: whether a segment is there, and is what its own sums and the tree
    /// say. Where it is not, the epoch is healed from all copies, beside the writer.
    ///
    /// # Errors
    /// The disk's and the database's.
    pub fn scrub_segment(&self, (n, seq): ScrubPosition) -> Result<ScrubStep, StoreError> {
        let _alone = self.shared.tidying.lock().unwrap_or_else(PoisonError::into_inner);
        let mut look = ScrubStep { next: None, photos: Vec::new(), damaged: false };
        let Some(epoch) = self.epoch_from(n) else { return Ok(look) };
        let from = if epoch.n == n { seq } else { 0 };
        let origin = LogOrigin { epoch, ..self.origin() };
        let dir = Journal::dir(&origin);
        let segments = SegmentFile::list(&*self.shared.disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let open = epoch == self.origin().epoch;
        // The writer has the newest segment of the present epoch.
        let newest = segments.last().map_or(0, |newest| newest.first);
        let size = if open { newest } else { self.reader_of(epoch)?.size() };
        if from >= size {
            look.next = Some((epoch.n + 1, 0)).filter(|(n, _)| self.epoch_from(*n).is_some());
            return Ok(look);
        }
        let at = segments.iter().rposition(|s| s.first == from);
        let next = segments.iter().map(|s| s.first).find(|first| *first > from);
        let end = next.filter(|next| *next <= size).unwrap_or(size);
        look.next = Some((epoch.n, end));
        let holds = match at {
            Some(at) => self.holds(&segments[at], origin, end)?,
            None => false,
        };
        if holds {
            return Ok(look);
        }
        look.damaged = true;
        let healed = self.heal(epoch, size, if open { newest } else { u64::MAX })?;
        tracing::error!(%epoch, from, end, healed, "a closed part of the journal was damaged");
        let mut scrubbed = self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner);
        if healed {
            scrubbed.healed += 1;
        } else {
            scrubbed.damaged += 1;
        }
        Ok(look)
    }

    fn holds(&self, segment: &SegmentFile, origin: LogOrigin, end: u64) -> Result<bool, StoreError> {
        let ends = LinkedEpoch::ends(&*self.shared.disk, segment, &origin)
            .map_err(StoreError::io(segment.path.as_str()))?;
        let Some((before, after)) = ends else { return Ok(false) };
        let reader = self.reader_of(origin.epoch)?;
        Ok(before == frontier_at(&reader, segment.first)? && after == frontier_at(&reader, end)?)
    }

    /// Heals the closed part of an epoch's journal from all copies; the database's tree says what is right.
    fn heal(&self, epoch: Epoch, size: u64, upto: u64) -> Result<bool, StoreError> {
        let end = LogExtent::of(&frontier_at(&self.reader_of(epoch)?, size)?);
        let copies = self.copies()?;
        let (box_id, segment_bytes) = (self.origin().box_id, self.shared.segment_bytes);
        let healer = JournalRepair { copies: &copies, box_id, segment_bytes, before_write: None };
        let healed = healer.heal(epoch, Some(end), upto)?;
        Ok(healed.whole)
    }

    fn copies(&self) -> Result<LogCopies, StoreError> {
        let disk = self.shared.disk.clone();
        let mut salvage = Vec::new();
        for path in salvage::list_salvage(&*disk)? {
            salvage.extend(salvage::open_salvage(&*disk, &path)?);
        }
        let (shared, box_id) = (self.shared.clone(), self.origin().box_id);
        Ok(LogCopies { disk, box_id, main: Box::new(move || shared.settled_db().ok()), salvage })
    }

    /// Looks at the files of runs whose lines count, and puts those together again that are damaged. Without its file a run
    /// counts here as long as the database does, and no proof of it can be made for the relay.
    ///
    /// # Errors
    /// The disk's and the database's.
    pub fn scrub_runs(&self) -> Result<(), StoreError> {
        let _alone = self.shared.tidying.lock().unwrap_or_else(PoisonError::into_inner);
        let (disk, box_id) = (self.shared.disk.clone(), self.origin().box_id);
        for run in self.adopted_runs().counting {
            if run_file::is_whole(&*disk, box_id, &run) {
                continue;
            }
            let copies = self.copies()?;
            let healed = RunReader::new(disk.clone(), box_id, Some(&copies)).has(&run)?;
            tracing::error!(%run, healed, "the file of a run was damaged");
            let mut scrubbed = self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner);
            if healed {
                scrubbed.healed += 1;
            } else {
                scrubbed.damaged += 1;
            }
        }
        Ok(())
    }

    /// Notes that everything has been looked at once.
    pub fn scrub_round(&self, now_ms: i64) {
        self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner).round_ms = Some(now_ms);
    }

    /// Notes a photo whose bytes are not what was recorded.
    pub fn scrub_photo(&self, photo: Hash) {
        let mut scrubbed = self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner);
        if !scrubbed.photos.contains(&photo) && scrubbed.photos.len() < LOGGED_PHOTOS_MAX {
            scrubbed.photos.push(photo);
        }
    }

    pub fn scrubbed(&self) -> ScrubReport {
        self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn entry_photos(entry: &Entry) -> Vec<Hash> {
    match entry.event() {
        Event::CleaningRecorded(cleaning) => cleaning.photos,
        Event::PhotoAttached(attached) => vec![attached.photo],
        _ => Vec::new(),
    }
}
