//! Thirty days at one small hospital, told as commands in the order of their time: the box's real code records them
//! under a bent clock.

use appliance::intake::{
    CleaningForm, Command, EquipmentFields, NewEquipment, NewProtocol, Person, Settings,
};
use appliance::random::Random;
use record::ids::ProtocolId;
use record::kinds::{Agent, Class, PhotoPolicy, Role, Schedule, Step, TimeOfDay};
use record::tag::Tag;

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// How far the history reaches back.
pub(super) const DAYS: i64 = 30;

/// A person of the demonstration, who can sign in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Somebody {
    pub(super) name: &'static str,
    pub(super) role: Role,
}

pub(super) const STAFF: [Somebody; 4] = [
    Somebody { name: "Grace Okafor", role: Role::FacilityAdmin },
    Somebody { name: "Tom Nguyen", role: Role::Biomed },
    Somebody { name: "Maria Alvarez", role: Role::Technician },
    Somebody { name: "Dwayne Carter", role: Role::Technician },
];

/// Names as technicians type them.
const TYPED: [&str; 5] = ["Maria Alvarez", "Dwayne Carter", "Aisha Bello", "Luis Ortega", "Zoë Müller"];

/// How well an item is looked after, per cent of its windows.
struct Item {
    name: &'static str,
    asset: &'static str,
    category: &'static str,
    location: &'static str,
    class: Class,
    photo: PhotoPolicy,
    schedule: Schedule,
    met_percent: u64,
}

fn at(times: &[(u8, u8)]) -> Schedule {
    Schedule::Times { at: times.iter().map(|&(hour, minute)| TimeOfDay { hour, minute }).collect() }
}

fn items() -> Vec<Item> {
    use Class::{Noncritical, Semicritical};
    use PhotoPolicy::{None as NoPhoto, Optional, Required};
    let daily = || Schedule::Days { n: 1 };
    let shifts = || at(&[(7, 0), (19, 0)]);
    let item = |name, asset, category, location, class, photo, schedule, met_percent| Item {
        name,
        asset,
        category,
        location,
        class,
        photo,
        schedule,
        met_percent,
    };
    vec![
        item(
            "Infusion pump 14",
            "BM-20418",
            "Infusion pumps",
            "ICU East, bed 14",
            Noncritical,
            Optional,
            shifts(),
            97,
        ),
        item(
            "Infusion pump 15",
            "BM-20419",
            "Infusion pumps",
            "ICU East, bed 15",
            Noncritical,
            Optional,
            shifts(),
            88,
        ),
        item(
            "Ventilator 3",
            "BM-11873",
            "Ventilators",
            "ICU West, store",
            Noncritical,
            Optional,
            daily(),
            96,
        ),
        item(
            "Endocavity probe E10",
            "BM-30077",
            "Ultrasound probes",
            "Women’s imaging, room 1",
            Semicritical,
            Required,
            Schedule::Use { grace_s: 4 * 3600 },
            98,
        ),
        item(
            "Bladder scanner 1",
            "BM-17220",
            "Ultrasound",
            "Ward 3A, station",
            Noncritical,
            Optional,
            Schedule::Hours { n: 12 },
            82,
        ),
        item("ECG cart 2", "BM-15502", "Carts", "Cardiology, room 2.08", Noncritical, NoPhoto, daily(), 93),
        item(
            "Patient lift 2",
            "BM-22016",
            "Lifts",
            "Ward 4B, store",
            Noncritical,
            Optional,
            Schedule::Days { n: 2 },
            95,
        ),
        item(
            "Patient monitor 6",
            "BM-18841",
            "Monitors",
            "Emergency, triage 2",
            Noncritical,
            Optional,
            shifts(),
            94,
        ),
        item("Crash cart 5", "BM-15377", "Carts", "Ward 4B", Noncritical, Required, daily(), 99),
        item(
            "Dialysis chair 1",
            "BM-26610",
            "Chairs",
            "Dialysis, place 1",
            Noncritical,
            Optional,
            Schedule::Use { grace_s: 2 * 3600 },
            96,
        ),
        item(
            "Blood gas analyser",
            "BM-29034",
            "Laboratory",
            "Laboratory, bench 3",
            Noncritical,
            Optional,
            Schedule::Weeks { n: 1 },
            100,
        ),
        item(
            "X-ray machine RM-001",
            "RM-001",
            "Imaging",
            "Radiology, room 1",
            Noncritical,
            Optional,
            daily(),
            91,
        ),
    ]
}

pub(super) fn settings(label_host: &str) -> Command {
    Command::ChangeFacility(Box::new(Settings {
        name: Some("Linden Valley Hospital".into()),
        zone: Some("America/Chicago".into()),
        contact: Some("biomed, ext. 4417".into()),
        allow_unattributed: Some(false),
        label_host: Some(label_host.into()),
        ..Settings::default()
    }))
}

pub(super) fn people() -> Vec<Command> {
    STAFF.iter().map(|s| Command::AddStaff(Person { name: s.name.into(), role: s.role })).collect()
}

