//! From the fold's rows to the courses of one item, so that box and relay read them alike.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    CleaningTimes, DueWindow, ItemStatus, SchedulePeriod, ScheduleTimeline, WindowState, ZoneSpan,
    due_windows, item_status, next_change_ms,
};
use crate::fold::{CleaningRecord, Equipment, EquipmentActivity, FacilitySettings, UnsettledCleaning};
use crate::kinds::{MissingPart, Schedule};
use crate::limits::LATE_ENTRY_MS_MAX;
use crate::values::ids::ProtocolId;

impl CleaningTimes {
    /// A cleaning of the index; `None` if it is voided.
    pub fn of(cleaning: &CleaningRecord) -> Option<Self> {
        cleaning.voided.is_none().then(|| Self {
            performed_ms: cleaning.performed_ms,
            recorded_ms: cleaning.recorded_ms,
            complete: cleaning.is_complete(),
            protocol: cleaning.protocol,
        })
    }
}

impl ItemStatus {
    /// Whether somebody should clean the item.
    pub fn asks_cleaning(&self) -> bool {
        matches!(self, Self::Due { .. } | Self::DueAfterUse { .. } | Self::Overdue { .. })
    }

    /// The order of lists, ascending: overdue first and the longest before all, then due by deadline, then clean by its end,
    /// then what asks nothing.
    pub fn order(&self) -> (u8, i64) {
        match *self {
            Self::Overdue { since_ms } => (0, since_ms),
            Self::Due { by_ms } | Self::DueAfterUse { by_ms, .. } => (1, by_ms),
            Self::Clean { until_ms } => (2, until_ms.unwrap_or(i64::MAX)),
            Self::NotDue => (3, 0),
            Self::NoSchedule => (4, 0),
            Self::OutOfService { since_ms } => (5, since_ms),
        }
    }
}

pub(super) fn zone_spans(settings: &FacilitySettings) -> Vec<ZoneSpan> {
    let zones = settings.zones.iter();
    zones.map(|zone| ZoneSpan { from_ms: zone.from_ms, zone: zone.zone.as_str().into() }).collect()
}

/// Why a recorded cleaning leaves its item due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DueReason {
    /// It was taken back.
    Voided,
    /// It lacks something.
    Incomplete,
    /// It was written down more than 72 hours after it was done.
    TooLate,
    /// It counts, and was done before that which is due now began: it was written down late.
    Before,
}

/// A recorded cleaning that leaves its item due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueCause {
    /// Why.
    pub reason: DueReason,
    /// When it was done, corrected, milliseconds since 1970.
    pub performed_ms: i64,
    /// What it lacks; nothing where that is not the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingPart>,
}

impl DueCause {
    fn of(cleaning: &UnsettledCleaning) -> Self {
        Self::new(
            cleaning.voided,
            &cleaning.incomplete,
            cleaning.recorded_ms.saturating_sub(cleaning.performed_ms),
            cleaning.performed_ms,
        )
    }

    fn of_record(cleaning: &CleaningRecord) -> Self {
        Self::new(
            cleaning.voided.is_some(),
            &cleaning.incomplete,
            cleaning.recorded_ms.saturating_sub(cleaning.performed_ms),
            cleaning.performed_ms,
        )
    }

    fn new(voided: bool, incomplete: &[MissingPart], late_ms: i64, performed_ms: i64) -> Self {
        let reason = match voided {
            true => DueReason::Voided,
            false if !incomplete.is_empty() => DueReason::Incomplete,
            false if late_ms > LATE_ENTRY_MS_MAX => DueReason::TooLate,
            false => DueReason::Before,
        };
        let missing = if voided { Vec::new() } else { incomplete.to_vec() };
        Self { reason, performed_ms, missing }
    }
}

/// A due window that closed with no cleaning that counts, and why: the words of box, relay and reports are made from this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedWindow {
    /// Its first millisecond.
    pub start_ms: i64,
    /// When it closed.
    pub end_ms: i64,
    /// The protocol whose cleanings would have met it; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// The newest cleaning that was done in it and does not count; absent: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<DueCause>,
    /// When the item was next cleaned so that it counts, milliseconds since 1970; absent: not until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleaned_ms: Option<i64>,
}

