//! The demo's facilities: their people, their equipment, and how well each item is cleaned.

use record::kinds::{PhotoPolicy, Schedule, SpauldingClass, StaffRole, TimeOfDay};

use super::history::HOUR_MS;

/// The ward of [`busy_box`] whose compliance falls over the last week.
pub(super) const SLIPPING_WARD: &str = "Ward 4B";
/// Compliance at the end of that week, per cent of its due windows.
const SLIPPING_PERCENT: u64 = 20;

/// The item of [`live_box`] that was not cleaned lately, so that something is overdue at any hour.
const OVERDUE_ITEM: &str = "Bladder scanner 1";
/// Its window of twelve hours has closed twice since.
const OVERDUE_MS: i64 = 36 * HOUR_MS;
const SUSPENDED_ITEM: &str = "Ventilator 3";

#[derive(Debug, Clone)]
pub(super) struct DemoFacility {
    pub(super) name: &'static str,
    pub(super) zone: &'static str,
    pub(super) contact: &'static str,
    pub(super) staff: &'static [DemoPerson],
    pub(super) technicians: &'static [&'static str],
    pub(super) items: Vec<DemoItem>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct DemoPerson {
    pub(super) name: &'static str,
    pub(super) role: StaffRole,
}

#[derive(Debug, Clone)]
pub(super) struct DemoItem {
    pub(super) name: String,
    pub(super) asset: String,
    pub(super) category: &'static str,
    pub(super) location: String,
    pub(super) class: SpauldingClass,
    pub(super) photo: PhotoPolicy,
    pub(super) schedule: Schedule,
    /// Per cent of its due windows.
    pub(super) met_percent: u64,
    /// Per cent over the last week.
    pub(super) met_percent_at_end: u64,
    /// For how long it has not been cleaned at all.
    pub(super) uncleaned_ms: i64,
    pub(super) suspended: Option<&'static str>,
}

const fn person(name: &'static str, role: StaffRole) -> DemoPerson {
    DemoPerson { name, role }
}

pub(super) fn live_box() -> DemoFacility {
    let mut items = items();
    for item in &mut items {
        if item.name == OVERDUE_ITEM {
            item.uncleaned_ms = OVERDUE_MS;
        }
        if item.name == SUSPENDED_ITEM {
            item.suspended = Some("Flow sensor fails its self-test");
        }
    }
    DemoFacility {
        name: "Linden Valley Hospital",
        zone: "America/Chicago",
        contact: "biomed, ext. 4417",
        staff: const {
            &[
                person("Grace Okafor", StaffRole::FacilityAdmin),
                person("Tom Nguyen", StaffRole::Biomed),
                person("Maria Alvarez", StaffRole::Technician),
                person("Dwayne Carter", StaffRole::Technician),
            ]
        },
        technicians: &["Maria Alvarez", "Dwayne Carter", "Aisha Bello", "Luis Ortega", "Zoë Müller"],
        items,
    }
}

pub(super) fn bare_box() -> DemoFacility {
    let mut facility = live_box();
    facility.items.truncate(1);
    facility
}

/// A clinic of 40 items whose box has been silent for hours.
pub(super) fn silent_box() -> DemoFacility {
    const WARDS: [(&str, usize); 4] =
        [("Triage", 8), ("Exam rooms", 14), ("Procedure room", 8), ("Infusion suite", 10)];
    DemoFacility {
        name: "Linden Creek Clinic",
        zone: "America/Chicago",
        contact: "front desk, ext. 100",
        staff: const {
            &[
                person("Ruth Amsel", StaffRole::FacilityAdmin),
                person("Peter Lindqvist", StaffRole::Technician),
            ]
        },
        technicians: &["Peter Lindqvist", "Ruth Amsel", "Nia Thomas"],
        items: items_of(&WARDS, "LC", 96),
    }
}

/// A hospital of 300 items that is busy, and in which one ward slips.
pub(super) fn busy_box() -> DemoFacility {
    const WARDS: [(&str, usize); 14] = [
        ("Emergency", 30),
        ("ICU", 28),
        ("Operating rooms", 26),
        ("Recovery", 18),
        ("Ward 2A", 22),
        ("Ward 2B", 22),
        ("Ward 3A", 22),
        ("Ward 3B", 22),
        ("Ward 4A", 22),
        (SLIPPING_WARD, 22),
        ("Dialysis", 20),
        ("Cardiology", 16),
        ("Radiology", 14),
        ("Outpatient clinic", 16),
    ];
    let mut items = items_of(&WARDS, "LL", 98);
    for item in items.iter_mut().filter(|item| item.is_in(SLIPPING_WARD)) {
        item.schedule = Schedule::every_days(1);
        item.met_percent_at_end = SLIPPING_PERCENT;
    }
    DemoFacility {
        name: "Linden Lakes Medical Center",
        zone: "America/Detroit",
        contact: "biomed, ext. 2200",
        staff: const {
            &[
                person("Helen Brandt", StaffRole::FacilityAdmin),
                person("Samuel Osei", StaffRole::Biomed),
                person("Irina Petrova", StaffRole::Technician),
            ]
        },
        technicians: &[
            "Irina Petrova",
            "Marcus Reed",
            "Fatima Haddad",
            "José Pineda",
            "Linh Tran",
            "Olga Novak",
            "Kwame Mensah",
            "Emily Sørensen",
        ],
        items,
    }
}

