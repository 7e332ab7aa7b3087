//! Times as programs read them.

use jiff::Timestamp;

/// RFC 3339 in UTC with milliseconds, of milliseconds since 1970; a time outside of the years -9999 to 9999 is 1970.
pub fn utc_text(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(utc_text(1_795_204_920_000), "2026-11-20T20:02:00.000Z");
        assert_eq!(utc_text(1_795_204_920_123), "2026-11-20T20:02:00.123Z");
        assert_eq!(utc_text(i64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
