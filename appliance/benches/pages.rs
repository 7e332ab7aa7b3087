//! Pages of phones and staff to their first byte, beside a static file of the same box in the same run: 300 items with schedules, a
//! million cleanings.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench pages [-- FOLDER [CLEANINGS]]`; the folder must lie on the disk that is meant.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::process::ExitCode;

use kit::box_process::Running;
use kit::phones::{Until, Work, phones};
use kit::staff::{first_byte, sign_in};
use kit::{Failed, Goal, Table, facility, heading, median};
use reqwest::header::ACCEPT_ENCODING;

const ITEMS: usize = 300;
const CLEANINGS: usize = 1_000_000;
const YEARS_MS: i64 = 3 * 365 * 86_400_000;
/// How often each page is asked for, a static file each time before it.
const ASKED: usize = 200;
/// The same behind a record, which makes lists anew.
const ASKED_BEHIND: usize = 40;
const RATIO: (Goal, Goal) = (Goal::AtMost(3.0), Goal::AtMost(30.0));
const RESIDENT_MB: Goal = Goal::AtMost(45.0);
const PAGES: [&str; 3] = ["/", "/staff/", "/staff/equipment"];

async fn compare(client: &reqwest::Client, page: &str, file: &str) -> Result<(f64, f64), Failed> {
    let (mut pages, mut files) = (Vec::new(), Vec::new());
    for _ in 0..ASKED {
        files.push(first_byte(client, file).await?);
        pages.push(first_byte(client, page).await?);
    }
    Ok((median(pages), median(files)))
}

async fn style_sheet(client: &reqwest::Client, origin: &str) -> Result<String, Failed> {
    let page =
        client.get(format!("{origin}/")).header(ACCEPT_ENCODING, "identity").send().await?.text().await?;
    let name = page.split('"').find(|part| part.starts_with("/base.")).ok_or("no style sheet")?;
    Ok(format!("{origin}{name}"))
}

fn main() -> Result<ExitCode, Failed> {
    // The client takes the process's; nothing else of this process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(words.next().map_or_else(std::env::temp_dir, Into::into))?;
    let cleanings = words.next().map_or(Ok(CLEANINGS), |count| count.parse())?;
    let secret = facility::seed_years(&dir.path().join("box"), (ITEMS, cleanings), YEARS_MS, Vec::new())?;
    let running = Running::start_on(dir.path(), ITEMS, None)?;
    running.settle()?;
    let client = sign_in(&running, &secret)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    heading(&format!("First byte with {ITEMS} items and {cleanings} cleanings"));
    let mut table = Table::default();
    let file = runtime.block_on(style_sheet(&client, &running.https))?;
    for path in PAGES {
        let page = format!("{}{path}", running.https);
        let (took, of_file) = runtime.block_on(compare(&client, &page, &file))?;
        let how = format!("{took:.2} ms of {of_file:.2} ms, medians of {ASKED}");
        table.bound(path, took / of_file, "of a static file's", RATIO, &how);
        let mut behind = Vec::new();
        for _ in 0..ASKED_BEHIND {
            phones((&running.address, ITEMS), 1, Work::Record, Until::Done(1))?;
            behind.push(runtime.block_on(first_byte(&client, &page))?);
        }
        let ratio = median(behind) / of_file;
        table.row(
            &format!("{path} behind a record"),
            ratio,
            "of a static file's",
            RATIO.0,
            "lists are made anew",
        );
    }
    let how = format!("{:.1} MiB of it its own", running.own_memory()?);
    table.row("resident memory", running.resident_memory()?, "MiB", RESIDENT_MB, &how);
    Ok(table.status())
}
