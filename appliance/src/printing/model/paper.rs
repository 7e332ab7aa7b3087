//! The roll or the sheets in a printer.

use labels::media::MediaSize;
use labels::sheet::LabelSheet;
use serde::{Deserialize, Serialize};

/// What is in a printer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterPaper {
    /// A roll.
    Roll(MediaSize),
    /// Sheets of labels.
    Sheet {
        /// Their name.
        name: String,
        /// Labels on each.
        labels: u32,
        /// Width and height of a label.
        label_mm: (f64, f64),
    },
}

impl From<&LabelSheet> for PrinterPaper {
    fn from(sheet: &LabelSheet) -> Self {
        Self::Sheet { name: sheet.name.to_owned(), labels: sheet.count(), label_mm: sheet.label_mm }
    }
}
