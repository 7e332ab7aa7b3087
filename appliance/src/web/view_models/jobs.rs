//! Jobs and printers in the words of the station: what is out, what is doubted, what stands still and why.

use ::labels::language::Condition;
use record::ids::JobId;
use record::tag::Tag;

use crate::printing::{
    JobKind, JobState, JobSummary, JobView, LabelState, LabelView, PDF, PrinterState, PrinterView, Proof,
};
use crate::web::context::AppState;
use crate::web::view_models::formats::{Local, Moment, plural};
use crate::web::view_models::labels::sentence;

/// What a printer that stands still is said to have.
const TROUBLES: &[(Condition, &str)] = &[
    (Condition::PaperOut, "Paper out"),
    (Condition::CoverOpen, "Cover open"),
    (Condition::CutterJam, "Cutter stuck"),
    (Condition::Cooling, "Too hot"),
    (Condition::Fault, "Fault"),
    (Condition::Offline, "Off line"),
    (Condition::RibbonOut, "Ribbon out"),
    (Condition::Paused, "Paused"),
    (Condition::WrongMedia, "Wrong roll"),
    (Condition::LabelWaiting, "Label waits"),
];

/// A job as a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobCard {
    pub(crate) id: JobId,
    pub(crate) title: String,
    pub(crate) printer: String,
    pub(crate) class: &'static str,
    pub(crate) state: &'static str,
    /// The label whose turn it is.
    pub(crate) at: Option<u32>,
    pub(crate) of: usize,
    /// `of 42 printing`
    pub(crate) of_words: String,
    /// What vouches for those that are out.
    pub(crate) out_words: Vec<String>,
    /// Labels that are settled.
    pub(crate) settled: usize,
    pub(crate) advice: String,
    pub(crate) doubts: Vec<Doubt>,
    /// Labels that cancelling would spare.
    pub(crate) left: usize,
    pub(crate) notes: Vec<String>,
    pub(crate) asked: Moment,
    pub(crate) open: bool,
}

/// A label, or a whole sheet, that somebody has to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// The label's number; [`ALL_IN_DOUBT`] for a sheet.
    pub(crate) n: String,
    pub(crate) question: String,
    pub(crate) what: String,
    pub(crate) yes: String,
    pub(crate) no: String,
}

/// A printer as a card.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PrinterCard {
    pub(crate) name: String,
    /// Its own page.
    pub(crate) to: String,
    pub(crate) class: &'static str,
    pub(crate) state: &'static str,
    pub(crate) advice: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) warning: &'static str,
    pub(crate) paper_low: bool,
}

/// An answer that settles every doubted label of a job.
pub(crate) const ALL_IN_DOUBT: &str = "all";
/// Label printers leave no more in doubt; more lie on a sheet.
const DOUBTS_APART_MAX: usize = 2;

/// A printer's trouble in a word.
fn trouble(printer: Option<&PrinterView>, advice: &str) -> &'static str {
    match printer.map(|printer| printer.state) {
        Some(PrinterState::Unreachable) => "No answer",
        Some(PrinterState::Failed) => "Fault",
        _ if advice.starts_with("The printer does not answer") => "No answer",
        _ if advice.starts_with("Another roll") => "Wrong roll",
        _ if advice.starts_with("Other paper") => "Wrong paper",
        _ if advice.starts_with("The print queue holds") => "Sheet held",
        _ if advice.starts_with("The print queue has had") => "Not printed yet",
        // What it has stands first; what to do about it is another thing at an office printer.
        _ => {
            let has =
                |c: Condition| c.advice().split_inclusive('.').next().is_some_and(|s| advice.starts_with(s));
            TROUBLES.iter().find(|(c, _)| has(*c)).map_or("Paused", |(_, word)| word)
        }
    }
}

