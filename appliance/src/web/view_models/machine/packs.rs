//! Packs as pages and programs see them: those of the program, and imported ones.

use std::sync::{Arc, LazyLock};

use http::StatusCode;
use record::fold::FacilityState;
use record::kinds::PackSource;
use record::limits::PACK_BYTES_MAX;
use record::pack::{PackFile, PackFileError, PackSignature};
use record::sign::VerifierKey;
use record::tree::Hash;
use web::error::HttpError;

use crate::packs::{
    DraftPack, PackDraft, PackError, PackFault, PackRefusal, StoredPack, find_pack, keep_pack, list_packs,
    list_trusted, make_signer, parse_key,
};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, not_found, worded};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{ErrorWords, PacksWords};

const FILES: [&str; 4] = [
    include_str!("../../../../packs/hospital.toml"),
    include_str!("../../../../packs/laboratory.toml"),
    include_str!("../../../../packs/dental.toml"),
    include_str!("../../../../packs/long-term-care.toml"),
];

/// An unreadable file is skipped; a test reads all of them.
static STARTER_PACKS: LazyLock<Vec<OfferedPack>> =
    LazyLock::new(|| FILES.into_iter().filter_map(read_starter).collect());

fn read_starter(file: &str) -> Option<OfferedPack> {
    let content = Arc::new(DraftPack::parse(file).ok()?);
    Some(OfferedPack { sha256: Hash::of(file.as_bytes()), content, brought: None })
}

#[derive(Debug, Clone)]
pub(crate) struct OfferedPack {
    pub(crate) sha256: Hash,
    pub(crate) content: Arc<DraftPack>,
    /// Who signed it and when it came; none: it is in the program.
    pub(crate) brought: Option<BroughtPack>,
}

#[derive(Debug, Clone)]
pub(crate) struct BroughtPack {
    pub(crate) signature: PackSignature,
    pub(crate) brought_ms: i64,
}

impl OfferedPack {
    fn of(stored: StoredPack, trusted: &[VerifierKey]) -> Self {
        let signature = stored.file.check_signature(trusted);
        Self {
            sha256: stored.file.sha256(),
            content: Arc::new(stored.content),
            brought: Some(BroughtPack { signature, brought_ms: stored.brought_ms }),
        }
    }

    pub(crate) fn key(&self) -> String {
        if self.brought.is_some() { self.sha256.to_string() } else { self.content.name.clone() }
    }

    pub(crate) fn is_usable(&self) -> bool {
        !self.brought.as_ref().is_some_and(|brought| matches!(brought.signature, PackSignature::Wrong(_)))
    }

    /// What a protocol that is made of a draft says of where it came from.
    pub(crate) fn source(&self, draft: &PackDraft) -> PackSource {
        self.content.source(self.sha256, draft)
    }

    pub(crate) fn is_adopted(&self, facility: &FacilityState, draft: &PackDraft) -> bool {
        facility.protocols.values().any(|protocol| self.content.is_made_of(&protocol.newest, draft))
    }
}

pub(crate) fn starter_packs() -> &'static [OfferedPack] {
    &STARTER_PACKS
}

fn trusted_keys(state: &AppState) -> Result<Vec<VerifierKey>, PackError> {
    let rows = list_trusted(&state.store.state_db())?;
    Ok(rows.iter().filter_map(|row| parse_key(&row.key).ok()).collect())
}

/// Imported packs, the newest first. Reads the disk.
pub(crate) fn brought_packs(state: &AppState) -> Result<Vec<OfferedPack>, HttpError> {
    let trusted = trusted_keys(state)?;
    let packs = list_packs(&state.store.state_db()).map_err(|error| HttpError::internal(&error))?;
    Ok(packs.into_iter().map(|pack| OfferedPack::of(pack, &trusted)).collect())
}

/// Stores a file as drafts. Blocks on the disk.
pub(crate) fn bring_pack(state: &AppState, file: &[u8]) -> Result<OfferedPack, PackError> {
    let stored = keep_pack(&state.store.state_db(), file, state.clock.now().wall_ms)?;
    Ok(OfferedPack::of(stored, &trusted_keys(state)?))
}

