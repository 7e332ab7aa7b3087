//! The first set-up: by the code that a person with physical access can read, until a facility admin can sign in.

use axum::extract::State;
use firmware_config::{AccessPointClaim, ClaimFile, Secret};
use http::StatusCode;
use record::compliance::zone_name;
use record::entry::EntryAuthor;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged, Event, StaffRole};
use web::answer::{FormRecall, FormReply, OneOf, Page};
use web::argument::FormFields;
use web::error::HttpError;
use web::form::{FormDefinition, FormValues};

use super::form::{FIRST, FIRST_IMAGE, enter_claim, open_form_words, read_claim};
use super::page::{SetupDone, SetupForm, SetupMarks, done_page, form_page, plain_page};
use super::{SETUP, STAFF_SETUP};
use crate::doctor::live_facts::find_admin;
use crate::identity::{AccessOutcome, AccessTarget, PinForm};
use crate::intake::{Command, NewStaff, SettingsChange};
use crate::setup::{
    ACCESS_POINT_ADDRESS, CodeTrial, SetupRequestError, has_request, is_access_point, make_passphrase,
    read_passphrase, read_state, save_request,
};
use crate::web::access::phone::PhoneCaller;
use crate::web::access::pin::pin_in_the_clear;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, go_to};
use crate::web::commands::access_log::log_admission;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::{AppState, is_set_up, run_blocking};
use crate::web::http_error::{broken_rule, new_error, worded};
use crate::web::layout::PageLayout;
use crate::web::request::bodies::form::OpenListForm;
use crate::web::request::client::next_page::{NextPage, sign_in_address};
use crate::web::request::client::peer::https_address;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::{new_submission, submission_of};
use crate::web::view_models::machine::label_hosts::{HostQuestion, WEIGHED_HOST_FIELD};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{ErrorWords, PageWords, SetupWords};

fn form_definition(state: &AppState) -> &'static FormDefinition {
    if state.field.setup_folder.is_some() { &FIRST_IMAGE } else { &FIRST }
}

fn open_layout(state: &AppState, phone: &PhoneCaller) -> (PageLayout, SetupWords) {
    let (page_words, w): (PageWords, SetupWords) = phone.words();
    (PageLayout::open(state, &Snapshot::now(state), page_words, w.setup_page_title()), w)
}

pub(crate) async fn ask_first(
    phone: PhoneCaller,
    State(state): State<AppState>,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    if is_set_up(&state).await? {
        return go_to(STAFF_SETUP).map(OneOf::Second);
    }
    let (frame, w) = open_layout(&state, &phone);
    if !phone.peer().secure {
        let host = phone.browser().host().unwrap_or_default();
        let secure = https_address(&state, host, SETUP);
        return plain_page(&state, frame, w, secure).map(OneOf::First);
    }
    let values = FormValues::empty(form_definition(&state));
    let marks = SetupMarks::Open { submission: new_submission(&state) };
    let form = SetupForm { values: &values, problems: Vec::new(), marks };
    form_page(&state, frame, w, SETUP, form).map(OneOf::First)
}

struct FirstEntry {
    values: FormValues,
    claim: ClaimFile,
    pin: String,
    submission: Option<String>,
}

