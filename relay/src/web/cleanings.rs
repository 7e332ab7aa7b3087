//! Cleanings as pages and the API tell them: the row, the item's name, and who it was, where that was not erased.

use std::collections::HashMap;

use record::entry::ClockState;
use record::fold::{Cleaning, Equipment, Staff};
use record::ids::{BoxId, Epoch, FacilityId, StaffId};
use record::kinds::Who;
use record::limits::LATE_ENTRY_MS_MAX;
use record::redact::TextLine;

use super::words::{Badge, Moment, Tone, Wall};
use crate::db::history::{CleaningRow, Cursor};
use crate::db::{AccountScope, Conn, DbError, dashboard, entries};

/// Written down this much later than done is a late entry.
const LATE_MS: i64 = 15 * 60_000;

/// A cleaning with its words.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Whose log.
    pub(crate) box_id: BoxId,
    /// Where.
    pub(crate) facility: FacilityId,
    /// The row of the fold.
    pub(crate) cleaning: Cleaning,
    /// The item, where the fold still knows it.
    pub(crate) equipment: Option<Equipment>,
    /// Who, by name; `None` for nobody and for a name that was erased.
    pub(crate) name: Option<String>,
    /// What was different.
    pub(crate) note: Option<String>,
}

impl Told {
    /// What people call the item.
    pub(crate) fn item(&self) -> String {
        self.equipment.as_ref().map_or_else(|| self.cleaning.tag.grouped(), |e| e.name.clone())
    }

    /// Who, and how that was proven: `Dwayne Carter, PIN`.
    pub(crate) fn who(&self) -> String {
        let proof = match self.cleaning.who {
            Who::Unattributed => return "Unattributed".to_owned(),
            Who::Typed { .. } => "name typed",
            Who::Pin { .. } => "PIN",
            Who::Badge { .. } => "badge",
            Who::Login { .. } => "login",
        };
        format!("{}, {proof}", self.name.as_deref().unwrap_or("name erased"))
    }

    /// What a reader should know at once.
    pub(crate) fn badges(&self) -> Vec<Badge> {
        let cleaning = &self.cleaning;
        let mut badges = Vec::new();
        if cleaning.voided.is_some() {
            badges.push(Badge::new(Tone::Plain, "Voided"));
        }
        if !cleaning.incomplete.is_empty() {
            let missing: Vec<&str> = cleaning.incomplete.iter().map(|m| m.word()).collect();
            badges.push(Badge::new(Tone::Due, format!("Incomplete: {}", missing.join(", "))));
        }
        let late_ms = cleaning.recorded_ms.saturating_sub(cleaning.performed_ms);
        if late_ms > LATE_ENTRY_MS_MAX {
            badges.push(Badge::new(Tone::Late, "Too late to count"));
        } else if cleaning.stated && late_ms > LATE_MS {
            badges.push(Badge::new(Tone::Due, "Late entry"));
        }
        if cleaning.at.clock == ClockState::Uncertain && cleaning.recorded_ms == cleaning.at.wall {
            badges.push(Badge::new(Tone::Plain, "Time unsure"));
        }
        badges
    }

    /// Where its photos are served.
    pub(crate) fn photos(&self) -> Vec<String> {
        self.cleaning.photos.iter().map(|photo| format!("/photos/{photo}")).collect()
    }

    /// Where its proof is served.
    pub(crate) fn proof(&self) -> String {
        format!("/app/proof/{}/{}/{}", self.box_id, self.cleaning.of.epoch, self.cleaning.of.seq)
    }

    /// The page of its item.
    pub(crate) fn href(&self) -> String {
        format!("/app/f/{}/e/{}", self.facility, self.cleaning.tag)
    }

    /// Where the page after it begins.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            performed_ms: self.cleaning.performed_ms,
            box_id: self.box_id.to_string(),
            epoch: self.cleaning.of.epoch.to_string(),
            seq: i64::try_from(self.cleaning.of.seq).unwrap_or(i64::MAX),
        }
    }
}

/// One line of a list of latest cleanings.
#[derive(Debug, Clone)]
pub(crate) struct FeedRow {
    pub(crate) item: String,
    pub(crate) href: String,
    pub(crate) place: Option<String>,
    pub(crate) who: String,
    pub(crate) badges: Vec<Badge>,
    pub(crate) photo: Option<String>,
    pub(crate) voided: Option<String>,
    pub(crate) at: Moment,
}

impl FeedRow {
    /// Of a cleaning; `place` is said where a list shows several facilities.
    pub(crate) fn of(told: &Told, place: Option<String>, wall: &Wall) -> Self {
        Self {
            item: told.item(),
            href: told.href(),
            place,
            who: told.who(),
            badges: told.badges(),
            photo: told.photos().into_iter().next(),
            voided: told.cleaning.voided.map(|_| "Both entries stay.".to_owned()),
            at: wall.clock(told.cleaning.performed_ms),
        }
    }
}

/// Reads rows of a page of history with the names that belong to them.
pub(crate) async fn told(
    conn: &mut Conn,
    scope: AccountScope,
    rows: Vec<CleaningRow>,
) -> Result<Vec<Told>, DbError> {
    let mut all: Vec<Told> = Vec::with_capacity(rows.len());
    let mut names: HashMap<StaffId, Option<String>> = HashMap::new();
    for row in rows {
        let text = row.text.as_deref().map(|line| TextLine::parse(line.as_bytes())).transpose();
        let text = text.map_err(|e| DbError::stored("text", e))?;
        let told = read(row)?;
        let same = all.last_mut().filter(|t| t.box_id == told.box_id && t.cleaning.of == told.cleaning.of);
        let told = match same {
            Some(same) => same,
            None => {
                all.push(told);
                let Some(last) = all.last_mut() else { continue };
                if let Who::Pin { staff } | Who::Badge { staff } | Who::Login { staff } = last.cleaning.who {
                    if !names.contains_key(&staff) {
                        names.insert(staff, staff_name(conn, scope, last.facility, staff).await?);
                    }
                    last.name = names.get(&staff).cloned().flatten();
                }
                last
            }
        };
        match (text, told.cleaning.who) {
            (Some(text), Who::Typed { name }) if name.hash == text.hash() => {
                told.name = Some(text.text().to_owned());
            }
            // A cleaning has two texts at most: who and a note.
            (Some(text), _) => told.note = Some(text.text().to_owned()),
            (None, _) => {}
        }
    }
    Ok(all)
}

fn read(row: CleaningRow) -> Result<Told, DbError> {
    let epoch: Epoch = row.epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
    let cleaning: Cleaning = serde_json::from_str(&row.body).map_err(|e| DbError::stored("cleaning", e))?;
    if cleaning.of.epoch != epoch {
        return Err(DbError::stored("cleaning", "its epoch is not that of its row"));
    }
    let equipment = row.equipment.as_deref().map(serde_json::from_str).transpose();
    Ok(Told {
        box_id: row.box_id.parse().map_err(|e| DbError::stored("box id", e))?,
        facility: row.facility.parse().map_err(|e| DbError::stored("facility id", e))?,
        cleaning,
        equipment: equipment.map_err(|e| DbError::stored("equipment", e))?,
        name: None,
        note: None,
    })
}

/// A person's name, unless it was erased.
pub(crate) async fn staff_name(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    staff: StaffId,
) -> Result<Option<String>, DbError> {
    let Some(body) = dashboard::row(conn, scope, facility, "staff", &staff.to_string()).await? else {
        return Ok(None);
    };
    let staff: Staff = serde_json::from_str(&body).map_err(|e| DbError::stored("staff", e))?;
    entries::text(conn, scope, staff.name).await
}
