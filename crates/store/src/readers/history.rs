//! Histories as pages read them: cleanings, uses and other lines of an item by time, and all cleanings in the order of the log.

use std::ops::{Bound, Range, RangeInclusive};

use record::anchor::{StatedTime, corrected_ms};
use record::entry::{Entry, EntryTime};
use record::fold::{CleaningRecord, LinePlace};
use record::ids::BootId;
use record::kinds::{EntryRef, Event};
use record::tag::Tag;
use redb::ReadableTable;

use super::reader::{LogReader, database_error};
use crate::index::places;
use crate::index::places::{Places, RUNS_FROM};
use crate::index::tables;
use crate::index::tables::ItemKey;
use crate::index::unsure_boots::last_of_unsure_boots;
use crate::io::error::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemUse {
    pub line: LinePlace,
    /// When it ended, milliseconds since 1970; where nobody stated that, when it was.
    pub ended_ms: i64,
    key: u64,
}

/// An entry that says something of an item, apart from its cleanings and uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemNote {
    pub line: LinePlace,
    pub at_ms: i64,
    key: u64,
}

/// A place in a history that is ordered by time and, within a millisecond, by entry. It stays where it is whatever is
/// recorded meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryPlace {
    performed_ms: i64,
    entry: u64,
}

impl HistoryPlace {
    pub fn new(performed_ms: i64, of: EntryRef) -> Self {
        Self { performed_ms, entry: tables::entry_key(of.epoch.n, of.seq) }
    }

    pub fn of_use(used: &ItemUse) -> Self {
        Self { performed_ms: used.ended_ms, entry: used.key }
    }

    pub fn of_note(note: &ItemNote) -> Self {
        Self { performed_ms: note.at_ms, entry: note.key }
    }

    /// Of an entry of the chain in the history of everything, which is in the order of the log.
    pub fn in_log(of: EntryRef) -> Self {
        Self::new(i64::MIN, of)
    }

    pub fn is_in_log(self) -> bool {
        self.performed_ms == i64::MIN
    }

    #[must_use]
    pub fn older(self) -> Self {
        match self.entry.checked_sub(1) {
            Some(entry) => Self { entry, ..self },
            None => Self { performed_ms: self.performed_ms.saturating_sub(1), entry: u64::MAX },
        }
    }

    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(self.performed_ms.cast_unsigned() ^ 1 << 63).to_be_bytes());
        bytes[8..].copy_from_slice(&self.entry.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let whole = u128::from_be_bytes(bytes);
        let (time, entry) = ((whole >> 64) as u64, whole as u64);
        Self { performed_ms: (time ^ 1 << 63).cast_signed(), entry }
    }
}

fn has_place(
    index: &impl ReadableTable<&'static ItemKey, ()>,
    cleaning: &CleaningRecord,
    key: u64,
) -> Result<bool, StoreError> {
    let place = tables::item_key(cleaning.tag, cleaning.performed_ms, key);
    index.get(&place).map(|row| row.is_some()).map_err(database_error)
}

impl LogReader {
    /// The cleaning that an entry recorded, or that it recorded once more.
    ///
    /// # Errors
    /// The database's.
    pub fn cleaning(&self, of: EntryRef) -> Result<Option<CleaningRecord>, StoreError> {
        let places = self.shared.places();
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(database_error)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let repeats = self.txn.open_table(tables::REPEATS).map_err(database_error)?;
        for key in places.keys(of, None) {
            let found = places::cleaning_place(&cleanings, &entries, &places, key).map_err(database_error)?;
            if found.is_some() {
                return Ok(found);
            }
            // A phone may have sent it again: the first place under the key counts, and this one leads to it.
            if let Some(first) = repeats.get(key).map_err(database_error)? {
                return places::cleaning_place(&cleanings, &entries, &places, first.value())
                    .map_err(database_error);
            }
        }
        Ok(None)
    }

    /// The cleaning that a line recorded, or that it recorded once more.
    ///
    /// # Errors
    /// The database's.
    pub fn cleaning_at(&self, line: LinePlace) -> Result<Option<CleaningRecord>, StoreError> {
        let places = self.shared.places();
        let Some(key) = places.key(line) else { return Ok(None) };
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(database_error)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let found = places::cleaning_place(&cleanings, &entries, &places, key).map_err(database_error)?;
        if found.is_some() {
            return Ok(found);
        }
        let repeats = self.txn.open_table(tables::REPEATS).map_err(database_error)?;
        let first = repeats.get(key).map_err(database_error)?;
        first.map_or(Ok(None), |first| {
            places::cleaning_place(&cleanings, &entries, &places, first.value()).map_err(database_error)
        })
    }

