//! Answers are the same with and without compression.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::HeaderValue;
use http::header::ACCEPT_ENCODING;

use crate::route::Route;
use crate::table::Table;
use crate::test::fixture::{FixtureWorld, admitted_caller, open_client};
use crate::test::validate::AnswerChecker;

/// Sends each row's example with and without `Accept-Encoding: gzip`, what changes something to a fresh world each. Gives
/// the rows whose two answers differ, or break off.
pub async fn find_compression_faults<S, W>(table: &Table<S>, open_world: impl AsyncFn() -> W) -> Vec<String>
where
    S: Clone + Send + Sync + 'static,
    W: FixtureWorld,
{
    let checker = Arc::new(AnswerChecker::new(table));
    let mut world = open_world().await;
    let mut faults = Vec::new();
    for row in table.rows() {
        let route = &row.route;
        let plain = send_example(&world, route, &checker, None).await;
        if !route.method.is_safe() {
            world = open_world().await;
        }
        let packed = send_example(&world, route, &checker, Some(HeaderValue::from_static("gzip"))).await;
        match (plain, packed) {
            (Ok(plain), Ok(packed)) if plain == packed => {}
            (Ok(_), Ok(_)) => faults.push(format!("{}: with gzip the answer is another one", route.name)),
            (Err(fault), _) | (_, Err(fault)) => faults.push(format!("{}: {fault}", route.name)),
        }
        if !route.method.is_safe() {
            world = open_world().await;
        }
    }
    faults
}

async fn send_example<S>(
    world: &impl FixtureWorld,
    route: &Route<S>,
    checker: &Arc<AnswerChecker>,
    encoding: Option<HeaderValue>,
) -> Result<Bytes, String> {
    let caller = admitted_caller(world, route).ok_or("no fixture caller is let in")?;
    let mut request = caller.request(route);
    if let Some(encoding) = encoding {
        request.headers_mut().insert(ACCEPT_ENCODING, encoding);
    }
    open_client(world, checker).try_send_caught(request.map(Body::from)).await.map(|answer| answer.body)
}
