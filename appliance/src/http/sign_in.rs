//! Signing in by PIN, over HTTPS only, and what every staff page asks first.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use record::entry::{By, Via};
use record::ids::StaffId;
use record::kinds::Role;
use serde::Deserialize;
use service::attempts::Network;

use super::access::{AccessNote, noted};
use super::device::RequestDevice;
use super::form::{self, Form};
use super::frame::{Frame, Place, page, page_with};
use super::guard::{peer, see_other, with_cookies};
use super::next_page::{HOME, asked_page, own_pin_address, safe_next, sign_in_address};
use super::problem::Problem;
use super::query::Asked;
use super::scan_page::Wrong;
use super::station::aside;
use super::typed_pin::pin_note;
use super::view::{Snapshot, read, read_quick, staff_name};
use super::{AppState, cookies};
use crate::identity::{
    AccessOutcome, AccessWanted, IdentityError, PinAttempt, PinOutcome, Session, form_token, pin_digits_min,
};
use crate::listen::Peer;
use crate::store::ReadLane;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/sign-in", get(ask).post(sign_in))
        .route("/staff/sign-out", post(sign_out))
        .route("/staff/me", get(me))
}

/// Somebody who has signed in, in this browser, over HTTPS.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) staff: StaffId,
    pub(super) name: String,
    pub(super) role: Role,
    /// When they signed in, milliseconds since 1970.
    pub(super) began_ms: i64,
    /// How long ago they typed their PIN in this browser; absent: before the machine started.
    pub(super) pin_age_ms: Option<u64>,
    secret: String,
}

impl Signed {
    /// What their commands carry.
    pub(super) fn by(&self) -> By {
        By { staff: Some(self.staff), via: Via::Staff, device: None }
    }

    /// The secret of their cookie.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// What every form under this session carries.
    pub(super) fn form_token(&self) -> String {
        form_token(&self.secret)
    }

    /// Reads a form that one of this session's own pages sent.
    pub(super) async fn form(&self, request: Request) -> Result<Form, Problem> {
        self.own(form::read(request, None).await?)
    }

    /// The same for a form with a long list or a file of text; the file's bytes beside it.
    pub(super) async fn list_form(&self, request: Request) -> Result<(Form, Option<Vec<u8>>), Problem> {
        let (form, file) = form::read_list(request).await?;
        Ok((self.own(form)?, file))
    }

    fn own(&self, form: Form) -> Result<Form, Problem> {
        if form.text("form") == self.form_token() {
            return Ok(form);
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "form-token", "This page is from another session")
            .detail("You have signed in anew since it was opened.")
            .safe("Nothing was changed.")
            .next("Open the page again and repeat what you wanted."))
    }

    /// May this person see who works here?
    pub(super) fn may_see_people(&self) -> bool {
        self.may_change()
    }

    /// May this person give commands about equipment?
    pub(super) fn may_change(&self) -> bool {
        matches!(self.role, Role::Biomed | Role::FacilityAdmin)
    }

    /// For pages of commands about equipment and people: nobody fills in a form that would be refused.
    pub(super) fn must_change(&self) -> Result<(), Problem> {
        if self.may_change() {
            return Ok(());
        }
        Err(self.not_allowed("This needs a sign-in as biomed or facility admin").wanted(AccessWanted::Edit))
    }

    /// May this person read who came and who was refused?
    pub(super) fn may_read_audit(&self) -> bool {
        matches!(self.role, Role::FacilityAdmin | Role::Auditor)
    }

    /// For the audit of access.
    pub(super) fn must_read_audit(&self) -> Result<(), Problem> {
        if self.may_read_audit() {
            return Ok(());
        }
        let problem = self.not_allowed("This needs a sign-in as facility admin or auditor");
        Err(problem.wanted(AccessWanted::ReadAudit))
    }

    /// For pages of commands about the facility and its people.
    pub(super) fn must_be_admin(&self) -> Result<(), Problem> {
        if self.role == Role::FacilityAdmin {
            return Ok(());
        }
        Err(self.not_allowed("This needs a sign-in as facility admin").wanted(AccessWanted::Admin))
    }

    /// What this person sees who may not do this; the title says whose role does include it.
    pub(super) fn not_allowed(&self, title: &'static str) -> Problem {
        let role = role_word(self.role);
        not_allowed(title)
            .detail(format!("You are signed in as {}, {role}: that role does not include it.", self.name))
    }
}

/// What somebody sees who may not do this.
pub(super) fn not_allowed(title: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-allowed", title)
        .detail("Your role does not include this.")
        .safe("Nothing was changed.")
        .link("/staff/sign-in", "Sign in as somebody else")
        .back("/", "Back to what needs cleaning")
}

/// The session that a request carries, if there is one, and whose it is.
pub(super) async fn session(
    state: &AppState,
    headers: &HeaderMap,
    peer: Option<&Peer>,
) -> Result<Option<Signed>, Problem> {
    let Some((secret, session, role)) = live_session(state, headers, peer) else { return Ok(None) };
    let staff = session.staff;
    let name = read_quick(state, move |state, reader| Ok(staff_name(reader, &state.store.snapshot(), staff)));
    let (name, pin_age_ms) = (name.await?, session.pin_age_ms(&state.clock.now()));
    Ok(Some(Signed { staff, name, role, began_ms: session.began_ms, pin_age_ms, secret }))
}

