//! Cleanings as pages and the API show them: the row, the item's name, and who it was, where that was not erased.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Display;

use history::{HistoryWords, word_due_cause, word_flag};
use record::anchor::{TimeCertainty, time_certainty};
use record::checkpoint::LogOrigin;
use record::compliance::DueCause;
use record::entry::Entry as RecordedEntry;
use record::fold::{CleaningRecord, Equipment, StaffMember};
use record::ids::{BoxId, FacilityId, StaffId};
use record::kinds::{CleanedBy, CleaningFlag, MissingPart};
use record::limits::LATE_ENTRY_MS_MAX;
use record::tree::Hash;
use words::{SafeHtml, WordSet as _, fill_slots};

use crate::db::projection::dashboard::ItemRow;
use crate::db::projection::history::{CleaningRow, HistoryCursor, LineAddress, load_lines_at};
use crate::db::{DbError, ScopedConnection};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{PageWords, open_words};

/// Written down this much later than done is a late entry.
const LATE_MS: i64 = 15 * 60_000;

#[derive(Debug, Clone)]
pub(crate) struct CleaningView {
    pub(crate) box_id: BoxId,
    pub(crate) facility: FacilityId,
    pub(crate) cleaning: CleaningRecord,
    pub(crate) certainty: TimeCertainty,
    /// The item, where the fold still knows it.
    pub(crate) equipment: Option<Equipment>,
    /// Who, by name; `None` for nobody and for a name that was erased.
    pub(crate) name: Option<String>,
    pub(crate) note: Option<String>,
    /// The run that contains it; empty where its log has it.
    held_in: String,
    /// Photos that are here; they follow their record, so that it never waits for them. See [`look_for_photos`].
    pub(crate) photos: Vec<Hash>,
}

impl CleaningView {
    pub(crate) fn item(&self) -> String {
        self.equipment.as_ref().map_or_else(|| self.cleaning.tag.grouped(), |e| e.facts.name.clone())
    }

    /// Who, and how that was proven: `Dwayne Carter, PIN`.
    pub(crate) fn who(&self, words: PageWords) -> String {
        word_cleaner(words, self.cleaning.who, self.name.clone())
    }

    /// What a reader should know at once.
    pub(crate) fn badges(&self, words: PageWords) -> Vec<StatusBadge> {
        let cleaning = &self.cleaning;
        let mut badges = Vec::new();
        if cleaning.voided.is_some() {
            badges.push(StatusBadge::new(BadgeTone::Plain, words.cleaning_voided()));
        }
        if !cleaning.incomplete.is_empty() {
            let parts = word_missing(words, &cleaning.incomplete);
            badges.push(StatusBadge::new(BadgeTone::Due, words.cleaning_incomplete(parts)));
        }
        let late_ms = cleaning.recorded_ms.saturating_sub(cleaning.performed_ms);
        if late_ms > LATE_ENTRY_MS_MAX {
            badges.push(StatusBadge::new(BadgeTone::Late, words.cleaning_too_late()));
        } else if cleaning.stated.is_some() && late_ms > LATE_MS {
            badges.push(StatusBadge::new(BadgeTone::Due, words.cleaning_late()));
        }
        let lines = HistoryWords::in_locale(words.catalog().locale());
        // Its lateness is shown there already.
        let remarks = cleaning.flags.iter().filter(|flag| **flag != CleaningFlag::Late);
        badges.extend(remarks.map(|flag| StatusBadge::new(BadgeTone::Plain, word_flag(lines, flag))));
        if self.photos.len() < cleaning.photos.len() {
            badges.push(StatusBadge::new(BadgeTone::Plain, words.cleaning_photo_coming()));
        }
        if self.certainty == TimeCertainty::Uncertain {
            badges.push(StatusBadge::new(BadgeTone::Plain, words.cleaning_time_unsure()));
        }
        badges
    }

