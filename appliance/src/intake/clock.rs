//! True time for the present boot.

use std::collections::BTreeMap;

use record::anchor::{ClockAnchor, corrected_ms};
use record::entry::ClockState;
use record::ids::BootId;
use record::kinds::ClockAnchored;

use super::{AnchorSource, ClockRefusal, CommandRefusal, Drafts, RefusalCause, StateView};

/// A correction that moves by no more is noise …
const MOVED_MS_MIN: u64 = 2_000;
/// … unless the last one is so old.
const AGAIN_MS: u64 = 3_600_000;
/// 2026-01-01: this program was not there before.
const EARLIEST_MS: i64 = 1_767_225_600_000;
/// 2100-01-01.
const LATEST_MS: i64 = 4_102_444_800_000;

/// Writes down what the time is. A time server is not talked over.
pub(super) fn anchor_clock(
    wall_ms: i64,
    source: AnchorSource,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let now = view.now();
    if source != AnchorSource::Ntp && now.state == ClockState::Synced {
        return Err(CommandRefusal::AlreadySo(RefusalCause::Clock(ClockRefusal::Synced)));
    }
    if !(EARLIEST_MS..LATEST_MS).contains(&wall_ms) {
        return Err(CommandRefusal::Range { field: "time", cause: RefusalCause::Clock(ClockRefusal::Time) });
    }
    if let Some(there) = view.facility().boots.get(&now.boot) {
        let moved_ms = there.wall_at(now.up_ms).abs_diff(wall_ms);
        if moved_ms <= MOVED_MS_MIN && now.up_ms.saturating_sub(there.up_ms) < AGAIN_MS {
            return Err(CommandRefusal::AlreadySo(RefusalCause::Clock(ClockRefusal::Right)));
        }
    }
    bound_earlier_boots(wall_ms, view, drafts);
    let source = source.word().to_owned();
    drafts.push(ClockAnchored { boot: now.boot, up: now.up_ms, wall: wall_ms, source }, Vec::new());
    Ok(())
}

fn is_bound(anchor: &ClockAnchor) -> bool {
    anchor.source == Some(AnchorSource::Order)
}

/// A clock that was ahead, and that nobody set while it was, puts a cleaning behind whatever happens for as long: the item would
/// be clean all the while. What was written in an earlier boot was over when this one began.
fn bound_earlier_boots(wall_ms: i64, view: &dyn StateView, drafts: &mut Drafts<'_>) {
    let (now, boots) = (view.now(), &view.facility().boots);
    let began_ms = wall_ms.saturating_sub_unsigned(now.up_ms);
    let is_open = |boot: BootId| boot != now.boot && boots.get(&boot).is_none_or(is_bound);
    let mut ahead: BTreeMap<BootId, u64> = BTreeMap::new();
    for at in view.last_of_unsure_boots(&is_open) {
        if corrected_ms(&at, boots.get(&at.boot).copied()) > began_ms {
            let up_ms = ahead.entry(at.boot).or_default();
            *up_ms = at.up.max(*up_ms);
        }
    }
    for (boot, up) in ahead {
        let source = AnchorSource::Order.word().to_owned();
        drafts.push(ClockAnchored { boot, up, wall: began_ms, source }, Vec::new());
    }
}
