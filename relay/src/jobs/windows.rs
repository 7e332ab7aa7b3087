//! What time alone changes at a facility.

use std::collections::{BTreeMap, BTreeSet};

use record::fold::{FacilityState, RowKey};
use record::ids::FacilityId;
use record::tag::Tag;

use crate::db::{AccountScope, DbConnection, DbError, facilities, rollups, state};
use crate::rollup::refresh_rollup;

/// Counts the windows of a facility that closed by time.
pub(super) async fn count_closed_windows(
    conn: &mut DbConnection,
    scope: AccountScope,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let known_ms = facilities::lock_facility(conn, scope, facility).await?.known_ms;
    let as_of_ms = facilities::as_of_ms(now_ms, known_ms);
    let mut keys = BTreeSet::from([RowKey::Settings]);
    let mut touched = BTreeMap::new();
    for tag in rollups::items_to_recount(conn, scope, facility, as_of_ms).await? {
        let tag: Tag = tag.parse().map_err(|_| DbError::stored("tag", tag))?;
        keys.extend([RowKey::Equipment(tag), RowKey::Activity(tag)]);
        touched.insert(tag, as_of_ms);
    }
    let mut rows = FacilityState::default();
    state::load_state(conn, scope, facility, &keys, &mut rows).await?;
    refresh_rollup(conn, scope, facility, &rows, &touched, as_of_ms).await
}
