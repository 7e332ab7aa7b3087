//! A row's right request: for the tests, which also change it in every way, and for the pages that describe the API.

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::operation::path_parts;

/// A right request to a row, without what proves who sends it.
#[derive(Debug, Clone, Default)]
pub struct Example {
    /// Values of the path's parts, by name.
    pub parts: Vec<(&'static str, String)>,
    /// What follows the question mark, encoded.
    pub query: String,
    /// Headers beside those of the body.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: ExampleBody,
    /// Values in it that must never be in a trace.
    pub secrets: Vec<String>,
}

/// The body of an [`Example`].
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ExampleBody {
    /// None.
    #[default]
    Empty,
    /// A JSON document.
    Json(Value),
    /// A form's fields, in their order; the session's form token is added when it is sent.
    Form(Vec<(&'static str, String)>),
    /// Anything else.
    Bytes {
        /// Its `Content-Type`, such as that of a multipart form with its boundary.
        content_type: &'static str,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Example {
    /// The value of a part of the path.
    pub fn part(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parts.push((name, value.into()));
        self
    }

    /// What follows the question mark, encoded.
    pub fn query(self, query: impl Into<String>) -> Self {
        Self { query: query.into(), ..self }
    }

    /// A header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A JSON document as the body.
    pub fn json(self, document: Value) -> Self {
        Self { body: ExampleBody::Json(document), ..self }
    }

    /// A field of a form as the body.
    pub fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        match &mut self.body {
            ExampleBody::Form(fields) => fields.push((name, value.into())),
            body => *body = ExampleBody::Form(vec![(name, value.into())]),
        }
        self
    }

    /// Bytes as the body.
    pub fn bytes(self, content_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: ExampleBody::Bytes { content_type, bytes: bytes.into() }, ..self }
    }

    /// A value in it that must never be in a trace.
    pub fn secret(mut self, value: impl Into<String>) -> Self {
        self.secrets.push(value.into());
        self
    }

    /// Path and query for a row's pattern; `None` where a part of it has no value here.
    pub fn address(&self, pattern: &str) -> Option<String> {
        let mut address = pattern.to_owned();
        for name in path_parts(pattern) {
            let (_, value) = self.parts.iter().find(|(part, _)| *part == name)?;
            for written in [format!("{{{name}}}"), format!("{{*{name}}}")] {
                address = address.replace(&written, &percent_encoded(value));
            }
        }
        if !self.query.is_empty() {
            address.push('?');
            address.push_str(&self.query);
        }
        Some(address)
    }
}

impl ExampleBody {
    /// Its `Content-Type`.
    pub fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json"),
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Bytes { content_type, .. } => Some(content_type),
        }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Json(document) => document.to_string().into_bytes(),
            Self::Form(fields) => {
                let pairs = fields
                    .iter()
                    .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)));
                pairs.collect::<Vec<_>>().join("&").into_bytes()
            }
            Self::Bytes { bytes, .. } => bytes.clone(),
        }
    }
}

/// Everything but RFC 3986's unreserved characters is escaped: right in a path, a query and a form.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
