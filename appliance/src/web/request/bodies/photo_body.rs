//! A body that is a photo, streamed to the photo store while it arrives.

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde_json::json;
use web::argument::next_chunk;
use web::error::HttpError;
use web::route::{Argument, Operation};

use crate::photo::{PhotoTrouble, PhotoUpload};
use crate::web::context::AppState;
use crate::web::request::bodies::photo_form::{UPLOAD_BYTES_MAX, photo_too_long};
use crate::web::request::client::peer::find_peer;

pub(crate) struct PhotoBody(pub(crate) Result<PhotoUpload, PhotoTrouble>);

impl FromRequest<AppState> for PhotoBody {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let (head, mut body) = request.into_parts();
        let mut upload = state.photos.incoming(find_peer(&head.extensions).remote).await;
        let mut bytes = 0;
        while let Some(chunk) = next_chunk(&mut body).await? {
            bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if bytes > UPLOAD_BYTES_MAX {
                return Err(photo_too_long());
            }
            if let Ok(writing) = &mut upload
                && let Err(trouble) = writing.write(&chunk).await
            {
                upload = Err(trouble);
            }
        }
        Ok(Self(upload))
    }
}

impl Argument for PhotoBody {
    fn describe(operation: &mut Operation<'_>) {
        operation.set_body("image/*", &json!({ "type": "string", "format": "binary" }));
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
        ]);
    }
}
