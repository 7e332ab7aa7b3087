//! The store against its floor: appending the same bytes to a prepared file and flushing it, with as many threads.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench store [-- FOLDER] [-- FOLDER million]`; the folder must lie on the disk
//! that is meant (default: the system's temporary folder).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use appliance::store::Store;
use kit::box_process::Running;
use kit::facility::{cleaning, events, open, record, tag};
use kit::floor::{floor, is_floor};
use kit::{Failed, Goal, SPAN, Table, cpu_ms, float, heading};
use service::random::SystemRandom;

/// As in the box's program.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ITEMS: usize = 300;
/// Bytes of a record with its texts, as `scan` counts them.
const RECORD_BYTES: u64 = 1_500;
const LONE: usize = 4_096;
/// Records of the whole log, and the epochs that have them.
const MILLION: usize = 1_000_000;
const EPOCHS: usize = 3;

const CPU_MS: Goal = Goal::AtMost(0.042);
const WRITTEN_ALONE: Goal = Goal::AtMost(8_400.0);
const WRITTEN_MANY: Goal = Goal::AtMost(2_600.0);
const OWN_MEMORY_MB: Goal = Goal::AtMost(40.0);
const START_MS: Goal = Goal::AtMost(250.0);
const ALLOCATED: Goal = Goal::AtMost(200.0);

