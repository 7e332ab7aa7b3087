//! Bytes of a known kind, shown or kept as a file.

use std::marker::PhantomData;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::error::HttpError;
use crate::route::{Answer, AnswerBody, Operation, percent_encoded};

/// A kind of bytes.
pub trait MediaType: Send + 'static {
    /// Its `Content-Type`.
    const NAME: &'static str;
}

/// The kinds of bytes that both programs send.
pub mod media {
    use super::MediaType;

    macro_rules! media_types {
        ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
            $($(#[$doc])* #[derive(Debug, Clone, Copy, PartialEq, Eq)] pub struct $name;
            impl MediaType for $name { const NAME: &'static str = $value; })*
        };
    }

    media_types! {
        /// A file whose kind its name says.
        AnyBytes = "application/octet-stream";
        /// Comma-separated values.
        Csv = "text/csv; charset=utf-8";
        /// A style sheet.
        Css = "text/css; charset=utf-8";
        /// A document that others prescribe letter for letter; what people read is a [`Page`](super::super::Page).
        HtmlText = "text/html; charset=utf-8";
        /// A photo.
        Jpeg = "image/jpeg";
        /// A script.
        JavaScript = "text/javascript; charset=utf-8";
        /// JSON that was written before, such as a proof or this program's own description.
        JsonText = "application/json";
        /// What a home screen needs to know of a page.
        Manifest = "application/manifest+json";
        /// A document to print.
        Pdf = "application/pdf";
        /// A picture of a label.
        Png = "image/png";
        /// Plain text, such as a signed note.
        Plain = "text/plain; charset=utf-8";
        /// Files in one file.
        Tar = "application/x-tar";
        /// A drawing.
        Svg = "image/svg+xml";
        /// A program for browsers.
        Wasm = "application/wasm";
        /// A spreadsheet.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    }
}

/// Bytes that a browser or a program shows or reads (200).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaBytes<M> {
    bytes: Bytes,
    media: PhantomData<M>,
}

impl<M: MediaType> MediaBytes<M> {
    /// These bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), media: PhantomData }
    }
}

impl<M: MediaType> IntoResponse for MediaBytes<M> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, M::NAME)], self.bytes).into_response()
    }
}

impl<M: MediaType> Answer for MediaBytes<M> {
    fn describe(operation: &mut Operation<'_>) {
        let name = M::NAME.split(';').next();
        operation.add_answer(StatusCode::OK, name, AnswerBody::Bytes);
    }
}

/// Bytes that a browser keeps as a file (200).
#[derive(Debug)]
pub struct FileDownload<M> {
    disposition: HeaderValue,
    body: Body,
    media: PhantomData<fn() -> M>,
}

impl<M: MediaType> FileDownload<M> {
    /// Under this name; what is no letter, digit, dot or hyphen of ASCII is in its second form only (RFC 6266).
    ///
    /// # Errors
    /// Never in practice: both forms are ASCII.
    pub fn new(file_name: &str, bytes: impl Into<Bytes>) -> Result<Self, HttpError> {
        Self::with_body(file_name, Body::from(bytes.into()))
    }

    /// The same of a file that is made while it is sent. An error breaks the answer off, so that no part
    /// passes for the whole; when the client is gone, nothing more is made.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_chunks<E>(
        file_name: &str,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Self, HttpError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        // The compression layer polls it after its end.
        Self::with_body(file_name, Body::from_stream(chunks.fuse()))
    }

    fn with_body(file_name: &str, body: Body) -> Result<Self, HttpError> {
        let plain: String = file_name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' })
            .collect();
        let encoded = percent_encoded(file_name);
        let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
        let disposition = HeaderValue::from_str(&disposition).map_err(|error| HttpError::internal(&error))?;
        Ok(Self { disposition, body, media: PhantomData })
    }
}

impl<M: MediaType> IntoResponse for FileDownload<M> {
    fn into_response(self) -> Response {
        let media = HeaderValue::from_static(M::NAME);
        ([(CONTENT_DISPOSITION, self.disposition), (CONTENT_TYPE, media)], self.body).into_response()
    }
}

impl<M: MediaType> Answer for FileDownload<M> {
    fn describe(operation: &mut Operation<'_>) {
        MediaBytes::<M>::describe(operation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_header() {
        let file = FileDownload::<media::Csv>::new("Zoë\"\r\nX: y.csv", "").unwrap();
        let answer = file.into_response();
        assert_eq!(
            answer.headers()[CONTENT_DISPOSITION],
            "attachment; filename=\"Zo____X__y.csv\"; filename*=UTF-8''Zo%C3%AB%22%0D%0AX%3A%20y.csv"
        );
    }
}
