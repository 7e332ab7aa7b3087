//! An item: what a facility says of it, and how it stands.

use record::compliance::{DueCause, DueReason, ItemStatus};
use record::fold::{self, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{CivilDay, EquipmentFacts, Schedule};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;

use crate::utc_text;

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EquipmentStatus {
    /// It has no schedule.
    NoSchedule,
    /// It is out of service.
    OutOfService,
    /// Nothing is due yet.
    NotDue,
    /// It is clean.
    Clean,
    /// It is due.
    Due,
    /// It was used since it was cleaned.
    DueAfterUse,
    /// It is overdue.
    Overdue,
}

/// A schedule for one of an item's protocols, or for any.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProtocolSchedule {
    /// Which protocol; null: any.
    protocol: Option<ProtocolId>,
    /// How often.
    schedule: Schedule,
}

impl ProtocolSchedule {
    /// Those that an item has.
    pub fn all_of(item: &fold::Equipment) -> Vec<Self> {
        let schedules = item.schedules().into_iter();
        schedules.map(|(protocol, schedule)| Self { protocol, schedule: schedule.clone() }).collect()
    }
}

/// A recorded cleaning that leaves its item due.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DueBecause {
    /// `incomplete`, `voided`, `too_late` (recorded more than 72 hours after it was done), or `before` (a late entry of what
    /// was done before that which is due now began).
    reason: DueReason,
    /// When it was done (RFC 3339, UTC).
    cleaned_at: String,
    /// What it lacks, in the words of a cleaning’s `missing`.
    missing: Vec<&'static str>,
}

impl DueBecause {
    fn of(cause: &DueCause) -> Self {
        let missing = cause.missing.iter().map(|part| part.word()).collect();
        Self { reason: cause.reason, cleaned_at: utc_text(cause.performed_ms), missing }
    }
}

/// When an item was cleaned last.
#[derive(Debug, Clone, Copy)]
pub struct NewestCleaning {
    /// Milliseconds since 1970.
    pub performed_ms: i64,
    /// Whether that is a guess: the clock was not set, and nobody has said since what the time was.
    pub is_uncertain: bool,
}

/// What due windows say of an item now. Times are milliseconds since 1970.
#[derive(Debug, Clone)]
pub struct EquipmentDueState {
    /// How it stands.
    pub status: EquipmentStatus,
    /// Until when it is to be cleaned, or until when it is clean.
    pub by_ms: Option<i64>,
    /// Since when it stands so, where that has a beginning.
    pub since_ms: Option<i64>,
    /// The recorded cleaning that leaves it due.
    pub cause: Option<DueCause>,
    /// Absent where it never was cleaned.
    pub newest: Option<NewestCleaning>,
}

impl EquipmentDueState {
    /// As `record` counts it.
    pub fn of(status: ItemStatus, cause: Option<DueCause>, newest: Option<NewestCleaning>) -> Self {
        let (status, by_ms, since_ms) = match status {
            ItemStatus::NoSchedule => (EquipmentStatus::NoSchedule, None, None),
            ItemStatus::OutOfService { since_ms } => (EquipmentStatus::OutOfService, None, Some(since_ms)),
            ItemStatus::NotDue => (EquipmentStatus::NotDue, None, None),
            ItemStatus::Clean { until_ms } => (EquipmentStatus::Clean, until_ms, None),
            ItemStatus::Due { by_ms } => (EquipmentStatus::Due, Some(by_ms), None),
            ItemStatus::DueAfterUse { since_ms, by_ms } => {
                (EquipmentStatus::DueAfterUse, Some(by_ms), Some(since_ms))
            }
            ItemStatus::Overdue { since_ms } => (EquipmentStatus::Overdue, None, Some(since_ms)),
        };
        Self { status, by_ms, since_ms, cause, newest }
    }
}

/// An item.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EquipmentCore")]
pub struct Equipment {
    /// Its first tag, which names it for good.
    pub tag: Tag,
    #[serde(flatten)]
    facts: EquipmentFacts,
    /// Whether it is used.
    service: ServiceState,
    /// When it is expected back in service; null where nobody has said.
    back: Option<CivilDay>,
    /// How it stands.
    status: EquipmentStatus,
    /// Until when it is to be cleaned, or until when it is clean (RFC 3339, UTC); null where neither has an end.
    due_by: Option<String>,
    /// Since when it stands so (RFC 3339, UTC), where that has a beginning.
    status_since: Option<String>,
    /// The recorded cleaning that leaves it due, and why; null where it is not due, or none was recorded that could count.
    due_because: Option<DueBecause>,
    /// The schedule that a cleaning by any protocol meets.
    schedule: Option<Schedule>,
    /// All its schedules.
    schedules: Vec<ProtocolSchedule>,
    /// When it was cleaned last (RFC 3339, UTC); null where it never was.
    last_cleaned_at: Option<String>,
    /// Whether that is a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
    /// When it was added (RFC 3339, UTC).
    added_at: String,
}

impl Equipment {
    /// An item as the state of its facility has it.
    pub fn of(item: &fold::Equipment, due: &EquipmentDueState) -> Self {
        Self {
            tag: item.tag,
            facts: item.facts.clone(),
            service: item.service,
            back: item.outage().and_then(|outage| outage.back),
            status: due.status,
            due_by: due.by_ms.map(utc_text),
            status_since: due.since_ms.map(utc_text),
            due_because: due.cause.as_ref().map(DueBecause::of),
            schedule: item.schedule(None).cloned(),
            schedules: ProtocolSchedule::all_of(item),
            last_cleaned_at: due.newest.map(|newest| utc_text(newest.performed_ms)),
            time_uncertain: due.newest.is_some_and(|newest| newest.is_uncertain),
            added_at: utc_text(item.added_ms),
        }
    }
}
