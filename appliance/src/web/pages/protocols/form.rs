//! Publishing a protocol, or a further version of one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::fold::{FacilityProtocol, RowVersion};
use record::ids::ProtocolId;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FilledSection, FormPainter, FormValues};

use super::PROTOCOLS;
use super::fields::{FieldReader, PROTOCOL, first_values, refused_field, values_of};
use crate::intake::{Command, CommandRefusal, NewProtocol};
use crate::packs::PackAgent;
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::entered_lines::write_lines;
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{FormWords, PacksWords, PageWords, RegisterWords};

#[derive(Template)]
#[template(path = "protocols/protocol_form.html")]
struct ProtocolFormPage {
    frame: PageLayout,
    f: FormWords,
    w: RegisterWords,
    problems: Vec<Wrong>,
    title: String,
    present: Option<CurrentVersion>,
    is_draft: bool,
    /// Disinfectants that the pack names as examples.
    examples: Option<String>,
    action: String,
    button: String,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

struct CurrentVersion {
    words: String,
    instructions: String,
    retire: Option<String>,
}

pub(super) struct CurrentProtocol {
    pub(super) id: ProtocolId,
    pub(super) protocol: Arc<FacilityProtocol>,
    approver: String,
}

impl CurrentProtocol {
    pub(super) async fn find(state: &AppState, id: &str) -> Result<Self, HttpError> {
        let id: ProtocolId = id.parse().map_err(|_| not_found())?;
        let protocol = state.store.snapshot().protocols.get(&id).cloned().ok_or_else(not_found)?;
        let approver = match protocol.approved {
            None => String::new(),
            Some(approved) => read_quick(state, move |_, reader| Ok(StoredText::read(reader, approved.hash)))
                .await?
                .readable()
                .unwrap_or_default(),
        };
        Ok(Self { id, protocol, approver })
    }

    pub(super) fn path(&self) -> String {
        format!("{PROTOCOLS}/{}", self.id)
    }

    fn values(&self) -> FormValues {
        values_of(&self.protocol.newest, &self.approver).remembered()
    }

    fn shown(&self, w: RegisterWords, wording: &PageWording) -> CurrentVersion {
        let version = self.protocol.newest.version.to_string();
        let now_ms = wording.local().now_ms();
        let coming = self.protocol.comes_ms(now_ms).map(|ms| wording.dates().day_with_year(ms).text);
        CurrentVersion {
            words: match (self.protocol.retired, coming) {
                (true, _) => w.protocol_retired_version(version),
                (false, None) => w.protocol_present_version(version),
                (false, Some(day)) => {
                    let used = self.protocol.in_force(now_ms).version;
                    w.protocol_coming_version(day, used.to_string(), version)
                }
            },
            instructions: format!("/protocols/{}", self.id),
            retire: (!self.protocol.retired).then(|| format!("{}/retire", self.path())),
        }
    }
}

struct ProtocolForm<'a> {
    state: &'a AppState,
    signed: &'a StaffSession,
    present: Option<&'a CurrentProtocol>,
}

impl ProtocolForm<'_> {
    fn page(&self, values: &FormValues, problems: Vec<Wrong>, marks: FormMarks) -> Result<Page, HttpError> {
        let (page_words, f, w): (PageWords, FormWords, RegisterWords) = self.signed.words();
        let (title, action, button) = match self.present {
            None => (w.protocol_new(), format!("{PROTOCOLS}/new"), w.protocol_publish()),
            Some(there) => {
                (w.protocol_change(&there.protocol.name), there.path(), w.protocol_publish_version())
            }
        };
        let window = window_title(page_words, title.clone(), &problems);
        let snapshot = Snapshot::now(self.state);
        let page = ProtocolFormPage {
            frame: PageLayout::staff(self.state, &snapshot, window, self.signed, NavSection::Equipment)
                .with_script(),
            f,
            w,
            sections: FormPainter::new(&PROTOCOL, f.catalog()).draw(values, &problems)?,
            problems,
            title,
            present: self.present.map(|there| there.shown(w, &PageWording::new(page_words, &snapshot.local))),
            is_draft: false,
            examples: None,
            action,
            button,
            marks: match self.present {
                None => marks,
                Some(there) => marks.over(there.protocol.changed),
            },
        };
        draw_page(&page.frame, &page)
    }

    fn again(&self, sent: SentForm<RowVersion>) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(self.state, self.signed).again(sent.submission, sent.seen);
        self.page(&sent.values, sent.errors, marks).map(ask_again)
    }
}

pub(super) struct DraftForm<'a> {
    pub(super) state: &'a AppState,
    pub(super) signed: &'a StaffSession,
    pub(super) name: &'a str,
    pub(super) agents: &'a [PackAgent],
    pub(super) action: String,
}

