//! The rows of a CSV file, as spreadsheets write it: with a line that states the delimiter, with a title above the headings.

use crate::printing::LABELS_MAX;
use crate::web::pages::labels::pick::read_tag;
use crate::web::words::LabelsWords;

const BYTES_MAX: usize = 1_000_000;
const ROWS_MAX: usize = LABELS_MAX;
/// How far down the headings are looked for.
const HEADING_ROWS_MAX: usize = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Tag,
    Number,
    Name,
    Other,
}

impl Column {
    fn of(heading: &str) -> Self {
        let plain: String = heading.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.as_str() {
            "tag" | "tags" | "cleantracktag" => Self::Tag,
            "assetnumber" | "assetno" | "asset" | "assetid" | "assettag" | "number" => Self::Number,
            "name" | "equipment" | "item" | "description" => Self::Name,
            _ => Self::Other,
        }
    }

    /// What a cell stands for. That zeros stay in front, spreadsheets write `="0004711"` or `'0004711`; in a name an
    /// apostrophe is a letter.
    fn read_cell(self, cell: &str) -> String {
        let cell = cell.trim();
        let formula = cell.strip_prefix('=').map(str::trim_start);
        if let Some(text) = formula.and_then(|text| text.strip_prefix('"')?.strip_suffix('"')) {
            return text.replace("\"\"", "\"").trim().to_owned();
        }
        let text = cell.strip_prefix(['\'', '’']).filter(|_| self != Self::Name);
        text.map_or(cell, |text| text.trim_end_matches(['\'', '’']).trim()).to_owned()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CsvRow {
    /// Of the file, counted from 1.
    pub(super) line: u64,
    pub(super) tag: String,
    pub(super) number: String,
    pub(super) name: String,
}

/// Why a file has no usable rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileFault {
    TooLarge,
    NotText,
    Unreadable(String),
    NoColumns,
    TooManyRows,
    NoRows,
}

impl FileFault {
    pub(super) fn words(self, w: LabelsWords) -> String {
        match self {
            Self::TooLarge => w.csv_file_fault_too_large(),
            Self::NotText => w.csv_file_fault_not_text(),
            Self::Unreadable(detail) => w.csv_file_fault_unreadable(detail),
            Self::NoColumns => w.csv_file_fault_no_columns(),
            Self::TooManyRows => w.csv_file_fault_too_many_rows(),
            Self::NoRows => w.csv_file_fault_no_rows(),
        }
    }
}

/// Whether that is a number as spreadsheets shorten it, `4.7E+11`: nobody can tell its digits.
pub(super) fn is_shortened_number(cell: &str) -> bool {
    let Some((number, power)) = cell.split_once(['e', 'E']) else { return false };
    let number = number.trim_start_matches(['+', '-']);
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    // 12E4 may be somebody's number.
    let is_plain = whole == number && !power.starts_with(['+', '-']);
    let digits = [whole, part, power.trim_start_matches(['+', '-'])];
    !is_plain && digits.iter().all(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
}

/// The delimiter that a line `sep=;` states in front of all others.
fn stated_delimiter(text: &str) -> Option<u8> {
    let first = text.lines().find(|line| !line.trim().is_empty())?.trim_start_matches([' ', '"']);
    let (word, rest) = first.split_at_checked("sep=".len())?;
    let delimiter = if rest.starts_with("\\t") { b'\t' } else { rest.bytes().next()? };
    let fits = delimiter.is_ascii_punctuation() || delimiter == b'\t';
    (word.eq_ignore_ascii_case("sep=") && fits && delimiter != b'"').then_some(delimiter)
}

fn open_reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes())
}

/// Where the rows begin, and what is in them.
struct Layout {
    delimiter: u8,
    first_row: usize,
    columns: Vec<Column>,
}

impl Layout {
    /// The headings are the row that names most columns, by the delimiter with which it does: a title above them may be
    /// one of their words. A bare list of tags has no headings.
    fn find(text: &str) -> Option<Self> {
        let stated = stated_delimiter(text);
        let (mut best, mut found) = ((0, 0), None);
        for delimiter in stated.into_iter().chain(*b",;\t|") {
            let mut reader = open_reader(text, delimiter);
            for (at, record) in reader.records().map_while(Result::ok).take(HEADING_ROWS_MAX).enumerate() {
                let columns: Vec<Column> = record.iter().map(Column::of).collect();
                let known = [Column::Tag, Column::Number, Column::Name];
                let known = known.iter().filter(|column| columns.contains(column)).count();
                let filled = record.iter().filter(|cell| !cell.trim().is_empty()).count();
                if known > 0 && (known, filled) > best {
                    best = (known, filled);
                    found = Some(Self { delimiter, first_row: at + 1, columns });
                }
            }
        }
        found.or_else(|| {
            stated.into_iter().chain(*b",;\t|").find_map(|delimiter| {
                let mut reader = open_reader(text, delimiter);
                let mut rows = reader.records().map_while(Result::ok).take(HEADING_ROWS_MAX);
                let first_row = rows.position(|row| is_bare_tag(&row))?;
                Some(Self { delimiter, first_row, columns: vec![Column::Tag] })
            })
        })
    }
}

fn is_bare_tag(row: &csv::StringRecord) -> bool {
    let tag = row.get(0).and_then(|cell| read_tag(&Column::Tag.read_cell(cell)));
    tag.is_some() && row.iter().skip(1).all(|cell| cell.trim().is_empty())
}

