//! Why a printer is as it is, why a label was not printed, and what should be known of a job: causes, which the web words.

use std::sync::Arc;

use labels::drawing::LabelWarning;
use labels::language::PrinterCondition;
use labels::media::MediaSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::printing::model::line_fault::LineFault;
use crate::printing::model::make_error::MakeError;
use crate::printing::model::paper::PrinterPaper;
use crate::printing::model::printer_settings::PrinterRefusal;
use crate::printing::model::queue_error::QueueError;

/// Why a printer is as it is, or why a job of it does not go on.
#[derive(Debug, Clone, PartialEq)]
pub enum PrinterCause {
    /// Nobody has asked it yet.
    NotPolled,
    /// Nothing is wrong.
    Ready,
    /// What a label printer says of itself.
    Condition(PrinterCondition),
    /// What an office printer says of itself, which prints these sheets.
    SheetCondition {
        /// What it says.
        condition: PrinterCondition,
        /// The sheets that are set for it.
        sheet: &'static str,
    },
    /// Another roll is in it than is set.
    WrongRoll {
        /// Across, as the printer says.
        width_mm: u8,
        /// Along, as the printer says; 0: endless.
        length_mm: u8,
        /// What is set.
        set: MediaSize,
    },
    /// Other paper is in an office printer than the sheets are.
    WrongPaper {
        /// What it says that it has.
        has: Vec<String>,
        /// The sheets that are set for it.
        sheet: &'static str,
        /// Their size, as print queues name it.
        needs: String,
    },
    /// It was asked and says nothing any more.
    Mute,
    /// It takes no more data.
    Full,
    /// No line to it can be opened, or the line broke.
    Unreachable {
        /// Which printer.
        printer: String,
        /// Where.
        address: String,
        /// What happened to the line.
        fault: LineFault,
    },
    /// The line is good and nobody answers.
    Unanswering {
        /// Which printer.
        printer: String,
        /// Where.
        address: String,
        /// What it did not do.
        fault: LineFault,
    },
    /// A print queue that cannot be asked.
    QueueUnreachable {
        /// Which printer.
        printer: String,
        /// Where.
        address: String,
        /// What happened.
        fault: QueueError,
    },
    /// A print queue that refuses.
    Queue(QueueError),
    /// A print queue that takes no documents now.
    QueueClosed,
    /// A print queue that holds a sheet back until somebody releases it.
    SheetHeld,
    /// A print queue that has had a sheet for long.
    SheetLate,
    /// A print queue that dropped a sheet before anything of it was printed.
    SheetDropped,
    /// The box ends.
    BoxStopping,
    /// The box cannot write its ledger down, and would rather not print this twice.
    LedgerFailed(PrintUnit),
    /// It cannot be driven as it is set up.
    Misconfigured {
        /// Why.
        why: StartRefusal,
        /// It stands in the settings file.
        fixed: bool,
    },
    /// A fault of the box itself.
    BoxFault,
    /// No printer of this name is set up any more.
    NotSetUp {
        /// Whose jobs wait.
        printer: String,
    },
}

/// What a printer prints at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintUnit {
    /// Labels of a roll.
    Label,
    /// Sheets of labels.
    Sheet,
}

/// Why a printer's worker was not started; the same refusal only is the same cause.
#[derive(Debug, Clone)]
pub struct StartRefusal(pub Arc<PrinterRefusal>);

impl PartialEq for StartRefusal {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Why a label was not printed, as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// A blank tag that somebody looked for and did not find.
    BlankNotFound,
    /// A blank tag in the middle of which the printer stopped.
    BlankInterrupted,
    /// Somebody took its sheet out of the print queue.
    TakenOut,
    /// What it says is missing from the ledger.
    TextMissing,
    /// It cannot be made.
    NotMade(MakeError),
    /// Its sheet cannot be made; the log says why.
    SheetNotMade,
}

/// What a person should know of a job's labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobNote {
    /// The usual template does not fit.
    OtherTemplate {
        /// What is in the printer.
        paper: PrinterPaper,
        /// The one that is used.
        template: String,
    },
    /// Something about one label or several.
    Warning {
        /// What.
        warning: LabelWarning,
        /// The first label that it is about, from 1.
        first: u32,
        /// How many it is about.
        times: u32,
        /// Labels of the job.
        of: u32,
    },
}

/// Where a printer that could be set up was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenAt {
    /// Plugged in.
    Usb,
    /// It announces itself.
    Network,
    /// It answered when it was looked for.
    #[serde(rename = "asked")]
    Queried,
}
