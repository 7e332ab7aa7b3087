//! Maintenance tasks in words: the status of each, by the same windows as cleanings, and without a rate.

use record::compliance::{ItemStatus, is_interval, upkeep_status};
use record::fold::{Equipment, FacilityState, ServiceState, UpkeepTask};
use record::ids::UpkeepId;
use record::tag::Tag;

use crate::web::view_models::equipment::schedules::schedule_words;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{EquipmentWords, RegisterWords};

pub(crate) struct UpkeepRow {
    pub(crate) upkeep: UpkeepId,
    pub(crate) tag: Tag,
    pub(crate) item: String,
    pub(crate) location: String,
    pub(crate) name: String,
    pub(crate) schedule: String,
    /// `ok`, `due`, `late` or nothing.
    pub(crate) class: &'static str,
    pub(crate) state: String,
    /// When it was last done, or last not passed.
    pub(crate) last: String,
    order: (u8, i64),
}

/// `Every 90 days, by the last time`
fn word_interval(e: EquipmentWords, w: RegisterWords, task: &UpkeepTask) -> String {
    let schedule = history::word_schedule(schedule_words(e), &task.schedule);
    let schedule = schedule.unwrap_or_else(|| e.schedules_none());
    match (is_interval(&task.schedule), task.by_calendar) {
        (false, _) => schedule,
        (true, false) => w.upkeep_by_last(schedule),
        (true, true) => w.upkeep_by_calendar(schedule),
    }
}

fn word_state(w: RegisterWords, wording: &PageWording, status: &ItemStatus) -> (&'static str, String) {
    match *status {
        ItemStatus::Overdue { since_ms } => ("late", w.upkeep_overdue(wording.deadline(since_ms))),
        ItemStatus::Due { by_ms } | ItemStatus::DueAfterUse { by_ms, .. } => {
            ("due", w.upkeep_due(wording.deadline(by_ms)))
        }
        ItemStatus::Clean { until_ms: Some(until_ms) } => {
            ("ok", w.upkeep_done_until(wording.deadline(until_ms)))
        }
        ItemStatus::Clean { until_ms: None } => ("ok", w.upkeep_is_done()),
        ItemStatus::NotDue | ItemStatus::NoSchedule | ItemStatus::OutOfService { .. } => {
            ("", w.upkeep_not_due())
        }
    }
}

fn upkeep_row(
    e: EquipmentWords,
    w: RegisterWords,
    wording: &PageWording,
    facility: &FacilityState,
    item: &Equipment,
    task: &UpkeepTask,
) -> UpkeepRow {
    let activity = facility.activity.get(&item.tag).map(AsRef::as_ref);
    let status = upkeep_status(&facility.settings, task, activity, wording.local().now_ms());
    let (class, state) = word_state(w, wording, &status);
    UpkeepRow {
        upkeep: task.upkeep,
        tag: item.tag,
        item: item.facts.name.clone(),
        location: item.facts.location.clone(),
        name: task.name.clone(),
        schedule: word_interval(e, w, task),
        class,
        state,
        last: match (task.failed_ms, task.done_ms) {
            (Some(failed), _) => w.upkeep_last_failed(wording.marked_time(failed, task.certainty()).text),
            (None, Some(done)) => w.upkeep_last_done(wording.marked_time(done, task.certainty()).text),
            (None, None) => w.upkeep_never(),
        },
        order: status.order(),
    }
}

pub(crate) fn upkeep_rows(
    e: EquipmentWords,
    w: RegisterWords,
    wording: &PageWording,
    facility: &FacilityState,
    item: &Equipment,
) -> Vec<UpkeepRow> {
    let tasks = facility.upkeep.get(&item.tag).map(|row| row.tasks.as_slice()).unwrap_or_default();
    let mut rows: Vec<UpkeepRow> =
        tasks.iter().map(|task| upkeep_row(e, w, wording, facility, item, task)).collect();
    rows.sort_by_key(|row| row.order);
    rows
}

pub(crate) fn all_upkeep_rows(
    e: EquipmentWords,
    w: RegisterWords,
    wording: &PageWording,
    facility: &FacilityState,
) -> Vec<UpkeepRow> {
    let items = facility.upkeep.keys().filter_map(|tag| facility.equipment.get(tag));
    let used = items.filter(|item| item.service != ServiceState::Retired);
    let mut rows: Vec<UpkeepRow> = used.flat_map(|item| upkeep_rows(e, w, wording, facility, item)).collect();
    rows.sort_by(|a, b| (a.order, &a.item).cmp(&(b.order, &b.item)));
    rows
}
