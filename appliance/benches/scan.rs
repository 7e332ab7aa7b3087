//! A record through the real box: phones on keep-alive connections, each figure beside a floor that the same run measured, and beside
//! the peer (`benches/peer`), which is built when it is first needed.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench scan [-- FOLDER]`; the folder must lie on the disk that is meant.
//! Phones, box and floors share the machine's processors. A card is emulated by `slow_flush.c`, which needs `cc`.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use kit::box_process::Running;
use kit::card::{CARD_US, Shim};
use kit::floor::{floor, is_floor, start_parser};
use kit::peer::start_peer;
use kit::phones::{Until, Work, phones};
use kit::{Failed, Goal, ROUNDS, SPAN, Table, facility, float, heading, median};

const ITEMS: usize = 300;
const LONE: u64 = 4_096;

/// What should be reached, and where the run fails.
const OF_PEER: (Goal, Goal) = (Goal::AtLeast(0.7), Goal::AtLeast(0.5));
const OF_PEER_ON_CARD: Goal = Goal::AtLeast(1.9);
const PARSED_SHARE: Goal = Goal::AtLeast(55.0);
const CPU_MS: (Goal, Goal) = (Goal::AtMost(0.042), Goal::AtMost(0.2));
/// With 64 phones and with 8.
const CARD_SHARE: [(usize, Goal, Goal); 2] =
    [(64, Goal::AtLeast(80.0), Goal::AtLeast(50.0)), (8, Goal::AtLeast(80.0), Goal::AtLeast(70.0))];
const ABOVE_FLUSH_MS: Goal = Goal::AtMost(0.5);
const TAIL_FLUSHES: Goal = Goal::AtMost(2.5);
const WRITTEN_ALONE: Goal = Goal::AtMost(8_400.0);
const WRITTEN_MANY: Goal = Goal::AtMost(2_600.0);
const OWN_MEMORY_MB: Goal = Goal::AtMost(40.0);

fn record_bytes(data: &Path) -> Result<u64, Failed> {
    let store = facility::open(data)?;
    let reader = store.reader()?;
    let (end, mut sum) = (reader.size(), 0);
    let range = end.saturating_sub(100)..end;
    let count = (range.end - range.start).max(1);
    for entry in reader.entries(range) {
        let entry = entry?;
        sum += entry.bytes().len() + 1;
        sum += reader.texts_named(&entry)?.iter().map(|text| text.line().len() + 14).sum::<usize>();
    }
    Ok(sum as u64 / count)
}

fn record(running: &Running, count: usize, until: Until) -> Result<kit::Measured, Failed> {
    phones((&running.address, running.items), count, Work::Record, until)
}

/// With a card: the share of the floor that the box reaches, the tail, and one phone alone.
fn with_card(table: &mut Table, dir: &Path, shim: &Shim, bytes: u64) -> Result<(), Failed> {
    let running = Running::start(&dir.join("card"), ITEMS, Some((shim, CARD_US)))?;
    let peer = start_peer(&dir.join("peer-card"), shim, CARD_US)?;
    let flush_ms = f64::from(CARD_US) / 1_000.0;
    heading("A card of 8 ms a flush");
    for (count, goal, bound) in CARD_SHARE {
        record(&running, count, Until::Passed(SPAN / 3))?;
        let (mut shares, mut tails, mut last) = (Vec::new(), Vec::new(), (0.0, 0.0));
        let (mut of_peer, mut peers_per_second) = (Vec::new(), 0.0);
        for _ in 0..ROUNDS {
            let peers = phones((&peer.address, ITEMS), count, Work::Record, Until::Passed(SPAN))?;
            let records = record(&running, count, Until::Passed(SPAN))?;
            let floor = floor(dir, count, bytes, Some((shim, CARD_US)))?;
            shares.push(records.per_second / floor.per_second * 100.0);
            tails.push(records.at(990) / floor.at(500).max(flush_ms));
            last = (records.per_second, floor.per_second);
            of_peer.push(records.per_second / peers.per_second);
            peers_per_second = peers.per_second;
        }
        let how = format!("{:.0} of {:.0} a second, append and flush by as many threads", last.0, last.1);
        table.bound(&format!("{count} phones, share of the floor"), median(shares), "%", (goal, bound), &how);
        if count == 64 {
            let how = format!("{:.0} of {peers_per_second:.0} a second", last.0);
            table.row("64 phones, of the peer", median(of_peer), "×", OF_PEER_ON_CARD, &how);
            table.row(
                "64 phones, p99",
                median(tails),
                "flushes",
                TAIL_FLUSHES,
                "of the floor's median flush",
            );
        }
    }
    let lone = record(&running, 1, Until::Passed(SPAN))?;
    let floor = floor(dir, 1, bytes, Some((shim, CARD_US)))?;
    let above = lone.at(500) - floor.at(500);
    table.row("one phone, above a flush", above, "ms", ABOVE_FLUSH_MS, "medians");
    Ok(())
}

