//! `/box/v1/photos/…`: what is missing, how far it came, the next piece. A box's certificate says for which account.

use ::web::answer::{Json, MediaBytes, media};
use ::web::argument::{JsonBody, Path, read_body};
use ::web::error::HttpError;
use ::web::route::{Answer, AnswerBody, Argument, Operation};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use record::limits::{PHOTO_HASHES_MAX, PHOTO_STORED_BYTES_MAX};
use record::tree::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::BoxApi;
use super::access::CertifiedBox;
use super::errors::{BoxFault, UPLOAD_OFFSET};
use crate::db::facility::facility_now::{FacilityPart, raise_part};
use crate::db::log::photos;
use crate::objects::UploadChunk;

/// Photos by their hashes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PhotoHashes {
    /// At most 500.
    photos: Vec<Hash>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadProgress(u64);

impl IntoResponse for UploadProgress {
    fn into_response(self) -> Response {
        ([(UPLOAD_OFFSET, self.0.to_string())], ()).into_response()
    }
}

impl Answer for UploadProgress {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_answer(StatusCode::OK, None, AnswerBody::Empty);
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum PieceOutcome {
    Duplicate,
    Partial,
    Complete,
}

impl PieceOutcome {
    fn status(self) -> StatusCode {
        match self {
            Self::Duplicate => StatusCode::OK,
            Self::Partial => StatusCode::ACCEPTED,
            Self::Complete => StatusCode::CREATED,
        }
    }
}

impl IntoResponse for PieceOutcome {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

impl Answer for PieceOutcome {
    fn describe(operation: &mut Operation<'_>) {
        for outcome in [Self::Duplicate, Self::Partial, Self::Complete] {
            operation.add_answer(outcome.status(), None, AnswerBody::Empty);
        }
    }
}

/// A piece of a photo: its place by `Content-Range`, and its bytes.
#[derive(Debug)]
pub(crate) struct PieceUpload {
    piece: UploadChunk,
    bytes: Vec<u8>,
}

impl<S: Send + Sync> FromRequest<S> for PieceUpload {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let bytes = read_body(&head.headers, body, PHOTO_STORED_BYTES_MAX).await?;
        let range = head.headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
        let piece = range.and_then(|range| UploadChunk::parse(range, bytes.len()));
        let piece =
            piece.ok_or(BoxFault::Form("Content-Range must read `bytes a-b/total` and match the body"))?;
        Ok(Self { piece, bytes })
    }
}

impl Argument for PieceUpload {
    fn describe(operation: &mut Operation<'_>) {
        let range = operation.read_schema::<String>();
        operation.add_header("content-range", range);
        operation.set_body("application/octet-stream", &Value::Object(Map::new()));
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
        ]);
    }
}

pub(crate) async fn find_missing(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    JsonBody(expected): JsonBody<PhotoHashes>,
) -> Result<Json<PhotoHashes>, HttpError> {
    Ok(Json(missing_of(&caller, &api, expected.photos).await?))
}

async fn missing_of(caller: &CertifiedBox, api: &BoxApi, hashes: Vec<Hash>) -> Result<PhotoHashes, BoxFault> {
    if hashes.len() > PHOTO_HASHES_MAX {
        return Err(BoxFault::Form("at most 500 photos in one question"));
    }
    let mut conn = api.db.read(caller.home().scope).await?;
    let mut missing = Vec::new();
    for photo in hashes {
        if !photos::is_received(&mut conn, caller.home().facility, photo).await? {
            missing.push(photo);
        }
    }
    Ok(PhotoHashes { photos: missing })
}

/// A box that took the place of another one asks for what that one had sent.
pub(crate) async fn download_photo(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    Path(photo): Path<Hash>,
) -> Result<MediaBytes<media::Jpeg>, HttpError> {
    Ok(MediaBytes::new(photo_of(&caller, &api, photo).await?))
}

async fn photo_of(caller: &CertifiedBox, api: &BoxApi, photo: Hash) -> Result<Bytes, BoxFault> {
    let home = caller.home();
    if !photos::is_received(&mut api.db.read(home.scope).await?, home.facility, photo).await? {
        return Err(BoxFault::NotFound);
    }
    let found = api.photos.get(home.scope, photo).await;
    found.map_err(|e| BoxFault::Unavailable(e.to_string()))?.ok_or(BoxFault::NotFound)
}

pub(crate) async fn show_progress(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    Path(photo): Path<Hash>,
) -> Result<UploadProgress, HttpError> {
    let (unfinished, box_id) = (api.unfinished.clone(), caller.id());
    let found = tokio::task::spawn_blocking(move || unfinished.whole(box_id, photo)).await;
    // All of it came, and the relay ended before it was stored.
    if let Some(whole) = found.map_err(|e| BoxFault::Unavailable(e.to_string()))? {
        let size = whole.len() as u64;
        save_photo(&api, &caller, photo, whole).await?;
        return Ok(UploadProgress(size));
    }
    Ok(UploadProgress(api.unfinished.offset(box_id, photo)))
}

pub(crate) async fn upload(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    Path(photo): Path<Hash>,
    upload: PieceUpload,
) -> Result<PieceOutcome, HttpError> {
    Ok(add_piece(&caller, &api, photo, upload).await?)
}

async fn add_piece(
    caller: &CertifiedBox,
    api: &BoxApi,
    photo: Hash,
    upload: PieceUpload,
) -> Result<PieceOutcome, BoxFault> {
    if photos::is_received(&mut api.db.read(caller.home().scope).await?, caller.home().facility, photo)
        .await?
    {
        return Ok(PieceOutcome::Duplicate);
    }
    let (unfinished, box_id) = (api.unfinished.clone(), caller.id());
    let PieceUpload { piece, bytes } = upload;
    let up_ms = api.clock.now().up_ms;
    if piece.from == 0 && api.photos_begun.take(box_id, up_ms).is_err() {
        return Err(BoxFault::ManyPhotos);
    }
    let added = tokio::task::spawn_blocking(move || unfinished.add(box_id, photo, piece, &bytes)).await;
    let added = added.map_err(|e| BoxFault::Unavailable(e.to_string()))?.map_err(BoxFault::Piece)?;
    let Some(whole) = added else { return Ok(PieceOutcome::Partial) };
    save_photo(api, caller, photo, whole).await?;
    Ok(PieceOutcome::Complete)
}

async fn save_photo(
    api: &BoxApi,
    caller: &CertifiedBox,
    photo: Hash,
    whole: Vec<u8>,
) -> Result<(), BoxFault> {
    let (scope, bytes) = (caller.home().scope, whole.len() as u64);
    let stored = api.photos.put(scope, photo, whole.into()).await;
    stored.map_err(|e| BoxFault::Unavailable(e.to_string()))?;
    let mut tx = api.db.write(scope).await?;
    let facility = caller.home().facility;
    photos::mark_received(&mut tx, facility, photo, bytes, api.clock.now_ms()).await?;
    raise_part(&mut tx, facility, FacilityPart::Feed).await?;
    tx.commit().await?;
    api.unfinished.forget(caller.id(), photo);
    Ok(())
}
