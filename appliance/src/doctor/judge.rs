//! What each fact means: arithmetic and comparisons only.

use record::entry::ClockState;

use super::facts::{
    DoctorFacts, LinkFact, MachineFacts, MemoryFact, NetworkFacts, PowerFact, ProbeOutcome, ProgramFacts,
    RecordingFact, ServiceFacts, StoppedFacts, StorageFacts, TransportFact, WearFact, WifiFact,
};
use super::report::{DoctorFinding, DoctorReport};
use crate::disk_space::{DiskLevel, DiskSpace};
use crate::setup::{SetupNote, SetupStage, SetupState};

/// Per cent of memory that should be free, and below which programs are ended.
const MEMORY_LOW_PERCENT: u64 = 10;
const MEMORY_SHORT_PERCENT: u64 = 4;
/// A Raspberry Pi slows itself down at 80 degrees.
const WARM_CELSIUS: i64 = 70;
const HOT_CELSIUS: i64 = 80;
const WEAR_HIGH_PERCENT: u64 = 80;
/// Below this, connections begin to break.
const WEAK_DBM: i64 = -75;
/// The log is read through once a week.
const CHECK_OVERDUE_DAYS: u64 = 14;
/// A certificate is renewed when a third of its two years is left.
const CERTIFICATE_SOON_DAYS: i64 = 60;
const BACKUP_OLD_DAYS: u64 = 3;
/// The relay's clock and ours may differ by so much.
const OFFSET_MAX_S: u64 = 30;
/// 20 November 2026: no clock is right that says an earlier time.
const BUILT_MS: i64 = 1_795_132_800_000;
const DAY_MS: i64 = 86_400_000;

/// The findings, in the order of what is looked at.
pub fn judge_facts(facts: &DoctorFacts) -> DoctorReport {
    let mut found = Vec::new();
    found.push(match &facts.settings_wrong {
        Some(why) => DoctorFinding::SettingsWrong { why: why.clone() },
        None => DoctorFinding::SettingsValid,
    });
    judge_setup(&facts.setup, &mut found);
    judge_machine(facts.now_ms, &facts.machine, &mut found);
    found.push(match facts.setup.access_point {
        true => DoctorFinding::WifiAccessPoint,
        false => judge_wifi(&facts.machine.wifi),
    });
    if let Some(network) = &facts.network {
        judge_network(network, &mut found);
    }
    match &facts.program {
        ProgramFacts::Running(running) => judge_running(facts.now_ms, running, &mut found),
        ProgramFacts::Stopped(stopped) => judge_stopped(facts.now_ms, stopped, &mut found),
        ProgramFacts::Hanging { why } => found.push(DoctorFinding::Hanging { why: why.clone() }),
        ProgramFacts::NeverStarted => found.push(DoctorFinding::NeverStarted),
        ProgramFacts::Closed { why } => found.push(DoctorFinding::FolderClosed { why: why.clone() }),
    }
    DoctorReport::new(found)
}

fn judge_setup(setup: &SetupState, found: &mut Vec<DoctorFinding>) {
    match setup.stage {
        SetupStage::None => {}
        SetupStage::Done => found.push(DoctorFinding::SetupDone),
        SetupStage::Mistakes => found.push(DoctorFinding::SetupMistakes { count: setup.rows.len() }),
    }
    if setup.notes.contains(&SetupNote::NotWiped) {
        found.push(DoctorFinding::SetupNotWiped);
    }
}

fn judge_machine(now_ms: i64, machine: &MachineFacts, found: &mut Vec<DoctorFinding>) {
    found.extend(machine.clock.map(|state| judge_clock(now_ms, state)));
    judge_storage(machine.storage, found);
    found.push(judge_wear(machine.wear));
    found.push(match machine.power {
        PowerFact::Unknown => DoctorFinding::PowerUnknown,
        PowerFact::Good => DoctorFinding::PowerGood,
        PowerFact::Low => DoctorFinding::PowerLow,
        PowerFact::WasLow => DoctorFinding::PowerWasLow,
    });
    found.push(match machine.celsius {
        None => DoctorFinding::TemperatureUnknown,
        Some(celsius) if celsius >= HOT_CELSIUS => DoctorFinding::TemperatureHot { celsius },
        Some(celsius) if celsius >= WARM_CELSIUS => DoctorFinding::TemperatureWarm { celsius },
        Some(celsius) => DoctorFinding::TemperatureFine { celsius },
    });
    found.push(machine.memory.map_or(DoctorFinding::MemoryUnknown, judge_memory));
    found.push(match machine.addresses.is_empty() {
        true => DoctorFinding::NetworkDown,
        false => DoctorFinding::NetworkUp { addresses: machine.addresses.join(", ") },
    });
}

