//! Fills a box's data folder by the box's own code: store, intake and the photo process, under a simulated clock.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use appliance::command::execute_command;
use appliance::intake::{Command, CommandRequest};
use appliance::photo::{PhotoSettings, PhotoStore, RealCard, UploadLimits};
use appliance::store::{Store, StoreConfig};
use record::entry::{ClockState, CommandSource, EntryAuthor};
use record::ids::{BootId, StaffId};
use record::kinds::StaffRole;
use record::tag::Tag;
use record::tree::Hash;
use service::clock::{Clock, FakeClock, Now};
use service::random::{RandomSource, SystemRandom};

use super::facilities::DemoFacility;
use super::history::{self, DAY_MS, DAYS, DemoEvent};
use super::seed_disk::{SeedDisk, flush_folder};

#[derive(Debug)]
pub(super) struct SeedResult {
    pub(super) tags: Vec<Tag>,
    pub(super) staff: Vec<(StaffId, &'static str, StaffRole)>,
}

struct Box {
    store: Store,
    clock: Arc<FakeClock>,
    random: Arc<dyn RandomSource>,
    facility: DemoFacility,
    start_ms: i64,
}

fn trouble(what: &str) -> impl Fn(&dyn std::fmt::Display) -> String {
    let what = what.to_owned();
    move |e| format!("{what}: {e}")
}

#[derive(Debug, Clone)]
pub(super) struct SeedOptions {
    pub(super) facility: DemoFacility,
    /// Milliseconds since 1970 at which its history ends.
    pub(super) now_ms: i64,
    pub(super) has_history: bool,
    pub(super) label_host: String,
    /// The program that cleans photos, and its arguments; without it there are none.
    pub(super) photo_command: Option<Vec<std::ffi::OsString>>,
}

/// Makes the log in `data`.
pub(super) async fn seed(
    data: &Path,
    config: StoreConfig,
    options: SeedOptions,
) -> Result<SeedResult, String> {
    let SeedOptions { facility, now_ms, has_history, label_host, photo_command } = options;
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let start_ms = if has_history { now_ms - DAYS * DAY_MS } else { now_ms - 60_000 };
    let boot = BootId::new(start_ms, random.bytes());
    let now = Now { wall_ms: start_ms, boot, up_ms: 30_000, state: ClockState::Synced };
    let clock = Arc::new(FakeClock::new(now));
    let store = open(config, Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&random)).await?;
    let mut this = Box { store, clock, random, facility, start_ms };
    let seeded = this.found(&label_host).await?;
    if has_history {
        let pictures = match photo_command {
            Some(command) => this.pictures(data, command).await?,
            None => Vec::new(),
        };
        this.live(&seeded.tags, now_ms - 20 * 60_000, &pictures).await?;
    }
    this.store.stop().await.map_err(|fatal| fatal.0)?;
    let data = data.to_owned();
    let flushed =
        tokio::task::spawn_blocking(move || flush_folder(&data)).await.map_err(|e| e.to_string())?;
    flushed.map_err(|e| trouble("the demo's log")(&e))?;
    Ok(seeded)
}

async fn open(
    config: StoreConfig,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
) -> Result<Store, String> {
    let opening = tokio::task::spawn_blocking(move || {
        let disk = SeedDisk::take(&config.dir).map_err(|e| trouble("the demo's log")(&e))?;
        let opened = Store::open_on(Arc::new(disk), config.sizes, clock, random.as_ref());
        opened.map(|(store, _)| store).map_err(|e| trouble("the demo's log")(&e))
    });
    opening.await.map_err(|e| e.to_string())?
}

impl Box {
    fn at(&self, wall_ms: i64) {
        let mut now = self.clock.now();
        now.wall_ms = wall_ms;
        now.up_ms = 30_000 + u64::try_from(wall_ms - self.start_ms).unwrap_or(0);
        self.clock.set(now);
    }