pub(super) fn read_rows(bytes: &[u8]) -> Result<Vec<CsvRow>, FileFault> {
    if bytes.len() > BYTES_MAX {
        return Err(FileFault::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| FileFault::NotText)?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(FileFault::NoRows);
    }
    let Layout { delimiter, first_row, columns } = Layout::find(text).ok_or(FileFault::NoColumns)?;
    let mut rows = Vec::new();
    let mut lines = Lines::of(text);
    for record in open_reader(text, delimiter).records().skip(first_row) {
        let record = record.map_err(|e| FileFault::Unreadable(e.to_string()))?;
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() >= ROWS_MAX {
            return Err(FileFault::TooManyRows);
        }
        let mut row = CsvRow { line, ..CsvRow::default() };
        for (column, cell) in columns.iter().zip(record.iter()) {
            let stored = match column {
                Column::Tag => &mut row.tag,
                Column::Number => &mut row.number,
                Column::Name => &mut row.name,
                Column::Other => continue,
            };
            if stored.is_empty() {
                *stored = column.read_cell(cell);
            }
        }
        rows.push(row);
    }
    if rows.is_empty() { Err(FileFault::NoRows) } else { Ok(rows) }
}

/// Counts a text's lines as an editor does. The reader of CSV counts a record that follows CR LF to the line before it.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line of the record that was found from `byte` on; bytes only grow.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(&b) = self.text.get(self.at) {
            if self.at >= byte && b != b'\r' && b != b'\n' {
                break;
            }
            self.line += u64::from(b == b'\n');
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use words::{Locale, WordSet as _};

    use super::*;

    fn row(line: u64, tag: &str, number: &str, name: &str) -> CsvRow {
        CsvRow { line, tag: tag.into(), number: number.into(), name: name.into() }
    }

    #[test]
    fn files_as_spreadsheets_write_them() {
        let expected = vec![row(2, "", "BM-1", "Pump, old"), row(3, "", "BM-2", "Bed")];
        for text in [
            "Asset Number,Name,Room\nBM-1,\"Pump, old\",3\nBM-2,Bed,4\n",
            "\u{feff}asset_number;NAME\r\nBM-1;Pump, old\r\nBM-2;Bed\r\n",
            "Asset no.\tItem\nBM-1\tPump, old\n BM-2 \tBed\n\t\n\n",
        ] {
            assert_eq!(read_rows(text.as_bytes()), Ok(expected.clone()), "{text}");
        }
        assert_eq!(read_rows(b"ABCDEFGH3\n").unwrap(), [row(1, "ABCDEFGH3", "", "")]);
    }

    #[test]
    fn what_stands_above_the_headings_is_passed_over() {
        for text in [
            "sep=;\nRoom;Number\n3;BM-1",
            "\u{feff}SEP=;\r\nRoom;Number\r\n3;BM-1\r\n",
            "\"sep=;\"\nRoom;Number\n3;BM-1",
            "sep=|\nRoom|Number\n3|BM-1",
            "sep=^\nRoom^Number\n3^BM-1",
            "sep=\t\nRoom\tNumber\n3\tBM-1",
            // The file was saved with commas since.
            "sep=;,\nRoom,Number\n3,BM-1",
            "Equipment of wards 3, 4 and 5\nRoom;Number\n3;BM-1",
            // A title may be one of the words that headings are.
            "Equipment;\nRoom;Number\n3;BM-1",
        ] {
            assert_eq!(read_rows(text.as_bytes()).unwrap(), [row(3, "", "BM-1", "")], "{text}");
        }
        let titled = "sep=,\n\nEquipment\n,,\nTag,Name,Room\n,Bed,3\n";
        assert_eq!(read_rows(titled.as_bytes()).unwrap(), [row(6, "", "", "Bed")]);
        for bare in ["For Monday\n\nABCDEFGH3\n", "For Monday;\n;\nABCDEFGH3;\n"] {
            assert_eq!(read_rows(bare.as_bytes()).unwrap(), [row(3, "ABCDEFGH3", "", "")]);
        }
    }

    #[test]
    fn zeros_in_front_stay_and_a_shortened_number_is_told_from_one() {
        for cell in
            ["0004711", "=\"0004711\"", "\"=\"\"0004711\"\"\"", "= \"0004711\" ", "'0004711", "'0004711'"]
        {
            let read = read_rows(format!("asset number\n{cell}\n").as_bytes()).unwrap();
            assert_eq!(read, [row(2, "", "0004711", "")], "{cell}");
        }
        let names = read_rows(b"name\n't Zand\n\"=\"\"Bed 4\"\"\"\n").unwrap();
        assert_eq!(names, [row(2, "", "", "'t Zand"), row(3, "", "", "Bed 4")]);
        for cell in ["4.7E+11", "4,7E+11", "4e+11", "4.70E11", "-1.2E-05"] {
            assert!(is_shortened_number(cell), "{cell}");
        }
        for cell in ["12E4", "E+11", "4.7E+", "BM-1E+2", "4.E+1x", "0004711", "ABCDEFGH3", "É+1"] {
            assert!(!is_shortened_number(cell), "{cell}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_to_do() {
        let long = format!("tag\n{}", "ABCDEFGH3\n".repeat(5_001));
        let wide = vec![b'x'; BYTES_MAX + 1];
        for (bytes, message) in [
            (&b""[..], "no rows"),
            (b"tag\n", "no rows"),
            (b"colour\nred\n", "name its columns"),
            (b"name\nB\xe9d\n", "CSV UTF-8"),
            (long.as_bytes(), "5,000 rows"),
            (&wide, "1 MB"),
        ] {
            let refused = read_rows(bytes).unwrap_err().words(LabelsWords::in_locale(Locale::EnUs));
            assert!(refused.contains(message), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_rows(&bytes);
            let _ = read_rows(&[b"tag,name\n".as_slice(), &bytes].concat());
            let _ = read_rows(&[b"sep=;\n".as_slice(), &bytes].concat());
        }
    }
}