fn proc_figure(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn own_memory() -> f64 {
    float(proc_figure("status", "RssAnon:")) / 1024.0
}

/// Phones that each record one cleaning after the other; cleanings a second, CPU and bytes of one.
fn phones(store: &Store, count: usize) -> Result<(f64, f64, f64), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (bytes, used) = (proc_figure("io", "write_bytes:"), cpu_ms());
    let until = Instant::now() + SPAN;
    let done: u64 = runtime.block_on(async {
        let phones: Vec<_> = (0..count)
            .map(|phone| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut done = 0;
                    while Instant::now() < until {
                        let n = phone * 1_009 + usize::try_from(done).unwrap_or(0);
                        let Ok(draft) = cleaning(n, ITEMS, &SystemRandom) else { break };
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
    let each = float(done.max(1));
    let bytes = float(proc_figure("io", "write_bytes:") - bytes) / each;
    Ok((each / SPAN.as_secs_f64(), (cpu_ms() - used) / each, bytes))
}

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

/// Fills a log with so many cleanings, says on a line what that took, and goes on recording until it is killed.
fn fill(dir: &Path, count: usize) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (began, store) = (Instant::now(), open(dir)?);
    runtime.block_on(async {
        if store.facility().equipment.is_empty() {
            record(&store, events(ITEMS, 0)?).await?;
        }
        for step in 0..count / 200 {
            let drafts: Result<Vec<_>, _> =
                (0..200).map(|n| cleaning(step * 200 + n, ITEMS, &SystemRandom)).collect();
            record(&store, drafts?).await?;
        }
        Ok::<(), Failed>(())
    })?;
    println!("{} {} {}", Instant::now().duration_since(began).as_secs_f64(), cpu_ms(), own_memory());
    loop {
        phones(&store, 64)?;
    }
}

fn bytes_of_entry(store: &Store) -> Result<u64, Failed> {
    let (reader, mut bytes, mut count) = (store.reader()?, 0, 0);
    for seq in (0..store.size()).step_by(1_000) {
        let Some(entry) = reader.entry(seq)? else { continue };
        let texts = reader.texts_named(&entry)?.iter().map(|text| text.line().len()).sum::<usize>();
        (bytes, count) = (bytes + (entry.bytes().len() + texts) as u64, count + 1);
    }
    Ok(bytes / count.max(1))
}

/// A million records in three epochs, each ended by `kill -9` while 64 phones record; then the box itself starts.
fn million(dir: &Path) -> Result<Table, Failed> {
    heading("A million records in three epochs");
    let (table, data) = (Table::default(), dir.join("box"));
    for n in 1..=EPOCHS {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["fill", &data.to_string_lossy(), &(MILLION / EPOCHS).to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        std::thread::sleep(Duration::from_secs(1));
        child.kill()?;
        child.wait()?;
        let figures: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let [took_s, cpu_ms, own_mb] = figures?[..] else {
            return Err(format!("epoch {n}: {line:?}").into());
        };
        let each = cpu_ms / float((MILLION / EPOCHS) as u64);
        let how = format!("epoch {n}: {took_s:.0} s, {each:.3} ms of CPU each");
        table.row("memory of its own, without HTTP", own_mb, "MiB", OWN_MEMORY_MB, &how);
        if n < EPOCHS {
            // A log without its key is an epoch that has ended.
            std::fs::remove_file(data.join(format!("keys/log-{n}.key")))?;
        }
    }
    let started = Instant::now();
    let running = Running::start_on(dir, ITEMS, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let page = format!("http://{}/t/{}", running.address, tag(7));
    let answered = runtime.block_on(async { reqwest::get(&page).await?.error_for_status()?.text().await })?;
    let took = Instant::now().duration_since(started).as_secs_f64() * 1e3;
    assert!(answered.contains(&tag(7).to_string()), "the page of the item");
    table.row("from start to the first page, the process included", took, "ms", START_MS, "after kill -9");
    table.row("memory of its own, the box", running.own_memory()?, "MiB", OWN_MEMORY_MB, "after the start");
    // Closed segments are compressed meanwhile.
    std::thread::sleep(Duration::from_secs(20));
    drop(running);
    let bytes = allocated(&data)?;
    let store = open(&data)?;
    let own = bytes_of_entry(&store)? * MILLION as u64;
    let how = format!("{} MiB; entries and texts alone: {} MiB", bytes >> 20, own >> 20);
    let share = float(bytes >> 10) / float((own >> 10).max(1)) * 100.0;
    table.row("allocated, to the entries' and texts' own bytes", share, "%", ALLOCATED, &how);
    Ok(table)
}

fn main() -> Result<ExitCode, Failed> {
    if is_floor()? {
        return Ok(ExitCode::SUCCESS);
    }
    // The client takes the process's; nothing else of this process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [what, dir, count] = &words[..]
        && what == "fill"
    {
        fill(Path::new(dir), count.parse()?)?;
    }
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let base = words.next().map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(base)?;
    if words.next().is_some() {
        return Ok(million(dir.path())?.status());
    }
    let store = open(&dir.path().join("box"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(record(&store, events(ITEMS, 2)?))?;
    // The ballast is written while nobody waits: let it be whole before bytes are counted.
    while !dir.path().join("box/ballast").metadata().is_ok_and(|m| m.len() >= 64 << 20) {
        std::thread::sleep(Duration::from_millis(100));
    }
    heading("The store alone, without HTTP");
    let table = Table::default();
    for count in [1, 8, 64] {
        let floor = floor(dir.path(), count, RECORD_BYTES, None)?.per_second;
        let (rate, cpu, bytes) = phones(&store, count)?;
        let share = rate / floor * 100.0;
        let how = format!("{rate:.0} records a second, {share:.0} % of append and flush ({floor:.0})");
        table.row(&format!("{count} phones, CPU of a record"), cpu, "ms", CPU_MS, &how);
        let goal = if count == 1 { WRITTEN_ALONE } else { WRITTEN_MANY };
        table.row(&format!("{count} phones, written for a record"), bytes, "bytes", goal, &how);
    }
    let before = proc_figure("io", "write_bytes:");
    runtime.block_on(async {
        for n in 0..LONE {
            record(&store, vec![cleaning(n, ITEMS, &SystemRandom)?]).await?;
        }
        Ok::<(), Failed>(())
    })?;
    let written = float((proc_figure("io", "write_bytes:") - before) / LONE as u64);
    table.row("one phone, written for a record", written, "bytes", WRITTEN_ALONE, "4,096 of them");
    table.row("memory of its own", own_memory(), "MiB", OWN_MEMORY_MB, "RssAnon, phones included");
    runtime.block_on(store.stop())?;
    Ok(table.status())
}
