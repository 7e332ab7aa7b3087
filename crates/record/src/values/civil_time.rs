//! Civil time by the zone data: what a facility's clock reads, and when it first reads something.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::zones::find_zone;

pub(crate) const DAY_MS: i64 = 86_400_000;
/// From 1970 to 2200. A time outside counts as the nearer end, so that no sum of times overflows.
const TIME_MS: Range<i64> = 0..7_258_118_400_000;
/// What clocks read in those years and well after them: the last window of a year's grid still ends.
const READING_MS: Range<i64> = -3 * DAY_MS..TIME_MS.end + 10_000 * DAY_MS;
/// No zone is further from UTC than this.
const OFFSET_MS_MAX: i64 = 26 * 3_600_000;

/// A time zone that the facility is in from some moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneSpan {
    /// The time of its entry, milliseconds since 1970.
    pub from_ms: i64,
    /// IANA name, such as `Europe/Berlin`; one that the data do not know counts as UTC.
    pub zone: Box<str>,
}

pub(crate) fn bounded(ms: i64) -> i64 {
    ms.clamp(TIME_MS.start, TIME_MS.end)
}

/// Each value from its time on, in the order in which they were stated: a later one replaces from its own
/// time on what was stated before for a time after it.
pub(crate) fn in_force<T>(message: &[T], from_ms: impl Fn(&T) -> i64) -> Vec<(Range<i64>, &T)> {
    let mut spans = Vec::with_capacity(message.len());
    let mut end = i64::MAX;
    for word in message.iter().rev() {
        let from = bounded(from_ms(word));
        if from < end {
            spans.push((from..end, word));
            end = from;
        }
    }
    spans.reverse();
    spans
}

/// The days of a facility, through all the zones that it was in.
///
/// Days are numbered from 1970-01-01. A day begins when the facility's clock first reads its midnight or later, so days
/// neither overlap nor leave gaps, whatever the clock skips or reads twice; a day that the zone skips is empty.
#[derive(Debug, Clone)]
pub struct CivilCalendar {
    // Ascending, from the beginning to the end of time, neighbours differ.
    spans: Vec<(Range<i64>, TimeZone)>,
}

impl CivilCalendar {
    /// From the facility's zones in the order of the log; the earliest one reaches back to the beginning, since days before the
    /// first entry were not spent elsewhere. Without any it is UTC.
    pub fn new(zones: &[ZoneSpan]) -> Self {
        let mut spans: Vec<(Range<i64>, TimeZone)> = Vec::new();
        for (span, message) in in_force(zones, |z| z.from_ms) {
            let zone = find_zone(&message.zone).unwrap_or(TimeZone::UTC);
            match spans.last_mut() {
                None => spans.push((i64::MIN..i64::MAX, zone)),
                Some((_, before)) if *before == zone => {}
                Some((last, _)) => {
                    last.end = span.start;
                    spans.push((span.start..i64::MAX, zone));
                }
            }
        }
        if spans.is_empty() {
            spans.push((i64::MIN..i64::MAX, TimeZone::UTC));
        }
        Self { spans }
    }

    pub(crate) fn in_zone(zone: &TimeZone) -> Self {
        Self { spans: vec![(i64::MIN..i64::MAX, zone.clone())] }
    }

    /// The zone at a moment.
    pub fn zone_at(&self, ms: i64) -> &TimeZone {
        let after = self.spans.partition_point(|(span, _)| span.start <= ms);
        &self.spans[after.max(1) - 1].1
    }

    /// The civil day of a moment.
    pub fn day_of(&self, ms: i64) -> i32 {
        let ms = bounded(ms);
        // Where the clock was set back over midnight, or the zone changed, a later day may have begun before.
        let mut day = local_day(self.zone_at(ms), ms);
        while self.day_start_ms(day + 1) <= ms {
            day += 1;
        }
        i32::try_from(day).unwrap_or(i32::MAX)
    }

    /// When a day begins and ends, milliseconds since 1970.
    pub fn day_range(&self, day: i32) -> Range<i64> {
        self.day_start_ms(i64::from(day))..self.day_start_ms(i64::from(day) + 1)
    }

    /// Milliseconds since 1970.
    pub(crate) fn day_start_ms(&self, day: i64) -> i64 {
        let midnight = day * DAY_MS;
        let near = self.spans.partition_point(|(span, _)| span.end <= midnight.saturating_sub(OFFSET_MS_MAX));
        self.spans[near.min(self.spans.len() - 1)..]
            .iter()
            .map(|(span, zone)| (first_reading_ms(zone, midnight).max(span.start), span.end))
            .find_map(|(start, end)| (start < end).then_some(start))
            .unwrap_or(i64::MAX)
    }

    pub(crate) fn spans_in(&self, range: &Range<i64>) -> impl Iterator<Item = (Range<i64>, &TimeZone)> {
        let first = self.spans.partition_point(|(span, _)| span.end <= range.start);
        let end = range.end;
        let start = range.start;
        self.spans[first..]
            .iter()
            .take_while(move |(span, _)| span.start < end)
            .map(move |(span, zone)| (span.start.max(start)..span.end.min(end), zone))
    }
}

pub(crate) fn local_day(zone: &TimeZone, ms: i64) -> i64 {
    reading_ms(zone, ms).div_euclid(DAY_MS)
}

/// What a zone's clock reads at a moment, as milliseconds since its reading of 1970-01-01 00:00.
pub(crate) fn reading_ms(zone: &TimeZone, ms: i64) -> i64 {
    ms + offset_ms(zone.to_offset(timestamp(ms)))
}

/// Of a time that the clock skips the next valid moment, of a time that it reads twice the first.
pub(crate) fn first_reading_ms(zone: &TimeZone, reading: i64) -> i64 {
    let reading = reading.clamp(READING_MS.start, READING_MS.end);
    let civil = Offset::UTC.to_datetime(timestamp(reading));
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => reading - offset_ms(offset),
        AmbiguousOffset::Fold { before, .. } => reading - offset_ms(before),
        AmbiguousOffset::Gap { before, after } => {
            // The clock jumps somewhere in (too_early, late_enough].
            let (mut too_early, mut late_enough) = (reading - offset_ms(after), reading - offset_ms(before));
            while late_enough - too_early > 1 {
                let middle = too_early.midpoint(late_enough);
                if reading_ms(zone, middle) < reading {
                    too_early = middle;
                } else {
                    late_enough = middle;
                }
            }
            late_enough
        }
    }
}

fn offset_ms(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000
}

fn timestamp(ms: i64) -> Timestamp {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(end)
}
