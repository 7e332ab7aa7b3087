//! Golden bytes, a decoder of our streams that shares nothing with the encoder, and what a printer reports page by page.

use proptest::prelude::*;

use super::*;
use crate::printers::language::tests::{scattered, seconds};

fn profile(roll: &str, model: Option<&str>) -> PrinterProfile {
    let media = models::ql_media().into_iter().find(|m| m.name == roll).unwrap();
    PrinterProfile { media, model: model.map(str::to_owned), ..PrinterLanguage::BrotherQl.usual_profile() }
}

fn session() -> BrotherQl {
    BrotherQl::new(profile("62x29", None))
}

fn dot() -> Bitmap {
    let mut b = Bitmap::white(9, 2);
    b.blacken(0, 1);
    b
}

/// Errors, type, phase; a roll of 62 × 29 mm is in the printer.
fn packet(errors: [u8; 2], kind: u8, phase: u8) -> Vec<u8> {
    let mut packet = vec![0; 32];
    packet[..8].copy_from_slice(&[0x80, 0x20, 0x42, 0x34, 0x38, 0x30, 0, 0]);
    (packet[8], packet[9], packet[10], packet[11], packet[17]) = (errors[0], errors[1], 62, 0x0b, 29);
    (packet[18], packet[19]) = (kind, phase);
    packet
}

fn reply() -> Vec<u8> {
    packet([0, 0], 0, 0)
}

fn printing() -> Vec<u8> {
    packet([0, 0], 6, 1)
}

fn done() -> Vec<u8> {
    [packet([0, 0], 1, 0), packet([0, 0], 6, 0)].concat()
}

const LOADED: PrinterEvent = PrinterEvent::Loaded { width_mm: 62, length_mm: 29 };
const READY: [PrinterEvent; 2] = [LOADED, PrinterEvent::State(PrinterCondition::Ready)];

fn ready() -> BrotherQl {
    let mut s = session();
    assert!(s.hello(seconds(0.0)).ends_with(b"\0\x1b@\x1biS"));
    assert!(!s.takes_next(), "nobody knows yet what is in it");
    assert_eq!(s.on_bytes(&reply()), READY);
    assert!(s.takes_next());
    s
}

#[test]
fn golden_bytes() {
    let mut s = BrotherQl::new(profile("29-continuous", Some("QL-720NW")));
    let mut label = Bitmap::white(306, 150);
    label.blacken(0, 0);
    label.blacken(305, 1);
    let first = s.encode(1, &label).unwrap();
    let setup = b"\x1bi!\0\x1biz\xce\x0a\x1d\0\x96\0\0\0\0\0\x1biM@\x1biA\x01\x1biK\x08\x1bid\x23\0M\x02";
    let (nulls, rest) = first.split_at(200);
    assert_eq!(nulls, [0; 200]);
    let rest = rest.strip_prefix(b"\x1b@\x1bia\x01").unwrap().strip_prefix(setup).unwrap();
    // The left edge of a 29 mm roll is pin 311, its right edge pin 6.
    let rest = rest.strip_prefix(b"g\0\x06\xdb\0\0\x01\xce\0").unwrap();
    let rest = rest.strip_prefix(b"g\0\x04\0\x02\xa8\0").unwrap();
    assert_eq!(rest.len(), 148 * 5 + 1);
    assert!(rest.starts_with(b"g\0\x02\xa7\0") && rest.ends_with(b"g\0\x02\xa7\0\x1a"));
    let second = s.encode(2, &label).unwrap();
    assert!(second.starts_with(b"\x1bi!\0\x1biz\xce\x0a\x1d\0\x96\0\0\0\x01\0"));
}

