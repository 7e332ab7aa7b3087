//! Backups by date in one folder, of which the newest few stay.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use service::clock::Clock;

use super::files::file_error;
use super::{BackupError, BackupReport, MANIFEST, RelayParts, make_backup, run_blocking};

/// What the name of a dated backup begins with; its moment follows, in UTC.
const PREFIX: &str = "relay-";
/// How that moment is written: in the order of names.
const MOMENT: &str = "%Y-%m-%dT%H%M%SZ";
/// Of a folder that is being deleted: no backup any more.
const LEAVING: &str = ".removing-";

/// A backup that was made, and the older ones that were deleted for it.
#[derive(Debug)]
pub struct DatedBackup {
    pub report: BackupReport,
    pub removed: Vec<PathBuf>,
}

/// Writes a backup that is called after this moment, then deletes the oldest of those beside it that were made so, until `newest` are left.
/// Nothing is deleted before the new one is there whole with all its photos, and nothing that is called otherwise.
///
/// # Errors
/// Why there is none; or an old one that cannot be deleted, the new one being there.
pub async fn make_dated_backup(
    parts: &RelayParts,
    folder: &Path,
    newest: NonZeroU16,
    clock: &dyn Clock,
) -> Result<DatedBackup, BackupError> {
    std::fs::create_dir_all(folder).map_err(file_error("make the folder", folder))?;
    let report = make_backup(parts, &folder.join(name_backup(clock.now_ms())), clock).await?;
    if report.missing_photos > 0 {
        return Ok(DatedBackup { report, removed: Vec::new() });
    }
    let (folder, made) = (folder.to_owned(), report.folder.clone());
    let removed = run_blocking(move || remove_oldest(&folder, usize::from(newest.get()), &made)).await?;
    Ok(DatedBackup { report, removed })
}

fn name_backup(now_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    format!("{PREFIX}{}", moment.strftime(MOMENT))
}

fn is_dated(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|moment| DateTime::strptime(MOMENT, moment).is_ok())
}

/// Those that were deleted; never `made`, whatever the clock said when the others were.
fn remove_oldest(folder: &Path, newest: usize, made: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut dated = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(file_error("read", folder))? {
        let entry = entry.map_err(file_error("read", folder))?;
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        match name.strip_prefix(LEAVING) {
            // Its deletion was cut off.
            Some(before) if is_dated(before) => {
                std::fs::remove_dir_all(&path).map_err(file_error("delete", &path))?;
            }
            _ if is_dated(name) && path.join(MANIFEST).is_file() && path != made => {
                dated.push((name.to_owned(), path))
            }
            _ => {}
        }
    }
    dated.sort();
    let surplus = (dated.len() + 1).saturating_sub(newest);
    let mut removed = Vec::new();
    for (name, path) in dated.into_iter().take(surplus) {
        let leaving = folder.join(format!("{LEAVING}{name}"));
        std::fs::rename(&path, &leaving).map_err(file_error("rename", &path))?;
        std::fs::remove_dir_all(&leaving).map_err(file_error("delete", &leaving))?;
        removed.push(path);
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(MANIFEST), "{}").unwrap();
        path
    }

    #[test]
    fn names_are_in_the_order_of_their_moments() {
        assert_eq!(name_backup(1_795_204_920_000), "relay-2026-11-20T200200Z");
        assert!(name_backup(1_795_204_920_000) < name_backup(1_795_204_921_000));
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
        let cut = make(dir.path(), ".removing-relay-2026-10-01T020000Z");
        let unfinished = dir.path().join("relay-2026-10-02T020000Z");
        std::fs::create_dir(&unfinished).unwrap();
        // The clock had been set back when this one was made.
        let made = make(dir.path(), "relay-2026-10-20T020000Z");
        assert_eq!(remove_oldest(dir.path(), 2, &made).unwrap(), std::slice::from_ref(&old));
        assert!(!old.exists() && !cut.exists());
        assert!(young.exists() && named.exists() && unfinished.exists() && made.exists());
        assert!(remove_oldest(dir.path(), 2, &made).unwrap().is_empty());
        assert_eq!(remove_oldest(dir.path(), 1, &made).unwrap(), [young]);
        assert!(made.exists());
    }
}
