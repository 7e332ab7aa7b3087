//! A scan through the real box: phones on keep-alive connections, each figure beside a floor that the same run measured.
//!
//! `cargo bench -p cleantrack-appliance --bench scan [-- FOLDER]`; the folder must lie on the disk that is meant. Client
//! and box share the machine's processors. A card is emulated by `slow_flush.c`, which needs `cc`.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use appliance::clock::{SystemClock, boot_id};
use appliance::random::{Random, SystemRandom};
use appliance::store::{Decision, Store, StoreConfig};
use record::entry::{By, Draft};
use record::kinds::Event;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Failed = Box<dyn std::error::Error>;

const TAG: &str = "ABCDEFGH3";
/// One measurement.
const SPAN: Duration = Duration::from_secs(3);
/// Measurements of each pair of figure and floor, of which the median counts.
const ROUNDS: usize = 3;
/// What the card that is emulated adds to each flush.
const CARD_US: u32 = 8_000;
/// Lone cleanings over which bytes are counted: the database becomes durable once among them.
const LONE: u64 = 4_096;
/// Bytes of a prepared file of the floor.
const FLOOR_BYTES: u64 = 64 << 20;

/// What one measurement gave.
#[derive(Debug, Clone)]
struct Measured {
    per_second: f64,
    count: u64,
    /// In microseconds, ascending.
    took_us: Vec<u32>,
}

impl Measured {
    fn new(mut took_us: Vec<u32>, span: Duration) -> Self {
        took_us.sort_unstable();
        let count = took_us.len() as u64;
        Self { per_second: float(count) / span.as_secs_f64(), count, took_us }
    }

    fn at(&self, per_mille: usize) -> f64 {
        let place = (self.took_us.len() * per_mille / 1_000).min(self.took_us.len().saturating_sub(1));
        self.took_us.get(place).map_or(0.0, |us| f64::from(*us) / 1_000.0)
    }
}

fn float(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::INFINITY, f64::from)
}

