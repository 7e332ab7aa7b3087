//! What phones sent and the box refused, and phones that hold records, for programs.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::kinds::ProblemWord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent};
use web::argument::{JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::{Locale, WordSet as _};

use crate::phones::{RefusedSubmission, SubmissionFault, WaitingPhones};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::records::submissions::{SubmissionReceipt, read_receipt};
use crate::web::commands::refused_records::{
    LateWords, choose_text, close_row, enter_late, find_open, list_open,
};
use crate::web::context::AppState;
use crate::web::http_error::invalid_parameter;
use crate::web::request::lists::listing::ListParams;
use crate::web::request::lists::page_cursor::bad_cursor;
use crate::web::view_models::equipment::codes::read_meant;
use crate::web::words::CodeWords;
use crate::web::{examples, refusals};

const ROWS_MAX: usize = 100;

pub(crate) fn refused_submission_routes() -> Vec<Route<AppState>> {
    let one = Example::default().part("id", examples::REFUSED);
    let path = "/api/v1/submissions/refused";
    vec![
        row(Method::GET, path, "refused-submission.list", RouteKind::Api, list_refused)
            .summary("Records of phones that the box refused and that wait for somebody, newest first")
            .refusals(refusals::READING),
        row(
            Method::POST,
            "/api/v1/submissions/refused/{id}/entered",
            "refused-submission.enter",
            RouteKind::Api,
            enter_refused,
        )
        .summary("Makes a late entry of a refused record, under the id that the phone gave it")
        .commands(&["RecordQueued", "ReportProblem"])
        .refusals(refusals::COMMANDING)
        .example(one.clone().json(json!({ "item": examples::TAG }))),
        row(
            Method::POST,
            "/api/v1/submissions/refused/{id}/dismissed",
            "refused-submission.dismiss",
            RouteKind::Api,
            close_refused_record,
        )
        .summary("Dismisses a refused record: nobody makes an entry of it")
        .refusals(refusals::FINDING)
        .example(one),
        row(Method::GET, "/api/v1/submissions/waiting", "waiting-phone.list", RouteKind::Api, list_waiting)
            .summary("Phones that hold records which the box does not have yet, the longest wait first"),
    ]
}

/// A record that waits for somebody.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RefusedSubmission")]
struct RefusedJson {
    /// The id that the phone gave it.
    id: String,
    /// When it was refused (RFC 3339, UTC).
    refused_at: String,
    /// `no-tag`, `unknown-tag`, `retired` or `invalid`.
    #[schemars(with = "String")]
    why: SubmissionFault,
    /// What the phone took for a tag.
    tag: String,
    /// Who cleaned, as the phone says it.
    cleaned_by: String,
    note: String,
    /// The steps that were ticked, from 1.
    steps: Vec<u16>,
    /// When it was done, as far as that is known (RFC 3339, UTC).
    performed_at: String,
    /// Addresses of photos on this box.
    photos: Vec<String>,
    /// What is wrong with the item, in one word; null where nothing was reported.
    problem: Option<ProblemWord>,
    /// The same in their own words.
    problem_text: Option<String>,
    /// Whether nothing was cleaned: it is only a report.
    is_report: bool,
}

impl From<RefusedSubmission> for RefusedJson {
    fn from(row: RefusedSubmission) -> Self {
        let (problem, problem_text) = row.problem.map(|problem| (problem.what, problem.text)).unzip();
        Self {
            id: row.id,
            refused_at: utc_text(row.refused_ms),
            why: row.why,
            tag: row.tag,
            cleaned_by: row.name,
            note: row.note,
            steps: row.steps,
            performed_at: utc_text(row.performed_ms),
            photos: row.photos.iter().map(|photo| format!("/photos/{photo}.jpg")).collect(),
            problem,
            problem_text,
            is_report: row.is_report,
        }
    }
}

async fn list_refused(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ListParams>,
) -> Result<Json<ListJson<RefusedJson>>, HttpError> {
    let limit = params.limit()?.min(ROWS_MAX);
    let page = list_open(&state, params.cursor, limit).await?.ok_or_else(bad_cursor)?;
    let items = page.rows.into_iter().map(|(row, _)| row.into()).collect();
    Ok(Json(ListJson { items, next: page.next }))
}

/// What somebody says of it who knows better than the phone did.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordCorrection {
    /// The item: a tag, a code, its number or its name.
    item: String,
    /// Who it was; absent: as the phone has it.
    #[serde(default)]
    cleaned_by: Option<String>,
    /// The note, or of a report its words; absent: as the phone has it.
    #[serde(default)]
    note: Option<String>,
}

async fn enter_refused(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(late): JsonBody<RecordCorrection>,
) -> Result<Created<SubmissionReceipt>, HttpError> {
    let row = find_open(&state, &id).await?;
    let w = CodeWords::in_locale(Locale::EnUs);
    let tag = read_meant(w, &state.store.snapshot(), &late.item);
    let tag = tag.map_err(|words| invalid_parameter("item", format!("{words}.")))?;
    let text = late.note.unwrap_or_else(|| choose_text(&row).to_owned());
    let name = late.cleaned_by.unwrap_or_else(|| row.name.clone());
    let done = enter_late(&state, BY_API, &row, LateWords { tag, name, text }).await?.done;
    let receipt = read_receipt(&state, done).await?;
    Created::at(&receipt.url.clone(), receipt)
}

async fn close_refused_record(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<NoContent, HttpError> {
    find_open(&state, &id).await?;
    close_row(&state, &id).await?;
    Ok(NoContent)
}

/// A phone that holds records, as it said when it was last here.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WaitingPhone")]
struct WaitingPhoneJson {
    /// Names the phone.
    device: String,
    /// How many it holds.
    records: u32,
    /// When the oldest was made (RFC 3339, UTC).
    oldest_at: String,
    /// When it was here (RFC 3339, UTC).
    last_here_at: String,
    /// Whether somebody said that it is gone.
    is_gone: bool,
}

async fn list_waiting(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<WaitingPhoneJson>>, HttpError> {
    let now = state.known_now();
    let phones = state.stored::<WaitingPhones>().all(now.up_ms).into_iter();
    let rows = phones.map(|phone| WaitingPhoneJson {
        device: phone.device.to_string(),
        records: phone.notice.records,
        oldest_at: word_time_ago(now.wall_ms, phone.oldest_ms(now.up_ms)),
        last_here_at: word_time_ago(now.wall_ms, now.up_ms.saturating_sub(phone.noted_ms)),
        is_gone: phone.closed.is_some(),
    });
    Ok(Json(ListJson::whole(rows.collect())))
}

fn word_time_ago(now_ms: i64, age_ms: u64) -> String {
    utc_text(now_ms.saturating_sub_unsigned(age_ms))
}
