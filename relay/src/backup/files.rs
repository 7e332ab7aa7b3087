//! Files of a backup: copied, flushed and checked. Every call blocks.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use record::tree::Hash;
use serde::{Deserialize, Serialize};
use service::ownership::{make_private_folder, match_owner, parent_of};
use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempDir};

use super::{BackupError, PHOTOS};
use crate::leftovers::{PARTIAL, partial_prefix};

const PIECE_BYTES: usize = 1 << 20;

/// How many photos there are, and how large they are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoTotals {
    pub count: u64,
    pub bytes: u64,
}

/// A file of a backup; photos are not listed, their names are their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredFile {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: Hash,
}

pub(super) fn file_error(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { what, path, source }
}

fn make_folder(dir: &Path) -> Result<(), BackupError> {
    make_private_folder(dir).map_err(file_error("make the folder", dir))
}

/// The folder in which a backup grows, under a name that nothing else has; it is gone where the backup does not come to its end.
pub(super) fn begin_folder(folder: &Path) -> Result<TempDir, BackupError> {
    let parent = parent_of(folder);
    make_folder(parent)?;
    let prefix = partial_prefix(folder);
    let made = tempfile::Builder::new().prefix(&prefix).suffix(PARTIAL).tempdir_in(parent);
    made.map_err(file_error("make a folder in", parent))
}

pub(super) fn finish_folder(partial: TempDir, folder: &Path) -> Result<(), BackupError> {
    sync_file(partial.path())?;
    // A folder takes the place of an empty one only: whoever was quicker has its name.
    std::fs::rename(partial.path(), folder).map_err(file_error("name the backup", folder))?;
    let _ = partial.keep();
    sync_parent(folder)
}

pub(super) fn sync_file(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(file_error("flush", path))
}

fn sync_parent(path: &Path) -> Result<(), BackupError> {
    sync_file(parent_of(path))
}

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(file_error("write", path))
}

pub(super) fn copy_synced(from: &Path, to: &Path) -> Result<(), BackupError> {
    let copied = std::fs::File::open(from).and_then(|mut source| {
        let mut target = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
        std::io::copy(&mut source, &mut target)?;
        target.sync_all()
    });
    copied.map_err(file_error("copy to", to))
}

pub(super) fn copy_beside(from: &Path, to: &Path) -> Result<NamedTempFile, BackupError> {
    let parent = parent_of(to);
    make_folder(parent)?;
    let prefix = partial_prefix(to);
    let named = tempfile::Builder::new().prefix(&prefix).suffix(PARTIAL).tempfile_in(parent);
    let copied = named.and_then(|mut copy| {
        match_owner(copy.as_file(), parent)?;
        std::io::copy(&mut File::open(from)?, copy.as_file_mut())?;
        copy.as_file().sync_all()?;
        Ok(copy)
    });
    copied.map_err(file_error("copy to", to))
}

/// A file in its place, whole or not at all, whatever was there.
fn place_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    let copy = copy_beside(from, to)?;
    copy.persist(to).map_err(|error| file_error("name", to)(error.error))?;
    sync_parent(to)
}

/// A restored database in its place, where no other one is by now.
pub(super) fn place_database(copy: NamedTempFile, to: &Path) -> Result<(), BackupError> {
    if !is_absent_or_empty(to) {
        return Err(BackupError::NotEmpty);
    }
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(file_error("remove", to)(error)),
        _ => {}
    }
    match copy.persist_noclobber(to) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Err(BackupError::NotEmpty),
        placed => placed.map_err(|error| file_error("name", to)(error.error))?,
    };
    sync_parent(to)
}

/// Whether a restored database may be put there.
pub(super) fn is_absent_or_empty(file: &Path) -> bool {
    [file, &append_text(file, "-wal")].into_iter().all(|path| match std::fs::metadata(path) {
        Ok(found) => found.len() == 0,
        Err(error) => error.kind() == ErrorKind::NotFound,
    })
}

pub(super) fn read_bounded(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "it is longer than any"));
    }
    Ok(bytes)
}

fn hash_file(path: &Path) -> Result<(Hash, u64), BackupError> {
    File::open(path).and_then(hash_reader).map_err(file_error("read", path))
}

fn hash_reader(mut file: File) -> std::io::Result<(Hash, u64)> {
    let (mut sha256, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            return Ok((Hash(sha256.finalize().into()), bytes));
        }
        sha256.update(&piece[..n]);
        bytes += n as u64;
    }
}

pub(super) fn describe_file(folder: &Path, name: &str) -> Result<StoredFile, BackupError> {
    let (sha256, bytes) = hash_file(&folder.join(name))?;
    Ok(StoredFile { name: name.to_owned(), bytes, sha256 })
}

/// A photo: its place under the folder, and the hash that its name is.
struct PhotoFile {
    place: PathBuf,
    hash: Hash,
}

