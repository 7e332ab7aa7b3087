//! Open reports about items, as pages and API show them.

use history::{HistoryWords, word_problem};
use record::anchor::TimeCertainty;
use record::fold::{FacilityState, LinePlace, OpenProblem, ReportedProblem};
use record::ids::{Epoch, StaffId};
use record::kinds::{CleanedBy, EntryRef};
use record::tag::Tag;
use words::{S0, SafeHtml, WordSet as _, fill_slots};

use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::log_reads::StoredText;
use crate::web::view_models::equipment::loans::word_overdue;
use crate::web::view_models::page::entry_times::{WrittenTime, use_certainty};
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::history::HistoryPhoto;
use crate::web::words::ProblemWords;

/// The open reports about one item, and the link to make another.
#[derive(Debug, Clone)]
pub(crate) struct ItemProblems {
    pub(crate) w: ProblemWords,
    pub(crate) tag: Tag,
    pub(crate) open: Vec<ProblemCard>,
    pub(crate) loan: Option<String>,
    /// The result of what this phone just sent.
    pub(crate) sent: Vec<SafeHtml>,
}

/// What the redirect from a report or a use says to the item's page. The default: there was none, or it is
/// among the open reports with all that came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SentReport {
    pub(crate) lost_photo: bool,
    pub(crate) is_added: bool,
    pub(crate) is_use: bool,
}

impl SentReport {
    const NO_ROOM: Self = Self { lost_photo: true, is_added: false, is_use: false };
    const ADDED: Self = Self { lost_photo: false, is_added: true, is_use: false };
    const ADDED_NO_ROOM: Self = Self { lost_photo: true, is_added: true, is_use: false };
    const USED: Self = Self { lost_photo: false, is_added: false, is_use: true };
    pub(crate) const USED_QUERY: &str = "?report=used";

    pub(crate) fn read(report: Option<&str>) -> Self {
        match report {
            Some("no-room") => Self::NO_ROOM,
            Some("added") => Self::ADDED,
            Some("added-no-room") => Self::ADDED_NO_ROOM,
            Some("used") => Self::USED,
            _ => Self::default(),
        }
    }

    pub(crate) fn query(self) -> &'static str {
        match (self.is_added, self.lost_photo) {
            (false, false) => "",
            (false, true) => "?report=no-room",
            (true, false) => "?report=added",
            (true, true) => "?report=added-no-room",
        }
    }
}

pub(crate) fn last_use_ms(facility: &FacilityState, tag: Tag) -> Option<i64> {
    facility.activity.get(&tag)?.uses.last().map(|used| used.ended_ms)
}

#[derive(Debug, Clone)]
pub(crate) struct ReportWords {
    pub(crate) line: SafeHtml,
    pub(crate) text: Option<SafeHtml>,
    pub(crate) photos: Vec<HistoryPhoto>,
}

#[derive(Debug, Clone)]
pub(crate) struct ProblemCard {
    pub(crate) reports: Vec<ReportWords>,
    pub(crate) earlier: Option<String>,
    pub(crate) id: String,
    pub(crate) tag: Tag,
    pub(crate) name: String,
}

/// The id of a report: its place in the log.
pub(crate) fn problem_id(of: EntryRef) -> String {
    format!("{}.{}", of.epoch, of.seq)
}

pub(crate) fn read_problem_id(id: &str) -> Option<EntryRef> {
    let (epoch, seq) = id.rsplit_once('.')?;
    let epoch: Epoch = epoch.parse().ok()?;
    Some(EntryRef { epoch, seq: seq.parse().ok()? })
}

pub(crate) fn find_problem(facility: &FacilityState, of: EntryRef) -> Option<(Tag, &OpenProblem)> {
    facility
        .activity
        .iter()
        .find_map(|(tag, row)| row.problems.iter().find(|open| open.report.of == of).map(|open| (*tag, open)))
}

pub(crate) fn open_problems(facility: &FacilityState) -> Vec<(Tag, &OpenProblem)> {
    let items = facility.activity.iter();
    let mut all: Vec<_> = items.flat_map(|(tag, row)| row.problems.iter().map(|open| (*tag, open))).collect();
    all.sort_by_key(|(_, open)| std::cmp::Reverse(open.latest_ms()));
    all
}

/// Whether a report is open by itself, or was added to one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReportPlace {
    Open,
    Added,
}

#[derive(Clone, Copy)]
struct PlacedReport<'a> {
    place: ReportPlace,
    report: &'a ReportedProblem,
}

fn reports_of(open: &OpenProblem) -> impl Iterator<Item = PlacedReport<'_>> {
    let places = std::iter::once(ReportPlace::Open).chain(std::iter::repeat(ReportPlace::Added));
    places.zip(open.reports()).map(|(place, report)| PlacedReport { place, report })
}

pub(crate) fn report_time(
    reader: &LogReader,
    facility: &FacilityState,
    report: &ReportedProblem,
) -> WrittenTime {
    let (line, ms) = (LinePlace { of: report.of, run: report.run }, report.reported_ms);
    let entry = reader.line(line).ok().flatten();
    entry.map_or(WrittenTime { ms, certainty: TimeCertainty::Certain }, |entry| {
        WrittenTime::of_believed(facility, &entry.head().at, ms)
    })
}

