//! Due windows, status and rates: the one definition of "due", "overdue" and "compliance rate", for box and relay.

mod grid;
mod item;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Range};

use serde::{Deserialize, Serialize};

pub use crate::values::civil_time::{CivilCalendar, ZoneSpan};
use crate::values::civil_time::{bounded, in_force};
pub use crate::values::zones::{ZoneData, find_zone, zone_digest, zone_name, zone_release};
use grid::ScheduleSegment;
pub use item::{DueCause, DueReason, ItemTimelines, MissedWindow, is_by_uses, reach_ms};
pub use upkeep::{is_interval, upkeep_status};

use crate::kinds::Schedule;
use crate::limits::{COMPLIANCE_SPAN_MS_MAX, LATE_ENTRY_MS_MAX};
use crate::values::ids::ProtocolId;

/// All that makes the due windows of one item and protocol.
///
/// All times are milliseconds since 1970, corrected, from 1970 to 2200.
///
/// **Windows.** A window holds the moments `start_ms <= t < end_ms`, is never empty, and is *closed* from `end_ms` on. It
/// is *met* when a cleaning that counts ([`CleaningTimes::counts`]) was performed in it.
/// - *Hours*: an absolute grid that begins exactly at the plan's `from_ms`; clock changes do not move it.
/// - *Days* and *weeks*: from civil midnight to civil midnight, `n` days (`7 n` for weeks) each, counted from the first
///   midnight at or after the plan's `from_ms`. A midnight that the clock skips or reads twice is the first moment that
///   reads it or later; a day that the zone skips makes no window of its own.
/// - *Times*: the moments after one time of day up to and with the next, (previous, this]; in whole milliseconds the
///   window begins and ends one after each. A skipped time is the next valid moment, a doubled one its first; two times
///   that become one make one window.
/// - *Use*: from a use to the next use or the end of the grace, whichever is first. A cleaning meets it and does not
///   shorten it.
///
/// **Cuts.** A plan applies from its `from_ms` until the earliest `from_ms` of any later one. A change of zone restarts
/// a plan by single days or times at its entry, as if it had been set then. Several days and weeks count on over it
/// from the plan's first day, or a yearly test would be due a year late; hours and uses know no zone. A window exists
/// only if it begins and ends within such a stretch: what began before, or is not over at its end, does not exist.
///
/// **Out of service.** An unmet window that overlaps any time out of service is dropped: it counts neither way. A met
/// one counts.
#[derive(Debug, Clone, Copy)]
pub struct ScheduleTimeline<'a> {
    /// The facility's zones, in the order of the log; the first reaches back to the beginning.
    pub zones: &'a [ZoneSpan],
    /// The schedules, in the order of the log.
    pub plans: &'a [SchedulePeriod],
    /// When the item was out of service: ascending, without overlaps; open at the end is `i64::MAX`.
    pub out: &'a [Range<i64>],
    /// When the item was used, ascending.
    pub uses: &'a [i64],
}

/// A schedule from some time on, until the next plan of the same item and protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulePeriod {
    /// Windows begun before do not exist.
    pub from_ms: i64,
    /// How often. Numbers outside their range count as its nearer end.
    pub schedule: Schedule,
}

/// A cleaning that is not voided, by its corrected times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CleaningTimes {
    /// When it was done: this places it.
    pub performed_ms: i64,
    /// When it was written down.
    pub recorded_ms: i64,
    /// Whether nothing is missing in it.
    pub complete: bool,
    /// Which protocol was followed: a schedule of one protocol is met by cleanings by that one.
    pub protocol: Option<ProtocolId>,
}

impl CleaningTimes {
    /// Whether it can meet a window: complete, and written down no later than 72 h after it was done.
    pub fn counts(&self) -> bool {
        self.complete && self.recorded_ms.saturating_sub(self.performed_ms) <= LATE_ENTRY_MS_MAX
    }
}

/// The time of the last cleaning that counts: what [`item_status`] asks for.
pub fn last_counting_ms(cleanings: &[CleaningTimes]) -> Option<i64> {
    cleanings.iter().filter(|c| c.counts()).map(|c| c.performed_ms).max()
}

/// What became of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// Closed, with a cleaning in it.
    Met,
    /// Closed, with none.
    Unmet,
    /// Closed with none, but the item was out of service for a part of it.
    Dropped,
    /// Not closed yet, so it does not count yet.
    Open {
        /// Whether a cleaning fell in it already.
        met: bool,
    },
}

