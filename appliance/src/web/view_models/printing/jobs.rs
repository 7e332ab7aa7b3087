//! Jobs and printers as the station shows them: what is printed, what is in doubt, what is stopped and why.

use ::labels::language::PrinterCondition;
use record::ids::JobId;
use record::tag::Tag;
use words::Moment;

use crate::printing::{
    ConfirmedBy, JobKind, JobState, JobSummary, JobView, LabelState, LabelView, PDF, PrinterCause,
    PrinterState, PrinterView,
};
use crate::web::context::AppState;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::print_papers::word_paper_alone;
use crate::web::view_models::printing::printer_causes::{word_cause, word_failure, word_note};
use crate::web::words::PrintingWords;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobCard {
    pub(crate) id: JobId,
    pub(crate) title: String,
    pub(crate) printer: String,
    pub(crate) class: &'static str,
    pub(crate) state: String,
    pub(crate) at: Option<u32>,
    pub(crate) of: usize,
    pub(crate) of_words: String,
    pub(crate) out_words: Vec<String>,
    pub(crate) settled: usize,
    pub(crate) progress_label: String,
    pub(crate) progress_words: String,
    pub(crate) advice: String,
    pub(crate) doubts: Vec<OutcomeQuestion>,
    pub(crate) left: usize,
    pub(crate) cancel_words: String,
    pub(crate) notes: Vec<String>,
    pub(crate) requested: Moment,
    pub(crate) open: bool,
}

/// A label, or a whole sheet, that somebody has to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutcomeQuestion {
    /// The label's number; [`ALL_IN_DOUBT`] for a sheet.
    pub(crate) n: String,
    pub(crate) question: String,
    pub(crate) what: String,
    pub(crate) yes: String,
    pub(crate) no: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PrinterCard {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) to: String,
    pub(crate) class: &'static str,
    pub(crate) state: String,
    pub(crate) advice: String,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) warning: String,
    /// That it will be out of paper soon; empty where it will not.
    pub(crate) low: String,
}

/// An answer that settles every label of a job that is in doubt.
pub(crate) const ALL_IN_DOUBT: &str = "all";
/// Label printers leave no more in doubt; more are on a sheet.
const DOUBTS_APART_MAX: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PrinterTrouble {
    NoAnswer,
    Fault,
    PaperOut,
    CoverOpen,
    CutterJam,
    Cooling,
    Offline,
    RibbonOut,
    Paused,
    WrongRoll,
    WrongPaper,
    LabelWaiting,
    SheetHeld,
    SheetLate,
}

impl PrinterTrouble {
    fn of(cause: &PrinterCause) -> Self {
        match cause {
            PrinterCause::Unreachable { .. }
            | PrinterCause::Unanswering { .. }
            | PrinterCause::QueueUnreachable { .. }
            | PrinterCause::BoxStopping
            | PrinterCause::Mute => Self::NoAnswer,
            PrinterCause::LedgerFailed(_) | PrinterCause::Misconfigured { .. } | PrinterCause::BoxFault => {
                Self::Fault
            }
            PrinterCause::Condition(condition) | PrinterCause::SheetCondition { condition, .. } => {
                Self::of_condition(*condition)
            }
            PrinterCause::WrongRoll { .. } => Self::WrongRoll,
            PrinterCause::WrongPaper { .. } => Self::WrongPaper,
            PrinterCause::SheetHeld => Self::SheetHeld,
            PrinterCause::SheetLate => Self::SheetLate,
            PrinterCause::NotPolled
            | PrinterCause::Ready
            | PrinterCause::Full
            | PrinterCause::Queue(_)
            | PrinterCause::QueueClosed
            | PrinterCause::SheetDropped
            | PrinterCause::NotSetUp { .. } => Self::Paused,
        }
    }

