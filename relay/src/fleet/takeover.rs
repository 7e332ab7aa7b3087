//! A box that came to replace another one takes its place: it gets a certificate under that one's id and goes on behind its log. What the
//! other machine still has opens nothing any more: no connection, no renewal, no claim.

use record::checkpoint::LogOrigin;
use record::claim::ReplacedBox;
use record::ids::BoxId;

use super::{Fleet, done_act};
use crate::db::access_log::audit::{NewAudit, insert_act};
use crate::db::fleet::boxes;
use crate::db::fleet::claims;
use crate::db::fleet::claims::ClaimPlace;
use crate::db::log::{epochs, log_keys};
use crate::db::{DbError, ScopedConnection};

/// The log that is gone on with: the newest one of the box that is replaced, if this relay has cosigned anything of it.
pub(super) async fn find_replaced(
    tx: &mut ScopedConnection,
    place: ClaimPlace,
    by: BoxId,
) -> Result<Option<ReplacedBox>, DbError> {
    // One that comes back itself, with a claim file that was made to replace it, is not replaced.
    let Some(old) = place.replaces.filter(|old| *old != by) else { return Ok(None) };
    let home = boxes::lock_box(tx, old).await?;
    if home.is_none_or(|home| home.facility != place.facility) {
        return Ok(None);
    }
    let logs = epochs::of_box(tx, old).await?;
    let counting = logs.into_iter().filter(|log| !log.apart && log.frontier.size() > 0);
    let newest = counting.max_by_key(|log| log.origin.epoch);
    let Some((key, cosigned)) = newest.and_then(|log| log.own_key().zip(log.cosigned)) else {
        return Ok(None);
    };
    Ok(Some(ReplacedBox { r#box: old, key: key.to_string(), cosigned }))
}

/// A machine that takes another one's place.
pub(super) struct BoxTakeover<'a> {
    pub(super) place: ClaimPlace,
    /// The id with which it came.
    pub(super) by: BoxId,
    /// Its log, under the other one's id.
    pub(super) origin: &'a LogOrigin,
    pub(super) log_key: &'a [u8; 32],
}

impl Fleet {
    /// Ends what the replaced machine may do, and registers the log of the one that comes under its id. `false`: another
    /// log has that name.
    pub(super) async fn take_over(
        &self,
        tx: &mut ScopedConnection,
        takeover: BoxTakeover<'_>,
        now_ms: i64,
    ) -> Result<bool, DbError> {
        let BoxTakeover { place, by, origin, log_key } = takeover;
        let old = origin.box_id;
        self.end_service(tx, old).await?;
        boxes::release_box(tx, old).await?;
        log_keys::end_renewals(tx, old, now_ms).await?;
        claims::end_replacing_claims(tx, old, now_ms).await?;
        epochs::insert_epoch(tx, origin, place.facility, (log_key, true), now_ms).await?;
        let held = epochs::find_log(tx, origin).await?;
        if held.is_none_or(|held| held.log_key != *log_key || held.frontier.size() > 0) {
            return Ok(false);
        }
        let (who, about) = (format!("box {by}"), old.to_string());
        let act = NewAudit { facility: Some(place.facility), ..done_act(&who, "box replace", &about) };
        insert_act(tx, &act, now_ms).await?;
        Ok(true)
    }
}
