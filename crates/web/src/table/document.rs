//! The API's description as it is served: written once, and not sent again to a client that has it.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method};
use record::tree::Hash;
use serde_json::Value;

use super::table_error::TableError;
use crate::answer::{MediaBytes, NotModified, OneOf, PackedBytes, WithHeaders, media::JsonText};
use crate::error::HttpError;
use crate::route::{AnyCaller, Route, RouteKind, row};

/// The OpenAPI document and the mark of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiDocument {
    bytes: PackedBytes,
    etag: HeaderValue,
}

impl ApiDocument {
    pub(super) fn of(document: &Value) -> Result<Self, TableError> {
        let bytes = serde_json::to_vec_pretty(document).map_err(|e| TableError::Document(e.to_string()))?;
        // Weak: it identifies both the plain and the packed form.
        let etag = format!("W/\"{}\"", &Hash::of(&bytes).to_string()[..16]);
        let etag = HeaderValue::from_str(&etag).map_err(|e| TableError::Document(e.to_string()))?;
        Ok(Self { bytes: PackedBytes::new(bytes), etag })
    }

    /// The document, one member a line.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.plain()
    }

    fn answer(&self, headers: &HeaderMap) -> OneOf<WithHeaders<MediaBytes<JsonText>>, NotModified> {
        let mark = self.etag.as_bytes().strip_prefix(b"W/").unwrap_or_default();
        if headers.get_all(IF_NONE_MATCH).iter().any(|value| {
            let value = value.to_str().unwrap_or_default();
            value.split(',').any(|one| one.trim().trim_start_matches("W/").as_bytes() == mark)
        }) {
            return OneOf::Second(NotModified { etag: self.etag.clone() });
        }
        let mut about: HeaderMap =
            [(ETAG, self.etag.clone()), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))]
                .into_iter()
                .collect();
        let bytes = self.bytes.choose_form(headers, &mut about);
        OneOf::First(WithHeaders(about, MediaBytes::new(bytes)))
    }
}

/// The row that serves the document.
pub(super) fn document_row<S>(path: &'static str, document: Arc<ApiDocument>) -> Route<S>
where
    S: Clone + Send + Sync + 'static,
{
    row(Method::GET, path, "openapi.show", RouteKind::Asset, move |_: AnyCaller, headers: HeaderMap| {
        let answer = document.answer(&headers);
        async move { Ok::<_, HttpError>(answer) }
    })
}
