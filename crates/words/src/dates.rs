//! Moments as people read them: in their zone, by their locale, with the 24-hour clock everywhere.

use std::sync::OnceLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::catalog::{Catalog, WordArea};
use crate::locale::{Language, Locale};
use crate::slots::SafeHtml;
use crate::value::Value;

static DATES_AREA: WordArea = WordArea::new(&[
    (Language::English, include_str!("../words/en/dates.ftl")),
    (Language::Spanish, include_str!("../words/es/dates.ftl")),
]);

/// A moment for a page, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub iso: String,
    /// As read: `today 14:04`.
    pub text: String,
}

impl Moment {
    pub fn to_html(&self) -> SafeHtml {
        SafeHtml::element("time", &[("datetime", &self.iso)], &self.text)
    }
}

/// Writes moments, in milliseconds since 1970, for a reader in a zone at a time. A moment that no calendar
/// holds is written as the nearest that it does.
#[derive(Debug, Clone)]
pub struct Dates {
    words: &'static DateWords,
    now: Zoned,
}

impl Dates {
    pub fn new(locale: Locale, zone: TimeZone, now_ms: i64) -> Self {
        Self { words: DateWords::of_locale(locale), now: nearest_timestamp(now_ms).to_zoned(zone) }
    }

    pub fn clock_time(&self, ms: i64) -> Moment {
        let at = self.in_zone(ms);
        Moment::new(&at, hours_and_minutes(&at))
    }

    pub fn clock_time_with_seconds(&self, ms: i64) -> Moment {
        let at = self.in_zone(ms);
        let mut text = hours_and_minutes(&at);
        push_two_digits(&mut text, ":", at.second().unsigned_abs());
        Moment::new(&at, text)
    }

    /// `today 14:04`, `yesterday 18:41`, `Thu 17:30` within six days, `Nov 3, 09:25`, `Nov 3, 2025, 09:25`.
    pub fn day_and_time(&self, ms: i64) -> Moment {
        let at = self.in_zone(ms);
        let days = self.now.date().until(at.date()).map_or(i32::MAX, |span| span.get_days());
        let (key, day_key) = match days {
            -1 => ("date-yesterday", None),
            0 => ("date-today", None),
            1 => ("date-tomorrow", None),
            -6..=6 => ("date-weekday-time", Some("date-weekday")),
            _ if at.year() == self.now.year() => ("date-day-time", Some("date-short-day")),
            _ => ("date-day-time", Some("date-with-year")),
        };
        let day = day_key.map_or_else(String::new, |key| self.words.write_day(at.date(), key));
        Moment::new(&at, self.join_time(key, &day, &at))
    }

    /// As [`Dates::day_and_time`], but a time of today has no day: `19:00`.
    pub fn deadline_time(&self, ms: i64) -> Moment {
        let is_today = self.in_zone(ms).date() == self.now.date();
        if is_today { self.clock_time(ms) } else { self.day_and_time(ms) }
    }

    /// `Nov 3, 2026`
    pub fn day_with_year(&self, ms: i64) -> Moment {
        self.day_moment(ms, "date-with-year")
    }

    /// `Oct 22`
    pub fn short_day(&self, ms: i64) -> Moment {
        self.day_moment(ms, "date-short-day")
    }

    /// `Oct 22`, of a date without a time: for the axis of a chart.
    pub fn axis_day(&self, date: Date) -> String {
        self.words.catalog.bracket_pseudo(self.words.write_day(date, "date-short-day"))
    }

    /// `Nov 3, 2026`, of a day without a time, by its number since 1970-01-01.
    pub fn numbered_day(&self, number: i32) -> String {
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = epoch.saturating_add(jiff::Span::new().days(i64::from(number).clamp(-700_000, 2_900_000)));
        self.words.catalog.bracket_pseudo(self.words.write_day(date, "date-with-year"))
    }

    /// `Friday, November 20`
    pub fn long_day(&self, ms: i64) -> Moment {
        self.day_moment(ms, "date-long-day")
    }

