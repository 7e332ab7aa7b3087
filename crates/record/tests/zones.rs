//! Zone data that are newer than the bundled ones, taken up by a process of its own.

use record::compliance::{
    ItemStatus, SchedulePeriod, ScheduleTimeline, ZoneData, ZoneSpan, find_zone, item_status, zone_digest,
    zone_name, zone_release,
};
use record::kinds::Schedule;

/// A file of RFC 9636 whose clock goes by one rule of POSIX for ever.
fn zone_file(rule: &str, offset_s: i32) -> Vec<u8> {
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    for count in [0u32, 0, 0, 0, 1, 4] {
        block.extend(count.to_be_bytes());
    }
    block.extend(offset_s.to_be_bytes());
    block.extend([0, 0]);
    block.extend(b"LMT\0");
    [block.clone(), block, format!("\n{rule}\n").into_bytes()].concat()
}

fn ms(utc: &str) -> i64 {
    utc.parse::<jiff::Timestamp>().unwrap_or_else(|e| panic!("{utc}: {e}")).as_millisecond()
}

fn due_in(zone: &str) -> ItemStatus {
    let zones = [ZoneSpan { from_ms: 0, zone: zone.into() }];
    let at = ["07:00", "19:00"].map(|time| time.parse().unwrap_or_else(|e| panic!("{time}: {e}"))).to_vec();
    let plans =
        [SchedulePeriod { from_ms: ms("2026-11-20T00:00:00Z"), schedule: Schedule::every_day_at(at) }];
    let course = ScheduleTimeline { zones: &zones, plans: &plans, out: &[], uses: &[] };
    item_status(&course, Some(ms("2026-11-28T09:30:00Z")), ms("2026-11-28T21:00:00Z"))
}

#[test]
fn newer_data_move_windows_and_are_taken_up_once() {
    let files = || {
        let havana = ("America/Havana".to_owned(), zone_file("<-03>3", -10_800));
        let new = ("America/Newtown".to_owned(), zone_file("<-05>5", -18_000));
        [havana, new, ("iso3166.tab".to_owned(), b"AD\tAndorra".to_vec())]
    };
    assert!(!ZoneData::of("2026a", files()).take_up(), "older than the bundled ones");
    // Nothing has asked for a zone yet.
    assert!(ZoneData::of("2099a", files()).take_up());
    assert!(!ZoneData::of("2099b", files()).take_up(), "days are cut one way in a process");
    assert_eq!(zone_release(), "2099a");
    // The release that is bundled has 19:00 at 23:00Z.
    assert_eq!(due_in("America/Havana"), ItemStatus::Due { by_ms: ms("2026-11-28T22:00:00Z") });
    assert_eq!(due_in("Cuba"), due_in("America/Havana"), "by its old name too");
    assert_eq!(zone_name("america/newtown").as_deref(), Some("America/Newtown"));
    assert_eq!(find_zone("iso3166.tab"), None);
    // What they lack stays as it is bundled.
    assert_eq!(due_in("America/Cancun"), ItemStatus::Due { by_ms: ms("2026-11-29T00:00:00Z") });
    assert_eq!(zone_digest("America/Newtown"), zone_digest("America/Cancun"), "one clock");
    assert_ne!(zone_digest("America/Havana"), zone_digest("America/Cancun"));
    assert_eq!(zone_digest("Mars/Olympus"), zone_digest("UTC"));
}