    pub(crate) fn address(&self) -> LineAddress<'_> {
        let of = self.cleaning.of;
        (LogOrigin { box_id: self.box_id, epoch: of.epoch }, of.seq, &self.held_in)
    }

    pub(crate) fn photo_paths(&self) -> Vec<String> {
        self.photos.iter().map(|photo| format!("/photos/{photo}")).collect()
    }

    pub(crate) fn proof(&self) -> String {
        let of = self.cleaning.of;
        proof_path(self.box_id, of.epoch, of.seq, &self.held_in)
    }

    pub(crate) fn href(&self) -> String {
        format!("/app/f/{}/e/{}", self.facility, self.cleaning.tag)
    }

    pub(crate) fn cursor(&self) -> HistoryCursor {
        HistoryCursor {
            performed_ms: self.cleaning.performed_ms,
            box_id: self.box_id.to_string(),
            epoch: self.cleaning.of.epoch.to_string(),
            seq: i64::try_from(self.cleaning.of.seq).unwrap_or(i64::MAX),
            run: self.cleaning.place().run.map(|run| run.to_string()).unwrap_or_default(),
        }
    }
}

/// Who, and how that was proven: `Dwayne Carter, PIN`. Without a name it was erased.
pub(crate) fn word_cleaner(words: PageWords, who: CleanedBy, name: Option<String>) -> String {
    let proof = match who {
        CleanedBy::Unattributed => "nobody",
        CleanedBy::Entered { .. } => "typed",
        CleanedBy::Pin { .. } => "pin",
        CleanedBy::Badge { .. } => "badge",
        CleanedBy::Login { .. } => "login",
    };
    words.cleaned_by(name.unwrap_or_else(|| words.cleaned_by_erased()), proof)
}

/// Where the proof of an entry is served. `held_in`: the run that contains it; empty where its log has it.
pub(crate) fn proof_path(
    box_id: impl Display,
    epoch: impl Display,
    seq: impl Display,
    held_in: &str,
) -> String {
    let path = format!("/app/proof/{box_id}/{epoch}/{seq}");
    if held_in.is_empty() { path } else { format!("{path}?run={held_in}") }
}

fn word_missing(words: PageWords, missing: &[MissingPart]) -> String {
    missing.iter().map(|&part| words.cleaning_part(part_key(part))).collect::<Vec<_>>().join(", ")
}

/// When an item was cleaned last, and whether that is a guess.
pub(crate) fn word_last(row: &ItemRow, wall: &LocalTime) -> Option<SafeHtml> {
    let at = wall.clock(row.last_ms?);
    let guess = row.last_uncertain.then(|| fill_slots(wall.words::<HistoryWords>().line_time_mark(), []));
    Some(SafeHtml::join([at].into_iter().chain(guess), ", "))
}

/// Why an item is due though a cleaning was recorded.
pub(crate) fn word_cause(row: &ItemRow, wall: &LocalTime) -> Result<Option<String>, DbError> {
    let cause = row.due_cause()?;
    Ok(cause.map(|cause: DueCause| {
        let missing = word_missing(wall.words(), &cause.missing);
        word_due_cause(wall.words(), wall.dates(), &cause, missing)
    }))
}

fn part_key(part: MissingPart) -> &'static str {
    match part {
        MissingPart::StepsNotStated => "steps-not-stated",
        MissingPart::Steps => "steps",
        MissingPart::ContactTime => "contact-time",
        MissingPart::Photo => "photo",
        MissingPart::Who => "who",
        MissingPart::Strip => "strip",
        MissingPart::Temperature => "temperature",
        MissingPart::Leak => "leak",
        MissingPart::Other => "other",
    }
}

#[derive(Debug, Clone)]
pub(crate) struct FeedRow {
    pub(crate) item: String,
    pub(crate) href: String,
    pub(crate) about: String,
    pub(crate) badges: Vec<StatusBadge>,
    pub(crate) photo: Option<String>,
    pub(crate) is_voided: bool,
    pub(crate) at: SafeHtml,
}

impl FeedRow {
    /// Of a cleaning; `place` is said where a list shows several facilities.
    pub(crate) fn of(cleaning_view: &CleaningView, place: Option<&str>, wall: &LocalTime) -> Self {
        let words: PageWords = wall.words();
        let is_voided = cleaning_view.cleaning.voided.is_some();
        let mut about = cleaning_view.who(words);
        if let Some(place) = place {
            about = words.cleaning_place(place, about);
        }
        if is_voided {
            about = words.cleaning_who_voided(words.cleaning_both_stay(), about);
        }
        Self {
            item: cleaning_view.item(),
            href: cleaning_view.href(),
            about,
            badges: cleaning_view.badges(words),
            photo: cleaning_view.photo_paths().into_iter().next(),
            is_voided,
            at: wall.clock(cleaning_view.cleaning.performed_ms),
        }
    }
}

