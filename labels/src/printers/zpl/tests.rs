//! Golden bytes, a decoder of our streams that shares no code with the encoder, and a printer that counts or does not.

use std::io::Read as _;

use base64::Engine as _;
use proptest::prelude::*;

use super::*;
use crate::printers::language::tests::{scattered, seconds};

fn session() -> Zpl {
    Zpl::new(PrinterLanguage::Zpl.usual_profile())
}

fn dot() -> Bitmap {
    let mut b = Bitmap::white(9, 3);
    b.blacken(8, 1);
    b
}

/// The other fields are as a ZD421 sends them.
fn status(
    paper_out: u8,
    paused: u8,
    formats: u16,
    head_up: u8,
    ribbon_out: u8,
    waiting: u8,
    left: u32,
) -> Vec<u8> {
    format!(
        "\x02030,{paper_out},{paused},0244,{formats:03},0,0,0,000,0,0,0\x03\r\n\
         \x02001,0,{head_up},{ribbon_out},1,2,4,{waiting},{left:08},1,000\x03\r\n\x021234,0\x03\r\n"
    )
    .into_bytes()
}

fn idle() -> Vec<u8> {
    status(0, 0, 0, 0, 0, 0, 0)
}

/// A printer whose counter is at 1,000.
fn counting() -> Zpl {
    let mut s = session();
    assert!(!s.takes_next());
    assert_eq!(s.hello(seconds(0.0)), [ASK_STATUS, ASK_COUNTER].concat());
    assert_eq!(
        s.on_bytes(&[idle(), b"\"1000\"".to_vec()].concat()),
        [PrinterEvent::State(PrinterCondition::Ready)]
    );
    assert!(s.takes_next());
    s
}

#[test]
fn golden_bytes() {
    let mut s = session();
    let first = s.encode(1, &dot()).unwrap();
    let label = "^XA^PW487^LL3^LH0,0^FO0,0^GFA,6,6,2,,008,,^FS^PQ1,0,0,N^XZ\r\n";
    assert_eq!(String::from_utf8(first).unwrap(), format!("^XA^MNY^MTD^XZ\r\n{label}"));
    assert_eq!(String::from_utf8(s.encode(2, &dot()).unwrap()).unwrap(), label);
    let media = zpl_media(&[ThermalMethod::Transfer])
        .into_iter()
        .find(|m| m.length == MediaLength::Continuous)
        .unwrap();
    let (darkness, speed_mm_s) = (Some(70), Some(102));
    let profile =
        PrinterProfile { media, darkness, speed_mm_s, dense: true, ..PrinterLanguage::Zpl.usual_profile() };
    let bytes = Zpl::new(profile).encode(1, &dot()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.starts_with("~SD21^XA^MNN^MTT^PR4^XZ\r\n^XA^PW400^LL3^LH0,0^FO0,0^GFA,6,6,2,:Z64:eF5"),
        "{text}"
    );
    assert!(text.ends_with("^FS^PQ1,0,0,N^XZ\r\n"));
    assert_eq!(session().after_interruption(), b"\r\n~JA\r\n");
}

#[test]
fn too_large_is_refused_and_nothing_is_awaited() {
    let mut s = session();
    let wide = s.encode(1, &Bitmap::white(489, 10));
    assert_eq!(wide, Err(EncodeError::TooWide { width: 489, head: 488 }));
    let long = s.encode(1, &Bitmap::white(100, 245));
    assert_eq!(long, Err(EncodeError::TooLong { height: 245, available: 244 }));
    assert!(s.awaited.is_empty());
}

