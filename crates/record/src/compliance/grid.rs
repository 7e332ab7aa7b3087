//! The windows of one schedule.

use std::ops::Range;

use jiff::tz::TimeZone;

use crate::kinds::{Schedule, TimeOfDay, WeekdaySet};
use crate::limits::SCHEDULE_TIMES_MAX;
use crate::values::civil_time::{CivilCalendar, DAY_MS, bounded, first_reading_ms, local_day};

pub(super) struct ScheduleSegment<'a> {
    /// Windows begin and end in here, or do not exist.
    pub span: Range<i64>,
    schedule: &'a Schedule,
    kind: SegmentKind<'a>,
}

// A window begins at each boundary and ends at the next one; for uses after the grace if that is sooner.
enum SegmentKind<'a> {
    Hours { step_ms: i64 },
    Days { calendar: CivilCalendar, first_day: i64, step_days: i64 },
    Times { zone: TimeZone, readings_ms: Vec<i64> },
    NamedDays(NamedDays),
    Use { uses: &'a [i64], grace_ms: i64 },
    Never,
}

fn day_segment<'a>(calendar: &CivilCalendar, span: &Range<i64>, step_days: u32) -> SegmentKind<'a> {
    SegmentKind::Days {
        calendar: calendar.clone(),
        first_day: first_whole_day(calendar, span.start),
        step_days: i64::from(step_days),
    }
}

impl<'a> ScheduleSegment<'a> {
    pub(super) fn new(
        span: Range<i64>,
        schedule: &'a Schedule,
        calendar: &CivilCalendar,
        uses: &'a [i64],
    ) -> Self {
        let zone = calendar.zone_at(span.start);
        let kind = match schedule {
            Schedule::Hours { n } => {
                SegmentKind::Hours { step_ms: i64::from(*n.clamp(&1, &8_760)) * 3_600_000 }
            }
            Schedule::Days { n: 1, on } if !on.is_every() => {
                SegmentKind::NamedDays(NamedDays { zone: zone.clone(), on: *on, readings_ms: Vec::new() })
            }
            Schedule::Days { n, .. } => day_segment(calendar, &span, *n.clamp(&1, &366)),
            Schedule::Weeks { n } => day_segment(calendar, &span, 7 * n.clamp(&1, &52)),
            Schedule::Times { at, on } if on.is_every() => {
                SegmentKind::Times { zone: zone.clone(), readings_ms: readings_ms(at) }
            }
            Schedule::Times { at, on } => {
                let readings_ms = readings_ms(at);
                // Without a time nothing ends a window.
                if readings_ms.is_empty() {
                    SegmentKind::Never
                } else {
                    SegmentKind::NamedDays(NamedDays { zone: zone.clone(), on: *on, readings_ms })
                }
            }
            Schedule::Use { grace_s } => {
                SegmentKind::Use { uses, grace_ms: i64::from(*grace_s.max(&1)) * 1_000 }
            }
            Schedule::Never => SegmentKind::Never,
        };
        Self { span, schedule, kind }
    }

    pub(super) fn is_never(&self) -> bool {
        matches!(self.kind, SegmentKind::Never)
    }

    /// How long a use may wait, where the schedule is by use.
    pub(super) fn grace_ms(&self) -> Option<i64> {
        match self.kind {
            SegmentKind::Use { grace_ms, .. } => Some(grace_ms),
            _ => None,
        }
    }

    /// The first window that begins at `ms` or later, even if it does not end within the stretch.
    pub(super) fn window_from(&self, ms: i64) -> Option<Range<i64>> {
        if let SegmentKind::NamedDays(days) = &self.kind {
            let from = bounded(ms).max(self.span.start);
            return days.windows_near(from).find(|window| window.start >= from);
        }
        let start = self.boundary_from(bounded(ms).max(self.span.start))?;
        Some(start..self.end_of(start)?)
    }

    /// The window around `ms`, even if it does not end within the stretch.
    pub(super) fn window_at(&self, ms: i64) -> Option<Range<i64>> {
        if let SegmentKind::NamedDays(days) = &self.kind {
            let ms = bounded(ms);
            return days
                .windows_near(ms)
                .find(|window| window.contains(&ms))
                .filter(|window| window.start >= self.span.start);
        }
        let start = self.boundary_until(bounded(ms)).filter(|&start| start >= self.span.start)?;
        self.end_of(start).filter(|&end| end > ms).map(|end| start..end)
    }

    /// Whether a window exists: one that the stretch cuts does not.
    pub(super) fn holds(&self, window: &Range<i64>) -> bool {
        self.span.start <= window.start && window.end <= self.span.end
    }

    /// A window's end as people say it: whole days end with their last millisecond; a cleaning at the very
    /// time of day is in time.
    pub(super) fn stated_ms(&self, end_ms: i64) -> i64 {
        match self.schedule {
            Schedule::Days { .. } | Schedule::Weeks { .. } | Schedule::Times { .. } => end_ms - 1,
            Schedule::Hours { .. } | Schedule::Use { .. } | Schedule::Never => end_ms,
        }
    }

    fn end_of(&self, start_ms: i64) -> Option<i64> {
        let next = self.boundary_from(start_ms.saturating_add(1));
        match self.grace_ms() {
            Some(grace_ms) => Some(next.unwrap_or(i64::MAX).min(start_ms.saturating_add(grace_ms))),
            None => next,
        }
    }