/// Reads rows of a page of history with the names that belong to them.
pub(crate) async fn load_cleaning_views(
    conn: &mut ScopedConnection,
    rows: Vec<CleaningRow>,
) -> Result<Vec<CleaningView>, DbError> {
    let mut all: Vec<CleaningView> = Vec::with_capacity(rows.len());
    let mut names: HashMap<StaffId, Option<String>> = HashMap::new();
    for row in rows {
        let mut cleaning_view = read_event(row)?;
        if let CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } =
            cleaning_view.cleaning.who
        {
            cleaning_view.name = match names.entry(staff) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => {
                    new.insert(staff_name(conn, cleaning_view.facility, staff).await?).clone()
                }
            };
        }
        if conn.hides_names() {
            cleaning_view.name = cleaning_view.name.map(|_| hidden_name());
            cleaning_view.note = None;
        }
        if cleaning_view.certainty == TimeCertainty::Uncertain {
            cleaning_view.certainty = load_certainty(conn, &cleaning_view).await?;
        }
        all.push(cleaning_view);
    }
    Ok(all)
}

/// How far the time of a cleaning can be believed whose clock was not set, by what was said of that boot since.
async fn load_certainty(
    conn: &mut ScopedConnection,
    cleaning_view: &CleaningView,
) -> Result<TimeCertainty, DbError> {
    let at = &cleaning_view.cleaning.at;
    let boot = at.boot.to_string();
    let row = crate::db::projection::dashboard::load_row(conn, cleaning_view.facility, "boot", &boot).await?;
    let anchor = row.map(|row| serde_json::from_str(&row)).transpose();
    Ok(time_certainty(at, anchor.map_err(|e| DbError::stored("boot", e))?))
}

pub(crate) async fn read_entries(
    conn: &mut ScopedConnection,
    places: &[LineAddress<'_>],
) -> Result<Vec<Option<RecordedEntry>>, DbError> {
    let lines = load_lines_at(conn, places).await?;
    lines
        .into_iter()
        .map(|line: Option<Vec<u8>>| line.as_deref().map(RecordedEntry::parse).transpose())
        .collect::<Result<_, _>>()
        .map_err(|e| DbError::stored("entry", e))
}

fn read_event(row: CleaningRow) -> Result<CleaningView, DbError> {
    let cleaning = row.cleaning;
    let certainty = time_certainty(&cleaning.at, None);
    let equipment = row.equipment.as_deref().map(serde_json::from_str).transpose();
    Ok(CleaningView {
        box_id: row.box_id.parse().map_err(|e| DbError::stored("box id", e))?,
        facility: row.facility.parse().map_err(|e| DbError::stored("facility id", e))?,
        cleaning,
        equipment: equipment.map_err(|e| DbError::stored("equipment", e))?,
        certainty,
        name: row.who,
        note: row.note,
        held_in: row.held_in,
        photos: Vec::new(),
    })
}

pub(crate) async fn look_for_photos(
    conn: &mut ScopedConnection,
    all: &mut [CleaningView],
) -> Result<(), DbError> {
    for cleaning_view in all {
        for photo in &cleaning_view.cleaning.photos {
            if crate::db::log::photos::is_here(conn, *photo).await? {
                cleaning_view.photos.push(*photo);
            }
        }
    }
    Ok(())
}

/// A person's name, unless it was erased.
pub(crate) async fn staff_name(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    staff: StaffId,
) -> Result<Option<String>, DbError> {
    let Some(body) =
        crate::db::projection::dashboard::load_row(conn, facility, "staff", &staff.to_string()).await?
    else {
        return Ok(None);
    };
    let staff: StaffMember = serde_json::from_str(&body).map_err(|e| DbError::stored("staff", e))?;
    person_name(conn, staff.name).await
}

/// A name that was entered, unless it was erased, or is nothing for whoever reads.
pub(crate) async fn person_name(conn: &mut ScopedConnection, name: Hash) -> Result<Option<String>, DbError> {
    let name = crate::db::log::texts::by_hash(conn, name).await?;
    Ok(if conn.hides_names() { name.map(|_| hidden_name()) } else { name })
}

fn hidden_name() -> String {
    open_words::<PageWords>().cleaned_by_hidden()
}
