//! In service or out of it: the page that a scan then shows, and the staff's forms that take a reason.

use askama::Template;
use axum::extract::State;
use record::fold::LinePlace;
use record::kinds::Who;
use record::receipt::Receipt;
use record::tag::Tag;
use web::answer::{FormReply, OneOf, Page};
use web::argument::{FormFields, Path};
use web::error::HttpError;

use crate::intake::Command;
use crate::store::Reader;
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::run::{Undone, act};
use crate::web::confirm_pin::Confirmed;
use crate::web::context::AppState;
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::read_quick;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::view_models::formats::count;
use crate::web::view_models::items::named;
use crate::web::view_models::receipts;
use crate::web::view_models::snapshot::{Snapshot, who_words};

/// A page that asks for a reason and has one button.
#[derive(Template)]
#[template(path = "reason.html")]
struct ReasonPage {
    frame: Frame,
    problems: Vec<Wrong>,
    title: String,
    what: String,
    action: String,
    back: String,
    button: &'static str,
    keep: &'static str,
    dangerous: bool,
    hint: &'static str,
    reason: String,
    form_token: String,
}

struct ReasonPrompt {
    title: String,
    what: String,
    action: String,
    back: String,
    button: &'static str,
    keep: &'static str,
    dangerous: bool,
    hint: &'static str,
}

impl ReasonPrompt {
    fn page(
        self,
        state: &AppState,
        signed: &StaffSession,
        problems: Vec<Wrong>,
        reason: &str,
    ) -> Result<Page, HttpError> {
        let error = if problems.is_empty() { "" } else { "Error: " };
        let frame = Frame::staff(
            state,
            &Snapshot::now(state),
            format!("{error}{}", self.title),
            signed,
            Place::Equipment,
        );
        let template = ReasonPage {
            frame: frame.with_script(),
            problems,
            title: self.title,
            what: self.what,
            action: self.action,
            back: self.back,
            button: self.button,
            keep: self.keep,
            dangerous: self.dangerous,
            hint: self.hint,
            reason: reason.to_owned(),
            form_token: signed.form_token(),
        };
        Page::draw(&template)
    }
}

fn asking_out(tag: Tag, name: &str) -> ReasonPrompt {
    ReasonPrompt {
        title: format!("Take {name} out of service?"),
        what: "While it is out it makes no cleaning due, and a scan says not to use it on a patient."
            .to_owned(),
        action: format!("/staff/equipment/{tag}/out"),
        back: format!("/staff/equipment/{tag}"),
        button: "Take out of service",
        keep: "Leave it in service",
        dangerous: false,
        hint: "For example: flow sensor fails its self-test. Everybody who scans it sees this.",
    }
}

fn asking_retire(tag: Tag, name: &str) -> ReasonPrompt {
    ReasonPrompt {
        title: format!("Retire {name}?"),
        what: "It takes no more records, and this cannot be undone. Its history stays.".to_owned(),
        action: format!("/staff/equipment/{tag}/retire"),
        back: format!("/staff/equipment/{tag}"),
        button: "Retire it for good",
        keep: "Keep it",
        dangerous: true,
        hint: "For example: sold, scrapped, sent back to the maker",
    }
}

pub(crate) async fn ask_suspend(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let (tag, name) = named(&state, &tag)?;
    asking_out(tag, &name).page(&state, &signed, Vec::new(), "")
}

pub(crate) async fn ask_retire(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let (tag, name) = named(&state, &tag)?;
    asking_retire(tag, &name).page(&state, &signed, Vec::new(), "")
}

pub(crate) async fn suspend(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, name) = named(&state, &tag)?;
    let command = |reason| Command::SuspendEquipment { tag, reason };
    reasoned(&state, &signed, &form, asking_out(tag, &name), command).await
}

pub(crate) async fn retire(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, name) = named(&state, &tag)?;
    let command = |reason| Command::RetireEquipment { tag, reason };
    reasoned(&state, &signed, &form, asking_retire(tag, &name), command).await
}

pub(crate) async fn resume(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, _) = named(&state, &tag)?;
    let to = format!("/staff/equipment/{tag}");
    let done = act(&state, signed.author(), None, Command::ResumeEquipment { tag }).await;
    done.map_err(|undone| HttpError::from(undone).link(to.clone(), "Back to the item"))?;
    go_to(&to)
}

async fn reasoned(
    state: &AppState,
    signed: &StaffSession,
    form: &FormFields,
    asking: ReasonPrompt,
    command: impl FnOnce(String) -> Command,
) -> Result<FormReply, HttpError> {
    let reason = form.text("reason").to_owned();
    let wrong = |words: String| vec![Wrong { at: "reason".to_owned(), words }];
    if reason.trim().is_empty() {
        return asking.page(state, signed, wrong("Say why".to_owned()), &reason).map(ask_again);
    }
    match act(state, signed.author(), None, command(reason.clone())).await {
        Ok(_) => go_to(&asking.back),
        Err(Undone::Refused(refusal)) if refusal.field() == Some("reason") => {
            asking.page(state, signed, wrong(refusal.to_string()), &reason).map(ask_again)
        }
        Err(other) => Err(HttpError::from(other).link(asking.back, "Back")),
    }
}

async fn asking_void(state: &AppState, text: &str) -> Result<AskedVoid, HttpError> {
    let text = text.to_owned();
    read_quick(state, move |state, reader| asking_void_by(state, reader, &text)).await
}

/// The question whether to void a record, which record it is, and who cleaned.
type AskedVoid = (ReasonPrompt, LinePlace, Who);

fn asking_void_by(state: &AppState, reader: &Reader, text: &str) -> Result<AskedVoid, HttpError> {
    let found = receipts::find(state, reader, text)?;
    let facility = state.store.snapshot();
    let name = facility.equipment.get(&found.cleaning.tag).map_or_else(String::new, |item| item.name.clone());
    let by = who_words(reader, &facility, &found.cleaning.who);
    let when = Snapshot::of(state, &facility).local.day_time(found.cleaning.performed_ms).text;
    let receipt: Receipt = found.receipt;
    let asking = ReasonPrompt {
        title: format!("Void entry {}?", count(found.line.of.seq)),
        what: format!(
            "{name}, cleaned {when} by {by}. It will not count any more. Both entries stay visible."
        ),
        action: format!("/staff/cleanings/{receipt}/void"),
        back: format!("/staff/equipment/{}", found.cleaning.tag),
        button: "Void the record",
        keep: "Keep it",
        dangerous: true,
        hint: "For example: wrong item scanned",
    };
    Ok((asking, found.line, found.cleaning.who))
}

pub(crate) async fn ask_void(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Page, HttpError> {
    asking_void(&state, &text).await?.0.page(&state, &signed, Vec::new(), "")
}

pub(crate) async fn void(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(text): Path<String>,
    StaffForm(mut form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let (asking, line, who) = asking_void(&state, &text).await?;
    // Whether it is proven that this person recorded it.
    let own = matches!(who, Who::Pin { staff } | Who::Badge { staff } if staff == signed.staff());
    if !own {
        form = match signed.confirm(&state, form).await? {
            Confirmed::Form(form) => form,
            Confirmed::Asked(answer) => return Ok(answer),
        };
    }
    let command = |reason| Command::VoidCleaning { line, reason };
    reasoned(&state, &signed, &form, asking, command).await.map(OneOf::First)
}
