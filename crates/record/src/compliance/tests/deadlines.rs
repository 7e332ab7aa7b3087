//! Deadlines, periods, days and rates.

use super::*;

fn status_of_plans(zones: &[ZoneSpan], plans: &[SchedulePeriod], now: &str) -> ItemStatus {
    item_status(&course(zones, plans), None, ms(now))
}

#[test]
fn a_plan_of_never_ends_overdue_for_good() {
    let zones = zones("UTC");
    let plans = [
        plan("2026-01-01T00:00:00Z", Schedule::every_days(1)),
        plan("2026-01-05T00:00:00Z", Schedule::Never),
        plan("2027-01-01T00:00:00Z", Schedule::every_days(1)),
    ];
    assert_eq!(
        status_of_plans(&zones, &plans, "2026-01-04T12:00:00Z"),
        ItemStatus::Overdue { since_ms: ms("2026-01-02T00:00:00Z") }
    );
    assert_eq!(status_of_plans(&zones, &plans, "2026-03-01T00:00:00Z"), ItemStatus::NoSchedule);
    assert_eq!(
        status_of_plans(&zones, &plans, "2027-01-01T12:00:00Z"),
        ItemStatus::Due { by_ms: ms("2027-01-01T23:59:59.999Z") }
    );
}

fn check_deadline(zones: &[ZoneSpan], schedule: Schedule, last: Option<&str>, now: &str, expect: ItemStatus) {
    let plans = [plan("2026-06-01T04:00:00Z", schedule)];
    assert_eq!(item_status(&course(zones, &plans), last.map(ms), ms(now)), expect);
}

#[test]
fn a_deadline_is_what_people_say() {
    let zones = zones(BERLIN);
    let seven_pm = ms("2026-06-02T17:00:00Z");
    check_deadline(
        &zones,
        times(&["19:00"]),
        Some("2026-06-01T16:00:00Z"),
        "2026-06-02T10:00:00Z",
        ItemStatus::Due { by_ms: seven_pm },
    );
    check_deadline(
        &zones,
        times(&["19:00"]),
        Some("2026-06-01T18:00:00Z"),
        "2026-06-02T10:00:00Z",
        ItemStatus::Clean { until_ms: Some(seven_pm) },
    );
    check_deadline(
        &zones,
        times(&["19:00"]),
        None,
        "2026-06-02T17:00:00Z",
        ItemStatus::Due { by_ms: seven_pm },
    );
    check_deadline(
        &zones,
        times(&["19:00"]),
        None,
        "2026-06-02T17:00:00.001Z",
        ItemStatus::Overdue { since_ms: seven_pm + 1 },
    );
    // A cleaning at the very start of a window is in it.
    check_deadline(
        &zones,
        Schedule::Hours { n: 4 },
        Some("2026-06-01T08:00:00Z"),
        "2026-06-01T09:00:00Z",
        ItemStatus::Clean { until_ms: Some(ms("2026-06-01T12:00:00Z")) },
    );
    check_deadline(
        &zones,
        Schedule::Hours { n: 4 },
        None,
        "2026-06-01T05:00:00Z",
        ItemStatus::Due { by_ms: ms("2026-06-01T08:00:00Z") },
    );
    check_deadline(
        &zones,
        Schedule::Hours { n: 4 },
        None,
        "2026-06-01T17:00:00Z",
        ItemStatus::Overdue { since_ms: ms("2026-06-01T08:00:00Z") },
    );
}

#[test]
fn the_next_change() {
    let zones = zones("UTC");
    let plans = [
        plan("2026-01-01T18:00:00Z", Schedule::every_days(1)),
        plan("2026-01-04T06:00:00Z", Schedule::Never),
    ];
    let out = [span("2026-01-03T10:00:00Z", "2026-01-03T11:00:00Z")];
    let course = ScheduleTimeline { out: &out, ..course(&zones, &plans) };
    let mut seen = Vec::new();
    let mut now = ms("2026-01-01T00:00:00Z");
    while let Some(next) = next_change_ms(&course, now) {
        seen.push(Timestamp::from_millisecond(next).unwrap().strftime("%d %H:%M").to_string());
        now = next;
    }
    assert_eq!(seen, ["01 18:00", "02 00:00", "03 00:00", "03 10:00", "03 11:00", "04 00:00", "04 06:00"]);
}

fn count_closed(zones: &[ZoneSpan], plans: &[SchedulePeriod], now: i64, range: Range<i64>) -> usize {
    due_windows(&course(zones, plans), &[], range, now).len()
}

#[test]
fn a_period_takes_what_closes_in_it() {
    let (zones, plans) = (zones("UTC"), [plan("2026-01-01T00:00:00Z", Schedule::every_days(1))]);
    let now = ms("2026-01-03T00:00:00Z");
    let (second, third) = (ms("2026-01-02T00:00:00Z"), now);
    assert_eq!(
        count_closed(&zones, &plans, now, second..third),
        1,
        "the one that closes at its beginning, not at its end"
    );
    assert_eq!(count_closed(&zones, &plans, now, second - 1..second), 0);
    assert_eq!(count_closed(&zones, &plans, now, third..third + 1), 2, "one closed, one open");
    assert_eq!(count_closed(&zones, &plans, now, third + 1..i64::MAX), 0, "nothing from the future");
    assert_eq!(count_closed(&zones, &plans, now, third..second), 0);
}

fn tally_of(met: u32, closed: u32) -> WindowTally {
    WindowTally { met, closed }
}

