//! An item's status, in the words and colours that are the same on every page.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use history::{HistoryWords, word_due_cause};
use record::compliance::{DueCause, ItemStatus, ItemTimelines};
use record::fold::{Equipment, EquipmentActivity, FacilitySettings, ServiceState};
use record::tag::Tag;
use words::{S0, SafeHtml, WordSet as _, fill_slots};

use crate::web::view_models::page::formats::LocalTime;
use crate::web::view_models::page::snapshot::missing_words;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::HomeWords;

const MINUTE_MS: i64 = 60_000;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StatusBadge {
    /// `ok`, `due`, `late` or nothing.
    pub(crate) class: &'static str,
    /// For lists: `5 h late`, `By 19:00`, `Clean`.
    pub(crate) short: String,
    /// For the item's own pages: `Due by 19:00`.
    pub(crate) long: String,
    pub(crate) is_unsure: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct ItemRow {
    pub(crate) item: Arc<Equipment>,
    pub(crate) activity: Option<Arc<EquipmentActivity>>,
    pub(crate) status: ItemStatus,
    /// Why it is due though a cleaning was recorded.
    pub(crate) cause: Option<DueCause>,
    status_ms: Range<i64>,
}

pub(crate) struct ListedItem {
    pub(crate) item: Arc<Equipment>,
    pub(crate) badge: StatusBadge,
    pub(crate) cause: Option<String>,
    pub(crate) being_cleaned: Option<String>,
}

fn item_timelines(
    settings: &FacilitySettings,
    item: &Equipment,
    activity: Option<&EquipmentActivity>,
) -> ItemTimelines {
    ItemTimelines::new(settings, item, activity.map(EquipmentActivity::use_times).unwrap_or_default())
}

/// Whether entries that are missing may say otherwise: no completely available part of the log says when it was last cleaned.
fn may_be_otherwise(status: &ItemStatus, activity: Option<&EquipmentActivity>, local: &LocalTime) -> bool {
    let last = activity.and_then(|a| a.last.as_ref());
    let calms = matches!(status, ItemStatus::NoSchedule | ItemStatus::NotDue | ItemStatus::Clean { .. });
    calms && local.gap_before().is_some_and(|epoch| last.is_none_or(|last| last.of.epoch != epoch))
}

impl StatusBadge {
    /// Without a colour, and with the same words in lists and on the item's own pages.
    fn plain(words: String) -> Self {
        Self { short: words.clone(), long: words, ..Self::default() }
    }

    fn due(short: String, long: String) -> Self {
        Self { class: "due", short, long, is_unsure: false }
    }

    fn clean(short: String, long: String) -> Self {
        Self { class: "ok", short, long, is_unsure: false }
    }
}

impl ItemRow {
    pub(crate) fn of(
        settings: &FacilitySettings,
        item: &Arc<Equipment>,
        activity: Option<&Arc<EquipmentActivity>>,
        local: &LocalTime,
    ) -> Self {
        let now_ms = local.now_ms();
        let known = activity.map(AsRef::as_ref);
        let courses = item_timelines(settings, item, known);
        let status = courses.status(known, now_ms);
        let until_ms = courses.next_change_ms(now_ms).unwrap_or(i64::MAX);
        let cause = courses.due_cause(known, now_ms);
        Self { item: item.clone(), activity: activity.cloned(), status, cause, status_ms: now_ms..until_ms }
    }

    /// Until when it is what its badge says, where the badge says so.
    pub(crate) fn deadline_ms(&self) -> Option<i64> {
        match self.status {
            ItemStatus::Clean { until_ms } => until_ms,
            ItemStatus::Due { by_ms } => Some(by_ms),
            _ => None,
        }
    }

    pub(crate) fn badge(&self, wording: &PageWording) -> StatusBadge {
        let words = wording.words();
        if self.item.service == ServiceState::Retired {
            return StatusBadge::plain(words.item_retired());
        }
        if may_be_otherwise(&self.status, self.activity.as_deref(), wording.local()) {
            let (short, long) = (words.item_unknown(), words.item_unknown_long());
            return StatusBadge { class: "", short, long, is_unsure: true };
        }
        match self.status {
            ItemStatus::NoSchedule => StatusBadge::plain(words.item_no_schedule()),
            ItemStatus::OutOfService { .. } => StatusBadge::plain(words.item_out_of_service()),
            ItemStatus::NotDue => StatusBadge::plain(words.item_not_due()),
            ItemStatus::Clean { until_ms: None } => {
                StatusBadge::clean(words.item_clean(), words.item_clean_until_used())
            }
            ItemStatus::Clean { until_ms: Some(ms) } => {
                StatusBadge::clean(words.item_clean(), words.item_clean_until(wording.deadline(ms)))
            }
            ItemStatus::Due { by_ms } => {
                let by = wording.deadline(by_ms);
                StatusBadge::due(words.item_by(&by), words.item_due_by(&by))
            }
            ItemStatus::DueAfterUse { .. } => {
                StatusBadge::due(words.item_after_use(), words.item_due_after_use())
            }
            ItemStatus::Overdue { since_ms } => {
                let late_ms = wording.local().now_ms() - since_ms;
                let late = if late_ms < MINUTE_MS {
                    words.item_just_late()
                } else {
                    words.item_late(wording.about(late_ms))
                };
                StatusBadge { class: "late", ..StatusBadge::plain(late) }
            }
        }
    }

    pub(crate) fn word_cause(&self, wording: &PageWording) -> Option<String> {
        self.cause.as_ref().map(|cause| {
            let words = HistoryWords::in_locale(wording.locale());
            word_due_cause(words, wording.dates(), cause, missing_words(wording.words(), &cause.missing))
        })
    }

    pub(crate) fn word_next(&self, wording: &PageWording, words: HomeWords) -> Option<SafeHtml> {
        let sentence = match self.status {
            ItemStatus::Due { by_ms } => words.list_next_by(S0, wording.deadline(by_ms)),
            ItemStatus::DueAfterUse { .. } => words.list_next_after_use(S0),
            _ => return None,
        };
        Some(fill_slots(sentence, [SafeHtml::entered(&self.item.facts.name)]))
    }

    pub(crate) fn list(&self, wording: &PageWording, being_cleaned: &BTreeSet<Tag>) -> ListedItem {
        let is_at_work = being_cleaned.contains(&self.item.tag);
        ListedItem {
            item: self.item.clone(),
            badge: self.badge(wording),
            cause: self.word_cause(wording),
            being_cleaned: is_at_work.then(|| wording.words().item_being_cleaned()),
        }
    }

    /// Whether it was computed from these very rows, and nothing was changed in them since.
    pub(crate) fn is_of(&self, item: &Arc<Equipment>, activity: Option<&Arc<EquipmentActivity>>) -> bool {
        Arc::ptr_eq(&self.item, item) && is_same(self.activity.as_ref(), activity)
    }

    pub(crate) fn status_ends_ms(&self) -> i64 {
        self.status_ms.end
    }

    pub(crate) fn has_status_at(&self, now_ms: i64) -> bool {
        self.status_ms.contains(&now_ms)
    }

    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.status, ItemStatus::Overdue { .. })
    }

    pub(crate) fn is_due(&self) -> bool {
        matches!(self.status, ItemStatus::Due { .. } | ItemStatus::DueAfterUse { .. })
    }

    /// The order of lists: the most urgent first.
    pub(crate) fn order(&self) -> (u8, i64, &str, Tag) {
        let (urgency, ms) = self.status.order();
        (urgency, ms, &self.item.facts.name, self.item.tag)
    }
}

/// Whether two are the very same, or both are missing.
pub(crate) fn is_same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    one.map(Arc::as_ptr) == other.map(Arc::as_ptr)
}