pub(crate) async fn begin_setup(
    phone: PhoneCaller,
    State(state): State<AppState>,
    form: OpenListForm,
) -> Result<FormOrPage, HttpError> {
    // One code makes one admin, however many send it at a time.
    let _turn = state.inner.setup_turn.lock().await;
    if is_set_up(&state).await? {
        return answer_late(&state, &phone);
    }
    if !phone.peer().secure {
        return Err(pin_in_the_clear());
    }
    let (frame, w) = open_layout(&state, &phone);
    let values = FormValues::read(form_definition(&state), &form.fields);
    let again = FormAgain { state: &state, w, values: &values, fields: &form.fields };
    if let Err(fault) = check_code(&state, &phone, &form.fields, w) {
        return again.answer(frame, fault);
    }
    let is_near = is_access_point(phone.peer().local.ip());
    let entry = match read_entry(values.clone(), &form, w) {
        // A client on the box's own Wi-Fi must be able to reach the box there again.
        Ok(entry) if is_near => FirstEntry { claim: close_network(&state, entry.claim), ..entry },
        Ok(entry) => entry,
        Err(problems) => return again.answer(frame, SetupFault { recall: FormRecall::Invalid, problems }),
    };
    let values = enter_claim(&entry.values, form.file.as_deref(), &entry.claim);
    let question = HostQuestion::find(&state, &values);
    let weighed = form.fields.text(WEIGHED_HOST_FIELD);
    if let Some(wrong) = question.and_then(|asks| asks.unanswered(open_form_words(w), weighed)) {
        let again = FormAgain { values: &values, ..again };
        let fault = SetupFault { recall: FormRecall::Invalid, problems: vec![wrong] };
        return again.answer(frame, fault);
    }
    match set_up(&state, &entry).await? {
        Ok(staff) => {
            phone
                .notes()
                .add([AccessNote::new(AccessOutcome::PinChanged, AccessTarget::SignIn).about(&staff)]);
            show_done(&state, frame, w, &entry.claim, staff).map(OneOf::Second)
        }
        Err(words) => {
            let problems = vec![Wrong { at: "claim".to_owned(), words: w.setup_blocked(words) }];
            again.answer(frame, SetupFault { recall: FormRecall::Invalid, problems })
        }
    }
}

fn answer_late(state: &AppState, phone: &PhoneCaller) -> Result<FormOrPage, HttpError> {
    let (frame, w) = open_layout(state, phone);
    let done = SetupDone {
        title: w.setup_late(),
        passphrase: None,
        lines: vec![w.setup_late_nothing(), w.setup_late_next()],
        link: w.setup_done_staff(),
    };
    let page = done_page(frame, w, done, STAFF_SETUP.to_owned())?;
    Ok(OneOf::First(FormReply::Again(FormRecall::Conflicting, page)))
}

struct SetupFault {
    recall: FormRecall,
    problems: Vec<Wrong>,
}

impl SetupFault {
    fn refuse_code(recall: FormRecall, words: String) -> Self {
        Self { recall, problems: vec![Wrong { at: "code".to_owned(), words }] }
    }
}

/// After a few wrong codes an address has to wait: by address, so that one stranger locks nobody else out.
fn check_code(
    state: &AppState,
    phone: &PhoneCaller,
    form: &FormFields,
    w: SetupWords,
) -> Result<(), SetupFault> {
    let address = phone.peer().remote.to_canonical();
    let tries = state.inner.code_limiter(address);
    if let Err(wait_s) = tries.take(address, state.clock.now().up_ms) {
        return Err(SetupFault::refuse_code(FormRecall::TooMany { wait_s }, w.setup_code_wait(wait_s)));
    }
    let words = match state.field.code.try_code(form.text("code")) {
        CodeTrial::Right => {
            tries.refund(&address);
            return Ok(());
        }
        CodeTrial::Used => w.setup_code_used(),
        CodeTrial::Wrong => w.setup_code_wrong(),
    };
    phone.notes().add([AccessNote::new(AccessOutcome::WrongPin, AccessTarget::SignIn)]);
    Err(SetupFault::refuse_code(FormRecall::Invalid, words))
}

fn read_entry(values: FormValues, form: &OpenListForm, w: SetupWords) -> Result<FirstEntry, Vec<Wrong>> {
    let mut wrong = values.errors(open_form_words(w).catalog());
    let pin = form.fields.text("pin").trim().to_owned();
    if PinForm::of(StaffRole::FacilityAdmin).check(&pin).is_err() {
        wrong.push(Wrong { at: "pin".to_owned(), words: w.setup_pin_wrong() });
    } else if form.fields.text("again").trim() != pin {
        wrong.push(Wrong { at: "again".to_owned(), words: w.setup_pin_differs() });
    }
    let claim = match read_claim(&values, form.file.as_deref(), w) {
        Ok(claim) => Some(claim),
        Err(mistakes) => {
            wrong.extend(mistakes);
            None
        }
    };
    let submission = submission_of(&form.fields);
    match claim.filter(|_| wrong.is_empty()) {
        Some(claim) => Ok(FirstEntry { values, claim, pin, submission }),
        None => Err(wrong),
    }
}

