//! Labels from a spreadsheet: the result of every row is shown before anything is printed, then it is one job.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::extract::State;
use record::fold::{Equipment, FacilityState, ServiceState};
use record::tag::Tag;
use web::answer::{OneOf, Page};
use web::error::HttpError;

use crate::intake::find_named_item;
use crate::printing::{JobRequest, NameStyle, PrintRefusal};
use crate::web::access::permissions::Print;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again};
use crate::web::context::{AppState, run_blocking};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::{PrintChoices, StationWords};
use crate::web::pages::labels::csv_rows::{CsvRow, is_shortened_number, read_rows};
use crate::web::pages::labels::pick::read_tag;
use crate::web::request::bodies::form::StaffListForm;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_faults::word_make_error;
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::view_models::printing::{label_fields, labels};
use crate::web::words::LabelsWords;

/// Characters of a cell that a page repeats.
const CELL_SHOWN: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
enum RowOutcome {
    Prints(Tag),
    Bad(RowFault),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RowFault {
    NotTag(String),
    UnknownTag(Tag),
    Shortened(String),
    SeveralNumbers(usize, String),
    UnknownNumber(String),
    SeveralNames(usize, String),
    UnknownName(String),
    Empty,
    OtherNumber { name: String, number: String },
    Same { line: u64 },
    Label(String),
}

impl RowFault {
    fn words(self, w: LabelsWords) -> String {
        match self {
            Self::NotTag(text) => w.csv_row_no_tag(shorten_cell(&text)),
            Self::UnknownTag(tag) => w.csv_row_no_tag_unknown(tag.grouped()),
            Self::Shortened(text) => w.csv_row_no_tag_shortened(shorten_cell(&text)),
            Self::SeveralNumbers(count, text) => w.csv_row_no_tag_several_numbers(count, shorten_cell(&text)),
            Self::UnknownNumber(text) => w.csv_row_no_tag_no_number(shorten_cell(&text)),
            Self::SeveralNames(count, text) => w.csv_row_no_tag_several_names(count, shorten_cell(&text)),
            Self::UnknownName(text) => w.csv_row_no_tag_no_name(shorten_cell(&text)),
            Self::Empty => w.csv_row_no_tag_empty(),
            Self::OtherNumber { name, number } => {
                w.csv_row_no_tag_other_number(shorten_cell(&name), shorten_cell(&number))
            }
            Self::Same { line } => w.csv_row_no_tag_same(line.to_string()),
            Self::Label(words) => as_sentence(&words),
        }
    }
}

/// Items by what a row may call them.
struct Index<'a> {
    facility: &'a FacilityState,
    numbers: HashMap<String, Vec<&'a Equipment>>,
    names: HashMap<String, Vec<&'a Equipment>>,
}

impl<'a> Index<'a> {
    fn new(facility: &'a FacilityState) -> Self {
        let (mut numbers, mut names): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        let items = facility.equipment.values().map(AsRef::as_ref);
        for item in items.filter(|item: &&Equipment| item.service != ServiceState::Retired) {
            numbers.entry(item.facts.asset_number.to_lowercase()).or_default().push(item);
            names.entry(item.facts.name.to_lowercase()).or_default().push(item);
        }
        Self { facility, numbers, names }
    }

