//! What reports cost: the page of an inspection over 100,000 cleanings, and phones that record while reports of 10,000 are made.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench reports [-- FOLDER]`; the folder must lie on the disk that is meant.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kit::box_process::Running;
use kit::phones::{Until, Work, phones};
use kit::staff::{first_byte, sign_in};
use kit::{Failed, Goal, ROUNDS, SPAN, Table, facility, heading, median, micros};
use record::kinds::CivilDay;
use reqwest::header::{ACCEPT_ENCODING, ORIGIN};

const ITEMS: usize = 300;
const CLEANINGS: usize = 100_000;
/// In which all were made: 10,000 in the 30 days that a report is of unless somebody says otherwise.
const SPAN_MS: i64 = 300 * 86_400_000;
const PHONES: usize = 64;
const PAGE_MS: (Goal, Goal) = (Goal::AtMost(300.0), Goal::AtMost(1_000.0));
const REPORT_CPU_MS: Goal = Goal::AtMost(1_500.0);
const REPORT_MIB: Goal = Goal::AtMost(60.0);
const SLOWER: (Goal, Goal) = (Goal::AtMost(1.1), Goal::AtMost(1.5));
const INSPECTION: &str = r#"{"inspection":{"day":"2999-01-01"}}"#;

/// Makes one report on paper after the other and stops behind the first that ends after it was told to; ms of each.
async fn make_reports((running, secret): (&Running, &str), stop: &AtomicBool) -> Result<Vec<f64>, Failed> {
    let (client, origin) = (&sign_in(running, secret)?, &running.https);
    let at = format!("{origin}/staff/reports");
    let open = async || client.get(&at).header(ACCEPT_ENCODING, "identity").send().await?.text().await;
    let mut took = Vec::new();
    loop {
        let (begun, page) = (Instant::now(), open().await?);
        let value = |name: &str| {
            let (_, rest) = page.split_once(&format!("name=\"{name}\"")).unwrap_or_default();
            let (_, rest) = rest.split_once("value=\"").unwrap_or_default();
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        // Without today, to which phones add meanwhile.
        let yesterday = value("to").parse::<CivilDay>().map_err(|_| "no day")?.number() - 1;
        let to = CivilDay::of_number(yesterday).ok_or("no day")?.to_string();
        let own = ["form", "submission", "from"].map(|name| (name, value(name)));
        let more = [("to", to), ("about", String::new()), ("format", "pdf".to_owned())];
        let form: Vec<_> = own.into_iter().chain(more).collect();
        client.post(&at).header(ORIGIN, origin).form(&form).send().await?.error_for_status()?;
        let ready = |page: &str| page.matches("href=\"/staff/reports/").count();
        let before = ready(&page);
        loop {
            let page = open().await?;
            if page.contains("Could not be made") {
                return Err("a report could not be made".into());
            }
            if ready(&page) > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        took.push(f64::from(micros(begun)) / 1_000.0);
        if stop.load(Ordering::Relaxed) {
            return Ok(took);
        }
    }
}

fn main() -> Result<ExitCode, Failed> {
    // The client takes the process's; nothing else of this process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(base.map_or_else(std::env::temp_dir, Into::into))?;
    let day = facility::plain("facility.changed", INSPECTION);
    let secret = facility::seed_years(&dir.path().join("box"), (ITEMS, CLEANINGS), SPAN_MS, vec![day])?;
    let running = Running::start_on(dir.path(), ITEMS, None)?;
    running.settle()?;
    let client = sign_in(&running, &secret)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    heading(&format!("Reports of {CLEANINGS} cleanings"));
    let mut table = Table::default();
    let inspection = format!("{}/staff/inspection", running.https);
    let mut pages = Vec::new();
    for _ in 0..ROUNDS {
        phones((&running.address, ITEMS), 1, Work::Record, Until::Done(1))?;
        pages.push(runtime.block_on(first_byte(&client, &inspection))?);
    }
    table.bound("inspection, behind a record", median(pages), "ms", PAGE_MS, "to its first byte");
    running.forget_peak()?;
    let (cpu_ms, memory) = (running.cpu_ms()?, running.resident_memory()?);
    let once = || runtime.block_on(make_reports((&running, &secret), &AtomicBool::new(true)));
    let how = format!("{:.0} ms until its page says so", once()?[0]);
    table.row("a report on paper", running.cpu_ms()? - cpu_ms, "ms of CPU", REPORT_CPU_MS, &how);
    table.row("memory for it", running.peak_memory()? - memory, "MiB", REPORT_MIB, "above that before");
    let (mut slower, mut made) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let record = || phones((&running.address, ITEMS), PHONES, Work::Record, Until::Passed(SPAN));
        let before = record()?.per_second;
        let stop = AtomicBool::new(false);
        let beside = std::thread::scope(|threads| {
            let reports = threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|e| e.to_string())?;
                runtime.block_on(make_reports((&running, &secret), &stop)).map_err(|e| e.to_string())
            });
            let beside = record();
            stop.store(true, Ordering::Relaxed);
            made.append(&mut reports.join().map_err(|_| "reports could not be made")??);
            beside
        })?;
        // The log grows meanwhile, and so does what is tidied of it.
        slower.push(f64::midpoint(before, record()?.per_second) / beside.per_second);
    }
    let how = format!("{PHONES} phones; {} reports of {:.0} ms meanwhile", made.len(), median(made.clone()));
    table.bound("a record beside reports", median(slower), "of the time alone", SLOWER, &how);
    Ok(table.status())
}
