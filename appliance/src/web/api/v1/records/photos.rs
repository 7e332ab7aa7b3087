//! Photos that programs send before the report that names them.

use axum::extract::State;
use http::{Method, StatusCode};
use record::limits::PHOTOS_MAX;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::Created;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::web::access::permissions::Record;
use crate::web::access::program::ProgramCaller;
use crate::web::commands::photo_upload::{await_photo, take_photo};
use crate::web::context::AppState;
use crate::web::http_error::{invalid_parameter, new_error, worded};
use crate::web::request::bodies::photo_body::PhotoBody;
use crate::web::words::ErrorWords;
use crate::web::{examples, refusals};

pub(crate) fn photo_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::POST, "/api/v1/photos", "photo.add", RouteKind::Api, add_photo)
            .summary("Keeps a photo for a report, a spot check or maintenance that names it by the hash that comes back")
            .refusals(refusals::COMMANDING)
            .example(Example::default().bytes("image/png", examples::LOGO_FILE)),
    ]
}

/// A photo that is kept.
#[derive(Debug, Serialize, JsonSchema)]
struct PhotoJson {
    /// SHA-256 of the JPEG that was made of it, which names it.
    photo: Hash,
    /// Where it is.
    address: String,
}

/// Whether the box has the photos that a body names; how many it may name is the command's business.
pub(in crate::web::api::v1) async fn check_photos_are_here(
    state: &AppState,
    photos: &[Hash],
) -> Result<(), HttpError> {
    for photo in photos.iter().take(PHOTOS_MAX) {
        if !state.photos.holds(*photo).await {
            return Err(invalid_parameter("photos", format!("There is no photo {photo} here.")));
        }
    }
    Ok(())
}

async fn add_photo(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    PhotoBody(upload): PhotoBody,
) -> Result<Created<PhotoJson>, HttpError> {
    let stored =
        await_photo(take_photo(&state, Some(upload)).await).await.map_err(|refusal| refusal.error())?;
    let photo = stored
        .ok_or_else(|| new_error(StatusCode::INSUFFICIENT_STORAGE, "full", worded(ErrorWords::error_full)))?;
    let address = format!("/photos/{photo}.jpg");
    Created::at(&address.clone(), PhotoJson { photo, address })
}
