//! Bytes that stay as they are, packed once for all who ask for them.

use std::io::{Read as _, Write as _};
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue};

/// Bytes of the program itself, plain and in gzip. The packed form is made once, when it is first needed, as
/// small as possible: packing for each reader would be slow and larger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBytes {
    plain: OnceLock<Bytes>,
    packed: OnceLock<Option<Bytes>>,
}

impl PackedBytes {
    /// These bytes.
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self { plain: OnceLock::from(plain.into()), packed: OnceLock::new() }
    }

    /// Bytes that come in gzip. They are unpacked for those few who do not take that; what is no gzip has no bytes.
    pub fn of_gzip(packed: &'static [u8]) -> Self {
        Self { plain: OnceLock::new(), packed: OnceLock::from(Some(Bytes::from_static(packed))) }
    }

    /// As they are.
    pub fn plain(&self) -> &Bytes {
        self.plain.get_or_init(|| match self.packed.get() {
            Some(Some(packed)) => unpack_bytes(packed).unwrap_or_default(),
            _ => Bytes::new(),
        })
    }

    /// The form for a request; sets in `about` which it is.
    pub fn choose_form(&self, request: &HeaderMap, about: &mut HeaderMap) -> Bytes {
        about.insert(VARY, HeaderValue::from_static("accept-encoding"));
        let packed = if accepts_gzip(request) { self.packed_form() } else { None };
        if packed.is_some() {
            about.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        packed.unwrap_or_else(|| self.plain().clone())
    }

    fn packed_form(&self) -> Option<Bytes> {
        self.packed.get_or_init(|| pack_bytes(self.plain()).ok()).clone()
    }
}

fn pack_bytes(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.into())
}

fn unpack_bytes(packed: &[u8]) -> std::io::Result<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut plain)?;
    Ok(plain.into())
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
