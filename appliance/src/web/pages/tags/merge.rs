//! Two entries of the register that are one thing: the one is retired, and what opened it opens the other.

use axum::extract::State;
use record::fold::{Equipment, RowVersion};
use record::limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX};
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormSection, FormValues};

use super::prompt::{TagPrompt, read_item};
use crate::intake::{Command, CommandRefusal, EquipmentMerge};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, word_at_field};
use crate::web::http_error::worded;
use crate::web::request::form::StaffForm;
use crate::web::view_models::items::find_item;
use crate::web::words::{CodeWords, ErrorWords};

/// The item that stays, and why.
pub(crate) static MERGE: FormDefinition = FormDefinition {
    name: "merge",
    sections: &[FormSection::plain(&[
        FormField::line("item", NAME_CHARS_MAX).required(),
        FormField::prose("reason", NOTE_CHARS_MAX),
    ])],
};

fn merge_prompt(state: &AppState, signed: &StaffSession, item: &Equipment) -> TagPrompt {
    let w: CodeWords = signed.words();
    TagPrompt {
        item: Some(item.tag),
        title: w.merge_title(&item.name),
        hint: w.merge_hint(),
        action: format!("/staff/equipment/{}/merge", item.tag),
        back: format!("/staff/equipment/{}", item.tag),
        button: w.merge_save(),
        marks: FormMarks::new(state, signed).over(item.changed),
    }
}

pub(crate) async fn ask_merge(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let item = find_item(&state, &tag)?;
    merge_prompt(&state, &signed, &item).page(&state, &signed, &FormValues::empty(&MERGE), Vec::new())
}

/// The field that a refusal stands beside, where the form has it.
pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&MERGE, refusal)
}

pub(crate) async fn merge_item(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let item = find_item(&state, &tag)?;
    let w: CodeWords = signed.words();
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &MERGE, &form);
    let into = read_item(w, &state.store.snapshot(), &mut sent);
    if let Some(into) = into.filter(|_| sent.errors.is_empty()) {
        let reason = sent.values.text("reason").to_owned();
        let command =
            Command::MergeEquipment(EquipmentMerge { from: item.tag, into, reason, seen: sent.seen });
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&format!("/staff/equipment/{into}")),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    let back = format!("/staff/equipment/{}", item.tag);
                    return Err(HttpError::from(other).link(back, worded(ErrorWords::error_links_item)));
                }
            },
        }
    }
    let mut prompt = merge_prompt(&state, &signed, &item);
    prompt.marks = prompt.marks.again(sent.submission, sent.seen);
    prompt.page(&state, &signed, &sent.values, sent.errors).map(ask_again)
}
