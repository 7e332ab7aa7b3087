//! The table of cases: what "due" means, zone by zone.

mod deadlines;
mod upkeep;

use jiff::Timestamp;

use super::*;
use crate::kinds::TimeOfDay;
use crate::values::civil_time::DAY_MS;

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const BERLIN: &str = "Europe/Berlin";

fn ms(utc: &str) -> i64 {
    utc.parse::<Timestamp>().unwrap().as_millisecond()
}

fn span(from: &str, to: &str) -> Range<i64> {
    ms(from)..ms(to)
}

fn zones(name: &str) -> Vec<ZoneSpan> {
    vec![ZoneSpan { from_ms: 0, zone: name.into() }]
}

fn plan(from: &str, schedule: Schedule) -> SchedulePeriod {
    SchedulePeriod { from_ms: ms(from), schedule }
}

fn times(at: &[&str]) -> Schedule {
    Schedule::every_day_at(at.iter().map(|t| t.parse::<TimeOfDay>().unwrap()).collect())
}

fn after_use() -> Schedule {
    Schedule::Use { grace_s: 4 * 3600 }
}

fn cleaned(utc: &str) -> CleaningTimes {
    CleaningTimes { performed_ms: ms(utc), recorded_ms: ms(utc), complete: true, protocol: None }
}

fn course<'a>(zones: &'a [ZoneSpan], plans: &'a [SchedulePeriod]) -> ScheduleTimeline<'a> {
    ScheduleTimeline { zones, plans, out: &[], uses: &[] }
}

fn local_reading(calendar: &CivilCalendar, ms: i64) -> String {
    let zone = calendar.zone_at(ms).clone();
    Timestamp::from_millisecond(ms).unwrap().to_zoned(zone).strftime("%m-%d %H:%M").to_string()
}

/// All windows up to now, as `start end state` in the zone's own time.
fn listed(course: &ScheduleTimeline<'_>, cleanings: &[CleaningTimes], now: &str) -> Vec<String> {
    let calendar = CivilCalendar::new(course.zones);
    due_windows(course, cleanings, 0..i64::MAX, ms(now))
        .iter()
        .map(|w| {
            let state = match w.state {
                WindowState::Met => "met",
                WindowState::Unmet => "unmet",
                WindowState::Dropped => "dropped",
                WindowState::Open { met: true } => "open, met",
                WindowState::Open { met: false } => "open",
            };
            format!(
                "{} to {} {state}",
                local_reading(&calendar, w.start_ms),
                local_reading(&calendar, w.end_ms)
            )
        })
        .collect()
}

/// Lengths of the windows that are closed by now, minutes.
fn lengths(zone: &str, from: &str, schedule: Schedule, now: &str) -> Vec<i64> {
    let (zones, plans) = (zones(zone), [plan(from, schedule)]);
    due_windows(&course(&zones, &plans), &[], 0..ms(now) + 1, ms(now))
        .iter()
        .filter(|w| w.end_ms <= ms(now))
        .map(|w| (w.end_ms - w.start_ms) / MINUTE)
        .collect()
}

fn check_day_lengths(zone: &str, from: &str, now: &str, hours: &[f64]) {
    let minutes: Vec<i64> = hours.iter().map(|h| (h * 60.0) as i64).collect();
    assert_eq!(lengths(zone, from, Schedule::every_days(1), now), minutes, "{zone} {from}");
}

