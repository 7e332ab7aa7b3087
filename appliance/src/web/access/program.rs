//! Programs, by their token.

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use record::entry::{By, Via};

use crate::identity::{AccessWanted, Scope, TokenState};
use crate::listen::Peer;
use crate::web::access::staff_session;
use crate::web::context::AppState;
use crate::web::http_error::Problem;

/// A program with a token, or a browser in which somebody has signed in: may read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MayRead;

/// A program whose token may report cleanings. A session is not enough, as below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MayRecord;

/// A program whose token may give commands. A session is not enough: its cookie comes along with any request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MayWrite;

/// The text of a bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// The scope of the token that a request carries, if it carries one; an ended one is told what became of it.
pub(crate) fn scope(parts: &Parts, state: &AppState) -> Result<Option<Scope>, Problem> {
    let peer = parts.extensions.get::<Peer>().filter(|peer| peer.secure);
    let found = peer
        .zip(bearer(&parts.headers))
        .and_then(|(peer, text)| state.identity.tokens.find(text).map(|token| (peer, text, token)));
    let Some((peer, text, token)) = found else { return Ok(None) };
    let now_ms = state.clock.now().wall_ms;
    match token.state(now_ms) {
        TokenState::Live => {}
        TokenState::Expired => return Err(token_ended("token-expired", "This API token has ended")),
        TokenState::Revoked => return Err(token_ended("token-revoked", "This API token was revoked")),
    }
    if let Err(error) = state.identity.tokens.note_use(text, peer.remote, now_ms) {
        tracing::warn!(%error, token = token.id, "the use of a token was not noted");
    }
    Ok(Some(token.scope))
}

pub(crate) fn token_ended(code: &'static str, title: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, title)
        .detail("It is refused from now on; what it did before stays.")
        .safe("Nothing was changed.")
        .next(NEW_TOKEN)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
}

pub(crate) const NEW_TOKEN: &str = "A facility admin makes a token on the page “Programs”, or at the box: `cleantrack-appliance token create`.";

pub(crate) fn who_are_you() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token-needed", "This needs an API token")
        .detail("Send `Authorization: Bearer ct_…` over HTTPS.")
        .safe("Nothing was changed.")
        .next(NEW_TOKEN)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// Lets a program by whose token has at least this scope.
pub(crate) fn require(parts: &Parts, state: &AppState, least: Scope) -> Result<(), Problem> {
    let wanted = match least {
        Scope::Read => AccessWanted::Read,
        Scope::Record => AccessWanted::Record,
        Scope::Write => AccessWanted::Write,
    };
    let scope = scope(parts, state).map_err(|problem| problem.wanted(wanted))?;
    let scope = scope.ok_or_else(|| who_are_you().wanted(wanted))?;
    if scope >= least {
        return Ok(());
    }
    let title = match scope {
        Scope::Read => "This token may only read",
        Scope::Record | Scope::Write => "This token may only read and record cleanings",
    };
    Err(Problem::new(StatusCode::FORBIDDEN, "scope", title)
        .detail(format!(
            "It was made with the scope `{}`, and this request needs `{}`.",
            scope.word(),
            least.word()
        ))
        .safe("Nothing was changed.")
        .next(format!("Use a token of the scope `{}`.", least.word()))
        .wanted(wanted))
}

impl FromRequestParts<AppState> for MayRead {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if staff_session::session_of(state, &parts.headers, parts.extensions.get()).is_some() {
            return Ok(Self);
        }
        require(parts, state, Scope::Read).map(|()| Self)
    }
}

impl FromRequestParts<AppState> for MayRecord {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        require(parts, state, Scope::Record).map(|()| Self)
    }
}

impl FromRequestParts<AppState> for MayWrite {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        require(parts, state, Scope::Write).map(|()| Self)
    }
}

pub(crate) const BY_API: By = By { staff: None, via: Via::Api, device: None };
