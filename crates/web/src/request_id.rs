//! What a request is called: in every line that is logged of it, on what a person sees of an error, and in the answer.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};

/// Where a balancer writes a name, and where each answer has it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a request id that is taken from a balancer.
const CHARS_MAX: usize = 64;

/// What a request is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id that an earlier server set, where it can be written to a log as it is.
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(REQUEST_ID)?.to_str().ok()?;
        let fits = !text.is_empty()
            && text.len() <= CHARS_MAX
            && text
                .chars()
                .all(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '='));
        fits.then(|| Self(text.into()))
    }

    /// One of our own.
    pub fn of_random(bytes: [u8; 8]) -> Self {
        Self(format!("{:016x}", u64::from_be_bytes(bytes)).into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