#[test]
fn days_are_as_long_as_the_zone_makes_them() {
    check_day_lengths(BERLIN, "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", &[24.0, 23.0, 24.0]);
    check_day_lengths(BERLIN, "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", &[24.0, 25.0, 24.0]);
    check_day_lengths(BERLIN, "2038-01-17T23:00:00Z", "2038-01-19T23:00:00Z", &[24.0, 24.0]);
    check_day_lengths(BERLIN, "2100-03-26T23:00:00Z", "2100-03-28T22:00:00Z", &[24.0, 23.0]);
    check_day_lengths("America/New_York", "2026-03-07T05:00:00Z", "2026-03-09T04:00:00Z", &[24.0, 23.0]);
    check_day_lengths("America/New_York", "2026-10-31T04:00:00Z", "2026-11-02T05:00:00Z", &[24.0, 25.0]);
    check_day_lengths("Asia/Kolkata", "2026-03-28T18:30:00Z", "2026-03-30T18:30:00Z", &[24.0, 24.0]);
    check_day_lengths("Australia/Lord_Howe", "2026-10-02T13:30:00Z", "2026-10-04T13:00:00Z", &[24.0, 23.5]);
    check_day_lengths("Australia/Lord_Howe", "2026-04-03T13:00:00Z", "2026-04-05T13:30:00Z", &[24.0, 24.5]);
    // 2018: midnight of November 4 was skipped, so that day began at 01:00. Since 2019 there is no summer time.
    check_day_lengths("America/Sao_Paulo", "2018-11-03T03:00:00Z", "2018-11-05T02:00:00Z", &[24.0, 23.0]);
    check_day_lengths("America/Sao_Paulo", "2026-11-01T03:00:00Z", "2026-11-03T03:00:00Z", &[24.0, 24.0]);
    // December 30, 2011 did not happen: no window of its own.
    check_day_lengths(
        "Pacific/Apia",
        "2011-12-28T10:00:00Z",
        "2012-01-01T10:00:00Z",
        &[24.0, 24.0, 24.0, 24.0],
    );
}

#[test]
fn a_day_that_has_begun_does_not_end_when_the_clock_goes_back_over_midnight() {
    let (zones, plans) = (zones("America/St_Johns"), [plan("2010-11-01T12:00:00Z", Schedule::every_days(1))]);
    // 23:30 for the second time; the day before was cleaned.
    let got =
        item_status(&course(&zones, &plans), Some(ms("2010-11-06T12:00:00Z")), ms("2010-11-07T03:00:00Z"));
    assert_eq!(got, ItemStatus::Due { by_ms: ms("2010-11-08T03:29:59.999Z") });
}

#[test]
fn hours_are_an_absolute_grid() {
    for zone in [BERLIN, "Australia/Lord_Howe", "Pacific/Apia", "No/Where"] {
        let hours = Schedule::Hours { n: 4 };
        let found = lengths(zone, "2026-03-28T20:10:00Z", hours, "2026-03-29T08:10:00Z");
        assert_eq!(found, [240, 240, 240], "{zone}");
    }
}

fn check_windows_at(zone: &str, at: &[&str], from: &str, now: &str, expect: &[&str]) {
    let (zones, plans) = (zones(zone), [plan(from, times(at))]);
    assert_eq!(listed(&course(&zones, &plans), &[], now), expect, "{zone}");
}

