//! What a program changes, done once however often it is sent: the answer is stored in the database with what was done.

use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use ::web::answer::Json;
use ::web::argument::IdempotencyKey;
use ::web::error::HttpError;
use ::web::route::{Answer, Operation};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use record::tree::Hash;
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::ApiProgram;
use crate::db::ScopedConnection;
use crate::db::person::idempotency::{AnswerRow, TokenKey, begin_request, has_keys, save_answer};
use crate::web::WebContext;
use crate::web::http_error::internal_error;
use crate::web::program_errors::{key_reused, key_running, too_many_keys};

/// A key stands for its request for so long.
const KEY_MS: i64 = 24 * 3_600_000;
/// Keys of a token that stand for a request: each is a row with an answer.
pub(crate) const KEYS_MAX: i64 = 10_000;

type InFlightKey = (i64, String, String);

/// Requests under a key that this process is doing. Those that another process does are waited for in the database.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlightRequests(Arc<Mutex<HashSet<InFlightKey>>>);

/// Ends with the request, whatever becomes of it.
#[derive(Debug)]
struct InFlightGuard {
    running: InFlightRequests,
    key: InFlightKey,
}

impl InFlightRequests {
    fn begin(&self, program: &ApiProgram, key: &str) -> Result<InFlightGuard, HttpError> {
        let key = (program.account.key(), program.token_id.clone(), key.to_owned());
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.insert(key.clone()) {
            return Err(key_running());
        }
        Ok(InFlightGuard { running: self.clone(), key })
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// The answer of what was done, now or before: a document of status `STATUS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnceAnswer<T, const STATUS: u16> {
    row: AnswerRow,
    document: PhantomData<T>,
}

#[derive(Debug)]
pub(crate) struct DoneRequest<T> {
    pub(crate) document: T,
    pub(crate) location: Option<String>,
    pub(crate) etag: String,
}

impl<T, const STATUS: u16> OnceAnswer<T, STATUS> {
    pub(crate) fn of(row: AnswerRow) -> Self {
        Self { row, document: PhantomData }
    }
}

impl<T, const STATUS: u16> IntoResponse for OnceAnswer<T, STATUS> {
    fn into_response(self) -> Response {
        let AnswerRow { status, location, etag, body, .. } = self.row;
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, text) in [(header::LOCATION, location), (header::ETAG, etag)] {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert(name, value);
            }
        }
        (status.unwrap_or(StatusCode::OK), headers, body).into_response()
    }
}

impl<T: Serialize + JsonSchema, const STATUS: u16> Answer for OnceAnswer<T, STATUS> {
    fn describe(operation: &mut Operation<'_>) {
        Json::<T, STATUS>::describe(operation);
    }
}

#[derive(Debug)]
pub(crate) struct KeyedRequest {
    key: IdempotencyKey,
    hash: Hash,
}

impl KeyedRequest {
    /// Of a row of the table. `about`: everything beside the document that says what is to be done.
    pub(crate) fn new(
        key: IdempotencyKey,
        row: &str,
        about: &str,
        document: &impl Serialize,
    ) -> Result<Self, HttpError> {
        let text = serde_json::to_string(&(row, about, document)).map_err(internal_error)?;
        Ok(Self { key, hash: Hash::of(text.as_bytes()) })
    }
}

/// What became of a request when it began.
#[derive(Debug)]
pub(crate) enum OnceStart<'a> {
    Answered(AnswerRow),
    Begun(Box<OnceWork<'a>>),
}

/// The transaction in which something is done, with its answer where the request has a key. What is refused leaves the key free.
#[derive(Debug)]
pub(crate) struct OnceWork<'a> {
    pub(crate) tx: ScopedConnection,
    program: &'a ApiProgram,
    key: Option<String>,
    request: Hash,
    now_ms: i64,
    _running: Option<InFlightGuard>,
}

pub(crate) async fn begin_once<'a>(
    web: &WebContext,
    program: &'a ApiProgram,
    keyed: KeyedRequest,
) -> Result<OnceStart<'a>, HttpError> {
    let KeyedRequest { key: IdempotencyKey(key), hash: request } = keyed;
    let running = key.as_deref().map(|key| web.running.begin(program, key)).transpose()?;
    let now_ms = web.now_ms();
    let mut tx = web.db.write(program.account).await?;
    if let Some(key) = key.as_deref() {
        let of = TokenKey { token_id: &program.token_id, key };
        match begin_request(&mut tx, of, request, now_ms).await? {
            Some(row) if row.request != request.0 => return Err(key_reused()),
            Some(row) => return Ok(OnceStart::Answered(row)),
            None if has_keys(&mut tx, &program.token_id, KEYS_MAX, now_ms).await? => {
                return Err(too_many_keys());
            }
            None => {}
        }
    }
    let work = OnceWork { tx, program, key, request, now_ms, _running: running };
    Ok(OnceStart::Begun(Box::new(work)))
}

impl OnceWork<'_> {
    pub(crate) async fn finish<T: Serialize, const STATUS: u16>(
        mut self,
        done: DoneRequest<T>,
    ) -> Result<OnceAnswer<T, STATUS>, HttpError> {
        let row = AnswerRow {
            request: self.request.0.to_vec(),
            status: STATUS.into(),
            location: done.location,
            etag: Some(done.etag),
            body: serde_json::to_vec(&done.document).map_err(internal_error)?,
        };
        if let Some(key) = self.key.as_deref() {
            let of = TokenKey { token_id: &self.program.token_id, key };
            save_answer(&mut self.tx, of, &row, self.now_ms.saturating_add(KEY_MS)).await?;
        }
        self.tx.commit().await?;
        Ok(OnceAnswer::of(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::credentials::token::TokenScope;
    use crate::db::AccountScope;

    #[test]
    fn a_key_runs_once_at_a_time_for_its_token() {
        let account = AccountScope::made_up(1);
        let program = |token_id: &str| ApiProgram {
            account,
            reads: account.into(),
            scope: TokenScope::Write,
            token_id: token_id.to_owned(),
            name: "a".to_owned(),
        };
        let running = InFlightRequests::default();
        let first = running.begin(&program("A"), "k").unwrap();
        let refused = running.begin(&program("A"), "k").unwrap_err();
        assert_eq!(
            (refused.status, &refused.headers["retry-after"]),
            (StatusCode::CONFLICT, &"1".parse().unwrap())
        );
        assert!(running.begin(&program("B"), "k").is_ok() && running.begin(&program("A"), "l").is_ok());
        drop(first);
        assert!(running.begin(&program("A"), "k").is_ok());
    }
}