/// The pack of an address, where its drafts may be adopted. Reads the disk.
pub(crate) fn find_usable(state: &AppState, key: &str) -> Result<OfferedPack, HttpError> {
    if let Some(pack) = STARTER_PACKS.iter().find(|pack| pack.content.name == key) {
        return Ok(pack.clone());
    }
    let stored = find_pack(&state.store.state_db(), key).map_err(|error| HttpError::internal(&error))?;
    let trusted = trusted_keys(state)?;
    let pack = OfferedPack::of(stored.ok_or_else(not_found)?, &trusted);
    if pack.is_usable() { Ok(pack) } else { Err(not_found()) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackSigning {
    Signed,
    Unsigned,
}

pub(crate) fn make_own_pack(state: &AppState, signing: PackSigning) -> Result<PackFile, HttpError> {
    let facility = state.store.snapshot();
    let used = facility.protocols.values().filter(|protocol| !protocol.retired);
    let snapshot = Snapshot::of(state, &facility);
    let content = DraftPack {
        // A facility that has no name yet.
        name: if facility.settings.name.is_empty() { OWN_PACK } else { &facility.settings.name }.to_owned(),
        version: snapshot.local.date(snapshot.now_ms()),
        drafts: used
            .map(|protocol: &std::sync::Arc<record::fold::FacilityProtocol>| {
                PackDraft::of_protocol(&protocol.newest, protocol.newest.protocol.to_string().to_lowercase())
            })
            .collect(),
        categories: Vec::new(),
    };
    if content.drafts.is_empty() {
        return Err(not_found());
    }
    let signer = match signing {
        PackSigning::Unsigned => None,
        PackSigning::Signed => {
            let disk = state.store.disk();
            let made = make_signer(disk.as_ref(), state.random.as_ref(), &facility.settings.name);
            Some(made.map_err(|error| HttpError::internal(&error))?)
        }
    };
    let content = content.to_toml().map_err(|fault| refusal_error(fault.into()))?;
    // A pack that no box would accept is not exported.
    DraftPack::parse(&content).map_err(|fault| refusal_error(fault.into()))?;
    PackFile::new(&content, signer.as_ref()).map_err(|error| refusal_error(error.into()))
}

const OWN_PACK: &str = "Protocols";
pub(crate) const OWN_PACK_FILE: &str = "protocols.ctpack";

pub(crate) fn word_signature(w: PacksWords, signature: &PackSignature) -> String {
    match signature {
        PackSignature::Unsigned => w.pack_unsigned(),
        PackSignature::Unknown(name) => w.pack_unknown(name),
        PackSignature::Trusted(name) => w.pack_trusted(name),
        PackSignature::Wrong(name) => w.pack_wrong(name),
    }
}

pub(crate) fn word_refusal(w: PacksWords, refusal: &PackRefusal) -> String {
    match refusal {
        PackRefusal::File(PackFileError::TooLong) => w.pack_too_long(PACK_BYTES_MAX / 1024),
        PackRefusal::File(PackFileError::Form) => w.pack_no_pack(),
        PackRefusal::File(PackFileError::Altered) => w.pack_altered(),
        PackRefusal::Content(PackFault::Empty) => w.pack_empty(),
        PackRefusal::Content(PackFault::Toml(_)) => w.pack_unreadable(),
        PackRefusal::Content(PackFault::Value(what)) => w.pack_value(what),
        PackRefusal::Key => w.pack_key_wrong(),
        PackRefusal::TooMany => w.pack_too_many(),
    }
}

fn refusal_error(refusal: PackRefusal) -> HttpError {
    let status = match &refusal {
        PackRefusal::TooMany => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    new_error(status, "pack", worded(PacksWords::pack_refused))
        .detail(worded(move |w: PacksWords| word_refusal(w, &refusal)))
        .field("pack")
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(PacksWords::pack_refused_next))
}

impl From<PackError> for HttpError {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Refused(refusal) => refusal_error(refusal),
            PackError::Database(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_starter_pack_is_whole_in_both_languages() {
        assert_eq!(starter_packs().len(), FILES.len());
        for pack in starter_packs() {
            assert!(!pack.content.drafts.is_empty() && !pack.content.categories.is_empty());
            for draft in &pack.content.drafts {
                let spanish = draft.words("es").unwrap();
                assert!(!spanish.name.is_empty() && !spanish.ppe.is_empty(), "{}", draft.id);
                assert!(!draft.agents.is_empty(), "{}", draft.id);
            }
            for category in &pack.content.categories {
                assert!(!category.es.is_empty() && category.schedule.is_some(), "{}", category.id);
                for field in &category.fields {
                    assert!(!field.es.is_empty(), "{}", field.label);
                    assert_eq!(field.choices.len(), field.choices_es.len(), "{}", field.label);
                }
            }
        }
    }
}
