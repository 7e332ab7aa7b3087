//! True time for the present boot.

use record::entry::ClockState;
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
    let source = source.word().to_owned();
    drafts.push(ClockAnchored { boot: now.boot, up: now.up_ms, wall: wall_ms, source }, Vec::new());
    Ok(())
}
