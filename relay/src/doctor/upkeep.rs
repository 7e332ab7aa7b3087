//! What should be there and is not: recurring work, numbers of facilities, mails that left, keys that open second factors.

use super::{DoctorReport, SILENT_MS};
use crate::db::operation::{checks, jobs};
use crate::db::{DbError, PlatformConnection};
use crate::jobs::kinds::KINDS;

/// How long mails that failed are reported.
const MAILS_MS: i64 = 7 * 24 * 3_600_000;

pub(super) async fn examine_upkeep(
    report: &mut DoctorReport,
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<(), DbError> {
    let mut missing = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| kind.period_ms.is_some()) {
        if jobs::platform_known_keys(conn, kind.word, 0).await?.is_empty() {
            missing.push(kind.word);
        }
    }
    if missing.is_empty() {
        report.good("recurring jobs", "each waits for its time");
    } else {
        let finding = format!("nobody will run: {}", missing.join(", "));
        let advice = "start a process with the role `work` or `all`: it puts them in within a minute";
        report.warn("recurring jobs", finding, advice);
    }
    let counts = checks::platform_upkeep(conn, now_ms.saturating_sub(MAILS_MS)).await?;
    if counts.facilities_without_numbers > 0 {
        let finding = format!("{} facilities have none", counts.facilities_without_numbers);
        report.fail("numbers of facilities", finding, "run `rebuild`: it makes them anew from the logs");
    }
    if counts.failed_mails > 0 {
        let finding = format!("{} did not leave in a week and will not", counts.failed_mails);
        let advice =
            "the log says why (`a mail will not leave`); most often an address is wrong: invite again";
        report.warn("mails", finding, advice);
    }
    if counts.sealed_by_nobody > 0 {
        let finding =
            format!("{} are sealed with a key that this relay does not name", counts.sealed_by_nobody);
        let advice =
            "bring the key by `keys import FILE`; where it is lost, `admin forget-factors` for each person";
        report.fail("second factors", finding, advice);
    }
    if counts.platform_without_factor > 0 {
        let finding = format!("{} who run the platform have none", counts.platform_without_factor);
        let advice = "they set one up on the page about themselves; until then the platform’s pages are closed to them";
        report.warn("second factors", finding, advice);
    }
    let silent = counts.silent_processes(now_ms - SILENT_MS);
    if silent > 0 {
        let finding = format!("{silent} ended without saying so, or hang");
        let advice = "the platform’s page names host and process: look whether it runs, and read its log";
        report.warn("processes", finding, advice);
    }
    Ok(())
}
