//! The programs that have a token: what each may do, until when, who created it; a facility admin creates and revokes them.

use askama::Template;
use axum::extract::State;
use record::fold::FacilityState;
use record::kinds::AccessChange;
use web::answer::{OneOf, Page};
use web::argument::{FormFields, Path};
use web::error::HttpError;
use words::{Moment, S0, SafeHtml, fill_slots};

use crate::identity::{
    AccessOutcome, AccessTarget, ApiToken, ApiTokenScope, IdentityError, NewToken, TokenHand, TokenRefusal,
    TokenState,
};
use crate::store::LogReader;
use crate::web::access::permissions::ManageTokens;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::access_log::{log_admission, log_removal};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::log_reads::{StoredText, read_long};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::{new_submission, submission_of};
use crate::web::view_models::machine::program_notes::DAY_MS;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, PeopleWords, StaffWords};
use crate::wording::refusals::word_token_refusal;

pub(super) const PROGRAMS: &str = "/staff/programs";
struct TokenRow {
    id: String,
    name: String,
    scope: String,
    made: Moment,
    made_by: String,
    ends: String,
    used: String,
    state: String,
    ended_line: SafeHtml,
    class: &'static str,
    live: bool,
}

#[derive(Template)]
#[template(path = "people/programs.html")]
struct ProgramsPage {
    frame: PageLayout,
    s: StaffWords,
    w: PeopleWords,
    live: Vec<TokenRow>,
    ended: Vec<TokenRow>,
}

pub(crate) async fn list(
    signed: StaffCaller<ManageTokens>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let template = read_long(&state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let (page_words, s, w): (PageWords, StaffWords, PeopleWords) = signed.words();
        let look = TokenLook {
            w,
            wording: PageWording::new(page_words, &snapshot.local),
            now_ms: snapshot.now_ms(),
            reader,
            facility: &facility,
        };
        let tokens = state.identity.tokens.all().into_iter();
        let (live, ended) = tokens.map(|token| look.row(token)).partition(|row| row.live);
        let frame = PageLayout::staff(state, &snapshot, w.programs_title(), &signed, NavSection::Box);
        Ok(ProgramsPage { frame, s, w, live, ended })
    });
    let template = template.await?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

struct TokenLook<'a> {
    w: PeopleWords,
    wording: PageWording,
    now_ms: i64,
    reader: &'a LogReader,
    facility: &'a FacilityState,
}

impl TokenLook<'_> {
    fn row(&self, token: ApiToken) -> TokenRow {
        let (w, dates) = (self.w, self.wording.dates());
        let token_state = token.state(self.now_ms);
        let (state, class) = match (token_state, token.ends_soon(self.now_ms)) {
            (TokenState::Revoked, _) => (w.program_state_revoked(), ""),
            (TokenState::Expired, _) => (w.program_state_ended(), ""),
            (TokenState::Live, Some(_)) => (w.program_state_ends_soon(), "due"),
            (TokenState::Live, None) => (w.program_state_live(), "ok"),
        };
        let ends = match (token.revoked_ms, token.revoked_by, token.expires_ms) {
            (Some(ms), Some(by), _) => w.program_revoked_by(dates.day_and_time(ms).text, self.author(by)),
            (_, _, Some(ms)) => dates.day_with_year(ms).text,
            (_, _, None) => w.program_never_ends(),
        };
        let used = match token.used_day {
            // The middle of that day in UTC: the same date in nearly all zones. In the evening of the Americas that is not over yet.
            Some(day) => {
                let day = dates.day_with_year((day * DAY_MS + DAY_MS / 2).min(self.now_ms)).text;
                w.program_used(day, token.used_from.as_deref().unwrap_or(""))
            }
            None => w.program_not_used(),
        };
        let (scope, made) = (word_scope(w, token.scope), dates.day_and_time(token.made_ms));
        let made_by = self.author(token.made_by);
        let ended_line = match token_state {
            TokenState::Revoked => w.programs_revoked_line(&ends, S0, &scope, &used, &made_by),
            TokenState::Expired | TokenState::Live => {
                w.programs_ended_line(&ends, S0, &scope, &used, &made_by)
            }
        };
        let ended_line = fill_slots(ended_line, [made.to_html()]);
        let live = token_state == TokenState::Live;
        let (id, name) = (token.id, token.name);
        TokenRow { id, name, scope, made, made_by, ends, used, state, ended_line, class, live }
    }

    fn author(&self, by: TokenHand) -> String {
        match by {
            TokenHand::Staff(staff) => {
                StoredText::of_staff(self.reader, self.facility, staff).word(self.wording.words())
            }
            TokenHand::Socket => self.w.program_command_line(),
            TokenHand::Clear => self.w.program_came_clear(),
        }
    }
}

fn word_scope(w: PeopleWords, scope: ApiTokenScope) -> String {
    match scope {
        ApiTokenScope::Read => w.program_scope_read(),
        ApiTokenScope::Record => w.program_scope_record(),
        ApiTokenScope::Write => w.program_scope_write(),
    }
}

#[derive(Template)]
#[template(path = "people/program_new.html")]
struct NewTokenPage {
    frame: PageLayout,
    w: PeopleWords,
    problems: Vec<Wrong>,
    name: String,
    scope: String,
    days: String,
    form_token: String,
    submission: String,
}