    fn boundary_from(&self, ms: i64) -> Option<i64> {
        match &self.kind {
            SegmentKind::Hours { step_ms } => {
                let steps = (ms - self.span.start + step_ms - 1).div_euclid(*step_ms).max(0);
                Some(self.span.start + steps * step_ms)
            }
            SegmentKind::Days { calendar, first_day, step_days } => {
                let today = i64::from(calendar.day_of(ms));
                let mut step = ((today - first_day).div_euclid(*step_days) - 1).max(0);
                loop {
                    let boundary = calendar.day_start_ms(first_day + step * step_days);
                    if boundary >= ms {
                        return Some(boundary);
                    }
                    step += 1;
                }
            }
            SegmentKind::Times { zone, readings_ms } => {
                let today = local_day(zone, ms);
                // Today's may be over, and tomorrow may be a day that the zone skips.
                (today - 1..=today + 3).find_map(|day| {
                    let first = readings_ms.partition_point(|reading| boundary_ms(zone, day, *reading) < ms);
                    readings_ms.get(first).map(|reading| boundary_ms(zone, day, *reading))
                })
            }
            SegmentKind::Use { uses, .. } => uses.get(uses.partition_point(|&used| used < ms)).copied(),
            SegmentKind::NamedDays(_) | SegmentKind::Never => None,
        }
    }

    /// The boundary may be before the stretch.
    fn boundary_until(&self, ms: i64) -> Option<i64> {
        match &self.kind {
            SegmentKind::Hours { step_ms } => {
                Some(self.span.start + (ms - self.span.start).div_euclid(*step_ms) * step_ms)
            }
            SegmentKind::Days { calendar, first_day, step_days } => {
                let last = (i64::from(calendar.day_of(ms)) - first_day).div_euclid(*step_days) + 1;
                (0..=last)
                    .rev()
                    .map(|step| calendar.day_start_ms(first_day + step * step_days))
                    .find(|&boundary| boundary <= ms)
            }
            SegmentKind::Times { zone, readings_ms } => {
                let today = local_day(zone, ms);
                (today - 2..=today + 1).rev().find_map(|day| {
                    let after = readings_ms.partition_point(|reading| boundary_ms(zone, day, *reading) <= ms);
                    after
                        .checked_sub(1)
                        .and_then(|last| readings_ms.get(last))
                        .map(|reading| boundary_ms(zone, day, *reading))
                })
            }
            SegmentKind::Use { uses, .. } => uses
                .partition_point(|&used| used <= ms)
                .checked_sub(1)
                .and_then(|last| uses.get(last))
                .copied(),
            SegmentKind::NamedDays(_) | SegmentKind::Never => None,
        }
    }
}

struct NamedDays {
    zone: TimeZone,
    on: WeekdaySet,
    /// Times of day that end windows, as milliseconds since midnight; none: each window is a whole day.
    readings_ms: Vec<i64>,
}

impl NamedDays {
    /// Those from two days before `ms` to the first that begins after it, ascending.
    fn windows_near(&self, ms: i64) -> impl Iterator<Item = Range<i64>> {
        let today = local_day(&self.zone, ms);
        // The next named day is at most seven away, its window begins a day before, and the zone may skip one.
        (today - 2..=today + 10).filter(|&day| self.is_named(day)).flat_map(|day| self.windows_of(day))
    }

    fn is_named(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday.
        u8::try_from((day + 3).rem_euclid(7) + 1).is_ok_and(|weekday| self.on.has(weekday))
    }

    /// None on a day that the zone skips.
    fn windows_of(&self, day: i64) -> Vec<Range<i64>> {
        let Some(&last) = self.readings_ms.last() else {
            let [start, end] = [day, day + 1].map(|day| first_reading_ms(&self.zone, day * DAY_MS));
            return Some(start..end).filter(|window| !window.is_empty()).into_iter().collect();
        };
        let mut windows = Vec::with_capacity(self.readings_ms.len());
        let first = self.readings_ms.first().copied().unwrap_or(last);
        // Where the day before is not named, a day's first window begins at its own time of that day.
        let mut start = boundary_ms(&self.zone, day - 1, if self.is_named(day - 1) { last } else { first });
        for &reading in &self.readings_ms {
            let end = boundary_ms(&self.zone, day, reading);
            if start < end {
                windows.push(start..end);
            }
            start = end;
        }
        windows
    }
}

fn first_whole_day(calendar: &CivilCalendar, ms: i64) -> i64 {
    let today = i64::from(calendar.day_of(ms));
    // A day that the zone skips begins with the one after it.
    if calendar.day_start_ms(today) < ms { today + 1 } else { today }
}

// Ascending, each once, as milliseconds since midnight.
fn readings_ms(at: &[TimeOfDay]) -> Vec<i64> {
    let mut readings: Vec<i64> =
        at.iter().map(|at| (i64::from(at.hour) * 60 + i64::from(at.minute)) * 60_000).collect();
    readings.retain(|&reading| reading < DAY_MS);
    readings.sort_unstable();
    readings.dedup();
    readings.truncate(SCHEDULE_TIMES_MAX);
    readings
}

/// A cleaning at the very time is in time, so the next window begins a millisecond later.
fn boundary_ms(zone: &TimeZone, day: i64, reading: i64) -> i64 {
    first_reading_ms(zone, day * DAY_MS + reading) + 1
}
