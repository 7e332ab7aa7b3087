//! The store against its floor: appending the same bytes to a prepared file and flushing it, with as many threads.
//!
//! `cargo bench -p cleantrack-appliance --bench store [-- FOLDER] [-- FOLDER million]`; the folder must lie on the disk
//! that is meant (default: the system's temporary folder).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use appliance::clock::{SystemClock, boot_id};
use appliance::random::{Random, SystemRandom};
use appliance::store::{Decision, Store, StoreConfig};
use record::entry::{By, Digest16, Draft, Idem};
use record::kinds::Event;
use record::redact::Text;

type Failed = Box<dyn std::error::Error>;

const SPAN: Duration = Duration::from_secs(3);

fn open(dir: &Path) -> Result<Store, Failed> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock = Arc::new(SystemClock::new(boot_id(random.bytes())));
    Ok(Store::open(StoreConfig::new(dir), clock, random)?.0)
}

/// A cleaning as a phone's form makes it.
fn cleaning(random: &dyn Random) -> Result<Draft, Failed> {
    let text = Text::new("Maria Alvarez", random.bytes())?;
    let body = format!(
        r#"{{"tag":"ABCDEFGH3","protocol":{{"id":"01JD0000000000000000000000","version":1}},"steps":[1,2,3,4],"agent":"Super Sani-Cloth","contact":{{"required_s":120,"measured_s":131}},"who":{{"proof":"typed","name":{{"redactable":"{}"}}}}}}"#,
        text.redactable().hash
    );
    let idem = Some(Idem { key: Digest16(random.bytes()), req: Digest16(random.bytes()) });
    Ok(Draft { by: By::BOX, idem, event: Event::read("cleaning.recorded", &body), texts: vec![text] })
}

async fn record(store: &Store, drafts: Vec<Draft>) -> Result<(), Failed> {
    store.submit(|_| Decision::Append { drafts, answer: () }).await?;
    Ok(())
}

