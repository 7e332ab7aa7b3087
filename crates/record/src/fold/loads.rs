//! Lots of agents, loads that have not ended, maintenance tasks and files of old records.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::values::LineTime;
use super::{FacilityState, FoldChanges, PassedOver, RowKey, RowVersion};
use crate::anchor::TimeCertainty;
use crate::kinds::{
    EntryRef, HistoryImported, HistoryRemoved, LoadStarted, LotClosed, LotOpened, Schedule, UpkeepDone,
    UpkeepPlanned, UpkeepResult,
};
use crate::tree::Hash;
use crate::values::ids::{LoadId, ProtocolId, UpkeepId};
use crate::values::redact::Redactable;

const TASKS_MAX: usize = 12;

/// A bottle or box of agent, strips or indicators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentLot {
    /// As it was opened.
    pub opened: LotOpened,
    /// When that was written, milliseconds since 1970.
    pub opened_ms: i64,
    /// When it was closed, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<i64>,
}

/// A load that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenLoad {
    /// As it was started.
    pub started: LoadStarted,
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// When, milliseconds since 1970.
    pub started_ms: i64,
}

/// A maintenance task of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpkeepTask {
    /// Which.
    pub upkeep: UpkeepId,
    /// What is to be done.
    pub name: String,
    /// How often.
    pub schedule: Schedule,
    /// From when on, milliseconds since 1970.
    pub from_ms: i64,
    /// How it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// Whether an interval goes by the calendar instead of by the last time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_calendar: bool,
    /// When it was last done, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_ms: Option<i64>,
    /// When it was last tried and not passed, where that is later, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_ms: Option<i64>,
    /// Whether the newest of both is an estimate: it was written with an unset clock, and is not corrected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsure: bool,
    /// When that was stated, milliseconds since 1970.
    pub set_ms: i64,
    /// The entry of the plan; doing the task does not change the plan.
    #[serde(default, skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

impl UpkeepTask {
    /// How far the time at which it was last done, or not passed, can be believed.
    pub fn certainty(&self) -> TimeCertainty {
        if self.unsure { TimeCertainty::Uncertain } else { TimeCertainty::Certain }
    }
}

/// The maintenance tasks of an item, ended ones left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ItemUpkeep {
    /// In the order in which they were planned.
    pub tasks: Vec<UpkeepTask>,
}

/// A file of old records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldRecordsFile {
    /// SHA-256 of the file.
    pub file: Hash,
    /// Its name, by the hash of the text.
    pub name: Redactable,
    /// How many records it holds.
    pub rows: u32,
    /// The oldest of them, milliseconds since 1970.
    pub from_ms: i64,
    /// The newest of them, milliseconds since 1970.
    pub to_ms: i64,
}

impl FacilityState {
    pub(super) fn lot_opened(&mut self, b: &LotOpened, line: LineTime, changes: &mut FoldChanges) {
        if self.lots.contains_key(&b.lot) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let lot = AgentLot { opened: b.clone(), opened_ms: line.ms, closed_ms: None };
        self.lots.insert(b.lot, Arc::new(lot));
        changes.row(RowKey::Lot(b.lot));
    }

    pub(super) fn lot_closed(&mut self, b: &LotClosed, line: LineTime, changes: &mut FoldChanges) {
        let Some(lot) = self.lots.get_mut(&b.lot).filter(|lot| lot.closed_ms.is_none()) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        Arc::make_mut(lot).closed_ms = Some(line.ms);
        changes.row(RowKey::Lot(b.lot));
    }

    pub(super) fn load_started(
        &mut self,
        b: &LoadStarted,
        of: EntryRef,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        if self.loads.contains_key(&b.load) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        self.loads.insert(b.load, Arc::new(OpenLoad { started: b.clone(), of, started_ms: line.ms }));
        changes.row(RowKey::Load(b.load));
    }

    pub(super) fn load_ended(&mut self, load: LoadId, line: LineTime, changes: &mut FoldChanges) {
        if self.loads.remove(&load).is_none() {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        changes.row(RowKey::Load(load));
    }

    pub(super) fn upkeep_planned(&mut self, b: &UpkeepPlanned, line: LineTime, changes: &mut FoldChanges) {
        if !self.equipment.contains_key(&b.tag) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let tasks = &mut Arc::make_mut(self.upkeep.entry(b.tag).or_default()).tasks;
        let place = tasks.iter().position(|task| task.upkeep == b.upkeep);
        if place.is_some_and(|place| line.is_behind(tasks[place].set_ms)) {
            return changes.pass(line.late, PassedOver::Older { value: "upkeep".to_owned() });
        }
        match place {
            Some(place) if b.schedule == Schedule::Never => drop(tasks.remove(place)),
            Some(place) => {
                let task = &mut tasks[place];
                (task.name, task.schedule) = (b.name.clone(), b.schedule.clone());
                (task.from_ms, task.protocol, task.set_ms) = (b.from, b.protocol, line.ms);
                (task.by_calendar, task.changed) = (b.by_calendar, line.version);
            }
            None if b.schedule == Schedule::Never || tasks.len() >= TASKS_MAX => {
                return changes.pass(line.late, PassedOver::NotApplicable);
            }
            None => tasks.push(UpkeepTask {
                upkeep: b.upkeep,
                name: b.name.clone(),
                schedule: b.schedule.clone(),
                from_ms: b.from,
                protocol: b.protocol,
                by_calendar: b.by_calendar,
                done_ms: None,
                failed_ms: None,
                unsure: false,
                set_ms: line.ms,
                changed: line.version,
            }),
        }
        changes.row(RowKey::Upkeep(b.tag));
    }

    pub(super) fn upkeep_done(&mut self, b: &UpkeepDone, line: LineTime, changes: &mut FoldChanges) {
        let row = self.upkeep.get_mut(&b.tag).map(Arc::make_mut);
        let task = row.and_then(|row| row.tasks.iter_mut().find(|task| task.upkeep == b.upkeep));
        let Some(task) = task else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        let performed_ms = b.performed.unwrap_or(line.ms).min(line.ms);
        if Some(performed_ms) >= task.done_ms.max(task.failed_ms) {
            task.unsure = line.is_unsure;
        }
        if b.result == UpkeepResult::Done {
            task.done_ms = task.done_ms.max(Some(performed_ms));
        } else {
            task.failed_ms = task.failed_ms.max(Some(performed_ms));
        }
        task.failed_ms = task.failed_ms.filter(|&failed| Some(failed) > task.done_ms);
        changes.row(RowKey::Upkeep(b.tag));
    }

    pub(super) fn history_imported(
        &mut self,
        b: &HistoryImported,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        if self.old_records.contains_key(&b.import) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let file = OldRecordsFile { file: b.file, name: b.name, rows: b.rows, from_ms: b.from, to_ms: b.to };
        self.old_records.insert(b.import, file);
        changes.row(RowKey::History(b.import));
    }

    pub(super) fn history_removed(&mut self, b: &HistoryRemoved, line: LineTime, changes: &mut FoldChanges) {
        if self.old_records.remove(&b.import).is_none() {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        changes.row(RowKey::History(b.import));
    }
}
