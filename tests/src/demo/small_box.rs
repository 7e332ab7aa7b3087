//! A small simulated box: the log and the uplink of a real one, without pages, printers and photos.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use appliance::alarms::AlarmStore;
use appliance::clock::system_clock;
use appliance::command::execute_command;
use appliance::intake::{Command, CommandRequest};
use appliance::store::{Store, StoreConfig, StoreSizes};
use appliance::uplink::relation::claim::ClaimStore;
use appliance::uplink::{Uplink, UplinkContext, UplinkState, plan::HEALTH_MS};
use record::entry::{ClockState, CommandSource, EntryAuthor};
use record::ids::BootId;
use record::messages::PrinterHealth;
use service::clock::{Clock, FakeClock, Now, boot_id};
use service::random::{RandomSource, SystemRandom};
use tokio::sync::{Notify, watch};

use super::facilities::DemoFacility;
use super::{facilities, history, wait_for_stop};

/// Time until the first cleaning of the busy box, so that whoever has just opened the dashboard sees it move.
const FIRST_CLEANING_AFTER: Duration = Duration::from_secs(20);
/// On average; half of it to one and a half times as long.
const CLEANING_EVERY_MS: u64 = 60_000;
/// How long the box that falls silent may take to send the last of its log.
const SENT_WITHIN: Duration = Duration::from_secs(60);

/// Sized generously: a demo does not survive a full disk.
pub(super) fn store_config(data: &Path) -> StoreConfig {
    StoreConfig {
        dir: data.to_owned(),
        sizes: StoreSizes { ballast: 0, cache: 2 << 20, ..StoreSizes::default() },
    }
}

struct SmallBox {
    store: Store,
    uplink: Uplink,
    /// Its log cannot continue in this epoch.
    restart: watch::Receiver<bool>,
    random: Arc<dyn RandomSource>,
    reported: Arc<Notify>,
}

impl SmallBox {
    /// Opens its log and claims it where that was not done before.
    async fn start(data: &Path, claim_file: &Path, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let config = store_config(data);
        let seams = (Arc::clone(&clock), Arc::clone(&random));
        let opened = tokio::task::spawn_blocking(move || Store::open(config, seams.0, seams.1)).await;
        let (store, _) = opened.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        let files = ClaimStore::new(&data.join("keys"));
        let claim = std::fs::read_to_string(claim_file);
        let claim = claim.map_err(|e| format!("{}: {e}", claim_file.display()))?;
        files.take_up(&claim).map_err(|e| e.to_string())?;
        let (is_due, restart) = watch::channel(false);
        let (photos, reported) = (data.join("photos"), Arc::new(Notify::new()));
        let report = Arc::clone(&reported);
        let uplink = Uplink::start(UplinkContext {
            store: store.clone(),
            files,
            photo_path: Arc::new(move |hash| photos.join(hash.to_string())),
            printers: Arc::new(move || {
                report.notify_waiters();
                vec![PrinterHealth { name: "Label printer".into(), state: "ready".into() }]
            }),
            data: data.to_owned(),
            addresses: Vec::new(),
            model: "simulated".into(),
            transports: Default::default(),
            alarms: Arc::new(AlarmStore::open(store.disk(), Arc::clone(&clock))),
            alarm_words: appliance::web::word_alarm_line,
            clock,
            random: Arc::clone(&random),
            restart: Arc::new(move |_| {
                is_due.send_replace(true);
            }),
        });
        Ok(Self { store, uplink, restart, random, reported })
    }

    /// Waits until the relay has cosigned everything.
    async fn all_sent(&self) -> Result<(), String> {
        let mut status = self.uplink.status();
        let sent = status
            .wait_for(|now| now.state == UplinkState::Up && self.store.cursor_size() == self.store.size())
            .await;
        sent.map(drop).map_err(|_| "its uplink ended".to_owned())
    }

    async fn stop(self) -> Result<(), String> {
        self.uplink.stop().await;
        self.store.stop().await.map_err(|fatal| fatal.0)
    }
}

