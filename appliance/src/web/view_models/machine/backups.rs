//! A key as a code that a camera reads: drawn in the page itself, so that no other request ever carries it.

use ::labels::code::encode_qr;
use web::error::HttpError;

/// Modules around a code that must be light.
const QUIET: u32 = 4;

pub(crate) struct KeyCode {
    pub(crate) side: u32,
    pub(crate) path: String,
}

impl KeyCode {
    pub(crate) fn draw(text: &str) -> Result<Self, HttpError> {
        let code = encode_qr(text).map_err(|error| HttpError::internal(&error))?;
        let rows = code
            .runs()
            .map(|(x, y, modules)| format!("M{} {}h{modules}v1h-{modules}z", x + QUIET, y + QUIET));
        Ok(Self { side: code.width() + 2 * QUIET, path: rows.collect() })
    }
}
