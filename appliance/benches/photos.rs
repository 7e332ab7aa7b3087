//! A hundred phones, each with an address of its own, send different photos of 5 MB at the same moment: what memory the box and
//! its photo child have at their peaks, when all is answered and kept, and what somebody notices who scans meanwhile.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench photos [-- FOLDER]`; the folder must lie on the disk that is meant.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use appliance::photo::{CHILD_ENVIRONMENT, CHILD_SUBCOMMAND};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use kit::box_process::Running;
use kit::phones::{Until, Work, phones};
use kit::{Failed, Goal, Measured, ROUNDS, SPAN, Table, facility, float, heading, median};
use tokio::sync::Barrier;

const ITEMS: usize = 300;
const PHONES: u8 = 100;
const PHOTO_BYTES: usize = 5_000_000;
const PHOTO_SIDES: (u32, u32) = (4_000, 3_000);
const QUALITY: u8 = 85;
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// All photos are kept by then, or they never will be.
const ALL_WITHIN: Duration = Duration::from_secs(300);

const OPENED: Goal = Goal::AtLeast(100.0);
const MEMORY_MB: (Goal, Goal) = (Goal::AtMost(150.0), Goal::AtMost(150.0));
const WAIT_RATIO: Goal = Goal::AtMost(2.0);

fn make_photo(seed: u32, grain: u32) -> Result<Vec<u8>, Failed> {
    let mut state = seed.wrapping_mul(0x9E37_79B1) | 1;
    let (width, height) = PHOTO_SIDES;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let light = (x + y) * 128 / (width + height) + state % grain.max(1);
        Rgb([light, light + 20, light + 40].map(|part| u8::try_from(part).unwrap_or(u8::MAX)))
    });
    let mut jpeg = Vec::with_capacity(PHOTO_BYTES);
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&picture)?;
    Ok(jpeg)
}

fn make_photos() -> Result<Vec<Vec<u8>>, Failed> {
    let mut grain = 4;
    while make_photo(1, grain)?.len() < PHOTO_BYTES {
        grain += 4;
    }
    (1..=u32::from(PHONES)).map(|seed| make_photo(seed, grain)).collect()
}

fn find_field<'a>(page: &'a str, name: &str) -> Result<&'a str, String> {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&mark).ok_or_else(|| format!("the page has no {name}: {page}"))?;
    Ok(rest.split('"').next().unwrap_or_default())
}

fn write_body(page: &str, name: &str, photo: &[u8]) -> Result<Vec<u8>, String> {
    let mut fields = vec![("cleaned_by", name), ("notes", "the clock was not at hand")];
    for field in ["submission", "page", "version", "protocol"] {
        fields.push((field, find_field(page, field)?));
    }
    fields.extend(["1", "2", "3", "4"].map(|step| ("step", step)));
    let mut body = fields
        .into_iter()
        .map(|(name, value): (&str, &str)| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        })
        .collect::<String>()
        .into_bytes();
    body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n");
    body.extend(photo);
    body.extend(b"\r\n--XX--\r\n");
    Ok(body)
}

async fn open_form(url: &str, phone: u8, photo: &[u8]) -> Result<(reqwest::Client, Vec<u8>), String> {
    let client = reqwest::Client::builder()
        .local_address(Some(Ipv4Addr::new(127, 0, 2, phone).into()))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    let client = client.build().map_err(|e| e.to_string())?;
    let answer = client.get(url).send().await.map_err(|e| e.to_string())?;
    let page = answer.text().await.map_err(|e| e.to_string())?;
    let body = write_body(&page, &facility::name(phone.into()), photo)?;
    Ok((client, body))
}

async fn send_photo(url: String, phone: u8, photo: Vec<u8>, start: Arc<Barrier>) -> Result<(), String> {
    let opened = open_form(&url, phone, &photo).await;
    // Whoever could open nothing is waited for by the others all the same.
    start.wait().await;
    let (client, body) = opened?;
    let request = client.post(&url).header("Content-Type", "multipart/form-data; boundary=XX").body(body);
    let answer = request.send().await.map_err(|e| format!("phone {phone}: {e:?}"))?;
    match answer.status().as_u16() {
        303 => Ok(()),
        status => Err(format!("phone {phone}: {status}")),
    }
}

/// All at the same moment; how long it took until the last one was answered.
fn send_photos(running: &Running, photos: Vec<Vec<u8>>) -> Result<Duration, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let start = Arc::new(Barrier::new(photos.len() + 1));
    let took: Result<Duration, String> = runtime.block_on(async {
        let mut phones = Vec::new();
        for (phone, photo) in (1..=PHONES).zip(photos) {
            let url = format!("http://{}/t/{}", running.address, facility::tag(phone.into()));
            phones.push(tokio::spawn(send_photo(url, phone, photo, Arc::clone(&start))));
        }
        start.wait().await;
        let started = Instant::now();
        for phone in phones {
            phone.await.map_err(|e| e.to_string())??;
        }
        Ok(Instant::now().duration_since(started))
    });
    Ok(took?)
}

