//! Which state of a list or a thing an answer shows, so that nothing is sent twice.

use std::fmt::Display;

use ::web::answer::{Json, NotModified, OneOf, WithHeaders, etag_header};
use ::web::error::HttpError;
use axum::http::{HeaderMap, HeaderValue, header};
use record::ids::FacilityId;

use crate::accounts::ApiProgram;
use crate::db::ScopedConnection;
use crate::db::facility::facility_now::{FacilityPart, load_revs};

/// Stands in each version: another release may write the same thing otherwise.
pub(crate) const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// A document, or that the caller has it already.
pub(crate) type CachedJson<T> = OneOf<WithHeaders<Json<T>>, NotModified>;

/// A state of what an answer shows; absent where nothing counts its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerRevision(Option<HeaderValue>);

impl AnswerRevision {
    pub(crate) const UNKNOWN: Self = Self(None);

    pub(crate) fn of(version: impl Display) -> Result<Self, HttpError> {
        etag_header(version).map(|etag| Self(Some(etag)))
    }

    /// What this request's caller has already.
    pub(crate) fn known_to(&self, headers: &HeaderMap) -> Option<NotModified> {
        let etag = self.0.as_ref()?;
        let named = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut named =
            named.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
        named.any(|tag| tag.as_bytes() == etag.as_bytes()).then(|| NotModified { etag: etag.clone() })
    }

    pub(crate) fn mark<T>(self, document: T) -> CachedJson<T> {
        let headers = self.0.map(|etag| (header::ETAG, etag)).into_iter().collect();
        OneOf::First(WithHeaders(headers, Json(document)))
    }
}

/// Of a list of one facility's things, or of all that the program sees. Of some facilities only nothing counts the changes together.
pub(crate) async fn find_revision(
    conn: &mut ScopedConnection,
    program: &ApiProgram,
    facility: Option<FacilityId>,
    parts: &[FacilityPart],
) -> Result<AnswerRevision, HttpError> {
    if facility.is_none() && program.reads.is_limited() {
        return Ok(AnswerRevision::UNKNOWN);
    }
    let revs = load_revs(conn, facility).await?;
    let counts: Vec<String> = parts.iter().map(|part| revs.of(*part).to_string()).collect();
    AnswerRevision::of(format_args!("{RELEASE}-{}", counts.join(".")))
}