/// A due window: the moments from `start_ms` until before `end_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueWindow {
    /// Its first millisecond.
    pub start_ms: i64,
    /// When it closes.
    pub end_ms: i64,
    /// What became of it.
    pub state: WindowState,
}

/// Met and closed windows; dropped and open ones are in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WindowTally {
    /// Closed windows with a cleaning in them.
    pub met: u32,
    /// All closed windows.
    pub closed: u32,
}

impl WindowTally {
    /// Counts windows.
    pub fn of(windows: &[DueWindow]) -> Self {
        windows.iter().map(|w| Self::from(w.state)).sum()
    }

    /// Met of closed; `None` where no window closed: "no data", neither 0 % nor 100 %.
    pub fn rate(self) -> Option<ComplianceRate> {
        let met = u64::from(self.met.min(self.closed));
        let per_mille = (met * 1_000).checked_div(u64::from(self.closed))?;
        u16::try_from(per_mille).ok().map(ComplianceRate)
    }
}

impl From<WindowState> for WindowTally {
    fn from(state: WindowState) -> Self {
        match state {
            WindowState::Met => Self { met: 1, closed: 1 },
            WindowState::Unmet => Self { met: 0, closed: 1 },
            WindowState::Dropped | WindowState::Open { .. } => Self::default(),
        }
    }
}

impl Add for WindowTally {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { met: self.met.saturating_add(other.met), closed: self.closed.saturating_add(other.closed) }
    }
}

impl AddAssign for WindowTally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for WindowTally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

/// A compliance rate, floored to 0.1 %: 100.0 % means that every window was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComplianceRate(u16);

impl ComplianceRate {
    /// Whether pages show it as low, in amber and with its number: under 90 %.
    pub fn is_low(self) -> bool {
        self.0 < 900
    }

    /// In tenths of a percent, 0..=1000.
    pub fn per_mille(self) -> u16 {
        self.0
    }

    /// The rate as pages show it; a dash where there are no data.
    pub fn text(rate: Option<Self>) -> String {
        rate.map_or_else(|| "–".to_owned(), |rate| rate.to_string())
    }
}

impl fmt::Display for ComplianceRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}%", self.0 / 10, self.0 % 10)
    }
}

/// The state of an item at a moment.
///
/// `by_ms` and `until_ms` are deadlines as people say them: a time of day itself (a cleaning at 19:00:00.000 is in time
/// for 19:00), the last millisecond of the last whole day (so that they fall in that day), and the window's end for hours
/// and uses. `since_ms` is the exact moment at which the state began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    /// No schedule: it has no rate either.
    NoSchedule,
    /// It makes no due windows now, whatever its schedule.
    OutOfService {
        /// Since when.
        since_ms: i64,
    },
    /// It has a schedule that asks nothing of it now, and no cleaning to call it clean: never cleaned and never used, or
    /// before a stretch without windows.
    NotDue,
    /// The current window is met.
    Clean {
        /// When that window ends and the item is due again. `None`: until it is used, or for good.
        until_ms: Option<i64>,
    },
    /// The current window, or where none has begun yet the first one, waits for a cleaning.
    Due {
        /// By when it meets that window.
        by_ms: i64,
    },
    /// It was used and not cleaned since.
    DueAfterUse {
        /// When it was used.
        since_ms: i64,
        /// The end of the grace; past where the window does not count (it was cut or dropped).
        by_ms: i64,
    },
    /// A window closed unmet and nothing was cleaned since.
    Overdue {
        /// When the first such window closed.
        since_ms: i64,
    },
}

