//! Signing in by PIN, over HTTPS only, and what every staff page asks first.

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use record::ids::StaffId;
use serde::Deserialize;

use crate::identity::{AccessOutcome, AccessWanted, PinAttempt, PinOutcome, pin_digits_min};
use crate::store::ReadLane;
use crate::web::access::pin::{AGAIN, PinTry, busy, pin_note, refused_words, too_many, try_pin};
use crate::web::access::staff_session::{Signed, role_word};
use crate::web::access_note::{AccessNote, noted};
use crate::web::answer::{see_other, with_cookies};
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page, page_with};
use crate::web::log_reads::{read, read_quick, staff_name};
use crate::web::request::device::RequestDevice;
use crate::web::request::field_error::Wrong;
use crate::web::request::next_page::{HOME, own_pin_address, safe_next, sign_in_address};
use crate::web::request::peer::peer;
use crate::web::request::query::Asked;
use crate::web::view_models::snapshot::Snapshot;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/sign-in", get(ask).post(sign_in))
        .route("/staff/sign-out", post(sign_out))
        .route("/staff/me", get(me))
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    staff: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in_names.html")]
struct NamesPage {
    frame: Frame,
    /// Where each goes on, name and role.
    people: Vec<(String, String, &'static str)>,
}

#[derive(Template)]
#[template(path = "sign_in_pin.html")]
struct PinPage {
    frame: Frame,
    problems: Vec<Wrong>,
    staff: StaffId,
    name: String,
    role: &'static str,
    next: String,
    /// Where somebody else goes.
    names: String,
}

async fn ask(State(state): State<AppState>, Asked(ask): Asked<Ask>) -> Result<Response, Problem> {
    let next = safe_next(ask.next.as_deref().unwrap_or(HOME)).to_owned();
    match ask.staff.and_then(|id| id.parse().ok()) {
        Some(staff) => pin_page(&state, staff, Vec::new(), next).await,
        None => names_page(&state, &next).await,
    }
}

async fn names_page(state: &AppState, next: &str) -> Result<Response, Problem> {
    let (next, facility) = (next.to_owned(), state.store.snapshot());
    let page_of_names = read(state, ReadLane::of_rows(facility.staff.len()), move |state, reader| {
        let holders = state.identity.pins.holders().map_err(|e| Problem::internal(&e))?;
        let known = holders
            .into_iter()
            .filter_map(|id| Some((id, facility.staff.get(&id).filter(|s| !s.left)?.role)));
        let person = |(id, role)| {
            (sign_in_address(Some(id), &next), staff_name(reader, &facility, id), role_word(role))
        };
        let mut people: Vec<_> = known.map(person).collect();
        people.sort_by(|a, b| a.1.cmp(&b.1));
        let snapshot = Snapshot::of(state, &facility);
        let gap = snapshot.local.gap_before().is_some();
        Ok(NamesPage { frame: Frame { gap, ..Frame::new(state, &snapshot, "Sign in") }, people })
    });
    page(&page_of_names.await?)
}

async fn pin_page(
    state: &AppState,
    staff: StaffId,
    problems: Vec<Wrong>,
    next: String,
) -> Result<Response, Problem> {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let person = facility.staff.get(&staff).filter(|s| !s.left).ok_or_else(Problem::not_found)?;
        let error = if problems.is_empty() { "" } else { "Error: " };
        Ok(PinPage {
            frame: Frame::new(state, &Snapshot::of(state, &facility), format!("{error}Type your PIN"))
                .with_script(),
            problems,
            staff,
            name: staff_name(reader, &facility, staff),
            role: role_word(person.role),
            names: sign_in_address(None, &next),
            next,
        })
    });
    page_with(status, &template.await?)
}

async fn sign_in(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let from = peer(&request);
    let device = RequestDevice::of(&state, request.headers(), Some(&from));
    let form = crate::web::request::form::read(request, None).await?;
    let next = safe_next(form.text("next")).to_owned();
    let Ok(staff) = form.text("staff").parse::<StaffId>() else { return names_page(&state, &next).await };
    let attempt = PinAttempt {
        staff,
        pin: form.text("pin").trim().to_owned(),
        device: device.id(),
        address: from.remote,
        now_ms: state.clock.now().wall_ms,
    };
    let digits = attempt.pin.len();
    let trying = state.clone();
    let tried = tokio::task::spawn_blocking(move || try_pin(&trying, &attempt));
    let outcome = match tried.await.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))? {
        PinTry::Looked(PinOutcome::Right) => {
            let (beginning, now) = (state.identity.sessions.clone(), state.clock.now());
            let begun = tokio::task::spawn_blocking(move || beginning.begin(staff, &now)).await;
            let secret = begun.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))?;
            let cookies = [crate::web::request::cookies::set_session(&secret), device.set_cookie()];
            let to = aside(&state, move |state| after_sign_in(state, staff, digits, &next)).await?;
            let page = with_cookies(see_other(&to), cookies);
            let note = AccessNote::new(AccessOutcome::SignedIn, AccessWanted::SignIn).by(staff);
            return Ok(noted(page, [note]));
        }
        PinTry::TooMany(wait_s) => {
            return Err(too_many(wait_s).link(sign_in_address(Some(staff), &next), AGAIN));
        }
        PinTry::Looked(PinOutcome::Busy) => {
            return Err(busy().link(sign_in_address(Some(staff), &next), AGAIN));
        }
        PinTry::Looked(outcome) => outcome,
    };
    tracing::warn!(%staff, ?outcome, "a sign-in was refused");
    let words = refused_words(&state, outcome);
    // For a person whom nobody knows the page is another one, and is noted as well.
    let page = pin_page(&state, staff, vec![Wrong { at: "pin".to_owned(), words }], next).await;
    let page = page.unwrap_or_else(Problem::into_response);
    Ok(noted(page, pin_note(outcome, staff, AccessWanted::SignIn)))
}

/// The page that was asked for, unless something about the PIN has to be said first.
fn after_sign_in(state: &AppState, staff: StaffId, digits: usize, next: &str) -> Result<String, Problem> {
    let role = state.store.snapshot().staff.get(&staff).map(|s| s.role);
    if role.is_some_and(|role| digits < pin_digits_min(role)) {
        return Ok(own_pin_address("short=1&", next));
    }
    let told = state.identity.pins.told(staff).map_err(|e| Problem::internal(&e))?;
    Ok(if told.is_some() { own_pin_address("", next) } else { next.to_owned() })
}

async fn sign_out(
    State(state): State<AppState>,
    signed: Signed,
    request: Request,
) -> Result<Response, Problem> {
    signed.form(request).await?;
    let secret = signed.secret.clone();
    let ended = tokio::task::spawn_blocking(move || state.identity.sessions.end(&secret)).await;
    ended.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))?;
    let note = AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::SignOut).by(signed.staff);
    Ok(noted(
        with_cookies(see_other("/staff/sign-in"), [crate::web::request::cookies::clear_session()]),
        [note],
    ))
}

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    frame: Frame,
    signed: Signed,
    role: &'static str,
}

async fn me(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    let frame = Frame::staff(&state, &Snapshot::now(&state), signed.name.clone(), &signed, Place::Elsewhere);
    page(&MePage { frame, role: role_word(signed.role), signed })
}
