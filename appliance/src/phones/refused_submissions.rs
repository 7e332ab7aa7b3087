//! Records of phones that the box refused: they are kept in `state.redb`, so that biomed can make late entries of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use record::ids::StaffId;
use record::kinds::{CivilDay, CleaningTrigger, ProblemWord, ProtocolRef};
use record::limits::{LOT_CHARS_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX, PHOTOS_MAX, STEPS_MAX};
use record::tree::Hash;
use redb::{Database, ReadableDatabase as _, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

/// Rows as JSON, by the id that the phone gave at the press.
const ROWS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("refused_submissions");
const ROWS_MAX: usize = 1_000;
const ROW_LIFE_MS: i64 = 30 * 86_400_000;
/// Photos that wait with the records of one whom the box does not know,
const STRANGER_PHOTOS_MAX: usize = 20;
/// and with those of all of them: 400 MB at most.
const STRANGERS_PHOTOS_MAX: usize = 200;
/// Of what a phone took for a tag.
const TAG_CHARS_MAX: usize = 40;
/// Of one line.
const LINE_CHARS_MAX: usize = 200;

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

/// Who sent it: what comes from one counts together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubmissionSender {
    /// Staff, or a phone that made records before; else only a network is known, and a stranger can come from many phones.
    pub is_known: bool,
    /// Their id, or the network.
    pub name: String,
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
    /// A row of before says nothing of that.
    #[serde(default)]
    pub sender: SubmissionSender,
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
            sender: SubmissionSender::default(),
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

impl RefusedSubmission {
    /// With every text as long as it may be in a record, so that a row has a bound.
    fn shorten(mut self) -> Self {
        let problem = self.problem.as_mut().map(|problem| (&mut problem.text, NOTE_CHARS_MAX));
        let texts = [
            (&mut self.tag, TAG_CHARS_MAX),
            (&mut self.name, NAME_CHARS_MAX),
            (&mut self.note, NOTE_CHARS_MAX),
            (&mut self.agent, LINE_CHARS_MAX),
            (&mut self.lot, LOT_CHARS_MAX),
        ];
        for (text, chars_max) in texts.into_iter().chain(problem) {
            if let Some((end, _)) = text.char_indices().nth(chars_max) {
                text.truncate(end);
            }
        }
        self.steps.truncate(STEPS_MAX);
        self.photos.truncate(PHOTOS_MAX);
        self
    }
}

/// Keeps one, with its texts cut to what a record may have; of an id that is there already the first stays. Old ones go, and at
/// the bound one that is closed, else the newest of whoever has most. Whether it is kept: it may itself be that. Of the photos
/// of those whom the box does not know only so many stay.
///
/// # Errors
/// The database's: then it is not kept.
pub fn keep_refused(db: &Database, row: &RefusedSubmission) -> Result<bool, redb::Error> {
    let write = db.begin_write()?;
    let is_kept = {
        let mut table = write.open_table(ROWS)?;
        let rows = read_rows(&table)?;
        if rows.iter().any(|there| there.id == row.id) {
            return Ok(true);
        }
        let mut row = row.clone().shorten();
        let oldest_ms = row.refused_ms.saturating_sub(ROW_LIFE_MS);
        let (mut rows, old): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.refused_ms >= oldest_ms);
        let mut gone: Vec<String> = old.into_iter().map(|row| row.id).collect();
        row.photos.truncate(photos_left(&rows, &row.sender));
        let id = row.id.clone();
        put_refused(&mut table, &row)?;
        rows.push(row);
        while rows.len() > ROWS_MAX {
            let Some(at) = choose_to_drop(&rows) else { break };
            gone.push(rows.swap_remove(at).id);
        }
        for id in &gone {
            table.remove(id.as_str())?;
        }
        !gone.contains(&id)
    };
    write.commit()?;
    Ok(is_kept)
}

/// For how many more photos of a sender there is room.
fn photos_left(rows: &[RefusedSubmission], sender: &SubmissionSender) -> usize {
    if sender.is_known {
        return PHOTOS_MAX;
    }
    let of_strangers = rows.iter().filter(|row| !row.sender.is_known && !row.is_closed);
    let (mut own, mut all) = (0, 0);
    for row in of_strangers {
        all += row.photos.len();
        own += if row.sender == *sender { row.photos.len() } else { 0 };
    }
    STRANGER_PHOTOS_MAX.saturating_sub(own).min(STRANGERS_PHOTOS_MAX.saturating_sub(all))
}

