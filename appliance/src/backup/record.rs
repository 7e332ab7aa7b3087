//! What the box remembers of its backups: a small file, whose loss costs a date and no backup.

use serde::{Deserialize, Serialize};

use super::key::DIR;
use crate::store::disk::{Disk, put_small, read_small};

pub(super) const RECORD_FILE: &str = "backup/state.json";
const FILE_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedBackup {
    pub name: String,
    pub folder: String,
    /// When it was begun, milliseconds since 1970.
    pub taken_ms: i64,
    pub verified_ms: i64,
    pub bytes: u64,
    pub entries: u64,
    pub photos: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTest {
    pub name: String,
    pub at_ms: i64,
    pub entries: u64,
    pub photos: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupRecord {
    /// Since when backups are looked after, milliseconds since 1970.
    pub first_ms: i64,
    /// Whether that was read off an unverified clock.
    #[serde(default)]
    pub first_unsure: bool,
    pub tried_ms: Option<i64>,
    pub failed: bool,
    /// The newest that was read back whole.
    pub last: Option<VerifiedBackup>,
    /// The highest number that one of this box has had, on whatever stick.
    pub last_number: u64,
    pub relay_ms: Option<i64>,
    pub tests: u64,
    pub tested: Option<RestoreTest>,
}

impl BackupRecord {
    pub(super) fn load(disk: &dyn Disk, now_ms: i64) -> Self {
        let read = read_small(disk, RECORD_FILE, FILE_BYTES_MAX).unwrap_or_else(|error| {
            tracing::warn!(%error, "what is known of earlier backups cannot be read");
            None
        });
        let found = read.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok()).unwrap_or_default();
        // A box that was restored knows how its backups are numbered, and nothing else.
        match found.first_ms {
            0 => Self { first_ms: now_ms, first_unsure: true, ..found },
            _ => found,
        }
    }

    pub(super) fn save(&self, disk: &dyn Disk) {
        let made = disk.make_dir(DIR).and_then(|()| Ok(serde_json::to_vec(self)?));
        if let Err(error) = made.and_then(|json| put_small(disk, RECORD_FILE, &json)) {
            tracing::warn!(%error, "what is known of backups is not kept over a restart");
        }
    }

    /// When everything was last somewhere else as well: in a backup or at the relay; absent: never.
    pub fn saved_ms(&self) -> Option<i64> {
        self.last.as_ref().map(|last| last.taken_ms).max(self.relay_ms)
    }
}
