//! The people at the facility: who they are, what they may do and, for a facility admin, their PINs.

use askama::Template;
use axum::extract::State;
use record::ids::StaffId;
use record::kinds::Role;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{OneOf, Page};
use web::argument::{FormFields, Lenient, Path};
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessWanted, IdentityError, PinForm, pin_digits_min};
use crate::intake::{Command, Permission, Refusal};
use crate::store::ReadLane;
use crate::web::access::permissions::{EditPeople, SeePeople};
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::{StaffSession, role_forbidden_but, role_name};
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::run::{Undone, act};
use crate::web::confirm_pin::Confirmed;
use crate::web::context::{AppState, aside};
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::{read, read_quick, staff_name};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::request::form_words::{read_word, word};
use crate::web::view_models::formats::{Moment, plural};
use crate::web::view_models::snapshot::Snapshot;

pub(super) const PEOPLE: &str = "/staff/people";

struct StaffRow {
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
    here: Vec<StaffRow>,
    left: Vec<StaffRow>,
    admin: bool,
    form_token: String,
    /// What came of the press that led here.
    said: String,
}

/// What was done, as it goes through the address of the page that says so.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct SignedOutParams {
    /// On how many devices a session was ended.
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

pub(crate) async fn list(
    signed: Staff<SeePeople>,
    State(state): State<AppState>,
    Lenient(params): Lenient<SignedOutParams>,
) -> Result<Page, HttpError> {
    let lane = ReadLane::of_rows(state.store.snapshot().staff.len());
    let template = read(&state, lane, move |state, reader| {
        let holders = state.identity.pins.holders().map_err(|e| HttpError::internal(&e))?;
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let sessions = state.identity.sessions.counts(snapshot.now.wall_ms);
        let line = |(id, person): (&StaffId, &record::fold::Staff)| StaffRow {
            staff: *id,
            name: staff_name(reader, &facility, *id),
            role: role_name(person.role),
            since: snapshot.local.day_time(id.made_ms()),
            has_pin: holders.contains(id),
            sessions: sessions.get(id).copied().unwrap_or(0),
        };
        let (left, here): (Vec<_>, Vec<_>) = facility.staff.iter().partition(|(_, person)| person.left);
        let lines = |people: Vec<_>| {
            let mut lines: Vec<StaffRow> = people.into_iter().map(line).collect();
            lines.sort_by_key(|line| line.name.to_lowercase());
            lines
        };
        Ok(PeoplePage {
            frame: Frame::staff(state, &snapshot, "Staff", &signed, Place::People),
            caption: plural(here.len(), "person works here", "people work here"),
            here: lines(here),
            left: lines(left),
            admin: signed.holds(Permission::EditPeople),
            form_token: signed.form_token(),
            said: params.signed_out.map(all_out_words).unwrap_or_default(),
        })
    });
    Page::draw(&template.await?)
}

/// Name and role, as typed.
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) role: String,
}

impl Typed {
    pub(super) fn of_form(form: &FormFields) -> Self {
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

/// Somebody who works here.
struct StaffEntry {
    staff: StaffId,
    name: String,
    role: Role,
    since_ms: i64,
}

async fn known(state: &AppState, text: &str) -> Result<StaffEntry, HttpError> {
    let staff: StaffId = text.parse().map_err(|_| not_found())?;
    let known = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let person = facility.staff.get(&staff).filter(|s| !s.left).ok_or_else(not_found)?;
        let name = staff_name(reader, &facility, staff);
        Ok(StaffEntry { staff, name, role: person.role, since_ms: staff.made_ms() })
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

/// The page once more, with what is wrong.
async fn person_again(
    state: &AppState,
    signed: &StaffSession,
    known: StaffEntry,
    typed: Option<Typed>,
    wrong: Wrong,
) -> Result<FormOrPage, HttpError> {
    let page = person_page(state, signed, known, typed, vec![wrong], None).await?;
    Ok(OneOf::First(ask_again(page)))
}

async fn person_page(
    state: &AppState,
    signed: &StaffSession,
    known: StaffEntry,
    typed: Option<Typed>,
    problems: Vec<Wrong>,
    signed_out: Option<usize>,
) -> Result<Page, HttpError> {
    let error = if problems.is_empty() { "" } else { "Error: " };
    let themselves = known.staff == signed.staff();
    let said = signed_out.map(|n| one_out_words(&known.name, n, themselves)).unwrap_or_default();
    let holders =
        aside(state, |state| state.identity.pins.holders().map_err(|e| HttpError::internal(&e))).await?;
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
    Page::draw(&template)
}

pub(crate) async fn ask_change(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    Lenient(params): Lenient<SignedOutParams>,
) -> Result<Page, HttpError> {
    let known = known(&state, &staff).await?;
    person_page(&state, &signed, known, None, Vec::new(), params.signed_out).await
}

pub(crate) async fn change(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = known(&state, &staff).await?;
    let form = match signed.confirm(&state, form).await? {
        Confirmed::Form(form) => form,
        Confirmed::Asked(answer) => return Ok(answer),
    };
    let typed = Typed::of_form(&form);
    let role = match typed.role() {
        Ok(role) => Some(role).filter(|role| *role != known.role),
        Err(wrong) => return person_again(&state, &signed, known, Some(typed), wrong).await,
    };
    // Only what is new is said.
    let name = Some(typed.name.clone()).filter(|name| *name != known.name);
    if name.is_none() && role.is_none() {
        return go_to(PEOPLE).map(OneOf::First);
    }
    let command = Command::ChangeStaff { staff: known.staff, name, role, seen: None };
    match act(&state, signed.author(), None, command).await {
        Ok(_) => go_to(PEOPLE).map(OneOf::First),
        Err(Undone::Refused(refusal)) if refusal.field().is_some() => {
            person_again(&state, &signed, known, Some(typed), wrong(&refusal)).await
        }
        Err(other) => Err(HttpError::from(other).link(PEOPLE, "Back to the staff")),
    }
}

/// Keeps a new PIN, or takes it away; whoever was signed in by the old one is signed out, but for the admin who does it.
async fn keep_pin(
    state: &AppState,
    signed: &StaffSession,
    (staff, role): (StaffId, Role),
    pin: Option<String>,
) -> Result<Result<(), String>, HttpError> {
    let (identity, own) = (state.identity.clone(), signed.staff() == staff);
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
    kept.await.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))
}

pub(crate) async fn set_pin(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = known(&state, &staff).await?;
    let form = match signed.confirm(&state, form).await? {
        Confirmed::Form(form) => form,
        Confirmed::Asked(answer) => return Ok(answer),
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
            tracing::info!(staff = %known.staff, by = %signed.staff(), "a PIN was set");
            signed.notes().add([pin_changed(known.staff)]);
            go_to(PEOPLE).map(OneOf::First)
        }
        Err((at, words)) => {
            person_again(&state, &signed, known, None, Wrong { at: at.to_owned(), words }).await
        }
    }
}

