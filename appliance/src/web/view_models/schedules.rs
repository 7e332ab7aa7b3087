//! Schedules in words.

use record::fold::{Equipment, Facility};
use record::ids::ProtocolId;
use record::kinds::Schedule;

/// The schedules in force, for the middle of a sentence.
pub(crate) fn schedules_words(facility: &Facility, item: &Equipment) -> Option<String> {
    let words = |(protocol, schedule): (Option<ProtocolId>, &Schedule)| {
        let every = schedule_words(schedule)?;
        let name = protocol.and_then(|id| facility.protocols.get(&id)).map(|p| p.name.as_str());
        Some(name.map_or(every.clone(), |name| format!("{every} by {name}")))
    };
    let all: Vec<String> = item.schedules().into_iter().filter_map(words).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// One schedule, for the middle of a sentence.
pub(crate) fn schedule_words(schedule: &Schedule) -> Option<String> {
    let every = |n: u32, one: &str, many: &str| {
        if n == 1 { format!("every {one}") } else { format!("every {n} {many}") }
    };
    match schedule {
        Schedule::Hours { n } => Some(every(*n, "hour", "hours")),
        Schedule::Days { n } => Some(every(*n, "day", "days")),
        Schedule::Weeks { n } => Some(every(*n, "week", "weeks")),
        Schedule::Times { at } => {
            let at: Vec<String> = at.iter().map(ToString::to_string).collect();
            Some(format!("daily by {}", at.join(", ")))
        }
        Schedule::Use { .. } => Some("after each use".to_owned()),
        Schedule::Never => None,
    }
}

/// With a capital first letter.
pub(crate) fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
