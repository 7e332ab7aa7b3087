//! What waits for somebody at the facility: one row a code and subject while it is so, in `state.redb`.
//!
//! Unlike a storage alarm, which stays until somebody has read it, a row is deleted when its condition ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::compliance::{ItemStatus, ItemTimelines};
use record::fold::{EquipmentActivity, FacilityState, OpenProblem, ServiceState};
use record::kinds::CivilDay;
use record::messages::HealthAlarm;
use record::tree::Hash;
use redb::{ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde::{Deserialize, Serialize};

use super::AlarmAcknowledgement;
use crate::store::StateDb;

/// Rows as JSON, by code and subject.
const ALARMS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("alarms");
/// Rows altogether; further ones are raised once others are over.
const ROWS_MAX: usize = 500;
/// Days before its end at which a reminder about a sign-off is raised, and raised once more.
const SIGN_OFF_DAYS: [i32; 2] = [30, 7];
/// The same before the day of an inspection.
const INSPECTION_DAYS: [i32; 3] = [30, 7, 1];
pub const SNOOZE_HOURS_MAX: u32 = 168;
/// Overdue items are one row together, raised again by each that is added: lists name them.
pub const OVERDUE_SUBJECT: &str = "equipment";
const HOUR_MS: i64 = 3_600_000;

/// What somebody is asked to see to, the most pressing first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReminderCode {
    /// Somebody reported that something is wrong with an item.
    ProblemReported,
    /// Items are overdue.
    ItemsOverdue,
    /// Strangers enter PINs for somebody.
    PinTries,
    /// A contact time was started, and no cleaning recorded.
    BegunNotRecorded,
    /// A phone holds records that are older than a day.
    PhoneWaits,
    /// A phone seldom gives the photo that it is asked for.
    PhotoMissing,
    /// The day of an inspection comes near.
    InspectionNear,
    /// A person’s sign-off for a protocol ends.
    CompetencyEnds,
    /// A program’s token ends.
    TokenEnds,
}

impl ReminderCode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProblemReported => "problem-reported",
            Self::ItemsOverdue => "items-overdue",
            Self::PinTries => "pin-tries",
            Self::BegunNotRecorded => "begun-not-recorded",
            Self::PhoneWaits => "phone-waits",
            Self::PhotoMissing => "photo-missing",
            Self::InspectionNear => "inspection-near",
            Self::CompetencyEnds => "competency-ends",
            Self::TokenEnds => "token-ends",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenReminder {
    /// Names it in addresses: eight hex digits.
    pub id: String,
    pub code: ReminderCode,
    /// An item’s tag, [`OVERDUE_SUBJECT`], the day of an inspection, the device of a phone, the id of a person or token, or the ids of a person and a protocol with a space
    /// between.
    pub subject: String,
    pub first_ms: i64,
    pub count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<AlarmAcknowledgement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_ms: Option<i64>,
}

impl OpenReminder {
    /// Whether nobody has seen it, nor put it off for now.
    pub fn is_pressing(&self, now_ms: i64) -> bool {
        self.seen.is_none() && self.snoozed_ms.is_none_or(|until_ms| until_ms <= now_ms)
    }

    pub fn reported(&self, now_ms: i64) -> HealthAlarm {
        HealthAlarm {
            code: self.code.as_str().to_owned(),
            subject: Some(self.subject.clone()),
            since: self.first_ms,
            over: None,
            seen: !self.is_pressing(now_ms),
        }
    }

    fn key(&self) -> String {
        format!("{}/{}", self.code.as_str(), self.subject)
    }
}

/// Why a row was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    #[error("nothing with this id waits for somebody")]
    Unknown,
    #[error("it could not be written down: {0}")]
    Unsaved(#[from] redb::Error),
}

/// The rows, shared by all who raise and show them.
pub struct ReminderTable {
    db: StateDb,
    rows: Mutex<BTreeMap<String, OpenReminder>>,
}

