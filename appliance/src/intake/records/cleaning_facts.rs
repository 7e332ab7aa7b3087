//! The facts of a cleaning's record, and when it was done, if that is possible.

use record::fold::{Equipment, FacilityState, ServiceState};
use record::kinds::ProtocolPublished;
use record::tag::Tag;
use service::clock::Now;

use crate::intake::{CommandRefusal, RefusalCause, find_named_item, text};

/// A year: what was done earlier belongs on the paper that it was written on.
const PERFORMED_BEFORE_MS_MAX: i64 = 366 * 86_400_000;
/// A phone's form may carry a time a little ahead of the box's clock.
const PERFORMED_AHEAD_MS_MAX: i64 = 60_000;

/// What it was wiped with: what was said, or the one disinfectant of a protocol whose steps were done.
pub(in crate::intake) fn find_agent(
    entered: &str,
    steps: Option<&[u16]>,
    protocol: Option<&ProtocolPublished>,
) -> Result<String, CommandRefusal> {
    let entered = text::check_line("agent", entered)?;
    Ok(match protocol.map(|protocol| protocol.agents.as_slice()) {
        Some([only]) if entered.is_empty() && steps.is_some_and(|steps| !steps.is_empty()) => {
            only.name.clone()
        }
        _ => entered,
    })
}

/// An item that takes records: out of service it does, retired it does not.
pub(in crate::intake) fn find_cleanable(
    facility: &FacilityState,
    tag: Tag,
) -> Result<&Equipment, CommandRefusal> {
    let item = find_named_item(facility, tag).ok_or(CommandRefusal::UnknownTag(tag))?;
    if item.service == ServiceState::Retired {
        Err(CommandRefusal::Retired { name: item.facts.name.clone() })
    } else {
        Ok(item)
    }
}

/// A stated time that is not now; what is within a minute of now is now.
pub(in crate::intake) fn performed_time(
    stated_ms: Option<i64>,
    now: &Now,
) -> Result<Option<i64>, CommandRefusal> {
    let Some(stated) = stated_ms else { return Ok(None) };
    if let Some(cause) = find_time_fault(stated, now) {
        return Err(CommandRefusal::Range { field: "performed_at", cause });
    }
    Ok(Some(stated).filter(|_| now.wall_ms.saturating_sub(stated) > PERFORMED_AHEAD_MS_MAX))
}

pub(in crate::intake) fn find_time_fault(stated_ms: i64, now: &Now) -> Option<RefusalCause> {
    let before = now.wall_ms.saturating_sub(stated_ms);
    if before < -PERFORMED_AHEAD_MS_MAX {
        Some(RefusalCause::PerformedAhead)
    } else if before > PERFORMED_BEFORE_MS_MAX {
        Some(RefusalCause::PerformedLongAgo)
    } else {
        None
    }
}
