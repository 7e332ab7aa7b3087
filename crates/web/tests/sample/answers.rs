//! Answers: pages for people, problem documents for programs, and no internals in either.

use axum::body::Body;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::{Method, Request, StatusCode};
use web::answer::{Json, NoContent};
use web::argument::Path;
use web::error::HttpError;
use web::route::{AnyCaller, Example, RouteKind, row};
use web::test::{FixtureWorld as _, TestAnswer};

use super::program::sample_routes;
use super::world::SampleWorld;

fn request(method: Method, address: &str, accept: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(address).header(ACCEPT, accept);
    request.body(Body::empty()).unwrap()
}

async fn get(address: &str, accept: &str) -> TestAnswer {
    SampleWorld::open().client().send(request(Method::GET, address, accept)).await
}

fn media(answer: &TestAnswer) -> &str {
    answer.headers[CONTENT_TYPE].to_str().unwrap()
}

#[tokio::test]
async fn a_refusal_is_what_the_reader_reads() {
    const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
    const SCRIPT: &str = "application/json";
    const HTML: &str = "text/html; charset=utf-8";
    const PROBLEM: &str = "application/problem+json";
    for (address, accept, status, expected) in [
        ("/nothing", BROWSER, 404, HTML),
        ("/nothing", SCRIPT, 404, PROBLEM),
        ("/api/nothing", BROWSER, 404, PROBLEM),
        ("/box/nothing", BROWSER, 404, PROBLEM),
        ("/api/v1/things/1", BROWSER, 401, PROBLEM),
        ("/live/", BROWSER, 404, HTML),
    ] {
        let answer = get(address, accept).await;
        assert_eq!((answer.status.as_u16(), media(&answer)), (status, expected), "{address} {accept}");
    }
    let problem = get("/api/nothing", SCRIPT).await.json();
    assert_eq!(problem["type"], "/problems/not-found");
    assert_eq!((&problem["status"], &problem["id"]), (&404.into(), &"5f1c09a0".into()));
    assert_eq!(problem["safe"], "Nothing was recorded.");
    assert!(problem.get("success").is_none(), "{problem}");
}

#[tokio::test]
async fn old_paths_also_say_it_in_their_own_words() {
    let client = SampleWorld::open().client();
    let posted =
        Request::post("/api/register/5f1c/").header(CONTENT_TYPE, "text/plain").body(Body::from("a"));
    let problem = client.send(posted.unwrap()).await.json();
    assert_eq!((&problem["success"], &problem["message"]), (&false.into(), &problem["title"]));
    assert_eq!((&problem["status"], &problem["field"]), (&415.into(), &"content-type".into()));
    let other_method = client.send(request(Method::GET, "/api/register/5f1c/", "*/*")).await;
    assert_eq!((other_method.status.as_u16(), other_method.json()["success"].as_bool()), (405, Some(false)));
}

#[tokio::test]
async fn browsers_are_sent_to_sign_in_and_programs_are_not() {
    let client = SampleWorld::open().client();
    let sent = client.send(request(Method::POST, "/things", "text/html")).await;
    assert_eq!(
        (sent.status, &sent.headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"/sign-in?next=/things".parse().unwrap())
    );
    assert!(sent.is_denial());
    let refused = client.send(request(Method::POST, "/things", "application/json")).await;
    assert_eq!((refused.status.as_u16(), media(&refused)), (401, "application/problem+json"));
}

#[tokio::test]
async fn other_methods_are_answered_by_those_of_the_path() {
    let client = SampleWorld::open().client();
    for (method, address, status, allow) in [
        (Method::OPTIONS, "/things", 405, Some("GET, HEAD, POST")),
        (Method::PUT, "/things", 405, Some("GET, HEAD, POST")),
        (Method::from_bytes(b"BREW").unwrap(), "/api/v1/things/1", 405, Some("DELETE, GET, HEAD")),
        (Method::GET, "/api/v1/things/1/labels/2", 405, Some("PUT")),
        (Method::HEAD, "/things", 200, None),
        (Method::HEAD, "/api/v1/things/1/labels/2", 405, Some("PUT")),
    ] {
        let answer = client.send(request(method.clone(), address, "*/*")).await;
        let allowed = answer.headers.get(ALLOW).map(|value| value.to_str().unwrap());
        assert_eq!((answer.status.as_u16(), allowed), (status, allow), "{method} {address}");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the database is locked")]
struct Inner;

#[derive(Debug, thiserror::Error)]
#[error("nothing could be read")]
struct Outer(#[source] Inner);

async fn fail(_: AnyCaller, Path(how): Path<String>) -> Result<NoContent, HttpError> {
    assert_ne!(how, "panic", "the sum {how} is wrong");
    Err(HttpError::internal(&Outer(Inner)))
}

#[tokio::test]
async fn a_cause_goes_to_the_log_and_to_nobody_else() {
    let mut routes = sample_routes();
    let failing = row(Method::GET, "/api/v1/fail/{how}", "thing.fail", RouteKind::Api, fail)
        .summary("Fails")
        .example(Example::default().part("how", "now"));
    routes.push(failing);
    let world = SampleWorld::with_routes(routes);
    let answer = world.client().send_unchecked(request(Method::GET, "/api/v1/fail/now", "*/*")).await;
    assert_eq!((answer.status.as_u16(), answer.outcome.map(|outcome| outcome.code)), (500, Some("internal")));
    assert!(!answer.text().contains("database"), "{}", answer.text());
    let traces = world.traces();
    for part in ["nothing could be read: the database is locked", "5f1c09a0", "thing.fail"] {
        assert!(traces.contains(part), "{part}: {traces}");
    }
    let panicked = world.client().try_send(request(Method::GET, "/api/v1/fail/panic", "*/*")).await;
    assert_eq!(panicked.unwrap_err(), "no row: is not described as a refusal (internal)");
    assert!(world.traces().contains("the sum panic is wrong"));
}

async fn count(_: AnyCaller) -> Result<Json<u8>, HttpError> {
    Ok(Json(7))
}

#[tokio::test]
async fn the_description_is_not_sent_twice() {
    let mut routes = sample_routes();
    routes.push(row(Method::GET, "/api/v1/count", "thing.count", RouteKind::Api, count).summary("A number"));
    let client = SampleWorld::with_routes(routes).client();
    let first = client.send(request(Method::GET, "/api/openapi.json", "*/*")).await;
    assert_eq!((first.status.as_u16(), media(&first)), (200, "application/json"));
    let etag = first.headers[ETAG].clone();
    for (known, status) in [(etag.to_str().unwrap(), 304), ("\"0\", W/\"1\"", 200)] {
        let mut again = request(Method::GET, "/api/openapi.json", "*/*");
        again.headers_mut().insert(IF_NONE_MATCH, known.parse().unwrap());
        assert_eq!(client.send(again).await.status.as_u16(), status, "{known}");
    }
}
