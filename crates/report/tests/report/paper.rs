//! What stands on pages.

use std::ops::ControlFlow;

use report::pdf::{ReportParts, render_report};
use report::verify::verify_report;
use report::{NamedText, ROWS_SHOWN_MAX, ReportError, ReportPhoto, ReportScope};

use crate::sample::{Sample, tag};

fn text_of(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whoever changes what is drawn raises `VERSION` with these, or reports that are out no longer hold.
const DRAWN: [(&str, &str); 2] = [
    ("en-US", "0d98d136c88e3f31a62424d8ad827171fcd598eb01f769265a04be345ed4e88c"),
    ("es-ES", "50e9999655d91ff5c33c7b9bd46fcba6ed217c58d1e8450159e4820833ca5675"),
];

#[test]
fn the_same_report_gives_the_same_bytes() {
    let mut sample = Sample::new(30);
    for (locale, digest) in DRAWN {
        sample.report.locale = locale.to_owned();
        let drawn = sample.render();
        assert!(drawn == sample.render());
        assert_eq!(record::tree::Hash::of(&drawn).to_string(), digest, "{locale}: another VERSION is due");
    }
}

#[test]
fn pages_say_what_is_so() {
    let sample = Sample::new(30);
    let text = text_of(&sample.render());
    for said in [
        "Cleaning report",
        "Linden Hospital",
        "99.4%",
        "338 of 340",
        "Bladder scanner",
        "No cleaning was recorded. Not cleaned since",
        "Wipe twice, version 3",
        "Oxivir Tb",
        "Incomplete: no photo",
        "Voided Nov 1, 2026, 04:50: Wrong item scanned",
        "Name typed, nothing proves it",
        "left wheel squeaks, 4",
        "[text erased]",
        "relay.example/cosign/1",
        "Page 1 of",
    ] {
        assert!(text.contains(said), "{said:?} is not in {text}");
    }
    assert!(!text.contains('\u{25a1}'), "no letter is missing: {text}");
}

#[test]
fn every_language_is_whole_and_has_its_paper() {
    let mut sample = Sample::new(12);
    for (locale, title, page) in
        [("es-ES", "Informe de limpieza", "Página 1 de"), ("en-GB", "Cleaning report", "Page 1 of")]
    {
        sample.report.locale = locale.to_owned();
        let text = text_of(&sample.render());
        assert!(text.contains(title) && text.contains(page), "{text}");
    }
    let size = |sample: &Sample| {
        let pdf = lopdf::Document::load_mem(&sample.render()).unwrap();
        let page = pdf.get_dictionary(pdf.get_pages()[&1]).unwrap();
        page.get(b"MediaBox").unwrap().as_array().unwrap()[3].as_float().unwrap()
    };
    assert!((size(&sample) - 841.89).abs() < 0.1);
    sample.report.locale = "es-MX".to_owned();
    assert!((size(&sample) - 792.0).abs() < 0.1);
}

#[test]
fn any_name_is_printed_or_said_to_be_attached() {
    let mut sample = Sample::new(3);
    let long = "ж".repeat(500);
    for name in
        ["محمد", "สมชาย ใจดี", "प्रिया", "名前", &long, "<b>&amp;</b>", "", "a\u{0}b\nc\u{202e}d", "\u{feff}"]
    {
        sample.report.rows[0].who = NamedText::Text(name.to_owned());
        sample.report.rows[0].item = name.to_owned();
        sample.report.facility.name = format!("{name} Hospital");
        let text = text_of(&sample.render());
        let is_printable = name.chars().all(|letter| letter.is_ascii() || letter == 'ж');
        assert!(is_printable || text.contains("is in cleanings.csv"), "{name}: {text}");
    }
}

#[test]
fn a_long_report_shows_the_newest_rows_and_says_so() {
    let sample = Sample::new(ROWS_SHOWN_MAX + 40);
    let pdf = sample.render();
    let text = text_of(&pdf);
    assert!(text.contains("Pages show the newest 1,000 of 1,040 cleanings"), "{}", &text[..3_000]);
    assert!(!text.contains("left wheel squeaks, 36 ") && text.contains("left wheel squeaks, 40"));
    // Nor are the photos of the others on pages.
    verify_report(&pdf, &sample.keys(), &[]).unwrap();
}

#[test]
fn a_report_of_nothing_has_no_data() {
    let mut sample = Sample::new(0);
    sample.report.windows = Some(record::compliance::WindowTally::default());
    (sample.report.overdue, sample.report.missed) = (Vec::new(), Vec::new());
    let text = text_of(&sample.render());
    assert!(text.contains("Compliance No data"), "{text}");
    assert!(text.contains("No cleaning was recorded in this period"), "{text}");
    sample.report.windows = None;
    sample.report.scope = ReportScope::Person { name: NamedText::Text("Ana".into()) };
    let text = text_of(&sample.render());
    assert!(text.contains("Cleaning report: Ana") && !text.contains("Compliance No data"), "{text}");
    sample.report.scope = ReportScope::Item { tag: tag(1), name: "Pump".into() };
    assert!(text_of(&sample.render()).contains("That none is missing only"));
}

#[test]
fn what_became_of_a_photo_is_said_in_its_place() {
    let mut sample = Sample::new(4);
    sample.report.rows[0].photos =
        vec![ReportPhoto::Gone, ReportPhoto::Altered, ReportPhoto::Erased, ReportPhoto::Here];
    let text = text_of(&sample.render());
    for said in ["Photo not kept here", "Photo damaged", "Photo erased", "Photo kept, not shown here"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn whoever_asked_can_cancel() {
    let sample = Sample::new(40);
    let mut seen = 0;
    let cancelled = render_report(
        &sample.report,
        ReportParts {
            entries: sample.entries.clone(),
            proof: &sample.proof(),
            pictures: &mut |_| None,
            progress: &mut |done, all| {
                seen = done;
                if done * 2 >= all { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        },
    );
    assert!(matches!(cancelled, Err(ReportError::Cancelled)), "{cancelled:?}");
    assert_eq!(seen, 20);
}

#[test]
fn the_file_is_marked_as_what_it_is_made_to() {
    let pdf = Sample::new(12).render();
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let catalog = document.catalog().unwrap();
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"Outlines") && catalog.has(b"AF"));
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en-US");
    let metadata = catalog.get_deref(b"Metadata", &document).unwrap().as_stream().unwrap();
    let metadata = String::from_utf8(metadata.content.clone()).unwrap();
    assert!(metadata.contains("pdfaid:part>3<") && metadata.contains("pdfaid:conformance>B<"), "{metadata}");
    assert!(metadata.contains("pdfuaid:part>1<"), "{metadata}");
    let figures =
        document.objects.values().filter_map(|object| object.as_dict().ok()).filter(|dict| {
            dict.get(b"S").and_then(lopdf::Object::as_name).is_ok_and(|name| name == b"Figure")
        });
    assert!(figures.clone().count() >= 5, "bars and photos");
    assert!(figures.into_iter().all(|figure| figure.has(b"Alt")));
}
