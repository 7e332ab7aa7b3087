//! Sheets of labels for an office printer: what goes on them, where they are begun, and the PDF.

use ::labels::sheet::{Nudge, SHEETS, Start};
use askama::Template;
use axum::extract::State;
use record::tag::Tag;
use web::answer::{Download, FormReply, OneOf, Page, media};
use web::argument::FormFields;
use web::error::HttpError;

use crate::web::access::permissions::Print;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::ask_again;
use crate::web::context::AppState;
use crate::web::layout::{Frame, Place, draw_page};
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::{Chosen, StationWords};
use crate::web::pages::labels::pick::{known, named, read_list};
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffListForm;
use crate::web::view_models::label_fields::{BLANK_MAX, LabelOrder};
use crate::web::view_models::print_papers::millimetres;
use crate::web::view_models::sheets::{Paper, sheet};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::LabelsWords;

/// What was typed.
#[derive(Debug, Clone)]
struct Typed {
    list: String,
    blank: String,
    sheet: String,
    start: String,
    right: String,
    down: String,
    chosen: Chosen,
}

impl Typed {
    fn new(list: String, chosen: Chosen) -> Self {
        let (blank, sheet) = (String::new(), SHEETS[0].name.to_owned());
        Self { list, blank, sheet, start: "1".into(), right: "0".into(), down: "0".into(), chosen }
    }

    fn of(form: &FormFields) -> Self {
        let text = |name: &str| form.text(name).trim().to_owned();
        Self {
            list: form.text("list").to_owned(),
            blank: text("blank"),
            sheet: text("sheet"),
            start: text("start"),
            right: text("right"),
            down: text("down"),
            chosen: Chosen::of(form),
        }
    }

    /// What is asked for, or what is wrong with it.
    fn read(&self, w: LabelsWords, state: &AppState) -> Result<(LabelOrder, Paper), Wrong> {
        let wrong = |at: &str, words: String| Wrong { at: at.to_owned(), words };
        let ask = self.chosen.ask(w)?;
        let blank: u32 = if self.blank.is_empty() { 0 } else { self.blank.parse().unwrap_or(u32::MAX) };
        if blank > BLANK_MAX {
            return Err(wrong("blank", w.sheets_blank_wrong()));
        }
        let pasted = read_list(&self.list);
        let (tags, unknown) = known(&state.store.snapshot(), &pasted.tags);
        let lost: Vec<String> = pasted.bad.into_iter().chain(unknown).collect();
        if !lost.is_empty() {
            return Err(wrong("list", w.labels_not_tags(named(w, &lost))));
        }
        if tags.is_empty() && blank == 0 {
            return Err(wrong("list", w.sheets_no_tags()));
        }
        if !tags.is_empty() && blank > 0 {
            return Err(wrong("blank", w.sheets_blank_either()));
        }
        let start: u32 = self.start.parse().unwrap_or(0);
        let mm = |at: &str, text: &str| -> Result<f64, Wrong> {
            let text = if text.is_empty() { "0" } else { text };
            text.replace(',', ".").parse().map_err(|_| wrong(at, w.sheets_not_millimetres()))
        };
        let nudge = Nudge { x_mm: mm("right", &self.right)?, y_mm: mm("down", &self.down)? };
        let paper = Paper { sheet: self.sheet.clone(), start: Start::at(start), nudge };
        Ok((LabelOrder { tags, blank, printer: None, key: None, ..ask }, paper))
    }
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct SheetPage {
    frame: Frame,
    w: LabelsWords,
    problems: Vec<Wrong>,
    form_token: String,
    typed: Typed,
    sheets: Vec<Choice>,
    templates: Vec<Choice>,
}

pub(crate) async fn ask(signed: Staff<Print>, State(state): State<AppState>) -> Result<Page, HttpError> {
    open(&state, &signed, &[], Chosen { copies: "1".into(), ..Chosen::default() })
}

/// The form, for what was picked on the station.
pub(crate) fn open(
    state: &AppState,
    signed: &StaffSession,
    picks: &[Tag],
    chosen: Chosen,
) -> Result<Page, HttpError> {
    let list = picks.iter().map(Tag::grouped).collect::<Vec<_>>().join("\n");
    form_page(state, signed, Typed::new(list, chosen), Vec::new())
}

fn form_page(
    state: &AppState,
    signed: &StaffSession,
    typed: Typed,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let station = StationWords::of_staff(signed);
    let w = station.labels;
    let snapshot = Snapshot::now(state);
    let words = |s: &::labels::sheet::Sheet| {
        let (width, height) = s.label_mm;
        w.sheets_choice(s.count(), millimetres(height), s.name, millimetres(width))
    };
    let template = SheetPage {
        frame: Frame::staff(state, &snapshot, w.sheets_title(), signed, Place::Labels).with_script(),
        w,
        problems,
        form_token: signed.form_token(),
        sheets: SHEETS.iter().map(|s| Choice::new(s.name, words(s), &typed.sheet)).collect(),
        templates: choices::of_items(station, &state.printing, &typed.chosen.template),
        typed,
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn make(
    signed: Staff<Print>,
    State(state): State<AppState>,
    StaffListForm { fields: form, .. }: StaffListForm,
) -> Result<OneOf<Download<media::Pdf>, FormReply>, HttpError> {
    let typed = Typed::of(&form);
    let words = StationWords::of_staff(&signed);
    let refused = match typed.read(words.labels, &state) {
        Err(wrong) => wrong,
        Ok((ask, paper)) => match sheet(&state, ask, paper).await {
            Ok(pdf) => return Download::new("labels.pdf", pdf).map(OneOf::First),
            Err(error) => choices::wrong(words.locale(), error, "list")?,
        },
    };
    form_page(&state, &signed, typed, vec![refused]).map(|page| OneOf::Second(ask_again(page)))
}
