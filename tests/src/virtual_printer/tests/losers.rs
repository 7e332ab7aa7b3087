//! Brother QL and DYMO: they discard all that they hold at a fault.

use std::net::UdpSocket;

use super::*;

const START: &[u8] = b"\x1b@\x1bia\x01\x1bi!\0";

/// One row across a 62 × 29 mm label whose `pin` prints.
fn row(pin: usize) -> Vec<u8> {
    let mut row = vec![b'g', 0, 90];
    row.resize(93, 0);
    row[3 + pin / 8] = 0x80 >> (pin % 8);
    row
}

fn page(pin: usize, end: u8) -> Vec<u8> {
    let head = b"\x1biz\x8e\x0b\x3e\x1d\x01\0\0\0\0\0\x1biM\x40\x1biA\x01\x1biK\x08\x1bid\0\0M\0";
    [&head[..], &row(pin), &[end]].concat()
}

fn brother(network: bool) -> Bench {
    let mut b = Bench::new(Options { over_network: network, ..Options::of(Language::BrotherQl) });
    b.send(&[&[0; 400][..], START].concat());
    b
}

/// Error information 1 and 2, kind, phase.
fn brief(packet: [u8; 32]) -> [u8; 4] {
    assert_eq!(packet[..3], [0x80, 0x20, b'B']);
    [packet[8], packet[9], packet[18], packet[19]]
}

const PRINTING: [u8; 4] = [0, 0, 6, 1];
const COMPLETED: [u8; 4] = [0, 0, 1, 1];
const WAITING: [u8; 4] = [0, 0, 6, 0];

#[test]
fn a_page_is_told_of_in_the_order_of_the_manual() {
    let mut b = brother(false);
    b.send(b"\x1biS");
    let message: [u8; 32] = b.received();
    assert_eq!((brief(message), message[10], message[11], message[17]), ([0; 4], 62, 0x0b, 29));
    b.send(&[page(12, 0x0c), page(100, 0x1a)].concat());
    for _ in 0..2 {
        for kind in [PRINTING, COMPLETED, WAITING] {
            assert_eq!(brief(b.received()), kind);
        }
    }
    let out = b.printer.printed();
    let first = drawn(&out[0].picture);
    assert_eq!((first.len(), first[0].len(), first[0].find('#')), (1, 696, Some(695)));
    assert_eq!(drawn(&out[1].picture)[0].find('#'), Some(719 - 100 - 12));
    assert_eq!(b.printer.stray_bytes(), 0);
}

#[test]
fn the_wrong_roll_is_refused_until_it_is_told_anew() {
    let mut b = brother(false);
    b.printer.set(PrinterFault::WrongMedia);
    b.send(&page(12, 0x1a));
    assert_eq!(brief(b.received()), [0, 1, 2, 0]);
    b.printer.mend();
    // Not before it is reset.
    b.send(&[&page(12, 0x1a)[..], b"\x1biS"].concat());
    assert_eq!(brief(b.received()), [0, 1, 0, 0]);
    assert!(b.printer.printed().is_empty());
    b.send(&[START, &page(12, 0x1a)].concat());
    assert_eq!(brief(b.received()), PRINTING);
    b.out(1);
}

#[test]
fn completed_comes_too_early_when_the_roll_ends() {
    let mut b = brother(false);
    b.printer.set(PrinterFault::PaperOutInLabel { after: 0 });
    b.send(&page(12, 0x0c));
    for kind in [PRINTING, COMPLETED, WAITING] {
        assert_eq!(brief(b.received()), kind);
    }
    let [first, second, kind, _] = brief(b.received());
    assert!((1..=2).contains(&first) && (second, kind) == (0, 2));
    assert!(b.printer.printed()[0].partial);
    // What it receives now is lost.
    b.send(&[&page(30, 0x1a)[..], b"\x1biS"].concat());
    assert_eq!(brief(b.received())[2], 0);
    b.printer.mend();
    b.send(&[&[0; 400][..], START, &page(12, 0x0c)].concat());
    assert_eq!(brief(b.received()), PRINTING);
    assert_eq!(b.out(2).iter().map(|p| p.partial).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn an_open_cover_clears_it() {
    for fault in [PrinterFault::CoverOpen, PrinterFault::PaperOutAfter(0)] {
        let mut b = brother(false);
        // It has to know whom to answer.
        b.send(b"\x1biS");
        assert_eq!(brief(b.received()), [0; 4]);
        b.send(&page(12, 0x1a)[..60]);
        b.printer.set(fault);
        b.send(&[&page(12, 0x1a)[60..], &page(13, 0x1a)].concat());
        let mut message: [u8; 32] = b.received();
        while message[18] != 2 {
            message = b.received();
        }
        assert_eq!(
            [message[8], message[9]],
            if fault == PrinterFault::CoverOpen { [0, 0x10] } else { [1, 0] }
        );
        b.printer.mend();
        b.send(&[&[0; 400][..], START, &page(14, 0x1a)].concat());
        assert_eq!(drawn(&b.out(1)[0].picture)[0].find('#'), Some(719 - 14 - 12));
    }
}

/// The request of `snmpget -v1 -c public`.
fn question(object: &[u8]) -> Vec<u8> {
    fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&[tag, content.len() as u8][..], &content].concat()
    }
    let binding = wrap(0x30, &[&wrap(6, &[object]), &[5, 0]]);
    let get = wrap(0xa0, &[&[2, 4, 1, 2, 3, 4, 2, 1, 0, 2, 1, 0], &wrap(0x30, &[&binding])]);
    wrap(0x30, &[&[2, 1, 0], &wrap(4, &[b"public"]), &get])
}

