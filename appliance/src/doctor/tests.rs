//! The doctor before fake machines: one for each fault, and what it makes of the facts.

use std::path::Path;

use record::entry::ClockState;

use super::facts::{
    DnsFact, LinkFact, MachineFacts, MemoryFact, NetworkFacts, PowerFact, PrinterFact, ProbeOutcome,
    ProgramFacts, RecordingFact, RelayTransport, ServiceFacts, StorageFacts, TransportFact, WearFact,
    WifiFact,
};
use super::machine::{MachineRoot, read_memory, read_power, read_storage, read_temperature, read_wear};
use super::*;
use crate::disk_space::DiskSpace;
use crate::setup::{SetupNote, SetupStage, SetupState};

const NOW_MS: i64 = 1_795_205_071_000;
const DAY_MS: i64 = 86_400_000;

fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

type MachineChange = fn(&mut MachineFacts);
type ServiceChange = fn(&mut ServiceFacts);

#[test]
fn power_is_read_from_firmware_or_sensor() {
    const THROTTLED: &str = "sys/devices/platform/soc/soc:firmware/get_throttled";
    const ALARM: &str = "sys/class/hwmon/hwmon1/in0_lcrit_alarm";
    let firmware = |word: &'static str| vec![(THROTTLED, word)];
    let sensor =
        vec![("sys/class/hwmon/hwmon0/name", "cpu_thermal\n"), ("sys/class/hwmon/hwmon1/name", "rpi_volt\n")];
    let alarm = |text: &'static str| [sensor.clone(), vec![(ALARM, text)]].concat();
    for (files, power) in [
        (firmware("0\n"), PowerFact::Good),
        (firmware("50005\n"), PowerFact::Low),
        (firmware("0x50000\n"), PowerFact::WasLow),
        (firmware("none\n"), PowerFact::Unknown),
        (alarm("0\n"), PowerFact::Good),
        (alarm("1\n"), PowerFact::Low),
        (sensor.clone(), PowerFact::Unknown),
        (Vec::new(), PowerFact::Unknown),
    ] {
        assert_eq!(read_power(&MachineRoot::at(machine(&files).path())), power, "{files:?}");
    }
}

#[test]
fn heat_memory_and_wear_are_read() {
    let root = machine(&[
        ("sys/class/thermal/thermal_zone0/temp", "48312\n"),
        ("sys/class/thermal/thermal_zone1/temp", "81000\n"),
        ("proc/meminfo", "MemTotal:         1000000 kB\nMemFree: 1 kB\nMemAvailable:      30000 kB\n"),
        ("sys/block/mmcblk0/device/life_time", "0x02 0x09\n"),
        ("sys/block/mmcblk0/device/pre_eol_info", "0x01\n"),
        ("sys/block/mmcblk1/device/type", "SD\n"),
    ]);
    let root = MachineRoot::at(root.path());
    assert_eq!(read_temperature(&root), Some(81));
    assert_eq!(read_memory(&root), Some(MemoryFact { total_kb: 1_000_000, available_kb: 30_000 }));
    assert_eq!(read_wear(&root), Some(WearFact { used_percent: 90, is_at_end: false }));
    for (life, reserve, wear) in [
        ("0x0b 0x01", "0x01", Some(WearFact { used_percent: 100, is_at_end: true })),
        ("0x01 0x01", "0x03", Some(WearFact { used_percent: 10, is_at_end: true })),
        ("0x00 0x00", "0x00", None),
    ] {
        let device = [
            ("sys/block/mmcblk0/device/life_time", life),
            ("sys/block/mmcblk0/device/pre_eol_info", reserve),
        ];
        assert_eq!(read_wear(&MachineRoot::at(machine(&device).path())), wear, "{life}");
    }
    let nothing = MachineRoot::at(Path::new("/nonexistent"));
    assert_eq!((read_temperature(&nothing), read_memory(&nothing), read_wear(&nothing)), (None, None, None));
}

#[test]
fn a_disk_that_went_read_only_is_found_by_its_mount() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().display();
    let mounts = |own: &str| {
        format!(
            "22 1 179:2 / / ro,relatime - ext4 /dev/mmcblk0p2 ro\n23 22 179:4 / {place} {own} - ext4 /dev/mmcblk0p4 rw\n"
        )
    };
    for (own, is_read_only) in [("rw,noatime", false), ("ro,noatime", true)] {
        let root =
            machine(&[("proc/self/mountinfo", &mounts(own)), ("sys/fs/ext4/mmcblk0p4/errors_count", "3\n")]);
        let (root, of_system) = (MachineRoot::at(root.path()), MachineRoot::of_system());
        let storage = read_storage(&root, data.path());
        assert_eq!((storage.is_read_only, storage.errors), (is_read_only, 3), "{own}");
        assert_eq!(storage.space, None, "the other machine has no such folder");
        assert!(read_storage(&of_system, data.path()).space.is_some());
    }
    let remounted = format!("23 22 179:4 / {place} rw - ext4 /dev/mmcblk0p4 ro,errors=remount-ro\n");
    let root = machine(&[("proc/self/mountinfo", &remounted)]);
    assert!(read_storage(&MachineRoot::at(root.path()), data.path()).is_read_only);
}

