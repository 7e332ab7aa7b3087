//! What is in a printer, in words.

use ::labels::media::MediaSize;

use crate::printing::PrinterPaper;
use crate::web::words::PrintingWords;

pub(crate) fn millimetres_text(mm: f64) -> String {
    format!("{mm:.1}")
}

pub(crate) fn word_roll(w: PrintingWords, size: &MediaSize) -> String {
    let width = millimetres_text(size.width_mm);
    match size.height_mm {
        Some(height) => w.paper_roll(millimetres_text(height), width),
        None => w.paper_endless(width),
    }
}

pub(crate) fn word_paper(w: PrintingWords, paper: &PrinterPaper) -> String {
    match paper {
        PrinterPaper::Roll(size) => word_roll(w, size),
        PrinterPaper::Sheet { name, .. } => w.paper_sheet(name),
    }
}

pub(crate) fn word_paper_alone(w: PrintingWords, paper: &PrinterPaper) -> String {
    match paper {
        PrinterPaper::Roll(MediaSize { width_mm, height_mm: Some(height) }) => {
            w.paper_roll_alone(millimetres_text(*height), millimetres_text(*width_mm))
        }
        PrinterPaper::Roll(MediaSize { width_mm, height_mm: None }) => {
            w.paper_endless_alone(millimetres_text(*width_mm))
        }
        PrinterPaper::Sheet { name, labels, label_mm: (width, height) } => {
            w.paper_sheet_alone(millimetres_text(*height), labels.to_string(), name, millimetres_text(*width))
        }
    }
}

/// What is in a printer, as programs read it: a roll as it is inside a sentence.
pub(crate) fn word_paper_for_programs(w: PrintingWords, paper: &PrinterPaper) -> String {
    match paper {
        PrinterPaper::Roll(size) => word_roll(w, size),
        PrinterPaper::Sheet { .. } => word_paper_alone(w, paper),
    }
}
