//! Laws that hold for any course of plans, zones, uses, cleanings and times out of service.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::kinds::{TimeOfDay, WeekdaySet};
use crate::values::civil_time::{first_reading_ms, in_force, reading_ms};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "America/St_Johns",
    "America/Havana",
    "No/Where",
];
// Days before something happened: St. John's 2010 (back over midnight), Apia 2011, São Paulo 2018, Europe and Lord Howe
// 2026 (March/April, October).
const EPOCHS: [i64; 5] =
    [1_287_500_000_000, 1_324_000_000_000, 1_540_000_000_000, 1_773_800_000_000, 1_791_000_000_000];

#[derive(Debug, Clone)]
struct Life {
    start_ms: i64,
    zones: Vec<ZoneSpan>,
    plans: Vec<SchedulePeriod>,
    out: Vec<Range<i64>>,
    uses: Vec<i64>,
    cleanings: Vec<CleaningTimes>,
}

impl Life {
    fn course(&self) -> ScheduleTimeline<'_> {
        ScheduleTimeline { zones: &self.zones, plans: &self.plans, out: &self.out, uses: &self.uses }
    }

    fn windows(&self, now_ms: i64) -> Vec<DueWindow> {
        due_windows(&self.course(), &self.cleanings, 0..i64::MAX, now_ms)
    }
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let minutes = select(vec![0u8, 1, 15, 30, 45, 59]);
    let time = (0..24u8, minutes).prop_map(|(hour, minute)| TimeOfDay { hour, minute });
    prop_oneof![
        3 => (1..60u32).prop_map(|n| Schedule::Hours { n }),
        3 => (1..6u32).prop_map(Schedule::every_days),
        2 => weekdays().prop_map(|on| Schedule::Days { n: 1, on }),
        1 => (1..3u32).prop_map(|n| Schedule::Weeks { n }),
        3 => vec(time.clone(), 1..4).prop_map(Schedule::every_day_at),
        3 => (vec(time, 1..4), weekdays()).prop_map(|(at, on)| Schedule::Times { at, on }),
        3 => (1..40_000u32).prop_map(|grace_s| Schedule::Use { grace_s }),
        1 => Just(Schedule::Never),
    ]
}

fn weekdays() -> impl Strategy<Value = WeekdaySet> {
    vec(1..=7u8, 1..5).prop_filter_map("no day", WeekdaySet::of)
}

fn named_days(schedule: &Schedule) -> Option<WeekdaySet> {
    match schedule {
        Schedule::Days { on, .. } | Schedule::Times { on, .. } => Some(*on).filter(|on| !on.is_every()),
        _ => None,
    }
}

// Mostly full minutes, so that boundaries, cleanings and uses meet exactly.
fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![6 => (0..40 * 24 * 4i64).prop_map(|quarter| quarter * 900_000), 1 => 0..40 * DAY]
}

fn life() -> impl Strategy<Value = Life> {
    let cleaning = (moment(), prop_oneof![Just(0), 0..80 * HOUR], prop::bool::weighted(0.8));
    (
        select(EPOCHS.as_slice()),
        vec((moment(), select(ZONES.as_slice())), 0..4),
        vec((moment(), schedule()), 1..5),
        vec(moment(), 0..5),
        vec(moment(), 0..30),
        vec(cleaning, 0..30),
    )
        .prop_map(|(epoch, zones, plans, mut edges, mut uses, cleanings)| {
            let start_ms = epoch / DAY * DAY;
            edges.iter_mut().chain(&mut uses).for_each(|at| *at += start_ms);
            edges.sort_unstable();
            edges.dedup();
            uses.sort_unstable();
            let out = edges.chunks(2).map(|e| e[0]..e.get(1).copied().unwrap_or(i64::MAX)).collect();
            let mut cleanings: Vec<CleaningTimes> = cleanings
                .into_iter()
                .map(|(at, late_ms, complete)| {
                    let performed_ms = start_ms + at;
                    CleaningTimes {
                        performed_ms,
                        recorded_ms: performed_ms + late_ms,
                        complete,
                        protocol: None,
                    }
                })
                .collect();
            cleanings.sort_unstable();
            let zones = zones
                .into_iter()
                .map(|(at, zone)| ZoneSpan { from_ms: start_ms + at, zone: zone.into() })
                .collect();
            let plans = plans
                .into_iter()
                .map(|(at, schedule)| SchedulePeriod { from_ms: start_ms + at, schedule })
                .collect();
            Life { start_ms, zones, plans, out, uses, cleanings }
        })
}