/// When the last cleaning was done that settles a schedule of this protocol, or one of any, milliseconds since 1970.
fn last_settling_ms(activity: Option<&EquipmentActivity>, protocol: Option<ProtocolId>) -> Option<i64> {
    match protocol {
        None => activity?.last_complete_ms(),
        Some(protocol) => activity?.last_by_ms(protocol),
    }
}

fn schedule_reach_ms(schedule: &Schedule) -> i64 {
    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;
    match schedule {
        Schedule::Hours { n } => i64::from((*n).clamp(1, 8_760)) * HOUR_MS,
        Schedule::Days { n, .. } => (i64::from((*n).clamp(1, 366)) + 2) * DAY_MS,
        Schedule::Weeks { n } => (i64::from((*n).clamp(1, 52)) * 7 + 2) * DAY_MS,
        Schedule::Times { .. } => 3 * DAY_MS,
        Schedule::Use { grace_s } => i64::from(*grace_s) * 1_000,
        Schedule::Never => 0,
    }
}

/// No window of this item's plans is longer, milliseconds; days that the clock lengthens included. What met a window is no
/// older than its end by more.
pub fn reach_ms(item: &Equipment) -> i64 {
    item.plans.iter().map(|plan| schedule_reach_ms(&plan.schedule)).max().unwrap_or(0)
}

/// Whether any of this item's plans asks for its uses.
pub fn is_by_uses(item: &Equipment) -> bool {
    item.plans.iter().any(|plan| matches!(plan.schedule, Schedule::Use { .. }))
}

/// All courses of one item: one for each protocol with a schedule of its own, which only a cleaning by that protocol
/// meets, and one for a schedule for any protocol, which every cleaning meets.
#[derive(Debug, Clone)]
pub struct ItemTimelines {
    zones: Vec<ZoneSpan>,
    plans: Vec<(Option<ProtocolId>, Vec<SchedulePeriod>)>,
    out: Vec<Range<i64>>,
    uses: Vec<i64>,
}

impl ItemTimelines {
    /// From the rows, and the item's uses in any order. For [`ItemTimelines::status`] the uses that the fold's `EquipmentActivity` keeps
    /// are enough.
    pub fn new(settings: &FacilitySettings, item: &Equipment, mut uses: Vec<i64>) -> Self {
        let mut plans: Vec<(_, Vec<SchedulePeriod>)> = Vec::new();
        for row in &item.plans {
            let plan = SchedulePeriod { from_ms: row.from_ms, schedule: row.schedule.clone() };
            match plans.iter_mut().find(|(protocol, _)| *protocol == row.protocol) {
                Some((_, of_protocol)) => of_protocol.push(plan),
                None => plans.push((row.protocol, vec![plan])),
            }
        }
        if plans.is_empty() {
            // With no schedule at all it can still be out of service.
            plans.push((None, Vec::new()));
        }
        uses.sort_unstable();
        let out = item.out.iter().map(|out| out.from_ms..out.until_ms.unwrap_or(i64::MAX));
        Self { zones: zone_spans(settings), plans, out: disjoint(out.collect()), uses }
    }

    /// Leaves the courses of one protocol alone.
    pub fn keep_protocol(&mut self, protocol: ProtocolId) {
        self.plans.retain(|(of, _)| *of == Some(protocol));
    }

    /// Each course, and the protocol whose cleanings meet it.
    pub fn iter(&self) -> impl Iterator<Item = (Option<ProtocolId>, ScheduleTimeline<'_>)> {
        self.plans.iter().map(|(protocol, plans)| {
            (*protocol, ScheduleTimeline { zones: &self.zones, plans, out: &self.out, uses: &self.uses })
        })
    }

    /// The most urgent [`item_status()`] of all courses.
    pub fn status(&self, activity: Option<&EquipmentActivity>, now_ms: i64) -> ItemStatus {
        let statuses = self
            .iter()
            .map(|(protocol, course)| item_status(&course, last_settling_ms(activity, protocol), now_ms));
        statuses.min_by_key(ItemStatus::order).unwrap_or(ItemStatus::NoSchedule)
    }

