//! Labels on a sheet of an office printer, as a PDF.

use ::labels::sheet::{FirstLabel, LabelSheet, PrintOffset};
use ::labels::{Dpi, pdf, template};
use http::StatusCode;
use web::error::{ErrorText, HttpError};

use crate::printing::{LabelRequest, NameStyle, PrintRefusal};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::view_models::printing::label_faults::{word_pdf_error, word_sheet_error};
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::view_models::printing::{label_fields, labels};
use crate::web::words::PrintingWords;

/// What a label of a sheet is laid out for: finer than any office printer's toner.
pub(crate) const SHEET_DPI: u16 = 600;

pub(crate) const SHEET: &str = "5160";

#[derive(Debug, Clone)]
pub(crate) struct SheetPlacement {
    pub(crate) sheet: String,
    pub(crate) start: FirstLabel,
    /// By how much the printer draws its paper in wrongly.
    pub(crate) nudge: PrintOffset,
}

/// Labels on sheets, as PDF. A tag that is printed so is not in the print ledger: people keep track of paper sheets.
pub(crate) async fn render_sheets(
    state: &AppState,
    ask: LabelOrder,
    paper: SheetPlacement,
) -> Result<Vec<u8>, HttpError> {
    let requested = state.clone();
    let _turn = state.inner.sheets.acquire().await.map_err(|e| HttpError::internal(&e))?;
    let made = tokio::task::spawn_blocking(move || {
        let labels = label_fields::label_requests(&requested, &ask)?;
        if labels.is_empty() {
            return Err(labels::refusal_error(PrintRefusal::NoLabels));
        }
        let sheet = LabelSheet::named(&paper.sheet)
            .map_err(|e| sheet_refused(worded(move |w| as_sentence(&word_sheet_error(w, &e)))))?;
        let dpi = Dpi::new(SHEET_DPI).unwrap_or(Dpi::D203);
        let drawings = requested
            .printing
            .draw_for_paper(ask.template.as_deref(), ask.names, &labels, dpi, |t| fits_sheet(t, sheet))
            .map_err(labels::refusal_error)?;
        pdf::write_sheets(sheet, paper.start, paper.nudge, drawings.into_iter())
            .map_err(|e| sheet_refused(worded(move |w| as_sentence(&word_pdf_error(w, &e)))))
    });
    made.await.map_err(|e| HttpError::internal(&e))?
}

pub(crate) async fn render_page(
    state: &AppState,
    template: &'static str,
    label: LabelRequest,
) -> Result<Vec<u8>, HttpError> {
    let requested = state.clone();
    let _turn = state.inner.sheets.acquire().await.map_err(|e| HttpError::internal(&e))?;
    let made = tokio::task::spawn_blocking(move || {
        let dpi = Dpi::new(SHEET_DPI).unwrap_or(Dpi::D203);
        let names = NameStyle::default();
        let drawn = requested.printing.draw_for_paper(Some(template), names, &[label], dpi, |_| true);
        pdf::write_labels(&drawn.map_err(labels::refusal_error)?)
            .map_err(|e| sheet_refused(worded(move |w| as_sentence(&word_pdf_error(w, &e)))))
    });
    made.await.map_err(|e| HttpError::internal(&e))?
}

fn fits_sheet(t: &template::Template, sheet: &LabelSheet) -> bool {
    match t.height {
        template::LabelHeight::Mm(mm) => t.width_mm <= sheet.label_mm.0 && mm <= sheet.label_mm.1,
        template::LabelHeight::Continuous => false,
    }
}

fn sheet_refused(why: ErrorText) -> HttpError {
    new_error(StatusCode::UNPROCESSABLE_ENTITY, "sheet", worded(PrintingWords::order_sheet))
        .detail(why)
        .field("sheet")
        .safe(worded(PrintingWords::order_range_safe))
        .next(worded(PrintingWords::refused_title_next))
}
