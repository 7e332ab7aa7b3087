//! Where a box's card is: in a reader, in a file, or as a folder that the computer shows.

use std::path::{Path, PathBuf};

use crate::card::CardDevice;
use crate::drives::{CardDrive, DriveTree, find_drive, require_drive};
use crate::error::FlashError;
use crate::file_card::FileCard;
use crate::partitions::check_partition_ends;
use crate::system::{open_drive, open_drive_to_read};
use crate::volume::{BootFolder, replace_claim};
use crate::writer::add_claim;

pub(crate) enum CardPlace {
    Drive(CardDrive),
    File(PathBuf),
    Folder(PathBuf),
}

impl CardPlace {
    pub(crate) fn of(path: &Path, tree: &DriveTree) -> Result<Self, FlashError> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        match find_drive(tree, path) {
            Ok(drive) => Ok(Self::Drive(drive)),
            // A device path is no regular file.
            Err(FlashError::NoDrive(_) | FlashError::SystemUnsupported) if path.is_file() => {
                Ok(Self::File(path.to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// `None` for a folder.
    pub(crate) fn open_to_read(&self, tree: &DriveTree) -> Result<Option<Box<dyn CardDevice>>, FlashError> {
        match self {
            Self::Drive(drive) => open_drive_to_read(drive, tree).map(Some),
            Self::File(path) => Ok(Some(Box::new(FileCard::open(path)?))),
            Self::Folder(_) => Ok(None),
        }
    }
}

/// The card must be one that a box starts from.
pub(crate) fn inject_claim(
    path: &Path,
    claim: &str,
    tree: &DriveTree,
    force_bytes: Option<u64>,
) -> Result<(), FlashError> {
    match CardPlace::of(path, tree)? {
        CardPlace::Drive(_) => {
            let drive = require_drive(tree, path, force_bytes)?;
            add_to_whole(open_drive(&drive, tree)?.as_mut(), claim)
        }
        CardPlace::File(path) => add_to_whole(&mut FileCard::open_writable(&path)?, claim),
        CardPlace::Folder(path) => {
            let mut files = BootFolder::open(&path)?;
            replace_claim(&mut files, claim)
        }
    }
}

/// Checked first: once the claim file is reported to be on it, the card goes to the box.
fn add_to_whole(card: &mut dyn CardDevice, claim: &str) -> Result<(), FlashError> {
    check_partition_ends(card)?;
    add_claim(card, claim)
}
