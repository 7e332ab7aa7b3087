//! Sheets of labels for an office printer: what goes on them, where they are begun, and the PDF.

use ::labels::sheet::{Nudge, SHEETS, Start};
use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use record::tag::Tag;

use crate::web::access::staff_session::{Signed, only_changers};
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page_with};
use crate::web::pages::labels::choices::Chosen;
use crate::web::pages::labels::pick::{named, read_list};
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::Form;
use crate::web::view_models::label_fields::{Ask, BLANK_MAX};
use crate::web::view_models::sheets::{Paper, sheet};
use crate::web::view_models::snapshot::Snapshot;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/staff/labels/sheet", get(ask).post(make))
}

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

    fn of(form: &Form) -> Self {
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
    fn read(&self, state: &AppState) -> Result<(Ask, Paper), Wrong> {
        let wrong = |at: &str, words: String| Wrong { at: at.to_owned(), words };
        let ask = self.chosen.ask()?;
        let blank: u32 = if self.blank.is_empty() { 0 } else { self.blank.parse().unwrap_or(u32::MAX) };
        if blank > BLANK_MAX {
            return Err(wrong("blank", "Give a number up to 1,000".into()));
        }
        let pasted = read_list(&self.list);
        let (tags, unknown) = crate::web::pages::labels::pick::known(&state.store.snapshot(), &pasted.tags);
        let lost: Vec<String> = pasted.bad.into_iter().chain(unknown).collect();
        if !lost.is_empty() {
            return Err(wrong("list", format!("Not a tag of equipment in use: {}", named(&lost))));
        }
        if tags.is_empty() && blank == 0 {
            return Err(wrong("list", "Give at least one tag, or a number of blank tags".into()));
        }
        if !tags.is_empty() && blank > 0 {
            return Err(wrong("blank", "Either tags or blank tags, not both on one sheet".into()));
        }
        let start: u32 = self.start.parse().unwrap_or(0);
        let mm = |at: &str, text: &str| -> Result<f64, Wrong> {
            let text = if text.is_empty() { "0" } else { text };
            text.replace(',', ".").parse().map_err(|_| wrong(at, "Give millimetres, such as 0.5".into()))
        };
        let nudge = Nudge { x_mm: mm("right", &self.right)?, y_mm: mm("down", &self.down)? };
        let paper = Paper { sheet: self.sheet.clone(), start: Start::at(start), nudge };
        Ok((Ask { tags, blank, printer: None, key: None, ..ask }, paper))
    }
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct SheetPage {
    frame: Frame,
    problems: Vec<Wrong>,
    form_token: String,
    typed: Typed,
    sheets: Vec<Choice>,
    templates: Vec<Choice>,
}

async fn ask(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    only_changers(&signed)?;
    open(&state, &signed, &[], Chosen { copies: "1".into(), ..Chosen::default() })
}

/// The form, for what was picked on the station.
pub(crate) fn open(
    state: &AppState,
    signed: &Signed,
    picks: &[Tag],
    chosen: Chosen,
) -> Result<Response, Problem> {
    let list = picks.iter().map(Tag::grouped).collect::<Vec<_>>().join("\n");
    form_page(state, signed, Typed::new(list, chosen), Vec::new())
}

fn form_page(
    state: &AppState,
    signed: &Signed,
    typed: Typed,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let snapshot = Snapshot::now(state);
    let words = |s: &::labels::sheet::Sheet| {
        format!("{}: {} labels of {:.1} × {:.1} mm", s.name, s.count(), s.label_mm.0, s.label_mm.1)
    };
    let template = SheetPage {
        frame: Frame::staff(state, &snapshot, "Sheets", signed, Place::Labels).with_script(),
        problems,
        form_token: signed.form_token(),
        sheets: SHEETS.iter().map(|s| Choice::new(s.name, words(s), &typed.sheet)).collect(),
        templates: crate::web::pages::labels::choices::of_items(&state.printing, &typed.chosen.template),
        typed,
    };
    page_with(status, &template)
}

async fn make(State(state): State<AppState>, signed: Signed, request: Request) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let (form, _) = signed.list_form(request).await?;
    let typed = Typed::of(&form);
    let refused = match typed.read(&state) {
        Err(wrong) => wrong,
        Ok((ask, paper)) => match sheet(&state, ask, paper).await {
            Ok(pdf) => {
                let name = "attachment; filename=\"labels.pdf\"";
                let head = [(CONTENT_TYPE, "application/pdf"), (CONTENT_DISPOSITION, name)];
                return Ok((head, pdf).into_response());
            }
            Err(problem) => crate::web::pages::labels::choices::wrong(problem, "list")?,
        },
    };
    form_page(&state, &signed, typed, vec![refused])
}
