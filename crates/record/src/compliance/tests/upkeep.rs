//! Maintenance: by the last time, and by the calendar.

use super::*;
use crate::fold::{FacilitySettings, UpkeepTask, ZonePeriod};

/// `by` the last time or by the calendar, in Berlin.
fn task(schedule: Schedule, from: &str, done: Option<&str>, by_calendar: bool) -> UpkeepTask {
    UpkeepTask {
        upkeep: "01KAFJWQ400000000000000012".parse().unwrap(),
        name: "Safety test".to_owned(),
        schedule,
        from_ms: ms(from),
        protocol: None,
        by_calendar,
        done_ms: done.map(ms),
        failed_ms: None,
        unsure: false,
        set_ms: 0,
        changed: crate::fold::RowVersion::default(),
    }
}

fn status(task: &UpkeepTask, now: &str) -> ItemStatus {
    let zone = ZonePeriod { from_ms: 0, zone: BERLIN.to_owned() };
    let settings = FacilitySettings { zones: vec![zone], ..FacilitySettings::default() };
    upkeep_status(&settings, task, None, ms(now))
}

fn overdue(utc: &str) -> ItemStatus {
    ItemStatus::Overdue { since_ms: ms(utc) }
}

fn due(utc: &str) -> ItemStatus {
    ItemStatus::Due { by_ms: ms(utc) }
}

fn done_until(utc: &str) -> ItemStatus {
    ItemStatus::Clean { until_ms: Some(ms(utc)) }
}

#[test]
fn an_interval_goes_by_the_last_time_or_by_the_calendar() {
    let from = "2026-05-24T22:00:00Z";
    let of = |by_calendar| task(Schedule::every_days(90), from, Some("2026-08-24T09:00:00Z"), by_calendar);
    let end = "2026-11-21T22:59:59.999Z";
    assert_eq!(status(&of(false), "2026-11-28T12:00:00Z"), overdue("2026-11-21T23:00:00Z"));
    assert_eq!(status(&of(false), "2026-11-21T23:00:00Z"), overdue("2026-11-21T23:00:00Z"));
    assert_eq!(status(&of(false), "2026-11-21T22:00:00Z"), due(end));
    assert_eq!(status(&of(false), "2026-10-01T00:00:00Z"), done_until(end));
    assert_eq!(status(&of(true), "2026-11-28T12:00:00Z"), due("2027-02-18T22:59:59.999Z"));
    // Done early, it is due earlier; done late, not sooner than its interval after that.
    let early = task(Schedule::every_days(90), from, Some("2026-06-01T09:00:00Z"), false);
    assert_eq!(status(&early, "2026-09-10T00:00:00Z"), overdue("2026-08-29T22:00:00Z"));
    let late = task(Schedule::every_days(90), from, Some("2026-10-01T09:00:00Z"), false);
    assert_eq!(status(&late, "2026-11-28T12:00:00Z"), done_until("2026-12-29T22:59:59.999Z"));
}

#[test]
fn weeks_and_hours_go_by_the_last_time_too() {
    // The clocks go back on October 25: the day counts, not its hours.
    let weeks = task(Schedule::Weeks { n: 2 }, "2026-01-01T00:00:00Z", Some("2026-10-14T20:00:00Z"), false);
    assert_eq!(status(&weeks, "2026-10-27T22:59:59.999Z"), due("2026-10-27T22:59:59.999Z"));
    assert_eq!(status(&weeks, "2026-10-27T23:00:00Z"), overdue("2026-10-27T23:00:00Z"));
    let hours = task(Schedule::Hours { n: 50 }, "2026-01-01T00:00:00Z", Some("2026-03-01T10:30:00Z"), false);
    assert_eq!(status(&hours, "2026-03-02T10:00:00Z"), done_until("2026-03-03T12:30:00Z"));
    assert_eq!(status(&hours, "2026-03-03T12:00:00Z"), due("2026-03-03T12:30:00Z"));
    assert_eq!(status(&hours, "2026-03-04T12:00:00Z"), overdue("2026-03-03T12:30:00Z"));
}

#[test]
fn what_is_no_interval_or_was_not_done_since_its_day_goes_by_the_calendar() {
    let from = "2026-05-24T22:00:00Z";
    for done in [None, Some("2026-05-01T09:00:00Z")] {
        let task = task(Schedule::every_days(90), from, done, false);
        assert_eq!(status(&task, "2026-06-01T00:00:00Z"), due("2026-08-22T21:59:59.999Z"));
        assert_eq!(status(&task, "2026-11-28T12:00:00Z"), overdue("2026-08-22T22:00:00Z"));
        assert_eq!(status(&task, "2026-05-01T10:00:00Z"), ItemStatus::NoSchedule);
    }
    let daily = task(Schedule::every_days(1), from, Some("2026-11-27T09:00:00Z"), false);
    assert_eq!(status(&daily, "2026-11-28T12:00:00Z"), due("2026-11-28T22:59:59.999Z"));
    assert!(!is_interval(&daily.schedule) && is_interval(&Schedule::Weeks { n: 1 }));
}
