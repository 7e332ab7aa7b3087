//! Pages of other origins that read with a program's token (CORS): only the origins that the token names, and only by GET.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;

use crate::db::PlatformReason;
use crate::db::person::tokens;
use crate::web::WebContext;

const SENT: HeaderValue = HeaderValue::from_static("authorization, if-none-match");
const SHOWN: HeaderValue = HeaderValue::from_static("etag, ratelimit, ratelimit-policy, retry-after");
/// Seconds for which a browser remembers that it may ask.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("600");

pub(crate) fn read_origin(parts: &Parts) -> Option<String> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    origin_of(&parts.headers).filter(|_| reads)
}

fn origin_of(headers: &HeaderMap) -> Option<String> {
    headers.get(header::ORIGIN)?.to_str().ok().map(str::to_owned)
}

pub(crate) fn allow_origin(headers: &mut HeaderMap, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

/// Answers a browser that asks whether a page may read: the question comes without the token, so that any token which names the origin
/// is enough. All others get what any other method gets.
pub(crate) async fn answer_preflight(
    State(web): State<WebContext>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let is_read_preflight = *request.method() == Method::OPTIONS
        && request.uri().path().starts_with("/api/")
        && request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)
            == Some(&HeaderValue::from_static("GET"));
    let Some(origin) = origin_of(request.headers()).filter(|_| is_read_preflight) else {
        return next.run(request).await;
    };
    match is_known(&web, &origin).await {
        Ok(true) => {}
        Ok(false) => return next.run(request).await,
        Err(error) => {
            tracing::warn!(%error, "cannot look up the origin of a page");
            return next.run(request).await;
        }
    }
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    allow_origin(headers, &origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, SENT);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
    answer
}

async fn is_known(web: &WebContext, origin: &str) -> Result<bool, crate::db::DbError> {
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    tokens::platform_is_origin(&mut conn, origin, web.now_ms()).await
}
