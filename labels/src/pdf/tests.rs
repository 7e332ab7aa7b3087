//! What the PDFs hold, read back by the library that wrote them and compared with what was laid out.

use std::sync::Arc;

use lopdf::content::{Content, Operation};
use proptest::prelude::*;

use super::*;
use crate::raster::dpi::Dpi;
use crate::sheet::SHEETS;

fn text(x: u32, baseline: u32, weight: FontWeight, text: &str) -> DrawElement {
    DrawElement::Text { x, baseline, px: 80, weight, text: text.into(), white: false }
}

fn drawing(width_mm: f64, height_mm: f64, marks: Vec<DrawElement>) -> Drawing {
    let dpi = Dpi::new(600).unwrap();
    Drawing { marks, ..Drawing::white(dpi, dpi.dots(width_mm), dpi.dots(height_mm)) }
}

fn label(n: u32) -> Drawing {
    let code = crate::raster::code::encode_qr(&format!("https://ct.example/7QK3M{n:04}")).unwrap();
    let mark = DrawElement::Code { x: 36, y: 75, module: 18, code };
    drawing(60.96, 25.4, vec![mark, text(600, 200, FontWeight::Bold, &format!("Infusion pump {n}"))])
}

fn on(name: &str, start: u32, nudge: PrintOffset, labels: u32) -> Result<Vec<u8>, PdfError> {
    write_sheets(LabelSheet::named(name).unwrap(), FirstLabel::at(start), nudge, (1..=labels).map(label))
}

fn pages(pdf: &[u8]) -> (Document, Vec<Vec<Operation>>) {
    let document = Document::load_mem(pdf).unwrap();
    let pages = document
        .page_iter()
        .map(|id| Content::decode(&document.get_page_content(id)).unwrap().operations)
        .collect();
    (document, pages)
}

fn numbers(operation: &Operation) -> Vec<f64> {
    operation.operands.iter().map(|o| f64::from(o.as_float().unwrap())).collect()
}

/// Left, upper edge (from the top), width and height of each label of a page in millimetres: its matrix and clip.
fn boxes(page: &[Operation], page_height_mm: f64) -> Vec<[f64; 4]> {
    page.windows(3)
        .filter(|w: &&[Operation]| w[0].operator == "cm" && w[1].operator == "re" && w[2].operator == "W")
        .map(|w: &[Operation]| {
            let (m, clip) = (numbers(&w[0]), numbers(&w[1]));
            let [left, top] = [m[4] / PT_PER_MM, page_height_mm - m[5] / PT_PER_MM];
            [left, top, clip[2] * m[0] / PT_PER_MM, clip[3] * -m[3] / PT_PER_MM]
        })
        .collect()
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.02)
}

#[test]
fn a_page_is_as_large_as_its_label() {
    let pdf = write_labels(&[label(1), drawing(25.4, 12.7, Vec::new()), label(3)]).unwrap();
    let (document, pages) = pages(&pdf);
    let size = |id| {
        let page = document.get_dictionary(id).unwrap();
        let media = page.get(b"MediaBox").and_then(Object::as_array).unwrap();
        media.iter().map(|n| n.as_float().unwrap()).collect::<Vec<_>>()
    };
    let sizes: Vec<_> = document.page_iter().map(size).collect();
    assert_eq!(sizes, [[0.0, 0.0, 172.8, 72.0], [0.0, 0.0, 72.0, 36.0], [0.0, 0.0, 172.8, 72.0]]);
    assert!(near(&boxes(&pages[0], 25.4)[0], &[0.0, 0.0, 60.96, 25.4]));
}

#[test]
fn labels_lie_in_the_middle_of_their_places() {
    let nudge = PrintOffset { x_mm: 1.0, y_mm: -0.5 };
    let (document, pages) = pages(&on("5160", 29, nudge, 33).unwrap());
    assert_eq!(pages.iter().map(|p| boxes(p, 279.4).len()).collect::<Vec<_>>(), [2, 30, 1]);
    // 5160: 4.7625 from the left, 66.675 wide, every 69.85; rows of an inch from 12.7.
    let margin = (66.675 - 60.96) / 2.0 + 1.0;
    let first = boxes(&pages[0], 279.4);
    assert!(near(&first[0], &[4.7625 + 69.85 + margin, 241.3 - 0.5, 60.96, 25.4]), "{first:?}");
    assert!(near(&first[1], &[4.7625 + 139.7 + margin, 241.3 - 0.5, 60.96, 25.4]), "{first:?}");
    let second = boxes(&pages[1], 279.4);
    assert!(near(&second[3], &[4.7625 + margin, 38.1 - 0.5, 60.96, 25.4]), "{second:?}");
    assert!(document.extract_text(&[3]).unwrap().contains("Infusion pump 33"));
}

#[test]
fn nothing_lies_off_the_paper_of_any_sheet() {
    for s in &SHEETS {
        let (_, pages) = pages(&on(s.name, 1, PrintOffset::default(), s.count() + 1).unwrap());
        assert_eq!(pages.len(), 2);
        for [left, top, width, height] in pages.iter().flat_map(|p| boxes(p, s.page_mm.1)) {
            assert!(left >= 0.0 && left + width <= s.page_mm.0, "{}: {left}", s.name);
            assert!(top >= 0.0 && top + height <= s.page_mm.1, "{}: {top}", s.name);
        }
    }
}

