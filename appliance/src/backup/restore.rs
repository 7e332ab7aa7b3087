//! A backup into an empty folder, which is marked as unfinished until all of it is there, was checked and is durable: whatever ends
//! this early, no box starts on half a log.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use record::tree::Hash;
use sha2::{Digest as _, Sha256};

use super::key::{BackupSecret, decrypt_file};
use super::record::{BackupRecord, RECORD_FILE};
use crate::store::archive::{
    ArchiveSink, BackupFault, BackupManifest, HEAD, HashOnly, PHOTOS, PartRef, SETTINGS, photo_of,
    read_archive, read_backup, read_part,
};
use crate::store::ended_note_path;
use crate::store::system_disk::RESTORE_MARK;

/// Where the settings go: the person who restores decides which of them the new machine needs.
const SETTINGS_RESTORED: &str = "settings.restored.toml";
/// A file system of its own has this in its root.
const LOST_AND_FOUND: &str = "lost+found";
const SMALL_BYTES_MAX: u64 = 4_096;

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be opened.
    #[error("{} cannot be opened: {source}. Nothing was changed", path.display())]
    Open { path: PathBuf, source: io::Error },
    /// A folder was named, or a device.
    #[error(
        "{} is not a file, and a backup is one, with a name that ends in .age. Nothing was changed: `cleantrack-appliance backup list \
         --from FOLDER` shows those that a folder has",
        .0.display()
    )]
    NoFile(PathBuf),
    #[error(
        "{} is not empty{whose}. Nothing was changed: a backup is restored into an empty folder only, so that it never mixes with \
         another box’s records",
        dir.display()
    )]
    NotEmpty {
        dir: PathBuf,
        /// Whose it is, as far as that can be read; empty where it cannot.
        whose: String,
    },
    #[error("another restore into {} is running. Nothing was changed", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be used: {source}. Nothing of the backup counts there", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{name} was not restored: {fault}. Nothing of it counts; the file is as it was")]
    Fault { name: String, fault: BackupFault },
    #[error(
        "{missing} of {all} photos are in files that are not beside the backup, or are damaged: {names}. Nothing was restored: put \
         these files beside it, or add --without-photos to restore all records and the photos that are there"
    )]
    PhotosMissing { missing: u64, all: u64, names: String },
}

/// What becomes of a backup whose photos are not all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPhotos {
    Refused,
    /// All else is.
    Accepted,
}

#[derive(Debug)]
pub struct RestoredBackup {
    pub manifest: BackupManifest,
    pub photos: u64,
}

/// Where a restore has come to; for tests, which end it there.
pub trait RestoreSeam {
    fn reach_step(&self) {}
}

#[derive(Debug, Clone, Copy)]
pub struct NoSeam;

impl RestoreSeam for NoSeam {}

/// Reads all of a backup that a restore would read, and stores nothing. Without a secret it is an archive of everything.
///
/// # Errors
/// [`RestoreError`].
pub fn test_backup(
    file: &Path,
    secret: Option<&BackupSecret>,
    photos: MissingPhotos,
) -> Result<RestoredBackup, RestoreError> {
    read_all(file, secret, photos, &mut HashOnly, &mut HashOnly)
}

/// Restores a backup into an empty folder, or one into which an earlier restore did not end.
///
/// # Errors
/// [`RestoreError`]; the folder is empty then, or marked as unfinished.
pub fn restore_backup(
    file: &Path,
    data: &Path,
    secret: Option<&BackupSecret>,
    photos: MissingPhotos,
    seam: &dyn RestoreSeam,
) -> Result<RestoredBackup, RestoreError> {
    // Before anything is made: a path that was mistyped changes nothing.
    expect_backup(file)?;
    let mark = RestoreFolder::take(data, seam)?;
    let mut sink = FolderSink { dir: data, open: None, seam, folders: BTreeSet::new() };
    let mut of_photos = FolderSink { dir: data, open: None, seam, folders: BTreeSet::new() };
    let restored = read_all(file, secret, photos, &mut sink, &mut of_photos).and_then(|restored| {
        sink.put_last_note(&restored.manifest)?;
        sink.put_record(&restored.manifest)?;
        Ok(restored)
    });
    drop((sink, of_photos));
    match restored {
        Ok(restored) => mark.finish(seam).map(|()| restored),
        Err(error) => {
            mark.empty();
            Err(error)
        }
    }
}