    /// What the entry of a line says of a cleaning that counts for no item, because nothing here says what its tag is on.
    pub fn uncounted_cleaning(&self, line: LinePlace, entry: &Entry) -> Option<CleaningRecord> {
        let Event::CleaningRecorded(body) = entry.event() else { return None };
        let (at, places) = (entry.head().at, self.shared.places());
        let recorded_ms = corrected_ms(&at, self.shared.facility().boots.get(&at.boot).copied());
        let stated = StatedTime::of_cleaning(&body, &at);
        Some(CleaningRecord {
            of: line.of,
            tag: body.tag,
            performed_ms: StatedTime::done_ms(stated, recorded_ms),
            recorded_ms,
            stated,
            at,
            who: body.who,
            protocol: body.protocol.map(|protocol| protocol.id),
            took_ms: body.took_ms,
            incomplete: body.incomplete,
            photos: body.photos,
            voided: None,
            flags: body.flags,
            checked: None,
            adopted: places.key(line).and_then(|key| places.adopted_by(key)),
        })
    }

    /// At most `limit` cleanings of an item with a time in `performed_ms`, newest first, from a place in its history.
    ///
    /// # Errors
    /// The database's.
    pub fn cleanings_of(
        &self,
        tag: Tag,
        performed_ms: Range<i64>,
        upto: Option<HistoryPlace>,
        limit: usize,
    ) -> Result<Vec<CleaningRecord>, StoreError> {
        let index = self.txn.open_table(tables::BY_ITEM).map_err(database_error)?;
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(database_error)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let (mut found, places) = (Vec::new(), self.shared.places());
        self.each_place(&index, tag, (performed_ms, upto, limit), |_, key| {
            found.extend(self.listed_cleaning(&cleanings, &entries, &places, key)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// A listed cleaning; where its rows are missing or cannot be read, the next start rebuilds the database.
    fn listed_cleaning(
        &self,
        cleanings: &impl ReadableTable<u64, &'static [u8]>,
        entries: &impl ReadableTable<u64, &'static [u8]>,
        places: &Places,
        key: u64,
    ) -> Result<Option<CleaningRecord>, StoreError> {
        let found = places::cleaning_place(cleanings, entries, places, key).map_err(database_error)?;
        if found.is_none()
            && let Some(line) = places.line(key)
        {
            self.shared.found_damage(line.of.seq);
        }
        Ok(found)
    }

    /// Whether a cleaning is in the lists as its entry says, or in none because it counts for no item.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn is_listed(&self, line: LinePlace, entry: &Entry) -> Result<bool, StoreError> {
        let places = self.shared.places();
        let Some((key, believed)) = places.key(line).zip(self.uncounted_cleaning(line, entry)) else {
            return Ok(true);
        };
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(database_error)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let index = self.txn.open_table(tables::BY_ITEM).map_err(database_error)?;
        if cleanings.get(key).map_err(database_error)?.is_none() {
            return has_place(&index, &believed, key).map(|has_place| !has_place);
        }
        let found = places::cleaning_place(&cleanings, &entries, &places, key).map_err(database_error)?;
        found.map_or(Ok(false), |cleaning| has_place(&index, &cleaning, key))
    }

    /// When the last cleaning and the last use of each boot was written whose clock no time server kept, the one that
    /// is last in the chain first; of boots that are meant.
    ///
    /// # Errors
    /// The database's.
    pub fn last_of_unsure_boots(
        &self,
        is_meant: &dyn Fn(BootId) -> bool,
    ) -> Result<Vec<EntryTime>, StoreError> {
        last_of_unsure_boots(&self.txn, is_meant).map_err(database_error)
    }

    /// Uses of an item whose end is in `ended_ms`, as [`LogReader::cleanings_of`] returns cleanings.
    ///
    /// # Errors
    /// The database's.
    pub fn uses_of(
        &self,
        tag: Tag,
        ended_ms: Range<i64>,
        upto: Option<HistoryPlace>,
        limit: usize,
    ) -> Result<Vec<ItemUse>, StoreError> {
        let index = self.txn.open_table(tables::USES).map_err(database_error)?;
        let (mut found, places) = (Vec::new(), self.shared.places());
        self.each_place(&index, tag, (ended_ms, upto, limit), |ended_ms, key| {
            found.extend(places.line(key).map(|line| ItemUse { line, ended_ms, key }));
            Ok(())
        })?;
        Ok(found)
    }

    /// What else entries say of an item, as [`LogReader::cleanings_of`] gives cleanings.
    ///
    /// # Errors
    /// The database's.
    pub fn notes_of(
        &self,
        tag: Tag,
        at_ms: Range<i64>,
        upto: Option<HistoryPlace>,
        limit: usize,
    ) -> Result<Vec<ItemNote>, StoreError> {
        let index = self.txn.open_table(tables::NOTES).map_err(database_error)?;
        let (mut found, places) = (Vec::new(), self.shared.places());
        self.each_place(&index, tag, (at_ms, upto, limit), |at_ms, key| {
            found.extend(places.line(key).map(|line| ItemNote { line, at_ms, key }));
            Ok(())
        })?;
        Ok(found)
    }

    fn each_place(
        &self,
        index: &impl ReadableTable<&'static ItemKey, ()>,
        tag: Tag,
        (performed_ms, upto, limit): (Range<i64>, Option<HistoryPlace>, usize),
        mut each: impl FnMut(i64, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let from = tables::item_key(tag, performed_ms.start, 0);
        let end = tables::item_key(tag, performed_ms.end, 0);
        let upto = upto.map(|place| tables::item_key(tag, place.performed_ms, place.entry));
        let upto = upto.filter(|upto| *upto < end);
        if from >= end || upto.is_some_and(|upto| upto < from) {
            return Ok(());
        }
        let last = upto.as_ref().map_or(Bound::Excluded(&end), Bound::Included);
        let rows = index.range::<&ItemKey>((Bound::Included(&from), last)).map_err(database_error)?;
        for row in rows.rev().take(limit) {
            self.alive()?;
            self.shared.count_row();
            let (performed_ms, key) = tables::split_item_key(row.map_err(database_error)?.0.value());
            each(performed_ms, key)?;
        }
        Ok(())
    }

    /// Cleanings in the order of the log, newest first, from one on to older ones: those of the chain, and behind them those
    /// that runs brought.
    ///
    /// # Errors
    /// The database's.
    pub fn cleanings(
        &self,
        upto: Option<HistoryPlace>,
        limit: usize,
    ) -> Result<Vec<CleaningRecord>, StoreError> {
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(database_error)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let places = self.shared.places();
        let runs_from = tables::entry_key(RUNS_FROM, 0);
        let mut from = upto.map_or(runs_from - 1, |place| place.entry);
        let mut found = Vec::new();
        if from < runs_from {
            self.cleanings_in(&cleanings, 0..=from, limit, |key| {
                found.extend(self.listed_cleaning(&cleanings, &entries, &places, key)?);
                Ok(())
            })?;
            from = u64::MAX;
        }
        let left = limit.saturating_sub(found.len());
        self.cleanings_in(&cleanings, runs_from..=from, left, |key| {
            found.extend(self.listed_cleaning(&cleanings, &entries, &places, key)?);
            Ok(())
        })?;
        Ok(found)
    }

    fn cleanings_in(
        &self,
        table: &impl ReadableTable<u64, &'static [u8]>,
        keys: RangeInclusive<u64>,
        limit: usize,
        mut each: impl FnMut(u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for row in table.range(keys).map_err(database_error)?.rev().take(limit) {
            self.alive()?;
            self.shared.count_row();
            each(row.map_err(database_error)?.0.value())?;
        }
        Ok(())
    }

    pub fn place_of(&self, cleaning: &CleaningRecord) -> HistoryPlace {
        self.placed(cleaning, cleaning.performed_ms)
    }

    /// Where a cleaning is in the history of everything, which is in the order of the log.
    pub fn place_in_log(&self, cleaning: &CleaningRecord) -> HistoryPlace {
        self.placed(cleaning, i64::MIN)
    }

    fn placed(&self, cleaning: &CleaningRecord, performed_ms: i64) -> HistoryPlace {
        let place = HistoryPlace::new(performed_ms, cleaning.of);
        let key = self.shared.places().key(cleaning.place());
        HistoryPlace { entry: key.unwrap_or(place.entry), ..place }
    }

    /// What a place in a history names: the entry's event. `None` where this box has no such entry.
    ///
    /// # Errors
    /// The database's.
    pub fn event_at(&self, place: HistoryPlace) -> Result<Option<Event>, StoreError> {
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let row = entries.get(place.entry).map_err(database_error)?;
        let entry = row.and_then(|row| Entry::view(std::str::from_utf8(row.value()).ok()?).ok());
        Ok(entry.map(|entry| entry.event()))
    }
}
