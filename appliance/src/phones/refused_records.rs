//! What the box refused of phones, as far as needed to decide about one more: a few fields of each row are in memory,
//! so that a flood of them costs one write each and no reading.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use record::fold::FacilityState;
use redb::Database;

use super::refused_submissions::{
    ROWS, RefusedSubmission, SubmissionSender, open_rows, read_rows, row_json, row_of,
};

const ROWS_MAX: usize = 1_000;
/// Of all rows together: as much as the box may have to read and to copy for them.
const BYTES_MAX: usize = 4 << 20;
const CLOSED_LIFE_MS: i64 = 30 * 86_400_000;
/// Records that wait of one phone that made records before: anybody can make one.
const KNOWN_ROWS_MAX: usize = 200;
const KNOWN_PHOTOS_MAX: usize = 40;
/// Records that wait of one whom the box does not know,
const STRANGER_ROWS_MAX: usize = 100;
/// and of all of them: they leave space for phones that the box knows.
const STRANGERS_ROWS_MAX: usize = ROWS_MAX / 2;
const STRANGERS_BYTES_MAX: usize = BYTES_MAX / 2;
const STRANGER_PHOTOS_MAX: usize = 20;
/// and with those of all of them: 400 MB at most.
const STRANGERS_PHOTOS_MAX: usize = 200;

#[derive(Debug, Default)]
pub struct RefusedRecords {
    writing: Mutex<()>,
    notes: Mutex<RowNotes>,
}

#[derive(Debug, Default)]
struct RowNotes {
    /// In which file the rows are; another one's, or those after a write with an unknown outcome, are read again.
    file: Weak<Database>,
    rows: BTreeMap<String, RowNote>,
}

#[derive(Debug)]
struct RowNote {
    sender: SubmissionSender,
    refused_ms: i64,
    is_closed: bool,
    photos: usize,
    bytes: usize,
}

impl RowNote {
    fn of(row: &RefusedSubmission, bytes: usize) -> Self {
        Self {
            sender: row.sender.clone(),
            refused_ms: row.refused_ms,
            is_closed: row.is_closed,
            photos: row.photos.len(),
            bytes,
        }
    }
}

fn place_row(id: &str, note: &RowNote) -> (Reverse<i64>, String) {
    (Reverse(note.refused_ms), id.to_owned())
}

#[derive(Debug, Default, PartialEq)]
pub struct RefusedPage {
    /// The newest first; beside each how many wait of the same sender.
    pub rows: Vec<(RefusedSubmission, usize)>,
    /// Behind which one the next page begins; absent: this is the last.
    pub next: Option<String>,
}

impl RowNotes {
    fn is_of(&self, db: &Arc<Database>) -> bool {
        std::ptr::eq(self.file.as_ptr(), Arc::as_ptr(db))
    }

    fn open(&self) -> impl Iterator<Item = (&str, &RowNote)> {
        self.rows.iter().map(|(id, note)| (id.as_str(), note)).filter(|(_, note)| !note.is_closed)
    }