/// A figure of `/proc/self/…`, such as `write_bytes:`.
fn proc_figure(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Threads that each write 800 bytes behind the others' and flush.
fn floor(dir: &Path, threads: u64) -> Result<f64, Failed> {
    let path = dir.join("floor");
    let file = std::fs::File::create(&path)?;
    (0..4096u64).try_for_each(|page| file.write_all_at(&[0; 4096], page * 4096))?;
    file.sync_all()?;
    let (at, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let until = Instant::now() + SPAN;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while Instant::now() < until {
                    let place = at.fetch_add(800, Ordering::Relaxed) % (16 << 20);
                    if file.write_all_at(&[7; 800], place).is_ok() && file.sync_data().is_ok() {
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    std::fs::remove_file(path)?;
    Ok(rate(done.load(Ordering::Relaxed)))
}

fn rate(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from) / SPAN.as_secs_f64()
}

/// Phones that each record one cleaning after the other; cleanings a second, CPU and bytes of one.
fn phones(store: &Store, count: u64) -> Result<(f64, Duration, u64), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (bytes, used) = (proc_figure("io", "write_bytes:"), cpu());
    let until = Instant::now() + SPAN;
    let done: u64 = runtime.block_on(async {
        let phones: Vec<_> = (0..count)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut done = 0;
                    while Instant::now() < until {
                        let Ok(draft) = cleaning(&SystemRandom) else { break };
                        if record(&store, vec![draft]).await.is_err() {
                            break;
                        }
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut sum = 0;
        for phone in phones {
            sum += phone.await.unwrap_or(0);
        }
        sum
    });
    let each = done.max(1);
    let bytes = (proc_figure("io", "write_bytes:") - bytes) / each;
    Ok((rate(done), (cpu() - used) / u32::try_from(each)?, bytes))
}

/// Bytes of all blocks that the folder's files have, ballast and open segment aside.
fn allocated(dir: &Path) -> Result<u64, Failed> {
    let (mut sum, mut open) = (0, 0);
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let (meta, name) = (entry.metadata()?, entry.file_name());
        let bytes = meta.blocks() * 512;
        if meta.is_dir() {
            sum += allocated(&entry.path())?;
        } else if Path::new(&name).extension().is_some_and(|e| e == "jsonl") {
            // Closed ones are compressed by now.
            open = bytes.max(open);
            sum += bytes;
        } else if name != "ballast" {
            sum += bytes;
        }
    }
    Ok(sum - open)
}

fn judged(what: &str, figure: u64, unit: &str, goal: u64) {
    println!("{what}: {figure} {unit} (goal {goal}: {})", if figure <= goal { "met" } else { "MISSED" });
}

fn million(dir: &Path) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = open(dir)?;
    let added = r#"{"tag":"ABCDEFGH3","name":"Ultrasound 2"}"#;
    let item =
        Draft { by: By::BOX, idem: None, event: Event::read("equipment.added", added), texts: Vec::new() };
    let mut own = 0;
    runtime.block_on(async {
        record(&store, vec![item]).await?;
        for _ in 0..4_000 {
            let drafts: Result<Vec<_>, _> = (0..250).map(|_| cleaning(&SystemRandom)).collect();
            record(&store, drafts?).await?;
        }
        Ok::<(), Failed>(())
    })?;
    let size = store.size();
    let reader = store.reader()?;
    for seq in (0..size).step_by(10_000) {
        own += reader.entry(seq)?.map_or(0, |e| e.bytes().len() as u64) * size / size.div_ceil(10_000);
    }
    drop(reader);
    judged(&format!("{size} entries, RssAnon"), proc_figure("status", "RssAnon:") >> 10, "MiB", 40);
    // Closed segments are compressed meanwhile.
    std::thread::sleep(Duration::from_secs(20));
    let bytes = allocated(dir)?;
    println!("the entries' own bytes: {} MiB; allocated: {} MiB", own >> 20, bytes >> 20);
    judged("allocated, to the entries' own bytes", bytes * 100 / own.max(1), "%", 200);
    drop(store);
    // The writer has no stop: what the next start finds is what a kill leaves.
    std::thread::sleep(Duration::from_secs(2));
    let started = Instant::now();
    let store = open(dir)?;
    let first = store.reader()?.entry(size - 1)?;
    let took = Instant::now().duration_since(started).as_millis();
    assert!(first.is_some(), "the last entry is there");
    judged("from start to first answer", u64::try_from(took)?, "ms", 300);
    drop(store);
    Ok(())
}

fn main() -> Result<(), Failed> {
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let base = words.next().map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(base)?;
    if words.next().is_some() {
        return million(&dir.path().join("box"));
    }
    let store = open(&dir.path().join("box"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let added = r#"{"tag":"ABCDEFGH3","name":"Ultrasound 2"}"#;
    let item =
        Draft { by: By::BOX, idem: None, event: Event::read("equipment.added", added), texts: Vec::new() };
    runtime.block_on(record(&store, vec![item]))?;
    // The ballast is written while nobody waits: let it be whole before bytes are counted.
    while !dir.path().join("box/ballast").metadata().is_ok_and(|m| m.len() >= 64 << 20) {
        std::thread::sleep(Duration::from_millis(100));
    }
    for count in [1, 8, 64] {
        let floor = floor(dir.path(), count)?;
        let (rate, cpu, bytes) = phones(&store, count)?;
        println!(
            "{count:>3} phones: {rate:>8.0} cleanings/s, {:>4.0} % of the floor's {floor:.0}; {cpu:?} CPU, {bytes} bytes each",
            rate / floor * 100.0
        );
    }
    let before = proc_figure("io", "write_bytes:");
    runtime.block_on(async {
        for _ in 0..4096 {
            record(&store, vec![cleaning(&SystemRandom)?]).await?;
        }
        Ok::<(), Failed>(())
    })?;
    println!("4,096 lone cleanings: {} bytes each", (proc_figure("io", "write_bytes:") - before) / 4096);
    runtime.block_on(store.stop())?;
    Ok(())
}
