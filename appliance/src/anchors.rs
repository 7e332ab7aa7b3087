//! When true time goes into the log: what was written before it under an unsure clock is corrected by it.

use record::anchor::corrected_ms;
use record::entry::{ClockState, EntryTime};
use record::fold::FacilityState;
use record::ids::BootId;
use service::clock::Now;

use crate::intake::{AnchorSource, Command};
use crate::store::Store;

/// The relay's time counts where the box is off by more than this, and its newest entry is no older.
const RELAY_OFF_MS: u64 = 30_000;
/// A hardware clock that is ahead of the last sure time by more may have jumped.
const JUMP_MS: i64 = 30 * 86_400_000;

/// The time now as far as it is known: the machine's, or by the true time that the log has for this boot.
pub fn known_now_ms(now: &Now, facility: &FacilityState) -> i64 {
    corrected_ms(&now.entry_time(), facility.boots.get(&now.boot).copied())
}

pub fn known_now(now: Now, facility: &FacilityState) -> Now {
    Now { wall_ms: known_now_ms(&now, facility), ..now }
}

/// When an entry was written, by what is known by now of its boot.
pub fn corrected_time(at: EntryTime, facility: &FacilityState) -> EntryTime {
    EntryTime { wall: corrected_ms(&at, facility.boots.get(&at.boot).copied()), ..at }
}

/// The time as far as it is known, where it is so sure that what is old may leave by it: a time server keeps the clock, or
/// somebody said the time in this boot. A hardware clock alone is sure while it continues from one of these.
pub fn sure_now_ms(now: &Now, facility: &FacilityState) -> Option<i64> {
    let known_ms = known_now_ms(now, facility);
    let is_sure = match now.state {
        ClockState::Synced => true,
        _ if facility.boots.contains_key(&now.boot) => true,
        ClockState::Rtc => follows_last_anchor(known_ms, facility),
        ClockState::Uncertain => false,
    };
    is_sure.then_some(known_ms)
}

/// Whether a time is behind the last true one that was written down, and not long after it.
fn follows_last_anchor(known_ms: i64, facility: &FacilityState) -> bool {
    let last = facility.boots.values().map(|anchor| anchor.wall_ms).max();
    last.is_some_and(|last_ms| (last_ms..=last_ms.saturating_add(JUMP_MS)).contains(&known_ms))
}

/// The reading with what the log knows of this boot: true time that was written down vouches for it as a hardware clock does.
pub fn vouched_now(now: Now, facility: &FacilityState) -> Now {
    let is_anchored = now.state == ClockState::Uncertain && facility.boots.contains_key(&now.boot);
    if is_anchored { Now { state: ClockState::Rtc, ..now } } else { now }
}

