//! What is stored in the database: keys, jobs, pages, boxes and backups.

use std::path::Path;
use std::sync::Arc;

use service::ownership::parent_of;

use super::database::judge_error;
use super::earlier::{LOST_PHOTOS, MOUNT_PHOTOS, has_lost_photos};
use super::upkeep::examine_upkeep;
use super::{DoctorReport, DoctorSeams, list_paths};
use crate::backup::{FolderRemarks, list_remarks};
use crate::db::fleet::authority;
use crate::db::operation::{backups, checks, jobs};
use crate::db::projection::projections;
use crate::db::{Db, DbError, PlatformConnection, PlatformReason};
use crate::keys::{AuthorityKeys, AuthorityKind, KeyError, KeyNeeds, KeyRemark};
use crate::settings::RelaySettings;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const BACKUP_AGE_MS: i64 = 26 * HOUR_MS;
/// A job that is due as long is run by nobody.
const JOB_WAIT_MS: i64 = 5 * MINUTE_MS;
/// A box says something each minute; one that is silent for a day is off, or cut off.
const SILENT_MS: i64 = 24 * HOUR_MS;
/// Entries that pages do not show yet.
const LAG_ENTRIES: i64 = 10_000;

pub(super) async fn examine_stored(
    report: &mut DoctorReport,
    db: &Db,
    settings: &RelaySettings,
    data: &Path,
    seams: &DoctorSeams,
) {
    examine_keys(report, db, settings, data, seams).await;
    let now_ms = seams.clock.now_ms();
    let looked = async {
        let mut conn = db.platform_read(PlatformReason::Operator).await?;
        examine_exports(report, &mut conn).await?;
        examine_jobs(report, &mut conn, now_ms).await?;
        examine_upkeep(report, &mut conn, now_ms).await?;
        examine_boxes(report, &mut conn, now_ms).await?;
        examine_backups(report, &mut conn, now_ms).await?;
        drop(conn);
        let Ok(photos) = settings.objects() else { return Ok(()) };
        if has_lost_photos(db, &photos).await? {
            report.fail("photos", LOST_PHOTOS, MOUNT_PHOTOS);
        }
        Ok(())
    };
    if let Err(error) = looked.await {
        let (finding, advice) = judge_error(&error, settings);
        report.fail("database", finding, advice);
    }
}

/// The folder's keys against those that the database names: as the roles `ingest`, `work` and `web` would open them.
async fn examine_keys(
    report: &mut DoctorReport,
    db: &Db,
    settings: &RelaySettings,
    data: &Path,
    seams: &DoctorSeams,
) {
    let (before, mut found) = (report.lines.len(), Vec::new());
    for needs in [KeyNeeds::INGEST, KeyNeeds::WORK, KeyNeeds::PAGES] {
        let (clock, random) = (Arc::clone(&seams.clock), Arc::clone(&seams.random));
        let opened = AuthorityKeys::open(db, data.join("keys"), settings.host(), needs, clock, random).await;
        // Two of them need the cosigning key.
        let Err(error) = opened else { continue };
        let (finding, advice) = match &error {
            KeyError::Db(error) => judge_error(error, settings),
            _ => {
                let advice = "bring the keys by `keys import FILE`; where none were ever made, `keys init`";
                (error.to_string(), advice)
            }
        };
        if !found.contains(&finding) {
            report.fail("keys", &finding, advice);
            found.push(finding);
        }
    }
    let (clock, random) = (Arc::clone(&seams.clock), Arc::clone(&seams.random));
    let opened =
        AuthorityKeys::open(db, data.join("keys"), settings.host(), KeyNeeds::NONE, clock, random).await;
    // Where it cannot be opened at all, the lines above say why.
    let remarks = opened.map(|keys| keys.list_remarks(&AuthorityKind::ALL)).unwrap_or_default();
    for KeyRemark { finding, advice } in remarks {
        report.warn("keys", finding, advice);
    }
    report.good_unless_found("keys", before, "the folder holds the keys that the database names");
}

async fn examine_exports(report: &mut DoctorReport, conn: &mut PlatformConnection) -> Result<(), DbError> {
    let keys = authority::platform_list(conn).await?;
    let in_use = keys.iter().filter(|key| key.state == "current" || key.state == "next");
    let missing = in_use.filter(|key| key.exported_ms.is_none());
    let missing: Vec<String> = missing.map(|key| format!("{} {}", key.kind, key.n)).collect();
    if missing.is_empty() {
        report.good("keys’ export", "each key in use has been exported");
    } else {
        let finding = format!("never exported: {}", missing.join(", "));
        let advice = "run `keys export FILE` and keep the file apart from the backups: without these keys all boxes \
                      must be claimed anew";
        report.warn("keys’ export", finding, advice);
    }
    Ok(())
}