#[test]
fn a_time_of_day_that_the_clock_skips_or_doubles() {
    check_windows_at(
        BERLIN,
        &["02:30"],
        "2026-03-28T00:00:00Z",
        "2026-03-30T00:00:00Z",
        &["03-28 02:30 to 03-29 03:00 unmet", "03-29 03:00 to 03-30 02:30 open"],
    );
    check_windows_at(
        BERLIN,
        &["02:30"],
        "2026-10-24T00:00:00Z",
        "2026-10-25T00:45:00Z",
        &["10-24 02:30 to 10-25 02:30 unmet", "10-25 02:30 to 10-26 02:30 open"],
    );
    check_windows_at(
        "America/New_York",
        &["02:30"],
        "2026-03-07T05:00:00Z",
        "2026-03-08T07:30:00Z",
        &["03-07 02:30 to 03-08 03:00 unmet", "03-08 03:00 to 03-09 02:30 open"],
    );
    check_windows_at(
        "Australia/Lord_Howe",
        &["02:15"],
        "2026-10-02T12:00:00Z",
        "2026-10-03T20:00:00Z",
        &["10-03 02:15 to 10-04 02:30 unmet", "10-04 02:30 to 10-05 02:15 open"],
    );
    check_windows_at(
        "America/Sao_Paulo",
        &["00:00"],
        "2018-11-02T12:00:00Z",
        "2018-11-04T12:00:00Z",
        &["11-03 00:00 to 11-04 01:00 unmet", "11-04 01:00 to 11-05 00:00 open"],
    );
    // Noon of the day that did not happen is the midnight that followed.
    check_windows_at(
        "Pacific/Apia",
        &["12:00"],
        "2011-12-29T20:00:00Z",
        "2011-12-31T00:00:00Z",
        &[
            "12-29 12:00 to 12-31 00:00 unmet",
            "12-31 00:00 to 12-31 12:00 unmet",
            "12-31 12:00 to 01-01 12:00 open",
        ],
    );
    // Two times in one gap are one moment, so there is one window.
    check_windows_at(
        BERLIN,
        &["02:15", "02:45"],
        "2026-03-29T00:00:00Z",
        "2026-03-29T06:00:00Z",
        &["03-29 03:00 to 03-30 02:15 open"],
    );
    check_windows_at(
        "Asia/Kolkata",
        &["07:00", "19:00"],
        "2026-03-28T12:00:00Z",
        "2026-03-29T14:00:00Z",
        &[
            "03-28 19:00 to 03-29 07:00 unmet",
            "03-29 07:00 to 03-29 19:00 unmet",
            "03-29 19:00 to 03-30 07:00 open",
        ],
    );
}

#[test]
fn a_doubled_time_is_its_first() {
    let (zones, plans) = (zones(BERLIN), [plan("2026-10-24T00:00:00Z", times(&["02:30"]))]);
    let found = due_windows(&course(&zones, &plans), &[], 0..i64::MAX, ms("2026-10-25T12:00:00Z"));
    assert_eq!(found[0].end_ms, ms("2026-10-25T00:30:00.001Z"));
}

fn find_met(zones: &[ZoneSpan], schedule: Schedule, at: &str) -> Option<usize> {
    let plans = [plan("2026-01-01T00:00:00Z", schedule)];
    listed(&course(zones, &plans), &[cleaned(at)], "2026-01-02T12:30:00Z")
        .iter()
        .position(|w| w.ends_with("met") && !w.ends_with("unmet"))
}

#[test]
fn a_time_of_day_belongs_to_the_window_before_it_and_a_grid_point_to_the_one_after() {
    let zones = zones("UTC");
    assert_eq!(find_met(&zones, times(&["12:00"]), "2026-01-02T12:00:00Z"), Some(0));
    assert_eq!(find_met(&zones, times(&["12:00"]), "2026-01-02T12:00:00.001Z"), Some(1));
    assert_eq!(find_met(&zones, times(&["12:00"]), "2026-01-01T12:00:00Z"), None);
    assert_eq!(find_met(&zones, Schedule::Hours { n: 12 }, "2026-01-01T11:59:59.999Z"), Some(0));
    assert_eq!(find_met(&zones, Schedule::Hours { n: 12 }, "2026-01-01T12:00:00Z"), Some(1));
    assert_eq!(find_met(&zones, Schedule::every_days(1), "2026-01-01T00:00:00Z"), Some(0));
    assert_eq!(find_met(&zones, Schedule::every_days(1), "2026-01-02T00:00:00Z"), Some(1));
}

fn check_windows_of(schedule: Schedule, from: &str, now: &str, expect: &[&str]) {
    let (zones, plans) = (zones(BERLIN), [plan(from, schedule)]);
    assert_eq!(listed(&course(&zones, &plans), &[], now), expect);
}