/// Of a card of 32.
fn gigabytes_free(count: u64) -> DiskSpace {
    DiskSpace { total: 32_000_000_000, free: count * 1_000_000_000 }
}

#[test]
fn a_large_disk_is_well_with_a_few_per_cent_free() {
    let mut facts = good_facts();
    let disk = DiskSpace { total: 500_000_000_000, free: 48_000_000_000 };
    let well = DoctorFinding::StorageFree { megabytes: 48_000, percent: 9 };
    for (space, expected) in [(Some(disk), well), (None, DoctorFinding::StorageUnknown)] {
        facts.machine.storage.space = space;
        let lines = judge_facts(&facts).lines.into_iter();
        let found = lines.filter(|line| line.check == DoctorCheck::Storage).map(|line| line.finding);
        assert_eq!(found.collect::<Vec<_>>(), [expected]);
    }
}

fn good_machine() -> MachineFacts {
    MachineFacts {
        clock: Some(ClockState::Synced),
        power: PowerFact::Good,
        celsius: Some(48),
        memory: Some(MemoryFact { total_kb: 1_000, available_kb: 500 }),
        storage: StorageFacts { space: Some(gigabytes_free(20)), is_read_only: false, errors: 0 },
        wear: None,
        wifi: WifiFact::Joined { dbm: Some(-55) },
        addresses: vec!["10.0.0.5".to_owned()],
    }
}

fn good_program() -> ServiceFacts {
    ServiceFacts {
        version: "0.1.0".into(),
        recording: RecordingFact::Ready,
        entries: 9,
        link: LinkFact::Up,
        backlog: 0,
        printers: vec![PrinterFact { name: "Desk".into(), stands_still: false }],
        checked_ms: Some(NOW_MS - DAY_MS),
        is_damaged: false,
        is_missing: false,
        unseen: 0,
        has_admin: true,
        has_https: true,
        certificate_ms: Some(NOW_MS + 300 * DAY_MS),
        backup_ms: None,
    }
}

fn good_facts() -> DoctorFacts {
    DoctorFacts {
        now_ms: NOW_MS,
        machine: good_machine(),
        network: None,
        program: ProgramFacts::Running(good_program()),
        settings_wrong: None,
        setup: SetupState::default(),
    }
}

fn faults(facts: &DoctorFacts) -> Vec<DoctorFinding> {
    let lines = judge_facts(facts).lines.into_iter();
    lines.filter(|line| line.state >= CheckState::Warn).map(|line| line.finding).collect()
}

#[test]
fn a_good_box_is_good_and_its_lines_are_in_order() {
    let report = judge_facts(&good_facts());
    assert_eq!((faults(&good_facts()), report.status()), (Vec::new(), 0));
    assert!(report.lines.is_sorted_by_key(|line| line.check));
    assert!(report.lines.iter().all(|line| line.check == line.finding.check()));
}

#[test]
fn each_fault_of_the_machine_is_one_finding() {
    use DoctorFinding as F;
    let cases: [(MachineChange, F); 15] = [
        (|m| m.clock = Some(ClockState::Uncertain), F::ClockUncertain),
        (|m| m.power = PowerFact::Low, F::PowerLow),
        (|m| m.power = PowerFact::WasLow, F::PowerWasLow),
        (|m| m.celsius = Some(72), F::TemperatureWarm { celsius: 72 }),
        (|m| m.celsius = Some(85), F::TemperatureHot { celsius: 85 }),
        (
            |m| m.memory = Some(MemoryFact { total_kb: 100_000, available_kb: 2_048 }),
            F::MemoryShort { megabytes: 2 },
        ),
        (|m| m.storage.space = Some(gigabytes_free(3)), F::StorageLow { megabytes: 3_000, percent: 9 }),
        (|m| m.storage.space = Some(gigabytes_free(1)), F::StorageFull { megabytes: 1_000, percent: 3 }),
        (|m| m.storage.is_read_only = true, F::StorageReadOnly),
        (|m| m.storage.errors = 2, F::StorageErrors { count: 2 }),
        (|m| m.wear = Some(WearFact { used_percent: 90, is_at_end: false }), F::WearHigh { percent: 90 }),
        (
            |m| m.wifi = WifiFact::WrongPassword { ssid: "Ward".into() },
            F::WifiWrongPassword { ssid: "Ward".into() },
        ),
        (|m| m.wifi = WifiFact::Joined { dbm: Some(-80) }, F::WifiWeak { dbm: -80 }),
        (|m| m.wifi = WifiFact::Searching, F::WifiSearching),
        (|m| m.addresses.clear(), F::NetworkDown),
    ];
    for (spoil, finding) in cases {
        let mut facts = good_facts();
        spoil(&mut facts.machine);
        assert_eq!(faults(&facts), [finding]);
    }
    let past = DoctorFacts { now_ms: 5_000, ..good_facts() };
    assert!(faults(&past).contains(&F::ClockPast));
}

