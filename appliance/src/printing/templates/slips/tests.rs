//! Slips as bytes, and on labels: what is written, wrapped and refused.

use std::sync::Mutex;

use super::*;
use crate::printing::model::printer_settings::{MediaChoice, PrinterSettings};
use crate::printing::templates::page_codes::strict_protocol;

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

fn setup_slip(passphrase: &str) -> SlipContent {
    let fact = |name: &str, value: &str| SlipLine::Fact { name: name.into(), value: value.into() };
    let lines = vec![
        SlipLine::Title("Linden Valley Hospital".into()),
        SlipLine::Text("Scan this code with a phone on the same network, or enter the address:".into()),
        SlipLine::Address("http://10.0.0.5:8080/".into()),
        SlipLine::Text("Also: http://192.168.178.123:8080/".into()),
        SlipLine::Rule,
        SlipLine::SetupCode { name: "Set-up code".into(), used: "It was used.".into() },
        SlipLine::Passphrase { name: "Password of the box’s own Wi-Fi".into() },
        fact("State", "not set up yet"),
        fact("Version", "0.1.0"),
        SlipLine::SecretNote {
            code: "The code is a secret. Destroy this slip when the box is set up.".into(),
            passphrase: "The password is a secret. Destroy this slip.".into(),
            both: "Code and password are secrets. Destroy this slip when the box is set up.".into(),
        },
    ];
    let slip = SlipContent { title: "Set-up slip".into(), lines };
    slip.with_secrets(Some("7QK3M-9X2WA"), Some(passphrase))
}

/// The longest that may be, of the widest letter, of blanks, and of all that there are.
fn long_passphrases() -> [String; 4] {
    let all: String = (' '..='~').cycle().skip(40).take(63).collect();
    ["W".repeat(63), "two  blanks ".repeat(5) + "end", " ".repeat(63), all]
}

fn drawn_rows(drawing: &Drawing) -> Vec<(u32, u32, u32, String)> {
    let rows = drawing.marks.iter().filter_map(|mark| match mark {
        DrawElement::Text { x, baseline, px, text, .. } => Some((*x, *baseline, *px, text.clone())),
        _ => None,
    });
    rows.collect()
}

#[test]
fn a_long_password_is_on_the_label_whole_and_readable_or_refused() {
    let t = Typesetter::new().unwrap();
    let (mut printed, mut refused) = (0, 0);
    for media in ["2x1in", "2.25x1.25in", "62x29", "4x2in"] {
        let config = config(Some(media), "zpl");
        for passphrase in long_passphrases() {
            let slip = setup_slip(&passphrase);
            match draw_slip(&t, &config, JobKind::SetupSlip, &slip) {
                Ok(drawing) => {
                    printed += 1;
                    let rows = drawn_rows(&drawing);
                    for (x, baseline, px, text) in &rows {
                        assert!(x + t.width(text, FontWeight::Bold, *px) <= drawing.width, "{media}: {text}");
                        assert!(*baseline <= drawing.height, "{media}: {text}");
                        assert!(*px >= config.dpi.points(LABEL_PT_MIN), "{media}: {text}");
                    }
                    let all: String = rows.into_iter().map(|(_, _, _, text)| text).collect();
                    assert!(all.contains(&passphrase), "{media}: {all}");
                    assert!(all.contains("7QK3M-9X2WA") && all.contains("http://10.0.0.5:8080/"), "{all}");
                }
                Err(MakeError::Slip(SlipError::TooSmall { .. })) => refused += 1,
                Err(other) => panic!("{media}: {other}"),
            }
        }
        let usual = draw_slip(&t, &config, JobKind::SetupSlip, &setup_slip("7QK3M-9X2WA-4DTBE"));
        assert!(usual.is_ok(), "{media}: {:?}", usual.err());
    }
    assert!(printed >= 8, "{printed} printed, {refused} refused");
}

#[test]
fn what_is_needed_to_get_in_is_never_left_out() {
    let t = Typesetter::new().unwrap();
    let area = LabelArea { left: 0, width: 200, height: 60 };
    let slip = setup_slip(&"W".repeat(63));
    assert!(choose_rows(&t, Dpi::D203, area, &slip).unwrap().is_none());
    let tall = LabelArea { height: 200, ..area };
    let rows = choose_rows(&t, Dpi::D203, tall, &slip).unwrap().unwrap();
    assert!(rows.texts.concat().contains(&"W".repeat(63)) && rows.height(&t) <= 200, "{:?}", rows.texts);
    assert!(!rows.texts.concat().contains("Destroy"), "the last lines go first");
    let taller = LabelArea { height: 2_000, ..area };
    let rows = choose_rows(&t, Dpi::D203, taller, &slip).unwrap().unwrap();
    assert_eq!(rows.px, Dpi::D203.points(LABEL_PT));
    assert!(rows.texts.concat().contains("Destroy"), "with room there is all of it");
}

#[test]
fn a_long_password_is_on_the_receipt_whole() {
    for passphrase in long_passphrases() {
        for columns in [16, 32, 48] {
            let lines = lay_out_secret("Password of the box's own Wi-Fi", &passphrase, columns);
            assert!(lines.iter().all(|line| line.chars().count() <= columns), "{columns}: {lines:#?}");
            let pieces = lines.iter().skip_while(|line| !line.starts_with("  "));
            let whole: String = pieces.map(|line| &line[2..]).collect();
            assert_eq!(whole, passphrase, "{columns}");
        }
    }
    let pieces = break_secret("abcd  efgh", |piece| piece.len() <= 5);
    assert_eq!(pieces, ["abc", "d  ef", "gh"], "a blank at an end is seen by nobody");
}

#[test]
fn the_self_test_shows_columns_and_letters() {
    let bytes = bytes_of(&config(None, "escpos"), vec![SlipLine::Letters]);
    assert!(contains(&bytes, b"123456789012345678901234567890123456789012345678\x1bd\x01"), "48 columns");
    assert!(contains(&bytes, b"\x1bt\x11"), "PC866");
    assert!(contains(&bytes, b"\x1bt\x13"), "PC858");
}