impl DemoItem {
    pub(super) fn is_in(&self, ward: &str) -> bool {
        is_in(&self.location, ward)
    }
}

/// Whether the text before the location's comma is this ward.
pub(super) fn is_in(location: &str, ward: &str) -> bool {
    location.split(',').next() == Some(ward)
}

/// Equipment of ordinary patient rooms: name, category, civil days between cleanings.
const KINDS: [(&str, &str, u32); 12] = [
    ("Infusion pump", "Infusion pumps", 2),
    ("Vital signs monitor", "Monitors", 1),
    ("Patient bed", "Beds", 7),
    ("Wheelchair", "Transport", 7),
    ("Bladder scanner", "Ultrasound", 1),
    ("Syringe pump", "Infusion pumps", 2),
    ("ECG cart", "Carts", 2),
    ("Patient lift", "Lifts", 7),
    ("Pulse oximeter", "Monitors", 2),
    ("Commode chair", "Chairs", 1),
    ("Suction unit", "Suction", 7),
    ("Stretcher", "Transport", 2),
];

/// So many items of the usual kinds in each ward, two in a room.
fn items_of(wards: &[(&str, usize)], prefix: &str, met_percent: u64) -> Vec<DemoItem> {
    let places = wards.iter().flat_map(|&(ward, count)| (0..count).map(move |at| (ward, at)));
    let items = places.enumerate().map(|(number, (ward, at))| {
        let (name, category, days) = KINDS[number % KINDS.len()];
        let schedule = if days == 7 { Schedule::Weeks { n: 1 } } else { Schedule::every_days(days) };
        DemoItem {
            name: format!("{name} {}", 101 + number / KINDS.len()),
            asset: format!("{prefix}-{:05}", 20_000 + 7 * number),
            category,
            location: format!("{ward}, room {}", 1 + at / 2),
            class: SpauldingClass::Noncritical,
            photo: PhotoPolicy::Optional,
            schedule,
            met_percent,
            met_percent_at_end: met_percent,
            uncleaned_ms: 0,
            suspended: None,
        }
    });
    items.collect()
}

fn schedule_at(times: &[(u8, u8)]) -> Schedule {
    Schedule::every_day_at(times.iter().map(|&(hour, minute)| TimeOfDay { hour, minute }).collect())
}

fn items() -> Vec<DemoItem> {
    use PhotoPolicy::{None as NoPhoto, Optional, Required};
    use SpauldingClass::{Noncritical, Semicritical};
    let item =
        |name: &str, asset: &str, category, location: &str, class, photo, schedule, met_percent| DemoItem {
            name: name.into(),
            asset: asset.into(),
            category,
            location: location.into(),
            class,
            photo,
            schedule,
            met_percent,
            met_percent_at_end: met_percent,
            uncleaned_ms: 0,
            suspended: None,
        };
    vec![
        item(
            "Infusion pump 14",
            "BM-20418",
            "Infusion pumps",
            "ICU East, bed 14",
            Noncritical,
            Optional,
            schedule_at(&[(7, 0), (19, 0)]),
            97,
        ),
        item(
            "Infusion pump 15",
            "BM-20419",
            "Infusion pumps",
            "ICU East, bed 15",
            Noncritical,
            Optional,
            schedule_at(&[(7, 0), (19, 0)]),
            88,
        ),
        item(
            "Ventilator 3",
            "BM-11873",
            "Ventilators",
            "ICU West, store",
            Noncritical,
            Optional,
            Schedule::every_days(1),
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
        item(
            "ECG cart 2",
            "BM-15502",
            "Carts",
            "Cardiology, room 2.08",
            Noncritical,
            NoPhoto,
            Schedule::every_days(1),
            93,
        ),
        item(
            "Patient lift 2",
            "BM-22016",
            "Lifts",
            "Ward 4B, store",
            Noncritical,
            Optional,
            Schedule::every_days(2),
            95,
        ),
        item(
            "Patient monitor 6",
            "BM-18841",
            "Monitors",
            "Emergency, triage 2",
            Noncritical,
            Optional,
            schedule_at(&[(7, 0), (19, 0)]),
            94,
        ),
        item(
            "Crash cart 5",
            "BM-15377",
            "Carts",
            "Ward 4B",
            Noncritical,
            Required,
            Schedule::every_days(1),
            99,
        ),
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
            Schedule::every_days(1),
            91,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn three_facilities_of_12_40_and_300_items() {
        let sizes = [live_box(), silent_box(), busy_box()].map(|facility| {
            let (names, assets): (BTreeSet<_>, BTreeSet<_>) =
                facility.items.iter().map(|item| (&item.name, &item.asset)).unzip();
            assert_eq!((names.len(), assets.len()), (facility.items.len(), facility.items.len()));
            facility.items.len()
        });
        assert_eq!(sizes, [12, 40, 300]);
        assert_eq!(bare_box().items.len(), 1);
        assert_eq!(busy_box().items.iter().filter(|item| item.is_in(SLIPPING_WARD)).count(), 22);
    }
}