#[test]
fn words_are_words() {
    let message = ["Infusion pump 14", "Přístroj č. 7 Žižkov", "Ναός Αθήνα", "Насос № 3", "Đường thở ½ µg"];
    let marks = message.iter().zip([FontWeight::Bold, FontWeight::Regular].into_iter().cycle());
    let marks = marks.enumerate().map(|(i, (s, w))| text(0, 80 * i as u32, w, s)).collect();
    let pdf = write_labels(&[drawing(60.0, 30.0, marks)]).unwrap();
    let found = Document::load_mem(&pdf).unwrap().extract_text(&[1]).unwrap();
    for s in message {
        assert!(found.contains(s), "{s} in {found}");
    }
    assert!(pdf.len() < 24_000, "two subsets, not two fonts: {}", pdf.len());
}

#[test]
fn every_letter_of_the_fonts_comes_out_as_itself() {
    for (weight, face) in
        [(FontWeight::Bold, Face::bold().unwrap()), (FontWeight::Regular, Face::regular().unwrap())]
    {
        let all: String = ('!'..'\u{2c80}')
            .filter(|c: &char| face.glyph_id(*c).is_some() && !c.is_whitespace() && !c.is_control())
            .collect();
        assert!(all.chars().count() > 2_000);
        let pdf = write_labels(&[drawing(60.0, 30.0, vec![text(0, 80, weight, &all)])]).unwrap();
        let found = Document::load_mem(&pdf).unwrap().extract_text(&[1]).unwrap();
        assert_eq!(found.trim_end(), all);
    }
}

#[test]
fn a_code_is_its_modules_in_one_shape() {
    let code = crate::raster::code::encode_qr("https://ct.example/7QK3M9X2W").unwrap();
    let mark = DrawElement::Code { x: 36, y: 75, module: 18, code: code.clone() };
    let (_, pages) = pages(&write_labels(&[drawing(60.0, 30.0, vec![mark])]).unwrap());
    let at = pages[0].iter().rposition(|o| o.operator == "cm").unwrap();
    assert_eq!(numbers(&pages[0][at]), [18.0, 0.0, 0.0, 18.0, 36.0, 75.0]);
    let mut drawn = Bitmap::white(code.width(), code.height());
    let shapes: Vec<_> = pages[0][at + 1..].iter().take_while(|o| o.operator == "re").map(numbers).collect();
    for r in &shapes {
        let [x, y, w, h] = [0, 1, 2, 3].map(|i| r[i] as u32);
        assert!((x..x + w).all(|x| (y..y + h).all(|y| !drawn.black(x, y))), "no module twice");
        drawn.blacken_rect(x, y, w, h);
    }
    for (x, y) in (0..code.height()).flat_map(|y| (0..code.width()).map(move |x| (x, y))) {
        assert_eq!(drawn.black(x, y), code.dark(x, y), "{x} {y}");
    }
    assert_eq!(pages[0][at + 1 + shapes.len()].operator, "f");
    assert!(shapes.len() < code.runs().count());
}

#[test]
fn white_marks_and_a_logo_kept_once() {
    let mut logo = Bitmap::white(9, 2);
    logo.blacken(8, 1);
    let white = DrawElement::Text {
        x: 5,
        baseline: 90,
        px: 60,
        weight: FontWeight::Bold,
        text: "OUT".into(),
        white: true,
    };
    let marks = vec![
        DrawElement::Rect { x: 0, y: 0, width: 400, height: 100, white: false },
        white,
        DrawElement::Rect { x: 1, y: 2, width: 3, height: 4, white: true },
        DrawElement::Picture { x: 10, y: 20, dots: Arc::new(logo.clone()) },
    ];
    let label = drawing(30.0, 10.0, marks);
    let (document, pages) = pages(&write_labels(&[label.clone(), label]).unwrap());
    let message: Vec<String> = pages[1].iter().map(|o| o.operator.clone()).collect();
    assert_eq!(
        message.join(" "),
        "q cm re W n re f g BT Tf Tm Tj ET re f g q cm Do Q Q",
        "black, white for the word and the box, black for the logo"
    );
    let grey: Vec<f64> = pages[1].iter().filter(|o| o.operator == "g").flat_map(numbers).collect();
    assert_eq!(grey, [1.0, 0.0]);
    let stencils: Vec<&Stream> = document
        .objects
        .values()
        .filter_map(|o| o.as_stream().ok())
        .filter(|s| s.dict.has(b"ImageMask"))
        .collect();
    assert_eq!(stencils.len(), 1);
    assert_eq!(stencils[0].decompressed_content().unwrap(), logo.bytes());
}

