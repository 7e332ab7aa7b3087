//! The rows that pages of many facilities read, written from what is folded and from what boxes report.

use record::compliance::{CivilCalendar, ZoneSpan};
use record::fold::FacilitySettings;
use record::ids::FacilityId;

use super::box_state::{BoxState, SILENT_MS};
use crate::db::OwnedFacility;
use crate::db::delivery::webhook_events;
use crate::db::facility::facilities::as_of_ms;
use crate::db::facility::facility_now::{
    FacilityCounts, FacilityPart, count_cleanings, count_items, find_facts, load_days, raise_part, save_box,
    save_counts,
};
use crate::db::facility::spark::{DaySum, SPARK_DAYS, write_spark};
use crate::db::fleet::box_now;
use crate::db::{Db, DbError, PlatformReason, ScopedConnection};

/// Facilities whose boxes are looked at in one transaction.
const FACILITIES_AT_ONCE: usize = 64;

/// The days of a facility, by the zones that its box reported.
pub fn facility_calendar(settings: &FacilitySettings) -> CivilCalendar {
    CivilCalendar::new(
        &settings
            .zones
            .iter()
            .map(|z: &record::fold::ZonePeriod| ZoneSpan { from_ms: z.from_ms, zone: z.zone.as_str().into() })
            .collect::<Vec<_>>(),
    )
}

/// Writes the numbers of a facility and the state of its box, after entries were folded.
pub async fn refresh_facility(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    refresh_box(conn, facility, now_ms).await?;
    refresh_counts(conn, facility, now_ms).await?;
    raise_part(conn, facility, FacilityPart::Feed).await
}

pub async fn refresh_counts(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let Some(facts) = find_facts(conn, facility).await? else { return Ok(()) };
    let settings: FacilitySettings = match &facts.settings {
        Some(body) => serde_json::from_str(body).map_err(|e| DbError::stored("settings", e))?,
        None => FacilitySettings::default(),
    };
    let calendar = facility_calendar(&settings);
    let today = calendar.day_of(now_ms);
    let (day, within) = (i64::from(today), calendar.day_range(today));
    let projection = facts.projection();
    let days = load_days(conn, projection, day - i64::from(SPARK_DAYS - 1), day).await?;
    let zoneless = settings.zones.is_empty();
    let counts = FacilityCounts {
        name: if settings.name.is_empty() { facts.name } else { settings.name.clone() },
        zone: if zoneless { facts.zone } else { settings.zone().to_owned() },
        zoneless,
        as_of_ms: as_of_ms(now_ms, facts.known_ms),
        day,
        day_ends_ms: within.end,
        items: count_items(conn, projection).await?,
        today: sum_days(&days, day),
        week: sum_days(&days, day - 6),
        month: sum_days(&days, day - i64::from(SPARK_DAYS - 1)),
        spark: write_spark(&days, day),
        cleanings_today: count_cleanings(conn, projection, within.start, within.end).await?,
    };
    save_counts(conn, facility, &counts, now_ms).await
}

fn sum_days(days: &[DaySum], from: i64) -> DaySum {
    let since = days.iter().filter(|sum| sum.day >= from);
    since.fold(DaySum { day: from, ..DaySum::default() }, |all, one| DaySum {
        met: all.met + one.met,
        closed: all.closed + one.closed,
        ..all
    })
}

/// Writes the states of a facility's boxes, and which one it has in service: the newest that is not revoked.
pub async fn refresh_box(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let mut in_service = None;
    for row in box_now::boxes_of(conn, facility).await? {
        let state = BoxState::of(&row, now_ms);
        if state.word() != row.state {
            box_now::save_state(conn, &row.box_id, state.word()).await?;
            webhook_events::note_box(conn, facility, &row.box_id, state.word(), now_ms).await?;
        }
        if in_service.is_none() && state != BoxState::Revoked {
            in_service = Some((row.box_id, state));
        }
    }
    match in_service {
        Some((box_id, state)) => save_box(conn, facility, Some(&box_id), state.word(), now_ms).await,
        None => save_box(conn, facility, None, BoxState::None.word(), now_ms).await,
    }
}

/// The same of many facilities, which come by account, in transactions of a few.
pub async fn refresh_boxes(db: &Db, places: &[OwnedFacility], now_ms: i64) -> Result<(), DbError> {
    for of_account in places.chunk_by(|one, other| one.scope == other.scope) {
        for some in of_account.chunks(FACILITIES_AT_ONCE) {
            let mut tx = db.write(some[0].scope).await?;
            for place in some {
                refresh_box(&mut tx, place.facility, now_ms).await?;
            }
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Finds boxes that were seen for the last time some minutes ago, and writes so. At how many facilities.
pub async fn find_silent_boxes(db: &Db, now_ms: i64) -> Result<usize, DbError> {
    let mut conn = db.platform_read(PlatformReason::Work).await?;
    let places = box_now::platform_unseen(&mut conn, now_ms.saturating_sub(SILENT_MS)).await?;
    drop(conn);
    refresh_boxes(db, &places, now_ms).await?;
    Ok(places.len())
}