fn tally_of(life: &Life, now: i64, range: Range<i64>) -> WindowTally {
    WindowTally::of(&due_windows(&life.course(), &life.cleanings, range, life.start_ms + now))
}

fn agrees(life: &Life, now: i64) -> Result<(), TestCaseError> {
    let done: Vec<CleaningTimes> = life.cleanings.iter().copied().filter(|c| c.performed_ms <= now).collect();
    let last = last_counting_ms(&done);
    let got = item_status(&life.course(), last, now);
    if let Some(out) = life.out.iter().find(|out| out.contains(&now)) {
        prop_assert_eq!(got, ItemStatus::OutOfService { since_ms: out.start });
        return Ok(());
    }
    let plans = in_force(&life.plans, |p| p.from_ms);
    let current = plans.iter().find(|(span, _)| span.contains(&now)).map(|(_, plan)| &plan.schedule);
    let Some(schedule) = current.filter(|s| **s != Schedule::Never) else {
        prop_assert_eq!(got, ItemStatus::NoSchedule);
        return Ok(());
    };
    let never = plans.iter().filter(|(span, p)| p.schedule == Schedule::Never && span.end <= now);
    let begun = never.map(|(span, _)| span.end).max().unwrap_or(0);
    let all = due_windows(&life.course(), &done, 0..i64::MAX, now);
    let overdue = all.iter().find(|w| {
        w.state == WindowState::Unmet && w.start_ms >= begun && last.is_none_or(|last| last < w.end_ms)
    });
    if let Some(window) = overdue {
        prop_assert_eq!(got, ItemStatus::Overdue { since_ms: window.end_ms });
        return Ok(());
    }
    match (all.last().filter(|w| matches!(w.state, WindowState::Open { .. })), got) {
        (Some(open), ItemStatus::Clean { until_ms }) => {
            prop_assert_eq!(open.state, WindowState::Open { met: true });
            let is_use = matches!(schedule, Schedule::Use { .. });
            prop_assert_eq!(until_ms, (!is_use).then(|| last_good_ms(schedule, open.end_ms)));
        }
        (Some(open), ItemStatus::Due { by_ms }) => {
            prop_assert_eq!(open.state, WindowState::Open { met: false });
            prop_assert_eq!(by_ms, last_good_ms(schedule, open.end_ms));
        }
        (Some(open), ItemStatus::DueAfterUse { since_ms, by_ms }) => {
            prop_assert_eq!(open.state, WindowState::Open { met: false });
            prop_assert_eq!(since_ms, open.start_ms);
            prop_assert!(by_ms >= open.end_ms);
        }
        (None, ItemStatus::Clean { .. }) => prop_assert!(last.is_some()),
        (None, ItemStatus::Due { by_ms }) => prop_assert!(by_ms >= now),
        (None, ItemStatus::DueAfterUse { since_ms, .. }) => {
            prop_assert!(last.is_none_or(|last| last < since_ms))
        }
        (None, ItemStatus::NotDue) => {}
        (open, got) => prop_assert!(false, "{:?} with {:?}", got, open),
    }
    Ok(())
}

