//! What people and programs see of jobs, labels and printers, and the words in which they are refused.

use labels::language::EncodeError;
use labels::layout::LabelError;
use record::ids::JobId;
use record::tag::Tag;
use serde::Serialize;

use super::ledger::LedgerError;
use super::live::PrinterState;
use super::plan::{LabelState, Proof};
use super::transport::AddressError;
use super::{KEY_CHARS_MAX, LABELS_MAX};

/// A job's state in the words of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Under way.
    Printing,
    /// Waits for the printer; the reason says what to do.
    Paused(String),
    /// A person has to look for a label.
    Asking,
    /// Each label is settled.
    Done,
    /// Each label is settled, and somebody cancelled.
    Cancelled,
}

/// One label of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelView {
    /// From 1.
    pub n: u32,
    /// Its tag.
    pub tag: Tag,
    /// Its state.
    pub state: LabelState,
    /// Who vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// How often it was sent.
    pub attempts: u32,
    /// Since when it is in this state (milliseconds since 1970).
    pub at_ms: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobSummary {
    /// The job.
    pub id: JobId,
    /// Its state.
    #[serde(flatten)]
    pub state: JobState,
    /// The printer's name.
    pub printer: String,
    /// Unfinished jobs before it on the same printer.
    pub ahead: usize,
    /// When it was asked for (milliseconds since 1970).
    pub created_ms: i64,
    /// When its last label was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_ms: Option<i64>,
    /// Its labels.
    pub count: usize,
    /// Labels that were sent or confirmed.
    pub out: usize,
    /// Labels that a person is asked about.
    pub in_doubt: usize,
}

/// A job with its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// In order.
    pub labels: Vec<LabelView>,
}

impl std::ops::Deref for JobView {
    type Target = JobSummary;
    fn deref(&self) -> &JobSummary {
        &self.summary
    }
}

/// A printer as people and programs see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrinterView {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// What it speaks.
    pub language: &'static str,
    /// Dots per inch.
    pub dpi: u16,
    /// Whether it can say that a label is out.
    pub confirms: bool,
    /// How it is.
    pub state: PrinterState,
    /// What happened and what to do, for a person.
    pub advice: String,
    /// Since when (milliseconds since 1970).
    pub since_ms: i64,
    /// The roll ends soon.
    pub paper_low: bool,
    /// What it is printing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// Why a job is not taken. No paper has moved.
#[derive(Debug, thiserror::Error)]
pub enum PrintRefusal {
    /// No printer is set up.
    #[error("no printer is set up; add one in the box's settings")]
    NoPrinter,
    /// No printer of that name.
    #[error("no printer is called {wanted:?}; there is {known}")]
    UnknownPrinter {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// Nothing to print.
    #[error("pick at least one item to print")]
    NoLabels,
    /// More than [`LABELS_MAX`].
    #[error("{labels} labels are more than one job takes; print at most {LABELS_MAX} at a time")]
    TooMany {
        /// Counted.
        labels: usize,
    },
    /// A label that cannot be made.
    #[error("label {n} ({tag}): {why}")]
    Label {
        /// From 1.
        n: usize,
        /// Its tag.
        tag: Tag,
        /// What and what to do.
        #[source]
        why: LabelError,
    },
    /// The printer cannot print any label of this size.
    #[error("{0}")]
    Size(EncodeError),
    /// A blank tag that was printed before, or stands twice in the job.
    #[error("the blank tag {} was given to a printer before; a blank tag is never printed twice, so take a fresh one", .0.grouped())]
    BlankAgain(Tag),
    /// An idempotency key that stands for another job already.
    #[error("this idempotency key was used for a job of other labels; take a fresh key")]
    KeyReused,
    /// An idempotency key of more than [`KEY_CHARS_MAX`] characters.
    #[error("the idempotency key is longer than {KEY_CHARS_MAX} characters")]
    Key,
    /// The embedded fonts do not open.
    #[error(transparent)]
    Fonts(#[from] labels::font::FontError),
    /// The box cannot write it down.
    #[error("the job could not be written down, so nothing is printed; try again: {0}")]
    Ledger(#[from] LedgerError),
}

/// Why an answer or a cancellation does nothing.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// No such job.
    #[error("there is no print job {0}")]
    NoJob(JobId),
    /// No such label.
    #[error("print job {job} has no label {n}")]
    NoLabel {
        /// The job.
        job: JobId,
        /// From 1.
        n: u32,
    },
    /// It is known what became of the label.
    #[error("label {n} is not in doubt: it is {state:?}; nothing was changed")]
    NotInDoubt {
        /// From 1.
        n: u32,
        /// Its state.
        state: LabelState,
    },
    /// The box cannot write it down.
    #[error("the answer could not be written down; try again: {0}")]
    Ledger(#[from] LedgerError),
}

/// Why the print room does not open.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A printer's address.
    #[error("printer {name}: {why}")]
    Address {
        /// Which printer.
        name: String,
        /// What is wrong with it.
        #[source]
        why: AddressError,
    },
    /// Two printers of one name.
    #[error("two printers are called {0:?}; give each its own name")]
    SameName(String),
    /// The embedded fonts.
    #[error(transparent)]
    Font(#[from] labels::font::FontError),
    /// A worker could not be started.
    #[error("starting the worker of a printer: {0}")]
    Thread(#[from] std::io::Error),
}
