//! What is wrong with an item.

use serde::{Deserialize, Serialize};

use super::body_values::CleanedBy;
use super::open_words::{ProblemOutcome, ProblemWord};
use crate::tree::Hash;
use crate::values::ids::EntryRef;
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// Something is wrong with an item.
    ProblemReported = "problem.reported" {
        /// Which item, by its first tag.
        tag: Tag,
        /// What, in one word.
        what: ProblemWord,
        /// What, in their own words.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
        /// Photos by the SHA-256 of the kept JPEG.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] photos: Vec<Hash>,
        /// Who says so, and how that was proven.
        who: CleanedBy,
        /// A report of this item that was open: this one says more of the same, is closed with it, and is not open itself.
        #[serde(default, skip_serializing_if = "Option::is_none")] also: Option<EntryRef>,
    }
    /// What came of a report.
    ProblemClosed = "problem.closed" {
        /// The entry of the report.
        #[serde(flatten)] of: EntryRef,
        /// The item that it was about, by its first tag.
        tag: Tag,
        /// What came of it.
        outcome: ProblemOutcome,
        /// What was done.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
    }
}
