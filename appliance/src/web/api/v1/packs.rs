//! Packs of protocols, for programs: they come as drafts, which people adopt.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::pack::PackSignature;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::{Json, MediaBytes, NoContent, media};
use web::argument::Path;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::packs::{PackDraft, remove_pack};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::request::bodies::uploaded_file::{FileKind, UploadedFile};
use crate::web::view_models::machine::packs::{
    OfferedPack, PackSigning, bring_pack, brought_packs, make_own_pack, starter_packs,
};
use crate::web::{examples, refusals};

const PACKS: &str = "/api/v1/packs";
const OWN: &str = "/api/v1/packs/own";

pub(crate) fn pack_routes() -> Vec<Route<AppState>> {
    use RouteKind::Api;
    let pack = Example::default().part("sha256", Hash::default().to_string());
    let file = Example::default().bytes("text/plain", examples::pack_file());
    vec![
        row(Method::GET, PACKS, "pack.list", Api, list_offered)
            .summary("Packs of protocols: those of the program, and those that were brought"),
        row(Method::POST, PACKS, "pack.add", Api, take_pack)
            .summary("Takes a .ctpack file as drafts; nothing of it counts before somebody adopts it")
            .refusals(refusals::COMMANDING)
            .example(file),
        row(Method::DELETE, "/api/v1/packs/{sha256}", "pack.remove", Api, forget_pack)
            .summary("Forgets a pack that was brought; what was published of it stays")
            .refusals(refusals::FINDING)
            .example(pack),
        row(Method::GET, OWN, "own-pack.show", Api, export_own)
            .summary("The facility’s own protocols as a .ctpack file that nobody signed")
            .refusals(refusals::COMMANDING),
        row(Method::POST, OWN, "own-pack.sign", Api, sign_own)
            .summary("The same, signed with the facility’s key, which is made when it is first needed")
            .refusals(refusals::COMMANDING),
    ]
}

/// What the keys that the facility trusts say of a pack.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SignatureState {
    /// It is in the program.
    BuiltIn,
    /// Nobody signed it.
    Unsigned,
    /// Somebody signed it whom the facility does not trust.
    Unknown,
    /// Somebody signed it whom the facility trusts.
    Trusted,
    /// It names somebody whom the facility trusts, and the signature does not fit: do not use it.
    Wrong,
}

/// A draft of a pack.
#[derive(Debug, Serialize, JsonSchema)]
struct PackDraftJson {
    /// What it is called by in the pack.
    id: String,
    /// What people call it.
    name: String,
    /// How many steps it has.
    steps: usize,
    /// Whether a protocol was made of it.
    adopted: bool,
}

/// A pack of protocols.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pack")]
struct PackJson {
    /// SHA-256 of what it holds.
    sha256: String,
    /// Its name.
    name: String,
    /// As its maker numbers it.
    version: String,
    /// Whether it is signed by somebody whom the facility trusts.
    signature: SignatureState,
    /// Under which name it is signed.
    signer: Option<String>,
    /// When it was brought (RFC 3339, UTC); null of one of the program.
    brought_at: Option<String>,
    /// Its protocols.
    drafts: Vec<PackDraftJson>,
}

impl PackJson {
    fn of(state: &AppState, pack: &OfferedPack) -> Self {
        let facility = state.store.snapshot();
        let signature = pack.brought.as_ref().map(|brought| brought.signature.clone());
        let (signature, signer) = match signature {
            None => (SignatureState::BuiltIn, None),
            Some(PackSignature::Unsigned) => (SignatureState::Unsigned, None),
            Some(PackSignature::Unknown(name)) => (SignatureState::Unknown, Some(name)),
            Some(PackSignature::Trusted(name)) => (SignatureState::Trusted, Some(name)),
            Some(PackSignature::Wrong(name)) => (SignatureState::Wrong, Some(name)),
        };
        Self {
            sha256: pack.sha256.to_string(),
            name: pack.content.name.clone(),
            version: pack.content.version.clone(),
            signature,
            signer,
            brought_at: pack.brought.as_ref().map(|brought| utc_text(brought.brought_ms)),
            drafts: pack
                .content
                .drafts
                .iter()
                .map(|draft: &PackDraft| PackDraftJson {
                    id: draft.id.clone(),
                    name: draft.name.clone(),
                    steps: draft.steps.len(),
                    adopted: pack.is_adopted(&facility, draft),
                })
                .collect(),
        }
    }
}

struct PackUpload;

impl FileKind for PackUpload {
    const NAME: &'static str = "pack";
    const BYTES_MAX: usize = record::limits::PACK_BYTES_MAX;
    const MEDIA: &'static str = "text/plain";
}

async fn list_offered(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<PackJson>>, HttpError> {
    let packs = run_blocking(&state, |state| {
        let brought = brought_packs(state)?;
        let packs = brought.iter().chain(starter_packs());
        Ok(packs.map(|pack| PackJson::of(state, pack)).collect())
    });
    packs.await.map(|packs| Json(ListJson::whole(packs)))
}

async fn take_pack(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    file: UploadedFile<PackUpload>,
) -> Result<Json<PackJson>, HttpError> {
    let pack = run_blocking(&state, move |state| {
        let pack = bring_pack(state, &file.bytes)?;
        Ok(PackJson::of(state, &pack))
    });
    pack.await.map(Json)
}

async fn forget_pack(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(sha256): Path<String>,
) -> Result<NoContent, HttpError> {
    let sha256: Hash = sha256.parse().map_err(|_| not_found())?;
    let removed = run_blocking(&state, move |state| {
        remove_pack(&state.store.state_db(), &sha256.to_string()).map_err(|error| HttpError::internal(&error))
    });
    removed.await.map(|()| NoContent)
}

async fn export_own(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let file = run_blocking(&state, |state| make_own_pack(state, PackSigning::Unsigned)).await?;
    Ok(MediaBytes::new(file.to_string()))
}

async fn sign_own(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let file = run_blocking(&state, |state| make_own_pack(state, PackSigning::Signed)).await?;
    Ok(MediaBytes::new(file.to_string()))
}
