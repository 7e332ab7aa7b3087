//! The demo's one JSON line, which other programs rely on, and what of it is stored in the folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The whole JSON line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoOutput {
    pub demo: u32,
    pub dir: PathBuf,
    /// PEM with every authority that a client of the demo needs.
    pub ca: PathBuf,
    pub r#box: BoxOutput,
    /// `None` where the box runs alone.
    pub relay: Option<RelayOutput>,
    pub printers: Vec<PrinterOutput>,
    /// Of a demo that was built with billing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<BillingOutput>,
}

/// What stands in for Stripe, and with what it signs its messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BillingOutput {
    pub stripe: String,
    pub webhook_secret: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BoxOutput {
    /// `box.pid` stays true after a restart.
    pub pid: u32,
    pub id: String,
    pub http: String,
    pub https: String,
    pub data: PathBuf,
    pub tags: Vec<String>,
    pub staff: Vec<StaffOutput>,
    pub api_token: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaffOutput {
    pub name: String,
    pub role: String,
    pub pin: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelayOutput {
    /// `relay.pid` stays true after a restart.
    pub pid: u32,
    pub https: String,
    pub mqtt: String,
    pub metrics: String,
    pub login: Login,
    pub api_token: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Login {
    pub email: String,
    pub password: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrinterOutput {
    pub name: String,
    pub language: String,
    pub addr: String,
    pub spool: PathBuf,
}

/// What a demo's folder remembers between two runs: credentials and ports. Mode 0600.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedDemo {
    /// Free when the folder was made: box HTTP and HTTPS, relay HTTPS, photos, MQTT and metrics, printer.
    pub ports: [u16; 7],
    #[serde(default)]
    pub printers: std::collections::BTreeMap<String, u16>,
    pub tags: Vec<String>,
    pub staff: Vec<(String, StaffOutput)>,
    pub api_token: String,
    pub relay: Option<(Login, String)>,
    /// Where something stands in for Stripe; absent of a demo without billing.
    #[serde(default)]
    pub billing: Option<BillingOutput>,
}