fn judge_clock(now_ms: i64, state: ClockState) -> DoctorFinding {
    match state {
        _ if now_ms < BUILT_MS => DoctorFinding::ClockPast,
        ClockState::Synced => DoctorFinding::ClockSynced,
        ClockState::Rtc => DoctorFinding::ClockHardware,
        ClockState::Uncertain => DoctorFinding::ClockUncertain,
    }
}

fn judge_storage(storage: StorageFacts, found: &mut Vec<DoctorFinding>) {
    if storage.is_read_only {
        found.push(DoctorFinding::StorageReadOnly);
    }
    if storage.errors > 0 {
        found.push(DoctorFinding::StorageErrors { count: storage.errors });
    }
    found.push(
        storage.space.filter(|space| space.total > 0).map_or(DoctorFinding::StorageUnknown, judge_space),
    );
}

fn judge_space(space: DiskSpace) -> DoctorFinding {
    let (megabytes, percent) = (space.free / 1_000_000, space.free_percent());
    match space.level() {
        DiskLevel::Ample => DoctorFinding::StorageFree { megabytes, percent },
        DiskLevel::Low => DoctorFinding::StorageLow { megabytes, percent },
        DiskLevel::Short => DoctorFinding::StorageFull { megabytes, percent },
    }
}

fn judge_wear(wear: Option<WearFact>) -> DoctorFinding {
    match wear {
        None => DoctorFinding::WearUnknown,
        Some(wear) if wear.is_at_end => DoctorFinding::WearEnd,
        Some(WearFact { used_percent, .. }) if used_percent >= WEAR_HIGH_PERCENT => {
            DoctorFinding::WearHigh { percent: used_percent }
        }
        Some(WearFact { used_percent, .. }) => DoctorFinding::WearFine { percent: used_percent },
    }
}

fn judge_memory(memory: MemoryFact) -> DoctorFinding {
    let megabytes = memory.available_kb / 1_024;
    match memory.available_kb.saturating_mul(100).checked_div(memory.total_kb) {
        None => DoctorFinding::MemoryUnknown,
        Some(percent) if percent < MEMORY_SHORT_PERCENT => DoctorFinding::MemoryShort { megabytes },
        Some(percent) if percent < MEMORY_LOW_PERCENT => DoctorFinding::MemoryLow { megabytes },
        Some(_) => DoctorFinding::MemoryFine { megabytes },
    }
}

fn judge_wifi(wifi: &WifiFact) -> DoctorFinding {
    match wifi {
        WifiFact::Absent => DoctorFinding::WifiAbsent,
        WifiFact::Unused => DoctorFinding::WifiUnused,
        WifiFact::AccessPoint => DoctorFinding::WifiAccessPoint,
        WifiFact::Joined { dbm: None } => DoctorFinding::WifiJoined,
        WifiFact::Joined { dbm: Some(dbm) } if *dbm < WEAK_DBM => DoctorFinding::WifiWeak { dbm: *dbm },
        WifiFact::Joined { dbm: Some(dbm) } => DoctorFinding::WifiUp { dbm: *dbm },
        WifiFact::WrongPassword { ssid } => DoctorFinding::WifiWrongPassword { ssid: ssid.clone() },
        WifiFact::Searching => DoctorFinding::WifiSearching,
    }
}

fn judge_network(network: &NetworkFacts, found: &mut Vec<DoctorFinding>) {
    let is_open = network.transports.iter().any(|transport| transport.outcome == ProbeOutcome::Open);
    if let Some(dns) = &network.dns {
        let host = dns.host.clone();
        match dns.is_found {
            true => found.push(DoctorFinding::DnsFound { host }),
            // A proxy finds names by itself.
            false if is_open => {}
            false => found.push(DoctorFinding::DnsFailed { host }),
        }
    }
    found.extend(network.transports.iter().map(judge_transport));
    if !network.transports.is_empty() && !is_open {
        found.push(DoctorFinding::RelayUnreachable);
    }
    let off_s = network.offset_s.map(i64::unsigned_abs).filter(|seconds| *seconds > OFFSET_MAX_S);
    found.extend(off_s.map(|seconds| DoctorFinding::ClockOff { seconds }));
}

fn judge_transport(transport: &TransportFact) -> DoctorFinding {
    let address = transport.address.clone();
    match &transport.outcome {
        ProbeOutcome::Open => DoctorFinding::WayOpen { way: transport.transport, address },
        ProbeOutcome::Closed { fault, subject } => DoctorFinding::WayClosed {
            way: transport.transport,
            address,
            fault: fault.clone(),
            subject: subject.clone(),
        },
    }
}

