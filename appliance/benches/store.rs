//! The store against its floor: appending the same bytes to a prepared file and flushing it, with as many threads.
//!
//! `cargo bench -p cleantrack-appliance --bench store [-- FOLDER] [-- FOLDER million]`; the folder must lie on the disk
//! that is meant (default: the system's temporary folder).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use appliance::random::SystemRandom;
use appliance::store::Store;
use kit::facility::{cleaning, events, open, record};
use kit::floor::{floor, is_floor};
use kit::{Failed, Goal, SPAN, Table, float, heading};

/// Items of the facility.
const ITEMS: usize = 300;
/// Bytes of a record with its texts, as `scan` counts them.
const RECORD_BYTES: u64 = 1_500;
/// Lone records over which bytes are counted.
const LONE: usize = 4_096;
const MILLION: usize = 1_000_000;

const CPU_MS: Goal = Goal::AtMost(0.055);
const WRITTEN_ALONE: Goal = Goal::AtMost(9_000.0);
const WRITTEN_MANY: Goal = Goal::AtMost(3_000.0);
const OWN_MEMORY_MB: Goal = Goal::AtMost(40.0);
const START_MS: Goal = Goal::AtMost(300.0);
const ALLOCATED: Goal = Goal::AtMost(200.0);

/// A figure of `/proc/self/…`, such as `write_bytes:`.
fn proc_figure(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn own_memory() -> f64 {
    float(proc_figure("status", "RssAnon:")) / 1024.0
}

fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0)).as_secs_f64() * 1e3
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

fn million(dir: &Path) -> Result<Table, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = open(dir)?;
    let mut own = 0;
    let began = (Instant::now(), cpu_ms());
    runtime.block_on(async {
        record(&store, events(ITEMS, 0)?).await?;
        for step in 0..MILLION / 200 {
            let drafts: Result<Vec<_>, _> =
                (0..200).map(|n| cleaning(step * 200 + n, ITEMS, &SystemRandom)).collect();
            record(&store, drafts?).await?;
        }
        Ok::<(), Failed>(())
    })?;
    let took = Instant::now().duration_since(began.0);
    let size = store.size();
    let reader = store.reader()?;
    for seq in (0..size).step_by(10_000) {
        let Some(entry) = reader.entry(seq)? else { continue };
        let texts = reader.texts_named(&entry)?.iter().map(|text| text.line().len()).sum::<usize>();
        own += (entry.bytes().len() + texts) as u64 * size / size.div_ceil(10_000);
    }
    drop(reader);
    heading("A million records");
    let table = Table::default();
    let how = format!(
        "{size} entries in {:.0} s, {:.3} ms of CPU each",
        took.as_secs_f64(),
        (cpu_ms() - began.1) / float(size)
    );
    table.row("memory of its own", own_memory(), "MiB", OWN_MEMORY_MB, &how);
    // Closed segments are compressed meanwhile.
    std::thread::sleep(Duration::from_secs(20));
    let bytes = allocated(dir)?;
    let how = format!("{} MiB; entries and texts alone: {} MiB", bytes >> 20, own >> 20);
    let share = float(bytes >> 10) / float((own >> 10).max(1)) * 100.0;
    table.row("allocated, to the entries' and texts' own bytes", share, "%", ALLOCATED, &how);
    drop(store);
    // The writer has no stop: what the next start finds is what a kill leaves.
    std::thread::sleep(Duration::from_secs(2));
    let started = Instant::now();
    let store = open(dir)?;
    let first = store.reader()?.entry(size - 1)?;
    let took = Instant::now().duration_since(started).as_secs_f64() * 1e3;
    assert!(first.is_some(), "the last entry is there");
    table.row("from start to first answer", took, "ms", START_MS, "after a kill");
    drop(store);
    Ok(table)
}

fn main() -> Result<ExitCode, Failed> {
    if is_floor()? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let base = words.next().map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(base)?;
    if words.next().is_some() {
        return Ok(million(&dir.path().join("box"))?.status());
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
