//! Tags, codes and labels.

use serde::{Deserialize, Serialize};

use super::body_values::PrintedLabel;
use super::open_words::{TagEnd, TagReason};
use crate::values::ids::{JobId, LoadId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// One more tag that opens an item.
    TagAssigned = "tag.assigned" {
        /// The new tag.
        tag: Tag,
        /// The item, by its first tag.
        equipment: Tag,
        /// Why it got one.
        #[serde(default, skip_serializing_if = "Option::is_none")] why: Option<TagReason>,
    }
    /// A tag that opens nothing any more.
    TagRevoked = "tag.revoked" {
        /// Which.
        tag: Tag,
        /// Why it opens nothing any more.
        #[serde(default, skip_serializing_if = "Option::is_none")] why: Option<TagEnd>,
        /// The tag that took its place.
        #[serde(default, skip_serializing_if = "Option::is_none")] instead: Option<Tag>,
    }
    /// A code on an item that is no tag of ours opens it too.
    AliasAdded = "alias.added" {
        /// The code as it is compared.
        code: String,
        /// The item, by its first tag.
        equipment: Tag,
    }
    /// A code that opens nothing any more.
    AliasRemoved = "alias.removed" {
        /// The code as it is compared.
        code: String,
    }
    /// A print job that ended or was interrupted.
    LabelPrinted = "label.printed" {
        /// Which job.
        job: JobId,
        /// On which printer.
        printer: String,
        /// In the order of the job.
        labels: Vec<PrintedLabel>,
        /// The job whose labels it printed once more.
        #[serde(default, skip_serializing_if = "Option::is_none")] again: Option<JobId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
        /// The load whose stickers these are.
        #[serde(default, skip_serializing_if = "Option::is_none")] load: Option<LoadId>,
    }
}
