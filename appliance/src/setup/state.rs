//! How far the set-up is: one small file that first boot writes, and pages, panel and doctor read.

use std::path::Path;

use firmware_config::{ClaimMistake, MistakeReason};
use serde::{Deserialize, Serialize};

use super::STATE_FILE;

/// Bytes of the file: a claim file has at most a few hundred lines that can be wrong.
const STATE_BYTES_MAX: u64 = 256 * 1024;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetupStage {
    /// There was no claim file yet.
    #[default]
    None,
    Done,
    Mistakes,
}

/// Where a claim file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetupOrigin {
    Card,
    Page,
}

/// Something that went wrong beside, and changes nothing of what was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetupNote {
    /// The claim file is still on the card, with its secrets.
    NotWiped,
    NoReport,
    SettingsMade,
}

/// What a claim file named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetupPart {
    Relay,
    HostName,
    TimeZone,
    Wifi,
    AccessPoint,
    Address,
    NameServers,
    Proxy,
    ProxyAuthority,
    TimeServers,
    LabelHost,
    SetupCode,
}

/// A mistake of a claim file. It never shows a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupRow {
    /// From 1; absent where the whole file is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// With its section, such as `wifi.ssid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The reason's name, which never changes.
    pub code: String,
    /// What belongs to the reason: a number, or another key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The whole mistake in English.
    pub words: String,
}

impl From<&ClaimMistake> for SetupRow {
    fn from(mistake: &ClaimMistake) -> Self {
        use firmware_config::KeyHint;
        let detail = match &mistake.reason {
            MistakeReason::TooLong { bytes } => bytes.to_string(),
            MistakeReason::Syntax { why } => why.clone(),
            MistakeReason::UnknownKey { nearest: KeyHint::Nearest(key) } => (*key).to_owned(),
            MistakeReason::ListLength { most } => most.to_string(),
            _ => String::new(),
        };
        Self {
            line: mistake.line,
            key: mistake.key.clone(),
            code: mistake.reason.code().to_owned(),
            detail,
            words: mistake.to_string(),
        }
    }
}

pub fn list_rows(error: &firmware_config::ClaimFileError) -> Vec<SetupRow> {
    error.mistakes().iter().map(SetupRow::from).collect()
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupState {
    #[serde(rename = "state")]
    pub stage: SetupStage,
    /// Where the newest claim file came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<SetupOrigin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<SetupRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<SetupNote>,
    /// What the newest one that was applied named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SetupPart>,
    /// Whether the box is a network of its own, so that phones reach the set-up page.
    #[serde(default)]
    pub access_point: bool,
    /// Whether that network wants a password: from the set-up on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_passphrase: bool,
    /// The box's name in the building's network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_name: Option<String>,
    /// What belongs into the log, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_host: Option<String>,
}

/// What came of a run of `provision`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvisionOutcome {
    Unchanged,
    /// There is no claim file yet: the box becomes a network of its own.
    AccessPoint,
    Applied(SetupState),
    Refused(SetupState),
}

/// What first boot left in this folder. Without an image, or before its first boot, there is nothing.
pub fn read_state(folder: Option<&Path>) -> SetupState {
    use std::io::Read as _;
    let Some(folder) = folder else { return SetupState::default() };
    let read = std::fs::File::open(folder.join(STATE_FILE)).and_then(|file| {
        let mut text = String::new();
        file.take(STATE_BYTES_MAX).read_to_string(&mut text).map(|_| text)
    });
    read.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_nothing_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_state(Some(dir.path())), SetupState::default());
        assert_eq!(read_state(None).stage, SetupStage::None);
        let error =
            firmware_config::ClaimFile::parse(b"version = 1\nhostnam = \"a\"\ncolour = 1\n").unwrap_err();
        let state = SetupState {
            stage: SetupStage::Mistakes,
            origin: Some(SetupOrigin::Card),
            rows: list_rows(&error),
            ..SetupState::default()
        };
        std::fs::write(dir.path().join(STATE_FILE), serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(read_state(Some(dir.path())), state);
        let text = std::fs::read_to_string(dir.path().join(STATE_FILE)).unwrap();
        assert!(text.starts_with("{\"state\":\"mistakes\""), "{text}");
        let row = &state.rows[0];
        assert_eq!(
            (row.line, row.key.as_deref(), row.code.as_str()),
            (Some(2), Some("hostnam"), "unknown-key")
        );
        assert_eq!(row.detail, "hostname");
        std::fs::write(dir.path().join(STATE_FILE), "{\"state\":").unwrap();
        assert_eq!(read_state(Some(dir.path())), SetupState::default());
    }
}
