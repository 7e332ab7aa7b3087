//! Records of phones that the box refused: they are kept in `state.redb`, so that biomed can make late entries of them.

use std::collections::BTreeSet;

use record::ids::StaffId;
use record::kinds::{CivilDay, CleaningTrigger, ProblemWord, ProtocolRef};
use record::tree::Hash;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde::{Deserialize, Serialize};

/// Rows as JSON, by the id that the phone gave at the press.
const ROWS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("refused_submissions");
const ROWS_MAX: usize = 1_000;
const ROW_LIFE_MS: i64 = 30 * 86_400_000;

/// Why the box did not record what a phone sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubmissionFault {
    /// What was scanned reads as no tag.
    NoTag,
    /// No item has the tag.
    UnknownTag,
    /// The item is gone for good.
    Retired,
    /// A value of it is out of the range that a record may have.
    Invalid,
}

/// What is wrong with an item, as somebody reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedProblem {
    pub what: ProblemWord,
    pub text: String,
}

/// What a phone sent and the box did not record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedSubmission {
    pub id: String,
    /// When it was refused, milliseconds since 1970.
    pub refused_ms: i64,
    pub why: SubmissionFault,
    /// What the phone took for a tag.
    pub tag: String,
    pub name: String,
    /// Whose name that is, by the list or by a badge.
    #[serde(default)]
    pub staff: Option<StaffId>,
    /// A badge proved it.
    #[serde(default)]
    pub is_proven: bool,
    /// What led to it.
    #[serde(default)]
    pub trigger: Option<CleaningTrigger>,
    pub note: String,
    pub agent: String,
    pub lot: String,
    #[serde(default)]
    pub lot_expires: Option<CivilDay>,
    pub steps: Vec<u16>,
    pub protocol: Option<ProtocolRef>,
    /// When it was done, as far as that is known, milliseconds since 1970.
    pub performed_ms: i64,
    /// The same by the phone's own clock.
    pub phone_ms: i64,
    pub contact_s: Option<u32>,
    pub is_unsure: bool,
    pub photos: Vec<Hash>,
    /// What is wrong with the item, where that was reported.
    #[serde(default)]
    pub problem: Option<RefusedProblem>,
    /// Nothing was cleaned: it is only a report.
    #[serde(default)]
    pub is_report: bool,
    /// Somebody entered or dismissed it; it stays so that the phone does not get it recorded after all.
    pub is_closed: bool,
}

#[cfg(test)]
impl RefusedSubmission {
    /// One of a label that nobody knows, with these photos.
    pub(crate) fn example(photos: Vec<Hash>) -> Self {
        Self {
            id: "0".repeat(26),
            refused_ms: 1,
            why: SubmissionFault::UnknownTag,
            tag: "ABCDEFGH3".into(),
            name: "Maria".into(),
            staff: None,
            is_proven: false,
            trigger: None,
            note: String::new(),
            agent: String::new(),
            lot: String::new(),
            lot_expires: None,
            steps: vec![1],
            protocol: None,
            performed_ms: 1,
            phone_ms: 1,
            contact_s: None,
            is_unsure: false,
            photos,
            problem: None,
            is_report: false,
            is_closed: false,
        }
    }
}

/// Keeps one; of an id that is there already the first stays. Old ones go, and at the bound those that are closed, then the
/// oldest.
///
/// # Errors
/// The database's: then it is not kept.
pub fn keep_refused(db: &Database, row: &RefusedSubmission) -> Result<(), redb::Error> {
    let mut rows = all_refused(db)?;
    if rows.iter().any(|there| there.id == row.id) {
        return Ok(());
    }
    let oldest_ms = row.refused_ms.saturating_sub(ROW_LIFE_MS);
    rows.sort_by_key(|row| (!row.is_closed, row.refused_ms));
    let over = (rows.len() + 1).saturating_sub(ROWS_MAX);
    let gone = rows.iter().enumerate().filter(|(n, row)| *n < over || row.refused_ms < oldest_ms);
    write_rows(db, &[row], gone.map(|(_, row)| row.id.as_str()))
}

