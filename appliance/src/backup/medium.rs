//! Where backups are stored, as an interface: a folder of a stick, of another machine, or of a test that pulls the stick out.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use super::cause::{BackupError, CrowdedFolder};
use super::storage::StorageView;

pub(super) trait MediumFile: Write + Send {
    /// Makes what was written so far durable, and drops it from the page cache: later reads return what is on the medium.
    fn sync_written(&mut self) -> io::Result<()>;
}

pub(super) trait BackupMedium: Debug + Send + Sync {
    /// Creates a file that must not exist yet.
    fn create(&self, name: &str) -> io::Result<Box<dyn MediumFile>>;
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// How long a file is; `None` where there is none.
    fn length(&self, name: &str) -> io::Result<Option<u64>>;
    /// Renames, replacing what has the new name; durable when it returns.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Names of files that begin so, sorted.
    fn list(&self, prefix: &str) -> io::Result<Vec<String>>;
}

const MOUNTS: &str = "/run";
/// What the name of every file of a backup begins with; the box's id follows.
pub(super) const PREFIX: &str = "cleantrack-";
/// Files of one box in a folder: there are a few hundred.
pub(super) const FILES_MAX: usize = 20_000;
const BOXES_MAX: usize = 1_000;

/// Which box's file it is by its name: each is counted by itself, since a folder may be that of many. Empty where it is none of ours.
pub(super) fn box_part(name: &str) -> &str {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    rest.split_once('-').map_or("", |(part, _)| part)
}

#[derive(Debug, Clone)]
pub(super) struct FolderMedium(PathBuf);

impl FolderMedium {
    pub(super) fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    /// Visits the names of files that begin so, in no order.
    pub(super) fn walk_names(
        &self,
        prefix: &str,
        visit: &mut dyn FnMut(String) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut counts = BTreeMap::<String, usize>::new();
        for entry in std::fs::read_dir(&self.0)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if !name.starts_with(prefix) {
                continue;
            }
            let count = counts.entry(box_part(&name).to_owned()).or_default();
            *count += 1;
            if *count > FILES_MAX {
                return Err(CrowdedFolder::Files(FILES_MAX).into());
            }
            if counts.len() > BOXES_MAX {
                return Err(CrowdedFolder::Boxes(BOXES_MAX).into());
            }
            visit(name)?;
        }
        Ok(())
    }

    /// The path of a file of this name. Names come from labels that anybody can write: what is no bare name is refused.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(part)), None) if part == name => Ok(self.0.join(name)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no name of a file")),
        }
    }

    /// The folder of the settings, once it is there and is somewhere else than what it is to save.
    pub(super) fn find(dir: &Path, data: &Path, same_disk: SameDisk) -> Result<Self, BackupError> {
        let found = std::fs::metadata(dir).ok().filter(std::fs::Metadata::is_dir);
        let found = found.ok_or_else(|| BackupError::Missing(dir.to_owned()))?;
        let own =
            std::fs::metadata(data).map_err(BackupError::medium("the data folder could not be looked at"))?;
        // Where a stick was pulled out, the place that it was mounted at stays behind, in memory.
        let is_below = dir.canonicalize().is_ok_and(|real| real.starts_with(MOUNTS));
        if is_below && std::fs::metadata(MOUNTS).is_ok_and(|mounts| mounts.dev() == found.dev()) {
            return Err(BackupError::Missing(dir.to_owned()));
        }
        if same_disk == SameDisk::Refused
            && (found.dev() == own.dev() || StorageView::read().is_lost_with(dir, data))
        {
            return Err(BackupError::SameDisk(dir.to_owned()));
        }
        Ok(Self::new(dir))
    }
}

/// Whether a backup may be on the storage that it backs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SameDisk {
    Refused,
    Allowed,
}

struct FolderFile {
    file: File,
    synced: u64,
    written: u64,
}

impl Write for FolderFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MediumFile for FolderFile {
    fn sync_written(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        // Advice: where it is not taken the check reads from memory, and the hashes in it hold all the same.
        let length = std::num::NonZeroU64::new(self.written - self.synced);
        let _ = rustix::fs::fadvise(&self.file, self.synced, length, rustix::fs::Advice::DontNeed);
        self.synced = self.written;
        Ok(())
    }
}

impl BackupMedium for FolderMedium {
    fn create(&self, name: &str) -> io::Result<Box<dyn MediumFile>> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path(name)?)?;
        Ok(Box::new(FolderFile { file, synced: 0, written: 0 }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        // What somebody put there may be a link, or a pipe that never says anything.
        let quick = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let file =
            OpenOptions::new().read(true).custom_flags(quick.bits().cast_signed()).open(self.path(name)?)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file"));
        }
        Ok(Box::new(file))
    }

    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        match std::fs::symlink_metadata(self.path(name)?) {
            Ok(found) => Ok(Some(found.len())),
            // Without its folder nothing is known of it.
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.0.is_dir() => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let file = File::open(self.path(from)?)?;
        std::fs::rename(self.path(from)?, self.path(to)?)?;
        // On FAT the new name is one of an empty file until the file itself is synced.
        file.sync_all()?;
        File::open(&self.0)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path(name)?) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        self.walk_names(prefix, &mut |name| {
            names.push(name);
            Ok(())
        })?;
        names.sort_unstable();
        Ok(names)
    }
}
