//! What holds for every answer: security headers, foreign forms refused, denials kept, faults worded, panics caught.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse as _;

use crate::accounts::access_log::{AccessOutcome, AccessRecord};
use crate::db::{AccountScope, DbError};
use crate::web::Web;
use crate::web::http_error::Fault;

/// On every answer, whatever it is.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
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

/// Who a request turned out to come from.
#[derive(Debug)]
pub(crate) struct Caller {
    /// What they may touch.
    pub(crate) scope: AccountScope,
    /// As the access log calls them.
    pub(crate) who: String,
}

/// Where the guard, which stands outside, reads who it was that a handler kept out.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerSlot(Arc<OnceLock<Caller>>);

impl CallerSlot {
    /// Says who it is. The first who says so is right: they are the same.
    pub(crate) fn fill(parts: &Parts, caller: impl FnOnce() -> Caller) {
        if let Some(slot) = parts.extensions.get::<Self>() {
            slot.0.get_or_init(caller);
        }
    }
}

/// The layer around all routes.
pub(crate) async fn guard(State(web): State<Web>, mut request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let slot = CallerSlot::default();
    request.extensions_mut().insert(slot.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let wanted = format!("{} {route}", request.method());
    let own =
        is_own(request.method(), request.headers(), request.uri().authority(), &web.settings.public_url);
    let answer = if own {
        next.run(request).await
    } else {
        web.strangers.sent_foreign_form();
        Fault::Foreign.into_response()
    };
    if let Some(why) = answer.extensions().get::<Fault>().and_then(Fault::denial)
        && let Some(caller) = slot.0.get()
        && let Err(error) = keep_denial(&web, caller, &wanted, why).await
    {
        tracing::error!(%error, wanted, "cannot keep that something was denied");
    }
    let mut answer = crate::web::error_page::render(&path, answer);
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Writes down that somebody wanted what they may not.
async fn keep_denial(web: &Web, caller: &Caller, wanted: &str, why: &str) -> Result<(), DbError> {
    let mut tx = web.db.begin().await?;
    let record = AccessRecord { who: &caller.who, act: wanted, about: why };
    web.log().write_repeated(&mut tx, caller.scope, record, AccessOutcome::Denied).await?;
    tx.commit().await
}

/// A bug in one request does not end the others.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
pub(crate) fn caught(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    Fault::internal(said.unwrap_or_else(|| "a handler panicked".to_owned())).into_response()
}

/// Whether a request that may change something comes from a page of ours. Programs send neither header; what they may do
/// then hangs on a token or a form's secret.
fn is_own(
    method: &Method,
    headers: &HeaderMap,
    authority: Option<&axum::http::uri::Authority>,
    public_url: &str,
) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("null"));
    if text(HeaderName::from_static("sec-fetch-site")).is_some_and(|site| site != "same-origin") {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = authority.map(axum::http::uri::Authority::as_str).or_else(|| text(header::HOST));
    let named = origin.strip_prefix("https://");
    origin == public_url.trim_end_matches('/') || (named.is_some() && named == host)
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