#[test]
fn whole_days_and_weeks_count_from_the_first_midnight() {
    check_windows_of(
        Schedule::every_days(1),
        "2026-06-01T10:00:00Z",
        "2026-06-03T10:00:00Z",
        &["06-02 00:00 to 06-03 00:00 unmet", "06-03 00:00 to 06-04 00:00 open"],
    );
    check_windows_of(
        Schedule::every_days(3),
        "2026-06-01T10:00:00Z",
        "2026-06-05T10:00:00Z",
        &["06-02 00:00 to 06-05 00:00 unmet", "06-05 00:00 to 06-08 00:00 open"],
    );
    check_windows_of(
        Schedule::Weeks { n: 2 },
        "2026-03-20T23:00:00Z",
        "2026-04-04T00:00:00Z",
        &["03-21 00:00 to 04-04 00:00 unmet", "04-04 00:00 to 04-18 00:00 open"],
    );
}

fn check_lateness(
    zones: &[ZoneSpan],
    plans: &[SchedulePeriod],
    late_ms: i64,
    complete: bool,
    expect: WindowState,
) {
    let performed_ms = ms("2026-01-01T08:00:00Z");
    let cleaning =
        CleaningTimes { performed_ms, recorded_ms: performed_ms + late_ms, complete, protocol: None };
    let course = course(zones, plans);
    let found = due_windows(&course, &[cleaning], 0..ms("2026-01-02T01:00:00Z"), ms("2026-01-05T00:00:00Z"));
    assert_eq!(found.iter().map(|w| w.state).collect::<Vec<_>>(), [expect]);
    assert_eq!(last_counting_ms(&[cleaning]).is_some(), expect == WindowState::Met);
}

#[test]
fn only_a_complete_cleaning_not_later_than_72_hours_counts() {
    let (zones, plans) = (zones("UTC"), [plan("2026-01-01T00:00:00Z", Schedule::every_days(1))]);
    check_lateness(&zones, &plans, 0, true, WindowState::Met);
    check_lateness(&zones, &plans, 72 * HOUR, true, WindowState::Met);
    check_lateness(&zones, &plans, 72 * HOUR + 1, true, WindowState::Unmet);
    check_lateness(&zones, &plans, 0, false, WindowState::Unmet);
}

#[test]
fn a_voided_cleaning_makes_its_window_unmet_again() {
    let (zones, plans) = (zones("UTC"), [plan("2026-01-01T00:00:00Z", Schedule::every_days(1))]);
    let (first, second) = (cleaned("2026-01-01T08:00:00Z"), cleaned("2026-01-02T08:00:00Z"));
    let course = course(&zones, &plans);
    let now = ms("2026-01-03T00:00:00Z");
    assert_eq!(
        WindowTally::of(&due_windows(&course, &[first, second], 0..now + 1, now)),
        WindowTally { met: 2, closed: 2 }
    );
    assert_eq!(
        WindowTally::of(&due_windows(&course, &[first], 0..now + 1, now)),
        WindowTally { met: 1, closed: 2 }
    );
    assert_eq!(item_status(&course, Some(first.performed_ms), now), ItemStatus::Overdue { since_ms: now });
}

fn status_since(course: &ScheduleTimeline<'_>, last: Option<i64>, now: &str) -> ItemStatus {
    item_status(course, last, ms(now))
}

