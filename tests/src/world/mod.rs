//! A small world of real processes: one relay, one box, a breakable connection between them, and phones.
//!
//! [`World`] starts, kills and restarts; [`ledger`] remembers what the box acknowledged to [`phones`]; [`the_box`] and [`the_relay`]
//! set up each program; [`check`] compares what was acknowledged with what both ends hold; [`cut_start`] kills a start at a chosen
//! moment, and [`false_clock`] gives a process a wrong clock. A failure here is a test's failure, so it panics with the reason.

pub mod check;
pub mod cut_start;
pub mod false_clock;
pub mod ledger;
pub mod phones;
pub mod the_box;
pub mod the_relay;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

pub use self::cut_start::{CutPoint, CutStart, cut_start};
pub use self::false_clock::FalseClock;
pub use self::ledger::{Ledger, Receipt};
pub use self::phones::{Load, Phone, Post};
pub use self::the_box::TheBox;
pub use self::the_relay::TheRelay;
use crate::ports::take_port;
use crate::proxy::{NetworkFault, Proxy};

/// The longest that anything in a suite is waited for.
pub const TIME_LIMIT: Duration = Duration::from_secs(240);
pub const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Relay and box as real processes on fixed ports, with a breakable connection between them.
pub struct World {
    pub r#box: TheBox,
    pub relay: TheRelay,
    pub ledger: Ledger,
    mqtt: Proxy,
    photos: Proxy,
    dir: TempDir,
}

impl World {
    /// A relay and a box that was claimed by a claim file at its first start, with a few items. `program` is
    /// the demo, which contains all of the parts.
    pub async fn claimed(program: &Path) -> Self {
        Self::unstarted(program, None).await.claimed_now().await
    }

    /// With the relay on this database instead of a file of its own.
    pub async fn claimed_on(program: &Path, database: &str) -> Self {
        Self::unstarted(program, Some(database)).await.claimed_now().await
    }

    async fn claimed_now(self) -> Self {
        let mut world = self;
        world.r#box.claim_at_start(&world.claim_file());
        world.r#box.start().await;
        world.r#box.found().await;
        world.caught_up().await;
        world
    }

    /// The box does not know the relay yet; see [`World::claim`].
    pub async fn unclaimed(program: &Path) -> Self {
        let mut world = Self::unstarted(program, None).await;
        world.r#box.start().await;
        world.r#box.found().await;
        world
    }

    async fn unstarted(program: &Path, database: Option<&str>) -> Self {
        provide_cryptography();
        let dir = folder();
        let mut relay = TheRelay::new(program, &dir.path().join("relay"));
        if let Some(database) = database {
            relay.keeps_in(database);
        }
        let [_, photos, mqtt, _] = relay.ports();
        let mqtt = Proxy::start(local(mqtt)).await.unwrap_or_else(|e| panic!("the line: {e}"));
        let photos = Proxy::start(local(photos)).await.unwrap_or_else(|e| panic!("the line: {e}"));
        relay.is_reached_by(mqtt.addr().port(), photos.addr().port());
        relay.start().await;
        let claim = relay.found().await;
        std::fs::write(dir.path().join("claim.toml"), claim)
            .unwrap_or_else(|e| panic!("the claim file: {e}"));
        let r#box = TheBox::new(program, &dir.path().join("box"));
        Self { r#box, relay, ledger: Ledger::default(), mqtt, photos, dir }
    }

    fn claim_file(&self) -> PathBuf {
        self.dir.path().join("claim.toml")
    }

    /// Gives the running box its claim file, by the command that the relay's page shows to an administrator.
    pub async fn claim(&self) {
        self.r#box.claim_with(&self.claim_file()).await;
    }

    /// Of the connection from the box to the relay.
    pub fn set_fault(&self, fault: NetworkFault) {
        self.mqtt.set(fault);
        self.photos.set(fault);
    }

    pub fn set_mqtt_fault(&self, fault: NetworkFault) {
        self.mqtt.set(fault);
    }

    pub fn set_https_fault(&self, fault: NetworkFault) {
        self.photos.set(fault);
    }

    /// Connections that the box has made for MQTT so far, refused ones included.
    pub fn connections(&self) -> u64 {
        self.mqtt.connections()
    }

    pub fn photo_connections(&self) -> u64 {
        self.photos.connections()
    }

    pub fn phone(&self, name: &str) -> Phone {
        self.r#box.phone(name, &self.ledger)
    }

    /// Waits until the relay has confirmed all that the box holds.
    pub async fn caught_up(&self) {
        let reported = until("the relay has everything", async || {
            let health = self.r#box.health().await?;
            let is_there = health["entries"].is_u64() && health["entries"] == health["at_relay"];
            (is_there && self.relay.unfolded().await == Some(0)).then_some(())
        });
        if reported.await.is_none() {
            let (at_box, health) = (self.r#box.log(), self.r#box.health().await);
            panic!("the relay did not catch up: {health:?}\nbox:\n{at_box}\nrelay:\n{}", self.relay.log());
        }
    }

    /// The box has lost the keys of its earlier logs, so that nothing proves the current one its own: waits
    /// until the relay quarantines it, and then admits it.
    pub async fn admit(&self) {
        let waits = until("the relay keeps the log apart", async || {
            let health = self.r#box.health().await?;
            let (box_id, epoch) = (health["box"].as_str()?, health["epoch"].as_str()?);
            let status = self.relay.log_status(box_id, epoch).await?;
            assert_eq!(status, "waits", "{epoch}");
            Some((box_id.to_owned(), epoch.to_owned()))
        });
        let Some((box_id, epoch)) = waits.await else {
            panic!("box:\n{}\nrelay:\n{}", self.r#box.log(), self.relay.log());
        };
        self.relay.admit(&box_id, &epoch).await;
    }

    /// Everything acknowledged is at the box once, and at the relay, and both prove it.
    pub async fn check(&self) {
        check::at_box(&self.r#box, &self.ledger).await;
        self.caught_up().await;
        check::at_relay(&self.relay, &self.r#box, &self.ledger).await;
    }
}

/// The TLS library needs its provider set once per process.
pub fn provide_cryptography() {
    // Another test of this process may have set the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub fn folder() -> TempDir {
    let made = tempfile::Builder::new().prefix("cleantrack-world-").tempdir();
    made.unwrap_or_else(|e| panic!("a folder: {e}"))
}

/// A port that stays the same across restarts.
pub fn own_port() -> u16 {
    take_port().unwrap_or_else(|e| panic!("{e}"))
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Polls until there is an answer; `None` after [`TIME_LIMIT`].
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let seen = tokio::time::timeout(TIME_LIMIT, looking).await.ok();
    if seen.is_none() {
        eprintln!("not within {TIME_LIMIT:?}: {what}");
    }
    seen
}
