//! One job: its state label by label, labels in doubt, and reprinting one of them.

use askama::Template;
use axum::extract::State;
use record::ids::JobId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::printing::{AnswerError, JobView, PrintService, ReprintRequest};
use crate::web::access::permissions::{Print, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::context::AppState;
use crate::web::http_error::{not_found, unreadable_form, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::live::live_prints_page;
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::StationWords;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::equipment::items::item_name;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::jobs::{ALL_IN_DOUBT, JobCard, LabelRow, job_card, label_row};
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::labels;
use crate::web::words::LabelsWords;

const LABELS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "printing/job.html")]
struct JobPage {
    frame: PageLayout,
    w: LabelsWords,
    card: JobCard,
    summary: SafeHtml,
    labels: Vec<LabelRow>,
    first: usize,
    older: Option<usize>,
    newer: Option<usize>,
    form_token: String,
    may_change: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct JobPageParams {
    /// How many labels are before those that are shown. Absent: where the job stands.
    from: Option<usize>,
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    Path(text): Path<String>,
    LenientQuery(params): LenientQuery<JobPageParams>,
) -> Result<Page, HttpError> {
    let live = live_prints_page(&state).often();
    let job = labels::find_job(&state, &text).await?;
    let printers = state.printing.printers();
    let snapshot = Snapshot::now(&state);
    let StationWords { labels: w, printing, .. } = StationWords::of_staff(&signed);
    let wording = signed.wording(&snapshot.local);
    let card = job_card(printing, &job, &printers, &wording);
    let at = card.at.filter(|_| card.open).map_or(0, |n| n as usize - 1);
    let first = params.from.unwrap_or(at - at % LABELS_SHOWN).min(job.labels.len());
    let shown = job.labels.iter().skip(first).take(LABELS_SHOWN);
    let frame =
        PageLayout::staff(&state, &snapshot, card.title.clone(), &signed, NavSection::Labels).with_keys();
    let requested = card.requested.to_html();
    let summary = match &job.summary.reprint {
        None => w.jobs_summary(card.of, &card.printer, S0),
        Some(again) => w.jobs_summary_again(card.of, &card.printer, &again.reason, S0),
    };
    let page = JobPage {
        frame: if card.open { frame.live(live) } else { frame },
        w,
        summary: fill_slots(summary, [requested]),
        labels: shown.map(|label| label_row(printing, label, &job.summary)).collect(),
        first,
        older: Some(first + LABELS_SHOWN).filter(|next| *next < job.labels.len()),
        newer: (first > 0).then(|| first.saturating_sub(LABELS_SHOWN)),
        card,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn print_item(
    _: StaffCaller<Print>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (first, _) = item_name(&state, &tag)?;
    let tag = Tag::read(&tag).unwrap_or(first);
    let key = submission_of(&form);
    let job =
        labels::submit_job(&state, LabelOrder { tags: vec![tag], key, ..LabelOrder::default() }).await?;
    go_to(&format!("/staff/labels/{}", job.summary.id))
}

pub(crate) async fn answer(
    _: StaffCaller<Print>,
    State(state): State<AppState>,
    Path(job): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let which = form.text("n").to_owned();
    let printed = match form.text("printed") {
        "yes" => true,
        "no" => false,
        // Only an explicit answer counts as having looked.
        _ => return Err(unreadable_form(worded(LabelsWords::jobs_no_answer)).field("printed")),
    };
    settle_job(&state, &job, move |printing, id| {
        if which == ALL_IN_DOUBT {
            return printing.answer_all(id, printed);
        }
        printing.answer(id, which.parse().unwrap_or(0), printed)
    })
    .await
}

pub(crate) async fn cancel(
    _: StaffCaller<Print>,
    State(state): State<AppState>,
    Path(job): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    settle_job(&state, &job, PrintService::cancel).await
}

async fn settle_job(
    state: &AppState,
    job: &str,
    work: impl FnOnce(&PrintService, JobId) -> Result<JobView, AnswerError> + Send + 'static,
) -> Result<FormReply, HttpError> {
    let id: JobId = job.parse().map_err(|_| not_found())?;
    let printing = state.printing.clone();
    let done = tokio::task::spawn_blocking(move || work(&printing, id)).await;
    match done.map_err(|e| HttpError::internal(&e))? {
        // Somebody else was quicker: the page shows the current state.
        Ok(_) | Err(AnswerError::NotInDoubt { .. } | AnswerError::NoneInDoubt(_)) => {
            go_to(&format!("/staff/labels/{id}"))
        }
        Err(error) => Err(labels::answer_refused(error)),
    }
}

#[derive(Template)]
#[template(path = "printing/again.html")]
struct ReprintPage {
    frame: PageLayout,
    w: LabelsWords,
    problems: Vec<Wrong>,
    id: JobId,
    n: u32,
    name: String,
    printer: String,
    /// The most frequent reasons for a reprint.
    reasons: [String; 4],
    reason: String,
    submission: String,
    form_token: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ReprintParams {
    /// Which label, from 1.
    #[serde(default)]
    n: u32,
}

pub(crate) async fn ask_reprint(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    Path(text): Path<String>,
    LenientQuery(params): LenientQuery<ReprintParams>,
) -> Result<Page, HttpError> {
    let job = labels::find_job(&state, &text).await?;
    reprint_page(&state, &signed, &job, params.n, String::new(), Vec::new())
}

fn reprint_page(
    state: &AppState,
    signed: &StaffSession,
    job: &JobView,
    n: u32,
    reason: String,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let label = job.labels.iter().find(|label| label.n == n).ok_or_else(not_found)?;
    let snapshot = Snapshot::now(state);
    let w: LabelsWords = signed.words();
    let frame = PageLayout::staff(state, &snapshot, w.again_title(), signed, NavSection::Labels);
    let template = ReprintPage {
        frame: frame.with_script(),
        w,
        problems,
        id: job.summary.id,
        n,
        name: label.name.clone(),
        printer: job.summary.printer.clone(),
        reasons: [w.again_torn(), w.again_lost(), w.again_wrong(), w.again_faint()],
        reason,
        submission: choices::new_submission(state),
        form_token: signed.form_token(),
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn reprint(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    Path(text): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let job = labels::find_job(&state, &text).await?;
    let n = form.text("n").parse().unwrap_or(0);
    // A button with a reason comes before the field, which may be empty then.
    let reason = form.all("why").next().unwrap_or_else(|| form.text("reason")).trim().to_owned();
    let of = job.summary.id;
    let request = ReprintRequest {
        id: of,
        key: submission_of(&form),
        of,
        labels: vec![n],
        reason: reason.clone(),
        printer: None,
    };
    match labels::reprint_label(&state, request).await {
        Ok(again) => go_to(&format!("/staff/labels/{}", again.summary.id)),
        Err(error) => {
            let wrong = choices::to_field_error(StationWords::of_staff(&signed).locale(), error, "reason")?;
            reprint_page(&state, &signed, &job, n, reason, vec![wrong]).map(ask_again)
        }
    }
}
