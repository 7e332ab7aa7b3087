//! In front of every handler and behind it: what no handler should have to think of.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST,
    ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::identity::{AccessOutcome, AccessWanted};
use crate::listen::Peer;
use crate::web::access::program;
use crate::web::access::trace::AccessTrace;
use crate::web::access_note::AccessNote;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, page_with};
use crate::web::request::next_page::{HOME, SIGN_IN, SIGN_IN_BYTES_MAX, asked_page};
use crate::web::request::peer::{host_name, https_address, is_program, peer};
use crate::web::view_models::snapshot::Snapshot;

/// Bytes of a request's address.
const URI_BYTES_MAX: usize = 2_048;
/// No inline script or style, and nobody else's anything: the box has no internet.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Checks the head, lets the handlers work, and dresses their answer.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let ask = Ask::of(&request);
    let trace = AccessTrace::of(&request, ask.peer);
    let mut answer = match ask.check(&state, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED && !has_problem(&answer) {
        let allow = answer.headers().get(ALLOW).cloned().unwrap_or(HeaderValue::from_static("GET, HEAD"));
        answer = method_problem(allow).into_response();
    }
    trace.record(&state, &mut answer);
    if let Some(problem) = answer.extensions_mut().remove::<Box<Problem>>() {
        answer = ask.told(&state, *problem, answer);
    }
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

fn has_problem(answer: &Response) -> bool {
    answer.extensions().get::<Box<Problem>>().is_some()
}

fn method_problem(allow: HeaderValue) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "That cannot be done at this address")
        .detail("The request’s method is not one of those that this address knows.")
        .next("Use the buttons of the page, or see /api/openapi.json.")
        .header(ALLOW, allow)
}

/// The part of a request that is needed after its handler has taken it.
struct Ask {
    peer: Peer,
    program: bool,
}

impl Ask {
    fn of(request: &Request) -> Self {
        Self { peer: peer(request), program: is_program(request) }
    }

    fn check(&self, state: &AppState, request: &Request) -> Result<(), Problem> {
        let (headers, path) = (request.headers(), request.uri().path());
        // A page that is wanted after signing in stands in that address encoded once more.
        let bytes_max = if path == SIGN_IN { SIGN_IN_BYTES_MAX } else { URI_BYTES_MAX };
        if request.uri().path_and_query().map_or(0, |p| p.as_str().len()) > bytes_max {
            return Err(Problem::new(StatusCode::URI_TOO_LONG, "address", "The address is too long")
                .next("Scan the label again."));
        }
        // Pages know only what forms can send.
        let known = match path.starts_with("/api/") {
            true => &[Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE][..],
            false => &[Method::GET, Method::HEAD, Method::POST],
        };
        if !known.contains(request.method()) {
            return Err(method_problem(HeaderValue::from_static("GET, HEAD, POST")));
        }
        let host = one_host(headers)?;
        if headers.contains_key(CONTENT_ENCODING) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-encoding",
                "The box reads no compressed requests",
            )
            .field("content-encoding"));
        }
        // The ancestor's register path takes neither cookie nor token, so it answers as the label's own paths do.
        let api = path.starts_with("/api/") && !path.starts_with("/api/register-cleaning/");
        let guarded = api || path == "/staff" || path.starts_with("/staff/");
        if guarded && !self.is_own(state, host) {
            return Err(foreign_host());
        }
        if !request.method().is_safe() {
            self.same_origin(headers, host)?;
        }
        if !self.peer.secure && headers.contains_key(AUTHORIZATION) {
            return Err(spent_token(state, headers));
        }
        if !self.peer.secure && (path == "/staff" || path.starts_with("/staff/")) {
            return Err(needs_https(state, host, request));
        }
        Ok(())
    }

    /// Whether the box was asked by a name of its own: another site's name that leads here is somebody's trick.
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

    /// Plain-HTTP pages get no Sec-Fetch headers, so the origin is all there is.
    fn same_origin(&self, headers: &HeaderMap, host: &str) -> Result<(), Problem> {
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let scheme = if self.peer.secure { "https://" } else { "http://" };
        let same = origin
            .to_str()
            .ok()
            .and_then(|o| o.strip_prefix(scheme))
            .is_some_and(|authority| authority.eq_ignore_ascii_case(host));
        if same {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "origin", "This form came from another site")
            .detail("The box takes forms only from its own pages.")
            .next("Scan the label and use the page that opens."))
    }

    /// The problem as the one who asked can read it.
    fn told(&self, state: &AppState, problem: Problem, mut answer: Response) -> Response {
        let id: String = state.random.bytes::<4>().iter().map(|b| format!("{b:02x}")).collect();
        let mut problem = problem;
        if let Some(cause) = problem.cause() {
            tracing::error!(id, cause, "a request failed");
            problem.detail = "Something in the box went wrong; it is written down there.".into();
        }
        let headers = answer.headers_mut();
        headers.remove(CONTENT_TYPE);
        let headers = std::mem::take(headers);
        let mut told = if self.program { as_json(&problem, &id) } else { as_page(state, &problem, &id) };
        told.headers_mut().extend(headers);
        told
    }
}

