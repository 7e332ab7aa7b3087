//! The paths of the program before this one, for the scripts that still call them.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use record::anchor::corrected_ms;
use record::entry::{By, Via};
use record::receipt::Receipt;
use record::tag::Tag;
use serde_json::Value;

use crate::intake::{CleaningForm, Command};
use crate::web::access::program::MayRead;
use crate::web::api::v1::cleanings::cleanings_page;
use crate::web::api::v1::compliance::compliance_json;
use crate::web::api::v1::equipment::equipment_page;
use crate::web::commands::photo_follow::follow;
use crate::web::commands::photo_upload::{Photo, take_photo};
use crate::web::commands::run::act;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::idempotency::{idempotency_key, take_turn};
use crate::web::request::listing::Listing;
use crate::web::request::page_token::PageToken;
use crate::web::request::query::Exactly;
use crate::web::view_models::formats::utc;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/register-cleaning/{token}", post(register))
        .route("/api/register-cleaning/{token}/", post(register))
        .route("/api/equipment/", get(equipment))
        .route("/api/cleaning-logs/", get(cleanings))
        .route("/api/facilities/{id}/compliance/", get(compliance))
}

/// `{token}` is a tag or what a page carries as its token; neither is a secret, so this needs no sign-in.
async fn register(
    State(state): State<AppState>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    take_turn(&state, &request)?;
    let unknown = |words: String| {
        Problem::new(StatusCode::NOT_FOUND, "unknown-token", words).next("Use the tag of the equipment.")
    };
    let tag = match PageToken::tag_of(&token, &state.identity.page_key) {
        Some(tag) => tag,
        None => Tag::read(&token).map_err(|e| unknown(format!("This is no tag: {e}")))?,
    };
    let key = idempotency_key(request.headers());
    let mut form = crate::web::request::form::read(request, Some(&state.photos)).await?;
    let photo = take_photo(&state, form.photo.take()).await;
    let mut wanted = CleaningForm::plain(tag, form.text("cleaned_by"));
    form.text("notes").clone_into(&mut wanted.note);
    photo.name(&mut wanted);
    let by = By { staff: None, via: Via::Phone, device: None };
    let done = act(&state, by, key, Command::RecordCleaning(Box::new(wanted))).await?;
    // A photo that is of no use never costs the record.
    let message = match &photo {
        Photo::Refused(refusal) => {
            format!("Cleaning recorded, but its photo was not kept: {}", refusal.words)
        }
        Photo::NoRoom => {
            "Cleaning recorded, but its photo was not kept: the box has no room for photos".into()
        }
        Photo::None | Photo::Kept(_) | Photo::Follows(_) => "Cleaning recorded".into(),
    };
    if let Photo::Follows(photo) = photo {
        follow(&state, done, photo);
    }
    let (equipment, recorded_ms) = {
        let facility = state.store.snapshot();
        let anchor = facility.boots.get(&done.at.boot).copied();
        (facility.resolve(tag).map(|item| item.name.clone()), corrected_ms(&done.at, anchor))
    };
    let registered = Registered {
        success: true,
        message,
        cleaning_log_id: format!("{}.{}", done.line.of.epoch, done.line.of.seq),
        equipment,
        timestamp: utc(recorded_ms),
        receipt: Receipt::of(done.line.of, done.leaf).to_string(),
    };
    Ok((StatusCode::CREATED, Json(registered)).into_response())
}

/// What the ancestor answered, and the receipt.
#[derive(serde::Serialize)]
struct Registered {
    success: bool,
    /// Says also what became of a photo that was not kept.
    message: String,
    cleaning_log_id: String,
    equipment: Option<String>,
    timestamp: String,
    receipt: String,
}

async fn equipment(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    equipment_page(&state, &ask).await
}

async fn cleanings(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    cleanings_page(&state, &ask).await
}

/// A box has one facility, known by the relay's id for it or by the box's own id. Before it is claimed no relay has given
/// an id, and whatever id a script was written with means this facility.
async fn compliance(
    State(state): State<AppState>,
    _: MayRead,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let own = (state.facility_id)();
    if own.is_some_and(|own| id != own.to_string() && id != state.store.origin().box_id.to_string()) {
        return Err(Problem::not_found()
            .detail("This box belongs to another facility. The relay answers for all of them.")
            .field("id"));
    }
    let mut body = compliance_json(&state).await?;
    body["facility_id"] = Value::String(id);
    Ok(Json(body))
}
