//! Alarms of a box as it reports them: what each means for somebody who is not there.

use record::alarm::AlarmCode;
use record::messages::HealthAlarm;
use words::{S0, SafeHtml, fill_slots};

use crate::db::fleet::box_now::BoxRow;
use crate::projections::box_state::unseen_alarms;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::BoxesWords;

const SHOWN: usize = 8;

/// Alarms that nobody at the facility has acknowledged, for a list: what each is, and since when.
pub(crate) fn list_alarms(row: &BoxRow, wall: &LocalTime) -> Vec<SafeHtml> {
    let words: BoxesWords = wall.words();
    unseen_alarms(row)
        .into_iter()
        .take(SHOWN)
        .map(|alarm: HealthAlarm| {
            let (what, since) = (alarm_text(words, &alarm), [wall.day_clock(alarm.since)]);
            match alarm.over {
                Some(_) => fill_slots(words.box_alarm_since_listed_over(what, S0), since),
                None => fill_slots(words.box_alarm_since_listed(what, S0), since),
            }
        })
        .collect()
}

pub(crate) fn alarm_sentences(row: &BoxRow, wall: &LocalTime) -> String {
    let words: BoxesWords = wall.words();
    unseen_alarms(row)
        .into_iter()
        .take(SHOWN)
        .map(|alarm: HealthAlarm| {
            let (what, since) = (alarm_text(words, &alarm), wall.plain(alarm.since));
            match alarm.over {
                Some(_) => words.box_alarm_since_over(what, since),
                None => words.box_alarm_since(what, since),
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn alarm_text(words: BoxesWords, alarm: &HealthAlarm) -> String {
    let title = match alarm.code.parse::<AlarmCode>() {
        Ok(code) => words.box_alarm(code.as_str()),
        // A newer box may know alarms that this relay does not.
        Err(_) => words.box_alarm_unknown(&alarm.code),
    };
    match alarm.subject.as_deref() {
        Some(subject) if !subject.is_empty() => words.box_alarm_about(title, subject),
        _ => title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_words_and_unknown_ones_are_named() {
        fn new_alarm(code: &str, subject: Option<&str>) -> HealthAlarm {
            HealthAlarm {
                code: code.into(),
                subject: subject.map(str::to_owned),
                since: 7,
                over: None,
                seen: false,
            }
        }
        let boxes: BoxesWords = crate::web::words::open_words();
        let words = |alarm: &HealthAlarm| alarm_text(boxes, alarm);
        let mut all = std::collections::BTreeSet::new();
        for code in AlarmCode::ALL {
            let words = words(&new_alarm(code.as_str(), None));
            assert!(!words.contains(code.as_str()) && all.insert(words), "{code}");
        }
        assert_eq!(words(&new_alarm("new-thing", Some("x"))), "The box reports “new-thing” (x)");
        assert!(words(&new_alarm("side-room", Some("https"))).ends_with("(https)"));
    }
}