/// Looks whether a backup can be read at all, so that no user types a key for nothing.
///
/// # Errors
/// [`RestoreError::Open`] and [`RestoreError::NoFile`].
pub fn expect_backup(file: &Path) -> Result<(), RestoreError> {
    open_backup(file).map(drop)
}

/// Whether this is an archive of everything, which no key opens: its first file stands in it as it is.
///
/// # Errors
/// [`RestoreError::Open`] and [`RestoreError::NoFile`].
pub fn is_archive(file: &Path) -> Result<bool, RestoreError> {
    let mut begin = Vec::new();
    let read = open_backup(file)?.take(HEAD.len() as u64).read_to_end(&mut begin);
    read.map_err(|source| RestoreError::Open { path: file.to_owned(), source })?;
    Ok(begin == HEAD.as_bytes())
}

fn open_backup(file: &Path) -> Result<File, RestoreError> {
    // Before it is opened: a pipe would wait for somebody who writes into it.
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => Err(RestoreError::NoFile(file.to_owned())),
        Ok(_) => File::open(file).map_err(|source| RestoreError::Open { path: file.to_owned(), source }),
        Err(source) => Err(RestoreError::Open { path: file.to_owned(), source }),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read_all(
    file: &Path,
    secret: Option<&BackupSecret>,
    photos: MissingPhotos,
    sink: &mut dyn ArchiveSink,
    of_photos: &mut dyn ArchiveSink,
) -> Result<RestoredBackup, RestoreError> {
    let input = open_backup(file)?;
    let read = match secret {
        Some(secret) => decrypt_file(input, secret).and_then(|input| read_backup(input, sink)),
        None => read_archive(input, sink),
    };
    let read = read.map_err(|fault| RestoreError::Fault { name: file_name(file), fault })?;
    // An archive has its photos in it, and no other files.
    let Some(secret) = secret else {
        return Ok(RestoredBackup { manifest: read.manifest, photos: read.photos_inside.len() as u64 });
    };
    let of_backup: BTreeSet<Hash> = read.photos.iter().map(|photo| photo.hash).collect();
    let (mut found, mut bad) = (BTreeSet::new(), Vec::new());
    for part in &read.manifest.parts {
        let path = file.with_file_name(&part.name);
        let mut chosen =
            ChosenPhotos { of_backup: &of_backup, found: &mut found, sink: &mut *of_photos, open: None };
        match read_part_file(&path, part, secret, read.manifest.box_id, &mut chosen) {
            Ok(()) => {}
            // The target is at fault, not the photos.
            Err(fault @ BackupFault::Target { .. }) => {
                return Err(RestoreError::Fault { name: part.name.clone(), fault });
            }
            Err(error) => {
                tracing::warn!(%error, name = part.name, "photos of the backup cannot be read");
                bad.push(part.name.clone());
            }
        }
    }
    let (all, there) = (of_backup.len() as u64, found.len() as u64);
    if there < all && photos == MissingPhotos::Refused {
        return Err(RestoreError::PhotosMissing { missing: all - there, all, names: bad.join(", ") });
    }
    Ok(RestoredBackup { manifest: read.manifest, photos: there })
}

/// Hashes what is read: a file of photos must be the very one that belongs to the backup.
struct HashedInput {
    file: File,
    sum: Sha256,
}

impl Read for HashedInput {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.sum.update(&out[..count]);
        Ok(count)
    }
}

