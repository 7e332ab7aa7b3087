//! One job: how it stands, label by label, what is doubted, and printing one of them once more.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use record::ids::JobId;
use serde::Deserialize;

use crate::printing::{AnswerError, JobView, Printing, ReprintRequest};
use crate::web::access::staff_session::{Signed, only_changers};
use crate::web::answer::see_other;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page, page_with};
use crate::web::pages::labels::choices;
use crate::web::request::field_error::Wrong;
use crate::web::request::query::Asked;
use crate::web::view_models::items::named;
use crate::web::view_models::jobs::{ALL_IN_DOUBT, JobCard, LabelLine, job_card, label_line};
use crate::web::view_models::label_fields::Ask;
use crate::web::view_models::labels;
use crate::web::view_models::snapshot::Snapshot;

/// Why labels are printed once more, as people say it most often.
const REASONS: &[&str] = &["Torn or smudged", "Lost", "Stuck on wrongly", "Printed too faintly"];
/// Labels on a page; the rest of a long job is on further ones.
const LABELS_SHOWN: usize = 100;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/equipment/{tag}/label", post(print))
        .route("/staff/labels/{job}", get(job))
        .route("/staff/labels/{job}/answer", post(answer))
        .route("/staff/labels/{job}/cancel", post(cancel))
        .route("/staff/labels/{job}/again", get(ask_again).post(again))
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    card: JobCard,
    labels: Vec<LabelLine>,
    first: usize,
    older: Option<usize>,
    newer: Option<usize>,
    reprint: String,
    form_token: String,
    may_change: bool,
}

#[derive(Debug, Default, Deserialize)]
struct From {
    /// None: where the job stands.
    from: Option<usize>,
}

async fn job(
    State(state): State<AppState>,
    signed: Signed,
    Path(text): Path<String>,
    Asked(asked): Asked<From>,
) -> Result<Response, Problem> {
    let job = labels::find(&state, &text).await?;
    let printers = state.printing.printers();
    let snapshot = Snapshot::now(&state);
    let card = job_card(&job, &printers, &snapshot.local);
    let at = card.at.filter(|_| card.open).map_or(0, |n| n as usize - 1);
    let first = asked.from.unwrap_or(at - at % LABELS_SHOWN).min(job.labels.len());
    let shown = job.labels.iter().skip(first).take(LABELS_SHOWN);
    let frame = Frame::staff(&state, &snapshot, card.title.clone(), &signed, Place::Labels).with_script();
    let reprint = job.summary.reprint.as_ref().map(|again| again.reason.clone());
    page(&JobPage {
        frame: if card.open { frame.live_prints(&snapshot) } else { frame },
        labels: shown.map(|label| label_line(label, &job.summary)).collect(),
        first,
        older: Some(first + LABELS_SHOWN).filter(|next| *next < job.labels.len()),
        newer: (first > 0).then(|| first.saturating_sub(LABELS_SHOWN)),
        card,
        reprint: reprint.unwrap_or_default(),
        form_token: signed.form_token(),
        may_change: signed.may_change(),
    })
}

async fn print(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let (tag, _) = named(&state, &tag)?;
    let form = signed.form(request).await?;
    let key = form.get("submission").map(str::to_owned).filter(|k| !k.is_empty());
    let job = labels::submit(&state, Ask { tags: vec![tag], key, ..Ask::default() }).await?;
    Ok(see_other(&format!("/staff/labels/{}", job.summary.id)))
}

async fn answer(
    State(state): State<AppState>,
    signed: Signed,
    Path(job): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let which = form.text("n").to_owned();
    let printed = match form.text("printed") {
        "yes" => true,
        "no" => false,
        // Nobody is taken to have looked who did not say so.
        _ => return Err(Problem::form("It does not say whether the label came out.").field("printed")),
    };
    settle(&state, &job, move |printing, id| {
        if which == ALL_IN_DOUBT {
            return printing.answer_all(id, printed);
        }
        printing.answer(id, which.parse().unwrap_or(0), printed)
    })
    .await
}

async fn cancel(
    State(state): State<AppState>,
    signed: Signed,
    Path(job): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    signed.form(request).await?;
    settle(&state, &job, Printing::cancel).await
}

async fn settle(
    state: &AppState,
    job: &str,
    work: impl FnOnce(&Printing, JobId) -> Result<JobView, AnswerError> + Send + 'static,
) -> Result<Response, Problem> {
    let id: JobId = job.parse().map_err(|_| Problem::not_found())?;
    let printing = state.printing.clone();
    let done = tokio::task::spawn_blocking(move || work(&printing, id)).await;
    match done.map_err(|e| Problem::internal(&e))? {
        // Somebody else was quicker: the page shows how it stands.
        Ok(_) | Err(AnswerError::NotInDoubt { .. } | AnswerError::NoneInDoubt(_)) => {
            Ok(see_other(&format!("/staff/labels/{id}")))
        }
        Err(error) => Err(labels::not_answered(&error)),
    }
}

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage {
    frame: Frame,
    problems: Vec<Wrong>,
    id: JobId,
    n: u32,
    name: String,
    printer: String,
    reasons: &'static [&'static str],
    reason: String,
    submission: String,
    form_token: String,
}

#[derive(Debug, Default, Deserialize)]
struct Which {
    #[serde(default)]
    n: u32,
}

async fn ask_again(
    State(state): State<AppState>,
    signed: Signed,
    Path(text): Path<String>,
    Asked(which): Asked<Which>,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let job = labels::find(&state, &text).await?;
    again_page(&state, &signed, &job, which.n, String::new(), Vec::new())
}

fn again_page(
    state: &AppState,
    signed: &Signed,
    job: &JobView,
    n: u32,
    reason: String,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    let label = job.labels.iter().find(|label| label.n == n).ok_or_else(Problem::not_found)?;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let snapshot = Snapshot::now(state);
    let frame = Frame::staff(state, &snapshot, "Print once more", signed, Place::Labels);
    let template = AgainPage {
        frame: frame.with_script(),
        problems,
        id: job.summary.id,
        n,
        name: label.name.clone(),
        printer: job.summary.printer.clone(),
        reasons: REASONS,
        reason,
        submission: choices::submission(state),
        form_token: signed.form_token(),
    };
    page_with(status, &template)
}

async fn again(
    State(state): State<AppState>,
    signed: Signed,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let job = labels::find(&state, &text).await?;
    let n = form.text("n").parse().unwrap_or(0);
    // A button with a reason comes before the field, which may be empty then.
    let reason = form.all("why").next().unwrap_or_else(|| form.text("reason")).trim().to_owned();
    let of = job.summary.id;
    let request = ReprintRequest {
        id: of,
        key: form.get("submission").map(str::to_owned).filter(|k| !k.is_empty()),
        of,
        labels: vec![n],
        reason: reason.clone(),
        printer: None,
    };
    match labels::reprint(&state, request).await {
        Ok(again) => Ok(see_other(&format!("/staff/labels/{}", again.summary.id))),
        Err(problem) => {
            let wrong = choices::wrong(problem, "reason")?;
            again_page(&state, &signed, &job, n, reason, vec![wrong])
        }
    }
}
