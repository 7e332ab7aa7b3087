//! Who is let in: every row by every caller, and nothing of the body read before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::Method;

use super::fixture::{FixtureCaller, FixtureWorld, admitted_caller, open_client};
use super::validate::AnswerChecker;
use crate::route::Route;
use crate::table::Table;

/// Sends each row's example by each caller: denied exactly when the row's access says so, and then with the
/// body unread. The first admitted caller is answered as the row describes, and not refused. Returns what is
/// otherwise.
pub async fn find_access_faults<S, W>(table: &Table<S>, open_world: impl AsyncFn() -> W) -> Vec<String>
where
    S: Clone + Send + Sync + 'static,
    W: FixtureWorld,
{
    let checker = Arc::new(AnswerChecker::new(table));
    let untouched = open_world().await;
    let mut faults = Vec::new();
    for row in table.rows() {
        let route = &row.route;
        for caller in untouched.callers().iter().filter(|caller| !caller.is_admitted(route.access)) {
            let found = find_denial_fault(&untouched, &checker, route, caller).await;
            faults.extend(found.map(|fault| format!("{} by {}: {fault}", route.name, caller.name)));
        }
        let world = open_world().await;
        let Some(first) = admitted_caller(&world, route) else {
            faults.push(format!("{}: no fixture caller is let in", route.name));
            continue;
        };
        for caller in world.callers().iter().filter(|caller| caller.is_admitted(route.access)) {
            let is_first = std::ptr::eq(caller, first);
            let found = find_admission_fault(&world, &checker, route, caller, is_first).await;
            faults.extend(found.map(|fault| format!("{} by {}: {fault}", route.name, caller.name)));
        }
    }
    faults
}

/// Sends each row that only reads (GET) by each caller, admitted or not: the names of those after which
/// `stored` differs.
pub async fn find_writing_reads<S, T>(
    table: &Table<S>,
    world: &impl FixtureWorld,
    stored: impl AsyncFn() -> T,
) -> Vec<String>
where
    S: Clone + Send + Sync + 'static,
    T: PartialEq,
{
    let checker = Arc::new(AnswerChecker::new(table));
    let mut faults = Vec::new();
    let mut before = stored().await;
    for route in table.rows().iter().map(|row| &row.route).filter(|route| route.method == Method::GET) {
        for caller in world.callers() {
            let request = caller.request(world, route).map(Body::from);
            let answered = open_client(world, &checker).try_send_caught(request).await;
            let after = stored().await;
            if after != before {
                faults.push(format!("{} by {}: something was written", route.name, caller.name));
            }
            faults.extend(answered.err().map(|fault| format!("{} by {}: {fault}", route.name, caller.name)));
            before = after;
        }
    }
    faults
}

async fn find_denial_fault<S>(
    world: &impl FixtureWorld,
    checker: &Arc<AnswerChecker>,
    route: &Route<S>,
    caller: &FixtureCaller,
) -> Option<String> {
    let was_read = Arc::new(AtomicBool::new(false));
    let request = caller.request(world, route).map(|_| unreadable_body(was_read.clone()));
    match open_client(world, checker).try_send_caught(request).await {
        _ if was_read.load(Ordering::Relaxed) => Some("the body is read before anybody is let in".to_owned()),
        Err(fault) => Some(fault),
        Ok(answer) if answer.is_denial() => None,
        Ok(answer) => Some(format!("is let in: {}", answer.status)),
    }
}

fn unreadable_body(was_read: Arc<AtomicBool>) -> Body {
    Body::from_stream(stream::poll_fn(move |_| -> std::task::Poll<Option<Result<Bytes, std::io::Error>>> {
        was_read.store(true, Ordering::Relaxed);
        panic!("the body was read")
    }))
}

async fn find_admission_fault<S>(
    world: &impl FixtureWorld,
    checker: &Arc<AnswerChecker>,
    route: &Route<S>,
    caller: &FixtureCaller,
    is_first: bool,
) -> Option<String> {
    match open_client(world, checker).try_send_caught(caller.request(world, route).map(Body::from)).await {
        Err(fault) => Some(fault),
        Ok(answer) if answer.is_denial() => Some(format!("is not let in: {}", answer.text())),
        Ok(answer) if is_first && answer.outcome.is_some() => {
            Some(format!("the example is refused: {} {}", answer.status, answer.text()))
        }
        Ok(_) => None,
    }
}
