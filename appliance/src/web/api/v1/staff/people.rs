//! People at the facility, for programs: who a record names, never a PIN.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::fold::StaffMember;
use record::ids::StaffId;
use record::kinds::{Event, StaffRole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, OtherVersion, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::identity::{AccessOutcome, AccessTarget};
use crate::intake::{Command, CommandRefusal, NewStaff, StaffChange};
use crate::store::{LogReader, ReadLane};
use crate::web::access::permissions::{Read, SeePeople, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::access_note::AccessNote;
use crate::web::api::v1::versions::run_over;
use crate::web::commands::pins::remove_access;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::{changed_since, not_found};
use crate::web::log_reads::{StoredText, read_quick, read_text};
use crate::web::request::bodies::uploaded_file::IgnoredBody;
use crate::web::{examples, refusals};

pub(crate) fn people_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::GET, "/api/v1/people", "person.list", RouteKind::Api, list)
            .summary("Everybody who works or has worked here, in the order in which they came")
            .refusals(refusals::READING),
        row(Method::POST, "/api/v1/people", "person.enter", RouteKind::Api, add_person)
            .summary("Adds somebody of the staff; an admin adds facility admins, and sets PINs")
            .commands(&["AddStaff"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(json!({ "name": "Grace Okafor", "role": "technician" }))),
        row(Method::POST, "/api/v1/people/{staff}/left", "person.end", RouteKind::Api, end_person)
            .summary("Says that somebody works here no more; they sign in no more, and their records stay")
            .commands(&["ChangeAccess", "StaffLeft"])
            .refusals(refusals::COMMANDING)
            .example(examples::staff_example()),
        row(Method::PATCH, "/api/v1/people/{staff}", "person.amend", RouteKind::Api, amend_person)
            .summary("Changes somebody’s payroll number or the language of their pages; names and roles are an admin’s")
            .commands(&["ChangeStaff"])
            .refusals(refusals::COMMANDING)
            .example(examples::staff_example().json(json!({ "number": "4410-7", "locale": "es" }))),
    ]
}

/// A person at the facility.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Person")]
struct PersonJson {
    /// Names them for good.
    id: StaffId,
    /// Their name; null where it was erased or cannot be read.
    name: Option<String>,
    /// What they may do.
    role: StaffRole,
    /// Whether they work here no more.
    left: bool,
    /// The language of their pages, `en` or `es`; empty: no preference.
    locale: String,
    /// Their payroll number; empty: none.
    number: String,
    /// Since when they are known (RFC 3339, UTC).
    added_at: String,
    /// The version of what is known of them: in quotation marks, what `If-Match` names.
    version: String,
}

impl PersonJson {
    fn of(reader: &LogReader, staff: StaffId, person: &StaffMember) -> Self {
        Self {
            id: staff,
            name: StoredText::read(reader, person.name).readable(),
            role: person.role,
            left: person.left,
            locale: person.locale.clone(),
            number: person.number.clone(),
            added_at: utc_text(staff.made_ms()),
            version: person.changed.to_string(),
        }
    }
}

async fn list(
    _: StaffOrProgram<SeePeople, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<PersonJson>>, HttpError> {
    let lane = ReadLane::of_rows(state.store.snapshot().staff.len());
    let people = read_text(&state, lane, move |state, reader| {
        let facility = state.store.snapshot();
        let people = facility.staff.iter().map(|(id, person)| PersonJson::of(reader, *id, person));
        Ok(people.collect())
    });
    people.await.map(|people| Json(ListJson::whole(people)))
}

async fn add_person(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewStaff>,
) -> Result<Created<PersonJson>, HttpError> {
    let done = run_command(&state, BY_API, key, Command::AddStaff(new)).await?;
    let Some((_, Event::StaffAdded(added))) = read_event(&state, done.line).await? else {
        return Err(CommandRefusal::KeyReused.into());
    };
    let person = read_quick(&state, move |state, reader| {
        let person = state.store.snapshot().staff.get(&added.staff).cloned().ok_or_else(not_found)?;
        Ok(PersonJson::of(reader, added.staff, &person))
    });
    Created::at("/api/v1/people", person.await?)
}

async fn end_person(
    program: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    _: IgnoredBody,
) -> Result<NoContent, HttpError> {
    let staff: StaffId = staff.parse().map_err(|_| not_found())?;
    run_command(&state, BY_API, key, Command::StaffLeft { staff }).await?;
    remove_access(&state, BY_API, staff).await?;
    program.notes().add([AccessNote::new(AccessOutcome::PinChanged, AccessTarget::Write).about(&staff)]);
    Ok(NoContent)
}

/// What a program changes of somebody; what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    /// The language of their pages, `en` or `es`; empty: no preference any more.
    #[serde(default)]
    locale: Option<String>,
    /// Their payroll number, at most 40 characters; empty: none any more.
    #[serde(default)]
    number: Option<String>,
}

async fn amend_person(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(PersonChange { locale, number }): JsonBody<PersonChange>,
) -> Result<WithHeaders<Json<PersonJson>>, HttpError> {
    let staff: StaffId = staff.parse().map_err(|_| not_found())?;
    let now = find_person(&state, staff)?.changed;
    let change = StaffChange { locale, number, ..StaffChange::of(staff) };
    let version = if change.is_empty() {
        if_match.require(Some(now)).map_err(|OtherVersion| changed_since(Some(now)))?;
        now
    } else {
        run_over(&state, Some(now), key, &if_match, Command::ChangeStaff(change)).await?.version
    };
    let person = read_quick(&state, move |state, reader| {
        let person = PersonJson::of(reader, staff, &find_person(state, staff)?);
        // A newer version by somebody else is not reported as if this client had seen it.
        Ok(PersonJson { version: version.to_string(), ..person })
    });
    with_etag(Some(version), Json(person.await?))
}

fn find_person(state: &AppState, staff: StaffId) -> Result<StaffMember, HttpError> {
    state.store.snapshot().staff.get(&staff).filter(|person| !person.left).cloned().ok_or_else(not_found)
}