#[test]
fn each_fault_of_the_program_is_one_finding() {
    use DoctorFinding as F;
    let cases: [(ServiceChange, F); 10] = [
        (|p| p.recording = RecordingFact::Full, F::RecordingFull),
        (|p| p.has_admin = false, F::NoAdmin),
        (|p| p.printers[0].stands_still = true, F::PrinterStill { name: "Desk".into() }),
        (|p| p.unseen = 2, F::AlarmsUnseen { count: 2 }),
        (|p| p.checked_ms = Some(NOW_MS - 30 * DAY_MS), F::LogOverdue { days: 30 }),
        (|p| p.is_damaged = true, F::LogDamaged),
        (|p| p.is_missing = true, F::LogMissing),
        (|p| p.certificate_ms = Some(NOW_MS - DAY_MS), F::CertificateEnded),
        (|p| p.has_https = false, F::HttpsOff),
        (|p| p.link = LinkFact::Alone, F::BackupNone),
    ];
    for (spoil, finding) in cases {
        let mut program = good_program();
        spoil(&mut program);
        let facts = DoctorFacts { program: ProgramFacts::Running(program), ..good_facts() };
        assert_eq!(faults(&facts), [finding]);
    }
    let down = ServiceFacts { link: LinkFact::Down { why: "no way".into() }, backlog: 7, ..good_program() };
    let facts = DoctorFacts { program: ProgramFacts::Running(down), ..good_facts() };
    assert_eq!(faults(&facts), [F::RelayDown { why: "no way".into() }, F::BacklogWaits { entries: 7 }]);
    let stopped = DoctorFacts {
        program: ProgramFacts::NeverStarted,
        settings_wrong: Some("line 4".into()),
        ..good_facts()
    };
    assert_eq!(faults(&stopped), [F::NeverStarted, F::SettingsWrong { why: "line 4".into() }]);
    assert_eq!(judge_facts(&stopped).status(), 2);
}

#[test]
fn one_open_way_is_enough() {
    let transport = |transport, outcome| TransportFact { transport, address: "relay:1".into(), outcome };
    let closed = || ProbeOutcome::Closed { fault: "silent".into(), subject: "relay:8883".into() };
    let dns = Some(DnsFact { host: "relay".into(), is_found: false });
    let open = NetworkFacts {
        dns: dns.clone(),
        transports: vec![
            transport(RelayTransport::Mqtt, closed()),
            transport(RelayTransport::HttpsByProxy, ProbeOutcome::Open),
        ],
        offset_s: Some(-90),
    };
    let facts = DoctorFacts { network: Some(open), ..good_facts() };
    assert_eq!(faults(&facts), [DoctorFinding::ClockOff { seconds: 90 }], "the proxy finds names itself");
    let shut =
        NetworkFacts { dns, transports: vec![transport(RelayTransport::Mqtt, closed())], offset_s: None };
    let found = faults(&DoctorFacts { network: Some(shut), ..good_facts() });
    assert_eq!(found, [DoctorFinding::DnsFailed { host: "relay".into() }, DoctorFinding::RelayUnreachable]);
}

#[test]
fn a_set_up_that_went_wrong_is_found() {
    let setup =
        SetupState { stage: SetupStage::Done, notes: vec![SetupNote::NotWiped], ..SetupState::default() };
    assert_eq!(faults(&DoctorFacts { setup, ..good_facts() }), [DoctorFinding::SetupNotWiped]);
    let setup = SetupState { stage: SetupStage::Mistakes, ..SetupState::default() };
    assert_eq!(faults(&DoctorFacts { setup, ..good_facts() }), [DoctorFinding::SetupMistakes { count: 0 }]);
}

#[test]
fn a_folder_on_which_nothing_runs_is_read_and_left_alone() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(folder::read_folder(data.path()), ProgramFacts::NeverStarted);
    assert_eq!(folder::read_folder(Path::new("/nonexistent")), ProgramFacts::NeverStarted);
    for folder in ["log", "keys", "evidence"] {
        std::fs::create_dir(data.path().join(folder)).unwrap();
    }
    std::fs::write(data.path().join("keys/claim.toml"), "version = 1").unwrap();
    std::fs::write(data.path().join("evidence/alarms.json"), "no list").unwrap();
    let before: Vec<_> = walk(data.path());
    let ProgramFacts::Stopped(facts) = folder::read_folder(data.path()) else { panic!("not stopped") };
    assert!(facts.claim_waits && !facts.is_claimed && facts.unseen == 0, "{facts:?}");
    assert_eq!(walk(data.path()), before, "nothing was made there");
}

fn walk(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> = entries
        .flat_map(|entry| {
            let name = entry.path().display().to_string();
            let below = if entry.path().is_dir() { walk(&entry.path()) } else { Vec::new() };
            std::iter::once(name).chain(below)
        })
        .collect();
    names.sort();
    names
}
