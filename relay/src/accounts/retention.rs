//! Forgets what is over: sessions that ended, devices not used, full buckets, tokens and access that nobody asks for any more.

use service::clock::Now;

use super::credentials::{device, lock_out, session};
use super::records::access_log;
use crate::db::{self, DbError, PlatformConnection};

/// How long tokens that open nothing any more are kept, for whoever looks into what they did.
const ENDED_TOKENS_MS: i64 = access_log::RETENTION_MS;
/// Links of mails are listed nowhere; for this long, those that have expired say that they have.
const ENDED_LINKS_MS: i64 = 7 * 24 * 3_600_000;
const MAILS_MS: i64 = access_log::RETENTION_MS;

/// How long what was sent to webhooks is shown.
const DELIVERIES_MS: i64 = 30 * 24 * 3_600_000;
/// How long a process that did not end in order is shown.
const SILENT_PROCESSES_MS: i64 = 24 * 3_600_000;

/// Deletes in rounds, and nothing on the basis of a clock that has jumped ahead: what is deleted is gone for good.
#[derive(Debug)]
pub struct ForgetRounds {
    /// The newest time that was believed when the process started. Where nothing was, nothing can be lost.
    believed_at_start_ms: i64,
    /// Since the machine's boot, which no setting of its clock changes.
    began_up_ms: u64,
}

impl ForgetRounds {
    /// Of a process that starts now. In a database that has seen no round, what its access log says is believed.
    pub async fn begin(conn: &mut PlatformConnection, now: Now) -> Result<Self, DbError> {
        let believed = match db::operation::believed_times::platform_find(conn).await? {
            None => db::access_log::audit::platform_newest_ms(conn).await?,
            believed => believed,
        };
        Ok(Self { believed_at_start_ms: believed.unwrap_or(now.wall_ms), began_up_ms: now.up_ms })
    }

    /// One round, in the caller's transaction. How many rows; `None` where the clock is not believed.
    pub async fn round(&self, tx: &mut PlatformConnection, now: Now) -> Result<Option<u64>, DbError> {
        let up_ms = i64::try_from(now.up_ms.saturating_sub(self.began_up_ms)).unwrap_or(i64::MAX);
        // Boxes have clocks of their own; every other time in the database is this machine's. A time ahead of it confirms nothing.
        let cleaned_ms = db::facility::facility_now::platform_newest_cleaning_ms(tx, now.wall_ms).await?;
        let believed_ms =
            db::operation::believed_times::platform_find(tx).await?.filter(|at_ms| *at_ms <= now.wall_ms);
        let known_ms = self.believed_at_start_ms.saturating_add(up_ms);
        let newest_ms = [cleaned_ms, believed_ms].into_iter().flatten().fold(known_ms, i64::max);
        if now.wall_ms.saturating_sub(newest_ms) > db::operation::believed_times::AHEAD_MS_MAX {
            // What was believed before stays so, for a process that starts while the clock is wrong.
            db::operation::believed_times::platform_raise(tx, self.believed_at_start_ms.min(now.wall_ms))
                .await?;
            return Ok(None);
        }
        db::operation::believed_times::platform_raise(tx, now.wall_ms).await?;
        delete_old(tx, now.wall_ms).await.map(Some)
    }
}

/// Forgets what is over, in the caller's transaction. How many rows.
pub(crate) async fn delete_old(tx: &mut PlatformConnection, now_ms: i64) -> Result<u64, DbError> {
    let (begun_ms, used_ms) = (now_ms - session::AGE_MS_MAX, now_ms - session::IDLE_MS);
    Ok(db::person::sessions::platform_delete_ended(tx, begun_ms, used_ms).await?
        + db::person::devices::platform_forget_old(tx, now_ms - device::KNOWN_MS).await?
        + db::person::buckets::platform_forget_old(tx, now_ms - lock_out::FULL_AFTER_MS).await?
        + db::person::second_steps::platform_forget_old(tx, now_ms).await?
        + db::person::ceremonies::platform_forget_old(tx, now_ms).await?
        + db::person::oidc_flows::platform_forget_old(tx, now_ms).await?
        + db::account::account_slugs::platform_forget_old(tx, now_ms).await?
        + db::person::mail_links::platform_forget_old(tx, now_ms - ENDED_LINKS_MS).await?
        + db::delivery::mails::platform_forget_old(tx, now_ms - MAILS_MS).await?
        + db::delivery::mail_rounds::platform_forget_marks(tx, now_ms - MAILS_MS).await?
        + db::delivery::alerts::platform_forget_old(tx, now_ms - access_log::RETENTION_MS).await?
        + db::delivery::suppressions::platform_forget_events(tx, now_ms - MAILS_MS).await?
        + db::person::idempotency::platform_forget_old(tx, now_ms).await?
        + db::delivery::webhook_deliveries::platform_forget_old(tx, now_ms - DELIVERIES_MS).await?
        + db::person::support_grants::platform_forget_old(tx, now_ms - access_log::RETENTION_MS).await?
        + db::operation::announcements::platform_forget_old(tx, now_ms - access_log::RETENTION_MS).await?
        + db::operation::processes::platform_forget_old(tx, now_ms - SILENT_PROCESSES_MS).await?
        + db::person::tokens::platform_forget_old(tx, now_ms - ENDED_TOKENS_MS).await?
        + db::access_log::audit_heads::platform_forget_old(tx, now_ms - access_log::RETENTION_MS).await?)
}
