//! Rewrites a segment under a name of its own, and puts it in place whole.

use std::sync::Arc;

use record::tree::Frontier;

use super::chunker::Chunk;
use super::scan::SegmentFile;
use super::segment::{GroupWriter, SegmentHeader};
use crate::io::disk::{Disk, DiskFile, parent_folder, remove_if_there};
use crate::io::error::StoreError;

/// A segment that is being rewritten under a name of its own.
pub(crate) struct SegmentRewriter<'a> {
    disk: &'a dyn Disk,
    segment: SegmentFile,
    new: String,
    file: Arc<dyn DiskFile>,
    len: u64,
}

impl<'a> SegmentRewriter<'a> {
    /// Begins one with this first line.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn new(
        disk: &'a dyn Disk,
        segment: SegmentFile,
        header: &SegmentHeader,
    ) -> Result<Self, StoreError> {
        let new = format!("{}.new", segment.path);
        remove_if_there(disk, &new).map_err(StoreError::io(new.as_str()))?;
        let file = disk.create_new(&new).map_err(StoreError::io(new.as_str()))?;
        let header = header.encode();
        file.write_at(0, &header).map_err(StoreError::io(new.as_str()))?;
        Ok(Self { disk, segment, new, file, len: header.len() as u64 })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Appends a group.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn chunk(&mut self, chunk: &Chunk) -> Result<(), StoreError> {
        self.copy(&chunk.lines, &chunk.before, &chunk.after)
    }

    /// Appends a group with these lines.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn copy(
        &mut self,
        lines: &[u8],
        before: &Frontier,
        after: &Frontier,
    ) -> Result<(), StoreError> {
        let mut group = GroupWriter::default();
        group.lines(lines);
        let bytes = group.close(before.size(), after.size(), &after.root());
        self.file.write_at(self.len, bytes).map_err(StoreError::io(self.new.as_str()))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Removes what was written so far; `Ok(false)` for who gives up.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn abandon(self) -> Result<bool, StoreError> {
        remove_if_there(self.disk, &self.new).map_err(StoreError::io(self.new.as_str()))?;
        Ok(false)
    }

    /// Makes it durable under its temporary name: [`install_segments`] puts it in place.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn keep(self) -> Result<SegmentFile, StoreError> {
        self.file.sync_data().map_err(StoreError::io(self.new.as_str()))?;
        Ok(self.segment)
    }

    /// Puts it in place, and removes what it replaces under another name.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn finish(self, replaced: Option<&SegmentFile>) -> Result<(), StoreError> {
        let disk = self.disk;
        install_segments(disk, &self.keep()?, replaced)
    }
}

/// Gives a segment that [`SegmentRewriter::keep`] made its name, and removes what it replaces under another one.
///
/// # Errors
/// The disk's.
pub(crate) fn install_segments(
    disk: &dyn Disk,
    segment: &SegmentFile,
    replaced: Option<&SegmentFile>,
) -> Result<(), StoreError> {
    let path = segment.path.as_str();
    disk.rename(&format!("{path}.new"), path).map_err(StoreError::io(path))?;
    disk.sync_dir(parent_folder(path)).map_err(StoreError::io(path))?;
    if let Some(old) = replaced.filter(|old| old.path != path) {
        disk.remove(&old.path).map_err(StoreError::io(path))?;
        disk.sync_dir(parent_folder(path)).map_err(StoreError::io(path))?;
    }
    Ok(())
}
