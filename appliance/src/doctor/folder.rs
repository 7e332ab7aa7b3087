//! What the data folder of a box shows that does not run: read only, and nothing of it is opened as its owner would.

use std::io;
use std::path::Path;

use super::facts::{ProgramFacts, StoppedFacts};
use crate::alarms::ActiveAlarm;
use crate::uplink::relation::claim::ClaimStore;

const ALARMS_BYTES_MAX: u64 = 512 * 1024;

pub fn read_folder(data: &Path) -> ProgramFacts {
    match std::fs::read_dir(data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return ProgramFacts::NeverStarted,
        Err(error) => return ProgramFacts::Closed { why: error.to_string() },
        Ok(_) if !data.join("log").exists() => return ProgramFacts::NeverStarted,
        Ok(_) => {}
    }
    let (keys, certificate_ms) = (data.join("keys"), certificate_ms(data));
    ProgramFacts::Stopped(StoppedFacts {
        certificate_ms,
        is_claimed: certificate_ms.is_some(),
        claim_waits: keys.join("claim.toml").exists(),
        unseen: read_alarms(data).iter().filter(|alarm| alarm.seen.is_none()).count(),
        has_https: keys.join("https.pem").exists(),
    })
}

/// When the certificate for the relay ends; nothing before the box is claimed.
pub fn certificate_ms(data: &Path) -> Option<i64> {
    let relation = ClaimStore::new(&data.join("keys")).relation().ok().flatten();
    relation.map(|relation| relation.expires_s.saturating_mul(1_000))
}

pub fn read_alarms(data: &Path) -> Vec<ActiveAlarm> {
    use std::io::Read as _;
    let read = std::fs::File::open(data.join("evidence/alarms.json")).and_then(|file| {
        let mut text = String::new();
        file.take(ALARMS_BYTES_MAX).read_to_string(&mut text).map(|_| text)
    });
    read.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
