//! The people at the facility: who they are, what they may do and, for a facility admin, their PINs.

use askama::Template;
use axum::extract::State;
use record::fold::RowVersion;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged, StaffRole};
use record::limits::{NAME_CHARS_MAX, PAYROLL_CHARS_MAX};
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, OneOf, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues};
use words::{Moment, S0, SafeHtml, fill_slots};

use crate::identity::{
    AccessOutcome, AccessTarget, BADGES_MAX, IdentityError, IdentityStores, PinForm, SessionStore,
    pin_digits_min,
};
use crate::intake::{Command, CommandRefusal, NewStaff, PAGE_LANGUAGES, Permission, StaffChange};
use crate::store::ReadLane;
use crate::web::access::permissions::{EditPeople, SeePeople};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::{StaffSession, role_forbidden_but, word_role};
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::access_log::{log_admission, log_removal};
use crate::web::commands::badges::badges_of;
use crate::web::commands::pins::{remove_access, take_pin};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::{AppState, run_blocking};
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, find_refused, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::{broken_rule, not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{StoredText, read_quick, read_text, staff_name};
use crate::web::pages::people::access_changes::list_access_changes;
use crate::web::pages::people::own_pin::word_pin_form;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::form_words::{choice_word, read_word};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::badges::StaffBadgeRow;
use crate::web::words::{ErrorWords, FormWords, PageWords, PeopleWords};

pub(super) const PEOPLE: &str = "/staff/people";

struct StaffRow {
    staff: StaffId,
    name: String,
    role: String,
    since: Moment,
    came: SafeHtml,
    has_pin: bool,
    sessions: usize,
}

#[derive(Template)]
#[template(path = "people/people.html")]
struct PeoplePage {
    frame: PageLayout,
    w: PeopleWords,
    here: Vec<StaffRow>,
    left: Vec<StaffRow>,
    admin: bool,
    form_token: String,
    message: String,
}

/// What was done, as it goes through the address of the page that says so.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct SignedOutParams {
    /// On how many devices a session was ended.
    signed_out: Option<usize>,
}

fn word_one_out(w: PeopleWords, signed: &StaffSession, known: &StaffEntry, devices: usize) -> String {
    match known.staff == signed.staff() {
        true => w.person_signed_out_themselves(devices),
        false => w.person_signed_out(devices, &known.name),
    }
}

pub(crate) async fn list(
    signed: StaffCaller<SeePeople>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<SignedOutParams>,
) -> Result<Page, HttpError> {
    let lane = ReadLane::of_rows(state.store.snapshot().staff.len());
    let template = read_text(&state, lane, move |state, reader| {
        let holders = state.identity.pins.holders().map_err(|e| HttpError::internal(&e))?;
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let sessions = state.identity.sessions.counts(snapshot.now.wall_ms);
        let (page_words, w): (PageWords, PeopleWords) = signed.words();
        let wording = PageWording::new(page_words, &snapshot.local);
        let line = |(id, person): (&StaffId, &record::fold::StaffMember)| StaffRow {
            staff: *id,
            name: StoredText::of_staff(reader, &facility, *id).word(page_words),
            role: word_role(page_words, person.role),
            since: wording.dates().day_and_time(id.made_ms()),
            came: {
                let since = wording.dates().day_and_time(id.made_ms()).to_html();
                fill_slots(w.people_came(word_role(page_words, person.role), S0), [since])
            },
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
            frame: PageLayout::staff(state, &snapshot, w.people_title(), &signed, NavSection::People),
            w,
            here: lines(here),
            left: lines(left),
            admin: signed.holds(Permission::EditPeople),
            form_token: signed.form_token(),
            message: params.signed_out.map(|devices| w.people_signed_out(devices)).unwrap_or_default(),
        })
    });
    let template = template.await?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

pub(crate) static PERSON: FormDefinition = FormDefinition {
    name: "person",
    sections: &[FormSection::plain(&[
        FormField::line("name", NAME_CHARS_MAX).required(),
        FormField::choice("role", &["technician", "biomed", "facility_admin", "auditor"]).required(),
        FormField::choice("locale", &[ANY_LANGUAGE, "en", "es"]),
        FormField::line("number", PAYROLL_CHARS_MAX),
    ])],
};

/// Whoever has no preference reads what their browser requests.
const ANY_LANGUAGE: &str = "any";

pub(super) fn values_of(person: &NewStaff) -> FormValues {
    FormValues::empty(&PERSON)
        .with("name", &person.name)
        .with("role", choice_word(person.role))
        .with("locale", language_word(&person.locale))
        .with("number", &person.number)
}