/// `Printing stopped at 17 of 42: paper out`
pub(crate) fn stopped(job: &JobSummary, printers: &[PrinterView]) -> String {
    let at = job.at.map_or(job.count, |at| at as usize);
    let printer = printers.iter().find(|printer| printer.name == job.printer);
    match &job.state {
        JobState::Paused(advice) => {
            let word = trouble(printer, advice).to_lowercase();
            format!("Printing stopped at {at} of {}: {word}", job.count)
        }
        _ => format!("Look at the printer {}: did a label come out?", job.printer),
    }
}

/// The tag of a job.
pub(crate) fn state_word(state: &JobState, printer: Option<&PrinterView>) -> (&'static str, &'static str) {
    match state {
        JobState::Queued => ("", "Waiting"),
        JobState::Printing => ("due", "Printing"),
        JobState::Paused(advice) => ("late", trouble(printer, advice)),
        JobState::Asking => ("due", "Look at the printer"),
        JobState::Done => ("ok", "Done"),
        JobState::Cancelled => ("", "Cancelled"),
    }
}

/// The tag of a label.
pub(crate) fn label_word(label: &LabelView) -> (&'static str, &'static str) {
    match label.state {
        LabelState::Queued => ("", "Waiting"),
        LabelState::Sending => ("due", "Printing"),
        LabelState::Sent => ("ok", "Sent"),
        LabelState::Confirmed => ("ok", "Printed"),
        LabelState::Unknown => ("due", "Did it come out?"),
        LabelState::Failed => ("late", "Not printed"),
        LabelState::Cancelled => ("", "Cancelled"),
    }
}

/// What a job is called.
pub(crate) fn title(job: &JobView) -> String {
    let first = job.labels.first();
    let name = first.map_or("", |label| label.name.as_str());
    let blank = first.is_some_and(|label| label.blank);
    match (job.summary.kind, blank, job.labels.len()) {
        (JobKind::Test, ..) => "Test label".to_owned(),
        (_, true, count) => plural(count, "blank tag", "blank tags"),
        (_, _, count) if name.is_empty() => plural(count, "label", "labels"),
        (_, _, 1) => name.to_owned(),
        (_, _, count) => format!("{name} and {} more", count - 1),
    }
}

/// A job as a card.
pub(crate) fn job_card(job: &JobView, printers: &[PrinterView], local: &Local) -> JobCard {
    let printer = printers.iter().find(|printer| printer.name == job.summary.printer);
    let (class, state) = state_word(&job.summary.state, printer);
    let office = printer.is_some_and(|printer| printer.language == PDF);
    let waits = |label: &&LabelView| {
        matches!(label.state, LabelState::Queued | LabelState::Sending | LabelState::Unknown)
    };
    let at = job.labels.iter().find(waits).map(|label| label.n);
    let of = job.labels.len();
    let under_way = if job.summary.state == JobState::Printing { " printing" } else { "" };
    let advice = match &job.summary.state {
        JobState::Paused(reason) => {
            let goes_on = at.filter(|_| of > 1);
            let goes_on = goes_on
                .map(|n| match office {
                    true => format!(" It goes on at {n}."),
                    false => {
                        format!(" It goes on at {n}; if half of {n} is out already, throw that half away.")
                    }
                })
                .unwrap_or_default();
            format!("{}{goes_on}", sentence(reason))
        }
        JobState::Printing if office && job.summary.cancelled => {
            "Cancelled: the print queue is asked what became of the sheet that it has.".to_owned()
        }
        JobState::Queued if job.summary.ahead > 0 => {
            format!("{} before it.", plural(job.summary.ahead, "job is", "jobs are"))
        }
        _ => String::new(),
    };
    // A print queue gives a sheet back.
    let spared = |label: &&LabelView| {
        label.state == LabelState::Queued || (office && label.state == LabelState::Sending)
    };
    let left = if job.summary.cancelled { 0 } else { job.labels.iter().filter(spared).count() };
    JobCard {
        id: job.summary.id,
        title: title(job),
        printer: job.summary.printer.clone(),
        class,
        state,
        at,
        of,
        of_words: format!("of {of}{under_way}"),
        out_words: out_words(&job.labels, printer.is_some_and(|printer| printer.confirms)),
        settled: of - job.labels.iter().filter(waits).count(),
        advice,
        doubts: doubts(&job.labels, office),
        left,
        notes: job.summary.notes.clone(),
        asked: local.day_time(job.summary.created_ms),
        open: !matches!(job.summary.state, JobState::Done | JobState::Cancelled),
    }
}

