//! Where a list continues: the sort key of its last thing, sealed for one account and one query.

use std::sync::Arc;

use ::web::error::HttpError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::accounts::ApiProgram;
use crate::keys::KeySet;
use crate::web::WebContext;
use crate::web::http_error::internal_error;
use crate::web::program_errors::foreign_cursor;

const CODE_BYTES: usize = 16;
/// Characters of a cursor: far more than any sort key takes.
const CURSOR_CHARS_MAX: usize = 1_024;

#[derive(Debug)]
pub(crate) struct CursorSeal {
    keys: Arc<KeySet>,
    /// What a cursor is of: account, row and filters.
    query: String,
}

impl CursorSeal {
    /// Of a list of the program's account. `filters`: everything that chooses what is in it, in an order that never changes.
    pub(crate) fn new(web: &WebContext, program: &ApiProgram, row: &str, filters: &[Option<&str>]) -> Self {
        let query = serde_json::json!(["cursor", program.account.key(), row, filters]).to_string();
        Self { keys: web.fleet.keys().now(), query }
    }

    fn code(&self, n: i64, key: &str) -> Option<[u8; CODE_BYTES]> {
        let digest = self.keys.keyed_digest(n, &format!("{}\n{key}", self.query)).ok()?;
        digest.0.first_chunk().copied()
    }

    pub(crate) fn write(&self, key: &str) -> Result<String, HttpError> {
        let n = self.keys.seal_number().map_err(internal_error)?;
        let code = self.code(n, key).ok_or_else(foreign_cursor)?;
        Ok(URL_SAFE_NO_PAD.encode([&code[..], format!("{n}.{key}").as_bytes()].concat()))
    }

    /// The sort key in a request's cursor, where it has one.
    pub(crate) fn read(&self, cursor: Option<&str>) -> Result<Option<String>, HttpError> {
        cursor.map(|cursor| self.open(cursor).ok_or_else(foreign_cursor)).transpose()
    }

    fn open(&self, cursor: &str) -> Option<String> {
        let bytes = Some(cursor).filter(|cursor| cursor.len() <= CURSOR_CHARS_MAX)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let (code, text) = bytes.split_first_chunk()?;
        let (n, key) = std::str::from_utf8(text).ok()?.split_once('.')?;
        let right = self.code(n.parse().ok()?, key)?;
        // It guards nothing secret: whoever forges one reads their own list from another place.
        (right == *code).then(|| key.to_owned())
    }
}