/// Creates the person last, because that closes this page. Only a password of the box's own Wi-Fi is set afterwards: a
/// failure before that must not cost anybody their connection. The inner error says what the box could not write.
async fn set_up(state: &AppState, entry: &FirstEntry) -> Result<Result<StaffId, String>, HttpError> {
    // A box that comes in another one's place gets that one's name, zone and label host with its history.
    let has_own = !entry.claim.relay.as_ref().is_some_and(|relay| relay.replaces);
    if has_own && let Some(change) = find_facility_change(state, &entry.values, &entry.claim) {
        let command = Command::ChangeFacility(Box::new(change));
        run_command(state, EntryAuthor::BOX, None::<String>, command).await?;
    }
    let cuts_off = entry.claim.access_point.is_some();
    if !cuts_off && let Err(why) = hand_on(state, &entry.claim).await? {
        return Ok(Err(why));
    }
    let staff = add_first_admin(state, entry).await?;
    if cuts_off && let Err(why) = hand_on(state, &entry.claim).await? {
        return Ok(Err(why));
    }
    Ok(Ok(staff))
}

async fn add_first_admin(state: &AppState, entry: &FirstEntry) -> Result<StaffId, HttpError> {
    let name = entry.values.text("admin").to_owned();
    let command = Command::AddStaff(NewStaff::named(name, StaffRole::FacilityAdmin));
    let key = entry.submission.clone();
    let done = run_command(state, EntryAuthor::BOX, key, command).await?;
    let Some((_, Event::StaffAdded(added))) = read_event(state, done.line).await? else {
        return Err(broken_rule("the first facility admin was recorded and cannot be read"));
    };
    let (staff, pin) = (added.staff, entry.pin.clone());
    log_admission(state, EntryAuthor::BOX, AccessChanged::new(AccessChange::PinSet, Some(staff))).await?;
    let set = run_blocking(state, move |state| {
        let set = state.identity.pins.set(staff, StaffRole::FacilityAdmin, &pin);
        set.map_err(|error| HttpError::internal(&error))
    });
    set.await?.map_err(|_| broken_rule("the PIN was looked at before"))?;
    use_up_code(state).await?;
    tracing::info!(%staff, "the first facility admin was set up");
    Ok(staff)
}

/// The code that was used is of no use any more. Where that cannot be written down, the page is closed all the same,
/// and the next start does it.
async fn use_up_code(state: &AppState) -> Result<(), HttpError> {
    run_blocking(state, |state| {
        if let Err(error) = state.field.code.use_up(&*state.random) {
            tracing::error!(%error, "the set-up code could not be used up");
        }
        Ok(())
    })
    .await
}

pub(super) fn find_facility_change(
    state: &AppState,
    values: &FormValues,
    claim: &ClaimFile,
) -> Option<SettingsChange> {
    let there = Snapshot::now(state).settings;
    let name = values.text("facility");
    let zone = claim
        .time_zone
        .as_deref()
        .and_then(zone_name)
        .filter(|zone| *zone != there.zone() || there.zones.is_empty());
    let settings = SettingsChange {
        name: Some(name.to_owned()).filter(|name| !name.is_empty() && *name != there.name),
        zone,
        label_host: claim.label_host.clone().filter(|host| *host != there.label_host),
        ..SettingsChange::default()
    };
    (settings != SettingsChange::default()).then_some(settings)
}

fn has_open_network(state: &AppState) -> bool {
    let folder = state.field.setup_folder.as_deref();
    folder.is_some() && state.field.access_point && read_passphrase(folder).is_none()
}

/// Where the box's own Wi-Fi is open and it joins no other, it remains, with a password.
pub(super) fn close_network(state: &AppState, claim: ClaimFile) -> ClaimFile {
    if claim.wifi.is_some() || claim.access_point.is_some() || !has_open_network(state) {
        return claim;
    }
    let passphrase = Secret::new(make_passphrase(&*state.random));
    ClaimFile { access_point: Some(AccessPointClaim { passphrase }), ..claim }
}