/// Without a card's slowness: the share of a handler that stores nothing, CPU, bytes, memory.
fn without_card(table: &mut Table, dir: &Path, shim: &Shim, bytes: u64) -> Result<(), Failed> {
    let running = Running::start(&dir.join("plain"), ITEMS, Some((shim, 0)))?;
    let (parse_only, peer) = (start_parser()?, start_peer(&dir.join("peer"), shim, 0)?);
    heading("The disk as it is");
    record(&running, 64, Until::Passed(SPAN))?;
    phones((&peer.address, ITEMS), 64, Work::Record, Until::Passed(SPAN))?;
    let (mut shares, mut cpu_ms, mut written, mut last) = (Vec::new(), Vec::new(), Vec::new(), (0.0, 0.0));
    let (mut of_peer, mut last_of_peer) = (Vec::new(), (0.0, 0.0));
    for _ in 0..ROUNDS {
        let peers = phones((&peer.address, ITEMS), 64, Work::Record, Until::Passed(SPAN))?;
        let before = (running.cpu_ms()?, running.written()?);
        let records = record(&running, 64, Until::Passed(SPAN))?;
        cpu_ms.push((running.cpu_ms()? - before.0) / float(records.count));
        written.push(float(running.written()? - before.1) / float(records.count));
        let parsed = phones((&parse_only.address, ITEMS), 64, Work::Record, Until::Passed(SPAN))?;
        shares.push(records.per_second / parsed.per_second * 100.0);
        last = (records.per_second, parsed.per_second);
        of_peer.push(records.per_second / peers.per_second);
        last_of_peer = (records.per_second, peers.per_second);
    }
    let how = format!("{:.0} of {:.0} a second", last_of_peer.0, last_of_peer.1);
    table.bound("64 phones, of the peer", median(of_peer), "×", OF_PEER, &how);
    let how = format!("{:.0} of {:.0} a second, the same form read and not stored", last.0, last.1);
    table.row("64 phones, share of reading the form", median(shares), "%", PARSED_SHARE, &how);
    table.bound("64 phones, CPU of a record", median(cpu_ms), "ms", CPU_MS, "all threads of the box");
    table.row("64 phones, written for a record", median(written), "bytes", WRITTEN_MANY, "/proc/…/io");
    table.row("memory of its own behind them", running.own_memory()?, "MiB", OWN_MEMORY_MB, "RssAnon");
    // What was left to do later is done before the lone ones are counted.
    std::thread::sleep(Duration::from_secs(5));
    let before = (running.written()?, shim.flushes()?, running.cpu_ms()?);
    let lone = record(&running, 1, Until::Done(LONE))?;
    let cpu_ms = (running.cpu_ms()? - before.2) / float(LONE);
    std::thread::sleep(Duration::from_secs(2));
    let written = float((running.written()? - before.0) / LONE);
    let flushes = float(shim.flushes()? - before.1) / float(LONE);
    let how = format!("{LONE} of them, {flushes:.2} flushes and {cpu_ms:.3} ms of CPU each");
    table.row("one phone, written for a record", written, "bytes", WRITTEN_ALONE, &how);
    let floor = floor(dir, 1, bytes, None)?;
    let above = lone.at(500) - floor.at(500);
    table.row("one phone, above a flush", above, "ms", ABOVE_FLUSH_MS, "medians");
    Ok(())
}

fn main() -> Result<ExitCode, Failed> {
    if is_floor()? {
        return Ok(ExitCode::SUCCESS);
    }
    let base = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(base.map_or_else(std::env::temp_dir, Into::into))?;
    let dir = dir.path();
    let shim = Shim::make(dir)?;
    let sample = Running::start(&dir.join("sample"), ITEMS, None)?;
    record(&sample, 1, Until::Done(100))?;
    let data = sample.data.clone();
    drop(sample);
    let bytes = record_bytes(&data)?;
    println!("{ITEMS} items; a record brings {bytes} bytes to the log.");
    let mut table = Table::default();
    with_card(&mut table, dir, &shim, bytes)?;
    without_card(&mut table, dir, &shim, bytes)?;
    Ok(table.status())
}
