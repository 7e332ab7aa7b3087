//! What should be there and is not: recurring work, numbers of facilities, mails that left, keys that open second factors.

use super::{DoctorReport, SILENT_MS};
use crate::db::billing::events::platform_count_lasting;
use crate::db::operation::{checks, jobs};
use crate::db::{DbError, PlatformConnection};
use crate::jobs::kinds::KINDS;

/// How long mails that failed are reported.
const MAILS_MS: i64 = 7 * 24 * 3_600_000;
/// How long one may wait.
const MAILS_WAIT_MS: i64 = 15 * 60_000;
const MAILS_FAILED: &str = "`mail list` says why; most often an address is wrong: invite again, or correct it where it stands, then `mail drop`";
const MAILS_WAIT: &str =
    "`jobs list` and the log say why; `mail test --to ADDRESS` shows whether mail leaves now";
const MAILS_UNSURE: &str = "`mail list` names them: look for each at the provider; `mail send-again` where it is not there, else `mail drop`";

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
    let counts =
        checks::platform_upkeep(conn, now_ms.saturating_sub(MAILS_MS), now_ms.saturating_sub(MAILS_WAIT_MS))
            .await?;
    if counts.facilities_without_numbers > 0 {
        let finding = format!("{} facilities have none", counts.facilities_without_numbers);
        report.fail("numbers of facilities", finding, "run `rebuild`: it makes them anew from the logs");
    }
    let lines = [
        (counts.failed_mails, "did not leave in a week and will not", MAILS_FAILED),
        (counts.waiting_mails, "have waited for more than a quarter of an hour", MAILS_WAIT),
        (counts.unsure_mails, "may have left, and nobody knows", MAILS_UNSURE),
    ];
    for (count, what, advice) in lines.into_iter().filter(|(count, ..)| *count > 0) {
        report.warn("mails", format!("{count} {what}"), advice);
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
    let (differences, readings) = platform_count_lasting(conn, now_ms.div_euclid(1_000)).await?;
    if differences + readings > 0 {
        let finding = format!(
            "{differences} differences from Stripe for two nights, {readings} readings that its meter does not take"
        );
        report.warn(
            "billing",
            finding,
            "the platform’s page Revenue and the log name them; docs/billing.md says what may be",
        );
    }
    let silent = counts.silent_processes(now_ms - SILENT_MS);
    if silent > 0 {
        let finding = format!("{silent} ended without saying so, or hang");
        let advice = "the platform’s page names host and process: look whether it runs, and read its log";
        report.warn("processes", finding, advice);
    }
    Ok(())
}
