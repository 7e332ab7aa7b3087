//! The facility's state as rows of `record::fold`, read by key and written back.

use std::collections::BTreeSet;

use record::fold::{FacilityState, RowKey};
use record::ids::FacilityId;

use super::{DbError, Scoped, all, bulk, by_keys, exec};

/// A row's room and the id in it, as the table keeps them.
fn key_columns(key: RowKey) -> (String, String) {
    let text = key.to_string();
    match text.split_once('/') {
        Some((room, id)) => (room.to_owned(), id.to_owned()),
        None => (text, String::new()),
    }
}

fn read_key(room: &str, id: &str) -> Result<RowKey, DbError> {
    let text = if id.is_empty() { room.to_owned() } else { format!("{room}/{id}") };
    text.parse().map_err(|e| DbError::stored("row key", e))
}

/// Loads rows into `into`; what does not exist stays absent.
///
/// # Errors
/// The database, or a row that this version cannot read.
pub async fn load_state(
    conn: &mut Scoped,
    facility: FacilityId,
    keys: &BTreeSet<RowKey>,
    into: &mut FacilityState,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let keys: Vec<(String, String)> = keys.iter().map(|k| key_columns(*k)).collect();
    let select = "SELECT r.room, r.id, r.body FROM k CROSS JOIN state_rows r \
                  WHERE r.account = @1@ AND r.facility = @2@ AND r.room = k.a AND r.id = k.b";
    let of = (scope.key(), facility.to_string());
    let rows = by_keys!(conn, (String, String, String), select, (of.0, of.1.as_str()), keys, "TEXT")?;
    for (room, id, body) in rows {
        into.load(read_key(&room, &id)?, &body).map_err(|e| DbError::stored("row", e))?;
    }
    Ok(())
}

/// Loads the whole state.
///
/// # Errors
/// As [`load_state`].
pub async fn load_all(conn: &mut Scoped, facility: FacilityId) -> Result<FacilityState, DbError> {
    let scope = conn.scope();
    let sql = "SELECT room, id, body FROM state_rows WHERE account = $1 AND facility = $2";
    let mut into = FacilityState::default();
    for (room, id, body) in all!(conn, (String, String, String), sql, scope.key(), facility.to_string())? {
        into.load(read_key(&room, &id)?, &body).map_err(|e| DbError::stored("row", e))?;
    }
    Ok(into)
}

/// Writes rows back; what the fold has no more, such as a load that ended, is gone here too.
pub async fn save_state(
    conn: &mut Scoped,
    facility: FacilityId,
    keys: &BTreeSet<RowKey>,
    from: &FacilityState,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let rows: Vec<((String, String), String)> =
        keys.iter().filter_map(|k| Some((key_columns(*k), from.row(*k)?))).collect();
    let (account, facility) = (scope.key(), facility.to_string());
    for key in keys.iter().filter(|key| from.row(**key).is_none()) {
        let (room, id) = key_columns(*key);
        let sql = "DELETE FROM state_rows WHERE account = $1 AND facility = $2 AND room = $3 AND id = $4";
        exec!(conn, sql, account, facility.as_str(), room, id)?;
    }
    let head = "INSERT INTO state_rows (account, facility, room, id, body)";
    let tail = " ON CONFLICT (account, facility, room, id) DO UPDATE SET body = excluded.body";
    bulk!(
        conn,
        head,
        5,
        tail,
        &rows,
        |((room, id), body)| account,
        facility.as_str(),
        room.as_str(),
        id.as_str(),
        body.as_str()
    )
}

/// Empties everything that is a fold over the facility's entries, to fold it anew.
pub async fn clear_state(conn: &mut Scoped, facility: FacilityId) -> Result<(), DbError> {
    let scope = conn.scope();
    for sql in [
        "DELETE FROM state_rows WHERE account = $1 AND facility = $2",
        "DELETE FROM cleanings WHERE account = $1 AND facility = $2",
        "DELETE FROM clean_days WHERE account = $1 AND facility = $2",
        "DELETE FROM uses WHERE account = $1 AND facility = $2",
        "DELETE FROM item_notes WHERE account = $1 AND facility = $2",
        "DELETE FROM command_keys WHERE account = $1 AND facility = $2",
        "DELETE FROM repeated_lines WHERE account = $1 AND facility = $2",
        "DELETE FROM items WHERE account = $1 AND facility = $2",
        "DELETE FROM item_days WHERE account = $1 AND facility = $2",
        "DELETE FROM facility_days WHERE account = $1 AND facility = $2",
    ] {
        exec!(conn, sql, scope.key(), facility.to_string())?;
    }
    Ok(())
}
