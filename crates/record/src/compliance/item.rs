//! From the fold's rows to the courses of one item, so that box and relay read them alike.

use std::ops::Range;

use super::{
    CleaningTimes, DueWindow, ItemStatus, SchedulePeriod, ScheduleTimeline, ZoneSpan, due_windows,
    item_status, next_change_ms,
};
use crate::fold::{CleaningRecord, Equipment, EquipmentActivity, FacilitySettings};
use crate::kinds::Schedule;
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

    /// Each course, and the protocol whose cleanings meet it.
    pub fn iter(&self) -> impl Iterator<Item = (Option<ProtocolId>, ScheduleTimeline<'_>)> {
        self.plans.iter().map(|(protocol, plans)| {
            (*protocol, ScheduleTimeline { zones: &self.zones, plans, out: &self.out, uses: &self.uses })
        })
    }

    /// The most urgent [`item_status()`] of all courses.
    pub fn status(&self, activity: Option<&EquipmentActivity>, now_ms: i64) -> ItemStatus {
        self.iter()
            .map(|(protocol, course)| {
                let last_ms = activity.and_then(|activity| match protocol {
                    None => activity.last_complete_ms(),
                    Some(protocol) => activity.last_by_ms(protocol),
                });
                item_status(&course, last_ms, now_ms)
            })
            .min_by_key(ItemStatus::order)
            .unwrap_or(ItemStatus::NoSchedule)
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
    use crate::kinds::{EntryRef, PhotoPolicy, SpauldingClass};
    use crate::values::ids::Epoch;

    const HOUR: i64 = 3_600_000;
    const OF: EntryRef = EntryRef { epoch: Epoch { n: 1, key: [0; 4] }, seq: 0 };

    fn item(plans: Vec<fold::EquipmentSchedule>, out: Vec<EquipmentOutage>) -> Equipment {
        Equipment {
            tag: crate::values::tag::Tag::from_random([7; 5]),
            name: String::new(),
            asset_number: String::new(),
            serial: String::new(),
            maker: String::new(),
            model: String::new(),
            category: String::new(),
            location: String::new(),
            class: SpauldingClass::Noncritical,
            photo: PhotoPolicy::Optional,
            protocols: Vec::new(),
            custom: std::collections::BTreeMap::new(),
            loan: None,
            single_use: false,
            photo_one_in: None,
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
