//! The outcome of a report: asked when it is closed, and when its item is put back into service.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use record::fold::RowVersion;
use record::kinds::{EntryRef, Event};
use record::limits::NOTE_CHARS_MAX;
use record::tag::Tag;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues, read_seen};

use crate::intake::{Command, CommandRefusal, ProblemClosing};
use crate::store::LogReader;
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, entry_by, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, window_title, word_at_field};
use crate::web::http_error::{new_error, not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::read_quick;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::equipment::items::item_name;
use crate::web::view_models::equipment::problems::{
    ProblemCard, ProblemLook, ReportDetails, find_problem, read_problem_id,
};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{ErrorWords, FormWords, PageWords, ProblemWords};

/// The words of an outcome in a form, and those of the log.
const OUTCOMES: [&str; 4] = ["fixed", "no_fault", "retired", "duplicate"];

pub(crate) static OUTCOME: FormDefinition = FormDefinition {
    name: "outcome",
    sections: &[FormSection::plain(&[
        FormField::choice("outcome", &OUTCOMES),
        FormField::lines("notes", NOTE_CHARS_MAX),
    ])],
};

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&OUTCOME, refusal)
}

#[derive(Template)]
#[template(path = "equipment/problem_close.html")]
struct OutcomePage {
    frame: PageLayout,
    w: FormWords,
    p: ProblemWords,
    problems: Vec<Wrong>,
    title: String,
    open: Vec<ProblemCard>,
    action: String,
    back: String,
    button: String,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

struct OutcomePrompt {
    tag: Tag,
    title: String,
    button: String,
    action: String,
    back: String,
    open: Vec<ProblemCard>,
    marks: FormMarks,
}

impl OutcomePrompt {
    fn page(
        self,
        state: &AppState,
        signed: &StaffSession,
        values: &FormValues,
        problems: Vec<Wrong>,
    ) -> Result<Page, HttpError> {
        let (page_words, w): (PageWords, FormWords) = signed.words();
        let title = window_title(page_words, self.title.clone(), &problems);
        let page = OutcomePage {
            frame: PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Equipment)
                .with_script()
                .about_loan(state, self.tag),
            w,
            p: signed.words(),
            sections: FormPainter::new(&OUTCOME, w.catalog()).draw(values, &problems)?,
            problems,
            title: self.title,
            open: self.open,
            action: self.action,
            back: self.back,
            button: self.button,
            marks: self.marks,
        };
        draw_page(&page.frame, &page)
    }
}

/// Nothing is preselected: the first outcome would be wrong as often as not.
fn empty_values() -> FormValues {
    FormValues::empty(&OUTCOME)
}

fn closing_of(values: &FormValues) -> ProblemClosing {
    let outcome = values.text("outcome").replace('_', " ");
    ProblemClosing { outcome: outcome.parse().ok(), text: values.text("notes").to_owned() }
}

/// Why a report that is not open has no page.
fn absent_error(reader: &LogReader, of: EntryRef) -> HttpError {
    match entry_by(reader, of) {
        Ok(Some((_, Event::ProblemReported(made)))) => {
            new_error(StatusCode::CONFLICT, "problem-closed", worded(ErrorWords::error_problem_closed))
                .detail(worded(ErrorWords::error_problem_closed_detail))
                .next(worded(ErrorWords::error_problem_closed_next))
                .link(format!("/staff/equipment/{}", made.tag), worded(ErrorWords::error_links_item))
        }
        Ok(_) => not_found(),
        Err(error) => error,
    }
}

async fn close_prompt(state: &AppState, signed: &StaffSession, id: &str) -> Result<OutcomePrompt, HttpError> {
    let of = read_problem_id(id).ok_or_else(not_found)?;
    let w: ProblemWords = signed.words();
    let wording = signed.wording(&Snapshot::now(state).local);
    let found = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let Some((tag, open)) = find_problem(&facility, of) else { return Err(absent_error(reader, of)) };
        let look = ProblemLook { state, facility: &facility, reader, wording: &wording, w };
        Ok(look.card(tag, open, ReportDetails::Shown))
    });
    let card = found.await?;
    let forms: FormWords = signed.words();
    Ok(OutcomePrompt {
        tag: card.tag,
        title: forms.form_outcome_title(&card.name),
        button: forms.form_outcome_close(),
        action: format!("/staff/problems/{}", card.id),
        back: format!("/staff/equipment/{}", card.tag),
        marks: FormMarks::new(state, signed),
        open: vec![card],
    })
}

pub(crate) async fn ask_close(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    close_prompt(&state, &signed, &id).await?.page(&state, &signed, &empty_values(), Vec::new())
}

pub(crate) async fn close_problem(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let of = read_problem_id(&id).ok_or_else(not_found)?;
    let sent = SentForm::<RowVersion>::read(signed.words(), &OUTCOME, &form);
    let mut problems = sent.errors;
    let submission = sent.submission.clone();
    if problems.is_empty() {
        let command = Command::CloseProblem { of, closing: closing_of(&sent.values) };
        match run_command(&state, signed.author(), submission.clone(), command).await {
            Ok(_) => return go_to("/staff/"),
            // Its page says why.
            Err(CommandFailure::Refused(CommandRefusal::UnknownProblem { .. })) => {}
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => problems.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    return Err(HttpError::from(other).link("/staff/", worded(ErrorWords::error_links_back)));
                }
            },
        }
    }
    let mut prompt = close_prompt(&state, &signed, &id).await?;
    prompt.marks = prompt.marks.again(submission, None::<RowVersion>);
    prompt.page(&state, &signed, &sent.values, problems).map(ask_again)
}

async fn resume_prompt(
    state: &AppState,
    signed: &StaffSession,
    tag: Tag,
) -> Result<OutcomePrompt, HttpError> {
    let w: ProblemWords = signed.words();
    let wording = signed.wording(&Snapshot::now(state).local);
    let found = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        let look = ProblemLook { state, facility: &facility, reader, wording: &wording, w };
        Ok((item.facts.name.clone(), item.changed, look.cards_of(tag, ReportDetails::Shown)))
    });
    let (name, changed, open) = found.await?;
    let forms: FormWords = signed.words();
    Ok(OutcomePrompt {
        tag,
        title: forms.form_outcome_resume_title(&name),
        button: forms.form_outcome_resume(),
        action: format!("/staff/equipment/{tag}/back"),
        back: format!("/staff/equipment/{tag}"),
        open,
        marks: FormMarks::new(state, signed).over(changed),
    })
}

pub(crate) async fn ask_resume(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let (tag, _) = item_name(&state, &tag)?;
    resume_prompt(&state, &signed, tag).await?.page(&state, &signed, &empty_values(), Vec::new())
}

pub(crate) async fn resume_item(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, _) = item_name(&state, &tag)?;
    let to = format!("/staff/equipment/{tag}");
    let values = FormValues::read(&OUTCOME, &form);
    let seen = read_seen(&form).unwrap_or_else(|_| Some(RowVersion::default()));
    let submission = submission_of(&form);
    let command = Command::ResumeEquipment { tag, closing: closing_of(&values), seen };
    match run_command(&state, signed.author(), submission.clone(), command).await {
        Ok(_) => go_to(&to),
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                let mut prompt = resume_prompt(&state, &signed, tag).await?;
                prompt.marks = prompt.marks.again(submission, seen);
                let problems = vec![word_at_field(&signed, at, &refusal)];
                prompt.page(&state, &signed, &values, problems).map(ask_again)
            }
            Err(other) => Err(HttpError::from(other).link(to, worded(ErrorWords::error_links_item))),
        },
    }
}
