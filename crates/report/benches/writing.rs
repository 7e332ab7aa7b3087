//! What reports cost: 10,000 cleanings on paper, with the small photos of the 1,000 that it shows, and 100,000 as tables.
//!
//! `cargo bench -p cleantrack-report [-- FILE]`; FILE gets a report to look at.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench measures, says so, or stops")]
#![expect(clippy::disallowed_methods, reason = "it reads a clock, its own size and its arguments")]

#[path = "../tests/report/sample.rs"]
#[expect(dead_code, reason = "tests use all of it")]
mod sample;

use std::time::Instant;

use report::RowWording;
use report::table::{TableFormat, TableWriter};
use report::verify::verify_report;

use crate::sample::Sample;

/// MiB that the process had at most.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (before, begin) = (peak_mib(), Instant::now());
    let result = work();
    println!("{what}: {:.2} s, peak {} MiB, {} before", begin.elapsed().as_secs_f64(), peak_mib(), before);
    result
}

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let sample = Sample::with_photos(10_000, 1);
    let pdf = timed("10,000 cleanings on paper", || sample.render());
    println!("{} KB", pdf.len() / 1_000);
    timed("checked again", || verify_report(&pdf, &sample.keys(), &[]).unwrap());
    if let Some(file) = file {
        std::fs::write(file, Sample::new(120).render()).unwrap();
    }
    drop((sample, pdf));
    let sample = Sample::new(1_000);
    let wording = RowWording::of_report(&sample.report);
    let folder = tempfile::tempdir().unwrap();
    for format in [TableFormat::Csv, TableFormat::Json, TableFormat::Xlsx] {
        timed(&format!("100,000 cleanings as {format:?}"), || {
            let mut table = TableWriter::new(format, &wording, std::io::sink(), folder.path(), 0).unwrap();
            for n in 0..100_000 {
                let row = &sample.report.rows[n % 1_000];
                let at = usize::try_from(row.cleaning.of.seq).unwrap() - 1;
                table.write_row(row, Some(&sample.entries[at].entry)).unwrap();
            }
            table.finish().unwrap()
        });
    }
}