#[test]
fn time_out_of_service_drops_unmet_windows_only() {
    let (zones, plans) = (zones("UTC"), [plan("2026-01-01T00:00:00Z", Schedule::every_days(1))]);
    let out = [span("2026-01-02T10:00:00Z", "2026-01-04T00:00:00Z")];
    let course = ScheduleTimeline { out: &out, ..course(&zones, &plans) };
    let cleanings = [cleaned("2026-01-02T08:00:00Z")];
    assert_eq!(
        listed(&course, &cleanings, "2026-01-05T00:00:00Z"),
        [
            "01-01 00:00 to 01-02 00:00 unmet",
            "01-02 00:00 to 01-03 00:00 met",
            "01-03 00:00 to 01-04 00:00 dropped",
            "01-04 00:00 to 01-05 00:00 unmet",
            "01-05 00:00 to 01-06 00:00 open",
        ]
    );
    assert_eq!(listed(&course, &[], "2026-01-03T00:00:00Z")[1], "01-02 00:00 to 01-03 00:00 dropped");
    let last = Some(cleanings[0].performed_ms);
    assert_eq!(
        status_since(&course, last, "2026-01-02T09:00:00Z"),
        ItemStatus::Clean { until_ms: Some(ms("2026-01-02T23:59:59.999Z")) }
    );
    assert_eq!(
        status_since(&course, last, "2026-01-03T09:00:00Z"),
        ItemStatus::OutOfService { since_ms: out[0].start }
    );
    assert_eq!(
        status_since(&course, last, "2026-01-04T00:00:00Z"),
        ItemStatus::Due { by_ms: ms("2026-01-04T23:59:59.999Z") }
    );
    assert_eq!(
        status_since(&course, last, "2026-01-05T00:00:00Z"),
        ItemStatus::Overdue { since_ms: ms("2026-01-05T00:00:00Z") }
    );
    // Overdue before it went out: that stays true when it comes back.
    assert_eq!(
        item_status(&course, None, ms("2026-01-04T01:00:00Z")),
        ItemStatus::Overdue { since_ms: ms("2026-01-02T00:00:00Z") }
    );
}

fn time_of(time: &str) -> i64 {
    ms(&format!("2026-01-01T{time}:00Z"))
}

fn check_status(course: &ScheduleTimeline<'_>, last: Option<&str>, now: &str, expect: ItemStatus) {
    assert_eq!(item_status(course, last.map(time_of), time_of(now)), expect, "{last:?} {now}");
}

#[test]
fn a_chain_of_uses() {
    let (zones, plans) = (zones("UTC"), [plan("2026-01-01T08:00:00Z", after_use())]);
    let uses =
        ["07:59", "08:00", "10:00", "11:00", "12:00", "20:00"].map(|t| ms(&format!("2026-01-01T{t}:00Z")));
    let course = ScheduleTimeline { uses: &uses, ..course(&zones, &plans) };
    let cleanings = [cleaned("2026-01-01T09:00:00Z"), cleaned("2026-01-01T17:00:00Z")];
    assert_eq!(
        listed(&course, &cleanings, "2026-01-01T21:00:00Z"),
        [
            "01-01 08:00 to 01-01 10:00 met",
            "01-01 10:00 to 01-01 11:00 unmet",
            "01-01 11:00 to 01-01 12:00 unmet",
            "01-01 12:00 to 01-01 16:00 unmet",
            "01-01 20:00 to 01-02 00:00 open",
        ]
    );
    check_status(&course, None, "07:00", ItemStatus::NoSchedule);
    check_status(
        &course,
        None,
        "08:30",
        ItemStatus::DueAfterUse { since_ms: time_of("08:00"), by_ms: time_of("12:00") },
    );
    check_status(&course, Some("09:00"), "09:00", ItemStatus::Clean { until_ms: None });
    check_status(
        &course,
        Some("09:00"),
        "10:30",
        ItemStatus::DueAfterUse { since_ms: time_of("10:00"), by_ms: time_of("14:00") },
    );
    check_status(&course, Some("09:00"), "11:00", ItemStatus::Overdue { since_ms: time_of("11:00") });
    check_status(&course, Some("09:00"), "13:00", ItemStatus::Overdue { since_ms: time_of("11:00") });
    check_status(&course, Some("12:00"), "18:00", ItemStatus::Clean { until_ms: None });
    check_status(&course, Some("11:59"), "18:00", ItemStatus::Overdue { since_ms: time_of("16:00") });
}

