//! The data folder before a start reads anything of it.

use std::io::ErrorKind;

use crate::io::disk::{Disk, remove_if_there, set_aside_hint};
use crate::io::error::StoreError;
use crate::shared::side_file_check;
use crate::side_files::keys::epoch_folders;

/// Makes the folders without which nothing can be kept, and their names durable.
///
/// # Errors
/// The disk's.
pub(crate) fn prepare_folder(disk: &dyn Disk) -> Result<(), StoreError> {
    for dir in ["log", "keys"] {
        disk.make_dir(dir).map_err(StoreError::io(dir))?;
    }
    // Names that a killed process had given and not flushed are in the page cache only; this start builds on them, and removes
    // other copies of what it finds under them.
    let epochs = epoch_folders(disk).map_err(StoreError::io("log/"))?;
    let of_epochs = epochs.iter().map(|epoch| format!("log/{epoch}"));
    for dir in side_file_check::FOLDERS.map(str::to_owned).into_iter().chain(of_epochs) {
        match disk.sync_dir(&dir) {
            // Nothing was ever put there.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            synced => synced.map_err(StoreError::io(dir.as_str()))?,
        }
    }
    for dir in ["log", "keys", ""] {
        disk.sync_dir(dir).map_err(StoreError::io("the data folder"))?;
    }
    Ok(())
}

/// Removes what an interrupted piece of work left under a temporary name.
///
/// # Errors
/// The disk's.
pub(crate) fn remove_leftovers(disk: &dyn Disk) -> Result<(), StoreError> {
    let folders = epoch_folders(disk).map_err(StoreError::io("log/"))?;
    let own = ["", "keys/", "fetched/", "displaced/", "salvage/", "runs/"].map(str::to_owned);
    let dirs = folders.iter().map(|e| format!("log/{e}/"));
    for dir in own.into_iter().chain(dirs) {
        for name in disk.list(dir.trim_end_matches('/')).map_err(StoreError::io(dir.as_str()))? {
            if name.ends_with(".new") {
                let path = format!("{dir}{name}");
                match remove_if_there(disk, &path) {
                    // Nobody of this program made it.
                    Err(e) if e.kind() == ErrorKind::IsADirectory => set_aside_hint(disk, &path),
                    removed => removed,
                }
                .map_err(StoreError::io(path))?;
            }
        }
    }
    Ok(())
}