/// The windows that close in a range and not after `now_ms`; and the open one, if `now_ms` is in the range. Ascending.
///
/// `cleanings` are ascending by `performed_ms`. At most the last ten years before `now_ms` are looked at
/// ([`COMPLIANCE_SPAN_MS_MAX`]), so that no entry and no question can cause unbounded work.
pub fn due_windows(
    course: &ScheduleTimeline<'_>,
    cleanings: &[CleaningTimes],
    closed_in: Range<i64>,
    now_ms: i64,
) -> Vec<DueWindow> {
    let now = bounded(now_ms);
    let open_too = closed_in.contains(&now);
    let from = closed_in.start.max(now - COMPLIANCE_SPAN_MS_MAX);
    let closed_in = from..closed_in.end.min(now + 1);
    let mut found = Vec::new();
    if closed_in.is_empty() {
        return found;
    }
    // A window that closes at `from` holds the millisecond before.
    for segment in course.segments(from - 1..now + 1) {
        let mut next = segment.window_at(from - 1).or_else(|| segment.window_from(from));
        while let Some(window) = next.filter(|w| segment.holds(w)) {
            let is_open = window.contains(&now);
            if closed_in.contains(&window.end) || (is_open && open_too) {
                let state = item_state(course, cleanings, &window, is_open);
                found.push(DueWindow { start_ms: window.start, end_ms: window.end, state });
            }
            if window.end >= closed_in.end {
                break;
            }
            next = segment.window_from(window.end);
        }
    }
    found
}

fn item_state(
    course: &ScheduleTimeline<'_>,
    cleanings: &[CleaningTimes],
    window: &Range<i64>,
    is_open: bool,
) -> WindowState {
    let first = cleanings.partition_point(|c| c.performed_ms < window.start);
    let met = cleanings[first..].iter().take_while(|c| c.performed_ms < window.end).any(|c| c.counts());
    match (is_open, met) {
        (true, met) => WindowState::Open { met },
        (false, true) => WindowState::Met,
        (false, false) if course.outage_in(window).is_some() => WindowState::Dropped,
        (false, false) => WindowState::Unmet,
    }
}

/// Met and closed windows of each civil day: a window belongs to the day in which it closes.
pub fn by_day(calendar: &CivilCalendar, windows: &[DueWindow]) -> BTreeMap<i32, WindowTally> {
    let mut days = BTreeMap::new();
    for window in windows {
        let tally = WindowTally::from(window.state);
        if tally != WindowTally::default() {
            *days.entry(calendar.day_of(window.end_ms)).or_default() += tally;
        }
    }
    days
}

/// The state of the item, from its last counting cleaning ([`last_counting_ms`]) alone; it agrees with [`due_windows`].
///
/// Out of service goes before all. Then *overdue*, by the first window that began after the last cleaning, exists, was
/// not dropped, and is closed; a change of plan or zone does not hide it, a plan of [`Schedule::Never`] ends it. Else the
/// current window says *clean* or *due*. Where no window has begun yet, a cleaning since the plan (or zone) came into
/// force makes the item clean until the first one begins; without one it is due by that window's end. After-use items
/// are due from a use until a cleaning.
pub fn item_status(course: &ScheduleTimeline<'_>, last_complete_ms: Option<i64>, now_ms: i64) -> ItemStatus {
    let now = bounded(now_ms);
    if let Some(out) = course.outage_in(&(now..now + 1)) {
        return ItemStatus::OutOfService { since_ms: out.start };
    }
    let segments = course.segments(i64::MIN..i64::MAX);
    let Some(current) = segments.iter().position(|s| s.span.contains(&now)) else {
        return ItemStatus::NoSchedule;
    };
    if segments[current].is_never() {
        return ItemStatus::NoSchedule;
    }
    let begun = segments[..current].iter().rposition(ScheduleSegment::is_never).map_or(0, |never| never + 1);
    if let Some(since_ms) =
        segments[begun..=current].iter().find_map(|s| course.overdue_since(s, last_complete_ms, now))
    {
        return ItemStatus::Overdue { since_ms };
    }
    match segments[current].grace_ms() {
        Some(grace_ms) => course.status_by_use(grace_ms, last_complete_ms, now),
        None => status_by_grid(&segments[current..], last_complete_ms, now),
    }
}

