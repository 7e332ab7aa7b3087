//! One entry into the tables: the entry itself, its indexes, its texts, and what the shared fold makes of it.

use std::collections::BTreeSet;

use record::entry::{ClockState, Entry, Idem};
use record::fold::{Cleaning, Effect, Facility, History, LinePlace, RowKey};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::redact::TextLine;
use record::run::RunName;
use record::tree::{Frontier, Hash};
use redb::ReadableTable as _;

use super::tables::{self, Tables};

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

struct Past<'a, 't> {
    tables: &'a Tables<'t>,
    chain: &'a Chain,
}

impl History for Past<'_, '_> {
    type Error = redb::Error;

    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<Cleaning>, redb::Error> {
        if self.chain.epoch(of.epoch.n) != Some(of.epoch) {
            return Ok(None);
        }
        let found = tables::cleaning(&self.tables.cleanings, &self.tables.entries, of)?;
        if found.is_some() {
            return Ok(found);
        }
        // It may be the later place of one that was sent again.
        let key = tables::entry_key(of.epoch.n, of.seq);
        let idem = self.tables.entries.get(key)?.and_then(|line| tables::idem_of(line.value()));
        let line = LinePlace { of, run: None };
        match idem.map_or(Ok(None), |idem| self.first_of_key(&idem, line))? {
            Some(first) => tables::cleaning(&self.tables.cleanings, &self.tables.entries, first.of),
            None => Ok(None),
        }
    }

    fn unsure(&self, boot: BootId) -> Result<Vec<Cleaning>, redb::Error> {
        let range = tables::boot_key(boot, 0)..=tables::boot_key(boot, u64::MAX);
        let mut found = Vec::new();
        for row in self.tables.unsure.range::<&tables::BootKey>(range.start()..=range.end())? {
            let key = tables::boot_key_entry(row?.0.value());
            let Some(of) = self.chain.entry_ref(key) else { continue };
            found.extend(tables::cleaning(&self.tables.cleanings, &self.tables.entries, of)?);
        }
        Ok(found)
    }

    fn first_of_key(&self, idem: &Idem, line: LinePlace) -> Result<Option<LinePlace>, redb::Error> {
        let held = self.tables.idem.get(&idem.key.0)?.map(|row| tables::split_idem(row.value()));
        let first = held.filter(|(_, req)| *req == idem.req).and_then(|(key, _)| self.chain.entry_ref(key));
        Ok(first.map(|of| LinePlace { of, run: None }).filter(|first| *first != line))
    }
}

/// Folds one entry in. `changed` collects the rows that are other than before: [`write_rows`] puts them down once for a
/// whole group.
///
/// # Errors
/// redb's: the transaction must be given up.
pub(crate) fn apply(
    tables: &mut Tables<'_>,
    facility: &mut Facility,
    chain: &Chain,
    epoch: Epoch,
    (entry, event): (&Entry, &Event),
    changed: &mut BTreeSet<RowKey>,
) -> Result<(), redb::Error> {
    let key = tables::entry_key(epoch.n, entry.seq());
    tables.entries.insert(key, entry.bytes())?;
    if let Some(idem) = entry.head().idem {
        keep_key(tables, key, idem)?;
    }
    let changes = facility.apply(epoch, entry, event, &Past { tables, chain })?;
    changed.extend(changes.rows);
    for effect in changes.effects {
        match effect {
            Effect::Cleaned(cleaning) => cleaned(tables, &cleaning)?,
            Effect::Recleaned(cleaning) => recleaned(tables, &cleaning)?,
            Effect::Used { tag, of, performed_ms } => {
                let key = tables::entry_key(of.epoch.n, of.seq);
                tables.uses.insert(&tables::item_key(tag, performed_ms, key), ())?;
            }
            Effect::Erased(hash) => erased(tables, &hash)?,
            Effect::Windows(_) | Effect::AllWindows => {}
        }
    }
    Ok(())
}