#[test]
fn the_counter_confirms() {
    let mut s = counting();
    s.encode(41, &dot()).unwrap();
    s.encode(42, &dot()).unwrap();
    assert_eq!(s.tick(seconds(0.5)).0, [ASK_STATUS, ASK_COUNTER].concat());
    assert_eq!(s.on_bytes(b"\"1000\""), []);
    s.tick(seconds(1.0));
    assert_eq!(s.on_bytes(b"\"1001\"\r\n"), [PrinterEvent::Printed { upto: 41 }]);
    assert_eq!(s.on_bytes(b"\"1002\""), [], "not asked for");
    s.tick(seconds(1.5));
    for piece in b"\"1002\"".chunks(1) {
        let events = s.on_bytes(piece);
        assert_eq!(events.is_empty(), s.awaited.len() == 1);
    }
    assert!(s.awaited.is_empty());
}

#[test]
fn idle_alone_confirms_nothing_where_a_counter_is() {
    let mut s = counting();
    s.encode(1, &dot()).unwrap();
    for at in 1..6 {
        s.tick(seconds(f64::from(at)));
        assert_eq!(s.on_bytes(&idle()), [PrinterEvent::State(PrinterCondition::Ready)]);
    }
}

fn answer_counter(s: &mut Zpl, at: f64, count: &str) -> Vec<PrinterEvent> {
    s.tick(seconds(at));
    s.on_bytes(&[idle(), count.as_bytes().to_vec()].concat())
}

#[test]
fn a_counter_that_others_move_proves_nothing() {
    let mut s = counting();
    let ready = PrinterEvent::State(PrinterCondition::Ready);
    assert_eq!(
        answer_counter(&mut s, 1.0, "\"1003\""),
        [ready],
        "somebody pressed the feed key before our label"
    );
    s.encode(1, &dot()).unwrap();
    assert_eq!(answer_counter(&mut s, 2.0, "\"1005\""), [ready], "two came out, one was ours");
    assert_eq!(answer_counter(&mut s, 3.0, "\"1006\""), [ready, PrinterEvent::Taken { upto: 1 }]);
    let mut s = counting();
    s.encode(1, &dot()).unwrap();
    s.tick(seconds(1.0));
    assert_eq!(s.on_bytes(b"\"3\""), [], "went backwards");
    assert_eq!(s.counting, Counting::Never);
}

#[test]
fn labels_of_an_earlier_job_are_not_counted_as_ours() {
    let mut s = session();
    s.hello(seconds(0.0));
    s.on_bytes(b"\"1000\"");
    s.on_bytes(&status(0, 0, 1, 0, 0, 0, 0));
    assert!(!s.takes_next(), "something is still to come out");
    s.tick(seconds(1.0));
    s.on_bytes(&[status(0, 0, 0, 0, 0, 0, 1), b"\"1000\"".to_vec()].concat());
    assert!(!s.takes_next(), "and still");
    s.tick(seconds(2.0));
    s.on_bytes(&[idle(), b"\"1001\"".to_vec()].concat());
    assert!(s.takes_next());
    s.encode(1, &dot()).unwrap();
    s.tick(seconds(3.0));
    assert_eq!(s.on_bytes(b"\"1002\""), [PrinterEvent::Printed { upto: 1 }]);
}

#[test]
fn a_clone_without_a_counter_only_takes() {
    let mut s = session();
    s.hello(seconds(0.0));
    s.on_bytes(&idle());
    s.tick(seconds(0.9));
    assert!(!s.takes_next());
    assert_eq!(s.answers(), ConfirmationLevel::Printed);
    s.tick(seconds(1.0));
    assert!(s.takes_next());
    assert_eq!(s.answers(), ConfirmationLevel::Taken);
    s.encode(7, &dot()).unwrap();
    assert_eq!(
        s.on_bytes(b"\"1000\""),
        [],
        "from here on it could be counted, and this label is not known to be after it"
    );
    assert_eq!(s.answers(), ConfirmationLevel::Taken);
    assert_eq!(
        s.on_bytes(&idle()),
        [PrinterEvent::State(PrinterCondition::Ready)],
        "was asked before the label"
    );
    assert_eq!(s.tick(seconds(2.0)).0, ASK_STATUS);
    assert_eq!(s.on_bytes(&status(0, 0, 1, 0, 0, 0, 0)), [PrinterEvent::State(PrinterCondition::Ready)]);
    s.tick(seconds(3.0));
    assert_eq!(s.on_bytes(&status(0, 0, 0, 0, 0, 0, 1)), [PrinterEvent::State(PrinterCondition::Ready)]);
    s.tick(seconds(4.0));
    assert_eq!(
        s.on_bytes(&idle()),
        [PrinterEvent::State(PrinterCondition::Ready), PrinterEvent::Taken { upto: 7 }]
    );
}