// `ahead` begins with the segment of now; nothing is overdue.
fn status_by_grid(ahead: &[ScheduleSegment<'_>], last_complete_ms: Option<i64>, now: i64) -> ItemStatus {
    let current = &ahead[0];
    let around = current.window_at(now);
    let begun = around.as_ref().map_or(current.span.start, |w| w.start);
    let is_clean = last_complete_ms.is_some_and(|last| last >= begun);
    if let Some(window) = around.filter(|w| current.holds(w)) {
        let stated_ms = current.stated_ms(window.end);
        return if is_clean {
            ItemStatus::Clean { until_ms: Some(stated_ms) }
        } else {
            ItemStatus::Due { by_ms: stated_ms }
        };
    }
    let first = ahead
        .iter()
        .take_while(|s| !s.is_never())
        .find_map(|s| Some((s, s.window_from(now).filter(|w| s.holds(w))?)));
    match (is_clean, first) {
        (true, first) => ItemStatus::Clean { until_ms: first.map(|(s, w)| s.stated_ms(w.start)) },
        (false, Some((segment, window))) => ItemStatus::Due { by_ms: segment.stated_ms(window.end) },
        (false, None) => ItemStatus::NotDue,
    }
}

/// The next moment after `now_ms` at which status or tallies can change with no new entry: a window opens or closes, a
/// plan comes into force, or time out of service begins or ends. `None`: only an entry can change anything.
pub fn next_change_ms(course: &ScheduleTimeline<'_>, now_ms: i64) -> Option<i64> {
    let now = bounded(now_ms);
    let segments = course.segments(now..i64::MAX);
    let outages = course.out.partition_point(|out| out.end <= now);
    let outage_edges = course.out[outages..].iter().take(1).flat_map(|out| [out.start, out.end]);
    let current = segments.iter().find(|s| s.span.contains(&now));
    let around = current.and_then(|s| s.window_at(now)).map(|w| w.end);
    let next = current.and_then(|s| s.window_from(now + 1)).map(|w| w.start);
    let plans = segments.iter().map(|s| s.span.start);
    outage_edges
        .chain(around)
        .chain(next)
        .chain(plans)
        .filter(|&at| now.max(now_ms) < at && at < i64::MAX)
        .min()
}

impl<'a> ScheduleTimeline<'a> {
    fn segments(&self, range: Range<i64>) -> Vec<ScheduleSegment<'a>> {
        let calendar = CivilCalendar::new(self.zones);
        let mut segments = Vec::new();
        for (span, plan) in in_force(self.plans, |p| p.from_ms) {
            if span.end <= range.start || range.end <= span.start {
                continue;
            }
            match plan.schedule {
                Schedule::Days { n: 0..=1, .. } | Schedule::Times { .. } => {
                    let touched = calendar
                        .spans_in(&span)
                        .filter(|(span, _)| range.start < span.end && span.start < range.end);
                    segments.extend(touched.map(|(span, zone)| {
                        let calendar = CivilCalendar::in_zone(zone);
                        ScheduleSegment::new(span, &plan.schedule, &calendar, self.uses)
                    }));
                }
                Schedule::Days { .. }
                | Schedule::Weeks { .. }
                | Schedule::Hours { .. }
                | Schedule::Use { .. }
                | Schedule::Never => {
                    segments.push(ScheduleSegment::new(span, &plan.schedule, &calendar, self.uses));
                }
            }
        }
        segments
    }

    fn outage_in(&self, range: &Range<i64>) -> Option<&'a Range<i64>> {
        let after = self.out.partition_point(|out| out.start < range.end);
        self.out[..after].last().filter(|out| out.end > range.start)
    }

    /// When the first window closed without a cleaning and without an excuse.
    fn overdue_since(
        &self,
        segment: &ScheduleSegment<'_>,
        last_complete_ms: Option<i64>,
        now: i64,
    ) -> Option<i64> {
        let mut from = last_complete_ms.map_or(i64::MIN, |last| last.saturating_add(1));
        if segment.span.end <= from {
            return None;
        }
        loop {
            let window = segment.window_from(from).filter(|w| segment.holds(w) && w.end <= now)?;
            match self.outage_in(&window) {
                // Every window that begins before the outage ends is dropped too.
                Some(out) => from = out.end.max(window.end),
                None => return Some(window.end),
            }
        }
    }

    fn status_by_use(&self, grace_ms: i64, last_complete_ms: Option<i64>, now: i64) -> ItemStatus {
        let uses = self.uses.partition_point(|&used| used <= now);
        match (self.uses[..uses].last(), last_complete_ms) {
            (Some(&used), last) if last.is_none_or(|last| last < used) => {
                ItemStatus::DueAfterUse { since_ms: used, by_ms: used.saturating_add(grace_ms) }
            }
            (_, Some(_)) => ItemStatus::Clean { until_ms: None },
            (_, None) => ItemStatus::NotDue,
        }
    }
}