/// The choice for the language of a tag, whatever country it names.
fn language_word(locale: &str) -> &'static str {
    let language = locale.split('-').next().unwrap_or_default();
    PAGE_LANGUAGES.into_iter().find(|known| *known == language).unwrap_or(ANY_LANGUAGE)
}

pub(super) fn locale_of(values: &FormValues) -> String {
    values.text("locale").strip_prefix(ANY_LANGUAGE).unwrap_or(values.text("locale")).to_owned()
}

pub(super) fn role_of(values: &FormValues) -> Option<StaffRole> {
    read_word(values.text("role"))
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&PERSON, refusal)
}

pub(super) struct StaffEntry {
    pub(super) staff: StaffId,
    name: String,
    role: StaffRole,
    locale: String,
    number: String,
    since_ms: i64,
    version: RowVersion,
}

impl StaffEntry {
    fn values(&self) -> FormValues {
        let (name, locale, number) = (self.name.clone(), self.locale.clone(), self.number.clone());
        values_of(&NewStaff { name, role: self.role, locale, number }).remembered()
    }

    pub(super) fn path(&self) -> String {
        format!("{PEOPLE}/{}", self.staff)
    }

    fn change(&self, sent: &SentForm<RowVersion>) -> Option<Command> {
        let now = self.values();
        let changed = |field: &str| changed_value(&sent.values, &now, field);
        let change = StaffChange {
            staff: self.staff,
            name: changed("name"),
            role: role_of(&sent.values).filter(|role| *role != self.role),
            // An omitted field is no choice.
            locale: changed("locale").filter(|word| !word.is_empty()).map(|_| locale_of(&sent.values)),
            number: changed("number"),
            seen: sent.seen,
        };
        (!change.is_empty()).then_some(Command::ChangeStaff(change))
    }
}

fn changed_value(sent: &FormValues, now: &FormValues, field: &str) -> Option<String> {
    let value = sent.text(field);
    (value != now.text(field)).then(|| value.to_owned())
}

pub(super) async fn find_member(state: &AppState, text: &str) -> Result<StaffEntry, HttpError> {
    let staff: StaffId = text.parse().map_err(|_| not_found())?;
    let known = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let person = facility.staff.get(&staff).filter(|s| !s.left).ok_or_else(not_found)?;
        let name = staff_name(reader, &facility, staff);
        Ok(StaffEntry {
            staff,
            name,
            role: person.role,
            locale: person.locale.clone(),
            number: person.number.clone(),
            since_ms: staff.made_ms(),
            version: person.changed,
        })
    });
    known.await
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct PersonPage {
    frame: PageLayout,
    w: FormWords,
    p: PeopleWords,
    problems: Vec<Wrong>,
    staff: StaffId,
    name: String,
    since: SafeHtml,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    /// Whether they edit themselves: nobody removes their own rights.
    themselves: bool,
    has_pin: bool,
    badges: Vec<StaffBadgeRow>,
    takes_badge: bool,
    /// Stands for a badge that was scanned once.
    badge_read: Option<String>,
    sessions: usize,
    digits: String,
    /// How they sign in, and what of it changed lately.
    access: Vec<SafeHtml>,
    message: String,
}

#[derive(Default)]
pub(super) struct PersonView {
    /// What was entered, where that is not what is there.
    pub(super) values: Option<FormValues>,
    pub(super) problems: Vec<Wrong>,
    pub(super) submission: Option<String>,
    pub(super) seen: Option<RowVersion>,
    pub(super) signed_out: Option<usize>,
    pub(super) badge_read: Option<String>,
}

async fn person_again(
    state: &AppState,
    signed: &StaffSession,
    known: StaffEntry,
    sent: SentForm<RowVersion>,
) -> Result<FormOrPage, HttpError> {
    let SentForm { values, errors, submission, seen } = sent;
    let view =
        PersonView { values: Some(values), problems: errors, submission, seen, ..PersonView::default() };
    Ok(OneOf::First(ask_again(person_page(state, signed, known, view).await?)))
}

