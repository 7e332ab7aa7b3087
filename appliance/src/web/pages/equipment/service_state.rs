//! What is taken out of use for good: the staff's forms that ask for nothing but a reason.

use askama::Template;
use axum::extract::State;
use record::fold::{Equipment, LinePlace, RowVersion};
use record::kinds::CleanedBy;
use record::receipt::Receipt;
use record::tag::Tag;
use web::answer::{FormReply, OneOf, Page, SeeOther};
use web::argument::{FormFields, Path};
use web::error::HttpError;
use web::form::read_seen;

use crate::intake::{Command, CommandRefusal, RefusalCause};
use crate::store::LogReader;
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::AppState;
use crate::web::form_page::FormMarks;
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::log_reads::read_quick;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::equipment::items::find_item;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::receipts;
use crate::web::words::{EquipmentWords, ErrorWords, PageWords, RefusalWords, StaffWords};
use crate::wording::refusals::word_refusal;

type ReasonWords = (PageWords, RefusalWords, StaffWords, EquipmentWords);

#[derive(Template)]
#[template(path = "equipment/reason.html")]
struct ReasonPage {
    frame: PageLayout,
    s: StaffWords,
    problems: Vec<Wrong>,
    prompt: ReasonPrompt,
    reason: String,
    marks: FormMarks,
}

struct ReasonPrompt {
    tag: Tag,
    title: String,
    what: String,
    action: String,
    back: String,
    button: String,
    keep: String,
    dangerous: bool,
    hint: String,
    seen: Option<RowVersion>,
}

impl ReasonPrompt {
    fn page(
        self,
        state: &AppState,
        signed: &StaffSession,
        refused: Option<&CommandRefusal>,
        sent: &FormFields,
    ) -> Result<Page, HttpError> {
        let (page_words, refusals, s, _): ReasonWords = signed.words();
        let title = match refused {
            Some(_) => page_words.page_error_title(&self.title),
            None => self.title.clone(),
        };
        let frame = PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Equipment);
        let template = ReasonPage {
            frame: frame.with_script().about_item(state, self.tag),
            s,
            problems: refused
                .map(|refusal: &CommandRefusal| Wrong {
                    at: "reason".to_owned(),
                    words: word_refusal(refusals, refusal),
                })
                .into_iter()
                .collect(),
            marks: FormMarks::new(state, signed).again(submission_of(sent), seen_by(sent).or(self.seen)),
            prompt: self,
            reason: sent.text("reason").to_owned(),
        };
        Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
    }
}

/// The version of the item that a form was drawn of. An unreadable one does not match the current version.
fn seen_by(sent: &FormFields) -> Option<RowVersion> {
    read_seen(sent).unwrap_or_else(|_| Some(RowVersion::default()))
}

fn retire_prompt(signed: &StaffSession, item: &Equipment) -> ReasonPrompt {
    let (tag, name) = (item.tag, &item.facts.name);
    let (.., w): ReasonWords = signed.words();
    ReasonPrompt {
        tag,
        title: w.retire_title(name),
        what: w.retire_title_what(),
        action: format!("/staff/equipment/{tag}/retire"),
        back: format!("/staff/equipment/{tag}"),
        button: w.retire_title_confirm(),
        keep: w.retire_title_cancel(),
        dangerous: true,
        hint: w.retire_title_hint(),
        seen: Some(item.changed),
    }
}

pub(crate) async fn ask_retire(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let item = find_item(&state, &tag)?;
    retire_prompt(&signed, &item).page(&state, &signed, None, &FormFields::default())
}

pub(crate) async fn retire(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let item = find_item(&state, &tag)?;
    let (tag, seen) = (item.tag, seen_by(&form));
    read_reason(&state, &signed, &form, retire_prompt(&signed, &item), |reason| Command::RetireEquipment {
        tag,
        reason,
        seen,
    })
    .await
}

