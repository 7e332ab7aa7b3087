//! Built-in templates drawn, read back and compared; bad input refused.

use ::words::{Locale, WordSet as _};

use crate::wording::{LabelFaultWords, word_label_error};
use proptest::prelude::*;

use super::*;
use crate::raster::bitmap::Bitmap;
use crate::raster::code::BarcodeError;
use crate::readback;
use crate::template::{builtin_templates, find_builtin};

pub(crate) fn everything() -> Fields {
    Fields::new()
        .with(Field::Url, "https://ct.example/7QK3M9X2W")
        .with(Field::Tag, "7QK3M9X2W")
        .with(Field::Name, "Infusion pump 14")
        .with(Field::AssetNumber, "BM-20418")
        .with(Field::Serial, "SN 4471-22-0093")
        .with(Field::Maker, "Alaris Medical")
        .with(Field::Model, "8015")
        .with(Field::Category, "Infusion pumps")
        .with(Field::Location, "ICU East, bed 14")
        .with(Field::Facility, "St. Anne's Hospital")
        .with(Field::Protocol, "Non-critical surface wipe-down")
        .with(Field::ProtocolVersion, "4")
        .with_steps([
            "Put on gloves. Switch the pump off and unplug it.",
            "Wipe off all visible soil with a fresh wipe; throw the wipe away.",
            "Wipe every surface with a second wipe: front, back, pole clamp, keypad, cable.",
            "Keep all surfaces visibly wet for the whole contact time. Wipe again if they dry.",
            "Let it dry in the air. Do not rinse.",
            "Look at keypad and display: cracks or residue go to biomed.",
            "Scan the label and record the cleaning.",
        ])
        .with(Field::Agent, "Super Sani-Cloth (EPA 9480-4)")
        .with(Field::ContactTime, "2 min")
        .with(Field::Ppe, "gloves, eye protection")
        .with(Field::Ifu, "Alaris 8015 IFU rev. 7, section 4.2")
        .with(Field::Load, "2026-0412")
        .with(Field::LoadLot, "OPA 88213")
        .with(Field::LoadExpires, "2026-12-31")
        .with(Field::Machine, "AER 2, Endoscopy")
        .with(Field::CleanedAt, "2026-11-20 12:04")
        .with(Field::CleanedBy, "Maria Ortiz")
        .with(Field::CleanUntil, "2026-11-27 12:04")
        .with(Field::Until, "2026-12-01")
        .with(Field::Reason, "Keypad does not respond; sent to the maker for repair")
        .with(Field::Person, "Maria Ortiz-Hernández")
        .with(Field::Role, "Environmental services technician")
        .with(Field::StaffId, "E-10442")
        .with(Field::Date, "2026-11-20")
        .with_position(42, 300)
}

fn drawn(name: &str, fields: &Fields, dpi: u16) -> Result<(Bitmap, Drawing), LabelError> {
    let mut t = Typesetter::new().unwrap();
    let drawing = lay_out_label(&t, find_builtin(name).unwrap(), fields, None, Dpi::new(dpi).unwrap())?;
    Ok((drawing.bitmap(&mut t), drawing))
}

