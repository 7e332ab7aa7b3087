//! Starter packs: drafts of protocols in the program, each of which somebody completes and approves before it counts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use record::fold::RowVersion;
use record::kinds::{PackSource, ProtocolWords, SpauldingClass};
use record::tree::Hash;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FieldCause, FieldFault, FormValues};

use super::PROTOCOLS;
use super::fields::{PROTOCOL, first_values, refused_field};
use super::form::{DraftForm, read_version};
use crate::intake::{Command, NewProtocol};
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, word_at_field};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::form::StaffForm;
use crate::web::request::form_words::choice_word;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::{FormWords, RegisterWords};

pub(super) const PACKS: &str = "/staff/packs";

const FILES: [&str; 4] = [
    include_str!("../../../../../packs/hospital.toml"),
    include_str!("../../../../../packs/laboratory.toml"),
    include_str!("../../../../../packs/dental.toml"),
    include_str!("../../../../../packs/long-term-care.toml"),
];

/// What somebody must fill in before a draft counts.
const NEEDED: [&str; 4] = ["ifu", "agents", "contact_s", "approved"];

/// A pack as its file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StarterPack {
    name: String,
    version: String,
    #[serde(rename = "draft")]
    drafts: Vec<PackDraft>,
    #[serde(skip)]
    sha256: Hash,
}

/// A protocol of a pack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackDraft {
    id: String,
    class: SpauldingClass,
    name: String,
    ppe: String,
    minutes: u32,
    steps: Vec<String>,
    es: ProtocolWords,
}

/// A file that cannot be read is none; a test reads all of them.
static STARTER_PACKS: LazyLock<Vec<StarterPack>> =
    LazyLock::new(|| FILES.into_iter().filter_map(read_pack).collect());

fn read_pack(file: &str) -> Option<StarterPack> {
    let pack: StarterPack = toml::from_str(file).ok()?;
    Some(StarterPack { sha256: Hash::of(file.as_bytes()), ..pack })
}

impl StarterPack {
    fn source(&self) -> PackSource {
        PackSource { pack: self.name.clone(), version: self.version.clone(), sha256: self.sha256 }
    }
}

impl PackDraft {
    fn values(&self) -> FormValues {
        first_values()
            .with("name", self.name.as_str())
            .with("class", choice_word(self.class))
            .with("ppe", self.ppe.as_str())
            .with("minutes", self.minutes.to_string())
            .with("steps", self.steps.join("\n"))
            .with("es_name", self.es.name.as_str())
            .with("es_steps", self.es.steps.join("\n"))
            .with("es_ppe", self.es.ppe.as_str())
    }
}

fn find_draft(pack: &str, draft: &str) -> Result<(&'static StarterPack, &'static PackDraft), HttpError> {
    let pack = STARTER_PACKS.iter().find(|known| known.name == pack).ok_or_else(not_found)?;
    let draft = pack.drafts.iter().find(|known| known.id == draft).ok_or_else(not_found)?;
    Ok((pack, draft))
}

/// A pack in the list.
struct PackRows {
    name: String,
    drafts: Vec<DraftRow>,
}

struct DraftRow {
    to: String,
    name: String,
    steps: usize,
    /// Whether a protocol was made of it.
    is_adopted: bool,
}

#[derive(Template)]
#[template(path = "packs.html")]
struct PacksPage {
    frame: PageLayout,
    w: RegisterWords,
    packs: Vec<PackRows>,
    may_change: bool,
}

pub(crate) async fn list_packs(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let facility = state.store.snapshot();
    let w: RegisterWords = signed.words();
    let mut adopted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for protocol in facility.protocols.values() {
        if let Some(source) = &protocol.newest.from_pack {
            adopted.entry(source.pack.as_str()).or_default().push(protocol.newest.name.as_str());
        }
    }
    let row = |pack: &StarterPack, draft: &PackDraft| DraftRow {
        to: format!("{PACKS}/{}/{}", pack.name, draft.id),
        name: draft.name.clone(),
        steps: draft.steps.len(),
        is_adopted: adopted.get(pack.name.as_str()).is_some_and(|names| names.contains(&draft.name.as_str())),
    };
    let rows = |pack: &StarterPack| PackRows {
        name: w.packs_name(pack.name.as_str()),
        drafts: pack.drafts.iter().map(|draft| row(pack, draft)).collect(),
    };
    let snapshot = Snapshot::of(&state, &facility);
    let page = PacksPage {
        frame: PageLayout::staff(&state, &snapshot, w.packs_title(), &signed, NavSection::Equipment),
        w,
        packs: STARTER_PACKS.iter().map(rows).collect(),
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask_pack(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((pack, draft)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    let (pack, draft) = find_draft(&pack, &draft)?;
    let action = format!("{PACKS}/{}/{}", pack.name, draft.id);
    let form = DraftForm { state: &state, signed: &signed, name: &draft.name, action };
    form.page(&draft.values(), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn adopt_pack(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((pack, draft)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (pack, draft) = find_draft(&pack, &draft)?;
    let f: FormWords = signed.words();
    let mut sent = SentForm::<RowVersion>::read(f, &PROTOCOL, &form);
    let new = read_version(signed.words(), &mut sent);
    for field in NEEDED {
        if sent.values.text(field).trim().is_empty() {
            sent.errors.push(FieldFault { field, cause: FieldCause::Needed }.word(&PROTOCOL, f.catalog()));
        }
    }
    if sent.errors.is_empty() {
        let new = NewProtocol { from_pack: Some(pack.source()), ..new };
        let command = Command::PublishProtocol(Box::new(new));
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(PROTOCOLS),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    return Err(HttpError::from(other).link(PACKS, worded(RegisterWords::packs_back)));
                }
            },
        }
    }
    let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
    let action = format!("{PACKS}/{}/{}", pack.name, draft.id);
    let form = DraftForm { state: &state, signed: &signed, name: &draft.name, action };
    form.page(&sent.values, sent.errors, marks).map(ask_again)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_is_whole_in_both_languages() {
        assert_eq!(STARTER_PACKS.len(), FILES.len());
        for draft in STARTER_PACKS.iter().flat_map(|pack| &pack.drafts) {
            assert_eq!(draft.steps.len(), draft.es.steps.len(), "{}", draft.id);
            assert!(!draft.es.name.is_empty() && !draft.es.ppe.is_empty(), "{}", draft.id);
            let values = draft.values();
            assert!(NEEDED.iter().all(|field| values.text(field).is_empty()), "{}", draft.id);
            assert_eq!(values.faults(), [], "{}", draft.id);
        }
    }
}
