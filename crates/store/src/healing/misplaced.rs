//! Segments in another epoch's folder: their own first line says whose they are, and their lines are kept as what they are.

use std::sync::Arc;

use crate::io::disk::{Disk, set_aside_hint};
use crate::io::error::StoreError;
use crate::log::chain::LineSource as _;
use crate::log::displaced::DisplacedFile;
use crate::log::scan::{SegmentFile, SegmentReader};
use crate::side_files::keys::epoch_folders;
use crate::sources::SegmentSource;

/// Takes every segment whose intact first line names another epoch than its folder does out of the journal. Its lines
/// wait beside the log under their own epoch: read as the folder's they would count where nobody recorded them.
///
/// # Errors
/// The disk's; the next start continues.
pub(crate) fn displace_misplaced(disk: &Arc<dyn Disk>) -> Result<(), StoreError> {
    for epoch in epoch_folders(&**disk).map_err(StoreError::io("log/"))? {
        let dir = format!("log/{epoch}");
        for segment in SegmentFile::list(&**disk, &dir).map_err(StoreError::io(dir.as_str()))? {
            let header = segment.read_header(&**disk).map_err(StoreError::io(segment.path.as_str()))?;
            let origin = header.map(|header| header.origin);
            let Some(origin) = origin.filter(|origin| origin.epoch != epoch) else { continue };
            // Of one that is to go more than its first line is read.
            let reader =
                SegmentReader::open(&**disk, &segment).map_err(StoreError::io(segment.path.as_str()))?;
            if reader.header().is_none() {
                continue;
            }
            tracing::error!(path = segment.path, of = %origin, "a file of the journal is another log's");
            let mut file = DisplacedFile::new(&**disk, origin);
            let mut source = SegmentSource::one(disk.clone(), origin.epoch, segment.clone());
            let mut from = 0;
            while let Some(page) =
                source.page(origin.epoch, from).map_err(StoreError::io(segment.path.as_str()))?
            {
                from = page.piece.next();
                file.take(&page.piece)?;
            }
            file.finish()?;
            if source.has_lost() {
                // What cannot be read of it now may be readable later.
                set_aside_hint(&**disk, &segment.path).map_err(StoreError::io(segment.path.as_str()))?;
                continue;
            }
            disk.remove(&segment.path).map_err(StoreError::io(segment.path.as_str()))?;
            disk.sync_dir(&dir).map_err(StoreError::io(segment.path.as_str()))?;
        }
    }
    Ok(())
}
