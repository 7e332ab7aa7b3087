//! A part of a list, as all endpoints answer it.

use schemars::JsonSchema;
use serde::Serialize;

/// A part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub struct ListJson<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The `cursor` of the part that follows; null at the end.
    pub next: Option<String>,
}

impl<T> ListJson<T> {
    /// A list that has no other part.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
