//! Rows on their way into the tables: collected for a whole group, seen by those who look meanwhile, put down at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use record::entry::{ClockState, Digest16};
use record::fold::{CleaningRecord, FacilityState, RowKey};
use record::ids::{BootId, Epoch};
use record::kinds::EntryRef;
use record::redact::TextLine;
use record::run::RunName;
use record::tree::{Frontier, Hash};
use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTableMetadata as _, WriteTransaction};

use super::places::{AdoptedRun, Places};
use super::tables::{self, BootKey, ItemKey, TextKey};

/// A cleaning's value: two times where the entry says the rest, a whole row where it was changed later.
enum CleaningValue {
    Plain([u8; 16]),
    Changed(Vec<u8>),
}

impl CleaningValue {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(times) => times,
            Self::Changed(row) => row,
        }
    }
}

/// Rows that the tables do not have yet. A sorted run of inserts touches each page once, where one record after the other
/// would copy the same pages again and again.
#[derive(Default)]
pub(crate) struct PendingRows {
    /// Bytes of all entries.
    lines: Vec<u8>,
    entries: Vec<(u64, Range<usize>)>,
    nodes: Vec<(u64, Hash)>,
    texts: Vec<(TextKey, Vec<u8>)>,
    erased: BTreeSet<TextKey>,
    erase: Vec<(Hash, u64)>,
    erased_hashes: BTreeSet<Hash>,
    cleanings: BTreeMap<u64, CleaningValue>,
    /// Whether it is put there or taken away.
    items: BTreeMap<ItemKey, bool>,
    unsure: Vec<BootKey>,
    uses: Vec<ItemKey>,
    pub(super) notes: Vec<ItemKey>,
    /// Runs that were adopted, or of which something else came than before, by place.
    adopted: BTreeMap<u32, AdoptedRun>,
    /// Lines that recorded a cleaning once more, and the first that did.
    pub(super) repeats: Vec<(u64, u64)>,
    /// Idempotency keys: which entry, of which request.
    pub(super) keys: Vec<(Digest16, u64, Digest16)>,
}

