//! What work left that was cut off: files under names that whole ones have only on their way. They are known by those names, and removed
//! once they are so old that nobody can be at work on them any more. Every call blocks.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use record::ids::ReportId;
use record::tree::Hash;

use crate::keys::is_unfinished_key;

/// What a file or folder is called last, until all of it is there.
pub(crate) const PARTIAL: &str = ".partial";
/// What such a name has between the whole one's and its end, generated each time.
const RANDOM_CHARS: usize = 6;
/// What the doctor calls the object that it puts into the store, before 32 hex digits.
pub(crate) const DOCTORS_OBJECT: &str = "doctor-";
/// A file that a library made for us, with no more than that behind it.
const NAMELESS: &str = ".tmp";
/// What SQLite has beside a database that is restored.
const JOURNALS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// Several processes and commands share folders, and none of them is at work on one file for a day.
const STALE_MS: i64 = 86_400_000;
/// Photos are in `<account>/<2 hex>`, notes in `access-notes/<chain>`, reports in `reports/<account>`.
const PHOTO_DEPTH: usize = 2;

#[derive(Debug, Clone)]
pub struct WorkFolders {
    pub data: PathBuf,
    pub photos: PathBuf,
    pub database_file: Option<PathBuf>,
}

/// A file of work that was cut off, or is going on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftoverFile {
    pub path: PathBuf,
    pub is_stale: bool,
}

/// What became of files that nobody needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemovedFiles {
    pub removed: Vec<PathBuf>,
    pub failed: Vec<String>,
}

/// What the name of a file or folder begins with until all of it is there; six letters or digits and [`PARTIAL`] follow.
pub(crate) fn partial_prefix(whole: &Path) -> String {
    format!(".{}.", whole.file_name().unwrap_or_default().to_string_lossy())
}

/// Of a file or folder that has its own name only when it is whole: that one.
pub(crate) fn whole_name(name: &str) -> Option<&str> {
    let (whole, random) = name.strip_prefix('.')?.strip_suffix(PARTIAL)?.rsplit_once('.')?;
    (!whole.is_empty() && is_random(random)).then_some(whole)
}

fn is_random(text: &str) -> bool {
    text.len() == RANDOM_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_nameless(name: &str) -> bool {
    name.strip_prefix(NAMELESS).is_some_and(is_random)
}

fn trim_journal(name: &str) -> &str {
    JOURNALS.iter().find_map(|journal| name.strip_suffix(journal)).unwrap_or(name)
}

fn is_leftover_of_data(name: &str) -> bool {
    let name = trim_journal(name);
    is_nameless(name) || whole_name(name).is_some()
}

/// A copy of this database that was being restored: other files of its folder may be anybody's.
fn is_leftover_of_database(name: &str, database: &str) -> bool {
    whole_name(trim_journal(name)) == Some(database)
}

/// A photo, a note or a report on its way into the store, or what the doctor puts there.
fn is_leftover_of_photos(name: &str) -> bool {
    let staged = name.rsplit_once('#').filter(|(_, n)| n.parse::<u64>().is_ok()).map(|(stored, _)| stored);
    is_nameless(name)
        || is_of_doctor(name)
        || whole_name(name).is_some_and(is_of_store)
        || staged.is_some_and(|stored| is_of_store(stored) || is_of_doctor(stored))
}

fn is_of_store(name: &str) -> bool {
    name.strip_suffix(".jpg").is_some_and(|stem| stem.parse::<Hash>().is_ok())
        || name.strip_suffix(".note").is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
        || name.strip_suffix(".report").is_some_and(|id| id.parse::<ReportId>().is_ok())
}

fn is_of_doctor(name: &str) -> bool {
    let random = name.strip_prefix(DOCTORS_OBJECT);
    random.is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file's last change, milliseconds since 1970.
pub(crate) fn changed_ms(found: &Metadata) -> Option<i64> {
    let since = found.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).ok()
}

/// Adds the files of a folder that are called so; links lead nowhere.
fn collect_files(dir: &Path, depth: usize, is_called_so: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) {
    // What cannot be listed is named by whoever needs it.
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => {
                collect_files(&entry.path(), depth - 1, is_called_so, found);
            }
            Ok(kind) if kind.is_file() && entry.file_name().to_str().is_some_and(is_called_so) => {
                found.push(entry.path());
            }
            _ => {}
        }
    }
}

/// All files of work that was cut off or is going on, in the order of their names.
pub fn find_leftovers(folders: &WorkFolders, now_ms: i64) -> Vec<LeftoverFile> {
    let mut found = Vec::new();
    collect_files(&folders.data, 0, &is_leftover_of_data, &mut found);
    collect_files(&folders.data.join("keys"), 0, &is_unfinished_key, &mut found);
    collect_files(&folders.photos, PHOTO_DEPTH, &is_leftover_of_photos, &mut found);
    if let Some(file) = &folders.database_file
        && let (Some(dir), Some(database)) = (file.parent(), file.file_name().and_then(|name| name.to_str()))
    {
        collect_files(dir, 0, &|name| is_leftover_of_database(name, database), &mut found);
    }
    found.sort();
    found.dedup();
    found.into_iter().filter_map(|path| judge_file(path, now_ms)).collect()
}

