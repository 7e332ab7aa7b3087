//! Tables that do not fit together are refused, and a sound one is listed on one page.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::answer::{Json, NoContent};
use web::argument::{JsonBody, Path, SignedBody};
use web::error::HttpError;
use web::route::{AnyCaller, Example, Route, RouteKind, SenderCaller, row};
use web::table::TableError;

use super::program::{EventSender, Things, build_table, sample_table};

/// Read without `note` being needed, sent with it always there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Both {
    note: Option<String>,
}

mod other {
    /// Another type of the same name.
    #[derive(Debug, serde::Serialize, schemars::JsonSchema)]
    pub(crate) struct Both {
        pub(crate) number: u8,
    }
}

async fn nothing(_: AnyCaller) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

async fn one(_: AnyCaller, Path(_id): Path<u32>) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

async fn read(_: AnyCaller, JsonBody(_both): JsonBody<Both>) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

async fn send(_: AnyCaller) -> Result<Json<Both>, HttpError> {
    Ok(Json(Both { note: None }))
}

async fn send_other(_: AnyCaller) -> Result<Json<other::Both>, HttpError> {
    Ok(Json(other::Both { number: 1 }))
}

fn refusal(routes: Vec<Route<Things>>) -> TableError {
    build_table(routes).unwrap_err()
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    use RouteKind::{Api, Page};
    assert_eq!(
        refusal(vec![
            row(Method::GET, "/a", "a.show", Page, nothing),
            row(Method::GET, "/b", "a.show", Page, nothing)
        ]),
        TableError::Name("a.show")
    );
    assert_eq!(
        refusal(vec![
            row(Method::GET, "/a", "a.show", Page, nothing),
            row(Method::GET, "/a", "b.show", Page, nothing)
        ]),
        TableError::Path("b.show")
    );
    assert_eq!(
        refusal(vec![row(Method::OPTIONS, "/a", "a.show", Page, nothing)]),
        TableError::Method("a.show")
    );
    let with_id = Example::default().part("id", "1");
    for route in
        [row(Method::GET, "/a", "a.show", Page, one), row(Method::GET, "/a/{id}/{n}", "a.show", Page, one)]
    {
        let example = with_id.clone().part("n", "2");
        assert_eq!(refusal(vec![route.example(example)]), TableError::PathParts("a.show"));
    }
    assert_eq!(
        refusal(vec![row(Method::GET, "/a/{id}", "a.show", Page, nothing).example(with_id)]),
        TableError::PathParts("a.show")
    );
    assert_eq!(
        refusal(vec![row(Method::GET, "/a/{id}", "a.show", Page, one)]),
        TableError::Example("a.show")
    );
    assert_eq!(refusal(vec![row(Method::GET, "/a", "a.show", Api, nothing)]), TableError::Summary("a.show"));
    assert_eq!(
        refusal(vec![
            row(Method::GET, "/a", "a.show", Page, nothing).refusals(&[StatusCode::INTERNAL_SERVER_ERROR])
        ]),
        TableError::Refusal("a.show")
    );
    let sent = row(Method::GET, "/a", "a.show", Api, send).summary("A");
    let read = row(Method::POST, "/a", "a.add", Api, read).summary("B");
    assert_eq!(refusal(vec![sent.clone(), read]), TableError::TwoForms("Both".to_owned()));
    let other = row(Method::GET, "/b", "b.show", Api, send_other).summary("C");
    assert_eq!(refusal(vec![sent, other]), TableError::TwoTypes("Both".to_owned()));
}

#[test]
fn a_sender_whose_body_nobody_proves_is_refused() {
    async fn trusting(_: SenderCaller<EventSender>, _: JsonBody<String>) -> Result<NoContent, HttpError> {
        Ok(NoContent)
    }
    async fn pointless(_: AnyCaller, _: SignedBody<8>) -> Result<NoContent, HttpError> {
        Ok(NoContent)
    }
    let rows = [
        row(Method::POST, "/a", "a.take", RouteKind::Webhook, trusting).summary("A"),
        row(Method::POST, "/a", "a.take", RouteKind::Api, pointless).summary("A"),
    ];
    for row in rows {
        assert_eq!(refusal(vec![row]), TableError::SignedBody("a.take"));
    }
}

#[test]
fn all_rows_are_listed_with_who_may_come() {
    let lines = sample_table().list_rows();
    let words: Vec<Vec<&str>> = lines.lines().map(|line| line.split_whitespace().collect()).collect();
    for expected in [
        "event.take POST /webhooks/events webhook sender events",
        "label.print PUT /api/v1/things/{id}/labels/{number} api token write",
        "openapi.show GET /api/openapi.json asset open",
        "photo.store PUT /box/v1/photos/{hash} operator certificate",
        "thing.list GET /api/v1/things api session view or token read",
        "thing.save POST /things form session edit",
    ] {
        assert!(words.contains(&expected.split(' ').collect()), "{expected}: {lines}");
    }
    assert_eq!(words.len(), 15);
    assert!(words.is_sorted());
    let table = sample_table();
    let save = table.rows().iter().find(|row| row.route.name == "thing.save").unwrap();
    assert_eq!(save.route.commands, ["AddThing"]);
    assert!(save.description.refusals.contains(&StatusCode::UNAUTHORIZED.as_u16()));
}
