//! The demo's one JSON line, which other programs rely on, and what of it is kept in the folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The whole line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoOutput {
    /// Version of the line.
    pub demo: u32,
    /// The folder.
    pub dir: PathBuf,
    /// PEM with every authority that a client of the demo needs.
    pub ca: PathBuf,
    /// The box.
    pub r#box: BoxLine,
    /// The relay, unless the box stands alone.
    pub relay: Option<RelayLine>,
    /// The printers.
    pub printers: Vec<PrinterLine>,
}

/// The box.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BoxLine {
    /// Process id; `box.pid` stays true after a restart.
    pub pid: u32,
    /// Its id.
    pub id: String,
    /// Plain HTTP.
    pub http: String,
    /// HTTPS.
    pub https: String,
    /// Its data folder.
    pub data: PathBuf,
    /// Tags of its items.
    pub tags: Vec<String>,
    /// Who can sign in.
    pub staff: Vec<StaffLine>,
    /// A token that reads and writes.
    pub api_token: String,
}

/// One person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaffLine {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: String,
    /// Their PIN.
    pub pin: String,
}

/// The relay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelayLine {
    /// Process id; `relay.pid` stays true after a restart.
    pub pid: u32,
    /// The dashboard.
    pub https: String,
    /// Its MQTT listener.
    pub mqtt: String,
    /// Health and metrics.
    pub metrics: String,
    /// The admin.
    pub login: Login,
    /// A token that reads.
    pub api_token: String,
}

/// Who signs in at the relay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Login {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// One printer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrinterLine {
    /// Its name at the box.
    pub name: String,
    /// What it speaks.
    pub language: String,
    /// Where it listens.
    pub addr: String,
    /// Where it puts what it printed.
    pub spool: PathBuf,
}

/// What a demo's folder remembers between two runs: credentials and ports. Mode 0600.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedDemo {
    /// Free when the folder was made: box HTTP and HTTPS, relay HTTPS, photos, MQTT and metrics, printer.
    pub ports: [u16; 7],
    /// What each printer that was asked for by its language listens on.
    #[serde(default)]
    pub printers: std::collections::BTreeMap<String, u16>,
    /// Tags of the box's items.
    pub tags: Vec<String>,
    /// People and their PINs, with their ids.
    pub staff: Vec<(String, StaffLine)>,
    /// The box's token.
    pub api_token: String,
    /// The relay's admin and token.
    pub relay: Option<(Login, String)>,
}