fn read_part_file(
    path: &Path,
    part: &PartRef,
    secret: &BackupSecret,
    box_id: record::ids::BoxId,
    sink: &mut dyn ArchiveSink,
) -> Result<(), BackupFault> {
    let file = File::open(path).map_err(BackupFault::Damaged)?;
    let mut input = HashedInput { file, sum: Sha256::new() };
    read_part(decrypt_file(&mut input, secret)?, box_id, sink)?;
    match Hash(input.sum.finalize().into()) == part.sha256 {
        true => Ok(()),
        false => Err(BackupFault::NoBackup("it is another file than the backup names".to_owned())),
    }
}

struct ChosenPhotos<'a> {
    of_backup: &'a BTreeSet<Hash>,
    found: &'a mut BTreeSet<Hash>,
    sink: &'a mut dyn ArchiveSink,
    open: Option<Hash>,
}

impl ArchiveSink for ChosenPhotos<'_> {
    fn begin_file(&mut self, path: &str) -> io::Result<()> {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.open = photo_of(name).filter(|photo| self.of_backup.contains(photo));
        if self.open.is_some() { self.sink.begin_file(path) } else { Ok(()) }
    }
    fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.open.is_some() { self.sink.write_bytes(bytes) } else { Ok(()) }
    }
    fn end_file(&mut self) -> io::Result<()> {
        let Some(photo) = self.open.take() else { return Ok(()) };
        self.found.insert(photo);
        self.sink.end_file()
    }
}

struct RestoreFolder {
    dir: PathBuf,
    /// Locked as long as this process is at it.
    _mark: File,
}

