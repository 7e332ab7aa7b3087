//! Slips of text on a receipt printer: in the ledger like any job, and read back from the paper.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use appliance::printing::{
    ConfirmedBy, JobKind, LabelState, PrintRefusal, PrinterCause, ReprintRequest, SlipContent, SlipLine,
    SlipRequest,
};
use harness::virtual_printer::{Printed, PrinterFault};
use labels::language::PrinterCondition;
use labels::{Bitmap, PrinterLanguage, readback};
use record::ids::JobId;

use crate::print_server::{Kind, PrinterSetup};

const CODE: &str = "K7QX-93MP-2W4T";

fn id(n: u8) -> JobId {
    JobId::new(i64::from(n), [n; 10])
}

fn slip(n: u8, kind: JobKind, lines: Vec<SlipLine>) -> SlipRequest {
    let content = SlipContent { title: format!("Slip {n}"), lines };
    SlipRequest { id: id(n), key: None, printer: None, kind, content }
}

fn text(words: &str) -> SlipLine {
    SlipLine::Text(words.to_owned())
}

fn fact(name: &str, value: &str) -> SlipLine {
    SlipLine::Fact { name: name.to_owned(), value: value.to_owned() }
}

fn strip(n: u8, item: &str) -> SlipRequest {
    let lines = vec![
        SlipLine::Title("Registro de limpieza".into()),
        fact("Equipo", item),
        fact("Comprobante", "1-42-AB"),
    ];
    slip(n, JobKind::ReceiptStrip, lines)
}

fn setup_slip(n: u8) -> SlipRequest {
    let lines = vec![
        SlipLine::Address("http://10.0.0.5:8080/".into()),
        SlipLine::SetupCode { name: "Set-up code".into(), used: "The code was used.".into() },
        fact("State", "works alone"),
    ];
    slip(n, JobKind::SetupSlip, lines)
}

fn whole(setup: &PrinterSetup) -> Vec<Printed> {
    setup.printer.printed().into_iter().filter(|piece| !piece.partial).collect()
}

fn bitmap(piece: &Printed) -> Bitmap {
    let mut dots = Bitmap::white(piece.picture.width(), piece.picture.height());
    for (x, y, _) in piece.picture.enumerate_pixels().filter(|(_, _, dot)| dot.0[0] < 128) {
        dots.blacken(x, y);
    }
    dots
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_strip_in_spanish_is_printed_confirmed_and_read_back() {
    let setup = PrinterSetup::new();
    let mut server = setup.open();
    server.service.submit_slip(strip(1, "MÁQUINA de diálisis Nº 4, ¿señal? ¡Sí!")).unwrap();
    let job = server.until_done(id(1));
    assert_eq!((job.kind, job.template.as_str(), job.labels[0].tag), (JobKind::ReceiptStrip, "slip", None));
    assert_eq!(
        (job.labels[0].state, job.labels[0].proof),
        (LabelState::Confirmed, Some(ConfirmedBy::Printer))
    );
    let printed = whole(&setup);
    assert_eq!(printed.len(), 1);
    let expected = "Registro de limpieza Equipo MÁQUINA de diálisis Nº 4, ¿señal? ¡Sí! Comprobante 1-42-AB";
    assert_eq!(squeezed(&printed[0].text), expected);
    assert!(printed[0].text.lines().all(|line| line.chars().count() <= 48), "{}", printed[0].text);
    assert!(bitmap(&printed[0]).black_dots() > 1_000, "it is seen");
    assert_eq!(std::fs::read_to_string(setup.spool().join("0001.txt")).unwrap(), printed[0].text);
    assert_eq!(setup.printer.stray_bytes(), 0);
    let outcome = server.outcomes.blocking_recv().unwrap();
    assert_eq!((outcome.job, outcome.labels[0].tag), (id(1), None), "it is no label of any item");
}

#[test]
fn the_set_up_code_is_on_the_paper_and_nowhere_else() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let used = Arc::new(AtomicBool::new(false));
    let reader = Arc::clone(&used);
    server
        .service
        .set_setup_code(Box::new(move || (!reader.load(Ordering::SeqCst)).then(|| CODE.to_owned())));
    server.service.submit_slip(setup_slip(1)).unwrap();
    server.until_done(id(1));
    let printed = whole(&setup);
    assert!(printed[0].text.contains(CODE), "{}", printed[0].text);
    readback::check_readback(&bitmap(&printed[0]), "HTTP://10.0.0.5:8080/").unwrap();
    let ledger = std::fs::read(setup.dir.path().join("state.redb")).unwrap();
    assert!(!ledger.windows(CODE.len()).any(|bytes| bytes == CODE.as_bytes()), "a secret is in the ledger");
    used.store(true, Ordering::SeqCst);
    let again = ReprintRequest {
        id: id(2),
        key: None,
        of: id(1),
        labels: vec![1],
        reason: "lost".into(),
        printer: None,
    };
    server.service.reprint(again).unwrap();
    server.until_done(id(2));
    let printed = whole(&setup);
    assert!(printed[1].text.contains("The code was used.") && !printed[1].text.contains(CODE));
}