/// Calls `look` with each photo: `<account>/<2 hex>/<hash>.jpg`. What has another name is on its way there.
fn walk_photos(
    dir: &Path,
    look: &mut dyn FnMut(PhotoFile) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    for account in list_names(dir)? {
        for folder in list_names(&dir.join(&account))? {
            let place = Path::new(&account).join(&folder);
            for name in list_names(&dir.join(&place))? {
                let hash = Path::new(&name).file_stem().and_then(|stem| stem.to_str()?.parse().ok());
                let is_photo = Path::new(&name).extension().is_some_and(|end| end == "jpg");
                if let Some(hash) = hash.filter(|_| is_photo) {
                    look(PhotoFile { place: place.join(&name), hash })?;
                }
            }
        }
    }
    Ok(())
}

/// The folder can be listed: one that is lost is not one without photos.
pub(super) fn require_folder(dir: &Path) -> Result<(), BackupError> {
    std::fs::read_dir(dir).map(drop).map_err(file_error("list the photos, which the database names, in", dir))
}

/// Names in a folder, sorted; none where there is no such folder.
fn list_names(dir: &Path) -> Result<Vec<std::ffi::OsString>, BackupError> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(file_error("list", dir))?,
    };
    let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let mut names = names.map_err(file_error("list", dir))?;
    names.sort();
    Ok(names)
}

/// Photos that were copied, and those that were not because they are not what their names say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopiedPhotos {
    pub totals: PhotoTotals,
    pub damaged: Vec<PathBuf>,
}

/// Copies photos that are not there, or are damaged there: a photo never changes. One that is damaged itself is left out, and keeps
/// nothing else from it.
pub(super) fn copy_photos(from: &Path, to: &Path) -> Result<CopiedPhotos, BackupError> {
    make_folder(to)?;
    let mut copied = CopiedPhotos::default();
    walk_photos(from, &mut |photo| {
        let (source, target) = (from.join(&photo.place), to.join(&photo.place));
        let (found, bytes) = match hash_file(&source) {
            Ok(found) => found,
            // Retention may have removed it since its folder was listed.
            Err(BackupError::File { source: error, what, path }) => match error.kind() {
                ErrorKind::NotFound => return Ok(()),
                // Whoever may not read them makes no backup.
                ErrorKind::PermissionDenied => return Err(BackupError::File { what, path, source: error }),
                _ => (Hash::default(), 0),
            },
            Err(_) => (Hash::default(), 0),
        };
        if found != photo.hash {
            copied.damaged.push(photo.place);
            return Ok(());
        }
        if !hash_file(&target).is_ok_and(|(there, _)| there == photo.hash) {
            place_file(&source, &target)?;
        }
        copied.totals.count += 1;
        copied.totals.bytes += bytes;
        Ok(())
    })?;
    Ok(copied)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecoveredPhoto {
    pub photo: PathBuf,
    pub from: PathBuf,
    #[serde(skip)]
    bytes: u64,
}

/// What became of photos that a backup could not take from the folder of photos.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct PhotoRecovery {
    pub(super) recovered: Vec<RecoveredPhoto>,
    pub(super) lost: Vec<PathBuf>,
}

impl PhotoRecovery {
    pub(super) fn bytes(&self) -> u64 {
        self.recovered.iter().map(|photo| photo.bytes).sum()
    }
}

fn hash_of_name(place: &Path) -> Option<Hash> {
    place.file_stem()?.to_str()?.parse().ok()
}

/// Photos that the database names and a backup has not: one that came while it was made is still taken from the folder of photos.
pub(super) fn list_absent(
    places: Vec<PathBuf>,
    from: &Path,
    to: &Path,
) -> Result<(CopiedPhotos, Vec<PathBuf>), BackupError> {
    let (mut late, mut absent) = (CopiedPhotos::default(), Vec::new());
    for place in places {
        let (source, target) = (from.join(&place), to.join(&place));
        if target.is_file() {
            continue;
        }
        match hash_file(&source) {
            Ok((found, bytes)) if Some(found) == hash_of_name(&place) => {
                place_file(&source, &target)?;
                late.totals.count += 1;
                late.totals.bytes += bytes;
            }
            _ => absent.push(place),
        }
    }
    Ok((late, absent))
}

/// Takes photos from the newest of older backups, in which they are still what their names say.
pub(super) fn recover_photos(
    places: &[PathBuf],
    older: &[PathBuf],
    to: &Path,
) -> Result<PhotoRecovery, BackupError> {
    let mut recovery = PhotoRecovery::default();
    for place in places {
        let good = older.iter().rev().find_map(|folder| {
            let (found, bytes) = hash_file(&folder.join(PHOTOS).join(place)).ok()?;
            (Some(found) == hash_of_name(place)).then_some((folder, bytes))
        });
        match good {
            Some((folder, bytes)) => {
                place_file(&folder.join(PHOTOS).join(place), &to.join(place))?;
                let (photo, from) = (place.clone(), folder.clone());
                recovery.recovered.push(RecoveredPhoto { photo, from, bytes });
            }
            None => recovery.lost.push(place.clone()),
        }
    }
    Ok(recovery)
}