#[test]
fn conditions_from_host_status() {
    for (answer, condition) in [
        (status(1, 0, 0, 0, 0, 0, 0), PrinterCondition::PaperOut),
        (status(1, 1, 0, 1, 1, 0, 0), PrinterCondition::CoverOpen),
        (status(0, 1, 0, 0, 1, 0, 0), PrinterCondition::RibbonOut),
        (status(0, 1, 0, 0, 0, 0, 0), PrinterCondition::Paused),
        (status(0, 0, 0, 0, 0, 1, 0), PrinterCondition::LabelWaiting),
        (idle(), PrinterCondition::Ready),
    ] {
        let mut s = counting();
        s.tick(seconds(1.0));
        assert_eq!(s.on_bytes(&answer), [PrinterEvent::State(condition)]);
        assert_eq!(s.takes_next(), condition != PrinterCondition::LabelWaiting);
    }
    let hot = String::from_utf8(idle()).unwrap().replace("0,0,0,000,0,0,0", "0,0,0,000,0,0,1");
    let broken = String::from_utf8(idle()).unwrap().replace("0,0,0,000,0,0,0", "0,0,0,000,1,0,0");
    for (answer, condition) in [(hot, PrinterCondition::Cooling), (broken, PrinterCondition::Fault)] {
        let mut s = counting();
        s.tick(seconds(1.0));
        assert_eq!(s.on_bytes(answer.as_bytes()), [PrinterEvent::State(condition)]);
    }
}

#[test]
fn a_silent_host_status_means_asking_for_errors() {
    for (bits, condition) in [
        ("1 00000000 00000001", PrinterCondition::PaperOut),
        ("1 00000000 00000005", PrinterCondition::CoverOpen),
        ("1 00000000 00000002", PrinterCondition::RibbonOut),
        ("1 00000000 00000008", PrinterCondition::CutterJam),
        ("1 00000000 00000010", PrinterCondition::Cooling),
        ("1 00000000 00000020", PrinterCondition::Cooling),
        ("1 00000000 00010000", PrinterCondition::Paused),
        ("1 00000000 00000040", PrinterCondition::Fault),
        ("1 00000001 00000000", PrinterCondition::Fault),
        ("0 00000000 00000000", PrinterCondition::Ready),
    ] {
        let mut s = counting();
        s.tick(seconds(1.0));
        s.on_bytes(b"\"1000\"");
        assert!(s.tick(seconds(2.0)).0.starts_with(ASK_ERRORS));
        let text = format!(
            "\x02\r\n  PRINTER STATUS\r\n   ERRORS:         {bits}\r\n   WARNINGS:       0 00000000 00000000\r\n\x03"
        );
        assert_eq!(s.on_bytes(text.as_bytes()), [PrinterEvent::State(condition)], "{bits}");
    }
}

#[test]
fn never_an_answer_is_said_and_asked_again() {
    let mut s = session();
    s.hello(seconds(0.0));
    assert_eq!(s.tick(seconds(1.0)), ([ASK_ERRORS, ASK_COUNTER].concat(), Vec::new()));
    assert_eq!(s.tick(seconds(3.0)), ([ASK_STATUS, ASK_COUNTER].concat(), vec![PrinterEvent::Silent]));
    let profile =
        PrinterProfile { answers: ConfirmationLevel::Nothing, ..PrinterLanguage::Zpl.usual_profile() };
    let mut mute = Zpl::new(profile);
    assert!(mute.hello(seconds(0.0)).is_empty() && mute.tick(seconds(9.0)).0.is_empty() && mute.takes_next());
}

