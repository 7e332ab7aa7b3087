//! The set-up as a facility admin changes it later.

use axum::extract::State;
use record::fold::{FacilitySettings, RowVersion};
use web::answer::{FormRecall, FormReply, OneOf, Page};
use web::error::HttpError;
use web::form::{FormDefinition, FormPainter, FormValues};

use super::STAFF_SETUP;
use super::first::{close_network, find_facility_change, hand_on, unwritten_error};
use super::form::{LATER, LATER_IMAGE, enter_claim, open_form_words, read_claim};
use super::page::{SetupDone, SetupForm, SetupMarks, done_page, form_page};
use crate::identity::{AccessOutcome, AccessTarget};
use crate::intake::{Command, SettingsChange};
use crate::web::access::permissions::EditSettings;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::FormOrPage;
use crate::web::commands::run::{CommandFailure, SubmissionKey, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{FormConflict, FormMarks, SentForm, is_changed, show_conflict, window_title};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::bodies::form::StaffListForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::machine::label_hosts::{HostQuestion, WEIGHED_HOST_FIELD};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords, SetupWords, StaffWords};

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

fn fill_facility(values: FormValues, there: &FacilitySettings) -> FormValues {
    values
        .with("facility", there.name.as_str())
        .with("time_zone", if there.zones.is_empty() { "" } else { there.zone() })
        .with("label_host", there.label_host.as_str())
}

pub(crate) async fn ask_changes(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let there = Snapshot::now(&state).settings;
    let values = fill_facility(FormValues::empty(form_definition(&state)), &there).remembered();
    let marks = FormMarks::new(&state, &signed).over(there.changed);
    staff_page(&state, &signed, &values, Vec::new(), marks)
}

pub(crate) async fn save_changes(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    form: StaffListForm,
) -> Result<FormOrPage, HttpError> {
    let (_, w): (StaffWords, SetupWords) = signed.words();
    let mut sent = SentForm::<RowVersion>::read(open_form_words(w), form_definition(&state), &form.fields);
    let claim = match read_claim(&sent.values, form.file.as_deref(), w) {
        Ok(claim) if sent.errors.is_empty() => {
            let values = enter_claim(&sent.values, form.file.as_deref(), &claim);
            let question = HostQuestion::find(&state, &values);
            let weighed = form.fields.text(WEIGHED_HOST_FIELD);
            if let Some(wrong) = question.and_then(|asks| asks.unanswered(open_form_words(w), weighed)) {
                return save_again(&state, &signed, SentForm { values, errors: vec![wrong], ..sent });
            }
            claim
        }
        Ok(_) => return save_again(&state, &signed, sent),
        Err(mistakes) => {
            sent.errors.extend(mistakes);
            return save_again(&state, &signed, sent);
        }
    };
    if let Some(change) = find_facility_change(&state, &sent.values, &claim) {
        // A form that does not say what it showed is treated as if it had shown a facility without any settings.
        let seen = Some(sent.seen.unwrap_or_default());
        let command = Command::ChangeFacility(Box::new(SettingsChange { seen, ..change }));
        let yours = enter_claim(&sent.values, form.file.as_deref(), &claim);
        let key = facility_key(&sent, &yours);
        match run_command(&state, signed.author(), key, command).await {
            Ok(_) => {}
            Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
                return show_difference(&state, &signed, &yours).await.map(OneOf::First);
            }
            Err(other) => return Err(other.into()),
        }
    }
    let claim = close_network(&state, claim);
    hand_on(&state, &claim).await?.map_err(|why| unwritten_error(&why))?;
    signed.notes().add([AccessNote::new(AccessOutcome::SettingsChanged, AccessTarget::Admin)]);
    let (frame, w) = staff_layout(&state, &signed, &[]);
    let of_claim = SetupDone::of(&state, w, &claim);
    let done = SetupDone { title: w.setup_saved(), link: w.setup_saved_back(), ..of_claim };
    done_page(frame, w, done, STAFF_SETUP.to_owned()).map(OneOf::Second)
}

/// The key of what the form says of the facility. A password of a Wi-Fi is not part of the digest in the log.
fn facility_key(sent: &SentForm<RowVersion>, yours: &FormValues) -> SubmissionKey {
    let of_facility = ["facility", "time_zone", "label_host"].map(|name| yours.text(name));
    let seen = sent.seen.map(|seen| seen.to_string());
    SubmissionKey::as_sent(sent.submission.clone(), &("setup", seen, of_facility))
}

/// The current settings beside the submitted ones. Machine settings are not compared, only passed along.
async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    yours: &FormValues,
) -> Result<FormReply, HttpError> {
    let now = Snapshot::now(state).settings;
    let (_, w): (StaffWords, FormWords) = signed.words();
    let empty = FormValues::empty(yours.form());
    let same = yours.iter().fold(empty, |same, (field, value)| same.with(field.name, value));
    let conflict = FormConflict {
        painter: FormPainter::new(yours.form(), w.catalog()),
        theirs: &fill_facility(same, &now),
        yours,
        now: now.changed.to_string(),
        changed: Some(now.changed),
        is_taken: false,
        thing: w.form_settings_thing(),
        action: STAFF_SETUP.to_owned(),
        back: STAFF_SETUP.to_owned(),
        place: NavSection::Box,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

fn save_again(
    state: &AppState,
    signed: &StaffSession,
    sent: SentForm<RowVersion>,
) -> Result<FormOrPage, HttpError> {
    let marks = FormMarks::new(state, signed).again(sent.submission, sent.seen);
    let page = staff_page(state, signed, &sent.values, sent.errors, marks)?;
    Ok(OneOf::First(FormReply::Again(FormRecall::Invalid, page)))
}
