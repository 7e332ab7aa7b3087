//! Numbers, times and states as people read them: the one place that words them for pages.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use record::compliance::WindowTally;
use record::compliance::find_zone;
use words::{Dates, Locale, Moment, Number, SafeHtml, WordSet};

use crate::accounts::UserRole;
use crate::web::words::{PageWords, find_reader};

/// The first 12 digits of a hash in fours, as people compare them: `B81D 04E7 5A9C`.
pub(crate) fn short_hash(hash: &[u8; 32]) -> String {
    let [a, b, c, d, e, f, ..] = hash;
    format!("{a:02X}{b:02X} {c:02X}{d:02X} {e:02X}{f:02X}")
}

/// What somebody may be called; `None` is a role that this version does not know.
pub(crate) fn role_name(words: PageWords, role: Option<UserRole>) -> String {
    words.role_name(&role.map_or_else(|| "unknown".to_owned(), |role| role.to_string()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadgeTone {
    Ok,
    Due,
    Late,
    Plain,
}

/// A state as a word with a shape and a tint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusBadge {
    pub(crate) tone: BadgeTone,
    pub(crate) text: String,
}

impl StatusBadge {
    pub(crate) fn new(tone: BadgeTone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    pub(crate) fn class(&self) -> &'static str {
        match self.tone {
            BadgeTone::Ok => "tag ok",
            BadgeTone::Due => "tag due",
            BadgeTone::Late => "tag late",
            BadgeTone::Plain => "tag",
        }
    }
}

/// The wall clock of one page: the moment at which it is made, in the zone that it says, and the language of its reader.
#[derive(Debug, Clone)]
pub(crate) struct LocalTime {
    now: Zoned,
    dates: Dates,
    page: PageWords,
}

impl LocalTime {
    /// At `now_ms` in an IANA zone; a zone that nobody knows is UTC.
    pub(crate) fn new(now_ms: i64, zone: &str) -> Self {
        Self::in_zone(now_ms, find_zone(zone).unwrap_or(TimeZone::UTC))
    }

    /// In the zone of whoever reads the page.
    pub(crate) fn of_reader(now_ms: i64) -> Self {
        Self::in_zone(now_ms, find_reader().zone)
    }

    fn in_zone(now_ms: i64, zone: TimeZone) -> Self {
        let locale = find_reader().locale;
        Self {
            dates: Dates::new(locale, zone.clone(), now_ms),
            now: nearest_timestamp(now_ms).to_zoned(zone),
            page: PageWords::in_locale(locale),
        }
    }

    /// The words of an area, in the language of whoever reads the page.
    pub(crate) fn words<W: WordSet>(&self) -> W {
        W::in_locale(self.locale())
    }

    /// Times and days in the language of whoever reads the page.
    pub(crate) fn dates(&self) -> &Dates {
        &self.dates
    }

    fn locale(&self) -> Locale {
        self.page.catalog().locale()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now.timestamp().as_millisecond()
    }

    pub(crate) fn now(&self) -> SafeHtml {
        self.clock(self.now_ms())
    }

    pub(crate) fn today(&self) -> Date {
        self.now.date()
    }

    /// The zone in words: `Central time`, `Berlin time`, `UTC`.
    pub(crate) fn zone(&self) -> String {
        let name = self.now.time_zone().iana_name().unwrap_or("UTC");
        let place = name.rsplit('/').next().unwrap_or(name).replace('_', " ");
        let zone = match name {
            "UTC" | "Etc/UTC" => "utc",
            "America/New_York" | "America/Detroit" => "eastern",
            "America/Chicago" => "central",
            "America/Denver" => "mountain",
            "America/Phoenix" => "arizona",
            "America/Los_Angeles" => "pacific",
            "America/Anchorage" => "alaska",
            "Pacific/Honolulu" => "hawaii",
            _ => "place",
        };
        self.page.zone_name(place, zone)
    }

    /// Hours and minutes alone: `14:02`; with the day where it is not today's.
    pub(crate) fn clock(&self, ms: i64) -> SafeHtml {
        self.dates.deadline_time(ms).to_html()
    }

    /// In a sentence: `today 14:02`, `yesterday 18:41`, `Thu 17:30`, `Nov 3, 08:15`.
    pub(crate) fn day_clock(&self, ms: i64) -> SafeHtml {
        self.dates.day_and_time(ms).to_html()
    }

    /// Hours and minutes as plain text.
    pub(crate) fn plain(&self, ms: i64) -> String {
        self.dates.deadline_time(ms).text
    }

    /// The same with its zone: `14:02 UTC`.
    pub(crate) fn plain_zoned(&self, ms: i64) -> String {
        self.page.time_zoned(self.plain(ms), self.zone())
    }

    pub(crate) fn day_plain(&self, ms: i64) -> String {
        self.dates.day_and_time(ms).text
    }

    /// A day for an axis: `Nov 20`.
    pub(crate) fn axis_day(&self, date: Date) -> String {
        self.dates.axis_day(date)
    }

    /// A day in a sentence, with the year where it is not this one: `Nov 3`.
    pub(crate) fn day_of(&self, ms: i64) -> String {
        let date = nearest_timestamp(ms).to_zoned(self.now.time_zone().clone()).date();
        let moment: Moment = match date.year() == self.now.year() {
            true => self.dates.short_day(ms),
            false => self.dates.day_with_year(ms),
        };
        moment.text
    }

    /// A number by itself: `41,207`.
    pub(crate) fn number(&self, number: impl Into<Number>) -> String {
        number.into().format_in(self.locale())
    }

    /// A span of time, as every page says it: `42 min`, `5 h`, `3 days`.
    pub(crate) fn span(&self, ms: i64) -> String {
        self.dates.rough_span(ms)
    }

    /// Whole days: `30 days`.
    pub(crate) fn day_span(&self, days: i64) -> String {
        self.dates.day_span(days)
    }

    /// `301 of 352`, and nothing where no window closed.
    pub(crate) fn met_of(&self, tally: WindowTally) -> String {
        if tally.closed == 0 { String::new() } else { self.page.met_of(tally.closed, tally.met) }
    }

    /// The rate of a tally as every page shows it; a dash where no window closed.
    pub(crate) fn rate(&self, tally: WindowTally) -> String {
        self.rate_or_none(tally).unwrap_or_else(|| self.page.rate_none())
    }

    /// The same for tables, in which a dash could be overlooked.
    pub(crate) fn rate_or_no_data(&self, tally: WindowTally) -> String {
        self.rate_or_none(tally).unwrap_or_else(|| self.page.rate_no_data())
    }

    fn rate_or_none(&self, tally: WindowTally) -> Option<String> {
        let rate = tally.rate()?;
        Some(self.page.rate_percent(Number::from_tenths(i64::from(rate.per_mille()))))
    }

    pub(crate) fn entries(&self, count: u64) -> String {
        self.page.count_entries(count)
    }

    pub(crate) fn items(&self, count: u64) -> String {
        self.page.count_items(count)
    }

    /// A time with its zone, in a sentence: `today 14:02 UTC`.
    pub(crate) fn day_plain_zoned(&self, ms: i64) -> String {
        self.page.time_zoned(self.day_plain(ms), self.zone())
    }
}

fn nearest_timestamp(ms: i64) -> Timestamp {
    // A time that no calendar holds is shown as the nearest one that it does.
    let edge = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 14:02:00 in Chicago.
    const NOW_MS: i64 = 1_795_204_920_000;

    fn wall() -> LocalTime {
        LocalTime::new(NOW_MS, "America/Chicago")
    }

    #[test]
    fn numbers() {
        for (number, text) in
            [(0_u64, "0"), (999, "999"), (1_000, "1,000"), (41_207, "41,207"), (1_000_000, "1,000,000")]
        {
            assert_eq!(wall().number(number), text);
        }
        assert_eq!((wall().items(1), wall().items(0)), ("1 item".into(), "0 items".into()));
        assert_eq!((wall().entries(1), wall().entries(41_207)), ("1 entry".into(), "41,207 entries".into()));
    }

    #[test]
    fn spans_are_those_of_the_box() {
        let hour = 3_600_000;
        assert_eq!([5 * hour, 34 * hour, 49 * hour].map(|ms| wall().span(ms)), ["5 h", "34 h", "2 days"]);
        assert_eq!([1, 30].map(|days| wall().day_span(days)), ["1 day", "30 days"]);
    }

    #[test]
    fn rates_are_those_of_record() {
        let none = WindowTally { met: 0, closed: 0 };
        assert_eq!((wall().rate(none), wall().met_of(none)), ("–".into(), String::new()));
        assert_eq!(wall().rate_or_no_data(none), "no data");
        for tally in
            [(9_999, 10_000), (0, 7), (7, 7), (2, 3)].map(|(met, closed)| WindowTally { met, closed })
        {
            assert_eq!(wall().rate(tally), record::compliance::ComplianceRate::text(tally.rate()));
        }
        assert_eq!(wall().rate(WindowTally { met: 9_999, closed: 10_000 }), "99.9%");
        assert_eq!(wall().met_of(WindowTally { met: 2_746, closed: 2_888 }), "2,746 of 2,888");
    }

    #[test]
    fn moments_in_the_zone_of_the_page() {
        let wall = wall();
        let text = |ms| wall.day_plain(NOW_MS + ms);
        assert_eq!(wall.now().to_string(), "<time datetime=\"2026-11-20T14:02:00-06:00\">14:02</time>");
        assert_eq!(text(0), "today 14:02");
        assert_eq!(text(-20 * 3_600_000), "yesterday 18:02");
        assert_eq!(text(-50 * 3_600_000), "Wed 12:02");
        assert_eq!(text(50 * 3_600_000), "Sun 16:02");
        assert_eq!(text(-10 * 86_400_000), "Nov 10, 14:02");
        assert_eq!(text(-400 * 86_400_000), "Oct 16, 2025, 15:02");
        assert_eq!(text(12 * 3_600_000), "tomorrow 02:02");
        let days = [NOW_MS, NOW_MS - 400 * 86_400_000].map(|ms| wall.day_of(ms));
        assert_eq!(days, ["Nov 20", "Oct 16, 2025"]);
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
            assert_eq!(LocalTime::new(NOW_MS, zone).zone(), words, "{zone}");
        }
    }

    #[test]
    fn every_role_has_a_name() {
        let page: PageWords = wall().words();
        let names = UserRole::ALL.map(|role| role_name(page, Some(role)));
        assert_eq!(names, ["platform admin", "admin", "facility admin", "biomed", "technician", "auditor"]);
        assert_eq!(role_name(page, None), "unknown");
    }
}
