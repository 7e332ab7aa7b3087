//! The API's description as it is served: written once, and not sent again to whoever has it.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_NONE_MATCH, VARY};
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
    /// The same in gzip, made when it is first asked for: packing it anew for each reader took most of an answer's time.
    packed: OnceLock<Option<Bytes>>,
    etag: HeaderValue,
}

impl ApiDocument {
    pub(super) fn of(document: &Value) -> Result<Self, TableError> {
        let bytes = serde_json::to_vec_pretty(document).map_err(|e| TableError::Document(e.to_string()))?;
        // Weak: it stands for the plain and the packed form.
        let etag = format!("W/\"{}\"", &Hash::of(&bytes).to_string()[..16]);
        let etag = HeaderValue::from_str(&etag).map_err(|e| TableError::Document(e.to_string()))?;
        Ok(Self { bytes: bytes.into(), packed: OnceLock::new(), etag })
    }

    /// The document, one member a line.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn packed_bytes(&self) -> Option<Bytes> {
        self.packed.get_or_init(|| pack_bytes(&self.bytes).ok()).clone()
    }

    fn answer(&self, headers: &HeaderMap) -> OneOf<WithHeaders<MediaBytes<JsonText>>, NotModified> {
        let mark = self.etag.as_bytes().strip_prefix(b"W/").unwrap_or_default();
        let matches = |value: &HeaderValue| {
            let value = value.to_str().unwrap_or_default();
            value.split(',').any(|one| one.trim().trim_start_matches("W/").as_bytes() == mark)
        };
        if headers.get_all(IF_NONE_MATCH).iter().any(matches) {
            return OneOf::Second(NotModified { etag: self.etag.clone() });
        }
        let mut about: HeaderMap = [
            (ETAG, self.etag.clone()),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ]
        .into_iter()
        .collect();
        let packed = if accepts_gzip(headers) { self.packed_bytes() } else { None };
        if packed.is_some() {
            about.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        OneOf::First(WithHeaders(about, MediaBytes::new(packed.unwrap_or_else(|| self.bytes.clone()))))
    }
}

fn pack_bytes(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.into())
}

/// Whether a reader names gzip and does not refuse it (RFC 9110 §12.5.3). `*` alone gets the plain form, which is always right.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (sent, accepted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("deflate, gzip ; q=1", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("*", false),
            ("x-gzip2", false),
            ("", false),
        ] {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(sent))].into_iter().collect();
            assert_eq!(accepts_gzip(&headers), accepted, "{sent:?}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
