//! The whole numbers of things: each is given at the first list that shows it.

use ::web::error::HttpError;
use record::ids::FacilityId;

use crate::accounts::ApiProgram;
use crate::db::projection::old_ids::{OldKind, OldNumbers, assign_numbers, find_numbers, find_thing};
use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::http_error::not_found;

/// The numbers of things of the account; those that have none get one. No connection for reading is open meanwhile.
pub(super) async fn number_things(
    web: &WebContext,
    program: &ApiProgram,
    kind: OldKind,
    things: &[String],
) -> Result<OldNumbers, HttpError> {
    let known = find_numbers(&mut web.db.read(program.account).await?, kind, things).await?;
    if things.iter().all(|thing| known.contains_key(thing)) {
        return Ok(known);
    }
    let mut tx = web.db.write(program.account).await?;
    let numbers = assign_numbers(&mut tx, kind, things).await?;
    tx.commit().await?;
    Ok(numbers)
}

pub(super) fn number_of(numbers: &OldNumbers, thing: &str) -> Result<i64, HttpError> {
    // All were numbered before.
    Ok(*numbers.get(thing).ok_or_else(|| DbError::stored("old id", thing))?)
}

pub(super) async fn find_numbered(
    conn: &mut ScopedConnection,
    kind: OldKind,
    id: &str,
) -> Result<String, HttpError> {
    let is_number = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = id.parse().ok().filter(|_| is_number).ok_or_else(not_found)?;
    find_thing(conn, kind, number).await?.ok_or_else(not_found)
}

pub(super) async fn find_facility(conn: &mut ScopedConnection, id: &str) -> Result<FacilityId, HttpError> {
    if let Ok(facility) = id.parse() {
        return Ok(facility);
    }
    find_numbered(conn, OldKind::Facility, id).await?.parse().map_err(|_| not_found())
}