/// Sets a database aside that holds nothing, and what SQLite keeps beside it.
pub(super) fn set_aside(file: &Path) -> Result<(), BackupError> {
    // The database last: until then the next try finds it.
    for end in ["-wal", "-shm", ""] {
        let (from, to) = (append_text(file, end), append_text(file, &format!(".unused{end}")));
        match std::fs::rename(&from, to) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(file_error("set aside", &from)(error));
            }
            _ => {}
        }
    }
    sync_parent(file)
}

fn append_text(path: &Path, text: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(text);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_came_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("restored"), dir.path().join("relay.db"));
        std::fs::write(&from, "restored").unwrap();
        std::fs::write(&to, "of a relay that was started").unwrap();
        let place = || place_database(copy_beside(&from, &to).unwrap(), &to);
        assert!(matches!(place(), Err(BackupError::NotEmpty)));
        assert_eq!(std::fs::read(&to).unwrap(), b"of a relay that was started");
        std::fs::write(&to, "").unwrap();
        std::fs::write(dir.path().join("relay.db-wal"), "what it has not written back").unwrap();
        assert!(matches!(place(), Err(BackupError::NotEmpty)));
        std::fs::remove_file(dir.path().join("relay.db-wal")).unwrap();
        place().unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"restored");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no copy is left");
    }

    #[test]
    fn a_backup_that_comes_to_no_end_leaves_nothing_and_takes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let theirs = dir.path().join("x.partial");
        std::fs::create_dir(&theirs).unwrap();
        std::fs::write(theirs.join("mine.txt"), "mine").unwrap();
        let folder = dir.path().join("x");
        let (one, other) = (begin_folder(&folder).unwrap(), begin_folder(&folder).unwrap());
        for (partial, text) in [(&one, "one"), (&other, "other")] {
            std::fs::write(partial.path().join("relay.db"), text).unwrap();
        }
        finish_folder(one, &folder).unwrap();
        assert!(finish_folder(other, &folder).is_err(), "the name is taken");
        drop(begin_folder(&dir.path().join("y")).unwrap());
        assert_eq!(std::fs::read(folder.join("relay.db")).unwrap(), b"one");
        assert!(theirs.join("mine.txt").exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_damaged_photo_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let hash = Hash::of(b"a photo");
        let place = format!("account/ab/{hash}.jpg");
        for (root, bytes) in [(&from, b"a photo"), (&to, b"a ph\0\0o")] {
            std::fs::create_dir_all(root.join("account/ab")).unwrap();
            std::fs::write(root.join(&place), bytes).unwrap();
        }
        assert_eq!(copy_photos(&from, &to).unwrap().totals.count, 1);
        assert_eq!(std::fs::read(to.join(&place)).unwrap(), b"a photo");
        std::fs::write(from.join(&place), b"rot").unwrap();
        let copied = copy_photos(&from, &to).unwrap();
        assert_eq!((copied.totals.count, copied.damaged), (0, vec![PathBuf::from(&place)]));
        assert_eq!(std::fs::read(to.join(&place)).unwrap(), b"a photo", "the good one stays");
    }

    #[test]
    fn a_damaged_photo_is_taken_from_the_newest_backup_that_has_it_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (hash, other) = (Hash::of(b"a photo"), Hash::of(b"another"));
        let [place, gone] = [hash, other].map(|hash| PathBuf::from(format!("account/ab/{hash}.jpg")));
        let backups = ["1", "2", "3"].map(|name| dir.path().join(name));
        for (folder, bytes) in backups.iter().zip(["a photo", "a photo", "rot"]) {
            std::fs::create_dir_all(folder.join("photos/account/ab")).unwrap();
            std::fs::write(folder.join("photos").join(&place), bytes).unwrap();
        }
        let to = dir.path().join("new/photos");
        let found = recover_photos(&[place.clone(), gone.clone()], &backups, &to).unwrap();
        assert_eq!(std::fs::read(to.join(&place)).unwrap(), b"a photo");
        assert_eq!((&found.recovered[0].photo, &found.recovered[0].from), (&place, &backups[1]));
        assert_eq!((found.bytes(), found.lost), (7, vec![gone.clone()]));
        // Named by the database: one is here, one came meanwhile, and one is nowhere.
        let from = dir.path().join("from");
        std::fs::create_dir_all(from.join("account/ab")).unwrap();
        std::fs::write(from.join(&gone), "another").unwrap();
        let nowhere = PathBuf::from(format!("account/ab/{}.jpg", Hash::of(b"nowhere")));
        let (late, absent) = list_absent(vec![place, gone, nowhere.clone()], &from, &to).unwrap();
        assert_eq!((late.totals.count, absent), (1, vec![nowhere]));
    }
}
