//! When somebody is told of alerts: gathered, at most once an hour a facility, overdue items once a shift, and nothing but what is critical in
//! quiet hours. Pure.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use record::kinds::TimeOfDay;

use super::kind::{AlertKind, AlertSeverity};
use super::reconcile::{AlertState, LookedAlert};
use crate::db::delivery::alert_causes::NotifiedTimes;
use crate::db::delivery::alert_settings::AlertHours;

const HOUR_MS: i64 = 3_600_000;
/// Between two mails over overdue items, where the facility has set no shifts.
const SHIFT_MS: i64 = 8 * HOUR_MS;

/// The hours of a facility in its own zone.
#[derive(Debug, Clone)]
pub(super) struct NoticeHours<'a> {
    pub(super) zone: TimeZone,
    pub(super) hours: AlertHours,
    /// When shifts begin.
    pub(super) shifts: &'a [TimeOfDay],
}

/// Which alerts somebody is told of now, by their place, and when the next ones are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NoticePlan {
    pub(super) due: Vec<usize>,
    pub(super) next_ms: Option<i64>,
}

pub(super) fn plan_notices(
    alerts: &[LookedAlert],
    hours: &NoticeHours<'_>,
    notified: NotifiedTimes,
    now_ms: i64,
) -> NoticePlan {
    let mut plan = NoticePlan::default();
    for (at, alert) in alerts.iter().enumerate() {
        let Some(notify_ms) = alert.row.notify_ms.filter(|_| !alert.is_gone) else { continue };
        let due_ms = hours.find_due_ms(alert, notify_ms, notified);
        if due_ms <= now_ms {
            plan.due.push(at);
        } else {
            plan.next_ms = Some(plan.next_ms.map_or(due_ms, |next_ms: i64| next_ms.min(due_ms)));
        }
    }
    plan
}

impl NoticeHours<'_> {
    fn find_due_ms(&self, alert: &LookedAlert, notify_ms: i64, notified: NotifiedTimes) -> i64 {
        if alert.severity() == AlertSeverity::Critical {
            return notify_ms;
        }
        let mut due_ms = notify_ms
            .max(notified.any_ms.map_or(i64::MIN, |notified_ms| notified_ms.saturating_add(HOUR_MS)));
        let is_overdue = alert.kind() == Some(AlertKind::Overdue);
        if let Some(notified_ms) = notified.overdue_ms.filter(|_| is_overdue && alert.row.level == 0)
            && alert.state() == AlertState::Open
        {
            due_ms = due_ms.max(self.next_shift_ms(notified_ms));
        }
        self.end_of_quiet_ms(due_ms)
    }

    /// When the next shift begins behind a moment.
    fn next_shift_ms(&self, after_ms: i64) -> i64 {
        let starts = self.shifts.iter().filter_map(|start| {
            let minutes = i64::from(start.hour) * 60 + i64::from(start.minute);
            self.next_reading_ms(after_ms, minutes)
        });
        starts.min().unwrap_or(after_ms.saturating_add(SHIFT_MS))
    }

    fn end_of_quiet_ms(&self, at_ms: i64) -> i64 {
        let (Some(from), Some(until)) = (self.hours.quiet_from, self.hours.quiet_until) else { return at_ms };
        let Some(minutes) = minute_of_day(at_ms, &self.zone) else { return at_ms };
        let is_quiet = match from <= until {
            true => (from..until).contains(&minutes),
            false => minutes >= from || minutes < until,
        };
        if is_quiet { self.next_reading_ms(at_ms, until).unwrap_or(at_ms) } else { at_ms }
    }

    fn next_reading_ms(&self, after_ms: i64, minutes: i64) -> Option<i64> {
        next_reading_ms(after_ms, minutes, &self.zone)
    }
}

fn minute_of_day(at_ms: i64, zone: &TimeZone) -> Option<i64> {
    let at = Timestamp::from_millisecond(at_ms).ok()?.to_zoned(zone.clone());
    Some(i64::from(at.hour()) * 60 + i64::from(at.minute()))
}

