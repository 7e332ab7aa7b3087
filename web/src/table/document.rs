//! The API's description as it is served: written once, and not sent again to whoever has it.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method};
use record::tree::Hash;
use serde_json::Value;

use super::TableError;
use crate::answer::{MediaBytes, NotModified, OneOf, WithHeaders, media::JsonText};
use crate::error::HttpError;
use crate::route::{AnyCaller, Route, RouteKind, row};

/// The OpenAPI document and the mark of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiDocument {
    bytes: Bytes,
    etag: HeaderValue,
}

impl ApiDocument {
    pub(super) fn of(document: &Value) -> Result<Self, TableError> {
        let bytes = serde_json::to_vec_pretty(document).map_err(|e| TableError::Document(e.to_string()))?;
        let etag = format!("\"{}\"", &Hash::of(&bytes).to_string()[..16]);
        let etag = HeaderValue::from_str(&etag).map_err(|e| TableError::Document(e.to_string()))?;
        Ok(Self { bytes: bytes.into(), etag })
    }

    /// The document, one member a line.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn answer(&self, headers: &HeaderMap) -> OneOf<WithHeaders<MediaBytes<JsonText>>, NotModified> {
        let matches = |value: &HeaderValue| {
            let value = value.to_str().unwrap_or_default();
            value.split(',').any(|one| one.trim().trim_start_matches("W/") == self.etag)
        };
        if headers.get_all(IF_NONE_MATCH).iter().any(matches) {
            return OneOf::Second(NotModified { etag: self.etag.clone() });
        }
        let headers = [(ETAG, self.etag.clone()), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        OneOf::First(WithHeaders(headers.into_iter().collect(), MediaBytes::new(self.bytes.clone())))
    }
}

/// The row that serves it.
pub(super) fn document_row<S>(path: &'static str, document: Arc<ApiDocument>) -> Route<S>
where
    S: Clone + Send + Sync + 'static,
{
    let show_document = move |_: AnyCaller, headers: HeaderMap| {
        let answer = document.answer(&headers);
        async move { Ok::<_, HttpError>(answer) }
    };
    row(Method::GET, path, "openapi.show", RouteKind::Asset, show_document)
}
