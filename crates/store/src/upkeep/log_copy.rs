//! What a backup takes of the store: the files of its log, each as far as it is durable, and the small files that belong to it.

use std::sync::{Arc, PoisonError};

use record::checkpoint::LogOrigin;
use record::sign::SignedNote;
use record::tree::Hash;

use crate::Store;
use crate::io::disk::{Disk, DiskFile, PAGE_BYTES};
use crate::io::error::StoreError;
use crate::log::journal::Journal;
use crate::log::scan::{ReadStep, SegmentFile, SegmentReader};
use crate::runs::run_file;
use crate::side_files::keys::epoch_folders;

/// How often it is tried again where the writer moved on to its next file meanwhile.
const LOOKS_MAX: u32 = 100;

/// A file of the data folder, and how many of its bytes a copy has.
#[derive(Debug, Clone)]
pub struct CopiedFile {
    pub path: String,
    /// Open, so that it stays what it is when the store puts another in its place.
    pub file: Arc<dyn DiskFile>,
    pub bytes: u64,
}

#[derive(Debug)]
pub struct LogCopy {
    pub origin: LogOrigin,
    pub size: u64,
    pub root: Hash,
    pub checkpoint: SignedNote,
    /// Files, by path. No key that signs is among them.
    pub files: Vec<CopiedFile>,
}

impl Store {
    /// The log as it is durable now, and what belongs to it: displaced lines, runs, notes of the relay, public keys, the box's id.
    ///
    /// # Errors
    /// The disk's.
    pub fn copy_log(&self) -> Result<LogCopy, StoreError> {
        // Nobody seals or rewrites a segment while they are opened.
        let _alone = self.shared.tidying.lock().unwrap_or_else(PoisonError::into_inner);
        let disk = &*self.shared.disk;
        // The keys stay here.
        self.keep_ended_notes();
        for _ in 0..LOOKS_MAX {
            let snapshot = self.snapshot();
            let (size, root) = (snapshot.size(), snapshot.frontier.root());
            let Some(mut files) = self.log_files(size)? else { continue };
            for dir in [run_file::DIR, "displaced"] {
                add_files(disk, dir, &|_| true, &mut files)?;
            }
            add_files(disk, "evidence", &is_note, &mut files)?;
            add_files(disk, "keys", &is_public, &mut files)?;
            let checkpoint = self.shared.sign(size, root)?;
            return Ok(LogCopy { origin: snapshot.origin, size, root, checkpoint, files });
        }
        Err(StoreError::Reopening)
    }

    /// The journal's files; `None` where the writer moved on to a file behind `size`.
    fn log_files(&self, size: u64) -> Result<Option<Vec<CopiedFile>>, StoreError> {
        let disk = &*self.shared.disk;
        let mut files = Vec::new();
        for epoch in epoch_folders(disk).map_err(StoreError::io("log/"))? {
            let origin = LogOrigin { epoch, ..self.origin() };
            let dir = Journal::dir(&origin);
            let segments = SegmentFile::list(disk, &dir).map_err(StoreError::io(dir.as_str()))?;
            let newest = segments.last().cloned();
            for segment in segments {
                let mut copied = open_whole(disk, &segment.path)?;
                if epoch == self.origin().epoch && newest.as_ref() == Some(&segment) {
                    if segment.first > size {
                        return Ok(None);
                    }
                    copied.bytes = durable_bytes(disk, &segment, size, copied.bytes)?;
                }
                files.push(copied);
            }
        }
        Ok(Some(files))
    }
}

/// Where the group ends that has the last entry before `size`.
fn durable_bytes(disk: &dyn Disk, segment: &SegmentFile, size: u64, length: u64) -> Result<u64, StoreError> {
    // One that is sealed is closed: nothing is added to it.
    if segment.sealed {
        return Ok(length);
    }
    let mut reader = SegmentReader::open(disk, segment).map_err(StoreError::io(segment.path.as_str()))?;
    let mut end = (PAGE_BYTES as u64).min(length);
    loop {
        match reader.step().map_err(StoreError::io(segment.path.as_str()))? {
            ReadStep::Group { at, group } if group.next <= size => end = at + group.span as u64,
            ReadStep::Bad { .. } => {}
            ReadStep::Group { .. } | ReadStep::End { .. } => return Ok(end),
        }
    }
}

fn open_whole(disk: &dyn Disk, path: &str) -> Result<CopiedFile, StoreError> {
    let file = disk.open(path).map_err(StoreError::io(path))?;
    let bytes = file.length().map_err(StoreError::io(path))?;
    Ok(CopiedFile { path: path.to_owned(), file, bytes })
}

fn add_files(
    disk: &dyn Disk,
    dir: &str,
    is_chosen: &dyn Fn(&str) -> bool,
    files: &mut Vec<CopiedFile>,
) -> Result<(), StoreError> {
    for name in disk.list(dir).map_err(StoreError::io(dir))? {
        let is_whole = !name.ends_with(".new") && !name.contains(".bad");
        if is_whole && is_plain(&name) && is_chosen(&name) {
            files.push(open_whole(disk, &format!("{dir}/{name}"))?);
        }
    }
    Ok(())
}

/// Whether the box may have made it: whoever reads a backup takes no other name, and one file of somebody's would make each backup
/// one that is not right.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_note(name: &str) -> bool {
    name.ends_with(".note") || name.ends_with(".ends")
}

fn is_public(name: &str) -> bool {
    name == "box.id" || (name.starts_with("log-") && name.ends_with(".pub"))
}
