//! What a row says, in words: the same for pages and tables.

use history::{HistoryWording, HistoryWords, word_certainty, word_due_cause, word_flag};
use record::compliance::DueCause;
use record::entry::Entry;
use record::fold::FacilityState;
use record::kinds::{CheckResult, CleanedBy, CleaningRecorded, Event, MissingPart};
use words::{Dates, Locale, WordSet as _};

use crate::{CleaningReport, MissedRow, NamedText, ReportRow, ReportScope, ReportWords};

/// The language of a report, and its zone.
#[derive(Debug)]
pub struct RowWording {
    pub(crate) w: ReportWords,
    pub(crate) history: HistoryWords,
    pub(crate) dates: Dates,
    nobody: FacilityState,
}

/// What an entry of a cleaning says itself; absent where it is of another kind.
pub(crate) fn read_body(entry: &Entry) -> Option<CleaningRecorded> {
    match entry.event() {
        Event::CleaningRecorded(body) => Some(*body),
        _ => None,
    }
}

impl RowWording {
    /// In a locale and the zone of this IANA name; UTC where there is none of that name. Each moment has its day and year, and none
    /// is “today”: paper is read later.
    pub fn new(locale: Locale, zone: &str) -> Self {
        let zone = record::compliance::find_zone(zone).or_else(|| record::compliance::find_zone("UTC"));
        let zone = zone.unwrap_or_else(|| unreachable!("UTC is compiled in"));
        Self {
            w: ReportWords::in_locale(locale),
            history: HistoryWords::in_locale(locale),
            dates: Dates::new(locale, zone, i64::MAX),
            nobody: FacilityState::default(),
        }
    }

    /// As a report has it.
    pub fn of_report(report: &CleaningReport) -> Self {
        Self::new(report.locale(), &report.facility.zone)
    }

    pub(crate) fn title(&self, report: &CleaningReport) -> String {
        match &report.scope {
            ReportScope::Facility => self.w.report_title(),
            ReportScope::Inspection { day: None } => self.w.report_title_inspection(),
            ReportScope::Inspection { day: Some(day) } => {
                self.w.report_title_inspection_day(self.dates.numbered_day(day.number()))
            }
            ReportScope::Item { name, .. } | ReportScope::Protocol { name } => self.w.report_title_of(name),
            ReportScope::Person { name } => self.w.report_title_of(self.text(name)),
        }
    }

    /// `Nov 20, 2026, 14:04`.
    pub fn moment(&self, ms: i64) -> String {
        self.dates.day_and_time(ms).text
    }

    pub(crate) fn text(&self, text: &NamedText) -> String {
        match text {
            NamedText::Text(text) => text.clone(),
            NamedText::Erased => self.w.report_erased(),
            NamedText::Unreadable => self.w.report_unreadable(),
            NamedText::Nobody => self.w.report_nobody(),
        }
    }

    pub(crate) fn proof_of_who(&self, who: &CleanedBy) -> String {
        self.w.report_proof(match who {
            CleanedBy::Pin { .. } => "pin",
            CleanedBy::Badge { .. } => "badge",
            CleanedBy::Login { .. } => "login",
            CleanedBy::Entered { .. } => "typed",
            CleanedBy::Unattributed => "nobody",
        })
    }

    pub(crate) fn missing(&self, parts: &[MissingPart]) -> String {
        let words = parts.iter().map(|part| self.w.report_missing(&history::word_key(part.word())));
        words.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn remarks(&self, row: &ReportRow) -> Vec<String> {
        let flags = row.cleaning.flags.iter().map(|flag| word_flag(self.history, flag));
        let checked = row.cleaning.checked.as_ref().map(|check| self.check(&check.result));
        let unproven = row.is_unproven.then(|| self.w.report_unproven());
        flags.chain(word_certainty(self.history, row.time)).chain(checked).chain(unproven).collect()
    }

    fn check(&self, result: &CheckResult) -> String {
        self.w.report_check(result.as_str())
    }

    /// What was done and with what, one thing a line, as the entry has it.
    pub(crate) fn facts(&self, row: &ReportRow, body: Option<&CleaningRecorded>) -> Vec<String> {
        let Some(body) = body else { return Vec::new() };
        let steps = match &body.steps {
            Some(steps) => self.w.report_steps(steps.len()),
            None => self.w.report_steps_unstated(),
        };
        let steps = row.cleaning.protocol.map(|_| steps);
        let wording = HistoryWording {
            w: self.history,
            dates: &self.dates,
            facility: &self.nobody,
            tag: row.cleaning.tag,
        };
        let mut facts = vec![self.protocol_line(row, body)];
        facts.extend(steps);
        facts.extend(wording.cleaning_facts(body));
        facts
    }

    fn protocol_line(&self, row: &ReportRow, body: &CleaningRecorded) -> String {
        match (&row.protocol, body.protocol) {
            (Some(name), Some(protocol)) => self.w.report_version(name, protocol.version),
            (Some(name), None) => name.clone(),
            (None, _) => self.w.report_no_protocol(),
        }
    }

    /// Why it does not count, in words; nothing where it does.
    pub(crate) fn faults(&self, row: &ReportRow) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(voided) = &row.voided {
            let reason = self.text(&voided.reason);
            faults.push(match voided.at_ms {
                Some(ms) => self.w.report_void(reason, self.moment(ms)),
                None => self.w.report_void_undated(reason),
            });
        }
        if !row.cleaning.is_complete() {
            faults.push(self.w.report_missing_parts(self.missing(&row.cleaning.incomplete)));
        }
        if row.cleaning.voided.is_none() && !row.cleaning.counts() {
            faults.push(self.w.report_late());
        }
        faults
    }

    /// Why an item is due: the recorded cleaning that leaves it so, or that there is none.
    pub fn due_cause(&self, cause: Option<&DueCause>) -> String {
        match cause {
            None => self.w.report_why_none(),
            Some(cause) => word_due_cause(self.history, &self.dates, cause, self.missing(&cause.missing)),
        }
    }

    /// Why a window was missed, and when the item was cleaned next.
    pub fn why_missed(&self, row: &MissedRow) -> String {
        let next = match row.window.cleaned_ms {
            Some(ms) => self.w.report_why_cleaned(self.moment(ms)),
            None => self.w.report_why_cleaned_never(),
        };
        format!("{}. {next}", self.due_cause(row.window.cause.as_ref()))
    }
}

/// The name by which people find an entry: epoch and number.
pub(crate) fn entry_name(row: &ReportRow) -> String {
    format!("{}.{}", row.cleaning.of.epoch, row.cleaning.of.seq)
}
