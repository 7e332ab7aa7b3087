//! Everything read again: each entry, each sum, each photo.

use std::path::Path;
use std::sync::Arc;

use record::tree::Hash;

use super::database::{DAMAGED_FILE, judge_error};
use super::{DoctorReport, DoctorSeams};
use crate::audit::access_chain::{ChainProofs, verify_access_logs};
use crate::audit::verify_logs;
use crate::db::operation::backups::check_database;
use crate::db::operation::checks;
use crate::db::operation::checks::ExpectedPhoto;
use crate::db::{Db, DbError, PlatformReason};
use crate::keys::{AuthorityKeys, KeyNeeds};
use crate::objects::{NoteStore, PhotoError, PhotoStore};
use crate::settings::RelaySettings;

/// Photos named at a time.
const PAGE: i64 = 500;
/// Of many faults of one sort, those that are listed.
const LISTED_MAX: usize = 10;

pub(super) async fn examine_contents(
    report: &mut DoctorReport,
    db: &Db,
    settings: &RelaySettings,
    data: &Path,
    seams: &DoctorSeams,
) {
    examine_file(report, settings).await;
    let (clock, random) = (Arc::clone(&seams.clock), Arc::clone(&seams.random));
    let keys =
        AuthorityKeys::open(db, data.join("keys"), settings.host(), KeyNeeds::NONE, clock, random).await;
    match keys {
        Ok(keys) => {
            if let Err(error) = examine_logs(report, db, &keys).await {
                let (finding, advice) = judge_error(&error, settings);
                report.fail("logs", finding, advice);
            }
            examine_access(report, db, settings, &keys, seams.clock.now_ms()).await;
        }
        // The keys have a line of their own.
        Err(error) => report.fail("logs", format!("nothing was verified: {error}"), "mend the keys first"),
    }
    if let Err(error) = examine_photos(report, db, settings).await {
        let (finding, advice) = judge_error(&error, settings);
        report.fail("stored photos", finding, advice);
    }
}

async fn examine_file(report: &mut DoctorReport, settings: &RelaySettings) {
    // An address that cannot be read has a line of its own.
    let Ok(address) = settings.database() else { return };
    match check_database(&address).await {
        Ok(faults) => {
            list_faults(report, "database file", &faults, DAMAGED_FILE, "every page of it is whole")
        }
        Err(error) => {
            let (finding, advice) = judge_error(&error, settings);
            report.fail("database file", finding, advice);
        }
    }
}

async fn examine_logs(report: &mut DoctorReport, db: &Db, keys: &AuthorityKeys) -> Result<(), DbError> {
    let mut conn = db.platform_read(PlatformReason::Operator).await?;
    let gaps = checks::platform_segment_faults(&mut conn).await?;
    let sums = checks::platform_sum_faults(&mut conn).await?;
    drop(conn);
    let advice =
        "what a log says is with its box too: restore the last good backup, and boxes send what is missing";
    list_faults(report, "segments", &gaps, advice, "each begins where the one before ends");
    let found = verify_logs(db, &keys.now().cosigners()).await?;
    let whole = format!("{} logs with {} entries lead to what was cosigned", found.logs, found.entries);
    list_faults(report, "logs", &found.faults, advice, &whole);
    let advice = "run `rebuild`: it makes every number anew from the logs";
    list_faults(report, "numbers", &sums, advice, "each facility’s are the sums of its items’");
    Ok(())
}

async fn examine_access(
    report: &mut DoctorReport,
    db: &Db,
    settings: &RelaySettings,
    keys: &AuthorityKeys,
    now_ms: i64,
) {
    // The folder has a line of its own.
    let Some(notes) = settings.objects().ok().and_then(|folder| NoteStore::in_folder(&folder).ok()) else {
        return;
    };
    let keys = keys.now().cosigners();
    let proofs = ChainProofs { keys: &keys, notes: &notes, now_ms };
    let access = match verify_access_logs(db, proofs).await {
        Ok(access) => access,
        Err(error) => {
            return report.fail(
                "access logs",
                error.to_string(),
                "look at the database and at the folder of photos",
            );
        }
    };
    let advice = "rows of an access log change by nobody’s work but that of whoever writes to the database past the relay: find out who \
                  did, and compare with the last good backup (docs/operations.md)";
    let whole =
        format!("{} with {} rows lead to their ends and to what was signed", access.chains, access.rows);
    list_faults(report, "access logs", &access.faults, advice, &whole);
}

fn list_faults(
    report: &mut DoctorReport,
    subject: &'static str,
    faults: &[String],
    advice: &str,
    whole: &str,
) {
    if faults.is_empty() {
        return report.good(subject, whole);
    }
    for fault in faults.iter().take(LISTED_MAX) {
        report.fail(subject, fault, advice);
    }
    if let Some(more) = faults.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
        report.fail(subject, format!("and {more} more"), advice);
    }
}

async fn examine_photos(report: &mut DoctorReport, db: &Db, settings: &RelaySettings) -> Result<(), DbError> {
    let Some(store) = settings.objects().ok().and_then(|folder| PhotoStore::in_folder(&folder).ok()) else {
        return Ok(());
    };
    let (mut faults, mut count, mut last): (Vec<String>, usize, Option<ExpectedPhoto>) = Default::default();
    loop {
        let mut conn = db.platform_read(PlatformReason::Operator).await?;
        let page = checks::platform_photos(&mut conn, last.as_ref(), PAGE).await?;
        drop(conn);
        for photo in &page {
            count += 1;
            faults.extend(photo_fault(&store, photo).await);
        }
        match page.into_iter().next_back() {
            Some(photo) => last = Some(photo),
            None => break,
        }
    }
    let advice = "copy it back from a backup’s folder `photos`; its box may still have it";
    list_faults(
        report,
        "stored photos",
        &faults,
        advice,
        &format!("{count}, each the one that its name says"),
    );
    Ok(())
}

async fn photo_fault(store: &PhotoStore, expected: &ExpectedPhoto) -> Option<String> {
    let ExpectedPhoto { scope, photo } = expected;
    let Ok(hash) = photo.parse::<Hash>() else { return Some(format!("{photo} is no photo’s name")) };
    match store.get(*scope, hash).await {
        Ok(Some(_)) => None,
        Err(PhotoError::Damaged(_)) => Some(format!("{photo} holds other bytes than its name says")),
        Ok(None) => Some(format!("{photo} is not there")),
        Err(error) => Some(format!("{photo} cannot be read: {error}")),
    }
}
