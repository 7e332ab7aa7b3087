//! Programs, by their token.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use record::entry::{CommandSource, EntryAuthor};
use web::error::HttpError;
use web::route::{Access, Caller};

use crate::identity::{AccessTarget, ApiToken, ApiTokenScope, TokenState};
use crate::listen::PeerAddress;
use crate::web::access::permissions::{StaffPermission, TokenScope};
use crate::web::access::staff_session::find_signed_in;
use crate::web::access_note::AccessNotes;
use crate::web::context::AppState;
use crate::web::http_error::new_error;

/// A program whose token has at least the scope `S`. A session is not enough: its cookie comes along with any request.
pub(crate) struct ProgramCaller<S> {
    token_id: String,
    notes: AccessNotes,
    scope: PhantomData<S>,
}

/// A program whose token has at least the scope `S`, or a browser in which somebody has signed in whose role includes `P`.
pub(crate) struct StaffOrProgram<P, S> {
    let_in_by: PhantomData<(P, S)>,
}

impl<S> ProgramCaller<S> {
    pub(crate) fn token_id(&self) -> &str {
        &self.token_id
    }

    pub(crate) fn notes(&self) -> &AccessNotes {
        &self.notes
    }
}

pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("Token ")).map(str::trim)
}

/// The token that a request carries, if it carries one; for an ended one the error says why it ended.
fn find_token(parts: &Parts, state: &AppState) -> Result<Option<ApiToken>, HttpError> {
    let peer = parts.extensions.get::<PeerAddress>().filter(|peer| peer.secure);
    let found = peer
        .zip(bearer_token(&parts.headers))
        .and_then(|(peer, text)| state.identity.tokens.find(text).map(|token| (peer, text, token)));
    let Some((peer, text, token)) = found else { return Ok(None) };
    let now_ms = state.known_now_ms();
    match token.state(now_ms) {
        TokenState::Live => {}
        TokenState::Expired => return Err(token_ended("token-expired", "This API token has ended")),
        TokenState::Revoked => return Err(token_ended("token-revoked", "This API token was revoked")),
    }
    state.identity.tokens.note_use(text, peer.remote, now_ms);
    Ok(Some(token))
}

const NEW_TOKEN: &str = "A facility admin makes a token on the page “Programs”, or at the box: `cleantrack-appliance token create`.";

fn token_ended(code: &'static str, title: &'static str) -> HttpError {
    new_error(StatusCode::UNAUTHORIZED, code, title)
        .detail("It is refused from now on; what it did before stays.")
        .safe("Nothing was changed.")
        .next(NEW_TOKEN)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
}

fn token_required() -> HttpError {
    new_error(StatusCode::UNAUTHORIZED, "token-needed", "This needs an API token")
        .detail("Send `Authorization: Bearer ct_…` over HTTPS.")
        .safe("Nothing was changed.")
        .next(NEW_TOKEN)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

fn require_scope(parts: &Parts, state: &AppState, least: ApiTokenScope) -> Result<ApiToken, HttpError> {
    let target = match least {
        ApiTokenScope::Read => AccessTarget::Read,
        ApiTokenScope::Record => AccessTarget::Record,
        ApiTokenScope::Write => AccessTarget::Write,
    };
    let token = find_token(parts, state).map_err(|error| error.note(target))?;
    let token = token.ok_or_else(|| token_required().note(target))?;
    if token.scope >= least {
        return Ok(token);
    }
    let title = match token.scope {
        ApiTokenScope::Read => "This token may only read",
        ApiTokenScope::Record | ApiTokenScope::Write => "This token may only read and record cleanings",
    };
    Err(new_error(StatusCode::FORBIDDEN, "scope", title)
        .detail(format!(
            "It was created with the scope `{}`, and this request needs `{}`.",
            token.scope.word(),
            least.word()
        ))
        .safe("Nothing was changed.")
        .next(format!("Use a token of the scope `{}`.", least.word()))
        .note(target))
}

impl<S: TokenScope> Caller for ProgramCaller<S> {
    const ACCESS: Access = Access::Token(S::SCOPE.word());
}

impl<S: TokenScope> FromRequestParts<AppState> for ProgramCaller<S> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let token = require_scope(parts, state, S::SCOPE)?;
        let notes = parts.extensions.get().cloned().unwrap_or_default();
        Ok(Self { token_id: token.id, notes, scope: PhantomData })
    }
}

impl<P: StaffPermission, S: TokenScope> Caller for StaffOrProgram<P, S> {
    const ACCESS: Access =
        Access::SessionOrToken { permission: P::PERMISSION.name(), scope: S::SCOPE.word() };
}

impl<P: StaffPermission, S: TokenScope> FromRequestParts<AppState> for StaffOrProgram<P, S> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let signed_in = find_signed_in(state, &parts.headers, parts.extensions.get());
        if !signed_in.is_some_and(|(_, role)| P::PERMISSION.is_of(role)) {
            require_scope(parts, state, S::SCOPE)?;
        }
        Ok(Self { let_in_by: PhantomData })
    }
}

pub(crate) const BY_API: EntryAuthor = EntryAuthor { staff: None, via: CommandSource::Api, device: None };
