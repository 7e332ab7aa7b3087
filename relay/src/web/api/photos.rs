//! Photos of cleanings: each only for the account whose record names it. Lists link to them and show none: here nothing opens
//! pictures that boxes sent, so there is nothing smaller than the photo itself.

use ::web::answer::{MediaBytes, NotModified, OneOf, WithHeaders, media};
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use record::tree::Hash;

use crate::objects::PhotoError;
use crate::web::WebContext;
use crate::web::access::AccountReader;
use crate::web::http_error::{damaged_photo, internal_error, not_found};

/// A photo never changes under its name, and is nobody else's to keep.
const CACHE: &str = "private, max-age=86400, immutable";

/// `GET /photos/{photo}`. A hash is no capability: a photo of another account, or of a facility that
/// whoever asks does not see, is one that does not exist.
pub(crate) async fn show(
    reader: AccountReader,
    State(web): State<WebContext>,
    Path(hash): Path<Hash>,
    headers: HeaderMap,
) -> Result<OneOf<WithHeaders<MediaBytes<media::Jpeg>>, WithHeaders<NotModified>>, HttpError> {
    if !crate::db::log::photos::is_seen(&mut web.db.read(reader.reads()).await?, hash).await? {
        return Err(not_found());
    }
    let etag = HeaderValue::from_str(&format!("\"{hash}\"")).map_err(internal_error)?;
    let mut stored = HeaderMap::new();
    stored.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    // Opened by itself it can do nothing, whatever its bytes say.
    stored.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"photo.jpg\""));
    // Before anything is read and hashed: whoever has it under this name has the very photo.
    if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        return Ok(OneOf::Second(WithHeaders(stored, NotModified { etag })));
    }
    let bytes = match web.photos.get(reader.scope(), hash).await {
        Err(error @ PhotoError::Damaged(_)) => return Err(damaged_photo(&error)),
        found => found.map_err(internal_error)?.ok_or_else(not_found)?,
    };
    stored.insert(header::ETAG, etag);
    Ok(OneOf::First(WithHeaders(stored, MediaBytes::new(bytes))))
}
