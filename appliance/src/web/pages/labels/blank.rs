//! Blank tags by the roll: stuck on first and named by the first scan; each is printed once and never again.

use askama::Template;
use axum::extract::State;
use web::answer::{FormReply, Page};
use web::error::HttpError;

use crate::web::access::permissions::Print;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::{PrintChoices, StationWords};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_fields::{BLANK_MAX, LabelOrder};
use crate::web::view_models::printing::labels;
use crate::web::words::LabelsWords;

const TEMPLATES: &[&str] = &["blank-tag", "blank-tag-62x29", "blank-tag-47x22", "micro", "micro-scanner"];

#[derive(Template)]
#[template(path = "printing/blank.html")]
struct BlankPage {
    frame: PageLayout,
    w: LabelsWords,
    problems: Vec<Wrong>,
    form_token: String,
    submission: String,
    count: String,
    printers: Vec<SelectOption>,
    templates: Vec<SelectOption>,
}

pub(crate) async fn ask(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    form_page(&state, &signed, "20", &PrintChoices::default(), Vec::new())
}

fn form_page(
    state: &AppState,
    signed: &StaffSession,
    count: &str,
    chosen: &PrintChoices,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let words = StationWords::of_staff(signed);
    let w = words.labels;
    let snapshot = Snapshot::now(state);
    let frame =
        PageLayout::staff(state, &snapshot, w.blank_title(), signed, NavSection::Labels).with_script();
    let template = BlankPage {
        frame,
        w,
        problems,
        form_token: signed.form_token(),
        submission: choices::new_submission(state),
        count: count.to_owned(),
        printers: choices::printer_options(words, &state.printing.printers(), &chosen.printer),
        templates: choices::template_options(
            words,
            &state.printing,
            |name| TEMPLATES.contains(&name),
            &chosen.template,
        ),
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn print(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let words = StationWords::of_staff(&signed);
    let (chosen, entered) = (PrintChoices::of(&form), form.text("count").trim().to_owned());
    let blank: u32 = entered.parse().unwrap_or(0);
    let refused = match chosen.ask(words.labels) {
        Err(wrong) => wrong,
        Ok(_) if !(1..=BLANK_MAX).contains(&blank) => {
            Wrong { at: "count".into(), words: words.labels.blank_count_wrong() }
        }
        Ok(ask) => match labels::submit_job(&state, LabelOrder { blank, ..ask }).await {
            Ok(job) => return go_to(&format!("/staff/labels/{}", job.summary.id)),
            Err(error) => choices::to_field_error(words.locale(), error, "count")?,
        },
    };
    form_page(&state, &signed, &entered, &chosen, vec![refused]).map(ask_again)
}
