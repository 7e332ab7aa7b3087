//! One entry into the tables: the entry itself, its indexes, its texts, and what the shared fold makes of it.

use std::collections::BTreeSet;

use record::anchor::corrected_ms;
use record::entry::{ClockState, Entry, IdempotencyRecord};
use record::fold::{
    AdoptedBy, CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, RowKey, UseRecord,
};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::redact::TextLine;
use record::run::RunName;
use record::tree::{Frontier, Hash};

use super::key_runs::KeyRuns;
use super::pending::PendingCleanings;
use super::places::Places;
use super::tables;

struct HistoryTables<'a> {
    rows: &'a PendingCleanings,
    keys: &'a KeyRuns,
    places: &'a Places,
}

impl HistoryLookup for HistoryTables<'_> {
    type Error = redb::Error;

    fn cleaning(&self, of: EntryRef, near: Option<RunName>) -> Result<Option<CleaningRecord>, redb::Error> {
        self.rows.cleaning_of(self.places, of, near)
    }

    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, redb::Error> {
        let mut found = Vec::new();
        for key in self.rows.unsure(boot)? {
            found.extend(self.rows.cleaning(self.places, key)?);
        }
        Ok(found)
    }

    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, redb::Error> {
        let mut found = Vec::new();
        for key in self.rows.unsure_uses(boot)? {
            found.extend(self.rows.used(self.places, key)?);
        }
        Ok(found)
    }

    fn first_of_key(
        &self,
        idem: &IdempotencyRecord,
        line: LinePlace,
    ) -> Result<Option<LinePlace>, redb::Error> {
        let held = self.keys.first(&idem.key, self.rows)?;
        let first = held.filter(|(_, req)| *req == idem.req).and_then(|(key, _)| self.places.line(key));
        Ok(first.filter(|first| *first != line))
    }
}

pub(crate) struct FoldedInto<'a> {
    pub(crate) rows: &'a mut PendingCleanings,
    pub(crate) keys: &'a KeyRuns,
    pub(crate) facility: &'a mut FacilityState,
    pub(crate) places: &'a mut Places,
    /// Collects the facility's rows that are other than before: they are put down once for a whole group.
    pub(crate) changed: &'a mut BTreeSet<RowKey>,
}

/// Folds one line in.
///
/// # Errors
/// redb's: the group must be given up.
pub(crate) fn apply_entries(
    FoldedInto { rows, keys, facility, places, changed }: FoldedInto<'_>,
    line: LinePlace,
    (entry, event): (&Entry, &Event),
) -> Result<(), redb::Error> {
    // Its epoch, or its run, was added before it.
    let Some(key) = places.key(line) else { return Ok(()) };
    rows.pending.entry(key, entry.bytes());
    if let Some(idem) = entry.head().idem {
        rows.pending.keys.push((idem.key, key, idem.req));
    }
    let past = HistoryTables { rows, keys, places };
    let epoch = line.of.epoch;
    let changes = match places.adopted_by(key) {
        Some(by) => facility.apply_adopted(epoch, entry, event, &past, by)?,
        None => facility.apply(epoch, entry, event, &past)?,
    };
    for passed in &changes.passed {
        tracing::info!(%epoch, seq = line.of.seq, %passed, "an adopted line changes nothing");
    }
    let counts = changes.effects.iter().any(|effect| matches!(effect, FoldEffect::Cleaned(_)));
    if let (Event::CleaningRecorded(_), Some(idem), false) = (event, entry.head().idem, counts)
        && let Some(first) = past.first_of_key(&idem, line)?.and_then(|first| places.key(first))
    {
        rows.pending.repeats.push((key, first));
    }
    changed.extend(changes.rows);
    for effect in changes.effects {
        match effect {
            FoldEffect::Cleaned(cleaning) => {
                rows.pending.cleaned(key, &cleaning, cleaning.at.clock == ClockState::Synced);
            }
            FoldEffect::Recleaned(cleaning) => {
                let Some(key) = places.key(cleaning.place()) else { continue };
                let before = rows.cleaning(places, key)?;
                rows.pending.recleaned(key, before.as_ref(), &cleaning);
            }
            FoldEffect::Used { used, ended_ms } => rows.pending.used(key, &used, ended_ms),
            FoldEffect::UseMoved { used, before_ms, ended_ms } => {
                let Some(key) = places.key(used.place()) else { continue };
                rows.pending.use_moved(key, used.tag, [before_ms, ended_ms]);
            }
            FoldEffect::Noted { tag, at_ms, .. } => {
                rows.pending.notes.push(tables::item_key(tag, at_ms, key))
            }
            FoldEffect::Erased(hash) => rows.erase_text(&hash)?,
            FoldEffect::Windows(_) | FoldEffect::AllWindows => {}
        }
    }
    if let Event::LogAdopted(adopted) = event {
        let at = entry.head().at;
        let at_ms = corrected_ms(&at, facility.boots.get(&at.boot).copied());
        let by = AdoptedBy { run: adopted.run, by: line.of, at_ms };
        if let Some(adopted) = places.adopt(by, line.run) {
            rows.pending.adopted(adopted);
        }
    }
    Ok(())
}

/// Keeps a text of a line.
///
/// # Errors
/// redb's: the group must be given up.
pub(crate) fn keep_text(
    rows: &mut PendingCleanings,
    places: &Places,
    line: LinePlace,
    text: &TextLine,
) -> Result<(), redb::Error> {
    places.key(line).map_or(Ok(()), |key| rows.keep_text(key, text))
}

/// Appends a leaf to the tree and keeps the nodes that are kept.
pub(crate) fn push_leaf(rows: &mut PendingCleanings, epoch: Epoch, frontier: &mut Frontier, leaf: Hash) {
    frontier.push_with(leaf, |level, index, hash| {
        if level >= 8 && level % 8 == 0 {
            rows.pending.node(tables::node_key(epoch.n, level, index), hash);
        }
    });
}