    /// `Fri, Nov 20 · 14:04`, of now: the clock of a wall screen.
    pub fn board_clock(&self) -> Moment {
        let day = self.words.write_day(self.now.date(), "date-with-weekday");
        Moment::new(&self.now, self.join_time("date-board-clock", &day, &self.now))
    }

    /// `under 1 min`, `42 min`, `34 h`, `2 days`: one unit, rounded down; hours until there are two days.
    pub fn rough_span(&self, ms: i64) -> String {
        let minutes = ms.max(0) / 60_000;
        match minutes {
            0 => self.words.catalog.format("span-under-minute", &[]),
            1..60 => self.words.catalog.format("span-minutes", &[("minutes", minutes.into())]),
            60..2_880 => self.words.catalog.format("span-hours", &[("hours", (minutes / 60).into())]),
            _ => self.day_span(minutes / 1_440),
        }
    }

    pub fn day_span(&self, days: i64) -> String {
        self.words.catalog.format("span-days", &[("days", days.into())])
    }

    /// The zone as a page names it once: in English by its IANA name, in Spanish as `hora central`.
    pub fn zone_name(&self) -> String {
        let name = self.now.time_zone().iana_name().unwrap_or("UTC");
        let values = [
            ("group", zone_group(&self.now).into()),
            ("region", self.words.catalog.locale().region().into()),
            ("zone", name.into()),
        ];
        self.words.catalog.format("date-zone", &values)
    }

    /// RFC 3339 to the second, with the zone's difference: for tables, where nothing is worded.
    pub fn write_iso(&self, ms: i64) -> String {
        format_iso(&self.in_zone(ms))
    }

    /// Days since 1970-01-01 00:00 as the zone's clocks count them, as spreadsheets do.
    pub fn count_days(&self, ms: i64) -> f64 {
        let at = self.in_zone(ms);
        let local_ms = at.timestamp().as_millisecond() + i64::from(at.offset().seconds()) * 1_000;
        local_ms as f64 / 86_400_000.0
    }

    fn in_zone(&self, ms: i64) -> Zoned {
        nearest_timestamp(ms).to_zoned(self.now.time_zone().clone())
    }

    fn day_moment(&self, ms: i64, key: &str) -> Moment {
        let at = self.in_zone(ms);
        Moment::new(&at, self.words.catalog.bracket_pseudo(self.words.write_day(at.date(), key)))
    }

    fn join_time(&self, key: &str, day: &str, at: &Zoned) -> String {
        self.words.catalog.format(key, &[("day", day.into()), ("time", hours_and_minutes(at).into())])
    }
}

impl Moment {
    fn new(at: &Zoned, text: String) -> Self {
        Self { iso: format_iso(at), text }
    }
}

/// The lists of names among the messages are split once.
#[derive(Debug)]
struct DateWords {
    catalog: &'static Catalog,
    months: Vec<String>,
    short_months: Vec<String>,
    weekdays: Vec<String>,
    short_weekdays: Vec<String>,
}

impl DateWords {
    fn of_locale(locale: Locale) -> &'static Self {
        static WORDS: [OnceLock<DateWords>; Locale::ALL.len()] =
            [const { OnceLock::new() }; Locale::ALL.len()];
        WORDS[locale as usize].get_or_init(|| {
            let catalog = DATES_AREA.catalog(locale);
            Self {
                catalog,
                months: split_list(catalog, "date-months"),
                short_months: split_list(catalog, "date-months-short"),
                weekdays: split_list(catalog, "date-weekdays"),
                short_weekdays: split_list(catalog, "date-weekdays-short"),
            }
        })
    }

    fn write_day(&self, date: Date, key: &str) -> String {
        let (months, weekdays) = match key {
            "date-long-day" => (&self.months, &self.weekdays),
            _ => (&self.short_months, &self.short_weekdays),
        };
        let weekday = date.weekday().to_monday_zero_offset();
        let values = [
            ("day", date.day().to_string().into()),
            ("month", name_at(months, date.month() - 1)),
            ("region", self.catalog.locale().region().into()),
            ("weekday", name_at(weekdays, weekday)),
            ("year", date.year().to_string().into()),
        ];
        self.catalog.format_inner(key, &values)
    }
}

