//! Adding a code to an item, and taking one off.

use axum::extract::State;
use record::fold::{RowVersion, ServiceState};
use record::limits::NAME_CHARS_MAX;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormSection, FormValues};

use super::prompt::{TagPrompt, read_item};
use crate::intake::{Command, CommandRefusal, ItemRefusal, NewAlias, RefusalCause, find_named_item};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, word_at_field};
use crate::web::http_error::{not_found, worded};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::equipment::codes::code_of_item;
use crate::web::view_models::equipment::items::item_name;
use crate::web::words::{CodeWords, ErrorWords};

pub(super) const NEW: &str = "/staff/codes/new";
/// Characters of a code as scanned: with its prefix and with parts that are not compared.
const SCAN_CHARS_MAX: usize = 256;

pub(crate) static CODE: FormDefinition = FormDefinition {
    name: "code",
    sections: &[FormSection::plain(&[
        FormField::scanned("code", SCAN_CHARS_MAX).required(),
        FormField::scanned("item", NAME_CHARS_MAX).required(),
    ])],
};

/// The same with the answer to what must be confirmed.
pub(crate) static CODE_CONFIRMED: FormDefinition = FormDefinition {
    name: "code",
    sections: &[FormSection::plain(&[
        FormField::scanned("code", SCAN_CHARS_MAX).required(),
        FormField::scanned("item", NAME_CHARS_MAX).required(),
        FormField::tick("confirmed"),
    ])],
};

/// The form with what was entered: with its question where there is one, which the button then answers with yes.
fn fill_code_form(code: impl Into<String>, item: impl Into<String>, needs_confirmation: bool) -> FormValues {
    let form = if needs_confirmation { &CODE_CONFIRMED } else { &CODE };
    let values = FormValues::empty(form).with("code", code).with("item", item);
    if needs_confirmation { values.with_tick("confirmed", true) } else { values }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct NewCodeParams {
    /// What was scanned.
    #[serde(default)]
    code: String,
    /// A tag of the item that it is on.
    #[serde(default)]
    item: String,
}

fn code_prompt(signed: &StaffSession, marks: FormMarks) -> TagPrompt {
    let w: CodeWords = signed.words();
    TagPrompt {
        item: None,
        title: w.code_add_title(),
        hint: w.code_add_hint(),
        action: NEW.to_owned(),
        back: "/staff/equipment".to_owned(),
        button: w.code_add_save(),
        marks,
    }
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<NewCodeParams>,
) -> Result<Page, HttpError> {
    let [code, item] =
        [params.code, params.item].map(|text| text.chars().take(SCAN_CHARS_MAX).collect::<String>());
    let needs_confirmation = {
        let facility = state.store.snapshot();
        let held = facility.find_code(&code).and_then(|alias| find_named_item(&facility, alias.equipment));
        held.is_some_and(|item| item.service == ServiceState::Retired)
    };
    let values = fill_code_form(code, item, needs_confirmation);
    code_prompt(&signed, FormMarks::new(&state, &signed)).page(&state, &signed, &values, Vec::new())
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    match refusal {
        CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::OwnCode)) => Some("code"),
        other => find_refused(&CODE, other),
    }
}

pub(crate) async fn add_code(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let w: CodeWords = signed.words();
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &CODE_CONFIRMED, &form);
    let mut needs_confirmation = sent.values.is_ticked("confirmed");
    let item = read_item(w, &state.store.snapshot(), &mut sent);
    if let Some(equipment) = item.filter(|_| sent.errors.is_empty()) {
        let code = sent.values.text("code").to_owned();
        let command = Command::AddAlias(NewAlias { code, equipment, confirmed: needs_confirmation });
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&format!("/staff/equipment/{equipment}#codes")),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => {
                    needs_confirmation |= matches!(refusal, CommandRefusal::CodeUnconfirmed(_));
                    sent.errors.push(word_at_field(&signed, at, &refusal));
                }
                Err(other) => {
                    let back = format!("/staff/equipment/{equipment}");
                    return Err(HttpError::from(other).link(back, worded(ErrorWords::error_links_item)));
                }
            },
        }
    }
    let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
    let values = fill_code_form(sent.values.text("code"), sent.values.text("item"), needs_confirmation);
    code_prompt(&signed, marks).page(&state, &signed, &values, sent.errors).map(ask_again)
}

pub(crate) async fn take_off_code(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((tag, code)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, _) = item_name(&state, &tag)?;
    let to = format!("/staff/equipment/{tag}#codes");
    let submission = submission_of(&form);
    let code = code_of_item(&state, tag, &code).ok_or_else(not_found)?;
    match run_command(&state, signed.author(), submission, Command::RemoveAlias { code }).await {
        Ok(_) => go_to(&to),
        Err(undone) => Err(HttpError::from(undone).link(to, worded(ErrorWords::error_links_item))),
    }
}
