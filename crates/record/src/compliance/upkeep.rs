//! When a maintenance task is due: it has a deadline, and no part in any rate.

use super::item::zone_spans;
use super::{CivilCalendar, ItemStatus, SchedulePeriod, ScheduleTimeline, item_status};
use crate::fold::{EquipmentActivity, FacilitySettings, UpkeepTask};
use crate::kinds::Schedule;
use crate::values::civil_time::bounded;

/// A task that goes by the last time asks for its work in this last part of its interval.
const DUE_PART: i64 = 10;

/// Whether a schedule is an interval, which a maintenance task counts from the last time that it was done, or by the calendar.
/// A task of each day, of times of day or of uses has no such choice: it goes by them.
pub fn is_interval(schedule: &Schedule) -> bool {
    match schedule {
        Schedule::Hours { .. } | Schedule::Weeks { .. } => true,
        Schedule::Days { n, .. } => *n > 1,
        Schedule::Times { .. } | Schedule::Use { .. } | Schedule::Never => false,
    }
}

/// How a maintenance task stands at a moment (milliseconds since 1970), by the last time that it was done.
///
/// By the calendar, and until it was done for the first time since its `from`, it goes by the windows of its schedule from
/// there on, as cleanings do. By the last time it is done until its interval is over, which begins then: `n` hours later to the
/// millisecond, or with the `n`th civil day after the day of the last time. In the last tenth of the interval it is due, from
/// its end on overdue.
pub fn upkeep_status(
    settings: &FacilitySettings,
    task: &UpkeepTask,
    activity: Option<&EquipmentActivity>,
    now_ms: i64,
) -> ItemStatus {
    let zones = zone_spans(settings);
    let last =
        task.done_ms.filter(|&done| !task.by_calendar && task.from_ms <= done.min(now_ms)).map(bounded);
    let end =
        last.and_then(|done| Some((done, interval_end(done, &task.schedule, &CivilCalendar::new(&zones))?)));
    if let Some((done_ms, (end_ms, stated_ms))) = end {
        let left_ms = end_ms - bounded(now_ms);
        return match left_ms {
            ..=0 => ItemStatus::Overdue { since_ms: end_ms },
            _ if left_ms <= (end_ms - done_ms) / DUE_PART => ItemStatus::Due { by_ms: stated_ms },
            _ => ItemStatus::Clean { until_ms: Some(stated_ms) },
        };
    }
    let plans = [SchedulePeriod { from_ms: task.from_ms, schedule: task.schedule.clone() }];
    let mut uses = activity.map(EquipmentActivity::use_times).unwrap_or_default();
    uses.sort_unstable();
    let course = ScheduleTimeline { zones: &zones, plans: &plans, out: &[], uses: &uses };
    item_status(&course, task.done_ms, now_ms)
}

/// When the interval after `done_ms` is over, and that end as people say it.
fn interval_end(done_ms: i64, schedule: &Schedule, calendar: &CivilCalendar) -> Option<(i64, i64)> {
    let days = match schedule {
        Schedule::Hours { n } => {
            let end_ms = done_ms + i64::from(*n.clamp(&1, &8_760)) * 3_600_000;
            return Some((end_ms, end_ms));
        }
        Schedule::Days { n, .. } if *n > 1 => *n.min(&366),
        Schedule::Weeks { n } => 7 * n.clamp(&1, &52),
        Schedule::Days { .. } | Schedule::Times { .. } | Schedule::Use { .. } | Schedule::Never => {
            return None;
        }
    };
    let end_ms = calendar.day_start_ms(i64::from(calendar.day_of(done_ms)) + i64::from(days));
    Some((end_ms, end_ms - 1))
}
