//! Numbers, times and states as people read them: the one place that words them for pages.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use record::compliance::{Rate, Tally};

const MINUTE_MS: i64 = 60_000;
const HOUR_MIN: i64 = 60;
const DAY_MIN: i64 = 24 * HOUR_MIN;

/// A number with commas: `41,207`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 item`, `3 items`: a number and its noun, whose plural ends in `s`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {noun}{end}", grouped(number))
}

/// `1 entry`, `41,207 entries`.
pub(crate) fn entries(number: u64) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(number)) }
}

/// A span of time as a state tag says it: `42 min`, `5 h 02`, `3 days`.
pub(crate) fn span(ms: i64) -> String {
    let minutes = ms.max(0) / MINUTE_MS;
    match minutes {
        0 => "under 1 min".to_owned(),
        1..HOUR_MIN => format!("{minutes} min"),
        HOUR_MIN..DAY_MIN => format!("{} h {:02}", minutes / HOUR_MIN, minutes % HOUR_MIN),
        _ => counted((minutes / DAY_MIN).unsigned_abs(), "day"),
    }
}

/// `301 of 352`, and nothing where no window closed.
pub(crate) fn of(tally: Tally) -> String {
    if tally.closed == 0 {
        return String::new();
    }
    format!("{} of {}", grouped(tally.met.into()), grouped(tally.closed.into()))
}

/// The rate of a tally as every page shows it; a dash where no window closed.
pub(crate) fn rate(tally: Tally) -> String {
    Rate::text(tally.rate())
}

/// The first 12 digits of a hash in fours, as people compare them: `B81D 04E7 5A9C`.
pub(crate) fn short_hash(hash: &[u8; 32]) -> String {
    let [a, b, c, d, e, f, ..] = hash;
    format!("{a:02X}{b:02X} {c:02X}{d:02X} {e:02X}{f:02X}")
}

/// Which of the four tints a state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Ok,
    /// Wants something soon.
    Due,
    /// Wants somebody now.
    Late,
    /// Neither good nor bad.
    Plain,
}

/// A state as a word with a shape and a tint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Badge {
    /// Its tint.
    pub(crate) tone: Tone,
    /// Its word.
    pub(crate) text: String,
}

impl Badge {
    /// A state.
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    /// The classes of its element.
    pub(crate) fn class(&self) -> &'static str {
        match self.tone {
            Tone::Ok => "tag ok",
            Tone::Due => "tag due",
            Tone::Late => "tag late",
            Tone::Plain => "tag",
        }
    }
}

/// A moment as a page shows it, with the full time for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    text: String,
    full: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both parts are made here from numbers and English words: nothing in them needs an escape.
        write!(f, "<time datetime=\"{}\">{}</time>", self.full, self.text)
    }
}

impl HtmlSafe for Moment {}

/// The wall clock of one page: the moment at which it is made, in the zone that it says.
#[derive(Debug, Clone)]
pub(crate) struct Wall {
    now: Zoned,
}

impl Wall {
    /// At `now_ms` in an IANA zone; a zone that nobody knows is UTC.
    pub(crate) fn new(now_ms: i64, zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        Self { now: stamp(now_ms).to_zoned(zone) }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now.timestamp().as_millisecond()
    }

    /// The moment of the page.
    pub(crate) fn now(&self) -> Moment {
        self.clock(self.now_ms())
    }

    /// Today in this zone.
    pub(crate) fn today(&self) -> Date {
        self.now.date()
    }

    /// The zone in words: `Central time`, `Berlin time`, `UTC`.
    pub(crate) fn zone(&self) -> String {
        let name = self.now.time_zone().iana_name().unwrap_or("UTC");
        let known = match name {
            "UTC" | "Etc/UTC" => return "UTC".to_owned(),
            "America/New_York" | "America/Detroit" => "Eastern",
            "America/Chicago" => "Central",
            "America/Denver" => "Mountain",
            "America/Phoenix" => "Arizona",
            "America/Los_Angeles" => "Pacific",
            "America/Anchorage" => "Alaska",
            "Pacific/Honolulu" => "Hawaii",
            other => return format!("{} time", other.rsplit('/').next().unwrap_or(other).replace('_', " ")),
        };
        format!("{known} time")
    }

    /// Hours and minutes alone: `14:02`; with the day where it is not today's.
    pub(crate) fn clock(&self, ms: i64) -> Moment {
        let at = self.at(ms);
        self.moment(&at, self.day_word(&at, ""))
    }

