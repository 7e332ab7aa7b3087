//! Sheets of labels for an office printer: what goes on them, where they are begun, and the PDF.

use ::labels::sheet::{FirstLabel, PrintOffset, SHEETS};
use askama::Template;
use axum::extract::State;
use record::tag::Tag;
use web::answer::{FileDownload, FormReply, OneOf, Page, media};
use web::argument::FormFields;
use web::error::HttpError;

use crate::web::access::permissions::Print;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::ask_again;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::{PrintChoices, StationWords};
use crate::web::pages::labels::pick::{name_list, read_list, resolve_tags};
use crate::web::request::bodies::form::StaffListForm;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_fields::{BLANK_MAX, LabelOrder};
use crate::web::view_models::printing::print_papers::millimetres_text;
use crate::web::view_models::printing::sheets::{SheetPlacement, render_sheets};
use crate::web::words::LabelsWords;

#[derive(Debug, Clone)]
struct SheetFormData {
    list: String,
    blank: String,
    sheet: String,
    start: String,
    right: String,
    down: String,
    chosen: PrintChoices,
}

impl SheetFormData {
    fn new(list: String, chosen: PrintChoices) -> Self {
        let (blank, sheet) = (String::new(), SHEETS[0].name.to_owned());
        Self { list, blank, sheet, start: "1".into(), right: "0".into(), down: "0".into(), chosen }
    }

    fn of(form: &FormFields) -> Self {
        let [blank, sheet, start, right, down] =
            ["blank", "sheet", "start", "right", "down"].map(|name| form.text(name).trim().to_owned());
        let list = form.text("list").to_owned();
        Self { list, blank, sheet, start, right, down, chosen: PrintChoices::of(form) }
    }

    fn read(&self, w: LabelsWords, state: &AppState) -> Result<(LabelOrder, SheetPlacement), Wrong> {
        let ask = self.chosen.ask(w)?;
        let blank: u32 = if self.blank.is_empty() { 0 } else { self.blank.parse().unwrap_or(u32::MAX) };
        if blank > BLANK_MAX {
            return Err(Wrong { at: "blank".into(), words: w.sheets_blank_wrong() });
        }
        let pasted = read_list(&self.list);
        let (tags, unknown) = resolve_tags(&state.store.snapshot(), &pasted.tags);
        let lost: Vec<String> = pasted.bad.into_iter().chain(unknown).collect();
        if !lost.is_empty() {
            return Err(Wrong { at: "list".into(), words: w.labels_not_tags(name_list(w, &lost)) });
        }
        if tags.is_empty() && blank == 0 {
            return Err(Wrong { at: "list".into(), words: w.sheets_no_tags() });
        }
        if !tags.is_empty() && blank > 0 {
            return Err(Wrong { at: "blank".into(), words: w.sheets_blank_either() });
        }
        let start: u32 = self.start.parse().unwrap_or(0);
        let x_mm = read_millimetres(w, "right", &self.right)?;
        let y_mm = read_millimetres(w, "down", &self.down)?;
        let nudge = PrintOffset { x_mm, y_mm };
        let paper = SheetPlacement { sheet: self.sheet.clone(), start: FirstLabel::at(start), nudge };
        Ok((LabelOrder { tags, blank, printer: None, key: None, ..ask }, paper))
    }
}

fn read_millimetres(w: LabelsWords, at: &str, text: &str) -> Result<f64, Wrong> {
    let text = if text.is_empty() { "0" } else { text };
    let read = text.replace(',', ".").parse::<f64>();
    read.map_err(|_| Wrong { at: at.to_owned(), words: w.sheets_not_millimetres() })
}

#[derive(Template)]
#[template(path = "printing/sheet.html")]
struct SheetPage {
    frame: PageLayout,
    w: LabelsWords,
    problems: Vec<Wrong>,
    form_token: String,
    entered: SheetFormData,
    sheets: Vec<SelectOption>,
    templates: Vec<SelectOption>,
}

pub(crate) async fn ask(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    open_sheet(&state, &signed, &[], PrintChoices { copies: "1".into(), ..PrintChoices::default() })
}

pub(crate) fn open_sheet(
    state: &AppState,
    signed: &StaffSession,
    picks: &[Tag],
    chosen: PrintChoices,
) -> Result<Page, HttpError> {
    let list = picks.iter().map(Tag::grouped).collect::<Vec<_>>().join("\n");
    form_page(state, signed, SheetFormData::new(list, chosen), Vec::new())
}

fn form_page(
    state: &AppState,
    signed: &StaffSession,
    entered: SheetFormData,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let station = StationWords::of_staff(signed);
    let w = station.labels;
    let snapshot = Snapshot::now(state);
    let sheets = SHEETS.iter().map(|s| {
        let (width, height) = s.label_mm;
        let words = w.sheets_choice(s.count(), millimetres_text(height), s.name, millimetres_text(width));
        SelectOption::new(s.name, words, &entered.sheet)
    });
    let template = SheetPage {
        frame: PageLayout::staff(state, &snapshot, w.sheets_title(), signed, NavSection::Labels)
            .with_script(),
        w,
        problems,
        form_token: signed.form_token(),
        sheets: sheets.collect(),
        templates: choices::of_items(station, &state.printing, &entered.chosen.template),
        entered,
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn make(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffListForm { fields: form, .. }: StaffListForm,
) -> Result<OneOf<FileDownload<media::Pdf>, FormReply>, HttpError> {
    let entered = SheetFormData::of(&form);
    let words = StationWords::of_staff(&signed);
    let refused = match entered.read(words.labels, &state) {
        Err(wrong) => wrong,
        Ok((ask, paper)) => match render_sheets(&state, ask, paper).await {
            Ok(pdf) => return FileDownload::new("labels.pdf", pdf).map(OneOf::First),
            Err(error) => choices::to_field_error(words.locale(), error, "list")?,
        },
    };
    form_page(&state, &signed, entered, vec![refused]).map(|page| OneOf::Second(ask_again(page)))
}