    fn of_condition(condition: PrinterCondition) -> Self {
        match condition {
            PrinterCondition::PaperOut => Self::PaperOut,
            PrinterCondition::CoverOpen => Self::CoverOpen,
            PrinterCondition::CutterJam => Self::CutterJam,
            PrinterCondition::Cooling => Self::Cooling,
            PrinterCondition::Fault => Self::Fault,
            PrinterCondition::Offline => Self::Offline,
            PrinterCondition::RibbonOut => Self::RibbonOut,
            PrinterCondition::WrongMedia => Self::WrongRoll,
            PrinterCondition::LabelWaiting => Self::LabelWaiting,
            PrinterCondition::Ready | PrinterCondition::Paused => Self::Paused,
        }
    }

    fn word(self, w: PrintingWords) -> String {
        match self {
            Self::NoAnswer => w.trouble_no_answer(),
            Self::Fault => w.trouble_fault(),
            Self::PaperOut => w.trouble_paper_out(),
            Self::CoverOpen => w.trouble_cover_open(),
            Self::CutterJam => w.trouble_cutter_jam(),
            Self::Cooling => w.trouble_cooling(),
            Self::Offline => w.trouble_offline(),
            Self::RibbonOut => w.trouble_ribbon_out(),
            Self::Paused => w.trouble_paused(),
            Self::WrongRoll => w.trouble_wrong_roll(),
            Self::WrongPaper => w.trouble_wrong_paper(),
            Self::LabelWaiting => w.trouble_label_waiting(),
            Self::SheetHeld => w.trouble_sheet_held(),
            Self::SheetLate => w.trouble_sheet_late(),
        }
    }

    fn word_inside(self, w: PrintingWords) -> String {
        match self {
            Self::NoAnswer => w.trouble_no_answer_inside(),
            Self::Fault => w.trouble_fault_inside(),
            Self::PaperOut => w.trouble_paper_out_inside(),
            Self::CoverOpen => w.trouble_cover_open_inside(),
            Self::CutterJam => w.trouble_cutter_jam_inside(),
            Self::Cooling => w.trouble_cooling_inside(),
            Self::Offline => w.trouble_offline_inside(),
            Self::RibbonOut => w.trouble_ribbon_out_inside(),
            Self::Paused => w.trouble_paused_inside(),
            Self::WrongRoll => w.trouble_wrong_roll_inside(),
            Self::WrongPaper => w.trouble_wrong_paper_inside(),
            Self::LabelWaiting => w.trouble_label_waiting_inside(),
            Self::SheetHeld => w.trouble_sheet_held_inside(),
            Self::SheetLate => w.trouble_sheet_late_inside(),
        }
    }
}

/// `Printing stopped at 17 of 42: paper out`
pub(crate) fn stop_reason(w: PrintingWords, job: &JobSummary) -> String {
    let at = job.at.map_or(job.count, |at| at as usize);
    match &job.state {
        JobState::Paused(cause) => {
            let trouble = PrinterTrouble::of(cause).word_inside(w);
            w.printing_stopped(at.to_string(), job.count.to_string(), trouble)
        }
        _ => w.printing_look(&job.printer),
    }
}

pub(crate) fn state_word(w: PrintingWords, state: &JobState) -> (&'static str, String) {
    match state {
        JobState::Queued => ("", w.job_waiting()),
        JobState::Printing => ("due", w.job_printing()),
        JobState::Paused(cause) => ("late", PrinterTrouble::of(cause).word(w)),
        JobState::NeedsAnswer => ("due", w.job_asking()),
        JobState::Done => ("ok", w.job_done()),
        JobState::Cancelled => ("", w.job_cancelled()),
    }
}

pub(crate) fn label_word(w: PrintingWords, label: &LabelView) -> (&'static str, String) {
    match label.state {
        LabelState::Queued => ("", w.label_waiting()),
        LabelState::Sending => ("due", w.label_printing()),
        LabelState::Sent => ("ok", w.label_sent()),
        LabelState::Confirmed => ("ok", w.label_printed()),
        LabelState::Unknown => ("due", w.label_unknown()),
        LabelState::Failed => ("late", w.label_not_printed()),
        LabelState::Cancelled => ("", w.label_cancelled()),
    }
}

