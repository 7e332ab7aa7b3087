//! What people and programs see of jobs, labels and printers, and the words in which they are refused.

use labels::media::{Media, MediaLength};
use labels::{Bitmap, Dpi, LabelError};
use record::ids::JobId;
use record::tag::Tag;

use crate::printing::model::cause::{FailureCause, JobNote, PrinterCause};
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::make_error::MakeError;
use crate::printing::model::paper::PrinterPaper;
use crate::printing::model::plan::{ConfirmedBy, LabelState};
use crate::printing::model::printer_settings::{StatusQueryMode, ThermalSetting};
use crate::printing::model::printer_state::PrinterState;
use crate::printing::model::request::{JobKind, ReprintInfo};

#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    Queued,
    Printing,
    Paused(PrinterCause),
    /// A person has to look for a label.
    NeedsAnswer,
    Done,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LabelView {
    pub n: u32,
    pub tag: Option<Tag>,
    pub name: String,
    /// A tag that names no equipment yet.
    pub blank: bool,
    pub state: LabelState,
    pub proof: Option<ConfirmedBy>,
    pub attempts: u32,
    /// Since when it is in this state (milliseconds since 1970).
    pub at_ms: i64,
    /// Why it was not printed.
    pub failure: Option<FailureCause>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JobSummary {
    pub id: JobId,
    pub state: JobState,
    pub printer: String,
    pub ahead: usize,
    /// When it was asked for (milliseconds since 1970).
    pub created_ms: i64,
    /// When its last label was settled.
    pub finished_ms: Option<i64>,
    pub count: usize,
    /// Labels that are out, as far as known; those under way are not among them.
    pub out: usize,
    /// The first label that is not settled.
    pub at: Option<u32>,
    pub cancelled: bool,
    /// Labels that a person is asked about.
    pub in_doubt: usize,
    /// Labels that are not printed yet.
    pub queued: usize,
    /// Labels that will not be printed, for reasons that each gives.
    pub failed: usize,
    pub kind: JobKind,
    pub template: String,
    /// What a person should know of them: another template than the usual one, names that were shortened.
    pub notes: Vec<JobNote>,
    /// Whether it prints labels once more, and why.
    pub reprint: Option<ReprintInfo>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    pub summary: JobSummary,
    pub labels: Vec<LabelView>,
}

impl std::ops::Deref for JobView {
    type Target = JobSummary;
    fn deref(&self) -> &JobSummary {
        &self.summary
    }
}

/// A printer as people and programs see it.
#[derive(Debug, Clone, PartialEq)]
pub struct PrinterView {
    pub name: String,
    pub address: String,
    pub language: &'static str,
    pub dpi: u16,
    pub head_dots: u32,
    pub media: MediaView,
    /// 0 to 100, where somebody set it.
    pub darkness: Option<u8>,
    /// Millimetres a second, where somebody set it.
    pub speed: Option<u16>,
    pub dense: bool,
    pub model: Option<String>,
    pub answers: StatusQueryMode,
    /// It is set in the settings file: it is changed there.
    pub fixed: bool,
    pub confirms: bool,
    pub state: PrinterState,
    pub cause: PrinterCause,
    pub since_ms: i64,
    /// The roll ends soon.
    pub paper_low: bool,
    pub loaded: Option<LoadedView>,
    pub job: Option<JobId>,
}

/// A roll for people and programs.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaView {
    pub name: String,
    pub paper: PrinterPaper,
    pub width_mm: f64,
    /// Of one label; absent on an endless roll.
    pub height_mm: Option<f64>,
    pub gap_mm: Option<f64>,
    pub continuous: bool,
    pub thermal: ThermalSetting,
    /// Black and red on one roll.
    pub two_colour: bool,
    pub is_darkened_by_wiping: bool,
}

impl From<&Media> for MediaView {
    fn from(media: &Media) -> Self {
        let (height_mm, gap_mm) = match media.length {
            MediaLength::DieCut { mm, gap_mm } => (Some(mm), Some(gap_mm)),
            MediaLength::Continuous => (None, None),
        };
        Self {
            name: media.name.clone(),
            paper: PrinterPaper::Roll(media.size()),
            width_mm: media.width_mm,
            height_mm,
            gap_mm,
            continuous: height_mm.is_none(),
            thermal: ThermalSetting::of(media.thermal),
            two_colour: media.two_colour,
            is_darkened_by_wiping: media.is_darkened_by_wiping(),
        }
    }
}

/// What a printer says is in it, in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadedView {
    pub width_mm: u8,
    /// Of one label; 0: endless.
    pub length_mm: u8,
}

/// A label as it will come out, dot by dot.
#[derive(Debug)]
pub struct PreviewImage {
    /// The very dots; read back and checked.
    pub dots: Bitmap,
    pub dpi: Dpi,
    pub template: String,
    pub notes: Vec<JobNote>,
}

/// Why a job is not taken. No paper has moved.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum PrintRefusal {
    NoPrinter,
    NoSlipPrinter,
    UnknownPrinter {
        expected: String,
        known: String,
    },
    UnknownTemplate {
        expected: String,
        known: String,
    },
    NoLabels,
    /// More than [`LABELS_MAX`].
    TooMany {
        labels: usize,
    },
    /// Too many jobs are unfinished.
    Full,
    /// A label that cannot be made.
    Label {
        n: u32,
        tag: Option<Tag>,
        #[source]
        why: Box<MakeError>,
    },
    /// A blank tag that was printed before, or occurs twice in the job.
    BlankAgain(Tag),
    /// An idempotency key that belongs to another job already.
    KeyReused,
    NoJob(JobId),
    NoLabel {
        job: JobId,
        n: u32,
    },
    Reason,
    /// An idempotency key of more than [`KEY_CHARS_MAX`] characters.
    Key,
    /// The embedded fonts do not open.
    #[error(transparent)]
    Fonts(#[from] labels::font::FontError),
    /// The box cannot write it down.
    Ledger(#[from] LedgerError),
}

impl PrintRefusal {
    /// Whether the same job is taken when asset numbers replace names that cannot be printed.
    pub fn offers_asset_number(&self) -> bool {
        matches!(self, Self::Label { why, .. }
            if matches!(**why, MakeError::Label(LabelError::Text { asset_number_instead: true, .. })))
    }

    /// Whether another template or another roll may do.
    pub(crate) fn is_of_size(&self) -> bool {
        matches!(self, Self::Label { why, .. }
            if matches!(**why, MakeError::Media(_) | MakeError::Sheet(_) | MakeError::Encode(_)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum AnswerError {
    NoJob(JobId),
    NoLabel {
        job: JobId,
        n: u32,
    },
    /// It is known what became of every label.
    NoneInDoubt(JobId),
    NotInDoubt {
        n: u32,
        state: LabelState,
    },
    /// The box cannot write it down.
    Ledger(#[from] LedgerError),
}

/// Why the print service does not open.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The reporter of finished jobs could not be started.
    #[error("starting a thread of the print room: {0}")]
    Thread(#[from] std::io::Error),
}
