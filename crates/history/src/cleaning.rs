//! What cleanings and uses say of themselves beside who, when and what they lack.

use record::anchor::{AnchorSource, TimeCertainty};
use record::compliance::{DueCause, DueReason};
use record::kinds::{CivilDay, CleaningRecorded, CleaningTrigger, SpauldingClass, UseRecorded};
use words::Dates;

use crate::line::word_key;
use crate::{HistoryEntry, HistoryWording, HistoryWords, word_contact};

impl HistoryWording<'_> {
    pub fn cleaning_facts(self, b: &CleaningRecorded) -> Vec<String> {
        let w = self.w;
        let contact = word_contact(w, self.dates, b).map(|wet| w.line_contact(wet));
        let agent = (!b.agent.is_empty()).then(|| w.line_agent(&b.agent));
        let lot = (!b.lot.is_empty()).then(|| self.word_lot(&b.lot, b.lot_expires));
        let trigger = b.trigger.as_ref().map(|trigger| word_trigger(w, trigger));
        let class = b.class.and_then(|class| self.word_raised(class));
        let until = b.clean_until.map(|until_ms| w.line_clean_until(self.dates.day_and_time(until_ms).text));
        [contact, agent, lot, trigger, class, until].into_iter().flatten().collect()
    }

    /// Stands where the use ended, by what is known of the clock.
    pub fn used(self, b: &UseRecorded, ended_ms: i64) -> HistoryEntry {
        let w = self.w;
        let time = |ms| self.dates.day_and_time(ms).text;
        let began = b.performed.filter(|began| b.ended.is_some_and(|ended| *began < ended));
        let facts = [
            began.map(|ms| w.line_use_began(time(ms))),
            b.ended.map(|_| w.line_use_ended(time(ended_ms))),
            b.class.and_then(|class| self.word_raised(class)),
            b.sticker.then(|| w.line_use_sticker()),
        ];
        HistoryEntry {
            title: w.line_used(),
            facts: facts.into_iter().flatten().collect(),
            ..HistoryEntry::default()
        }
    }

    fn word_lot(self, lot: &str, expires: Option<CivilDay>) -> String {
        match expires {
            Some(day) => self.w.line_lot_until(self.dates.numbered_day(day.number()), lot),
            None => self.w.line_lot(lot),
        }
    }

    fn word_raised(self, class: SpauldingClass) -> Option<String> {
        match class {
            SpauldingClass::Noncritical => None,
            SpauldingClass::Semicritical => Some(self.w.line_use_semicritical()),
            SpauldingClass::Critical => Some(self.w.line_use_critical()),
        }
    }
}

pub fn word_trigger(w: HistoryWords, trigger: &CleaningTrigger) -> String {
    w.line_trigger(trigger.as_str(), &word_key(trigger.as_str()))
}

/// `None` for a certain time; otherwise that the clock was not set, and who corrected it.
pub fn word_certainty(w: HistoryWords, certainty: TimeCertainty) -> Option<String> {
    match certainty {
        TimeCertainty::Certain => None,
        TimeCertainty::Uncertain => Some(w.line_time_uncertain()),
        TimeCertainty::Corrected(source) => Some(w.line_time_corrected(match source {
            Some(AnchorSource::Ntp) => "ntp",
            Some(AnchorSource::Relay) => "relay",
            Some(AnchorSource::Hand) => "hand",
            Some(AnchorSource::Order) => "order",
            None => "unknown",
        })),
    }
}

/// Why an item is due though a cleaning was recorded; `missing` in the words of the page.
pub fn word_due_cause(w: HistoryWords, dates: &Dates, cause: &DueCause, missing: String) -> String {
    let when = dates.day_and_time(cause.performed_ms).text;
    match cause.reason {
        DueReason::Incomplete => w.line_due_incomplete(missing, when),
        DueReason::Voided => w.line_due_voided(when),
        DueReason::TooLate => w.line_due_too_late(when),
        DueReason::Before => w.line_due_before(when),
    }
}

#[cfg(test)]
mod tests {
    use record::fold::FacilityState;
    use record::kinds::Event;
    use words::{Locale, WordSet as _};

    use super::*;

    /// Fri, Nov 20, 2026, 15:00 UTC.
    const NOW_MS: i64 = 1_795_186_800_000;

