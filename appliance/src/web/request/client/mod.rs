//! Who sends a request: address, browser, device and language. It imports no other reader.

pub(crate) mod browser;
pub(crate) mod cookies;
pub(crate) mod device;
pub(crate) mod language;
pub(crate) mod next_page;
pub(crate) mod peer;
