//! Opening redb files, and what the database says about itself.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use record::entry::Entry;
use record::fold::{FacilityState, RowKey};
use record::ids::{BoxId, Epoch};
use record::kinds::Event;
use record::tree::Frontier;
use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _};

use crate::index::places as place_rows;
use crate::index::places::Places;
use crate::index::tables;
use crate::io::disk::{Disk, DiskFile, RedbFile, is_lost, parent_folder, remove_if_there};
use crate::io::error::StoreError;
use crate::io::gated_file::{FileGate, GatedDatabase, GatedFile};
use crate::log::journal::StoreSizes;
use crate::sources::OverlayFile;

/// Bytes of redb's cache for `state.redb`.
pub(crate) const STATE_CACHE_BYTES: usize = 1 << 20;
pub(crate) const MAIN: &str = "cleantrack.redb";

/// A commit that is durable, and after which the next opening takes no repair.
///
/// # Errors
/// redb's.
pub(crate) fn make_durable(db: &Database) -> Result<(), redb::Error> {
    let mut txn = db.begin_write()?;
    txn.set_durability(Durability::Immediate)?;
    txn.set_quick_repair(true);
    txn.commit()?;
    Ok(())
}

/// Opens a database that is there; `Ok(None)` when redb cannot make sense of the file, or panics over it.
///
/// # Errors
/// The disk's.
pub(crate) fn open_database(
    disk: &dyn Disk,
    path: &str,
    cache: usize,
) -> Result<Option<Database>, StoreError> {
    open_noting(disk, path, cache, &LostPart::default())
}

/// As [`open_database`], noting when a part of it turns out to be lost.
///
/// # Errors
/// The disk's.
pub(crate) fn open_noting(
    disk: &dyn Disk,
    path: &str,
    cache: usize,
    lost: &LostPart,
) -> Result<Option<Database>, StoreError> {
    let Some(file) = open_file(disk, path)? else { return Ok(None) };
    let file: Arc<dyn DiskFile> = Arc::new(NotingFile(file, lost.clone()));
    if file.length().map_err(StoreError::io(path))? == 0 {
        // redb would make a new database of it.
        return Ok(None);
    }
    // A killed process may have left half a commit in the page cache; what redb builds on it must not be torn later.
    file.sync_data().map_err(StoreError::io(path))?;
    try_open(path, || Database::builder().set_cache_size(cache).create_with_backend(RedbFile(file)))
}

/// As [`open_database`], for one that is opened again when the disk fails: what cannot be read is an error here, no damage.
///
/// # Errors
/// The disk's.
pub(crate) fn open_gated(
    disk: &dyn Disk,
    path: &str,
    cache: usize,
) -> Result<Option<GatedDatabase>, StoreError> {
    let file = match disk.open(path) {
        Err(e) if e.kind() == io::ErrorKind::IsADirectory => return Ok(None),
        opened => opened.map_err(StoreError::io(path))?,
    };
    let gate = Arc::new(FileGate::default());
    let file: Arc<dyn DiskFile> = Arc::new(GatedFile { file, gate: Arc::clone(&gate) });
    if file.length().map_err(StoreError::io(path))? == 0 {
        return Ok(None);
    }
    file.sync_data().map_err(StoreError::io(path))?;
    let opened =
        try_open(path, || Database::builder().set_cache_size(cache).create_with_backend(RedbFile(file)))?;
    Ok(opened.map(|db| GatedDatabase { db, gate }))
}

/// Whether the disk lost a part of a file that was asked for since it was opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct LostPart(Arc<AtomicBool>);

impl LostPart {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file that notes when a part of it is lost: redb answers nothing behind that, and does not say why.
#[derive(Debug)]
struct NotingFile(Arc<dyn DiskFile>, LostPart);

impl DiskFile for NotingFile {
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Ok(&*self.0)
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let Err(e) = self.0.read_at(offset, out) else { return Ok(()) };
        if !is_lost(&e) {
            return Err(e);
        }
        self.1.0.store(true, Ordering::Relaxed);
        // It is damage of this file: whoever opens it does without.
        Err(io::Error::new(io::ErrorKind::InvalidData, e))
    }
}

/// Opens a copy that must stay as it is: what redb repairs stays in memory.
///
/// # Errors
/// The disk's.
pub(crate) fn open_copy(disk: &dyn Disk, path: &str, cache: usize) -> Result<Option<Database>, StoreError> {
    let Some(file) = open_file(disk, path)? else { return Ok(None) };
    if file.length().map_err(StoreError::io(path))? == 0 {
        return Ok(None);
    }
    let over = OverlayFile::new(file).map_err(StoreError::io(path))?;
    try_open(path, || Database::builder().set_cache_size(cache).create_with_backend(over))
}