#[test]
fn die_cut_pages_are_whole_and_plain_where_the_model_is_not_known() {
    let bytes = session().encode(1, &dot()).unwrap();
    let rest = bytes.strip_prefix(&[0; 400][..]).unwrap();
    let setup = b"\x1b@\x1bia\x01\x1bi!\0\x1biz\xce\x0b\x3e\x1d\x0f\x01\0\0\0\0\x1biM@\x1biA\x01\x1biK\x08\x1bid\0\0M\0";
    let rest = rest.strip_prefix(setup).unwrap();
    assert_eq!(rest.len(), 271 * 93 + 1);
    assert!(rest.starts_with(&[&b"g\0\x5a"[..], &[0; 90], b"g\0\x5a"].concat()));
    // Dot 0 of 696 is pin 12 + 695 = 707.
    assert_eq!(rest[93 + 3 + 88], 0x10);
}

#[test]
fn two_colours_old_models_and_wide_heads() {
    let red = BrotherQl::new(profile("62-continuous-red", Some("QL-820NWB"))).encode(1, &dot()).unwrap();
    // A roll is known by its size, and DK-22251 has that of DK-22205.
    let setup = red.strip_prefix(&[0; 400][..]).unwrap();
    assert!(setup.windows(4).any(|w| w == b"\x1biK\x09"));
    assert!(red.ends_with(b"w\x01\x02\xa7\0w\x02\x02\xa7\0\x1a"));
    let black_only = BrotherQl::new(profile("62-continuous-red", Some("QL-720NW"))).encode(1, &dot());
    assert!(matches!(black_only, Err(EncodeError::Model(_))));
    let old = BrotherQl::new(profile("62x29", Some("QL-500"))).encode(1, &dot()).unwrap();
    assert!(!old.windows(3).any(|w| [b"\x1bia", b"\x1biM", b"\x1biA", b"\x1biK"].iter().any(|c| w == *c)));
    let wide = PrinterProfile { head_dots: 1_296, ..profile("102x51", Some("QL-1110NWB")) };
    let bytes = BrotherQl::new(wide).encode(1, &Bitmap::white(1_164, 526)).unwrap();
    assert!(bytes.ends_with(&[&b"g\0\xa2"[..], &[0; 162], b"\x1a"].concat()));
    let narrow = PrinterProfile { head_dots: 1_296, ..profile("102x51", Some("QL-820NWB")) };
    let refusal = BrotherQl::new(narrow).encode(1, &Bitmap::white(600, 10));
    assert_eq!(refusal, Err(EncodeError::TooWide { width: 1_164, head: 720 }));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut s = session();
    let wide = s.encode(1, &Bitmap::white(697, 10));
    assert_eq!(wide, Err(EncodeError::TooWide { width: 697, head: 696 }));
    let long = s.encode(1, &Bitmap::white(100, 272));
    assert_eq!(long, Err(EncodeError::TooLong { height: 272, available: 271 }));
    let endless = BrotherQl::new(profile("62-continuous", None)).encode(1, &Bitmap::white(100, 11_812));
    assert_eq!(endless, Err(EncodeError::TooLong { height: 11_812, available: 11_811 }));
    let mut odd = profile("62x29", None);
    (odd.media.width_mm, odd.media.name) = (61.0, "odd".to_owned());
    let refusal = BrotherQl::new(odd).encode(1, &dot());
    assert_eq!(refusal, Err(EncodeError::Roll { name: "odd".to_owned() }));
    assert!(s.awaited.is_empty());
}

#[test]
fn printing_of_the_next_confirms_and_completed_does_not() {
    let mut s = ready();
    s.encode(1, &dot()).unwrap();
    assert!(!s.takes_next());
    assert_eq!(s.on_bytes(&printing()), []);
    assert!(!s.takes_next());
    assert_eq!(s.on_bytes(&done()), [], "the end of page 1 may still get stuck");
    assert!(s.takes_next());
    s.encode(2, &dot()).unwrap();
    assert_eq!(s.on_bytes(&printing()), [PrinterEvent::Printed { upto: 1 }]);
    assert_eq!(s.tick(seconds(1.0)), (Vec::new(), Vec::new()), "never asked while it prints");
    s.on_bytes(&done());
    assert_eq!(s.tick(seconds(1.9)).0, b"");
    assert_eq!(s.tick(seconds(2.0)).0, ASK_STATUS);
    assert_eq!(s.on_bytes(&reply()), [READY[0], READY[1], PrinterEvent::Printed { upto: 2 }]);
    assert_eq!(s.tick(seconds(3.0)).0, ASK_STATUS, "an idle printer is watched");
    assert_eq!(s.on_bytes(&reply()), READY);
}

