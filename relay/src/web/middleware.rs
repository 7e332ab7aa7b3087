//! What holds for every answer: security headers, foreign forms refused, denials kept.

use ::web::request_id::RequestId;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use record::ids::FacilityId;

use crate::accounts::records::access_log::{AccessOutcome, AccessRecord, DenialReason};
use crate::db::DbError;
use crate::mail::transport::EXIT_PATH;
use crate::web::access::{CallerSlot, KnownCaller};
use crate::web::named_place::{find_facility, known_facility};
use crate::web::reader::{choose_reader, mark_language};
use crate::web::words::answer_reader;
use crate::web::{WebContext, cross_origin, http_error};

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer` a browser would hide the origin of our own forms too.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The layer around all others: security headers on every answer, and a line in the access log for what was denied.
pub(crate) async fn guard_answers(
    State(web): State<WebContext>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let slot = CallerSlot::named(request.extensions().get::<RequestId>().cloned());
    request.extensions_mut().insert(slot.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let facility = find_facility(route, request.uri().path());
    let requested = format!("{} {route}", request.method());
    let reader = choose_reader(request.headers(), request.uri().path(), None);
    answer_reader(reader, guard_answer(&web, &slot, &requested, facility, next.run(request))).await
}

async fn guard_answer(
    web: &WebContext,
    slot: &CallerSlot,
    requested: &str,
    facility: Option<FacilityId>,
    answer: impl Future<Output = Response<Body>>,
) -> Response<Body> {
    let mut answer = answer.await;
    if let Some(&why) = answer.extensions().get::<DenialReason>()
        && let Some(caller) = slot.get()
    {
        let record = AccessRecord { who: &caller.who, act: requested, about: why.key(), facility };
        if let Err(error) = keep_denial(web, caller, record).await {
            tracing::error!(%error, requested, "cannot keep that something was denied");
        }
    }
    let headers = answer.headers_mut();
    if let Some(left) = slot.quota() {
        left.write(headers);
    }
    if let Some(origin) = slot.origin() {
        cross_origin::allow_origin(headers, origin);
    }
    mark_language(headers);
    // A document that is shown within a page of ours says itself what it may.
    let own_policy = headers.remove(header::CONTENT_SECURITY_POLICY);
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = own_policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // What may be kept says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Refuses what may change something and comes from a page that is none of ours.
pub(crate) async fn refuse_foreign_forms(
    State(web): State<WebContext>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let is_own =
        is_own(request.method(), request.headers(), request.uri().authority(), &web.settings.public_url);
    // A mail program's button is on a page of its own; what it opens is in the link.
    if is_own || request.uri().path().starts_with(EXIT_PATH) {
        return next.run(request).await;
    }
    web.strangers.sent_foreign_form();
    http_error::foreign_form().into_response()
}

async fn keep_denial(
    web: &WebContext,
    caller: &KnownCaller,
    record: AccessRecord<'_>,
) -> Result<(), DbError> {
    let facility = known_facility(web, caller.reads, record.facility).await?;
    let record = AccessRecord { facility, ..record };
    let mut tx = web.db.write(caller.scope).await?;
    web.log().write_repeated(&mut tx, record, AccessOutcome::Denied).await?;
    tx.commit().await
}

/// Whether a changing request comes from a page of ours. Programs send neither header: a token or form secret decides.
fn is_own(
    method: &Method,
    headers: &HeaderMap,
    authority: Option<&axum::http::uri::Authority>,
    public_url: &str,
) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let site = read_header(headers, HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin") {
        return false;
    }
    let Some(origin) = read_header(headers, header::ORIGIN) else { return true };
    let host =
        authority.map(axum::http::uri::Authority::as_str).or_else(|| read_header(headers, header::HOST));
    let named = origin.strip_prefix("https://");
    origin == public_url.trim_end_matches('/') || (named.is_some() && named == host)
}

fn read_header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("null"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_own(method, &headers.collect(), None, "https://relay.example")
    }

    #[test]
    fn only_our_own_pages_post() {
        let post = |pairs: &[(&'static str, &'static str)]| own(&Method::POST, pairs);
        assert!(post(&[("origin", "https://localhost:4"), ("host", "localhost:4")]));
        assert!(post(&[("origin", "https://relay.example"), ("host", "10.0.0.1")]));
        assert!(post(&[("host", "localhost:4")]), "a program");
        assert!(!post(&[("origin", "https://evil.example"), ("host", "localhost:4")]));
        assert!(!post(&[("origin", "http://localhost:4"), ("host", "localhost:4")]), "not over HTTPS");
        assert!(!post(&[("origin", "null"), ("host", "localhost:4")]));
        assert!(!post(&[("sec-fetch-site", "cross-site"), ("host", "localhost:4")]));
        assert!(!post(&[("sec-fetch-site", "same-site"), ("host", "localhost:4")]));
        assert!(own(&Method::GET, &[("origin", "https://evil.example")]));
    }
}
