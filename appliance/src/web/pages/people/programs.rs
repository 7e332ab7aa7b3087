//! The programs that have a token: what each may do, until when, who made it; a facility admin makes and revokes them.

use askama::Template;
use axum::extract::State;
use web::answer::{OneOf, Page};
use web::argument::{FormFields, Path};
use web::error::HttpError;

use crate::identity::{
    AccessOutcome, AccessWanted, ApiToken, IdentityError, NewToken, Scope, TokenHand, TokenRefusal,
    TokenState,
};
use crate::web::access::permissions::ManageTokens;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::confirm_pin::Confirmed;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::{read_long, staff_name};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::request::submission::{new_submission, submission_of};
use crate::web::view_models::formats::Moment;
use crate::web::view_models::program_notes::DAY_MS;
use crate::web::view_models::snapshot::Snapshot;

pub(super) const PROGRAMS: &str = "/staff/programs";
struct TokenRow {
    id: String,
    name: String,
    scope: &'static str,
    made: Moment,
    made_by: String,
    ends: String,
    used: String,
    state: &'static str,
    class: &'static str,
    live: bool,
}

#[derive(Template)]
#[template(path = "programs.html")]
struct ProgramsPage {
    frame: Frame,
    live: Vec<TokenRow>,
    ended: Vec<TokenRow>,
}

pub(crate) async fn list(
    signed: Staff<ManageTokens>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let template = read_long(&state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let (local, now_ms) = (&snapshot.local, snapshot.now.wall_ms);
        let hand = |by: TokenHand| match by {
            TokenHand::Staff(staff) => staff_name(reader, &facility, staff),
            TokenHand::Socket => "the box’s command line".to_owned(),
            TokenHand::Clear => "the box: it came without HTTPS".to_owned(),
        };
        let line = |token: ApiToken| {
            let token_state = token.state(now_ms);
            let (word, class) = match (token_state, token.ends_soon(now_ms)) {
                (TokenState::Revoked, _) => ("Revoked", ""),
                (TokenState::Expired, _) => ("Ended", ""),
                (TokenState::Live, Some(_)) => ("Ends soon", "due"),
                (TokenState::Live, None) => ("In force", "ok"),
            };
            let ends = match (token.revoked_ms, token.revoked_by, token.expires_ms) {
                (Some(ms), Some(by), _) => format!("{} by {}", local.day_time(ms).text, hand(by)),
                (_, _, Some(ms)) => local.date(ms),
                (_, _, None) => "never".to_owned(),
            };
            let used = token.used_day.map_or_else(
                || "not yet".to_owned(),
                // The middle of that day in UTC: the same date in nearly all zones.
                |day| {
                    format!(
                        "{} from {}",
                        local.date(day * DAY_MS + DAY_MS / 2),
                        token.used_from.as_deref().unwrap_or("")
                    )
                },
            );
            TokenRow {
                scope: scope_words(token.scope),
                made: local.day_time(token.made_ms),
                made_by: hand(token.made_by),
                ends,
                used,
                state: word,
                class,
                live: token_state == TokenState::Live,
                id: token.id,
                name: token.name,
            }
        };
        let (live, ended) = state.identity.tokens.all().into_iter().map(line).partition(|line| line.live);
        let frame = Frame::staff(state, &snapshot, "Programs", &signed, Place::Box);
        Ok(ProgramsPage { frame, live, ended })
    });
    Page::draw(&template.await?)
}

fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "reads",
        Scope::Record => "reads, and records cleanings",
        Scope::Write => "reads, records, changes and prints",
    }
}

#[derive(Template)]
#[template(path = "program_new.html")]
struct NewTokenPage {
    frame: Frame,
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
    let error = if problems.is_empty() { "" } else { "Error: " };
    let typed = |name: &str, default: &str| {
        form.map_or_else(|| default.to_owned(), |form| form.text(name).to_owned())
    };
    let title = format!("{error}Make a token");
    Page::draw(&NewTokenPage {
        frame: Frame::staff(state, &Snapshot::now(state), title, signed, Place::Box).with_script(),
        problems,
        name: typed("name", ""),
        scope: typed("scope", Scope::Read.word()),
        days: typed("days", "365"),
        form_token: signed.form_token(),
        submission: new_submission(state),
    })
}