    /// In a sentence: `today 14:02`, `yesterday 18:41`, `Thu 17:30`, `Nov 3, 08:15`.
    pub(crate) fn day_clock(&self, ms: i64) -> Moment {
        let at = self.at(ms);
        self.moment(&at, self.day_word(&at, "today "))
    }

    /// Hours and minutes as plain text.
    pub(crate) fn plain(&self, ms: i64) -> String {
        let at = self.at(ms);
        self.moment(&at, self.day_word(&at, "")).text
    }

    /// In a sentence, as plain text.
    pub(crate) fn day_plain(&self, ms: i64) -> String {
        let at = self.at(ms);
        self.moment(&at, self.day_word(&at, "today ")).text
    }

    /// A day for an axis: `Nov 20`.
    pub(crate) fn day(date: Date) -> String {
        date.strftime("%b %-d").to_string()
    }

    /// A day in a sentence, with the year where it is not this one: `Nov 3`.
    pub(crate) fn day_of(&self, ms: i64) -> String {
        let date = self.at(ms).date();
        let form = if date.year() == self.now.year() { "%b %-d" } else { "%b %-d, %Y" };
        date.strftime(form).to_string()
    }

    fn at(&self, ms: i64) -> Zoned {
        stamp(ms).to_zoned(self.now.time_zone().clone())
    }

    fn day_word(&self, at: &Zoned, today: &str) -> String {
        let days = at.date().until(self.now.date()).map_or(i64::MAX, |span| i64::from(span.get_days()));
        match days {
            0 => today.to_owned(),
            1 => "yesterday ".to_owned(),
            -1 => "tomorrow ".to_owned(),
            2..=6 => at.strftime("%a ").to_string(),
            _ if at.year() == self.now.year() => at.strftime("%b %-d, ").to_string(),
            _ => at.strftime("%b %-d, %Y, ").to_string(),
        }
    }

    fn moment(&self, at: &Zoned, day: String) -> Moment {
        let text = day + &at.strftime("%H:%M").to_string();
        Moment { text, full: at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string() }
    }
}

fn stamp(ms: i64) -> Timestamp {
    // A time that no calendar holds is shown as the nearest one that it does.
    let edge = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 14:02:00 in Chicago.
    const NOW_MS: i64 = 1_795_204_920_000;

    #[test]
    fn numbers() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (41_207, "41,207"), (1_000_000, "1,000,000")]
        {
            assert_eq!(grouped(number), text);
        }
        assert_eq!((counted(1, "item"), counted(0, "item")), ("1 item".into(), "0 items".into()));
    }

    #[test]
    fn spans() {
        let min = MINUTE_MS;
        for (ms, text) in [
            (-5, "under 1 min"),
            (59_999, "under 1 min"),
            (min, "1 min"),
            (60 * min, "1 h 00"),
            (470 * min, "7 h 50"),
            (24 * 60 * min - 1, "23 h 59"),
            (24 * 60 * min, "1 day"),
            (49 * 60 * min, "2 days"),
        ] {
            assert_eq!(span(ms), text, "{ms}");
        }
    }

    #[test]
    fn rates_are_those_of_record() {
        assert_eq!(rate(Tally { met: 0, closed: 0 }), "–");
        assert_eq!(of(Tally { met: 0, closed: 0 }), "");
        assert_eq!(rate(Tally { met: 9_999, closed: 10_000 }), "99.9%");
        assert_eq!(of(Tally { met: 2_746, closed: 2_888 }), "2,746 of 2,888");
    }

    #[test]
    fn moments_in_the_zone_of_the_page() {
        let wall = Wall::new(NOW_MS, "America/Chicago");
        let text = |ms| wall.day_clock(NOW_MS + ms).text;
        assert_eq!(wall.now().to_string(), "<time datetime=\"2026-11-20T14:02:00-06:00\">14:02</time>");
        assert_eq!(text(0), "today 14:02");
        assert_eq!(text(-20 * 3_600_000), "yesterday 18:02");
        assert_eq!(text(-50 * 3_600_000), "Wed 12:02");
        assert_eq!(text(-10 * 86_400_000), "Nov 10, 14:02");
        assert_eq!(text(-400 * 86_400_000), "Oct 16, 2025, 15:02");
        assert_eq!(text(12 * 3_600_000), "tomorrow 02:02");
        assert_eq!(wall.clock(i64::MAX).full.len(), "9999-12-31T00:00:00-06:00".len());
    }

    #[test]
    fn zones_in_words() {
        for (zone, words) in [
            ("America/Chicago", "Central time"),
            ("Europe/Berlin", "Berlin time"),
            ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
            ("Mars/Olympus", "UTC"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(Wall::new(NOW_MS, zone).zone(), words, "{zone}");
        }
    }
}
