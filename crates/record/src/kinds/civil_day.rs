//! A day as a facility's calendar names it, without a time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day of the Gregorian calendar from year 0 to 9999, `YYYY-MM-DD` (RFC 3339 `full-date`), in the facility's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct CivilDay(jiff::civil::Date);

impl CivilDay {
    /// The day of this number since 1970-01-01, as [`crate::compliance::CivilCalendar`] counts them; `None` outside the
    /// years 0 to 9999.
    pub fn of_number(number: i32) -> Option<Self> {
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = epoch.checked_add(jiff::Span::new().try_days(number).ok()?).ok()?;
        Some(Self(date)).filter(|day| day.0.year() >= 0)
    }

    /// Its number since 1970-01-01.
    pub fn number(self) -> i32 {
        let epoch = jiff::civil::date(1970, 1, 1);
        // Years 0 to 9999 are well inside what a span of days holds.
        epoch.until(self.0).map_or(0, |span| span.get_days())
    }

    /// Its day of the week, 1 = Monday to 7 = Sunday (ISO 8601).
    pub fn weekday(self) -> u8 {
        self.0.weekday().to_monday_one_offset().cast_unsigned()
    }
}

/// The text is no `YYYY-MM-DD`, or no day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day reads YYYY-MM-DD and is in the calendar")]
pub struct CivilDayError;

impl FromStr for CivilDay {
    type Err = CivilDayError;
    fn from_str(text: &str) -> Result<Self, CivilDayError> {
        parse_date(text).map(Self).ok_or(CivilDayError)
    }
}

fn parse_date(text: &str) -> Option<jiff::civil::Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (month, day) = (i8::try_from(parse_digits(month, 2)?), i8::try_from(parse_digits(day, 2)?));
    jiff::civil::Date::new(parse_digits(year, 4)?, month.ok()?, day.ok()?).ok()
}

fn parse_digits(text: &str, count: usize) -> Option<i16> {
    let is_plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for CivilDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Serialize for CivilDay {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CivilDay {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_spelling_and_one_number(number in -719_000i32..2_932_000) {
            let day = CivilDay::of_number(number).unwrap();
            prop_assert_eq!(day.to_string().parse::<CivilDay>().unwrap(), day);
            prop_assert_eq!(day.number(), number);
            // 1970-01-01 was a Thursday.
            prop_assert_eq!(i32::from(day.weekday()), (number + 3).rem_euclid(7) + 1);
        }

        #[test]
        fn what_is_no_day_is_refused(text in "[0-9-]{0,12}") {
            if let Ok(day) = text.parse::<CivilDay>() {
                prop_assert_eq!(day.to_string(), text);
            }
        }
    }

    #[test]
    fn days_that_do_not_exist() {
        for wrong in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "+026-01-01", "", "2026-01-01T00:00"]
        {
            assert!(wrong.parse::<CivilDay>().is_err(), "{wrong}");
        }
        assert_eq!("2028-02-29".parse::<CivilDay>().unwrap().weekday(), 2);
    }
}
