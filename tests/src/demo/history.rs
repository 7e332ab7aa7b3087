//! Thirty days at a facility, as commands in the order of their time: the box's real code records them under a simulated clock.

use appliance::intake::{
    CleaningForm, Command, NewEquipment, NewProtocol, NewStaff, SettingsChange, UseForm,
};
use record::compliance::{DueWindow, SchedulePeriod, ScheduleTimeline, ZoneSpan, due_windows};
use record::fold::{FacilityState, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{Agent, EquipmentPatch, PhotoPolicy, Schedule, SpauldingClass, Step};
use record::tag::Tag;
use service::random::RandomSource;

use super::facilities::{DemoFacility, DemoItem, SLIPPING_WARD, is_in};

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
pub(super) const DAYS: i64 = 30;
/// How long a falling item's compliance takes to fall.
const SLIPPING_MS: i64 = 7 * DAY_MS;

pub(super) fn settings(facility: &DemoFacility, label_host: &str) -> Command {
    Command::ChangeFacility(Box::new(SettingsChange {
        name: Some(facility.name.into()),
        zone: Some(facility.zone.into()),
        contact: Some(facility.contact.into()),
        allow_unattributed: Some(false),
        label_host: Some(label_host.into()),
        ..SettingsChange::default()
    }))
}

pub(super) fn staff(facility: &DemoFacility) -> Vec<Command> {
    let people = facility.staff.iter();
    people.map(|person| Command::AddStaff(NewStaff::named(person.name, person.role))).collect()
}

pub(super) fn protocols() -> Vec<Command> {
    fn publish_protocol(
        name: &str,
        steps: &[&str],
        contact_s: u32,
        agent: &str,
        epa: &str,
        ppe: &str,
    ) -> Command {
        Command::PublishProtocol(Box::new(NewProtocol {
            protocol: None,
            name: name.into(),
            steps: steps.iter().map(|text| Step { text: (*text).into(), required: true }).collect(),
            contact_s: Some(contact_s),
            declared: true,
            agents: vec![Agent { name: agent.into(), epa: epa.into(), dilution: String::new() }],
            minutes: Some(5),
            ppe: ppe.into(),
            ifu: String::new(),
            ..NewProtocol::default()
        }))
    }
    let wipe = [
        "Gloves on, device on standby",
        "Wipe off visible soil",
        "Wipe keypad, clamp and cord",
        "Look for cracks, let it dry",
    ];
    let soak = [
        "Gloves, gown and eye protection on",
        "Leak test",
        "Clean with enzymatic detergent",
        "Soak in disinfectant",
        "Rinse three times",
        "Dry and store",
    ];
    vec![
        publish_protocol("Low-level wipe", &wipe, 60, "Quat-alcohol wipe", "99120-7", "gloves"),
        publish_protocol(
            "High-level soak",
            &soak,
            720,
            "Ortho-phthalaldehyde 0.55 %",
            "90210-3",
            "gloves, gown, eye protection",
        ),
    ]
}

pub(super) fn equipment(facility: &DemoFacility, protocols: &[ProtocolId]) -> Vec<Command> {
    let items = facility.items.iter().map(|item| {
        let protocol =
            if item.class == SpauldingClass::Semicritical { protocols.last() } else { protocols.first() };
        Command::AddEquipment(Box::new(NewEquipment {
            tag: None,
            fields: EquipmentPatch {
                name: Some(item.name.clone()),
                asset_number: Some(item.asset.clone()),
                category: Some(item.category.into()),
                location: Some(item.location.clone()),
                class: Some(item.class),
                photo: Some(item.photo),
                protocols: Some(protocol.copied().into_iter().collect()),
                ..EquipmentPatch::default()
            },
            schedule: Some(item.schedule.clone()),
            ..NewEquipment::default()
        }))
    });
    items.collect()
}

pub(super) enum DemoEvent {
    Cleaned { form: Box<CleaningForm>, with_photo: bool },
    Submitted(Command),
}

/// Everything that happens to the items between `from_ms` and `until_ms`, in order. `tags` and `steps` are
/// those of [`equipment`], in its order.
pub(super) fn happenings(
    facility: &DemoFacility,
    tags: &[Tag],
    steps: &[u16],
    (from_ms, until_ms): (i64, i64),
    random: &dyn RandomSource,
) -> Vec<(i64, DemoEvent)> {
    let mut all = Vec::new();
    for ((item, tag), steps) in facility.items.iter().zip(tags).zip(steps) {
        let chances = if matches!(item.schedule, Schedule::Use { .. }) {
            let uses = uses((from_ms, until_ms), random);
            all.extend(
                uses.iter().map(|at| (*at, DemoEvent::Submitted(Command::RecordUse(UseForm::now(*tag))))),
            );
            uses.iter().map(|at| at + HOUR_MS / 4 + below(random, HOUR_MS)).collect()
        } else {
            moments(facility, item, (from_ms, until_ms), random)
        };
        for at in chances.into_iter().filter(|at| (from_ms..until_ms - item.uncleaned_ms).contains(at)) {
            if random.below(100) < met_percent(item, until_ms - at) {
                all.push((at, cleaning(facility, *tag, *steps, item, random)));
            }
        }
        if let Some(reason) = item.suspended {
            let reason = reason.to_owned();
            let reported =
                DemoEvent::Submitted(Command::SuspendEquipment { tag: *tag, reason, back: None, seen: None });
            all.push((until_ms - 2 * DAY_MS, reported));
        }
    }
    all.sort_by_key(|(when, _)| *when);
    all
}

/// Every 5 to 14 hours.
fn uses((from_ms, until_ms): (i64, i64), random: &dyn RandomSource) -> Vec<i64> {
    std::iter::successors(Some(from_ms), |at: &i64| Some(at + 5 * HOUR_MS + below(random, 9 * HOUR_MS)))
        .take_while(|at| *at < until_ms)
        .collect()
}

/// One moment in each due window of an item, the open one included.
fn moments(
    facility: &DemoFacility,
    item: &DemoItem,
    (from_ms, until_ms): (i64, i64),
    random: &dyn RandomSource,
) -> Vec<i64> {
    let zones = [ZoneSpan { from_ms, zone: facility.zone.into() }];
    let plans = [SchedulePeriod { from_ms, schedule: item.schedule.clone() }];
    let course = ScheduleTimeline { zones: &zones, plans: &plans, out: &[], uses: &[] };
    let due = due_windows(&course, &[], from_ms..until_ms + 1, until_ms);
    due.iter().map(|window| moment(window, random)).collect()
}

/// Most items are cleaned early in their window, and by day where it lasts for days.
fn moment(window: &DueWindow, random: &dyn RandomSource) -> i64 {
    let early_ms = (window.end_ms - window.start_ms) * 7 / 10;
    if early_ms < DAY_MS / 2 {
        return window.start_ms + below(random, early_ms);
    }
    let day = below(random, early_ms / DAY_MS + 1);
    window.start_ms + day * DAY_MS + 7 * HOUR_MS + below(random, 13 * HOUR_MS)
}

/// Per cent `before_ms` before the end of its history.
fn met_percent(item: &DemoItem, before_ms: i64) -> u64 {
    let fall = item.met_percent - item.met_percent_at_end;
    let left_ms = u64::try_from(before_ms.clamp(0, SLIPPING_MS)).unwrap_or(0);
    item.met_percent_at_end + fall * left_ms / SLIPPING_MS.unsigned_abs()
}

fn below(random: &dyn RandomSource, end: i64) -> i64 {
    random.below(u64::try_from(end).unwrap_or(1).max(1)).cast_signed()
}

fn cleaning(
    facility: &DemoFacility,
    tag: Tag,
    steps: u16,
    item: &DemoItem,
    random: &dyn RandomSource,
) -> DemoEvent {
    let mut form = complete(facility, tag, steps, random);
    // A little longer than the item's protocol requires.
    if item.class == SpauldingClass::Semicritical {
        form.stated_s = Some(720 + u32::try_from(random.below(20)).unwrap_or(0));
    }
    match random.below(100) {
        0..3 => {
            form.steps = Some((1..steps).collect());
            form.note = "Last step left out, called away".into();
        }
        3..6 => form.note = "Cracked corner, still usable".into(),
        _ => {}
    }
    let with_photo = item.photo == PhotoPolicy::Required || random.below(100) < 20;
    DemoEvent::Cleaned { form: Box::new(form), with_photo }
}

fn complete(facility: &DemoFacility, tag: Tag, steps: u16, random: &dyn RandomSource) -> CleaningForm {
    let who = random.below(facility.technicians.len().max(1) as u64);
    let who = usize::try_from(who).ok().and_then(|at| facility.technicians.get(at));
    let mut form = CleaningForm::plain(tag, who.copied().unwrap_or("Technician"));
    form.steps = Some((1..=steps).collect());
    form.stated_s = Some(60 + u32::try_from(random.below(20)).unwrap_or(0));
    form
}

/// The next cleaning of a busy facility: the item that waits longest for its interval, except in the slipping
/// ward.
pub(super) fn next_cleaning(
    facility: &DemoFacility,
    known: &FacilityState,
    now_ms: i64,
    random: &dyn RandomSource,
) -> Option<CleaningForm> {
    let cleaned = known.equipment.values();
    let cleaned = cleaned
        .filter(|item| item.service == ServiceState::In && !is_in(&item.facts.location, SLIPPING_WARD));
    let next = cleaned.max_by_key(|item| {
        let last = known.activity.get(&item.tag).and_then(|activity| activity.last.as_ref());
        let since_ms = last.map_or(item.added_ms, |last| last.performed_ms);
        // In thousandths of the interval.
        Some((now_ms - since_ms).saturating_mul(1_000) / interval_ms(&item.plans.last()?.schedule))
    })?;
    let protocol = next.facts.protocols.first().and_then(|id| known.protocols.get(id));
    let steps = protocol.map_or(1, |protocol| u16::try_from(protocol.steps.len()).unwrap_or(u16::MAX));
    Some(complete(facility, next.tag, steps, random))
}

fn interval_ms(schedule: &Schedule) -> i64 {
    let interval = match schedule {
        Schedule::Hours { n } => i64::from(*n) * HOUR_MS,
        Schedule::Days { n, .. } => i64::from(*n) * DAY_MS,
        Schedule::Weeks { n } => i64::from(*n) * 7 * DAY_MS,
        Schedule::Times { at, .. } => DAY_MS / i64::try_from(at.len().max(1)).unwrap_or(1),
        Schedule::Use { .. } | Schedule::Never => 7 * DAY_MS,
    };
    interval.max(1)
}

#[cfg(test)]
mod tests {
    use record::compliance::{CleaningTimes, ItemStatus, WindowState, item_status};
    use service::random::SystemRandom;

    use super::super::facilities::{busy_box, live_box};
    use super::*;

    const NOW_MS: i64 = 1_795_205_071_000;

    fn tags(facility: &DemoFacility) -> Vec<Tag> {
        (0..facility.items.len()).map(|n| Tag::from_random([0, 0, 0, (n / 256) as u8, n as u8])).collect()
    }

    fn cleaned(facility: &DemoFacility, from_ms: i64, until_ms: i64) -> Vec<Vec<i64>> {
        let (tags, steps) = (tags(facility), vec![4; facility.items.len()]);
        let all = happenings(facility, &tags, &steps, (from_ms, until_ms), &SystemRandom);
        tags.iter()
            .map(|tag| {
                let cleaned = all.iter().filter_map(|(when, event)| match event {
                    DemoEvent::Cleaned { form, .. } if form.tag == *tag => Some(*when),
                    _ => None,
                });
                cleaned.collect()
            })
            .collect()
    }

    #[test]
    fn something_is_overdue_at_any_hour() {
        let facility = live_box();
        let at = facility.items.iter().position(|item| item.uncleaned_ms > 0).unwrap();
        for hour in 0..24 {
            let now_ms = NOW_MS + hour * HOUR_MS;
            let (from_ms, until_ms) = (now_ms - DAYS * DAY_MS, now_ms - HOUR_MS / 3);
            let last = cleaned(&facility, from_ms, until_ms)[at].last().copied();
            assert!(last.is_some(), "it was looked after once");
            let plans = [SchedulePeriod { from_ms, schedule: facility.items[at].schedule.clone() }];
            let course = ScheduleTimeline { zones: &[], plans: &plans, out: &[], uses: &[] };
            assert!(
                matches!(item_status(&course, last, now_ms), ItemStatus::Overdue { .. }),
                "{hour} h later"
            );
        }
    }

    /// Per cent of the due windows met in this period, in a ward or in all others.
    fn rate(facility: &DemoFacility, cleaned: &[Vec<i64>], slips: bool, period: (i64, i64)) -> f64 {
        let from_ms = NOW_MS - DAYS * DAY_MS;
        let zones = [ZoneSpan { from_ms, zone: facility.zone.into() }];
        let (mut met, mut closed) = (0.0, 0.0);
        for (item, cleaned) in facility.items.iter().zip(cleaned) {
            let plans = [SchedulePeriod { from_ms, schedule: item.schedule.clone() }];
            let course = ScheduleTimeline { zones: &zones, plans: &plans, out: &[], uses: &[] };
            let times = cleaned.iter().map(|at| CleaningTimes {
                performed_ms: *at,
                recorded_ms: *at,
                complete: true,
                protocol: None,
            });
            let placed: Vec<CleaningTimes> = times.collect();
            if item.is_in(SLIPPING_WARD) == slips {
                let windows = due_windows(&course, &placed, period.0..period.1, NOW_MS);
                met += windows.iter().filter(|w| w.state == WindowState::Met).count() as f64;
                closed += windows.len() as f64;
            }
        }
        100.0 * met / closed
    }

    #[test]
    fn one_ward_slips_in_the_last_week_and_the_others_do_not() {
        let facility = busy_box();
        let (from_ms, week_ms) = (NOW_MS - DAYS * DAY_MS, NOW_MS - SLIPPING_MS);
        let cleaned = cleaned(&facility, from_ms, NOW_MS);
        let (before, lately) = ((from_ms, week_ms), (week_ms, NOW_MS));
        assert!(rate(&facility, &cleaned, true, before) > 90.0);
        assert!(rate(&facility, &cleaned, true, lately) < 80.0);
        assert!(rate(&facility, &cleaned, false, before) > 90.0);
        assert!(rate(&facility, &cleaned, false, lately) > 90.0);
    }
}