#[test]
fn an_item_never_used_and_never_cleaned_is_not_called_clean() {
    let (zones, plans) = (zones("UTC"), [plan("2026-01-01T08:00:00Z", after_use())]);
    let course = course(&zones, &plans);
    assert_eq!(item_status(&course, None, ms("2026-02-01T00:00:00Z")), ItemStatus::NotDue);
    assert_eq!(next_change_ms(&course, ms("2026-02-01T00:00:00Z")), None);
}

#[test]
fn a_change_of_zone_cuts_at_its_entry() {
    let mut zones = zones(BERLIN);
    // The same zone again is no change.
    zones.push(ZoneSpan { from_ms: ms("2026-06-02T10:00:00Z"), zone: BERLIN.into() });
    zones.push(ZoneSpan { from_ms: ms("2026-06-03T10:00:00Z"), zone: "America/New_York".into() });
    let plans = [plan("2026-06-01T10:00:00Z", Schedule::every_days(1))];
    assert_eq!(
        listed(&course(&zones, &plans), &[], "2026-06-05T12:00:00Z"),
        [
            "06-02 00:00 to 06-03 00:00 unmet",
            "06-04 00:00 to 06-05 00:00 unmet",
            "06-05 00:00 to 06-06 00:00 open",
        ]
    );
    let plans = [plan("2026-06-01T10:00:00Z", Schedule::Hours { n: 48 })];
    let found = due_windows(&course(&zones, &plans), &[], 0..i64::MAX, ms("2026-06-05T12:00:00Z"));
    assert_eq!(found.len(), 3, "hours know no zone");
}

fn check_before_set_up(zones: &[ZoneSpan], set_up: i64, schedule: Schedule, from: &str, by: &str) {
    let plans = [plan(from, schedule)];
    let status = item_status(&course(zones, &plans), Some(ms(from)), set_up + DAY_MS);
    let by_ms = ms(by) - 1;
    let expected = if by_ms < set_up + DAY_MS {
        ItemStatus::Overdue { since_ms: by_ms + 1 }
    } else {
        ItemStatus::Clean { until_ms: Some(by_ms) }
    };
    assert_eq!(status, expected, "{from}");
}

#[test]
fn what_was_done_before_the_first_zone_entry_counts_from_its_own_day() {
    let set_up = ms("2026-10-26T15:00:00Z");
    let zones = [ZoneSpan { from_ms: set_up, zone: "America/Chicago".into() }];
    // Midnights of Chicago: five hours after UTC in summer, six in winter.
    check_before_set_up(
        &zones,
        set_up,
        Schedule::every_days(365),
        "2025-12-01T06:00:00Z",
        "2026-12-01T06:00:00Z",
    );
    check_before_set_up(
        &zones,
        set_up,
        Schedule::every_days(365),
        "2026-10-20T05:00:00Z",
        "2027-10-20T05:00:00Z",
    );
    check_before_set_up(
        &zones,
        set_up,
        Schedule::Weeks { n: 26 },
        "2026-08-01T05:00:00Z",
        "2027-01-30T06:00:00Z",
    );
    check_before_set_up(
        &zones,
        set_up,
        Schedule::every_days(90),
        "2026-10-24T05:00:00Z",
        "2027-01-22T06:00:00Z",
    );
    let plans = [plan("2026-01-01T06:00:00Z", Schedule::every_days(90))];
    assert_eq!(
        item_status(&course(&zones, &plans), None, set_up + DAY_MS),
        ItemStatus::Overdue { since_ms: ms("2026-04-01T05:00:00Z") }
    );
}

fn check_over_zones(zones: &[ZoneSpan], schedule: Schedule, expect: &[&str]) {
    let plans = [plan("2026-05-31T05:00:00Z", schedule)];
    assert_eq!(listed(&course(zones, &plans), &[], "2026-06-08T12:00:00Z"), expect);
}

