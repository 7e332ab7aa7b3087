//! Uses of items: what somebody says of one, and its entry.

use record::kinds::{SpauldingClass, UseRecorded};
use record::tag::Tag;
use serde::Serialize;
use service::clock::Now;

use super::cleaning_facts::{find_cleanable, find_time_fault, performed_time};
use crate::intake::{CommandRefusal, Drafts, RefusalCause, StateView};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UseForm {
    pub tag: Tag,
    pub performed_ms: Option<i64>,
    /// When it ended; absent: not stated.
    pub ended_ms: Option<i64>,
    /// How long ago that was, seconds, where this was said and no time.
    pub ago_s: Option<u32>,
    /// The class of this use; what is not above the item's own is its own.
    pub class: Option<SpauldingClass>,
    /// A sticker of its load went into a chart.
    pub sticker: bool,
}

impl UseForm {
    /// At this moment, with nothing else to say of it.
    pub fn now(tag: Tag) -> Self {
        Self { tag, performed_ms: None, ended_ms: None, ago_s: None, class: None, sticker: false }
    }
}

/// Records a use. One that only says when it ended was at that time.
pub(in crate::intake) fn record_use(
    form: &UseForm,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let (item, now) = (find_cleanable(view.facility(), form.tag)?, view.now());
    let performed = performed_time(form.performed_ms, &now)?;
    let counted_ms = form.ago_s.map(|s| now.wall_ms.saturating_sub(i64::from(s) * 1_000));
    let ended = form.ended_ms.or(counted_ms);
    if let Some(cause) = ended.and_then(|ended_ms| find_end_fault(ended_ms, performed, &now)) {
        return Err(CommandRefusal::Range { field: "ended_at", cause });
    }
    let performed = match form.performed_ms {
        Some(_) => performed,
        None => performed_time(ended, &now)?,
    };
    let class = form.class.filter(|class| *class > item.facts.class);
    let (ago_s, sticker) = (form.ago_s, form.sticker);
    drafts.push(UseRecorded { tag: item.tag, performed, ended, ago_s, class, sticker }, Vec::new());
    Ok(())
}

/// Why a use that began at a stated time did not end at another.
fn find_end_fault(ended_ms: i64, performed: Option<i64>, now: &Now) -> Option<RefusalCause> {
    let is_before = performed.is_some_and(|performed| ended_ms < performed);
    find_time_fault(ended_ms, now).or(is_before.then_some(RefusalCause::UseEnd))
}