impl PendingRows {
    /// Forgets everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.entries.clear();
        self.nodes.clear();
        self.texts.clear();
        self.erased.clear();
        self.erase.clear();
        self.erased_hashes.clear();
        self.cleanings.clear();
        self.items.clear();
        self.unsure.clear();
        self.uses.clear();
        self.notes.clear();
        self.adopted.clear();
        self.repeats.clear();
        self.keys.clear();
    }

    /// Entries that wait.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entry(&mut self, key: u64, bytes: &[u8]) {
        let start = self.lines.len();
        self.lines.extend_from_slice(bytes);
        self.entries.push((key, start..self.lines.len()));
    }

    pub(super) fn node(&mut self, key: u64, hash: Hash) {
        self.nodes.push((key, hash));
    }

    pub(super) fn text(&mut self, key: u64, line: &TextLine) {
        self.texts.push((tables::text_key(key, &line.hash()), tables::text_value(key, line)));
    }

    pub(super) fn cleaned(&mut self, key: u64, cleaning: &CleaningRecord, sure: bool) {
        self.cleanings.insert(key, CleaningValue::Plain(tables::plain_cleaning(cleaning)));
        self.items.insert(tables::item_key(cleaning.tag, cleaning.performed_ms, key), true);
        if !sure {
            self.unsure.push(tables::boot_key(cleaning.at.boot, key));
        }
    }

    pub(super) fn recleaned(&mut self, key: u64, before: Option<&CleaningRecord>, cleaning: &CleaningRecord) {
        if let Some(before) = before {
            self.items.insert(tables::item_key(before.tag, before.performed_ms, key), false);
        }
        // Identifiers, numbers and hashes: there is nothing in it that JSON could refuse.
        let row = serde_json::to_vec(cleaning).unwrap_or_default();
        self.cleanings.insert(key, CleaningValue::Changed(row));
        self.items.insert(tables::item_key(cleaning.tag, cleaning.performed_ms, key), true);
        // Its time may be that of its other place by now, and of another boot.
        if cleaning.at.clock != ClockState::Synced {
            self.unsure.push(tables::boot_key(cleaning.at.boot, key));
        }
    }

    /// A run was adopted, or something else came of it than before.
    pub(super) fn adopted(&mut self, (place, run): (u32, AdoptedRun)) {
        self.adopted.insert(place, run);
    }

    pub(super) fn used(&mut self, key: ItemKey) {
        self.uses.push(key);
    }

    /// Puts everything down, and the epoch's frontier with it.
    ///
    /// # Errors
    /// redb's: the transaction must be given up.
    pub(crate) fn put_down(
        &mut self,
        txn: &WriteTransaction,
        (epoch, frontier): (Epoch, &Frontier),
    ) -> Result<(), redb::Error> {
        self.put_log(txn)?;
        self.put_history(txn)?;
        if !self.adopted.is_empty() {
            let mut table = txn.open_table(tables::ADOPTED)?;
            for (place, run) in &self.adopted {
                // Names and numbers: there is nothing in it that JSON could refuse.
                let json = serde_json::to_string(run).unwrap_or_default();
                table.insert(*place, json.as_str())?;
            }
        }
        let value = tables::epoch_value(epoch, frontier);
        txn.open_table(tables::EPOCHS)?.insert(epoch.n, &value[..])?;
        Ok(())
    }

    fn put_log(&mut self, txn: &WriteTransaction) -> Result<(), redb::Error> {
        if !self.entries.is_empty() {
            self.entries.sort_by_key(|(key, _)| *key);
            let mut table = txn.open_table(tables::ENTRIES)?;
            for (key, range) in &self.entries {
                table.insert(*key, &self.lines[range.clone()])?;
            }
        }
        if !self.nodes.is_empty() {
            let mut table = txn.open_table(tables::NODES)?;
            for (key, hash) in &self.nodes {
                table.insert(*key, &hash.0)?;
            }
        }
        if !self.texts.is_empty() || !self.erased.is_empty() {
            let mut table = txn.open_table(tables::TEXTS)?;
            for key in &self.erased {
                table.remove(key)?;
            }
            self.texts.sort_by_key(|(key, _)| *key);
            for (key, value) in &self.texts {
                table.insert(key, &value[..])?;
            }
        }
        if !self.erase.is_empty() {
            let mut table = txn.open_table(tables::ERASE)?;
            for (hash, key) in &self.erase {
                table.insert(&hash.0, key)?;
            }
        }
        if !self.erased_hashes.is_empty() {
            let mut table = txn.open_table(tables::ERASED)?;
            for hash in &self.erased_hashes {
                table.insert(&hash.0, ())?;
            }
        }
        Ok(())
    }

    fn put_history(&mut self, txn: &WriteTransaction) -> Result<(), redb::Error> {
        if !self.cleanings.is_empty() {
            let mut table = txn.open_table(tables::CLEANINGS)?;
            for (key, value) in &self.cleanings {
                table.insert(*key, value.bytes())?;
            }
            let mut table = txn.open_table(tables::BY_ITEM)?;
            for (key, there) in &self.items {
                if *there {
                    table.insert(key, ())?;
                } else {
                    table.remove(key)?;
                }
            }
        }
        if !self.unsure.is_empty() {
            let mut table = txn.open_table(tables::UNSURE)?;
            for key in &self.unsure {
                table.insert(key, ())?;
            }
        }
        for (definition, keys) in [(tables::USES, &mut self.uses), (tables::NOTES, &mut self.notes)] {
            if keys.is_empty() {
                continue;
            }
            keys.sort_unstable();
            let mut table = txn.open_table(definition)?;
            for key in keys.iter() {
                table.insert(key, ())?;
            }
        }
        if !self.repeats.is_empty() {
            let mut table = txn.open_table(tables::REPEATS)?;
            for (key, first) in &self.repeats {
                table.insert(*key, first)?;
            }
        }
        Ok(())
    }
}

/// Puts down the facility's rows as they are now, once for a whole group.
///
/// # Errors
/// redb's: the transaction must be given up.
pub(crate) fn put_rows(
    txn: &WriteTransaction,
    facility: &FacilityState,
    rows: &BTreeSet<RowKey>,
) -> Result<(), redb::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = txn.open_table(tables::ROWS)?;
    let mut named: Vec<_> = rows.iter().map(|row| (row.to_string(), *row)).collect();
    named.sort_unstable();
    for (name, row) in named {
        match facility.row(row) {
            Some(json) => drop(table.insert(name.as_str(), json.as_str())?),
            // What the fold has no more, such as a load that ended.
            None => drop(table.remove(name.as_str())?),
        }
    }
    Ok(())
}

/// The rows as they will be: what waits, and the tables behind it as they were when the group began.
pub(crate) struct PendingCleanings {
    pub(super) pending: PendingRows,
    pub(super) stored: ReadTransaction,
    /// Whether the tables know of any erased text: mostly not, and each text is asked for.
    any_erased: bool,
}

