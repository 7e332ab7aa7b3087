//! This machine takes another box's place: it becomes that box, and what it had recorded as a box of its own is kept beside
//! the chain, from where the start adopts it. Every step may be interrupted; the next start goes on with it.

use std::sync::Arc;

use record::checkpoint::LogOrigin;

use crate::adoption::adopt;
use crate::database::main_database::MAIN;
use crate::database::state_db::name_state_box;
use crate::io::disk::{Disk, put_small, read_small, remove_if_there};
use crate::io::error::StoreError;
use crate::log::scan::SegmentFile;
use crate::shared::rebase;
use crate::shared::rebase::{Rebase, TAKEOVER};
use crate::side_files::evidence::EVIDENCE;
use crate::side_files::keys::{box_of_log, epoch_folders, put_box_id, read_box_id};
use crate::side_files::trusted::trust_key;
use crate::sources::LogCopies;

/// Does it where the claim's answer said so. `open_as_it_was` opens the folder as the box that it is until then, which heals its log.
///
/// # Errors
/// The disk's. On a full disk this machine stays what it is.
pub(crate) fn finish_takeover(
    disk: &Arc<dyn Disk>,
    open_as_it_was: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let bytes = read_small(&**disk, TAKEOVER, rebase::BYTES_MAX).map_err(StoreError::io(TAKEOVER))?;
    let Some((bytes, takeover)) = bytes.and_then(|b| Rebase::parse(&b).map(|parsed| (b, parsed))) else {
        return Ok(());
    };
    let replaced = takeover.box_id();
    if read_box_id(&**disk)? != Some(replaced) {
        match open_as_it_was().and_then(|()| keep_own_lines(disk)) {
            Err(e) if e.is_full() => {
                tracing::error!(error = %e, "there is no room to take the other box's place: that waits");
                return Ok(());
            }
            ended => ended?,
        }
        put_box_id(&**disk, replaced)?;
    }
    remove_own_log(&**disk)?;
    name_state_box(&**disk, replaced)?;
    trust_key(&**disk, takeover.key())?;
    put_small(&**disk, rebase::FILE, &bytes).map_err(StoreError::io(rebase::FILE))?;
    remove_if_there(&**disk, TAKEOVER).map_err(StoreError::io(TAKEOVER))?;
    disk.sync_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
    tracing::warn!(%replaced, "this machine has taken the place of another box");
    Ok(())
}

/// The journal was just healed whole from whatever else has its lines.
fn keep_own_lines(disk: &Arc<dyn Disk>) -> Result<(), StoreError> {
    let log_error = StoreError::io("log/");
    let Some(box_id) = box_of_log(&**disk).map_err(log_error)? else { return Ok(()) };
    let copies = LogCopies { disk: disk.clone(), box_id, main: Box::new(|| None), salvage: Vec::new() };
    for epoch in epoch_folders(&**disk).map_err(StoreError::io("log/"))? {
        adopt::displace_beyond(&copies, LogOrigin { box_id, epoch }, 0)?;
    }
    Ok(())
}

fn remove_own_log(disk: &dyn Disk) -> Result<(), StoreError> {
    for epoch in epoch_folders(disk).map_err(StoreError::io("log/"))? {
        let dir = format!("log/{epoch}");
        for segment in SegmentFile::list(disk, &dir).map_err(StoreError::io(dir.as_str()))? {
            disk.remove(&segment.path).map_err(StoreError::io(segment.path.as_str()))?;
        }
        disk.sync_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
    }
    remove_if_there(disk, MAIN).and_then(|()| disk.sync_dir("")).map_err(StoreError::io(MAIN))
}
