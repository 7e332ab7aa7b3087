//! Backups by date in one folder, of which the newest few stay.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use service::clock::Clock;
use service::ownership::make_private_file;

use super::files::file_error;
use super::{BackupError, BackupReport, MANIFEST, RelayParts, make_backup_beside, run_blocking};
use crate::db::operation::backups;
use crate::db::{Db, PlatformReason};
use crate::leftovers::whole_name;

/// What the name of a dated backup begins with; its moment follows, in UTC.
const PREFIX: &str = "relay-";
/// How that moment is written: in the order of names.
const MOMENT: &str = "%Y-%m-%dT%H%M%SZ";
/// Of a folder that is being deleted: no backup any more.
const LEAVING: &str = ".removing-";
const LOCK: &str = ".nightly.lock";

/// A backup that was made, and the older ones that were deleted for it.
#[derive(Debug)]
pub struct DatedBackup {
    pub report: BackupReport,
    pub removed: Vec<PathBuf>,
    /// Older ones whose turn it would be, and which this database knows nothing of: where there is one, none was deleted.
    pub foreign: Vec<PathBuf>,
    /// What is wrong with stored logs: where anything is, none was deleted.
    pub log_faults: Vec<String>,
    pub remarks: FolderRemarks,
}

/// What is in a folder of backups that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderRemarks {
    /// Made while the clock was ahead: they count for nothing, and stay.
    pub ahead: Vec<PathBuf>,
    pub unfinished: Vec<PathBuf>,
}

/// Who else makes dated backups in a folder.
#[derive(Debug)]
enum NightlyLock {
    Alone {
        _held: File,
    },
    /// The disk under the folder knows no locks, or the file is another user's: what is unfinished stays.
    Unknown,
}

/// Writes a backup that is called after this moment, then deletes the oldest of those beside it that were made so, until `newest` are left.
/// Nothing is deleted before the new one is there whole with all its photos, none of them damaged or missing where it is served, and with
/// logs without a fault (`log_faults`); nothing where an older one is of another database, for this one may have begun empty by accident; and
/// nothing that is called otherwise. Only what dated backups left that came to no end goes first:
/// it may have the space that this one needs. What is damaged or missing comes from the newest older one that has it.
///
/// # Errors
/// Why there is none; or an old one that cannot be deleted, the new one being there.
pub async fn make_dated_backup(
    parts: &RelayParts,
    folder: &Path,
    newest: NonZeroU16,
    log_faults: Vec<String>,
    clock: &dyn Clock,
) -> Result<DatedBackup, BackupError> {
    std::fs::create_dir_all(folder).map_err(file_error("make the folder", folder))?;
    let place = folder.to_owned();
    let (lock, older) = run_blocking(move || {
        let lock = lock_folder(&place)?;
        if matches!(lock, NightlyLock::Alone { .. }) {
            remove_unfinished(&place)?;
        }
        let dated = list_folders(&place)?.into_iter().filter(|(name, path)| is_backup(name, path));
        Ok((lock, dated.map(|(_, path)| path).collect::<Vec<_>>()))
    })
    .await?;
    let report = make_backup_beside(parts, &folder.join(name_backup(clock.now_ms())), older, clock).await?;
    let (folder, made) = (folder.to_owned(), report.folder.clone());
    let is_whole = report.is_whole() && log_faults.is_empty();
    let now_ms = clock.now_ms();
    let known = list_known(parts).await?;
    let (removed, foreign, remarks) = run_blocking(move || {
        let oldest = list_oldest(&folder, usize::from(newest.get()), &made)?;
        let (of_this, foreign): (Vec<_>, Vec<_>) =
            oldest.into_iter().partition(|(name, _)| known.contains(name));
        let may_go = is_whole && foreign.is_empty();
        let removed = if may_go { remove_backups(&folder, of_this)? } else { Vec::new() };
        let foreign = foreign.into_iter().map(|(_, path)| path).collect();
        Ok((removed, foreign, list_remarks(&folder, now_ms)?))
    })
    .await?;
    drop(lock);
    Ok(DatedBackup { report, removed, foreign, log_faults, remarks })
}

/// The names of the folders that this database knows as its backups, wherever they are mounted now.
async fn list_known(parts: &RelayParts) -> Result<BTreeSet<String>, BackupError> {
    let db = Db::open_with(&parts.database, parts.policy).await?;
    let places = backups::platform_places(&mut db.platform_read(PlatformReason::Operator).await?).await?;
    db.close().await;
    Ok(places
        .into_iter()
        .filter_map(|place: String| {
            Path::new(&place).file_name().map(|name| name.to_string_lossy().into_owned())
        })
        .collect())
}

/// Of which some may be dated in the future: a photo is good by its own hash.
fn is_backup(name: &str, path: &Path) -> bool {
    is_dated(name) && path.join(MANIFEST).is_file()
}