/// As [`open_copy`], through a gate that notes what the disk did not give, wherever that is taken for noise.
///
/// # Errors
/// The disk's.
pub(crate) fn open_gated_copy(
    disk: &dyn Disk,
    path: &str,
    cache: usize,
    gate: &Arc<FileGate>,
) -> Result<Option<Database>, StoreError> {
    let file = match disk.open(path) {
        Err(e) if e.kind() == io::ErrorKind::IsADirectory => return Ok(None),
        opened => opened.map_err(StoreError::io(path))?,
    };
    if file.length().map_err(StoreError::io(path))? == 0 {
        return Ok(None);
    }
    let file = Arc::new(GatedFile { file, gate: Arc::clone(gate) });
    let over = OverlayFile::new(file).map_err(StoreError::io(path))?;
    try_open(path, || Database::builder().set_cache_size(cache).create_with_backend(over))
}

/// `None`: something else is in its place, which is no database either.
fn open_file(disk: &dyn Disk, path: &str) -> Result<Option<Arc<dyn DiskFile>>, StoreError> {
    match disk.open(path) {
        Err(e) if e.kind() == io::ErrorKind::IsADirectory || is_lost(&e) => Ok(None),
        opened => opened.map(Some).map_err(StoreError::io(path)),
    }
}

fn try_open(
    path: &str,
    open: impl FnOnce() -> Result<Database, redb::DatabaseError>,
) -> Result<Option<Database>, StoreError> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(db)) => Ok(Some(db)),
        Ok(Err(redb::DatabaseError::Storage(redb::StorageError::Io(e)))) if !is_damaged(&e) => {
            Err(StoreError::Io { what: path.to_owned(), source: e })
        }
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// Whether an error of the file says that its content is wrong, not that the disk is.
fn is_damaged(e: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(e.kind(), K::UnexpectedEof | K::InvalidData | K::InvalidInput | K::OutOfMemory)
}

/// Makes an empty database under a name of its own; [`install_database`] puts it in place.
///
/// # Errors
/// The disk's and redb's.
fn create_database(disk: &dyn Disk, path: &str, cache: usize) -> Result<Database, StoreError> {
    create_over(create_file(disk, path)?, cache)
}

/// As [`create_database`], for one that is opened again when the disk fails.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn create_gated(disk: &dyn Disk, path: &str, cache: usize) -> Result<GatedDatabase, StoreError> {
    let gate = Arc::new(FileGate::default());
    let file = GatedFile { file: create_file(disk, path)?, gate: Arc::clone(&gate) };
    Ok(GatedDatabase { db: create_over(Arc::new(file), cache)?, gate })
}

fn create_file(disk: &dyn Disk, path: &str) -> Result<Arc<dyn DiskFile>, StoreError> {
    let new = format!("{path}.new");
    remove_if_there(disk, &new).map_err(StoreError::io(new.as_str()))?;
    disk.create_new(&new).map_err(StoreError::io(new.as_str()))
}

fn create_over(file: Arc<dyn DiskFile>, cache: usize) -> Result<Database, StoreError> {
    Database::builder()
        .set_cache_size(cache)
        .create_with_backend(RedbFile(file))
        .map_err(StoreError::db("creation"))
}

/// Gives a database that [`create_database`] made its name, once it is durable. A crash while redb creates a file leaves one that
/// never opens, so no file has the name before it is whole.
///
/// # Errors
/// The disk's.
pub(crate) fn install_database(disk: &dyn Disk, path: &str) -> Result<(), StoreError> {
    disk.rename(&format!("{path}.new"), path).map_err(StoreError::io(path))?;
    disk.sync_dir(parent_folder(path)).map_err(StoreError::io(path))
}

/// Makes the log's database with all its tables, not yet in place.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn create_main(disk: &dyn Disk, sizes: &StoreSizes) -> Result<Database, StoreError> {
    let db = create_database(disk, MAIN, sizes.cache)?;
    (|| {
        let txn = db.begin_write()?;
        tables::make_all(&txn)?;
        tables::put_schema(&txn, tables::SCHEMA)?;
        txn.commit()?;
        Ok(())
    })()
    .map_err(StoreError::db::<redb::Error>("creation"))?;
    Ok(db)
}

