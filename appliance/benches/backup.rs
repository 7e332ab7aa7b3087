//! Backups of a box of real size: how long one takes, what memory it costs, and what phones notice of it.
//!
//! `cargo bench -p cleantrack-appliance --bench backup [-- FOLDER ENTRIES PHOTOS]`; the folder must lie on the disk that is meant
//! (default: the system's temporary folder, 100,000 entries, 2,000 photos of 500 kB).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appliance::alarms::AlarmStore;
use appliance::backup::{BackupContext, BackupService, MissingPhotos, NoSeam, restore_backup, test_backup};
use appliance::clock::system_clock;
use appliance::photo::{PhotoSettings, PhotoStore, RealCard, UploadLimits};
use appliance::settings::BackupSettings;
use appliance::store::Store;
use kit::facility::{cleaning, events, open, record};
use kit::{Failed, Goal, Measured, SPAN, Table, float, heading, median, micros};
use record::tree::Hash;
use service::clock::boot_id;
use service::random::{RandomSource, SystemRandom};

const ITEMS: usize = 300;
const ENTRIES: usize = 100_000;
const PHOTOS: usize = 2_000;
const PHOTO_BYTES: usize = 500_000;
const AT_ONCE: usize = 5_000;
const PHONES: usize = 8;
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// For so long phones record beside a backup at most: what it writes then takes some of their time, and the log grows by all of theirs.
const BESIDE_MAX: Duration = Duration::from_secs(15);

const BACKUP_S: Goal = Goal::AtMost(60.0);
const MEMORY_MB: Goal = Goal::AtMost(10.0);
const RATE_RATIO: Goal = Goal::AtLeast(0.9);
const WAIT_RATIO: Goal = Goal::AtMost(2.0);

fn own_memory() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    float(kib) / 1024.0
}

fn make_photos(photos: &PhotoStore, count: usize) -> Result<(), Failed> {
    let mut bytes = vec![0; PHOTO_BYTES];
    (&SystemRandom as &dyn RandomSource).fill(&mut bytes);
    for n in 0..count {
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        let path = photos.path(Hash::of(&bytes));
        std::fs::create_dir_all(path.parent().ok_or("a photo without a folder")?)?;
        std::fs::File::create(path)?.write_all(&bytes)?;
    }
    Ok(())
}

async fn make_records(store: &Store, entries: usize) -> Result<(), Failed> {
    record(store, events(ITEMS, 0)?).await?;
    let mut n = 0;
    while n < entries {
        let more = AT_ONCE.min(entries - n);
        let drafts: Result<Vec<_>, Failed> =
            (n..n + more).map(|n| cleaning(n, ITEMS, &SystemRandom)).collect();
        record(store, drafts?).await?;
        n += more;
    }
    Ok(())
}

async fn run_phones(store: &Store, enough: impl Fn(Duration) -> bool + Send + Sync + 'static) -> Measured {
    let (began, enough) = (Instant::now(), Arc::new(enough));
    let phones: Vec<_> = (0..PHONES)
        .map(|phone| {
            let (store, enough) = (store.clone(), Arc::clone(&enough));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while !enough(Instant::now().duration_since(began)) {
                    let Ok(draft) = cleaning(phone + took.len() * 97, ITEMS, &SystemRandom) else { break };
                    let from = Instant::now();
                    if record(&store, vec![draft]).await.is_err() {
                        break;
                    }
                    took.push(micros(from));
                }
                took
            })
        })
        .collect();
    let mut all = Vec::new();
    for phone in phones {
        all.extend(phone.await.unwrap_or_default());
    }
    Measured::new(all, Instant::now().duration_since(began))
}

fn time_backup(backups: &BackupService) -> Result<(f64, f64), Failed> {
    let (before, began, mut most) = (own_memory(), Instant::now(), 0.0);
    backups.start_backup()?;
    while backups.status().work.is_some() {
        std::thread::sleep(LOOK_EVERY);
        most = f64::max(most, own_memory() - before);
    }
    let result = backups.status().result.ok_or("no result")?;
    println!("{}", result.words?);
    Ok((Instant::now().duration_since(began).as_secs_f64(), most))
}

/// Phones beside a backup, until it ends or has had them for long enough; returns when it has ended.
fn run_beside(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    backups: &BackupService,
) -> Result<Measured, Failed> {
    backups.start_backup()?;
    let watched = backups.clone();
    let beside = runtime
        .block_on(run_phones(store, move |passed| passed >= BESIDE_MAX || watched.status().work.is_none()));
    while backups.status().work.is_some() {
        std::thread::sleep(LOOK_EVERY);
    }
    let result = backups.status().result.ok_or("no result")?;
    println!("{}", result.words?);
    Ok(beside)
}

