//! Answers are the same with and without compression.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{HeaderValue, Method};

use crate::route::Route;
use crate::table::Table;
use crate::test::fixture::{FixtureWorld, admitted_caller, open_client};
use crate::test::validate::AnswerChecker;

/// Sends each row's example with and without `Accept-Encoding: gzip`, each to a world of its own: what is drawn by chance is
/// the same then. What changes nothing shares its two worlds. Gives the rows whose two answers differ, or break off.
pub async fn find_compression_faults<S, W>(table: &Table<S>, open_world: impl AsyncFn() -> W) -> Vec<String>
where
    S: Clone + Send + Sync + 'static,
    W: FixtureWorld,
{
    let checker = Arc::new(AnswerChecker::new(table));
    let mut faults = Vec::new();
    let mut worlds = (open_world().await, open_world().await);
    let (reading, changing): (Vec<_>, Vec<_>) =
        table.rows().iter().map(|row| &row.route).partition(|route| route.method == Method::GET);
    for (at, route) in reading.iter().chain(&changing).enumerate() {
        if at > reading.len() {
            worlds = (open_world().await, open_world().await);
        }
        let plain = send_example(&worlds.0, route, &checker, None).await;
        let gzip = Some(HeaderValue::from_static("gzip"));
        let packed = send_example(&worlds.1, route, &checker, gzip).await;
        match (plain, packed) {
            (Ok(plain), Ok(packed)) if plain == packed => {}
            // Archives hold what was so at the moment.
            (Ok(plain), Ok(packed)) if plain.starts_with(b"PK") && packed.starts_with(b"PK") => {}
            (Ok(_), Ok(_)) => faults.push(format!("{}: with gzip the answer is another one", route.name)),
            (Err(fault), _) | (_, Err(fault)) => faults.push(format!("{}: {fault}", route.name)),
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
    let mut request = caller.request(world, route);
    if let Some(encoding) = encoding {
        request.headers_mut().insert(ACCEPT_ENCODING, encoding);
    }
    open_client(world, checker).try_send_caught(request.map(Body::from)).await.map(|answer| answer.body)
}
