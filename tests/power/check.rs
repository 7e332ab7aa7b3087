//! What must hold after every start: acknowledged entries are there, nothing is invented, both copies and the fold agree.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use record::entry::{Entry, IdempotencyRecord};
use record::fold::{CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, UseRecord};
use record::ids::BootId;
use record::kinds::EntryRef;
use record::run::RunName;
use record::tree::Frontier;

use crate::story::{Life, Model};

#[derive(Default)]
struct Past {
    cleanings: BTreeMap<EntryRef, CleaningRecord>,
    uses: Vec<UseRecord>,
}

impl HistoryLookup for Past {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        Ok(self.cleanings.get(&of).cloned())
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        let unsure =
            |c: &&CleaningRecord| c.at.boot == boot && c.at.clock != record::entry::ClockState::Synced;
        Ok(self.cleanings.values().filter(unsure).cloned().collect())
    }
    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, Infallible> {
        let unsure =
            |used: &&UseRecord| used.at.boot == boot && used.at.clock != record::entry::ClockState::Synced;
        Ok(self.uses.iter().filter(unsure).copied().collect())
    }
    fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Infallible> {
        Ok(None)
    }
}

/// Checks a box that has just started: `reported` entries were acknowledged before the power failed, `tried`
/// had been handed to the disk.
pub fn check(life: &Life, model: &Model, reported: u64, tried: u64, noise: bool) -> Result<(), String> {
    let reader = life.core.reader().map_err(|e| e.to_string())?;
    let own = u32::try_from(model.ended.len()).map_err(|e| e.to_string())? + 1;
    if reader.epoch().n != own || (own == 1 && life.report.new_epoch.is_some()) {
        return Err(format!("a new epoch was begun: {:?}", life.report.new_epoch));
    }
    // A page of noise in its header costs redb a file; of this one there is no second copy.
    if life.report.state_lost && !noise {
        return Err("state.redb was lost".to_owned());
    }
    let size = reader.size();
    if size < reported {
        return Err(format!("{reported} entries were acknowledged, {size} are there: {:?}", life.report));
    }
    if size > tried.max(1) {
        return Err(format!("{tried} entries were ever written, {size} are there"));
    }
    if size > reported && size > 1 && !model.ends.contains(&size) {
        return Err(format!("the log ends inside a command, at {size}"));
    }
    let mut frontier = Frontier::default();
    let (mut facility, mut past) = (FacilityState::default(), Past::default());
    let mut keys = BTreeSet::new();
    let mut fold = |epoch, entry: &Entry| {
        if let Some(idem) = entry.head().idem.filter(|idem| !keys.insert(idem.key)) {
            return Err(format!("what was sent under one key is recorded twice: {}", idem.key));
        }
        let Ok(changes) = facility.apply(epoch, entry, &entry.event(), &past);
        for effect in changes.effects {
            match effect {
                FoldEffect::Cleaned(cleaning) | FoldEffect::Recleaned(cleaning) => {
                    past.cleanings.insert(cleaning.of, cleaning);
                }
                FoldEffect::Used { used, .. } => past.uses.push(used),
                _ => {}
            }
        }
        Ok(())
    };
    for (epoch, reported) in &model.ended {
        let reader = life.core.reader_of(*epoch).map_err(|e| e.to_string())?;
        if reader.size() != reported.len() as u64 {
            return Err(format!("{} entries of {epoch} are there, of {}", reader.size(), reported.len()));
        }
        for (leaf, entry) in reported.iter().zip(reader.entries(0..reader.size())) {
            let entry = entry.map_err(|e| e.to_string())?;
            if entry.leaf() != *leaf {
                return Err(format!("an entry of {epoch} was changed: {}", entry.as_str()));
            }
            fold(*epoch, &entry)?;
        }
    }
    for (seq, entry) in (0..size).zip(reader.entries(0..size)) {
        let entry = entry.map_err(|e| e.to_string())?;
        let (leaf, place) = (entry.leaf(), usize::try_from(seq).map_err(|e| e.to_string())?);
        let known = if seq < reported { model.reported[place] == leaf } else { false };
        if !known && (seq < reported || !model.tried.get(place).is_some_and(|t| t.contains(&leaf))) && seq > 0
        {
            return Err(format!("entry {seq} is not one that was ever written: {}", entry.as_str()));
        }
        frontier.push(leaf);
        let texts = reader.texts_named(&entry).map_err(|e| e.to_string())?;
        for hash in entry.redactables() {
            if !texts.iter().any(|t| t.hash() == hash) && !model.erased.contains(&hash) {
                return Err(format!("a text of entry {seq} is missing"));
            }
        }
        fold(reader.epoch(), &entry)?;
    }
    if frontier.root() != reader.root() {
        return Err("the entries do not lead to the root".to_owned());
    }
    if *life.core.facility() != facility {
        return Err("the facility is not the fold over the entries".to_owned());
    }
    for (of, cleaning) in &past.cleanings {
        if reader.cleaning(*of).map_err(|e| e.to_string())?.as_ref() != Some(cleaning) {
            return Err(format!("cleaning {} is not what the fold makes of it", of.seq));
        }
    }
    Ok(())
}