#[test]
fn two_pages_at_once_are_not_mistaken_for_each_other() {
    let mut s = ready();
    s.encode(1, &dot()).unwrap();
    s.encode(2, &dot()).unwrap();
    assert_eq!(s.on_bytes(&printing()), []);
    s.on_bytes(&done());
    assert_eq!(s.on_bytes(&printing()), [PrinterEvent::Printed { upto: 1 }]);
    assert_eq!(s.on_bytes(&printing()), [], "told twice");
}

#[test]
fn a_fault_loses_what_was_not_begun_and_leaves_doubt_about_what_was() {
    for (errors, condition) in [
        ([0x02, 0], PrinterCondition::PaperOut),
        ([0x04, 0], PrinterCondition::CutterJam),
        ([0, 0x10], PrinterCondition::CoverOpen),
        ([0, 0x01], PrinterCondition::WrongMedia),
        ([0, 0x80], PrinterCondition::Fault),
    ] {
        let mut s = ready();
        s.encode(1, &dot()).unwrap();
        s.on_bytes(&[printing(), done()].concat());
        s.encode(2, &dot()).unwrap();
        let events = s.on_bytes(&packet(errors, 2, 0));
        assert_eq!(
            events,
            [
                PrinterEvent::State(condition),
                PrinterEvent::Lost { from: 2 },
                PrinterEvent::Unclear { upto: 1 }
            ]
        );
        assert!(!s.takes_next());
        assert_eq!(s.tick(seconds(1.0)).0, [INIT, ASK_STATUS].concat(), "it may not mend before a reset");
        assert_eq!(s.on_bytes(&packet(errors, 0, 0)), [PrinterEvent::State(condition)]);
        s.tick(seconds(2.0));
        assert_eq!(s.on_bytes(&reply()), READY, "mended");
        assert!(s.takes_next());
        let again = s.encode(1, &dot()).unwrap();
        assert!(again.starts_with(&[0; 400]), "the rest of a torn page is thrown away");
    }
}

#[test]
fn a_jam_after_completed_leaves_doubt_about_the_last_label() {
    let mut s = ready();
    s.encode(1, &dot()).unwrap();
    s.on_bytes(&[printing(), done()].concat());
    s.tick(seconds(1.0));
    let events = s.on_bytes(&packet([0x04, 0], 0, 0));
    assert_eq!(events, [PrinterEvent::State(PrinterCondition::CutterJam), PrinterEvent::Unclear { upto: 1 }]);
}

#[test]
fn another_roll_is_told_before_anything_is_sent() {
    let mut s = session();
    s.hello(seconds(0.0));
    let mut other = reply();
    (other[10], other[11], other[17]) = (29, 0x4a, 0);
    let wrong = [
        PrinterEvent::Loaded { width_mm: 29, length_mm: 0 },
        PrinterEvent::State(PrinterCondition::WrongMedia),
    ];
    assert_eq!(s.on_bytes(&other), wrong);
    assert!(!s.takes_next());
    s.tick(seconds(1.0));
    let mut none = reply();
    (none[10], none[11], none[17]) = (0, 0, 0);
    let nothing =
        [PrinterEvent::Loaded { width_mm: 0, length_mm: 0 }, PrinterEvent::State(PrinterCondition::PaperOut)];
    assert_eq!(s.on_bytes(&none), nothing);
    s.tick(seconds(2.0));
    assert_eq!(s.on_bytes(&reply()), READY);
    assert!(s.takes_next());
}

#[test]
fn cooling_is_told_and_passes() {
    let mut s = ready();
    s.encode(1, &dot()).unwrap();
    s.on_bytes(&printing());
    let mut note = packet([0, 0], 5, 1);
    note[22] = 3;
    assert_eq!(s.on_bytes(&note), [PrinterEvent::State(PrinterCondition::Cooling)]);
    note[22] = 4;
    assert_eq!(s.on_bytes(&note), [PrinterEvent::State(PrinterCondition::Ready)]);
    s.on_bytes(&done());
    s.tick(seconds(1.0));
    assert_eq!(s.on_bytes(&reply())[2], PrinterEvent::Printed { upto: 1 });
}