fn await_photos(running: &Running) -> Result<(), Failed> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&running.ca)?)?;
    let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (token, last) = (running.read_token()?, Instant::now() + ALL_WITHIN);
    runtime.block_on(async {
        for phone in 1..=PHONES {
            let url = format!("{}/api/v1/cleanings?tag={}", running.https, facility::tag(phone.into()));
            loop {
                let answer = client.get(&url).bearer_auth(&token).send().await?.error_for_status()?;
                let list: serde_json::Value = answer.json().await?;
                let rows = list["items"].as_array().ok_or("no list")?;
                if let [record] = rows.as_slice()
                    && record["photos"].as_array().is_some_and(|photos| photos.len() == 1)
                {
                    break;
                }
                if Instant::now() > last {
                    return Err(format!("phone {phone}: its photo is not kept: {list}").into());
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    })
}

/// What somebody notices who scans, records and opens the receipt over and over, without a photo.
fn scan_alone(running: &Running) -> Result<Measured, Failed> {
    phones((&running.address, 1), 1, Work::Flow, Until::Passed(SPAN))
}

/// Photos that the process for them opens within its bounds, percent. The box would ask it again, and nobody would see it.
fn share_opened(dir: &Path, photos: &[Vec<u8>]) -> Result<f64, Failed> {
    let mut opened = 0_u32;
    let upload = dir.join("upload");
    for photo in photos {
        std::fs::write(&upload, photo)?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_cleantrack-appliance"));
        child.arg(CHILD_SUBCOMMAND).env_clear().envs(CHILD_ENVIRONMENT);
        child.stdin(std::fs::File::open(&upload)?);
        opened += u32::from(child.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success());
    }
    Ok(f64::from(opened) * 100.0 / float(photos.len() as u64))
}

fn main() -> Result<ExitCode, Failed> {
    // The client takes the process's; nothing else of this process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(base.map_or_else(std::env::temp_dir, Into::into))?;
    let photos = make_photos()?;
    let bytes = photos.iter().map(Vec::len).sum::<usize>() / photos.len();
    let opened = share_opened(dir.path(), &photos)?;
    let running = Running::start_with_history(dir.path(), (ITEMS, 0), None)?;
    running.settle()?;
    scan_alone(&running)?;
    let before: Vec<Measured> = (0..ROUNDS).map(|_| scan_alone(&running)).collect::<Result<_, _>>()?;
    let over = AtomicBool::new(false);
    let (answered, stored, child_mb, meanwhile) = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut peak: f64 = 0.0;
            while !over.load(Ordering::Relaxed) {
                peak = peak.max(running.photo_child_memory());
                std::thread::sleep(LOOK_EVERY);
            }
            peak
        });
        let scanning = scope.spawn(|| {
            let mut all = Vec::new();
            while !over.load(Ordering::Relaxed) {
                all.push(scan_alone(&running).map_err(|e| e.to_string())?);
            }
            Ok::<_, String>(all)
        });
        let started = Instant::now();
        let answered = send_photos(&running, photos);
        let awaited = answered.and_then(|answered| await_photos(&running).map(|()| answered));
        let stored = Instant::now().duration_since(started);
        over.store(true, Ordering::Relaxed);
        let child_mb = looking.join().map_err(|_| "who looks panicked")?;
        let meanwhile = scanning.join().map_err(|_| "who scans panicked")??;
        Ok::<_, Failed>((awaited?, stored, child_mb, meanwhile))
    })?;
    heading("A hundred photos at once");
    let mut table = Table::default();
    table.bound("photos opened at the first try", opened, "%", (OPENED, OPENED), "350 MB of addresses");
    let (box_mb, seconds) = (running.peak_memory()?, |span: Duration| span.as_secs_f64());
    let how = format!(
        "{box_mb:.0} and {child_mb:.0} MiB; {PHONES} photos of {bytes} bytes: answered in {:.1} s, kept in {:.1} s",
        seconds(answered),
        seconds(stored)
    );
    table.bound("box and photo child at their peaks", box_mb + child_mb, "MiB", MEMORY_MB, &how);
    for (what, per_mille) in [("median", 500), ("p95", 950)] {
        let [alone, beside] =
            [&before, &meanwhile].map(|all| median(all.iter().map(|one| one.at(per_mille)).collect()));
        let how = format!("{beside:.2} of {alone:.2} ms: page, record and receipt");
        table.row(&format!("a scan meanwhile, {what}"), beside / alone, "of alone", WAIT_RATIO, &how);
    }
    Ok(table.status())
}
