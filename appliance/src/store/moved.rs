//! Where entries stand now that were recorded anew: a receipt that somebody holds of such a one still leads to it.

use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::EntryRef;
use record::tree::Hash;
use redb::{Database, ReadableDatabase as _, TableDefinition};

use super::Store;
use super::error::StoreError;

/// By the number of the epoch, the place in it and the entry's hash: number and place of the entry that it is now.
const MOVED: TableDefinition<'static, (u32, u64, &[u8; 32]), (u32, u64)> =
    TableDefinition::new("entries_moved");

/// Receipts that may name one place: as many as comebacks took it from an entry.
const AT_ONE_PLACE_MAX: usize = 64;

fn db<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "following entries that were recorded anew", source: e.into() }
}

/// Keeps durably where entries of an ended epoch stand now.
///
/// # Errors
/// The database's.
pub(super) fn keep<'a>(
    state_db: &Database,
    epoch: Epoch,
    places: impl Iterator<Item = (&'a Entry, EntryRef)>,
) -> Result<(), StoreError> {
    let write = state_db.begin_write().map_err(db)?;
    {
        let mut table = write.open_table(MOVED).map_err(db)?;
        for (entry, now) in places {
            let was = (epoch.n, entry.head().seq, &entry.leaf().0);
            table.insert(was, (now.epoch.n, now.seq)).map_err(db)?;
        }
    }
    write.commit().map_err(db)
}

impl Store {
    /// The entries that once stood at a place of an ended epoch and were recorded anew: the hash that each had there, and
    /// where it stands now.
    ///
    /// # Errors
    /// The database's.
    pub fn moved(&self, epoch_n: u32, seq: u64) -> Result<Vec<(Hash, EntryRef)>, StoreError> {
        let read = self.state_db().begin_read().map_err(db)?;
        let table = match read.open_table(MOVED) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(db(error)),
        };
        let (first, last) = ([0; 32], [0xff; 32]);
        let epochs = self.epochs();
        let mut found = Vec::new();
        let rows = table.range((epoch_n, seq, &first)..=(epoch_n, seq, &last)).map_err(db)?;
        for row in rows.take(AT_ONE_PLACE_MAX) {
            let (was, now) = row.map_err(db)?;
            let ((_, _, hash), (n, seq)) = (was.value(), now.value());
            let epoch = epochs.iter().find(|epoch| epoch.n == n);
            found.extend(epoch.map(|epoch| (Hash(*hash), EntryRef { epoch: *epoch, seq })));
        }
        Ok(found)
    }
}
