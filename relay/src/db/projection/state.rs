//! The facility's state as rows of `record::fold`, read by key and written back.

use std::collections::BTreeSet;

use record::fold::{FacilityState, RowKey};

use crate::db::ProjectionNumber;
use crate::db::{DbError, ScopedConnection, all, bulk, by_keys, exec};

/// A row's kind and the id in it, as the table stores them.
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
pub async fn load_state(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    keys: &BTreeSet<RowKey>,
    into: &mut FacilityState,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let keys: Vec<(String, String)> = keys.iter().map(|k| key_columns(*k)).collect();
    let select = "SELECT r.room, r.id, r.body FROM k CROSS JOIN state_rows r \
                  WHERE r.account = @1@ AND r.projection = @2@ AND r.room = k.a AND r.id = k.b";
    let of = (scope.key(), projection.key());
    let rows = by_keys!(conn, (String, String, String), select, (of.0, of.1), keys, "TEXT")?;
    for (room, id, body) in rows {
        into.load(read_key(&room, &id)?, &body).map_err(|e| DbError::stored("row", e))?;
    }
    Ok(())
}

pub async fn load_all(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
) -> Result<FacilityState, DbError> {
    let scope = conn.scope();
    let sql = "SELECT room, id, body FROM state_rows WHERE account = $1 AND projection = $2";
    let mut into = FacilityState::default();
    for (room, id, body) in all!(conn, (String, String, String), sql, scope.key(), projection.key())? {
        into.load(read_key(&room, &id)?, &body).map_err(|e| DbError::stored("row", e))?;
    }
    Ok(into)
}

/// Writes rows back; what the fold has no more, such as a load that ended, is gone here too.
pub async fn save_state(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    keys: &BTreeSet<RowKey>,
    from: &FacilityState,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let rows: Vec<((String, String), String)> =
        keys.iter().filter_map(|k| Some((key_columns(*k), from.row(*k)?))).collect();
    let (account, projection) = (scope.key(), projection.key());
    for key in keys.iter().filter(|key| from.row(**key).is_none()) {
        let (room, id) = key_columns(*key);
        let sql = "DELETE FROM state_rows WHERE account = $1 AND projection = $2 AND room = $3 AND id = $4";
        exec!(conn, sql, account, projection, room, id)?;
    }
    let head = "INSERT INTO state_rows (account, projection, room, id, body)";
    let tail = " ON CONFLICT (account, projection, room, id) DO UPDATE SET body = excluded.body";
    bulk!(
        conn,
        head,
        5,
        tail,
        &rows,
        |((room, id), body)| account,
        projection,
        room.as_str(),
        id.as_str(),
        body.as_str()
    )
}