async fn read_reason(
    state: &AppState,
    signed: &StaffSession,
    form: &FormFields,
    prompt: ReasonPrompt,
    command: impl FnOnce(String) -> Command,
) -> Result<FormReply, HttpError> {
    let reason = form.text("reason").to_owned();
    if reason.trim().is_empty() {
        let refusal = CommandRefusal::Needed { field: "reason", cause: RefusalCause::Reason };
        return prompt.page(state, signed, Some(&refusal), form).map(ask_again);
    }
    match run_command(state, signed.author(), submission_of(form), command(reason)).await {
        Ok(_) => go_to(&prompt.back),
        Err(CommandFailure::Refused(refusal)) if refusal.field() == Some("reason") => {
            prompt.page(state, signed, Some(&refusal), form).map(ask_again)
        }
        Err(other) => Err(HttpError::from(other).link(prompt.back, worded(ErrorWords::error_links_back))),
    }
}

type VoidPrompt = (ReasonPrompt, LinePlace, CleanedBy);

/// A record that is voided already has only its receipt.
async fn void_prompt(
    state: &AppState,
    signed: &StaffSession,
    text: &str,
) -> Result<OneOf<VoidPrompt, SeeOther>, HttpError> {
    let (words, text) = (signed.words(), text.to_owned());
    read_quick(state, move |state, reader| void_prompt_by(state, reader, words, &text)).await
}

fn void_prompt_by(
    state: &AppState,
    reader: &LogReader,
    (page_words, _, _, w): ReasonWords,
    text: &str,
) -> Result<OneOf<VoidPrompt, SeeOther>, HttpError> {
    let found = receipts::find_receipt(state, reader, text)?;
    if found.cleaning.voided.is_some() {
        return SeeOther::to(&format!("/r/{}", found.receipt)).map(OneOf::Second);
    }
    let facility = state.store.snapshot();
    let name =
        facility.equipment.get(&found.cleaning.tag).map_or_else(String::new, |item| item.facts.name.clone());
    let wording = PageWording::new(page_words, &Snapshot::of(state, &facility).local);
    let by = wording.cleaner_text(reader, &facility, &found.cleaning.who);
    let when = wording.cleaning_time(&facility, &found.cleaning);
    let receipt: Receipt = found.receipt;
    let prompt = ReasonPrompt {
        tag: found.cleaning.tag,
        title: w.void_title(found.line.of.seq),
        what: w.void_title_what(name, when, by),
        action: format!("/staff/cleanings/{receipt}/void"),
        back: format!("/staff/equipment/{}", found.cleaning.tag),
        button: w.void_title_confirm(),
        keep: w.void_title_cancel(),
        dangerous: true,
        hint: w.void_title_hint(),
        seen: None,
    };
    Ok(OneOf::First((prompt, found.line, found.cleaning.who)))
}

pub(crate) async fn ask_void(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    match void_prompt(&state, &signed, &text).await? {
        OneOf::First((prompt, ..)) => {
            prompt.page(&state, &signed, None, &FormFields::default()).map(OneOf::First)
        }
        OneOf::Second(to) => Ok(OneOf::Second(to)),
    }
}

pub(crate) async fn void(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(text): Path<String>,
    StaffForm(mut form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let (prompt, line, who) = match void_prompt(&state, &signed, &text).await? {
        OneOf::First(question) => question,
        OneOf::Second(to) => return Ok(OneOf::First(FormReply::Done(to))),
    };
    // Whether it is proven that this person recorded it.
    let own =
        matches!(who, CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } if staff == signed.staff());
    if !own {
        form = match signed.confirm(&state, form).await? {
            PinConfirmation::Form(form) => form,
            PinConfirmation::PinRequired(answer) => return Ok(answer),
        };
    }
    read_reason(&state, &signed, &form, prompt, |reason| Command::VoidCleaning { line, reason })
        .await
        .map(OneOf::First)
}
