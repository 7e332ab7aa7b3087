//! A report on paper.

use report::verify::{PDF_BYTES_MAX, ReportFault, verify_report};

use super::input::read_bytes;
use super::words::{CosignerTrust, about_log, about_witness, moment_text, write_line};
use super::{End, Options};

pub(super) fn check_report(file: &str, options: &Options) -> Result<String, End> {
    let bytes = read_bytes(file, PDF_BYTES_MAX)?;
    let proven = verify_report(&bytes, &options.keys, &options.cosigners).map_err(|fault| match fault {
        ReportFault::NoPdf => End::Unread(format!("{file}: {fault}")),
        fault => End::Broken(fault.to_string()),
    })?;
    let mut message = String::from(
        "VERIFIED: the report is as it was made, and each of its records is in the log, unchanged.\n",
    );
    let report = &proven.report;
    let facility = &report.facility.name;
    write_line(&mut message, "report", &format!("of {facility}, made at {}", seconds_text(report.made_ms)));
    write_line(
        &mut message,
        "period",
        &format!("from {} until before {}", seconds_text(report.from_ms), seconds_text(report.to_ms)),
    );
    let records = format!("{} cleanings, {} entries of the log", report.rows.len(), proven.entries);
    write_line(&mut message, "records", &records);
    if proven.unproven > 0 {
        let words = format!(
            "{} entries: no signed log in this report holds them; it says so beside each",
            proven.unproven
        );
        write_line(&mut message, "unproven", &words);
    }
    write_line(&mut message, "made by", &proven.signer);
    let trust = if options.cosigners.is_empty() { CosignerTrust::Brought } else { CosignerTrust::FromUser };
    for log in &proven.logs {
        about_log(&mut message, &log.checkpoint);
        about_witness(&mut message, log.witnessed.as_ref().map(|(name, time)| (name.as_str(), *time)), trust);
    }
    if options.keys.is_empty() {
        write_line(&mut message, "keys", "they came with the report: compare them with some that you trust");
    }
    Ok(message)
}

fn seconds_text(ms: i64) -> String {
    moment_text(ms.div_euclid(1_000))
}
