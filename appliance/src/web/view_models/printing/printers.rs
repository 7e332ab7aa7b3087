//! Printers as pages and API show them.

use http::StatusCode;
use web::error::HttpError;

use crate::printing::PrinterRefusal;
use crate::web::http_error::{new_error, worded};
use crate::web::view_models::printing::print_refusals::word_printer_refusal;
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::words::PrintingWords;

pub(crate) fn unknown_printer(name: &str) -> HttpError {
    printer_refused(PrinterRefusal::Unknown(name.chars().take(60).collect()))
}

pub(crate) fn printer_refused(refusal: PrinterRefusal) -> HttpError {
    let (status, code) = match &refusal {
        PrinterRefusal::SameName(_) => (StatusCode::CONFLICT, "same-name"),
        PrinterRefusal::SameAddress { .. } => (StatusCode::CONFLICT, "same-address"),
        PrinterRefusal::Fixed(_) => (StatusCode::CONFLICT, "fixed"),
        PrinterRefusal::Changed(_) => (StatusCode::CONFLICT, "changed"),
        PrinterRefusal::TooMany => (StatusCode::CONFLICT, "printers"),
        PrinterRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "not-found"),
        PrinterRefusal::Ledger(_)
        | PrinterRefusal::Queue(_)
        | PrinterRefusal::Worker(_)
        | PrinterRefusal::Fonts(_) => {
            return HttpError::internal(&refusal).safe(worded(PrintingWords::setup_title_unchanged));
        }
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "printer"),
    };
    let field = refusal.field();
    let problem = new_error(status, code, worded(PrintingWords::setup_title))
        .detail(worded(move |w| as_sentence(&word_printer_refusal(w, &refusal))))
        .safe(worded(PrintingWords::setup_title_safe))
        .next(worded(PrintingWords::setup_title_next));
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}
