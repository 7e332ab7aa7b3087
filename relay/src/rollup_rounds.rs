//! The job: what time alone changes, facility by facility.

use std::collections::{BTreeMap, BTreeSet};

use record::fold::{FacilityState, RowKey};
use record::ids::FacilityId;
use record::tag::Tag;
use service::clock::Clock;

use crate::db::{AccountScope, Db, DbError, PlatformReason, Scoped};
use crate::rollup::{HOUR_MS, refresh_rollup};

/// How many times as long as it took a facility rests after it was folded anew …
pub(crate) const REST_TIMES: i64 = 8;

/// … and how long at most.
pub(crate) const REST_MS_MAX: i64 = HOUR_MS / 2;

/// The rounds of the job, one after the other.
#[derive(Debug, Default)]
pub struct RollupRounds {
    /// Until when a facility that was folded anew is not folded anew again.
    rests: BTreeMap<(AccountScope, FacilityId), i64>,
}

impl RollupRounds {
    /// Rebuilds what must be rebuilt, counts windows that closed by time. How many facilities changed. One that cannot be folded
    /// keeps no other from it: it stays as it is, is told, and is tried again.
    ///
    /// # Errors
    /// The database cannot be reached; what was committed stays.
    pub async fn round(&mut self, db: &Db, clock: &dyn Clock) -> Result<usize, DbError> {
        let due = crate::db::facilities::platform_due(
            &mut db.platform_read(PlatformReason::Work).await?,
            clock.now_ms(),
        )
        .await?;
        let mut changed = 0;
        for due in &due {
            let (key, begun_ms) = (due.place()?, clock.now_ms());
            let (scope, facility) = key;
            if due.refold && self.rests(&key, begun_ms) {
                continue;
            }
            let done = bring_up(db, key, due.refold, begun_ms).await;
            if due.refold {
                self.rest(key, (begun_ms, clock.now_ms()));
            }
            match done {
                Ok(()) => changed += 1,
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => tracing::error!(
                    account = %scope.account(), %facility, %error,
                    "a facility's pages are not brought up to date: what its boxes send is stored, and it is tried again"
                ),
            }
        }
        Ok(changed)
    }

    /// A facility is folded anew in one transaction, in which nobody else writes: a box that brings run after run must not have
    /// that all the time.
    fn rest(&mut self, key: (AccountScope, FacilityId), (begun_ms, ended_ms): (i64, i64)) {
        let rest_ms = ended_ms.saturating_sub(begun_ms).saturating_mul(REST_TIMES).clamp(0, REST_MS_MAX);
        self.rests.retain(|_, until_ms| *until_ms > ended_ms);
        self.rests.insert(key, ended_ms.saturating_add(rest_ms));
    }

    fn rests(&self, key: &(AccountScope, FacilityId), now_ms: i64) -> bool {
        // A clock that was set back makes no rest longer.
        self.rests
            .get(key)
            .is_some_and(|until_ms| (1..=REST_MS_MAX).contains(&until_ms.saturating_sub(now_ms)))
    }
}

pub(crate) async fn bring_up(
    db: &Db,
    (scope, facility): (AccountScope, FacilityId),
    refold: bool,
    now_ms: i64,
) -> Result<(), DbError> {
    let mut tx = db.write(scope).await?;
    if refold {
        crate::ingest::rebuild_facility(&mut tx, facility, now_ms).await?;
    } else {
        by_time(&mut tx, facility, now_ms).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn by_time(conn: &mut Scoped, facility: FacilityId, now_ms: i64) -> Result<(), DbError> {
    let known_ms = crate::db::facilities::lock_facility(conn, facility).await?.known_ms;
    let as_of_ms = crate::db::facilities::as_of_ms(now_ms, known_ms);
    let mut keys = BTreeSet::from([RowKey::Settings]);
    let mut touched = BTreeMap::new();
    for tag in crate::db::rollups::items_to_recount(conn, facility, as_of_ms).await? {
        let tag: Tag = tag.parse().map_err(|_| DbError::stored("tag", tag))?;
        keys.extend([RowKey::Equipment(tag), RowKey::Activity(tag)]);
        touched.insert(tag, as_of_ms);
    }
    let mut rows = FacilityState::default();
    crate::db::state::load_state(conn, facility, &keys, &mut rows).await?;
    refresh_rollup(conn, facility, &rows, &touched, as_of_ms).await
}