impl DraftForm<'_> {
    pub(super) fn page(
        self,
        values: &FormValues,
        problems: Vec<Wrong>,
        marks: FormMarks,
    ) -> Result<Page, HttpError> {
        let (page_words, f, w): (PageWords, FormWords, RegisterWords) = self.signed.words();
        let title = w.packs_adopt(self.name);
        let window = window_title(page_words, title.clone(), &problems);
        let snapshot = Snapshot::now(self.state);
        let page = ProtocolFormPage {
            frame: PageLayout::staff(self.state, &snapshot, window, self.signed, NavSection::Equipment)
                .with_script(),
            f,
            w,
            sections: FormPainter::new(&PROTOCOL, f.catalog()).draw(values, &problems)?,
            problems,
            title,
            present: None,
            is_draft: true,
            examples: (!self.agents.is_empty())
                .then(|| self.signed.words::<PacksWords>().pack_agents(list_examples(self.agents))),
            action: self.action,
            button: w.protocol_publish(),
            marks,
        };
        draw_page(&page.frame, &page)
    }
}

fn list_examples(agents: &[PackAgent]) -> String {
    let lines =
        |PackAgent(a): &PackAgent| write_lines([[a.name.as_str(), a.epa.as_str(), a.dilution.as_str()]]);
    agents.iter().map(lines).collect::<Vec<_>>().join("; ")
}

pub(super) fn read_version(w: RegisterWords, sent: &mut SentForm<RowVersion>) -> NewProtocol {
    FieldReader { w, values: &sent.values, errors: &mut sent.errors }.read()
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let form = ProtocolForm { state: &state, signed: &signed, present: None };
    form.page(&first_values(), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn create_protocol(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &PROTOCOL, &form);
    let page = ProtocolForm { state: &state, signed: &signed, present: None };
    let new = read_version(signed.words(), &mut sent);
    if !sent.errors.is_empty() {
        return page.again(sent);
    }
    let command = Command::PublishProtocol(Box::new(new));
    match run_command(&state, signed.author(), sent.submission.clone(), command).await {
        Ok(_) => go_to(PROTOCOLS),
        Err(undone) => match undone.at_field(refused_new_field) {
            Ok((CommandRefusal::KeyReused, at)) => {
                let w: FormWords = signed.words();
                sent.errors.push(Wrong { at: at.to_owned(), words: w.form_key_reused() });
                sent.submission = None;
                page.again(sent)
            }
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                page.again(sent)
            }
            Err(other) => Err(HttpError::from(other).link(PROTOCOLS, worded(RegisterWords::protocols_back))),
        },
    }
}

fn refused_new_field(refusal: &CommandRefusal) -> Option<&'static str> {
    match refusal {
        CommandRefusal::KeyReused => Some("name"),
        _ => refused_field(refusal),
    }
}

pub(crate) async fn ask_protocol(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let there = CurrentProtocol::find(&state, &id).await?;
    let form = ProtocolForm { state: &state, signed: &signed, present: Some(&there) };
    form.page(&there.values(), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn save_protocol(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = CurrentProtocol::find(&state, &id).await?;
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &PROTOCOL, &form);
    let page = ProtocolForm { state: &state, signed: &signed, present: Some(&there) };
    let new = read_version(signed.words(), &mut sent);
    if !sent.errors.is_empty() {
        return page.again(sent);
    }
    let w: RegisterWords = signed.words();
    let same = FieldReader { w, values: &there.values(), errors: &mut Vec::new() }.read();
    if new == same && !there.protocol.retired {
        return go_to(PROTOCOLS);
    }
    let new = NewProtocol { protocol: Some(there.id), seen: sent.seen, ..new };
    let command = Command::PublishProtocol(Box::new(new));
    match run_command(&state, signed.author(), sent.submission_key(there.id), command).await {
        Ok(_) => go_to(PROTOCOLS),
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            show_difference(&state, &signed, &id, &sent.values).await
        }
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                page.again(sent)
            }
            Err(other) => Err(HttpError::from(other).link(PROTOCOLS, worded(RegisterWords::protocols_back))),
        },
    }
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    id: &str,
    yours: &FormValues,
) -> Result<FormReply, HttpError> {
    let now = CurrentProtocol::find(state, id).await?;
    let f: FormWords = signed.words();
    let conflict = FormConflict {
        painter: FormPainter::new(&PROTOCOL, f.catalog()),
        theirs: &now.values(),
        yours,
        now: now.protocol.changed.to_string(),
        changed: Some(now.protocol.changed),
        is_taken: false,
        thing: now.protocol.name.clone(),
        action: now.path(),
        back: PROTOCOLS.to_owned(),
        place: NavSection::Equipment,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}
