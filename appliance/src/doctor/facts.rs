//! What was seen of machine, network and program, before anybody says what it means.

use record::entry::ClockState;
use serde::{Deserialize, Serialize};

use crate::disk_space::DiskSpace;
use crate::setup::SetupState;

#[derive(Debug, Clone, PartialEq)]
pub struct DoctorFacts {
    /// Milliseconds since 1970, as the machine believes.
    pub now_ms: i64,
    pub machine: MachineFacts,
    /// Absent: not looked up, because it takes seconds.
    pub network: Option<NetworkFacts>,
    pub program: ProgramFacts,
    /// Why the settings are not taken.
    pub settings_wrong: Option<String>,
    /// What first boot and set-up page left.
    pub setup: SetupState,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineFacts {
    pub clock: Option<ClockState>,
    pub power: PowerFact,
    pub celsius: Option<i64>,
    pub memory: Option<MemoryFact>,
    pub storage: StorageFacts,
    pub wear: Option<WearFact>,
    pub wifi: WifiFact,
    /// In the building's network.
    pub addresses: Vec<String>,
}

/// The supply's voltage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PowerFact {
    /// The machine does not report it.
    #[default]
    Unknown,
    Good,
    Low,
    WasLow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryFact {
    pub total_kb: u64,
    pub available_kb: u64,
}

/// The disk that holds the data folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StorageFacts {
    /// Absent where the system does not report it.
    pub space: Option<DiskSpace>,
    pub is_read_only: bool,
    /// Errors that the file system has counted.
    pub errors: u64,
}

/// How much of its life a storage has behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WearFact {
    pub used_percent: u64,
    /// Its reserve of good blocks is nearly gone.
    pub is_at_end: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WifiFact {
    #[default]
    Absent,
    Unused,
    /// The box is the network itself, so that phones reach its set-up page.
    AccessPoint,
    /// Joined, with this strength where the driver reports it.
    Joined {
        dbm: Option<i64>,
    },
    WrongPassword {
        ssid: String,
    },
    /// Set up, and not joined.
    Searching,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkFacts {
    /// The relay's name, and whether it was found.
    pub dns: Option<DnsFact>,
    pub transports: Vec<TransportFact>,
    /// The relay's clock minus this one's, seconds.
    pub offset_s: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsFact {
    pub host: String,
    pub is_found: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayTransport {
    Mqtt,
    Https,
    HttpsByProxy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeOutcome {
    Open,
    /// Where it ends, in one word that never changes, and what that is about.
    Closed {
        fault: String,
        subject: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportFact {
    pub transport: RelayTransport,
    /// `host:port`.
    pub address: String,
    pub outcome: ProbeOutcome,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ProgramFacts {
    Running(ServiceFacts),
    Stopped(StoppedFacts),
    /// It runs and does not answer.
    Hanging {
        why: String,
    },
    NeverStarted,
    /// The folder cannot be read.
    Closed {
        why: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceFacts {
    pub version: String,
    pub recording: RecordingFact,
    pub entries: u64,
    pub link: LinkFact,
    /// Entries that the relay lacks.
    pub backlog: u64,
    pub printers: Vec<PrinterFact>,
    /// When all that is stored was last read and found right.
    pub checked_ms: Option<i64>,
    /// Whether some of it was not as it was written, and could not be repaired.
    pub is_damaged: bool,
    pub is_missing: bool,
    /// Alarms that nobody has acknowledged.
    pub unseen: usize,
    /// Whether a facility admin can sign in.
    pub has_admin: bool,
    /// Whether staff pages can be reached.
    pub has_https: bool,
    /// When the certificate for the relay ends, milliseconds since 1970.
    pub certificate_ms: Option<i64>,
    pub backup_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingFact {
    Ready,
    Full,
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkFact {
    Alone,
    Claiming { why: String },
    Up,
    Down { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrinterFact {
    pub name: String,
    /// Whether its jobs wait for a person.
    pub stands_still: bool,
}

/// What the folder of a box that does not run shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoppedFacts {
    pub certificate_ms: Option<i64>,
    pub is_claimed: bool,
    pub claim_waits: bool,
    /// Alarms that nobody has acknowledged.
    pub unseen: usize,
    pub has_https: bool,
}
