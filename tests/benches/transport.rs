//! How fast a backlog drains by HTTPS, as a share of how fast it drains by MQTT: a real box, a real relay, loopback.
//!
//! `cargo bench -p cleantrack-tests --features suites --bench transport`

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appliance::clock::system_clock;
use appliance::store::{Store, StoreConfig, WriteDecision};
use harness::world::World;
use record::entry::{EntryAuthor, EntryDraft};
use record::kinds::Event;
use record::limits::BATCH_ENTRIES_MAX;
use record::tag::Tag;
use service::clock::boot_id;
use service::random::{RandomSource, SystemRandom};

const BACKLOG: u64 = 60_000;
const ROUNDS: usize = 3;
const SHARE_MIN: f64 = 0.5;

/// As many cleanings as wait after a day offline in a large facility.
async fn record_backlog(data: &Path) {
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let clock = Arc::new(system_clock(boot_id(random.bytes())));
    let (store, _) = Store::open(StoreConfig::new(data), clock, random).unwrap();
    let tags: Vec<_> = store.facility().equipment.keys().copied().collect();
    while store.size() < BACKLOG {
        let drafts = (0..BATCH_ENTRIES_MAX).map(|n| cleaning_of(tags[n % tags.len()])).collect();
        store.submit(move |_| WriteDecision::Append { drafts, answer: () }).await.unwrap();
    }
    store.stop().await.unwrap();
}

fn cleaning_of(tag: Tag) -> EntryDraft {
    let body = format!(r#"{{"tag":"{tag}","who":{{"proof":"unattributed"}}}}"#);
    let event = Event::read("cleaning.recorded", &body);
    EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() }
}

async fn entries_at_relay(world: &World) -> u64 {
    world.r#box.health().await.and_then(|health| health["at_relay"].as_u64()).unwrap_or(0)
}

/// Entries a second that the relay confirms, from the first batch to the last.
async fn drain_by(way: &str) -> f64 {
    let mut world = World::unclaimed(Path::new(env!("CARGO_BIN_EXE_demo"))).await;
    assert_eq!(world.r#box.stop().await.0, Some(0));
    record_backlog(world.r#box.data()).await;
    world.r#box.add_settings(&format!("[uplink]\nway = {way:?}\n"));
    world.r#box.start().await;
    world.claim().await;
    let (mut first, mut began) = (0, Instant::now());
    loop {
        let held = entries_at_relay(&world).await;
        if first == 0 && held > 0 {
            (first, began) = (held, Instant::now());
        }
        if held >= BACKLOG {
            return (held - first) as f64 / Instant::now().duration_since(began).as_secs_f64();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn find_median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut by_mqtt, mut by_https) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        by_mqtt.push(runtime.block_on(drain_by("mqtt")));
        by_https.push(runtime.block_on(drain_by("https")));
    }
    let (mqtt, https) = (find_median(by_mqtt), find_median(by_https));
    println!("{BACKLOG} entries: by MQTT {mqtt:.0}/s, by HTTPS {https:.0}/s: {:.0} %", 100.0 * https / mqtt);
    assert!(https >= SHARE_MIN * mqtt, "less than {SHARE_MIN} of MQTT");
}
