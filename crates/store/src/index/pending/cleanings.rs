//! What waits and what the tables have, seen as one.

use std::collections::HashSet;
use std::sync::Arc;

use record::entry::Entry;
use record::fold::{CleaningRecord, UseRecord};
use record::ids::BootId;
use record::kinds::{EntryRef, Event};
use record::redact::TextLine;
use record::run::RunName;
use record::tree::Hash;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::PendingRows;
use crate::index::places::Places;
use crate::index::stored::StoredRows;
use crate::index::tables;
use crate::index::tables::BootKey;

/// First bytes of the hashes of all texts that were ever erased: each new text is asked about, and nearly none is one of them.
#[derive(Debug, Default)]
pub(crate) struct ErasedMarks(HashSet<u64>);

impl ErasedMarks {
    /// # Errors
    /// redb's.
    pub(crate) fn load(db: &Database) -> Result<Self, redb::Error> {
        let mut marks = Self::default();
        for row in db.begin_read()?.open_table(tables::ERASED)?.iter()? {
            marks.add(&Hash(*row?.0.value()));
        }
        Ok(marks)
    }

    pub(crate) fn add(&mut self, hash: &Hash) {
        self.0.insert(Self::mark(hash));
    }

    fn claim(&self, hash: &Hash) -> bool {
        self.0.contains(&Self::mark(hash))
    }

    fn mark(hash: &Hash) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = hash.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// The rows as they will be: what waits, and the tables behind it as they were when the group began.
pub(crate) struct PendingCleanings {
    pub(crate) pending: PendingRows,
    pub(crate) stored: StoredRows,
    erased: Arc<ErasedMarks>,
}

impl PendingCleanings {
    pub(crate) fn over(db: &Database, pending: PendingRows) -> Result<Self, redb::Error> {
        Ok(Self::before(StoredRows::of(db)?, pending, Arc::new(ErasedMarks::load(db)?)))
    }

    pub(crate) fn before(stored: StoredRows, mut pending: PendingRows, erased: Arc<ErasedMarks>) -> Self {
        pending.clear();
        Self { pending, stored, erased }
    }

    pub(crate) fn entry(&self, key: u64) -> Result<Option<Vec<u8>>, redb::Error> {
        let waiting = self.pending.entries.iter().rev().find(|(of, _)| *of == key);
        if let Some((_, range)) = waiting {
            return Ok(Some(self.pending.lines[range.clone()].to_vec()));
        }
        let row = self.stored.open()?.open_table(tables::ENTRIES)?.get(key)?;
        Ok(row.map(|row| row.value().to_vec()))
    }

    /// The cleaning that an entry recorded, or that it recorded once more; of several branches that of the run `near`,
    /// else the one in the chain.
    pub(crate) fn cleaning_of(
        &self,
        places: &Places,
        of: EntryRef,
        near: Option<RunName>,
    ) -> Result<Option<CleaningRecord>, redb::Error> {
        for key in places.keys(of, near) {
            if let Some(found) = self.cleaning(places, key)? {
                return Ok(Some(found));
            }
            // It may be the later place of one that was sent again.
            if let Some(first) = self.first_of(key)? {
                return self.cleaning(places, first);
            }
        }
        Ok(None)
    }

    pub(crate) fn cleaning(&self, places: &Places, key: u64) -> Result<Option<CleaningRecord>, redb::Error> {
        let Some(line) = places.line(key) else { return Ok(None) };
        let value = match self.pending.cleanings.get(&key) {
            Some(waiting) => waiting.bytes().to_vec(),
            None => match self.stored.open()?.open_table(tables::CLEANINGS)?.get(key)? {
                Some(row) => row.value().to_vec(),
                None => return Ok(None),
            },
        };
        let of = (line.of, places.adopted_by(key));
        Ok(tables::read_cleaning(of, &value, self.entry(key)?.as_deref()))
    }

    pub(crate) fn used(&self, places: &Places, key: u64) -> Result<Option<UseRecord>, redb::Error> {
        let (Some(line), Some(bytes)) = (places.line(key), self.entry(key)?) else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).ok();
        let Some(Ok(entry)) = text.map(Entry::view) else { return Ok(None) };
        Ok(match entry.event() {
            Event::UseRecorded(body) => Some(UseRecord::of(line, entry.head().at, &body)),
            _ => None,
        })
    }

