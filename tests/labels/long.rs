//! A long batch: the box's memory stays where it is, and the first label does not wait for the others to be made.

use std::time::Duration;

use appliance::printing::LABELS_MAX;
use appliance::printing::plan::WINDOW;
use harness::virtual_printer::{Options, PrinterFault};
use labels::{PrinterLanguage, Typesetter};
use serde_json::json;
use service::random::SeededRandom;

use crate::print_server::{KINDS, Kind, SOON, preview, request};
use crate::station::Station;

/// Labels in all, in five jobs; `LABELS=5000` takes minutes.
fn labels() -> u32 {
    let requested = std::env::var("LABELS").ok().and_then(|count| count.parse().ok());
    requested.unwrap_or(600)
}

const JOBS: u32 = 5;
/// What redb's and the allocator's own caches may take meanwhile.
const GROWTH_KIB: u64 = 6 * 1_024;

fn anonymous_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn every_label_of_the_longest_job_has_room_for_its_number() {
    let mut typesetter = Typesetter::new().unwrap();
    let random = SeededRandom::new(49);
    for kind in KINDS {
        let printer = kind.config("tcp://nobody:1");
        for of in [999, LABELS_MAX as u32] {
            let label = request(&random, of, false);
            assert!(preview(&mut typesetter, &label, (of, of), &printer, kind.template).width() > 0);
        }
    }
    let (label, printer) =
        (request(&random, 1, true), Kind::of(PrinterLanguage::Zpl).config("tcp://nobody:1"));
    let last = (LABELS_MAX as u32, LABELS_MAX as u32);
    assert!(preview(&mut typesetter, &label, last, &printer, "blank-tag").width() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_and_the_first_label_waits_for_no_other() {
    let kind = Kind::of(PrinterLanguage::EscPos);
    let station = Station::open(kind, Options { remembers: 4, ..kind.options() }, "auto").await;
    let (of_a_job, pid) = (labels() / JOBS, station.r#box.pid());
    let mut memory = Vec::new();
    for n in 0..JOBS {
        let before = station.printer.pieces();
        // The roll ends after the first label: nothing else is made for the printer before that one is out.
        station.printer.set(PrinterFault::PaperOutAfter(1));
        let job = station.submit(&json!({ "printer": "Bench", "blank": of_a_job })).await;
        let printer = &station.printer;
        let out = tokio::task::block_in_place(|| printer.wait_for_pieces(SOON, before + 1));
        assert!(out, "job {n}: nothing came out");
        let now = station.job(job.id()).await;
        let untouched = now.labels("queued").len();
        assert!(
            untouched + 1 + WINDOW >= of_a_job as usize,
            "job {n}: {untouched} of {of_a_job} not touched"
        );
        station.printer.mend();
        let all = u64::from(before + of_a_job);
        let timeouts = Duration::from_secs(60) + Duration::from_millis(100) * of_a_job;
        let whole = tokio::task::block_in_place(|| printer.wait_for_pieces(timeouts, all as u32));
        assert!(whole, "job {n}: {} of {all} came out", printer.pieces());
        assert_eq!(station.until_still(job.id()).await.state(), "done");
        memory.push(anonymous_kib(pid));
    }
    eprintln!("{of_a_job} labels a job; RssAnon {memory:?} KiB");
    let (early, late) = (memory[0], memory[JOBS as usize - 1]);
    assert!(late <= early + GROWTH_KIB, "{memory:?} KiB after each {of_a_job} labels");
}