pub(crate) fn queue_title(w: PrintingWords, job: &JobView) -> String {
    let first = job.labels.first();
    let name = first.map_or("", |label| label.name.as_str());
    let blank = first.is_some_and(|label| label.blank);
    match (job.summary.kind, blank, job.labels.len()) {
        (JobKind::Test, ..) => w.job_test_label(),
        (kind, ..) if kind.is_slip() => name.to_owned(),
        (_, true, count) => w.job_blank_tags(count),
        (_, _, count) if name.is_empty() => w.job_labels(count),
        (_, _, 1) => w.job_one_label(name),
        (_, _, count) => w.job_first_and_more((count - 1).to_string(), name),
    }
}

pub(crate) fn job_card(
    w: PrintingWords,
    job: &JobView,
    printers: &[PrinterView],
    wording: &PageWording,
) -> JobCard {
    let printer = printers.iter().find(|printer| printer.name == job.summary.printer);
    let (class, state) = state_word(w, &job.summary.state);
    let office = printer.is_some_and(|printer| printer.language == PDF);
    let at = job.labels.iter().find(|label| is_unsettled(label)).map(|label| label.n);
    let of = job.labels.len();
    let count = of.to_string();
    let left = if job.summary.cancelled {
        0
    } else {
        job.labels
            .iter()
            .filter(|label: &&LabelView| {
                label.state == LabelState::Queued || (office && label.state == LabelState::Sending)
            })
            .count()
    };
    let settled = of - job.labels.iter().filter(|label| is_unsettled(label)).count();
    let mut doubts = outcome_questions(w, &job.labels, office);
    if job.summary.kind == JobKind::Test {
        doubts.iter_mut().for_each(|doubt| doubt.what = w.job_test_label());
    } else if job.summary.kind.is_slip() {
        doubts.iter_mut().for_each(|doubt| doubt.what = queue_title(w, job));
    }
    JobCard {
        id: job.summary.id,
        title: queue_title(w, job),
        printer: job.summary.printer.clone(),
        class,
        state,
        at,
        of,
        of_words: if job.summary.state == JobState::Printing {
            w.job_of_printing(count)
        } else {
            w.job_of(count)
        },
        out_words: out_words(w, &job.labels, printer.is_some_and(|printer| printer.confirms)),
        settled,
        progress_label: w.job_progress(),
        progress_words: w.job_progress_of(of.to_string(), settled.to_string()),
        advice: job_advice(w, &job.summary, at.filter(|_| of > 1), office),
        doubts,
        left,
        cancel_words: if left == of { w.job_cancel() } else { w.job_cancel_others(left.to_string()) },
        notes: job.summary.notes.iter().map(|note| word_note(w, note)).collect(),
        requested: wording.dates().day_and_time(job.summary.created_ms),
        open: !matches!(job.summary.state, JobState::Done | JobState::Cancelled),
    }
}

fn is_unsettled(label: &LabelView) -> bool {
    matches!(label.state, LabelState::Queued | LabelState::Sending | LabelState::Unknown)
}

fn job_advice(w: PrintingWords, job: &JobSummary, next_label: Option<u32>, office: bool) -> String {
    match &job.state {
        JobState::Paused(cause) => {
            let cause = word_cause(w, cause);
            match next_label.map(|n| n.to_string()) {
                None => cause,
                Some(n) if office => w.job_goes_on(cause, n),
                Some(n) => w.job_goes_on_half(cause, n),
            }
        }
        JobState::Printing if office && job.cancelled => w.job_sheet_cancelled(),
        JobState::Queued if job.ahead > 0 => w.job_before_it(job.ahead),
        _ => String::new(),
    }
}

