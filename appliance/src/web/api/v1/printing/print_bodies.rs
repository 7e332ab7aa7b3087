//! Jobs, labels and printers as programs read them: causes in English words, the rest in names that never change.

use record::ids::JobId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;

use crate::printing::discovery::DiscoveredPrinter;
use crate::printing::{
    ConfirmedBy, JobKind, JobState, JobSummary, JobView, LabelState, LabelView, LoadedView, MediaView,
    PrinterState, PrinterView, ReprintInfo, SeenAt, StatusQueryMode, ThermalSetting,
};
use crate::web::view_models::printing::print_papers::word_paper_for_programs;
use crate::web::view_models::printing::print_refusals::{found_name, word_guess};
use crate::web::view_models::printing::printer_causes::{word_cause, word_failure, word_note};
use crate::web::words::PrintingWords;

/// A job's state in the words of the API.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
#[schemars(rename = "JobState")]
enum JobStateJson {
    /// Waits for its turn.
    Queued,
    /// Under way.
    Printing,
    /// Waits for the printer; the reason says what to do.
    Paused(String),
    /// A person has to look for a label.
    #[serde(rename = "asking")]
    NeedsAnswer,
    /// Each label is settled.
    Done,
    /// Each label is settled, and somebody cancelled.
    Cancelled,
}

impl JobStateJson {
    fn of(w: PrintingWords, state: &JobState) -> Self {
        match state {
            JobState::Queued => Self::Queued,
            JobState::Printing => Self::Printing,
            JobState::Paused(cause) => Self::Paused(word_cause(w, cause)),
            JobState::NeedsAnswer => Self::NeedsAnswer,
            JobState::Done => Self::Done,
            JobState::Cancelled => Self::Cancelled,
        }
    }
}