fn one_host(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    let one = hosts.next().and_then(|h| h.to_str().ok()).filter(|h| !h.is_empty() && h.len() <= 255);
    match (one, hosts.next()) {
        (Some(host), None) => Ok(host),
        _ => {
            Err(Problem::new(StatusCode::BAD_REQUEST, "host", "The request names no host, or more than one"))
        }
    }
}

fn foreign_host() -> Problem {
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "foreign-host", "The box does not answer under this name here")
        .detail("Staff pages and the API answer only under the box’s own names and addresses.")
        .safe("Nothing was changed.")
        .next("Open the box by its address or by the name on its labels. A further name goes into `hosts` of its settings.")
}

fn needs_https(state: &AppState, host: &str, request: &Request) -> Problem {
    // The very page that was asked for; what a form sent is not carried over.
    let page = if request.method().is_safe() { asked_page(request.uri()) } else { HOME.to_owned() };
    let problem = Problem::new(StatusCode::FORBIDDEN, "https-needed", "Staff pages need HTTPS")
        .detail("A PIN must not cross the Wi-Fi in the clear, so these pages open only over HTTPS.")
        .safe("Nothing was sent.");
    match https_address(state, host, &page) {
        Some(address) => problem
            .next("The browser may warn once, until the facility’s certificate is installed.")
            .link(address, "Open the staff pages over HTTPS"),
        None => problem.next("This box has no HTTPS listener; see `https` in its settings."),
    }
}

/// A token that crossed the network in the clear is everybody's.
fn spent_token(state: &AppState, headers: &HeaderMap) -> Problem {
    let text = program::bearer(headers);
    let now_ms = state.clock.now().wall_ms;
    let revoked = text.map(|text| state.identity.tokens.revoke_shown(text, now_ms));
    let note = AccessNote::new(AccessOutcome::TokenInTheClear, AccessWanted::Read);
    let note = match text.and_then(|text| state.identity.tokens.find(text)) {
        Some(token) => note.about(&token.id),
        None => note,
    };
    let words = match revoked {
        Some(Ok(Some(_))) => "It crossed the network in the clear, so it was revoked.",
        Some(Err(_)) => "It crossed the network in the clear; revoking it failed, so revoke it by hand.",
        _ => "Nothing that is secret may cross the network in the clear.",
    };
    Problem::new(StatusCode::BAD_REQUEST, "token-in-the-clear", "A token was sent without HTTPS")
        .detail(words)
        .field("authorization")
        .next("Make a new token and use the HTTPS address.")
        .noted(note)
}

fn as_json(problem: &Problem, id: &str) -> Response {
    let body = serde_json::json!({
        "type": format!("/problems/{}", problem.code), "title": problem.title, "status": problem.status.as_u16(),
        "detail": problem.detail, "field": problem.field, "safe": problem.safe, "next": problem.next, "id": id,
        // The ancestor's scripts look for these two.
        "success": false, "message": problem.title,
    });
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = problem.status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    answer
}

#[derive(askama::Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    problem: &'a Problem,
    contact: String,
    id: &'a str,
}

fn as_page(state: &AppState, problem: &Problem, id: &str) -> Response {
    let snapshot = Snapshot::now(state);
    let contact = snapshot.contact();
    let frame = Frame::new(state, &snapshot, problem.title.clone());
    page_with(problem.status, &ProblemPage { frame, problem, contact, id })
        .unwrap_or_else(|_| problem.status.into_response())
}

/// No route has this address.
pub(crate) async fn no_page() -> Problem {
    Problem::not_found()
}

/// A handler panicked: a bug must not stop the box from recording.
#[expect(clippy::needless_pass_by_value, reason = "the layer that catches panics hands it over")]
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let words =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(&format!("a handler panicked: {}", words.unwrap_or("without words")))
        .safe("If you pressed “Record cleaning”, look at the equipment’s page whether it is there, and record it if it is not.")
        .into_response()
}
