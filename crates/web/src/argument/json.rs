//! A JSON document as the body.

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::body::{read_body, require_media};
use crate::error::{HttpError, RequestFault};
use crate::route::{Argument, Operation};

/// Bytes of a JSON document.
pub const JSON_BYTES_MAX: usize = 64 * 1024;

const JSON: &str = "application/json";

/// A JSON document of at most [`JSON_BYTES_MAX`] bytes. What does not fit is refused (422) with the path of the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        require_media(&head.headers, JSON)?;
        let body = read_body(&head.headers, body, JSON_BYTES_MAX).await?;
        let mut document = serde_json::Deserializer::from_slice(&body);
        let read = serde_path_to_error::deserialize(&mut document).map_err(|error| json_error(&error))?;
        document.end().map_err(|error| RequestFault::Json { field: None, reason: error.to_string() })?;
        Ok(Self(read))
    }
}

impl<T: JsonSchema> Argument for JsonBody<T> {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.read_schema::<T>();
        operation.set_body(JSON, &schema);
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
}

/// The refusal of a document that does not fit, for documents that are read in two steps.
pub fn json_error(error: &serde_path_to_error::Error<serde_json::Error>) -> HttpError {
    let reason = error.inner().to_string();
    // Invalid JSON is no member's fault, wherever it was found.
    let field = error.inner().is_data().then(|| failing_member(&error.path().to_string(), &reason)).flatten();
    RequestFault::Json { field, reason }.into()
}

/// serde has no path of a member that is missing, but its message has the name.
pub(super) fn failing_member(path: &str, reason: &str) -> Option<String> {
    let named = ["missing field `", "duplicate field `", "unknown field `"].iter().find_map(|beginning| {
        let name = reason.strip_prefix(beginning)?;
        name.split('`').next().map(str::to_owned)
    });
    match (path, named) {
        (".", named) => named,
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            Some(format!("{path}.{name}"))
        }
        (path, _) => Some(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read and looked at by serde alone")]
    struct Outer {
        count: u8,
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is read and looked at by serde alone")]
    struct Inner {
        name: String,
    }

    async fn post(media: &str, body: Vec<u8>) -> Result<JsonBody<Outer>, HttpError> {
        let request = Request::post("/").header("content-type", media).body(Body::from(body)).unwrap();
        JsonBody::from_request(request, &()).await
    }

    #[tokio::test]
    async fn the_member_that_does_not_fit_is_named() {
        let deep = format!("{{\"inner\":{}", "[".repeat(2_000));
        let long = format!("{{\"count\":1{}}}", " ".repeat(JSON_BYTES_MAX));
        for (media, body, status, field) in [
            (JSON, &br#"{"count":256}"#[..], 422, Some("count")),
            (JSON, br#"{"count":null}"#, 422, Some("count")),
            (JSON, br#"{"count":1e999}"#, 422, None),
            (JSON, br#"{"inner":[]}"#, 422, Some("count")),
            (JSON, br#"{"count":1,"count":2}"#, 422, Some("count")),
            (JSON, br#"{"count":1,"strange":2}"#, 422, Some("strange")),
            (JSON, br#"{"count":1,"inner":[{"name":"a"},{}]}"#, 422, Some("inner[1].name")),
            (JSON, br#"{"count":1,"inner":[{"name":"\ud800"}]}"#, 422, None),
            (JSON, br#"{"count":1} x"#, 422, None),
            (JSON, br#"{"count":1"#, 422, None),
            (JSON, b"", 422, None),
            (JSON, b"\xff", 422, None),
            (JSON, deep.as_bytes(), 422, Some("inner[0][0]")),
            (JSON, long.as_bytes(), 413, Some("body")),
            ("text/plain", br#"{"count":1}"#, 415, Some("content-type")),
            ("", br#"{"count":1}"#, 415, Some("content-type")),
        ] {
            let error = post(media, body.to_vec()).await.unwrap_err();
            let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!((error.status.as_u16(), error.field.as_deref()), (status, field), "{start}");
        }
        assert!(post("Application/JSON; charset=utf-8", br#"{"count":1}"#.to_vec()).await.is_ok());
    }
}
