//! How an item stands, in the words and colours that are the same on every page.

use std::ops::Range;
use std::sync::Arc;

use record::compliance::{Courses, Status};
use record::fold::{Activity, Equipment, Service, Settings};

use crate::web::view_models::formats::{Local, about};

/// The finest that words tell of time.
const MINUTE_MS: i64 = 60_000;

/// The tag behind an item's name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// `ok`, `due`, `late` or nothing.
    pub(crate) class: &'static str,
    /// For lists: `5 h late`, `By 19:00`, `Clean`.
    pub(crate) short: String,
    /// For the item's own pages: `Due by 19:00`.
    pub(crate) long: String,
    /// Whether entries that are missing may say otherwise.
    pub(crate) is_unsure: bool,
}

/// One item in a list.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) item: Arc<Equipment>,
    pub(crate) activity: Option<Arc<Activity>>,
    pub(crate) standing: Standing,
    pub(crate) status: Status,
    /// When the status is this one with no new entry.
    status_ms: Range<i64>,
    /// When the words are these.
    words_ms: Range<i64>,
}

fn courses(settings: &Settings, item: &Equipment, activity: Option<&Activity>) -> Courses {
    Courses::new(settings, item, activity.map(|a| a.uses.clone()).unwrap_or_default())
}

/// Whether entries that are missing may say otherwise: nothing in the log that is here whole says when it was cleaned last.
fn may_be_otherwise(status: &Status, activity: Option<&Activity>, local: &Local) -> bool {
    let is_known = |epoch| activity.and_then(|a| a.last.as_ref()).is_some_and(|last| last.of.epoch == epoch);
    let calms = matches!(status, Status::NoSchedule | Status::NotDue | Status::Clean { .. });
    calms && local.gap_before().is_some_and(|epoch| !is_known(epoch))
}

/// In words.
fn standing(item: &Equipment, status: &Status, activity: Option<&Activity>, local: &Local) -> Standing {
    let said = |class, short: &str, long: &str| Standing {
        class,
        short: short.to_owned(),
        long: long.to_owned(),
        is_unsure: false,
    };
    if item.service == Service::Retired {
        return said("", "Retired", "Retired");
    }
    if may_be_otherwise(status, activity, local) {
        return Standing {
            is_unsure: true,
            ..said("", "Not known", "Not known: a part of the history is missing")
        };
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
                if late_ms < MINUTE_MS { "Just late".to_owned() } else { format!("{} late", about(late_ms)) };
            said("late", &late, &late)
        }
    }
}

impl Row {
    /// Worked out from what the facility's rows say.
    pub(crate) fn of(
        settings: &Settings,
        item: &Arc<Equipment>,
        activity: Option<&Arc<Activity>>,
        local: &Local,
    ) -> Self {
        let now_ms = local.now_ms();
        let known = activity.map(AsRef::as_ref);
        let courses = courses(settings, item, known);
        let status = courses.status(known, now_ms);
        let until_ms = courses.next_change_ms(now_ms).unwrap_or(i64::MAX);
        Self {
            standing: standing(item, &status, known, local),
            words_ms: words_ms(&status, now_ms),
            item: item.clone(),
            activity: activity.cloned(),
            status,
            status_ms: now_ms..until_ms,
        }
    }

    /// The same status in the words of now.
    pub(crate) fn said_anew(&self, local: &Local) -> Self {
        Self {
            standing: standing(&self.item, &self.status, self.activity.as_deref(), local),
            words_ms: words_ms(&self.status, local.now_ms()),
            ..self.clone()
        }
    }

    /// Whether it was worked out from these very rows, and nothing was changed in them since.
    pub(crate) fn is_of(&self, item: &Arc<Equipment>, activity: Option<&Arc<Activity>>) -> bool {
        Arc::ptr_eq(&self.item, item) && is_same(self.activity.as_ref(), activity)
    }

    /// Until when the status stays this one if nothing is recorded.
    pub(crate) fn status_ends_ms(&self) -> i64 {
        self.status_ms.end
    }

    pub(crate) fn has_status_at(&self, now_ms: i64) -> bool {
        self.status_ms.contains(&now_ms)
    }

    pub(crate) fn has_words_at(&self, now_ms: i64) -> bool {
        self.words_ms.contains(&now_ms)
    }

    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.status, Status::Overdue { .. })
    }

    pub(crate) fn is_due(&self) -> bool {
        matches!(self.status, Status::Due { .. } | Status::DueAfterUse { .. })
    }

    /// The order of lists: the most urgent first.
    pub(crate) fn order(&self) -> (u8, i64, &str, record::tag::Tag) {
        let (urgency, ms) = self.status.order();
        (urgency, ms, &self.item.name, self.item.tag)
    }
}

/// Whether two are the very same, or both are missing.
pub(crate) fn is_same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    one.map(Arc::as_ptr) == other.map(Arc::as_ptr)
}

/// Deadlines are said by the day, which changes at a minute; how late something is, by the minutes since it was due.
fn words_ms(status: &Status, now_ms: i64) -> Range<i64> {
    let phase_ms = match status {
        Status::Overdue { since_ms } => since_ms.rem_euclid(MINUTE_MS),
        _ => 0,
    };
    let begun_ms = now_ms - (now_ms - phase_ms).rem_euclid(MINUTE_MS);
    begun_ms..begun_ms + MINUTE_MS
}