/// If an admin exists, and the request to close the box's own Wi-Fi was lost in a power cut, makes the request again. A
/// request that the image has not processed yet is left alone: somebody may have seen its password.
///
/// # Errors
/// It cannot be written.
pub fn close_left_network(state: &AppState) -> Result<(), SetupRequestError> {
    // In this order: the image removes the request last.
    if has_request(&state.field.data) || !is_left_open(state) {
        return Ok(());
    }
    // Where PINs cannot be read nobody would learn of the password.
    if !find_admin(&state.store, &state.identity).unwrap_or(false) {
        return Ok(());
    }
    let claim = close_network(state, ClaimFile::default());
    save_request(&state.field.data, &claim)?;
    tracing::warn!(
        "the set-up was cut short: the box’s own Wi-Fi gets a password now, and the set-up slip names it"
    );
    Ok(())
}

/// Whether the box's own Wi-Fi is open by its settings, and by the state that the image wrote last.
fn is_left_open(state: &AppState) -> bool {
    let left = read_state(state.field.setup_folder.as_deref());
    has_open_network(state) && left.access_point && !left.has_passphrase
}

/// Passes settings of the machine to the image; without an image, the claim to the uplink. An empty request is passed
/// too while the image's Wi-Fi is open: it ends with the set-up.
pub(super) async fn hand_on(state: &AppState, claim: &ClaimFile) -> Result<Result<(), String>, HttpError> {
    if *claim == ClaimFile::default() && !has_open_network(state) {
        return Ok(Ok(()));
    }
    let claim = claim.clone();
    run_blocking(state, move |state| {
        Ok(match (&state.field.setup_folder, &claim.relay) {
            (Some(_), _) => save_request(&state.field.data, &claim).map(drop).map_err(|e| e.to_string()),
            (None, None) => Ok(()),
            (None, Some(relay)) => {
                let alone = ClaimFile { relay: Some(relay.clone()), ..ClaimFile::default() };
                (state.field.take_claim)(&alone.to_toml())
            }
        })
    })
    .await
}

struct FormAgain<'a> {
    state: &'a AppState,
    w: SetupWords,
    values: &'a FormValues,
    fields: &'a FormFields,
}

impl FormAgain<'_> {
    /// Codes and PINs are entered again.
    fn answer(&self, frame: PageLayout, fault: SetupFault) -> Result<FormOrPage, HttpError> {
        let submission = submission_of(self.fields).unwrap_or_else(|| new_submission(self.state));
        let marks = SetupMarks::Open { submission };
        let form = SetupForm { values: self.values, problems: fault.problems, marks };
        let page = form_page(self.state, frame, self.w, SETUP, form)?;
        Ok(OneOf::First(FormReply::Again(fault.recall, page)))
    }
}

fn show_done(
    state: &AppState,
    frame: PageLayout,
    w: SetupWords,
    claim: &ClaimFile,
    staff: StaffId,
) -> Result<Page, HttpError> {
    let sign_in = sign_in_address(Some(staff), &NextPage::of_path(STAFF_SETUP));
    let mut done = SetupDone::of(state, w, claim);
    done.lines.push(w.setup_done_first());
    done_page(frame, w, done, sign_in)
}

impl SetupDone {
    pub(super) fn of(state: &AppState, w: SetupWords, claim: &ClaimFile) -> Self {
        let passphrase = claim.access_point.as_ref().map(|own| own.passphrase.reveal().to_owned());
        let changes_network =
            claim.wifi.is_some() || claim.network.address.is_some() || claim.hostname.is_some();
        let mut lines = Vec::new();
        if passphrase.is_some() {
            lines.push(w.setup_done_own_open(format!("https://{ACCESS_POINT_ADDRESS}/staff")));
        } else if state.field.setup_folder.is_some() && changes_network {
            lines.push(w.setup_done_network());
            let host = claim.hostname.as_ref().map(|name| format!("https://{name}.local/staff"));
            lines.extend(host.map(|address| w.setup_done_open(address)));
        }
        if claim.relay.is_some() {
            lines.push(w.setup_done_claim());
        }
        Self { title: w.setup_done(), passphrase, lines, link: w.setup_done_staff() }
    }
}

pub(super) fn unwritten_error(why: &str) -> HttpError {
    let why = why.to_owned();
    new_error(
        StatusCode::SERVICE_UNAVAILABLE,
        "setup-unwritten",
        worded(move |w: SetupWords| w.setup_blocked(why.as_str())),
    )
    .safe(worded(ErrorWords::error_nothing_changed))
    .next(worded(ErrorWords::error_correct))
}