/// The first entry that counts under a key answers for it.
fn keep_key(tables: &mut Tables<'_>, entry: u64, idem: Idem) -> Result<(), redb::Error> {
    let before = tables.idem.insert(&idem.key.0, &tables::idem_value(entry, idem.req))?;
    let before = before.map(|row| *row.value());
    if let Some(first) = before {
        tables.idem.insert(&idem.key.0, &first)?;
    }
    Ok(())
}

/// Puts down rows as they are now.
///
/// # Errors
/// redb's.
pub(crate) fn write_rows(
    tables: &mut Tables<'_>,
    facility: &Facility,
    rows: &BTreeSet<RowKey>,
) -> Result<(), redb::Error> {
    for row in rows {
        if let Some(json) = facility.row(*row) {
            tables.rows.insert(row.to_string().as_str(), json.as_str())?;
        }
    }
    Ok(())
}

fn cleaned(tables: &mut Tables<'_>, cleaning: &Cleaning) -> Result<(), redb::Error> {
    let key = tables::entry_key(cleaning.of.epoch.n, cleaning.of.seq);
    tables.cleanings.insert(key, &tables::plain_cleaning(cleaning)[..])?;
    tables.by_item.insert(&tables::item_key(cleaning.tag, cleaning.performed_ms, key), ())?;
    if cleaning.at.clock != ClockState::Synced {
        tables.unsure.insert(&tables::boot_key(cleaning.at.boot, key), ())?;
    }
    Ok(())
}

fn recleaned(tables: &mut Tables<'_>, cleaning: &Cleaning) -> Result<(), redb::Error> {
    let key = tables::entry_key(cleaning.of.epoch.n, cleaning.of.seq);
    if let Some(before) = tables::cleaning(&tables.cleanings, &tables.entries, cleaning.of)? {
        tables.by_item.remove(&tables::item_key(before.tag, before.performed_ms, key))?;
    }
    // Identifiers, numbers and hashes: there is nothing in it that JSON could refuse.
    let row = serde_json::to_vec(cleaning).unwrap_or_default();
    tables.cleanings.insert(key, &row[..])?;
    tables.by_item.insert(&tables::item_key(cleaning.tag, cleaning.performed_ms, key), ())?;
    // Its time may be that of its other place by now, and of another boot.
    if cleaning.at.clock != ClockState::Synced {
        tables.unsure.insert(&tables::boot_key(cleaning.at.boot, key), ())?;
    }
    Ok(())
}

fn erased(tables: &mut Tables<'_>, hash: &Hash) -> Result<(), redb::Error> {
    // A record that was made anew after its epoch had ended brings its text again.
    while let Some((key, entry, _)) = tables::find_text(&tables.texts, hash)? {
        tables.texts.remove(&key)?;
        tables.erase.insert(&hash.0, entry)?;
    }
    Ok(())
}

/// Keeps a text of an entry.
///
/// # Errors
/// redb's.
pub(crate) fn keep_text(tables: &mut Tables<'_>, epoch: Epoch, line: &TextLine) -> Result<(), redb::Error> {
    let key = tables::entry_key(epoch.n, line.seq());
    tables.texts.insert(&tables::text_key(key, &line.hash()), &tables::text_value(key, line)[..])?;
    Ok(())
}

/// Appends a leaf to the tree and keeps the nodes that are kept.
///
/// # Errors
/// redb's.
pub(crate) fn push_leaf(
    tables: &mut Tables<'_>,
    epoch: Epoch,
    frontier: &mut Frontier,
    leaf: Hash,
) -> Result<(), redb::Error> {
    let mut kept: Result<(), redb::Error> = Ok(());
    frontier.push_with(leaf, |level, index, hash| {
        if level >= 8 && level % 8 == 0 && kept.is_ok() {
            let put = tables.nodes.insert(tables::node_key(epoch.n, level, index), &hash.0);
            kept = put.map(drop).map_err(redb::Error::from);
        }
    });
    kept
}
