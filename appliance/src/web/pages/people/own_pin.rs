//! One's own PIN: notices about it after a sign-in, and changing it with the current one.

use askama::Template;
use axum::extract::State;
use record::kinds::{AccessChange, AccessChanged};
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page, WithHeaders};
use web::argument::LenientQuery;
use web::error::HttpError;

use crate::identity::{PinAttempt, PinForm, PinOutcome, pin_digits_min};
use crate::web::access::permissions::View;
use crate::web::access::pin::{busy_answer, word_pin_outcome};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::{StaffSession, word_role};
use crate::web::answer::{ask_again, go_to, with_cookies};
use crate::web::commands::access_log::log_admission;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{broken_rule, worded};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::client::next_page::{HOME, NextPage, OWN_PIN};
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, PeopleWords};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "OwnPinParams")]
pub(crate) struct PinChangeParams {
    /// The page that is wanted then.
    next: Option<String>,
    /// Anything: the present PIN is too short.
    short: Option<String>,
}

#[derive(Template)]
#[template(path = "people/own_pin.html")]
struct PinChangePage {
    frame: PageLayout,
    w: PeopleWords,
    problems: Vec<Wrong>,
    notes: Vec<String>,
    digits_min: usize,
    /// They cannot continue with the current one.
    must_change: bool,
    next: NextPage,
    form_token: String,
}

pub(crate) async fn ask(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<PinChangeParams>,
) -> Result<Page, HttpError> {
    let next = signed.browser().next_page(params.next.as_deref().unwrap_or(HOME));
    own_pin_page(&state, &signed, params.short.is_some(), Vec::new(), next).await
}

async fn own_pin_page(
    state: &AppState,
    signed: &StaffSession,
    short: bool,
    problems: Vec<Wrong>,
    next: NextPage,
) -> Result<Page, HttpError> {
    let snapshot = Snapshot::now(state);
    let (page_words, w): (PageWords, PeopleWords) = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let digits_min = pin_digits_min(signed.role());
    let staff = signed.staff();
    let reported = run_blocking(state, move |state| {
        state.identity.pins.wrong_pins(staff).map_err(|e| HttpError::internal(&e))
    });
    let reported = reported.await?;
    let mut notes = Vec::new();
    if let Some(wrong) = reported {
        notes.push(w.own_pin_wrong(wrong.count, wording.dates().day_and_time(wrong.since_ms).text));
    }
    let must_change = state.identity.pins.is_exposed(staff);
    if must_change {
        notes.push(w.own_pin_exposed());
    }
    if short {
        notes.push(w.own_pin_short(digits_min, word_role(page_words, signed.role())));
    }
    let title = match problems.is_empty() {
        true => w.own_pin_title(),
        false => page_words.page_error_title(w.own_pin_title()),
    };
    let frame = PageLayout::staff(state, &snapshot, title, signed, NavSection::Elsewhere);
    let template = PinChangePage {
        frame: frame.with_script(),
        w,
        problems,
        notes,
        digits_min,
        must_change,
        next,
        form_token: signed.form_token(),
    };
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

pub(crate) async fn change(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let device = signed.browser().device(&state);
    let (page_words, errors, w): (PageWords, ErrorWords, PeopleWords) = signed.words();
    let next = signed.browser().next_page(form.text("next"));
    let (pin, again) = (form.text("pin").trim().to_owned(), form.text("again").trim());
    let wrong = |at: &str, words: String| vec![Wrong { at: at.to_owned(), words }];
    // What is wrong with the new one uses no attempt of the current one.
    let problems = match PinForm::of(signed.role()).check(&pin) {
        Err(form) => wrong("pin", word_pin_form(w, form)),
        Ok(()) if pin != again => wrong("again", w.pin_differs()),
        Ok(()) if state.identity.pins.is_exposed(signed.staff()) && pin == form.text("present").trim() => {
            wrong("pin", w.own_pin_same())
        }
        Ok(()) => Vec::new(),
    };
    if !problems.is_empty() {
        let page = own_pin_page(&state, &signed, false, problems, next).await?;
        return Ok(with_cookies(ask_again(page), []));
    }
    let attempt = PinAttempt {
        staff: signed.staff(),
        pin: form.text("present").trim().to_owned(),
        device: device.id(),
        address: signed.browser().peer().remote,
        now_ms: state.clock.now().wall_ms,
    };
    let identity = state.identity.clone();
    let checked = tokio::task::spawn_blocking(move || identity.check_pin(&attempt)).await;
    let outcome = checked.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    match outcome {
        PinOutcome::Right => {
            set_own_pin(&state, &signed, pin).await?;
            tracing::info!(staff = %signed.staff(), "somebody changed their PIN");
            go_to(next.as_str()).map(|reply| with_cookies(reply, [device.set_cookie()]))
        }
        PinOutcome::Busy => Err(busy_answer().link(OWN_PIN, worded(ErrorWords::error_links_own_pin))),
        outcome => {
            tracing::warn!(staff = %signed.staff(), ?outcome, "a change of a PIN was refused");
            let wording = PageWording::new(page_words, &Snapshot::now(&state).local);
            let words = word_pin_outcome(errors, &wording, outcome);
            let page = own_pin_page(&state, &signed, false, wrong("present", words), next).await?;
            Ok(with_cookies(ask_again(page), []))
        }
    }
}

async fn set_own_pin(state: &AppState, signed: &StaffSession, pin: String) -> Result<(), HttpError> {
    let (identity, staff, role) = (state.identity.clone(), signed.staff(), signed.role());
    log_admission(state, signed.author(), AccessChanged::new(AccessChange::PinSet, Some(staff))).await?;
    let set = tokio::task::spawn_blocking(move || identity.pins.set(staff, role, &pin)).await;
    let unknown = |error: HttpError| error.safe(worded(ErrorWords::error_access_unknown));
    let set = set.map_err(|e| HttpError::internal(&e))?.map_err(|e| unknown(HttpError::internal(&e)))?;
    set.map_err(|_| broken_rule("the form of the PIN was looked at before"))
}

/// Why a new PIN is refused.
pub(super) fn word_pin_form(w: PeopleWords, form: PinForm) -> String {
    match form.digits_min {
        6 => w.pin_form_long(form.digits_min),
        digits_min => w.pin_form(digits_min),
    }
}
