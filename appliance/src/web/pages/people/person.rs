//! The people at the facility: who they are, what they may do and, for a facility admin, their PINs.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use record::ids::StaffId;
use record::kinds::Role;
use serde::Deserialize;

use crate::identity::{AccessOutcome, AccessWanted, IdentityError, PinForm, pin_digits_min};
use crate::intake::{Command, Refusal};
use crate::store::ReadLane;
use crate::web::access::staff_session::{Signed, not_allowed, role_word};
use crate::web::access_note::{AccessNote, noted};
use crate::web::answer::see_other;
use crate::web::commands::run::{Undone, act};
use crate::web::confirm_pin::Confirmed;
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page, page_with};
use crate::web::log_reads::{read, read_quick, staff_name};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::Form;
use crate::web::request::form_words::{read_word, word};
use crate::web::request::query::Asked;
use crate::web::view_models::formats::{Moment, plural};
use crate::web::view_models::snapshot::Snapshot;

pub(super) const PEOPLE: &str = "/staff/people";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(PEOPLE, get(list))
        .route("/staff/people/sign-out", post(sign_all_out))
        .route("/staff/people/{staff}", get(ask_change).post(change))
        .route("/staff/people/{staff}/pin", post(set_pin))
        .route("/staff/people/{staff}/pin/clear", post(clear_pin))
        .route("/staff/people/{staff}/sign-out", post(sign_out))
        .route("/staff/people/{staff}/leave", get(ask_leave).post(leave))
}

struct Line {
    staff: StaffId,
    name: String,
    role: &'static str,
    since: Moment,
    has_pin: bool,
    sessions: usize,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    caption: String,
    here: Vec<Line>,
    left: Vec<Line>,
    admin: bool,
    form_token: String,
    /// What came of the press that led here.
    said: String,
}

/// What was done, as it goes through the address of the page that says so.
#[derive(Debug, Default, Deserialize)]
struct SignedOut {
    signed_out: Option<usize>,
}

/// What came of signing everybody out, by how many devices that ended a session on.
fn all_out_words(devices: usize) -> String {
    match devices {
        0 => "Nobody else was signed in. You are still signed in here.".to_owned(),
        1 => "Everybody else is signed out, on 1 device. You are still signed in here.".to_owned(),
        n => format!("Everybody else is signed out, on {n} devices. You are still signed in here."),
    }
}

/// The same of one person; nobody ends the session in which they do it.
fn one_out_words(name: &str, devices: usize, themselves: bool) -> String {
    match (themselves, devices) {
        (true, 0) => "You were signed in on no other device. You are still signed in here.".to_owned(),
        (true, n) => {
            let devices = plural(n, "other device", "other devices");
            format!("You are signed out on {devices}. You are still signed in here.")
        }
        (false, 0) => format!("{name} was not signed in anywhere."),
        (false, n) => format!("{name} is signed out on {}.", plural(n, "device", "devices")),
    }
}

async fn list(
    State(state): State<AppState>,
    signed: Signed,
    Asked(asked): Asked<SignedOut>,
) -> Result<Response, Problem> {
    signed.must_change()?;
    let lane = ReadLane::of_rows(state.store.snapshot().staff.len());
    let template = read(&state, lane, move |state, reader| {
        let holders = state.identity.pins.holders().map_err(|e| Problem::internal(&e))?;
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let sessions = state.identity.sessions.counts(snapshot.now.wall_ms);
        let line = |(id, person): (&StaffId, &record::fold::Staff)| Line {
            staff: *id,
            name: staff_name(reader, &facility, *id),
            role: role_word(person.role),
            since: snapshot.local.day_time(id.made_ms()),
            has_pin: holders.contains(id),
            sessions: sessions.get(id).copied().unwrap_or(0),
        };
        let (left, here): (Vec<_>, Vec<_>) = facility.staff.iter().partition(|(_, person)| person.left);
        let lines = |people: Vec<_>| {
            let mut lines: Vec<Line> = people.into_iter().map(line).collect();
            lines.sort_by_key(|line| line.name.to_lowercase());
            lines
        };
        Ok(PeoplePage {
            frame: Frame::staff(state, &snapshot, "Staff", &signed, Place::People),
            caption: plural(here.len(), "person works here", "people work here"),
            here: lines(here),
            left: lines(left),
            admin: signed.role == Role::FacilityAdmin,
            form_token: signed.form_token(),
            said: asked.signed_out.map(all_out_words).unwrap_or_default(),
        })
    });
    page(&template.await?)
}

/// Name and role, as typed.
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) role: String,
}

impl Typed {
    pub(super) fn of_form(form: &Form) -> Self {
        Self { name: form.text("name").to_owned(), role: form.text("role").to_owned() }
    }

    pub(super) fn role(&self) -> Result<Role, Wrong> {
        let wrong = || Wrong { at: "role".to_owned(), words: "Choose what they may do".to_owned() };
        read_word(&self.role).ok_or_else(wrong)
    }
}

