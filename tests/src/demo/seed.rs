//! Fills a box's data folder by the box's own code: store, intake and the photo process, under a clock that is bent.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use appliance::clock::{BentClock, Clock, Now};
use appliance::command::give;
use appliance::intake::{Command, Request};
use appliance::photo::{PhotoSettings, Photos, RealCard, UploadLimits};
use appliance::random::{Random, SystemRandom};
use appliance::store::{Store, StoreConfig};
use record::entry::{By, ClockState, Via};
use record::ids::{BootId, StaffId};
use record::kinds::Role;
use record::tag::Tag;
use record::tree::Hash;

use super::history::{self, DAY_MS, DAYS, Happening};

/// What a fresh box knows.
#[derive(Debug)]
pub struct Seeded {
    /// Tags of its items.
    pub tags: Vec<Tag>,
    /// Its people.
    pub staff: Vec<(StaffId, &'static str, Role)>,
}

struct Box {
    store: Store,
    clock: Arc<BentClock>,
    random: Arc<dyn Random>,
    start_ms: i64,
}

fn trouble(what: &str) -> impl Fn(&dyn std::fmt::Display) -> String {
    let what = what.to_owned();
    move |e| format!("{what}: {e}")
}

/// What a demo's box shall be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// No history and one item.
    pub bare: bool,
    /// Scheme and host that labels carry.
    pub label_host: String,
    /// The program that cleans photos, and its arguments.
    pub photo_command: Vec<std::ffi::OsString>,
}

/// Makes the log in `data`.
///
/// # Errors
/// What the box's own code refused.
pub async fn seed(data: &Path, wanted: Wanted) -> Result<Seeded, String> {
    let Wanted { bare, label_host, photo_command } = wanted;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let real_ms =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(0));
    let start_ms = if bare { real_ms - 60_000 } else { real_ms - DAYS * DAY_MS };
    let boot = BootId::new(start_ms, random.bytes());
    let now = Now { wall_ms: start_ms, boot, up_ms: 30_000, state: ClockState::Synced };
    let clock = Arc::new(BentClock::new(now));
    let (config, dyn_clock) = (StoreConfig::new(data), Arc::clone(&clock) as Arc<dyn Clock>);
    let opened = {
        let random = Arc::clone(&random);
        tokio::task::spawn_blocking(move || Store::open(config, dyn_clock, random))
            .await
            .map_err(|e| e.to_string())?
    };
    let (store, _) = opened.map_err(|e| trouble("the demo's log")(&e))?;
    let mut this = Box { store, clock, random, start_ms };
    let seeded = this.found(bare, &label_host).await?;
    if !bare {
        let settings = PhotoSettings {
            dir: data.join("photos"),
            command: photo_command,
            free_percent_min: 1,
            limits: UploadLimits::default(),
            card: Arc::new(RealCard),
        };
        let photos =
            Photos::open(settings, Arc::clone(&this.random)).map_err(|e| trouble("the demo's photos")(&e))?;
        this.live(&seeded.tags, real_ms - 20 * 60_000, &pictures(&photos).await?).await?;
    }
    this.store.stop().await.map_err(|fatal| fatal.0)?;
    Ok(seeded)
}

impl Box {
    fn at(&self, wall_ms: i64) {
        let mut now = self.clock.now();
        now.wall_ms = wall_ms;
        now.up_ms = 30_000 + u64::try_from(wall_ms - self.start_ms).unwrap_or(0);
        self.clock.set(now);
    }

    async fn tell(&self, via: Via, command: Command) -> Result<(), String> {
        let by = By { staff: None, via, device: None };
        let given = give(&self.store, Arc::clone(&self.random), Request { by, key: None, command }).await;
        given.map(|_| ()).map_err(|e| trouble("the demo's history")(&e))
    }

