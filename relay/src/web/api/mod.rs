//! The API for programs: the same numbers as the pages, as JSON, with a bearer token of the account.

mod docs;
pub(crate) mod health;
mod openapi;
pub(crate) mod photos;
pub(crate) mod v1;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::routing::get;
use serde::Serialize;

use crate::web::api::v1::{cleanings, compliance, equipment, log};
use crate::web::http_error::Fault;
use crate::web::{Access, Answer, Route};

/// Things in a list, unless the request says otherwise.
const LIMIT: i64 = 100;
/// Things in a list at most.
const LIMIT_MAX: i64 = 1_000;

/// Every endpoint.
pub(crate) fn routes() -> Vec<Route> {
    let token = |path, handler| Route::new(path, Access::Token, handler);
    vec![
        Route::new("/api/openapi.json", Access::Open, get(openapi::show)),
        Route::new("/api/docs", Access::Open, get(docs::show)),
        token("/api/v1/equipment", get(equipment::list)),
        token("/api/v1/cleanings", get(cleanings::list)),
        token("/api/v1/compliance", get(compliance::list)),
        token("/api/v1/log", get(log::lines)),
        token("/api/v1/checkpoint", get(log::checkpoint)),
        token("/api/v1/key", get(log::keys)),
        token("/api/v1/proof/{seq}", get(log::proof)),
        // The paths of the program before this one, for the scripts that still call them.
        token("/api/equipment/", get(equipment::list)),
        token("/api/cleaning-logs/", get(cleanings::list)),
        token("/api/facilities/{facility}/compliance/", get(compliance::of_facility)),
    ]
}

/// A list: `next` is the cursor of the page after it.
#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

fn json(value: &impl Serialize) -> Answer {
    bytes("application/json", serde_json::to_vec(value).map_err(Fault::internal)?)
}

fn bytes(kind: &'static str, bytes: Vec<u8>) -> Answer {
    let mut answer = Response::new(Body::from(bytes));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Reads `limit`: absent is [`LIMIT`], more than [`LIMIT_MAX`] is that.
fn limit(asked: Option<&str>) -> Result<i64, Fault> {
    let Some(asked) = asked else { return Ok(LIMIT) };
    let fault = Fault::Parameter { field: "limit", expects: "a whole number from 1 to 1,000" };
    // As large as it may be written: what is over the bound is the bound.
    let digits = !asked.is_empty() && asked.len() <= 18 && asked.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = if digits { asked.parse().map_err(|_| fault.clone())? } else { return Err(fault) };
    if number == 0 { Err(fault) } else { Ok(number.min(LIMIT_MAX)) }
}

/// RFC 3339 in UTC with milliseconds, as the box writes it.
fn stamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(limit(None), Ok(100));
        assert_eq!(limit(Some("7")), Ok(7));
        assert_eq!(limit(Some("1000000000")), Ok(1_000));
        for wrong in ["-1", "0", "", "ten", "1e9", "9999999999999999999999"] {
            assert!(limit(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(stamp(1_795_204_920_000), "2026-11-20T20:02:00.000Z");
        assert_eq!(stamp(1_795_204_920_123), "2026-11-20T20:02:00.123Z");
    }
}
