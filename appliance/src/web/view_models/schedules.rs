//! Schedules in words.

use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::kinds::{Schedule, TimeOfDay, WeekdaySet};

use crate::web::words::EquipmentWords;

/// One line of an item's schedules.
pub(crate) struct ScheduleRow {
    /// Absent: any protocol meets it.
    pub(crate) protocol_name: Option<String>,
    pub(crate) words: String,
    pub(crate) to: String,
}

/// The schedule that any cleaning meets, and one for each protocol of the item.
pub(crate) fn schedule_rows(
    w: EquipmentWords,
    facility: &FacilityState,
    item: &Equipment,
) -> Vec<ScheduleRow> {
    let row = |protocol: Option<ProtocolId>| {
        let query = protocol.map_or_else(String::new, |id| format!("?protocol={id}"));
        let name_of = |id| facility.protocols.get(&id).map_or_else(|| id.to_string(), |p| p.name.clone());
        ScheduleRow {
            protocol_name: protocol.map(name_of),
            words: item
                .schedule(protocol)
                .and_then(|schedule| word_schedule(w, schedule))
                .unwrap_or_else(|| w.schedules_none()),
            to: format!("/staff/equipment/{}/schedule{query}", item.tag),
        }
    };
    std::iter::once(None).chain(item.protocols.iter().copied().map(Some)).map(row).collect()
}

/// The schedules in force, for the middle of a sentence.
pub(crate) fn word_schedules(
    w: EquipmentWords,
    facility: &FacilityState,
    item: &Equipment,
) -> Option<String> {
    let words = |(protocol, schedule): (Option<ProtocolId>, &Schedule)| {
        let every = word_schedule_inside(w, schedule)?;
        let name = protocol.and_then(|id| facility.protocols.get(&id)).map(|p| p.name.as_str());
        Some(match name {
            Some(name) => w.schedule_by_protocol(every, name),
            None => every,
        })
    };
    let all: Vec<String> = item.schedules().into_iter().filter_map(words).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// One schedule, alone in a line.
pub(crate) fn word_schedule(w: EquipmentWords, schedule: &Schedule) -> Option<String> {
    let (every, on) = match schedule {
        Schedule::Hours { n } => (w.schedule_hours(n), WeekdaySet::EVERY),
        Schedule::Days { n, on } => (w.schedule_days(n), *on),
        Schedule::Weeks { n } => (w.schedule_weeks(n), WeekdaySet::EVERY),
        Schedule::Times { at, on } => (w.schedule_times(list_times(at)), *on),
        Schedule::Use { .. } => (w.schedule_use(), WeekdaySet::EVERY),
        Schedule::Never => return None,
    };
    Some(word_weekdays(w, every, on))
}

/// One schedule, for the middle of a sentence.
fn word_schedule_inside(w: EquipmentWords, schedule: &Schedule) -> Option<String> {
    let (every, on) = match schedule {
        Schedule::Hours { n } => (w.schedule_hours_inside(n), WeekdaySet::EVERY),
        Schedule::Days { n, on } => (w.schedule_days_inside(n), *on),
        Schedule::Weeks { n } => (w.schedule_weeks_inside(n), WeekdaySet::EVERY),
        Schedule::Times { at, on } => (w.schedule_times_inside(list_times(at)), *on),
        Schedule::Use { .. } => (w.schedule_use_inside(), WeekdaySet::EVERY),
        Schedule::Never => return None,
    };
    Some(word_weekdays(w, every, on))
}

/// `Every day (Mon, Wed)`
fn word_weekdays(w: EquipmentWords, every: String, on: WeekdaySet) -> String {
    if on.is_every() {
        return every;
    }
    let days: Vec<String> = on.days().map(|day| w.schedule_weekday(day)).collect();
    w.schedule_on(days.join(", "), every)
}

/// `07:00, 19:00`
fn list_times(times: &[TimeOfDay]) -> String {
    times.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