/// As people read it.
fn refused(name: &str, fields: &Fields) -> String {
    word_label_error(LabelFaultWords::in_locale(Locale::EnUs), &drawn(name, fields, 203).unwrap_err())
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn built_in_templates_are_as_they_were_looked_at() {
    let mut table = String::new();
    for template in builtin_templates() {
        for dpi in [203, 300, 600] {
            let (label, drawing) = drawn(&template.name, &everything(), dpi)
                .unwrap_or_else(|e| panic!("{}: {e}", template.name));
            readback::check_drawing(&label, &drawing)
                .unwrap_or_else(|e| panic!("{} at {dpi}: {e}", template.name));
            let (w, h, hash) = (label.width(), label.height(), fnv(label.bytes()));
            table += &format!("{} {dpi} {w}x{h} {hash:016x}\n", template.name);
        }
    }
    assert_eq!(table, include_str!("../../testdata/builtins.txt"), "the table is now:\n{table}");
}

fn least_module(name: &str, dpi: u16) -> u32 {
    let (_, drawing) = drawn(name, &everything(), dpi).unwrap();
    let modules = drawing
        .marks
        .iter()
        .filter_map(|m| if let DrawElement::Code { module, .. } = m { Some(*module) } else { None });
    modules.min().unwrap()
}

#[test]
fn modules_are_those_that_phones_read() {
    for (dpi, standard, micro) in [(203, 6, 3), (300, 9, 5), (600, 18, 10)] {
        for name in [
            "equipment",
            "equipment-62x29",
            "equipment-66x25",
            "equipment-47x22",
            "blank-tag",
            "blank-tag-62x29",
            "blank-tag-47x22",
            "load-sticker",
        ] {
            assert_eq!(least_module(name, dpi), standard, "{name} at {dpi}");
        }
        assert_eq!(least_module("micro", dpi), micro);
    }
}

#[test]
fn empty_fields_are_a_blank_tag() {
    let blank = Fields::new().with(Field::Url, "https://ct.example/7QK3M9X2W").with(Field::Tag, "7QK3M9X2W");
    for name in [
        "equipment",
        "equipment-62x29",
        "equipment-66x25",
        "equipment-47x22",
        "micro",
        "blank-tag",
        "blank-tag-62x29",
        "blank-tag-47x22",
        "cable-flag",
    ] {
        let (label, drawing) = drawn(name, &blank, 203).unwrap();
        assert_eq!(readback::check_drawing(&label, &drawing), Ok(()), "{name}");
        assert!(drawing.warnings.is_empty(), "{name}: {:?}", drawing.warnings);
    }
}

#[test]
fn position_changes_the_margin_only_where_it_is_printed() {
    let (with, _) = drawn("equipment", &everything(), 203).unwrap();
    let (other, _) = drawn("equipment", &everything().with_position(43, 300), 203).unwrap();
    let differ: Vec<u32> =
        (0..244).filter(|&y| (0..487).any(|x| with.black(x, y) != other.black(x, y))).collect();
    assert!(!differ.is_empty() && differ.iter().all(|&y| y > 210), "{differ:?}");
}

fn with_asset(chars: usize) -> Fields {
    everything().with(Field::AssetNumber, "9".repeat(chars))
}

fn is_cut(drawing: &Drawing, start: &str) -> bool {
    drawing.warnings.iter().any(|w| matches!(w, LabelWarning::Cut { text } if text.starts_with(start)))
}

#[test]
fn long_fields() {
    let long =
        everything().with(Field::Name, "Ventilator ".repeat(45)).with(Field::Location, "Ward ".repeat(24));
    let (label, drawing) = drawn("equipment", &long, 203).unwrap();
    assert_eq!(readback::check_drawing(&label, &drawing), Ok(()));
    assert!(
        is_cut(&drawing, "Ventilator Ventilator") && is_cut(&drawing, "Ward Ward"),
        "{:?}",
        drawing.warnings
    );
    let refusal = refused("equipment", &with_asset(120));
    assert!(refusal.starts_with("the asset number has 120 characters"), "{refusal}");
    assert!(drawn("equipment", &with_asset(45), 203).is_ok(), "45 characters still fit on two small lines");
    let steps = everything().with_steps(vec!["Wipe every surface with a second wipe until it shines."; 60]);
    assert!(
        refused("protocol-card", &steps).starts_with("the steps has")
            || refused("protocol-card", &steps).starts_with("the steps have")
    );
}

fn with_field(field: Field, text: &str) -> Fields {
    everything().with(field, text)
}

#[test]
fn refusals_name_the_field_and_offer_the_asset_number() {
    let emoji = refused("equipment", &with_field(Field::Location, "💉"));
    assert!(emoji.starts_with("the location cannot be printed: the character “💉”"), "{emoji}");
    assert!(refused("equipment", &with_field(Field::Name, "a\u{1b}@")).contains("U+001B"));
    for name in ["超声", "משאבה", "pump 💉", "q\u{30a}x"] {
        let fields = with_field(Field::Name, name);
        let refusal = refused("equipment", &fields);
        assert!(refusal.ends_with("; or print the asset number instead"), "{refusal}");
        assert!(drawn("equipment", &fields.without_name().unwrap(), 203).is_ok());
        let without = with_field(Field::Name, name).with(Field::AssetNumber, "");
        assert!(!refused("equipment", &without).contains("asset number"));
    }
    for tag in ["", "7QK 3M9 X2W", "\u{1b}@", "7QK3M9X2Ü"] {
        assert!(
            matches!(drawn("equipment", &with_field(Field::Tag, tag), 203), Err(LabelError::NoTag(_))),
            "{tag}"
        );
    }
    assert!(matches!(
        drawn("micro", &with_field(Field::Tag, "ABCDEFGH3"), 203),
        Err(LabelError::OtherTag { .. })
    ));
    let url = format!("https://{}/7QK3M9X2W", "a".repeat(700));
    assert!(matches!(
        drawn("equipment", &with_field(Field::Url, &url), 203),
        Err(LabelError::Code(BarcodeError::TooLong { .. }))
    ));
    let long_host = format!("https://{}/7QK3M9X2W", "a".repeat(120));
    let small = refused("micro", &with_field(Field::Url, &long_host));
    assert!(small.contains("squares of 0.25 mm") || small.contains("squares of 0.13 mm"), "{small}");
    assert_eq!(
        drawn("protocol-card", &with_field(Field::Agent, " "), 203).unwrap_err(),
        LabelError::Missing(Field::Agent)
    );
    assert_eq!(
        drawn("equipment", &with_field(Field::Url, ""), 203).unwrap_err(),
        LabelError::Missing(Field::Url)
    );
}

#[test]
fn nothing_claims_to_be_clean() {
    for template in builtin_templates() {
        for part in template.elements.iter().flat_map(LabelElement::words).flat_map(|w| &w.0) {
            let PatternPart::Literal(words) = part else { continue };
            let words = words.to_lowercase();
            let claims = |word: &str| words.split(|c: char| !c.is_alphabetic()).any(|w| w == word);
            assert!(
                !["sterile", "safe", "disinfected"].into_iter().any(claims),
                "{}: {words}",
                template.name
            );
            assert!(!claims("clean") || words == "how to clean", "{}: {words}", template.name);
        }
    }
}

fn square_code(size: f64) -> Template {
    let file = format!(
        "name='t'\ntitle='t'\nwidth_mm=30\nheight_mm=30\n[[code]]\nx=0\ny=0\nwidth={size}\nheight={size}\n"
    );
    Template::parse(file.as_bytes()).unwrap()
}

fn warnings_of(t: &Typesetter, size: f64) -> Result<Vec<LabelWarning>, LabelError> {
    lay_out_label(t, &square_code(size), &everything(), None, Dpi::D203).map(|d| d.warnings)
}

#[test]
fn small_modules_are_warned_of_and_smaller_ones_refused() {
    let t = Typesetter::new().unwrap();
    assert_eq!(warnings_of(&t, 22.0), Ok(vec![]));
    assert!(
        matches!(warnings_of(&t, 15.0).unwrap().as_slice(), [LabelWarning::SmallModules { module_mm }] if (0.49..0.51).contains(module_mm))
    );
    let refusal = warnings_of(&t, 9.0).unwrap_err();
    let words = word_label_error(LabelFaultWords::in_locale(Locale::EnUs), &refusal);
    assert!(words.contains("squares of 0.25 mm") && words.contains("at least 11.1 mm wide"), "{words}");
    assert!(warnings_of(&t, 11.1).is_ok(), "what the refusal says does do");
}

fn module_beside(gap: f64) -> (u32, u32) {
    let x = 20.0 + gap;
    let file = format!(
        "name='t'\ntitle='t'\nwidth_mm=60\nheight_mm=20\n[[code]]\nx=0\ny=0\nwidth=20\nheight=20\n\
             [[text]]\nx={x}\ny=0\nwidth=20\nheight=20\nsize=9\ntext='words'\n"
    );
    let template = Template::parse(file.as_bytes()).unwrap();
    let drawing =
        lay_out_label(&Typesetter::new().unwrap(), &template, &everything(), None, Dpi::D203).unwrap();
    let [DrawElement::Code { x, module, code, .. }, ..] = drawing.marks.as_slice() else { panic!() };
    (*module, Dpi::D203.dots(20.0 + gap) - (x + code.width() * module))
}

#[test]
fn a_code_keeps_its_distance_from_its_neighbours() {
    let (module, white) = module_beside(0.0);
    assert!(module == 4 && white >= 4 * module, "{module} {white}");
    let (module, white) = module_beside(5.0);
    assert!(module == 5 && white >= 4 * module, "{module} {white}");
}

#[test]
fn logo_inverse_and_outline() {
    let mut png = Bitmap::white(40, 20);
    png.blacken_rect(0, 0, 40, 20);
    let logo = Logo::decode(&png.to_png().unwrap()).unwrap();
    let mut t = Typesetter::new().unwrap();
    let badge = find_builtin("badge").unwrap();
    let dots = |logo| lay_out_label(&t, badge, &everything(), logo, Dpi::D203).unwrap();
    let (with, without) = (dots(Some(&logo)), dots(None));
    assert!(with.bitmap(&mut t).black_dots() > without.bitmap(&mut t).black_dots() + 9_000);
    let (label, _) = drawn("out-of-service", &everything(), 203).unwrap();
    assert!(label.black(20, 20) && !label.black(5, 5), "its head is white on black");
    let file = "name='t'\ntitle='t'\nwidth_mm=30\nheight_mm=20\n[[box]]\nx=1\ny=1\nwidth=28\nheight=18\nthickness=0.5\n\
                [[text]]\nx=3\ny=3\nwidth=20\nheight=5\nsize=9\ntext='in a box'\n";
    let drawing =
        lay_out_label(&t, &Template::parse(file.as_bytes()).unwrap(), &Fields::new(), None, Dpi::D203)
            .unwrap();
    let label = drawing.bitmap(&mut t);
    assert!(label.black(8, 8) && label.black(231, 151) && !label.black(13, 13) && !label.black(7, 7));
}

#[test]
fn receipts_grow_with_their_words() {
    let short = everything().with(Field::Steps, "").with(Field::Agent, "");
    let (long, short) =
        (drawn("receipt", &everything(), 203).unwrap().0, drawn("receipt", &short, 203).unwrap().0);
    assert!(
        long.height() > short.height() + 100 && short.height() > 200,
        "{} {}",
        long.height(),
        short.height()
    );
    let (_, _, _, below) = long.margins().unwrap();
    assert!(below >= Dpi::D203.dots(TAIL_MM), "the last line is whole");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_fields_are_refused_or_scan(
        name in "\\PC{0,60}|[ -~]{0,500}", asset in "[ -~]{0,40}|\\PC{0,9}", location in "[ -~äöüßčřž]{0,120}",
        host in "[a-z]{1,40}\\.[a-z]{2,3}", of in 0u32..10_000, which in 0usize..20,
    ) {
        let fields = everything()
            .with(Field::Url, format!("HTTPS://{host}/7QK3M9X2W"))
            .with(Field::Name, name).with(Field::AssetNumber, asset).with(Field::Location, location)
            .with_position(of / 2, of);
        let name = &builtin_templates()[which % builtin_templates().len()].name;
        if let Ok((label, drawing)) = drawn(name, &fields, 203) {
            prop_assert_eq!(readback::check_drawing(&label, &drawing), Ok(()), "{}", name);
            for y in 0..label.height() {
                prop_assert!(!label.black(label.width() - 1, y), "nothing touches the edge");
            }
        }
    }
}
