//! An answer, whole.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::present::ErrorOutcome;
use crate::route::RouteMark;

/// An answer, read to its end and unpack_body.
#[derive(Debug, Clone)]
pub struct TestAnswer {
    /// Which row answered.
    pub mark: Option<RouteMark>,
    /// Which error it was made of.
    pub outcome: Option<ErrorOutcome>,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl TestAnswer {
    /// Whether the row refused who called: 401 or 403, also where a browser is sent to sign in.
    pub fn is_denial(&self) -> bool {
        let denied = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        self.outcome.is_some_and(|outcome| denied.contains(&outcome.status))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