impl PendingCleanings {
    /// Over a database, with the memory of rows that were put down.
    pub(crate) fn over(db: &Database, mut pending: PendingRows) -> Result<Self, redb::Error> {
        pending.clear();
        let stored = db.begin_read()?;
        let any_erased = !stored.open_table(tables::ERASED)?.is_empty()?;
        Ok(Self { pending, stored, any_erased })
    }

    /// The exact bytes of an entry.
    pub(crate) fn entry(&self, key: u64) -> Result<Option<Vec<u8>>, redb::Error> {
        let waiting = self.pending.entries.iter().rev().find(|(of, _)| *of == key);
        if let Some((_, range)) = waiting {
            return Ok(Some(self.pending.lines[range.clone()].to_vec()));
        }
        let row = self.stored.open_table(tables::ENTRIES)?.get(key)?;
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

    /// The cleaning that the line of a key recorded.
    pub(crate) fn cleaning(&self, places: &Places, key: u64) -> Result<Option<CleaningRecord>, redb::Error> {
        let Some(line) = places.line(key) else { return Ok(None) };
        let value = match self.pending.cleanings.get(&key) {
            Some(waiting) => waiting.bytes().to_vec(),
            None => match self.stored.open_table(tables::CLEANINGS)?.get(key)? {
                Some(row) => row.value().to_vec(),
                None => return Ok(None),
            },
        };
        let of = (line.of, places.adopted_by(key));
        Ok(tables::read_cleaning(of, &value, self.entry(key)?.as_deref()))
    }

    /// The entry key of the first line that recorded what this one records once more.
    pub(crate) fn first_of(&self, key: u64) -> Result<Option<u64>, redb::Error> {
        if let Some((_, first)) = self.pending.repeats.iter().find(|(of, _)| *of == key) {
            return Ok(Some(*first));
        }
        Ok(self.stored.open_table(tables::REPEATS)?.get(key)?.map(|row| row.value()))
    }

    /// Entry keys of the cleanings of a boot whose clock nobody vouched for, ascending.
    pub(crate) fn unsure(&self, boot: BootId) -> Result<Vec<u64>, redb::Error> {
        let range = tables::boot_key(boot, 0)..=tables::boot_key(boot, u64::MAX);
        let mut found = Vec::new();
        let table = self.stored.open_table(tables::UNSURE)?;
        for row in table.range::<&BootKey>(range.start()..=range.end())? {
            found.push(tables::boot_key_entry(row?.0.value()));
        }
        let waiting = self.pending.unsure.iter().filter(|key| range.contains(*key));
        found.extend(waiting.map(tables::boot_key_entry));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A text by its salted hash.
    pub(crate) fn text(&self, hash: &Hash) -> Result<Option<TextLine>, redb::Error> {
        let waiting = self.pending.texts.iter().filter_map(|(_, value)| tables::split_text(value));
        if let Some((_, line)) = waiting.into_iter().find(|(_, line)| line.hash() == *hash) {
            return Ok(Some(line));
        }
        let table = self.stored.open_table(tables::TEXTS)?;
        let mut found = tables::find_texts(&table, hash);
        while let Some((key, _, line)) = found.next().transpose()? {
            if !self.pending.erased.contains(&key) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Keeps a text of an entry. One that was erased before, which a copy brings back, only has to leave the files again.
    pub(crate) fn keep_text(&mut self, key: u64, text: &TextLine) -> Result<(), redb::Error> {
        let hash = text.hash();
        let stored = || -> Result<bool, redb::Error> {
            Ok(self.any_erased && self.stored.open_table(tables::ERASED)?.get(&hash.0)?.is_some())
        };
        if self.pending.erased_hashes.contains(&hash) || stored()? {
            self.pending.erase.push((hash, key));
        } else {
            self.pending.text(key, text);
        }
        Ok(())
    }

    /// Takes a text away wherever it stands, and notes that it has to leave the journal.
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
        // A record that was made anew after its epoch had ended brings its text again.
        let table = stored.open_table(tables::TEXTS)?;
        for found in tables::find_texts(&table, hash) {
            let (key, entry, _) = found?;
            if pending.erased.insert(key) {
                of.push(entry);
            }
        }
        pending.erase.extend(of.into_iter().map(|entry| (*hash, entry)));
        Ok(())
    }

    /// What is to be put down.
    pub(crate) fn into_pending(self) -> PendingRows {
        self.pending
    }
}
