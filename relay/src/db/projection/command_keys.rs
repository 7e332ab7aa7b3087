//! Which line answers for an idempotency key: a phone sends again what its box had lost sight of, and it counts once.

use record::entry::{Digest16, IdempotencyRecord};
use record::fold::LinePlace;
use record::ids::BoxId;
use record::kinds::EntryRef;

use crate::db::ProjectionNumber;
use crate::db::log::run_names::{run_of, run_text};
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, bulk, by_keys};

pub type KeyPlace = (IdempotencyRecord, LinePlace);

/// The first places of these keys of one box, as far as there are any.
pub async fn first_of(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
    keys: &[Digest16],
) -> Result<Vec<KeyPlace>, DbError> {
    let scope = conn.scope();
    let select = "SELECT c.idem, c.req, c.epoch, c.seq, c.run FROM k CROSS JOIN command_keys c \
                  WHERE c.account = @1@ AND c.projection = @2@ AND c.box = k.b AND c.idem = k.a";
    let keys: Vec<(String, String)> = keys.iter().map(|key| (key.to_string(), box_id.to_string())).collect();
    let of = (scope.key(), projection.key());
    let rows = by_keys!(conn, (String, String, String, i64, String), select, (of.0, of.1), keys, "TEXT")?;
    rows.into_iter()
        .map(|(idem, req, epoch, seq, run): (String, String, String, i64, String)| {
            let key = Digest16::parse(&idem).ok_or_else(report_unreadable)?;
            let req = Digest16::parse(&req).ok_or_else(report_unreadable)?;
            let epoch = epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
            let of = EntryRef { epoch, seq: u64::try_from(seq).map_err(|_| report_unreadable())? };
            Ok((IdempotencyRecord { key, req }, LinePlace { of, run: run_of(&run)? }))
        })
        .collect()
}

fn report_unreadable() -> DbError {
    DbError::stored("command key", "it cannot be read")
}

pub async fn save_keys(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
    places: &[KeyPlace],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection, box_id) = (scope.key(), projection.key(), box_id.to_string());
    let head = "INSERT INTO command_keys (account, projection, box, idem, req, epoch, seq, run)";
    let tail = " ON CONFLICT (account, projection, box, idem) DO NOTHING";
    bulk!(
        conn,
        head,
        8,
        tail,
        places,
        |(idem, line)| account,
        projection,
        box_id.as_str(),
        idem.key.to_string(),
        idem.req.to_string(),
        line.of.epoch.to_string(),
        to_i64(line.of.seq),
        run_text(line.run),
    )
}
