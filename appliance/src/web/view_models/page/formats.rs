//! The facility's zone and its time of now, times for paper and for programs, and spans as people read them.

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use record::compliance::find_zone;
use record::ids::Epoch;
use record::kinds::{CivilDay, TimeOfDay};

use crate::web::words::PageWords;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CivilTimeFault {
    Unreadable,
    Skipped,
}

#[derive(Debug, Clone)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    name: String,
    now_ms: i64,
    gap_before: Option<Epoch>,
}

impl LocalTime {
    pub(crate) fn new(zone: &str, now_ms: i64) -> Self {
        let (zone, name) = match find_zone(zone) {
            Some(known) => (known, zone.to_owned()),
            None => (TimeZone::UTC, "UTC".to_owned()),
        };
        Self { zone, name, now_ms, gap_before: None }
    }

    /// Of a box that lacks entries before this epoch: what they said of an item is not known.
    pub(crate) fn with_gap_before(self, epoch: Option<Epoch>) -> Self {
        Self { gap_before: epoch, ..self }
    }

    /// The first epoch of which all is here, where something before it is missing.
    pub(crate) fn gap_before(&self) -> Option<Epoch> {
        self.gap_before
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    pub(crate) fn today(&self) -> Option<CivilDay> {
        self.zoned(self.now_ms).strftime("%Y-%m-%d").to_string().parse().ok()
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub(crate) fn zone_name(&self) -> &str {
        &self.name
    }

    fn zoned(&self, ms: i64) -> Zoned {
        Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(self.zone.clone())
    }

    /// RFC 3339 in the facility's zone, to the second.
    pub(crate) fn iso(&self, ms: i64) -> String {
        self.zoned(ms).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// `Nov 3 2026, 09:25`: for paper, where "today" would become wrong.
    pub(crate) fn stamp(&self, ms: i64) -> String {
        self.zoned(ms).strftime("%b %-d %Y, %H:%M").to_string()
    }

    /// What a person entered as day and time; of a time that is there twice, the one nearer to now. `None` where it is
    /// no time, or is skipped when summer time begins.
    pub(crate) fn read_entered(&self, day: &str, time: &str) -> Option<i64> {
        let entered: jiff::civil::DateTime = format!("{}T{}", day.trim(), time.trim()).parse().ok()?;
        let found = self.zone.to_ambiguous_timestamp(entered);
        match found.offset() {
            AmbiguousOffset::Gap { .. } => None,
            AmbiguousOffset::Unambiguous { .. } => found.compatible().ok().map(Timestamp::as_millisecond),
            AmbiguousOffset::Fold { .. } => {
                let both = [found.earlier().ok()?, found.later().ok()?].map(Timestamp::as_millisecond);
                both.into_iter().min_by_key(|ms| ms.abs_diff(self.now_ms))
            }
        }
    }

    /// A day and a time as the facility's clocks showed them, `2026-11-24 14:30`; one that they showed twice is the first.
    pub(crate) fn read_civil_time(&self, text: &str) -> Result<i64, CivilTimeFault> {
        let (day, time) = text.trim().split_once([' ', 'T']).ok_or(CivilTimeFault::Unreadable)?;
        let time: TimeOfDay = time.trim().parse().map_err(|_| CivilTimeFault::Unreadable)?;
        let day: CivilDay = day.parse().map_err(|_| CivilTimeFault::Unreadable)?;
        let date: jiff::civil::Date = day.to_string().parse().map_err(|_| CivilTimeFault::Unreadable)?;
        let (hour, minute) = (i8::try_from(time.hour), i8::try_from(time.minute));
        let (Ok(hour), Ok(minute)) = (hour, minute) else { return Err(CivilTimeFault::Unreadable) };
        let ambiguous = self.zone.to_ambiguous_timestamp(date.at(hour, minute, 0, 0));
        if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            return Err(CivilTimeFault::Skipped);
        }
        ambiguous.earlier().map(Timestamp::as_millisecond).map_err(|_| CivilTimeFault::Unreadable)
    }

    pub(crate) fn date(&self, ms: i64) -> String {
        self.zoned(ms).strftime("%b %-d %Y").to_string()
    }
}

/// Minutes and seconds as a person enters them, `3:00`: seconds.
pub(crate) fn read_span(text: &str) -> Option<u32> {
    let (minutes, seconds) = text.split_once(':')?;
    let seconds = parse_digits(seconds).filter(|s| *s < 60)?;
    parse_digits(minutes)?.checked_mul(60)?.checked_add(seconds)
}

fn parse_digits(part: &str) -> Option<u32> {
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

/// `3 min 11 s`, `45 s`, `12 min`.
pub(crate) fn exact_duration(words: PageWords, seconds: u32) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => words.span_seconds(s),
        (m, 0) => words.span_minutes(m),
        (m, s) => words.span_minutes_seconds(m, format!("{s:02}")),
    }
}

pub(crate) fn countdown_text(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    #[test]
    fn times_as_paper_has_them() {
        // Friday 2026-11-20 14:04:31 in Chicago.
        let now = 1_795_205_071_000;
        let local = LocalTime::new("America/Chicago", now);
        assert_eq!((local.stamp(now), local.date(now)), ("Nov 20 2026, 14:04".into(), "Nov 20 2026".into()));
        assert_eq!(local.iso(now), "2026-11-20T14:04:31-06:00");
        assert_eq!(LocalTime::new("Mars/Olympus", now).zone_name(), "UTC");
    }

    #[test]
    fn a_time_is_entered_as_the_wall_clock_says_it() {
        // Two days before summer time ends in Chicago, on November 1st 2026.
        let now = LocalTime::new("America/Chicago", 1_793_340_000_000);
        let hour_ms = 3_600_000;
        let read = |day, time| now.read_entered(day, time);
        assert_eq!(read("2026-11-20", "14:04:31"), Some(1_795_205_071_000));
        assert_eq!(read(" 2026-11-20 ", "14:04"), Some(1_795_205_040_000));
        let first = read("2026-11-01", "00:30").unwrap() + hour_ms;
        assert_eq!(read("2026-11-01", "01:30"), Some(first), "there twice: the nearer one");
        let later = LocalTime::new("America/Chicago", first + 5 * hour_ms);
        assert_eq!(later.read_entered("2026-11-01", "01:30"), Some(first + hour_ms));
        assert_eq!(read("2026-11-01", "02:30"), Some(first + 2 * hour_ms));
        assert_eq!(read("2026-03-08", "02:30"), None, "left out when summer begins");
        for (day, time) in [("2026-02-30", "12:00"), ("2026-11-20", "25:00"), ("", "12:00"), ("x", "y")] {
            assert_eq!(read(day, time), None, "{day} {time}");
        }
    }

    #[test]
    fn times_as_people_enter_them() {
        let local = LocalTime::new("America/Chicago", 0);
        assert_eq!(local.read_civil_time("2026-11-20 14:04"), Ok(1_795_205_040_000));
        assert_eq!(local.read_civil_time(" 2026-11-20T14:04 "), Ok(1_795_205_040_000));
        // 02:30 is skipped in spring and 01:30 is there twice in autumn.
        assert_eq!(local.read_civil_time("2026-03-08 02:30"), Err(CivilTimeFault::Skipped));
        assert_eq!(local.read_civil_time("2026-11-01 01:30"), Ok(1_793_514_600_000));
        for wrong in
            ["", "yesterday", "2026-02-29 10:00", "2026-11-20", "2026-11-20 24:00", "2026-11-20 9:00"]
        {
            assert_eq!(local.read_civil_time(wrong), Err(CivilTimeFault::Unreadable), "{wrong}");
        }
    }

    #[test]
    fn spans_as_people_say_them() {
        let english = PageWords::in_locale(Locale::EnUs);
        assert_eq!(
            [45, 180, 181, 191].map(|s| exact_duration(english, s)),
            ["45 s", "3 min", "3 min 01 s", "3 min 11 s"]
        );
        assert_eq!(countdown_text(112), "1:52");
    }
}
