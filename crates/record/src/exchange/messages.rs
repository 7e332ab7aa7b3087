//! The JSON messages beside batches: hello, health and gone from the box, ack from the relay.

use serde::{Deserialize, Serialize};

use crate::entry::ClockState;
use crate::kinds::Prev;
use crate::run::{RunName, RunNameError};
use crate::values::ids::{BootId, ConnectionId, Epoch};

/// Version of these messages.
pub const VERSION: u32 = 1;
/// Last part of the type of the problem that answers a box whose place another machine has taken, with a 403.
pub const REPLACED: &str = "box-replaced";

/// `up/hello`: after each subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// [`VERSION`].
    pub v: u32,
    /// Names this connection; a later `gone` of another connection is ignored.
    pub connection: ConnectionId,
    /// The box's present epoch.
    pub epoch: Epoch,
    /// The public key of that epoch's log, base64.
    pub key: String,
    /// Entries in it.
    pub size: u64,
    /// Entries that the relay has cosigned, as the box remembers.
    pub cursor: u64,
    /// The newest cosigned checkpoint that the box holds: shows a restored relay what it has forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosigned: Option<String>,
    /// The run of its operating system.
    pub boot: BootId,
    /// Its program's version.
    pub version: String,
    /// Version of the time zone data that due windows are cut with.
    pub tzdb: String,
    /// The facility's zone, of which the relay says what its own data make.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
    /// Where it can be reached in its building, `host:port`.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// What it can do, in words that later versions define.
    #[serde(default)]
    pub can: Vec<String>,
    /// How far its clock can be trusted.
    pub clock: ClockState,
    /// Its wall clock, milliseconds since 1970.
    pub wall: i64,
    /// The number of the last directive whose outcome is in its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directive: Option<u64>,
}

/// `GET /box/v1/log`: every log of a box that the relay knows. The box believes one whose key fits the epoch's name and whose
/// note holds under that key and a cosigner that it knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogChain {
    /// [`VERSION`].
    pub v: u32,
    /// Ascending by number.
    pub epochs: Vec<ChainEpoch>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChainEpoch {
    /// Which.
    pub epoch: Epoch,
    /// Its verifier key.
    pub key: String,
    /// Entries that the relay holds.
    pub size: u64,
    /// The newest cosigned checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosigned: Option<String>,
    /// The end of the epoch that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Prev>,
    /// The epoch that it follows, where nobody says how much of that one there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Epoch>,
    /// It follows an epoch that another one follows already, and counts nothing.
    pub apart: bool,
}

/// `GET /box/v1/runs`: runs that entries of a box adopt and that the relay lacks, at most
/// [`RUN_NAMES_MAX`](crate::limits::RUN_NAMES_MAX).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LackingRuns {
    /// [`VERSION`].
    pub v: u32,
    /// By name; in the file's own form by `PUT /box/v1/runs/<name>`.
    pub lacking: Vec<NamedRun>,
}

/// A run by its name, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct NamedRun(pub RunName);

impl TryFrom<String> for NamedRun {
    type Error = RunNameError;
    fn try_from(text: String) -> Result<Self, RunNameError> {
        text.parse().map(Self)
    }
}

impl From<NamedRun> for String {
    fn from(lacking: NamedRun) -> Self {
        lacking.0.to_string()
    }
}

/// The state of one printer, in a word for the fleet page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrinterHealth {
    /// Its name at the box.
    pub name: String,
    /// `ready`, `paper out`, `no answer`, …
    pub state: String,
}

/// An alarm of the box, as its relay hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthAlarm {
    /// What: a code of [`crate::exchange::alarm::AlarmCode`], or one of a later version.
    pub code: String,
    /// Of which log, file or part, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Since when, milliseconds since 1970 by the box's clock.
    pub since: i64,
    /// When it was over, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<i64>,
    /// Whether somebody at the facility has acknowledged it.
    pub seen: bool,
}

/// `up/health`: once a minute, and when an alarm comes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthReport {
    /// [`VERSION`].
    pub v: u32,
    /// The box's present epoch.
    pub epoch: Epoch,
    /// Entries in it.
    pub size: u64,
    /// Entries that the relay has cosigned, as the box remembers.
    pub cursor: u64,
    /// Entries that wait to be sent.
    pub backlog: u64,
    /// Photos that wait to be sent.
    pub photos: u64,
    /// Per cent of the data disk in use.
    pub disk_percent: u8,
    /// Printers.
    #[serde(default)]
    pub printers: Vec<PrinterHealth>,
    /// Temperature of the board, degrees Celsius, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub celsius: Option<i16>,
    /// How far its clock can be trusted.
    pub clock: ClockState,
    /// Its wall clock, milliseconds since 1970.
    pub wall: i64,
    /// What it could not do, in words for an operator: refused batches, a segment that was healed.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Its alarms, those first that nobody has acknowledged; at most [`crate::exchange::alarm::REPORTED_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<HealthAlarm>,
    /// The number of the last directive whose outcome is in its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directive: Option<u64>,
}

