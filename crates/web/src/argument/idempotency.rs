//! The key that makes a repeated request harmless.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde_json::json;

use crate::error::{HttpError, RequestFault};
use crate::route::{Argument, Operation};

const HEADER: &str = "idempotency-key";
/// Bytes of a key, as commands take it.
const KEY_BYTES_MAX: usize = 200;

/// The `Idempotency-Key` header, where there is one: 1 to 200 bytes of UTF-8 without control characters, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let key = String::from_utf8(value.as_bytes().to_vec())
            .ok()
            .filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.chars().any(char::is_control));
        match (key, values.next()) {
            (Some(key), None) => Ok(Self(Some(key))),
            _ => Err(RequestFault::IdempotencyKey.into()),
        }
    }
}

impl Argument for IdempotencyKey {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_header(
            "Idempotency-Key",
            json!({
                "type": "string", "minLength": 1, "maxLength": KEY_BYTES_MAX,
                "description": "The same request under the same key is done once",
            }),
        );
        operation.add_refusals(&[StatusCode::BAD_REQUEST]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(values: &[&[u8]]) -> Option<IdempotencyKey> {
        let mut request = http::Request::post("/");
        for value in values {
            request = request.header(HEADER, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        IdempotencyKey::from_request_parts(&mut parts, &()).await.ok()
    }

    #[tokio::test]
    async fn one_key_of_plain_text() {
        assert_eq!(read(&[]).await, Some(IdempotencyKey(None)));
        assert_eq!(read(&["schlüssel".as_bytes()]).await, Some(IdempotencyKey(Some("schlüssel".to_owned()))));
        let long = "x".repeat(KEY_BYTES_MAX + 1);
        for wrong in [&[&b""[..]][..], &[long.as_bytes()], &[b"\xff"], &[b"a\tb"], &[b"a", b"a"]] {
            assert_eq!(read(wrong).await, None, "{wrong:?}");
        }
    }
}