/// How old it is; `None` where it has got its own name meanwhile.
fn judge_file(path: PathBuf, now_ms: i64) -> Option<LeftoverFile> {
    let changed_ms = changed_ms(&std::fs::symlink_metadata(&path).ok()?);
    let is_stale = changed_ms.is_some_and(|changed_ms| now_ms.saturating_sub(changed_ms) >= STALE_MS);
    Some(LeftoverFile { path, is_stale })
}

pub fn remove_leftovers(folders: &WorkFolders, now_ms: i64) -> RemovedFiles {
    let mut done = RemovedFiles::default();
    for LeftoverFile { path, .. } in find_leftovers(folders, now_ms).into_iter().filter(|file| file.is_stale)
    {
        match std::fs::remove_file(&path) {
            // Another process on the same folder was quicker.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => done.failed.push(format!("{}: {error}", path.display())),
            Ok(()) => done.removed.push(path),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW_MS: i64 = 1_795_204_920_000;
    const HASH: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

    fn plant(root: &Path, name: &str, age_ms: i64) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::File::create(&path).unwrap();
        let changed = UNIX_EPOCH + Duration::from_millis((NOW_MS - age_ms).unsigned_abs());
        file.set_modified(changed).unwrap();
    }

    fn folders_of(root: &Path) -> WorkFolders {
        let database_file = Some(root.join("disk/relay.db"));
        WorkFolders { data: root.join("data"), photos: root.join("photos"), database_file }
    }

    fn left_of_cut_work() -> Vec<String> {
        let data = ["data/.tmpaB3xY9", "data/.tmpaB3xY9-wal", "data/.relay.db.aB3xY9.partial"];
        let keys = ["data/keys/ca-2.key.new", "data/keys/seal-1.new", "data/keys/server.key.new"];
        let roots =
            ["data/keys/ca.pem.new", "disk/.relay.db.aB3xY9.partial", "disk/.relay.db.aB3xY9.partial-shm"];
        let photos = [
            format!("photos/account/ca/{HASH}.jpg#1"),
            format!("photos/account/ca/.{HASH}.jpg.aB3xY9.partial"),
            "photos/account/ca/.tmpaB3xY9".to_owned(),
            "photos/access-notes/platform/00000000000000000012.note#1".to_owned(),
            "photos/reports/01JD0000000000000000000000/01JD0000000000000000000000.report#1".to_owned(),
            "photos/doctor-00112233445566778899aabbccddeeff".to_owned(),
            "photos/doctor-00112233445566778899aabbccddeeff#1".to_owned(),
        ];
        let named = [data, keys, roots].concat().into_iter().map(str::to_owned);
        named.chain(photos).collect()
    }

    #[test]
    fn what_cut_work_left_goes_after_a_day_and_nothing_else_ever() {
        let dir = tempfile::tempdir().unwrap();
        let others = [
            "data/relay.db",
            "data/relay.db-wal",
            "data/relay.db.lock",
            "data/.tmp",
            "data/.tmpaB3xY9z",
            "data/notes.partial",
            "data/keys/ca-2.key",
            "data/keys/mine.new",
            "data/mails/.tmpaB3xY9",
            "disk/relay.db",
            "disk/.tmpaB3xY9",
            "disk/.other.db.aB3xY9.partial",
            "photos/account/ca/holiday.jpg#1",
            "photos/doctor-notes",
            "photos/access-notes/platform/00000000000000000012.note",
        ];
        let photo = format!("photos/account/ca/{HASH}.jpg");
        for name in others.into_iter().chain([photo.as_str()]) {
            plant(dir.path(), name, 9 * STALE_MS);
        }
        let left = left_of_cut_work();
        for name in &left {
            plant(dir.path(), name, STALE_MS - 1);
        }
        let folders = folders_of(dir.path());
        let found = find_leftovers(&folders, NOW_MS);
        let mut expected: Vec<PathBuf> = left.iter().map(|name| dir.path().join(name)).collect();
        expected.sort();
        assert_eq!(found.iter().map(|file| file.path.clone()).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|file| !file.is_stale));
        assert_eq!(remove_leftovers(&folders, NOW_MS), RemovedFiles::default());
        assert_eq!(remove_leftovers(&folders, NOW_MS + 1).removed, expected);
        assert_eq!(find_leftovers(&folders, NOW_MS + 1), []);
        for name in others.into_iter().chain([photo.as_str()]) {
            assert!(dir.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_link_leads_to_nothing_that_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        plant(dir.path(), "theirs/.tmpaB3xY9", 9 * STALE_MS);
        std::fs::create_dir(dir.path().join("photos")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("theirs"), dir.path().join("photos/account")).unwrap();
        assert_eq!(remove_leftovers(&folders_of(dir.path()), NOW_MS), RemovedFiles::default());
        assert!(dir.path().join("theirs/.tmpaB3xY9").exists());
    }

    #[test]
    fn names_of_what_is_not_whole_yet_are_known_again() {
        let folder = Path::new("/backups/relay-2026-11-26T020000Z");
        let name = format!("{}aB3xY9{PARTIAL}", partial_prefix(folder));
        assert_eq!(whole_name(&name), Some("relay-2026-11-26T020000Z"));
        for other in ["x.partial", ".aB3xY9.partial", "..aB3xY9.partial", ".x.aB3xY.partial", ".x.aB3xY9"] {
            assert_eq!(whole_name(other), None, "{other}");
        }
    }
}
