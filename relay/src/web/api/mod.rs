//! The API for programs: the same numbers as the pages, as JSON, with a bearer token of the account.

pub(crate) mod cursor;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod old;
pub(crate) mod once;
pub(crate) mod photos;
pub(crate) mod revision;
pub(crate) mod v1;

use ::web::error::HttpError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::api::cursor::CursorSeal;
use crate::web::http_error::parameter_error;

/// Things in a list, unless the request says otherwise.
const LIMIT: i64 = 100;
const LIMIT_MAX: i64 = 1_000;

/// Part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(crate) struct ListJson<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// The `cursor` of the part after it; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> ListJson<T> {
    /// Of one thing more than the list may have, where there is one; `key` sorts.
    fn cut(
        mut items: Vec<T>,
        limit: i64,
        seal: &CursorSeal,
        key: impl Fn(&T) -> String,
    ) -> Result<Self, HttpError> {
        let bound = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > bound;
        items.truncate(bound);
        let next = items.last().filter(|_| more).map(|last| seal.write(&key(last))).transpose()?;
        Ok(Self { items, next })
    }
}

/// Reads `limit`: absent is [`LIMIT`], more than [`LIMIT_MAX`] is that.
fn read_limit(requested: Option<&str>) -> Result<i64, HttpError> {
    let Some(requested) = requested else { return Ok(LIMIT) };
    // As large as it may be written: what is over the bound is the bound.
    let is_number = (1..=18).contains(&requested.len()) && requested.bytes().all(|b| b.is_ascii_digit());
    let number: Option<i64> = requested.parse().ok().filter(|&number| is_number && number > 0);
    number
        .map(|number| number.min(LIMIT_MAX))
        .ok_or_else(|| parameter_error("limit", |words| words.parameter_limit(LIMIT_MAX)))
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
        for (requested, limit) in [(None, 100), (Some("7"), 7), (Some("1000000000"), 1_000)] {
            assert_eq!(read_limit(requested).unwrap(), limit, "{requested:?}");
        }
        for wrong in ["-1", "+1", "0", "", "ten", "1e9", "9999999999999999999999"] {
            assert!(read_limit(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(stamp(1_795_204_920_000), "2026-11-20T20:02:00.000Z");
        assert_eq!(stamp(1_795_204_920_123), "2026-11-20T20:02:00.123Z");
    }
}
