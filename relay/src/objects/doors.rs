//! `/box/v1/photos/…`: what is missing, how far it came, the next piece. A box's certificate says for which account.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{head, post};
use axum::{Json, Router};
use bytes::Bytes;
use record::limits::{PHOTO_HASHES_MAX, PHOTO_STORED_BYTES_MAX};
use record::tree::Hash;
use serde::{Deserialize, Serialize};
use service::clock::Clock;

use super::parts::Piece;
use super::{PartError, Parts, Photos};
use crate::db::boxes::Home;
use crate::db::{Db, DbError, boxes, facilities, photos};
use crate::mqtt::PeerCertificate;

/// What the calls work with.
#[derive(Debug, Clone)]
pub struct Boxes {
    /// The database.
    pub db: Db,
    /// Whole photos.
    pub photos: Photos,
    /// Unfinished ones.
    pub parts: Parts,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// The routes, for the listener that requires client certificates and says whose with each request.
pub fn doors(boxes: Boxes) -> Router {
    Router::new()
        .route("/box/v1/photos/missing", post(missing))
        .route("/box/v1/photos/{photo}", head(offset).put(piece))
        .layer(DefaultBodyLimit::max(PHOTO_STORED_BYTES_MAX))
        .with_state(Arc::new(boxes))
}

#[derive(Debug, Serialize, Deserialize)]
struct Hashes {
    photos: Vec<Hash>,
}

/// Why a call got nothing.
enum Fault {
    NotAllowed,
    Form(&'static str),
    Part(PartError),
    Away(String),
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Away(error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::NotAllowed => {
                (StatusCode::FORBIDDEN, "this certificate is not in service here\n").into_response()
            }
            Self::Form(text) => (StatusCode::BAD_REQUEST, format!("{text}\n")).into_response(),
            Self::Part(PartError::Offset(here)) => {
                let words = format!("{}\n", PartError::Offset(here));
                let headers = [("upload-offset", here.to_string())];
                (StatusCode::RANGE_NOT_SATISFIABLE, headers, words).into_response()
            }
            Self::Part(error @ PartError::TooLarge) => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("{error}\n")).into_response()
            }
            Self::Part(error @ PartError::Hash) => {
                (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response()
            }
            Self::Part(PartError::Disk(error)) => Self::Away(error.to_string()).into_response(),
            Self::Away(error) => {
                tracing::error!(error, "a photo could not be taken");
                (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response()
            }
        }
    }
}

async fn home(state: &Boxes, peer: &PeerCertificate) -> Result<Home, Fault> {
    let mut conn = state.db.read().await?;
    let home = boxes::platform_home(&mut conn, peer.box_id).await?.filter(|home| !home.revoked);
    let home = home.ok_or(Fault::NotAllowed)?;
    match boxes::certificate(&mut conn, home.scope, peer.box_id, &peer.serial).await? {
        Some(true) => Ok(home),
        _ => Err(Fault::NotAllowed),
    }
}

async fn missing(
    State(state): State<Arc<Boxes>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(asked): Json<Hashes>,
) -> Result<Json<Hashes>, Fault> {
    let home = home(&state, &peer).await?;
    if asked.photos.len() > PHOTO_HASHES_MAX {
        return Err(Fault::Form("at most 500 photos in one question"));
    }
    let mut conn = state.db.read().await?;
    let mut lacking = Vec::new();
    for photo in asked.photos {
        if !photos::is_here(&mut conn, home.scope, photo).await? {
            lacking.push(photo);
        }
    }
    Ok(Json(Hashes { photos: lacking }))
}

async fn offset(
    State(state): State<Arc<Boxes>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(photo): Path<Hash>,
) -> Result<Response, Fault> {
    let home = home(&state, &peer).await?;
    let (parts, box_id) = (state.parts.clone(), peer.box_id);
    let found = tokio::task::spawn_blocking(move || parts.whole(box_id, photo)).await;
    // All of it came, and the relay ended before it was kept.
    if let Some(whole) = found.map_err(|e| Fault::Away(e.to_string()))? {
        let here = whole.len();
        keep(&state, &home, &peer, photo, whole).await?;
        return Ok([("upload-offset", here.to_string())].into_response());
    }
    let here = state.parts.offset(peer.box_id, photo);
    Ok([("upload-offset", here.to_string())].into_response())
}

async fn piece(
    State(state): State<Arc<Boxes>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(photo): Path<Hash>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Fault> {
    let home = home(&state, &peer).await?;
    let range = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let piece = range.and_then(|range| Piece::parse(range, body.len()));
    let piece = piece.ok_or(Fault::Form("Content-Range must read `bytes a-b/total` and fit the body"))?;
    if photos::is_here(&mut state.db.read().await?, home.scope, photo).await? {
        return Ok(StatusCode::OK);
    }
    let (parts, box_id) = (state.parts.clone(), peer.box_id);
    let added = tokio::task::spawn_blocking(move || parts.add(box_id, photo, piece, &body)).await;
    let added = added.map_err(|e| Fault::Away(e.to_string()))?.map_err(Fault::Part)?;
    let Some(whole) = added else { return Ok(StatusCode::ACCEPTED) };
    keep(&state, &home, &peer, photo, whole).await?;
    Ok(StatusCode::CREATED)
}

async fn keep(
    state: &Boxes,
    home: &Home,
    peer: &PeerCertificate,
    photo: Hash,
    whole: Vec<u8>,
) -> Result<(), Fault> {
    let bytes = whole.len() as u64;
    let kept = state.photos.put(home.scope, photo, whole.into()).await;
    kept.map_err(|e| Fault::Away(e.to_string()))?;
    let mut tx = state.db.begin().await?;
    photos::received(&mut tx, home.scope, photo, bytes, state.clock.now_ms()).await?;
    // Pages of other processes learn of it by the count of changes.
    facilities::lock(&mut tx, home.scope, home.facility).await?;
    tx.commit().await?;
    state.parts.forget(peer.box_id, photo);
    Ok(())
}
