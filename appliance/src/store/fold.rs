//! One entry into the tables: the entry itself, its indexes, its texts, and what the shared fold makes of it.

use std::collections::BTreeSet;

use record::entry::{ClockState, Entry, Idem};
use record::fold::{Cleaning, Effect, Facility, History, LinePlace, RowKey};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::redact::TextLine;
use record::run::RunName;
use record::tree::{Frontier, Hash};

use super::key_runs::KeyRuns;
use super::pending::Rows;
use super::tables;

/// Names of the epochs that this log went through, so that a key's number becomes a whole name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain(pub(crate) Vec<Epoch>);

impl Chain {
    /// The epoch of this number.
    pub(crate) fn epoch(&self, n: u32) -> Option<Epoch> {
        self.0.iter().copied().find(|e| e.n == n)
    }

    /// The entry of a key.
    pub(crate) fn entry_ref(&self, key: u64) -> Option<EntryRef> {
        let (n, seq) = tables::split_key(key);
        Some(EntryRef { epoch: self.epoch(n)?, seq })
    }
}

struct Past<'a> {
    rows: &'a Rows,
    keys: &'a KeyRuns,
    chain: &'a Chain,
}

impl History for Past<'_> {
    type Error = redb::Error;

    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<Cleaning>, redb::Error> {
        if self.chain.epoch(of.epoch.n) != Some(of.epoch) {
            return Ok(None);
        }
        if let Some(found) = self.rows.cleaning(of)? {
            return Ok(Some(found));
        }
        // It may be the later place of one that was sent again.
        let first = self.rows.first_of(tables::entry_key(of.epoch.n, of.seq))?;
        first.and_then(|key| self.chain.entry_ref(key)).map_or(Ok(None), |of| self.rows.cleaning(of))
    }

    fn unsure(&self, boot: BootId) -> Result<Vec<Cleaning>, redb::Error> {
        let mut found = Vec::new();
        for key in self.rows.unsure(boot)? {
            let Some(of) = self.chain.entry_ref(key) else { continue };
            found.extend(self.rows.cleaning(of)?);
        }
        Ok(found)
    }

    fn first_of_key(&self, idem: &Idem, line: LinePlace) -> Result<Option<LinePlace>, redb::Error> {
        let held = self.keys.first(&idem.key, self.rows)?;
        let first = held.filter(|(_, req)| *req == idem.req).and_then(|(key, _)| self.chain.entry_ref(key));
        Ok(first.map(|of| LinePlace { of, run: None }).filter(|first| *first != line))
    }
}

/// Folds one entry in. `changed` collects the facility's rows that are other than before: they are put down once for a
/// whole group.
///
/// # Errors
/// redb's: the group must be given up.
pub(super) fn apply(
    (rows, keys): (&mut Rows, &KeyRuns),
    facility: &mut Facility,
    chain: &Chain,
    epoch: Epoch,
    (entry, event): (&Entry, &Event),
    changed: &mut BTreeSet<RowKey>,
) -> Result<(), redb::Error> {
    let key = tables::entry_key(epoch.n, entry.seq());
    rows.pending.entry(key, entry.bytes());
    if let Some(idem) = entry.head().idem {
        rows.pending.keys.push((idem.key, key, idem.req));
    }
    let past = Past { rows, keys, chain };
    let changes = facility.apply(epoch, entry, event, &past)?;
    let counts = changes.effects.iter().any(|effect| matches!(effect, Effect::Cleaned(_)));
    if let (Event::CleaningRecorded(_), Some(idem), false) = (event, entry.head().idem, counts) {
        let line = LinePlace { of: EntryRef { epoch, seq: entry.seq() }, run: None };
        if let Some(first) = past.first_of_key(&idem, line)? {
            rows.pending.repeats.push((key, tables::entry_key(first.of.epoch.n, first.of.seq)));
        }
    }
    changed.extend(changes.rows);
    for effect in changes.effects {
        match effect {
            Effect::Cleaned(cleaning) => {
                rows.pending.cleaned(&cleaning, cleaning.at.clock == ClockState::Synced);
            }
            Effect::Recleaned(cleaning) => {
                let before = rows.cleaning(cleaning.of)?;
                rows.pending.recleaned(before.as_ref(), &cleaning);
            }
            Effect::Used { tag, of, performed_ms } => {
                let key = tables::entry_key(of.epoch.n, of.seq);
                rows.pending.used(tables::item_key(tag, performed_ms, key));
            }
            Effect::Erased(hash) => rows.erase_text(&hash)?,
            Effect::Windows(_) | Effect::AllWindows => {}
        }
    }
    Ok(())
}

/// Keeps a text of an entry.
pub(crate) fn keep_text(rows: &mut Rows, epoch: Epoch, line: &TextLine) {
    rows.pending.text(tables::entry_key(epoch.n, line.seq()), line);
}

/// Appends a leaf to the tree and keeps the nodes that are kept.
pub(crate) fn push_leaf(rows: &mut Rows, epoch: Epoch, frontier: &mut Frontier, leaf: Hash) {
    frontier.push_with(leaf, |level, index, hash| {
        if level >= 8 && level % 8 == 0 {
            rows.pending.node(tables::node_key(epoch.n, level, index), hash);
        }
    });
}