    async fn submit_command(&self, via: CommandSource, command: Command) -> Result<(), String> {
        let by = EntryAuthor { staff: None, via, device: None };
        let outcome = execute_command(
            &self.store,
            Arc::clone(&self.random),
            CommandRequest { by, key: None, sent: None, command },
        )
        .await;
        outcome.map(|_| ()).map_err(|e| trouble("the demo's history")(&e))
    }

    async fn found(&mut self, label_host: &str) -> Result<SeedResult, String> {
        self.submit_command(CommandSource::Socket, history::settings(&self.facility, label_host)).await?;
        for command in history::staff(&self.facility).into_iter().chain(history::protocols()) {
            self.submit_command(CommandSource::Socket, command).await?;
        }
        let mut protocols: Vec<_> = self.store.facility().protocols.values().cloned().collect();
        protocols.sort_by_key(|p| p.steps.len());
        let ids: Vec<_> = protocols.iter().map(|p| p.protocol).collect();
        let (mut tags, mut known) = (Vec::new(), HashSet::new());
        for command in history::equipment(&self.facility, &ids) {
            self.submit_command(CommandSource::Socket, command).await?;
            let added = self.store.facility().equipment.keys().copied().find(|tag| !known.contains(tag));
            tags.extend(added);
            known.extend(added);
        }
        let names = |id: &StaffId| {
            let facility = self.store.facility();
            let hash = facility.staff.get(id).map(|s| s.name);
            drop(facility);
            hash.and_then(|h| self.store.reader().ok()?.text(&h).ok()?)
        };
        let ids: Vec<StaffId> = self.store.facility().staff.keys().copied().collect();
        Ok(SeedResult {
            tags,
            staff: ids
                .into_iter()
                .filter_map(|id| {
                    let name = names(&id)?;
                    self.facility.staff.iter().find(|s| s.name == name).map(|s| (id, s.name, s.role))
                })
                .collect(),
        })
    }

    /// Thirty days, one event after the other.
    async fn live(&self, tags: &[Tag], until_ms: i64, photos: &[Hash]) -> Result<(), String> {
        let steps: Vec<u16> = {
            let facility = self.store.facility();
            let protocols = tags
                .iter()
                .map(|tag| facility.protocols.get(facility.equipment.get(tag)?.facts.protocols.first()?));
            protocols
                .map(|protocol| protocol.and_then(|it| u16::try_from(it.steps.len()).ok()).unwrap_or(1))
                .collect()
        };
        let period = (self.start_ms + 60_000, until_ms);
        let happenings = history::happenings(&self.facility, tags, &steps, period, self.random.as_ref());
        for (turn, (when, event)) in happenings.into_iter().enumerate() {
            self.at(when);
            match event {
                DemoEvent::Submitted(command) => self.submit_command(CommandSource::Socket, command).await?,
                DemoEvent::Cleaned { mut form, with_photo } => {
                    if with_photo {
                        form.photos.extend(photos.get(turn % photos.len().max(1)));
                    }
                    self.submit_command(CommandSource::Phone, Command::RecordCleaning(form)).await?;
                }
            }
        }
        Ok(())
    }

    /// A few photos, through the process that cleans real ones.
    async fn pictures(&self, data: &Path, command: Vec<std::ffi::OsString>) -> Result<Vec<Hash>, String> {
        let settings = PhotoSettings {
            dir: data.join("photos"),
            command,
            free_percent_min: 1,
            limits: UploadLimits::default(),
            card: Arc::new(RealCard),
        };
        let wrong = trouble("the demo's photos");
        let photos = PhotoStore::open(settings, Arc::clone(&self.random)).map_err(|e| wrong(&e))?;
        let mut stored = Vec::new();
        for shade in [(12u8, 58u8, 45u8), (60, 90, 120), (120, 100, 70), (90, 70, 110)] {
            let mut upload = photos.incoming(Ipv4Addr::LOCALHOST.into()).await.map_err(|e| wrong(&e))?;
            upload.write(&picture(shade)?).await.map_err(|e| wrong(&e))?;
            stored.push(photos.keep(upload).await.map_err(|e| wrong(&e))?);
        }
        Ok(stored)
    }
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
