//! A part of a list, as all endpoints answer it.

use schemars::JsonSchema;
use serde::Serialize;

/// A part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(crate) struct ListJson<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// The `cursor` of the part that follows; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> ListJson<T> {
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