pub(crate) async fn clear_pin(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = known(&state, &staff).await?;
    if let Confirmed::Asked(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    if known.staff == signed.staff() {
        let title = "Another facility admin takes your PIN away";
        return Err(role_forbidden_but(title, PEOPLE, "Back to the staff"));
    }
    // Taking one away has no form that could be wrong.
    let _ = keep_pin(&state, &signed, (known.staff, known.role), None).await?;
    tracing::info!(staff = %known.staff, by = %signed.staff(), "a PIN was taken away");
    signed.notes().add([pin_changed(known.staff)]);
    go_to(PEOPLE).map(OneOf::First)
}

fn pin_changed(staff: StaffId) -> AccessNote {
    AccessNote::new(AccessOutcome::PinChanged, AccessWanted::Admin).about(&staff)
}

/// Ends sessions, away from the threads that answer phones; how many.
async fn end_sessions(
    work: impl FnOnce() -> Result<usize, IdentityError> + Send + 'static,
) -> Result<usize, HttpError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))
}

/// Signs one person out on every device; the admin's own device stays signed in when it is they themselves.
pub(crate) async fn sign_out(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = known(&state, &staff).await?;
    if let Confirmed::Asked(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let sessions = state.identity.sessions.clone();
    let (staff, keep, now_ms) = (known.staff, signed.secret().to_owned(), state.clock.now().wall_ms);
    let ended = end_sessions(move || sessions.end_all_but(staff, &keep, now_ms)).await?;
    signed.notes().add([AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::Admin).about(&staff)]);
    go_to(&format!("{PEOPLE}/{staff}?signed_out={ended}")).map(OneOf::First)
}

/// Signs everybody out on every device but this one.
pub(crate) async fn sign_all_out(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    if let Confirmed::Asked(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let (sessions, keep) = (state.identity.sessions.clone(), signed.secret().to_owned());
    let now_ms = state.clock.now().wall_ms;
    let ended = end_sessions(move || sessions.end_others(&keep, now_ms)).await?;
    signed.notes().add([AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::Admin)]);
    go_to(&format!("{PEOPLE}?signed_out={ended}")).map(OneOf::First)
}

#[derive(Template)]
#[template(path = "person_leave.html")]
struct LeavePage {
    frame: Frame,
    staff: StaffId,
    name: String,
    form_token: String,
}

pub(crate) async fn ask_leave(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
) -> Result<Page, HttpError> {
    let known = known(&state, &staff).await?;
    let title = format!("Has {} left?", known.name);
    Page::draw(&LeavePage {
        frame: Frame::staff(&state, &Snapshot::now(&state), title, &signed, Place::People),
        staff: known.staff,
        name: known.name,
        form_token: signed.form_token(),
    })
}

pub(crate) async fn leave(
    signed: Staff<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = known(&state, &staff).await?;
    if let Confirmed::Asked(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let left = act(&state, signed.author(), None, Command::StaffLeft { staff: known.staff }).await;
    left.map_err(|undone| HttpError::from(undone).link(PEOPLE, "Back to the staff"))?;
    // Whoever has left cannot sign in whatever is kept here; this only tidies up.
    let tidied = keep_pin(&state, &signed, (known.staff, known.role), None).await;
    let _ = tidied.map_err(|error| error.safe("It is recorded that they have left."))?;
    go_to(PEOPLE).map(OneOf::First)
}
