//! A report on paper: PDF 1.7, made to PDF/A-3b (ISO 19005-3) and PDF/UA-1 (ISO 14289-1).

mod draw;
mod font;
mod layout;

use std::collections::HashMap;
use std::ops::ControlFlow;

use record::entry::Entry;
use record::tree::Hash;

use self::draw::{AttachedFile, DocumentFacts, write_document};
use self::font::FontFaces;
use self::layout::{BODY, CellText, Layout, SMALL, STRONG, TableLayout, TextStyle};
use crate::proof::{write_entries, write_report};
use crate::table::{TableFormat, TableWriter};
use crate::wording::{entry_name, read_body};
use crate::{
    AttachedEntry, CleaningReport, ReportError, ReportFigures, ReportPhoto, ReportProof, ReportRow,
    ReportScope, RowWording,
};

/// The names of what is attached: what is shown, the exact entries, what proves them, and all rows as a table.
pub(crate) const REPORT_FILE: &str = "report.json";
pub(crate) const ENTRIES_FILE: &str = "entries.jsonl";
pub(crate) const PROOF_FILE: &str = "proof.json";
pub(crate) const TABLE_FILE: &str = "cleanings.csv";

const BRAND: [u8; 3] = [0x0b, 0x6e, 0x6e];

/// What a report is drawn from beside itself.
pub struct ReportParts<'a> {
    /// The entries of its rows and of what voided them, in the order of [`ReportProof::logs`].
    pub entries: Vec<AttachedEntry>,
    /// What proves them.
    pub proof: &'a ReportProof,
    /// Gives the small picture of [`ReportPhoto::Shown`]: a JPEG.
    pub pictures: &'a mut dyn FnMut(&Hash) -> Option<Vec<u8>>,
    /// Is given how many rows were laid out, and of how many; `Break` cancels.
    pub progress: &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>,
}

impl std::fmt::Debug for ReportParts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportParts").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Entries by their hashes.
type EntryIndex<'a> = HashMap<Hash, &'a Entry>;

/// Letter where it is the paper of the country, else A4; points.
fn paper_size(region: &str) -> (f32, f32) {
    match region {
        "US" | "CA" | "MX" => (612.0, 792.0),
        _ => (595.28, 841.89),
    }
}

/// Draws a report. The same report and parts give the same bytes.
///
/// # Errors
/// [`ReportError::Cancelled`], and [`ReportError::Rule`] where krilla finds that a rule of the standards is broken.
///
/// # Panics
/// krilla was seen to panic where tags and drawing do not fit together; a job holds that.
pub fn render_report(report: &CleaningReport, parts: ReportParts<'_>) -> Result<Vec<u8>, ReportError> {
    let ReportParts { entries: attached, proof, pictures, mut progress } = parts;
    let faces = FontFaces::open().ok_or_else(|| ReportError::Rule("the typefaces are damaged".to_owned()))?;
    let wording = RowWording::of_report(report);
    let (width, height) = paper_size(report.locale().region());
    let mut pages = Pages { layout: Layout::new(&faces, width, height), report, wording: &wording };
    pages.cover();
    pages.gaps();
    pages.weeks();
    let adopted: Vec<Entry> =
        proof.adopted.iter().filter_map(|proof| Entry::parse(proof.entry.as_bytes()).ok()).collect();
    let all = attached.iter().map(|one| &one.entry).chain(&adopted);
    let entries: EntryIndex<'_> = all.map(|entry| (entry.leaf(), entry)).collect();
    pages.records(&entries, &mut progress)?;
    pages.sign_offs();
    pages.protocols();
    pages.proof(proof);
    let Pages { mut layout, .. } = pages;
    layout.write_feet(&report.facility.name, |page, pages| wording.w.report_page(page, pages));
    let about = DocumentFacts {
        title: format!("{}: {}", report.facility.name, wording.title(report)),
        language: report.locale().html_lang().to_owned(),
        made_ms: report.made_ms,
        id: Hash::of(&write_report(report)?).to_string(),
    };
    let table = write_table(report, &entries, &wording)?;
    drop(entries);
    let json = "application/json";
    let w = wording.w;
    // Entries go while they are written: what waits until the document is whole is as much again.
    let files = vec![
        AttachedFile::new(TABLE_FILE, "text/csv", w.report_file("table"), table),
        AttachedFile::new(
            ENTRIES_FILE,
            "application/jsonl",
            w.report_file("entries"),
            write_entries(attached),
        ),
        AttachedFile::new(PROOF_FILE, json, w.report_file("proof"), serde_json::to_vec(proof)?),
        AttachedFile::new(REPORT_FILE, json, w.report_file("report"), write_report(report)?),
    ];
    write_document(layout, &faces, &about, files, pictures)
}

