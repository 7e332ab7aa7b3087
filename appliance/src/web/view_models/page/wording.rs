//! Times, people and numbers as pages show them, in the language and country of their reader.

use history::{HistoryWords, word_certainty};
use record::anchor::TimeCertainty;
use record::entry::EntryTime;
use record::fold::{CleaningRecord, FacilitySettings, FacilityState, LastCleaning};
use record::kinds::CleanedBy;
use words::{Dates, Locale, Moment, Number, S0, SafeHtml, WordSet as _, fill_slots};

use crate::store::LogReader;
use crate::web::log_reads::StoredText;
use crate::web::view_models::page::entry_times::WrittenTime;
use crate::web::view_models::page::formats::{LocalTime, exact_duration};
use crate::web::words::PageWords;

/// For whom a page is written: in which language and country, for which zone and time.
#[derive(Debug, Clone)]
pub(crate) struct PageWording {
    words: PageWords,
    dates: Dates,
    local: LocalTime,
}

impl PageWording {
    pub(crate) fn new(words: PageWords, local: &LocalTime) -> Self {
        let dates = Dates::new(words.catalog().locale(), local.zone().clone(), local.now_ms());
        Self { words, dates, local: local.clone() }
    }

    pub(crate) fn words(&self) -> PageWords {
        self.words
    }

    pub(crate) fn locale(&self) -> Locale {
        self.words.catalog().locale()
    }

    pub(crate) fn dates(&self) -> &Dates {
        &self.dates
    }

    pub(crate) fn local(&self) -> &LocalTime {
        &self.local
    }

    pub(crate) fn clock_time(&self) -> Moment {
        self.dates.clock_time(self.local.now_ms())
    }

    /// `19:00` today, else with its day.
    pub(crate) fn deadline(&self, ms: i64) -> String {
        self.dates.deadline_time(ms).text
    }

    /// `3 min 11 s`
    pub(crate) fn span(&self, seconds: u32) -> String {
        exact_duration(self.words, seconds)
    }

    /// `5 h`: one unit, rounded down.
    pub(crate) fn about(&self, ms: i64) -> String {
        self.dates.rough_span(ms)
    }

    pub(crate) fn number(&self, number: impl Into<Number>) -> String {
        number.into().format_in(self.locale())
    }

    /// The remark on the time of an entry, if any: a clock that was not set, and who corrected it.
    pub(crate) fn certainty(&self, facility: &FacilityState, at: &EntryTime) -> Option<String> {
        let certainty = WrittenTime::of(facility, at).certainty;
        word_certainty(HistoryWords::in_locale(self.locale()), certainty)
    }

    pub(crate) fn marked(&self, words: String, certainty: TimeCertainty) -> String {
        match self.unsure_mark(certainty) {
            Some(mark) => format!("{words} · {mark}"),
            None => words,
        }
    }

    pub(crate) fn unsure_mark(&self, certainty: TimeCertainty) -> Option<String> {
        let is_guess = certainty == TimeCertainty::Uncertain;
        is_guess.then(|| HistoryWords::in_locale(self.locale()).line_time_mark())
    }

    pub(crate) fn marked_time(&self, ms: i64, certainty: TimeCertainty) -> Moment {
        let moment = self.dates.day_and_time(ms);
        Moment { text: self.marked(moment.text, certainty), ..moment }
    }

    pub(crate) fn written_time(&self, facility: &FacilityState, at: &EntryTime) -> String {
        let written = WrittenTime::of(facility, at);
        self.marked_time(written.ms, written.certainty).text
    }

    pub(crate) fn cleaning_time(&self, facility: &FacilityState, cleaning: &CleaningRecord) -> String {
        let certainty = WrittenTime::of(facility, &cleaning.at).certainty;
        self.marked_time(cleaning.performed_ms, certainty).text
    }

    pub(crate) fn last_time(&self, facility: &FacilityState, last: &LastCleaning) -> String {
        self.marked_time(last.performed_ms, last.certainty(&facility.boots)).text
    }

    pub(crate) fn contact(&self, settings: &FacilitySettings) -> SafeHtml {
        match settings.contact.as_str() {
            "" => fill_slots(self.words.page_biomed(), []),
            entered => SafeHtml::entered(entered),
        }
    }

    pub(crate) fn cleaner_name(
        &self,
        reader: &LogReader,
        facility: &FacilityState,
        who: &CleanedBy,
    ) -> SafeHtml {
        match StoredText::of_cleaner(reader, facility, who) {
            Some(name) => name.to_html(self.words),
            None => fill_slots(self.words.who_unattributed_inside(), []),
        }
    }

    /// The same, and how that is proven, as plain text for a longer sentence.
    pub(crate) fn cleaner_text(
        &self,
        reader: &LogReader,
        facility: &FacilityState,
        who: &CleanedBy,
    ) -> String {
        match StoredText::of_cleaner(reader, facility, who) {
            Some(name) => self.words.who_cleaned(name.word(self.words), proof_word(who)),
            None => self.words.who_unattributed(),
        }
    }

    pub(crate) fn cleaner(&self, reader: &LogReader, facility: &FacilityState, who: &CleanedBy) -> SafeHtml {
        match who {
            CleanedBy::Unattributed => fill_slots(self.words.who_unattributed(), []),
            proven => {
                let name = self.cleaner_name(reader, facility, proven);
                fill_slots(self.words.who_cleaned(S0, proof_word(proven)), [name])
            }
        }
    }
}

/// How it is proven who cleaned, as programs read it here and at the relay.
pub(crate) fn proof_word(who: &CleanedBy) -> &'static str {
    match who {
        CleanedBy::Entered { .. } => "typed",
        CleanedBy::Pin { .. } => "pin",
        CleanedBy::Badge { .. } => "badge",
        CleanedBy::Login { .. } => "login",
        CleanedBy::Unattributed => "unattributed",
    }
}