/// The oldest that is closed; else of those whom the box does not know, then of all, the newest of whoever has most.
fn choose_to_drop(rows: &[RefusedSubmission]) -> Option<usize> {
    let numbered = || rows.iter().enumerate();
    if let Some(closed) = numbered().filter(|(_, row)| row.is_closed).min_by_key(|(_, row)| row.refused_ms) {
        return Some(closed.0);
    }
    let mut of_sender: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in numbered() {
        of_sender.entry(&row.1.sender).or_default().push(row);
    }
    let most = of_sender.into_iter().max_by_key(|(sender, rows)| (Reverse(sender.is_known), rows.len()))?;
    // Of several of one moment the last.
    most.1.into_iter().max_by_key(|(_, row)| row.refused_ms).map(|(at, _)| at)
}

/// All that wait for somebody, the newest first.
///
/// # Errors
/// The database's.
pub fn open_refused(db: &Database) -> Result<Vec<RefusedSubmission>, redb::Error> {
    let mut rows = all_refused(db)?;
    rows.retain(|row| !row.is_closed);
    rows.sort_by_key(|row| Reverse(row.refused_ms));
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
    let write = db.begin_write()?;
    {
        let mut table = write.open_table(ROWS)?;
        let row: Option<RefusedSubmission> =
            table.get(id)?.and_then(|row| serde_json::from_slice(row.value()).ok());
        if let Some(row) = row {
            put_refused(&mut table, &RefusedSubmission { is_closed: true, ..row })?;
        }
    }
    write.commit()?;
    Ok(())
}

fn all_refused(db: &Database) -> Result<Vec<RefusedSubmission>, redb::Error> {
    let read = db.begin_read()?;
    let table = match read.open_table(ROWS) {
        // Nothing was refused yet.
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        opened => opened?,
    };
    read_rows(&table)
}