impl ReminderTable {
    /// Reads what there was when the box ended; a row that cannot be read is raised again where it still holds.
    ///
    /// # Errors
    /// The database's.
    pub fn open(db: impl Into<StateDb>) -> Result<Self, redb::Error> {
        let table = Self { db: db.into(), rows: Mutex::default() };
        table.write(&[], &[])?;
        let mut rows = BTreeMap::new();
        let read = table.db.db().begin_read()?;
        for row in read.open_table(ALARMS)?.iter()? {
            let (key, value) = row?;
            if let Ok(row) = serde_json::from_slice(value.value()) {
                rows.insert(key.value().to_owned(), row);
            }
        }
        *table.rows() = rows;
        Ok(table)
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<String, OpenReminder>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, changed: &[&OpenReminder], gone: &[&String]) -> Result<(), redb::Error> {
        let write = self.db.db().begin_write()?;
        {
            let mut table = write.open_table(ALARMS)?;
            for row in changed {
                // Strings and integers: JSON takes them all.
                let json = serde_json::to_vec(row).unwrap_or_default();
                table.insert(row.key().as_str(), json.as_slice())?;
            }
            for key in gone {
                table.remove(key.as_str())?;
            }
        }
        write.commit()?;
        Ok(())
    }

    /// All of them: those first that nobody has seen, then by how pressing they are, the oldest first.
    pub fn all(&self, now_ms: i64) -> Vec<OpenReminder> {
        let mut all: Vec<OpenReminder> = self.rows().values().cloned().collect();
        all.sort_by_key(|row| (!row.is_pressing(now_ms), row.code, row.first_ms));
        all
    }

    /// The present subjects of a code, each with its count: new ones are raised, others end.
    ///
    /// # Errors
    /// The database's: nothing changed.
    pub fn replace_open(
        &self,
        code: ReminderCode,
        open: &BTreeMap<String, u32>,
        now_ms: i64,
    ) -> Result<(), redb::Error> {
        let mut rows = self.rows();
        let mut after = rows.clone();
        after.retain(|_, row| row.code != code || open.contains_key(&row.subject));
        for (subject, count) in open {
            let key = format!("{}/{subject}", code.as_str());
            let is_full = after.len() >= ROWS_MAX;
            match after.get_mut(&key) {
                // One more that nobody has seen.
                Some(row) if row.count < *count => {
                    *row = OpenReminder { count: *count, seen: None, snoozed_ms: None, ..row.clone() };
                }
                Some(row) => row.count = *count,
                None if is_full => {}
                None => {
                    let id = Hash::of(format!("{key} {now_ms}").as_bytes()).to_string()[..8].to_owned();
                    let (first_ms, count) = (now_ms, *count);
                    let (seen, snoozed_ms) = (None, None);
                    let subject = subject.clone();
                    after.insert(key, OpenReminder { id, code, subject, first_ms, count, seen, snoozed_ms });
                }
            }
        }
        let changed: Vec<_> = after.iter().filter(|(key, row)| rows.get(*key) != Some(*row)).collect();
        let changed: Vec<_> = changed.into_iter().map(|(_, row)| row).collect();
        let gone: Vec<_> = rows.keys().filter(|key| !after.contains_key(*key)).collect();
        // A look that finds nothing new writes nothing.
        if !changed.is_empty() || !gone.is_empty() {
            self.write(&changed, &gone)?;
            *rows = after;
        }
        Ok(())
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut OpenReminder)) -> Result<(), ReminderError> {
        let mut rows = self.rows();
        let found = rows.values().find(|row| row.id == id).ok_or(ReminderError::Unknown)?;
        let mut row = found.clone();
        change(&mut row);
        if row != *found {
            self.write(&[&row], &[])?;
            rows.insert(row.key(), row);
        }
        Ok(())
    }

    /// Notes durably that somebody has seen it.
    ///
    /// # Errors
    /// [`ReminderError`]: it stays as it was.
    pub fn acknowledge(&self, id: &str, seen: AlarmAcknowledgement) -> Result<(), ReminderError> {
        self.change(id, |row| row.seen = row.seen.take().or(Some(seen)))
    }

    /// Puts it off for some hours.
    ///
    /// # Errors
    /// [`ReminderError`]: it stays as it was.
    pub fn snooze(&self, id: &str, hours: u32, now_ms: i64) -> Result<(), ReminderError> {
        let until_ms = now_ms.saturating_add(i64::from(hours.min(SNOOZE_HOURS_MAX)) * HOUR_MS);
        self.change(id, |row| row.snoozed_ms = Some(until_ms))
    }

    /// Looks at what the log says: open reports, overdue items, sign-offs that end, and the inspection that comes.
    ///
    /// # Errors
    /// The database's.
    pub fn look_round(&self, facility: &FacilityState, now_ms: i64) -> Result<(), redb::Error> {
        let today = local_day(facility.settings.zone(), now_ms);
        let ending = today.map(|today| ending_sign_offs(facility, today)).unwrap_or_default();
        let near = today.map(|today| near_inspection(facility, today)).unwrap_or_default();
        self.replace_open(ReminderCode::ProblemReported, &open_reports(facility), now_ms)?;
        self.replace_open(ReminderCode::ItemsOverdue, &overdue_items(facility, now_ms), now_ms)?;
        self.replace_open(ReminderCode::InspectionNear, &near, now_ms)?;
        self.replace_open(ReminderCode::CompetencyEnds, &ending, now_ms)
    }
}

