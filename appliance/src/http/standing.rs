//! How an item stands, in the words and colours that are the same on every page.

use record::compliance::{Courses, Status};
use record::fold::{Activity, Equipment, Facility, Service};
use record::tag::Tag;

use super::words::{Local, about};

/// The tag behind an item's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// `ok`, `due`, `late` or nothing.
    pub(super) class: &'static str,
    /// For lists: `5 h late`, `By 19:00`, `Clean`.
    pub(super) short: String,
    /// For the item's own pages: `Due by 19:00`.
    pub(super) long: String,
}

/// One item in a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) tag: Tag,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) standing: Standing,
    pub(super) status: Status,
}

/// How an item stands now.
pub(super) fn status(facility: &Facility, item: &Equipment, now_ms: i64) -> Status {
    let activity = facility.activity.get(&item.tag).map(AsRef::as_ref);
    let uses = activity.map(|a: &Activity| a.uses.clone()).unwrap_or_default();
    Courses::new(&facility.settings, item, uses).status(activity, now_ms)
}

/// In words.
pub(super) fn standing(item: &Equipment, status: &Status, local: &Local) -> Standing {
    let said =
        |class, short: &str, long: &str| Standing { class, short: short.to_owned(), long: long.to_owned() };
    if item.service == Service::Retired {
        return said("", "Retired", "Retired");
    }
    match *status {
        Status::NoSchedule => said("", "No schedule", "No schedule"),
        Status::OutOfService { .. } => said("", "Out of service", "Out of service"),
        Status::NotDue => said("", "Not due", "Not due"),
        Status::Clean { until_ms: None } => said("ok", "Clean", "Clean until used"),
        Status::Clean { until_ms: Some(ms) } => {
            said("ok", "Clean", &format!("Clean until {}", local.deadline(ms)))
        }
        Status::Due { by_ms } => {
            let by = local.deadline(by_ms);
            said("due", &format!("By {by}"), &format!("Due by {by}"))
        }
        Status::DueAfterUse { .. } => said("due", "After use", "Due after use"),
        Status::Overdue { since_ms } => {
            let late_ms = local.now_ms() - since_ms;
            let late =
                if late_ms < 60_000 { "Just late".to_owned() } else { format!("{} late", about(late_ms)) };
            said("late", &late, &late)
        }
    }
}

/// Every item that is not retired, the most urgent first.
pub(super) fn rows(facility: &Facility, local: &Local) -> Vec<Row> {
    let items = facility.equipment.values().filter(|item| item.service != Service::Retired);
    let mut rows: Vec<Row> = items.map(|item| row(facility, item, local)).collect();
    rows.sort_by(|a, b| (a.status.order(), &a.name, a.tag).cmp(&(b.status.order(), &b.name, b.tag)));
    rows
}

/// One item.
pub(super) fn row(facility: &Facility, item: &Equipment, local: &Local) -> Row {
    let status = status(facility, item, local.now_ms());
    let standing = standing(item, &status, local);
    Row { tag: item.tag, name: item.name.clone(), place: item.location.clone(), standing, status }
}

impl Row {
    pub(super) fn is_overdue(&self) -> bool {
        matches!(self.status, Status::Overdue { .. })
    }

    pub(super) fn is_due(&self) -> bool {
        matches!(self.status, Status::Due { .. } | Status::DueAfterUse { .. })
    }
}