    fn open_of<'a>(&'a self, sender: &'a SubmissionSender) -> impl Iterator<Item = (&'a str, &'a RowNote)> {
        self.open().filter(move |(_, note)| note.sender == *sender)
    }

    fn open_of_strangers(&self) -> impl Iterator<Item = &RowNote> {
        self.open().map(|(_, note)| note).filter(|note| !note.sender.is_known)
    }

    fn photos_left(&self, sender: &SubmissionSender) -> usize {
        let own: usize = self.open_of(sender).map(|(_, note)| note.photos).sum();
        if sender.is_known {
            return KNOWN_PHOTOS_MAX.saturating_sub(own);
        }
        let all: usize = self.open_of_strangers().map(|note| note.photos).sum();
        STRANGER_PHOTOS_MAX.saturating_sub(own).min(STRANGERS_PHOTOS_MAX.saturating_sub(all))
    }

    /// Whether its sender, and those like it, have quota left for it.
    fn has_share(&self, new: &RowNote) -> bool {
        let own = self.open_of(&new.sender).count();
        if new.sender.is_known {
            return own < KNOWN_ROWS_MAX;
        }
        let (rows, bytes) = self
            .open_of_strangers()
            .fold((1, new.bytes), |(rows, bytes), note| (rows + 1, bytes + note.bytes));
        own < STRANGER_ROWS_MAX && rows <= STRANGERS_ROWS_MAX && bytes <= STRANGERS_BYTES_MAX
    }

    /// Which rows leave when this one comes; none: there is no space for it. What waits for somebody never leaves, for
    /// its phone was informed that the box stores it.
    fn make_room(&self, new: &RowNote, sure_ms: Option<i64>) -> Option<BTreeSet<String>> {
        if !self.has_share(new) {
            return None;
        }
        let oldest_ms = sure_ms.map_or(i64::MIN, |ms| ms.saturating_sub(CLOSED_LIFE_MS));
        let mut closed: Vec<_> = self.rows.iter().filter(|(_, note)| note.is_closed).collect();
        closed.sort_by_key(|(_, note)| note.refused_ms);
        let mut rows = self.rows.len() + 1;
        let mut bytes = new.bytes + self.rows.values().map(|note| note.bytes).sum::<usize>();
        let mut leaving = BTreeSet::new();
        for (id, note) in closed {
            if note.refused_ms >= oldest_ms && rows <= ROWS_MAX && bytes <= BYTES_MAX {
                break;
            }
            (rows, bytes) = (rows - 1, bytes - note.bytes);
            leaving.insert(id.clone());
        }
        (rows <= ROWS_MAX && bytes <= BYTES_MAX).then_some(leaving)
    }
}

