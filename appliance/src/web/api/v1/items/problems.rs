//! Reports that something is wrong with an item, for programs.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::fold::{FacilityState, OpenProblem, ReportedProblem};
use record::kinds::{Event, ProblemOutcome, ProblemReported, ProblemWord};
use record::tag::Tag;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent};
use web::argument::{IdempotencyKey, JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{ClaimedCleaner, Command, ProblemClosing, ProblemForm};
use crate::store::LogReader;
use crate::web::access::permissions::{Read, Record, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::items::equipment::read_path_tag;
use crate::web::api::v1::records::photos::check_photos_are_here;
use crate::web::commands::run::{CommandOutcome, read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::{broken_rule, not_found};
use crate::web::log_reads::{read_quick, text_of};
use crate::web::view_models::equipment::problems::{
    find_problem, open_problems, problem_id, read_problem_id, report_time,
};
use crate::web::view_models::page::entry_times::WrittenTime;
use crate::web::view_models::page::snapshot::who_name;
use crate::web::view_models::page::wording::proof_word;
use crate::web::{examples, refusals};

pub(crate) fn problem_routes() -> Vec<Route<AppState>> {
    let report = json!({ "what": "broken", "text": "Screen cracked", "reported_by": "Ada" });
    let problem = Example::default().part("id", examples::PROBLEM);
    vec![
        row(Method::GET, "/api/v1/problems", "problem.list", RouteKind::Api, list_problems)
            .summary("Open reports that something is wrong with an item, first that of which something was reported last")
            .refusals(refusals::READING),
        row(Method::POST, "/api/v1/equipment/{tag}/problems", "problem.add", RouteKind::Api, add_problem)
            .summary("Reports that something is wrong with an item")
            .commands(&["ReportProblem"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(report)),
        row(Method::POST, "/api/v1/problems/{id}/closed", "problem.end", RouteKind::Api, end_problem)
            .summary("Closes a report with what came of it")
            .commands(&["CloseProblem"])
            .refusals(refusals::COMMANDING)
            .example(problem.json(json!({ "outcome": "fixed", "text": "Screen replaced" }))),
    ]
}

/// What somebody reported.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProblemAddition")]
struct ReportJson {
    /// Names it for good.
    id: String,
    /// What is wrong, in one word.
    what: ProblemWord,
    /// What whoever reported it said; null where nothing was said.
    text: Option<String>,
    /// Who reported it.
    reported_by: String,
    /// How that is proven: `typed`, `pin`, `badge`, `login` or `unattributed`.
    proof: &'static str,
    /// Addresses of photos on this box.
    photos: Vec<String>,
    /// When (RFC 3339, UTC).
    reported_at: String,
    /// Whether that is a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
}

/// An open report.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProblemReport")]
struct ProblemJson {
    #[serde(flatten)]
    report: ReportJson,
    /// The item's tag.
    tag: Tag,
    /// The item's name; null where nothing here says what the tag is on.
    equipment: Option<String>,
    /// What was reported on top of it, the newest 8, ascending in time: closing it closes them.
    additions: Vec<ReportJson>,
    /// Additions before those.
    earlier_additions: u32,
    /// The open report that it was added to, as the item had several; null: it was not added to any.
    added_to: Option<String>,
}

impl ReportJson {
    fn read(reader: &LogReader, facility: &FacilityState, report: &ReportedProblem) -> Self {
        let time = report_time(reader, facility, report);
        Self {
            id: problem_id(report.of),
            what: report.what.clone(),
            text: report.text.map(|hash| text_of(reader, hash)),
            reported_by: who_name(reader, facility, &report.who),
            proof: proof_word(&report.who),
            photos: report.photos.iter().map(|photo| format!("/photos/{photo}.jpg")).collect(),
            reported_at: utc_text(time.ms),
            time_uncertain: time.is_guess(),
        }
    }
}

impl ProblemJson {
    fn read(reader: &LogReader, facility: &FacilityState, tag: Tag, open: &OpenProblem) -> Self {
        let additions = open.added.iter().map(|more| ReportJson::read(reader, facility, more)).collect();
        let report = ReportJson::read(reader, facility, &open.report);
        Self { additions, earlier_additions: open.earlier, ..Self::alone(facility, tag, report) }
    }

    fn alone(facility: &FacilityState, tag: Tag, report: ReportJson) -> Self {
        let equipment = facility.equipment.get(&tag).map(|item| item.facts.name.clone());
        Self { report, tag, equipment, additions: Vec::new(), earlier_additions: 0, added_to: None }
    }

    fn of_event(
        reader: &LogReader,
        facility: &FacilityState,
        done: &CommandOutcome,
        made: &ProblemReported,
    ) -> Self {
        let photos = made.photos.clone();
        let report = ReportedProblem {
            of: done.line.of,
            run: done.line.run,
            what: made.what.clone(),
            text: made.text.map(|text| text.hash),
            photos,
            who: made.who,
            reported_ms: WrittenTime::of(facility, &done.at).ms,
        };
        let added_to = made.also.map(problem_id);
        let report = ReportJson::read(reader, facility, &report);
        Self { added_to, ..Self::alone(facility, made.tag, report) }
    }
}

async fn list_problems(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<ProblemJson>>, HttpError> {
    let read = read_quick(&state, move |state, reader| {
        let facility = state.store.snapshot();
        let open = open_problems(&facility).into_iter();
        Ok(open.map(|(tag, open)| ProblemJson::read(reader, &facility, tag, open)).collect())
    });
    Ok(Json(ListJson::whole(read.await?)))
}

/// A report as a program makes it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewProblem {
    /// `broken`, `part missing`, `can not be cleaned`, `soiled`, `wrong label` or `other`.
    what: ProblemWord,
    /// In their own words, at most 1,000 characters.
    #[serde(default)]
    text: String,
    /// Who reports it.
    #[serde(default)]
    reported_by: String,
    /// Photos that were sent before, at most 4.
    #[serde(default)]
    photos: Vec<Hash>,
}

async fn add_problem(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(NewProblem { what, text, reported_by, photos }): JsonBody<NewProblem>,
) -> Result<Created<ProblemJson>, HttpError> {
    let who = ClaimedCleaner::Entered(reported_by);
    check_photos_are_here(&state, &photos).await?;
    let form =
        ProblemForm { tag: read_path_tag(&tag)?, what: Some(what), text, photos, who, pin_ago_s: None };
    let done = run_command(&state, BY_API, key, Command::ReportProblem(Box::new(form))).await?;
    let Some((_, Event::ProblemReported(made))) = read_event(&state, done.line).await? else {
        return Err(broken_rule("a report is none"));
    };
    let read = read_quick(&state, move |state, reader| {
        let facility = state.store.snapshot();
        Ok(match find_problem(&facility, done.line.of) {
            Some((tag, open)) => ProblemJson::read(reader, &facility, tag, open),
            None => ProblemJson::of_event(reader, &facility, &done, &made),
        })
    });
    let made = read.await?;
    Created::at(&format!("/staff/problems/{}", made.added_to.as_ref().unwrap_or(&made.report.id)), made)
}

/// What came of a report.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProblemEnd {
    /// `fixed`, `no fault`, `retired` or `duplicate`.
    outcome: ProblemOutcome,
    /// What was done, at most 1,000 characters.
    #[serde(default)]
    text: String,
}

async fn end_problem(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(ProblemEnd { outcome, text }): JsonBody<ProblemEnd>,
) -> Result<NoContent, HttpError> {
    let of = read_problem_id(&id).ok_or_else(not_found)?;
    let closing = ProblemClosing { outcome: Some(outcome), text };
    run_command(&state, BY_API, key, Command::CloseProblem { of, closing }).await?;
    Ok(NoContent)
}