fn last_good_ms(schedule: &Schedule, end_ms: i64) -> i64 {
    match schedule {
        Schedule::Hours { .. } | Schedule::Use { .. } => end_ms,
        _ => end_ms - 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_ascend_do_not_overlap_and_lie_in_one_stretch(life in life(), now in moment()) {
        let now = life.start_ms + now;
        let all = life.windows(now);
        prop_assert!(all.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms));
        let calendar = CivilCalendar::new(&life.zones);
        for window in &all {
            prop_assert!(window.start_ms < window.end_ms && window.start_ms <= now);
            prop_assert_eq!(matches!(window.state, WindowState::Open { .. }), window.end_ms > now);
            let span = window.start_ms..window.end_ms;
            let plans = in_force(&life.plans, |p| p.from_ms);
            let plan = plans.iter().find(|(force, _)| force.contains(&span.start) && span.end <= force.end);
            let Some((_, plan)) = plan else { return Err(TestCaseError::fail("it crosses plans")) };
            match plan.schedule {
                Schedule::Hours { .. } | Schedule::Use { .. } | Schedule::Never => {}
                Schedule::Days { n: 2.., .. } | Schedule::Weeks { .. } => {
                    for edge in [span.start, span.end] {
                        prop_assert_eq!(calendar.day_range(calendar.day_of(edge)).start, edge);
                    }
                }
                Schedule::Days { .. } | Schedule::Times { .. } => {
                    prop_assert_eq!(calendar.zone_at(span.start), calendar.zone_at(span.end - 1));
                }
            }
            let met = life.cleanings.iter().any(|c| c.counts() && span.contains(&c.performed_ms));
            let out = life.out.iter().any(|out| out.start < span.end && span.start < out.end);
            let expect = match (window.end_ms > now, met, out) {
                (true, met, _) => WindowState::Open { met },
                (false, true, _) => WindowState::Met,
                (false, false, true) => WindowState::Dropped,
                (false, false, false) => WindowState::Unmet,
            };
            prop_assert_eq!(window.state, expect);
        }
    }

    #[test]
    fn a_grid_leaves_no_gap_but_at_a_cut(life in life(), now in moment()) {
        let (now, zones, plans) = (life.start_ms + now, &life.zones, &life.plans[..1]);
        prop_assume!(named_days(&plans[0].schedule).is_none());
        let all = due_windows(&ScheduleTimeline { zones, plans, out: &[], uses: &[] }, &[], 0..i64::MAX, now);
        let is_cut = matches!(plans[0].schedule, Schedule::Days { n: 1, .. } | Schedule::Times { .. });
        for pair in all.windows(2) {
            let gap = pair[0].end_ms..pair[1].start_ms;
            let holds_change = zones.iter().any(|z| gap.start <= z.from_ms && z.from_ms <= gap.end);
            prop_assert!(gap.is_empty() || (is_cut && holds_change));
        }
        // A first window begins within a day, after a change of zone too.
        let begun = zones.iter().map(|z| z.from_ms).fold(plans[0].from_ms, i64::max);
        if now > begun + 2 * DAY && !matches!(plans[0].schedule, Schedule::Use { .. } | Schedule::Never) {
            let is_open = all.last().is_some_and(|w| w.end_ms > now);
            prop_assert!(is_open);
        }
    }

    #[test]
    fn windows_of_named_days_end_on_them(start in 0..400i64, at in vec(0..24u8, 0..3), on in weekdays()) {
        let begun = EPOCHS[3] / DAY * DAY + start * DAY;
        let readings: std::collections::BTreeSet<u8> = at.into_iter().collect();
        let at: Vec<TimeOfDay> = readings.iter().map(|&hour| TimeOfDay { hour, minute: 0 }).collect();
        let each = at.len().max(1);
        let schedule = if at.is_empty() { Schedule::Days { n: 1, on } } else { Schedule::Times { at, on } };
        let plans = [SchedulePeriod { from_ms: begun, schedule }];
        let course = ScheduleTimeline { zones: &[], plans: &plans, out: &[], uses: &[] };
        let all = due_windows(&course, &[], begun + 14 * DAY..begun + 28 * DAY, begun + 60 * DAY);
        for window in &all {
            let day = i32::try_from((window.end_ms - 1).div_euclid(DAY)).unwrap();
            prop_assert!(on.has(crate::kinds::CivilDay::of_number(day).unwrap().weekday()));
            prop_assert!(window.end_ms - window.start_ms <= DAY);
        }
        // Two whole weeks: a time of day at the edge may fall a millisecond into either.
        let expected = 2 * on.days().count() * each;
        prop_assert!(all.len().abs_diff(expected) <= 1, "{} of {expected}", all.len());
    }

    /// No change of zone moves the count: each window begins a whole number of steps after the first.
    #[test]
    fn days_and_weeks_keep_their_count(life in life(), n in 2..9u32, now in moment()) {
        let plans = [SchedulePeriod { from_ms: life.plans[0].from_ms, schedule: Schedule::every_days(n) }];
        let course = ScheduleTimeline { plans: &plans, ..life.course() };
        let calendar = CivilCalendar::new(&life.zones);
        let begins: Vec<i64> = due_windows(&course, &[], 0..i64::MAX, life.start_ms + now)
            .iter()
            .map(|window| window.start_ms)
            .collect();
        let Some(first) = begins.first().map(|&begin| calendar.day_of(begin)) else { return Ok(()) };
        let step = i32::try_from(n).unwrap();
        let counted = (0..).map(|k| calendar.day_range(first + k * step).start);
        // Where the zone skips the first day, its number is that of the day after.
        let skipped = (0..).map(|k| calendar.day_range(first - 1 + k * step).start);
        let is_counted = begins.iter().copied().eq(counted.take(begins.len()));
        prop_assert!(is_counted || begins.iter().copied().eq(skipped.take(begins.len())));
    }

    #[test]
    fn tallies_of_neighbouring_periods_add_up(
        life in life(), mut cuts in vec(moment(), 3), now in moment()
    ) {
        cuts.sort_unstable();
        let [start, cut, end] = [0, 1, 2].map(|i| life.start_ms + cuts[i]);
        prop_assert_eq!(tally_of(&life, now, start..cut) + tally_of(&life, now, cut..end), tally_of(&life, now, start..end));
    }

    #[test]
    fn days_add_up_to_the_whole(life in life(), now in moment()) {
        let all = life.windows(life.start_ms + now);
        let calendar = CivilCalendar::new(&life.zones);
        let days = by_day(&calendar, &all);
        prop_assert_eq!(days.values().copied().sum::<WindowTally>(), WindowTally::of(&all));
        for (day, tally) in days {
            let range = calendar.day_range(day);
            let of_day = due_windows(&life.course(), &life.cleanings, range, life.start_ms + now);
            prop_assert_eq!(WindowTally::of(&of_day), tally);
        }
    }

    #[test]
    fn status_agrees_with_the_windows(life in life(), nows in vec(moment(), 4)) {
        for now in nows {
            agrees(&life, life.start_ms + now)?;
        }
    }

    #[test]
    fn nothing_changes_before_the_next_change(life in life(), now in moment(), share in 0.0..1.0f64) {
        let now = life.start_ms + now;
        let last = last_counting_ms(&life.cleanings).filter(|&last| last <= now);
        let end = next_change_ms(&life.course(), now).unwrap_or(now + 400 * DAY);
        prop_assert!(end > now);
        let between = now + ((end - now - 1) as f64 * share) as i64;
        for quiet in [between, end - 1] {
            prop_assert_eq!(item_status(&life.course(), last, quiet), item_status(&life.course(), last, now));
            prop_assert_eq!(WindowTally::of(&life.windows(quiet)), WindowTally::of(&life.windows(now)));
        }
    }

    #[test]
    fn days_are_a_partition(life in life(), at in moment()) {
        let calendar = CivilCalendar::new(&life.zones);
        let at = life.start_ms + at;
        let day = calendar.day_of(at);
        prop_assert!(calendar.day_range(day).contains(&at));
        prop_assert_eq!(calendar.day_range(day).end, calendar.day_range(day + 1).start);
        prop_assert!(calendar.day_of(at + 1) >= day);
    }

    #[test]
    fn a_reading_is_found_at_its_first_moment(life in life(), at in moment(), zone in select(ZONES.as_slice())) {
        let spans = [ZoneSpan { from_ms: 0, zone: zone.into() }];
        let calendar = CivilCalendar::new(&spans);
        let zone = calendar.zone_at(life.start_ms);
        let reading = life.start_ms + at;
        let first = first_reading_ms(zone, reading);
        prop_assert!(reading_ms(zone, first) >= reading);
        let before = (1..240).map(|step| first - 1 - step * 60_000).chain([first - 1]);
        for earlier in before {
            prop_assert!(reading_ms(zone, earlier) < reading);
        }
    }
}
