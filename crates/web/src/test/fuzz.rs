//! Every row called wrongly in every way: it refuses as described, stores nothing, and no secret is in the traces.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, IF_NONE_MATCH,
    ORIGIN,
};
use http::{HeaderName, HeaderValue, Method, Request};

use super::client::TestClient;
use super::fixture::{FixtureWorld, admitted_caller, open_client};
use super::fuzz_body::body_cases;
use super::fuzz_case::{FuzzCase, shorten_text};
use super::fuzz_further::{FurtherParts, find_further_parts};
use super::validate::AnswerChecker;
use crate::route::{OperationDescription, Route};
use crate::table::{Table, TableRow};

/// Far above what any answer takes on a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

const HOSTILE_VALUES: [&str; 17] = [
    "",
    "..",
    ".",
    "%00",
    "%",
    "%ff",
    "a%2Fb",
    "%E6%B4%97%E6%B5%84",
    "%E2%80%AE%E2%81%A6",
    "%E2%80%8B",
    "-1",
    "0",
    "1e999",
    "99999999999999999999999999",
    "null",
    "%0d%0aX:%20y",
    "'%22%3E%3Cb%3E",
];

/// Changes each row's example in method, path, query, headers and body, one thing at a time, as a caller whom
/// the row admits. Every answer must be one that the row describes (so no 5xx but a stated one), come in
/// time, leave the records unchanged where it is a refusal, and no secret may be in the traces. Returns what
/// is otherwise.
pub async fn find_fuzz_faults<S, W>(table: &Table<S>, open_world: impl AsyncFn() -> W) -> Vec<String>
where
    S: Clone + Send + Sync + 'static,
    W: FixtureWorld,
{
    let checker = Arc::new(AnswerChecker::new(table));
    let mut faults = Vec::new();
    let looked_at = open_world().await;
    let further = find_further_parts(table, &looked_at, &open_client(&looked_at, &checker)).await;
    drop(looked_at);
    for row in table.rows() {
        let route = &row.route;
        let further = further.get(route.name).cloned().unwrap_or_default();
        let world = open_world().await;
        let Some(caller) = admitted_caller(&world, route) else {
            faults.push(format!("{}: no fixture caller is let in", route.name));
            continue;
        };
        let client = open_client(&world, &checker);
        for case in list_cases(row, &caller.request(&world, route), &further) {
            let found = find_row_fault(&world, &client, case.request).await;
            faults.extend(found.map(|fault| format!("{}, {}: {fault}", route.name, case.name)));
        }
        let traces = world.traces();
        let secrets = caller.secrets.iter().chain(&route.example.secrets);
        let shown = secrets.filter(|secret| traces.contains(secret.as_str())).count();
        if shown > 0 {
            faults.push(format!("{}: {shown} secrets are in the traces", route.name));
        }
    }
    faults
}

async fn find_row_fault(
    world: &impl FixtureWorld,
    client: &TestClient,
    request: Request<Vec<u8>>,
) -> Option<String> {
    let before = world.records().await;
    let answer = client.try_send_caught(request.map(Body::from));
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Err(_) => Some("it hangs".to_owned()),
        Ok(Err(fault)) => Some(fault),
        Ok(Ok(answer)) if answer.status.is_client_error() && world.records().await != before => {
            Some(format!("it is refused ({}) and recorded something", answer.status))
        }
        Ok(Ok(_)) => None,
    }
}

fn list_cases<S>(row: &TableRow<S>, right: &Request<Vec<u8>>, further: &FurtherParts) -> Vec<FuzzCase> {
    let mut cases = method_cases(right);
    cases.extend(path_cases(&row.route, right));
    cases.extend(query_cases(&row.description, right));
    cases.extend(header_cases(right));
    cases.extend(body_cases(right, further));
    cases
}

fn method_cases(right: &Request<Vec<u8>>) -> Vec<FuzzCase> {
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    let methods = names.into_iter().filter_map(|name| Method::from_bytes(name.as_bytes()).ok());
    let mut cases = Vec::new();
    for method in methods.filter(|method| method != right.method()) {
        let mut request = right.clone();
        *request.method_mut() = method.clone();
        cases.push(FuzzCase { name: format!("method {method}"), request });
    }
    cases
}