/// `up/gone`: the last will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoneMessage {
    /// [`VERSION`].
    pub v: u32,
    /// Which connection ended.
    pub connection: ConnectionId,
}

/// Why the relay refused a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatchRefused {
    /// First entry of the batch.
    pub from: u64,
    /// One word for machines.
    pub code: String,
    /// For the person at the box.
    pub text: String,
}

/// What the relay says where others are before a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BusyRelay {
    /// Send it again after so many seconds, 1 to [`RETRY_S_MAX`].
    pub retry_s: u32,
}

/// The longest that a box waits for a relay that is busy.
pub const RETRY_S_MAX: u32 = 300;

/// `down/ack`: exactly one of the four members says what the relay holds, wants or refuses, or that it is busy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Answer {
    /// A checkpoint with the relay's cosignature: everything up to its size is stored.
    Checkpoint {
        /// The note.
        checkpoint: String,
    },
    /// Send from here.
    Want {
        /// Entries that the relay holds.
        want: u64,
    },
    /// The batch was not taken, and sending it again would not help.
    Refused {
        /// Which and why.
        refused: BatchRefused,
    },
    /// The batch was not taken, and sending it again later will help. Nothing else is wrong: the connection stays.
    Busy {
        /// When.
        busy: BusyRelay,
    },
}

/// What the relay's zone data say of the zone that a hello names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RelayZone {
    /// Their version.
    pub tzdb: String,
    /// Of which zone.
    pub zone: String,
    /// What its clock does ([`zone_digest`](crate::compliance::zone_digest)).
    pub digest: String,
}

/// `down/ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ack {
    /// [`VERSION`].
    pub v: u32,
    /// The epoch that it speaks of.
    pub epoch: Epoch,
    /// What it says.
    #[serde(flatten)]
    pub answer: Answer,
    /// To a hello.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<RelayZone>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health_alarm(code: &str, subject: Option<String>, over: Option<i64>, seen: bool) -> HealthAlarm {
        HealthAlarm { code: code.into(), subject, since: 7, over, seen }
    }

    #[test]
    fn alarms_as_the_protocol_writes_them() {
        let old = r#"{"v":1,"epoch":"1-00000001","size":1,"cursor":1,"backlog":0,"photos":0,"disk_percent":3,"printers":[],"clock":"rtc","wall":5,"notes":[]}"#;
        let mut health: HealthReport = serde_json::from_str(old).unwrap();
        assert_eq!(health.alarms, []);
        assert_eq!(serde_json::to_string(&health).unwrap(), old);
        let about = Some("1-00000001 4-9".to_owned());
        health.alarms = vec![
            health_alarm("log-forgot", about, None, false),
            health_alarm("of-a-later-version", None, Some(9), true),
        ];
        let reported = r#""alarms":[{"code":"log-forgot","subject":"1-00000001 4-9","since":7,"seen":false},{"code":"of-a-later-version","since":7,"over":9,"seen":true}]}"#;
        let json = serde_json::to_string(&health).unwrap();
        assert!(json.ends_with(reported), "{json}");
        assert_eq!(serde_json::from_str::<HealthReport>(&json).unwrap(), health);
    }

    #[test]
    fn acks_as_the_protocol_writes_them() {
        let epoch = Epoch { n: 1, key: [0, 0, 0, 1] };
        let cases = [
            (
                Answer::Checkpoint { checkpoint: "note\n".into() },
                r#"{"v":1,"epoch":"1-00000001","checkpoint":"note\n"}"#,
            ),
            (Answer::Want { want: 7 }, r#"{"v":1,"epoch":"1-00000001","want":7}"#),
            (
                Answer::Refused { refused: BatchRefused { from: 3, code: "root".into(), text: "no".into() } },
                r#"{"v":1,"epoch":"1-00000001","refused":{"from":3,"code":"root","text":"no"}}"#,
            ),
            (
                Answer::Busy { busy: BusyRelay { retry_s: 9 } },
                r#"{"v":1,"epoch":"1-00000001","busy":{"retry_s":9}}"#,
            ),
        ];
        for (answer, json) in cases {
            let ack = Ack { v: VERSION, epoch, answer, zone: None };
            assert_eq!(serde_json::to_string(&ack).unwrap(), json);
            assert_eq!(serde_json::from_str::<Ack>(json).unwrap(), ack);
        }
        assert!(serde_json::from_str::<Ack>(r#"{"v":1,"epoch":"1-00000001"}"#).is_err());
    }
}