fn word_kind(wording: &PageWording, report: &ReportedProblem) -> String {
    word_problem(HistoryWords::in_locale(wording.locale()), &report.what)
}

fn report_line(wording: &PageWording, w: ProblemWords, placed: PlacedReport<'_>, when: String) -> SafeHtml {
    let what = word_kind(wording, placed.report);
    let line = match placed.place {
        ReportPlace::Open => w.problem_line(what, when),
        ReportPlace::Added => w.problem_line_added(what, when),
    };
    fill_slots(line, [])
}

/// The open reports about an item on a page that is about something else of it.
#[derive(Debug, Clone)]
pub(crate) struct ReportNotice {
    pub(crate) title: String,
    pub(crate) lines: Vec<SafeHtml>,
}

impl ReportNotice {
    pub(crate) fn of(facility: &FacilityState, wording: &PageWording, tag: Tag) -> Option<Self> {
        let open = &facility.activity.get(&tag).filter(|activity| !activity.problems.is_empty())?.problems;
        let w = ProblemWords::in_locale(wording.locale());
        let lines = open.iter().rev().flat_map(reports_of).map(|placed| {
            // Whether a time is an estimate is in the entry, which is not read for a notice.
            let when = wording.dates().day_and_time(placed.report.reported_ms).text;
            report_line(wording, w, placed, when)
        });
        Some(Self { title: w.problem_open_title(), lines: lines.collect() })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportDetails {
    Shown,
    Words,
    /// Only the category and the time of the report, because anybody can type anything and everybody reads it.
    Kind,
}

impl ReportDetails {
    pub(crate) fn on_open_page(signed: Option<StaffId>) -> Self {
        if signed.is_some() { Self::Words } else { Self::Kind }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct ProblemLook<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a FacilityState,
    pub(crate) reader: &'a LogReader,
    pub(crate) wording: &'a PageWording,
    pub(crate) w: ProblemWords,
}

impl ProblemLook<'_> {
    pub(crate) fn of_item(self, tag: Tag, sent: SentReport, details: ReportDetails) -> ItemProblems {
        let item = self.facility.equipment.get(&tag);
        let loan = item.and_then(|item| word_overdue(self.wording, item));
        let added = sent.is_added.then(|| fill_slots(self.w.problem_added(), []));
        let lost = sent.lost_photo.then(|| self.word_lost_photo());
        let used_ms = last_use_ms(self.facility, tag).filter(|_| sent.is_use);
        let used = used_ms.map(|ms| {
            let certainty = use_certainty(self.reader, self.facility, tag, ms);
            fill_slots(self.w.problem_used(self.wording.marked_time(ms, certainty).text), [])
        });
        let sent = added.into_iter().chain(lost).chain(used).collect();
        ItemProblems { w: self.w, tag, open: self.cards_of(tag, details), loan, sent }
    }

    fn word_lost_photo(self) -> SafeHtml {
        let contact = self.wording.contact(&self.facility.settings);
        fill_slots(self.w.problem_without_photo(S0), [contact])
    }

    /// The open reports about an item, the newest first; for staff with the names of those who made them.
    pub(crate) fn cards_of(self, tag: Tag, details: ReportDetails) -> Vec<ProblemCard> {
        let open = self.facility.activity.get(&tag).map_or(&[][..], |activity| &activity.problems);
        open.iter().rev().map(|problem| self.card(tag, problem, details)).collect()
    }

    fn card_line(self, placed: PlacedReport<'_>, details: ReportDetails) -> SafeHtml {
        let PlacedReport { place, report } = placed;
        let time = report_time(self.reader, self.facility, report);
        let when = self.wording.marked_time(time.ms, time.certainty).text;
        if details != ReportDetails::Shown || report.who == CleanedBy::Unattributed {
            return report_line(self.wording, self.w, placed, when);
        }
        let what = word_kind(self.wording, report);
        let who = self.wording.cleaner(self.reader, self.facility, &report.who);
        let line = match place {
            ReportPlace::Open => self.w.problem_line_by(what, when, S0),
            ReportPlace::Added => self.w.problem_line_added_by(what, when, S0),
        };
        fill_slots(line, [who])
    }

    fn word_one(self, placed: PlacedReport<'_>, details: ReportDetails) -> ReportWords {
        let report = placed.report;
        let photos = match details {
            ReportDetails::Shown => &report.photos[..],
            ReportDetails::Words | ReportDetails::Kind => &[],
        };
        let text = report.text.filter(|_| details != ReportDetails::Kind);
        ReportWords {
            line: self.card_line(placed, details),
            text: text.map(|hash| StoredText::read(self.reader, hash).to_html(self.wording.words())),
            photos: photos.iter().filter_map(|photo| HistoryPhoto::of(self.state, *photo)).collect(),
        }
    }

    pub(crate) fn card(self, tag: Tag, problem: &OpenProblem, details: ReportDetails) -> ProblemCard {
        let item = self.facility.equipment.get(&tag);
        ProblemCard {
            reports: reports_of(problem).map(|report| self.word_one(report, details)).collect(),
            earlier: (problem.earlier > 0).then(|| self.w.problem_added_earlier(problem.earlier)),
            id: problem_id(problem.report.of),
            tag,
            name: item.map_or_else(|| tag.grouped(), |item| item.facts.name.clone()),
        }
    }
}
