//! Forgets what is over: sessions that ended, devices not used, full buckets, tokens and access that nobody asks for any more.

use super::{access_log, device, lock_out, session};
use crate::db::{self, Db, DbError};

/// Tokens that open nothing any more are kept for so long, for whoever looks into what they did.
const ENDED_TOKENS_MS: i64 = access_log::KEPT_MS;

/// Forgets what is over. How many rows.
///
/// # Errors
/// The database; nothing is forgotten then.
pub async fn forget(db: &Db, now_ms: i64) -> Result<u64, DbError> {
    let mut tx = db.begin().await?;
    let (begun_ms, used_ms) = (now_ms - session::AGE_MS_MAX, now_ms - session::IDLE_MS);
    let rows = db::sessions::platform_delete_ended(&mut tx, begun_ms, used_ms).await?
        + db::devices::platform_forget_old(&mut tx, now_ms - device::KNOWN_MS).await?
        + db::buckets::platform_forget_old(&mut tx, now_ms - lock_out::FULL_AFTER_MS).await?
        + db::tokens::platform_forget_old(&mut tx, now_ms - ENDED_TOKENS_MS).await?
        + db::audit::platform_forget_old(&mut tx, now_ms - access_log::KEPT_MS).await?;
    tx.commit().await?;
    Ok(rows)
}