#[test]
fn a_slip_that_is_cut_off_is_in_doubt_and_printed_again_when_somebody_says_so() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    setup.printer.set(PrinterFault::LineBreaksInLabel { after: 0 });
    // More than the printer's buffer holds: what it has not read is gone with the connection.
    let long = "a line that is wrapped ".repeat(15);
    let lines = (1..=80).map(|n| text(&format!("{long} {n}"))).collect();
    server.service.submit_slip(slip(1, JobKind::ReceiptStrip, lines)).unwrap();
    let job = server.until_asking(id(1));
    assert_eq!(job.labels[0].state, LabelState::Unknown);
    assert_eq!(whole(&setup).len(), 0, "nothing is printed again by itself");
    server.service.answer(id(1), 1, false).unwrap();
    server.until_done(id(1));
    let printed = whole(&setup);
    assert_eq!(printed.len(), 1);
    assert!(squeezed(&printed[0].text).ends_with("wrapped 80"), "{}", printed[0].text);
    assert!(squeezed(&printed[0].text).contains("wrapped 1 a line"), "{}", printed[0].text);
}

#[test]
fn a_slip_that_came_out_before_the_line_broke_is_not_printed_twice() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    setup.printer.set(PrinterFault::LineBreaksBeforeAnswer { after: 0 });
    server.service.submit_slip(strip(1, "Pump")).unwrap();
    server.until_asking(id(1));
    server.service.answer(id(1), 1, true).unwrap();
    let job = server.until_done(id(1));
    assert_eq!(job.labels[0].proof, Some(ConfirmedBy::Person));
    assert_eq!(whole(&setup).len(), 1);
}

#[test]
fn a_slip_waits_for_paper() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    setup.printer.set(PrinterFault::PaperOutAfter(0));
    server.service.submit_slip(strip(1, "Pump")).unwrap();
    server.until_paused(id(1), |cause| *cause == PrinterCause::Condition(PrinterCondition::PaperOut));
    setup.printer.mend();
    server.until_done(id(1));
    assert_eq!(squeezed(&whole(&setup)[0].text), "Registro de limpieza Equipo Pump Comprobante 1-42-AB");
}

#[test]
fn slips_queue_in_order_between_labels_and_the_queue_has_an_end() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    for n in 1..=30 {
        server.service.submit_slip(strip(n, &format!("Pump {n}"))).unwrap();
    }
    server.until_done(id(30));
    let printed: Vec<String> = whole(&setup).iter().map(|piece| squeezed(&piece.text)).collect();
    let expected = (1..=30).map(|n| format!("Registro de limpieza Equipo Pump {n} Comprobante 1-42-AB"));
    assert_eq!(printed, expected.collect::<Vec<_>>());
    assert!(server.service.submit_slip(strip(7, "Pump 7")).is_ok(), "the same id again is the same job");
    setup.printer.set(PrinterFault::CoverOpen);
    let refused = (0..300u64).find_map(|n| {
        let request = SlipRequest { id: JobId::new(1_000 + n as i64, [9; 10]), ..strip(1, "Pump") };
        server.service.submit_slip(request).err()
    });
    assert!(matches!(refused, Some(PrintRefusal::Full)), "{refused:?}");
}

#[test]
fn a_name_is_never_a_command() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    server.service.submit_slip(strip(1, "a\u{1b}@\u{1d}VB\u{0}\u{10}\u{4}\u{1}b 超声")).unwrap();
    server.until_done(id(1));
    let printed = setup.printer.printed();
    assert_eq!(printed.len(), 1, "nothing cuts the slip in two");
    assert!(squeezed(&printed[0].text).contains("b ??"), "{}", printed[0].text);
}

#[test]
fn a_self_test_shows_the_columns_and_the_letters() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    server.service.submit_slip(slip(1, JobKind::SelfTest, vec![SlipLine::Letters])).unwrap();
    server.until_done(id(1));
    let printed = whole(&setup)[0].text.clone();
    let mut lines = printed.lines();
    assert_eq!(lines.next().unwrap().len(), 48);
    let letters: Vec<&str> = lines.collect();
    let expected =
        ["ÁÉÍÓÚÜ áéíóúü Ññ ¿¡", "ÀÂÇÈÊË àâçèêë", "ÄÖÜ äöü ß €", "Zażółć gęślą jaźń", "Очистка", "Καθαρισμός"];
    assert_eq!(letters, expected, "each letter by a table that shares nothing with the encoder");
}

#[test]
fn a_label_printer_takes_the_set_up_slip_as_a_label_and_no_strip() {
    let setup = PrinterSetup::of(Kind::of(PrinterLanguage::Zpl));
    let server = setup.open();
    server.service.set_setup_code(Box::new(|| Some(CODE.to_owned())));
    server.service.submit_slip(setup_slip(1)).unwrap();
    server.until_done(id(1));
    readback::check_readback(&bitmap(&whole(&setup)[0]), "HTTP://10.0.0.5:8080/").unwrap();
    assert!(matches!(server.service.submit_slip(strip(2, "Pump")), Err(PrintRefusal::NoSlipPrinter)));
    let named = SlipRequest { printer: Some("Bench".into()), ..strip(3, "Pump") };
    assert!(matches!(server.service.submit_slip(named), Err(PrintRefusal::Label { n: 1, .. })));
}

#[test]
fn a_slip_under_way_is_in_doubt_after_the_box_was_cut_off() {
    let setup = PrinterSetup::new();
    setup.printer.set(PrinterFault::SlowDrain { bytes_per_s: 400 });
    let server = setup.open();
    let lines = (1..=60).map(|n| text(&format!("a rather long line of a slip, number {n}"))).collect();
    server.service.submit_slip(slip(1, JobKind::ReceiptStrip, lines)).unwrap();
    server.until(id(1), |job| job.labels[0].attempts > 0);
    drop(server);
    setup.printer.mend();
    let server = setup.open();
    let job = server.until_asking(id(1));
    assert_eq!(job.labels[0].state, LabelState::Unknown);
    server.service.answer(id(1), 1, false).unwrap();
    server.until_done(id(1));
    assert!(whole(&setup).last().unwrap().text.contains("number 60"));
}