    /// Which recorded cleaning leaves the item due by its most urgent course, and why; `None` where it is not due, or where
    /// no cleaning of those that it remembers would make it less so.
    pub fn due_cause(&self, activity: Option<&EquipmentActivity>, now_ms: i64) -> Option<DueCause> {
        let courses = self.iter().map(|(protocol, course)| {
            let last_ms = last_settling_ms(activity, protocol);
            (item_status(&course, last_ms, now_ms), protocol, course, last_ms)
        });
        let (status, protocol, course, last_ms) = courses.min_by_key(|(status, ..)| status.order())?;
        if !status.asks_cleaning() {
            return None;
        }
        let with = |done_ms| item_status(&course, last_ms.max(Some(done_ms)), now_ms);
        let recorded = activity.into_iter().flat_map(|activity| activity.unsettled.iter().rev());
        let mut of_course = recorded.filter(|one| protocol.is_none() || one.protocol == protocol);
        let unsettling = of_course
            .find(|one| with(one.performed_ms) != status || !with(one.recorded_ms).asks_cleaning())?;
        Some(DueCause::of(unsettling))
    }

    /// The [`due_windows()`] of all courses, by their ends.
    pub fn windows(
        &self,
        cleanings: &[CleaningTimes],
        closed_in: &Range<i64>,
        now_ms: i64,
    ) -> Vec<DueWindow> {
        let windows = self.iter().flat_map(|(protocol, course)| match protocol {
            None => due_windows(&course, cleanings, closed_in.clone(), now_ms),
            Some(_) => {
                let by: Vec<CleaningTimes> =
                    cleanings.iter().copied().filter(|c| c.protocol == protocol).collect();
                due_windows(&course, &by, closed_in.clone(), now_ms)
            }
        });
        let mut all: Vec<DueWindow> = windows.collect();
        all.sort_by_key(|w| (w.end_ms, w.start_ms));
        all
    }

    /// The windows that closed unmet, by their ends, and why; `cleanings` in any order, voided ones among them.
    pub fn missed(
        &self,
        cleanings: &[CleaningRecord],
        closed_in: &Range<i64>,
        now_ms: i64,
    ) -> Vec<MissedWindow> {
        let mut missed = Vec::new();
        for (protocol, course) in self.iter() {
            let mut of_course: Vec<&CleaningRecord> =
                cleanings.iter().filter(|one| protocol.is_none() || one.protocol == protocol).collect();
            of_course.sort_by_key(|one| one.performed_ms);
            let times: Vec<CleaningTimes> =
                of_course.iter().filter_map(|one| CleaningTimes::of(one)).collect();
            for window in due_windows(&course, &times, closed_in.clone(), now_ms) {
                if window.state != WindowState::Unmet {
                    continue;
                }
                let end = of_course.partition_point(|one| one.performed_ms < window.end_ms);
                let in_it = of_course[..end].last().filter(|one| one.performed_ms >= window.start_ms);
                missed.push(MissedWindow {
                    start_ms: window.start_ms,
                    end_ms: window.end_ms,
                    protocol,
                    cause: in_it.map(|one| DueCause::of_record(one)),
                    cleaned_ms: times[times.partition_point(|one| one.performed_ms < window.end_ms)..]
                        .iter()
                        .find(|one| one.counts())
                        .map(|one| one.performed_ms),
                });
            }
        }
        missed.sort_by_key(|window| (window.end_ms, window.start_ms));
        missed
    }

    /// The first [`next_change_ms()`] of all courses.
    pub fn next_change_ms(&self, now_ms: i64) -> Option<i64> {
        self.iter().filter_map(|(_, course)| next_change_ms(&course, now_ms)).min()
    }
}