    /// The item that a row names: by its tag, else by its number, else by its name. A number beside a tag must be that
    /// item's; a name beside them is often spelt differently, so the page shows both and a person decides.
    fn item(&self, row: &CsvRow) -> Result<&'a Equipment, RowFault> {
        self.find_item(row).map_err(|fault| match fault {
            RowFault::NotTag(text) | RowFault::UnknownNumber(text) | RowFault::UnknownName(text)
                if is_shortened_number(&text) =>
            {
                RowFault::Shortened(text)
            }
            RowFault::OtherNumber { .. } if is_shortened_number(&row.number) => {
                RowFault::Shortened(row.number.clone())
            }
            other => other,
        })
    }

    fn find_item(&self, row: &CsvRow) -> Result<&'a Equipment, RowFault> {
        let number = row.number.to_lowercase();
        let item = if !row.tag.is_empty() {
            let tag = read_tag(&row.tag).ok_or_else(|| RowFault::NotTag(row.tag.clone()))?;
            let item =
                find_named_item(self.facility, tag).filter(|item| item.service != ServiceState::Retired);
            item.ok_or(RowFault::UnknownTag(tag))?
        } else if !number.is_empty() {
            match self.numbers.get(&number).map(Vec::as_slice) {
                Some([item]) => *item,
                Some(many) => return Err(RowFault::SeveralNumbers(many.len(), row.number.clone())),
                None => return Err(RowFault::UnknownNumber(row.number.clone())),
            }
        } else if !row.name.is_empty() {
            match self.names.get(&row.name.to_lowercase()).map(Vec::as_slice) {
                Some([item]) => *item,
                Some(many) => return Err(RowFault::SeveralNames(many.len(), row.name.clone())),
                None => return Err(RowFault::UnknownName(row.name.clone())),
            }
        } else {
            return Err(RowFault::Empty);
        };
        if !number.is_empty() && item.facts.asset_number.to_lowercase() != number {
            let (name, number) = (item.facts.name.clone(), item.facts.asset_number.clone());
            return Err(RowFault::OtherNumber { name, number });
        }
        Ok(item)
    }
}

fn shorten_cell(cell: &str) -> String {
    let cut: String = cell.chars().take(CELL_SHOWN).collect();
    if cut.len() < cell.len() { format!("{cut}…") } else { cut }
}

fn check_rows(facility: &FacilityState, rows: &[CsvRow]) -> Vec<RowOutcome> {
    let index = Index::new(facility);
    let mut seen: BTreeMap<Tag, u64> = BTreeMap::new();
    let outcomes = rows.iter().map(|row| match index.item(row) {
        Err(why) => RowOutcome::Bad(why),
        Ok(item) => match seen.get(&item.tag) {
            Some(line) => RowOutcome::Bad(RowFault::Same { line: *line }),
            None => {
                seen.insert(item.tag, row.line);
                RowOutcome::Prints(item.tag)
            }
        },
    });
    outcomes.collect()
}

struct CsvResultRow {
    line: u64,
    message: String,
    name: String,
    tag: String,
    why: String,
}

#[derive(Template)]
#[template(path = "printing/csv.html")]
struct CsvPage {
    frame: PageLayout,
    w: LabelsWords,
    problems: Vec<Wrong>,
    form_token: String,
    submission: String,
    text: String,
    chosen: PrintChoices,
    printers: Vec<SelectOption>,
    templates: Vec<SelectOption>,
    bad: Vec<CsvResultRow>,
    good: Vec<CsvResultRow>,
    list: String,
    words: String,
}

pub(crate) async fn ask(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let chosen = PrintChoices { copies: "1".into(), ..PrintChoices::default() };
    form_page(&state, &signed, String::new(), chosen, None, Vec::new())
}

pub(crate) async fn look(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffListForm { fields: form, file }: StaffListForm,
) -> Result<FormOrPage, HttpError> {
    let chosen = PrintChoices::of(&form);
    let text = form.text("text").to_owned();
    let bytes = file.unwrap_or_else(|| text.clone().into_bytes());
    let words = StationWords::of_staff(&signed);
    run_blocking(&state, move |state| match read_rows(&bytes) {
        Ok(rows) => {
            let (good, bad, list) = preview_rows(words, state, &chosen, &rows)?;
            let tried = Some((good, bad, list));
            form_page(state, &signed, String::new(), chosen, tried, Vec::new()).map(OneOf::Second)
        }
        Err(fault) => {
            let wrong = Wrong { at: "file".into(), words: fault.words(words.labels) };
            let page = form_page(state, &signed, text, chosen, None, vec![wrong])?;
            Ok(OneOf::First(ask_again(page)))
        }
    })
    .await
}

type CheckedRows = (Vec<CsvResultRow>, Vec<CsvResultRow>, String);

