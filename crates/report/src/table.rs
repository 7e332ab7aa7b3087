//! Tables of cleanings, written row by row.

use std::io::Write;
use std::path::Path;

use record::entry::Entry;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};
use serde_json::Value;

use crate::column::{COLUMNS, CellSources, TableCell};
use crate::{ReportError, ReportRow, RowWording};

/// Rows of a spreadsheet below its head; a program opens no more (Excel 2007 and later: 1,048,576 in all).
pub const XLSX_ROWS_MAX: u32 = 1_048_575;
/// Characters that a cell of a spreadsheet holds.
const XLSX_TEXT_MAX: usize = 32_767;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// RFC 4180, UTF-8 with its mark so that Excel sees that it is, heads in the language, moments as RFC 3339 with their zone's
    /// difference.
    Csv,
    /// Office Open XML.
    Xlsx,
    /// One array of objects.
    Json,
}

/// A table that is being written.
pub struct TableWriter<'a, W: Write + Send> {
    wording: &'a RowWording,
    out: W,
    kind: Writing,
    rows: u32,
}

enum Writing {
    Csv,
    Json,
    Xlsx(Box<Spreadsheet>),
}

struct Spreadsheet {
    book: Workbook,
    moment: Format,
}

fn column_heads(wording: &RowWording) -> impl Iterator<Item = String> {
    COLUMNS.iter().map(|column| wording.w.report_column(column.key))
}

impl<'a, W: Write + Send> TableWriter<'a, W> {
    /// Writes the heads; `made_ms` is what a spreadsheet says of when it was made, milliseconds since 1970. Rows of a spreadsheet wait in a file below `folder` until the end; of the others nothing does.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(
        format: TableFormat,
        wording: &'a RowWording,
        mut out: W,
        folder: &Path,
        made_ms: i64,
    ) -> Result<Self, ReportError> {
        let kind = match format {
            TableFormat::Csv => {
                out.write_all("\u{feff}".as_bytes())?;
                out.write_all(csv_line(column_heads(wording)).as_bytes())?;
                Writing::Csv
            }
            TableFormat::Json => {
                out.write_all(b"[")?;
                Writing::Json
            }
            TableFormat::Xlsx => Writing::Xlsx(Box::new(Spreadsheet::new(
                &wording.w.report_sheet(),
                column_heads(wording),
                folder,
                made_ms,
            )?)),
        };
        Ok(Self { wording, out, kind, rows: 0 })
    }

    /// Writes a row; `entry` is its own, where it is here.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_row(&mut self, row: &ReportRow, entry: Option<&Entry>) -> Result<(), ReportError> {
        let sources = CellSources::new(row, entry, self.wording);
        let cells = COLUMNS.iter().map(|column| (column.cell)(&sources));
        match &mut self.kind {
            Writing::Csv => {
                let words = self.wording;
                let line = csv_line(cells.map(|cell| csv_text(cell, words)));
                self.out.write_all(line.as_bytes())?;
            }
            Writing::Json => {
                let values = COLUMNS
                    .iter()
                    .zip(cells)
                    .map(|(column, cell)| (column.key.to_owned(), json_value(cell, self.wording)));
                self.out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut self.out, &Value::Object(values.collect()))?;
            }
            Writing::Xlsx(sheet) if self.rows < XLSX_ROWS_MAX => {
                sheet.write_row(self.rows + 1, cells, self.wording)?;
            }
            Writing::Xlsx(_) => {}
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// Writes what comes after the rows.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> Result<W, ReportError> {
        match self.kind {
            Writing::Csv => {}
            Writing::Json => self.out.write_all(b"\n]\n")?,
            // The archive is written with steps back.
            Writing::Xlsx(mut sheet) => {
                let bytes = sheet.book.save_to_buffer()?;
                self.out.write_all(&bytes)?;
            }
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

impl Spreadsheet {
    fn new(
        name: &str,
        heads: impl Iterator<Item = String>,
        folder: &Path,
        made_ms: i64,
    ) -> Result<Self, ReportError> {
        let mut book = Workbook::new();
        // Else it is the machine's time.
        let made = ExcelDateTime::from_timestamp(made_ms.div_euclid(1_000))?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        book.set_tempdir(folder)?;
        let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet_with_constant_memory();
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (at, (column, head)) in (0..).zip(COLUMNS.iter().zip(heads)) {
            sheet.set_column_width(at, column.width)?;
            sheet.write_string_with_format(0, at, head, &bold)?;
        }
        Ok(Self { book, moment })
    }

    /// Rows come in their order: a cell of an earlier one would be dropped without a word.
    fn write_row(
        &mut self,
        row: u32,
        cells: impl Iterator<Item = TableCell>,
        wording: &RowWording,
    ) -> Result<(), ReportError> {
        let sheet: &mut Worksheet = self.book.worksheet_from_index(0)?;
        for (at, cell) in (0..).zip(cells) {
            match cell {
                TableCell::Empty => {}
                TableCell::Text(text) => {
                    sheet.write_string(row, at, bound_text(text))?;
                }
                TableCell::Number(number) => {
                    sheet.write_number(row, at, number)?;
                }
                TableCell::Answer(answer) => {
                    sheet.write_string(row, at, word_answer(wording, answer))?;
                }
                TableCell::Moment(ms) => {
                    let local = wording.dates.count_days(ms);
                    sheet.write_number_with_format(row, at, local + DAYS_TO_1970, &self.moment)?;
                }
            }
        }
        Ok(())
    }
}

/// A spreadsheet counts days from 30 December 1899.
const DAYS_TO_1970: f64 = 25_569.0;

fn bound_text(text: String) -> String {
    if text.chars().count() <= XLSX_TEXT_MAX { text } else { text.chars().take(XLSX_TEXT_MAX).collect() }
}

fn word_answer(wording: &RowWording, answer: bool) -> String {
    if answer { wording.w.report_yes() } else { wording.w.report_no() }
}

fn json_value(cell: TableCell, wording: &RowWording) -> Value {
    match cell {
        TableCell::Empty => Value::Null,
        TableCell::Text(text) => text.into(),
        TableCell::Number(number) => number.into(),
        TableCell::Moment(ms) => wording.dates.write_iso(ms).into(),
        TableCell::Answer(answer) => answer.into(),
    }
}

fn csv_text(cell: TableCell, wording: &RowWording) -> String {
    match cell {
        TableCell::Empty => String::new(),
        TableCell::Text(text) => text,
        TableCell::Number(number) => number.to_string(),
        TableCell::Moment(ms) => wording.dates.write_iso(ms),
        TableCell::Answer(answer) => word_answer(wording, answer),
    }
}

/// A line of CSV (RFC 4180), each field in quotes.
pub fn csv_line(fields: impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    for (at, field) in fields.enumerate() {
        line.push_str(if at == 0 { "\"" } else { ",\"" });
        line.push_str(formula_guard(&field));
        line.push_str(&field.replace('"', "\"\""));
        line.push('"');
    }
    line + "\r\n"
}

/// What a spreadsheet would take for a formula is prefixed with an apostrophe: names are what people entered.
fn formula_guard(text: &str) -> &'static str {
    // What some programs skip before they look, and the wide forms of the signs, too.
    let shown = text.trim_start_matches(|c: char| {
        c.is_whitespace() || ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}'
    });
    let signs = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    if shown.starts_with(signs) || text.starts_with(['\t', '\r']) { "'" } else { "" }
}
