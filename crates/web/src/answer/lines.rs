//! Long lists as lines of JSON, sent while they are read.

use std::marker::PhantomData;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;

use crate::route::{Answer, AnswerBody, Operation};

const NDJSON_MEDIA: &str = "application/x-ndjson";

/// Lines, each a JSON document of the type `T`, in chunks of any length.
pub struct Ndjson<T> {
    body: Body,
    line: PhantomData<fn() -> T>,
}

impl<T> Ndjson<T> {
    /// From chunks that hold whole lines together. An error breaks the answer off: a reader notices that, and might not
    /// notice a gap. The stream is not asked again after its end, which the compression layer does.
    pub fn from_chunks<E>(chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Self { body: Body::from_stream(chunks.fuse()), line: PhantomData }
    }
}

impl<T> IntoResponse for Ndjson<T> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, NDJSON_MEDIA)], self.body).into_response()
    }
}

impl<T: JsonSchema> Answer for Ndjson<T> {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.sent_schema::<T>();
        operation.add_answer(StatusCode::OK, Some(NDJSON_MEDIA), AnswerBody::Lines(schema));
    }
}
