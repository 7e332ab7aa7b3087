//! Runs before and after every handler: concerns that are common to all.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequest as _, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use record::entry::EntryAuthor;
use record::kinds::AccessChange;
use web::argument::{FormBody, PlainForm};
use web::error::HttpError;
use web::route::{RouteKind, RouteMark};
use web::table::Table;

use crate::identity::{AccessOutcome, AccessTarget};
use crate::listen::PeerAddress;
use crate::web::access::pin::PinTypist;
use crate::web::access::plain_form::refuse_secrets_in_the_clear;
use crate::web::access::program;
use crate::web::access::trace::AccessTrace;
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::commands::access_log::log_removal;
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::device::RequestDevice;
use crate::web::request::client::next_page::{HOME, KnownPages, SIGN_IN, SIGN_IN_BYTES_MAX, requested_page};
use crate::web::request::client::peer::{find_peer, host_name, https_address, is_authority};
use crate::web::request::submissions::submission_record::SUBMISSION_STATES;
use crate::web::words::ErrorWords;

/// Longest request target, bytes.
const URI_BYTES_MAX: usize = 2_048;
/// A phone asks for up to a hundred records in one address.
const STATES_BYTES_MAX: usize = 3_072;
/// No inline script or style, and nothing of another origin: the box has no internet.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; connect-src 'self'; \
    manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The installed page may need WebAssembly for reading labels, in browsers that have no reader of their own.
const APP_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; \
    media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What is checked before any handler runs.
#[derive(Clone)]
pub(crate) struct RequestGuard {
    state: AppState,
    /// What each path is for, also where a request does not reach its handler.
    kinds: Arc<BTreeMap<&'static str, RouteKind>>,
    pages: KnownPages,
}

impl RequestGuard {
    pub(crate) fn new(state: AppState, table: &Table<AppState>) -> Self {
        let kinds = table.rows().iter().map(|row| (row.route.path, row.route.kind));
        Self { state, kinds: Arc::new(kinds.collect()), pages: KnownPages::of(table) }
    }
}

/// Checks the request head, runs the handler, and reports the result to the audit.
pub(crate) async fn guard_request(
    State(guard): State<RequestGuard>,
    mut request: Request,
    next: Next,
) -> Response {
    let head = RequestHead { peer: find_peer(request.extensions()) };
    let trace = AccessTrace::of(&request, head.peer);
    let path = request.extensions().get::<MatchedPath>();
    let kind = path.and_then(|path| guard.kinds.get(path.as_str()).copied());
    let notes = AccessNotes::default();
    request.extensions_mut().insert(notes.clone());
    request.extensions_mut().insert(guard.pages.clone());
    let mut answer = match head.check(&guard.state, &request) {
        Ok(RequestFinding::Good) => next.run(request).await,
        Ok(RequestFinding::TokenShown(text)) => refuse_spent_token(&guard.state, text).await.into_response(),
        Ok(RequestFinding::StaffPage(error)) => {
            refuse_plain_staff(&guard.state, request, &head.peer, *error).await.into_response()
        }
        Err(error) => error.into_response(),
    };
    if let Some(kind) = kind
        && answer.extensions().get::<RouteMark>().is_none()
    {
        answer.extensions_mut().insert(RouteMark { name: None, kind });
    }
    trace.record(&guard.state, &notes, &answer);
    answer
}

pub(crate) async fn add_headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (policy, allowed) = match path == "/app" || path.starts_with("/app/") {
        true => (APP_POLICY, "camera=(self), microphone=(), geolocation=()"),
        false => (POLICY, "camera=(), microphone=(), geolocation=()"),
    };
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(allowed));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Findings in a request head that is valid by itself.
enum RequestFinding {
    Good,
    /// A token came over plain HTTP; its text where it looks like one.
    TokenShown(Option<String>),
    /// A staff page was requested over plain HTTP.
    StaffPage(Box<HttpError>),
}

struct RequestHead {
    peer: PeerAddress,
}

impl RequestHead {
    fn check(&self, state: &AppState, request: &Request) -> Result<RequestFinding, HttpError> {
        let (headers, path) = (request.headers(), request.uri().path());
        // The page to open after sign-in is in that address, encoded once more.
        let bytes_max = match path {
            SIGN_IN => SIGN_IN_BYTES_MAX,
            SUBMISSION_STATES => STATES_BYTES_MAX,
            _ => URI_BYTES_MAX,
        };
        if request.uri().path_and_query().map_or(0, |p| p.as_str().len()) > bytes_max {
            let title = worded(ErrorWords::error_address_too_long);
            return Err(new_error(StatusCode::URI_TOO_LONG, "address", title)
                .next(worded(ErrorWords::error_address_too_long_next)));
        }
        let host = one_host(headers)?;
        if headers.contains_key(CONTENT_ENCODING) {
            return Err(new_error(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-encoding",
                worded(ErrorWords::error_compressed),
            )
            .field("content-encoding")
            .next(worded(ErrorWords::error_compressed_next)));
        }
        // The old app's register path takes neither cookie nor token, so it answers as the label's own paths do.
        let api = path.starts_with("/api/") && !path.starts_with("/api/register-cleaning/");
        let guarded = api || path == "/staff" || path.starts_with("/staff/");
        if guarded && !self.is_own(state, host) {
            return Err(foreign_host());
        }
        if !request.method().is_safe() {
            self.same_origin(headers, host)?;
        }
        if !self.peer.secure && headers.contains_key(AUTHORIZATION) {
            return Ok(RequestFinding::TokenShown(program::bearer_token(headers).map(str::to_owned)));
        }
        if !self.peer.secure && (path == "/staff" || path.starts_with("/staff/")) {
            return Ok(RequestFinding::StaffPage(Box::new(needs_https(state, host, request))));
        }
        Ok(RequestFinding::Good)
    }

