//! Why a printer is as it is, why a label was not printed, and what should be known of a job: causes, which the web words.

use std::sync::Arc;

use labels::drawing::LabelWarning;
use labels::language::PrinterCondition;
use labels::media::MediaSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::printing::model::connection_fault::ConnectionFault;
use crate::printing::model::make_error::MakeError;
use crate::printing::model::paper::PrinterPaper;
use crate::printing::model::printer_settings::PrinterRefusal;
use crate::printing::model::queue_error::QueueError;

/// Why a printer is as it is, or why a job of it does not continue.
#[derive(Debug, Clone, PartialEq)]
pub enum PrinterCause {
    /// It was not queried yet.
    NotPolled,
    Ready,
    Condition(PrinterCondition),
    SheetCondition {
        condition: PrinterCondition,
        sheet: &'static str,
    },
    WrongRoll {
        width_mm: u8,
        /// Along, as the printer says; 0: endless.
        length_mm: u8,
        set: MediaSize,
    },
    WrongPaper {
        has: Vec<String>,
        sheet: &'static str,
        /// Their size, as print queues name it.
        needs: String,
    },
    Mute,
    Full,
    /// No connection to it can be opened, or the connection broke.
    Unreachable {
        printer: String,
        address: String,
        fault: ConnectionFault,
    },
    /// The connection is open and nothing answers.
    Unanswering {
        printer: String,
        address: String,
        fault: ConnectionFault,
    },
    /// A print queue that cannot be asked.
    QueueUnreachable {
        printer: String,
        address: String,
        fault: QueueError,
    },
    Queue(QueueError),
    QueueClosed,
    /// A print queue that holds a sheet back until somebody releases it.
    SheetHeld,
    SheetLate,
    /// A print queue that dropped a sheet before anything of it was printed.
    SheetDropped,
    BoxStopping,
    /// The box cannot write its ledger down, and would rather not print this twice.
    LedgerFailed(PrintUnit),
    /// It cannot be driven as it is set up.
    Misconfigured {
        why: StartRefusal,
        /// It is set in the settings file.
        fixed: bool,
    },
    BoxFault,
    NotSetUp {
        printer: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintUnit {
    Label,
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

/// Why a label was not printed, as stored in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// A blank tag that somebody looked for and did not find.
    BlankNotFound,
    /// A blank tag in the middle of which the printer stopped.
    BlankInterrupted,
    /// Somebody took its sheet out of the print queue.
    TakenOut,
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
    OtherTemplate { paper: PrinterPaper, template: String },
    Warning {
        warning: LabelWarning,
        /// The first label that it is about, from 1.
        first: u32,
        times: u32,
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
