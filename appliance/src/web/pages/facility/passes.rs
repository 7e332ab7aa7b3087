//! Passes for auditors: made by an admin, used without a PIN, over at their minute.

use askama::Template;
use axum::extract::State;
use record::fold::StaffMember;
use record::ids::StaffId;
use record::kinds::{Event, StaffRole};
use web::answer::{FormReply, OneOf, Page, WithHeaders};
use web::argument::{FormBody, Path};
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, AuditorPass};
use crate::intake::{Command, NewStaff};
use crate::web::access::permissions::EditPeople;
use crate::web::access::phone::PhoneCaller;
use crate::web::access::staff::StaffCaller;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to, with_cookies};
use crate::web::commands::pins::remove_access;
use crate::web::commands::run::{read_event, run_command};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{invalid_parameter, not_found, pass_tries_spent};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{read_quick, staff_name};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::client::cookies;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, ReportsWords};

/// The page that makes and lists them.
pub(crate) const INSPECTION: &str = "/staff/inspection";
/// Where its holder types the code.
pub(crate) const PASS: &str = "/staff/pass";
/// For how long a pass can be, hours: a shift, a day, three, a week, two.
pub(crate) const HOURS: [i64; 5] = [8, 24, 72, 168, 336];
const NAME_CHARS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "facility/pass_made.html")]
struct PassMadePage {
    frame: PageLayout,
    w: ReportsWords,
    code: String,
    address: &'static str,
    until: String,
}

#[derive(Template)]
#[template(path = "facility/pass.html")]
struct PassPage {
    frame: PageLayout,
    w: ReportsWords,
    is_wrong: bool,
}

/// Somebody new who may read, in the log, and a code for them that nobody is shown again.
pub(crate) async fn make_pass(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let w: ReportsWords = signed.words();
    let name: String = form.text("name").trim().chars().take(NAME_CHARS_MAX).collect();
    let hours = form.text("hours").parse::<i64>().ok().filter(|hours| HOURS.contains(hours));
    let hours = hours.ok_or_else(|| invalid_parameter("hours", w.pass_hours_wrong()))?;
    if name.is_empty() {
        return Err(invalid_parameter("name", w.pass_name_wrong()));
    }
    let new = NewStaff { name: w.pass_name(&name), ..NewStaff::named("", StaffRole::Auditor) };
    let done = run_command(&state, signed.author(), submission_of(&form), Command::AddStaff(new)).await?;
    let Some((_, Event::StaffAdded(added))) = read_event(&state, done.line).await? else {
        return Err(not_found());
    };
    let now_ms = state.known_now_ms();
    let pass = AuditorPass { staff: added.staff, until_ms: now_ms + hours * 3_600_000 };
    let code = run_blocking(&state, move |state| {
        state.identity.passes.make(pass, now_ms).map_err(|error| HttpError::internal(&error))
    });
    let code = code.await?;
    let snapshot = Snapshot::now(&state);
    let wording = signed.wording(&snapshot.local);
    let page = PassMadePage {
        frame: PageLayout::staff(&state, &snapshot, w.pass_made_title(), &signed, NavSection::Today),
        until: w.pass_until(wording.dates().day_and_time(pass.until_ms).text),
        address: PASS,
        code,
        w,
    };
    draw_page(&page.frame, &page).map(OneOf::Second)
}

/// Whoever became something else signs in by a PIN.
fn is_auditor(member: &StaffMember) -> bool {
    member.role == StaffRole::Auditor && !member.left
}

/// Ends a pass, its sessions, and that its holder is one of those who may read.
pub(crate) async fn end_pass(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<StaffId>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let has_pass = state.store.facility().staff.get(&staff).is_some_and(is_auditor);
    // Nobody else has a pass.
    if !has_pass {
        return go_to(INSPECTION).map(OneOf::First);
    }
    run_command(&state, signed.author(), submission_of(&form), Command::StaffLeft { staff }).await?;
    remove_access(&state, signed.author(), staff).await?;
    go_to(INSPECTION).map(OneOf::First)
}

fn pass_page(state: &AppState, phone: &PhoneCaller, is_wrong: bool) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, ReportsWords) = phone.words();
    let snapshot = Snapshot::now(state);
    let title = if is_wrong { page_words.page_error_title(w.pass_title()) } else { w.pass_title() };
    let frame = PageLayout::open(state, &snapshot, page_words, title).without_languages();
    let page = PassPage { frame, w, is_wrong };
    Ok(Page::draw(&page)?.in_locale(page.frame.locale()))
}

pub(crate) async fn ask_code(phone: PhoneCaller, State(state): State<AppState>) -> Result<Page, HttpError> {
    pass_page(&state, &phone, false)
}

pub(crate) async fn use_pass(
    phone: PhoneCaller,
    State(state): State<AppState>,
    FormBody { fields: form, .. }: FormBody,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let address = phone.peer().remote;
    let tries = state.inner.code_limiter(address);
    tries.take(address, state.clock.now().up_ms).map_err(pass_tries_spent)?;
    let (code, now_ms) = (form.text("code").to_owned(), state.known_now_ms());
    let (usage, now) = (phone.browser().usage(), state.clock.now());
    let begun = run_blocking(&state, move |state| {
        let failed = |error| HttpError::internal(&error);
        let Some(pass) = state.identity.passes.find(&code, now_ms).map_err(failed)? else { return Ok(None) };
        let here = state.store.facility().staff.get(&pass.staff).is_some_and(is_auditor);
        if !here {
            return Ok(None);
        }
        // The clock by which sessions end may be another one than that by which the pass was made.
        let left_ms = pass.until_ms - now_ms;
        let secret = state.identity.sessions.begin_until(usage, pass.staff, &now, left_ms).map_err(failed)?;
        Ok(Some((secret, pass.staff)))
    });
    let Some((secret, staff)) = begun.await? else {
        phone.notes().add([AccessNote::new(AccessOutcome::Denied, AccessTarget::SignIn)]);
        return Ok(with_cookies(ask_again(pass_page(&state, &phone, true)?), []));
    };
    tries.refund(&address);
    phone.notes().add([AccessNote::new(AccessOutcome::SignedIn, AccessTarget::SignIn).by(staff)]);
    go_to(INSPECTION).map(|reply| with_cookies(reply, [cookies::set_session(&secret)]))
}

/// A pass that is not over, for the page of the inspection.
pub(crate) struct PassRow {
    pub(crate) name: String,
    pub(crate) until: String,
    pub(crate) end: String,
}

pub(crate) async fn list_passes(state: &AppState, wording: &PageWording) -> Result<Vec<PassRow>, HttpError> {
    let now_ms = state.known_now_ms();
    let passes = run_blocking(state, move |state| {
        state.identity.passes.list(now_ms).map_err(|error| HttpError::internal(&error))
    });
    let facility = state.store.facility();
    let is_here = |pass: &AuditorPass| facility.staff.get(&pass.staff).is_some_and(is_auditor);
    let passes: Vec<AuditorPass> = passes.await?.into_iter().filter(is_here).collect();
    let names = read_quick(state, {
        let passes = passes.clone();
        move |state, reader| {
            let facility = state.store.snapshot();
            Ok(passes.iter().map(|pass| staff_name(reader, &facility, pass.staff)).collect::<Vec<_>>())
        }
    });
    let rows = passes.iter().zip(names.await?).map(|(pass, name)| PassRow {
        name,
        until: wording.dates().day_and_time(pass.until_ms).text,
        end: format!("{INSPECTION}/passes/{}/end", pass.staff),
    });
    Ok(rows.collect())
}
