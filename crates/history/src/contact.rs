//! For how long a surface stayed wet, in words.

use record::kinds::{CleaningFlag, CleaningRecorded, Contact};
use words::Dates;

use crate::HistoryWords;

/// How long the surface stayed wet and who measured it; where nobody did, what was needed. A contact that
/// nobody ended is no measure: its text is the least time.
pub fn word_contact(w: HistoryWords, dates: &Dates, cleaning: &CleaningRecorded) -> Option<String> {
    let Contact { required_s, measured_s, stated_s, phone_s } = cleaning.contact?;
    if let Some((required_s, measured_s)) = required_s.zip(measured_s)
        && cleaning.flags.contains(&CleaningFlag::WetLong)
    {
        let behind_ms = i64::from(measured_s.saturating_sub(required_s)) * 1_000;
        return Some(w.line_wet_at_least(dates.rough_span(behind_ms), word_seconds(w, required_s)));
    }
    let by_box = measured_s.map(|s| (s, "box"));
    let by_phone = phone_s.map(|s| (s, "phone"));
    let known = by_box.or(by_phone).or(stated_s.map(|s| (s, "stated")));
    let required = required_s.map(|s| word_seconds(w, s));
    match (known, required) {
        (Some((wet_s, by)), Some(required)) => Some(w.line_wet_of(by, required, word_seconds(w, wet_s))),
        (Some((wet_s, by)), None) => Some(w.line_wet(by, word_seconds(w, wet_s))),
        (None, required) => required.map(|required| w.line_wet_unknown(required)),
    }
}

/// `3 min 11 s`, `45 s`, `12 min`.
fn word_seconds(w: HistoryWords, seconds: u32) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => w.line_seconds(seconds),
        (minutes, 0) => w.line_minutes(minutes),
        (minutes, seconds) => w.line_minutes_seconds(minutes, format!("{seconds:02}")),
    }
}

#[cfg(test)]
mod tests {
    use record::kinds::Event;
    use words::{Locale, WordSet as _};

    use super::*;

    fn wet(locale: Locale, rest: &str) -> Option<String> {
        let body = format!(r#"{{"tag":"ABCDEFGH3","who":{{"proof":"unattributed"}},{rest}}}"#);
        let Event::CleaningRecorded(cleaning) = Event::read("cleaning.recorded", &body) else {
            panic!("{body}")
        };
        word_contact(
            HistoryWords::in_locale(locale),
            &Dates::new(locale, record::compliance::find_zone("UTC").unwrap(), 0),
            &cleaning,
        )
    }

    #[test]
    fn who_measured_is_said() {
        for (contact, expected) in [
            (r#"{"required_s":720,"measured_s":724}"#, "12 min 04 s of 12 min, measured by the box"),
            (r#"{"measured_s":45}"#, "45 s, measured by the box"),
            (r#"{"required_s":180,"phone_s":181}"#, "3 min 01 s of 3 min, measured by a phone"),
            (r#"{"required_s":180,"stated_s":200}"#, "3 min 20 s of 3 min, as stated"),
            (
                r#"{"required_s":180,"measured_s":190,"stated_s":300}"#,
                "3 min 10 s of 3 min, measured by the box",
            ),
            (r#"{"required_s":180}"#, "not measured, 3 min needed"),
        ] {
            assert_eq!(wet(Locale::EnUs, &format!(r#""contact":{contact}"#)).unwrap(), expected);
            assert_ne!(wet(Locale::EsUs, &format!(r#""contact":{contact}"#)).unwrap(), expected);
        }
        assert_eq!(wet(Locale::EnUs, r#""lot":"7""#), None);
    }

    #[test]
    fn what_nobody_ended_was_wet_for_as_long_as_needed_at_least() {
        let long = r#""contact":{"required_s":180,"measured_s":1220},"flags":["wet long"]"#;
        assert_eq!(wet(Locale::EnUs, long).unwrap(), "at least 3 min; recorded 17 min later");
        let ended = r#""contact":{"required_s":180,"measured_s":1220}"#;
        assert_eq!(wet(Locale::EnUs, ended).unwrap(), "20 min 20 s of 3 min, measured by the box");
    }
}