#[test]
fn silence_is_reported() {
    let mut s = session();
    s.hello(seconds(0.0));
    assert_eq!(s.tick(seconds(2.0)), (Vec::new(), Vec::new()));
    assert_eq!(s.tick(seconds(3.0)), (ASK_STATUS.to_vec(), vec![PrinterEvent::Silent]));
    let mut s = ready();
    s.encode(1, &dot()).unwrap();
    assert_eq!(s.tick(seconds(29.0)).0, b"");
    assert_eq!(s.tick(seconds(30.0)).0, ASK_STATUS, "a page does not take that long");
    assert_eq!(s.tick(seconds(33.0)).1, [PrinterEvent::Silent]);
    assert!(!s.takes_next());
}

fn taken_events(upto: u32) -> [PrinterEvent; 3] {
    [READY[0], READY[1], PrinterEvent::Taken { upto }]
}

#[test]
fn by_snmp_a_label_is_taken_at_best() {
    let mut s =
        BrotherQl::new(PrinterProfile { answers: ConfirmationLevel::Taken, ..profile("62x29", None) });
    assert!(s.hello(seconds(0.0)).is_empty() && s.takes_next());
    assert_eq!(s.on_bytes(&reply()), READY);
    s.encode(1, &dot()).unwrap();
    for status in [reply(), packet([0, 0], 0, 1), reply(), reply(), reply(), reply()] {
        assert_eq!(s.on_bytes(&status), READY, "it has not got the whole label");
    }
    s.sent(seconds(1.0));
    assert_eq!(s.on_bytes(&reply()), READY, "may be older than the label");
    assert_eq!(s.tick(seconds(1.1)), (Vec::new(), Vec::new()));
    assert_eq!(s.on_bytes(&packet([0, 0], 0, 1)), READY);
    assert!(!s.takes_next());
    assert_eq!(s.on_bytes(&reply()), taken_events(1));
    s.encode(2, &dot()).unwrap();
    s.sent(seconds(2.0));
    for tenth in 21..120 {
        s.tick(seconds(f64::from(tenth) / 10.0));
        assert_eq!(s.on_bytes(&reply()), READY, "not seen at work, and perhaps it has not begun");
    }
    s.tick(seconds(12.0));
    assert_eq!(s.on_bytes(&reply()), taken_events(2));
}

#[test]
fn by_snmp_a_fault_leaves_doubt_only_about_a_whole_page_and_ends_by_a_reset() {
    let mut s =
        BrotherQl::new(PrinterProfile { answers: ConfirmationLevel::Taken, ..profile("62x29", None) });
    s.hello(seconds(0.0));
    s.on_bytes(&reply());
    s.encode(1, &dot()).unwrap();
    let fault = packet([2, 0], 0, 0);
    let stopped = PrinterEvent::State(PrinterCondition::PaperOut);
    assert_eq!(s.on_bytes(&fault), [stopped, PrinterEvent::Lost { from: 1 }]);
    assert_eq!(s.tick(seconds(1.0)).0, s.invalidate(), "half a page may lie in it");
    assert_eq!(s.on_bytes(&fault), [stopped]);
    assert_eq!(s.tick(seconds(1.5)).0, b"");
    assert_eq!(s.tick(seconds(2.0)).0, INIT);
    assert_eq!(s.on_bytes(&reply()), READY);
    s.encode(1, &dot()).unwrap();
    s.sent(seconds(2.0));
    assert_eq!(s.on_bytes(&fault), [stopped, PrinterEvent::Unclear { upto: 1 }]);
    assert_eq!(s.tick(seconds(3.4)).0, s.invalidate());
    assert_eq!(s.tick(seconds(3.5)), (Vec::new(), vec![PrinterEvent::Silent]));
}