    /// Whether the box was asked by a name of its own: another site's name that resolves here is an attack (DNS rebinding).
    fn is_own(&self, state: &AppState, host: &str) -> bool {
        let name = host_name(host);
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
            let own = self.peer.local.ip().to_canonical();
            return address.is_loopback() || address == own || state.settings.hosts.iter().any(|h| h == name);
        }
        let label = state.store.snapshot().settings.label_host.clone();
        let label = label.split_once("://").map_or("", |(_, host)| host_name(host));
        label.eq_ignore_ascii_case(name)
            || state.settings.hosts.iter().any(|h| host_name(h).eq_ignore_ascii_case(name))
    }

    /// Plain-HTTP pages get no Sec-Fetch headers, so the origin is all there is; where there is none either, it is not cross-site.
    fn same_origin(&self, headers: &HeaderMap, host: &str) -> Result<(), HttpError> {
        let scheme = if self.peer.secure { "https://" } else { "http://" };
        let mut origins = headers.get_all(ORIGIN).iter();
        let is_same = match (origins.next(), origins.next()) {
            (Some(origin), None) => origin
                .to_str()
                .ok()
                .and_then(|o| o.strip_prefix(scheme))
                .is_some_and(|authority| authority.eq_ignore_ascii_case(host)),
            (None, _) => {
                headers.get_all(FETCH_SITE).iter().all(|site| site == "same-origin" || site == "none")
            }
            (Some(_), Some(_)) => false,
        };
        if is_same {
            return Ok(());
        }
        Err(new_error(StatusCode::FORBIDDEN, "origin", worded(ErrorWords::error_origin))
            .detail(worded(ErrorWords::error_origin_detail))
            .next(worded(ErrorWords::error_origin_next)))
    }
}

fn one_host(headers: &HeaderMap) -> Result<&str, HttpError> {
    let mut hosts = headers.get_all(HOST).iter();
    let one = hosts.next().and_then(|h| h.to_str().ok()).filter(|h| !h.is_empty() && h.len() <= 255);
    match (one, hosts.next()) {
        // Links are built from it.
        (Some(host), None) if is_authority(host) => Ok(host),
        _ => Err(new_error(StatusCode::BAD_REQUEST, "host", worded(ErrorWords::error_host))
            .next(worded(ErrorWords::error_host_next))),
    }
}

fn foreign_host() -> HttpError {
    new_error(StatusCode::MISDIRECTED_REQUEST, "foreign-host", worded(ErrorWords::error_foreign_host))
        .detail(worded(ErrorWords::error_foreign_host_detail))
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_foreign_host_next))
}

fn needs_https(state: &AppState, host: &str, request: &Request) -> HttpError {
    // The very page that was asked for; what a form sent is not carried over.
    let page = if request.method().is_safe() { requested_page(request.uri()) } else { HOME.to_owned() };
    let error = new_error(StatusCode::FORBIDDEN, "https-needed", worded(ErrorWords::error_https))
        .detail(worded(ErrorWords::error_https_detail))
        .safe(worded(ErrorWords::error_https_safe));
    match https_address(state, host, &page) {
        Some(address) => error
            .next(worded(ErrorWords::error_https_next))
            .link(address, worded(ErrorWords::error_https_link))
            .link("/trust", worded(ErrorWords::error_https_trust)),
        None => error.next(worded(ErrorWords::error_https_none)),
    }
}

/// A form with a PIN or a badge gets the answer that it gets on every page; all else is sent to HTTPS.
async fn refuse_plain_staff(
    state: &AppState,
    request: Request,
    from: &PeerAddress,
    error: HttpError,
) -> HttpError {
    if request.method().is_safe() {
        return error;
    }
    let device = RequestDevice::of(state, request.headers(), Some(from));
    let Ok(FormBody { fields, .. }) = FormBody::<PlainForm>::from_request(request, state).await else {
        return error;
    };
    let typist = PinTypist::on(&device, from);
    refuse_secrets_in_the_clear(state, &fields, &typist).await.err().unwrap_or(error)
}

/// A token that crossed the network unencrypted is compromised.
async fn refuse_spent_token(state: &AppState, text: Option<String>) -> HttpError {
    let text = text.as_deref();
    let now_ms = state.clock.now().wall_ms;
    let revoked = text.map(|text| state.identity.tokens.revoke_shown(text, now_ms));
    if let Some(Ok(Some(token))) = &revoked {
        let logged = log_removal(state, EntryAuthor::BOX, token.log_change(AccessChange::TokenRevoked)).await;
        if let Err(error) = logged {
            tracing::error!(token = %token.id, ?error, "that a token was revoked is not in the log");
        }
    }
    let note = AccessNote::new(AccessOutcome::TokenInTheClear, AccessTarget::Read);
    let note = match text.and_then(|text| state.identity.tokens.find(text)) {
        Some(token) => note.about(&token.id),
        None => note,
    };
    let words = match revoked {
        Some(Ok(Some(_))) => "It crossed the network in the clear, so it was revoked.",
        Some(Err(_)) => "It crossed the network in the clear; revoking it failed, so revoke it by hand.",
        _ => "Nothing that is secret may cross the network in the clear.",
    };
    new_error(StatusCode::BAD_REQUEST, "token-in-the-clear", "A token was sent without HTTPS")
        .detail(words)
        .field("authorization")
        .next("Make a new token and use the HTTPS address.")
        .note(note)
}
