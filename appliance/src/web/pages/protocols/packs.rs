//! Packs: drafts of protocols and categories, each of which somebody completes and approves before it counts. The program has
//! some; others come from manufacturers and other facilities, as files.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use record::fold::{FacilityState, RowVersion};
use record::pack::PackSignature;
use web::answer::{FileDownload, FormReply, Page, media};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FieldCause, FieldFault, FormValues};

use super::PROTOCOLS;
use super::fields::{PROTOCOL, first_values, refused_field};
use super::form::{DraftForm, read_version};
use crate::intake::{Command, NewProtocol};
use crate::packs::{PackDraft, PackError, PackRefusal, remove_pack};
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::{AppState, run_blocking};
use crate::web::form_page::{FormMarks, SentForm, window_title, word_at_field};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::{StaffForm, StaffListForm};
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::form_words::choice_word;
use crate::web::view_models::machine::packs::{
    OWN_PACK_FILE, OfferedPack, PackSigning, bring_pack, brought_packs, find_usable, make_own_pack,
    starter_packs, word_refusal, word_signature,
};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PacksWords, PageWords, RegisterWords};

pub(super) const PACKS: &str = "/staff/packs";

/// What somebody must fill in before a draft counts.
const NEEDED: [&str; 4] = ["ifu", "agents", "contact_s", "approved"];

/// A draft as the form begins with it. What the facility must supply itself is empty.
fn values_of(draft: &PackDraft) -> FormValues {
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let optional: Vec<String> = draft.optional_steps.iter().map(ToString::to_string).collect();
    let mut values = first_values()
        .with("name", draft.name.as_str())
        .with("ppe", draft.ppe.as_str())
        .with("minutes", number(draft.minutes))
        .with("steps", draft.steps.join("\n"))
        .with("optional_steps", optional.join(", "))
        .with("photo_one_in", number(draft.photo_one_in))
        .with("hang_h", number(draft.hang_h.map(u32::from)))
        .with("delay_min", number(draft.delay_min.map(u32::from)));
    if let Some(class) = draft.class {
        values = values.with("class", choice_word(class));
    }
    if let Some(photo) = draft.photo {
        values = values.with("photo", choice_word(photo));
    }
    if let Some(one_press) = draft.one_press {
        values = values.with("one_press", if one_press { "yes" } else { "no" });
    }
    for language in crate::intake::TRANSLATION_LANGUAGES {
        let Some(words) = draft.words(language) else { continue };
        values = values
            .with(&format!("{language}_name"), words.name.as_str())
            .with(&format!("{language}_steps"), words.steps.join("\n"))
            .with(&format!("{language}_ppe"), words.ppe.as_str());
    }
    values
}

async fn find_draft(
    state: &AppState,
    pack: String,
    draft: &str,
) -> Result<(OfferedPack, PackDraft), HttpError> {
    let pack = run_blocking(state, move |state| find_usable(state, &pack)).await?;
    let found = pack.content.drafts.iter().find(|known| known.id == draft).cloned();
    found.map(|draft| (pack, draft)).ok_or_else(not_found)
}

struct PackRows {
    name: String,
    /// Who signed an imported one, and how that is shown.
    brought: Option<BroughtRow>,
    drafts: Vec<DraftRow>,
    categories: Vec<DraftRow>,
}

struct BroughtRow {
    sha256: String,
    signer: String,
    class: &'static str,
    time: String,
}

struct DraftRow {
    to: String,
    name: String,
    words: String,
    is_adopted: bool,
}

#[derive(Template)]
#[template(path = "protocols/packs.html")]
struct PacksPage {
    frame: PageLayout,
    w: RegisterWords,
    p: PacksWords,
    problems: Vec<Wrong>,
    form_token: String,
    packs: Vec<PackRows>,
    has_own: bool,
    may_change: bool,
}

struct PackLook<'a> {
    w: RegisterWords,
    p: PacksWords,
    facility: &'a FacilityState,
    language: &'static str,
}

impl PackLook<'_> {
    fn rows(&self, pack: &OfferedPack, time: impl Fn(i64) -> String) -> PackRows {
        let brought = pack.brought.as_ref().map(|brought| BroughtRow {
            sha256: pack.sha256.to_string(),
            signer: word_signature(self.p, &brought.signature),
            class: match brought.signature {
                PackSignature::Trusted(_) => "ok",
                PackSignature::Wrong(_) => "late",
                PackSignature::Unsigned | PackSignature::Unknown(_) => "due",
            },
            time: self.p.pack_brought(time(brought.brought_ms)),
        });
        let content = &pack.content;
        let name = match brought {
            None => self.w.packs_name(content.name.as_str()),
            Some(_) => self.p.pack_title(&content.name, &content.version),
        };
        if !pack.is_usable() {
            return PackRows { name, brought, drafts: Vec::new(), categories: Vec::new() };
        }
        let key = pack.key();
        let draft = |draft: &PackDraft| DraftRow {
            to: format!("{PACKS}/{key}/{}", draft.id),
            name: draft.name_in(self.language).to_owned(),
            words: self.w.packs_steps(draft.steps.len()),
            is_adopted: pack.is_adopted(self.facility, draft),
        };
        let category =
            |category: &crate::packs::PackCategory| DraftRow {
                to: format!("/staff/categories/new?pack={key}&draft={}", category.id),
                name: category.name_in(self.language).to_owned(),
                words: self.p.pack_category_fields(category.fields.len()),
                is_adopted: self.facility.categories.values().any(|known| {
                    [category.name.as_str(), category.es.as_str()].contains(&known.name.as_str())
                }),
            };
        PackRows {
            name,
            brought,
            drafts: content.drafts.iter().map(draft).collect(),
            categories: content.categories.iter().map(category).collect(),
        }
    }
}