impl RestoreFolder {
    fn take(dir: &Path, seam: &dyn RestoreSeam) -> Result<Self, RestoreError> {
        seam.reach_step();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|source| refuse_folder(dir, source))?;
        let path = dir.join(RESTORE_MARK);
        let is_left = path.symlink_metadata().is_ok();
        if !is_left && !list_content(dir).map_err(|source| refuse_folder(dir, source))?.is_empty() {
            return Err(RestoreError::NotEmpty { dir: dir.to_owned(), whose: word_owner(dir) });
        }
        seam.reach_step();
        let mark = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut mark = mark.map_err(|source| refuse_folder(dir, source))?;
        match mark.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(RestoreError::InUse(dir.to_owned())),
            Err(std::fs::TryLockError::Error(source)) => return Err(refuse_folder(dir, source)),
        }
        mark.write_all(
            b"A backup is being restored into this folder. Until this file is gone nothing here counts.\n",
        )
        .and_then(|()| mark.sync_all())
        .and_then(|()| sync_folder(dir))
        .map_err(|source| refuse_folder(dir, source))?;
        let folder = Self { dir: dir.to_owned(), _mark: mark };
        // What an earlier one left counts for nothing.
        folder.remove_content().map_err(|source| refuse_folder(dir, source))?;
        seam.reach_step();
        Ok(folder)
    }

    fn remove_content(&self) -> io::Result<()> {
        for path in list_content(&self.dir)?.into_iter().filter(|path| !path.ends_with(RESTORE_MARK)) {
            if path.symlink_metadata()?.is_dir() {
                std::fs::remove_dir_all(&path)?;
            } else {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Makes everything durable, and from then on it counts.
    fn finish(self, seam: &dyn RestoreSeam) -> Result<(), RestoreError> {
        seam.reach_step();
        let synced = File::open(&self.dir).and_then(|dir| Ok(rustix::fs::syncfs(dir)?));
        synced.map_err(|source| RestoreError::Folder { path: self.dir.clone(), source })?;
        seam.reach_step();
        let removed = std::fs::remove_file(self.dir.join(RESTORE_MARK)).and_then(|()| sync_folder(&self.dir));
        removed.map_err(|source| RestoreError::Folder { path: self.dir.clone(), source })
    }

    /// Leaves it as it was; where that fails, the mark stays.
    fn empty(self) {
        let emptied = self.remove_content();
        if let Err(error) = emptied.and_then(|()| std::fs::remove_file(self.dir.join(RESTORE_MARK))) {
            tracing::warn!(%error, "what was restored so far could not be removed; it stays marked as unfinished");
        }
    }
}

fn refuse_folder(dir: &Path, source: io::Error) -> RestoreError {
    RestoreError::Folder { path: dir.to_owned(), source }
}

fn list_content(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        all.push(entry?.path());
    }
    all.retain(|path| !path.ends_with(LOST_AND_FOUND));
    Ok(all)
}

fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn read_text(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(SMALL_BYTES_MAX).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The owner of the data folder, worded for the middle of a sentence.
fn word_owner(dir: &Path) -> String {
    let Some(box_id) = read_text(&dir.join("keys/box.id")) else { return String::new() };
    let relation = read_text(&dir.join("keys/relay.json")).unwrap_or_default();
    let relation: Option<record::claim::ClaimAnswer> = serde_json::from_str(&relation).ok();
    match relation {
        Some(relation) => format!(": it is of the box {} of “{}”", box_id.trim(), relation.facility.name),
        None => format!(": it is of the box {}", box_id.trim()),
    }
}

struct FolderSink<'a> {
    dir: &'a Path,
    /// The file that is being written, its name until it is whole, and its own.
    open: Option<(File, PathBuf, PathBuf)>,
    seam: &'a dyn RestoreSeam,
    folders: BTreeSet<PathBuf>,
}

impl FolderSink<'_> {
    /// The key of the log that continues here is on the old box alone: from now on its proofs rest on the checkpoint
    /// that the backup was made with.
    fn put_last_note(&mut self, manifest: &BackupManifest) -> Result<(), RestoreError> {
        let path = ended_note_path(manifest.epoch);
        match self.dir.join(&path).exists() {
            true => Ok(()),
            false => self.put_file(&path, manifest.checkpoint.as_bytes()),
        }
    }

    /// Other sticks have backups from before this one: those that the restored box makes are numbered behind them.
    fn put_record(&mut self, manifest: &BackupManifest) -> Result<(), RestoreError> {
        let record = BackupRecord { last_number: manifest.number, ..BackupRecord::default() };
        let json = serde_json::to_vec(&record);
        let json =
            json.map_err(|e| RestoreError::Folder { path: self.dir.join(RECORD_FILE), source: e.into() });
        self.put_file(RECORD_FILE, &json?)
    }

    fn put_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), RestoreError> {
        let put = self.begin_file(path).and_then(|()| self.write_bytes(bytes)).and_then(|()| self.end_file());
        put.map_err(|source| RestoreError::Folder { path: self.dir.join(path), source })
    }

    /// Removes what is not whole: on a box it would stay there for ever.
    fn drop_open(&mut self) {
        if let Some((_, part, _)) = self.open.take()
            && let Err(error) = std::fs::remove_file(&part)
        {
            tracing::warn!(%error, part = %part.display(), "half a file could not be removed");
        }
    }
}

impl Drop for FolderSink<'_> {
    fn drop(&mut self) {
        self.drop_open();
    }
}

impl ArchiveSink for FolderSink<'_> {
    fn begin_file(&mut self, path: &str) -> io::Result<()> {
        self.seam.reach_step();
        self.drop_open();
        let name = match path {
            // They say something about the backup, and nothing to a box.
            HEAD | PHOTOS => return Ok(()),
            SETTINGS => SETTINGS_RESTORED,
            path => path,
        };
        let target = self.dir.join(name);
        let folder = target.parent().unwrap_or(self.dir).to_owned();
        if self.folders.insert(folder.clone()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        if target.exists() {
            // A photo may be in several files; one is enough.
            return if path.starts_with("photos/") {
                Ok(())
            } else {
                Err(io::ErrorKind::AlreadyExists.into())
            };
        }
        // What a killed restore left half written is begun again.
        let part = target.with_added_extension("part");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        self.open = Some((file, part, target));
        Ok(())
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |(file, ..)| file.write_all(bytes))
    }

    fn end_file(&mut self) -> io::Result<()> {
        match self.open.take() {
            Some((_, part, target)) => std::fs::rename(part, target),
            None => Ok(()),
        }
    }
}
