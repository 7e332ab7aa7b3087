//! Why labels cannot be put on a sheet, in words.

use labels::pdf::PdfError;
use labels::sheet::{NUDGE_MM_MAX, SHEETS, SheetError};

use crate::web::words::SheetsWords;

/// Why no PDF was made, as a sentence; `None` where this program is at fault.
pub(crate) fn word_pdf_error(w: SheetsWords, error: &PdfError) -> Option<String> {
    match error {
        PdfError::Nothing => Some(w.sheet_nothing_found()),
        PdfError::TooMany | PdfError::TooMuch => Some(w.sheet_too_much()),
        PdfError::MissingGlyph(character) => Some(w.sheet_character(character.to_string())),
        PdfError::Sheet(error) => Some(word_sheet_error(w, error)),
        PdfError::Size { .. } | PdfError::Font(_) | PdfError::Subset(_) | PdfError::Write(_) => None,
    }
}

/// Why labels do not go onto a sheet, as a sentence.
pub(crate) fn word_sheet_error(w: SheetsWords, error: &SheetError) -> String {
    match error {
        SheetError::Unknown(name) => {
            w.sheet_unknown(name, SHEETS.iter().map(|sheet| sheet.name).collect::<Vec<_>>().join(", "))
        }
        SheetError::TooLarge { sheet, .. } => w.sheet_label_too_large(sheet),
        SheetError::Start { sheet, count, start } => {
            w.sheet_start(count.to_string(), sheet, start.to_string())
        }
        SheetError::Nudge { sheet, x_mm, y_mm } => {
            w.sheet_nudge(y_mm.to_string(), NUDGE_MM_MAX.to_string(), x_mm.to_string(), sheet)
        }
    }
}