fn new_page(
    state: &AppState,
    signed: &StaffSession,
    form: Option<&FormFields>,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, PeopleWords) = signed.words();
    let entered = |name: &str, default: &str| {
        form.map_or_else(|| default.to_owned(), |form| form.text(name).to_owned())
    };
    let title = match problems.is_empty() {
        true => w.program_new(),
        false => page_words.page_error_title(w.program_new()),
    };
    let page = Page::draw(&NewTokenPage {
        frame: PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Box).with_script(),
        w,
        problems,
        name: entered("name", ""),
        scope: entered("scope", ApiTokenScope::Read.word()),
        days: entered("days", "365"),
        form_token: signed.form_token(),
        submission: new_submission(state),
    })?;
    Ok(page.in_locale(page_words.catalog().locale()))
}

fn new_again(
    state: &AppState,
    signed: &StaffSession,
    form: &FormFields,
    (at, words): (&str, String),
) -> Result<FormOrPage, HttpError> {
    let wrong = vec![Wrong { at: at.to_owned(), words }];
    new_page(state, signed, Some(form), wrong).map(|page| OneOf::First(ask_again(page)))
}

pub(crate) async fn ask_new(
    signed: StaffCaller<ManageTokens>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    new_page(&state, &signed, None, Vec::new())
}

#[derive(Template)]
#[template(path = "people/program_made.html")]
struct MadePage {
    frame: PageLayout,
    w: PeopleWords,
    what: SafeHtml,
    text: String,
}

pub(crate) async fn make(
    signed: StaffCaller<ManageTokens>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let (page_words, w): (PageWords, PeopleWords) = signed.words();
    let again = |at: &str, words: String| new_again(&state, &signed, &form, (at, words));
    let Ok(scope) = form.text("scope").parse() else {
        return again("scope", w.program_new_scope_wrong());
    };
    let life = match form.text("days").parse() {
        Ok(life) => life,
        Err(refusal) => {
            let refusal: TokenRefusal = refusal;
            return again("days", word_token_refusal(w, &refusal));
        }
    };
    let new = NewToken {
        name: form.text("name").to_owned(),
        scope,
        life,
        made_by: TokenHand::Staff(signed.staff()),
        submission: submission_of(&form),
    };
    let (tokens, now_ms) = (state.identity.tokens.clone(), state.known_now_ms());
    let (token, text) = match run_blocking(move || tokens.make(&new, now_ms)).await? {
        Ok(made) => made,
        Err(TokenRefusal::Repeated) => return go_to(PROGRAMS).map(OneOf::First),
        Err(refusal) => {
            let at = if refusal == TokenRefusal::Days { "days" } else { "name" };
            return again(at, word_token_refusal(w, &refusal));
        }
    };
    signed.notes().add([AccessNote::new(AccessOutcome::TokenMade, AccessTarget::Admin).about(&token.id)]);
    log_made(&state, &signed, &token).await?;
    let snapshot = Snapshot::now(&state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let ends = match token.expires_ms {
        Some(ms) => wording.dates().day_with_year(ms).text,
        None => w.program_never_ends(),
    };
    let name = SafeHtml::element("strong", &[("translate", "no")], &token.name);
    let template = MadePage {
        frame: PageLayout::staff(&state, &snapshot, w.program_made(), &signed, NavSection::Box),
        w,
        what: fill_slots(w.program_made_what(ends, S0, word_scope(w, token.scope)), [name]),
        text,
    };
    Ok(OneOf::Second(Page::draw(&template)?.in_locale(wording.locale())))
}

/// Writes down that there is a token whose text nobody has seen yet; else it is revoked again.
async fn log_made(state: &AppState, signed: &StaffSession, token: &ApiToken) -> Result<(), HttpError> {
    let change = token.log_change(AccessChange::TokenMade);
    let Err(error) = log_admission(state, signed.author(), change).await else { return Ok(()) };
    let (tokens, now_ms) = (state.identity.tokens.clone(), state.known_now_ms());
    let (by, which) = (TokenHand::Staff(signed.staff()), token.id.clone());
    // Another request may have revoked it meanwhile: the result is the same.
    let _ = run_blocking(move || tokens.revoke(&which, by, now_ms)).await?;
    Err(error)
}

async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, HttpError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))
}

fn find_live_token(state: &AppState, id: &str) -> Result<ApiToken, HttpError> {
    let now_ms = state.known_now_ms();
    let mut all = state.identity.tokens.all().into_iter();
    all.find(|t| t.id == id && t.state(now_ms) == TokenState::Live).ok_or_else(not_found)
}

#[derive(Template)]
#[template(path = "people/program_revoke.html")]
struct RevokePage {
    frame: PageLayout,
    w: PeopleWords,
    id: String,
    name: String,
    form_token: String,
}

pub(crate) async fn ask_revoke(
    signed: StaffCaller<ManageTokens>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let token = find_live_token(&state, &id)?;
    let w: PeopleWords = signed.words();
    let template = RevokePage {
        frame: PageLayout::staff(
            &state,
            &Snapshot::now(&state),
            w.program_revoke(&token.name),
            &signed,
            NavSection::Box,
        ),
        w,
        id: token.id,
        name: token.name,
        form_token: signed.form_token(),
    };
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

pub(crate) async fn revoke(
    signed: StaffCaller<ManageTokens>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let token = find_live_token(&state, &id)?;
    let (tokens, now_ms) = (state.identity.tokens.clone(), state.known_now_ms());
    let (by, which) = (TokenHand::Staff(signed.staff()), token.id);
    let revoked = run_blocking(move || tokens.revoke(&which, by, now_ms)).await?;
    let token = revoked.map_err(|_| not_found())?;
    let note = AccessNote::new(AccessOutcome::TokenRevoked, AccessTarget::Admin).about(&token.id);
    signed.notes().add([note]);
    log_removal(&state, signed.author(), token.log_change(AccessChange::TokenRevoked)).await?;
    go_to(PROGRAMS).map(OneOf::First)
}