fn micros(since: Instant) -> u32 {
    u32::try_from(Instant::now().duration_since(since).as_micros()).unwrap_or(u32::MAX)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn judged(what: &str, figure: &str, holds: bool, goal: &str) {
    println!("{what}: {figure} (goal {goal}: {})", if holds { "met" } else { "MISSED" });
}

/// The shim, and the file in which it counts.
struct Shim {
    shim: PathBuf,
    count: PathBuf,
}

impl Shim {
    fn make(dir: &Path) -> Result<Self, Failed> {
        let own = std::env::current_exe()?;
        let shim = own.with_file_name("libslow_flush.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/slow_flush.c");
        let made = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(&shim)
            .arg(source)
            .arg("-ldl")
            .status()?;
        if !made.success() {
            return Err("cc did not make the shim".into());
        }
        let count = dir.join("flushes");
        std::fs::write(&count, [0; 8])?;
        Ok(Self { shim, count })
    }

    fn load(&self, command: &mut Command, delay_us: u32) {
        command
            .env("LD_PRELOAD", &self.shim)
            .env("SLOW_FLUSH_US", delay_us.to_string())
            .env("SLOW_FLUSH_COUNT", &self.count);
    }

    fn flushes(&self) -> Result<u64, Failed> {
        let bytes: [u8; 8] = std::fs::read(&self.count)?.as_slice().try_into()?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

/// A running box.
struct Running {
    child: Child,
    address: String,
    data: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; nothing of it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Makes a box with one item and starts it.
    fn start(dir: &Path, shim: Option<(&Shim, u32)>) -> Result<Self, Failed> {
        let data = dir.join("box");
        seed(&data)?;
        let settings = dir.join("box.toml");
        std::fs::write(
            &settings,
            format!(
                "data = {data:?}\nlog = \"warn\"\n[http]\nlisten = \"127.0.0.1:0\"\n[https]\nlisten = \"127.0.0.1:0\"\n\
                 [limits]\nsubmits_per_address = 0\nconnections_per_address = 0\n"
            ),
        )?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_cleantrack-appliance"));
        command.arg("--config").arg(&settings).stdout(Stdio::piped());
        if let Some((shim, delay_us)) = shim {
            shim.load(&mut command, delay_us);
        }
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let line: serde_json::Value = serde_json::from_str(&line)?;
        let address =
            line["http"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no address")?;
        let running = Self { child, address: address.to_owned(), data };
        // The ballast is written while nobody waits: let it be whole before anything is measured.
        while !running.data.join("ballast").metadata().is_ok_and(|m| m.len() >= 64 << 20) {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(running)
    }

    fn proc(&self, file: &str) -> Result<String, Failed> {
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    fn written(&self) -> Result<u64, Failed> {
        let io = self.proc("io")?;
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).ok_or("no write_bytes")?;
        Ok(line.parse()?)
    }

    /// User and system time of all its threads, milliseconds.
    fn cpu_ms(&self) -> Result<f64, Failed> {
        let stat = self.proc("stat")?;
        let after = stat.rsplit_once(") ").ok_or("no stat")?.1;
        let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
        Ok(float(ticks) * 10.0)
    }

    /// Phones that each ask as soon as they are answered.
    fn phones(&self, count: usize, request: &Request, until: Until) -> Result<Measured, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let local = tokio::task::LocalSet::new();
        let started = Instant::now();
        let took = local.block_on(&runtime, async {
            let phones: Vec<_> = (0..count)
                .map(|_| {
                    let (address, request) = (self.address.clone(), request.clone());
                    tokio::task::spawn_local(async move { phone(&address, &request, until).await })
                })
                .collect();
            let mut all = Vec::new();
            for phone in phones {
                all.append(&mut phone.await.map_err(|e| e.to_string())??);
            }
            Ok::<_, String>(all)
        })?;
        Ok(Measured::new(took, Instant::now().duration_since(started)))
    }
}

/// A request as it goes over the wire, and how its answer begins.
#[derive(Debug, Clone)]
struct Request {
    bytes: String,
    status: &'static str,
}

impl Request {
    fn scan() -> Self {
        let body = "cleaned_by=Maria+Alvarez&notes=";
        let bytes = format!(
            "POST /api/register-cleaning/{TAG}/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { bytes, status: "HTTP/1.1 201" }
    }

    fn nothing() -> Self {
        Self { bytes: "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), status: "HTTP/1.1 200" }
    }
}

/// When a phone stops.
#[derive(Debug, Clone, Copy)]
enum Until {
    Passed(Duration),
    Done(u64),
}

async fn phone(address: &str, request: &Request, until: Until) -> Result<Vec<u32>, String> {
    let failed = |e: std::io::Error| e.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let (started, mut took, mut answer) = (Instant::now(), Vec::new(), Vec::with_capacity(4096));
    loop {
        let enough = match until {
            Until::Passed(span) => Instant::now().duration_since(started) >= span,
            Until::Done(count) => took.len() as u64 >= count,
        };
        if enough {
            return Ok(took);
        }
        let asked = Instant::now();
        stream.write_all(request.bytes.as_bytes()).await.map_err(failed)?;
        answer.clear();
        while !whole(&answer)? {
            if stream.read_buf(&mut answer).await.map_err(failed)? == 0 {
                return Err("the box closed the connection".to_owned());
            }
        }
        if !answer.starts_with(request.status.as_bytes()) {
            return Err(format!("not {}: {}", request.status, String::from_utf8_lossy(&answer)));
        }
        took.push(micros(asked));
    }
}

/// Whether an answer with a stated length is there to its end.
fn whole(answer: &[u8]) -> Result<bool, String> {
    let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(false) };
    let head = String::from_utf8_lossy(&answer[..end]);
    let stated = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = stated.and_then(|n| n.parse().ok()).ok_or("an answer without a length")?;
    Ok(answer.len() >= end + 4 + length)
}

fn open(data: &Path) -> Result<Store, Failed> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock = Arc::new(SystemClock::new(boot_id(random.bytes())));
    Ok(Store::open(StoreConfig::new(data), clock, random)?.0)
}

fn seed(data: &Path) -> Result<(), Failed> {
    let store = open(data)?;
    let added = format!(r#"{{"tag":"{TAG}","name":"Ultrasound 2"}}"#);
    let item =
        Draft { by: By::BOX, idem: None, event: Event::read("equipment.added", &added), texts: Vec::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        store.submit(|_| Decision::Append { drafts: vec![item], answer: () }).await?;
        store.stop().await?;
        Ok(())
    })
}

/// Bytes that a scan brings to the log: its entry and its text, with their newlines.
fn entry_bytes(data: &Path) -> Result<u64, Failed> {
    let store = open(data)?;
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

/// Runs [`floor`] in a process of its own, under the shim where there is one.
fn floor_of(dir: &Path, threads: usize, bytes: u64, shim: Option<(&Shim, u32)>) -> Result<Measured, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor").arg(dir).args([threads.to_string(), bytes.to_string()]).stderr(Stdio::inherit());
    if let Some((shim, delay_us)) = shim {
        shim.load(&mut command, delay_us);
    }
    let told = command.output()?;
    let took: Result<Vec<u32>, _> =
        String::from_utf8(told.stdout)?.split_whitespace().map(str::parse).collect();
    Ok(Measured::new(took?, SPAN))
}

/// Threads that each append the bytes of one entry to a prepared file and flush it; prints how long each took.
fn floor(dir: &Path, threads: usize, bytes: usize) -> Result<(), Failed> {
    let path = dir.join("floor");
    let file = std::fs::File::create(&path)?;
    (0..FLOOR_BYTES / 4096).try_for_each(|page| file.write_all_at(&[0; 4096], page * 4096))?;
    file.sync_all()?;
    let at = AtomicU64::new(0);
    let until = Instant::now() + SPAN;
    let entry = vec![7; bytes];
    let all: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let work = || {
            let mut took = Vec::new();
            while Instant::now() < until {
                let place = at.fetch_add(entry.len() as u64, Ordering::Relaxed) % (FLOOR_BYTES - 4096);
                let began = Instant::now();
                if file.write_all_at(&entry, place).is_err() || file.sync_data().is_err() {
                    break;
                }
                took.push(micros(began));
            }
            took
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    std::fs::remove_file(path)?;
    let all: Vec<String> = all.iter().flatten().map(u32::to_string).collect();
    println!("{}", all.join(" "));
    Ok(())
}

/// With a card: the share of the floor that the box reaches, the tail, and one phone alone.
fn with_card(dir: &Path, shim: &Shim, bytes: u64) -> Result<(), Failed> {
    let running = Running::start(&dir.join("card"), Some((shim, CARD_US)))?;
    println!("A card of {} ms a flush emulated:", CARD_US / 1_000);
    for (count, goal) in [(64, 80.0), (8, 70.0)] {
        running.phones(count, &Request::scan(), Until::Passed(SPAN / 3))?;
        let (mut shares, mut tails, mut last) = (Vec::new(), Vec::new(), (0.0, 0.0));
        for _ in 0..ROUNDS {
            let scans = running.phones(count, &Request::scan(), Until::Passed(SPAN))?;
            let floor = floor_of(dir, count, bytes, Some((shim, CARD_US)))?;
            shares.push(scans.per_second / floor.per_second * 100.0);
            tails.push(scans.at(990) / floor.at(990));
            last = (scans.per_second, floor.per_second);
        }
        let share = median(shares);
        let figure =
            format!("{share:.0} % of append + flush by as many threads ({:.0} of {:.0}/s)", last.0, last.1);
        judged(&format!("  {count} phones"), &figure, share >= goal, &format!("{goal:.0} %"));
        if count == 64 {
            let tail = median(tails);
            judged("  64 phones, p99", &format!("{tail:.1} × the p99 of a flush"), tail <= 3.0, "3 ×");
        }
    }
    let lone = running.phones(1, &Request::scan(), Until::Passed(SPAN))?;
    let floor = floor_of(dir, 1, bytes, Some((shim, CARD_US)))?;
    let above = lone.at(500) - floor.at(500);
    judged("  one phone", &format!("one flush and {above:.2} ms at the median"), above <= 1.0, "1 ms");
    Ok(())
}

/// Without a card's slowness: the share of what a handler gives that stores nothing, CPU, bytes, flushes.
fn without_card(dir: &Path, shim: &Shim) -> Result<(), Failed> {
    let running = Running::start(&dir.join("plain"), Some((shim, 0)))?;
    println!("Without:");
    running.phones(64, &Request::scan(), Until::Passed(SPAN))?;
    let (mut shares, mut cpu_ms, mut written, mut last) = (Vec::new(), Vec::new(), Vec::new(), (0.0, 0.0));
    for _ in 0..ROUNDS {
        let before = (running.cpu_ms()?, running.written()?);
        let scans = running.phones(64, &Request::scan(), Until::Passed(SPAN))?;
        cpu_ms.push((running.cpu_ms()? - before.0) / float(scans.count));
        written.push(float(running.written()? - before.1) / float(scans.count));
        let nothing = running.phones(64, &Request::nothing(), Until::Passed(SPAN))?;
        shares.push(scans.per_second / nothing.per_second * 100.0);
        last = (scans.per_second, nothing.per_second);
    }
    let (share, cpu_ms, written) = (median(shares), median(cpu_ms), median(written));
    let figure =
        format!("{share:.0} % of GET /healthz, which stores nothing ({:.0} of {:.0}/s)", last.0, last.1);
    judged("  64 phones", &figure, share >= 50.0, "50 %");
    judged("  64 phones, CPU of the box", &format!("{cpu_ms:.4} ms a scan"), cpu_ms <= 0.045, "0.045 ms");
    judged("  64 phones, written", &format!("{written:.0} bytes a scan"), written <= 3_000.0, "3,000");
    // What was left to do later is done before the lone ones are counted.
    std::thread::sleep(Duration::from_secs(5));
    let before = (running.written()?, shim.flushes()?);
    let lone = running.phones(1, &Request::scan(), Until::Done(LONE))?;
    std::thread::sleep(Duration::from_secs(2));
    let written = (running.written()? - before.0) / LONE;
    let flushes = float(shim.flushes()? - before.1) / float(LONE);
    judged(
        &format!("  {LONE} lone cleanings, written"),
        &format!("{written} bytes each"),
        written <= 12_000,
        "12,000",
    );
    judged(
        "  the same, flushes",
        &format!("{flushes:.2} each, the database's and zeros ahead with them"),
        flushes < 1.05,
        "1",
    );
    let floor = floor_of(dir, 1, 600, None)?;
    let above = lone.at(500) - floor.at(500);
    judged("  the same, time", &format!("one flush and {above:.2} ms at the median"), above <= 1.0, "1 ms");
    Ok(())
}

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if let [mode, dir, threads, bytes] = words.as_slice()
        && mode == "floor"
    {
        return floor(Path::new(dir), threads.parse()?, bytes.parse()?);
    }
    let base = words.first().map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(base)?;
    let dir = dir.path();
    let shim = Shim::make(dir)?;
    for part in ["card", "plain", "sample"] {
        std::fs::create_dir(dir.join(part))?;
    }
    let sample = Running::start(&dir.join("sample"), None)?;
    sample.phones(1, &Request::scan(), Until::Done(100))?;
    let data = sample.data.clone();
    drop(sample);
    let bytes = entry_bytes(&data)?;
    println!("A scan brings {bytes} bytes to the log.");
    with_card(dir, &shim, bytes)?;
    without_card(dir, &shim)
}
