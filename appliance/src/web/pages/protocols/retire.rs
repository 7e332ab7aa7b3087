//! Taking a protocol out of use: the page first lists the items that have it.

use askama::Template;
use axum::extract::State;
use record::fold::{RowVersion, ServiceState};
use record::tag::Tag;
use web::answer::{FormReply, Page};
use web::argument::{FormFields, Path};
use web::error::HttpError;
use web::form::read_seen;

use super::PROTOCOLS;
use super::form::CurrentProtocol;
use crate::intake::{Command, CommandRefusal, RefusalCause};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, ask_over, ask_reason_over, is_changed, window_title, word_at_field};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords, RegisterWords, StaffWords};

const NAMED_MAX: usize = 100;

struct FollowingItem {
    tag: Tag,
    name: String,
    is_due: bool,
}

#[derive(Template)]
#[template(path = "protocols/protocol_retire.html")]
struct RetirePage {
    frame: PageLayout,
    f: FormWords,
    s: StaffWords,
    w: RegisterWords,
    problems: Vec<Wrong>,
    name: String,
    action: String,
    back: String,
    items: Vec<FollowingItem>,
    more: usize,
    reason: String,
    marks: FormMarks,
}

fn retire_page(
    state: &AppState,
    signed: &StaffSession,
    there: &CurrentProtocol,
    problems: Vec<Wrong>,
    sent: &FormFields,
) -> Result<Page, HttpError> {
    if there.protocol.retired {
        return Err(not_found());
    }
    let facility = state.store.snapshot();
    let has_it = facility
        .equipment
        .values()
        .filter(|item| item.service != ServiceState::Retired && item.facts.protocols.contains(&there.id));
    let mut items: Vec<FollowingItem> = has_it
        .map(|item| FollowingItem {
            tag: item.tag,
            name: item.facts.name.clone(),
            is_due: item.schedule(Some(there.id)).is_some(),
        })
        .collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    let more = items.len().saturating_sub(NAMED_MAX);
    items.truncate(NAMED_MAX);
    let (page_words, f, w): (PageWords, FormWords, RegisterWords) = signed.words();
    let title = window_title(page_words, w.protocol_retire_title(&there.protocol.name), &problems);
    let snapshot = Snapshot::of(state, &facility);
    let page = RetirePage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Equipment).with_script(),
        f,
        s: signed.words(),
        w,
        problems,
        name: there.protocol.name.clone(),
        action: format!("{}/retire", there.path()),
        back: there.path(),
        items,
        more,
        reason: sent.text("reason").to_owned(),
        marks: FormMarks::new(state, signed)
            .again(submission_of(sent), seen_by(sent))
            .over(there.protocol.changed),
    };
    draw_page(&page.frame, &page)
}

fn seen_by(sent: &FormFields) -> Option<RowVersion> {
    read_seen(sent).unwrap_or_else(|_| Some(RowVersion::default()))
}

pub(crate) async fn ask_retirement(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let there = CurrentProtocol::find(&state, &id).await?;
    retire_page(&state, &signed, &there, Vec::new(), &FormFields::default())
}

fn retire_again(
    state: &AppState,
    signed: &StaffSession,
    there: &CurrentProtocol,
    refusal: &CommandRefusal,
    form: &FormFields,
) -> Result<FormReply, HttpError> {
    let problem = word_at_field(signed, "reason", refusal);
    retire_page(state, signed, there, vec![problem], form).map(ask_again)
}

pub(crate) async fn retire_protocol(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = CurrentProtocol::find(&state, &id).await?;
    let reason = form.text("reason").to_owned();
    if reason.trim().is_empty() {
        let refusal = CommandRefusal::Needed { field: "reason", cause: RefusalCause::Reason };
        return retire_again(&state, &signed, &there, &refusal, &form);
    }
    let command = Command::RetireProtocol { protocol: there.id, reason, seen: seen_by(&form) };
    match run_command(&state, signed.author(), submission_of(&form), command).await {
        Ok(_) => go_to(PROTOCOLS),
        Err(CommandFailure::Refused(refusal)) if matches!(refusal.field(), Some("reason" | "protocol")) => {
            retire_again(&state, &signed, &there, &refusal, &form)
        }
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            let now = CurrentProtocol::find(&state, &id).await?;
            // Somebody else retired it: there is nothing left to do.
            if now.protocol.retired {
                return go_to(PROTOCOLS);
            }
            let (changed, name) = (now.protocol.changed, now.protocol.name.clone());
            let (problem, reason) = ask_reason_over(&state, &signed, changed, name, &form).await?;
            retire_page(&state, &signed, &now, vec![problem], &reason).map(ask_over)
        }
        Err(other) => Err(HttpError::from(other).link(PROTOCOLS, worded(RegisterWords::protocols_back))),
    }
}