#[test]
fn windows_belong_to_the_civil_day_in_which_they_close() {
    let zones = zones("America/New_York");
    let calendar = CivilCalendar::new(&zones);
    let plans = [plan("2026-03-07T05:00:00Z", Schedule::Hours { n: 8 })];
    let now = ms("2026-03-09T12:00:00Z");
    let found = due_windows(&course(&zones, &plans), &[cleaned("2026-03-08T01:00:00Z")], 0..now, now);
    let first = calendar.day_of(ms("2026-03-07T12:00:00Z"));
    // Grid points by local time: 08 16 | 00 09 17 | 01
    assert_eq!(
        by_day(&calendar, &found),
        BTreeMap::from([(first, tally_of(0, 2)), (first + 1, tally_of(1, 3)), (first + 2, tally_of(0, 1))])
    );
}

fn check_day(zone: &str, inside: &str, start: &str, end: &str) {
    let calendar = CivilCalendar::new(&zones(zone));
    let day = calendar.day_of(ms(inside));
    assert_eq!(calendar.day_range(day), ms(start)..ms(end), "{zone} {inside}");
    assert_eq!(calendar.day_of(ms(start)), day);
    assert_eq!(calendar.day_of(ms(end)), day + 1);
}

#[test]
fn days_begin_and_end_where_the_zone_says() {
    check_day(BERLIN, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    check_day("Asia/Kolkata", "2026-03-29T12:00:00Z", "2026-03-28T18:30:00Z", "2026-03-29T18:30:00Z");
    check_day("America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z");
    check_day("No/Where", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z");
    // The clock went back from 00:01 to 23:01: the second 23:30 stays in the day that had begun.
    check_day("America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z");
    let apia = CivilCalendar::new(&zones("Pacific/Apia"));
    let before = apia.day_of(ms("2011-12-30T09:59:59.999Z"));
    assert_eq!(apia.day_of(ms("2011-12-30T10:00:00Z")), before + 2);
    assert!(apia.day_range(before + 1).is_empty());
    assert_eq!(CivilCalendar::new(&[]).day_of(0), 0);
    // Before its first entry the facility was in that zone.
    let late = [ZoneSpan { from_ms: ms("2026-06-01T00:00:00Z"), zone: BERLIN.into() }];
    let calendar = CivilCalendar::new(&late);
    assert_eq!(calendar.day_of(ms("2026-03-28T23:00:00Z")), calendar.day_of(ms("2026-03-29T12:00:00Z")));
}

fn rate_text(met: u32, closed: u32) -> String {
    ComplianceRate::text(WindowTally { met, closed }.rate())
}

#[test]
fn rates_are_floored_and_no_data_is_no_rate() {
    assert_eq!(rate_text(0, 0), "–");
    assert_eq!(rate_text(0, 3), "0.0%");
    assert_eq!(rate_text(2, 3), "66.6%");
    assert_eq!(rate_text(2_746, 2_888), "95.0%");
    assert_eq!(rate_text(1_999, 2_000), "99.9%");
    assert_eq!(rate_text(u32::MAX - 1, u32::MAX), "99.9%");
    assert_eq!(rate_text(u32::MAX, u32::MAX), "100.0%");
}

#[test]
fn hostile_times_cost_nothing() {
    let zones = [
        ZoneSpan { from_ms: i64::MAX, zone: "Asia/Kolkata".into() },
        ZoneSpan { from_ms: i64::MIN, zone: BERLIN.into() },
    ];
    let uses = [i64::MIN, -1, 0, 1, i64::MAX - 1, i64::MAX];
    let all = (0..24).flat_map(|hour| (0..60).map(move |minute| TimeOfDay { hour, minute }));
    for schedule in [
        Schedule::Hours { n: 0 },
        Schedule::Hours { n: u32::MAX },
        Schedule::every_days(0),
        Schedule::Weeks { n: u32::MAX },
        Schedule::every_day_at(Vec::new()),
        Schedule::every_day_at(all.collect()),
        Schedule::every_day_at(vec![TimeOfDay { hour: 200, minute: 200 }]),
        Schedule::Use { grace_s: 0 },
        Schedule::Use { grace_s: u32::MAX },
    ] {
        for from_ms in [i64::MIN, 0, i64::MAX] {
            let plans = [SchedulePeriod { from_ms, schedule: schedule.clone() }];
            let out = [i64::MIN..-5, 10..i64::MAX];
            let course = ScheduleTimeline { zones: &zones, plans: &plans, out: &out, uses: &uses };
            let quiet = ScheduleTimeline { out: &[], ..course };
            for now in [i64::MIN, 0, ms("2026-01-01T00:00:00Z"), i64::MAX] {
                assert!(due_windows(&course, &[], i64::MIN..i64::MAX, now).len() < 200_000);
                for last in [None, Some(i64::MIN), Some(now), Some(i64::MAX)] {
                    item_status(&course, last, now);
                    item_status(&quiet, last, now);
                }
                assert!(next_change_ms(&course, now).is_none_or(|next| next > now));
            }
        }
    }
    let calendar = CivilCalendar::new(&zones);
    for ms in [i64::MIN, -1, 0, i64::MAX] {
        calendar.day_of(ms);
    }
    assert!(calendar.day_range(i32::MIN).is_empty() && calendar.day_range(i32::MAX).is_empty());
}

#[test]
fn havana_keeps_its_summer_time_through_the_winter_of_2026() {
    let (zones, plans) =
        (zones("America/Havana"), [plan("2026-11-20T00:00:00Z", times(&["07:00", "19:00"]))]);
    let got =
        item_status(&course(&zones, &plans), Some(ms("2026-11-28T10:00:00Z")), ms("2026-11-28T21:00:00Z"));
    assert_eq!(got, ItemStatus::Due { by_ms: ms("2026-11-28T23:00:00Z") });
}
