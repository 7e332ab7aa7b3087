//! Adding a person, and asking once more where somebody of the same name works here already.

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use record::kinds::{Event, Role};

use crate::intake::{Command, Person, Refusal};
use crate::store::ReadLane;
use crate::web::access::staff_session::{Signed, role_word};
use crate::web::answer::see_other;
use crate::web::commands::run::{Undone, act, by_key, entry};
use crate::web::confirm_pin::Confirmed;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page_with};
use crate::web::log_reads::{read, staff_name};
use crate::web::pages::people::person::{PEOPLE, Typed, told, wrong};
use crate::web::request::field_error::Wrong;
use crate::web::request::form_words::word;
use crate::web::request::idempotency::new_submission;
use crate::web::view_models::snapshot::Snapshot;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/staff/people/new", get(ask).post(add))
}

#[derive(Template)]
#[template(path = "person_new.html")]
struct NewPage {
    frame: Frame,
    problems: Vec<Wrong>,
    typed: Typed,
    /// Somebody of this name who works here already, and who is asked about.
    namesake: Option<Namesake>,
    form_token: String,
    submission: String,
}

/// Somebody who has the very name that was typed for another person.
struct Namesake {
    name: String,
    role: &'static str,
    /// What a second press says: that this name, and no other that was typed since, is meant.
    key: String,
}

/// A name as people compare it: neither capitals nor spaces make another person.
fn name_key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

async fn namesake(state: &AppState, name: &str) -> Result<Option<Namesake>, Problem> {
    let key = name_key(name);
    let facility = state.store.snapshot();
    let found = read(state, ReadLane::of_rows(facility.staff.len()), move |_, reader| {
        let mut here = facility.staff.iter().filter(|(_, person)| !person.left);
        let found = here.find_map(|(id, person)| {
            let name = staff_name(reader, &facility, *id);
            (name_key(&name) == key).then_some((name, role_word(person.role)))
        });
        Ok(found.map(|(name, role)| Namesake { name, role, key }))
    });
    found.await
}

/// The form as it is answered.
struct NewPerson {
    typed: Typed,
    problems: Vec<Wrong>,
    namesake: Option<Namesake>,
    submission: Option<String>,
}

impl NewPerson {
    fn page(self, state: &AppState, signed: &Signed) -> Result<Response, Problem> {
        let (status, error) = told(&self.problems);
        let title = format!("{error}Add a person");
        let status = if self.namesake.is_some() { StatusCode::CONFLICT } else { status };
        let template = NewPage {
            frame: Frame::staff(state, &Snapshot::now(state), title, signed, Place::People).with_script(),
            problems: self.problems,
            typed: self.typed,
            namesake: self.namesake,
            form_token: signed.form_token(),
            submission: self.submission.unwrap_or_else(|| new_submission(state)),
        };
        page_with(status, &template)
    }
}

pub(crate) async fn ask(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let typed = Typed { name: String::new(), role: word(Role::Technician) };
    NewPerson { typed, problems: Vec::new(), namesake: None, submission: None }.page(&state, &signed)
}

pub(crate) async fn add(
    State(state): State<AppState>,
    signed: Signed,
    request: Request,
) -> Result<Response, Problem> {
    signed.must_be_admin()?;
    let form = match signed.confirmed_form(&state, request).await? {
        Confirmed::Form(form) => form,
        Confirmed::Asked(page) => return Ok(page),
    };
    let typed = Typed::of_form(&form);
    let submission = form.get("submission").map(str::to_owned).filter(|k| !k.is_empty());
    let again = |typed, problems, namesake, submission| {
        NewPerson { typed, problems, namesake, submission }.page(&state, &signed)
    };
    let role = match typed.role() {
        Ok(role) => role,
        Err(wrong) => return again(typed, vec![wrong], None, submission),
    };
    let is_repeated = match &submission {
        Some(key) => by_key(&state, key).await.is_some(),
        None => false,
    };
    let found = if is_repeated { None } else { namesake(&state, &typed.name).await? };
    if let Some(namesake) = found.filter(|found| form.get("second") != Some(found.key.as_str())) {
        return again(typed, Vec::new(), Some(namesake), submission);
    }
    let command = Command::AddStaff(Person { name: typed.name.clone(), role });
    match act(&state, signed.by(), submission.clone(), command).await {
        Ok(done) => match entry(&state, done.line).await? {
            Some((_, Event::StaffAdded(added))) => Ok(see_other(&format!("{PEOPLE}/{}", added.staff))),
            _ => Ok(see_other(PEOPLE)),
        },
        Err(Undone::Refused(refusal)) if refusal.field().is_some() && refusal != Refusal::KeyReused => {
            again(typed, vec![wrong(&refusal)], None, submission)
        }
        Err(other) => Err(Problem::from(other).link(PEOPLE, "Back to the staff")),
    }
}