pub(super) fn protocols() -> Vec<Command> {
    let step = |text: &str| Step { text: text.into(), required: true };
    let protocol = |name: &str, steps: &[&str], contact_s, agent: &str, epa: &str, ppe: &str| {
        Command::PublishProtocol(Box::new(NewProtocol {
            protocol: None,
            name: name.into(),
            steps: steps.iter().map(|s| step(s)).collect(),
            contact_s: Some(contact_s),
            declared: true,
            agents: vec![Agent { name: agent.into(), epa: epa.into(), dilution: String::new() }],
            minutes: Some(5),
            ppe: ppe.into(),
            ifu: String::new(),
        }))
    };
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
        protocol("Low-level wipe", &wipe, 60, "Quat-alcohol wipe", "99120-7", "gloves"),
        protocol(
            "High-level soak",
            &soak,
            720,
            "Ortho-phthalaldehyde 0.55 %",
            "90210-3",
            "gloves, gown, eye protection",
        ),
    ]
}

/// The items as commands; `only_one` for a bare start.
pub(super) fn equipment(protocols: &[ProtocolId], only_one: bool) -> Vec<Command> {
    let count = if only_one { 1 } else { usize::MAX };
    let add = |item: Item| {
        let protocol = if item.class == Class::Semicritical { protocols.last() } else { protocols.first() };
        Command::AddEquipment(Box::new(NewEquipment {
            tag: None,
            fields: EquipmentFields {
                name: Some(item.name.into()),
                asset_number: Some(item.asset.into()),
                category: Some(item.category.into()),
                location: Some(item.location.into()),
                class: Some(item.class),
                photo: Some(item.photo),
                protocols: Some(protocol.copied().into_iter().collect()),
                ..EquipmentFields::default()
            },
            schedule: Some(item.schedule),
        }))
    };
    items().into_iter().take(count).map(add).collect()
}

/// What happens at a time.
pub(super) enum Happening {
    /// A cleaning; whether it shall have a photo.
    Cleaned { form: Box<CleaningForm>, with_photo: bool },
    /// Anything else.
    Told(Command),
}

/// Everything that happens to the items between `from_ms` and `until_ms`, in order. `tags` and `steps` are those of
/// [`equipment`], in its order.
pub(super) fn happenings(
    tags: &[Tag],
    steps: &[u16],
    from_ms: i64,
    until_ms: i64,
    random: &dyn Random,
) -> Vec<(i64, Happening)> {
    let mut all = Vec::new();
    for ((item, tag), steps) in items().iter().zip(tags).zip(steps) {
        let mut start = from_ms;
        let period = period_ms(&item.schedule);
        while start < until_ms {
            let uses = matches!(item.schedule, Schedule::Use { .. });
            if uses {
                all.push((start, Happening::Told(Command::RecordUse { tag: *tag, performed_ms: None })));
            }
            // Most are done early in their window; some windows are missed.
            let within = if uses { HOUR_MS } else { period * 7 / 10 };
            let when = start + HOUR_MS / 4 + below(random, within.cast_unsigned()).cast_signed();
            if random.below(100) < item.met_percent && when < until_ms {
                all.push((when, cleaning(*tag, *steps, item, random)));
            }
            start += if uses {
                5 * HOUR_MS + below(random, 9 * HOUR_MS.cast_unsigned()).cast_signed()
            } else {
                period
            };
        }
    }
    if let Some(ventilator) = tags.get(2) {
        let told = |command| Happening::Told(command);
        let reason = "Flow sensor fails its self-test".to_owned();
        all.push((until_ms - 2 * DAY_MS, told(Command::SuspendEquipment { tag: *ventilator, reason })));
    }
    all.sort_by_key(|(when, _)| *when);
    all
}

fn below(random: &dyn Random, end: u64) -> u64 {
    random.below(end.max(1))
}

fn period_ms(schedule: &Schedule) -> i64 {
    match schedule {
        Schedule::Hours { n } => i64::from(*n) * HOUR_MS,
        Schedule::Days { n } => i64::from(*n) * DAY_MS,
        Schedule::Weeks { n } => i64::from(*n) * 7 * DAY_MS,
        Schedule::Times { at } => DAY_MS / i64::try_from(at.len().max(1)).unwrap_or(1),
        Schedule::Use { .. } | Schedule::Never => DAY_MS,
    }
}

fn cleaning(tag: Tag, steps: u16, item: &Item, random: &dyn Random) -> Happening {
    let who = TYPED[usize::try_from(random.below(TYPED.len() as u64)).unwrap_or(0)];
    let mut form = CleaningForm::plain(tag, who);
    form.steps = Some((1..=steps).collect());
    // A little longer than the item's protocol asks.
    let needed_s = if item.class == Class::Semicritical { 720 } else { 60 };
    form.stated_s = Some(needed_s + u32::try_from(random.below(20)).unwrap_or(0));
    match random.below(100) {
        0..3 => {
            form.steps = Some((1..steps).collect());
            form.note = "Last step left out, called away".into();
        }
        3..6 => form.note = "Cracked corner, still usable".into(),
        _ => {}
    }
    let with_photo = item.photo == PhotoPolicy::Required || random.below(100) < 20;
    Happening::Cleaned { form: Box::new(form), with_photo }
}
