//! “Print label”: from an item to a job of the print room, and the job's page.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use record::ids::JobId;
use record::tag::Tag;

use super::frame::{Frame, Place, page};
use super::guard::see_other;
use super::label_fields::{self, Ask};
use super::problem::Problem;
use super::sign_in::Signed;
use super::view::Snapshot;
use super::words::{Local, Moment, plural};
use super::{AppState, service};
use crate::print::{
    AnswerError, JobRequest, JobState, JobSummary, JobView, LabelState, PreviewRequest, PrintRefusal,
    ReprintRequest,
};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/equipment/{tag}/label", post(print))
        .route("/staff/labels/{job}", get(job))
        .route("/staff/labels/{job}/answer", post(answer))
        .route("/staff/labels/{job}/cancel", post(cancel))
}

/// Gives a job to the print room.
pub(super) async fn submit(state: &AppState, ask: Ask) -> Result<JobView, Problem> {
    let asked = state.clone();
    let submitted = tokio::task::spawn_blocking(move || {
        let labels = label_fields::requests(&asked, &ask)?;
        let id = JobId::new(asked.clock.now().wall_ms, asked.random.bytes());
        let Ask { key, printer, template, names, .. } = ask;
        let job = JobRequest { id, key, printer, template, names, labels };
        asked.printing.submit(job).map_err(|refusal| refused(&refusal))
    });
    submitted.await.map_err(|e| Problem::internal(&e))?
}

/// The very dots of the first label that is asked for, as PNG.
pub(super) async fn preview(state: &AppState, ask: Ask) -> Result<Vec<u8>, Problem> {
    let asked = state.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let label = label_fields::requests(&asked, &ask)?.into_iter().next();
        let label = label.ok_or_else(|| refused(&PrintRefusal::NoLabels))?;
        let Ask { printer, template, names, .. } = ask;
        let request = PreviewRequest { printer, template, names, label, at: (1, 1) };
        let preview = asked.printing.preview(&request).map_err(|refusal| refused(&refusal))?;
        preview.dots.to_png_1bit(preview.dpi).map_err(|e| Problem::internal(&e))
    });
    drawn.await.map_err(|e| Problem::internal(&e))?
}

/// Prints labels of a job once more.
pub(super) async fn reprint(state: &AppState, mut request: ReprintRequest) -> Result<JobView, Problem> {
    request.id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let printing = state.printing.clone();
    let submitted = tokio::task::spawn_blocking(move || printing.reprint(request)).await;
    submitted.map_err(|e| Problem::internal(&e))?.map_err(|refusal| refused(&refusal))
}

/// Prints the test label of a printer.
pub(super) async fn test(state: &AppState, printer: String, key: Option<String>) -> Result<JobView, Problem> {
    let id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let printing = state.printing.clone();
    let submitted = tokio::task::spawn_blocking(move || printing.test(&printer, id, key)).await;
    submitted.map_err(|e| Problem::internal(&e))?.map_err(|refusal| refused(&refusal))
}

/// Why a job is not taken, as people and programs are told it.
pub(super) fn refused(refusal: &PrintRefusal) -> Problem {
    let (status, code, field) = match refusal {
        PrintRefusal::NoPrinter => (StatusCode::CONFLICT, "no-printer", None),
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
        PrintRefusal::NoJob(_) => (StatusCode::NOT_FOUND, "not-found", None),
        PrintRefusal::NoLabel { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "labels", Some("labels")),
        PrintRefusal::Reason => (StatusCode::UNPROCESSABLE_ENTITY, "reason", Some("reason")),
        PrintRefusal::Key => (StatusCode::BAD_REQUEST, "key-form", Some("idempotency-key")),
        PrintRefusal::Fonts(_) | PrintRefusal::Ledger(_) => {
            return Problem::internal(refusal).safe("Nothing was printed.");
        }
    };
    let next = if refusal.offers_asset_number() {
        "Correct it and print again, or print the asset number in its place (names: asset-number)."
    } else {
        "Correct it and print again."
    };
    let problem = Problem::new(status, code, "That was not printed")
        .detail(sentence(&refusal.to_string()))
        .safe("No paper has moved.")
        .next(next);
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// Why a doubt was not settled or a job not cancelled.
pub(super) fn not_answered(error: &AnswerError) -> Problem {
    match error {
        AnswerError::Ledger(_) => Problem::internal(error).safe("Nothing was changed."),
        AnswerError::NoJob(_) | AnswerError::NoLabel { .. } => {
            Problem::not_found().detail(sentence(&error.to_string()))
        }
        AnswerError::NotInDoubt { .. } => {
            Problem::new(StatusCode::CONFLICT, "not-in-doubt", "Nobody is asked about this label")
                .detail(sentence(&error.to_string()))
                .safe("Nothing was changed.")
                .next("Look at the job again.")
        }
    }
}

pub(super) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

/// A job by the id in an address.
pub(super) async fn find(state: &AppState, text: &str) -> Result<JobView, Problem> {
    let unknown = || {
        Problem::not_found()
            .detail("There is no print job with this number, or it is long done and forgotten.")
    };
    let id: JobId = text.parse().map_err(|_| unknown())?;
    let printing = state.printing.clone();
    let found = tokio::task::spawn_blocking(move || printing.job(id)).await;
    found.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))?.ok_or_else(unknown)
}