/// `Labels 1 to 16 confirmed by the printer`, and how many others are confirmed by whom.
fn out_words(w: PrintingWords, labels: &[LabelView], confirms: bool) -> Vec<String> {
    let confirmed =
        word_which(w, labels, |label| label.state == LabelState::Confirmed && !is_seen_by_person(label));
    let sent = word_which(w, labels, |label| label.state == LabelState::Sent && !is_seen_by_person(label));
    let not_printed = word_which(w, labels, |label| label.state == LabelState::Failed);
    [
        confirmed.map(|which| w.out_confirmed(which)),
        sent.map(|which| if confirms { w.out_sent(which) } else { w.out_sent_only(which) }),
        word_which(w, labels, is_seen_by_person).map(|which| w.out_seen(which)),
        not_printed.map(|which| w.out_not_printed(which)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn is_seen_by_person(label: &LabelView) -> bool {
    matches!(label.state, LabelState::Sent | LabelState::Confirmed)
        && label.proof == Some(ConfirmedBy::Person)
}

fn word_which(w: PrintingWords, labels: &[LabelView], is: impl Fn(&LabelView) -> bool) -> Option<String> {
    let all: Vec<u32> = labels.iter().filter(|label| is(label)).map(|label| label.n).collect();
    match (all.first(), all.last()) {
        (Some(first), Some(last)) if first == last => Some(w.out_label(first.to_string())),
        (Some(first), Some(last)) if (last - first) as usize + 1 == all.len() => {
            Some(w.out_labels_to(first.to_string(), last.to_string()))
        }
        (Some(_), Some(_)) => Some(w.out_labels(all.len())),
        _ => None,
    }
}

fn outcome_questions(w: PrintingWords, labels: &[LabelView], by_sheet: bool) -> Vec<OutcomeQuestion> {
    let in_doubt: Vec<&LabelView> =
        labels.iter().filter(|label| label.state == LabelState::Unknown).collect();
    if in_doubt.len() > DOUBTS_APART_MAX || (by_sheet && in_doubt.len() > 1) {
        return vec![sheet_doubt(w, &in_doubt, labels)];
    }
    in_doubt
        .iter()
        .map(|label| {
            let n = label.n.to_string();
            OutcomeQuestion {
                question: w.doubt_label(&n),
                what: job_title(label),
                yes: next_action(labels, label.n)
                    .map_or_else(|| w.doubt_yes(), |next| w.doubt_yes_next(next.to_string())),
                no: if label.blank { w.doubt_no_blank() } else { w.doubt_no(&n) },
                n,
            }
        })
        .collect()
}

fn sheet_doubt(w: PrintingWords, in_doubt: &[&LabelView], labels: &[LabelView]) -> OutcomeQuestion {
    let (first, last) = (in_doubt.first(), in_doubt.last());
    let [from, to] = [first, last].map(|label| label.map(|label| job_title(label)).unwrap_or_default());
    let blank = in_doubt.iter().all(|label| label.blank);
    OutcomeQuestion {
        n: ALL_IN_DOUBT.to_owned(),
        question: w.doubt_sheet(label_ranges(in_doubt)),
        what: w.doubt_what(in_doubt.len(), w.doubt_from_to(from, to)),
        yes: last
            .and_then(|last| next_action(labels, last.n))
            .map_or_else(|| w.doubt_yes_sheet(), |next| w.doubt_yes_next(next.to_string())),
        no: if blank { w.doubt_no_blanks() } else { w.doubt_no_sheet() },
    }
}

fn job_title(label: &LabelView) -> String {
    match (&label.tag, label.name.as_str()) {
        (Some(tag), "") => tag.grouped(),
        (_, name) => name.to_owned(),
    }
}

fn next_action(labels: &[LabelView], n: u32) -> Option<u32> {
    labels.iter().find(|label| label.n > n && label.state == LabelState::Queued).map(|label| label.n)
}

fn label_ranges(labels: &[&LabelView]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for label in labels {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == label.n => *last = label.n,
            _ => runs.push((label.n, label.n)),
        }
    }
    runs.iter()
        .map(
            |(first, last): &(u32, u32)| {
                if first == last { first.to_string() } else { format!("{first}–{last}") }
            },
        )
        .collect::<Vec<_>>()
        .join(", ")
}

pub(crate) fn printer_card(
    w: PrintingWords,
    printer: &PrinterView,
    jobs: &[JobSummary],
    wording: &PageWording,
) -> PrinterCard {
    let (class, state) = match printer.state {
        _ if printer.state.stands_still() => ("late", PrinterTrouble::of(&printer.cause).word(w)),
        PrinterState::Printing => ("due", w.printer_printing()),
        PrinterState::NotQueried => ("", w.printer_not_asked()),
        _ => ("ok", w.printer_ready()),
    };
    let late = class == "late";
    PrinterCard {
        name: printer.name.clone(),
        label: w.printer_named(&printer.name),
        to: format!("/staff/printers/{}", path_segment(&printer.name)),
        class,
        state,
        advice: if late { word_cause(w, &printer.cause) } else { String::new() },
        facts: printer_facts(w, printer, jobs, wording, class),
        warning: if printer.media.is_darkened_by_wiping { w.paper_darkens() } else { String::new() },
        low: if printer.paper_low { w.printer_low() } else { String::new() },
    }
}

fn printer_facts(
    w: PrintingWords,
    printer: &PrinterView,
    jobs: &[JobSummary],
    wording: &PageWording,
    class: &str,
) -> Vec<(String, String)> {
    let by = match printer.address.split_once(':') {
        Some(("usb", _)) => w.printer_by_usb(),
        Some(("dir", folder)) => w.printer_by_folder(folder),
        _ => w.printer_by_network(printer.address.trim_start_matches("tcp://")),
    };
    let since = wording.deadline(printer.since_ms);
    let by = match class {
        "ok" | "due" => w.printer_answers_since(by, since),
        "late" => w.printer_so_since(by, since),
        _ => by,
    };
    let paper = match printer.loaded {
        Some(loaded) if loaded.length_mm == 0 => w.paper_loaded_endless(loaded.width_mm),
        Some(loaded) => w.paper_loaded(loaded.length_mm, loaded.width_mm),
        None => word_paper_alone(w, &printer.media.paper),
    };
    let office = printer.language == PDF;
    let local = wording.local();
    let today = local.date(local.now_ms());
    let (out, unknown) = jobs
        .iter()
        .filter(|job: &&JobSummary| job.printer == printer.name && local.date(job.created_ms) == today)
        .fold((0, 0), |(o, d), job| (o + job.out, d + job.in_doubt));
    let (out, unknown) = (out.to_string(), unknown.to_string());
    vec![
        (w.printer_by(), by),
        (
            w.printer_speaks(),
            match office {
                true => w.printer_speaks_pdf(),
                false => w.printer_speaks_dots(printer.dpi, printer.language),
            },
        ),
        (if office { w.printer_sheets() } else { w.printer_roll() }, paper),
        (
            w.printer_confirms(),
            match (printer.confirms, office) {
                (true, true) => w.printer_confirms_sheet(),
                (true, false) => w.printer_confirms_label(),
                (false, _) => w.printer_confirms_nothing(),
            },
        ),
        (
            w.printer_today(),
            match printer.confirms {
                true => w.printer_today_confirmed(out, unknown),
                false => w.printer_today_sent(out, unknown),
            },
        ),
    ]
}

pub(crate) struct LabelRow {
    pub(crate) n: u32,
    pub(crate) tag: Option<Tag>,
    pub(crate) link: Option<Tag>,
    pub(crate) name: String,
    pub(crate) class: &'static str,
    pub(crate) state: String,
    pub(crate) reason: String,
    pub(crate) again: bool,
}

pub(crate) fn label_row(w: PrintingWords, label: &LabelView, job: &JobSummary) -> LabelRow {
    let (class, state) = label_word(w, label);
    let settled = !matches!(label.state, LabelState::Queued | LabelState::Sending | LabelState::Unknown);
    let name = match (job.kind, label.blank, label.name.as_str()) {
        (JobKind::Test, ..) => w.job_test_label(),
        (_, true, _) => w.label_blank_tag(),
        (_, false, "") => w.label_nameless(),
        (_, false, name) => name.to_owned(),
    };
    LabelRow {
        n: label.n,
        tag: label.tag,
        link: label.tag.filter(|_| !label.blank),
        name,
        class,
        state,
        reason: label.failure.as_ref().map(|cause| word_failure(w, cause)).unwrap_or_default(),
        again: settled && !label.blank && job.kind != JobKind::Test,
    }
}

pub(crate) fn attention_notice(w: PrintingWords, state: &AppState) -> Option<(String, String)> {
    let job = state.printing.attention().unwrap_or_else(|error| {
        tracing::warn!(%error, "the print jobs could not be read");
        None
    })?;
    Some((stop_reason(w, &job), format!("/staff/labels/{}", job.id)))
}

pub(crate) struct JobRow {
    pub(crate) id: JobId,
    pub(crate) words: String,
    pub(crate) class: &'static str,
    pub(crate) state: String,
    pub(crate) at: Moment,
}

pub(crate) fn job_row(w: PrintingWords, job: &JobSummary, wording: &PageWording) -> JobRow {
    let (class, state) = state_word(w, &job.state);
    JobRow {
        id: job.id,
        words: w.job_labels_on(job.count, &job.printer),
        class,
        state,
        at: wording.dates().day_and_time(job.created_ms),
    }
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    fn english() -> PrintingWords {
        PrintingWords::in_locale(Locale::EnUs)
    }

    fn label(n: u32, state: LabelState, blank: bool) -> LabelView {
        let (tag, name) = (None, format!("Pump {n}"));
        LabelView { n, tag, name, blank, state, proof: None, attempts: 1, at_ms: 0, failure: None }
    }

    fn labels(doubted: &[u32], blank: bool) -> Vec<LabelView> {
        let state = |n| if doubted.contains(&n) { LabelState::Unknown } else { LabelState::Queued };
        (1..=70).map(|n| label(n, state(n), blank)).collect()
    }

    #[test]
    fn a_sheet_is_one_question() {
        let sheet: Vec<u32> = (31..=60).collect();
        let requested = outcome_questions(english(), &labels(&sheet, false), true);
        assert_eq!(requested.len(), 1);
        assert_eq!(requested[0].question, "Check the printer: is the sheet with labels 31–60 there?");
        assert_eq!(
            (requested[0].n.as_str(), requested[0].what.as_str()),
            (ALL_IN_DOUBT, "30 labels: Pump 31 to Pump 60")
        );
        assert_eq!(
            (requested[0].yes.as_str(), requested[0].no.as_str()),
            ("Yes, continue with 61", "No, print them again")
        );
        let requested = outcome_questions(english(), &labels(&[1, 2, 3, 7, 69, 70], true), false);
        assert_eq!(requested.len(), 1, "no label printer leaves so many");
        assert_eq!(requested[0].question, "Check the printer: is the sheet with labels 1–3, 7, 69–70 there?");
        assert_eq!(
            (requested[0].yes.as_str(), requested[0].no.as_str()),
            ("Yes, it is", "No, discard these tags")
        );
    }

    #[test]
    fn labels_of_a_label_printer_are_asked_about_one_by_one() {
        let requested = outcome_questions(english(), &labels(&[16, 17], false), false);
        let questions: Vec<&str> = requested.iter().map(|doubt| doubt.question.as_str()).collect();
        assert_eq!(
            questions,
            ["Check the printer: did label 16 come out?", "Check the printer: did label 17 come out?"]
        );
        assert_eq!((requested[1].n.as_str(), requested[1].yes.as_str()), ("17", "Yes, continue with 18"));
        assert_eq!(
            outcome_questions(english(), &labels(&[16, 17], false), true).len(),
            1,
            "two on one sheet"
        );
        assert_eq!(outcome_questions(english(), &labels(&[16], false), true)[0].n, "16");
    }

    #[test]
    fn what_an_office_printer_has_is_told_in_the_same_word() {
        let w = english();
        let of = |condition| {
            let causes = [
                PrinterCause::Condition(condition),
                PrinterCause::SheetCondition { condition, sheet: "Avery 5160" },
            ];
            causes.map(|cause| PrinterTrouble::of(&cause).word(w))
        };
        assert_eq!(of(PrinterCondition::PaperOut), ["Paper out", "Paper out"]);
        assert_eq!(of(PrinterCondition::CoverOpen), ["Cover open", "Cover open"]);
        assert_eq!(PrinterTrouble::of(&PrinterCause::QueueClosed).word(w), "Paused");
    }
}
