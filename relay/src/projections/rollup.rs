//! Stores the state of items and how many windows they met: at ingest for what a batch touched, by a job for what time
//! alone changes. The numbers are `record::compliance`'s.

use std::collections::BTreeMap;
use std::ops::Range;

use record::compliance::{
    CivilCalendar, CleaningTimes, ItemStatus, ItemTimelines, by_day, is_by_uses, reach_ms,
};
use record::fold::{Equipment, EquipmentActivity, FacilitySettings, FacilityState};
use record::tag::Tag;

use super::facility_now::facility_calendar;
use crate::db::ProjectionNumber;
use crate::db::projection::cleanings::CountedCleaning;
use crate::db::projection::rollups::{ItemDay, ItemState};
use crate::db::{DbError, ScopedConnection};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How far back tallies are kept exact: a year's report and some.
const TALLIED_MS: i64 = 400 * DAY_MS;

struct Span<'a> {
    item: &'a Equipment,
    activity: Option<&'a EquipmentActivity>,
    from_day: i32,
    closed_in: Range<i64>,
}

/// Recounts the windows of `touched` items, each from its own time on, and stores their states at `as_of_ms`. `rows`
/// holds the settings and those items' rows.
pub(crate) async fn refresh_rollup(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    rows: &FacilityState,
    touched: &BTreeMap<Tag, i64>,
    as_of_ms: i64,
) -> Result<(), DbError> {
    let tags: Vec<Tag> = touched.keys().copied().filter(|t| rows.equipment.contains_key(t)).collect();
    if tags.is_empty() {
        return Ok(());
    }
    let calendar = facility_calendar(&rows.settings);
    let counted: BTreeMap<String, i64> =
        crate::db::projection::rollups::count_rows(conn, projection, &tags).await?.into_iter().collect();
    let spans = tags.iter().filter_map(|tag| {
        let item = rows.equipment.get(tag)?;
        let counted_ms = counted.get(&tag.to_string()).copied().unwrap_or(item.added_ms);
        let from_ms = (*touched.get(tag)?).min(counted_ms).max(as_of_ms - TALLIED_MS);
        let from_day = calendar.day_of(from_ms);
        let closed_in = calendar.day_range(from_day).start..as_of_ms.saturating_add(1);
        Some(Span { item, activity: rows.activity.get(tag).map(AsRef::as_ref), from_day, closed_in })
    });
    let spans: Vec<Span<'_>> = spans.collect();
    let since: Vec<_> = spans.iter().map(|s| (s.item.tag, s.closed_in.start - reach_ms(s.item))).collect();
    let placed = load_cleaning_times(conn, projection, &since).await?;
    let used: Vec<_> =
        spans.iter().zip(&since).filter(|(s, _)| is_by_uses(s.item)).map(|(_, s)| *s).collect();
    let mut uses: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (tag, ended_ms) in crate::db::projection::cleanings::uses_since(conn, projection, &used).await? {
        uses.entry(tag).or_default().push(ended_ms);
    }
    let none = Vec::new();
    let mut days = Vec::new();
    let mut states = Vec::new();
    for span in &spans {
        let tag = span.item.tag.to_string();
        let uses = uses.remove(&tag).unwrap_or_default();
        days.extend(day_tallies(
            &rows.settings,
            &calendar,
            span,
            placed.get(&tag).unwrap_or(&none),
            uses,
            as_of_ms,
        ));
        states.push(item_state(&rows.settings, span, as_of_ms));
    }
    let from: Vec<(Tag, i32)> = spans.iter().map(|s| (s.item.tag, s.from_day)).collect();
    crate::db::projection::rollups::replace_days(conn, projection, &from, &days).await?;
    crate::db::delivery::webhook_events::note_overdue(conn, projection, &states).await?;
    crate::db::projection::rollups::save_items(conn, projection, &states).await
}

async fn load_cleaning_times(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    since: &[(Tag, i64)],
) -> Result<BTreeMap<String, Vec<CleaningTimes>>, DbError> {
    let done = crate::db::projection::cleanings::since(conn, projection, since).await?;
    let placed = done.into_iter().map(|(tag, done): (String, Vec<CountedCleaning>)| {
        let mut placed: Vec<CleaningTimes> = done
            .into_iter()
            .map(|d: CountedCleaning| CleaningTimes {
                performed_ms: d.performed_ms,
                recorded_ms: d.recorded_ms,
                complete: d.is_complete,
                protocol: d.protocol,
            })
            .collect();
        placed.sort_unstable();
        (tag, placed)
    });
    Ok(placed.collect())
}

fn day_tallies(
    settings: &FacilitySettings,
    calendar: &CivilCalendar,
    span: &Span<'_>,
    placed: &[CleaningTimes],
    uses: Vec<i64>,
    as_of_ms: i64,
) -> Vec<ItemDay> {
    let windows = ItemTimelines::new(settings, span.item, uses).windows(placed, &span.closed_in, as_of_ms);
    by_day(calendar, &windows)
        .into_iter()
        .map(|(day, tally): (i32, record::compliance::WindowTally)| ItemDay {
            tag: span.item.tag,
            day,
            met: i64::from(tally.met),
            closed: i64::from(tally.closed),
        })
        .collect()
}

fn item_state(settings: &FacilitySettings, span: &Span<'_>, as_of_ms: i64) -> ItemState {
    let uses = span.activity.map(EquipmentActivity::use_times).unwrap_or_default();
    let courses = ItemTimelines::new(settings, span.item, uses);
    let status = courses.status(span.activity, as_of_ms);
    let (state, since_ms, by_ms) = match status {
        ItemStatus::NoSchedule => ("none", None, None),
        ItemStatus::OutOfService { since_ms } => ("out", Some(since_ms), None),
        ItemStatus::NotDue => ("idle", None, None),
        ItemStatus::Clean { until_ms } => ("clean", None, until_ms),
        ItemStatus::Due { by_ms } => ("due", None, Some(by_ms)),
        ItemStatus::DueAfterUse { since_ms, by_ms } => ("used", Some(since_ms), Some(by_ms)),
        ItemStatus::Overdue { since_ms } => ("overdue", Some(since_ms), None),
    };
    let last = span.activity.and_then(|activity| activity.last);
    ItemState {
        tag: span.item.tag,
        state,
        since_ms,
        by_ms,
        last_ms: last.map(|last| last.performed_ms),
        last_boot: last.and_then(|last| last.unsure.filter(|_| !last.is_rtc)),
        next_ms: courses.next_change_ms(as_of_ms),
        counted_ms: as_of_ms,
        // Numbers and words: JSON takes them all.
        cause: courses
            .due_cause(span.activity, as_of_ms)
            .and_then(|cause| serde_json::to_string(&cause).ok()),
    }
}
