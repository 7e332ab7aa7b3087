//! The metadata beside a backup's files.

use crate::store::archive::PartRef;
use record::ids::BoxId;
use record::tree::Hash;
use serde::{Deserialize, Serialize};

/// The file beside a backup, not encrypted: enough to identify it, and nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupLabel {
    pub form: u32,
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// One more than every earlier one of this box had, on whatever stick: the clock may have been wrong then, and the files of one
    /// stick may be moved to another. Those of programs that did not count have none, and were written before all that have one.
    #[serde(default)]
    pub number: u64,
    /// When it was begun, milliseconds since 1970.
    pub taken_ms: i64,
    pub verified_ms: i64,
    #[serde(flatten)]
    pub file: PartRef,
    /// The key it is for: the beginning of its public half.
    pub key: String,
    pub entries: u64,
    pub photos: u64,
    /// Files of photos that belong to it.
    pub parts: Vec<String>,
}

impl BackupLabel {
    /// By which one was written before another: the date counts only where the number does not say.
    pub(super) fn write_order(&self) -> (u64, i64, &str) {
        (self.number, self.taken_ms, &self.file.name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartLabel {
    pub(super) form: u32,
    #[serde(rename = "box")]
    pub(super) box_id: BoxId,
    pub(super) verified_ms: i64,
    #[serde(flatten)]
    pub(super) file: PartRef,
    pub(super) key: String,
    pub(super) photos: Vec<Hash>,
}
