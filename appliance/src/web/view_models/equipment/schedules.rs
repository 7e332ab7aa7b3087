//! Schedules in words.

use history::{ScheduleWords, word_schedule, word_schedule_inside};
use record::fold::{Equipment, FacilityState};
use words::WordSet as _;

use crate::web::words::EquipmentWords;

pub(crate) struct ScheduleRow {
    pub(crate) protocol_name: Option<String>,
    pub(crate) words: String,
    pub(crate) to: String,
}

pub(crate) fn schedule_rows(
    w: EquipmentWords,
    facility: &FacilityState,
    item: &Equipment,
) -> Vec<ScheduleRow> {
    let rows = std::iter::once(None).chain(item.facts.protocols.iter().copied().map(Some)).map(|protocol| {
        let query = protocol.map_or_else(String::new, |id| format!("?protocol={id}"));
        ScheduleRow {
            protocol_name: protocol
                .map(|id| facility.protocols.get(&id).map_or_else(|| id.to_string(), |p| p.name.clone())),
            words: item
                .schedule(protocol)
                .and_then(|schedule| word_schedule(schedule_words(w), schedule))
                .unwrap_or_else(|| w.schedules_none()),
            to: format!("/staff/equipment/{}/schedule{query}", item.tag),
        }
    });
    rows.collect()
}

pub(crate) fn word_schedules(
    w: EquipmentWords,
    facility: &FacilityState,
    item: &Equipment,
) -> Option<String> {
    let words = item.schedules().into_iter().filter_map(|(protocol, schedule)| {
        let every = word_schedule_inside(schedule_words(w), schedule)?;
        let name = protocol.and_then(|id| facility.protocols.get(&id)).map(|p| p.name.as_str());
        Some(match name {
            Some(name) => w.schedule_by_protocol(every, name),
            None => every,
        })
    });
    let all: Vec<String> = words.collect();
    (!all.is_empty()).then(|| all.join(", "))
}

pub(crate) fn schedule_words(w: EquipmentWords) -> ScheduleWords {
    ScheduleWords::in_locale(w.catalog().locale())
}