fn lock_folder(folder: &Path) -> Result<NightlyLock, BackupError> {
    let path = folder.join(LOCK);
    let opened = match make_private_file(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => OpenOptions::new().write(true).open(&path),
        made => made,
    };
    // Another user's, who made backups here: no reason to make none.
    if opened.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        return Ok(NightlyLock::Unknown);
    }
    let opened = opened.map_err(file_error("open", &path))?;
    match opened.try_lock() {
        Ok(()) => Ok(NightlyLock::Alone { _held: opened }),
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy(folder.to_owned())),
        Err(TryLockError::Error(_)) => Ok(NightlyLock::Unknown),
    }
}

fn list_folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(file_error("read", folder))? {
        let entry = entry.map_err(file_error("read", folder))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Ok(name) = entry.file_name().into_string()
            && is_folder
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// What a backup left that came to no end, or a deletion that was cut off: the name of the whole one.
fn unfinished_name(name: &str) -> Option<&str> {
    name.strip_prefix(LEAVING).filter(|whole| is_dated(whole)).or_else(|| whole_name(name))
}

/// What dated backups left. Only for whoever holds the folder's lock.
fn remove_unfinished(folder: &Path) -> Result<(), BackupError> {
    for (name, path) in list_folders(folder)? {
        if unfinished_name(&name).is_some_and(is_dated) {
            // What stays is named, and keeps no backup from being made.
            let _ = std::fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

pub fn list_remarks(folder: &Path, now_ms: i64) -> Result<FolderRemarks, BackupError> {
    let now = name_backup(now_ms);
    let mut remarks = FolderRemarks::default();
    for (name, path) in list_folders(folder)? {
        if is_dated(&name) && name > now && path.join(MANIFEST).is_file() {
            remarks.ahead.push(path);
        } else if unfinished_name(&name).is_some() {
            remarks.unfinished.push(path);
        }
    }
    Ok(remarks)
}

fn name_backup(now_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    format!("{PREFIX}{}", moment.strftime(MOMENT))
}

fn is_dated(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|moment| DateTime::strptime(MOMENT, moment).is_ok())
}

/// Those whose turn it is to go; never `made`, and none that is dated later: the clock was ahead when that was made, and it takes nobody's
/// place.
fn list_oldest(folder: &Path, newest: usize, made: &Path) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let made_name = made.file_name().unwrap_or_default().to_string_lossy();
    let mut dated = list_folders(folder)?;
    dated.retain(|(name, path)| is_backup(name, path) && **name < *made_name);
    let surplus = (dated.len() + 1).saturating_sub(newest);
    dated.truncate(surplus);
    Ok(dated)
}

fn remove_backups(folder: &Path, oldest: Vec<(String, PathBuf)>) -> Result<Vec<PathBuf>, BackupError> {
    let mut removed = Vec::new();
    for (name, path) in oldest {
        let leaving = folder.join(format!("{LEAVING}{name}"));
        std::fs::rename(&path, &leaving).map_err(file_error("rename", &path))?;
        std::fs::remove_dir_all(&leaving).map_err(file_error("delete", &leaving))?;
        removed.push(path);
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use service::clock::FakeClock;

    use super::*;

    const NOW_MS: i64 = 1_795_204_920_000;

    fn remove_oldest(folder: &Path, newest: usize, made: &Path) -> Result<Vec<PathBuf>, BackupError> {
        remove_backups(folder, list_oldest(folder, newest, made)?)
    }

    fn make(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(MANIFEST), "{}").unwrap();
        path
    }

    #[test]
    fn names_are_in_the_order_of_their_moments() {
        assert_eq!(name_backup(NOW_MS), "relay-2026-11-20T200200Z");
        assert!(name_backup(NOW_MS) < name_backup(NOW_MS + 1_000));
        assert!(is_dated("relay-2026-11-20T220200Z"));
        for name in
            ["relay-2026-11-20", "relay-2026-13-20T220200Z", "relay-", "other-2026-11-20T220200Z", "relay.db"]
        {
            assert!(!is_dated(name), "{name}");
        }
    }

    #[test]
    fn the_oldest_go_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let old = make(dir.path(), "relay-2026-11-01T020000Z");
        let young = make(dir.path(), "relay-2026-11-03T020000Z");
        let named = make(dir.path(), "relay-2026-11-26");
        let unfinished = dir.path().join("relay-2026-10-02T020000Z");
        std::fs::create_dir(&unfinished).unwrap();
        let made = make(dir.path(), "relay-2026-11-04T020000Z");
        assert_eq!(remove_oldest(dir.path(), 2, &made).unwrap(), std::slice::from_ref(&old));
        assert!(!old.exists());
        assert!(young.exists() && named.exists() && unfinished.exists() && made.exists());
        assert!(remove_oldest(dir.path(), 2, &made).unwrap().is_empty());
        assert_eq!(remove_oldest(dir.path(), 1, &made).unwrap(), [young]);
        assert!(made.exists());
    }

    #[test]
    fn backups_of_a_clock_that_was_ahead_crowd_out_none_and_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let ahead: Vec<PathBuf> =
            (1..4).map(|day| make(dir.path(), &format!("relay-2031-01-0{day}T020000Z"))).collect();
        let old = make(dir.path(), "relay-2026-11-01T020000Z");
        let young = make(dir.path(), "relay-2026-11-03T020000Z");
        let made = make(dir.path(), "relay-2026-11-04T020000Z");
        assert_eq!(remove_oldest(dir.path(), 2, &made).unwrap(), [old]);
        assert!(young.exists() && made.exists() && ahead.iter().all(|path| path.exists()));
        assert_eq!(list_remarks(dir.path(), NOW_MS).unwrap().ahead, ahead);
        // Their time has come: they are backups as any other.
        let later = make(dir.path(), "relay-2031-01-09T020000Z");
        assert_eq!(remove_oldest(dir.path(), 4, &later).unwrap(), [young, made]);
        let later_ms = NOW_MS + 5 * 365 * 86_400_000;
        assert_eq!(list_remarks(dir.path(), later_ms).unwrap(), FolderRemarks::default());
    }

    #[test]
    fn what_a_cut_dated_backup_left_goes_and_what_another_left_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let made = make(dir.path(), "relay-2026-11-04T020000Z");
        let cut = make(dir.path(), ".relay-2026-11-03T020000Z.aB3xY9.partial");
        let leaving = make(dir.path(), ".removing-relay-2026-10-01T020000Z");
        let by_hand = make(dir.path(), ".by-hand.aB3xY9.partial");
        let theirs = make(dir.path(), "mine.partial");
        remove_unfinished(dir.path()).unwrap();
        assert!(!cut.exists() && !leaving.exists());
        assert!(made.exists() && by_hand.exists() && theirs.exists());
        assert_eq!(list_remarks(dir.path(), NOW_MS).unwrap().unfinished, [by_hand]);
    }

    #[tokio::test]
    async fn nothing_goes_while_a_photo_or_a_log_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", dir.path().join("relay.db").display());
        let db = crate::db::Db::open(&database).await.unwrap();
        db.migrate(1).await.unwrap();
        let (photos, folder) = (dir.path().join("photos"), dir.path().join("backups"));
        let place = format!("account/ab/{}.jpg", record::tree::Hash::of(b"a photo"));
        std::fs::create_dir_all(photos.join("account/ab")).unwrap();
        std::fs::write(photos.join(&place), "a photo").unwrap();
        let policy = crate::db::TlsPolicy::Verified;
        let parts = RelayParts { database, policy, photos: photos.clone(), config: None };
        let make_at = async |n: i64, faults: &[&str]| {
            let (clock, faults) =
                (FakeClock::at_ms(NOW_MS + n * 1_000), faults.iter().map(|&fault| fault.to_owned()));
            make_dated_backup(&parts, &folder, NonZeroU16::MIN, faults.collect(), &clock).await.unwrap()
        };
        let first = make_at(0, &[]).await.report.folder;
        std::fs::write(photos.join(&place), "a ph0to").unwrap();
        for n in 1..4 {
            let dated = make_at(n, &[]).await;
            assert!(!dated.report.is_whole() && dated.removed.is_empty(), "{dated:?}");
            let in_backup = dated.report.folder.join("photos").join(&place);
            assert_eq!(std::fs::read(in_backup).unwrap(), b"a photo", "from the one before");
        }
        std::fs::write(photos.join(&place), "a photo").unwrap();
        let dated = make_at(4, &["cleantrack/box/1: entry 3 cannot be read"]).await;
        assert!(dated.report.is_whole() && dated.removed.is_empty() && first.exists(), "{dated:?}");
        assert_eq!(make_at(5, &[]).await.removed.len(), 5, "all is well again");
        assert!(!first.exists());
        // A relay that began empty by accident knows nothing of them.
        db.close().await;
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(dir.path().join(format!("relay.db{suffix}")));
        }
        let empty = crate::db::Db::open(&parts.database).await.unwrap();
        empty.migrate(1).await.unwrap();
        let dated = [make_at(6, &[]).await, make_at(7, &[]).await];
        for dated in dated {
            assert!(dated.removed.is_empty() && !dated.foreign.is_empty(), "{dated:?}");
        }
    }

    #[test]
    fn one_process_makes_dated_backups_in_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let held = lock_folder(dir.path()).unwrap();
        assert!(matches!(lock_folder(dir.path()), Err(BackupError::Busy(_))));
        drop(held);
        assert!(matches!(lock_folder(dir.path()), Ok(NightlyLock::Alone { .. })));
    }
}
