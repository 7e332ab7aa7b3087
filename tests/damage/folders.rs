//! Data folders of boxes at rest: made once by real boxes, listed under names that say which epoch a file is of, and copied for
//! each case.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness::proxy::NetworkFault;
use harness::world::{FalseClock, Ledger, Receipt, TheBox, World, folder, until};
use record::ids::Epoch;

use crate::kinds::Other;
use crate::table::Added;

const CLEANINGS: usize = 4;
/// Of these, so many reach the relay before the connection is cut: the rest of an epoch whose key is lost
/// must come back by a run.
const AT_RELAY: usize = 2;
pub const WITH_PHOTO: usize = 99;
const BALLAST_BYTES: u64 = 64 << 20;

pub struct Rest {
    dir: PathBuf,
    /// Every file and folder by its name, in which epochs are E1 to E3.
    names: BTreeMap<String, PathBuf>,
    folders: Vec<String>,
    epochs: Vec<String>,
    /// Acknowledged receipts, by the submission's key.
    pub receipts: BTreeMap<String, Receipt>,
}

/// A box after one epoch, after three, and after one with lines that a copy of its folder brought; its relay
/// is off.
pub struct Prepared {
    pub one: Rest,
    pub three: Rest,
    pub forked: Rest,
    other: Rest,
    pub of_copy: BTreeMap<String, Receipt>,
    pub clocks: Vec<FalseClock>,
    world: World,
    dir: tempfile::TempDir,
}

/// Files of [`Prepared`]'s own folder that a case can add: what the copy brought, before it was adopted and
/// after, and what the relay would cosign of the first epoch.
const DISPLACED: &str = "displaced.jsonl";
const REBASE: &str = "rebase";

