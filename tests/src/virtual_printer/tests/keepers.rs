//! ZPL and TSPL: they keep what they hold over a fault and print the stopped label again.

use super::*;

const ZPL: &[u8] = b"^XA^PW12^LL3^LH0,0^FO2,1^GFA,4,4,2,FF00180F^FS^PQ1,0,0,N^XZ\r\n";
const ZPL_DOTS: [&str; 3] = ["............", "..########..", ".....##....."];
const TSPL: &[u8] =
    b"SIZE 1.5 mm,0.375 mm\r\nGAP 3 mm,0 mm\r\nDIRECTION 0,0\r\nCLS\r\nBITMAP 2,1,1,2,0,\x00\xe7\r\nPRINT 1,1\r\n";
const TSPL_DOTS: [&str; 3] = ["............", "..########..", ".....##....."];

const COUNTER: &[u8] = b"! U1 getvar \"odometer.total_label_count\"\r\n";

fn both() -> [(Language, &'static [u8], [&'static str; 3]); 2] {
    [(Language::Zpl, ZPL, ZPL_DOTS), (Language::Tspl, TSPL, TSPL_DOTS)]
}

#[test]
fn a_label_by_hand_is_seen_as_it_was_meant() {
    for (language, stream, dots) in both() {
        let mut b = Bench::of(language);
        b.send(&[stream, stream].concat());
        let out = b.out(2);
        for label in &out {
            // The 0F at the end of the ZPL row is outside the label.
            assert_eq!(drawn(&label.picture), dots, "{language:?}");
        }
        let spooled = std::fs::read(b.dir.path().join("0002.bin")).unwrap();
        assert!(stream.windows(20).any(|part| spooled.windows(20).any(|w| w == part)));
        assert_eq!(b.printer.stray_bytes(), 0, "{language:?}");
    }
}

#[test]
fn zpl_graphics_in_every_form() {
    let crc = "3B4C";
    let forms = [
        "A,4,4,2,FF00180F".to_owned(),
        "A,4,4,2,JF,180F".replace("JF", "HF"),
        "A,4,4,2,HF,1 80F".replace(' ', ""),
        format!("A,4,4,2,:B64:/wAYDw==:{crc}"),
    ];
    for form in &forms[..3] {
        let mut b = Bench::of(Language::Zpl);
        b.send(format!("^XA^PW12^LL3^FO2,1^GF{form}^FS^XZ").as_bytes());
        assert_eq!(drawn(&b.out(1)[0].picture), ZPL_DOTS, "{form}");
    }
    // A wrong check sum draws nothing, so nothing comes out.
    let mut b = Bench::of(Language::Zpl);
    b.send(format!("^XA^PW12^LL3^FO2,1^GF{}^FS^XZ", forms[3].replace(crc, "0000")).as_bytes());
    b.send(b"~HS");
    b.heard_until(b"1234,0\x03\r\n");
    assert!(b.printer.printed().is_empty());
}

#[test]
fn zpl_copies_and_counter() {
    let mut b = Bench::of(Language::Zpl);
    b.send(COUNTER);
    assert_eq!(&b.received(), b"\"1234\"");
    b.send(&String::from_utf8_lossy(ZPL).replace("^PQ1", "^PQ3").into_bytes());
    b.out(3);
    b.send(COUNTER);
    assert_eq!(&b.received(), b"\"1237\"");
    b.send(b"~HQOD");
    let message = b.heard_until(b"\x03\r\n");
    assert!(String::from_utf8_lossy(&message).contains("1237 LABELS"));
}

#[test]
fn zpl_says_nothing_to_hs_where_the_manual_says_so() {
    for (fault, bits) in [
        (PrinterFault::PaperOutAfter(0), "00000001"),
        (PrinterFault::RibbonOut, "00000002"),
        (PrinterFault::CoverOpen, "00000004"),
        (PrinterFault::HeadHot, "00000010"),
    ] {
        let mut b = Bench::of(Language::Zpl);
        b.send(b"~HS\r\n");
        let message = String::from_utf8(b.heard_until(b"1234,0\x03\r\n")).unwrap();
        let lines: Vec<Vec<&str>> = message.lines().map(|l| l.split(',').collect()).collect();
        assert_eq!((lines.len(), lines[0].len(), lines[1].len()), (3, 12, 11), "{message:?}");
        assert_eq!((lines[0][4], lines[1][8]), ("000", "00000000"));
        b.printer.set(fault);
        b.send(ZPL);
        loop {
            b.send(b"~HQES\r\n");
            let message = String::from_utf8(b.heard_until(b"\x03\r\n")).unwrap();
            if message.contains(&format!("ERRORS:         1 00000000 {bits}")) {
                break;
            }
            assert!(message.contains("ERRORS:         0 00000000 00000000"), "{message}");
        }
        b.send(b"~HS\r\n");
        assert!(b.is_silent(), "{fault:?}");
        assert!(b.printer.printed().is_empty());
        b.printer.mend();
        b.out(1);
    }
}

#[test]
fn zpl_cancels_what_it_holds_at_once() {
    let mut b = Bench::of(Language::Zpl);
    b.printer.set(PrinterFault::PaperOutAfter(0));
    b.send(&[ZPL, &ZPL[..20], b"\r\n~JA\r\n~HQES"].concat());
    b.heard_until(b"\x03\r\n");
    b.printer.mend();
    b.send(ZPL);
    assert_eq!(drawn(&b.out(1)[0].picture), ZPL_DOTS);
    b.send(b"~HS");
    b.heard_until(b"1234,0\x03\r\n");
    assert_eq!(b.printer.printed().len(), 1);
}