/// `Labels 1 to 16 confirmed by the printer`, and who else vouches for how many.
fn out_words(labels: &[LabelView], confirms: bool) -> Vec<String> {
    let those = |is: &dyn Fn(&LabelView) -> bool| {
        let all: Vec<u32> = labels.iter().filter(|label| is(label)).map(|label| label.n).collect();
        match (all.first(), all.last()) {
            (Some(first), Some(last)) if first == last => Some(format!("Label {first}")),
            (Some(first), Some(last)) if (last - first) as usize + 1 == all.len() => {
                Some(format!("Labels {first} to {last}"))
            }
            (Some(_), Some(_)) => Some(plural(all.len(), "label", "labels")),
            _ => None,
        }
    };
    let out = |label: &LabelView| matches!(label.state, LabelState::Sent | LabelState::Confirmed);
    let seen = |label: &LabelView| out(label) && label.proof == Some(Proof::Person);
    let confirmed = |label: &LabelView| label.state == LabelState::Confirmed && !seen(label);
    let sent = |label: &LabelView| label.state == LabelState::Sent && !seen(label);
    let mut words = Vec::new();
    words.extend(those(&confirmed).map(|which| format!("{which} confirmed by the printer")));
    let unconfirmed = if confirms { "not confirmed yet" } else { "this printer can’t confirm" };
    words.extend(those(&sent).map(|which| format!("{which} sent, {unconfirmed}")));
    words.extend(those(&seen).map(|which| format!("{which} seen by a person")));
    words.extend(
        those(&|label| label.state == LabelState::Failed).map(|which| format!("{which} not printed")),
    );
    words
}

fn doubts(labels: &[LabelView], by_sheet: bool) -> Vec<Doubt> {
    let in_doubt: Vec<&LabelView> =
        labels.iter().filter(|label| label.state == LabelState::Unknown).collect();
    if in_doubt.len() > DOUBTS_APART_MAX || (by_sheet && in_doubt.len() > 1) {
        return vec![sheet_doubt(&in_doubt, labels)];
    }
    in_doubt
        .iter()
        .map(|label| {
            let n = label.n;
            Doubt {
                n: n.to_string(),
                question: format!("did label {n} come out?"),
                what: what(label),
                yes: next(labels, n)
                    .map_or_else(|| "Yes, it did".to_owned(), |next| format!("Yes, go on with {next}")),
                no: if label.blank {
                    "No, this tag is spoilt".to_owned()
                } else {
                    format!("No, print {n} again")
                },
            }
        })
        .collect()
}

/// One question for all labels that lie on one sheet.
fn sheet_doubt(in_doubt: &[&LabelView], labels: &[LabelView]) -> Doubt {
    let (first, last) = (in_doubt.first(), in_doubt.last());
    let ends: Vec<String> = first.iter().chain(last.iter()).map(|label| what(label)).collect();
    let blank = in_doubt.iter().all(|label| label.blank);
    Doubt {
        n: ALL_IN_DOUBT.to_owned(),
        question: format!("is the sheet with labels {} there?", ranges(in_doubt)),
        what: format!("{}: {}", plural(in_doubt.len(), "label", "labels"), ends.join(" to ")),
        yes: last
            .and_then(|last| next(labels, last.n))
            .map_or_else(|| "Yes, it is".to_owned(), |next| format!("Yes, go on with {next}")),
        no: if blank { "No, these tags are spoilt".to_owned() } else { "No, print them again".to_owned() },
    }
}

/// What a label is for.
fn what(label: &LabelView) -> String {
    match (&label.tag, label.name.as_str()) {
        (Some(tag), "") => tag.grouped(),
        (_, name) => name.to_owned(),
    }
}