#[test]
fn true_size_and_the_same_bytes_each_time() {
    let pdf = on("L7160", 1, PrintOffset::default(), 30).unwrap();
    assert_eq!(pdf, on("L7160", 1, PrintOffset::default(), 30).unwrap());
    let document = Document::load_mem(&pdf).unwrap();
    let preferences =
        document.catalog().unwrap().get(b"ViewerPreferences").and_then(Object::as_dict).unwrap();
    assert_eq!(preferences.get(b"PrintScaling").and_then(Object::as_name).unwrap(), b"None");
    let info = document.trailer.get(b"Info").and_then(Object::as_reference).unwrap();
    let info = document.get_dictionary(info).unwrap();
    assert!(!info.has(b"CreationDate") && !info.has(b"ModDate") && !document.trailer.has(b"ID"));
    let title = info.get(b"Title").and_then(Object::as_str).unwrap();
    let title: Vec<u16> = title[2..].chunks(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
    assert_eq!(String::from_utf16(&title).unwrap(), "30 labels on Avery L7160, print at 100 %");
}

#[test]
fn three_hundred_labels_stay_small() {
    let pdf = on("5160", 1, PrintOffset::default(), 300).unwrap();
    assert!(pdf.len() < 300_000, "{}", pdf.len());
    let drawings: Vec<_> = (1..=300).map(label).collect();
    let pdf = write_labels(&drawings).unwrap();
    assert!(pdf.len() < 300_000, "{}", pdf.len());
}

#[test]
fn refusals_say_what_to_do() {
    assert!(matches!(write_labels(&[]), Err(PdfError::Nothing)));
    assert!(matches!(on("5160", 1, PrintOffset::default(), 0), Err(PdfError::Nothing)));
    let pump = drawing(30.0, 10.0, vec![text(0, 80, FontWeight::Bold, "pump 💉")]);
    let e = write_labels(&[pump]).unwrap_err();
    assert!(matches!(e, PdfError::MissingGlyph('💉')) && e.to_string().contains('💉'), "{e}");
    for (width, height) in [(0, 5), (5, 0), (DOTS_MAX + 1, 5), (5, u32::MAX)] {
        let sized = Drawing { width, height, ..label(1) };
        assert!(matches!(write_labels(&[sized]), Err(PdfError::Size { .. })));
    }
    let large = std::iter::once(drawing(60.96, 30.48, Vec::new()));
    let e = write_sheets(&SHEETS[0], FirstLabel::FIRST, PrintOffset::default(), large).unwrap_err();
    assert!(matches!(e, PdfError::Sheet(SheetError::TooLarge { .. })), "{e}");
    assert!(matches!(
        on("5160", 31, PrintOffset::default(), 1),
        Err(PdfError::Sheet(SheetError::Start { .. }))
    ));
    let far = PrintOffset { x_mm: f64::NAN, y_mm: 0.0 };
    assert!(matches!(on("5160", 1, far, 1), Err(PdfError::Sheet(SheetError::Nudge { .. }))));
}

#[test]
fn what_one_file_holds_is_bounded() {
    let mut file = File::new().unwrap();
    file.page(60.96, 25.4);
    file.labels = LABELS_MAX - 1;
    file.label(&label(1), 0.0, 25.4).unwrap();
    assert!(matches!(file.label(&label(2), 0.0, 25.4), Err(PdfError::TooMany)));
    (file.labels, file.bytes) = (0, BYTES_MAX);
    assert!(matches!(file.label(&label(3), 0.0, 25.4), Err(PdfError::TooMuch)));
}

fn any_number() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..2_000, Just(u32::MAX), Just(1u32 << 31)]
}

fn any_mark() -> impl Strategy<Value = DrawElement> {
    let rect = (any_number(), any_number(), any_number(), any_number(), any::<bool>())
        .prop_map(|(x, y, width, height, white)| DrawElement::Rect { x, y, width, height, white });
    let words = (any_number(), any_number(), any_number(), "[ -~äöžΩЖ()\\\\]{0,30}", any::<bool>()).prop_map(
        |(x, baseline, px, text, white)| DrawElement::Text {
            x,
            baseline,
            px,
            weight: FontWeight::Regular,
            text,
            white,
        },
    );
    let codes = (any_number(), any_number(), any_number(), "[A-Z0-9]{1,30}").prop_map(|(x, y, module, s)| {
        DrawElement::Code { x, y, module, code: crate::raster::code::encode_qr(&s).unwrap() }
    });
    let pictures = (any_number(), any_number(), 0u32..40, 0u32..40)
        .prop_map(|(x, y, w, h)| DrawElement::Picture { x, y, dots: Arc::new(Bitmap::white(w, h)) });
    prop_oneof![rect, words, codes, pictures]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_marks_make_a_pdf_that_opens(marks in proptest::collection::vec(any_mark(), 0..12)) {
        let pdf = write_labels(&[drawing(60.0, 30.0, marks)]).unwrap();
        let (_, pages) = pages(&pdf);
        prop_assert_eq!(pages.len(), 1);
        let count = |op: &str| pages[0].iter().filter(|o| o.operator == op).count();
        prop_assert_eq!(count("q"), count("Q"));
        prop_assert_eq!(count("BT"), count("ET"));
    }
}
