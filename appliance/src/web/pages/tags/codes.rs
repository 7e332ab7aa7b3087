//! Adding a code to an item, and taking one off.

use axum::extract::State;
use record::fold::RowVersion;
use record::limits::NAME_CHARS_MAX;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormSection, FormValues};

use super::prompt::{TagPrompt, read_item};
use crate::intake::{Command, CommandRefusal, ItemRefusal, RefusalCause};
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
        FormField::line("code", SCAN_CHARS_MAX).required(),
        FormField::line("item", NAME_CHARS_MAX).required(),
    ])],
};

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
    let values = FormValues::empty(&CODE).with("code", code).with("item", item);
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
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &CODE, &form);
    let item = read_item(w, &state.store.snapshot(), &mut sent);
    if let Some(equipment) = item.filter(|_| sent.errors.is_empty()) {
        let command = Command::AddAlias { code: sent.values.text("code").to_owned(), equipment };
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&format!("/staff/equipment/{equipment}#codes")),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    let back = format!("/staff/equipment/{equipment}");
                    return Err(HttpError::from(other).link(back, worded(ErrorWords::error_links_item)));
                }
            },
        }
    }
    let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
    code_prompt(&signed, marks).page(&state, &signed, &sent.values, sent.errors).map(ask_again)
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
