//! The columns of tables of cleanings: CSV, XLSX and JSON have the same ones.

use record::kinds::CleaningRecorded;

use crate::wording::{entry_name, read_body};
use crate::{ReportRow, RowWording};
use record::entry::Entry;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TableCell {
    /// Nothing.
    Empty,
    /// Text, of whatever kind: never a formula.
    Text(String),
    /// A whole number.
    Number(u32),
    /// A moment, milliseconds since 1970.
    Moment(i64),
    /// Yes or no.
    Answer(bool),
}

impl From<Option<u32>> for TableCell {
    fn from(number: Option<u32>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }
}

impl From<String> for TableCell {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

/// What cells are made of.
#[derive(Debug)]
pub(crate) struct CellSources<'a> {
    pub(crate) row: &'a ReportRow,
    pub(crate) body: Option<CleaningRecorded>,
    pub(crate) wording: &'a RowWording,
}

impl<'a> CellSources<'a> {
    /// `entry` is the row's own, where it is here.
    pub(crate) fn new(row: &'a ReportRow, entry: Option<&Entry>, wording: &'a RowWording) -> Self {
        Self { row, body: entry.and_then(read_body), wording }
    }
}

/// A column.
pub(crate) struct TableColumn {
    /// Its name in JSON, which no language changes.
    pub(crate) key: &'static str,
    /// Characters of its width in a spreadsheet.
    pub(crate) width: u16,
    pub(crate) cell: fn(&CellSources<'_>) -> TableCell,
}

const fn define_column(
    key: &'static str,
    width: u16,
    cell: fn(&CellSources<'_>) -> TableCell,
) -> TableColumn {
    TableColumn { key, width, cell }
}

fn contact_cell(of: &CellSources<'_>, pick: fn(record::kinds::Contact) -> Option<u32>) -> TableCell {
    of.body.as_ref().and_then(|body| body.contact).and_then(pick).into()
}

fn from_body(of: &CellSources<'_>, pick: fn(&CleaningRecorded) -> String) -> TableCell {
    of.body.as_ref().map(pick).unwrap_or_default().into()
}

fn list_steps(body: &CleaningRecorded) -> String {
    let steps = body.steps.iter().flatten().map(ToString::to_string);
    steps.collect::<Vec<_>>().join(" ")
}

/// All, in their order.
pub(crate) const COLUMNS: [TableColumn; 24] = [
    define_column("cleaned_at", 17, |of| TableCell::Moment(of.row.cleaning.performed_ms)),
    define_column("recorded_at", 17, |of| TableCell::Moment(of.row.cleaning.recorded_ms)),
    define_column("time_uncertain", 10, |of| {
        TableCell::Answer(of.row.time == record::anchor::TimeCertainty::Uncertain)
    }),
    define_column("item", 24, |of| of.row.item.clone().into()),
    define_column("tag", 12, |of| of.row.cleaning.tag.to_string().into()),
    define_column("place", 18, |of| of.row.place.clone().into()),
    define_column("protocol", 22, |of| of.row.protocol.clone().unwrap_or_default().into()),
    define_column("protocol_version", 9, |of| {
        of.body.as_ref().and_then(|body| body.protocol).map(|protocol| protocol.version).into()
    }),
    define_column("steps", 12, |of| from_body(of, list_steps)),
    define_column("contact_s", 12, |of| {
        contact_cell(of, |wet| wet.measured_s.or(wet.phone_s).or(wet.stated_s))
    }),
    define_column("contact_required_s", 12, |of| contact_cell(of, |wet| wet.required_s)),
    define_column("agent", 18, |of| from_body(of, |body| body.agent.clone())),
    define_column("lot", 12, |of| from_body(of, |body| body.lot.clone())),
    define_column("who", 20, |of| of.wording.text(&of.row.who).into()),
    define_column("proof", 16, |of| of.wording.proof_of_who(&of.row.cleaning.who).into()),
    define_column("counts", 8, |of| {
        TableCell::Answer(of.row.cleaning.is_complete() && of.row.cleaning.counts())
    }),
    define_column("missing", 22, |of| of.wording.missing(&of.row.cleaning.incomplete).into()),
    define_column("remarks", 22, |of| of.wording.remarks(of.row).join("; ").into()),
    define_column("note", 30, |of| {
        of.row.note.as_ref().map(|note| of.wording.text(note)).unwrap_or_default().into()
    }),
    define_column("voided_at", 17, |of| {
        of.row.voided.as_ref().and_then(|voided| voided.at_ms).map_or(TableCell::Empty, TableCell::Moment)
    }),
    define_column("void_reason", 22, |of| {
        of.row.voided.as_ref().map(|voided| of.wording.text(&voided.reason)).unwrap_or_default().into()
    }),
    define_column("photos", 8, |of| {
        TableCell::Number(u32::try_from(of.row.cleaning.photos.len()).unwrap_or(u32::MAX))
    }),
    define_column("entry", 18, |of| entry_name(of.row).into()),
    define_column("hash", 66, |of| of.row.leaf.to_string().into()),
];
