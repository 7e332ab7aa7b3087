//! The API for programs: the same numbers as the pages, as JSON, with a bearer token of the account.

pub(crate) mod access;
mod cursor;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod mail_events;
pub(crate) mod old;
pub(crate) mod once;
pub(crate) mod photos;
pub(crate) mod revision;
pub(crate) mod stripe_events;
pub(crate) mod v1;

use ::web::error::HttpError;
use api::ListJson;

use crate::web::api::cursor::CursorSeal;
use crate::web::http_error::parameter_error;

/// Things in a list, unless the request says otherwise.
const LIMIT: i64 = 100;
const LIMIT_MAX: i64 = 1_000;

/// A list of one thing more than a part of it may have, where there is one; `key` sorts.
fn cut_list<T>(
    mut items: Vec<T>,
    limit: i64,
    seal: &CursorSeal,
    key: impl Fn(&T) -> String,
) -> Result<ListJson<T>, HttpError> {
    let bound = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > bound;
    items.truncate(bound);
    let next = items.last().filter(|_| more).map(|last| seal.write(&key(last))).transpose()?;
    Ok(ListJson { items, next })
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
}
