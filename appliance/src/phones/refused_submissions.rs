//! Records of phones that the box refused: they are stored in `state.redb`, so that biomed can make late entries of them.

use std::collections::BTreeSet;

use record::anchor::corrected_ms;
use record::entry::EntryTime;
use record::fold::FacilityState;
use record::ids::StaffId;
use record::kinds::{CivilDay, CleaningTrigger, ProblemWord, ProtocolRef, SpauldingClass};
use record::limits::{LOT_CHARS_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX, PHOTOS_MAX, STEPS_MAX};
use record::tree::Hash;
use redb::{Database, ReadableDatabase as _, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

use crate::store::RowReader;

const TABLE: &str = "refused_submissions";
pub(super) const ROWS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new(TABLE);
pub const REFUSED_READER: (&str, RowReader) =
    (TABLE, |row| serde_json::from_slice::<RefusedSubmission>(row).is_ok());
const TAG_CHARS_MAX: usize = 40;
const LINE_CHARS_MAX: usize = 200;

/// Why the box did not record what a phone sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubmissionFault {
    NoTag,
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
    /// When it was refused, milliseconds since 1970, as the box believed then.
    pub refused_ms: i64,
    /// The reading of the box's clock by which that and `performed_ms` are; an earlier row has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<EntryTime>,
    pub why: SubmissionFault,
    #[serde(default)]
    pub sender: SubmissionSender,
    pub tag: String,
    pub name: String,
    /// Whose name that is, by the list or by a badge.
    #[serde(default)]
    pub staff: Option<StaffId>,
    #[serde(default)]
    pub is_proven: bool,
    #[serde(default)]
    pub trigger: Option<CleaningTrigger>,
    /// The class of the use before it, where somebody said that it was higher than usual.
    #[serde(default)]
    pub class: Option<SpauldingClass>,
    pub note: String,
    pub agent: String,
    pub lot: String,
    #[serde(default)]
    pub lot_expires: Option<CivilDay>,
    pub steps: Vec<u16>,
    pub protocol: Option<ProtocolRef>,
    /// When it was done, as far as that is known, milliseconds since 1970.
    pub performed_ms: i64,
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
    /// Somebody entered or dismissed it; it stays so that the phone cannot have it recorded after all.
    pub is_closed: bool,
}

#[cfg(test)]
impl RefusedSubmission {
    /// One of an unknown label, with these photos.
    pub(crate) fn example(photos: Vec<Hash>) -> Self {
        Self {
            id: "0".repeat(26),
            refused_ms: 1,
            at: None,
            why: SubmissionFault::UnknownTag,
            sender: SubmissionSender::default(),
            tag: "ABCDEFGH3".into(),
            name: "Maria".into(),
            staff: None,
            is_proven: false,
            trigger: None,
            class: None,
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
    pub(super) fn shorten(mut self) -> Self {
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

    /// With its times as they are known by now: somebody may have said since what the time was in that boot.
    #[must_use]
    pub fn correct_times(mut self, facility: &FacilityState) -> Self {
        let Some(at) = &mut self.at else { return self };
        let known_ms = corrected_ms(at, facility.boots.get(&at.boot).copied());
        let shift_ms = known_ms.saturating_sub(at.wall);
        at.wall = known_ms;
        self.refused_ms = self.refused_ms.saturating_add(shift_ms);
        self.performed_ms = self.performed_ms.saturating_add(shift_ms);
        self
    }
}

/// The photos of those that wait for somebody: no entry names them yet.
///
/// # Errors
/// The database's.
pub fn refused_photos(db: &Database) -> Result<BTreeSet<Hash>, redb::Error> {
    let mut photos = BTreeSet::new();
    read_rows(db, |row, _| photos.extend(row.photos.into_iter().filter(|_| !row.is_closed)))?;
    Ok(photos)
}

/// Reads all rows, one after the other, each with its bytes in the file.
pub(super) fn read_rows(
    db: &Database,
    mut take: impl FnMut(RefusedSubmission, usize),
) -> Result<(), redb::Error> {
    let Some(table) = open_rows(db)? else { return Ok(()) };
    for row in table.iter()? {
        let (_, json) = row?;
        if let Ok(row) = serde_json::from_slice(json.value()) {
            take(row, json.value().len());
        }
    }
    Ok(())
}

/// The rows as they are now; absent: nothing was refused yet.
pub(super) fn open_rows(
    db: &Database,
) -> Result<Option<redb::ReadOnlyTable<&'static str, &'static [u8]>>, redb::Error> {
    match db.begin_read()?.open_table(ROWS) {
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

pub(super) fn row_of(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    id: &str,
) -> Result<Option<RefusedSubmission>, redb::Error> {
    Ok(table.get(id)?.and_then(|row| serde_json::from_slice(row.value()).ok()))
}

pub(super) fn row_json(row: &RefusedSubmission) -> Vec<u8> {
    // Texts and integers: JSON takes them all.
    serde_json::to_vec(row).unwrap_or_default()
}