fn packs_page(state: &AppState, signed: &StaffSession, problems: Vec<Wrong>) -> Result<Page, HttpError> {
    let facility = state.store.snapshot();
    let (page_words, w, p): (PageWords, RegisterWords, PacksWords) = signed.words();
    let snapshot = Snapshot::of(state, &facility);
    let wording = signed.wording(&snapshot.local);
    let look = PackLook { w, p, facility: &facility, language: wording.locale().language().code() };
    let brought = brought_packs(state)?;
    let title = window_title(page_words, w.packs_title(), &problems);
    let page = PacksPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Equipment),
        w,
        p,
        problems,
        form_token: signed.form_token(),
        packs: brought
            .iter()
            .chain(starter_packs())
            .map(|pack| look.rows(pack, |ms: i64| wording.dates().day_and_time(ms).text))
            .collect(),
        has_own: facility.protocols.values().any(|protocol| !protocol.retired),
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn list_packs(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    run_blocking(&state, move |state| packs_page(state, &signed, Vec::new())).await
}

/// Stores a file as drafts, or deletes a pack.
pub(crate) async fn change_packs(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    read: Result<StaffListForm, HttpError>,
) -> Result<FormReply, HttpError> {
    run_blocking(&state, move |state| {
        let p: PacksWords = signed.words();
        let again =
            |words| packs_page(state, &signed, vec![Wrong { at: "file".to_owned(), words }]).map(ask_again);
        match read {
            // A file that is far too large is not read to its end.
            Err(error) if error.status == StatusCode::PAYLOAD_TOO_LARGE => {
                again(word_refusal(p, &PackRefusal::File(record::pack::PackFileError::TooLong)))
            }
            Err(error) => Err(error),
            Ok(form) if form.fields.text("do") == "remove" => {
                let removed = remove_pack(&state.store.state_db(), form.fields.text("pack"));
                removed.map_err(|error| HttpError::internal(&error))?;
                go_to(PACKS)
            }
            Ok(StaffListForm { file, .. }) => match file.filter(|file| !file.is_empty()) {
                None => again(p.pack_missing()),
                Some(file) => match bring_pack(state, &file) {
                    Ok(_) => go_to(PACKS),
                    Err(failure @ PackError::Database(_)) => Err(HttpError::internal(&failure)),
                    Err(PackError::Refused(refusal)) => again(word_refusal(p, &refusal)),
                },
            },
        }
    })
    .await
}

pub(crate) async fn export_own(
    _: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<FileDownload<media::Plain>, HttpError> {
    let file = run_blocking(&state, |state| make_own_pack(state, PackSigning::Unsigned)).await?;
    FileDownload::new(OWN_PACK_FILE, file.to_string())
}

pub(crate) async fn sign_own(
    _: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(_): StaffForm,
) -> Result<FileDownload<media::Plain>, HttpError> {
    let file = run_blocking(&state, |state| make_own_pack(state, PackSigning::Signed)).await?;
    FileDownload::new(OWN_PACK_FILE, file.to_string())
}

fn draft_form<'a>(
    state: &'a AppState,
    signed: &'a StaffSession,
    pack: &OfferedPack,
    draft: &'a PackDraft,
) -> DraftForm<'a> {
    let language = signed.words::<PacksWords>().catalog().locale().language().code();
    DraftForm {
        state,
        signed,
        name: draft.name_in(language),
        agents: &draft.agents,
        action: format!("{PACKS}/{}/{}", pack.key(), draft.id),
    }
}

pub(crate) async fn ask_pack(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((pack, draft)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    let (pack, draft) = find_draft(&state, pack, &draft).await?;
    let form = draft_form(&state, &signed, &pack, &draft);
    form.page(&values_of(&draft), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn adopt_pack(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((pack, draft)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (pack, draft) = find_draft(&state, pack, &draft).await?;
    let f: FormWords = signed.words();
    let mut sent = SentForm::<RowVersion>::read(f, &PROTOCOL, &form);
    let new = read_version(signed.words(), &mut sent);
    for field in NEEDED {
        if sent.values.text(field).trim().is_empty() {
            sent.errors.push(FieldFault { field, cause: FieldCause::Needed }.word(&PROTOCOL, f.catalog()));
        }
    }
    if sent.errors.is_empty() {
        let new = NewProtocol { from_pack: Some(pack.source(&draft)), ..new };
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
    let form = draft_form(&state, &signed, &pack, &draft);
    form.page(&sent.values, sent.errors, marks).map(ask_again)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_leaves_open_what_the_facility_must_say() {
        for draft in starter_packs().iter().flat_map(|pack| &pack.content.drafts) {
            let values = values_of(draft);
            assert!(NEEDED.iter().all(|field| values.text(field).is_empty()), "{}", draft.id);
            assert_eq!(values.faults(), [], "{}", draft.id);
        }
    }
}
