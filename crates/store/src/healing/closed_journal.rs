//! Which files the journal of an ended epoch consists of. They do not change any more: while they are those that were read
//! whole, a start reads none of them again.

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::tree::Frontier;
use redb::{Database, Durability, ReadableDatabase as _};

use crate::index::tables;
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::log::journal::Journal;
use crate::log::linked::LinkedEpoch;
use crate::log::scan::SegmentFile;

pub(crate) type ClosedFiles = Vec<(String, u64)>;

/// The files of an epoch. One whose first line is not what it was has the length 0, as none has that is whole.
///
/// # Errors
/// The disk's.
pub(crate) fn closed_files(disk: &dyn Disk, origin: &LogOrigin) -> Result<ClosedFiles, StoreError> {
    let dir = Journal::dir(origin);
    let mut all = Vec::new();
    for segment in SegmentFile::list(disk, &dir).map_err(StoreError::io(dir.as_str()))? {
        let header = segment.read_header(disk).map_err(StoreError::io(dir.as_str()))?;
        let fits =
            header.is_some_and(|header| header.origin == *origin && header.frontier.size() == segment.first);
        let length = if fits {
            disk.open(&segment.path).and_then(|file| file.length()).map_err(StoreError::io(dir.as_str()))?
        } else {
            0
        };
        all.push((segment.path, length));
    }
    Ok(all)
}

/// The files that an epoch had when all of them were read last; `None` where that is not known.
pub(crate) fn read_before(db: &Database, epoch: Epoch) -> Option<ClosedFiles> {
    let table = db.begin_read().ok()?.open_table(tables::CLOSED_FILES).ok()?;
    let row = table.get(epoch.to_string().as_str()).ok()??;
    serde_json::from_str(row.value()).ok()
}

/// The tree at the end of segments, of each of which the trees at its ends are given, where all of them continue each other from
/// the first entry on.
pub(crate) fn is_continuous(
    segments: impl IntoIterator<Item = Option<(Frontier, Frontier)>>,
) -> Option<Frontier> {
    let mut at = Frontier::default();
    for ends in segments {
        let (before, after) = ends?;
        if before != at || (before.size() > 0 && before.size() == after.size()) {
            return None;
        }
        at = after;
    }
    Some(at)
}

/// The tree of an epoch by its files, all of which are read; `None` where they do not link, or it need not continue.
///
/// # Errors
/// The disk's.
pub(crate) fn read_through(
    disk: &dyn Disk,
    origin: &LogOrigin,
    may_continue: &dyn Fn() -> bool,
) -> Result<Option<Frontier>, StoreError> {
    let dir = Journal::dir(origin);
    let mut ends = Vec::new();
    for segment in SegmentFile::list(disk, &dir).map_err(StoreError::io(dir.as_str()))? {
        if !may_continue() {
            return Ok(None);
        }
        ends.push(LinkedEpoch::ends(disk, &segment, origin).map_err(StoreError::io(dir.as_str()))?);
    }
    Ok(is_continuous(ends))
}

/// Notes that all files of these epochs were read and hold what counts. Without it they are read again.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn note_read(disk: &dyn Disk, db: &Database, origins: &[LogOrigin]) -> Result<(), StoreError> {
    let mut all = Vec::new();
    for origin in origins {
        let files = closed_files(disk, origin)?;
        if read_before(db, origin.epoch).as_ref() != Some(&files) {
            all.push((origin.epoch.to_string(), serde_json::to_string(&files).unwrap_or_default()));
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    (|| -> Result<(), redb::Error> {
        let mut txn = db.begin_write()?;
        txn.set_durability(Durability::None)?;
        {
            let mut table = txn.open_table(tables::CLOSED_FILES)?;
            for (epoch, files) in &all {
                table.insert(epoch.as_str(), files.as_str())?;
            }
        }
        txn.commit()?;
        Ok(())
    })()
    .map_err(StoreError::db("noting which files were read"))
}
