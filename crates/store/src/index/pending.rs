//! Rows on their way into the tables: collected for a whole group, seen by those who look meanwhile, put down at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use record::entry::{ClockState, Digest16};
use record::fold::{CleaningRecord, FacilityState, RowKey, UseRecord};
use record::ids::Epoch;
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::{Frontier, Hash};
use redb::WriteTransaction;

pub(crate) use self::cleanings::{ErasedMarks, PendingCleanings};
use super::places::AdoptedRun;
use super::tables::{self, BootKey, ItemKey, TextKey};

mod cleanings;

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
    lines: Vec<u8>,
    entries: Vec<(u64, Range<usize>)>,
    nodes: Vec<(u64, Hash)>,
    texts: Vec<(TextKey, Vec<u8>)>,
    erased: BTreeSet<TextKey>,
    erase: Vec<(Hash, u64)>,
    erased_hashes: BTreeSet<Hash>,
    cleanings: BTreeMap<u64, CleaningValue>,
    items: BTreeMap<ItemKey, bool>,
    unsure: Vec<BootKey>,
    unsure_uses: Vec<BootKey>,
    uses: BTreeMap<ItemKey, bool>,
    pub(crate) notes: Vec<ItemKey>,
    /// Runs that were adopted, or of which something else came than before, by place.
    adopted: BTreeMap<u32, AdoptedRun>,
    /// Lines that recorded a cleaning once more, and the first that did.
    pub(crate) repeats: Vec<(u64, u64)>,
    /// Idempotency keys: which entry, of which request.
    pub(crate) keys: Vec<(Digest16, u64, Digest16)>,
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
        self.unsure_uses.clear();
        self.uses.clear();
        self.notes.clear();
        self.adopted.clear();
        self.repeats.clear();
        self.keys.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&mut self, key: u64, bytes: &[u8]) {
        let start = self.lines.len();
        self.lines.extend_from_slice(bytes);
        self.entries.push((key, start..self.lines.len()));
    }

    pub(crate) fn node(&mut self, key: u64, hash: Hash) {
        self.nodes.push((key, hash));
    }

    pub(crate) fn text(&mut self, key: u64, line: &TextLine) {
        self.texts.push((tables::text_key(key, &line.hash()), tables::text_value(key, line)));
    }

    pub(crate) fn cleaned(&mut self, key: u64, cleaning: &CleaningRecord, sure: bool) {
        self.cleanings.insert(key, CleaningValue::Plain(tables::plain_cleaning(cleaning)));
        self.items.insert(tables::item_key(cleaning.tag, cleaning.performed_ms, key), true);
        if !sure {
            self.unsure.push(tables::boot_key(cleaning.at.boot, key));
        }
    }

    pub(crate) fn recleaned(&mut self, key: u64, before: Option<&CleaningRecord>, cleaning: &CleaningRecord) {
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
    pub(crate) fn adopted(&mut self, (place, run): (u32, AdoptedRun)) {
        self.adopted.insert(place, run);
    }

    pub(crate) fn used(&mut self, key: u64, used: &UseRecord, ended_ms: i64) {
        self.uses.insert(tables::item_key(used.tag, ended_ms, key), true);
        if used.is_unsure() {
            self.unsure_uses.push(tables::boot_key(used.at.boot, key));
        }
    }

    pub(crate) fn use_moved(&mut self, key: u64, tag: Tag, [before_ms, ended_ms]: [i64; 2]) {
        self.uses.insert(tables::item_key(tag, before_ms, key), false);
        self.uses.insert(tables::item_key(tag, ended_ms, key), true);
    }

    /// Bytes of the entries and texts that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.len() + self.texts.iter().map(|(_, text)| text.len()).sum::<usize>()
    }

    /// Texts that are erased by what waits.
    pub(crate) fn erased(&self) -> impl Iterator<Item = &Hash> {
        self.erased_hashes.iter()
    }

    /// Puts everything down.
    ///
    /// # Errors
    /// redb's: the transaction must be given up.
    pub(crate) fn put_down(&mut self, txn: &WriteTransaction) -> Result<(), redb::Error> {
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
        }
        for (definition, keys) in [(tables::BY_ITEM, &self.items), (tables::USES, &self.uses)] {
            if keys.is_empty() {
                continue;
            }
            let mut table = txn.open_table(definition)?;
            for (key, there) in keys {
                if *there {
                    table.insert(key, ())?;
                } else {
                    table.remove(key)?;
                }
            }
        }
        for (definition, keys) in [(tables::UNSURE, &self.unsure), (tables::UNSURE_USES, &self.unsure_uses)] {
            if keys.is_empty() {
                continue;
            }
            let mut table = txn.open_table(definition)?;
            for key in keys {
                table.insert(key, ())?;
            }
        }
        if !self.notes.is_empty() {
            self.notes.sort_unstable();
            let mut table = txn.open_table(tables::NOTES)?;
            for key in &self.notes {
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

/// The facility's rows and the epoch's frontier, of one state of the log.
pub(crate) struct SnapshotRows {
    rows: Vec<(String, Option<String>)>,
    epoch: Epoch,
    size: u64,
    frontier: Vec<u8>,
}

impl SnapshotRows {
    pub(crate) fn of(
        facility: &FacilityState,
        changed: &BTreeSet<RowKey>,
        epoch: Epoch,
        frontier: &Frontier,
    ) -> Self {
        // What the fold has no more, such as a load that ended, is `None`.
        let mut rows: Vec<_> = changed.iter().map(|row| (row.to_string(), facility.row(*row))).collect();
        rows.sort_unstable();
        Self { rows, epoch, size: frontier.size(), frontier: tables::epoch_value(epoch, frontier) }
    }

    /// Entries of the epoch.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// # Errors
    /// redb's: the transaction must be given up.
    pub(crate) fn put_down(&self, txn: &WriteTransaction) -> Result<(), redb::Error> {
        if !self.rows.is_empty() {
            let mut table = txn.open_table(tables::ROWS)?;
            for (name, row) in &self.rows {
                match row {
                    Some(json) => drop(table.insert(name.as_str(), json.as_str())?),
                    None => drop(table.remove(name.as_str())?),
                }
            }
        }
        txn.open_table(tables::EPOCHS)?.insert(self.epoch.n, &self.frontier[..])?;
        Ok(())
    }
}
