//! Writing down that a maintenance task was done, or that the item did not pass it.

use askama::Template;
use axum::extract::State;
use record::kinds::{UpkeepReading, UpkeepResult};
use record::limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX};
use record::tree::Hash;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues};

use super::upkeep::ItemTask;
use crate::intake::{Command, CommandRefusal, UpkeepRecord};
use crate::web::access::permissions::RecordWork;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::photo_upload::{await_photo, take_photo};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::entered_lines::read_lines;
use crate::web::form_page::{FormMarks, SentForm, find_refused, window_title, word_at_field};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::photo_form::{PhotoForm, StaffPhotoForm};
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::page_token::{PageToken, carried_photo};
use crate::web::view_models::page::formats::CivilTimeFault;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::records::photos::thumbnail_address;
use crate::web::words::{FormWords, PageWords, ProblemWords, RegisterWords};

pub(crate) static UPKEEP_DONE: FormDefinition = FormDefinition {
    name: "upkeep-done",
    sections: &[FormSection::plain(&[
        FormField::choice("result", &["done", "failed"]).required(),
        FormField::line("done_by", NAME_CHARS_MAX).required(),
        FormField::line("performed_at", 16),
        FormField::prose("readings", 2_000),
        FormField::prose("notes", NOTE_CHARS_MAX),
    ])],
};

#[derive(Template)]
#[template(path = "equipment/upkeep_done.html")]
struct UpkeepDonePage {
    frame: PageLayout,
    f: FormWords,
    w: RegisterWords,
    problems: Vec<Wrong>,
    name: String,
    task: String,
    action: String,
    back: String,
    sections: Vec<FilledSection>,
    photo: ProblemWords,
    page: String,
    stored_photo: Option<String>,
    marks: FormMarks,
}

struct DoneTry<'a> {
    values: &'a FormValues,
    photo: Option<Hash>,
    problems: Vec<Wrong>,
}

fn done_page(
    state: &AppState,
    signed: &StaffSession,
    there: &ItemTask,
    entered: DoneTry<'_>,
    marks: FormMarks,
) -> Result<Page, HttpError> {
    let DoneTry { values, photo, problems } = entered;
    let (page_words, f, w): (PageWords, FormWords, RegisterWords) = signed.words();
    let task = there.task.as_ref().ok_or_else(not_found)?;
    let title = window_title(page_words, w.upkeep_done_title(&task.name), &problems);
    let snapshot = Snapshot::now(state);
    let page = UpkeepDonePage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Equipment)
            .with_script()
            .about_item(state, there.tag),
        f,
        w,
        sections: FormPainter::new(&UPKEEP_DONE, f.catalog()).draw(values, &problems)?,
        problems,
        name: there.name.clone(),
        task: task.name.clone(),
        action: format!("{}/upkeep/{}/done", there.back(), task.upkeep),
        back: there.back(),
        photo: signed.words(),
        page: PageToken { photo, ..PageToken::new(there.tag, &snapshot.now) }.text(&state.identity.page_key),
        stored_photo: photo.map(thumbnail_address),
        marks,
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask_record_upkeep(
    signed: StaffCaller<RecordWork>,
    State(state): State<AppState>,
    Path((tag, upkeep)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    let there = ItemTask::find(&state, &tag, Some(&upkeep))?;
    let values = FormValues::empty(&UPKEEP_DONE).with("result", "done").with("done_by", signed.name());
    let entered = DoneTry { values: &values, photo: None, problems: Vec::new() };
    done_page(&state, &signed, &there, entered, FormMarks::new(&state, &signed))
}

fn read_readings(w: RegisterWords, sent: &mut SentForm<u32>) -> Vec<UpkeepReading> {
    let mut readings = Vec::new();
    for parts in read_lines(sent.values.text("readings")) {
        let value = parts.get(1).and_then(|value| value.parse().ok());
        match (value, parts.len() <= 3) {
            (Some(value), true) => readings.push(UpkeepReading {
                name: parts.first().cloned().unwrap_or_default(),
                value,
                unit: parts.get(2).cloned().unwrap_or_default(),
            }),
            _ => {
                let words = w.upkeep_readings_wrong();
                sent.errors.push(Wrong { at: "readings".to_owned(), words });
                break;
            }
        }
    }
    readings
}

fn read_performed(w: RegisterWords, state: &AppState, sent: &mut SentForm<u32>) -> Option<i64> {
    let entered = sent.values.text("performed_at").to_owned();
    if entered.is_empty() {
        return None;
    }
    let read = Snapshot::now(state).local.read_civil_time(&entered).map_err(|fault| Wrong {
        at: "performed_at".to_owned(),
        words: match fault {
            CivilTimeFault::Unreadable => w.upkeep_time_wrong(),
            CivilTimeFault::Skipped => w.upkeep_time_skipped(),
        },
    });
    sent.take(read)
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&UPKEEP_DONE, refusal)
}

pub(crate) async fn record_done(
    signed: StaffCaller<RecordWork>,
    State(state): State<AppState>,
    Path((tag, upkeep)): Path<(String, String)>,
    StaffPhotoForm(PhotoForm { fields: form, photo }): StaffPhotoForm,
) -> Result<FormReply, HttpError> {
    let there = ItemTask::find(&state, &tag, Some(&upkeep))?;
    let w: RegisterWords = signed.words();
    let carried = carried_photo(&state, there.tag, &form);
    let taken = await_photo(take_photo(&state, photo).await).await.map(|photo| photo.or(carried));
    let photo = taken.as_ref().map_or(carried, |photo| *photo);
    let mut sent = SentForm::<u32>::read(signed.words(), &UPKEEP_DONE, &form);
    let (readings, performed_ms) = (read_readings(w, &mut sent), read_performed(w, &state, &mut sent));
    if let Err(refusal) = taken {
        sent.errors.push(Wrong { at: "photo".to_owned(), words: refusal.fault.word(signed.words()) });
    }
    let task = there.task.as_ref().ok_or_else(not_found)?;
    if sent.errors.is_empty() {
        let done_by = sent.values.text("done_by").to_owned();
        let record = UpkeepRecord {
            upkeep: task.upkeep,
            tag: there.tag,
            result: if sent.values.text("result") == "failed" {
                UpkeepResult::Failed
            } else {
                UpkeepResult::Done
            },
            staff: Some(signed.staff()).filter(|_| done_by == signed.name()),
            done_by,
            note: sent.values.text("notes").to_owned(),
            performed_ms,
            readings,
            photos: photo.into_iter().collect(),
        };
        let command = Command::RecordUpkeep(Box::new(record));
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&there.back()),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    let words = worded(FormWords::form_equipment_to_item);
                    return Err(HttpError::from(other).link(there.back(), words));
                }
            },
        }
    }
    let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
    let entered = DoneTry { values: &sent.values, photo, problems: sent.errors };
    done_page(&state, &signed, &there, entered, marks).map(ask_again)
}
