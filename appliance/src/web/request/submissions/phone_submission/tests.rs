//! Generated and mutated input of phones and scanners: nothing panics, and accepted input stays within its limits.

use proptest::prelude::*;
use record::entry::ClockState;
use record::ids::BootId;

use super::*;
use crate::identity::BadgeCode;

const CASES: u32 = 2_000;
const YEAR_MS: u64 = 366 * 86_400_000;

#[expect(clippy::disallowed_methods, reason = "whoever runs the suite says how many")]
fn config() -> ProptestConfig {
    let cases = std::env::var("PARSER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

fn valid() -> String {
    json!({
        "v": 1, "id": "01J00000000000000000000ABC", "tag": "7QK3M9X2W",
        "protocol": { "id": "01J00000000000000000000PRT", "version": 3 }, "steps": [1, 2, 3], "agent": "Oxivir",
        "lot": "L 1234", "lot_expires": "2027-01-31", "trigger": "schedule",
        "who": { "way": "badge", "name": "Zoë", "staff": "01J00000000000000000000STF", "badge": "0004711-WARD-7" },
        "note": "Behind the bed", "problem": { "what": "broken", "text": "Screen" }, "cleaned": true,
        "photos": ["07".repeat(32)],
        "times": {
            "open": [0, 0], "start": [300_000, 1], "press": [600_000, 2], "send": [3_600_000, 3], "same_page": false,
            "seen": { "phone": 0, "box": null, "boot": "01J0000000000000000000B00T", "up": 7 },
        },
        "cards": 7,
    })
    .to_string()
}

const PIECES: [&str; 24] = [
    "\\u0000",
    "\\ud800",
    "\u{202e}",
    "\u{0}",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e999",
    "65536",
    "18446744073709551616",
    "-9223372036854775808",
    "0.5",
    "\"v\":1,",
    "\"way\":\"pin\"",
    "2026-02-30",
    "é",
];

#[derive(Debug, Clone)]
enum Change {
    Byte(u16, u8),
    Piece(u16, usize),
    Cut(u16, u16),
    Twice(u16, u16),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (any::<u16>(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Piece(at, piece)),
        (any::<u16>(), 1..60_u16).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<u16>(), 1..60_u16).prop_map(|(at, length)| Change::Twice(at, length)),
    ];
    proptest::collection::vec(change, 0..4)
}

fn change(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        let place = |at: u16| usize::from(at) % (bytes.len() + 1);
        let span = |at: u16, length: u16| place(at)..(place(at) + usize::from(length)).min(bytes.len());
        match change {
            Change::Byte(at, byte) => {
                let at = place(*at);
                bytes.iter_mut().skip(at).take(1).for_each(|there| *there = *byte);
            }
            Change::Piece(at, piece) => {
                let at = place(*at);
                bytes.splice(at..at, PIECES[*piece].bytes());
            }
            Change::Cut(at, length) => {
                let cut = span(*at, *length);
                bytes.drain(cut);
            }
            Change::Twice(at, length) => {
                let span = span(*at, *length);
                let piece = bytes[span.clone()].to_vec();
                bytes.splice(span.start..span.start, piece);
            }
        }
    }
    bytes
}

fn check_taken(document: &SubmissionJson) -> Result<(), TestCaseError> {
    prop_assert!(document.id().parse::<DeviceId>().is_ok_and(|id| id.to_string() == document.id()));
    prop_assert!(document.cleaned || document.problem.is_some());
    let now = Now {
        wall_ms: 1_795_000_000_000,
        boot: BootId::new(0, [1; 10]),
        up_ms: 9_000_000,
        state: ClockState::Synced,
    };
    for place in [place_in_time(&document.times, &now), document.place_copied(&now)] {
        prop_assert!(place.age_ms <= YEAR_MS && place.contact_ms.is_none_or(|ms| ms <= YEAR_MS));
        let photos = SubmittedPhotos::default();
        let tag = "7QK3M9X2W".parse().unwrap();
        match document.to_command(
            tag,
            None,
            &photos,
            SubmittedFacts { place, measured: None, problem_goes: ReportPlacement::Entry },
        ) {
            Ok(Command::RecordQueued(form)) => {
                prop_assert!(document.cleaned);
                prop_assert_eq!(form.waited_ms, place.age_ms);
                prop_assert!(form.trigger.as_ref().is_none_or(|word| word.as_str().len() <= 32));
                prop_assert!(!matches!(form.who, QueuedCleaner::Badge(_)), "nobody looked at a badge");
            }
            Ok(Command::ReportProblem(form)) => prop_assert!(!document.cleaned && form.what.is_some()),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
        let refused = document.to_refused(SubmissionFault::NoTag, None, &[], &place, &now);
        prop_assert_eq!(&refused.id, document.id());
    }
    // The data that identifies a repeat, and what a trace shows, contain no secret.
    if let Some(badge) = document.badge().filter(|badge| badge.len() >= 8) {
        prop_assert!(
            !serde_json::to_string(document).unwrap().contains(badge) || document.note.contains(badge)
        );
    }
    Ok(())
}

#[test]
fn the_valid_one_is_taken() {
    let document = SubmissionJson::parse(valid().as_bytes()).unwrap();
    check_taken(&document).unwrap();
    assert!(!serde_json::to_string(&document).unwrap().contains("0004711"));
    assert!(!format!("{document:?}").contains("0004711"));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_a_phone_sends_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(document) = SubmissionJson::parse(&bytes) {
            check_taken(&document)?;
        }
    }

    #[test]
    fn a_changed_record_is_refused_or_keeps_its_bounds(changes in changes()) {
        if let Ok(document) = SubmissionJson::parse(&change(&valid(), &changes)) {
            check_taken(&document)?;
        }
    }

    #[test]
    fn a_badge_that_is_taken_has_its_form(text in ".{0,140}", changes in changes()) {
        let changed = change(&text, &changes);
        for scanned in [text.as_str(), &String::from_utf8_lossy(&changed)] {
            let Ok(code) = BadgeCode::read(scanned) else { continue };
            let read = code.as_str();
            prop_assert!((4..=128).contains(&read.chars().count()) && !read.chars().any(char::is_control));
            prop_assert_eq!(read, scanned.trim());
            prop_assert_eq!(format!("{code:?}"), "****");
            prop_assert_eq!(BadgeCode::read(read).map(|again| again.as_str().to_owned()).ok(), Some(read.to_owned()));
            let document = json!(format!("  {scanned}\n")).to_string();
            let text: BadgeText = serde_json::from_str(&document).unwrap();
            prop_assert_eq!(text.as_str(), read);
            prop_assert_eq!(format!("{text:?}"), "****");
        }
    }
}
