//! How the facilities and boxes of an account stand at a moment: read once, shown by pages and told by the API.

use std::collections::HashMap;

use jiff::civil::Date;
use record::compliance::{CivilCalendar, WindowTally, ZoneSpan};
use record::fold::FacilitySettings;
use record::ids::FacilityId;

use crate::db::dashboard::{BoxRow, DayRow, StateCount};
use crate::db::facilities::{FacilityRow, as_of_ms};
use crate::db::{DbError, ScopedConnection};
use crate::web::view_models::box_state::BoxState;
use crate::web::view_models::chart::ChartDay;

/// Days of the longest period that a dashboard shows, today included.
pub(crate) const DAYS: i32 = 30;

/// A box and its state.
#[derive(Debug, Clone)]
pub(crate) struct BoxStatus {
    /// The row.
    pub(crate) row: BoxRow,
    /// Its state.
    pub(crate) state: BoxState,
}

/// Items of a facility by how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ItemCounts {
    /// All.
    pub(crate) items: u64,
    /// Overdue ones.
    pub(crate) overdue: u64,
    /// Due now, after a use or in an open window.
    pub(crate) due: u64,
    /// With a schedule.
    pub(crate) scheduled: u64,
}

/// A facility at a moment.
#[derive(Debug, Clone)]
pub(crate) struct FacilityOverview {
    /// Its id.
    pub(crate) id: FacilityId,
    /// As its box recorded it, or as it was created.
    pub(crate) name: String,
    /// IANA zone, likewise.
    pub(crate) zone: String,
    /// Whether its box told no zone: then days are cut in UTC, whatever the clock on the page.
    pub(crate) zoneless: bool,
    /// Whom people there call.
    pub(crate) contact: String,
    /// The moment of which its numbers are.
    pub(crate) as_of_ms: i64,
    /// Whether anything is known of it at all.
    pub(crate) is_known: bool,
    /// The last [`DAYS`] days, today the last.
    pub(crate) days: Vec<ChartDay>,
    /// The number of today, as the rollups count days.
    pub(crate) today: i32,
    /// Its items.
    pub(crate) counts: ItemCounts,
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

/// All facilities of an account, by name.
pub(crate) async fn load_overviews(
    conn: &mut ScopedConnection,
    now_ms: i64,
) -> Result<Vec<FacilityOverview>, DbError> {
    let rows = crate::db::facilities::list_facilities(conn).await?;
    let mut settings: HashMap<String, FacilitySettings> = HashMap::new();
    for (facility, body) in crate::db::dashboard::load_settings(conn).await? {
        settings.insert(facility, serde_json::from_str(&body).map_err(|e| DbError::stored("settings", e))?);
    }
    // Zones differ by less than two days, so this reaches far enough back for each.
    let from_day = now_ms.div_euclid(86_400_000) - i64::from(DAYS) - 1;
    let days = by_facility(crate::db::dashboard::load_days(conn, from_day).await?, |d| d.facility.clone());
    let states = by_facility(crate::db::dashboard::load_states(conn).await?, |s| s.facility.clone());
    let mut boxes = by_facility(crate::db::dashboard::load_boxes(conn).await?, |b| b.facility.clone());
    let none = (Vec::new(), Vec::new());
    let mut sites = Vec::with_capacity(rows.len());
    for row in rows {
        let settings = settings.remove(&row.facility).unwrap_or_default();
        let days = days.get(&row.facility).unwrap_or(&none.0);
        let states = states.get(&row.facility).unwrap_or(&none.1);
        let boxes = boxes.remove(&row.facility).unwrap_or_default();
        sites.push(load_overview(&row, &settings, days, states, boxes, now_ms)?);
    }
    sites.sort_by_key(|s| s.name.to_lowercase());
    Ok(sites)
}

fn by_facility<T>(rows: Vec<T>, facility: impl Fn(&T) -> String) -> HashMap<String, Vec<T>> {
    let mut map: HashMap<String, Vec<T>> = HashMap::new();
    for row in rows {
        map.entry(facility(&row)).or_default().push(row);
    }
    map
}

fn load_overview(
    row: &FacilityRow,
    settings: &FacilitySettings,
    days: &[DayRow],
    states: &[StateCount],
    boxes: Vec<BoxRow>,
    now_ms: i64,
) -> Result<FacilityOverview, DbError> {
    let zones = settings.zones.iter().map(|z| ZoneSpan { from_ms: z.from_ms, zone: z.zone.as_str().into() });
    let calendar = CivilCalendar::new(&zones.collect::<Vec<_>>());
    let today = calendar.day_of(now_ms);
    let in_service = boxes.into_iter().find(|b| b.revoked_ms.is_none());
    let in_service = in_service.map(|row_of_box| {
        let state = BoxState::of(&row_of_box, row.known_ms, now_ms);
        BoxStatus { row: row_of_box, state }
    });
    let zone = if settings.zones.is_empty() { &row.zone } else { settings.zone() };
    let name = if settings.name.is_empty() { &row.name } else { &settings.name };
    Ok(FacilityOverview {
        id: row.facility.parse().map_err(|e| DbError::stored("facility id", e))?,
        name: name.clone(),
        zone: zone.to_owned(),
        zoneless: row.known_ms > 0 && settings.zones.is_empty(),
        contact: settings.contact.clone(),
        as_of_ms: as_of_ms(now_ms, row.known_ms),
        is_known: row.known_ms > 0,
        days: thirty_days(days, today),
        today,
        counts: count_items(states),
        in_service,
    })
}

/// One day after the other, also those on which nothing closed.
fn thirty_days(rows: &[DayRow], today: i32) -> Vec<ChartDay> {
    let tally = |day: i32| {
        let row = rows.iter().find(|r| r.day == i64::from(day));
        row.map_or_else(WindowTally::default, |r| tally_windows(r.met, r.closed))
    };
    (today - (DAYS - 1)..=today).map(|day| ChartDay { date: day_date(day), tally: tally(day) }).collect()
}

/// Sums as the database keeps them.
pub(crate) fn tally_windows(met: i64, closed: i64) -> WindowTally {
    let count = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
    WindowTally { met: count(met), closed: count(closed) }
}

/// The civil date of a day number.
pub(crate) fn day_date(day: i32) -> Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(day)).unwrap_or(epoch)
}

