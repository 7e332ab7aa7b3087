//! The facility's settings, for programs.

use axum::extract::State;
use http::Method;
use record::fold::FacilitySettings;
use record::kinds::{
    CivilDay, CompetencyPolicy, ProblemPolicy, QueuedPolicy, SpauldingClass, TimeOfDay, WhoPolicy,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use web::answer::{Json, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, OtherVersion};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::identity::{AccessOutcome, AccessTarget};
use crate::intake::{Command, SettingsChange, methods_of_class};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::access_note::AccessNote;
use crate::web::api::v1::versions::run_over;
use crate::web::context::AppState;
use crate::web::http_error::changed_since;
use crate::web::refusals;

pub(crate) fn facility_routes() -> Vec<Route<AppState>> {
    let change = json!({ "undo_min": 15, "shifts": ["07:00", "19:00"], "survey": "" });
    vec![
        row(Method::GET, "/api/v1/facility", "facility.show", RouteKind::Api, show_facility)
            .summary("The facility’s settings"),
        row(Method::PATCH, "/api/v1/facility", "facility.amend", RouteKind::Api, amend_facility)
            .summary("Changes the settings that it names, and leaves the others as they are")
            .commands(&["ChangeFacility"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(change)),
    ]
}

/// The facility’s settings.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Facility")]
struct FacilityJson {
    /// Its name; empty: nobody has entered one.
    name: String,
    /// Its IANA time zone.
    zone: String,
    /// Scheme and host that labels carry.
    label_host: String,
    /// Whom technicians call.
    contact: String,
    /// Whether a cleaning needs no name.
    allow_unattributed: bool,
    /// How long a technician can undo a record, minutes.
    undo_min: u32,
    /// How old a typed PIN may be to prove a record, minutes.
    pin_proof_min: u32,
    /// The ways to say who cleaned that are allowed, by class; a class that is absent goes by `allow_unattributed`.
    who: WhoPolicy,
    /// Whether a report takes its item out of service: `tell`, `proven` or `anyone`.
    problem: ProblemPolicy,
    /// Whether contact time that a phone measured counts: `count` or `incomplete`.
    queued: QueuedPolicy,
    /// What becomes of a cleaning by somebody who is not signed off: `off`, `warn` or `refuse`.
    competency: CompetencyPolicy,
    /// Language and country of printed things, and of a page without a preference; empty: English of the United States.
    locale: String,
    /// The languages that pages offer; none: all that the box has.
    languages: Vec<String>,
    /// Day of the next announced inspection.
    inspection_day: Option<CivilDay>,
    /// By whom or of what that inspection is.
    inspection_title: String,
    /// Day of the last full survey.
    survey: Option<CivilDay>,
    /// When shifts begin.
    shifts: Vec<TimeOfDay>,
    /// The name above pages; empty: the program’s.
    brand_name: String,
    /// Their colour, `#rrggbb`; empty: the program’s.
    brand_colour: String,
    /// How long records are to be kept, years; nothing is deleted by it.
    retain_years: u32,
}

impl FacilityJson {
    fn of(settings: &FacilitySettings) -> Self {
        Self {
            name: settings.name.clone(),
            zone: settings.zone().to_owned(),
            label_host: settings.label_host.clone(),
            contact: settings.contact.clone(),
            allow_unattributed: settings.allow_unattributed,
            undo_min: settings.undo_min,
            pin_proof_min: settings.pin_proof_min,
            who: WhoPolicy {
                noncritical: methods_of_class(&settings.who, SpauldingClass::Noncritical).cloned(),
                semicritical: methods_of_class(&settings.who, SpauldingClass::Semicritical).cloned(),
                critical: methods_of_class(&settings.who, SpauldingClass::Critical).cloned(),
            },
            problem: settings.problem.clone(),
            queued: settings.queued.clone(),
            competency: settings.competency.clone(),
            locale: settings.locale.clone(),
            languages: settings.languages.clone(),
            inspection_day: settings.inspection.day.0,
            inspection_title: settings.inspection.title.clone(),
            survey: settings.survey,
            shifts: settings.shifts.clone(),
            brand_name: settings.brand.name.clone(),
            brand_colour: settings.brand.colour.clone(),
            retain_years: settings.retain_years,
        }
    }
}

async fn show_facility(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<WithHeaders<Json<FacilityJson>>, HttpError> {
    let settings = state.store.snapshot().settings.clone();
    with_etag(Some(settings.changed), Json(FacilityJson::of(&settings)))
}

async fn amend_facility(
    program: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(change): JsonBody<SettingsChange>,
) -> Result<WithHeaders<Json<FacilityJson>>, HttpError> {
    let now = state.store.snapshot().settings.changed;
    let version = if change == SettingsChange::default() {
        if_match.require(Some(now)).map_err(|OtherVersion| changed_since(Some(now)))?;
        now
    } else {
        let command = Command::ChangeFacility(Box::new(change));
        let done = run_over(&state, Some(now), key, &if_match, command).await?;
        program.notes().add([AccessNote::new(AccessOutcome::SettingsChanged, AccessTarget::Write)]);
        done.version
    };
    with_etag(Some(version), Json(FacilityJson::of(&state.store.snapshot().settings)))
}