    /// The entry key of the first line that recorded what this one records once more.
    pub(crate) fn first_of(&self, key: u64) -> Result<Option<u64>, redb::Error> {
        if let Some((_, first)) = self.pending.repeats.iter().find(|(of, _)| *of == key) {
            return Ok(Some(*first));
        }
        Ok(self.stored.open()?.open_table(tables::REPEATS)?.get(key)?.map(|row| row.value()))
    }

    /// Entry keys of the cleanings of a boot whose clock nobody vouched for, ascending.
    pub(crate) fn unsure(&self, boot: BootId) -> Result<Vec<u64>, redb::Error> {
        self.of_boot(boot, tables::UNSURE, &self.pending.unsure)
    }

    pub(crate) fn unsure_uses(&self, boot: BootId) -> Result<Vec<u64>, redb::Error> {
        self.of_boot(boot, tables::UNSURE_USES, &self.pending.unsure_uses)
    }

    fn of_boot(
        &self,
        boot: BootId,
        stored: TableDefinition<'static, &'static BootKey, ()>,
        pending: &[BootKey],
    ) -> Result<Vec<u64>, redb::Error> {
        let range = tables::boot_key(boot, 0)..=tables::boot_key(boot, u64::MAX);
        let mut found = Vec::new();
        let table = self.stored.open()?.open_table(stored)?;
        for row in table.range::<&BootKey>(range.start()..=range.end())? {
            found.push(tables::boot_key_entry(row?.0.value()));
        }
        let waiting = pending.iter().filter(|key| range.contains(*key));
        found.extend(waiting.map(tables::boot_key_entry));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    pub(crate) fn text(&self, hash: &Hash) -> Result<Option<TextLine>, redb::Error> {
        let waiting = self.pending.texts.iter().filter_map(|(_, value)| tables::split_text(value));
        if let Some((_, line)) = waiting.into_iter().find(|(_, line)| line.hash() == *hash) {
            return Ok(Some(line));
        }
        let table = self.stored.open()?.open_table(tables::TEXTS)?;
        let mut found = tables::find_texts(&table, hash);
        while let Some((key, _, line)) = found.next().transpose()? {
            if !self.pending.erased.contains(&key) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn has_erased(&self, hash: &Hash) -> Result<bool, redb::Error> {
        Ok(self.erased.claim(hash) && self.stored.open()?.open_table(tables::ERASED)?.get(&hash.0)?.is_some())
    }

    /// Keeps a text of an entry. One that was erased before, which a copy brings back, only has to leave the files again.
    pub(crate) fn keep_text(&mut self, key: u64, text: &TextLine) -> Result<(), redb::Error> {
        let hash = text.hash();
        if self.pending.erased_hashes.contains(&hash) || self.has_erased(&hash)? {
            self.pending.erase.push((hash, key));
        } else {
            self.pending.text(key, text);
        }
        Ok(())
    }

    /// Removes a text wherever it is stored, and notes that it has to leave the journal.
    pub(crate) fn erase_text(&mut self, hash: &Hash) -> Result<(), redb::Error> {
        let Self { pending, stored, .. } = self;
        pending.erased_hashes.insert(*hash);
        let mut of = Vec::new();
        pending.texts.retain(|(_, value)| match tables::split_text(value) {
            Some((entry, line)) if line.hash() == *hash => {
                of.push(entry);
                false
            }
            _ => true,
        });
        // A record that was made again after its epoch had ended brings its text again.
        let table = stored.open()?.open_table(tables::TEXTS)?;
        for found in tables::find_texts(&table, hash) {
            let (key, entry, _) = found?;
            if pending.erased.insert(key) {
                of.push(entry);
            }
        }
        pending.erase.extend(of.into_iter().map(|entry| (*hash, entry)));
        Ok(())
    }

    pub(crate) fn into_pending(self) -> PendingRows {
        self.pending
    }
}
