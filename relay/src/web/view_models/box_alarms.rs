//! Alarms of a box as it reports them: what each means for somebody who is not there.

use record::alarm::AlarmCode;
use record::messages::HealthAlarm;

use crate::db::dashboard::BoxRow;
use crate::web::view_models::box_health::health;
use crate::web::view_models::formats::{Moment, Wall};

/// Alarms of one box that a page shows.
const SHOWN: usize = 8;

/// An alarm of a box on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoxAlarm {
    /// What it is.
    pub(crate) words: String,
    /// Since when.
    pub(crate) since: Moment,
    /// The same inside a sentence.
    pub(crate) since_words: String,
    /// Whether what it tells of is over.
    pub(crate) over: bool,
}

/// Alarms that nobody at the facility has acknowledged, as the box last said.
pub(crate) fn unseen(row: &BoxRow) -> Vec<HealthAlarm> {
    let alarms = health(row).map(|health| health.alarms).unwrap_or_default();
    alarms.into_iter().filter(|alarm| !alarm.seen).collect()
}

/// The same for a page.
pub(crate) fn shown(row: &BoxRow, wall: &Wall) -> Vec<BoxAlarm> {
    let alarm = |alarm: HealthAlarm| BoxAlarm {
        words: words(&alarm),
        since: wall.day_clock(alarm.since),
        since_words: wall.plain(alarm.since),
        over: alarm.over.is_some(),
    };
    unseen(row).into_iter().take(SHOWN).map(alarm).collect()
}

fn words(alarm: &HealthAlarm) -> String {
    let title = match alarm.code.parse() {
        Ok(code) => title(code).to_owned(),
        // A newer box may know alarms that this relay does not.
        Err(_) => format!("The box reports “{}”", alarm.code),
    };
    match alarm.subject.as_deref() {
        Some(subject) if !subject.is_empty() => format!("{title} ({subject})"),
        _ => title,
    }
}

fn title(code: AlarmCode) -> &'static str {
    match code {
        AlarmCode::DiskFull => "Its disk is full or was: cleanings were refused",
        AlarmCode::LogMissing => "Records cannot be read at the box; what is here stays here",
        AlarmCode::LogForgot => "Its card forgot records, which come back from here: have the card changed",
        AlarmCode::RelayOther => "Its card forgot records, or a copy of it is in use: have the card changed",
        AlarmCode::RebuildShort => "A rebuild of its database would have lost records and was refused",
        AlarmCode::DbDamaged => {
            "Its database is damaged and is built anew at the next start; the log is not touched"
        }
        AlarmCode::LogHealed => "Damaged records were healed from a second copy: have the card changed soon",
        AlarmCode::DbSalvage => "Its database was built anew from the log",
        AlarmCode::LogEpoch => "It goes on recording in a new log",
        AlarmCode::LogAdopted => "Records that had been displaced count again",
        AlarmCode::LogUnvouched => "This relay holds a log of this box that the box does not know",
        AlarmCode::LogApart => "A log lies on its card that does not belong to the others",
        AlarmCode::CopyRemoved => "A damaged copy was removed, because a text in it was to be erased",
        AlarmCode::RelayWentBack => "This relay lost records that it had confirmed; the box sends them again",
        AlarmCode::RelayRefused => "This relay does not take its records",
        AlarmCode::PhotosRefused => "This relay does not take some of its photos",
        AlarmCode::PhotosDamaged => "Photos on its card are damaged: have the card changed soon",
        AlarmCode::SideRoom => "A part of the box does not work, and recording goes on",
        AlarmCode::HintBad => "A small file on its card could not be read, and recording goes on",
        AlarmCode::ClockUnsure => "It does not know what time it is",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_words_and_unknown_ones_are_named() {
        let alarm = |code: &str, subject: Option<&str>| HealthAlarm {
            code: code.into(),
            subject: subject.map(str::to_owned),
            since: 7,
            over: None,
            seen: false,
        };
        let mut all = std::collections::BTreeSet::new();
        for code in AlarmCode::ALL {
            let words = words(&alarm(code.as_str(), None));
            assert!(!words.contains(code.as_str()) && all.insert(words), "{code}");
        }
        assert_eq!(words(&alarm("new-thing", Some("x"))), "The box reports “new-thing” (x)");
        assert!(words(&alarm("side-room", Some("https"))).ends_with("(https)"));
    }
}
