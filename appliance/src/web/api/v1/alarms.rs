//! Alarms, for programs.

use api::ListJson;
use axum::extract::State;
use http::{Method, StatusCode};
use web::answer::Json;
use web::argument::Path;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::alarms::AlarmReader;
use crate::identity::{AccessOutcome, AccessTarget};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::access_note::AccessNote;
use crate::web::commands::alarms::acknowledge_alarm;
use crate::web::context::AppState;
use crate::web::examples;
use crate::web::request::bodies::uploaded_file::IgnoredBody;
use crate::web::view_models::alarms::list::AlarmJson;

pub(crate) fn alarm_routes() -> Vec<Route<AppState>> {
    let alarm = Example::default().part("id", examples::ALARM);
    vec![
        row(Method::GET, "/api/v1/alarms", "alarm.list", RouteKind::Api, list)
            .summary("Alarms: those first that nobody has acknowledged, the gravest of them first"),
        row(Method::POST, "/api/v1/alarms/{id}/seen", "alarm.acknowledge", RouteKind::Api, acknowledge)
            .summary("Acknowledges an alarm")
            .refusals(&[StatusCode::NOT_FOUND])
            .example(alarm),
    ]
}

/// Null where acknowledging removed the alarm, because its cause was over.
async fn acknowledge(
    program: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: IgnoredBody,
) -> Result<Json<Option<AlarmJson>>, HttpError> {
    let by = AlarmReader { staff: None, token: Some(program.token_id().to_owned()) };
    if acknowledge_alarm(&state, &id, by).await? {
        program.notes().add([AccessNote::new(AccessOutcome::AlarmSeen, AccessTarget::Write).about(&id)]);
    }
    let all = state.alarms.all();
    Ok(Json(all.iter().find(|alarm| alarm.id == id).map(AlarmJson::of)))
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<AlarmJson>>, HttpError> {
    Ok(Json(ListJson::whole(state.alarms.all().iter().map(AlarmJson::of).collect())))
}
