//! The files of a bundle. What could name a person or open a door is left out where it is read, not afterwards.

use std::path::Path;

use serde::Serialize;

use super::BundleFile;
use super::survey::survey_folder;
use crate::alarms::{ActiveAlarm, AlarmWorder};
use crate::doctor::facts::ServiceFacts;
use crate::doctor::machine::MachineRoot;
use crate::identity::{AccessAudit, AccessCaller, AccessOutcome, AccessRow, AccessTarget};
use crate::setup::SetupState;

const REFUSALS_MAX: usize = 100;
const ROWS_MAX: usize = 2_000;
/// Helpful output of the kernel that names no person.
const MACHINE_FILES: [&str; 9] = [
    "etc/os-release",
    "proc/version",
    "proc/device-tree/model",
    "proc/uptime",
    "proc/loadavg",
    "proc/meminfo",
    "proc/self/mountinfo",
    "proc/net/wireless",
    "sys/class/thermal/thermal_zone0/temp",
];

pub struct ServiceBundle<'a> {
    pub facts: &'a ServiceFacts,
    pub alarms: &'a [ActiveAlarm],
    pub alarm_words: AlarmWorder,
    pub access: &'a AccessAudit,
    /// Each setting with where it comes from; none is a secret.
    pub settings: &'a str,
    pub log: &'a str,
}

/// Files that only a running box has.
pub fn collect_service_files(parts: &ServiceBundle<'_>) -> Vec<BundleFile> {
    vec![
        BundleFile::json("health.json", parts.facts),
        BundleFile::new("settings.txt", hide_users(parts.settings)),
        BundleFile::new("alarms.txt", list_alarms(parts.alarms, parts.alarm_words)),
        BundleFile::json("refusals.json", &list_refusals(parts.access)),
        BundleFile::new("log.txt", parts.log),
    ]
}

pub fn collect_machine_files(root: &MachineRoot, data: &Path, setup: &SetupState) -> Vec<BundleFile> {
    let about =
        format!("CleanTrack box {}\nArchitecture {}\n", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    vec![
        BundleFile::new("about.txt", about),
        BundleFile::new("machine.txt", list_machine(root)),
        BundleFile::new("storage.txt", survey_folder(data)),
        // The digest of a claim file would let a holder of the bundle try passphrases.
        BundleFile::json("setup.json", setup),
    ]
}

fn list_machine(root: &MachineRoot) -> String {
    let texts = MACHINE_FILES.iter().filter_map(|name| Some((name, root.read_text(name)?)));
    texts.map(|(name, text)| format!("== /{name}\n{text}\n\n")).collect()
}

/// Code, time and sentence of each; who acknowledged it stays here.
fn list_alarms(alarms: &[ActiveAlarm], worder: AlarmWorder) -> String {
    let lines = alarms.iter().map(|alarm| {
        let state = if alarm.is_active() { "stands" } else { "over" };
        let seen = if alarm.seen.is_some() { "acknowledged" } else { "not acknowledged" };
        let since = jiff::Timestamp::from_millisecond(alarm.first_ms).unwrap_or_default();
        format!("{since}  {}  {state}  {seen}\n  {}\n", alarm.cause.code, worder(alarm))
    });
    lines.collect()
}

#[derive(Debug, Serialize)]
struct RefusalRow {
    at_ms: i64,
    route: String,
    caller: &'static str,
    target: AccessTarget,
    outcome: AccessOutcome,
    count: u32,
}

fn list_refusals(access: &AccessAudit) -> Vec<RefusalRow> {
    let rows = access.rows(None, ROWS_MAX).unwrap_or_default();
    let refused = rows.into_iter().map(|(_, row)| row).filter(|row| is_refusal(row.outcome));
    refused.take(REFUSALS_MAX).map(refusal_row).collect()
}

fn is_refusal(outcome: AccessOutcome) -> bool {
    matches!(
        outcome,
        AccessOutcome::Denied
            | AccessOutcome::WrongPin
            | AccessOutcome::Locked
            | AccessOutcome::PinInTheClear
            | AccessOutcome::UnknownBadge
            | AccessOutcome::BadgeInTheClear
            | AccessOutcome::TokenInTheClear
            | AccessOutcome::PageTokenRefused
    )
}

fn refusal_row(row: AccessRow) -> RefusalRow {
    let caller = match row.caller {
        AccessCaller::Stranger | AccessCaller::Others => "stranger",
        AccessCaller::Staff(_) => "staff",
        AccessCaller::Token(_) => "program",
        AccessCaller::Socket => "command line",
    };
    RefusalRow {
        at_ms: row.at_ms,
        route: row.route,
        caller,
        target: row.target,
        outcome: row.outcome,
        count: row.count,
    }
}

/// Addresses of proxies and printers may begin with a user and a password.
pub fn hide_users(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(['/', '"', '\'', ' ', '\n', ',', '?', '#']).unwrap_or(after.len());
        let (authority, behind) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                shown.push_str("****@");
                shown.push_str(host);
            }
            None => shown.push_str(authority),
        }
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

#[test]
fn users_of_addresses_are_hidden() {
    let text = "uplink.proxy = \"http://box:p@ss@proxy.lan:3128\"  (file)\nlabel = \"HTTP://10.0.0.5\"\nipp://u:p@printer/ipp";
    let shown = hide_users(text);
    assert_eq!(
        shown,
        "uplink.proxy = \"http://****@proxy.lan:3128\"  (file)\nlabel = \"HTTP://10.0.0.5\"\nipp://****@printer/ipp"
    );
    assert_eq!(hide_users("nothing"), "nothing");
}
