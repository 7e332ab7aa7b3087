//! When a mail by the calendar is due. Pure.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use record::compliance::find_zone;
use record::kinds::TimeOfDay;

use crate::db::delivery::mail_rounds::{AccountProgress, DaySpan};
use crate::mail::FirstStep;
use crate::reports::schedule::SchedulePace;

const DAY_MS: i64 = 24 * 3_600_000;
/// Of the day, in the place's zone.
const FIRST_HOUR: i8 = 6;
/// How long after a shift began its reminder is of use.
const SHIFT_MS: i64 = 3_600_000;
/// The days before an inspection at which a mail comes.
const STEPS: [i32; 3] = [1, 7, 30];

fn read_zoned(zone: &TimeZone, ms: i64) -> Zoned {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

fn day_number(date: Date) -> i64 {
    jiff::civil::date(1970, 1, 1).until(date).map_or(0, |span| i64::from(span.get_days()))
}

/// The week that ended on Sunday, from Monday 06:00 on for a day.
pub(super) fn find_week(zone: &str, now_ms: i64) -> Option<DaySpan> {
    let zone = find_zone(zone).unwrap_or(TimeZone::UTC);
    let at = read_zoned(&zone, now_ms);
    let monday = match (at.weekday(), at.hour() >= FIRST_HOUR) {
        (Weekday::Monday, true) => at.date(),
        (Weekday::Tuesday, false) => at.date().yesterday().ok()?,
        _ => return None,
    };
    let first = monday.checked_sub(Span::new().days(7)).ok()?;
    let starts_ms = |date: Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    let first_day = day_number(first);
    Some(DaySpan {
        first_day,
        last_day: first_day + 6,
        from_ms: starts_ms(first)?,
        end_ms: starts_ms(monday)?,
    })
}

/// The last whole week or month, from 06:00 on the day behind it: its report comes late rather than not at all.
pub(super) fn find_period(pace: SchedulePace, zone: &str, now_ms: i64) -> Option<DaySpan> {
    let zone = find_zone(zone).unwrap_or(TimeZone::UTC);
    let at = read_zoned(&zone, now_ms);
    let today = if at.hour() >= FIRST_HOUR { at.date() } else { at.date().yesterday().ok()? };
    let (first, behind) = match pace {
        SchedulePace::Week => {
            let behind = today.checked_sub(Span::new().days(today.weekday().to_monday_zero_offset())).ok()?;
            (behind.checked_sub(Span::new().days(7)).ok()?, behind)
        }
        SchedulePace::Month => {
            let behind = today.first_of_month();
            (behind.yesterday().ok()?.first_of_month(), behind)
        }
    };
    let starts_ms = |date: Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    Some(DaySpan {
        first_day: day_number(first),
        last_day: day_number(behind) - 1,
        from_ms: starts_ms(first)?,
        end_ms: starts_ms(behind)?,
    })
}

/// What an account's owner is to be told of next, if anything.
pub(super) fn find_first_step(progress: &AccountProgress, now_ms: i64) -> Option<FirstStep> {
    match now_ms.saturating_sub(progress.created_ms).div_euclid(DAY_MS) {
        1..3 if progress.boxes == 0 => Some(FirstStep::AddBox),
        3..7 if progress.recording == 0 => Some(FirstStep::Record),
        7..14 if progress.people <= 1 => Some(FirstStep::Invite),
        _ => None,
    }
}

/// The step of an inspection on a day that is due now, in the zone of its facility, and how many days are left.
pub(super) fn find_inspection_step(day: i32, zone: &TimeZone, now_ms: i64) -> Option<(i32, i32)> {
    let at = read_zoned(zone, now_ms);
    let left = i32::try_from(i64::from(day) - day_number(at.date())).ok()?;
    let step = STEPS.into_iter().find(|step| left <= *step)?;
    (left >= 0 && at.hour() >= FIRST_HOUR).then_some((step, left))
}

/// A shift that began a moment ago: when, and when the next one begins.
pub(super) fn find_shift(shifts: &[TimeOfDay], zone: &TimeZone, now_ms: i64) -> Option<(i64, i64)> {
    let today = read_zoned(zone, now_ms).date();
    let days = [today.yesterday().ok()?, today, today.tomorrow().ok()?];
    let mut begins: Vec<i64> = Vec::new();
    for day in days {
        for shift in shifts {
            let time = jiff::civil::time(shift.hour.cast_signed(), shift.minute.cast_signed(), 0, 0);
            let at = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
            begins.push(at.timestamp().as_millisecond());
        }
    }
    begins.sort_unstable();
    let began_ms = begins.iter().copied().rfind(|begin| *begin <= now_ms)?;
    let ends_ms = begins.into_iter().find(|begin| *begin > now_ms)?;
    (now_ms - began_ms < SHIFT_MS).then_some((began_ms, ends_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_week_is_due_from_monday_six_oclock_for_a_day() {
        let chicago = "America/Chicago";
        for (at, is_due) in [
            ("2026-11-23T11:59:00Z", false),
            ("2026-11-23T12:00:00Z", true),
            ("2026-11-24T11:59:00Z", true),
            ("2026-11-24T12:00:00Z", false),
            ("2026-11-29T18:00:00Z", false),
        ] {
            assert_eq!(find_week(chicago, ms(at)).is_some(), is_due, "{at}");
        }
        let span = find_week(chicago, ms("2026-11-24T11:00:00Z")).unwrap();
        assert_eq!((span.first_day, span.last_day), (20_773, 20_779), "November 16 to 22");
        assert_eq!((span.from_ms, span.end_ms), (ms("2026-11-16T06:00:00Z"), ms("2026-11-23T06:00:00Z")));
        // The clock went back on the Sunday: the week has an hour more.
        let span = find_week(chicago, ms("2026-11-02T12:00:00Z")).unwrap();
        assert_eq!(span.end_ms - span.from_ms, 7 * DAY_MS + 3_600_000);
    }

    #[test]
    fn a_period_is_the_last_whole_week_or_month() {
        let days = |pace, at: &str| {
            let span = find_period(pace, "America/Chicago", ms(at)).unwrap();
            [span.first_day, span.last_day].map(|day| day - 20_773)
        };
        // Day 0 is November 16, a Monday.
        for (at, week) in [
            ("2026-11-23T11:59:00Z", [-7, -1]),
            ("2026-11-23T12:00:00Z", [0, 6]),
            ("2026-11-29T18:00:00Z", [0, 6]),
        ] {
            assert_eq!(days(SchedulePace::Week, at), week, "{at}");
        }
        for (at, month) in [("2026-12-01T11:59:00Z", [-46, -16]), ("2026-12-01T12:00:00Z", [-15, 14])] {
            assert_eq!(days(SchedulePace::Month, at), month, "{at}");
        }
    }

    #[test]
    fn a_first_step_comes_in_its_days_and_only_while_it_is_not_taken() {
        let new = AccountProgress {
            name: "Linden".to_owned(),
            created_ms: 0,
            zone: None,
            owner_email: None,
            boxes: 0,
            recording: 0,
            people: 1,
        };
        let step = |progress: &AccountProgress, day: i64| find_first_step(progress, day * DAY_MS + 1);
        for (day, expected) in [
            (0, None),
            (1, Some(FirstStep::AddBox)),
            (3, Some(FirstStep::Record)),
            (7, Some(FirstStep::Invite)),
            (14, None),
            (-3, None),
        ] {
            assert_eq!(step(&new, day), expected, "{day}");
        }
        let done = AccountProgress { boxes: 1, recording: 1, people: 2, ..new };
        assert_eq!([1, 3, 7].map(|day| step(&done, day)), [None; 3]);
    }

    #[test]
    fn an_inspection_is_announced_a_month_a_week_and_a_day_before() {
        let zone = find_zone("America/Chicago").unwrap();
        // 2026-11-20, at 07:00 there.
        let (today, now_ms) = (20_777, ms("2026-11-20T13:00:00Z"));
        for (left, step) in [
            (31, None),
            (30, Some(30)),
            (8, Some(30)),
            (7, Some(7)),
            (2, Some(7)),
            (1, Some(1)),
            (0, Some(1)),
            (-1, None),
        ] {
            let found = find_inspection_step(today + left, &zone, now_ms);
            assert_eq!(found, step.map(|step| (step, left)), "{left}");
        }
        assert_eq!(find_inspection_step(today, &zone, ms("2026-11-20T11:59:00Z")), None, "before six");
    }

    #[test]
    fn a_shift_lasts_until_the_next_one_begins() {
        let zone = find_zone("America/Chicago").unwrap();
        let shifts: Vec<TimeOfDay> = ["07:00", "19:00"].map(|text| text.parse().unwrap()).into();
        let morning = (ms("2026-11-20T13:00:00Z"), ms("2026-11-21T01:00:00Z"));
        for (at, shift) in [
            ("2026-11-20T12:59:59Z", None),
            ("2026-11-20T13:00:00Z", Some(morning)),
            ("2026-11-20T13:59:59Z", Some(morning)),
            ("2026-11-20T14:00:00Z", None),
            ("2026-11-21T01:10:00Z", Some((ms("2026-11-21T01:00:00Z"), ms("2026-11-21T13:00:00Z")))),
        ] {
            assert_eq!(find_shift(&shifts, &zone, ms(at)), shift, "{at}");
        }
        assert_eq!(find_shift(&[], &zone, morning.0), None);
    }
}
