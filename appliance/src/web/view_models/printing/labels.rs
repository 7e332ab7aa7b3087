//! From pages and programs to the printing module and back: jobs given to it, and its refusals as problems.

use http::StatusCode;
use record::ids::JobId;
use web::error::HttpError;

use crate::printing::{AnswerError, JobRequest, JobView, PreviewRequest, PrintRefusal, ReprintRequest};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, not_found, worded};
use crate::web::view_models::printing::label_fields;
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::print_refusals::{word_answer_error, word_print_refusal};
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::words::PrintingWords;

pub(crate) async fn submit_job(state: &AppState, ask: LabelOrder) -> Result<JobView, HttpError> {
    let requested = state.clone();
    let submitted = tokio::task::spawn_blocking(move || {
        let labels = label_fields::label_requests(&requested, &ask)?;
        let id = JobId::new(requested.clock.now().wall_ms, requested.random.bytes());
        let LabelOrder { key, printer, template, names, .. } = ask;
        let job = JobRequest { id, key, printer, template, names, labels };
        requested.printing.submit(job).map_err(refusal_error)
    });
    submitted.await.map_err(|e| HttpError::internal(&e))?
}

pub(crate) async fn preview_job(state: &AppState, ask: LabelOrder) -> Result<Vec<u8>, HttpError> {
    let requested = state.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let label = label_fields::label_requests(&requested, &ask)?.into_iter().next();
        let label = label.ok_or_else(|| refusal_error(PrintRefusal::NoLabels))?;
        let LabelOrder { printer, template, names, .. } = ask;
        let request = PreviewRequest { printer, template, names, label, at: (1, 1) };
        let preview = requested.printing.preview(&request).map_err(refusal_error)?;
        preview.dots.to_png_1bit(preview.dpi).map_err(|e| HttpError::internal(&e))
    });
    drawn.await.map_err(|e| HttpError::internal(&e))?
}

pub(crate) async fn reprint_label(
    state: &AppState,
    mut request: ReprintRequest,
) -> Result<JobView, HttpError> {
    request.id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let printing = state.printing.clone();
    let submitted = tokio::task::spawn_blocking(move || printing.reprint(request)).await;
    submitted.map_err(|e| HttpError::internal(&e))?.map_err(refusal_error)
}

pub(crate) async fn print_test(
    state: &AppState,
    printer: String,
    key: Option<String>,
) -> Result<JobView, HttpError> {
    let id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let printing = state.printing.clone();
    let submitted = tokio::task::spawn_blocking(move || printing.test(&printer, id, key)).await;
    submitted.map_err(|e| HttpError::internal(&e))?.map_err(refusal_error)
}

pub(crate) fn refusal_error(refusal: PrintRefusal) -> HttpError {
    let (status, code, field) = match &refusal {
        PrintRefusal::NoPrinter | PrintRefusal::NoSlipPrinter => (StatusCode::CONFLICT, "no-printer", None),
        PrintRefusal::Full => (StatusCode::CONFLICT, "jobs", None),
        PrintRefusal::UnknownPrinter { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "unknown-printer", Some("printer"))
        }
        PrintRefusal::UnknownTemplate { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "unknown-template", Some("template"))
        }
        PrintRefusal::NoLabels | PrintRefusal::TooMany { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "labels", Some("tags"))
        }
        PrintRefusal::Label { .. } | PrintRefusal::BlankAgain(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "label", Some("tags"))
        }
        PrintRefusal::KeyReused => (StatusCode::CONFLICT, "key-reused", Some("idempotency-key")),
        PrintRefusal::NoJob(_) => (StatusCode::NOT_FOUND, "not-found", None),
        PrintRefusal::NoLabel { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "labels", Some("labels")),
        PrintRefusal::Reason => (StatusCode::UNPROCESSABLE_ENTITY, "reason", Some("reason")),
        PrintRefusal::Key => (StatusCode::BAD_REQUEST, "key-form", Some("idempotency-key")),
        PrintRefusal::Fonts(_) | PrintRefusal::Ledger(_) => {
            return HttpError::internal(&refusal).safe(worded(PrintingWords::refused_ledger));
        }
    };
    let next = match refusal.offers_asset_number() {
        true => worded(PrintingWords::refused_title_next_numbers),
        false => worded(PrintingWords::refused_title_next),
    };
    let problem = new_error(status, code, worded(PrintingWords::refused_title))
        .detail(worded(move |w| as_sentence(&word_print_refusal(w, &refusal))))
        .safe(worded(PrintingWords::refused_title_safe))
        .next(next);
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}

pub(crate) fn answer_refused(error: AnswerError) -> HttpError {
    let safe = worded(PrintingWords::answer_title_safe);
    let problem = match error {
        AnswerError::Ledger(_) => return HttpError::internal(&error).safe(safe),
        AnswerError::NoJob(_) | AnswerError::NoLabel { .. } => not_found(),
        AnswerError::NotInDoubt { .. } | AnswerError::NoneInDoubt(_) => {
            new_error(StatusCode::CONFLICT, "not-in-doubt", worded(PrintingWords::answer_title))
                .safe(safe)
                .next(worded(PrintingWords::answer_title_next))
        }
    };
    problem.detail(worded(move |w| word_answer_error(w, &error)))
}

pub(crate) async fn find_job(state: &AppState, text: &str) -> Result<JobView, HttpError> {
    let id: JobId = text.parse().map_err(|_| forgotten_job_error())?;
    let printing = state.printing.clone();
    let found = tokio::task::spawn_blocking(move || printing.job(id)).await;
    found
        .map_err(|e| HttpError::internal(&e))?
        .map_err(|e| HttpError::internal(&e))?
        .ok_or_else(forgotten_job_error)
}

fn forgotten_job_error() -> HttpError {
    not_found().detail(worded(PrintingWords::job_forgotten))
}
