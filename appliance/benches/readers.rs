//! What pages and API calls do to somebody who records meanwhile, on a card of 8 ms a flush: the longest wait of a record
//! while two clients ask for the same thing over and over, above the longest one while nobody asks.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench readers [-- FOLDER]`; the folder must lie on the disk that is meant.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use reqwest::StatusCode;

use kit::box_process::Running;
use kit::card::{CARD_US, Shim};
use kit::phones::{Until, Work, phones};
use kit::{Failed, Goal, Measured, ROUNDS, SPAN, Table, facility, heading, median};

const ITEMS: usize = 300;
/// Cleanings of each item before anybody asks.
const HISTORY: usize = 200;
const ASKERS: usize = 2;
const REFUSED_MAX: u32 = 100;
const DELAY: (Goal, Goal) = (Goal::AtMost(1.0), Goal::AtMost(3.0));
/// What is asked for, with parameters at and beyond their ends. `TAG` is the tag of an item.
const CALLS: &[&str] = &[
    "/",
    "/board",
    "/t/TAG",
    "/t/TAG?cursor=00000000000000000000000000",
    "/healthz",
    "/api/v1/equipment?limit=100000",
    "/api/v1/equipment/TAG",
    "/api/v1/cleanings?limit=100000",
    "/api/v1/cleanings?limit=500&tag=TAG",
    "/api/v1/cleanings?cursor=ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
    "/api/v1/compliance?days=36500",
    "/api/v1/log?limit=1000000&texts=1",
    "/api/v1/log?from=18446744073709551615",
    "/api/v1/checkpoint?size=31234",
    "/api/v1/proof/40000?texts=1",
    "/api/v1/labels/preview.png?tag=TAG",
];

/// What a call gets only where this bench itself is wrong: then nothing was measured.
const UNWANTED: &[StatusCode] = &[
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::TOO_MANY_REQUESTS,
];

#[derive(Clone, Copy, Default)]
struct Answers {
    provided: u64,
    busy: u64,
}

/// Records of one phone while the call is asked for all the while, and how often it was answered.
fn beside(running: &Running, client: &reqwest::Client, url: &str) -> Result<(Measured, Answers), Failed> {
    let (over, counted) = (Arc::new(AtomicBool::new(false)), Arc::new([const { AtomicU64::new(0) }; 2]));
    let asking: Vec<_> = (0..ASKERS)
        .map(|_| {
            let (client, url) = (client.clone(), url.to_owned());
            let (over, counted) = (Arc::clone(&over), Arc::clone(&counted));
            std::thread::spawn(move || -> Result<(), String> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|e| e.to_string())?;
                let mut refused = 0;
                runtime.block_on(async {
                    while !over.load(Ordering::Relaxed) {
                        let mut response = match client.get(&url).send().await {
                            Ok(response) => response,
                            // The box may close a connection just as it is used again.
                            Err(_) if refused < REFUSED_MAX => {
                                refused += 1;
                                continue;
                            }
                            Err(e) => return Err(e.to_string()),
                        };
                        let status = response.status();
                        let is_busy = status == StatusCode::SERVICE_UNAVAILABLE;
                        if UNWANTED.contains(&status) || (status.is_server_error() && !is_busy) {
                            return Err(format!("{url}: {status}"));
                        }
                        while response.chunk().await.map_err(|e| e.to_string())?.is_some() {
                            if over.load(Ordering::Relaxed) {
                                return Ok(());
                            }
                        }
                        counted[usize::from(is_busy)].fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
        })
        .collect();
    let records = phones((&running.address, running.items), 1, Work::Record, Until::Passed(SPAN));
    over.store(true, Ordering::Relaxed);
    for asker in asking {
        asker.join().map_err(|_| "an asker panicked")??;
    }
    let [provided, busy] = [0, 1].map(|at: usize| counted[at].load(Ordering::Relaxed));
    Ok((records?, Answers { provided, busy }))
}

fn main() -> Result<ExitCode, Failed> {
    // The client takes the process's; nothing else of this process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(base.map_or_else(std::env::temp_dir, Into::into))?;
    let dir = dir.path();
    let shim = Shim::make(dir)?;
    let running = Running::start_with_history(&dir.join("card"), (ITEMS, HISTORY), Some((&shim, CARD_US)))?;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("Authorization", format!("Bearer {}", running.read_token()?).parse()?);
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&running.ca)?)?;
    let client =
        reqwest::Client::builder().tls_certs_only([ca]).default_headers(headers).no_proxy().build()?;
    let flush_ms = f64::from(CARD_US) / 1_000.0;
    measure_alone(&running)?;
    heading("Beside a reader, a card of 8 ms a flush");
    let mut table = Table::default();
    for call in CALLS {
        let url = format!("{}{}", running.https, call.replace("TAG", &facility::tag(7).to_string()));
        let (mut delays, mut medians, mut all) = (Vec::new(), Vec::new(), Answers::default());
        for _ in 0..ROUNDS {
            let quiet = measure_alone(&running)?;
            let (records, answers) = beside(&running, &client, &url)?;
            delays.push((records.at(1_000) - quiet.at(1_000)) / flush_ms);
            medians.push((records.at(500) - quiet.at(500)) / flush_ms);
            all = Answers { provided: all.provided + answers.provided, busy: all.busy + answers.busy };
        }
        let Answers { provided, busy } = all;
        let how =
            format!("{provided} answers, {busy} times 503; at the median {:.2} flushes", median(medians));
        table.bound(call, median(delays), "flushes", DELAY, &how);
    }
    Ok(table.status())
}

fn measure_alone(running: &Running) -> Result<Measured, Failed> {
    phones((&running.address, ITEMS), 1, Work::Record, Until::Passed(SPAN))
}