pub(super) async fn person_page(
    state: &AppState,
    signed: &StaffSession,
    known: StaffEntry,
    view: PersonView,
) -> Result<Page, HttpError> {
    let (page_words, w, p): (PageWords, FormWords, PeopleWords) = signed.words();
    let themselves = known.staff == signed.staff();
    let message = view.signed_out.map(|n| word_one_out(p, signed, &known, n)).unwrap_or_default();
    let holders =
        run_blocking(state, |state| state.identity.pins.holders().map_err(|e| HttpError::internal(&e)))
            .await?;
    let badges = badges_of(state, known.staff).await?;
    let access = list_access_changes(state, signed, known.staff).await?;
    let snapshot = Snapshot::now(state);
    let title = window_title(page_words, known.name.clone(), &view.problems);
    let now_ms = snapshot.now.wall_ms;
    let values = view.values.unwrap_or_else(|| known.values());
    // Hints beside a new person's name are not needed here.
    let hidden = if themselves { vec!["role"] } else { Vec::new() };
    let hints = vec![("name", String::new())];
    let painter = FormPainter { hidden, hints, ..FormPainter::new(&PERSON, w.catalog()) };
    let wording = PageWording::new(page_words, &snapshot.local);
    let since = wording.dates().day_and_time(known.since_ms).to_html();
    let since = match themselves {
        true => fill_slots(p.person_since_themselves(S0), [since]),
        false => fill_slots(p.person_since(S0), [since]),
    };
    let page = PersonPage {
        since,
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::People).with_script(),
        w,
        p,
        sections: painter.draw(&values, &view.problems)?,
        marks: FormMarks::new(state, signed).again(view.submission, view.seen).over(known.version),
        problems: view.problems,
        staff: known.staff,
        name: known.name,
        themselves,
        has_pin: holders.contains(&known.staff),
        takes_badge: badges.len() < BADGES_MAX,
        badges: badges.into_iter().map(|badge| StaffBadgeRow::of(badge, p, &wording)).collect(),
        badge_read: view.badge_read,
        sessions: state.identity.sessions.counts(now_ms).get(&known.staff).copied().unwrap_or(0),
        digits: p.own_pin_digits(pin_digits_min(known.role)),
        access,
        message,
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask_change(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    LenientQuery(params): LenientQuery<SignedOutParams>,
) -> Result<Page, HttpError> {
    let known = find_member(&state, &staff).await?;
    let view = PersonView { signed_out: params.signed_out, ..PersonView::default() };
    person_page(&state, &signed, known, view).await
}

pub(crate) async fn change(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let there = find_member(&state, &staff).await?;
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &PERSON, &form);
    if !sent.errors.is_empty() {
        return person_again(&state, &signed, there, sent).await;
    }
    // Only changed values are sent.
    let Some(command) = there.change(&sent) else { return go_to(PEOPLE).map(OneOf::First) };
    match run_command(&state, signed.author(), sent.submission_key(there.staff), command).await {
        Ok(_) => go_to(PEOPLE).map(OneOf::First),
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            let now = find_member(&state, &staff).await?;
            show_difference(&state, &signed, now, &sent.values).await.map(OneOf::First)
        }
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                person_again(&state, &signed, there, sent).await
            }
            Err(other) => Err(HttpError::from(other).link(PEOPLE, worded(PeopleWords::person_back))),
        },
    }
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    now: StaffEntry,
    yours: &FormValues,
) -> Result<FormReply, HttpError> {
    let conflict = FormConflict {
        painter: FormPainter::new(&PERSON, signed.words::<FormWords>().catalog()),
        theirs: &now.values(),
        yours,
        now: now.version.to_string(),
        changed: Some(now.version),
        is_taken: false,
        action: now.path(),
        back: now.path(),
        thing: now.name.clone(),
        place: NavSection::People,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

/// Work on PINs and sessions, which waits for hashes and the disk.
async fn run_identity<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&IdentityStores) -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, HttpError> {
    let identity = state.identity.clone();
    let done = tokio::task::spawn_blocking(move || work(&identity)).await;
    done.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))
}

/// Stores a well-formed new PIN; sessions of the old one end, except that of the admin who does it.
async fn keep_pin(
    state: &AppState,
    signed: &StaffSession,
    known: &StaffEntry,
    pin: String,
) -> Result<(), HttpError> {
    let (staff, role, own) = (known.staff, known.role, signed.staff() == known.staff);
    log_admission(state, signed.author(), AccessChanged::new(AccessChange::PinSet, Some(staff))).await?;
    let stored = run_identity(state, move |identity| {
        // Before the PIN, so that a crash in between leaves no session of the old one; and after it, for anybody who
        // signed in by the old one in between.
        let end_sessions = || if own { Ok(()) } else { identity.sessions.end_all(staff) };
        end_sessions()?;
        let stored = identity.pins.set(staff, role, &pin)?;
        // Strangers may have used up what all new devices share, and theirs may be one.
        identity.pins.unlock(staff)?;
        end_sessions()?;
        Ok(stored)
    });
    let stored = stored.await.map_err(|error| error.safe(worded(ErrorWords::error_access_unknown)))?;
    stored.map_err(|_| broken_rule("the form of the PIN was looked at before"))
}

