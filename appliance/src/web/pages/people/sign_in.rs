//! Signing in by PIN, over HTTPS only, which every staff page requires.

use askama::Template;
use axum::extract::State;
use record::ids::StaffId;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, OneOf, Page, WithHeaders};
use web::argument::{FormBody, LenientQuery};
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, PinAttempt, PinOutcome, pin_digits_min};
use crate::store::ReadLane;
use crate::web::access::permissions::View;
use crate::web::access::phone::PhoneCaller;
use crate::web::access::pin::{PinTry, busy_answer, pin_note, too_many, try_pin, word_pin_outcome};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::{StaffSession, word_role};
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to, with_cookies};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::listed_people::{LETTERS_MIN, NAMES_MAX, has_part, is_whole_name};
use crate::web::log_reads::{StoredText, read_quick, read_text};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::client::cookies;
use crate::web::request::client::next_page::{HOME, NextPage, SIGN_IN, own_pin_address, sign_in_address};
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::limits::name_share::NameSeeker;
use crate::web::search_words::fold_letters;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, PeopleWords};

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct SignInParams {
    /// Who signs in.
    staff: Option<String>,
    /// The page that is wanted then.
    next: Option<String>,
    /// The first letters of a name, on a device that is new here.
    letters: Option<String>,
}

#[derive(Template)]
#[template(path = "people/sign_in_names.html")]
struct NamesPage {
    frame: PageLayout,
    w: PeopleWords,
    people: Vec<(String, String, String)>,
    /// What was entered of a name, on a device that is new here: who works here is not for everybody in the building.
    letters: Option<String>,
    /// The address has used up its name searches: only a complete name is found.
    is_spent: bool,
    next: NextPage,
}

#[derive(Template)]
#[template(path = "people/sign_in_pin.html")]
struct PinPage {
    frame: PageLayout,
    w: PeopleWords,
    problems: Vec<Wrong>,
    staff: StaffId,
    name: String,
    role: String,
    next: NextPage,
    /// The link for somebody else.
    names: String,
}

pub(crate) async fn ask(
    phone: PhoneCaller,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<SignInParams>,
) -> Result<Page, HttpError> {
    let next = phone.browser().next_page(params.next.as_deref().unwrap_or(HOME));
    match params.staff.and_then(|id| id.parse().ok()) {
        Some(staff) => pin_page(&state, &phone, staff, None, next).await,
        None => names_page(&state, &phone, params.letters.unwrap_or_default(), next).await,
    }
}

async fn names_page(
    state: &AppState,
    phone: &PhoneCaller,
    letters: String,
    next: NextPage,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, PeopleWords) = phone.words();
    let facility = state.store.snapshot();
    let (device, remote) = (phone.browser().device(state).id(), phone.peer().remote);
    let page_of_names = read_text(state, ReadLane::of_rows(facility.staff.len()), move |state, reader| {
        let holders = state.identity.pins.holders().map_err(|e| HttpError::internal(&e))?;
        let seeker = NameSeeker { remote, devices: &[device] };
        let is_known = seeker.is_known(state).map_err(|e| HttpError::internal(&e))?;
        let known = holders
            .into_iter()
            .filter_map(|id| Some((id, facility.staff.get(&id).filter(|s| !s.left)?.role)));
        let mut people: Vec<_> = known
            .map(|(id, role)| {
                let name = StoredText::of_staff(reader, &facility, id).word(page_words);
                (sign_in_address(Some(id), &next), name, word_role(page_words, role))
            })
            .collect();
        people.sort_by(|a, b| a.1.cmp(&b.1));
        let letters = (!is_known && !people.is_empty()).then(|| letters.trim().to_owned());
        let mut is_spent = false;
        if let Some(letters) = letters.as_deref().map(fold_letters) {
            let is_long_enough = letters.chars().count() >= LETTERS_MIN;
            is_spent = is_long_enough && !seeker.take_search(state);
            let finds = if is_spent { is_whole_name } else { has_part };
            people.retain(|(_, name, _)| is_long_enough && finds(name, &letters));
            people.truncate(NAMES_MAX);
        }
        let snapshot = Snapshot::of(state, &facility);
        let gap = snapshot.local.gap_before().is_some();
        let frame = PageLayout::open(state, &snapshot, page_words, w.sign_in_title()).without_languages();
        Ok(NamesPage { frame: PageLayout { gap, ..frame }, w, people, letters, is_spent, next })
    });
    let template = page_of_names.await?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

