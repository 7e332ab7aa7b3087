//! The state of a facility and its box at a moment: read by its own key, shown by pages and API.

use jiff::civil::Date;
use record::compliance::{CivilCalendar, WindowTally, ZoneSpan};
use record::fold::FacilitySettings;
use record::ids::FacilityId;

use crate::db::facility::facilities::as_of_ms;
use crate::db::facility::facility_now;
use crate::db::facility::facility_now::FacilityRowNow;
use crate::db::facility::spark::read_spark;
use crate::db::fleet::box_now;
use crate::db::fleet::box_now::BoxRow;
use crate::db::projection::dashboard;
use crate::db::{DbError, ScopedConnection};
use crate::projections::box_state::BoxState;
use crate::web::view_models::chart::ChartDay;

/// Days of the longest period that a dashboard shows, today included.
pub(crate) const DAYS: i32 = 30;

#[derive(Debug, Clone)]
pub(crate) struct BoxStatus {
    pub(crate) row: BoxRow,
    pub(crate) state: BoxState,
}

#[derive(Debug, Clone)]
pub(crate) struct FacilityOverview {
    pub(crate) id: FacilityId,
    /// As its box recorded it, or as it was created.
    pub(crate) name: String,
    pub(crate) zone: String,
    /// Whether its box reported no zone: then days are cut in UTC, whatever the clock on the page.
    pub(crate) zoneless: bool,
    pub(crate) contact: String,
    pub(crate) as_of_ms: i64,
    pub(crate) is_known: bool,
    /// The last [`DAYS`] days, today the last.
    pub(crate) days: Vec<ChartDay>,
    /// The number of today, as the rollups count days.
    pub(crate) today: i32,
    pub(crate) items: u64,
    pub(crate) scheduled: u64,
    /// Due now, after a use or in an open window.
    pub(crate) due: u64,
    pub(crate) overdue: u64,
    /// Its box in service: the newest that was not revoked.
    pub(crate) in_service: Option<BoxStatus>,
}

impl FacilityOverview {
    /// Windows that closed today and on the `days - 1` days before.
    pub(crate) fn tally(&self, days: usize) -> WindowTally {
        self.days[self.days.len().saturating_sub(days)..].iter().map(|d| d.tally).sum()
    }

    /// The first day of the period that ends today.
    pub(crate) fn first_day(&self) -> i64 {
        i64::from(self.today - (DAYS - 1))
    }

    /// Whether its numbers are older than the page.
    pub(crate) fn is_behind(&self, now_ms: i64) -> bool {
        self.as_of_ms < now_ms
    }
}

pub(crate) async fn find_overview(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<Option<FacilityOverview>, DbError> {
    let Some(row) = facility_now::find_row(conn, facility).await? else { return Ok(None) };
    let settings = load_settings(conn, facility).await?;
    let mut site = read_overview(&row, now_ms)?;
    site.contact.clone_from(&settings.contact);
    if let Some(box_id) = &row.box_id {
        let found = box_now::find_box(conn, box_id).await?;
        site.in_service = found.map(|row| BoxStatus { state: BoxState::of(&row, now_ms), row });
    }
    Ok(Some(site))
}

pub(crate) async fn load_settings(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<FacilitySettings, DbError> {
    let body = dashboard::load_row(conn, facility, "settings", "").await?;
    let settings = body.map(|body| serde_json::from_str(&body)).transpose();
    Ok(settings.map_err(|e| DbError::stored("settings", e))?.unwrap_or_default())
}

/// A facility as its row says, without its box and whom to call.
pub(crate) fn read_overview(row: &FacilityRowNow, now_ms: i64) -> Result<FacilityOverview, DbError> {
    let zones = ZoneSpan { from_ms: 0, zone: row.zone.as_str().into() };
    let zones = std::slice::from_ref(&zones);
    let today = CivilCalendar::new(if row.zoneless { &[] } else { zones }).day_of(now_ms);
    Ok(FacilityOverview {
        id: row.facility.parse().map_err(|e| DbError::stored("facility id", e))?,
        name: row.name.clone(),
        zone: row.zone.clone(),
        zoneless: row.known_ms > 0 && row.zoneless,
        contact: String::new(),
        as_of_ms: as_of_ms(now_ms, row.known_ms),
        is_known: row.known_ms > 0,
        days: thirty_days(&row.spark, row.day, today),
        today,
        items: row.items.max(0).unsigned_abs(),
        scheduled: row.scheduled.max(0).unsigned_abs(),
        due: row.due.max(0).unsigned_abs(),
        overdue: row.overdue.max(0).unsigned_abs(),
        in_service: None,
    })
}

/// One day after the other, also those on which nothing closed. Days since the row's own are days without data.
pub(crate) fn thirty_days(spark: &[u8], day: i64, today: i32) -> Vec<ChartDay> {
    let known = read_spark(spark);
    let first = day + 1 - i64::try_from(known.len()).unwrap_or_default();
    let days = (today - (DAYS - 1)..=today).map(|day| {
        let at = usize::try_from(i64::from(day) - first).ok();
        let (met, closed) = at.and_then(|at| known.get(at).copied()).unwrap_or_default();
        let tally = WindowTally { met: met.into(), closed: closed.into() };
        ChartDay { date: day_date(day), tally }
    });
    days.collect()
}

pub(crate) fn tally_windows(met: i64, closed: i64) -> WindowTally {
    WindowTally {
        met: u32::try_from(met.max(0)).unwrap_or(u32::MAX),
        closed: u32::try_from(closed.max(0)).unwrap_or(u32::MAX),
    }
}

pub(crate) fn day_number(date: Date) -> i32 {
    (date - jiff::civil::date(1970, 1, 1)).get_days()
}

pub(crate) fn day_date(day: i32) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(day)).unwrap_or(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::facility::spark::{DaySum, write_spark};

    #[test]
    fn a_day_since_the_row_was_written_is_one_without_data() {
        fn day_sum(day: i64, met: i64, closed: i64) -> DaySum {
            DaySum { day, met, closed }
        }
        let spark =
            write_spark(&[day_sum(20_748, 1, 2), day_sum(20_776, 5, 6), day_sum(20_777, 3, 4)], 20_777);
        let days = thirty_days(&spark, 20_777, 20_777);
        fn last_tallies(days: &[ChartDay]) -> Vec<WindowTally> {
            days[days.len() - 2..].iter().map(|d| d.tally).collect::<Vec<_>>()
        }
        let tally = |met, closed| WindowTally { met, closed };
        assert_eq!((days.len(), days[0].tally), (30, tally(1, 2)));
        assert_eq!(last_tallies(&days), [tally(5, 6), tally(3, 4)]);
        assert_eq!(days[29].date, jiff::civil::date(2026, 11, 20));
        let next = thirty_days(&spark, 20_777, 20_778);
        assert_eq!(last_tallies(&next), [tally(3, 4), tally(0, 0)], "not yesterday's number");
        assert_eq!(next[0].tally, tally(0, 0), "and the first day is gone");
    }
}
