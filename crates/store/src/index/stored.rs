//! The tables behind what waits, read only by commands that ask for what they have.

use std::cell::OnceCell;
use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableDatabase as _};

/// Gives the tables once they have everything that was recorded.
pub(crate) trait RowSource: Send + Sync {
    /// # Errors
    /// redb's.
    fn open(&self) -> Result<ReadTransaction, redb::Error>;
}

/// The tables as they were when a group began.
pub(crate) struct StoredRows {
    opened: OnceCell<ReadTransaction>,
    source: Option<Arc<dyn RowSource>>,
}

impl StoredRows {
    /// # Errors
    /// redb's.
    pub(crate) fn of(db: &Database) -> Result<Self, redb::Error> {
        Ok(Self { opened: OnceCell::from(db.begin_read()?), source: None })
    }

    /// Nearly no record asks for anything of them, and whoever does waits until the database has followed.
    pub(crate) fn later(source: Arc<dyn RowSource>) -> Self {
        Self { opened: OnceCell::new(), source: Some(source) }
    }

    /// # Errors
    /// redb's.
    pub(crate) fn open(&self) -> Result<&ReadTransaction, redb::Error> {
        if let (None, Some(source)) = (self.opened.get(), &self.source) {
            let txn = source.open()?;
            return Ok(self.opened.get_or_init(|| txn));
        }
        self.opened.get().ok_or(redb::Error::PreviousIo)
    }
}