fn path_cases<S>(route: &Route<S>, right: &Request<Vec<u8>>) -> Vec<FuzzCase> {
    let long = "a".repeat(10_000);
    let mut cases = Vec::new();
    for (at, part) in route.path.split('/').enumerate().filter(|(_, part)| part.starts_with('{')) {
        for value in HOSTILE_VALUES.into_iter().chain([long.as_str()]) {
            let path = right.uri().path().split('/').enumerate();
            let path: Vec<&str> = path.map(|(n, present)| if n == at { value } else { present }).collect();
            let address = match right.uri().query() {
                Some(query) => format!("{}?{query}", path.join("/")),
                None => path.join("/"),
            };
            cases.extend(address_case(
                right,
                &address,
                format!("path part {part} = {}", shorten_text(value)),
            ));
        }
    }
    cases
}

fn query_cases(description: &OperationDescription, right: &Request<Vec<u8>>) -> Vec<FuzzCase> {
    let long = "a".repeat(10_000);
    let names = description.parameters.iter().filter(|parameter| parameter["in"] == "query");
    let mut queries: Vec<String> = ["%ff", "%", "&&=&", "a[]=1&a[]=2"].map(str::to_owned).to_vec();
    queries.push(long.clone());
    for name in names.filter_map(|parameter| parameter["name"].as_str()) {
        let values = HOSTILE_VALUES.into_iter().chain([long.as_str()]);
        queries.extend(values.map(|value| format!("{name}={value}")));
        queries.push(format!("{name}=1&{name}=1"));
    }
    let path = right.uri().path();
    let cases = queries.iter().filter_map(|query| {
        address_case(right, &format!("{path}?{query}"), format!("query {}", shorten_text(query)))
    });
    cases.collect()
}

/// `None` where no client could send the address.
fn address_case(right: &Request<Vec<u8>>, address: &str, name: String) -> Option<FuzzCase> {
    let mut request = right.clone();
    *request.uri_mut() = address.parse().ok()?;
    Some(FuzzCase { name, request })
}

fn header_cases(right: &Request<Vec<u8>>) -> Vec<FuzzCase> {
    let idempotency_key = HeaderName::from_static("idempotency-key");
    let long = "a".repeat(8_000);
    let added: [(HeaderName, &[u8]); 13] = [
        (HOST, b"other.example"),
        (CONTENT_ENCODING, b"gzip"),
        (CONTENT_TYPE, b"text/plain"),
        (COOKIE, long.as_bytes()),
        (COOKIE, b"=;;\xff=\xff"),
        (AUTHORIZATION, b"Bearer \xff"),
        (AUTHORIZATION, long.as_bytes()),
        (ORIGIN, b"https://other.example"),
        (ACCEPT, b"*/*;q=\xff"),
        (ACCEPT_LANGUAGE, b"xx-ZZ;q=9,\xff"),
        (IF_NONE_MATCH, b"\xff,\"\",W/"),
        (idempotency_key.clone(), long.as_bytes()),
        (idempotency_key, b""),
    ];
    let mut cases = Vec::new();
    for (name, bytes) in added {
        let Ok(value) = HeaderValue::from_bytes(bytes) else { continue };
        // Beside the example's value, and in its place.
        let mut beside = right.clone();
        beside.headers_mut().append(name.clone(), value.clone());
        let mut instead = right.clone();
        instead.headers_mut().insert(name.clone(), value);
        let words = format!("{name}: {}", shorten_text(&String::from_utf8_lossy(bytes)));
        cases.push(FuzzCase { name: format!("further header {words}"), request: beside });
        cases.push(FuzzCase { name: format!("header {words}"), request: instead });
    }
    for name in [HOST, CONTENT_TYPE] {
        let mut request = right.clone();
        if request.headers_mut().remove(&name).is_some() {
            cases.push(FuzzCase { name: format!("without {name}"), request });
        }
    }
    cases
}