#[test]
fn fine_rows_share_pins() {
    let mut fine = profile("62x29", None);
    fine.dpi = Dpi::new(600).unwrap();
    fine.head_dots = head_dots(fine.dpi);
    let mut label = Bitmap::white(1_392, 542);
    label.blacken(1, 0);
    label.blacken(1_390, 541);
    let bytes = BrotherQl::new(fine).encode(1, &label).unwrap();
    assert!(bytes.windows(4).any(|w| w == b"\x1biK\x48"));
    let rows = &bytes[bytes.len() - 1 - 542 * 93..];
    assert_eq!(rows[3 + 88], 0x10, "dots 0 and 1 are pin 707");
    assert_eq!(rows[541 * 93 + 3 + 1], 0x08, "dots 1390 and 1391 are pin 12");
}

/// Reads rows as the raster command reference describes them, and turns them back.
fn decode(stream: &[u8]) -> (usize, Vec<Vec<bool>>) {
    let at = stream.windows(3).position(|w| w == b"\x1biz").unwrap() + 3;
    let promised = u32::from_le_bytes(stream[at + 4..at + 8].try_into().unwrap()) as usize;
    let mut at = stream.windows(3).position(|w| w == b"\x1bid").unwrap() + 5;
    assert_eq!(stream[at], b'M');
    let packed = stream[at + 1] == 2;
    at += 2;
    let mut rows = Vec::new();
    while stream[at] == b'g' {
        let len = usize::from(stream[at + 2]);
        let mut data = &stream[at + 3..at + 3 + len];
        let mut row = Vec::new();
        while packed && !data.is_empty() {
            let count = data[0] as i8;
            if count < 0 {
                row.extend(std::iter::repeat_n(data[1], (1 - isize::from(count)) as usize));
                data = &data[2..];
            } else {
                let count = count as usize + 1;
                row.extend_from_slice(&data[1..=count]);
                data = &data[1 + count..];
            }
        }
        row.extend_from_slice(data);
        let mut dots: Vec<bool> =
            row.iter().flat_map(|b| (0..8).map(move |k| b & (0x80 >> k) != 0)).collect();
        dots.reverse();
        rows.push(dots);
        at += 3 + len;
    }
    assert_eq!(&stream[at..], [0x1a]);
    (promised, rows)
}

proptest! {
    #[test]
    fn all_dots_are_sent(
        roll in 0usize..17, width in 1u32..700, height in 1u32..270, seed: u64,
        model in proptest::sample::select(vec![None, Some("QL-810W"), Some("QL-700")]),
    ) {
        let name = models::ql_media()[roll].name.clone();
        prop_assume!(!name.ends_with("-red"));
        let profile = profile(&name, model);
        let roll = Roll::of(&profile.media).unwrap();
        let (width, height) = (width.min(roll.pins), if roll.rows > 0 { height.min(roll.rows) } else { height });
        let label = scattered(width, height, seed);
        let (promised, rows) = decode(&BrotherQl::new(profile).encode(1, &label).unwrap());
        prop_assert_eq!(rows.len(), promised);
        prop_assert!(promised as u32 >= height);
        let left = 720 - roll.offset - roll.pins;
        for (y, row) in (0..).zip(&rows) {
            prop_assert_eq!(row.len(), 720);
            for (x, &black) in (0..).zip(row) {
                prop_assert_eq!(black, x >= left && label.black(x - left, y), "{} {}", x, y);
            }
        }
    }

    #[test]
    fn packed_rows_unpack(row in proptest::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 1..163)) {
        let mut packed = Vec::new();
        pack_bits(&row, &mut packed);
        prop_assert!(packed.len() <= row.len() + 2);
        let mut found = Vec::new();
        let mut data = &packed[..];
        while let [count, rest @ ..] = data {
            if *count > 128 {
                found.extend(std::iter::repeat_n(rest[0], 257 - usize::from(*count)));
                data = &rest[1..];
            } else {
                found.extend_from_slice(&rest[..=usize::from(*count)]);
                data = &rest[usize::from(*count) + 1..];
            }
        }
        prop_assert_eq!(found, row);
    }
}
