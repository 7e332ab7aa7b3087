//! What the fuzzer sends: requests and bodies, each with what was done to it.

use http::Request;

pub(super) struct FuzzCase {
    pub(super) name: String,
    pub(super) request: Request<Vec<u8>>,
}

pub(super) struct ChangedBody {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl ChangedBody {
    pub(super) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

pub(super) fn shorten_text(text: &str) -> String {
    text.chars().take(60).collect()
}
