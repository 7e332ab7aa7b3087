//! Who is signed off for which protocol, for programs.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::fold::{CompetencyGrant, RowVersion};
use record::ids::{ProtocolId, StaffId};
use record::kinds::CivilDay;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Json, NoContent, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::{Locale, WordSet as _};

use crate::intake::{Command, CompetencyEnding, CompetencySignOff, find_grant, grant_version, is_signed_off};
use crate::store::LogReader;
use crate::web::access::permissions::{Read, SignOff, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::v1::versions::run_over;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::log_reads::{read_long, read_quick};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::records::sign_offs::read_grant;
use crate::web::words::PageWords;
use crate::web::{examples, refusals};

pub(crate) fn sign_off_routes() -> Vec<Route<AppState>> {
    let granted = json!({ "staff": examples::STAFF, "protocol": examples::PROTOCOL, "until": "2027-11-24" });
    let pair = examples::staff_example().part("protocol", examples::PROTOCOL);
    let ended = "/api/v1/sign-offs/{staff}/{protocol}/ended";
    vec![
        row(Method::GET, "/api/v1/sign-offs", "sign-off.list", RouteKind::Api, list_sign_offs)
            .summary("Who is signed off for which protocol; ended sign-offs are not listed"),
        row(Method::POST, "/api/v1/sign-offs", "sign-off.add", RouteKind::Api, add_sign_off)
            .summary("Signs somebody off for a protocol, or gives a sign-off another last day")
            .commands(&["GrantCompetency"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(granted)),
        row(Method::POST, ended, "sign-off.remove", RouteKind::Api, end_sign_off)
            .summary("Ends a sign-off")
            .commands(&["EndCompetency"])
            .refusals(refusals::COMMANDING)
            .example(pair.json(json!({ "reason": "Skipped the leak test" }))),
    ]
}

/// A sign-off.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SignOff")]
struct SignOffJson {
    /// Who may clean.
    staff: StaffId,
    /// By which protocol.
    protocol: ProtocolId,
    /// The last day on which that holds; null: until it is ended.
    until: Option<CivilDay>,
    /// Whether it holds today.
    holds: bool,
    /// When it was given (RFC 3339, UTC).
    signed_off_at: String,
    /// What was said of it; null: nothing.
    notes: Option<String>,
    /// Its version: in quotation marks, what `If-Match` names.
    version: String,
}

impl SignOffJson {
    fn read(
        state: &AppState,
        reader: &LogReader,
        staff: StaffId,
        protocol: ProtocolId,
        grant: &CompetencyGrant,
    ) -> Result<Self, HttpError> {
        let facility = state.store.snapshot();
        let today = Snapshot::of(state, &facility).local.today();
        let (_, text) = read_grant(reader, grant.of)?;
        Ok(Self {
            staff,
            protocol,
            until: grant.until,
            holds: today.is_some_and(|today| is_signed_off(&facility, staff, protocol, today)),
            signed_off_at: utc_text(grant.set_ms),
            notes: text.map(|text| text.word(PageWords::in_locale(Locale::EnUs))),
            version: grant_version(Some(grant)).to_string(),
        })
    }
}

async fn list_sign_offs(
    _: StaffOrProgram<SignOff, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<SignOffJson>>, HttpError> {
    let all = read_long(&state, |state, reader| {
        let facility = state.store.snapshot();
        let here = facility.competency.iter();
        let here = here.filter(|(staff, _)| facility.staff.get(staff).is_some_and(|member| !member.left));
        let all = here.flat_map(|(staff, row)| {
            let held = row.protocols.iter().filter(|(_, grant)| !grant.ended);
            held.map(|(protocol, grant)| SignOffJson::read(state, reader, *staff, *protocol, grant))
        });
        all.collect()
    });
    Ok(Json(ListJson::whole(all.await?)))
}

/// A sign-off as a program gives it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSignOff {
    /// Who may clean.
    staff: StaffId,
    /// By which protocol.
    protocol: ProtocolId,
    /// The last day on which that holds; absent: until it is ended.
    #[serde(default)]
    until: Option<CivilDay>,
    /// A remark, at most 1,000 characters; absent: what is there stays, and an empty one clears it.
    #[serde(default)]
    notes: Option<String>,
}

async fn add_sign_off(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(new): JsonBody<NewSignOff>,
) -> Result<WithHeaders<Json<SignOffJson>>, HttpError> {
    let NewSignOff { staff, protocol, until, notes } = new;
    let now = Some(find_version(&state, staff, protocol));
    let note = match notes {
        Some(note) => note,
        None => read_notes(&state, staff, protocol).await?,
    };
    let command = Command::GrantCompetency(CompetencySignOff { staff, protocol, until, note, seen: None });
    run_over(&state, now, key, &if_match, command).await?;
    let made = read_quick(&state, move |state, reader| {
        let facility = state.store.snapshot();
        let grant = find_grant(&facility, staff, protocol).ok_or_else(not_found)?;
        let body = SignOffJson::read(state, reader, staff, protocol, grant)?;
        Ok((grant_version(Some(grant)), body))
    });
    let (version, body) = made.await?;
    with_etag(Some(version), Json(body))
}

/// The remark of a sign-off that is in force; empty: nothing, or it was erased.
async fn read_notes(state: &AppState, staff: StaffId, protocol: ProtocolId) -> Result<String, HttpError> {
    read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let grant = find_grant(&facility, staff, protocol).filter(|grant| !grant.ended);
        let text = grant.map(|grant| read_grant(reader, grant.of)).transpose()?;
        Ok(text.and_then(|(_, text)| text?.readable()).unwrap_or_default())
    })
    .await
}

fn find_version(state: &AppState, staff: StaffId, protocol: ProtocolId) -> RowVersion {
    grant_version(find_grant(&state.store.snapshot(), staff, protocol))
}

/// Why a sign-off ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignOffEnd {
    /// Why, at most 1,000 characters.
    #[serde(default)]
    reason: String,
}

async fn end_sign_off(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path((staff, protocol)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(SignOffEnd { reason }): JsonBody<SignOffEnd>,
) -> Result<NoContent, HttpError> {
    let staff: StaffId = staff.parse().map_err(|_| not_found())?;
    let protocol: ProtocolId = protocol.parse().map_err(|_| not_found())?;
    let command = Command::EndCompetency(CompetencyEnding { staff, protocol, reason, seen: None });
    let now = Some(find_version(&state, staff, protocol));
    run_over(&state, now, key, &if_match, command).await?;
    Ok(NoContent)
}
