//! The account and its facilities: that of the live box, and two with simulated boxes, of which one fell silent hours ago.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use service::clock::{Clock, Now, SystemClock};

use super::folder::{Folder, LIVE_CLAIM};
use super::output::{Login, SavedDemo};
use super::seed::{self, SeedOptions};
use super::{LOOK_EVERY, Part, facilities, itself, small_box};

const SILENT_FOR: Duration = Duration::from_secs((7 * 60 + 40) * 60);
/// The relay's part name while its clock reads that time.
pub(super) const EARLIER_RELAY: &str = "relay-earlier";
/// The busy box's part, folder and process id file.
pub(super) const BUSY_BOX: &str = "busy-box";
const SILENT_BOX: &str = "silent-box";
/// Each has a folder and a claim file of its name.
pub(super) const SMALL_BOXES: [&str; 2] = [SILENT_BOX, BUSY_BOX];

/// The machine's clock, some time behind: the relay's while it hears the silent box for the last time.
#[derive(Debug)]
pub(super) struct EarlierClock {
    machine: SystemClock,
    behind_ms: i64,
}

impl EarlierClock {
    pub(super) fn new() -> Self {
        Self { machine: SystemClock::default(), behind_ms: millis(SILENT_FOR) }
    }
}

impl Clock for EarlierClock {
    fn now(&self) -> Now {
        let now = self.machine.now();
        Now { wall_ms: now.wall_ms - self.behind_ms, ..now }
    }

    fn now_ms(&self) -> i64 {
        self.machine.now_ms() - self.behind_ms
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn options(facility: facilities::DemoFacility, now_ms: i64) -> SeedOptions {
    SeedOptions {
        facility,
        now_ms,
        has_history: true,
        label_host: "HTTP://BOX.INTERNAL".into(),
        photo_command: None,
    }
}

/// What happened hours ago: the relay was set up, its facilities got their claim files, and one box was heard
/// for the last time. Done by the programs that run later, with their clocks turned back.
pub(super) async fn found_account(folder: &Folder, stored: &SavedDemo) -> Result<(Login, String), String> {
    let silent = facilities::silent_box();
    let seen_ms = now_ms() - millis(SILENT_FOR);
    let data = folder.small_box_data(SILENT_BOX);
    let seeding = seed::seed(&data, small_box::store_config(&data), options(silent.clone(), seen_ms));
    let founding = async {
        let config = folder.relay_config(stored)?;
        let relay =
            Part::start(itself(EARLIER_RELAY, &["--config", &config.to_string_lossy(), "serve"])?).await?;
        let (live, busy) = (facilities::live_box(), facilities::busy_box());
        let claims = [(&live, LIVE_CLAIM), (&silent, SILENT_BOX), (&busy, BUSY_BOX)];
        let found = folder.found_account(&claims).await?;
        Ok::<_, String>((relay, found))
    };
    let (_, (relay, found)) = tokio::try_join!(seeding, founding)?;
    let claim = folder.claim_file(SILENT_BOX);
    small_box::send_and_fall_silent(&data, &claim, seen_ms).await?;
    relay.running.stop().await.map_err(|e| e.to_string())?;
    Ok(found)
}

pub(super) async fn seed_busy_box(folder: &Folder) -> Result<(), String> {
    let data = folder.small_box_data(BUSY_BOX);
    seed::seed(&data, small_box::store_config(&data), options(facilities::busy_box(), now_ms()))
        .await
        .map(drop)
}

pub(super) async fn start_busy_box(folder: &Folder) -> Result<Option<Part>, String> {
    let data: PathBuf = folder.small_box_data(BUSY_BOX);
    if !data.exists() {
        return Ok(None);
    }
    let claim = folder.claim_file(BUSY_BOX);
    let part = Part::start(itself(BUSY_BOX, &[&data.to_string_lossy(), &claim.to_string_lossy()])?).await?;
    folder.pid(BUSY_BOX, part.running.pid())?;
    Ok(Some(part))
}

/// Waits until the relay has cosigned as many entries as the busy box had when it started.
pub(super) async fn caught_up(stored: &SavedDemo, relay: &Part, busy_box: &Part) {
    let message = busy_box.running.message();
    let (entries, id) = (message["entries"].as_u64(), message["box"].as_str().unwrap_or_default());
    let address = format!("https://localhost:{}/api/v1/checkpoint?box={id}", stored.ports[2]);
    let token = stored.relay.as_ref().map(|(_, token)| token.clone()).unwrap_or_default();
    let Some(client) = client(relay.running.message()["ca"].as_str().unwrap_or_default()) else { return };
    let cosigned = async || {
        let answer = client.get(&address).bearer_auth(&token).send().await.ok()?;
        answer.text().await.ok()?.lines().nth(1)?.parse::<u64>().ok()
    };
    while cosigned().await < entries {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn client(ca: &str) -> Option<reqwest::Client> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(ca).ok()?).ok()?;
    reqwest::Client::builder().timeout(Duration::from_secs(2)).tls_certs_only([ca]).build().ok()
}
