//! Photos of cleanings: each only for the account whose record names it. Lists link to them and show none: here nothing opens
//! pictures that boxes sent, so there is nothing smaller than the photo itself.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use record::tree::Hash;

use crate::web::http_error::Fault;
use crate::web::{Answer, Place, Reader, Web};

/// A photo never changes under its name, and is nobody else's to keep.
const CACHE: &str = "private, max-age=86400, immutable";

/// `GET /photos/{photo}`. A hash is no capability: another account's photo is one that does not exist.
pub(crate) async fn show(
    Reader(scope): Reader,
    State(web): State<Web>,
    Place(photo): Place<String>,
    headers: HeaderMap,
) -> Answer {
    let hash: Hash = photo.parse().map_err(|_| Fault::NotFound)?;
    let bytes = web.photos.get(scope, hash).await.map_err(Fault::internal)?.ok_or(Fault::NotFound)?;
    let tag = HeaderValue::from_str(&format!("\"{hash}\"")).map_err(Fault::internal)?;
    let known = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let mut answer = Response::new(if known { Body::empty() } else { Body::from(bytes) });
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let out = answer.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    out.insert(header::ETAG, tag);
    // Opened by itself it can do nothing, whatever its bytes say.
    out.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"photo.jpg\""));
    Ok(answer)
}