    fn with_look<T>(locale: Locale, read: impl FnOnce(HistoryWording<'_>) -> T) -> T {
        let (dates, facility) = (
            Dates::new(locale, record::compliance::find_zone("UTC").unwrap(), NOW_MS),
            FacilityState::default(),
        );
        let tag = "ABCDEFGH3".parse().unwrap();
        read(HistoryWording { w: HistoryWords::in_locale(locale), dates: &dates, facility: &facility, tag })
    }

    #[test]
    fn a_cleaning_says_with_what_and_why() {
        let body = r#"{"tag":"ABCDEFGH3","agent":"Oxivir","contact":{"stated_s":60},"who":{"proof":"unattributed"},"trigger":"after use","class":"critical","lot":"L7","lot_expires":"2026-12-01","clean_until":1795190400000}"#;
        let Event::CleaningRecorded(cleaning) = Event::read("cleaning.recorded", body) else { panic!() };
        let english = with_look(Locale::EnUs, |look| look.cleaning_facts(&cleaning));
        assert_eq!(
            english,
            [
                "Contact time: 1 min, as stated",
                "Disinfectant: Oxivir",
                "Lot L7, last day Dec 1, 2026",
                "After use",
                "Critical use: sterile tissue or blood vessels",
                "Clean until today 16:00"
            ]
        );
        let spanish = with_look(Locale::EsUs, |look| look.cleaning_facts(&cleaning));
        assert!(spanish.len() == english.len() && spanish.iter().zip(&english).all(|(es, en)| es != en));
        for trigger in CleaningTrigger::ALL {
            let words = with_look(Locale::EnUs, |look| word_trigger(look.w, trigger));
            assert!(words.starts_with(char::is_uppercase), "{words}");
        }
        let newer = with_look(Locale::EnUs, |look| word_trigger(look.w, &"full moon".parse().unwrap()));
        assert_eq!(newer, "full moon");
    }

    #[test]
    fn a_use_says_how_long_and_on_what() {
        let (began, ended) = (NOW_MS - 7_200_000, NOW_MS - 3_600_000);
        let body = format!(
            r#"{{"tag":"ABCDEFGH3","performed":{began},"ended":{ended},"class":"semicritical","sticker":true}}"#
        );
        let Event::UseRecorded(used) = Event::read("use.recorded", &body) else { panic!() };
        let line = with_look(Locale::EnUs, |look| look.used(&used, ended));
        assert_eq!(line.title, "Used");
        assert_eq!(
            line.facts,
            [
                "Began today 13:00",
                "Ended today 14:00",
                "Semicritical use: mucous membranes or broken skin",
                "A sticker went into the chart"
            ]
        );
        let plain =
            UseRecorded { performed: None, ended: None, ago_s: None, class: None, sticker: false, ..*used };
        assert!(with_look(Locale::EsUs, |look| look.used(&plain, ended)).facts.is_empty());
    }

    #[test]
    fn each_cause_has_words_of_its_own() {
        let word = |locale, reason| {
            let cause = DueCause { reason, performed_ms: NOW_MS - 3_600_000, missing: Vec::new() };
            with_look(locale, |look| word_due_cause(look.w, look.dates, &cause, "no photo".to_owned()))
        };
        let reasons = [DueReason::Incomplete, DueReason::Voided, DueReason::TooLate, DueReason::Before];
        let all = [Locale::EnUs, Locale::EsUs].map(|locale| reasons.map(|reason| word(locale, reason)));
        assert_eq!(all[0][0], "Cleaned today 14:00, incomplete: no photo");
        let different: std::collections::BTreeSet<_> = all.iter().flatten().collect();
        assert_eq!(different.len(), 8, "{all:?}");
    }

    fn corrected_by(word: &str) -> TimeCertainty {
        TimeCertainty::Corrected(AnchorSource::of(word))
    }

    #[test]
    fn a_time_that_was_corrected_is_not_taken_for_certain() {
        for locale in [Locale::EnUs, Locale::EsUs] {
            let w = HistoryWords::in_locale(locale);
            assert_eq!(word_certainty(w, TimeCertainty::Certain), None);
            let words = ["ntp", "relay", "hand", "order", "stars"];
            let mut all: Vec<_> = words.map(|word| word_certainty(w, corrected_by(word))).into();
            all.push(word_certainty(w, TimeCertainty::Uncertain));
            let different: std::collections::BTreeSet<_> = all.iter().flatten().collect();
            assert_eq!(different.len(), 6, "{all:?}");
        }
    }
}
