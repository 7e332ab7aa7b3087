//! Alarms of a box: what each is, by a code that box, relay and programs share. Words are each reader's own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Characters of what an alarm is about, as it travels.
pub const SUBJECT_CHARS_MAX: usize = 64;
/// Alarms in one health report.
pub const REPORTED_MAX: usize = 32;

macro_rules! alarm_codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What an alarm is, gravest first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
        pub enum AlarmCode {
            $($(#[$doc])* $name,)*
        }

        impl AlarmCode {
            /// Every code, gravest first.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is written down and sent.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

alarm_codes! {
    /// Nothing can be recorded: the disk is full.
    DiskFull = "disk-full",
    /// Another machine has taken this box's place: what is recorded here reaches nobody.
    BoxReplaced = "box-replaced",
    /// Entries of the log are in no copy that was asked.
    LogMissing = "log-missing",
    /// The storage gives fewer entries than it was given.
    LogForgot = "log-forgot",
    /// The relay holds another history of the same log.
    RelayOther = "relay-other",
    /// A rebuild would have come out shorter, and was refused.
    RebuildShort = "rebuild-short",
    /// The database gave other bytes than were written.
    DbDamaged = "db-damaged",
    /// Damaged parts of the log were healed from another copy.
    LogHealed = "log-healed",
    /// The database was set aside and built anew.
    DbSalvage = "db-salvage",
    /// Another epoch of the log was begun.
    LogEpoch = "log-epoch",
    /// Entries that had been displaced count again.
    LogAdopted = "log-adopted",
    /// A log lies beside the chain and is not shown.
    LogApart = "log-apart",
    /// The relay holds a log under this box's name that no key of this box vouches for.
    LogUnvouched = "log-unvouched",
    /// What the machine recorded whose place this one has taken is not all here yet.
    HistoryComing = "history-coming",
    /// A copy that was set aside was removed.
    CopyRemoved = "copy-removed",
    /// The relay lost entries that it had confirmed.
    RelayWentBack = "relay-went-back",
    /// The relay does not take entries.
    RelayRefused = "relay-refused",
    /// Box and relay have zone data that make other windows of the facility's days.
    ZoneData = "zone-data",
    /// The relay does not take photos.
    PhotosRefused = "photos-refused",
    /// Photos are not what was recorded any more.
    PhotosDamaged = "photos-damaged",
    /// For too long nothing was saved anywhere but on the box.
    BackupOld = "backup-old",
    /// A backup could not be made.
    BackupFailed = "backup-failed",
    /// A part of the box beside recording is off, or was begun anew.
    OptionalPart = "side-room",
    /// A small file beside the log could not be read and was put aside.
    HintBad = "hint-bad",
    /// Nothing vouches for the clock.
    ClockUnsure = "clock-unsure",
}

impl fmt::Display for AlarmCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No alarm that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no alarm has this code")]
pub struct AlarmCodeError;

impl FromStr for AlarmCode {
    type Err = AlarmCodeError;
    fn from_str(text: &str) -> Result<Self, AlarmCodeError> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(AlarmCodeError)
    }
}

impl Serialize for AlarmCode {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AlarmCode {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_spelling() {
        let mut words = std::collections::BTreeSet::new();
        for code in AlarmCode::ALL {
            assert!(words.insert(code.as_str()), "{code} twice");
            assert_eq!(code.as_str().parse(), Ok(*code));
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<AlarmCode>(&json).unwrap(), *code);
        }
        for other in ["", "Disk-full", "disk_full", "of-a-later-version"] {
            assert_eq!(other.parse::<AlarmCode>(), Err(AlarmCodeError), "{other}");
        }
    }
}
