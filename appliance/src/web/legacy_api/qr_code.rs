//! The old app's QR codes: of an item's tag, with a token for a few minutes or with the tag itself.

use ::labels::code::encode_qr;
use ::labels::{Bitmap, Dpi};
use api::utc_text;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::answer::Json;
use web::argument::Path;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{find_named_item, open_tags};
use crate::web::access::permissions::{Read, View};
use crate::web::access::program::StaffOrProgram;
use crate::web::context::{AppState, run_blocking};
use crate::web::examples;
use crate::web::legacy_api::old_ids::read_old_id;
use crate::web::request::bodies::optional_json::OptionalJson;
use crate::web::request::submissions::page_token::{PAGE_MS, PageToken};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_fields::read_label_host;

/// A code of 25 modules with its white edge is 264 pixels wide: sharp on a screen, and small in an answer.
const MODULE_DOTS: u32 = 8;

pub(super) fn qr_code_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::POST, "/api/equipment/{id}/generate-qr/", "old.generate-qr", RouteKind::Old, generate)
            .summary("A QR code that opens an item, with a token to record by for five minutes or for good")
            .refusals(&[StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE])
            .example(Example::default().part("id", examples::TAG)),
    ]
}

/// What the token is to be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct OldQrRequest {
    /// The tag itself, which names the item for good, in place of a token for five minutes.
    #[serde(default)]
    permanent: bool,
}

/// A QR code, and the token that goes with it.
#[derive(Debug, Serialize, JsonSchema)]
struct OldQrCode {
    /// Stands as `{token}` in `/api/register-cleaning/{token}/`.
    token: String,
    /// What a phone opens that reads the code.
    url: String,
    /// Until when the token is fresh (RFC 3339, UTC); null where it is the tag.
    expires_at: Option<String>,
    /// A PNG as `data:` URL.
    qr_code: String,
}

async fn generate(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    OptionalJson(request): OptionalJson<OldQrRequest>,
) -> Result<Json<OldQrCode>, HttpError> {
    let tag = read_old_id(&state, &id)?;
    run_blocking(&state, move |state| make_code(state, tag, request.permanent)).await.map(Json)
}

fn make_code(state: &AppState, tag: Tag, permanent: bool) -> Result<OldQrCode, HttpError> {
    let facility = state.store.snapshot();
    let item = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?;
    let tag = item.tag;
    let printed = open_tags(&facility, item).first().copied().unwrap_or(tag);
    let url = format!("{}/{printed}", read_label_host(&facility)?);
    let (token, expires_at) = if permanent {
        (tag.to_string(), None)
    } else {
        let snapshot = Snapshot::of(state, &facility);
        let token = PageToken::new(tag, &snapshot.now).text(&state.identity.page_key);
        (token, Some(utc_text(snapshot.now_ms().saturating_add_unsigned(PAGE_MS))))
    };
    let qr_code = format!("data:image/png;base64,{}", STANDARD.encode(draw_png(&url)?));
    Ok(OldQrCode { token, url, expires_at, qr_code })
}

fn draw_png(url: &str) -> Result<Vec<u8>, HttpError> {
    let code = encode_qr(url).map_err(|error| HttpError::internal(&error))?;
    let edge = code.kind().quiet();
    let [width, height] = [code.width(), code.height()].map(|modules| (modules + 2 * edge) * MODULE_DOTS);
    let mut picture = Bitmap::white(width, height);
    code.draw(&mut picture, edge * MODULE_DOTS, edge * MODULE_DOTS, MODULE_DOTS);
    picture.to_png_1bit(Dpi::D203).map_err(|error| HttpError::internal(&error))
}
