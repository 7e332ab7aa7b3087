//! The same rows as tables.

use report::table::{TableFormat, TableWriter};
use report::{NamedText, RowWording};

use crate::sample::Sample;

/// 2026-11-20T15:00:00Z.
const MADE_MS: i64 = 1_795_186_800_000;

fn write(sample: &Sample, format: TableFormat) -> Vec<u8> {
    let wording = RowWording::of_report(&sample.report);
    let folder = tempfile::tempdir().unwrap();
    let mut table = TableWriter::new(format, &wording, Vec::new(), folder.path(), MADE_MS).unwrap();
    for row in &sample.report.rows {
        let entry = sample.entries.iter().find(|one| one.entry.leaf() == row.leaf);
        table.write_row(row, entry.map(|one| &one.entry)).unwrap();
    }
    table.finish().unwrap()
}

/// Cells by rows, as they stand in the sheet's XML, unescaped.
fn sheet_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    use std::io::Read as _;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut xml).unwrap();
    let inside = |cell: &str| -> String {
        let text = cell.split_once('>').unwrap().1;
        let start = text.find("<t>").map(|at| at + 3).or_else(|| text.find("<v>").map(|at| at + 3));
        let start = start.or_else(|| text.find("<t xml:space=\"preserve\">").map(|at| at + 26));
        let text = &text[start.unwrap()..];
        let text = &text[..text.find("</").unwrap()];
        text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    let rows = xml.split("<row ").skip(1);
    rows.map(|row| row.split("<c ").skip(1).filter(|cell| cell.contains("</c>")).map(inside).collect())
        .collect()
}

#[test]
fn all_three_say_the_same() {
    let sample = Sample::new(20);
    let csv = write(&sample, TableFormat::Csv);
    let csv = std::str::from_utf8(&csv).unwrap().strip_prefix('\u{feff}').unwrap().to_owned();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let csv: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let json: Vec<serde_json::Value> = serde_json::from_slice(&write(&sample, TableFormat::Json)).unwrap();
    let sheet = sheet_rows(&write(&sample, TableFormat::Xlsx));
    assert_eq!((csv.len(), json.len(), sheet.len()), (20, 20, 21));
    assert_eq!(sheet[0], heads);
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    for ((csv, json), cells) in csv.iter().zip(&json).zip(&sheet[1..]) {
        for (head, key) in [("Item", "item"), ("Who", "who"), ("Hash of the entry", "hash"), ("Lot", "lot")] {
            assert_eq!(json[key], csv[column(head)]);
            assert!(cells.iter().any(|cell| *cell == csv[column(head)]), "{cells:?}");
        }
        assert_eq!(json["cleaned_at"], csv[column("Cleaned")]);
        assert_eq!(json["contact_s"].to_string(), csv[column("Contact time (s)")]);
    }
    // 1 November, 00:00 in Chicago, is the first of all: five hours behind UTC, and a spreadsheet's own day 46,327.
    let first = csv.iter().position(|row| &row[0] == "2026-11-01T00:00:00-05:00").unwrap();
    assert_eq!(sheet[first + 1][0], "46327");
    assert_eq!(
        json.iter().filter(|row| row["counts"] == false).count(),
        5,
        "four lack a photo, one is voided"
    );
}

#[test]
fn no_text_is_a_formula() {
    let mut sample = Sample::new(1);
    let formula = "=HYPERLINK(\"http://x.example\",\"a, b\")";
    sample.report.rows[0].who = NamedText::Text(formula.to_owned());
    sample.report.rows[0].item = "@x".to_owned();
    sample.report.rows[0].place = "two\r\nlines".to_owned();
    let csv = String::from_utf8(write(&sample, TableFormat::Csv)).unwrap();
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://x.example\"\",\"\"a, b\"\")\""), "{csv}");
    assert!(csv.contains("\"'@x\"") && csv.contains("\"two\r\nlines\""), "{csv}");
    let sheet = sheet_rows(&write(&sample, TableFormat::Xlsx));
    assert!(sheet[1].iter().any(|cell| cell == formula), "{:?}", sheet[1]);
}

#[test]
fn a_text_that_is_too_long_for_a_cell_is_cut() {
    let mut sample = Sample::new(1);
    sample.report.rows[0].note = Some(NamedText::Text("ж".repeat(40_000)));
    let sheet = sheet_rows(&write(&sample, TableFormat::Xlsx));
    assert!(sheet[1].iter().any(|cell| cell.chars().count() == 32_767));
}

#[test]
fn a_spreadsheet_says_when_the_report_was_made() {
    use std::io::Read as _;
    let bytes = write(&Sample::new(2), TableFormat::Xlsx);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    archive.by_name("docProps/core.xml").unwrap().read_to_string(&mut xml).unwrap();
    assert!(xml.contains("2026-11-20T15:00:00Z"), "{xml}");
}
