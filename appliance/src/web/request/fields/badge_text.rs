//! The text that a scanner read from a badge, as a program or a phone sends it.

use schemars::JsonSchema;
use serde::Deserialize;

/// A secret: it is in no trace.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct BadgeText(String);

impl BadgeText {
    pub(crate) fn as_str(&self) -> &str {
        self.0.trim()
    }
}

impl std::fmt::Debug for BadgeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("****")
    }
}