/// One label of a job.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "LabelView")]
struct LabelJson {
    /// From 1.
    n: u32,
    /// Its tag, if it names a thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<Tag>,
    /// The name on it.
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    /// A tag that names no equipment yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    blank: bool,
    /// Its state.
    state: LabelState,
    /// Who vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ConfirmedBy>,
    /// How often it was sent.
    attempts: u32,
    /// Since when it is in this state (milliseconds since 1970).
    at_ms: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl LabelJson {
    fn of(w: PrintingWords, label: LabelView, kind: JobKind) -> Self {
        Self {
            n: label.n,
            tag: label.tag,
            name: if kind == JobKind::Test { w.job_test_label() } else { label.name },
            blank: label.blank,
            state: label.state,
            proof: label.proof,
            attempts: label.attempts,
            at_ms: label.at_ms,
            reason: label.failure.map(|cause| word_failure(w, &cause)),
        }
    }
}

/// A job in a list.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "JobSummary")]
pub(in crate::web::api::v1) struct JobSummaryJson {
    /// The job.
    id: JobId,
    /// Its state.
    #[serde(flatten)]
    state: JobStateJson,
    /// The printer's name.
    printer: String,
    /// Unfinished jobs before it on the same printer.
    ahead: usize,
    /// When it was asked for (milliseconds since 1970).
    created_ms: i64,
    /// When its last label was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_ms: Option<i64>,
    /// Its labels.
    count: usize,
    /// Labels that are out, as far as anybody can tell; those under way are not among them.
    out: usize,
    /// Labels that a person is asked about.
    in_doubt: usize,
    /// Labels that are not printed yet.
    queued: usize,
    /// Labels that will not be printed, for reasons that each gives.
    failed: usize,
    /// What kind of labels.
    kind: JobKind,
    /// Their template.
    template: String,
    /// What a person should know of them: another template than the usual one, names that were shortened.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Whether it prints labels once more, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reprint: Option<ReprintInfo>,
}

impl JobSummaryJson {
    pub(in crate::web::api::v1) fn of(w: PrintingWords, job: JobSummary) -> Self {
        Self {
            id: job.id,
            state: JobStateJson::of(w, &job.state),
            printer: job.printer,
            ahead: job.ahead,
            created_ms: job.created_ms,
            finished_ms: job.finished_ms,
            count: job.count,
            out: job.out,
            in_doubt: job.in_doubt,
            queued: job.queued,
            failed: job.failed,
            kind: job.kind,
            template: job.template,
            notes: job.notes.iter().map(|note| word_note(w, note)).collect(),
            reprint: job.reprint,
        }
    }
}

/// A job with its labels.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "JobView")]
pub(in crate::web::api::v1) struct JobJson {
    /// What a list shows of it.
    #[serde(flatten)]
    summary: JobSummaryJson,
    /// In order.
    labels: Vec<LabelJson>,
}

impl JobJson {
    pub(in crate::web::api::v1) fn of(w: PrintingWords, job: JobView) -> Self {
        let kind = job.summary.kind;
        let labels = job.labels.into_iter().map(|label| LabelJson::of(w, label, kind)).collect();
        Self { summary: JobSummaryJson::of(w, job.summary), labels }
    }
}

/// A printer as programs see it.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "PrinterView")]
pub(in crate::web::api::v1) struct PrinterJson {
    /// Its name.
    name: String,
    /// Where it is.
    address: String,
    /// What it speaks.
    language: &'static str,
    /// Dots per inch.
    dpi: u16,
    /// Dots across its head.
    head_dots: u32,
    /// What is set as being in it.
    media: MediaJson,
    /// 0 to 100, where somebody set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    darkness: Option<u8>,
    /// Millimetres a second, where somebody set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<u16>,
    /// Fewer bytes.
    dense: bool,
    /// The model's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Whether it is asked.
    answers: StatusQueryMode,
    /// It stands in the settings file: it is changed there.
    fixed: bool,
    /// Whether it can say that a label is out.
    confirms: bool,
    /// How it is.
    state: PrinterState,
    /// What happened and what to do, for a person.
    advice: String,
    /// Since when (milliseconds since 1970).
    since_ms: i64,
    /// The roll ends soon.
    paper_low: bool,
    /// What the printer says is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded: Option<LoadedJson>,
    /// What it is printing.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
}

impl PrinterJson {
    pub(in crate::web::api::v1) fn of(w: PrintingWords, printer: PrinterView) -> Self {
        Self {
            name: printer.name,
            address: printer.address,
            language: printer.language,
            dpi: printer.dpi,
            head_dots: printer.head_dots,
            media: MediaJson::of(w, printer.media),
            darkness: printer.darkness,
            speed: printer.speed,
            dense: printer.dense,
            model: printer.model,
            answers: printer.answers,
            fixed: printer.fixed,
            confirms: printer.confirms,
            state: printer.state,
            advice: word_cause(w, &printer.cause),
            since_ms: printer.since_ms,
            paper_low: printer.paper_low,
            loaded: printer.loaded.map(LoadedJson::from),
            job: printer.job,
        }
    }
}

/// What is in a printer.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "MediaView")]
struct MediaJson {
    /// Its name in settings.
    name: String,
    /// What it is, in a few words.
    words: String,
    /// Across the head.
    width_mm: f64,
    /// Of one label; absent on an endless roll.
    #[serde(skip_serializing_if = "Option::is_none")]
    height_mm: Option<f64>,
    /// Between two labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_mm: Option<f64>,
    /// Endless.
    continuous: bool,
    /// How dots get onto it.
    thermal: ThermalSetting,
    /// Black and red on one roll.
    two_colour: bool,
    /// What a person should know before choosing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

impl MediaJson {
    fn of(w: PrintingWords, media: MediaView) -> Self {
        Self {
            name: media.name,
            words: word_paper_for_programs(w, &media.paper),
            width_mm: media.width_mm,
            height_mm: media.height_mm,
            gap_mm: media.gap_mm,
            continuous: media.continuous,
            thermal: media.thermal,
            two_colour: media.two_colour,
            warning: media.is_darkened_by_wiping.then(|| w.paper_darkens()),
        }
    }
}

/// What a printer says is in it, in whole millimetres.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "LoadedView")]
struct LoadedJson {
    /// Across the head.
    width_mm: u8,
    /// Of one label; 0: endless.
    length_mm: u8,
}

impl From<LoadedView> for LoadedJson {
    fn from(loaded: LoadedView) -> Self {
        Self { width_mm: loaded.width_mm, length_mm: loaded.length_mm }
    }
}

/// A printer that could be set up.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "FoundPrinter")]
pub(in crate::web::api::v1) struct FoundJson {
    /// What it calls itself.
    name: String,
    /// What to set up; absent for one that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The language that it is thought to speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
    /// Dots per inch, as far as can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    dpi: Option<u16>,
    /// The roll that is usual in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<String>,
    /// Where it was seen.
    seen: SeenAt,
    /// Why it is thought to be that, or why it cannot be used.
    why: String,
}

impl FoundJson {
    pub(in crate::web::api::v1) fn of(w: PrintingWords, found: DiscoveredPrinter) -> Self {
        Self {
            name: found_name(w, &found),
            why: word_guess(w, &found),
            address: found.address,
            language: found.language,
            dpi: found.dpi,
            media: found.media,
            seen: found.seen,
        }
    }
}