/// The result for every row, including whether its label can be laid out on the roll.
fn preview_rows(
    words: StationWords,
    state: &AppState,
    chosen: &PrintChoices,
    rows: &[CsvRow],
) -> Result<CheckedRows, HttpError> {
    let (mut fates, names) = {
        let facility = state.store.snapshot();
        let fates = check_rows(&facility, rows);
        let tags =
            fates.iter().filter_map(|f| if let RowOutcome::Prints(tag) = f { Some(*tag) } else { None });
        let names = tags.map(|tag| {
            let item = facility.equipment.get(&tag);
            (tag, item.map(|item| item.facts.name.clone()).unwrap_or_default())
        });
        let names: BTreeMap<Tag, String> = names.collect();
        (fates, names)
    };
    refuse_rows(words, state, chosen, &mut fates)?;
    let (mut good, mut bad, mut list) = (Vec::new(), Vec::new(), Vec::new());
    for (row, outcome) in rows.iter().zip(fates) {
        let message = [&row.tag, &row.number, &row.name].into_iter().filter(|cell| !cell.is_empty());
        let message = message.map(|cell| shorten_cell(cell)).collect::<Vec<_>>().join(", ");
        let (name, tag, why) = (String::new(), String::new(), String::new());
        let shown = CsvResultRow { line: row.line, message, name, tag, why };
        match outcome {
            RowOutcome::Prints(tag) => {
                list.push(tag.to_string());
                let name = names.get(&tag).cloned().unwrap_or_default();
                good.push(CsvResultRow { name, tag: tag.grouped(), ..shown });
            }
            RowOutcome::Bad(why) => bad.push(CsvResultRow { why: why.words(words.labels), ..shown }),
        }
    }
    Ok((good, bad, list.join(" ")))
}

fn refuse_rows(
    words: StationWords,
    state: &AppState,
    chosen: &PrintChoices,
    fates: &mut [RowOutcome],
) -> Result<(), HttpError> {
    let tags: Vec<Tag> = fates
        .iter()
        .filter_map(|f| if let RowOutcome::Prints(tag) = f { Some(*tag) } else { None })
        .collect();
    let once = PrintChoices { copies: "1".into(), ..chosen.clone() };
    let Ok(ask) = once.ask(words.labels) else { return Ok(()) };
    if tags.is_empty() {
        return Ok(());
    }
    let ask = LabelOrder { tags, ..ask };
    let requests = label_fields::label_requests(state, &ask)?;
    let id = record::ids::JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let names = if chosen.numbers { NameStyle::AssetNumber } else { NameStyle::AsTheyAre };
    let job =
        JobRequest { printer: ask.printer, template: ask.template, names, ..JobRequest::new(id, requests) };
    let trial = match state.printing.trial(&job) {
        // The form below still prints when there is a printer again.
        Err(PrintRefusal::NoPrinter) => return Ok(()),
        tried => tried.map_err(labels::refusal_error)?,
    };
    let good = fates.iter_mut().filter(|outcome| matches!(outcome, RowOutcome::Prints(_)));
    for (outcome, refused) in good.zip(trial.refused) {
        if let Some(PrintRefusal::Label { why, .. }) = refused {
            *outcome = RowOutcome::Bad(RowFault::Label(word_make_error(words.printing, &why)));
        }
    }
    Ok(())
}

fn form_page(
    state: &AppState,
    signed: &StaffSession,
    text: String,
    chosen: PrintChoices,
    tried: Option<CheckedRows>,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let station = StationWords::of_staff(signed);
    let w = station.labels;
    let snapshot = Snapshot::now(state);
    let words = tried.as_ref().map(|(good, bad, _)| {
        let prints = w.csv_prints(bad.len().to_string(), good.len());
        w.csv_looked(prints, w.csv_read(good.len() + bad.len()))
    });
    let (good, bad, list) = tried.unwrap_or_default();
    let template = CsvPage {
        frame: PageLayout::staff(state, &snapshot, w.csv_title(), signed, NavSection::Labels).with_script(),
        w,
        problems,
        form_token: signed.form_token(),
        submission: choices::new_submission(state),
        text,
        printers: choices::printer_options(station, &state.printing.printers(), &chosen.printer),
        templates: choices::of_items(station, &state.printing, &chosen.template),
        chosen,
        bad,
        good,
        list,
        words: words.unwrap_or_default(),
    };
    draw_page(&template.frame, &template)
}