#[test]
fn status_cut_short_is_found_again() {
    let mut s = counting();
    s.tick(seconds(1.0));
    let whole = idle();
    assert_eq!(s.on_bytes(&whole[..40]), []);
    assert_eq!(s.on_bytes(&status(1, 0, 0, 0, 0, 0, 0)), [PrinterEvent::State(PrinterCondition::PaperOut)]);
    assert_eq!(s.on_bytes(&vec![b'1'; 10_000]), []);
    assert!(s.line.len() <= LINE_BYTES_MAX + 1);
    s.tick(seconds(2.0));
    assert_eq!(s.on_bytes(&whole), [PrinterEvent::State(PrinterCondition::Ready)]);
}

fn number_after(stream: &str, after: &str) -> u32 {
    let rest = &stream[stream.rfind(after).unwrap() + after.len()..];
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap()].parse::<u32>().unwrap()
}

/// Reads `^GFA` as the programming guide describes it.
fn decode(stream: &str) -> (u32, u32, Vec<u8>) {
    let field = &stream[stream.find("^GFA,").unwrap() + 5..stream.find("^FS").unwrap()];
    let parts: Vec<&str> = field.splitn(4, ',').collect();
    let row_chars = parts[2].parse::<usize>().unwrap() * 2;
    let total = parts[1].parse::<usize>().unwrap();
    let dots = if let Some(packed) = parts[3].strip_prefix(":Z64:") {
        let packed = base64::engine::general_purpose::STANDARD.decode(&packed[..packed.len() - 5]).unwrap();
        let mut dots = Vec::new();
        flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut dots).unwrap();
        dots
    } else {
        let mut hex = String::new();
        let mut count = 0;
        for c in parts[3].chars() {
            let filled = (hex.len() / row_chars + 1) * row_chars;
            match c {
                'G'..='Y' => count += c as usize - 'F' as usize,
                'g'..='z' => count += (c as usize - 'f' as usize) * 20,
                ',' => hex.extend(std::iter::repeat_n('0', filled - hex.len())),
                '!' => hex.extend(std::iter::repeat_n('F', filled - hex.len())),
                ':' => {
                    let before = hex[hex.len() - row_chars..].to_owned();
                    hex.push_str(&before);
                }
                digit => {
                    hex.extend(std::iter::repeat_n(digit, count.max(1)));
                    count = 0;
                }
            }
        }
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
    };
    assert_eq!(dots.len(), total);
    (number_after(stream, "^PW"), number_after(stream, "^LL"), dots)
}

proptest! {
    #[test]
    fn all_dots_are_sent(width in 1u32..480, height in 1u32..240, seed: u64, dense: bool) {
        let label = scattered(width, height, seed);
        let mut s = Zpl::new(PrinterProfile { dense, ..PrinterLanguage::Zpl.usual_profile() });
        let stream = String::from_utf8(s.encode(1, &label).unwrap()).unwrap();
        prop_assert_eq!(decode(&stream), (487, height, label.bytes().to_vec()));
    }

    #[test]
    fn garbage_hides_no_true_answer(garbage in proptest::collection::vec(any::<u8>(), 0..300), pieces in 1usize..9) {
        prop_assume!(!garbage.contains(&b'"'));
        let mut s = counting();
        s.encode(1, &dot()).unwrap();
        s.tick(seconds(1.0));
        s.on_bytes(&garbage);
        let mut events = Vec::new();
        for piece in b"\r\n\"1001\"".chunks(pieces) {
            events.extend(s.on_bytes(piece));
        }
        prop_assert_eq!(events, [PrinterEvent::Printed { upto: 1 }]);
    }
}
