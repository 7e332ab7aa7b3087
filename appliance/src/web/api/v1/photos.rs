//! Photos that programs send before the report that names them.

use axum::extract::State;
use http::{Method, StatusCode};
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
use crate::web::http_error::{new_error, worded};
use crate::web::request::photo_body::PhotoBody;
use crate::web::words::ErrorWords;
use crate::web::{examples, refusals};

pub(crate) fn photo_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::POST, "/api/v1/photos", "photo.add", RouteKind::Api, add_photo)
            .summary("Keeps a photo for a report of a problem, which names it by the hash that comes back")
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

async fn add_photo(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    PhotoBody(upload): PhotoBody,
) -> Result<Created<PhotoJson>, HttpError> {
    let stored =
        await_photo(take_photo(&state, Some(upload)).await).await.map_err(|refusal| refusal.error())?;
    let full = || new_error(StatusCode::INSUFFICIENT_STORAGE, "full", worded(ErrorWords::error_full));
    let photo = stored.ok_or_else(full)?;
    let address = format!("/photos/{photo}.jpg");
    Created::at(&address.clone(), PhotoJson { photo, address })
}
