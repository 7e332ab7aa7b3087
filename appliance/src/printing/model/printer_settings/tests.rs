//! Settings of each language, what goes with what, and refusals that say what to do.

use super::*;

fn settings(language: &str) -> PrinterSettings {
    PrinterSettings::new("Desk", language, "tcp://10.0.0.9:9100")
}

fn refusal(settings: &PrinterSettings) -> (Option<&'static str>, String) {
    let refused = settings.checked().unwrap_err();
    (refused.field(), refused.to_string())
}

fn own(width_mm: f64, height_mm: Option<f64>, continuous: bool) -> Option<MediaChoice> {
    let (gap_mm, thermal) = (None, ThermalSetting::Direct);
    Some(MediaChoice::Own(MeasuredMedia {
        width_mm,
        height_mm,
        continuous,
        gap_mm,
        thermal,
        two_colour: false,
    }))
}

#[test]
fn every_language_with_nothing_said() {
    for language in PrinterLanguage::all() {
        let config = settings(language.name()).checked().unwrap();
        assert_eq!(config.profile().media, (language.row().media)()[0]);
    }
}

#[test]
fn every_roll_of_every_list_on_a_head_that_reaches() {
    for language in PrinterLanguage::all() {
        for media in (language.row().media)() {
            let mut chosen = settings(language.name());
            chosen.media = Some(MediaChoice::Named(media.name.clone()));
            let dpi = Dpi::new(language.row().dpi[0]).unwrap();
            let reach = dpi.dots_up(media.width_mm - 2.0 * media.side_mm);
            chosen.head_dots = Some((language.row().head_dots)(dpi).max(reach));
            assert!(chosen.checked().is_ok(), "{} {}: {:?}", language.name(), media.name, chosen.checked());
        }
    }
}

#[test]
fn refusals_name_the_field_and_what_to_do() {
    let zpl = settings("zpl");
    for (wrong, field, message) in [
        (PrinterSettings { name: " ".into(), ..zpl.clone() }, "name", "Name"),
        (PrinterSettings { name: "a/b".into(), ..zpl.clone() }, "name", "Name"),
        (PrinterSettings { name: "Desk\u{202e}1".into(), ..zpl.clone() }, "name", "Name"),
        (PrinterSettings { name: "\u{200b}".into(), ..zpl.clone() }, "name", "Name"),
        (PrinterSettings { name: "x".repeat(61), ..zpl.clone() }, "name", "Name"),
        (settings("epl"), "language", "UnknownLanguage(\"epl\")"),
        (PrinterSettings { dpi: Some(180), ..zpl.clone() }, "dpi", "known: [203, 300, 600]"),
        (PrinterSettings { dpi: Some(0), ..zpl.clone() }, "dpi", "dpi: 0"),
        (PrinterSettings { media: Some(MediaChoice::Named("A4".into())), ..zpl.clone() }, "media", "4x6in"),
        (PrinterSettings { media: own(60.0, None, false), ..zpl.clone() }, "media", "Length"),
        (PrinterSettings { media: own(60.0, Some(30.0), true), ..zpl.clone() }, "media", "Length"),
        (PrinterSettings { media: own(f64::NAN, Some(30.0), false), ..zpl.clone() }, "media", "width_mm"),
        (
            PrinterSettings { media: own(60.0, Some(-3.0), false), ..zpl.clone() },
            "media",
            "field: \"height_mm\", value: -3.0",
        ),
        (PrinterSettings { media: own(200.0, Some(30.0), false), ..zpl.clone() }, "media", "HeadReach"),
        (PrinterSettings { media: own(55.0, None, true), ..settings("brother-ql") }, "media", "Roll {"),
        (PrinterSettings { darkness: Some(101), ..zpl.clone() }, "darkness", "least: 0, most: 100"),
        (PrinterSettings { speed: Some(9_000), ..zpl.clone() }, "speed", "least: 10, most: 400"),
        (PrinterSettings { head_dots: Some(0), ..zpl.clone() }, "head_dots", "least: "),
        (PrinterSettings { head_dots: Some(u32::MAX), ..zpl.clone() }, "head_dots", "most: 9600"),
        (
            PrinterSettings { model: Some("LabelWriter 550".into()), ..settings("dymo") },
            "model",
            "ChippedRolls",
        ),
    ] {
        let (at, words) = refusal(&wrong);
        assert_eq!(at, Some(field), "{words}");
        assert!(words.contains(message), "{words}");
    }
}