/// The label that is printed after `n`.
fn next(labels: &[LabelView], n: u32) -> Option<u32> {
    labels.iter().find(|label| label.n > n && label.state == LabelState::Queued).map(|label| label.n)
}

/// `31–60`, or `1–3, 7, 9–12`.
fn ranges(labels: &[&LabelView]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for label in labels {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == label.n => *last = label.n,
            _ => runs.push((label.n, label.n)),
        }
    }
    let words = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    };
    runs.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// A name as a part of an address.
pub(crate) fn segment(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A printer as a card; `jobs` are the newest ones.
pub(crate) fn printer_card(printer: &PrinterView, jobs: &[JobSummary], local: &Local) -> PrinterCard {
    let (class, state) = match printer.state {
        _ if printer.state.stands_still() => ("late", trouble(Some(printer), &printer.advice)),
        PrinterState::Printing => ("due", "Printing"),
        PrinterState::NotHeard => ("", "Not asked yet"),
        _ => ("ok", "Ready"),
    };
    let by = match printer.address.split_once(':') {
        Some(("usb", _)) => "USB".to_owned(),
        Some(("dir", folder)) => format!("the folder {folder}"),
        _ => printer.address.trim_start_matches("tcp://").to_owned(),
    };
    let since = local.deadline(printer.since_ms);
    let by = match class {
        "ok" | "due" => format!("{by}, answers since {since}"),
        "late" => format!("{by}, so since {since}"),
        _ => by,
    };
    let roll = match printer.loaded {
        Some(loaded) if loaded.length_mm == 0 => {
            format!("{} mm endless, as the printer says", loaded.width_mm)
        }
        Some(loaded) => format!("{} × {} mm, as the printer says", loaded.width_mm, loaded.length_mm),
        None => printer.media.words.trim_start_matches("the ").to_owned(),
    };
    let office = printer.language == PDF;
    let today = local.date(local.now_ms());
    let of_today = |job: &&JobSummary| job.printer == printer.name && local.date(job.created_ms) == today;
    let (out, doubt) =
        jobs.iter().filter(of_today).fold((0, 0), |(o, d), job| (o + job.out, d + job.in_doubt));
    let verb = if printer.confirms { "confirmed" } else { "sent" };
    PrinterCard {
        name: printer.name.clone(),
        to: format!("/staff/printers/{}", segment(&printer.name)),
        class,
        state,
        advice: if class == "late" { printer.advice.clone() } else { String::new() },
        facts: vec![
            ("By", by),
            (
                "Speaks",
                match office {
                    true => "PDF, a sheet at a time".to_owned(),
                    false => format!("{}, {} dots per inch", printer.language, printer.dpi),
                },
            ),
            (if office { "Sheets" } else { "Roll" }, roll),
            (
                "Confirms",
                match (printer.confirms, office) {
                    (true, true) => "each sheet",
                    (true, false) => "each label",
                    (false, _) => "nothing: labels count as sent",
                }
                .to_owned(),
            ),
            ("Today", format!("{out} {verb}, {doubt} unknown")),
        ],
        warning: printer.media.warning.unwrap_or_default(),
        paper_low: printer.paper_low,
    }
}

/// One label of a job's list.
pub(crate) struct LabelLine {
    pub(crate) n: u32,
    pub(crate) tag: Option<Tag>,
    /// A tag that names an item.
    pub(crate) link: Option<Tag>,
    pub(crate) name: String,
    pub(crate) class: &'static str,
    pub(crate) state: &'static str,
    pub(crate) reason: String,
    /// Whether it can be printed once more.
    pub(crate) again: bool,
}

pub(crate) fn label_line(label: &LabelView, job: &JobSummary) -> LabelLine {
    let (class, state) = label_word(label);
    let settled = !matches!(label.state, LabelState::Queued | LabelState::Sending | LabelState::Unknown);
    let name = match (label.blank, label.name.as_str()) {
        (true, _) => "Blank tag",
        (false, "") => "Label",
        (false, name) => name,
    };
    LabelLine {
        n: label.n,
        tag: label.tag,
        link: label.tag.filter(|_| !label.blank),
        name: name.to_owned(),
        class,
        state,
        reason: label.reason.clone().unwrap_or_default(),
        again: settled && !label.blank && job.kind == JobKind::Labels,
    }
}

/// What waits for somebody at a printer, for the line under the band, and where to look.
pub(crate) fn waiting(state: &AppState) -> Option<(String, String)> {
    let job = state.printing.attention().unwrap_or_else(|error| {
        tracing::warn!(%error, "the print jobs could not be read");
        None
    })?;
    let printers = state.printing.printers();
    Some((stopped(&job, &printers), format!("/staff/labels/{}", job.id)))
}

/// A job in one line.
pub(crate) struct JobLine {
    pub(crate) id: JobId,
    pub(crate) words: String,
    pub(crate) class: &'static str,
    pub(crate) state: &'static str,
    pub(crate) at: Moment,
}

pub(crate) fn job_line(job: &JobSummary, local: &Local) -> JobLine {
    let (class, state) = state_word(&job.state, None);
    let words = plural(job.count, "label", "labels");
    JobLine {
        id: job.id,
        words: format!("{words} on {}", job.printer),
        class,
        state,
        at: local.day_time(job.created_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(n: u32, state: LabelState, blank: bool) -> LabelView {
        let (tag, name) = (None, format!("Pump {n}"));
        LabelView { n, tag, name, blank, state, proof: None, attempts: 1, at_ms: 0, reason: None }
    }

    fn labels(doubted: &[u32], blank: bool) -> Vec<LabelView> {
        let state = |n| if doubted.contains(&n) { LabelState::Unknown } else { LabelState::Queued };
        (1..=70).map(|n| label(n, state(n), blank)).collect()
    }

    #[test]
    fn a_sheet_is_one_question() {
        let sheet: Vec<u32> = (31..=60).collect();
        let asked = doubts(&labels(&sheet, false), true);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].question, "is the sheet with labels 31–60 there?");
        assert_eq!(
            (asked[0].n.as_str(), asked[0].what.as_str()),
            (ALL_IN_DOUBT, "30 labels: Pump 31 to Pump 60")
        );
        assert_eq!(
            (asked[0].yes.as_str(), asked[0].no.as_str()),
            ("Yes, go on with 61", "No, print them again")
        );
        let asked = doubts(&labels(&[1, 2, 3, 7, 69, 70], true), false);
        assert_eq!(asked.len(), 1, "no label printer leaves so many");
        assert_eq!(asked[0].question, "is the sheet with labels 1–3, 7, 69–70 there?");
        assert_eq!(
            (asked[0].yes.as_str(), asked[0].no.as_str()),
            ("Yes, it is", "No, these tags are spoilt")
        );
    }

    #[test]
    fn labels_of_a_label_printer_are_asked_about_one_by_one() {
        let asked = doubts(&labels(&[16, 17], false), false);
        let questions: Vec<&str> = asked.iter().map(|doubt| doubt.question.as_str()).collect();
        assert_eq!(questions, ["did label 16 come out?", "did label 17 come out?"]);
        assert_eq!((asked[1].n.as_str(), asked[1].yes.as_str()), ("17", "Yes, go on with 18"));
        assert_eq!(doubts(&labels(&[16, 17], false), true).len(), 1, "two on one sheet");
        assert_eq!(doubts(&labels(&[16], false), true)[0].n, "16");
    }

    #[test]
    fn what_an_office_printer_has_is_told_in_the_same_word() {
        let words = |advice: &str| trouble(None, advice);
        assert_eq!(
            words("The printer is out of paper. Put sheets of Avery 5160 into its tray."),
            "Paper out"
        );
        assert_eq!(words("The printer's cover is open. Close it: printing goes on by itself."), "Cover open");
        assert_eq!(words("The print queue takes no documents now."), "Paused");
    }
}
