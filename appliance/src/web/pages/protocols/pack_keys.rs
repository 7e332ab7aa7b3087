//! Whose packs the facility trusts, and the key with which it signs its own.

use askama::Template;
use axum::extract::State;
use web::answer::{FormReply, Page};
use web::error::HttpError;

use super::packs::PACKS;
use crate::identity::{AccessOutcome, AccessTarget};
use crate::packs::{PackError, list_trusted, parse_key, read_signer, remove_trusted, trust_key};
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{ask_again, go_to};
use crate::web::context::{AppState, run_blocking};
use crate::web::form_page::window_title;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::machine::packs::word_refusal;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{PacksWords, PageWords};

pub(super) const PACK_KEYS: &str = "/staff/pack-keys";

struct KeyRow {
    name: String,
    key: String,
    added: String,
}

#[derive(Template)]
#[template(path = "protocols/pack_keys.html")]
struct PackKeysPage {
    frame: PageLayout,
    w: PacksWords,
    problems: Vec<Wrong>,
    form_token: String,
    rows: Vec<KeyRow>,
    entered: String,
    own: Option<String>,
    packs: &'static str,
    may_change: bool,
}

fn keys_page(
    state: &AppState,
    signed: &StaffSession,
    problems: Vec<Wrong>,
    entered: &str,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, PacksWords) = signed.words();
    let snapshot = Snapshot::now(state);
    let wording = signed.wording(&snapshot.local);
    let trusted = list_trusted(&state.store.state_db()).map_err(|error| HttpError::internal(&error))?;
    let own = read_signer(state.store.disk().as_ref()).unwrap_or_else(|error| {
        tracing::error!(%error, "the key that signs packs cannot be read");
        None
    });
    let title = window_title(page_words, w.pack_keys_title(), &problems);
    let page = PackKeysPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Equipment),
        w,
        problems,
        form_token: signed.form_token(),
        rows: trusted
            .into_iter()
            .map(|row: crate::packs::TrustedKey| KeyRow {
                name: parse_key(&row.key).map(|key| key.name().to_owned()).unwrap_or_default(),
                added: w.pack_key_added(wording.dates().day_and_time(row.added_ms).text),
                key: row.key,
            })
            .collect(),
        entered: entered.chars().take(400).collect(),
        own: own.map(|signer| signer.verifier().to_string()),
        packs: PACKS,
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn list_keys(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    run_blocking(&state, move |state| keys_page(state, &signed, Vec::new(), "")).await
}

pub(crate) async fn change_keys(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    run_blocking(&state, move |state| {
        let (db, key) = (state.store.state_db(), form.text("key"));
        let (outcome, done) = match form.text("do") {
            "remove" => (AccessOutcome::PackKeyRemoved, remove_trusted(&db, key).map_err(PackError::from)),
            _ => (AccessOutcome::PackKeyTrusted, trust_key(&db, key, state.clock.now().wall_ms)),
        };
        match done {
            Ok(changed) => {
                signed
                    .notes()
                    .add(changed.map(|key: String| AccessNote::new(outcome, AccessTarget::Edit).about(&key)));
                go_to(PACK_KEYS)
            }
            Err(failure @ PackError::Database(_)) => Err(HttpError::internal(&failure)),
            Err(PackError::Refused(refusal)) => {
                let words = word_refusal(signed.words(), &refusal);
                keys_page(state, &signed, vec![Wrong { at: "key".to_owned(), words }], key).map(ask_again)
            }
        }
    })
    .await
}