impl Prepared {
    pub async fn new(clocks: &[&[i64]]) -> Self {
        let demo = Path::new(env!("CARGO_BIN_EXE_demo"));
        let dir = folder();
        let other = async {
            let mut world = World::claimed(demo).await;
            record_epoch(&world, 1, 1).await;
            assert_eq!(world.r#box.stop().await.0, Some(0));
            begin_another(&mut world, 1).await;
            see_alarms(&world.r#box).await;
            assert_eq!(world.r#box.stop().await.0, Some(0));
            Rest::of(world.r#box.data(), world.ledger.all(), &dir.path().join("other"))
        };
        let own = async {
            let mut world = World::claimed(demo).await;
            record_epoch(&world, 1, 2).await;
            let note = world.r#box.get("/api/v1/checkpoint").await;
            assert_eq!(world.r#box.stop().await.0, Some(0));
            let one = Rest::of(world.r#box.data(), world.ledger.all(), &dir.path().join("one"));
            let key = std::fs::read_to_string(one.dir.join("keys/log-1.pub")).unwrap();
            std::fs::write(dir.path().join(REBASE), format!("1763610000000\n{key}{note}")).unwrap();
            for n in 2..=3 {
                begin_another(&mut world, n - 1).await;
                record_epoch(&world, n, 2).await;
                closed_epochs_are_sealed(&world, n - 1).await;
                see_alarms(&world.r#box).await;
                assert_eq!(world.r#box.stop().await.0, Some(0));
            }
            // Without the relay a box finds out by itself what it lost, or not at all.
            world.relay.kill().await;
            let three = Rest::of(world.r#box.data(), world.ledger.all(), &dir.path().join("three"));
            (world, one, three)
        };
        let (other, (world, one, three)) = tokio::join!(other, own);
        let (forked, of_copy) = fork(&world, &one, dir.path()).await;
        let clocks = clocks.iter().map(|off_by| FalseClock::off_by(off_by)).collect();
        Self { one, three, forked, other, of_copy, clocks, world, dir }
    }

    pub fn add(&self, rest: &Rest, added: Added, data: &Path) {
        let own = |path: &str| self.one.dir.join(self.one.file(Path::new(""), path));
        let (from, to) = match added {
            Added::Nothing(gone) => return std::fs::remove_file(rest.file(data, gone)).unwrap(),
            Added::Fetched => (own("log/E1/000000000000.jsonl"), "fetched/E1.jsonl"),
            Added::Displaced => (self.dir.path().join(DISPLACED), "displaced/E1-1.jsonl"),
            Added::Run => (self.forked.file(&self.forked.dir, "runs/E1"), "runs/new"),
            Added::Owed => (own("keys/claim.used"), "runs/E1.owed"),
            Added::Salvage => (rest.dir.join("cleantrack.redb"), "salvage/1.redb"),
            Added::Trusted => (own("keys/log-1.pub"), "keys/trusted"),
            Added::Offered => (own("keys/log-1.pub"), "evidence/offered-keys"),
            Added::Rebase => (self.dir.path().join(REBASE), "evidence/rebase"),
        };
        let to = self.file(rest, data, to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&from, &to).unwrap_or_else(|e| panic!("{} to {}: {e}", from.display(), to.display()));
    }

    pub fn file(&self, rest: &Rest, data: &Path, name: &str) -> PathBuf {
        match name {
            "runs/new" => self.forked.file(data, "runs/E1"),
            _ => rest.file(data, name),
        }
    }

    pub fn twin(&self, rest: &Rest, data: &Path) -> TheBox {
        copy(&rest.dir, data);
        self.world.r#box.twin(data)
    }

    pub fn other(&self, rest: &Rest, name: &str, data: &Path) -> Other {
        if let Some(own) = rest.names.keys().find(|other| kind(other) == kind(name) && *other != name) {
            return Other::Local(rest.file(data, own));
        }
        let foreign = self.other.names.iter().find(|(other, _)| kind(other) == kind(name));
        // Where no other box has such a file, an empty one takes its place.
        Other::Foreign(
            foreign.map_or_else(|| self.other.dir.join(name), |(_, path)| self.other.dir.join(path)),
        )
    }
}

/// A copy of a folder lives for a while, and what it recorded is adopted: the folder then, and what the copy
/// acknowledged.
async fn fork(world: &World, one: &Rest, dir: &Path) -> (Rest, BTreeMap<String, Receipt>) {
    let (copied, data) = (dir.join("copied"), dir.join("fork"));
    copy(&one.dir, &copied);
    copy(&one.dir, &data);
    let mut other = world.r#box.twin(&copied);
    other.start().await;
    let of_copy = Ledger::default();
    other.phone("copy", &of_copy).record_all(700..700 + CLEANINGS).await;
    assert_eq!(other.stop().await.0, Some(0));
    let mut own = world.r#box.twin(&data);
    own.order(&["log", "import", &copied.to_string_lossy()]).await;
    std::fs::copy(one.file(&data, "displaced/E1-1.jsonl"), dir.join(DISPLACED)).unwrap();
    own.start().await;
    let receipts = Ledger::default();
    own.phone("own", &receipts).record_all(800..800 + CLEANINGS).await;
    see_alarms(&own).await;
    assert_eq!(own.stop().await.0, Some(0));
    let all = one.receipts.clone().into_iter().chain(receipts.all()).chain(of_copy.all());
    (Rest::of(&data, all.collect(), &dir.join("forked")), of_copy.all())
}

fn kind(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Cleanings with a name and a note each. In the first and the last epoch the relay has some of them.
async fn record_epoch(world: &World, n: usize, seed: u32) {
    let phone = world.phone("before");
    let all = n * 100..n * 100 + CLEANINGS;
    let sent = if n == 2 { all.start } else { all.start + AT_RELAY };
    if n == 1 {
        phone.record_with_photo(WITH_PHOTO, photo(seed)).await;
    }
    if sent > all.start {
        world.set_fault(NetworkFault::None);
        if n == 3 {
            world.admit().await;
            runs_are_adopted(world).await;
        }
        phone.record_all(all.start..sent).await;
        world.caught_up().await;
    }
    world.set_fault(NetworkFault::Cut);
    phone.record_all(sent..all.end).await;
}

async fn begin_another(world: &mut World, after: usize) {
    std::fs::remove_file(world.r#box.data().join(format!("keys/log-{after}.key"))).unwrap();
    world.r#box.start().await;
}

fn photo(seed: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, seed as u8]));
    let mut jpeg = Vec::new();
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    jpeg
}

async fn closed_epochs_are_sealed(world: &World, n: usize) {
    let log = world.r#box.data().join("log");
    let sealed = until("closed epochs are sealed", async || {
        let files = list(&log).into_iter().filter(|(_, is_folder)| !is_folder);
        (files.filter(|(path, _)| path.extension().is_some_and(|e| e == "zst")).count() == n).then_some(())
    });
    assert!(sealed.await.is_some(), "{:?}\n{}", list(&log), world.r#box.log());
}

/// What the relay lacks of the first two epochs goes to it as a run of each: the box restarts itself to adopt
/// them.
async fn runs_are_adopted(world: &World) {
    let runs = world.r#box.data().join("runs");
    let adopted = until("runs are adopted", async || {
        let health = world.r#box.health().await?;
        let alarms = health["alarms"].as_array()?;
        let reported = alarms.iter().filter(|alarm| alarm["code"] == "log-adopted").count();
        let waits = list(&runs).iter().any(|(path, _)| path.extension().is_some_and(|e| e == "owed"));
        (reported == 2 && !waits).then_some(())
    });
    assert!(adopted.await.is_some(), "{:?}\n{}", list(&runs), world.r#box.log());
}

/// Acknowledges all alarms, so that a case shows only new ones.
async fn see_alarms(r#box: &TheBox) {
    let health = r#box.health().await.unwrap();
    for alarm in health["alarms"].as_array().unwrap() {
        if alarm["seen_ms"].is_null() {
            r#box.order(&["alarm", "seen", alarm["id"].as_str().unwrap()]).await;
        }
    }
}

impl Rest {
    fn of(data: &Path, receipts: BTreeMap<String, Receipt>, to: &Path) -> Self {
        copy(data, to);
        let folders = list(&data.join("log")).into_iter().filter(|(_, is_folder)| *is_folder);
        let mut epochs: Vec<Epoch> =
            folders.map(|(path, _)| path.file_name().unwrap().to_str().unwrap().parse().unwrap()).collect();
        epochs.sort();
        let mut rest = Self {
            dir: to.to_owned(),
            names: BTreeMap::new(),
            folders: Vec::new(),
            epochs: epochs.iter().map(ToString::to_string).collect(),
            receipts,
        };
        for (path, is_folder) in list(data) {
            let path = path.strip_prefix(data).unwrap().to_owned();
            let name = rest.name(path.to_str().unwrap());
            if is_folder {
                rest.folders.push(name.clone());
            }
            let before = rest.names.insert(name.clone(), path.clone());
            assert_eq!(before, None, "another file has the name {name}: {path:?}");
        }
        rest
    }

    /// The name of a path: epochs by their numbers; a file named by its content's hash by what it is.
    pub fn name(&self, path: &str) -> String {
        let mut name = path.to_owned();
        for (n, epoch) in (1..).zip(&self.epochs) {
            name = name.replace(epoch.as_str(), &format!("E{n}"));
        }
        let parts: Vec<&str> = name.split('/').collect();
        match parts[..] {
            ["photos", folder] if folder != "incoming" => "photos/XX".to_owned(),
            ["photos", _, file] => {
                format!("photos/XX/photo{}", file.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
            }
            ["runs", run] => {
                let owed = if run.ends_with(".owed") { ".owed" } else { "" };
                format!("runs/{}{owed}", run.split('-').next().unwrap_or_default())
            }
            _ => name,
        }
    }

    pub fn files(&self) -> impl Iterator<Item = &String> {
        self.names.keys().filter(|name| !self.folders.contains(name))
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub fn file(&self, data: &Path, name: &str) -> PathBuf {
        if let Some(path) = self.names.get(name) {
            return data.join(path);
        }
        if let Some(run) = name.strip_suffix(".owed") {
            return data.join(format!("{}.owed", self.names[run].display()));
        }
        let mut path = name.to_owned();
        for (n, epoch) in (1..).zip(&self.epochs) {
            path = path.replace(&format!("E{n}"), epoch);
        }
        data.join(path)
    }
}

fn list(dir: &Path) -> Vec<(PathBuf, bool)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        let is_folder = path.is_dir();
        all.push((path.clone(), is_folder));
        if is_folder {
            all.extend(list(&path));
        }
    }
    all
}

/// The box must not be running.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for (path, is_folder) in list(from) {
        let to = to.join(path.strip_prefix(from).unwrap());
        if is_folder {
            std::fs::create_dir_all(&to).unwrap();
        } else if path.ends_with("ballast") {
            // As long as the box wants it, but sparse: else each case would write all of it.
            std::fs::File::create(&to).and_then(|file| file.set_len(BALLAST_BYTES)).unwrap();
        } else if path.is_file() {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}