pub(super) fn wrong(refusal: &Refusal) -> Wrong {
    Wrong { at: refusal.field().unwrap_or("name").to_owned(), words: refusal.to_string() }
}

pub(super) fn told(problems: &[Wrong]) -> (StatusCode, &'static str) {
    if problems.is_empty() { (StatusCode::OK, "") } else { (StatusCode::UNPROCESSABLE_ENTITY, "Error: ") }
}

/// Somebody who works here.
struct Known {
    staff: StaffId,
    name: String,
    role: Role,
    since_ms: i64,
}

async fn known(state: &AppState, text: &str) -> Result<Known, Problem> {
    let staff: StaffId = text.parse().map_err(|_| Problem::not_found())?;
    let known = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let person = facility.staff.get(&staff).filter(|s| !s.left).ok_or_else(Problem::not_found)?;
        let name = staff_name(reader, &facility, staff);
        Ok(Known { staff, name, role: person.role, since_ms: staff.made_ms() })
    });
    known.await
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    problems: Vec<Wrong>,
    staff: StaffId,
    name: String,
    since: Moment,
    typed: Typed,
    /// Nobody takes their own rights away.
    themselves: bool,
    has_pin: bool,
    sessions: usize,
    /// How many digits their PIN needs.
    digits: String,
    form_token: String,
    /// What came of the press that led here.
    said: String,
}

async fn person_page(
    state: &AppState,
    signed: &Signed,
    known: Known,
    typed: Option<Typed>,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    person_page_with(state, signed, known, typed, problems, None).await
}

async fn person_page_with(
    state: &AppState,
    signed: &Signed,
    known: Known,
    typed: Option<Typed>,
    problems: Vec<Wrong>,
    signed_out: Option<usize>,
) -> Result<Response, Problem> {
    let (status, error) = told(&problems);
    let themselves = known.staff == signed.staff;
    let said = signed_out.map(|n| one_out_words(&known.name, n, themselves)).unwrap_or_default();
    let holders =
        aside(state, |state| state.identity.pins.holders().map_err(|e| Problem::internal(&e))).await?;
    let snapshot = Snapshot::now(state);
    let title = format!("{error}{}", known.name);
    let now_ms = snapshot.now.wall_ms;
    let template = PersonPage {
        since: snapshot.local.day_time(known.since_ms),
        frame: Frame::staff(state, &snapshot, title, signed, Place::People).with_script(),
        problems,
        staff: known.staff,
        typed: typed.unwrap_or_else(|| Typed { name: known.name.clone(), role: word(known.role) }),
        name: known.name,
        themselves,
        has_pin: holders.contains(&known.staff),
        sessions: state.identity.sessions.counts(now_ms).get(&known.staff).copied().unwrap_or(0),
        digits: format!("{} to 8 digits", pin_digits_min(known.role)),
        form_token: signed.form_token(),
        said,
    };
    page_with(status, &template)
}

async fn ask_change(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
    Asked(asked): Asked<SignedOut>,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    person_page_with(&state, &signed, known, None, Vec::new(), asked.signed_out).await
}

async fn change(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    let form = match signed.confirmed_form(&state, request).await? {
        Confirmed::Form(form) => form,
        Confirmed::Asked(page) => return Ok(page),
    };
    let typed = Typed::of_form(&form);
    let role = match typed.role() {
        Ok(role) => Some(role).filter(|role| *role != known.role),
        Err(wrong) => return person_page(&state, &signed, known, Some(typed), vec![wrong]).await,
    };
    // Only what is new is said.
    let name = Some(typed.name.clone()).filter(|name| *name != known.name);
    if name.is_none() && role.is_none() {
        return Ok(see_other(PEOPLE));
    }
    let command = Command::ChangeStaff { staff: known.staff, name, role };
    match act(&state, signed.by(), None, command).await {
        Ok(_) => Ok(see_other(PEOPLE)),
        Err(Undone::Refused(refusal)) if refusal.field().is_some() => {
            person_page(&state, &signed, known, Some(typed), vec![wrong(&refusal)]).await
        }
        Err(other) => Err(Problem::from(other).link(PEOPLE, "Back to the staff")),
    }
}

/// Keeps a new PIN, or takes it away; whoever was signed in by the old one is signed out, but for the admin who does it.
async fn keep_pin(
    state: &AppState,
    signed: &Signed,
    (staff, role): (StaffId, Role),
    pin: Option<String>,
) -> Result<Result<(), String>, Problem> {
    let (identity, own) = (state.identity.clone(), signed.staff == staff);
    let kept = tokio::task::spawn_blocking(move || -> Result<Result<(), String>, IdentityError> {
        if let Some(Err(form)) = pin.as_ref().map(|pin| PinForm::of(role).check(pin)) {
            return Ok(Err(form.to_string()));
        }
        // Before the PIN, so that a crash in between leaves no session of the old one; and after it, for whoever signed in
        // by the old one in between.
        let end_sessions = || if own { Ok(()) } else { identity.sessions.end_all(staff) };
        end_sessions()?;
        match pin {
            None => identity.pins.remove(staff)?,
            Some(pin) => {
                if let Err(form) = identity.pins.set(staff, role, &pin)? {
                    return Ok(Err(form.to_string()));
                }
                // Strangers may have used up what all new devices share, and theirs may be one.
                identity.pins.unlock(staff)?;
            }
        }
        end_sessions()?;
        Ok(Ok(()))
    });
    kept.await.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))
}

