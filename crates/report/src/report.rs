//! What a report holds.

use record::anchor::TimeCertainty;
use record::compliance::{DueCause, MissedWindow, WindowTally};
use record::fold::CleaningRecord;
use record::kinds::CivilDay;
use record::tag::Tag;
use record::tree::Hash;
use serde::{Deserialize, Serialize};
use words::Locale;

/// Of [`CleaningReport`]; another one is drawn otherwise, so a program of another version checks the entries and does not draw again.
pub const VERSION: u32 = 1;
/// The version of this program: another one may have other words, typefaces or rules of dates.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// Cleanings that pages show, the newest of each item first; all are attached. A tagged row costs 0.8 KB.
pub const ROWS_SHOWN_MAX: usize = 1_000;

/// All that is shown. Times are milliseconds since 1970, corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleaningReport {
    /// [`VERSION`].
    pub v: u32,
    /// [`PROGRAM`].
    pub program: String,
    /// Its language, and the paper of its country: a tag of [`Locale`].
    pub locale: String,
    /// Whose records these are.
    pub facility: ReportFacility,
    /// Which of them.
    pub scope: ReportScope,
    /// Begin of its period.
    pub from_ms: i64,
    /// Its end, not in it.
    pub to_ms: i64,
    /// When it was made.
    pub made_ms: i64,
    /// Until when it was known then what had happened there; absent: until it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_ms: Option<i64>,
    /// Whether a part of the history was missing then: windows may be shown as missed that were met.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_history: bool,
    /// Whether the clock had been set by then.
    pub is_certain: bool,
    /// Who asked for it; absent: a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Met and closed due windows; absent where the scope has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<WindowTally>,
    /// The same by weeks, ascending.
    pub weeks: Vec<WeekRow>,
    /// Items that are overdue now, the longest first.
    pub overdue: Vec<OverdueRow>,
    /// Windows that closed unmet, by item and end.
    pub missed: Vec<MissedRow>,
    /// How many more closed unmet than are listed.
    pub missed_more: u64,
    /// Who is signed off for what.
    pub sign_offs: Vec<SignOffRow>,
    /// Protocols that were followed.
    pub protocols: Vec<ProtocolRow>,
    /// Cleanings, by item and then the newest first.
    pub rows: Vec<ReportRow>,
}

impl CleaningReport {
    /// The rows that pages show, and whose photos: the newest, by their places in `rows`, ascending; at most [`ROWS_SHOWN_MAX`].
    pub fn shown_rows(&self) -> Vec<usize> {
        let mut newest: Vec<usize> = (0..self.rows.len()).collect();
        newest.sort_by_key(|at| std::cmp::Reverse(self.rows[*at].cleaning.performed_ms));
        newest.truncate(ROWS_SHOWN_MAX);
        newest.sort_unstable();
        newest
    }
}

/// Whose records these are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReportFacility {
    /// Its name.
    pub name: String,
    /// IANA name of its zone, in which all times are written.
    pub zone: String,
    /// The name that it shows instead of ours; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub brand: String,
    /// `#rrggbb`; empty: ours.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub colour: String,
}

/// Which records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum ReportScope {
    /// All of the facility.
    Facility,
    /// All of the facility, for an inspection.
    Inspection {
        /// Its day, where one is set.
        day: Option<CivilDay>,
    },
    /// One item.
    Item {
        /// Its tag.
        tag: Tag,
        /// Its name.
        name: String,
    },
    /// One person.
    Person {
        /// Their name.
        name: NamedText,
    },
    /// One protocol.
    Protocol {
        /// Its name.
        name: String,
    },
}

/// Met and closed windows of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekRow {
    /// Its Monday, by its number since 1970-01-01.
    pub monday: i32,
    /// Its windows.
    #[serde(flatten)]
    pub windows: WindowTally,
}

/// An item that is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverdueRow {
    /// Its tag.
    pub tag: Tag,
    /// Its name.
    pub item: String,
    /// Where it is; empty: not stated.
    pub place: String,
    /// Since when.
    pub since_ms: i64,
    /// The recorded cleaning that leaves it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<DueCause>,
}

/// A window that closed unmet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedRow {
    /// The item's tag.
    pub tag: Tag,
    /// Its name.
    pub item: String,
    /// The window, and why.
    pub window: MissedWindow,
    /// The protocol's name, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// That somebody is signed off for a protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOffRow {
    /// Who.
    pub person: NamedText,
    /// For what.
    pub protocol: String,
    /// Since when.
    pub since_ms: i64,
    /// The last day; absent: it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<CivilDay>,
    /// Whether it had ended when the report was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over: bool,
}

/// A protocol that was followed, in its newest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolRow {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// What it goes by: the manufacturer's instructions; empty: not stated.
    pub reference: String,
    /// How many steps it has.
    pub steps: usize,
    /// How long a surface stays wet, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_s: Option<u32>,
}

/// A text that people entered, or why it is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedText {
    /// It.
    Text(String),
    /// It was erased.
    Erased,
    /// It is damaged.
    Unreadable,
    /// Nobody is named.
    Nobody,
}

/// A cleaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportRow {
    /// As it counts.
    pub cleaning: CleaningRecord,
    /// The hash of its entry, which is its leaf in the log's tree.
    pub leaf: Hash,
    /// The item's name.
    pub item: String,
    /// Where the item is; empty: not stated.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The protocol's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Who cleaned.
    pub who: NamedText,
    /// What was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<NamedText>,
    /// How far its times can be believed.
    pub time: TimeCertainty,
    /// When and why it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<VoidedRow>,
    /// Its photos.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<ReportPhoto>,
    /// Its log ended on another card, with its key: nothing proves it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unproven: bool,
}

/// That a cleaning was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidedRow {
    /// When; absent where the entry that says so is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Why.
    pub reason: NamedText,
    /// The hash of the entry that says so; absent where that is not attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Hash>,
    /// As [`ReportRow::is_unproven`], of that entry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unproven: bool,
}

/// A photo of a cleaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportPhoto {
    /// It is here; this is the SHA-256 of the small picture that pages show, a JPEG.
    Shown(Hash),
    /// It is here, and pages have no room for it.
    Here,
    /// It was erased.
    Erased,
    /// It is not here.
    Gone,
    /// What is here is another picture than the entry names.
    Altered,
}

/// What is counted of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportFigures {
    /// All, the voided ones left out.
    pub cleanings: usize,
    /// Those that lack something.
    pub incomplete: usize,
    /// Those that were taken back.
    pub voided: usize,
    /// Those that were written down so late that they do not count.
    pub too_late: usize,
    /// Those without anybody's name.
    pub unattributed: usize,
    /// Those whose time is a guess.
    pub uncertain: usize,
}

impl ReportFigures {
    /// Counts rows.
    pub fn of(rows: &[ReportRow]) -> Self {
        let (voided, valid): (Vec<&ReportRow>, Vec<&ReportRow>) =
            rows.iter().partition(|row| row.cleaning.voided.is_some());
        Self {
            cleanings: valid.len(),
            incomplete: valid.iter().filter(|row| !row.cleaning.is_complete()).count(),
            voided: voided.len(),
            too_late: valid.iter().filter(|row| !row.cleaning.counts()).count(),
            unattributed: valid.iter().filter(|row| row.who == NamedText::Nobody).count(),
            uncertain: valid.iter().filter(|row| row.time == TimeCertainty::Uncertain).count(),
        }
    }
}

impl CleaningReport {
    /// Its locale; of one that this program does not know, English.
    pub fn locale(&self) -> Locale {
        Locale::from_tag(&self.locale).unwrap_or(Locale::EnUs)
    }
}
