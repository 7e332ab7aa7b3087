//! Looks through both copies of the log, a little at a time, and heals each from the other while the box goes on.

use std::sync::PoisonError;

use record::checkpoint::Origin;
use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::Event;
use record::tree::{Hash, frontier_at};

use super::error::StoreError;
use super::journal::Journal;
use super::refill::append;
use super::repair::Rewriter;
use super::scan::{Segment, SegmentReader};
use super::segment::Header;
use super::tables::BLOCK;
use super::tidy::last_link;
use super::{RefillError, Store};

/// Where a look through stands: an epoch's number, and the next entry of it.
pub type Place = (u32, u64);

/// Photos that are told of as damaged.
const PHOTOS_TOLD_MAX: usize = 20;

/// What looks through have found since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// When all of it had been looked at last, milliseconds since 1970.
    pub round_ms: Option<i64>,
    /// Segments of the journal that were healed from the database.
    pub healed: u64,
    /// Segments that were damaged and that the database could not heal.
    pub damaged: u64,
    /// Photos whose bytes are not what was recorded.
    pub photos: Vec<Hash>,
}

/// What came of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// From where to go on; `None` when all of it has been looked at.
    pub next: Option<Place>,
    /// Photos that the entries name.
    pub photos: Vec<Hash>,
    /// Whether what was looked at did not hold.
    pub damaged: bool,
}

impl Store {
    /// Entries of all epochs, for who divides them over a week.
    pub fn scrub_entries(&self) -> u64 {
        let size = |epoch| self.reader_of(epoch).map_or(0, |reader| reader.size());
        self.epochs().into_iter().map(size).sum()
    }

    fn epoch_from(&self, n: u32) -> Option<Epoch> {
        self.epochs().into_iter().find(|epoch| epoch.n >= n)
    }

    /// Compares one block of the database's entries with the tree. Damage is noted: the next start builds it anew.
    ///
    /// # Errors
    /// The database's, other than damage.
    pub fn scrub_block(&self, (n, seq): Place) -> Result<Look, StoreError> {
        let done = Look { next: None, photos: Vec::new(), damaged: false };
        let Some(epoch) = self.epoch_from(n) else { return Ok(done) };
        let reader = self.reader_of(epoch)?;
        let from = if epoch.n == n { seq / BLOCK * BLOCK } else { 0 };
        if from >= reader.size() {
            return Ok(Look {
                next: Some((epoch.n + 1, 0)).filter(|(n, _)| self.epoch_from(*n).is_some()),
                ..done
            });
        }
        let mut look = Look { next: Some((epoch.n, from + BLOCK)), ..done };
        for entry in reader.entries(from..from + BLOCK) {
            match entry {
                Ok(entry) => look.photos.extend(photos(&entry)),
                Err(StoreError::Damaged { .. }) => {
                    look.damaged = true;
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(look)
    }

    /// Compares the next closed segment of the journal with its own sums and the database's tree, and writes it anew from
    /// the database where it does not hold.
    ///
    /// # Errors
    /// The disk's and the database's.
    pub fn scrub_segment(&self, (n, seq): Place) -> Result<Look, StoreError> {
        let _alone = self.shared.tidying.lock().unwrap_or_else(PoisonError::into_inner);
        let mut look = Look { next: None, photos: Vec::new(), damaged: false };
        let Some(epoch) = self.epoch_from(n) else { return Ok(look) };
        let from = if epoch.n == n { seq } else { 0 };
        let origin = Origin { epoch, ..self.origin() };
        let dir = Journal::dir(&origin);
        let segments = Segment::list(&*self.shared.disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let Some(at) = segments.iter().position(|s| s.first >= from) else {
            look.next = Some((epoch.n + 1, 0)).filter(|(n, _)| self.epoch_from(*n).is_some());
            return Ok(look);
        };
        look.next = Some((epoch.n, segments[at].first + 1));
        let end = match segments.get(at + 1) {
            Some(next) => next.first,
            // The writer has it.
            None if epoch == self.origin().epoch => return Ok(Look { next: None, ..look }),
            None => self.reader_of(epoch)?.size(),
        };
        if self.holds(&segments[at], origin, end)? {
            return Ok(look);
        }
        look.damaged = true;
        let healed = self.heal(&segments[at], origin, end)?;
        tracing::error!(segment = segments[at].path, healed, "a closed part of the journal was damaged");
        let mut scrubbed = self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner);
        if healed {
            scrubbed.healed += 1;
        } else {
            scrubbed.damaged += 1;
        }
        Ok(look)
    }

    fn holds(&self, segment: &Segment, origin: Origin, end: u64) -> Result<bool, StoreError> {
        let io = || StoreError::io(segment.path.as_str());
        let reader = SegmentReader::open(&*self.shared.disk, segment).map_err(io())?;
        let before = frontier_at(&self.reader_of(origin.epoch)?, segment.first)?;
        if reader.header() != Some(&Header { origin, frontier: before }) {
            return Ok(false);
        }
        drop(reader);
        let after = last_link(&*self.shared.disk, segment).map_err(io())?;
        Ok(after == Some(frontier_at(&self.reader_of(origin.epoch)?, end)?))
    }

    fn heal(&self, segment: &Segment, origin: Origin, end: u64) -> Result<bool, StoreError> {
        let mut running = frontier_at(&self.reader_of(origin.epoch)?, segment.first)?;
        let header = Header { origin, frontier: running.clone() };
        let plain = Segment::plain(&Journal::dir(&origin), segment.first);
        let mut out = Rewriter::new(&*self.shared.disk, plain, &header)?;
        while running.size() < end {
            // A reader lives for seconds only.
            let reader = self.reader_of(origin.epoch)?;
            let (mut entries, mut texts) = (Vec::new(), Vec::new());
            for entry in reader.entries(running.size()..end.min(running.size() + BLOCK)) {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(StoreError::Damaged { .. }) => return out.give_up(),
                    Err(e) => return Err(e),
                };
                texts.extend(reader.texts_named(&entry)?);
                entries.push(entry);
            }
            match append(&mut out, &mut running, &entries, &texts) {
                Ok(()) if !entries.is_empty() => {}
                Err(RefillError::Store(e)) => return Err(e),
                _ => return out.give_up(),
            }
        }
        out.finish(Some(segment))?;
        Ok(true)
    }

    /// Notes that everything has been looked at once.
    pub fn scrub_round(&self, now_ms: i64) {
        self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner).round_ms = Some(now_ms);
    }

    /// Notes a photo whose bytes are not what was recorded.
    pub fn scrub_photo(&self, photo: Hash) {
        let mut scrubbed = self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner);
        if !scrubbed.photos.contains(&photo) && scrubbed.photos.len() < PHOTOS_TOLD_MAX {
            scrubbed.photos.push(photo);
        }
    }

    /// What was found since the start.
    pub fn scrubbed(&self) -> Scrubbed {
        self.shared.scrubbed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn photos(entry: &Entry) -> Vec<Hash> {
    match entry.event() {
        Event::CleaningRecorded(cleaning) => cleaning.photos,
        Event::PhotoAttached(attached) => vec![attached.photo],
        _ => Vec::new(),
    }
}