/// Claims the box of `data` at `now_ms`, sends its log, reports its health once, and ends.
pub(super) async fn send_and_fall_silent(data: &Path, claim_file: &Path, now_ms: i64) -> Result<(), String> {
    let random: &dyn RandomSource = &SystemRandom;
    let boot = BootId::new(now_ms, random.bytes());
    let start = Now { wall_ms: now_ms, boot, up_ms: HEALTH_MS, state: ClockState::Synced };
    let clock = Arc::new(FakeClock::new(start));
    let small_box = SmallBox::start(data, claim_file, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let last_words = async {
        small_box.all_sent().await?;
        // By its own clock a minute has passed: that is when a box reports its health again, now with
        // everything sent.
        let reported = small_box.reported.notified();
        clock.set(Now { up_ms: start.up_ms + HEALTH_MS, ..start });
        reported.await;
        Ok(())
    };
    let sent: Result<(), String> = tokio::time::timeout(SENT_WITHIN, last_words)
        .await
        .unwrap_or_else(|_| Err("the relay did not take its log in time".to_owned()));
    small_box.stop().await?;
    sent
}

/// The process of the busy box: `DATA CLAIM-FILE`. It records a cleaning now and then, until it is stopped.
pub(super) fn main(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let [data, claim_file] = &paths[..] else { return Err("data folder and claim file, please".to_owned()) };
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr);
    // A second one in this process changes nothing.
    let _ = log.try_init();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| e.to_string())?.block_on(be_busy(data, claim_file))
}

async fn be_busy(data: &Path, claim_file: &Path) -> Result<(), String> {
    let random: &dyn RandomSource = &SystemRandom;
    let clock = Arc::new(system_clock(boot_id(random.bytes())));
    let small_box = SmallBox::start(data, claim_file, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let line = serde_json::json!({
        "box": small_box.store.origin().box_id, "pid": std::process::id(), "entries": small_box.store.size(),
    });
    println!("{line}");
    let mut fatal = small_box.store.fatal_watch();
    let facility = facilities::busy_box();
    let ended = {
        let mut restart = small_box.restart.clone();
        let mut end = std::pin::pin!(wait_for_stop());
        let mut pause = FIRST_CLEANING_AFTER;
        loop {
            tokio::select! {
                ended = &mut end => break ended,
                _ = restart.wait_for(|is_due| *is_due) => break Err("its log goes on in another epoch".to_owned()),
                failed = fatal.wait_for(Option::is_some) => {
                    let why = failed.ok().and_then(|fatal| fatal.clone()).map(|fatal| fatal.0);
                    return Err(why.unwrap_or_default());
                }
                () = tokio::time::sleep(pause) => {
                    clean(&small_box.store, &facility, clock.as_ref(), &small_box.random).await?;
                }
            }
            let half = CLEANING_EVERY_MS / 2;
            pause = Duration::from_millis(half + small_box.random.below(CLEANING_EVERY_MS));
        }
    };
    small_box.stop().await?;
    ended
}

async fn clean(
    store: &Store,
    facility: &DemoFacility,
    clock: &dyn Clock,
    random: &Arc<dyn RandomSource>,
) -> Result<(), String> {
    let known = store.facility().clone();
    let next = history::next_cleaning(facility, &known, clock.now().wall_ms, random.as_ref());
    let Some(form) = next else { return Ok(()) };
    let by = EntryAuthor { staff: None, via: CommandSource::Phone, device: None };
    let request =
        CommandRequest { by, key: None, sent: None, command: Command::RecordCleaning(Box::new(form)) };
    let outcome = execute_command(store, Arc::clone(random), request).await;
    outcome.map(drop).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::facilities::{SLIPPING_WARD, busy_box, is_in};
    use super::super::seed::{SeedOptions, seed};
    use super::*;

    const NOW_MS: i64 = 1_795_205_071_000;

    #[tokio::test]
    async fn the_busy_box_cleans_one_item_after_the_other_but_none_in_the_ward_that_slips() {
        let dir = tempfile::tempdir().unwrap();
        let (facility, random): (_, Arc<dyn RandomSource>) = (busy_box(), Arc::new(SystemRandom));
        let options = SeedOptions {
            facility: facility.clone(),
            now_ms: NOW_MS,
            has_history: false,
            label_host: "HTTP://BOX.INTERNAL".into(),
            photo_command: None,
        };
        seed(dir.path(), store_config(dir.path()), options).await.unwrap();
        let boot = BootId::new(NOW_MS, random.bytes());
        let now = Now { wall_ms: NOW_MS, boot, up_ms: 0, state: ClockState::Synced };
        let clock = Arc::new(FakeClock::new(now));
        let seams = (Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&random));
        let (store, _) = Store::open(store_config(dir.path()), seams.0, seams.1).unwrap();
        for _ in 0..12 {
            clock.advance(Duration::from_secs(60));
            clean(&store, &facility, clock.as_ref(), &random).await.unwrap();
        }
        let known = store.facility().clone();
        let cleaned: BTreeSet<_> =
            known.activity.iter().filter(|(_, a)| a.last.is_some()).map(|(t, _)| t).collect();
        assert_eq!(cleaned.len(), 12, "each time another one");
        for tag in cleaned {
            assert!(
                !is_in(&known.equipment[tag].facts.location, SLIPPING_WARD),
                "{:?}",
                known.equipment[tag]
            );
        }
        store.stop().await.unwrap();
    }
}