// A corrected clock can leave spans out of order or inside out.
fn disjoint(mut spans: Vec<Range<i64>>) -> Vec<Range<i64>> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<i64>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compliance::WindowTally;
    use crate::fold::{self, EquipmentOutage, ServiceState};
    use crate::kinds::{EntryRef, EquipmentFacts, PhotoPolicy};
    use crate::values::ids::Epoch;

    const HOUR: i64 = 3_600_000;
    const OF: EntryRef = EntryRef { epoch: Epoch { n: 1, key: [0; 4] }, seq: 0 };

    fn item(plans: Vec<fold::EquipmentSchedule>, out: Vec<EquipmentOutage>) -> Equipment {
        Equipment {
            tag: crate::values::tag::Tag::from_random([7; 5]),
            facts: EquipmentFacts { photo: PhotoPolicy::Optional, ..EquipmentFacts::default() },
            merged: None,
            service: ServiceState::In,
            plans,
            out,
            added_ms: 0,
            set_ms: fold::ValueTimes::default(),
            changed: fold::RowVersion::default(),
        }
    }

    fn every(hours: u32, protocol: Option<ProtocolId>) -> fold::EquipmentSchedule {
        fold::EquipmentSchedule { from_ms: 0, protocol, schedule: Schedule::Hours { n: hours } }
    }

    fn cleaned_at(protocol: Option<ProtocolId>, performed_ms: i64) -> CleaningTimes {
        CleaningTimes { performed_ms, recorded_ms: performed_ms, complete: true, protocol }
    }

    fn activity_of(all: &[CleaningTimes]) -> EquipmentActivity {
        EquipmentActivity {
            done: all
                .iter()
                .map(|c| fold::ByProtocol {
                    protocol: c.protocol,
                    from_ms: None,
                    done: vec![fold::CompleteCleaning { of: OF, run: None, performed_ms: c.performed_ms }],
                })
                .collect(),
            ..EquipmentActivity::default()
        }
    }

    #[test]
    fn each_protocol_has_its_own_schedule_and_the_most_urgent_one_speaks() {
        let protocol: ProtocolId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let item = item(vec![every(2, None), every(12, Some(protocol)), every(4, None)], Vec::new());
        let courses = ItemTimelines::new(&FacilitySettings::default(), &item, Vec::new());
        // The second plan for any protocol replaced the first; the other protocol's is separate.
        assert_eq!(courses.windows(&[], &(0..12 * HOUR + 1), 12 * HOUR).len(), 3 + 1 + 2);
        let status = |all: &[CleaningTimes], now| courses.status(Some(&activity_of(all)), now);
        let (plain, by) = (cleaned_at(None, HOUR), cleaned_at(Some(protocol), 2 * HOUR));
        assert_eq!(status(&[plain, by], 3 * HOUR), ItemStatus::Clean { until_ms: Some(4 * HOUR) });
        assert_eq!(status(&[plain], 3 * HOUR), ItemStatus::Due { by_ms: 12 * HOUR }, "not by that protocol");
        assert_eq!(status(&[plain], 5 * HOUR), ItemStatus::Due { by_ms: 8 * HOUR });
        assert_eq!(status(&[plain], 8 * HOUR), ItemStatus::Overdue { since_ms: 8 * HOUR });
        let met =
            |all: &[CleaningTimes]| WindowTally::of(&courses.windows(all, &(0..12 * HOUR + 1), 12 * HOUR));
        assert_eq!(met(&[plain]), WindowTally { met: 1, closed: 4 });
        assert_eq!(
            met(&[plain, by]),
            WindowTally { met: 2, closed: 4 },
            "it meets its own window and the other"
        );
        assert_eq!(courses.next_change_ms(9 * HOUR), Some(12 * HOUR));
    }

    fn unsettled(performed_ms: i64, recorded_ms: i64) -> UnsettledCleaning {
        let (incomplete, voided) = (Vec::new(), false);
        UnsettledCleaning { of: OF, run: None, performed_ms, recorded_ms, protocol: None, incomplete, voided }
    }

    #[test]
    fn what_was_recorded_says_why_it_leaves_the_item_due() {
        let item = item(vec![every(24, None)], Vec::new());
        let courses = ItemTimelines::new(&FacilitySettings::default(), &item, Vec::new());
        let cause = |unsettled: &[UnsettledCleaning], done: &[CleaningTimes], now: i64| {
            let activity = EquipmentActivity { unsettled: unsettled.to_vec(), ..activity_of(done) };
            courses
                .due_cause(Some(&activity), now)
                .map(|cause| (cause.reason, cause.performed_ms, cause.missing))
        };
        let plain = unsettled(26 * HOUR, 26 * HOUR);
        let lacking = UnsettledCleaning { incomplete: vec![MissingPart::Steps], ..plain.clone() };
        let voided = UnsettledCleaning { voided: true, ..lacking.clone() };
        let yesterday = [cleaned_at(None, 20 * HOUR)];
        let (incomplete, steps) = (DueReason::Incomplete, vec![MissingPart::Steps]);
        let due = cause(std::slice::from_ref(&lacking), &yesterday, 30 * HOUR);
        assert_eq!(due, Some((incomplete, 26 * HOUR, steps.clone())));
        let overdue = cause(std::slice::from_ref(&lacking), &yesterday, 50 * HOUR);
        assert_eq!(overdue, Some((incomplete, 26 * HOUR, steps)), "its day passed unmet for it");
        let taken_back = cause(&[lacking.clone(), voided], &yesterday, 30 * HOUR);
        assert_eq!(taken_back, Some((DueReason::Voided, 26 * HOUR, Vec::new())), "the newest");
        // Written down on the fifth day.
        let too_late = cause(&[unsettled(22 * HOUR, 100 * HOUR)], &[], 101 * HOUR);
        assert_eq!(too_late, Some((DueReason::TooLate, 22 * HOUR, Vec::new())));
        let before = cause(&[unsettled(22 * HOUR, 30 * HOUR)], &[cleaned_at(None, 22 * HOUR)], 31 * HOUR);
        assert_eq!(before, Some((DueReason::Before, 22 * HOUR, Vec::new())));
        assert_eq!(cause(&[lacking], &[cleaned_at(None, 27 * HOUR)], 30 * HOUR), None, "it is clean");
        let older = unsettled(3 * HOUR, 3 * HOUR);
        let older = UnsettledCleaning { incomplete: vec![MissingPart::Photo], ..older };
        assert_eq!(cause(&[older], &yesterday, 30 * HOUR), None, "it would not change what is due");
    }

    fn record_at(performed_ms: i64) -> CleaningRecord {
        let at = r#""at":{"wall":0,"boot":"01ARZ3NDEKTSV4RRFFQ69G5FAV","up":0,"clock":"synced"}"#;
        let json = format!(
            r#"{{"epoch":"{}","seq":1,"tag":"{}","performed_ms":{performed_ms},"recorded_ms":{performed_ms},{at},"who":{{"proof":"unattributed"}}}}"#,
            OF.epoch,
            crate::values::tag::Tag::from_random([7; 5])
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_missed_window_says_what_was_done_in_it_and_when_it_was_cleaned_next() {
        let protocol: ProtocolId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let item = item(vec![every(10, None), every(40, Some(protocol))], Vec::new());
        let courses = ItemTimelines::new(&FacilitySettings::default(), &item, Vec::new());
        let lacking = CleaningRecord { incomplete: vec![MissingPart::Photo], ..record_at(2 * HOUR) };
        let voided = CleaningRecord { voided: Some(OF), ..record_at(12 * HOUR) };
        let too_late = CleaningRecord { recorded_ms: 99 * HOUR, ..record_at(25 * HOUR) };
        let good = record_at(45 * HOUR);
        let missed = courses.missed(&[good, too_late, voided, lacking], &(0..50 * HOUR + 1), 50 * HOUR);
        let told: Vec<_> = missed
            .iter()
            .map(|window| {
                let cause = window.cause.as_ref().map(|cause| (cause.reason, cause.missing.len()));
                (window.end_ms / HOUR, window.protocol, cause, window.cleaned_ms.map(|ms| ms / HOUR))
            })
            .collect();
        assert_eq!(
            told,
            [
                (10, None, Some((DueReason::Incomplete, 1)), Some(45)),
                (20, None, Some((DueReason::Voided, 0)), Some(45)),
                (30, None, Some((DueReason::TooLate, 0)), Some(45)),
                (40, Some(protocol), None, None),
                (40, None, None, Some(45)),
            ]
        );
        assert_eq!(courses.missed(&[], &(0..10 * HOUR), 50 * HOUR), [], "none has closed");
    }

    #[test]
    fn an_item_without_a_schedule_can_be_out_of_service() {
        let out = vec![EquipmentOutage { from_ms: 5, until_ms: None, reason: None, back: None }];
        let courses = ItemTimelines::new(&FacilitySettings::default(), &item(Vec::new(), out), vec![3, 1]);
        assert_eq!(courses.status(None, 4), ItemStatus::NoSchedule);
        assert_eq!(courses.status(None, 5), ItemStatus::OutOfService { since_ms: 5 });
    }

    fn spans_of(spans: &[(i64, i64)]) -> Vec<Range<i64>> {
        spans.iter().map(|&(a, b)| a..b).collect::<Vec<_>>()
    }

    #[test]
    fn spans_out_of_order_or_inside_out_are_put_right() {
        assert_eq!(
            disjoint(spans_of(&[(8, 9), (1, 5), (4, 6), (7, 3), (6, 7)])),
            spans_of(&[(1, 7), (8, 9)])
        );
    }
}
