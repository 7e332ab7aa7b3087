//! The set-up page itself: progress, and the form.

use askama::Template;
use web::answer::Page;
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormPainter, FormValues};

use super::form::open_form_words;
use crate::setup::{SetupState, read_state};
use crate::web::context::AppState;
use crate::web::form_page::FormMarks;
use crate::web::layout::{PageLayout, draw_page};
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::machine::label_hosts::{HOST_FIELD, HostQuestion};
use crate::web::view_models::machine::setup_words::{word_row, word_state};
use crate::web::words::{FormWords, SetupWords};

pub(super) enum SetupMarks {
    Open { submission: String },
    Session(FormMarks),
}

pub(super) struct SetupForm<'a> {
    pub(super) values: &'a FormValues,
    pub(super) problems: Vec<Wrong>,
    pub(super) marks: SetupMarks,
}

#[derive(Template)]
#[template(path = "setup/setup.html")]
struct SetupTemplate {
    frame: PageLayout,
    w: SetupWords,
    f: FormWords,
    action: &'static str,
    problems: Vec<Wrong>,
    state: Vec<String>,
    rows: Vec<String>,
    /// What only the first one enters: code, name and PIN.
    first: Option<FilledSection>,
    sections: Vec<FilledSection>,
    relay: Option<FilledSection>,
    marks: SetupMarks,
    weighed_host: Option<String>,
}

#[derive(Template)]
#[template(path = "setup/setup_plain.html")]
struct PlainTemplate {
    frame: PageLayout,
    w: SetupWords,
    state: Vec<String>,
    rows: Vec<String>,
    secure: Option<String>,
}

#[derive(Template)]
#[template(path = "setup/setup_done.html")]
struct DoneTemplate {
    frame: PageLayout,
    w: SetupWords,
    done: SetupDone,
    next: String,
}

pub(super) struct SetupDone {
    pub(super) title: String,
    pub(super) passphrase: Option<String>,
    pub(super) lines: Vec<String>,
    pub(super) link: String,
}

struct StateLines {
    state: Vec<String>,
    rows: Vec<String>,
}

impl StateLines {
    fn of(state: &AppState, w: SetupWords) -> Self {
        let there: SetupState = read_state(state.field.setup_folder.as_deref());
        let mut lines = match state.field.setup_folder {
            Some(_) => word_state(w, &there),
            None => vec![w.setup_not_image()],
        };
        if state.field.data.join("keys/claim.toml").exists() {
            lines.push(w.setup_state_claim());
        }
        Self { state: lines, rows: there.rows.iter().map(|row| word_row(w, row)).collect() }
    }
}

pub(super) fn form_page(
    state: &AppState,
    frame: PageLayout,
    w: SetupWords,
    action: &'static str,
    form: SetupForm<'_>,
) -> Result<Page, HttpError> {
    let definition: &'static FormDefinition = form.values.form();
    let f = open_form_words(w);
    let mut sections = FormPainter::new(definition, f.catalog()).draw(form.values, &form.problems)?;
    let relay = sections.pop();
    let is_first = definition.find_field("admin").is_some();
    let first = is_first.then(|| sections.remove(0));
    let lines = StateLines::of(state, w);
    let asks = form.problems.iter().any(|problem| problem.at == HOST_FIELD);
    let page = SetupTemplate {
        frame,
        w,
        f,
        action,
        problems: form.problems,
        state: lines.state,
        rows: lines.rows,
        first,
        sections,
        relay,
        marks: form.marks,
        // Only what the page says is asked.
        weighed_host: asks
            .then(|| HostQuestion::find(state, form.values))
            .flatten()
            .map(|question| question.host),
    };
    draw_page(&page.frame, &page)
}

pub(super) fn plain_page(
    state: &AppState,
    frame: PageLayout,
    w: SetupWords,
    secure: Option<String>,
) -> Result<Page, HttpError> {
    let StateLines { state, rows } = StateLines::of(state, w);
    let page = PlainTemplate { frame, w, state, rows, secure };
    draw_page(&page.frame, &page)
}

pub(super) fn done_page(
    frame: PageLayout,
    w: SetupWords,
    done: SetupDone,
    next: String,
) -> Result<Page, HttpError> {
    let page = DoneTemplate { frame, w, done, next };
    draw_page(&page.frame, &page)
}
