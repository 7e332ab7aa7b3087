//! A run that no entry adopts and whose file is not whole: its root proves nothing any more, but each group of it still proves
//! itself.

use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::ids::BoxId;
use record::run::RunName;

use crate::database::salvage;
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::log::chain::LineSource as _;
use crate::log::displaced::DisplacedFile;
use crate::log::scan::SegmentFile;
use crate::runs::run_file;
use crate::side_files::unreported;
use crate::sources::SegmentSource;

/// Keeps beside the log every intact group of a run that is not whole, including those behind a damaged one, and moves
/// its file to `salvage/`: what is damaged in it may be readable elsewhere, or later. That is noted, to be reported.
///
/// # Errors
/// The disk's; the next start continues.
pub(crate) fn take_apart(
    disk: &Arc<dyn Disk>,
    box_id: BoxId,
    name: &RunName,
    wall_ms: i64,
) -> Result<(), StoreError> {
    let path = run_file::run_path(name);
    // A run's frames are those of a sealed segment, and so are the groups in them.
    let frames = SegmentFile { first: 0, sealed: true, path: path.clone() };
    let mut source = SegmentSource::one(disk.clone(), name.epoch(), frames);
    let mut file = DisplacedFile::new(&**disk, LogOrigin { box_id, epoch: name.epoch() });
    let mut from = name.lines().start;
    while let Some(page) = source.page(name.epoch(), from).map_err(StoreError::io(path.as_str()))? {
        let Some(piece) = page.piece.cut(from, name.lines().end) else { break };
        from = piece.next();
        file.take(&piece)?;
    }
    let lines = file.finish()?;
    tracing::error!(run = %name, lines, "a run that nothing adopts is damaged: what is intact in it is kept");
    unreported::note_unreported(&**disk, |unreported| {
        unreported.set_aside.insert(path.clone());
    })?;
    salvage::set_aside(&**disk, &path, "its lines do not lead to the root in its name", wall_ms)?;
    run_file::forget_owed(&**disk, name)
}
