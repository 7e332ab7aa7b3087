//! A copy of a data folder, made while its box was stopped: lines of it that count nowhere on this card are taken over.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use record::checkpoint::Origin;
use record::ids::{BoxId, Epoch};

use super::StoreConfig;
use super::chain::{LogPiece, strays};
use super::disk::{Disk, DiskFile, FolderError, SystemDisk, SystemFile};
use super::displaced::DisplacedFile;
use super::error::StoreError;
use super::keys::{Keys, epoch_folders};
use super::scan::{Segment, SegmentReader};
use super::sources::SegmentSource;
use crate::clock::Clock;
use crate::random::Random;

/// Why nothing was taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// This box's own folder, or a file of the copy.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No log lies there.
    #[error("{0} holds no log: a data folder has a folder “log” in it. Nothing was taken over")]
    NoLog(PathBuf),
    /// It is another box's.
    #[error("log {epoch} there is of the box {other}, and this is the box {own}. Nothing was taken over")]
    OtherBox {
        /// Which log.
        epoch: Epoch,
        /// Whose it is.
        other: BoxId,
        /// Whose the data folder is.
        own: BoxId,
    },
}

impl From<FolderError> for ImportError {
    fn from(e: FolderError) -> Self {
        Self::Store(e.into())
    }
}

/// What was read of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedLines {
    /// Logs.
    pub logs: usize,
    /// Their lines, also those that count already.
    pub lines: u64,
}

/// The folder of a copy, which nothing writes to: it may lie on a medium that cannot be written.
#[derive(Debug)]
struct BackupFolder(PathBuf);

fn read_only<T>() -> io::Result<T> {
    Err(ErrorKind::ReadOnlyFilesystem.into())
}

impl Disk for BackupFolder {
    fn create_new(&self, _: &str) -> io::Result<Arc<dyn DiskFile>> {
        read_only()
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SystemFile(OpenOptions::new().read(true).open(self.0.join(path))?)))
    }
    fn make_dir(&self, _: &str) -> io::Result<()> {
        read_only()
    }
    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        read_only()
    }
    fn remove(&self, _: &str) -> io::Result<()> {
        read_only()
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        super::disk::list_names(&self.0.join(dir))
    }
    fn sync_dir(&self, _: &str) -> io::Result<()> {
        read_only()
    }
    fn open_to_others(&self, _: &str) -> io::Result<u32> {
        Ok(0)
    }
}

/// Keeps all intact lines of a copy's logs beside the log of a box that is stopped. The next start gives each its place, or
/// makes it count under its own number; what counts already goes. Doing it twice is doing it once.
///
/// # Errors
/// [`ImportError`]; the folder is in use while the box runs.
pub fn import_log(
    config: &StoreConfig,
    from: &Path,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<ImportedLines, ImportError> {
    let disk = SystemDisk::take(&config.dir)?;
    let own = Keys::load(&disk, &clock.now(), random)?.box_id;
    let copy: Arc<dyn Disk> = Arc::new(BackupFolder(from.to_owned()));
    let epochs = epoch_folders(&*copy).map_err(StoreError::io(format!("{}", from.display())))?;
    if epochs.is_empty() {
        return Err(ImportError::NoLog(from.to_owned()));
    }
    let mut all = Vec::new();
    for epoch in &epochs {
        let dir = format!("log/{epoch}");
        for segment in Segment::list(&*copy, &dir).map_err(StoreError::io(dir.as_str()))? {
            let reader = SegmentReader::open(&*copy, &segment).map_err(StoreError::io(segment.path.as_str()));
            let named = reader?.header().map(|header| header.origin);
            if let Some(other) = named.filter(|origin| origin.box_id != own) {
                return Err(ImportError::OtherBox { epoch: *epoch, other: other.box_id, own });
            }
            // Where the header is damaged, the folder says which log it is.
            all.push((named.map_or(*epoch, |origin| origin.epoch), segment));
        }
    }
    let mut lines = 0;
    for (epoch, segment) in all {
        let mut source = SegmentSource::one(Arc::clone(&copy), epoch, segment);
        lines += keep_lines(&disk, Origin { box_id: own, epoch }, &mut source)?;
    }
    Ok(ImportedLines { logs: epochs.len(), lines })
}

fn keep_lines(disk: &dyn Disk, origin: Origin, source: &mut SegmentSource) -> Result<u64, StoreError> {
    let (mut file, mut failed) = (DisplacedFile::new(disk, origin), None);
    let mut take = |piece: LogPiece| {
        file.take(&piece).map_err(|e| {
            failed = Some(e);
            io::Error::other("it could not be written")
        })
    };
    let walked = strays(origin.epoch, 0, source, &mut |_, _| Ok(false), &mut take);
    if let Some(failed) = failed {
        return Err(failed);
    }
    walked.map_err(StoreError::io("the copy"))?;
    file.finish()
}
