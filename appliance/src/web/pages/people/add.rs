//! Adding a person, and asking once more where somebody of the same name works here already.

use askama::Template;
use axum::extract::State;
use record::fold::RowVersion;
use record::kinds::{Event, StaffRole};
use web::answer::{FormRecall, FormReply, OneOf, Page};
use web::error::HttpError;
use web::form::{FilledSection, FormPainter, FormValues};

use crate::intake::{Command, CommandRefusal, NewStaff};
use crate::store::ReadLane;
use crate::web::access::permissions::EditPeople;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::{StaffSession, word_role};
use crate::web::answer::{FormOrPage, go_to};
use crate::web::commands::run::{CommandFailure, by_key, read_event, run_command};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, window_title, word_at_field};
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{read_text, staff_name};
use crate::web::pages::people::person::{PEOPLE, PERSON, locale_of, refused_field, role_of, values_of};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords, PeopleWords};

#[derive(Template)]
#[template(path = "people/person_new.html")]
struct NewPersonPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    sections: Vec<FilledSection>,
    namesake: Option<NamesakeNote>,
    marks: FormMarks,
}

struct Namesake {
    name: String,
    role: StaffRole,
    /// The token of the confirmation: that this name, and no other that was typed since, is meant.
    key: String,
}

struct NamesakeNote {
    title: String,
    question: String,
    second: String,
    key: String,
}

impl NamesakeNote {
    fn new(page_words: PageWords, w: FormWords, found: Namesake) -> Self {
        Self {
            title: w.form_person_namesake(&found.name),
            question: w.form_person_namesake_question(&found.name, word_role(page_words, found.role)),
            second: w.form_person_namesake_add(&found.name),
            key: found.key,
        }
    }
}

/// A name for comparison: case and spaces do not matter.
fn name_key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

async fn find_namesake(state: &AppState, name: &str) -> Result<Option<Namesake>, HttpError> {
    let key = name_key(name);
    let facility = state.store.snapshot();
    let found = read_text(state, ReadLane::of_rows(facility.staff.len()), move |_, reader| {
        let mut here = facility.staff.iter().filter(|(_, person)| !person.left);
        let found = here.find_map(|(id, person)| {
            let name = staff_name(reader, &facility, *id);
            (name_key(&name) == key).then_some((name, person.role))
        });
        Ok(found.map(|(name, role)| Namesake { name, role, key }))
    });
    found.await
}

struct NewPerson {
    values: FormValues,
    problems: Vec<Wrong>,
    namesake: Option<Namesake>,
    submission: Option<String>,
}

impl NewPerson {
    fn page(self, state: &AppState, signed: &StaffSession) -> Result<Page, HttpError> {
        let (page_words, w): (PageWords, FormWords) = signed.words();
        let title = window_title(page_words, w.form_person_new(), &self.problems);
        let page = NewPersonPage {
            frame: PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::People)
                .with_script(),
            w,
            sections: FormPainter::new(&PERSON, w.catalog()).draw(&self.values, &self.problems)?,
            problems: self.problems,
            namesake: self.namesake.map(|found| NamesakeNote::new(page_words, w, found)),
            marks: FormMarks::new(state, signed).again(self.submission, None::<RowVersion>),
        };
        draw_page(&page.frame, &page)
    }

    fn again(self, state: &AppState, signed: &StaffSession) -> Result<FormOrPage, HttpError> {
        let recall = if self.namesake.is_some() { FormRecall::Conflicting } else { FormRecall::Invalid };
        self.page(state, signed).map(|page| OneOf::First(FormReply::Again(recall, page)))
    }
}

pub(crate) async fn ask(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let values = values_of(&NewStaff::named("", StaffRole::Technician));
    NewPerson { values, problems: Vec::new(), namesake: None, submission: None }.page(&state, &signed)
}

pub(crate) async fn add(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let SentForm { values, errors, submission, .. } =
        SentForm::<RowVersion>::read(signed.words(), &PERSON, &form);
    let (name, role) = (values.text("name").to_owned(), role_of(&values));
    let (locale, number) = (locale_of(&values), values.text("number").to_owned());
    let mut page = NewPerson { values, problems: errors, namesake: None, submission: submission.clone() };
    let Some(role) = role.filter(|_| page.problems.is_empty()) else { return page.again(&state, &signed) };
    let is_repeated = match &submission {
        Some(key) => by_key(&state, key).await.is_some(),
        None => false,
    };
    let found = if is_repeated { None } else { find_namesake(&state, &name).await? };
    if let Some(namesake) = found.filter(|found| form.get("second") != Some(found.key.as_str())) {
        page.namesake = Some(namesake);
        return page.again(&state, &signed);
    }
    let command = Command::AddStaff(NewStaff { name, role, locale, number });
    match run_command(&state, signed.author(), submission, command).await {
        Ok(done) => match read_event(&state, done.line).await? {
            Some((_, Event::StaffAdded(added))) => {
                go_to(&format!("{PEOPLE}/{}", added.staff)).map(OneOf::First)
            }
            _ => go_to(PEOPLE).map(OneOf::First),
        },
        Err(CommandFailure::Refused(CommandRefusal::KeyReused)) => {
            page.problems
                .push(Wrong { at: "name".to_owned(), words: signed.words::<FormWords>().form_key_reused() });
            page.submission = None;
            page.again(&state, &signed)
        }
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                page.problems.push(word_at_field(&signed, at, &refusal));
                page.again(&state, &signed)
            }
            Err(other) => Err(HttpError::from(other).link(PEOPLE, worded(PeopleWords::person_back))),
        },
    }
}