fn count_items(states: &[StateCount]) -> ItemCounts {
    let mut counts = ItemCounts::default();
    for state in states {
        let items = state.items.max(0).unsigned_abs();
        counts.items += items;
        match state.state.as_str() {
            "overdue" => counts.overdue += items,
            "due" | "used" => counts.due += items,
            _ => {}
        }
        if !matches!(state.state.as_str(), "none" | "out") {
            counts.scheduled += items;
        }
    }
    counts
}

/// The zone in which most of the account's facilities are: the one of pages that show them all.
pub(crate) fn common_zone(sites: &[FacilityOverview]) -> String {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for site in sites {
        *counts.entry(&site.zone).or_default() += 1;
    }
    let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)));
    most.map_or("UTC", |(zone, _)| zone).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_rows_are_days_without_data() {
        let today = 20_777;
        let row = |day: i32, met, closed| DayRow { facility: String::new(), day: day.into(), met, closed };
        let days = thirty_days(&[row(today - 40, 1, 1), row(today - 29, 1, 2), row(today, 3, 4)], today);
        assert_eq!(days.len(), 30);
        assert_eq!(
            (days[0].tally, days[29].tally),
            (WindowTally { met: 1, closed: 2 }, WindowTally { met: 3, closed: 4 })
        );
        assert_eq!(days.iter().map(|d| d.tally).sum::<WindowTally>(), WindowTally { met: 4, closed: 6 });
        assert_eq!(days[29].date, jiff::civil::date(2026, 11, 20));
    }

    #[test]
    fn an_item_out_of_service_is_an_item() {
        let row = |state: &str, items| StateCount { facility: String::new(), state: state.into(), items };
        let counts =
            count_items(&[row("overdue", 3), row("used", 1), row("out", 2), row("none", 5), row("clean", 4)]);
        assert_eq!(counts, ItemCounts { items: 15, overdue: 3, due: 1, scheduled: 8 });
    }
}
