//! What a phone does: it opens the item's page, sends the form, and opens the receipt; at facilities of three sizes.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench flow [-- FOLDER]`; the folder must lie on the disk that is meant.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::process::ExitCode;

use kit::box_process::Running;
use kit::phones::{Until, Work, phones};
use kit::{Failed, Goal, ROUNDS, SPAN, Table, float, heading, median};

const PHONES: usize = 64;
/// Items of the facilities; the first is what the others are measured against.
const ITEMS: [usize; 3] = [12, 300, 1_500];
const SHARE: (Goal, Goal) = (Goal::AtLeast(0.95), Goal::AtLeast(0.8));

fn main() -> Result<ExitCode, Failed> {
    let base = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(base.map_or_else(std::env::temp_dir, Into::into))?;
    let boxes: Result<Vec<_>, _> =
        ITEMS.iter().map(|items| Running::start(&dir.path().join(items.to_string()), *items, None)).collect();
    let boxes = boxes?;
    let mut rates = vec![Vec::new(); ITEMS.len()];
    let mut cpu_ms = vec![Vec::new(); ITEMS.len()];
    for round in 0..=ROUNDS {
        for (i, running) in boxes.iter().enumerate() {
            let before = running.cpu_ms()?;
            let at = (running.address.as_str(), running.items);
            let flows = phones(at, PHONES, Work::Flow, Until::Passed(SPAN))?;
            if round > 0 {
                rates[i].push(flows.per_second);
                cpu_ms[i].push((running.cpu_ms()? - before) / float(flows.count));
            }
        }
    }
    heading("Page, record, receipt");
    let mut table = Table::default();
    let first = median(rates[0].clone());
    println!("| 12 items | {first:.0} a second, {:.3} ms of CPU |||", median(cpu_ms[0].clone()));
    for i in 1..ITEMS.len() {
        let rate = median(rates[i].clone());
        let how = format!("{rate:.0} a second, {:.3} ms of CPU of the box each", median(cpu_ms[i].clone()));
        table.bound(&format!("{} items, against 12", ITEMS[i]), rate / first, "of the rate", SHARE, &how);
    }
    Ok(table.status())
}
