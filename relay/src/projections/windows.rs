//! What time alone changes: windows that close with no new entry.

use std::collections::{BTreeMap, BTreeSet};

use record::fold::{FacilityState, RowKey};
use record::ids::FacilityId;
use record::tag::Tag;

use super::facility_now::refresh_counts;
use super::rollup::refresh_rollup;
use crate::db::facility::{facilities, facility_now};
use crate::db::projection::{projections, rollups, state};
use crate::db::{DbError, ScopedConnection};

/// Counts the windows of a facility that closed by now. While entries wait to be folded it counts none: they may have met them.
pub async fn close_windows(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let Some(live) = projections::lock_live(conn, facility).await? else { return Ok(()) };
    // Another build reads these rows; a rebuild makes new ones.
    if !projections::is_of_this_code(live.version) {
        return Ok(());
    }
    if !projections::logs_behind(conn, facility, live.projection).await?.is_empty() {
        // Its day may be over all the same. Nothing else has changed: no page is to be notified of this each time.
        return match facility_now::is_day_over(conn, facility, now_ms).await? {
            true => refresh_counts(conn, facility, now_ms).await,
            false => Ok(()),
        };
    }
    let known_ms = facilities::lock_facility(conn, facility).await?.known_ms;
    let as_of_ms = facilities::as_of_ms(now_ms, known_ms);
    let mut keys = BTreeSet::from([RowKey::Settings]);
    let mut touched = BTreeMap::new();
    for tag in rollups::items_to_recount(conn, live.projection, as_of_ms).await? {
        let tag: Tag = tag.parse().map_err(|_| DbError::stored("tag", tag))?;
        keys.extend([RowKey::Equipment(tag), RowKey::Activity(tag)]);
        touched.insert(tag, as_of_ms);
    }
    let mut rows = FacilityState::default();
    state::load_state(conn, live.projection, &keys, &mut rows).await?;
    refresh_rollup(conn, live.projection, &rows, &touched, as_of_ms).await?;
    refresh_counts(conn, facility, now_ms).await
}