async fn examine_jobs(
    report: &mut DoctorReport,
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<(), DbError> {
    let before = report.lines.len();
    let waits_ms = jobs::platform_oldest_due_ms(conn, now_ms).await?.map_or(0, |due_ms| now_ms - due_ms);
    if waits_ms > JOB_WAIT_MS {
        let finding = format!("one is due since {} minutes and nobody runs it", waits_ms / MINUTE_MS);
        report.warn(
            "jobs",
            finding,
            "a process with the role `work` or `all` must run; read its log if one does",
        );
    }
    let dead = jobs::platform_count(conn, now_ms).await?.into_iter().filter(|row| row.state == "dead");
    let dead: Vec<String> = dead.map(|row| format!("{} {}", row.jobs, row.kind)).collect();
    if !dead.is_empty() {
        let finding = format!("dead: {}", dead.join(", "));
        report.warn("jobs", finding, "`jobs list` shows their errors, `jobs retry ID` tries one again");
    }
    report.good_unless_found("jobs", before, "none waits long, none is dead");
    let before = report.lines.len();
    let lag = projections::platform_lag(conn).await?;
    if lag > LAG_ENTRIES {
        let finding = format!("{lag} entries are stored and not shown yet");
        report.warn(
            "pages",
            finding,
            "wait; where the number does not fall, read the log of the process with role `work`",
        );
    }
    let gone = projections::platform_without_live(conn).await?;
    if !gone.is_empty() {
        let finding = format!("what they show of {} is not there", gone.join(", "));
        report.fail(
            "pages",
            finding,
            "a process with the role `work` makes it anew; `rebuild` does so at once",
        );
    }
    let unfolded = checks::platform_needs(conn, now_ms).await?.unfolded;
    if unfolded > 0 {
        let finding = format!("{unfolded} facilities could not be brought up to date");
        report.fail(
            "pages",
            finding,
            "read the log, then run `verify`, and `rebuild` where it finds nothing",
        );
    }
    report.good_unless_found("pages", before, "they show what is stored");
    Ok(())
}

async fn examine_boxes(
    report: &mut DoctorReport,
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<(), DbError> {
    let before = report.lines.len();
    let needs = checks::platform_needs(conn, now_ms - SILENT_MS).await?;
    if needs.silent > 0 {
        let finding = format!("{} of {} were not heard for a day", needs.silent, needs.boxes);
        report.warn("boxes", finding, "the page Boxes names them; they record on, and send when they can");
    }
    if needs.quarantined > 0 {
        let finding = format!("{} are in quarantine", needs.quarantined);
        report.warn(
            "boxes",
            finding,
            "look at the evidence on the page Boxes, then `box release` or `box revoke`",
        );
    }
    report.good_unless_found("boxes", before, format!("{} in service, each heard within a day", needs.boxes));
    Ok(())
}

async fn examine_backups(
    report: &mut DoctorReport,
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<(), DbError> {
    let advice = "run `backup make FOLDER` each night, to another machine or disk";
    match backups::platform_newest(conn, "made", now_ms).await? {
        None => report.warn("backup", "none was ever made", advice),
        Some(row) => {
            remark_folder(report, Path::new(&row.place), now_ms);
            let hours = (now_ms - row.at_ms) / HOUR_MS;
            let finding = format!("the newest is {hours} h old, {} MiB, in {}", row.bytes >> 20, row.place);
            if now_ms - row.at_ms > BACKUP_AGE_MS {
                report.warn("backup", finding, advice);
            } else {
                report.good("backup", finding);
            }
        }
    }
    Ok(())
}

/// What is beside a backup and counts for nothing, where this machine sees its folder.
fn remark_folder(report: &mut DoctorReport, backup: &Path, now_ms: i64) {
    let Ok(remarks) = list_remarks(parent_of(backup), now_ms) else { return };
    let FolderRemarks { ahead, unfinished } = remarks;
    if !ahead.is_empty() {
        let advice = "the clock was ahead when they were made: look whether it is right now. They take no other’s place and are \
                      never deleted; delete them once the newest right ones are enough";
        report.warn("backup", format!("dated in the future: {}", list_paths(&ahead)), advice);
    }
    if !unfinished.is_empty() {
        let advice = "the next `backup nightly` into that folder removes what an earlier one left; delete the others by `rm -r`, \
                      unless one is being made now";
        report.warn("backup", format!("came to no end: {}", list_paths(&unfinished)), advice);
    }
}