fn print_round(what: &str, phones: &Measured) {
    let (p50, p99) = (phones.at(500), phones.at(990));
    println!("{what}: {:.0} records/s, p50 {p50:.2} ms, p99 {p99:.2} ms", phones.per_second);
}

fn open_photos(data: &Path) -> Result<PhotoStore, Failed> {
    let settings = PhotoSettings {
        dir: data.join("photos"),
        command: Vec::new(),
        free_percent_min: 0,
        limits: UploadLimits::default(),
        card: Arc::new(RealCard),
    };
    Ok(PhotoStore::open(settings, Arc::new(SystemRandom))?)
}

fn run_bench(dir: &Path, entries: usize, photos: usize) -> Result<ExitCode, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (data, stick) = (dir.join("box"), dir.join("stick"));
    std::fs::create_dir_all(&stick)?;
    let store = open(&data)?;
    let photo_store = open_photos(&data)?;
    make_photos(&photo_store, photos)?;
    runtime.block_on(make_records(&store, entries))?;
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let clock = Arc::new(system_clock(boot_id(random.bytes())));
    let backups = BackupService::open(BackupContext {
        store: store.clone(),
        photos: photo_store,
        alarms: Arc::new(AlarmStore::open(store.disk(), clock.clone())),
        clock,
        random,
        data,
        settings: BackupSettings { to: Some(stick.clone()), same_disk: true, ..BackupSettings::default() },
        settings_text: String::new(),
        relay: Arc::new(|| None),
    });
    let secret = backups.make_key()?;
    heading(&format!("Backup of {entries} entries and {photos} photos of 500 kB"));
    let mut table = Table::default();
    let (first_s, memory) = time_backup(&backups)?;
    let how = "written, synced, read back, decrypted and checked, same disk";
    table.bound("first backup", first_s, "s", (BACKUP_S, Goal::AtMost(240.0)), how);
    table.bound("memory of it", memory, "MB", (MEMORY_MB, Goal::AtMost(20.0)), "RssAnon, growth at most");
    let (next_s, _) = time_backup(&backups)?;
    table.row("the next one", next_s, "s", BACKUP_S, "its photos are there already, and are read again");
    let (mut rates, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..kit::ROUNDS {
        let alone = runtime.block_on(run_phones(&store, |passed| passed >= SPAN));
        // All photos are written again: nothing that a backup does takes more of the disk.
        std::fs::remove_dir_all(&stick)?;
        std::fs::create_dir(&stick)?;
        let beside = run_beside(&runtime, &store, &backups)?;
        print_round("alone", &alone);
        print_round("beside", &beside);
        rates.push(beside.per_second / alone.per_second);
        waits.push(beside.at(990) / alone.at(990));
    }
    let how = "8 phones that never pause, all photos written meanwhile, median of 3";
    table.row("records beside a backup", median(rates), "of alone", RATE_RATIO, how);
    table.row("99 of 100 of them wait at most", median(waits), "times as long", WAIT_RATIO, how);
    let name = backups.status().record.last.ok_or("no backup")?.name;
    let (file, began) = (stick.join(name), Instant::now());
    test_backup(&file, Some(&secret), MissingPhotos::Refused)?;
    println!("restore test: {:.1} s", Instant::now().duration_since(began).as_secs_f64());
    let began = Instant::now();
    restore_backup(&file, &dir.join("new"), Some(&secret), MissingPhotos::Refused, &NoSeam)?;
    println!("restore: {:.1} s", Instant::now().duration_since(began).as_secs_f64());
    runtime.block_on(store.stop())?;
    Ok(table.status())
}

fn main() -> Result<ExitCode, Failed> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let base = words.next().map_or_else(std::env::temp_dir, Into::into);
    let (entries, photos) = (parse_count(words.next(), ENTRIES)?, parse_count(words.next(), PHOTOS)?);
    let dir = tempfile::Builder::new().prefix("cleantrack-bench-").tempdir_in(base)?;
    run_bench(dir.path(), entries, photos)
}

fn parse_count(word: Option<String>, default: usize) -> Result<usize, std::num::ParseIntError> {
    word.map_or(Ok(default), |word| word.parse())
}
