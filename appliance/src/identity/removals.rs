//! What was taken off somebody and does not stand in the log yet. It is noted with the removal itself, so that whatever ends
//! between the two, the next removal or the next start writes it down.

use record::entry::EntryAuthor;
use record::ids::StaffId;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::IdentityError;
use super::rows::JsonTable;
use crate::store::StateDb;

pub(super) const TABLE: &str = "access_removals";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemovedAccess {
    Pin,
    Badge,
}

/// A removal that the log does not have yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnloggedRemoval {
    pub what: RemovedAccess,
    pub staff: StaffId,
    pub by: EntryAuthor,
}

/// The removals that the log does not have yet.
pub struct RemovalNotes {
    rows: JsonTable,
    /// Held by whoever writes them into the log, so that each comes there once.
    pub turn: Mutex<()>,
}

impl RemovalNotes {
    pub(super) fn open(db: impl Into<StateDb>) -> Result<Self, IdentityError> {
        Ok(Self { rows: open_notes(db)?, turn: Mutex::default() })
    }

    /// All of them, with their ids. Blocks for the disk.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn all(&self) -> Result<Vec<(String, UnloggedRemoval)>, IdentityError> {
        self.rows.all()
    }

    /// The log has it. Blocks for the disk.
    ///
    /// # Errors
    /// It could not be written: it will be in the log twice.
    pub fn forget(&self, id: &str) -> Result<(), IdentityError> {
        self.rows.remove(id)
    }
}

pub(super) fn open_notes(db: impl Into<StateDb>) -> Result<JsonTable, IdentityError> {
    JsonTable::open(db, TABLE)
}
