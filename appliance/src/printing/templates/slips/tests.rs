//! Slips as bytes, and on labels: what is written, wrapped and refused.

use std::sync::Mutex;

use super::*;
use crate::printing::model::printer_settings::{MediaChoice, PrinterSettings};
use crate::printing::templates::page_codes::strict_protocol;

/// Keeps what it is given.
#[derive(Default)]
struct StoredBytes(Mutex<Vec<u8>>);

impl Driver for StoredBytes {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}

fn config(media: Option<&str>, language: &str) -> PrinterConfig {
    let media = media.map(|name| MediaChoice::Named(name.to_owned()));
    PrinterSettings { media, ..PrinterSettings::new("P", language, "tcp://h:1") }.checked().unwrap()
}

fn bytes_of(config: &PrinterConfig, lines: Vec<SlipLine>) -> Vec<u8> {
    let mut t = Typesetter::new().unwrap();
    let mut printer = Printer::new(StoredBytes::default(), strict_protocol(), None);
    let slip = SlipContent { title: "Slip".into(), lines };
    compose_slip(&mut printer, &mut t, config, &slip).unwrap();
    printer.print().unwrap();
    printer.driver().0.into_inner().unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn spanish_is_written_in_the_page_that_has_it() {
    let bytes = bytes_of(&config(None, "escpos"), vec![SlipLine::Text("Limpió el ecógrafo: MÁQUINA".into())]);
    // ESC t 2: PC850, in which Á is 0xB5, ó 0xA2.
    assert!(contains(&bytes, b"\x1bt\x02Limpi\xa2 el ec\xa2grafo: M\xb5QUINA\x1bd\x01"), "{bytes:x?}");
}

#[test]
fn no_line_is_wider_than_the_paper() {
    let long =
        "A name that goes on and on, Transesophagealultrasoundtransducerwithoutanyspaceatall, and a half";
    for columns in [16, 32, 42, 48] {
        let lines = wrap_text(long, columns);
        assert!(lines.iter().all(|line| line.chars().count() <= columns), "{columns}: {lines:#?}");
        let joined: String = lines.concat();
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&joined), letters(long), "nothing is lost");
        for fact in lay_out_fact("Equipment", long, columns) {
            assert!(fact.chars().count() <= columns, "{columns}: {fact:?}");
        }
    }
    assert_eq!(lay_out_fact("Tag", "ABC DEF GHJ", 20), ["Tag      ABC DEF GHJ"]);
    assert_eq!(wrap_text("", 10), Vec::<String>::new());
}

#[test]
fn an_address_is_a_code_as_dots_and_letters_below() {
    let config = config(None, "escpos");
    let bytes = bytes_of(&config, vec![SlipLine::Address("http://10.0.0.5/".into())]);
    assert!(contains(&bytes, b"\x1dv0\0\x48\0"), "raster as wide as the head");
    assert!(contains(&bytes, b"http://10.0.0.5/\x1bd\x01"));
    assert!(!contains(&bytes, b"\x1d(k"), "no command that clones lack");
}

#[test]
fn which_slips_fit_which_printers() {
    let mut t = Typesetter::new().unwrap();
    let lines = vec![
        SlipLine::Title("Set-up".into()),
        SlipLine::Address("http://10.0.0.5/".into()),
        SlipLine::SetupCode { name: "Code".into(), used: "The code was used.".into() },
    ];
    let slip = SlipContent { title: "Set-up slip".into(), lines };
    let mut check = |media, language, kind| check_slip(&mut t, &config(media, language), kind, &slip);
    for (media, language) in
        [(None, "escpos"), (Some("58-continuous"), "escpos"), (None, "zpl"), (None, "brother-ql")]
    {
        assert_eq!(check(media, language, JobKind::SetupSlip), Ok(()), "{language} {media:?}");
    }
    let needs_roll = Err(MakeError::Slip(SlipError::NeedsReceiptRoll));
    for (language, kind) in
        [("zpl", JobKind::ReceiptStrip), ("zpl", JobKind::SelfTest), ("pdf", JobKind::SetupSlip)]
    {
        assert_eq!(check(None, language, kind), needs_roll, "{language} {kind:?}");
    }
    assert_eq!(
        check(Some("63.5x32"), "escpos", JobKind::ReceiptStrip),
        needs_roll,
        "labels on a receipt printer"
    );
    assert_eq!(check(Some("63.5x32"), "escpos", JobKind::SetupSlip), Ok(()));
}

#[test]
fn a_set_up_label_reads_back() {
    let mut t = Typesetter::new().unwrap();
    let config = config(None, "zpl");
    let lines = vec![
        SlipLine::Address("http://10.0.0.5/".into()),
        SlipLine::Fact { name: "Code".into(), value: "K7QX-93MP".into() },
    ];
    let slip = SlipContent { title: "Set-up slip".into(), lines };
    let drawing = draw_slip(&t, &config, JobKind::SetupSlip, &slip).unwrap();
    let dots = drawing.bitmap(&mut t);
    readback::check_drawing(&dots, &drawing).unwrap();
    let texts = drawing.marks.iter().filter_map(|mark| match mark {
        DrawElement::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["http://10.0.0.5/", "Code: K7QX-93MP"]);
}

#[test]
fn the_self_test_shows_columns_and_letters() {
    let bytes = bytes_of(&config(None, "escpos"), vec![SlipLine::Letters]);
    assert!(contains(&bytes, b"123456789012345678901234567890123456789012345678\x1bd\x01"), "48 columns");
    assert!(contains(&bytes, b"\x1bt\x11"), "PC866");
    assert!(contains(&bytes, b"\x1bt\x13"), "PC858");
}
