//! The roll or the sheets in a printer.

use labels::media::MediaSize;
use labels::sheet::LabelSheet;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterPaper {
    Roll(MediaSize),
    Sheet { name: String, labels: u32, label_mm: (f64, f64) },
}

impl From<&LabelSheet> for PrinterPaper {
    fn from(sheet: &LabelSheet) -> Self {
        Self::Sheet { name: sheet.name.to_owned(), labels: sheet.count(), label_mm: sheet.label_mm }
    }
}