#[test]
fn days_and_weeks_count_on_over_a_change_of_zone() {
    let mut zones = zones("America/Chicago");
    zones.push(ZoneSpan { from_ms: ms("2026-06-02T10:00:00Z"), zone: BERLIN.into() });
    check_over_zones(
        &zones,
        Schedule::every_days(4),
        &[
            "05-31 00:00 to 06-04 00:00 unmet",
            "06-04 00:00 to 06-08 00:00 unmet",
            "06-08 00:00 to 06-12 00:00 open",
        ],
    );
    check_over_zones(
        &zones,
        Schedule::Weeks { n: 1 },
        &["05-31 00:00 to 06-07 00:00 unmet", "06-07 00:00 to 06-14 00:00 open"],
    );
}

fn status_after(course: &ScheduleTimeline<'_>, last: Option<&str>, now: &str) -> ItemStatus {
    item_status(course, last.map(ms), ms(now))
}

#[test]
fn a_new_plan_cuts_the_old_one() {
    let zones = zones("UTC");
    let plans = [
        plan("2026-01-01T00:00:00Z", Schedule::Hours { n: 12 }),
        plan("2026-01-02T18:00:00Z", Schedule::every_days(1)),
        plan("2026-01-04T06:00:00Z", Schedule::Never),
    ];
    let course = course(&zones, &plans);
    assert_eq!(
        listed(&course, &[], "2026-01-09T00:00:00Z"),
        [
            "01-01 00:00 to 01-01 12:00 unmet",
            "01-01 12:00 to 01-02 00:00 unmet",
            "01-02 00:00 to 01-02 12:00 unmet",
            "01-03 00:00 to 01-04 00:00 unmet",
        ]
    );
    // A window that closes just when its plan ends exists, also for a period that begins then.
    let cut = [
        plan("2026-01-01T00:00:00Z", Schedule::Hours { n: 12 }),
        plan("2026-01-01T12:00:00Z", Schedule::Never),
    ];
    let noon = ms("2026-01-01T12:00:00Z");
    assert_eq!(due_windows(&ScheduleTimeline { plans: &cut, ..course }, &[], noon..noon + 1, noon).len(), 1);
    // A new plan does not hide what is overdue.
    assert_eq!(
        status_after(&course, None, "2026-01-03T00:00:00Z"),
        ItemStatus::Overdue { since_ms: ms("2026-01-01T12:00:00Z") }
    );
    // Nothing is asked before the first window of the new plan.
    let end_of_3rd = ms("2026-01-03T23:59:59.999Z");
    assert_eq!(
        status_after(&course, Some("2026-01-02T12:00:00Z"), "2026-01-02T20:00:00Z"),
        ItemStatus::Due { by_ms: end_of_3rd }
    );
    assert_eq!(
        status_after(&course, Some("2026-01-02T19:00:00Z"), "2026-01-02T20:00:00Z"),
        ItemStatus::Clean { until_ms: Some(ms("2026-01-02T23:59:59.999Z")) }
    );
    // The window of January 4 will be cut, so nothing is due in it.
    assert_eq!(
        status_after(&course, Some("2026-01-03T12:00:00Z"), "2026-01-04T01:00:00Z"),
        ItemStatus::NotDue
    );
    assert_eq!(status_after(&course, None, "2026-01-05T00:00:00Z"), ItemStatus::NoSchedule);
}

#[test]
fn the_latest_word_on_a_schedule_counts_from_its_own_time() {
    let zones = zones("UTC");
    let plans = [
        plan("2026-01-03T00:00:00Z", Schedule::Hours { n: 1 }),
        plan("2026-01-02T00:00:00Z", Schedule::every_days(1)),
    ];
    assert_eq!(
        listed(&course(&zones, &plans), &[], "2026-01-03T12:00:00Z"),
        ["01-02 00:00 to 01-03 00:00 unmet", "01-03 00:00 to 01-04 00:00 open",]
    );
}
