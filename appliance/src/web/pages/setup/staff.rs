//! The set-up as a facility admin changes it later.

use axum::extract::State;
use web::answer::{FormRecall, FormReply, OneOf, Page};
use web::error::HttpError;
use web::form::{FormDefinition, FormValues};

use super::STAFF_SETUP;
use super::first::{change_facility, close_network, hand_on, unwritten_error};
use super::form::{LATER, LATER_IMAGE, read_claim, word_faults};
use super::page::{SetupDone, SetupForm, SetupMarks, done_page, form_page};
use crate::identity::{AccessOutcome, AccessTarget};
use crate::web::access::permissions::EditSettings;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::FormOrPage;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, window_title};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffListForm;
use crate::web::request::submission::submission_of;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::{PageWords, SetupWords, StaffWords};

fn form_definition(state: &AppState) -> &'static FormDefinition {
    if state.field.setup_folder.is_some() { &LATER_IMAGE } else { &LATER }
}

/// Staff pages are English where not all of them have another language.
fn staff_layout(state: &AppState, signed: &StaffSession, problems: &[Wrong]) -> (PageLayout, SetupWords) {
    let (page_words, _, w): (PageWords, StaffWords, SetupWords) = signed.words();
    let title = window_title(page_words, w.setup_page_title(), problems);
    (PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Box), w)
}

fn staff_page(
    state: &AppState,
    signed: &StaffSession,
    values: &FormValues,
    problems: Vec<Wrong>,
    marks: FormMarks,
) -> Result<Page, HttpError> {
    let (frame, w) = staff_layout(state, signed, &problems);
    let form = SetupForm { values, problems, marks: SetupMarks::Session(marks) };
    form_page(state, frame, w, STAFF_SETUP, form)
}

pub(crate) async fn ask_changes(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let there = Snapshot::now(&state).settings;
    let values = FormValues::empty(form_definition(&state))
        .with("facility", there.name.as_str())
        .with("time_zone", if there.zones.is_empty() { "" } else { there.zone() })
        .with("label_host", there.label_host.as_str());
    staff_page(&state, &signed, &values, Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn save_changes(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    form: StaffListForm,
) -> Result<FormOrPage, HttpError> {
    let (_, w): (StaffWords, SetupWords) = signed.words();
    let values = FormValues::read(form_definition(&state), &form.fields);
    let mut problems = word_faults(&values, w);
    let claim = match read_claim(&values, form.file.as_deref(), w) {
        Ok(claim) if problems.is_empty() => claim,
        Ok(_) => return save_again(&state, &signed, &values, problems, &form),
        Err(mistakes) => {
            problems.extend(mistakes);
            return save_again(&state, &signed, &values, problems, &form);
        }
    };
    let claim = close_network(&state, claim);
    change_facility(&state, signed.author(), &values, &claim).await?;
    hand_on(&state, &claim).await?.map_err(|why| unwritten_error(&why))?;
    signed.notes().add([AccessNote::new(AccessOutcome::SettingsChanged, AccessTarget::Admin)]);
    let (frame, w) = staff_layout(&state, &signed, &[]);
    let of_claim = SetupDone::of(&state, w, &claim);
    let done = SetupDone { title: w.setup_saved(), link: w.setup_saved_back(), ..of_claim };
    done_page(frame, w, done, STAFF_SETUP.to_owned()).map(OneOf::Second)
}

fn save_again(
    state: &AppState,
    signed: &StaffSession,
    values: &FormValues,
    problems: Vec<Wrong>,
    form: &StaffListForm,
) -> Result<FormOrPage, HttpError> {
    let marks = FormMarks::new(state, signed).again(submission_of(&form.fields), None::<String>);
    let page = staff_page(state, signed, values, problems, marks)?;
    Ok(OneOf::First(FormReply::Again(FormRecall::Invalid, page)))
}
