//! Systems on which card readers are not written to: files and mounted drives work there too.

use std::convert::Infallible;
use std::fs::File;
use std::io;

use crate::card::CardDevice;
use crate::drives::{CardDrive, DriveTree};
use crate::error::FlashError;

/// Bypassing the page cache needs a system call of each system.
pub(crate) fn drop_cache(_file: &File) -> io::Result<()> {
    Ok(())
}

pub(crate) fn hide_input() -> Option<Infallible> {
    None
}

pub(crate) fn show_input(_hidden: &Infallible) {}

pub(crate) fn open_drive(_drive: &CardDrive, _tree: &DriveTree) -> Result<Box<dyn CardDevice>, FlashError> {
    Err(FlashError::SystemUnsupported)
}

pub(crate) fn open_drive_to_read(
    _drive: &CardDrive,
    _tree: &DriveTree,
) -> Result<Box<dyn CardDevice>, FlashError> {
    Err(FlashError::SystemUnsupported)
}
