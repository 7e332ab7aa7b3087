//! What is answered while the box starts: checking a damaged card can take minutes, and phones should see that.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, StatusCode};
use record::tree::Hash;
use web::answer::Page;
use words::{Locale, WordSet as _, fill_slots};

use crate::web::request::client::language::FacilityLanguages;
use crate::web::request::client::peer::find_peer;
use crate::web::words::StartingWords;

/// Seconds after which a page reloads, and programs should retry.
const AGAIN_S: u64 = 5;

/// The stylesheet belongs to pages that are not served yet.
const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;\
color:#1b1f24;background:#fff}@media(prefers-color-scheme:dark){body{color:#f0f3f6;background:#14181d}}";

/// Answers every address with 503 until the real routes replace it.
pub fn starting_router() -> Router {
    Router::new().fallback(async |request: Request<Body>| starting_answer(&request))
}

fn answer_document(kind: &'static str, document: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], document.to_string()).into_response()
}

fn starting_answer(request: &Request<Body>) -> Response {
    let path = request.uri().path();
    let mut answer = if path == "/healthz" {
        let health = serde_json::json!({ "ok": false, "whole": null, "starting": true });
        answer_document("application/json", &health)
    } else if path == "/api" || path.starts_with("/api/") {
        let words = StartingWords::in_locale(Locale::EnUs);
        let problem = serde_json::json!({
            "type": "/problems/starting", "title": words.starting_title(), "status": 503,
            "detail": "It checks its records.", "safe": words.starting_safe(),
            "next": "Send the same again in a few seconds.",
            "success": false, "message": words.starting_title(),
        });
        answer_document("application/problem+json", &problem)
    } else {
        let secure = find_peer(request.extensions()).secure;
        let languages = FacilityLanguages::default().read_preferences(request.headers(), secure);
        let words = StartingWords::in_best_of(&languages);
        let page = Page::of_html(starting_page(request.method(), words));
        page.in_locale(words.catalog().locale()).into_response()
    };
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = answer.headers_mut();
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

/// A page loaded by GET reloads itself. One that answers a form must not: what was typed would be gone.
fn starting_page(method: &Method, w: StartingWords) -> String {
    let (refresh, next) = match *method {
        Method::GET | Method::HEAD => {
            (format!("<meta http-equiv=\"refresh\" content=\"{AGAIN_S}\">\n"), w.starting_looks_again())
        }
        _ => (String::new(), w.starting_send_again()),
    };
    let texts = [w.starting_title(), w.starting_why(), w.starting_safe(), next];
    let [title, why, safe, next] = texts.map(|text| fill_slots(text, []));
    let lang = w.catalog().locale().html_lang();
    format!(
        "<!doctype html>\n<html lang=\"{lang}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         {refresh}<title>{title} – CleanTrack</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p>{why}</p>\n\
         <p>{safe}</p>\n<p>{next}</p>\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE};

    use super::*;

    fn request(method: Method, path: &str) -> Request<Body> {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
    }

    async fn requested(path: &str) -> (StatusCode, String, String) {
        let answer = starting_answer(&request(Method::GET, path));
        assert_eq!(answer.headers()[RETRY_AFTER], "5", "{path}");
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn phones_programs_and_whoever_watches_are_told_that_it_starts() {
        let (status, kind, page) = requested("/t/ABCDEFGH3").await;
        assert_eq!((status, kind.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=utf-8"));
        assert!(page.contains("<h1>The box is starting</h1>") && page.contains("http-equiv=\"refresh\""));
        let posted = starting_answer(&request(Method::POST, "/t/ABCDEFGH3")).into_body();
        let posted = axum::body::to_bytes(posted, 1 << 16).await.unwrap();
        let posted = String::from_utf8_lossy(&posted);
        assert!(posted.contains("Go back") && !posted.contains("refresh"), "{posted}");
        let (status, kind, problem) = requested("/api/v1/equipment").await;
        assert_eq!((status, kind.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "application/problem+json"));
        assert!(problem.contains("/problems/starting"), "{problem}");
        let (status, _, health) = requested("/healthz").await;
        let health: serde_json::Value = serde_json::from_str(&health).unwrap();
        assert_eq!((status, &health["ok"]), (StatusCode::SERVICE_UNAVAILABLE, &false.into()));
        assert_eq!(health["starting"], true);
    }

    #[tokio::test]
    async fn a_phone_is_told_so_in_its_language() {
        let mut request = request(Method::GET, "/");
        request.headers_mut().insert(ACCEPT_LANGUAGE, HeaderValue::from_static("es-MX"));
        let answer = starting_answer(&request);
        assert_eq!(answer.headers()[CONTENT_LANGUAGE], "es-MX");
        let page = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("<html lang=\"es-MX\"") && page.contains("<h1>La unidad está arrancando</h1>"));
    }
}