#[test]
fn on_a_network_only_snmp_tells() {
    let mut b = brother(true);
    let asker = UdpSocket::bind("127.0.0.1:0").unwrap();
    asker.set_read_timeout(Some(WAIT)).unwrap();
    asker.connect(b.printer.snmp_addr().unwrap()).unwrap();
    let asks = || {
        asker.send(b"nonsense").unwrap();
        asker.send(&question(&[0x2b, 6, 1, 4, 1, 0x93, 3, 3, 3, 9, 1, 6, 1, 0])).unwrap();
        let mut message = [0; 200];
        let bytes = asker.recv(&mut message).unwrap();
        <[u8; 32]>::try_from(&message[bytes - 32..bytes]).unwrap()
    };
    assert_eq!(brief(asks()), [0; 4]);
    b.send(&[&page(12, 0x1a)[..], b"\x1biS"].concat());
    b.out(1);
    assert!(b.is_silent());
    b.printer.set(PrinterFault::CoverOpen);
    assert_eq!(brief(asks()), [0, 0x10, 0, 0]);
    b.printer.mend();
    b.printer.load(Roll { width_mm: 62, length_mm: 0, two_colour: false });
    assert_eq!(asks()[10..12], [62, 0x0a]);
}

fn dymo_label(dots: u8) -> Vec<u8> {
    [&[0x1b; 85][..], b"\x1b@\x1bL\x04\x1a\x1bD\x01\x1bB\0\x1bh\x1be", &[0x16, dots], b"\x16\x01\x1bG\x1bA"]
        .concat()
}

#[test]
fn dymo_tells_between_labels() {
    let mut b = Bench::of(Language::Dymo);
    b.send(&dymo_label(0xf0));
    assert_eq!(b.received(), [3]);
    assert_eq!(drawn(&b.out(1)[0].picture), ["####....", ".......#"]);
    assert_eq!(b.printer.stray_bytes(), 0);
    b.send(b"\x16\xff\x1bA");
    assert!(b.is_silent(), "not in the middle of one");
    b.printer.set(PrinterFault::PowerOff);
    assert!(b.out(2)[1].partial);
}

#[test]
fn dymo_forgets_at_the_end_of_the_roll() {
    let mut b = Bench::of(Language::Dymo);
    b.printer.set(PrinterFault::PaperOutAfter(1));
    b.send(&dymo_label(0xf0));
    assert_eq!(b.received(), [3]);
    b.send(&dymo_label(0x0f));
    b.send(b"\x1bA");
    assert_eq!(b.received(), [0x20]);
    b.printer.mend();
    b.send(&dymo_label(0x3c));
    let out = loop {
        let out = b.out(2);
        if drawn(&out[1].picture)[0] == "..####.." {
            break out;
        }
    };
    assert_eq!(out.len(), 2);
}

#[test]
fn dymo_torn_in_mid_label() {
    let mut b = Bench::of(Language::Dymo);
    b.printer.set(PrinterFault::LineBreaksInLabel { after: 1 });
    b.send(&dymo_label(0xf0));
    b.received::<1>();
    b.out(1);
    b.send(&[&dymo_label(0x0f)[..85 + 18], b"\x16"].concat());
    b.reconnect();
    // Fills up the torn row, ends the torn label.
    b.send(&[&[0x1b; 85][..], b"\x1bE"].concat());
    b.send(&dymo_label(0x3c));
    let out = b.out(3);
    assert_eq!(out.iter().map(|p| p.partial).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(drawn(&out[2].picture)[0], "..####..");
}

#[test]
fn a_slow_one_takes_its_time_and_a_label_its_own() {
    let print_time = Duration::from_millis(40);
    let mut b = Bench::new(Options { print_time, ..Options::of(Language::Dymo) });
    b.printer.set(PrinterFault::SlowDrain { bytes_per_s: 4_000 });
    let begun = Instant::now();
    b.send(&dymo_label(0xf0));
    b.out(1);
    assert!(Instant::now() - begun >= print_time + Duration::from_millis(20));
}