#[test]
fn a_zpl_clone_prints_and_says_nothing() {
    let mut b = Bench::new(Options { clone_of_it: true, ..Options::of(Language::Zpl) });
    b.send(&[b"~HS~HQES", COUNTER, ZPL].concat());
    b.out(1);
    assert!(b.is_silent());
}

#[test]
fn tspl_status_in_both_forms() {
    for (fault, short, long) in [
        (None, 0x00, *b"\x02@@@@\x03\r\n"),
        (Some(PrinterFault::CoverOpen), 0x41, *b"\x02E@@`\x03\r\n"),
        (Some(PrinterFault::RibbonOut), 0x08, *b"\x02E@@D\x03\r\n"),
        (Some(PrinterFault::HeadHot), 0x80, *b"\x02E@A@\x03\r\n"),
    ] {
        let mut b = Bench::of(Language::Tspl);
        if let Some(fault) = fault {
            b.printer.set(fault);
        }
        b.send(b"\x1b!?\x1b!S");
        assert_eq!(b.received(), [short]);
        assert_eq!(b.received(), long);
    }
    let mut b = Bench::new(Options { clone_of_it: true, ..Options::of(Language::Tspl) });
    b.send(b"\x1b!S\x1b!?");
    assert_eq!(b.received(), [0]);
}

#[test]
fn the_tspl_image_stays_until_it_is_cleared() {
    let mut b = Bench::of(Language::Tspl);
    b.send(&[TSPL, b"PRINT 1,2\r\n"].concat());
    assert_eq!(b.out(3).iter().filter(|p| drawn(&p.picture) == TSPL_DOTS).count(), 3);
    b.send(b"CLS\r\nPRINT 1\r\n\x1b!?");
    b.received::<1>();
    assert_eq!(b.printer.printed().len(), 3);
}

#[test]
fn paper_that_ends_in_a_label_leaves_half_of_it_and_it_is_printed_again() {
    for (language, stream, dots) in both() {
        let mut b = Bench::of(language);
        b.printer.set(PrinterFault::PaperOutInLabel { after: 1 });
        b.send(&[stream, stream, stream].concat());
        let out = b.out(2);
        assert_eq!(out.iter().map(|p| p.partial).collect::<Vec<_>>(), [false, true]);
        assert_eq!(out[1].picture.height(), 2);
        b.printer.mend();
        let out = b.out(4);
        assert!(out[2..].iter().all(|p| !p.partial && drawn(&p.picture) == dots), "{language:?}");
        let whole = std::fs::read(b.dir.path().join("0003.bin")).unwrap();
        assert_eq!(whole.windows(3).filter(|w| *w == b"^XZ" || *w == b"PRI").count(), 1);
    }
}

/// Large enough that the middle of the stream is in the middle of the label.
fn large(language: Language) -> Vec<u8> {
    match language {
        Language::Zpl => {
            format!("^XA^PW800^LL80^FO0,0^GFA,8000,8000,100,{}^FS^XZ", "A5".repeat(8_000)).into_bytes()
        }
        _ => [&b"SIZE 100 mm,10 mm\r\nCLS\r\nBITMAP 0,0,100,80,0,"[..], &[0x5a; 8_000], b"\r\nPRINT 1,1\r\n"]
            .concat(),
    }
}

#[test]
fn the_line_breaks_in_mid_label_and_nothing_comes_out() {
    for (language, ..) in both() {
        let mut b = Bench::of(language);
        let label = large(language);
        b.printer.set(PrinterFault::LineBreaksInLabel { after: 1 });
        b.send(&label);
        b.out(1);
        // It may break before all has been sent.
        drop(b.connection.write_all(&label));
        b.reconnect();
        // What fills up a torn bitmap, and wipes what else was begun.
        if language == Language::Tspl {
            b.send(&[0xff; 8_000]);
            b.send(b"\r\n");
        }
        b.send(&label);
        let out = b.out(2);
        assert!(
            out.iter().all(|p| !p.partial && drawn(&p.picture) == drawn(&out[0].picture)),
            "{language:?}"
        );
        assert_eq!(drawn(&out[0].picture)[0].matches('#').count(), 400);
    }
}

#[test]
fn the_line_breaks_when_the_label_is_out() {
    for (language, stream, _) in both() {
        let mut b = Bench::of(language);
        b.printer.set(PrinterFault::LineBreaksBeforeAnswer { after: 1 });
        b.send(stream);
        b.out(1);
        b.send(stream);
        b.out(2);
        b.reconnect();
        b.send(stream);
        b.out(3);
        assert_eq!(b.printer.connections(), 2);
    }
}

#[test]
fn a_reboot_forgets_and_comes_back_by_itself() {
    for (language, stream, dots) in both() {
        let mut b = Bench::of(language);
        b.printer.set(PrinterFault::CoverOpen);
        b.send(&[stream, &stream[..stream.len() / 2]].concat());
        b.printer.set(PrinterFault::Reboot { off_ms: 30 });
        b.reconnect();
        b.printer.mend();
        b.send(stream);
        b.out(1);
        assert!(b.printer.wait_until_idle(Duration::ZERO) || b.printer.printed().len() == 1);
        assert_eq!(drawn(&b.printer.printed()[0].picture), dots);
    }
}

#[test]
fn mute_and_mad() {
    let mut b = Bench::of(Language::Tspl);
    b.printer.set(PrinterFault::Mute);
    b.send(&[b"\x1b!?", TSPL].concat());
    b.out(1);
    assert!(b.is_silent());
    b.printer.mend();
    b.printer.set(PrinterFault::Garbage);
    b.send(b"\x1b!S");
    assert_ne!(&b.received::<8>(), b"\x02@@@@\x03\r\n");
}