fn local_day(zone: &str, ms: i64) -> Option<CivilDay> {
    let zone = record::compliance::find_zone(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let at = jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(zone);
    at.strftime("%Y-%m-%d").to_string().parse().ok()
}

fn open_reports(facility: &FacilityState) -> BTreeMap<String, u32> {
    let items = facility.activity.iter().filter(|(_, row)| !row.problems.is_empty());
    let counts = items.map(|(tag, row)| {
        let count = row.problems.iter().map(OpenProblem::count).fold(0, u32::saturating_add);
        (tag.to_string(), count)
    });
    counts.collect()
}

fn overdue_items(facility: &FacilityState, now_ms: i64) -> BTreeMap<String, u32> {
    let mut count = 0_u32;
    for item in facility.equipment.values().filter(|item| item.service != ServiceState::Retired) {
        let activity = facility.activity.get(&item.tag).map(|activity| &**activity);
        let uses = activity.map(EquipmentActivity::use_times).unwrap_or_default();
        let status = ItemTimelines::new(&facility.settings, item, uses).status(activity, now_ms);
        count += u32::from(matches!(status, ItemStatus::Overdue { .. }));
    }
    (count > 0).then(|| (OVERDUE_SUBJECT.to_owned(), count)).into_iter().collect()
}

/// How many of the days before another have come: each is news.
fn count_come(steps: &[i32], left: i32) -> u32 {
    u32::try_from(steps.iter().filter(|days| left <= **days).count()).unwrap_or(u32::MAX)
}

/// From 30 days before until it is over.
fn near_inspection(facility: &FacilityState, today: CivilDay) -> BTreeMap<String, u32> {
    let day = facility.settings.inspection.day.0.filter(|day| day.number() >= today.number());
    let come = day.map(|day| (day.to_string(), count_come(&INSPECTION_DAYS, day.number() - today.number())));
    come.filter(|(_, count)| *count > 0).into_iter().collect()
}

fn ending_sign_offs(facility: &FacilityState, today: CivilDay) -> BTreeMap<String, u32> {
    let mut ending = BTreeMap::new();
    for (staff, row) in &facility.competency {
        if facility.staff.get(staff).is_none_or(|person| person.left) {
            continue;
        }
        for (protocol, grant) in &row.protocols {
            let Some(until) = grant.until.filter(|_| !grant.ended) else { continue };
            let come = count_come(&SIGN_OFF_DAYS, until.number() - today.number());
            if come > 0 {
                ending.insert(format!("{staff} {protocol}"), come);
            }
        }
    }
    ending
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use redb::Database;
    use redb::backends::InMemoryBackend;

    use super::*;
    use crate::alarms::AlarmReader;

    const NOW_MS: i64 = 1_795_205_071_000;

    fn database() -> Arc<Database> {
        Arc::new(Database::builder().create_with_backend(InMemoryBackend::new()).unwrap())
    }

    fn standing(subjects: &[(&str, u32)]) -> BTreeMap<String, u32> {
        subjects.iter().map(|(subject, count)| ((*subject).to_owned(), *count)).collect()
    }

    #[test]
    fn a_row_stands_as_long_as_what_it_tells_of() {
        let db = database();
        let table = ReminderTable::open(db.clone()).unwrap();
        let code = ReminderCode::ProblemReported;
        table.replace_open(code, &standing(&[("A", 1), ("B", 1)]), NOW_MS).unwrap();
        table.replace_open(ReminderCode::BegunNotRecorded, &standing(&[("A", 1)]), NOW_MS).unwrap();
        let all = table.all(NOW_MS);
        assert_eq!(all.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["A", "B", "A"]);
        let seen = || AlarmAcknowledgement { by: AlarmReader::default(), at_ms: NOW_MS };
        table.acknowledge(&all[0].id, seen()).unwrap();
        table.snooze(&all[1].id, 4, NOW_MS).unwrap();
        assert!(matches!(table.acknowledge("x", seen()), Err(ReminderError::Unknown)));
        let table = ReminderTable::open(db).unwrap();
        let pressing = |at_ms| table.all(at_ms).iter().filter(|row| row.is_pressing(at_ms)).count();
        assert_eq!((pressing(NOW_MS), pressing(NOW_MS + 4 * HOUR_MS)), (1, 2), "over a restart too");
        table.replace_open(code, &standing(&[("A", 2), ("B", 1)]), NOW_MS + 1).unwrap();
        assert_eq!(pressing(NOW_MS), 2, "one more that nobody has seen");
        assert_eq!(table.all(NOW_MS)[0].first_ms, NOW_MS, "it stands since the first");
        table.replace_open(code, &standing(&[]), NOW_MS + 2).unwrap();
        assert_eq!(table.all(NOW_MS).len(), 1);
    }

    #[test]
    fn an_inspection_is_told_of_a_month_a_week_and_a_day_before() {
        let mut facility = FacilityState::default();
        let day = local_day("UTC", NOW_MS).unwrap();
        Arc::make_mut(&mut facility.settings).inspection.day = record::kinds::DayChange(Some(day));
        let told = |left: i32| near_inspection(&facility, CivilDay::of_number(day.number() - left).unwrap());
        let counts = [31, 30, 8, 7, 2, 1, 0].map(|left| told(left).values().copied().next().unwrap_or(0));
        assert_eq!(counts, [0, 1, 1, 2, 2, 3, 3]);
        assert!(told(-1).is_empty(), "it is over");
    }

    #[test]
    fn there_are_no_more_rows_than_fit_and_a_look_that_finds_nothing_writes_nothing() {
        let table = ReminderTable::open(database()).unwrap();
        let many: BTreeMap<String, u32> = (0..600).map(|n| (format!("{n:03}"), 1)).collect();
        let code = ReminderCode::BegunNotRecorded;
        table.replace_open(code, &many, NOW_MS).unwrap();
        let all = table.all(NOW_MS);
        assert_eq!(all.len(), ROWS_MAX);
        table.replace_open(code, &many, NOW_MS + 9).unwrap();
        assert_eq!(table.all(NOW_MS), all);
    }
}
