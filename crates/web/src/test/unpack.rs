//! Bodies as they were before they were compressed.

use std::io::Read as _;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};

pub(crate) fn unpack_body(headers: &HeaderMap, body: Bytes) -> Result<Bytes, String> {
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None => Ok(body),
        Some(b"gzip") => {
            let mut bytes = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(body.as_ref());
            decoder.read_to_end(&mut bytes).map_err(|error| format!("its gzip breaks off: {error}"))?;
            Ok(bytes.into())
        }
        Some(other) => Err(format!("it is packed as {}", String::from_utf8_lossy(other))),
    }
}
