//! The job: what time alone changes, facility by facility.

use std::collections::{BTreeMap, BTreeSet};

use record::fold::{FacilityState, RowKey};
use record::ids::{AccountId, FacilityId};
use record::tag::Tag;
use service::clock::Clock;

use crate::db::{AccountScope, Db, DbConnection, DbError};
use crate::rollup::{HOUR_MS, refresh_rollup};

/// How many times as long as it took a facility rests after it was folded anew …
pub(crate) const REST_TIMES: i64 = 8;

/// … and how long at most.
pub(crate) const REST_MS_MAX: i64 = HOUR_MS / 2;

/// The rounds of the job, one after the other.
#[derive(Debug, Default)]
pub struct RollupRounds {
    /// Until when a facility that was folded anew is not folded anew again.
    rests: BTreeMap<(String, String), i64>,
}

impl RollupRounds {
    /// Rebuilds what must be rebuilt, counts windows that closed by time. How many facilities changed. One that cannot be folded
    /// keeps no other from it: it stays as it is, is told, and is tried again.
    ///
    /// # Errors
    /// The database cannot be reached; what was committed stays.
    pub async fn round(&mut self, db: &Db, clock: &dyn Clock) -> Result<usize, DbError> {
        let due = crate::db::facilities::platform_due(&mut db.read().await?, clock.now_ms()).await?;
        let mut changed = 0;
        for (account, facility, refold) in &due {
            let (key, begun_ms) = ((account.clone(), facility.clone()), clock.now_ms());
            if *refold && self.rests(&key, begun_ms) {
                continue;
            }
            let done = bring_up(db, (account, facility, *refold), begun_ms).await;
            if *refold {
                self.rest(key, (begun_ms, clock.now_ms()));
            }
            match done {
                Ok(()) => changed += 1,
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => tracing::error!(
                    account, facility, %error,
                    "a facility's pages are not brought up to date: what its boxes send is stored, and it is tried again"
                ),
            }
        }
        Ok(changed)
    }

    /// A facility is folded anew in one transaction, in which nobody else writes: a box that brings run after run must not have
    /// that all the time.
    fn rest(&mut self, key: (String, String), (begun_ms, ended_ms): (i64, i64)) {
        let rest_ms = ended_ms.saturating_sub(begun_ms).saturating_mul(REST_TIMES).clamp(0, REST_MS_MAX);
        self.rests.retain(|_, until_ms| *until_ms > ended_ms);
        self.rests.insert(key, ended_ms.saturating_add(rest_ms));
    }

    fn rests(&self, key: &(String, String), now_ms: i64) -> bool {
        // A clock that was set back makes no rest longer.
        self.rests
            .get(key)
            .is_some_and(|until_ms| (1..=REST_MS_MAX).contains(&until_ms.saturating_sub(now_ms)))
    }
}

pub(crate) async fn bring_up(
    db: &Db,
    (account, facility, refold): (&str, &str, bool),
    now_ms: i64,
) -> Result<(), DbError> {
    let account: AccountId = account.parse().map_err(|e| DbError::stored("account id", e))?;
    let facility = facility.parse().map_err(|e| DbError::stored("facility id", e))?;
    let scope = AccountScope::of(account);
    let mut tx = db.begin().await?;
    if refold {
        crate::ingest::rebuild_facility(&mut tx, scope, facility, now_ms).await?;
    } else {
        by_time(&mut tx, scope, facility, now_ms).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn by_time(
    conn: &mut DbConnection,
    scope: AccountScope,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let known_ms = crate::db::facilities::lock_facility(conn, scope, facility).await?.known_ms;
    let as_of_ms = crate::db::facilities::as_of_ms(now_ms, known_ms);
    let mut keys = BTreeSet::from([RowKey::Settings]);
    let mut touched = BTreeMap::new();
    for tag in crate::db::rollups::items_to_recount(conn, scope, facility, as_of_ms).await? {
        let tag: Tag = tag.parse().map_err(|_| DbError::stored("tag", tag))?;
        keys.extend([RowKey::Equipment(tag), RowKey::Activity(tag)]);
        touched.insert(tag, as_of_ms);
    }
    let mut rows = FacilityState::default();
    crate::db::state::load_state(conn, scope, facility, &keys, &mut rows).await?;
    refresh_rollup(conn, scope, facility, &rows, &touched, as_of_ms).await
}
