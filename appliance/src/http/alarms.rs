//! Alarms: the banner while one was acknowledged by nobody, the list on the box's page, and both ways to acknowledge one.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use record::fold::Facility;
use serde_json::{Value, json};

use super::AppState;
use super::access::{AccessNote, noted};
use super::api::{MayRead, MayWrite, bearer};
use super::form::nothing;
use super::guard::see_other;
use super::problem::Problem;
use super::sign_in::Signed;
use super::view::{read_quick, staff_name};
use super::words::{Local, Moment};
use crate::alarms::words::AlarmWords;
use crate::alarms::{AcknowledgeError, Acknowledgement, ActiveAlarm, AlarmReader};
use crate::identity::{AccessOutcome, AccessWanted};
use crate::store::Reader;

/// Where staff see all of them.
const PAGE: &str = "/staff/box";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/box/alarms/{id}/seen", post(acknowledge))
        .route("/api/v1/alarms", get(list))
        .route("/api/v1/alarms/{id}/seen", post(acknowledge_by_program))
}

/// What stands on top of a page while nobody has acknowledged an alarm: the gravest, and how many more there are.
#[derive(Debug, Clone)]
pub(super) struct AlarmBanner {
    /// What happened.
    pub(super) title: String,
    pub(super) safe: &'static str,
    /// What to do.
    pub(super) next: String,
    /// In words; empty where it is the only one.
    pub(super) more: String,
    /// Where it can be acknowledged; absent on pages for everybody.
    pub(super) to: Option<&'static str>,
}

impl AlarmBanner {
    /// For staff.
    pub(super) fn for_staff(state: &AppState) -> Option<Self> {
        let all = state.alarms.all();
        let mut unseen = all.iter().filter(|alarm| alarm.seen.is_none());
        let AlarmWords { title, safe, next, .. } = unseen.next()?.words();
        let more = match unseen.count() {
            0 => String::new(),
            1 => "One more alarm stands.".to_owned(),
            n => format!("{n} more alarms stand."),
        };
        Some(Self { title, safe, next: next.to_owned(), more, to: Some(PAGE) })
    }

    /// For whoever comes by: all that they can do is to tell somebody.
    pub(super) fn for_everybody(state: &AppState, contact: &str) -> Option<Self> {
        let next = format!("Tell {contact}.");
        Some(Self { next, more: String::new(), to: None, ..Self::for_staff(state)? })
    }
}

/// An alarm on the box's page.
pub(super) struct AlarmCard {
    pub(super) id: String,
    pub(super) words: AlarmWords,
    pub(super) since: Moment,
    pub(super) over: Option<Moment>,
    /// When it was acknowledged, and by whom.
    pub(super) seen: Option<(Moment, String)>,
}

/// All alarms for the box's page.
pub(super) async fn cards(state: &AppState, local: &Local) -> Result<Vec<AlarmCard>, Problem> {
    let local = local.clone();
    let cards = read_quick(state, move |state, reader| {
        let all = state.alarms.all();
        let facility = state.store.snapshot();
        let card = |alarm: &ActiveAlarm| AlarmCard {
            id: alarm.id.clone(),
            words: alarm.words(),
            since: local.day_time(alarm.first_ms),
            over: alarm.over_ms.map(|ms| local.day_time(ms)),
            seen: alarm
                .seen
                .as_ref()
                .map(|seen| (local.day_time(seen.at_ms), seen_by(state, reader, &facility, seen))),
        };
        Ok(all.iter().map(card).collect())
    });
    cards.await
}

fn seen_by(state: &AppState, reader: &Reader, facility: &Facility, seen: &Acknowledgement) -> String {
    match (seen.by.staff, &seen.by.token) {
        (Some(staff), _) => staff_name(reader, facility, staff),
        (None, Some(id)) => {
            let token = state.identity.tokens.all().into_iter().find(|token| token.id == *id);
            format!("the program {}", token.map_or_else(|| id.clone(), |token| token.name))
        }
        (None, None) => "the box’s command line".to_owned(),
    }
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

async fn acknowledge_by_program(
    State(state): State<AppState>,
    _: MayWrite,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    nothing(request).await?;
    let token = bearer(&headers).and_then(|text| state.identity.tokens.find(text)).map(|token| token.id);
    let first = seen(&state, &id, AlarmReader { staff: None, token }).await?;
    let shown = state.alarms.all().iter().find(|alarm| alarm.id == id).map(shown);
    let answer = Json(shown).into_response();
    Ok(match first {
        true => noted(answer, [AccessNote::new(AccessOutcome::AlarmSeen, AccessWanted::Write).about(&id)]),
        false => answer,
    })
}

/// Waits for the disk away from the threads that answer phones. `false` where somebody had seen it before.
async fn seen(state: &AppState, id: &str, by: AlarmReader) -> Result<bool, Problem> {
    let (alarms, id) = (state.alarms.clone(), id.to_owned());
    let noted = tokio::task::spawn_blocking(move || alarms.acknowledge(&id, by)).await;
    match noted.map_err(|e| Problem::internal(&e))? {
        Ok(first) => Ok(first),
        Err(error @ AcknowledgeError::Unknown(_)) => {
            Err(Problem::new(StatusCode::NOT_FOUND, "no-alarm", "There is no such alarm")
                .detail(format!("{error}."))
                .safe("Nothing was changed.")
                .next("Look at the list of alarms again.")
                .link(PAGE, "Show the alarms"))
        }
        Err(error) => Err(Problem::internal(&error).safe("The alarm stays as it was.")),
    }
}

/// As programs read it.
pub(super) fn shown(alarm: &ActiveAlarm) -> Value {
    let (cause, words) = (&alarm.cause, alarm.words());
    json!({
        "id": alarm.id, "code": cause.code, "epoch": cause.epoch, "from": cause.from, "to": cause.to,
        "subject": cause.subject, "first_ms": alarm.first_ms, "over_ms": alarm.over_ms,
        "seen_ms": alarm.seen.as_ref().map(|seen| seen.at_ms), "title": words.title, "words": words.line(),
    })
}

async fn list(State(state): State<AppState>, _: MayRead) -> Json<Value> {
    let items: Vec<Value> = state.alarms.all().iter().map(shown).collect();
    Json(json!({ "items": items, "next": null }))
}