/// The group of zones that CLDR calls by one name, as far as our languages have a name for it: zones with one
/// abbreviation, but for a few that CLDR separates.
fn zone_group(now: &Zoned) -> &'static str {
    let name = now.time_zone().iana_name().unwrap_or("UTC");
    match (now.strftime("%Z").to_string().as_str(), name) {
        (_, "America/Havana" | "Cuba" | "America/Dawson" | "America/Whitehorse" | "Canada/Yukon") => {
            "NAMELESS"
        }
        (_, "PRC" | "ROC") => "NAMELESS",
        (_, asian) if asian.starts_with("Asia/") => "NAMELESS",
        (_, "America/Hermosillo" | "America/Mazatlan" | "Mexico/BajaSur") => "PACIFIC-OF-MEXICO",
        ("CST" | "CDT", _) => "CENTRAL",
        ("EST" | "EDT", _) => "EASTERN",
        ("MST" | "MDT", _) => "MOUNTAIN",
        ("PST" | "PDT", _) => "PACIFIC",
        ("AKST" | "AKDT", _) => "ALASKA",
        ("HST" | "HDT", _) => "HAWAII",
        ("AST" | "ADT", _) => "ATLANTIC",
        ("NST" | "NDT", _) => "NEWFOUNDLAND",
        ("CET" | "CEST", _) => "CENTRAL-EUROPE",
        ("WET" | "WEST", _) => "WESTERN-EUROPE",
        ("UTC", _) => "UNIVERSAL",
        _ => "NAMELESS",
    }
}

fn split_list(words: &Catalog, key: &str) -> Vec<String> {
    let list = words.format_inner(key, &[("region", words.locale().region().into())]);
    list.split_whitespace().map(str::to_owned).collect()
}

fn name_at(names: &[String], number: i8) -> Value<'_> {
    names.get(usize::from(number.unsigned_abs())).map_or("", String::as_str).into()
}

/// The same in all our locales; a test compares with CLDR.
fn hours_and_minutes(at: &Zoned) -> String {
    let mut text = String::with_capacity("14:04:31".len());
    push_two_digits(&mut text, "", at.hour().unsigned_abs());
    push_two_digits(&mut text, ":", at.minute().unsigned_abs());
    text
}

/// RFC 3339 to the second. A list has hundreds of moments, and jiff parses a format of `strftime` for each.
fn format_iso(at: &Zoned) -> String {
    let mut iso = String::with_capacity("2026-11-20T14:04:31-06:00".len());
    let year = at.year().unsigned_abs();
    iso.push_str(if at.year() < 0 { "-" } else { "" });
    push_two_digits(&mut iso, "", u8::try_from(year / 100).unwrap_or_default());
    push_two_digits(&mut iso, "", u8::try_from(year % 100).unwrap_or_default());
    push_two_digits(&mut iso, "-", at.month().unsigned_abs());
    push_two_digits(&mut iso, "-", at.day().unsigned_abs());
    push_two_digits(&mut iso, "T", at.hour().unsigned_abs());
    push_two_digits(&mut iso, ":", at.minute().unsigned_abs());
    push_two_digits(&mut iso, ":", at.second().unsigned_abs());
    let offset = at.offset().seconds();
    let minutes = offset.unsigned_abs() / 60;
    let sign = if offset < 0 { "-" } else { "+" };
    push_two_digits(&mut iso, sign, u8::try_from(minutes / 60).unwrap_or_default());
    push_two_digits(&mut iso, ":", u8::try_from(minutes % 60).unwrap_or_default());
    iso
}

/// Below 100, with `before` in front.
fn push_two_digits(text: &mut String, before: &str, number: u8) {
    text.push_str(before);
    text.push(char::from(b'0' + number / 10 % 10));
    text.push(char::from(b'0' + number % 10));
}

