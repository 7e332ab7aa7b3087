//! Forgets what is over: sessions that ended, devices not used, full buckets, tokens and access that nobody asks for any more.

use std::time::Duration;

use super::{access_log, device, lock_out, session};
use crate::db::{self, Db, DbError, PlatformReason};

/// Tokens that open nothing any more are kept for so long, for whoever looks into what they did.
const ENDED_TOKENS_MS: i64 = access_log::RETENTION_MS;

/// How often what is over is forgotten; the first time when the process has been up for so long.
pub const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// A clock that reads more than this after the newest thing that is known is not believed.
const AHEAD_MS_MAX: i64 = 30 * 24 * 3_600_000;

/// Forgets in rounds, and nothing on the word of a clock that has leapt ahead: what is forgotten is gone for good.
#[derive(Debug)]
pub struct ForgetRounds {
    db: Db,
    /// Of the access log when the process started: what it writes itself has the same clock's times. Where there was
    /// nothing, nothing can be lost.
    newest_at_start_ms: i64,
    up_ms: i64,
}

impl ForgetRounds {
    /// Of a process that starts now.
    pub async fn begin(db: Db, now_ms: i64) -> Result<Self, DbError> {
        let newest =
            db::audit::platform_newest_ms(&mut db.platform_read(PlatformReason::Work).await?).await?;
        Ok(Self { db, newest_at_start_ms: newest.unwrap_or(now_ms), up_ms: 0 })
    }

    /// One round, [`FORGET_EVERY`] after the one before. How many rows; `None` where the clock is not believed.
    ///
    /// # Errors
    /// The database; nothing is forgotten then.
    pub async fn round(&mut self, now_ms: i64) -> Result<Option<u64>, DbError> {
        self.up_ms += i64::try_from(FORGET_EVERY.as_millis()).unwrap_or(i64::MAX);
        // Boxes have clocks of their own.
        let database_ms =
            db::facilities::platform_newest_ms(&mut self.db.platform_read(PlatformReason::Work).await?)
                .await?;
        let newest_ms = self.newest_at_start_ms.saturating_add(self.up_ms).max(database_ms.unwrap_or(0));
        if now_ms.saturating_sub(newest_ms) > AHEAD_MS_MAX {
            return Ok(None);
        }
        delete_old(&self.db, now_ms).await.map(Some)
    }
}

/// Forgets what is over. How many rows.
///
/// # Errors
/// The database; nothing is forgotten then.
pub(crate) async fn delete_old(db: &Db, now_ms: i64) -> Result<u64, DbError> {
    let mut tx = db.platform_write(PlatformReason::Work).await?;
    let (begun_ms, used_ms) = (now_ms - session::AGE_MS_MAX, now_ms - session::IDLE_MS);
    let rows = db::sessions::platform_delete_ended(&mut tx, begun_ms, used_ms).await?
        + db::devices::platform_forget_old(&mut tx, now_ms - device::KNOWN_MS).await?
        + db::buckets::platform_forget_old(&mut tx, now_ms - lock_out::FULL_AFTER_MS).await?
        + db::tokens::platform_forget_old(&mut tx, now_ms - ENDED_TOKENS_MS).await?
        + db::audit::platform_forget_old(&mut tx, now_ms - access_log::RETENTION_MS).await?;
    tx.commit().await?;
    Ok(rows)
}
