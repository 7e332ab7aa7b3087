//! Signing in by PIN, over HTTPS only, and what every staff page asks first.

use askama::Template;
use axum::extract::State;
use record::ids::StaffId;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, OneOf, Page, WithHeaders};
use web::argument::{FormBody, Lenient};
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessWanted, PinAttempt, PinOutcome, pin_digits_min};
use crate::store::ReadLane;
use crate::web::access::permissions::View;
use crate::web::access::phone::Phone;
use crate::web::access::pin::{AGAIN, PinTry, busy, pin_note, refused_words, too_many, try_pin};
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::{StaffSession, role_name};
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to, with_cookies};
use crate::web::context::{AppState, aside};
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::{read, read_quick, staff_name};
use crate::web::request::cookies;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::request::next_page::{HOME, SIGN_IN, own_pin_address, safe_next, sign_in_address};
use crate::web::view_models::snapshot::Snapshot;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct SignInParams {
    /// Who signs in.
    staff: Option<String>,
    /// The page that is wanted then.
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

pub(crate) async fn ask(
    _: Phone,
    State(state): State<AppState>,
    Lenient(params): Lenient<SignInParams>,
) -> Result<Page, HttpError> {
    let next = safe_next(params.next.as_deref().unwrap_or(HOME)).to_owned();
    match params.staff.and_then(|id| id.parse().ok()) {
        Some(staff) => pin_page(&state, staff, Vec::new(), next).await,
        None => names_page(&state, &next).await,
    }
}

async fn names_page(state: &AppState, next: &str) -> Result<Page, HttpError> {
    let (next, facility) = (next.to_owned(), state.store.snapshot());
    let page_of_names = read(state, ReadLane::of_rows(facility.staff.len()), move |state, reader| {
        let holders = state.identity.pins.holders().map_err(|e| HttpError::internal(&e))?;
        let known = holders
            .into_iter()
            .filter_map(|id| Some((id, facility.staff.get(&id).filter(|s| !s.left)?.role)));
        let person = |(id, role)| {
            (sign_in_address(Some(id), &next), staff_name(reader, &facility, id), role_name(role))
        };
        let mut people: Vec<_> = known.map(person).collect();
        people.sort_by(|a, b| a.1.cmp(&b.1));
        let snapshot = Snapshot::of(state, &facility);
        let gap = snapshot.local.gap_before().is_some();
        Ok(NamesPage { frame: Frame { gap, ..Frame::new(state, &snapshot, "Sign in") }, people })
    });
    Page::draw(&page_of_names.await?)
}

async fn pin_page(
    state: &AppState,
    staff: StaffId,
    problems: Vec<Wrong>,
    next: String,
) -> Result<Page, HttpError> {
    let template = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let person = facility.staff.get(&staff).filter(|s| !s.left).ok_or_else(not_found)?;
        let error = if problems.is_empty() { "" } else { "Error: " };
        Ok(PinPage {
            frame: Frame::new(state, &Snapshot::of(state, &facility), format!("{error}Type your PIN"))
                .with_script(),
            problems,
            staff,
            name: staff_name(reader, &facility, staff),
            role: role_name(person.role),
            names: sign_in_address(None, &next),
            next,
        })
    });
    Page::draw(&template.await?)
}

pub(crate) async fn sign_in(
    phone: Phone,
    State(state): State<AppState>,
    FormBody { fields: form, .. }: FormBody,
) -> Result<WithHeaders<FormOrPage>, HttpError> {
    let device = phone.browser().device(&state);
    let next = safe_next(form.text("next")).to_owned();
    let Ok(staff) = form.text("staff").parse::<StaffId>() else {
        let page = names_page(&state, &next).await?;
        return Ok(with_cookies(OneOf::Second(page), []));
    };
    let attempt = PinAttempt {
        staff,
        pin: form.text("pin").trim().to_owned(),
        device: device.id(),
        address: phone.peer().remote,
        now_ms: state.clock.now().wall_ms,
    };
    let digits = attempt.pin.len();
    let trying = state.clone();
    let tried = tokio::task::spawn_blocking(move || try_pin(&trying, &attempt));
    let outcome =
        match tried.await.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))? {
            PinTry::Looked(PinOutcome::Right) => {
                let (beginning, now) = (state.identity.sessions.clone(), state.clock.now());
                let begun = tokio::task::spawn_blocking(move || beginning.begin(staff, &now)).await;
                let secret =
                    begun.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
                let set = [cookies::set_session(&secret), device.set_cookie()];
                let to = aside(&state, move |state| after_sign_in(state, staff, digits, &next)).await?;
                phone.notes().add([AccessNote::new(AccessOutcome::SignedIn, AccessWanted::SignIn).by(staff)]);
                return go_to(&to).map(|reply| with_cookies(OneOf::First(reply), set));
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
    phone.notes().add(pin_note(outcome, staff, AccessWanted::SignIn));
    let page = pin_page(&state, staff, vec![Wrong { at: "pin".to_owned(), words }], next).await?;
    Ok(with_cookies(OneOf::First(ask_again(page)), []))
}

/// The page that was asked for, unless something about the PIN has to be said first.
fn after_sign_in(state: &AppState, staff: StaffId, digits: usize, next: &str) -> Result<String, HttpError> {
    let role = state.store.snapshot().staff.get(&staff).map(|s| s.role);
    if role.is_some_and(|role| digits < pin_digits_min(role)) {
        return Ok(own_pin_address("short=1&", next));
    }
    let told = state.identity.pins.told(staff).map_err(|e| HttpError::internal(&e))?;
    Ok(if told.is_some() { own_pin_address("", next) } else { next.to_owned() })
}

pub(crate) async fn sign_out(
    signed: Staff<View>,
    State(state): State<AppState>,
    _: StaffForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let secret = signed.secret().to_owned();
    let ended = tokio::task::spawn_blocking(move || state.identity.sessions.end(&secret)).await;
    ended.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    let note = AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::SignOut).by(signed.staff());
    signed.notes().add([note]);
    go_to(SIGN_IN).map(|reply| with_cookies(reply, [cookies::clear_session()]))
}

#[derive(Template)]
#[template(path = "me.html")]
struct ProfilePage {
    frame: Frame,
    signed: StaffSession,
    role: &'static str,
}

pub(crate) async fn show_me(signed: Staff<View>, State(state): State<AppState>) -> Result<Page, HttpError> {
    let frame = Frame::staff(&state, &Snapshot::now(&state), signed.name(), &signed, Place::Elsewhere);
    Page::draw(&ProfilePage { frame, role: role_name(signed.role()), signed: signed.into_session() })
}