/// Signs out whom `end` ends, and says so in the log where that was anybody; how many sessions that were.
async fn end_sessions(
    state: &AppState,
    signed: &StaffSession,
    staff: Option<StaffId>,
    end: impl FnOnce(&SessionStore) -> Result<usize, IdentityError> + Send + 'static,
) -> Result<usize, HttpError> {
    let ended = run_identity(state, move |identity| end(&identity.sessions)).await?;
    if ended > 0 {
        let change = AccessChanged::new(AccessChange::SignedOut, staff);
        log_removal(state, signed.author(), change).await?;
    }
    Ok(ended)
}

pub(crate) async fn set_pin(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = find_member(&state, &staff).await?;
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let w: PeopleWords = signed.words();
    let (pin, again) = (form.text("pin").trim(), form.text("again").trim());
    let checked = match PinForm::of(known.role).check(pin) {
        _ if pin != again => Err(("again", w.pin_differs())),
        checked => checked.map_err(|form| ("pin", word_pin_form(w, form))),
    };
    match checked {
        Ok(()) => {
            keep_pin(&state, &signed, &known, pin.to_owned()).await?;
            tracing::info!(staff = %known.staff, by = %signed.staff(), "a PIN was set");
            signed.notes().add([pin_changed(known.staff)]);
            go_to(PEOPLE).map(OneOf::First)
        }
        Err((at, words)) => {
            let problems = vec![Wrong { at: at.to_owned(), words }];
            let view = PersonView { problems, ..PersonView::default() };
            Ok(OneOf::First(ask_again(person_page(&state, &signed, known, view).await?)))
        }
    }
}

pub(crate) async fn clear_pin(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = find_member(&state, &staff).await?;
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    if known.staff == signed.staff() {
        let title = worded(PeopleWords::person_own_pin_away);
        return Err(role_forbidden_but(title, PEOPLE, worded(PeopleWords::person_back)));
    }
    signed.notes().add([pin_changed(known.staff)]);
    take_pin(&state, signed.author(), known.staff).await?;
    tracing::info!(staff = %known.staff, by = %signed.staff(), "a PIN was taken away");
    go_to(PEOPLE).map(OneOf::First)
}

fn pin_changed(staff: StaffId) -> AccessNote {
    AccessNote::new(AccessOutcome::PinChanged, AccessTarget::Admin).about(&staff)
}

/// Signs one person out on every device; the admin's own device stays signed in when it is they themselves.
pub(crate) async fn sign_out(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = find_member(&state, &staff).await?;
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let (staff, keep, now_ms) = (known.staff, signed.secret().to_owned(), state.clock.now().wall_ms);
    signed.notes().add([AccessNote::new(AccessOutcome::SessionEnded, AccessTarget::Admin).about(&staff)]);
    let end = move |sessions: &SessionStore| sessions.end_all_but(staff, &keep, now_ms);
    let ended = end_sessions(&state, &signed, Some(staff), end).await?;
    go_to(&format!("{PEOPLE}/{staff}?signed_out={ended}")).map(OneOf::First)
}

/// Signs everybody out on every device but this one.
pub(crate) async fn sign_all_out(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let (keep, now_ms) = (signed.secret().to_owned(), state.clock.now().wall_ms);
    signed.notes().add([AccessNote::new(AccessOutcome::SessionEnded, AccessTarget::Admin)]);
    let end = move |sessions: &SessionStore| sessions.end_others(&keep, now_ms);
    let ended = end_sessions(&state, &signed, None, end).await?;
    go_to(&format!("{PEOPLE}?signed_out={ended}")).map(OneOf::First)
}

#[derive(Template)]
#[template(path = "people/person_leave.html")]
struct LeavePage {
    frame: PageLayout,
    w: PeopleWords,
    staff: StaffId,
    title: String,
    form_token: String,
}

pub(crate) async fn ask_leave(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
) -> Result<Page, HttpError> {
    let known = find_member(&state, &staff).await?;
    let w: PeopleWords = signed.words();
    let title = w.person_leave(&known.name);
    let page = LeavePage {
        frame: PageLayout::staff(&state, &Snapshot::now(&state), title.clone(), &signed, NavSection::People),
        w,
        staff: known.staff,
        title,
        form_token: signed.form_token(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn leave(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = find_member(&state, &staff).await?;
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let left = run_command(&state, signed.author(), None, Command::StaffLeft { staff: known.staff }).await;
    left.map_err(|undone| HttpError::from(undone).link(PEOPLE, worded(PeopleWords::person_back)))?;
    remove_access(&state, signed.author(), known.staff).await?;
    go_to(PEOPLE).map(OneOf::First)
}