/// When clocks of a zone read so many minutes since midnight next, behind a moment. In the hour that a day lacks: when it has passed.
pub(super) fn next_reading_ms(after_ms: i64, minutes: i64, zone: &TimeZone) -> Option<i64> {
    let after = Timestamp::from_millisecond(after_ms).ok()?;
    let time = civil::Time::midnight().checked_add(minutes.minutes()).ok()?;
    let mut day = after.to_zoned(zone.clone()).date();
    for _ in 0..3 {
        let at = zone.to_zoned(day.to_datetime(time)).ok()?.timestamp();
        if at > after {
            return Some(at.as_millisecond());
        }
        day = day.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::{NOW_MS, alert};

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn hours(quiet: Option<(i64, i64)>) -> NoticeHours<'static> {
        let hours = AlertHours {
            quiet_from: quiet.map(|(from, _)| from),
            quiet_until: quiet.map(|(_, until)| until),
            digest_at: None,
        };
        NoticeHours { zone: TimeZone::get("America/Chicago").unwrap(), hours, shifts: &[] }
    }

    #[test]
    fn clocks_that_are_put_forward_and_back_read_each_time_once() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let next = |after: &str, minutes: i64| next_reading_ms(at(after), minutes, &zone).unwrap();
        // 02:30 does not exist on 2026-03-08.
        assert_eq!(next("2026-03-08T07:00:00Z", 150), at("2026-03-08T08:30:00Z"));
        assert_eq!(next("2026-03-08T08:30:00Z", 150), at("2026-03-09T07:30:00Z"));
        // 01:30 exists twice on 2026-11-01.
        assert_eq!(next("2026-11-01T05:00:00Z", 90), at("2026-11-01T06:30:00Z"));
        assert_eq!(next("2026-11-01T06:30:00Z", 90), at("2026-11-02T07:30:00Z"));
        assert_eq!(next("2026-11-20T13:00:00Z", 420), at("2026-11-21T13:00:00Z"), "behind it, not at it");
    }

    #[test]
    fn quiet_hours_over_midnight_hold_back_all_but_what_is_critical() {
        // 03:00 in Chicago.
        let night = at("2026-11-20T09:00:00Z");
        let quiet = hours(Some((22 * 60, 6 * 60)));
        let plan = |severity: AlertSeverity| {
            let mut one = alert(AlertKind::BoxSilent);
            (one.row.severity, one.row.notify_ms) = (severity.number(), Some(night));
            plan_notices(&[one], &quiet, NotifiedTimes::default(), night)
        };
        let morning = Some(at("2026-11-20T12:00:00Z"));
        assert_eq!(plan(AlertSeverity::Warning), NoticePlan { due: vec![], next_ms: morning });
        assert_eq!(plan(AlertSeverity::Critical), NoticePlan { due: vec![0], next_ms: None });
        assert_eq!(quiet.end_of_quiet_ms(at("2026-11-20T12:00:00Z")), at("2026-11-20T12:00:00Z"));
        assert_eq!(quiet.end_of_quiet_ms(at("2026-11-21T04:00:00Z")), at("2026-11-21T12:00:00Z"), "22:00");
    }

    #[test]
    fn one_mail_an_hour_and_overdue_items_once_a_shift() {
        let notified =
            NotifiedTimes { any_ms: Some(NOW_MS - HOUR_MS / 2), overdue_ms: Some(NOW_MS - HOUR_MS / 2) };
        let waits = |kind: AlertKind, level: i64, hours: &NoticeHours<'_>| {
            let mut one = alert(kind);
            (one.row.notify_ms, one.row.level) = (Some(NOW_MS), level);
            plan_notices(&[one], hours, notified, NOW_MS).next_ms.unwrap() - NOW_MS
        };
        let plain = hours(None);
        assert_eq!(waits(AlertKind::BoxSilent, 0, &plain), HOUR_MS / 2);
        assert_eq!(waits(AlertKind::Overdue, 0, &plain), SHIFT_MS - HOUR_MS / 2);
        assert_eq!(waits(AlertKind::Overdue, 1, &plain), HOUR_MS / 2, "escalated");
        // NOW_MS is 14:02 in Chicago.
        let shifts = [TimeOfDay { hour: 7, minute: 0 }, TimeOfDay { hour: 15, minute: 30 }];
        let of_shifts = NoticeHours { shifts: &shifts, ..plain };
        assert_eq!(waits(AlertKind::Overdue, 0, &of_shifts), 88 * 60_000);
    }
}