/// The form once more, with what is wrong.
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
    signed: Staff<ManageTokens>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    new_page(&state, &signed, None, Vec::new())
}

/// A token's text, this once.
#[derive(Template)]
#[template(path = "program_made.html")]
struct MadePage {
    frame: Frame,
    name: String,
    text: String,
    scope: &'static str,
    ends: String,
}

pub(crate) async fn make(
    signed: Staff<ManageTokens>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let form = match signed.confirm(&state, form).await? {
        Confirmed::Form(form) => form,
        Confirmed::Asked(answer) => return Ok(answer),
    };
    let again = |at: &str, words: String| new_again(&state, &signed, &form, (at, words));
    let Ok(scope) = form.text("scope").parse() else {
        return again("scope", "Choose what it may do".to_owned());
    };
    let life = match form.text("days").parse() {
        Ok(life) => life,
        Err(refusal) => {
            let refusal: TokenRefusal = refusal;
            return again("days", refusal.to_string());
        }
    };
    let new = NewToken {
        name: form.text("name").to_owned(),
        scope,
        life,
        made_by: TokenHand::Staff(signed.staff()),
        submission: submission_of(&form),
    };
    let (tokens, now_ms) = (state.identity.tokens.clone(), state.clock.now().wall_ms);
    let (token, text) = match blocking(move || tokens.make(&new, now_ms)).await? {
        Ok(made) => made,
        Err(TokenRefusal::Repeated) => return go_to(PROGRAMS).map(OneOf::First),
        Err(refusal) => {
            let at = if refusal == TokenRefusal::Days { "days" } else { "name" };
            return again(at, refusal.to_string());
        }
    };
    let snapshot = Snapshot::now(&state);
    signed.notes().add([AccessNote::new(AccessOutcome::TokenMade, AccessWanted::Admin).about(&token.id)]);
    let template = MadePage {
        ends: token.expires_ms.map_or_else(|| "never".to_owned(), |ms| snapshot.local.date(ms)),
        frame: Frame::staff(&state, &snapshot, "Copy the token now", &signed, Place::Box),
        scope: scope_words(token.scope),
        name: token.name,
        text,
    };
    Page::draw(&template).map(OneOf::Second)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, HttpError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))
}

fn live(state: &AppState, id: &str) -> Result<ApiToken, HttpError> {
    let now_ms = state.clock.now().wall_ms;
    let mut all = state.identity.tokens.all().into_iter();
    all.find(|t| t.id == id && t.state(now_ms) == TokenState::Live).ok_or_else(not_found)
}

#[derive(Template)]
#[template(path = "program_revoke.html")]
struct RevokePage {
    frame: Frame,
    id: String,
    name: String,
    form_token: String,
}

pub(crate) async fn ask_revoke(
    signed: Staff<ManageTokens>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let token = live(&state, &id)?;
    let title = format!("Revoke the token of {}?", token.name);
    Page::draw(&RevokePage {
        frame: Frame::staff(&state, &Snapshot::now(&state), title, &signed, Place::Box),
        id: token.id,
        name: token.name,
        form_token: signed.form_token(),
    })
}

pub(crate) async fn revoke(
    signed: Staff<ManageTokens>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    if let Confirmed::Asked(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    let token = live(&state, &id)?;
    let (tokens, now_ms) = (state.identity.tokens.clone(), state.clock.now().wall_ms);
    let (by, which) = (TokenHand::Staff(signed.staff()), token.id);
    let revoked = blocking(move || tokens.revoke(&which, by, now_ms)).await?;
    let token = revoked.map_err(|_| not_found())?;
    let note = AccessNote::new(AccessOutcome::TokenRevoked, AccessWanted::Admin).about(&token.id);
    signed.notes().add([note]);
    go_to(PROGRAMS).map(OneOf::First)
}