/// All that wait for somebody, the newest first.
///
/// # Errors
/// The database's.
pub fn open_refused(db: &Database) -> Result<Vec<RefusedSubmission>, redb::Error> {
    let mut rows = all_refused(db)?;
    rows.retain(|row| !row.is_closed);
    rows.sort_by_key(|row| std::cmp::Reverse(row.refused_ms));
    Ok(rows)
}

/// The one with this id, closed or not.
///
/// # Errors
/// The database's.
pub fn find_refused(db: &Database, id: &str) -> Result<Option<RefusedSubmission>, redb::Error> {
    let read = db.begin_read()?;
    let table = match read.open_table(ROWS) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        opened => opened?,
    };
    Ok(table.get(id)?.and_then(|row| serde_json::from_slice(row.value()).ok()))
}

/// The photos of those that wait for somebody: no entry names them yet.
///
/// # Errors
/// The database's.
pub fn refused_photos(db: &Database) -> Result<BTreeSet<Hash>, redb::Error> {
    Ok(open_refused(db)?.into_iter().flat_map(|row| row.photos).collect())
}

/// Notes that somebody entered or dismissed it.
///
/// # Errors
/// The database's.
pub fn close_refused(db: &Database, id: &str) -> Result<(), redb::Error> {
    match find_refused(db, id)? {
        Some(row) => write_rows(db, &[&RefusedSubmission { is_closed: true, ..row }], []),
        None => Ok(()),
    }
}

fn all_refused(db: &Database) -> Result<Vec<RefusedSubmission>, redb::Error> {
    let read = db.begin_read()?;
    let table = match read.open_table(ROWS) {
        // Nothing was refused yet.
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut rows = Vec::new();
    for row in table.iter()? {
        rows.extend(serde_json::from_slice(row?.1.value()).ok());
    }
    Ok(rows)
}

fn write_rows<'a>(
    db: &Database,
    rows: &[&RefusedSubmission],
    gone: impl IntoIterator<Item = &'a str>,
) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    {
        let mut table = write.open_table(ROWS)?;
        for row in rows {
            // Texts and integers: JSON takes them all.
            let json = serde_json::to_vec(row).unwrap_or_default();
            table.insert(row.id.as_str(), json.as_slice())?;
        }
        for id in gone {
            table.remove(id)?;
        }
    }
    write.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: usize, refused_ms: i64) -> RefusedSubmission {
        let id = format!("{n:026}");
        let example = RefusedSubmission::example(Vec::new());
        RefusedSubmission { id, refused_ms, performed_ms: refused_ms, phone_ms: refused_ms, ..example }
    }

    #[test]
    fn the_first_of_an_id_stays_and_a_closed_one_waits_for_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        assert_eq!(open_refused(&db).unwrap(), []);
        keep_refused(&db, &row(1, 5)).unwrap();
        keep_refused(&db, &RefusedSubmission { name: "Other".into(), ..row(1, 6) }).unwrap();
        keep_refused(&db, &row(2, 7)).unwrap();
        assert_eq!(open_refused(&db).unwrap(), [row(2, 7), row(1, 5)]);
        close_refused(&db, &row(1, 5).id).unwrap();
        assert_eq!(open_refused(&db).unwrap(), [row(2, 7)]);
        assert!(find_refused(&db, &row(1, 5).id).unwrap().unwrap().is_closed);
        keep_refused(&db, &row(3, 8 + ROW_LIFE_MS)).unwrap();
        assert_eq!(open_refused(&db).unwrap(), [row(3, 8 + ROW_LIFE_MS)]);
    }

    #[test]
    fn a_flood_has_a_bound_and_takes_first_what_nobody_needs() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        let rows: Vec<_> = (0..ROWS_MAX).map(|n| row(n, 1)).collect();
        write_rows(&db, &rows.iter().collect::<Vec<_>>(), []).unwrap();
        close_refused(&db, &rows[500].id).unwrap();
        keep_refused(&db, &row(ROWS_MAX, 2)).unwrap();
        assert_eq!(find_refused(&db, &rows[500].id).unwrap(), None);
        assert_eq!(open_refused(&db).unwrap().len(), ROWS_MAX);
    }
}