    /// Facility, people, protocols, equipment.
    async fn found(&mut self, bare: bool, label_host: &str) -> Result<Seeded, String> {
        self.tell(Via::Socket, history::settings(label_host)).await?;
        for command in history::people().into_iter().chain(history::protocols()) {
            self.tell(Via::Socket, command).await?;
        }
        let mut protocols: Vec<_> = self.store.facility().protocols.values().cloned().collect();
        protocols.sort_by_key(|p| p.steps.len());
        let ids: Vec<_> = protocols.iter().map(|p| p.protocol).collect();
        let mut tags = Vec::new();
        for command in history::equipment(&ids, bare) {
            self.tell(Via::Socket, command).await?;
            let added = self.store.facility().equipment.keys().copied().find(|tag| !tags.contains(tag));
            tags.extend(added);
        }
        let names = |id: &StaffId| {
            let facility = self.store.facility();
            let hash = facility.staff.get(id).map(|s| s.name);
            drop(facility);
            hash.and_then(|h| self.store.reader().ok()?.text(&h).ok()?)
        };
        let ids: Vec<StaffId> = self.store.facility().staff.keys().copied().collect();
        let known = |id: StaffId| {
            let name = names(&id)?;
            history::STAFF.iter().find(|s| s.name == name).map(|s| (id, s.name, s.role))
        };
        Ok(Seeded { tags, staff: ids.into_iter().filter_map(known).collect() })
    }

    /// Thirty days, one event after the other.
    async fn live(&self, tags: &[Tag], until_ms: i64, photos: &[Hash]) -> Result<(), String> {
        let steps: Vec<u16> = {
            let facility = self.store.facility();
            let steps = |tag: &Tag| {
                let item = facility.equipment.get(tag)?;
                let protocol = facility.protocols.get(item.protocols.first()?)?;
                u16::try_from(protocol.steps.len()).ok()
            };
            tags.iter().map(|tag| steps(tag).unwrap_or(1)).collect()
        };
        let happenings =
            history::happenings(tags, &steps, self.start_ms + 60_000, until_ms, self.random.as_ref());
        for (turn, (when, happening)) in happenings.into_iter().enumerate() {
            self.at(when);
            match happening {
                Happening::Told(command) => self.tell(Via::Socket, command).await?,
                Happening::Cleaned { mut form, with_photo } => {
                    if with_photo {
                        form.photos.extend(photos.get(turn % photos.len().max(1)));
                    }
                    self.tell(Via::Phone, Command::RecordCleaning(form)).await?;
                }
            }
        }
        Ok(())
    }
}

/// A few photos of nothing in particular, through the process that cleans real ones.
async fn pictures(photos: &Photos) -> Result<Vec<Hash>, String> {
    let mut kept = Vec::new();
    for shade in [(12u8, 58u8, 45u8), (60, 90, 120), (120, 100, 70), (90, 70, 110)] {
        let mut upload = photos
            .incoming(Ipv4Addr::LOCALHOST.into())
            .await
            .map_err(|e| trouble("the demo's photos")(&e))?;
        upload.write(&picture(shade)?).await.map_err(|e| trouble("the demo's photos")(&e))?;
        kept.push(photos.keep(upload).await.map_err(|e| trouble("the demo's photos")(&e))?);
    }
    Ok(kept)
}

/// A device on a table, roughly.
fn picture((r, g, b): (u8, u8, u8)) -> Result<Vec<u8>, String> {
    let (width, height) = (960u32, 720u32);
    let image = image::RgbImage::from_fn(width, height, |x, y| {
        let lit = u8::try_from(((x + y) * 60) / (width + height)).unwrap_or(0);
        let device = (260..700).contains(&x) && (160..560).contains(&y);
        let screen = (310..560).contains(&x) && (210..400).contains(&y);
        let knob = x.abs_diff(630).pow(2) + y.abs_diff(470).pow(2) < 1_600;
        match (screen, knob, device, y > 540) {
            (true, ..) => image::Rgb([20, 60 + lit, 70 + lit]),
            (_, true, ..) => image::Rgb([60, 60, 60]),
            (_, _, true, _) => image::Rgb([200 + lit / 2, 204 + lit / 2, 200 + lit / 2]),
            (_, _, _, true) => image::Rgb([r / 2 + lit, g / 2 + lit, b / 2 + lit]),
            _ => image::Rgb([r + lit, g + lit, b + lit]),
        }
    });
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 85);
    image.write_with_encoder(encoder).map_err(|e| trouble("the demo's photos")(&e))?;
    Ok(jpeg)
}