/// Who has signed in where a request comes from.
pub(super) fn session_of(state: &AppState, headers: &HeaderMap, peer: Option<&Peer>) -> Option<StaffId> {
    live_session(state, headers, peer).map(|(_, session, _)| session.staff)
}

fn live_session(
    state: &AppState,
    headers: &HeaderMap,
    peer: Option<&Peer>,
) -> Option<(String, Session, Role)> {
    let secret = cookies::get(headers, cookies::SESSION).filter(|_| peer.is_some_and(|p| p.secure))?;
    let found = state.identity.sessions.find(secret, state.clock.now().wall_ms);
    let session = found.unwrap_or_else(|error| {
        tracing::error!(%error, "a session could not be looked up");
        None
    })?;
    let role = state.store.snapshot().staff.get(&session.staff).filter(|s| !s.left)?.role;
    Some((secret.to_owned(), session, role))
}

impl FromRequestParts<AppState> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let found = session(state, &parts.headers, parts.extensions.get()).await;
        found.map_err(Problem::into_response)?.ok_or_else(|| {
            let asked = asked_page(&parts.uri);
            let next = if parts.method == http::Method::GET { safe_next(&asked) } else { HOME };
            see_other(&sign_in_address(None, next))
        })
    }
}

/// A role as people say it.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Technician => "technician",
        Role::Biomed => "biomed",
        Role::FacilityAdmin => "facility admin",
        Role::Auditor => "auditor",
    }
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
                .with_script(state),
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

/// What came of a try.
pub(super) enum PinTry {
    /// The PIN was looked at, or one of the buckets was empty.
    Looked(PinOutcome),
    /// Too many from this address; there is room in so many seconds.
    TooMany(u64),
}

async fn sign_in(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let from = peer(&request);
    let device = RequestDevice::of(&state, request.headers(), Some(&from));
    let form = form::read(request, None).await?;
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
            let cookies = [cookies::set_session(&secret), device.set_cookie()];
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

/// Blocks for the hash and the disk.
///
/// A device that is new to this person also pays from what its address may try in a second: a flood from one place ends here,
/// before the card is written and a PIN is hashed. Known devices do not pay, because a stranger behind the same address must
/// keep nobody out; their own bucket bounds them. Nor does a right try: a shift that signs in on new tablets makes no errors.
pub(super) fn try_pin(state: &AppState, attempt: &PinAttempt) -> Result<PinTry, IdentityError> {
    let PinAttempt { staff, device, address, now_ms, .. } = *attempt;
    let known = state.identity.pins.is_known(staff, device, now_ms)?;
    if !known && let Err(wait_s) = state.inner.sign_ins.take(Network::of(address), state.clock.now().up_ms) {
        return Ok(PinTry::TooMany(wait_s));
    }
    let outcome = state.identity.check_pin(attempt)?;
    if outcome != PinOutcome::Right {
        return Ok(PinTry::Looked(outcome));
    }
    // Looked at after the PIN, so that whoever has left takes as long as anybody.
    if state.store.snapshot().staff.get(&staff).is_none_or(|s| s.left) {
        return Ok(PinTry::Looked(PinOutcome::None));
    }
    if !known {
        state.inner.sign_ins.give_back(&Network::of(address));
    }
    Ok(PinTry::Looked(PinOutcome::Right))
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

const AGAIN: &str = "Type the PIN again";

pub(super) fn too_many(wait_s: u64) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-sign-ins", "Too many tries to sign in from here")
        .detail("PINs are typed faster at this address than anybody types. Devices on which you have signed in before are not held up.")
        .safe("This PIN was not looked at, and no try was counted.")
        .next("Wait a few seconds and type it again.")
        .header(RETRY_AFTER, HeaderValue::from(wait_s))
}

/// For a PIN that was not looked at because too many others are.
pub(super) fn busy() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "sign-in-busy", "Too many people are signing in just now")
        .safe("Your PIN was not looked at, and no try was counted.")
        .next("Wait a few seconds and type it again.")
        .header(RETRY_AFTER, HeaderValue::from(2))
}

/// Why a PIN did not do, at its field.
pub(super) fn refused_words(state: &AppState, outcome: PinOutcome) -> String {
    match outcome {
        PinOutcome::Wrong { left: 0 } => "That PIN does not fit. That was the last try for now.".to_owned(),
        PinOutcome::Wrong { left: 1 } => "That PIN does not fit. 1 try left.".to_owned(),
        PinOutcome::Wrong { left } => format!("That PIN does not fit. {left} tries left."),
        PinOutcome::Locked { until_ms } => {
            let until = Snapshot::now(state).local.deadline(until_ms);
            format!(
                "Too many tries. Wait until {until}, use a device on which you have signed in before, or ask a facility admin."
            )
        }
        PinOutcome::None => "There is no PIN for this person. A facility admin sets one.".to_owned(),
        PinOutcome::Right | PinOutcome::Busy => "The PIN was not looked at. Type it again.".to_owned(),
    }
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
    Ok(noted(with_cookies(see_other("/staff/sign-in"), [cookies::clear_session()]), [note]))
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
