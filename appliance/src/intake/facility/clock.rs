//! True time for the present boot.

use record::anchor::ClockAnchor;
use record::entry::{ClockState, EntryTime};
use record::ids::BootId;
use record::kinds::ClockAnchored;

use crate::intake::{AnchorSource, ClockRefusal, CommandRefusal, Drafts, RefusalCause, StateView};

const MOVED_MS_MIN: u64 = 2_000;
/// … unless the last one is so old.
const AGAIN_MS: u64 = 3_600_000;
/// Boots that one statement bounds: a command may have twice as many entries.
const BOUNDS_MAX: usize = 250;
/// 2026-01-01: this program was not there before.
const EARLIEST_MS: i64 = 1_767_225_600_000;
const LATEST_MS: i64 = 4_102_444_800_000;

/// Writes down what the time is. A time server takes precedence.
pub(in crate::intake) fn anchor_clock(
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

/// The latest that the last entry of a boot can have been written.
#[derive(Debug, Clone, Copy)]
struct BootBound {
    last: EntryTime,
    wall_ms: i64,
}

/// What was written in an earlier boot was over when a later one began. The last entries of the boots come newest first; one that
/// was ahead bounds those before it by its own start.
fn bound_boots(last: Vec<EntryTime>, began_ms: i64) -> Vec<BootBound> {
    let (mut bounds, mut bound_ms): (Vec<BootBound>, _) = (Vec::new(), began_ms);
    for at in last {
        if bounds.iter().any(|bound| bound.last.boot == at.boot) {
            continue;
        }
        let wall_ms = at.wall.min(bound_ms);
        if wall_ms < at.wall {
            bound_ms = wall_ms.saturating_sub_unsigned(at.up);
        }
        bounds.push(BootBound { last: at, wall_ms });
    }
    bounds
}

/// A clock that was ahead, and that nobody set while it was, puts a cleaning behind whatever happens for as long: the item would be
/// clean all the while. What an earlier statement of this boot moved is moved again; what another boot moved only gets earlier.
fn bound_earlier_boots(wall_ms: i64, view: &dyn StateView, drafts: &mut Drafts<'_>) {
    let (now, boots) = (view.now(), &view.facility().boots);
    let last = view.last_of_unsure_boots(&|boot: BootId| {
        boot != now.boot && boots.get(&boot).is_none_or(ClockAnchor::is_bound)
    });
    let before = boots.get(&now.boot).map(|anchor| bound_boots(last.clone(), anchor.wall_at(0)));
    let bounds = bound_boots(last, wall_ms.saturating_sub_unsigned(now.up_ms));
    for (n, BootBound { last, wall_ms }) in bounds.into_iter().enumerate() {
        let believed_ms = view.known_ms(&last);
        let was_by_this =
            before.as_ref().is_some_and(|before| before[n].wall_ms.abs_diff(believed_ms) <= MOVED_MS_MIN);
        let moves = wall_ms.abs_diff(believed_ms) > MOVED_MS_MIN && (was_by_this || wall_ms < believed_ms);
        if moves && drafts.made.len() < BOUNDS_MAX {
            let (boot, up, source) = (last.boot, last.up, AnchorSource::Order.word().to_owned());
            drafts.push(ClockAnchored { boot, up, wall: wall_ms, source }, Vec::new());
        }
    }
}
