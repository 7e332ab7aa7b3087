//! Reports on paper and as tables: rows in, bytes out, the same at box and relay. No clock, disk or network.
//!
//! A [`CleaningReport`] holds all that is shown, in the order in which it is shown. [`pdf::render_report`] draws it, with every record
//! attached as a table and as the exact entries of the log, whose proof ([`ReportProof`]) needs nobody's word. [`table`] writes the
//! same rows as CSV, XLSX and JSON, one by one. [`verify::verify_report`] opens such a PDF, checks what is attached, draws it again and
//! compares.

pub mod build;
mod column;
pub mod pdf;
mod proof;
pub mod query;
mod report;
pub mod table;
pub mod verify;
mod wording;

mod messages {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

pub use self::messages::{REPORT_WORDS, ReportWords};
pub use self::proof::{AttachedEntry, ReportProof, ReportSigner};
pub use self::report::{
    CleaningReport, MissedRow, NamedText, OverdueRow, PROGRAM, ProtocolRow, ROWS_SHOWN_MAX, ReportFacility,
    ReportFigures, ReportPhoto, ReportRow, ReportScope, SignOffRow, VERSION, VoidedRow, WeekRow,
};
pub use self::wording::RowWording;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Whoever asked for it does not want it any more.
    #[error("cancelled")]
    Cancelled,
    /// What was drawn breaks a rule of PDF/A-3 or PDF/UA-1; a test is missing.
    #[error("the document breaks a rule of its standard: {0}")]
    Rule(String),
    /// What should be written cannot be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The table cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The spreadsheet cannot be written.
    #[error(transparent)]
    Spreadsheet(#[from] rust_xlsxwriter::XlsxError),
}