/// Epochs and runs of a database, with the epoch that is written next.
///
/// # Errors
/// redb's; damage.
pub(crate) fn load_places(
    db: &Database,
    epochs: impl IntoIterator<Item = Epoch>,
    written: Option<Epoch>,
) -> Result<Places, StoreError> {
    let txn = db.begin_read().map_err(StoreError::db("reading what was adopted"))?;
    let table = txn.open_table(tables::ADOPTED).map_err(StoreError::db("reading what was adopted"))?;
    let mut places = Places::new(epochs.into_iter().collect(), place_rows::adopted_runs(&table)?);
    places.epochs.extend(written.filter(|written| places.epoch(written.n).is_none()));
    Ok(places)
}

#[derive(Debug, Clone, Default)]
pub(crate) struct DatabaseExtent {
    /// Epochs, oldest first, with their frontiers; the last is the one that was written.
    pub(crate) epochs: Vec<(Epoch, Frontier)>,
}

impl DatabaseExtent {
    pub(crate) fn frontier(&self, epoch: Epoch) -> Option<&Frontier> {
        self.epochs.iter().find(|(e, _)| *e == epoch).map(|(_, f)| f)
    }
}

/// Reads what a database holds; a database of another schema is refused when newer and `Ok(None)` when it has none.
///
/// # Errors
/// [`StoreError::Newer`].
pub(crate) fn read_extent(db: &Database) -> Result<Option<DatabaseExtent>, StoreError> {
    let read = catch_unwind(AssertUnwindSafe(|| -> Result<Option<DatabaseExtent>, StoreError> {
        let txn = db.begin_read().map_err(StoreError::db("reading"))?;
        let Ok(meta) = txn.open_table(tables::META) else { return Ok(None) };
        let schema = tables::read_schema(&meta).map_err(StoreError::db("reading"))?;
        match schema {
            Some(found) if found > tables::SCHEMA => {
                return Err(StoreError::Newer { found, known: tables::SCHEMA });
            }
            Some(tables::SCHEMA) => {}
            _ => return Ok(None),
        }
        let table = txn.open_table(tables::EPOCHS).map_err(StoreError::db("reading"))?;
        Ok(Some(DatabaseExtent { epochs: tables::read_epochs(&table)? }))
    }));
    match read {
        Ok(Err(e @ StoreError::Newer { .. })) => Err(e),
        Ok(Ok(held)) => Ok(held),
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// Whether the first entry of an epoch that it holds names another box.
pub(crate) fn is_of_another(db: &Database, held: &DatabaseExtent, box_id: BoxId) -> bool {
    held.epochs.iter().any(|(epoch, _)| {
        let read = catch_unwind(AssertUnwindSafe(|| read_named_box(db, *epoch)));
        matches!(read, Ok(Ok(Some(id))) if id != box_id)
    })
}

fn read_named_box(db: &Database, epoch: Epoch) -> Result<Option<BoxId>, redb::Error> {
    let entries = db.begin_read()?.open_table(tables::ENTRIES)?;
    let first = entries.get(tables::entry_key(epoch.n, 0))?;
    let entry = first.and_then(|first| Entry::view(std::str::from_utf8(first.value()).ok()?).ok());
    Ok(entry.and_then(|entry| match entry.event() {
        Event::LogStarted(started) => Some(started.r#box),
        _ => None,
    }))
}

/// Blocks of entries that each start checks: damage shows mostly where the card was last written.
const NEWEST_BLOCKS: u64 = 4;

/// Whether the newest entries lead to the root that the database states.
pub(crate) fn newest_hold(db: &Database, epoch: Epoch, frontier: &Frontier) -> bool {
    matches!(catch_unwind(AssertUnwindSafe(|| check_newest(db, epoch, frontier))), Ok(Ok(true)))
}

fn check_newest(db: &Database, epoch: Epoch, frontier: &Frontier) -> Result<bool, redb::Error> {
    let txn = db.begin_read()?;
    let (entries, nodes) = (txn.open_table(tables::ENTRIES)?, txn.open_table(tables::NODES)?);
    let blocks = frontier.size().div_ceil(tables::BLOCK);
    for block in blocks.saturating_sub(NEWEST_BLOCKS)..blocks {
        if tables::check_block(&entries, &nodes, (epoch.n, frontier), block)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Loads the facility's rows; `None` when one cannot be read: rebuild.
///
/// # Errors
/// redb's.
pub(crate) fn load_facility(db: &Database) -> Result<Option<FacilityState>, redb::Error> {
    let txn = db.begin_read()?;
    let mut facility = FacilityState::default();
    for row in txn.open_table(tables::ROWS)?.iter()? {
        let (key, value) = row?;
        let Ok(key) = key.value().parse::<RowKey>() else { return Ok(None) };
        if facility.load(key, value.value()).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(facility))
}