fn write_table(
    report: &CleaningReport,
    entries: &EntryIndex<'_>,
    wording: &RowWording,
) -> Result<Vec<u8>, ReportError> {
    // Nothing of CSV waits in a file.
    let mut table =
        TableWriter::new(TableFormat::Csv, wording, Vec::new(), std::path::Path::new(""), report.made_ms)?;
    for row in &report.rows {
        table.write_row(row, entries.get(&row.leaf).copied())?;
    }
    table.finish()
}

struct Pages<'a> {
    layout: Layout<'a>,
    report: &'a CleaningReport,
    wording: &'a RowWording,
}

fn brand_colour(text: &str) -> [u8; 3] {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let colour = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).map(u32::to_be_bytes);
    colour.map_or(BRAND, |[_, red, green, blue]| [red, green, blue])
}

fn text_cell(text: String) -> CellText {
    CellText::of(BODY, [text])
}

impl Pages<'_> {
    fn cover(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        let facility = &report.facility;
        let brand = TextStyle { colour: brand_colour(&facility.colour), ..STRONG };
        let name = if facility.brand.is_empty() { "CleanTrack" } else { &facility.brand };
        self.layout.paragraph(name, brand);
        self.layout.heading(1, &self.wording.title(report));
        self.layout.paragraph(&facility.name, TextStyle { size: 12.0, ..STRONG });
        let [from, until] =
            [report.from_ms, report.to_ms - 1].map(|ms| self.wording.dates.day_with_year(ms).text);
        self.layout.paragraph(&w.report_period(from, until), BODY);
        let when = self.wording.moment(report.made_ms);
        let made = match &report.made_by {
            Some(name) => w.report_made_by(name, when),
            None => w.report_made(when),
        };
        self.layout.paragraph(&made, SMALL);
        if let Some(known_ms) = report.known_ms {
            self.layout.paragraph(&w.report_known(self.wording.moment(known_ms)), STRONG);
        }
        if report.lacks_history {
            self.layout.paragraph(&w.report_lacks(), STRONG);
        }
        if !report.is_certain {
            self.layout.paragraph(&w.report_made_uncertain(), SMALL);
        }
        self.layout.paragraph(&w.report_zone(&facility.zone), SMALL);
        self.summary();
        let what = match report.scope {
            ReportScope::Facility | ReportScope::Inspection { .. } => w.report_definition(),
            ReportScope::Item { .. } | ReportScope::Protocol { .. } => {
                format!("{} {}", w.report_definition(), w.report_chosen())
            }
            ReportScope::Person { .. } => format!("{} {}", w.report_definition_person(), w.report_chosen()),
        };
        self.layout.paragraph(&what, SMALL);
    }

    fn summary(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        let figures = ReportFigures::of(&report.rows);
        let mut rows = Vec::new();
        if let Some(windows) = report.windows {
            let rate = match windows.rate() {
                Some(rate) => w.report_rate_value(words::Number::from_tenths(rate.per_mille().into())),
                None => w.report_no_data(),
            };
            rows.push((w.report_rate(), rate));
            rows.push((w.report_met(), w.report_met_of(windows.closed, windows.met)));
            let missed = report.missed.len() as u64 + report.missed_more;
            rows.push((w.report_missed_windows(), w.report_number(missed)));
            rows.push((w.report_overdue_now(), w.report_number(report.overdue.len())));
        }
        rows.extend([
            (w.report_cleanings(), w.report_number(figures.cleanings)),
            (w.report_incomplete(), w.report_number(figures.incomplete)),
            (w.report_too_late(), w.report_number(figures.too_late)),
            (w.report_voided(), w.report_number(figures.voided)),
            (w.report_unattributed(), w.report_number(figures.unattributed)),
            (w.report_uncertain(), w.report_number(figures.uncertain)),
        ]);
        self.layout.heading(2, &w.report_summary());
        let mut table = self.layout.begin_table(&[0.7, 0.3], vec![w.report_what(), w.report_figure()]);
        for (what, figure) in rows {
            let figure = CellText::of(STRONG, [figure]);
            self.layout.row(&mut table, vec![text_cell(what), figure]);
        }
        self.layout.end_table(table);
    }

    fn weeks(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        if report.weeks.is_empty() {
            return;
        }
        self.layout.heading(2, &w.report_weeks());
        let colour = brand_colour(&report.facility.colour);
        for week in &report.weeks {
            let rate = week.windows.rate();
            let rate_text = match rate {
                Some(rate) => w.report_rate_value(words::Number::from_tenths(rate.per_mille().into())),
                None => w.report_no_data(),
            };
            let day = self.wording.dates.numbered_day(week.monday);
            let met = w.report_met_of(week.windows.closed, week.windows.met);
            let line = format!("{} {day}: {rate_text} ({met})", w.report_week());
            self.layout.make_room(26.0);
            self.layout.paragraph(&line, BODY);
            let share = rate.map_or(0.0, |rate| f32::from(rate.per_mille()) / 1_000.0);
            self.layout.bar(share, colour, line);
        }
    }

    fn gaps(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        self.layout.heading(2, &w.report_gaps());
        if report.overdue.is_empty() && report.missed.is_empty() {
            let none = if report.windows.is_some_and(|windows| windows.closed > 0) {
                w.report_gaps_none()
            } else {
                w.report_no_data()
            };
            self.layout.paragraph(&none, BODY);
            return;
        }
        if !report.overdue.is_empty() {
            self.layout.heading(3, &w.report_overdue());
            let head = vec![w.report_item(), w.report_since(), w.report_why()];
            let mut table = self.layout.begin_table(&[0.34, 0.22, 0.44], head);
            for row in &report.overdue {
                let mut item = CellText::of(STRONG, [row.item.clone()]);
                item.lines.extend((!row.place.is_empty()).then(|| (SMALL, row.place.clone())));
                let cells = vec![
                    item,
                    text_cell(self.wording.moment(row.since_ms)),
                    text_cell(self.wording.due_cause(row.cause.as_ref())),
                ];
                self.layout.row(&mut table, cells);
            }
            self.layout.end_table(table);
        }
        if !report.missed.is_empty() {
            self.missed();
        }
    }

    fn missed(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        self.layout.heading(3, &w.report_missed());
        let head = vec![w.report_item(), w.report_window(), w.report_why()];
        let mut table = self.layout.begin_table(&[0.28, 0.30, 0.42], head);
        for row in &report.missed {
            let mut item = CellText::of(STRONG, [row.item.clone()]);
            let protocol = row.protocol.as_ref().map(|name| (SMALL, w.report_window_protocol(name)));
            item.lines.extend(protocol);
            // The last moment of a window is the one before the next begins.
            let [from, until] =
                [row.window.start_ms, row.window.end_ms - 1].map(|ms| self.wording.moment(ms));
            let cells = vec![
                item,
                text_cell(w.report_window_span(from, until)),
                text_cell(self.wording.why_missed(row)),
            ];
            self.layout.row(&mut table, cells);
        }
        self.layout.end_table(table);
        if report.missed_more > 0 {
            self.layout.paragraph(&w.report_missed_more(report.missed_more), BODY);
        }
    }

    fn records(
        &mut self,
        entries: &EntryIndex<'_>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<(), ReportError> {
        let (report, w) = (self.report, self.wording.w);
        self.layout.heading(2, &w.report_records());
        if report.rows.is_empty() {
            self.layout.paragraph(&w.report_records_none(), BODY);
        }
        let shown: Vec<&ReportRow> = report.shown_rows().into_iter().map(|at| &report.rows[at]).collect();
        if shown.len() < report.rows.len() {
            self.layout.paragraph(&w.report_records_more(report.rows.len(), shown.len()), BODY);
        }
        let before = std::mem::take(&mut self.layout.lacks_letters);
        let mut table: Option<TableLayout> = None;
        for (at, row) in shown.iter().enumerate() {
            if progress(at, shown.len()).is_break() {
                return Err(ReportError::Cancelled);
            }
            let is_first = at == 0 || shown[at - 1].cleaning.tag != row.cleaning.tag;
            if is_first {
                if let Some(table) = table.take() {
                    self.layout.end_table(table);
                }
                let tag = row.cleaning.tag.grouped();
                self.layout.heading(3, if row.item.trim().is_empty() { &tag } else { &row.item });
                let about = if row.place.is_empty() { tag } else { format!("{tag} · {}", row.place) };
                self.layout.paragraph(&about, SMALL);
            }
            let head = vec![w.report_when(), w.report_protocol(), w.report_who(), w.report_entry()];
            let layout = &mut self.layout;
            let table = table.get_or_insert_with(|| layout.begin_table(&[0.2, 0.42, 0.2, 0.18], head));
            let cells = self.row_cells(row, entries.get(&row.leaf).copied());
            self.layout.row(table, cells);
        }
        if let Some(table) = table {
            self.layout.end_table(table);
        }
        if self.layout.lacks_letters || before {
            self.layout.paragraph(&w.report_letters(), SMALL);
        }
        Ok(())
    }

    fn row_cells(&self, row: &ReportRow, entry: Option<&Entry>) -> Vec<CellText> {
        let (wording, w) = (self.wording, self.wording.w);
        let cleaning = &row.cleaning;
        let mut when = CellText::of(STRONG, [wording.moment(cleaning.performed_ms)]);
        if cleaning.recorded_ms / 60_000 != cleaning.performed_ms / 60_000 {
            when.lines.push((SMALL, w.report_recorded(wording.moment(cleaning.recorded_ms))));
        }
        when.is_struck = row.voided.is_some();
        let body = entry.and_then(read_body);
        let mut what = CellText::default();
        let faults = wording.faults(row).into_iter().map(|fault| (STRONG, fault));
        let mut facts = wording.facts(row, body.as_ref()).into_iter();
        let protocol = facts.next().map(|protocol| (BODY, protocol));
        let facts = facts.collect::<Vec<_>>().join(" · ");
        let facts = protocol.into_iter().chain((!facts.is_empty()).then_some((BODY, facts)));
        let remarks = wording.remarks(row).into_iter().map(|remark| (SMALL, remark));
        let note = row.note.as_ref().map(|note| (SMALL, w.report_note(wording.text(note))));
        what.lines.extend(faults.chain(facts).chain(remarks).chain(note));
        for photo in &row.photos {
            match photo {
                ReportPhoto::Shown(picture) => what.photos.push((*picture, w.report_photo(entry_name(row)))),
                ReportPhoto::Here => what.lines.push((SMALL, w.report_photo_here())),
                ReportPhoto::Erased => what.lines.push((SMALL, w.report_photo_erased())),
                ReportPhoto::Gone => what.lines.push((SMALL, w.report_photo_gone())),
                ReportPhoto::Altered => what.lines.push((STRONG, w.report_photo_altered())),
            }
        }
        let mut who = CellText::of(BODY, [wording.text(&row.who)]);
        who.lines.push((SMALL, wording.proof_of_who(&cleaning.who)));
        let hash = row.leaf.to_string();
        let entry = CellText::of(SMALL, [entry_name(row), hash[..16].to_owned()]);
        vec![when, what, who, entry]
    }

    fn sign_offs(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        if report.sign_offs.is_empty() {
            return;
        }
        self.layout.heading(2, &w.report_sign_offs());
        let head =
            vec![w.report_person(), w.report_protocol(), w.report_signed_since(), w.report_signed_until()];
        let mut table = self.layout.begin_table(&[0.28, 0.32, 0.2, 0.2], head);
        for row in &report.sign_offs {
            let until = match row.until {
                None => w.report_signed_open(),
                Some(day) if row.is_over => {
                    w.report_signed_over(self.wording.dates.numbered_day(day.number()))
                }
                Some(day) => self.wording.dates.numbered_day(day.number()),
            };
            let since = self.wording.dates.day_with_year(row.since_ms).text;
            let cells = [self.wording.text(&row.person), row.protocol.clone(), since, until];
            self.layout.row(&mut table, cells.map(text_cell).into());
        }
        self.layout.end_table(table);
    }

    fn protocols(&mut self) {
        let (report, w) = (self.report, self.wording.w);
        if report.protocols.is_empty() {
            return;
        }
        self.layout.heading(2, &w.report_protocols());
        let head = vec![w.report_protocol(), w.report_reference(), w.report_step_count(), w.report_contact()];
        let mut table = self.layout.begin_table(&[0.34, 0.36, 0.12, 0.18], head);
        for row in &report.protocols {
            let reference =
                if row.reference.is_empty() { w.report_reference_none() } else { row.reference.clone() };
            let contact = row.contact_s.map_or_else(|| w.report_contact_none(), |s| w.report_seconds(s));
            let cells =
                [w.report_version(&row.name, row.version), reference, w.report_number(row.steps), contact];
            self.layout.row(&mut table, cells.map(text_cell).into());
        }
        self.layout.end_table(table);
    }

    fn proof(&mut self, proof: &ReportProof) {
        let w = self.wording.w;
        self.layout.heading(2, &w.report_proof_title());
        self.layout.paragraph(&w.report_proof_how(), BODY);
        let mut shown: Vec<&str> = Vec::new();
        for log in &proof.logs {
            // Many entries have one proof a part.
            if shown.contains(&log.checkpoint.as_str()) {
                continue;
            }
            shown.push(&log.checkpoint);
            let Ok(opened) = log.open(&[], &[]) else { continue };
            let checkpoint = opened.checkpoint;
            self.layout.paragraph(&w.report_proof_log(checkpoint.origin.to_string(), log.size), BODY);
            self.layout.paragraph(&w.report_proof_root(in_fives(&checkpoint.root)), SMALL);
            let cosigned = match opened.witnessed {
                Some((name, at_s)) => {
                    let at_ms = i64::try_from(at_s).unwrap_or_default().saturating_mul(1_000);
                    w.report_proof_cosigned(name, self.wording.moment(at_ms))
                }
                None => w.report_proof_cosigned_none(),
            };
            self.layout.paragraph(&cosigned, SMALL);
        }
        self.layout.paragraph(&w.report_proof_limits(), SMALL);
    }
}

/// As people compare it.
fn in_fives(root: &Hash) -> String {
    let text = root.to_string();
    let fives = text.as_bytes().chunks(5).map(String::from_utf8_lossy);
    fives.collect::<Vec<_>>().join(" ")
}
