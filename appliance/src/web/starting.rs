//! What is answered while the box starts: checking a damaged card can take minutes, and a phone should be told so.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, StatusCode};
use record::tree::Hash;

/// Seconds after which a page looks again, and programs should.
const AGAIN_S: u64 = 5;
const TITLE: &str = "The box is starting";
const SAFE: &str = "Nothing was recorded now; what was recorded before is kept.";

/// The stylesheet belongs to pages that are not served yet.
const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;\
color:#1b1f24;background:#fff}@media(prefers-color-scheme:dark){body{color:#f0f3f6;background:#14181d}}";

/// Answers every address with 503 until the real pages take over.
pub fn starting_router() -> Router {
    Router::new().fallback(async |request: Request<Body>| answer(request.method(), request.uri().path()))
}

fn answer(method: &Method, path: &str) -> Response {
    let (kind, body) = if path == "/healthz" {
        let body = serde_json::json!({ "ok": false, "whole": null, "starting": true });
        ("application/json", body.to_string())
    } else if path == "/api" || path.starts_with("/api/") {
        let body = serde_json::json!({
            "type": "/problems/starting", "title": TITLE, "status": 503,
            "detail": "It checks its records.", "safe": SAFE, "next": "Send the same again in a few seconds.",
            "success": false, "message": TITLE,
        });
        ("application/problem+json", body.to_string())
    } else {
        ("text/html; charset=utf-8", page(method))
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(RETRY_AFTER, HeaderValue::from(AGAIN_S));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let style = base64::engine::general_purpose::STANDARD.encode(Hash::of(STYLE.as_bytes()).0);
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'");
    // Base64 and words: there is nothing in it that a header could refuse.
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

/// A page that was asked for looks again by itself. One that answers a form must not: what was typed would be gone.
fn page(method: &Method) -> String {
    let (refresh, next) = match *method {
        Method::GET | Method::HEAD => (
            format!("<meta http-equiv=\"refresh\" content=\"{AGAIN_S}\">\n"),
            "This page looks again by itself.",
        ),
        _ => (String::new(), "Go back, and send what you entered again in a few seconds."),
    };
    format!(
        "<!doctype html>\n<html lang=\"en-US\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         {refresh}<title>{TITLE} – CleanTrack</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{TITLE}</h1>\n\
         <p>It checks its records, which takes a moment; after damage to its card it can take some minutes.</p>\n\
         <p>{SAFE}</p>\n<p>{next}</p>\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(path: &str) -> (StatusCode, String, String) {
        let answer = answer(&Method::GET, path);
        assert_eq!(answer.headers()[RETRY_AFTER], "5", "{path}");
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn phones_programs_and_whoever_watches_are_told_that_it_starts() {
        let (status, kind, page) = asked("/t/ABCDEFGH3").await;
        assert_eq!((status, kind.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=utf-8"));
        assert!(page.contains("<h1>The box is starting</h1>") && page.contains("http-equiv=\"refresh\""));
        let posted = answer(&Method::POST, "/t/ABCDEFGH3").into_body();
        let posted = axum::body::to_bytes(posted, 1 << 16).await.unwrap();
        let posted = String::from_utf8_lossy(&posted);
        assert!(posted.contains("Go back") && !posted.contains("refresh"), "{posted}");
        let (status, kind, problem) = asked("/api/v1/equipment").await;
        assert_eq!((status, kind.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "application/problem+json"));
        assert!(problem.contains("/problems/starting"), "{problem}");
        let (status, _, health) = asked("/healthz").await;
        let health: serde_json::Value = serde_json::from_str(&health).unwrap();
        assert_eq!((status, &health["ok"]), (StatusCode::SERVICE_UNAVAILABLE, &false.into()));
        assert_eq!(health["starting"], true);
    }
}