/// A job in one line.
pub(super) struct JobLine {
    pub(super) id: JobId,
    pub(super) words: String,
    pub(super) class: &'static str,
    pub(super) state: &'static str,
    pub(super) at: Moment,
}

pub(super) fn line(job: &JobSummary, local: &Local) -> JobLine {
    let (class, state) = state_word(&job.state);
    let words = plural(job.count, "label", "labels");
    JobLine {
        id: job.id,
        words: format!("{words} on {}", job.printer),
        class,
        state,
        at: local.day_time(job.created_ms),
    }
}

fn state_word(state: &JobState) -> (&'static str, &'static str) {
    match state {
        JobState::Queued => ("", "Waiting"),
        JobState::Printing => ("due", "Printing"),
        JobState::Paused(_) => ("late", "Paused"),
        JobState::Asking => ("due", "Look at the printer"),
        JobState::Done => ("ok", "Done"),
        JobState::Cancelled => ("", "Cancelled"),
    }
}

fn label_word(state: LabelState) -> (&'static str, &'static str) {
    match state {
        LabelState::Queued => ("", "Waiting"),
        LabelState::Sending => ("due", "Printing"),
        LabelState::Sent => ("ok", "Sent"),
        LabelState::Confirmed => ("ok", "Printed"),
        LabelState::Unknown => ("due", "Did it come out?"),
        LabelState::Failed => ("late", "Not printed"),
        LabelState::Cancelled => ("", "Cancelled"),
    }
}

struct LabelLine {
    n: u32,
    tag: Option<Tag>,
    /// A tag that names an item.
    link: Option<Tag>,
    name: String,
    class: &'static str,
    state: &'static str,
    reason: String,
    in_doubt: bool,
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    id: JobId,
    title: String,
    line: JobLine,
    advice: String,
    labels: Vec<LabelLine>,
    form_token: String,
    open: bool,
    may_change: bool,
}

async fn job(
    State(state): State<AppState>,
    signed: Signed,
    Path(text): Path<String>,
) -> Result<Response, Problem> {
    let job = find(&state, &text).await?;
    let template = {
        let facility = state.store.facility();
        let snapshot = Snapshot::of(&state, &facility);
        let labels = job.labels.iter().map(|label| {
            let (class, state) = label_word(label.state);
            LabelLine {
                n: label.n,
                tag: label.tag,
                link: label.tag.filter(|_| !label.blank),
                name: if label.blank { "Blank tag".to_owned() } else { label.name.clone() },
                class,
                state,
                reason: label.reason.clone().unwrap_or_default(),
                in_doubt: label.state == LabelState::Unknown,
            }
        });
        let advice = match &job.summary.state {
            JobState::Paused(reason) => sentence(reason),
            JobState::Queued if job.summary.ahead > 0 => format!("{} before it.", plural(job.summary.ahead, "job is", "jobs are")),
            JobState::Asking => "The power or the line went away while a label was being printed. Look at the printer and say whether it came out.".to_owned(),
            _ => String::new(),
        };
        let open = !matches!(job.summary.state, JobState::Done | JobState::Cancelled);
        let frame = Frame::staff(&state, &snapshot, "Labels", &signed, Place::Equipment);
        JobPage {
            frame: if open { frame.live(&state, &snapshot) } else { frame },
            id: job.summary.id,
            title: format!("{} on {}", plural(job.labels.len(), "label", "labels"), job.summary.printer),
            line: line(&job.summary, &snapshot.local),
            advice,
            labels: labels.collect(),
            form_token: signed.form_token(),
            open,
            may_change: signed.may_change(),
        }
    };
    page(&template)
}

fn only_changers(signed: &Signed) -> Result<(), Problem> {
    if signed.may_change() {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "not-allowed",
        "This needs a sign-in as biomed or facility admin",
    )
    .safe("Nothing was printed.")
    .link("/staff/sign-in", "Sign in as somebody else"))
}

async fn print(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let (tag, _) = service::named(&state, &tag)?;
    let form = signed.form(request).await?;
    let key = form.get("submission").map(str::to_owned).filter(|k| !k.is_empty());
    let job = submit(&state, Ask { tags: vec![tag], key, ..Ask::default() }).await?;
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
    let (n, printed) = (form.text("n").parse().unwrap_or(0), form.text("printed") == "yes");
    let printing = state.printing.clone();
    settle(&job, move |id| printing.answer(id, n, printed)).await
}

async fn cancel(
    State(state): State<AppState>,
    signed: Signed,
    Path(job): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    signed.form(request).await?;
    let printing = state.printing.clone();
    settle(&job, move |id| printing.cancel(id)).await
}

async fn settle(
    job: &str,
    work: impl FnOnce(JobId) -> Result<JobView, AnswerError> + Send + 'static,
) -> Result<Response, Problem> {
    let id: JobId = job.parse().map_err(|_| Problem::not_found())?;
    let done = tokio::task::spawn_blocking(move || work(id)).await.map_err(|e| Problem::internal(&e))?;
    match done {
        // Somebody else was quicker: the page shows how it stands.
        Ok(_) | Err(AnswerError::NotInDoubt { .. }) => Ok(see_other(&format!("/staff/labels/{id}"))),
        Err(AnswerError::Ledger(error)) => Err(Problem::internal(&error).safe("Nothing was changed.")),
        Err(AnswerError::NoJob(_) | AnswerError::NoLabel { .. }) => Err(Problem::not_found()),
    }
}
