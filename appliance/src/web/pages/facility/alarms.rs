//! Alarms: the banner while one was acknowledged by nobody, the list on the box's page, and both ways to acknowledge one.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;

use crate::alarms::AlarmReader;
use crate::identity::{AccessOutcome, AccessWanted};
use crate::web::access::staff_session::Signed;
use crate::web::access_note::{AccessNote, noted};
use crate::web::answer::see_other;
use crate::web::commands::alarms::PAGE;
use crate::web::commands::alarms::seen;
use crate::web::context::AppState;
use crate::web::http_error::Problem;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/staff/box/alarms/{id}/seen", post(acknowledge))
}

async fn acknowledge(
    State(state): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_change()?;
    signed.form(request).await?;
    let by = AlarmReader { staff: Some(signed.staff), token: None };
    let answer = see_other(PAGE);
    Ok(match seen(&state, &id, by).await? {
        true => noted(answer, [AccessNote::new(AccessOutcome::AlarmSeen, AccessWanted::Edit).about(&id)]),
        false => answer,
    })
}
