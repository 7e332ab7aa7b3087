//! When each label was scanned last: in memory at once, in `state.redb` an hour later at most, so that no scan waits for a disk
//! and a card is not worn out by them. A crash may lose the last hour.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::tag::Tag;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::store::StateDb;

/// Milliseconds since 1970, by the label’s tag.
const SCANS: TableDefinition<'static, &str, i64> = TableDefinition::new("label_scans");
/// Labels altogether; past that the one that was scanned longest ago is dropped.
const LABELS_MAX: usize = 20_000;

/// The last scan of each label, shared by all pages.
#[derive(Default)]
pub struct LabelScans {
    db: Option<StateDb>,
    rows: Mutex<ScanRows>,
    /// Held while writing, so that older data never overwrites newer data.
    saving: Mutex<()>,
}

#[derive(Default)]
struct ScanRows {
    scans: BTreeMap<Tag, i64>,
    /// These are not in the file yet.
    unsaved: BTreeSet<Tag>,
}

impl std::fmt::Debug for LabelScans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LabelScans").field("labels", &self.rows().scans.len()).finish_non_exhaustive()
    }
}

impl LabelScans {
    /// Reads what was known when the box ended; a row that cannot be read is left out.
    ///
    /// # Errors
    /// The database's.
    pub fn open(db: impl Into<StateDb>) -> Result<Self, redb::Error> {
        let db = db.into();
        let mut scans = BTreeMap::new();
        let write = db.db().begin_write()?;
        write.open_table(SCANS)?;
        write.commit()?;
        let read = db.db().begin_read()?;
        for row in read.open_table(SCANS)?.iter()? {
            let (key, value) = row?;
            if let Ok(tag) = key.value().parse() {
                scans.insert(tag, value.value());
            }
        }
        let rows = Mutex::new(ScanRows { scans, ..ScanRows::default() });
        Ok(Self { db: Some(db), rows, saving: Mutex::default() })
    }

    fn rows(&self) -> MutexGuard<'_, ScanRows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note_scan(&self, label: Tag, at_ms: i64) {
        let mut rows = self.rows();
        if rows.scans.len() >= LABELS_MAX && !rows.scans.contains_key(&label) {
            let oldest = rows.scans.iter().min_by_key(|(_, at_ms)| **at_ms).map(|(tag, _)| *tag);
            if let Some(oldest) = oldest {
                rows.scans.remove(&oldest);
                rows.unsaved.insert(oldest);
            }
        }
        rows.scans.insert(label, at_ms);
        rows.unsaved.insert(label);
    }

    /// When a label was scanned last, milliseconds since 1970.
    pub fn last_scan(&self, label: Tag) -> Option<i64> {
        self.rows().scans.get(&label).copied()
    }

    /// Writes what changed, all in one transaction; nothing where nothing did.
    ///
    /// # Errors
    /// The database's: it is tried again with the next.
    pub fn save(&self) -> Result<(), redb::Error> {
        let Some(db) = &self.db else { return Ok(()) };
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let changed: Vec<(Tag, Option<i64>)> = {
            let mut rows = self.rows();
            let unsaved = std::mem::take(&mut rows.unsaved);
            unsaved.into_iter().map(|tag| (tag, rows.scans.get(&tag).copied())).collect()
        };
        if changed.is_empty() {
            return Ok(());
        }
        let written = write_scans(&db.db(), &changed);
        if written.is_err() {
            self.rows().unsaved.extend(changed.iter().map(|(tag, _)| *tag));
        }
        written
    }
}

fn write_scans(db: &Database, changed: &[(Tag, Option<i64>)]) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    {
        let mut table = write.open_table(SCANS)?;
        for (tag, at_ms) in changed {
            match at_ms {
                Some(at_ms) => drop(table.insert(tag.as_str(), at_ms)?),
                None => drop(table.remove(tag.as_str())?),
            }
        }
    }
    write.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn numbered_label(n: usize) -> Tag {
        let [.., a, b, c, d] = n.to_be_bytes();
        Tag::from_random([0, a, b, c, d])
    }

    #[test]
    fn the_file_has_what_was_saved_and_no_scan_writes_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.redb");
        let open = || LabelScans::open(Arc::new(Database::create(&path).unwrap())).unwrap();
        let (first, second) = (numbered_label(1), numbered_label(2));
        {
            let scans = open();
            scans.note_scan(first, 1_000);
            scans.save().unwrap();
            scans.note_scan(first, 2_000);
            scans.note_scan(second, 2_000);
            assert_eq!((scans.last_scan(first), scans.last_scan(second)), (Some(2_000), Some(2_000)));
        }
        let scans = open();
        assert_eq!((scans.last_scan(first), scans.last_scan(second)), (Some(1_000), None));
    }

    #[test]
    fn of_more_labels_than_there_is_room_for_the_newest_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.redb");
        let open = || LabelScans::open(Arc::new(Database::create(&path).unwrap())).unwrap();
        {
            let scans = open();
            for (at_ms, n) in (0..).zip(0..LABELS_MAX) {
                scans.note_scan(numbered_label(n), at_ms);
            }
            scans.save().unwrap();
            scans.note_scan(numbered_label(0), 1_000_000);
            scans.note_scan(numbered_label(LABELS_MAX), 1_000_000);
            scans.save().unwrap();
        }
        let scans = open();
        assert_eq!(scans.last_scan(numbered_label(1)), None, "it was scanned longest ago");
        assert!(scans.last_scan(numbered_label(0)).is_some());
        assert!(scans.last_scan(numbered_label(LABELS_MAX)).is_some());
        assert_eq!(scans.rows().scans.len(), LABELS_MAX);
    }
}