async fn set_pin(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    let form = match signed.confirmed_form(&state, request).await? {
        Confirmed::Form(form) => form,
        Confirmed::Asked(page) => return Ok(page),
    };
    let (pin, again) = (form.text("pin").trim(), form.text("again").trim());
    let done = if pin == again {
        let kept = keep_pin(&state, &signed, (known.staff, known.role), Some(pin.to_owned())).await?;
        kept.map_err(|words| ("pin", words))
    } else {
        Err(("again", "The two PINs differ. Type the same PIN twice".to_owned()))
    };
    match done {
        Ok(()) => {
            tracing::info!(staff = %known.staff, by = %signed.staff, "a PIN was set");
            Ok(noted(see_other(PEOPLE), [pin_changed(known.staff)]))
        }
        Err((at, words)) => {
            person_page(&state, &signed, known, None, vec![Wrong { at: at.to_owned(), words }]).await
        }
    }
}

async fn clear_pin(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    if let Confirmed::Asked(page) = signed.confirmed_form(&state, request).await? {
        return Ok(page);
    }
    if known.staff == signed.staff {
        let problem = not_allowed("Another facility admin takes your PIN away");
        return Err(problem.link(PEOPLE, "Back to the staff"));
    }
    // Taking one away has no form that could be wrong.
    let _ = keep_pin(&state, &signed, (known.staff, known.role), None).await?;
    tracing::info!(staff = %known.staff, by = %signed.staff, "a PIN was taken away");
    Ok(noted(see_other(PEOPLE), [pin_changed(known.staff)]))
}

fn pin_changed(staff: StaffId) -> AccessNote {
    AccessNote::new(AccessOutcome::PinChanged, AccessWanted::Admin).about(&staff)
}

/// Ends sessions, away from the threads that answer phones; how many.
async fn end_sessions(
    work: impl FnOnce() -> Result<usize, IdentityError> + Send + 'static,
) -> Result<usize, Problem> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))
}

/// Signs one person out on every device; the admin's own device stays signed in when it is they themselves.
async fn sign_out(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    if let Confirmed::Asked(page) = signed.confirmed_form(&state, request).await? {
        return Ok(page);
    }
    let sessions = state.identity.sessions.clone();
    let (staff, keep, now_ms) = (known.staff, signed.secret().to_owned(), state.clock.now().wall_ms);
    let ended = end_sessions(move || sessions.end_all_but(staff, &keep, now_ms)).await?;
    let note = AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::Admin).about(&staff);
    Ok(noted(see_other(&format!("{PEOPLE}/{staff}?signed_out={ended}")), [note]))
}

/// Signs everybody out on every device but this one.
async fn sign_all_out(
    State(state): State<AppState>,
    signed: Signed,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    if let Confirmed::Asked(page) = signed.confirmed_form(&state, request).await? {
        return Ok(page);
    }
    let (sessions, keep) = (state.identity.sessions.clone(), signed.secret().to_owned());
    let now_ms = state.clock.now().wall_ms;
    let ended = end_sessions(move || sessions.end_others(&keep, now_ms)).await?;
    let note = AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::Admin);
    Ok(noted(see_other(&format!("{PEOPLE}?signed_out={ended}")), [note]))
}

#[derive(Template)]
#[template(path = "person_leave.html")]
struct LeavePage {
    frame: Frame,
    staff: StaffId,
    name: String,
    form_token: String,
}

async fn ask_leave(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    let title = format!("Has {} left?", known.name);
    page(&LeavePage {
        frame: Frame::staff(&state, &Snapshot::now(&state), title, &signed, Place::People),
        staff: known.staff,
        name: known.name,
        form_token: signed.form_token(),
    })
}

async fn leave(
    State(state): State<AppState>,
    signed: Signed,
    Path(staff): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let known = known(&state, &staff).await?;
    if let Confirmed::Asked(page) = signed.confirmed_form(&state, request).await? {
        return Ok(page);
    }
    let left = act(&state, signed.by(), None, Command::StaffLeft { staff: known.staff }).await;
    left.map_err(|undone| Problem::from(undone).link(PEOPLE, "Back to the staff"))?;
    // Whoever has left cannot sign in whatever is kept here; this only tidies up.
    let tidied = keep_pin(&state, &signed, (known.staff, known.role), None).await;
    let _ = tidied.map_err(|problem| problem.safe("It is recorded that they have left."))?;
    Ok(see_other(PEOPLE))
}
