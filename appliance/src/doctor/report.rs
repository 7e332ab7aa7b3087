//! What the doctor finds: one line for each thing that it looks at.

use serde::{Deserialize, Serialize};

use super::facts::RelayTransport;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    Good,
    /// It is unknown; it counts as good.
    Unknown,
    Warn,
    /// Something does not work, or will not for long.
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoctorCheck {
    Program,
    Settings,
    Setup,
    Recording,
    Clock,
    Storage,
    Wear,
    Power,
    Temperature,
    Memory,
    Network,
    Wifi,
    Dns,
    Relay,
    Backlog,
    Certificate,
    Printers,
    LogCheck,
    Alarms,
    Backup,
}

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $kind:ty),* })? = $check:ident $state:ident,)*) => {
        /// What was found. Its meaning for people is part of the wording.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "code", rename_all = "kebab-case")]
        pub enum DoctorFinding {
            $($(#[$doc])* $name $({ $($field: $kind),* })?,)*
        }

        impl DoctorFinding {
            pub fn check(&self) -> DoctorCheck {
                match self {
                    $(Self::$name $({ $($field: _),* })? => DoctorCheck::$check,)*
                }
            }

            pub fn state(&self) -> CheckState {
                match self {
                    $(Self::$name $({ $($field: _),* })? => CheckState::$state,)*
                }
            }
        }
    };
}

findings! {
    /// The box runs.
    Running { version: String } = Program Good,
    /// Nothing listens on the data folder's socket.
    Stopped = Program Bad,
    /// It runs and does not answer.
    Hanging { why: String } = Program Bad,
    /// There is no data folder, or nothing is in it yet.
    NeverStarted = Program Bad,
    /// Its folder cannot be read by whoever asks.
    FolderClosed { why: String } = Program Unknown,
    SettingsValid = Settings Good,
    SettingsWrong { why: String } = Settings Bad,
    /// The claim file or the set-up page's answers were applied.
    SetupDone = Setup Good,
    SetupMistakes { count: usize } = Setup Bad,
    /// What was applied could not be wiped from the card.
    SetupNotWiped = Setup Warn,
    /// Nobody can sign in yet.
    NoAdmin = Setup Warn,
    ClaimWaits { why: String } = Setup Warn,
    RecordingReady { entries: u64 } = Recording Good,
    RecordingFull = Recording Bad,
    RecordingEnded = Recording Bad,
    ClockSynced = Clock Good,
    ClockHardware = Clock Good,
    ClockUncertain = Clock Warn,
    /// It is earlier than this program.
    ClockPast = Clock Warn,
    /// It differs from the relay's.
    ClockOff { seconds: u64 } = Clock Warn,
    StorageFree { megabytes: u64, percent: u64 } = Storage Good,
    StorageLow { megabytes: u64, percent: u64 } = Storage Warn,
    StorageFull { megabytes: u64, percent: u64 } = Storage Bad,
    StorageReadOnly = Storage Bad,
    StorageErrors { count: u64 } = Storage Bad,
    StorageUnknown = Storage Unknown,
    WearFine { percent: u64 } = Wear Good,
    WearHigh { percent: u64 } = Wear Warn,
    WearEnd = Wear Bad,
    WearUnknown = Wear Unknown,
    PowerGood = Power Good,
    PowerLow = Power Bad,
    PowerWasLow = Power Warn,
    PowerUnknown = Power Unknown,
    TemperatureFine { celsius: i64 } = Temperature Good,
    TemperatureWarm { celsius: i64 } = Temperature Warn,
    TemperatureHot { celsius: i64 } = Temperature Bad,
    TemperatureUnknown = Temperature Unknown,
    MemoryFine { megabytes: u64 } = Memory Good,
    MemoryLow { megabytes: u64 } = Memory Warn,
    MemoryShort { megabytes: u64 } = Memory Bad,
    MemoryUnknown = Memory Unknown,
    NetworkUp { addresses: String } = Network Good,
    NetworkDown = Network Bad,
    WifiAbsent = Wifi Unknown,
    WifiUnused = Wifi Good,
    WifiUp { dbm: i64 } = Wifi Good,
    WifiJoined = Wifi Good,
    WifiWeak { dbm: i64 } = Wifi Warn,
    WifiWrongPassword { ssid: String } = Wifi Bad,
    WifiSearching = Wifi Bad,
    WifiAccessPoint = Wifi Good,
    DnsFound { host: String } = Dns Good,
    DnsFailed { host: String } = Dns Bad,
    /// The box works alone by choice, or was not claimed yet.
    RelayAlone = Relay Unknown,
    RelayConnected = Relay Good,
    RelayDown { why: String } = Relay Warn,
    WayOpen { way: RelayTransport, address: String } = Relay Good,
    /// This transport does not work, and another one does.
    WayClosed { way: RelayTransport, address: String, fault: String, subject: String } = Relay Unknown,
    /// No transport works.
    RelayUnreachable = Relay Bad,
    BacklogNone = Backlog Good,
    BacklogSending { entries: u64 } = Backlog Good,
    BacklogWaits { entries: u64 } = Backlog Warn,
    CertificateFine { days: i64 } = Certificate Good,
    CertificateSoon { days: i64 } = Certificate Warn,
    CertificateEnded = Certificate Bad,
    HttpsOff = Certificate Bad,
    PrintersNone = Printers Good,
    PrinterReady { name: String } = Printers Good,
    PrinterStill { name: String } = Printers Warn,
    LogChecked { days: u64 } = LogCheck Good,
    LogUnchecked = LogCheck Unknown,
    LogOverdue { days: u64 } = LogCheck Warn,
    LogDamaged = LogCheck Bad,
    LogMissing = LogCheck Bad,
    AlarmsNone = Alarms Good,
    AlarmsUnseen { count: usize } = Alarms Warn,
    /// The relay has everything.
    BackupAtRelay = Backup Good,
    BackupFresh { days: u64 } = Backup Good,
    BackupOld { days: u64 } = Backup Warn,
    /// Neither a relay nor a backup.
    BackupNone = Backup Warn,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorLine {
    pub check: DoctorCheck,
    pub state: CheckState,
    pub finding: DoctorFinding,
}

impl From<DoctorFinding> for DoctorLine {
    fn from(finding: DoctorFinding) -> Self {
        Self { check: finding.check(), state: finding.state(), finding }
    }
}

/// All lines, in the order of [`DoctorCheck`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorReport {
    pub lines: Vec<DoctorLine>,
}

impl DoctorReport {
    pub fn new(findings: Vec<DoctorFinding>) -> Self {
        let mut lines: Vec<DoctorLine> = findings.into_iter().map(DoctorLine::from).collect();
        // The sort is stable: what is of one check stays as it was found.
        lines.sort_by_key(|line| line.check);
        Self { lines }
    }

    pub fn state(&self) -> CheckState {
        self.lines.iter().map(|line| line.state).max().unwrap_or(CheckState::Unknown)
    }

    /// What the command ends with: 0 good, 1 warn, 2 bad.
    pub fn status(&self) -> u8 {
        match self.state() {
            CheckState::Good | CheckState::Unknown => 0,
            CheckState::Warn => 1,
            CheckState::Bad => 2,
        }
    }
}
