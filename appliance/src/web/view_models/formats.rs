//! Times and counts as people read them on pages that are in English only, in the facility's zone; spans as all read them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use record::ids::Epoch;
use words::{Locale, WordSet as _};

use crate::web::words::PageWords;

/// A moment for a page: for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339 with the facility's offset.
    pub(crate) iso: String,
    /// As read.
    pub(crate) text: String,
}

/// The facility's zone, and now.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    zone: TimeZone,
    name: String,
    now_ms: i64,
    gap_before: Option<Epoch>,
}

impl Local {
    /// `zone` is an IANA name; one that is not known reads as UTC.
    pub(crate) fn new(zone: &str, now_ms: i64) -> Self {
        let (zone, name) = match TimeZone::get(zone) {
            Ok(known) => (known, zone.to_owned()),
            Err(_) => (TimeZone::UTC, "UTC".to_owned()),
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

    /// The zone as pages name it once.
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

    /// `today 14:04`, `yesterday 18:41`, `Thu 17:30`, `Nov 3, 09:25`, `Nov 3 2025, 09:25`.
    pub(crate) fn day_time(&self, ms: i64) -> Moment {
        Moment { iso: self.iso(ms), text: self.day_time_text(ms) }
    }

    fn day_time_text(&self, ms: i64) -> String {
        let (then, now) = (self.zoned(ms), self.zoned(self.now_ms));
        let days = now.date().since(then.date()).map_or(i32::MAX, |span| span.get_days());
        let form = match days {
            0 => "today %H:%M",
            1 => "yesterday %H:%M",
            -1 => "tomorrow %H:%M",
            -6..=6 => "%a %H:%M",
            _ if then.year() == now.year() => "%b %-d, %H:%M",
            _ => "%b %-d %Y, %H:%M",
        };
        then.strftime(form).to_string()
    }

    /// A deadline: `19:00` today, else with its day.
    pub(crate) fn deadline(&self, ms: i64) -> String {
        let text = self.day_time_text(ms);
        text.strip_prefix("today ").map_or(text.clone(), str::to_owned)
    }

    /// `Nov 3 2026, 09:25`: for paper, on which today does not stay today.
    pub(crate) fn stamp(&self, ms: i64) -> String {
        self.zoned(ms).strftime("%b %-d %Y, %H:%M").to_string()
    }

    /// `Nov 3 2026`
    pub(crate) fn date(&self, ms: i64) -> String {
        self.zoned(ms).strftime("%b %-d %Y").to_string()
    }
}

/// RFC 3339 in UTC with milliseconds, as the API gives times.
pub(crate) fn utc(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The words of pages, for labels and for pages that are in English only.
pub(crate) fn english_words() -> PageWords {
    PageWords::in_locale(Locale::EnUs)
}

/// `42 min`, `5 h`, `3 days`: one unit, rounded down.
pub(crate) fn about(words: PageWords, ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match minutes {
        0 => words.span_under_minute(),
        1..60 => words.span_minutes(minutes),
        60..2_880 => words.span_hours(minutes / 60),
        _ => words.span_days(minutes / 1_440),
    }
}

/// `3 min 11 s`, `45 s`, `12 min`.
pub(crate) fn span(words: PageWords, seconds: u32) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => words.span_seconds(s),
        (m, 0) => words.span_minutes(m),
        (m, s) => words.span_minutes_seconds(m, format!("{s:02}")),
    }
}

/// `3:00`
pub(crate) fn countdown(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `41,207`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 item`, `3 items`.
pub(crate) fn plural(number: usize, one: &str, many: &str) -> String {
    let counted = count(u64::try_from(number).unwrap_or(u64::MAX));
    format!("{counted} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_say_them() {
        // Friday 2026-11-20 14:04:31 in Chicago.
        let now = 1_795_205_071_000;
        let local = Local::new("America/Chicago", now);
        let (minute, day) = (60_000, 86_400_000);
        for (ms, text) in [
            (now, "today 14:04"),
            (now - day, "yesterday 14:04"),
            (now + day, "tomorrow 14:04"),
            (now - 3 * day, "Tue 14:04"),
            (now - 17 * day, "Nov 3, 14:04"),
            (now - 400 * day, "Oct 16 2025, 15:04"),
            (now - 15 * 60 * minute, "yesterday 23:04"),
        ] {
            assert_eq!(local.day_time(ms).text, text);
        }
        assert_eq!(local.deadline(now + 60 * minute), "15:04");
        let moment = Moment { iso: "2026-11-20T14:04:31-06:00".into(), text: "today 14:04".into() };
        assert_eq!(local.day_time(now), moment);
        assert_eq!(Local::new("Mars/Olympus", now).zone_name(), "UTC");
        assert_eq!(utc(now + 7), "2026-11-20T20:04:31.007Z");
        assert_eq!(utc(i64::MAX), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn spans_and_counts() {
        let min = 60_000;
        assert_eq!(
            [0, min, 59 * min, 60 * min, 47 * 60 * min, 48 * 60 * min].map(|ms| about(english_words(), ms)),
            ["under 1 min", "1 min", "59 min", "1 h", "47 h", "2 days"]
        );
        let spans = |words| [45, 180, 181, 191].map(|s| span(words, s));
        assert_eq!(spans(english_words()), ["45 s", "3 min", "3 min 01 s", "3 min 11 s"]);
        assert_eq!(about(PageWords::in_locale(Locale::EsUs), 50 * 60 * min), "2 días");
        assert_eq!(countdown(112), "1:52");
        assert_eq!(
            [0, 999, 1_000, 41_207, 1_234_567].map(count),
            ["0", "999", "1,000", "41,207", "1,234,567"]
        );
        assert_eq!(
            (plural(1, "item", "items"), plural(0, "item", "items")),
            ("1 item".into(), "0 items".into())
        );
    }
}
