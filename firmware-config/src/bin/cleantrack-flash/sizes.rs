//! Sizes, speeds and durations as people read them.

use std::time::Duration;

const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];

/// In decimal units, as cards and drives are sold: `31.9 GB`.
pub(crate) fn describe_bytes(bytes: u64) -> String {
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    let name = UNITS[unit];
    if unit == 0 { format!("{bytes} {name}") } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

pub(crate) fn describe_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let rest = seconds % 60;
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes}:{rest:02}") }
}

/// Progress in one line: `Writing  512.0 MB of 1.2 GB  42 %  24.1 MB/s  0:28 left`.
pub(crate) fn describe_progress(name: &str, done: u64, total: Option<u64>, since: Duration) -> String {
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX).max(1);
    let speed = done.saturating_mul(1_000) / millis;
    let speed_text = format!("{}/s", describe_bytes(speed));
    match total.filter(|total| *total >= done && *total > 0) {
        Some(total) => {
            let percent = u128::from(done) * 100 / u128::from(total);
            let left = Duration::from_secs((total - done) / speed.max(1));
            let rest = if speed > 0 { format!("  {} left", describe_duration(left)) } else { String::new() };
            let (done, total) = (describe_bytes(done), describe_bytes(total));
            format!("{name}  {done} of {total}  {percent} %  {speed_text}{rest}")
        }
        None => format!("{name}  {}  {speed_text}", describe_bytes(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_cards_are_sold() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (31_914_983_424, "31.9 GB"),
            (999_999, "999.9 kB"),
            (u64::MAX, "18446744.0 TB"),
        ] {
            assert_eq!(describe_bytes(bytes), text);
        }
    }

    #[test]
    fn progress_says_speed_and_rest() {
        let at =
            |done, total, seconds| describe_progress("Writing", done, total, Duration::from_secs(seconds));
        assert_eq!(
            at(500_000_000, Some(1_000_000_000), 20),
            "Writing  500.0 MB of 1.0 GB  50 %  25.0 MB/s  0:20 left"
        );
        assert_eq!(at(0, Some(1_000_000_000), 0), "Writing  0 bytes of 1.0 GB  0 %  0 bytes/s");
        assert_eq!(at(5_000_000, None, 1), "Writing  5.0 MB  5.0 MB/s");
        // A wrong total is not shown.
        assert_eq!(at(5_000_000, Some(1_000), 1), "Writing  5.0 MB  5.0 MB/s");
        assert_eq!(describe_duration(Duration::from_secs(7_380)), "2:03:00");
    }
}