fn nearest_timestamp(ms: i64) -> Timestamp {
    let edge = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(edge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Friday 2026-11-20 14:04:31 in Chicago.
    const NOW_MS: i64 = 1_795_205_071_000;
    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    fn dates_in(locale: Locale) -> Dates {
        Dates::new(locale, zone("America/Chicago"), NOW_MS)
    }

    #[test]
    fn moments_as_people_say_them() {
        for (ms, english, spanish) in [
            (0, "today 14:04", "hoy 14:04"),
            (-15 * HOUR_MS, "yesterday 23:04", "ayer 23:04"),
            (DAY_MS, "tomorrow 14:04", "mañana 14:04"),
            (-3 * DAY_MS, "Tue 14:04", "mar 14:04"),
            (6 * DAY_MS, "Thu 14:04", "jue 14:04"),
            (-7 * DAY_MS, "Nov 13, 14:04", "13 nov, 14:04"),
            (-400 * DAY_MS, "Oct 16, 2025, 15:04", "16 oct 2025, 15:04"),
            (90 * DAY_MS, "Feb 18, 2027, 14:04", "18 feb 2027, 14:04"),
        ] {
            assert_eq!(dates_in(Locale::EnUs).day_and_time(NOW_MS + ms).text, english);
            assert_eq!(dates_in(Locale::EsUs).day_and_time(NOW_MS + ms).text, spanish);
        }
    }

    #[test]
    fn each_format_says_its_parts() {
        let (us, gb, es) = (dates_in(Locale::EnUs), dates_in(Locale::EnGb), dates_in(Locale::EsEs));
        let now = Moment { iso: "2026-11-20T14:04:31-06:00".into(), text: "14:04:31".into() };
        assert_eq!(us.clock_time_with_seconds(NOW_MS), now);
        assert_eq!(us.deadline_time(NOW_MS + HOUR_MS).text, "15:04");
        assert_eq!(us.deadline_time(NOW_MS + 10 * HOUR_MS).text, "tomorrow 00:04");
        assert_eq!(us.board_clock().text, "Fri, Nov 20 · 14:04");
        assert_eq!(gb.board_clock().text, "Fri 20 Nov · 14:04");
        assert_eq!(es.long_day(NOW_MS).text, "viernes, 20 de noviembre");
        assert_eq!(es.day_with_year(NOW_MS).text, "20 nov 2026");
        assert_eq!(us.short_day(NOW_MS).text, us.axis_day(us.now.date()));
    }

    #[test]
    fn spans_have_one_unit() {
        let minute = 60_000;
        for (ms, english, spanish) in [
            (i64::MIN, "under 1 min", "menos de 1 min"),
            (minute - 1, "under 1 min", "menos de 1 min"),
            (minute, "1 min", "1 min"),
            (60 * minute - 1, "59 min", "59 min"),
            (HOUR_MS, "1 h", "1 h"),
            (2 * DAY_MS - 1, "47 h", "47 h"),
            (2 * DAY_MS, "2 days", "2 días"),
            (1_241 * DAY_MS, "1,241 days", "1,241 días"),
        ] {
            assert_eq!(dates_in(Locale::EnUs).rough_span(ms), english, "{ms}");
            assert_eq!(dates_in(Locale::EsUs).rough_span(ms), spanish, "{ms}");
        }
        assert_eq!(dates_in(Locale::EnUs).day_span(1), "1 day");
        assert_eq!(dates_in(Locale::EsUs).day_span(1), "1 día");
        assert_eq!(dates_in(Locale::Pseudo).rough_span(5 * HOUR_MS), "⟦5 hh⟧");
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn zone_name_in(locale: Locale, name: &str) -> String {
        Dates::new(locale, zone(name), NOW_MS).zone_name()
    }

    #[test]
    fn zones_are_named_as_people_call_them() {
        for (locale, zone, words) in [
            (Locale::EsUs, "America/Chicago", "hora central"),
            (Locale::EsUs, "America/New_York", "hora oriental"),
            (Locale::EsUs, "America/Denver", "hora de las Montañas Rocosas"),
            (Locale::EsMx, "America/Ciudad_Juarez", "hora de la montaña"),
            (Locale::EsMx, "America/Mazatlan", "hora del Pacífico de México"),
            (Locale::EsEs, "Europe/Madrid", "hora de Europa central"),
            (Locale::EsUs, "UTC", "tiempo universal coordinado"),
            (Locale::EsUs, "America/Phoenix", "hora de las Montañas Rocosas"),
            (Locale::EsUs, "America/Cancun", "hora oriental"),
            (Locale::EsUs, "America/Tijuana", "hora del Pacífico"),
            (Locale::EsUs, "America/Anchorage", "hora de Alaska"),
            (Locale::EsUs, "Pacific/Honolulu", "hora de Hawái-Aleutianas"),
            (Locale::EsUs, "America/Puerto_Rico", "hora del Atlántico"),
            (Locale::EsUs, "America/St_Johns", "hora de Terranova"),
            (Locale::EsEs, "Atlantic/Canary", "hora de Europa occidental"),
            (Locale::EsUs, "America/Havana", "hora de America/Havana"),
            (Locale::EsUs, "Asia/Shanghai", "hora de Asia/Shanghai"),
            (Locale::EsUs, "Asia/Kolkata", "hora de Asia/Kolkata"),
            (Locale::EnUs, "America/Chicago", "America/Chicago"),
            (Locale::Pseudo, "America/Chicago", "⟦America/Chicago⟧"),
        ] {
            assert_eq!(zone_name_in(locale, zone), words, "{zone}");
        }
    }

    #[test]
    fn the_pseudo_locale_has_brackets_once() {
        let dates = dates_in(Locale::Pseudo);
        assert_eq!(dates.day_and_time(NOW_MS).text, "⟦ttóddáy 14:04⟧");
        assert_eq!(dates.axis_day(dates.now.date()), "⟦NNóvv 20⟧");
        assert_eq!(dates.board_clock().text, "⟦FFrí, NNóvv 20 · 14:04⟧");
    }

    /// Locale, date, time, weekday, with weekday, short, long, with year: written by icu_datetime 2.4 with the fields T, E,
    /// MDE, MD (medium), MDE (long) and YMD (medium) and the hour cycle h23.
    #[test]
    fn dates_are_those_of_cldr() {
        for line in include_str!("../tests/cldr.txt").lines() {
            let parts: Vec<&str> = line.split(" | ").collect();
            let locale = Locale::from_tag(parts[0]).unwrap();
            let date: Date = parts[1].parse().unwrap();
            let at = date.at(9, 4, 7, 0).to_zoned(TimeZone::UTC).unwrap();
            let dates = Dates::new(locale, TimeZone::UTC, 0);
            let mut written = vec![parts[0].to_owned(), parts[1].to_owned()];
            written.push(dates.clock_time_with_seconds(at.timestamp().as_millisecond()).text);
            let keys =
                ["date-weekday", "date-with-weekday", "date-short-day", "date-long-day", "date-with-year"];
            written.extend(keys.map(|key| dates.words.write_day(date, key)));
            assert_eq!(written, parts);
        }
    }

    #[test]
    fn impossible_times_are_written_all_the_same() {
        assert_eq!(dates_in(Locale::EnUs).day_with_year(i64::MAX).text, "Dec 30, 9999");
    }

    proptest! {
        #[test]
        fn every_moment_has_words(ms in any::<i64>(), now_ms in any::<i64>(), number in 0..Locale::ALL.len()) {
            let dates = Dates::new(Locale::ALL[number], zone("Asia/Kolkata"), now_ms);
            for moment in [dates.day_and_time(ms), dates.deadline_time(ms), dates.long_day(ms), dates.board_clock()] {
                prop_assert!(!moment.text.contains(['{', '$', '-']) || moment.iso.starts_with('-'), "{moment:?}");
            }
        }

        #[test]
        fn moments_for_machines_read_as_strftime_writes_them(seconds in -4_000_000_000_i64..100_000_000_000, number in 0..4_usize) {
            let name = ["America/Chicago", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"][number];
            let dates = Dates::new(Locale::EnUs, zone(name), NOW_MS);
            let at = dates.in_zone(seconds * 1_000);
            // Local mean time before zones, whose offset has seconds; RFC 3339 knows none.
            prop_assume!(at.offset().seconds() % 60 == 0);
            let moment = dates.clock_time_with_seconds(seconds * 1_000);
            prop_assert_eq!(moment.iso, at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
            prop_assert_eq!(moment.text, at.strftime("%H:%M:%S").to_string());
        }
    }
}