impl RefusedRecords {
    fn notes(&self, db: &Arc<Database>) -> Result<MutexGuard<'_, RowNotes>, redb::Error> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.is_of(db) {
            let mut rows = BTreeMap::new();
            read_rows(db, |row, bytes| {
                let note = RowNote::of(&row, bytes);
                rows.insert(row.id, note);
            })?;
            *notes = RowNotes { file: Arc::downgrade(db), rows };
        }
        Ok(notes)
    }

    /// Stores one, with its texts cut to what a record may have; of an id that is there already the first stays. Whether it is stored:
    /// those that wait for somebody make no space for another, and each sender has a quota. Closed ones leave when they are old by a
    /// time that is sure, or when there is no space. Of photos only so many stay. Blocks for the disk.
    ///
    /// # Errors
    /// The database's: then it is not known whether it is stored.
    pub fn keep(
        &self,
        db: &Arc<Database>,
        row: &RefusedSubmission,
        sure_ms: Option<i64>,
    ) -> Result<bool, redb::Error> {
        let turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let notes = self.notes(db)?;
        if notes.rows.contains_key(&row.id) {
            return Ok(true);
        }
        let mut row = row.clone().shorten();
        row.photos.truncate(notes.photos_left(&row.sender));
        let json = row_json(&row);
        let note = RowNote::of(&row, json.len());
        let Some(leaving) = notes.make_room(&note, sure_ms) else { return Ok(false) };
        drop(notes);
        self.write(&turn, db, |table| {
            table.insert(row.id.as_str(), json.as_slice())?;
            for id in &leaving {
                table.remove(id.as_str())?;
            }
            Ok(())
        })?;
        let mut notes = self.notes(db)?;
        notes.rows.retain(|id, _| !leaving.contains(id));
        notes.rows.insert(row.id, note);
        Ok(true)
    }

    fn write(
        &self,
        _turn: &MutexGuard<'_, ()>,
        db: &Database,
        change: impl FnOnce(&mut redb::Table<'_, &'static str, &'static [u8]>) -> Result<(), redb::Error>,
    ) -> Result<(), redb::Error> {
        let written = (|| {
            let write = db.begin_write()?;
            change(&mut write.open_table(ROWS)?)?;
            write.commit()?;
            Ok(())
        })();
        if written.is_err() {
            // What is in the file now is read when it is needed.
            *self.notes.lock().unwrap_or_else(PoisonError::into_inner) = RowNotes::default();
        }
        written
    }

    /// Whether one with this id was refused, closed or not. Blocks for the disk once.
    ///
    /// # Errors
    /// The database's.
    pub fn contains(&self, db: &Arc<Database>, id: &str) -> Result<bool, redb::Error> {
        Ok(self.notes(db)?.rows.contains_key(id))
    }

    /// How many wait for somebody. Blocks for the disk once.
    ///
    /// # Errors
    /// The database's.
    pub fn count_open(&self, db: &Arc<Database>) -> Result<usize, redb::Error> {
        Ok(self.notes(db)?.open().count())
    }

    /// The same where it is known without a look at the disk, and without a wait for somebody who looks.
    pub fn count_known(&self, db: &Arc<Database>) -> Option<usize> {
        let notes = self.notes.try_lock().ok()?;
        notes.is_of(db).then(|| notes.open().count())
    }

    /// Those that wait for somebody, the newest first: so many of those behind one; of an id that is not there, none. Blocks
    /// for the disk.
    ///
    /// # Errors
    /// The database's.
    pub fn list_open(
        &self,
        db: &Arc<Database>,
        behind: Option<&str>,
        rows_max: usize,
    ) -> Result<Option<RefusedPage>, redb::Error> {
        let (ids, next) = {
            let notes = self.notes(db)?;
            let from = match behind {
                None => None,
                Some(id) => match notes.rows.get(id) {
                    None => return Ok(None),
                    Some(note) => Some(place_row(id, note)),
                },
            };
            let mut of_sender: BTreeMap<&SubmissionSender, usize> = BTreeMap::new();
            notes.open().for_each(|(_, note)| *of_sender.entry(&note.sender).or_default() += 1);
            let rows = notes.open().map(|(id, note)| (place_row(id, note), of_sender[&note.sender]));
            let mut rows: Vec<_> =
                rows.filter(|(at, _)| from.as_ref().is_none_or(|from| at > from)).collect();
            rows.sort_unstable();
            let is_last = rows.len() <= rows_max;
            rows.truncate(rows_max);
            let ids: Vec<_> = rows.into_iter().map(|((_, id), count)| (id, count)).collect();
            let next = ids.last().filter(|_| !is_last).map(|(id, _)| id.clone());
            (ids, next)
        };
        let mut page = RefusedPage { rows: Vec::new(), next };
        let Some(table) = open_rows(db)? else { return Ok(Some(page)) };
        for (id, count) in ids {
            page.rows.extend(row_of(&table, &id)?.map(|row| (row, count)));
        }
        Ok(Some(page))
    }

    /// The one with this id, closed or not. Blocks for the disk.
    ///
    /// # Errors
    /// The database's.
    pub fn find(&self, db: &Arc<Database>, id: &str) -> Result<Option<RefusedSubmission>, redb::Error> {
        if !self.contains(db, id)? {
            return Ok(None);
        }
        open_rows(db)?.map_or(Ok(None), |table| row_of(&table, id))
    }

    /// Notes that somebody entered or dismissed it. Blocks for the disk.
    ///
    /// # Errors
    /// The database's.
    pub fn close(&self, db: &Arc<Database>, id: &str, facility: &FacilityState) -> Result<(), redb::Error> {
        let turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.close_rows(&turn, db, &[id.to_owned()], facility)
    }

    /// Notes that somebody dismissed all open records of this one's sender; how many. Blocks for the disk.
    ///
    /// # Errors
    /// The database's.
    pub fn close_of_sender(
        &self,
        db: &Arc<Database>,
        id: &str,
        facility: &FacilityState,
    ) -> Result<usize, redb::Error> {
        let turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let ids: Vec<String> = {
            let notes = self.notes(db)?;
            let Some(note) = notes.rows.get(id) else { return Ok(0) };
            notes.open_of(&note.sender).map(|(id, _)| id.to_owned()).collect()
        };
        self.close_rows(&turn, db, &ids, facility)?;
        Ok(ids.len())
    }

    fn close_rows(
        &self,
        turn: &MutexGuard<'_, ()>,
        db: &Arc<Database>,
        ids: &[String],
        facility: &FacilityState,
    ) -> Result<(), redb::Error> {
        let mut closed = Vec::new();
        self.write(turn, db, |table| {
            for id in ids {
                let Some(row) = row_of(table, id)? else { continue };
                // By its age it leaves one day, so its time is written down as far as it is known.
                let row = RefusedSubmission { is_closed: true, ..row.correct_times(facility) };
                let json = row_json(&row);
                table.insert(id.as_str(), json.as_slice())?;
                closed.push((id.clone(), RowNote::of(&row, json.len())));
            }
            Ok(())
        })?;
        self.notes(db)?.rows.extend(closed);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