fn read_rows(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Vec<RefusedSubmission>, redb::Error> {
    let mut rows = Vec::new();
    for row in table.iter()? {
        rows.extend(serde_json::from_slice(row?.1.value()).ok());
    }
    Ok(rows)
}

fn put_refused(
    table: &mut redb::Table<'_, &'static str, &'static [u8]>,
    row: &RefusedSubmission,
) -> Result<(), redb::Error> {
    // Texts and integers: JSON takes them all.
    let json = serde_json::to_vec(row).unwrap_or_default();
    table.insert(row.id.as_str(), json.as_slice())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_rows(db: &Database, rows: &[&RefusedSubmission]) {
        let write = db.begin_write().unwrap();
        let mut table = write.open_table(ROWS).unwrap();
        for row in rows {
            put_refused(&mut table, row).unwrap();
        }
        drop(table);
        write.commit().unwrap();
    }

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
        write_rows(&db, &rows.iter().collect::<Vec<_>>());
        close_refused(&db, &rows[500].id).unwrap();
        assert!(keep_refused(&db, &row(ROWS_MAX, 2)).unwrap());
        assert_eq!(find_refused(&db, &rows[500].id).unwrap(), None);
        assert_eq!(open_refused(&db).unwrap().len(), ROWS_MAX);
    }

    fn sender(is_known: bool, name: &str) -> SubmissionSender {
        SubmissionSender { is_known, name: name.into() }
    }

    #[test]
    fn whoever_has_most_makes_room_for_others() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        let of = |n: usize, sender: SubmissionSender| RefusedSubmission {
            sender,
            ..row(n, i64::try_from(n).unwrap())
        };
        let (stranger, other, phone) =
            (sender(false, "10.0.0.66"), sender(false, "10.0.0.5"), sender(true, "PHONE"));
        let first = [of(0, phone.clone()), of(1, other.clone())];
        let flood: Vec<_> = (2..ROWS_MAX).map(|n| of(n, stranger.clone())).collect();
        write_rows(&db, &first.iter().chain(&flood).collect::<Vec<_>>());
        for n in ROWS_MAX..ROWS_MAX + 100 {
            assert!(
                !keep_refused(&db, &of(n, stranger.clone())).unwrap(),
                "they have most, and it is their newest"
            );
        }
        for row in &first {
            assert_eq!(find_refused(&db, &row.id).unwrap().as_ref(), Some(row));
        }
        // Whoever comes now takes the place of the newest of the stranger's.
        let late = [of(5_000, other), of(5_001, phone.clone()), of(5_002, phone)];
        for row in &late {
            assert!(keep_refused(&db, row).unwrap());
        }
        let there = open_refused(&db).unwrap();
        assert_eq!(there.len(), ROWS_MAX);
        assert!(first.iter().chain(&late).all(|row| there.contains(row)));
        assert!(!there.contains(&flood[flood.len() - 3]) && there.contains(&flood[flood.len() - 4]));
    }

    #[test]
    fn strangers_make_room_for_a_phone_that_has_more() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        let of = |n, sender| RefusedSubmission { sender, ..row(n, 1) };
        let known: Vec<_> = (1..ROWS_MAX).map(|n| of(n, sender(true, "PHONE"))).collect();
        write_rows(&db, &known.iter().collect::<Vec<_>>());
        assert!(keep_refused(&db, &of(0, sender(false, "10.0.0.66"))).unwrap());
        assert!(keep_refused(&db, &of(ROWS_MAX, sender(true, "PHONE"))).unwrap());
        assert_eq!(find_refused(&db, &row(0, 1).id).unwrap(), None);
        assert_eq!(open_refused(&db).unwrap().len(), ROWS_MAX);
    }

    #[test]
    fn what_is_over_the_bound_leaves_and_no_turn_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        write_rows(&db, &(0..ROWS_MAX + 3).map(|n| row(n, 1)).collect::<Vec<_>>().iter().collect::<Vec<_>>());
        keep_refused(&db, &row(ROWS_MAX + 3, 0)).unwrap();
        assert_eq!(open_refused(&db).unwrap().len(), ROWS_MAX);
        let db = Database::create(dir.path().join("other.redb")).unwrap();
        write_rows(&db, &(0..ROWS_MAX).map(|n| row(n, 1)).collect::<Vec<_>>().iter().collect::<Vec<_>>());
        std::thread::scope(|scope| {
            for n in 0..8 {
                let db = &db;
                scope.spawn(move || keep_refused(db, &row(ROWS_MAX + n, 0)).unwrap());
            }
        });
        assert_eq!(all_refused(&db).unwrap().len(), ROWS_MAX);
    }

    #[test]
    fn strangers_fill_no_card_with_photos() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        let with_photos = |n: usize, sender: SubmissionSender| RefusedSubmission {
            sender,
            photos: (0..4).map(|at| Hash([u8::try_from((n * 4 + at) % 256).unwrap(); 32])).collect(),
            ..row(n, 1)
        };
        let photos = |n: usize| find_refused(&db, &row(n, 1).id).unwrap().unwrap().photos.len();
        for n in 0..8 {
            keep_refused(&db, &with_photos(n, sender(false, "10.0.0.66"))).unwrap();
        }
        assert_eq!((0..8).map(photos).collect::<Vec<_>>(), [4, 4, 4, 4, 4, 0, 0, 0]);
        for n in 8..100 {
            keep_refused(&db, &with_photos(n, sender(false, &format!("10.0.1.{n}")))).unwrap();
        }
        assert_eq!((0..100).map(photos).sum::<usize>(), STRANGERS_PHOTOS_MAX);
        keep_refused(&db, &with_photos(200, sender(true, "PHONE"))).unwrap();
        assert_eq!(photos(200), 4, "whoever made records before has theirs");
    }

    #[test]
    fn a_row_has_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        let long = || "\u{1}".repeat(20_000);
        let row = RefusedSubmission {
            tag: long(),
            name: "é".repeat(20_000),
            note: long(),
            agent: long(),
            lot: long(),
            steps: vec![u16::MAX; 9_000],
            photos: vec![Hash([7; 32]); 9],
            problem: Some(RefusedProblem { what: ProblemWord::Broken, text: long() }),
            ..row(1, 1)
        };
        assert!(keep_refused(&db, &row).unwrap());
        let kept = find_refused(&db, &row.id).unwrap().unwrap();
        let lengths =
            [&kept.tag, &kept.name, &kept.note, &kept.agent, &kept.lot].map(|text| text.chars().count());
        assert_eq!(lengths, [40, 120, 1_000, 200, 40]);
        assert_eq!(kept.problem.as_ref().map(|problem| problem.text.len()), Some(1_000));
        assert_eq!((kept.steps.len(), kept.photos.len()), (40, 4));
        assert!(serde_json::to_vec(&kept).unwrap().len() <= 16 * 1_024);
    }
}
