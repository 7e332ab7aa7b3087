//! Imports, old records, reports and what was erased.

use serde::{Deserialize, Serialize};

use super::open_words::{OpenWord, ReportScope};
use crate::tree::Hash;
use crate::values::ids::{ImportId, ReportId, StaffId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// The last entry of an import; what it brought are ordinary entries before it.
    ImportEnded = "import.ended" {
        /// Which.
        import: ImportId,
        /// Rows of the file that it brought.
        rows: u32,
        /// SHA-256 of the file.
        file: Hash,
        /// The file's name.
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Redactable>,
    }
    /// Old records of another system, kept as a file; they never count.
    HistoryImported = "history.imported" {
        /// Which.
        import: ImportId,
        /// SHA-256 of the file.
        file: Hash,
        /// The file's name.
        name: Redactable,
        /// How many records it holds.
        rows: u32,
        /// The oldest of them, milliseconds since 1970.
        from: i64,
        /// The newest of them, milliseconds since 1970.
        to: i64,
        /// How the file is written.
        format: OpenWord,
    }
    /// Old records that are not shown any more; their file is erased.
    HistoryRemoved = "history.removed" {
        /// Which.
        import: ImportId,
        /// Why.
        reason: Redactable,
    }
    /// A text that was erased everywhere.
    TextErased = "text.erased" {
        /// Its salted hash.
        hash: Hash,
        /// Why.
        reason: String,
    }
    /// A photo that was erased everywhere; its hash stays.
    PhotoErased = "photo.erased" {
        /// SHA-256 of the kept JPEG.
        photo: Hash,
        /// Why.
        reason: String,
    }
    /// A report that was made from this log.
    ReportMade = "report.made" {
        /// Which.
        report: ReportId,
        /// What it is about.
        scope: ReportScope,
        /// The item that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")] tag: Option<Tag>,
        /// The person that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")] staff: Option<StaffId>,
        /// Begin of its period, milliseconds since 1970.
        from: i64,
        /// End of its period, milliseconds since 1970.
        to: i64,
        /// The checkpoint's size that it was made at.
        size: u64,
        /// SHA-256 of its file.
        sha256: Hash,
    }
}