fn judge_running(now_ms: i64, running: &ServiceFacts, found: &mut Vec<DoctorFinding>) {
    found.push(DoctorFinding::Running { version: running.version.clone() });
    if !running.has_admin {
        found.push(DoctorFinding::NoAdmin);
    }
    found.push(match running.recording {
        RecordingFact::Ready => DoctorFinding::RecordingReady { entries: running.entries },
        RecordingFact::Full => DoctorFinding::RecordingFull,
        RecordingFact::Ended => DoctorFinding::RecordingEnded,
    });
    judge_link(running, found);
    found.extend(running.certificate_ms.map(|ends_ms| judge_certificate(now_ms, ends_ms)));
    if !running.has_https {
        found.push(DoctorFinding::HttpsOff);
    }
    if running.printers.is_empty() {
        found.push(DoctorFinding::PrintersNone);
    }
    found.extend(running.printers.iter().map(|printer| match printer.stands_still {
        true => DoctorFinding::PrinterStill { name: printer.name.clone() },
        false => DoctorFinding::PrinterReady { name: printer.name.clone() },
    }));
    judge_log(now_ms, running, found);
    found.push(judge_alarms(running.unseen));
    found.extend(judge_backup(now_ms, running));
}

fn judge_link(running: &ServiceFacts, found: &mut Vec<DoctorFinding>) {
    let entries = running.backlog;
    match &running.link {
        LinkFact::Alone => found.push(DoctorFinding::RelayAlone),
        LinkFact::Claiming { why } => found.push(DoctorFinding::ClaimWaits { why: why.clone() }),
        LinkFact::Up => {
            found.push(DoctorFinding::RelayConnected);
            found.push(match entries {
                0 => DoctorFinding::BacklogNone,
                entries => DoctorFinding::BacklogSending { entries },
            });
        }
        LinkFact::Down { why } => {
            found.push(DoctorFinding::RelayDown { why: why.clone() });
            found.push(match entries {
                0 => DoctorFinding::BacklogNone,
                entries => DoctorFinding::BacklogWaits { entries },
            });
        }
    }
}

fn judge_certificate(now_ms: i64, ends_ms: i64) -> DoctorFinding {
    match ends_ms.saturating_sub(now_ms).div_euclid(DAY_MS) {
        days if days < 0 => DoctorFinding::CertificateEnded,
        days if days < CERTIFICATE_SOON_DAYS => DoctorFinding::CertificateSoon { days },
        days => DoctorFinding::CertificateFine { days },
    }
}

fn judge_log(now_ms: i64, running: &ServiceFacts, found: &mut Vec<DoctorFinding>) {
    if running.is_missing {
        found.push(DoctorFinding::LogMissing);
    }
    found.push(match running.checked_ms.map(|at_ms| days_since(now_ms, at_ms)) {
        _ if running.is_damaged => DoctorFinding::LogDamaged,
        None => DoctorFinding::LogUnchecked,
        Some(days) if days > CHECK_OVERDUE_DAYS => DoctorFinding::LogOverdue { days },
        Some(days) => DoctorFinding::LogChecked { days },
    });
}

fn judge_alarms(unseen: usize) -> DoctorFinding {
    match unseen {
        0 => DoctorFinding::AlarmsNone,
        count => DoctorFinding::AlarmsUnseen { count },
    }
}

/// The relay's copy is a backup; while it lags behind, that is said by the backlog.
fn judge_backup(now_ms: i64, running: &ServiceFacts) -> Option<DoctorFinding> {
    match (running.backup_ms.map(|at_ms| days_since(now_ms, at_ms)), &running.link) {
        (Some(days), _) if days <= BACKUP_OLD_DAYS => Some(DoctorFinding::BackupFresh { days }),
        (_, LinkFact::Up) if running.backlog == 0 => Some(DoctorFinding::BackupAtRelay),
        (Some(days), _) => Some(DoctorFinding::BackupOld { days }),
        (None, LinkFact::Alone | LinkFact::Claiming { .. }) => Some(DoctorFinding::BackupNone),
        (None, LinkFact::Up | LinkFact::Down { .. }) => None,
    }
}

fn judge_stopped(now_ms: i64, stopped: &StoppedFacts, found: &mut Vec<DoctorFinding>) {
    found.push(DoctorFinding::Stopped);
    if stopped.claim_waits {
        found.push(DoctorFinding::ClaimWaits { why: String::new() });
    } else if !stopped.is_claimed {
        found.push(DoctorFinding::RelayAlone);
    }
    found.extend(stopped.certificate_ms.map(|ends_ms| judge_certificate(now_ms, ends_ms)));
    if !stopped.has_https {
        found.push(DoctorFinding::HttpsOff);
    }
    found.push(judge_alarms(stopped.unseen));
}

fn days_since(now_ms: i64, at_ms: i64) -> u64 {
    u64::try_from(now_ms.saturating_sub(at_ms) / DAY_MS).unwrap_or(0)
}