async fn pin_page(
    state: &AppState,
    phone: &PhoneCaller,
    staff: StaffId,
    refused: Option<PinOutcome>,
    next: NextPage,
) -> Result<Page, HttpError> {
    let (page_words, errors, w): (PageWords, ErrorWords, PeopleWords) = phone.words();
    let template = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let person = facility.staff.get(&staff).filter(|s| !s.left).ok_or_else(not_found)?;
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let title = match refused {
            Some(_) => page_words.page_error_title(w.sign_in_pin()),
            None => w.sign_in_pin(),
        };
        let wrong =
            |outcome| Wrong { at: "pin".to_owned(), words: word_pin_outcome(errors, &wording, outcome) };
        let frame = PageLayout::open(state, &snapshot, page_words, title).without_languages();
        Ok(PinPage {
            frame: frame.with_keys(),
            w,
            problems: refused.map(wrong).into_iter().collect(),
            staff,
            name: StoredText::of_staff(reader, &facility, staff).word(page_words),
            role: word_role(page_words, person.role),
            names: sign_in_address(None, &next),
            next,
        })
    });
    let template = template.await?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

pub(crate) async fn sign_in(
    phone: PhoneCaller,
    State(state): State<AppState>,
    FormBody { fields: form, .. }: FormBody,
) -> Result<WithHeaders<FormOrPage>, HttpError> {
    let device = phone.browser().device(&state);
    let next = phone.browser().next_page(form.text("next"));
    let Ok(staff) = form.text("staff").parse::<StaffId>() else {
        let page = names_page(&state, &phone, String::new(), next).await?;
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
                let usage = phone.browser().usage();
                let begun = tokio::task::spawn_blocking(move || beginning.begin_in(usage, staff, &now)).await;
                let secret =
                    begun.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
                let set = [cookies::set_session(&secret), device.set_cookie()];
                let to =
                    run_blocking(&state, move |state| after_sign_in(state, staff, digits, &next)).await?;
                phone.notes().add([AccessNote::new(AccessOutcome::SignedIn, AccessTarget::SignIn).by(staff)]);
                return go_to(&to).map(|reply| with_cookies(OneOf::First(reply), set));
            }
            PinTry::TooMany(wait_s) => {
                return Err(pin_again(too_many(wait_s), staff, &next));
            }
            PinTry::Looked(PinOutcome::Busy) => {
                return Err(pin_again(busy_answer(), staff, &next));
            }
            PinTry::Looked(outcome) => outcome,
        };
    match outcome {
        // A flood of these must not fill the log; the audit of access counts them.
        PinOutcome::Locked { .. } => tracing::debug!(%staff, ?outcome, "a sign-in was refused"),
        _ => tracing::warn!(%staff, ?outcome, "a sign-in was refused"),
    }
    // For an unknown person the page differs, and is recorded in the audit as well.
    phone.notes().add(pin_note(outcome, staff, AccessTarget::SignIn));
    let page = pin_page(&state, &phone, staff, Some(outcome), next).await?;
    Ok(with_cookies(OneOf::First(ask_again(page)), []))
}

fn pin_again(error: HttpError, staff: StaffId, next: &NextPage) -> HttpError {
    error.link(sign_in_address(Some(staff), next), worded(ErrorWords::error_links_pin))
}

/// The page that was asked for, unless there is a notice about the PIN first.
fn after_sign_in(
    state: &AppState,
    staff: StaffId,
    digits: usize,
    next: &NextPage,
) -> Result<String, HttpError> {
    let role = state.store.snapshot().staff.get(&staff).map(|s| s.role);
    if role.is_some_and(|role| digits < pin_digits_min(role)) {
        return Ok(own_pin_address("short=1&", next));
    }
    let reported = state.identity.pins.wrong_pins(staff).map_err(|e| HttpError::internal(&e))?;
    Ok(if reported.is_some() || state.identity.pins.is_exposed(staff) {
        own_pin_address("", next)
    } else {
        next.to_string()
    })
}

pub(crate) async fn sign_out(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    _: StaffForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let secret = signed.secret().to_owned();
    let ended = tokio::task::spawn_blocking(move || state.identity.sessions.end(&secret)).await;
    ended.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    let note = AccessNote::new(AccessOutcome::SessionEnded, AccessTarget::SignOut).by(signed.staff());
    signed.notes().add([note]);
    go_to(SIGN_IN).map(|reply| with_cookies(reply, [cookies::clear_session()]))
}

#[derive(Template)]
#[template(path = "people/me.html")]
struct ProfilePage {
    frame: PageLayout,
    w: PeopleWords,
    signed: StaffSession,
    role: String,
}

pub(crate) async fn show_me(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let frame =
        PageLayout::staff(&state, &Snapshot::now(&state), signed.name(), &signed, NavSection::Elsewhere);
    let (page_words, w): (PageWords, PeopleWords) = signed.words();
    let (locale, role) = (frame.locale(), word_role(page_words, signed.role()));
    Ok(Page::draw(&ProfilePage { frame, w, role, signed: signed.into_session() })?.in_locale(locale))
}