/// When the last of the first `size` entries was written, as the box believed then.
pub fn newest_time(store: &Store, size: u64) -> Option<EntryTime> {
    match store.reader().and_then(|reader| reader.entry(size.saturating_sub(1))) {
        Ok(newest) => newest.map(|entry| entry.head().at),
        Err(error) => {
            tracing::warn!(%error, "it is not known when the newest entry was written");
            None
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierBoots {
    /// What they wrote is dated before this boot, as far as can be known.
    InOrder,
    /// The clock of one was ahead, and its true time was never stated.
    Ahead,
}

/// Whether something was written in an earlier boot, by a clock that nobody set, later than this one began: that clock was ahead.
pub fn find_earlier_boots(store: &Store, now: &Now) -> EarlierBoots {
    let (facility, began_ms) = (store.facility(), now.wall_ms.saturating_sub_unsigned(now.up_ms));
    let last = store.reader().and_then(|reader| {
        reader.last_of_unsure_boots(&|boot: BootId| boot != now.boot && !facility.boots.contains_key(&boot))
    });
    match last {
        Ok(last) if last.iter().any(|at| at.wall > began_ms) => EarlierBoots::Ahead,
        Ok(_) => EarlierBoots::InOrder,
        Err(error) => {
            tracing::warn!(%error, "it is not known whether an earlier boot was ahead");
            EarlierBoots::InOrder
        }
    }
}

/// Follows whether a time server keeps the clock.
#[derive(Debug)]
pub struct SyncWatch {
    before: ClockState,
}

impl SyncWatch {
    /// An earlier run of the program may have written entries of this boot: `newest` is the newest of the log. Where
    /// the clock of an earlier boot was ahead, the time is written to the log in any case.
    pub fn new(now: &Now, newest: Option<EntryTime>, boots: EarlierBoots) -> Self {
        let earlier = newest.filter(|at| at.boot == now.boot).map(|at| at.clock);
        let before = match boots {
            EarlierBoots::InOrder => earlier.unwrap_or(now.state),
            EarlierBoots::Ahead => ClockState::Uncertain,
        };
        Self { before }
    }

    /// The command to submit where the clock has synchronised with a time server since the last look that was noted.
    pub fn look(&self, now: &Now) -> Option<Command> {
        let is_edge = now.state == ClockState::Synced && self.before != ClockState::Synced;
        is_edge.then_some(Command::AnchorClock { wall_ms: now.wall_ms, source: AnchorSource::Ntp })
    }

    pub fn note_look(&mut self, now: &Now) {
        self.before = now.state;
    }
}

/// What the relay's cosignature shows of the present time. It was made after the newest entry that it covers and before
/// now: it is the least that it can be, and nearly now where that entry is young.
pub fn anchor_by_relay(
    now: &Now,
    facility: &FacilityState,
    cosigned_ms: i64,
    newest: Option<EntryTime>,
) -> Option<Command> {
    let known_ms = known_now_ms(now, facility);
    if now.state == ClockState::Synced || known_ms.abs_diff(cosigned_ms) <= RELAY_OFF_MS {
        return None;
    }
    let young =
        newest.is_some_and(|at| at.boot == now.boot && now.up_ms.saturating_sub(at.up) <= RELAY_OFF_MS);
    let counts = cosigned_ms > known_ms || young;
    counts.then_some(Command::AnchorClock { wall_ms: cosigned_ms, source: AnchorSource::Relay })
}

#[cfg(test)]
mod tests {
    use record::anchor::ClockAnchor;

    use super::*;

    const NOW_MS: i64 = 1_795_205_071_000;

    fn reading(wall_ms: i64, state: ClockState) -> Now {
        Now { wall_ms, boot: BootId::new(0, [2; 10]), up_ms: 600_000, state }
    }

    fn entry(boot: u8, up: u64, clock: ClockState) -> Option<EntryTime> {
        Some(EntryTime { wall: NOW_MS, boot: BootId::new(0, [boot; 10]), up, clock })
    }

    #[test]
    fn a_time_server_is_told_of_once_when_it_is_heard() {
        let (unsure, synced) = (reading(5_000, ClockState::Uncertain), reading(NOW_MS, ClockState::Synced));
        let mut watch = SyncWatch::new(&unsure, None, EarlierBoots::InOrder);
        assert!(watch.look(&unsure).is_none());
        for _ in 0..2 {
            assert!(watch.look(&synced).is_some(), "until it is written down");
        }
        watch.note_look(&synced);
        assert!(watch.look(&synced).is_none());
        assert!(
            SyncWatch::new(&synced, None, EarlierBoots::InOrder).look(&synced).is_none(),
            "it was heard all along"
        );
        assert!(
            SyncWatch::new(&synced, None, EarlierBoots::Ahead).look(&synced).is_some(),
            "an earlier boot was ahead"
        );
        for (newest, tells) in [
            (entry(2, 9_000, ClockState::Uncertain), true),
            (entry(2, 9_000, ClockState::Rtc), true),
            (entry(2, 9_000, ClockState::Synced), false),
            (entry(1, 9_000, ClockState::Uncertain), false),
        ] {
            assert_eq!(
                SyncWatch::new(&synced, newest, EarlierBoots::InOrder).look(&synced).is_some(),
                tells,
                "{newest:?}"
            );
        }
    }

    #[test]
    fn the_relay_is_believed_as_far_as_its_word_reaches() {
        let facility = FacilityState::default();
        let young = entry(2, 590_000, ClockState::Uncertain);
        let old = entry(2, 9_000, ClockState::Uncertain);
        let of_other_boot = entry(1, 599_000, ClockState::Uncertain);
        for (wall_ms, state, newest, believed) in [
            (NOW_MS - 86_400_000, ClockState::Uncertain, None, true),
            (NOW_MS - 86_400_000, ClockState::Synced, None, false),
            (NOW_MS - 29_000, ClockState::Uncertain, young, false),
            (NOW_MS + 86_400_000, ClockState::Rtc, young, true),
            (NOW_MS + 86_400_000, ClockState::Rtc, old, false),
            (NOW_MS + 86_400_000, ClockState::Uncertain, of_other_boot, false),
        ] {
            let command = anchor_by_relay(&reading(wall_ms, state), &facility, NOW_MS, newest);
            assert_eq!(command.is_some(), believed, "{wall_ms} {state:?} {newest:?}");
        }
    }

    #[test]
    fn what_is_old_leaves_by_a_time_that_is_sure() {
        let mut facility = FacilityState::default();
        let sure = |facility: &FacilityState, days: i64, state| {
            sure_now_ms(&reading(NOW_MS + days * 86_400_000, state), facility).is_some()
        };
        let all = |facility: &FacilityState, days| {
            [ClockState::Synced, ClockState::Rtc, ClockState::Uncertain]
                .map(|state| sure(facility, days, state))
        };
        assert_eq!(all(&facility, 0), [true, false, false]);
        let anchor = ClockAnchor { up_ms: 600_000, wall_ms: NOW_MS, source: None };
        facility.boots.insert(BootId::new(0, [1; 10]), anchor);
        for (days, goes_on) in [(-1, false), (1, true), (29, true), (40, false), (900, false)] {
            assert_eq!(all(&facility, days), [true, goes_on, false], "{days}");
        }
        facility.boots.insert(BootId::new(0, [2; 10]), anchor);
        let jumped = reading(NOW_MS + 40 * 86_400_000, ClockState::Uncertain);
        assert_eq!(sure_now_ms(&jumped, &facility), Some(NOW_MS), "somebody said what it is");
    }
}