#[test]
fn who_answers() {
    let answers = |language: &str, address: &str| {
        PrinterSettings { address: address.into(), ..settings(language) }.checked().unwrap().answers
    };
    assert_eq!(answers("escpos", "tcp://h:1"), ConfirmationLevel::Printed);
    assert_eq!(answers("brother-ql", "tcp://h:1"), ConfirmationLevel::Taken);
    assert_eq!(answers("brother-ql", "usb:123"), ConfirmationLevel::Printed);
    assert_eq!(answers("zpl", "dir:/tmp"), ConfirmationLevel::Nothing);
    for (requested, answers) in [
        (StatusQueryMode::Never, ConfirmationLevel::Nothing),
        (StatusQueryMode::Taken, ConfirmationLevel::Taken),
    ] {
        let config = PrinterSettings { answers: requested, ..settings("escpos") }.checked().unwrap();
        assert_eq!((config.answers, config.requested), (answers, requested));
    }
    let folder = PrinterSettings { address: "dir:/tmp".into(), ..settings("zpl") }.checked().unwrap();
    assert_eq!(
        folder.requested,
        StatusQueryMode::Auto,
        "a folder says nothing, but a printer in its place may"
    );
}

#[test]
fn office_printers_and_their_sheets() {
    let office = PrinterSettings::new("Ward 3", PDF, "ipp://10.0.0.9/ipp/print");
    let with =
        |media: &str| PrinterSettings { media: Some(MediaChoice::Named(media.into())), ..office.clone() };
    for (media, name) in [
        ("avery-5160", "Avery 5160"),
        ("5163", "Avery 5163"),
        ("l7160", "Avery L7160"),
        ("avery-l7163", "Avery L7163"),
    ] {
        let config = with(media).checked().unwrap();
        assert_eq!(config.sheet.map(|sheet| sheet.name), Some(name));
        assert_eq!((config.speaks(), config.answers), (PDF, ConfirmationLevel::Printed));
        assert_eq!(with(&config.media.name).checked().unwrap().sheet, config.sheet, "its name is taken back");
    }
    assert_eq!(office.checked().unwrap().sheet.map(sheet_name), Some("avery-5160".into()));
    let own = PrinterSettings { media: own(60.0, Some(30.0), false), ..office.clone() };
    for (wrong, field, message) in [
        (with("a4"), "media", "avery-5160, avery-5163, avery-l7160"),
        (own, "media", "RollForSheets"),
        (PrinterSettings { dpi: Some(203), ..office.clone() }, "dpi", "known: [600]"),
    ] {
        let (at, words) = refusal(&wrong);
        assert!(at == Some(field) && words.contains(message), "{words}");
    }
}

#[test]
fn what_is_kept_reads_back_and_strange_keys_do_not() {
    let full = PrinterSettings {
        dpi: Some(300),
        media: own(60.0, Some(30.0), false),
        answers: StatusQueryMode::Never,
        ..settings("zpl")
    };
    let stored = serde_json::to_string(&full).unwrap();
    assert_eq!(serde_json::from_str::<PrinterSettings>(&stored).unwrap(), full);
    let short = r#"{"name":"a","language":"zpl","address":"tcp://h:1","media":"4x6in","answers":false}"#;
    let read: PrinterSettings = serde_json::from_str(short).unwrap();
    assert_eq!(
        (read.media, read.answers),
        (Some(MediaChoice::Named("4x6in".into())), StatusQueryMode::Never)
    );
    assert!(serde_json::from_str::<PrinterSettings>(&short.replace("media", "paper")).is_err());
}
