//! Faults planted in the sample: each search finds its own.

use axum::extract::{FromRequestParts, State};
use bytes::Bytes;
use futures_util::stream;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;
use std::convert::Infallible;
use web::answer::{Json, MediaBytes, MediaType as _, NoContent, media};
use web::argument::{JsonBody, Path};
use web::error::HttpError;
use web::route::{Access, AnyCaller, Caller, Example, Route, RouteKind, row};
use web::table::Table;
use web::test::{find_access_faults, find_compression_faults, find_fuzz_faults};

use super::program::{Things, Writer, build_table};
use super::world::SampleWorld;

/// Claims to check, and lets everybody in.
struct Careless;

impl Caller for Careless {
    const ACCESS: Access = Access::Token("write");
}

impl<S: Send + Sync> FromRequestParts<S> for Careless {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

async fn empty(_: Careless) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

async fn read(_: Careless, JsonBody(_name): JsonBody<String>) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

async fn late(_: AnyCaller) -> Result<NoContent, HttpError> {
    Err(HttpError::new(StatusCode::UNAUTHORIZED, "token-needed", "This needs an API token"))
}

fn table(route: &Route<Things>) -> Table<Things> {
    build_table(vec![route.clone()]).unwrap()
}

async fn access_faults(route: Route<Things>) -> Vec<String> {
    find_access_faults(&table(&route), async || SampleWorld::with_routes(vec![route.clone()])).await
}

async fn fuzz_faults(route: Route<Things>) -> String {
    find_fuzz_faults(&table(&route), async || SampleWorld::with_routes(vec![route.clone()])).await.join("\n")
}

#[tokio::test]
async fn a_caller_that_lets_others_in_is_found() {
    let removing = row(Method::DELETE, "/api/v1/a", "a.remove", RouteKind::Api, empty);
    let faults = access_faults(removing.summary("A")).await;
    let denied = ["nobody", "ended session", "viewer", "editor", "reader", "box", "events"];
    assert_eq!(faults, denied.map(|name| format!("a.remove by {name}: is let in: 204 No Content")));
    let reading = row(Method::POST, "/api/v1/a", "a.add", RouteKind::Api, read);
    let faults = access_faults(reading.summary("A").example(Example::default().json(json!("a")))).await;
    assert_eq!(faults[0], "a.add by nobody: the body is read before anybody is let in");
}

#[tokio::test]
async fn a_row_that_refuses_those_whom_it_names_is_found() {
    let closed = row(Method::GET, "/api/v1/a", "a.show", RouteKind::Api, late).summary("A");
    let faults = access_faults(closed.clone().refusals(&[StatusCode::UNAUTHORIZED])).await;
    assert!(faults[0].starts_with("a.show by nobody: is not let in: "), "{faults:?}");
    let faults = access_faults(closed).await;
    assert_eq!(
        faults[0],
        "a.show by nobody: a.show: 401 Unauthorized is not described as a refusal (token-needed)"
    );
}

async fn careless_sum(_: Writer, JsonBody(number): JsonBody<i64>) -> Result<Json<i64>, HttpError> {
    assert!(number >= 0, "the number {number} is too small");
    if number == 0 {
        return Err(HttpError::new(StatusCode::CONFLICT, "zero", "Zero is taken"));
    }
    Ok(Json(number))
}

async fn hasty_record(
    _: Writer,
    State(things): State<Things>,
    Path(id): Path<u32>,
) -> Result<NoContent, HttpError> {
    things.add("recorded before it is looked at");
    if id == 1 { Ok(NoContent) } else { Err(HttpError::new(StatusCode::NOT_FOUND, "unknown", "Unknown")) }
}

async fn talkative(_: AnyCaller, Path(code): Path<String>) -> Result<NoContent, HttpError> {
    tracing::info!(code, "somebody came");
    Ok(NoContent)
}

async fn careless_picture(_: AnyCaller) -> Result<MediaBytes<media::Png>, HttpError> {
    Err(HttpError::internal(&std::io::Error::other("no picture")))
}

#[tokio::test]
async fn careless_handlers_are_found() {
    let sum = row(Method::POST, "/api/v1/sum", "sum.add", RouteKind::Api, careless_sum).summary("A");
    let faults = fuzz_faults(sum.example(Example::default().json(json!(7)))).await;
    for found in [
        " = -1: no row: is not described as a refusal (internal)",
        " = 0: sum.add: 409 Conflict is not described",
    ] {
        assert!(faults.contains(found), "{found}: {faults}");
    }
    let record = row(Method::PUT, "/api/v1/a/{id}", "a.record", RouteKind::Api, hasty_record).summary("A");
    let faults = fuzz_faults(record.example(Example::default().part("id", "1"))).await;
    assert!(faults.contains("= 0: it is refused (404 Not Found) and recorded something"), "{faults}");
    let code = row(Method::PUT, "/api/v1/a/{code}", "a.open", RouteKind::Api, talkative).summary("A");
    let faults = fuzz_faults(code.example(Example::default().part("code", "s3cret").secret("s3cret"))).await;
    assert_eq!(faults, "a.open: 1 secrets are in the traces");
    let picture = row(Method::GET, "/picture.png", "picture.show", RouteKind::Asset, careless_picture);
    let faults = fuzz_faults(picture).await;
    assert!(faults.contains("is not described as a refusal (internal)"), "{faults}");
}

/// Panics when it is polled after its end, as a stream may.
async fn unfused(_: AnyCaller) -> Result<Unfused, HttpError> {
    Ok(Unfused)
}

struct Unfused;

impl axum::response::IntoResponse for Unfused {
    fn into_response(self) -> axum::response::Response {
        let mut lines = Some(Bytes::from("{\"seq\":1}\n".repeat(100)));
        let mut has_ended = false;
        let chunks = stream::poll_fn(move |_| {
            assert!(!has_ended, "polled behind its end");
            has_ended = lines.is_none();
            std::task::Poll::Ready(lines.take().map(Ok::<_, std::io::Error>))
        });
        let body = axum::body::Body::from_stream(chunks);
        ([(http::header::CONTENT_TYPE, media::Plain::NAME)], body).into_response()
    }
}

impl web::route::Answer for Unfused {
    fn describe(operation: &mut web::route::Operation<'_>) {
        MediaBytes::<media::Plain>::describe(operation);
    }
}

#[tokio::test]
async fn a_stream_that_ends_twice_is_found() {
    let route = row(Method::GET, "/api/v1/log", "log.export", RouteKind::Api, unfused).summary("A");
    assert_eq!(
        find_compression_faults(&table(&route), async || SampleWorld::with_routes(vec![route.clone()])).await,
        ["log.export: it panics"]
    );
}
