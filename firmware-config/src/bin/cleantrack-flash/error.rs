//! Why something was not done: what happened, what is safe, and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use firmware_config::ClaimFileError;

use crate::exit::FlashExit;
use crate::sizes::describe_bytes;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DriveRefusal {
    #[error("this machine runs from it ({at})")]
    System { at: String },
    #[error("it is mounted at {at}: unmount it first, or use `inject` with that folder")]
    Mounted { at: String },
    #[error("this machine swaps to {part}")]
    Swap { part: String },
    #[error("{holder} is made of it (LVM, RAID or encryption)")]
    Held { holder: String },
    #[error("it is write-protected: look at the card's little slide")]
    ReadOnly,
    #[error("there is no card in it")]
    Empty,
    #[error("it is no card reader: it is built in. If it is meant, add --force-bytes {bytes}")]
    BuiltIn { bytes: u64 },
    #[error("it holds {}, more than any card for a box. If it is meant, add --force-bytes {bytes}", describe_bytes(*bytes))]
    TooLarge { bytes: u64 },
    #[error("it is a partition: name the whole drive, {whole}")]
    Partition { whole: String },
}

impl DriveRefusal {
    /// Whether naming the drive's exact size lifts it.
    pub(crate) fn is_lifted(&self, force_bytes: Option<u64>) -> bool {
        match self {
            Self::BuiltIn { bytes } | Self::TooLarge { bytes } => force_bytes == Some(*bytes),
            _ => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageFault {
    #[error("it ends too early")]
    Cut,
    #[error("what is packed in it cannot be unpacked")]
    Garbled,
    #[error("what was unpacked does not have its check sum")]
    OtherSum,
    #[error("behind its end there is something else")]
    Followed,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FlashError {
    #[error("{} cannot be read: {source}", path.display())]
    FileUnreadable { path: PathBuf, source: io::Error },
    #[error("{} cannot be written: {source}", path.display())]
    FileUnwritable { path: PathBuf, source: io::Error },
    #[error("{} is there already and was left as it is: name another file, or add --overwrite", path.display())]
    FileExists { path: PathBuf },
    #[error("{} is not an image that can be written: {why}", path.display())]
    ImageUnknown { path: PathBuf, why: &'static str },
    #[error("{} is damaged: {fault}. Download it again", path.display())]
    ImageDamaged { path: PathBuf, fault: ImageFault },
    #[error("{} has the SHA-256 {found}, not {expected}: it is damaged or another file. Download it again", path.display())]
    ImageDigest { path: PathBuf, expected: String, found: String },
    #[error("{source}. The card was written in part: it cannot start until it is written again, whole")]
    CardUnfinished { source: Box<FlashError> },
    #[error("{name} is not written to: {refusal}")]
    Refused { name: String, refusal: DriveRefusal },
    #[error("{0} is no drive of this machine; `cleantrack-flash list` shows those that are there")]
    NoDrive(String),
    #[error(
        "this machine shows no card reader with a card that may be written. Put a card in; `cleantrack-flash list` says why a drive is refused"
    )]
    NoReader,
    #[error(
        "writing to card readers works on Linux only. Write the image with Raspberry Pi Imager, then run `cleantrack-flash inject CLAIM FOLDER` on the drive CT-BOOT that appears; images in files can be changed everywhere"
    )]
    SystemUnsupported,
    #[cfg(target_os = "linux")]
    #[error("{name} cannot be opened: {source}. It needs the rights of an administrator: try sudo")]
    DriveForbidden { name: String, source: io::Error },
    #[cfg(target_os = "linux")]
    #[error(
        "{name} is in use by another program. Close windows that show it, unmount it, then try again; nothing was written"
    )]
    DriveBusy { name: String },
    #[error("the card holds {}, and {} are needed: take a larger card", describe_bytes(*found), describe_bytes(*needed))]
    CardTooSmall { found: u64, needed: u64 },
    #[error(
        "its partitions need {}, and it ends at {}: the image was cut short, or was copied to a card that is too small. It was left as it is: write the image again, whole",
        describe_bytes(*needed),
        describe_bytes(*found)
    )]
    CardCut { found: u64, needed: u64 },
    #[error("the card was removed at {}. It cannot start until it is written again, whole", describe_bytes(*at))]
    CardRemoved { at: u64 },
    #[error("the card takes no more writes at {}: {source}. It is worn out or badly seated: try it once more, then throw it away", describe_bytes(*at))]
    CardUnwritable { at: u64, source: io::Error },
    #[error("the card cannot be read at {}: {source}. It is worn out or badly seated: try it once more, then throw it away", describe_bytes(*at))]
    CardUnreadable { at: u64, source: io::Error },
    #[error(
        "another card is in the reader than the one that was written. Neither can be trusted: write this one again, whole"
    )]
    CardSwapped,
    #[error("the card reads back something else at {} than was written: it is worn out, or not as large as it says. Throw it away", describe_bytes(*at))]
    CardDiffers { at: u64 },
    #[error("there is no box's card: no partition table with a FAT partition CT-BOOT. Write the image first")]
    NoBootPartition,
    #[error(
        "its first FAT partition is called `{label}`, not CT-BOOT: this is no box's card, and it was left as it is"
    )]
    OtherLabel { label: String },
    #[error(
        "the FAT file system was not closed properly, so it was left as it is. Let a computer check the drive (Linux: fsck.vfat -a, Windows: “Scan and fix”), or write the image again"
    )]
    FatDirty,
    #[error(
        "the FAT partition is full: {free} bytes are free, {needed} are needed. Delete what was copied there, or write the image again"
    )]
    FatFull { free: u64, needed: u64 },
    #[error("the FAT file system cannot be used: {0}. Write the image again")]
    FatDamaged(String),
    #[error("{} is not the drive of a box's card: it has no u-boot.bin", path.display())]
    FolderUnknown { path: PathBuf },
    #[error("{}:\n{error}", path.display())]
    Claim { path: PathBuf, error: ClaimFileError },
    #[error("what was written beside the claim file does not fit:\n{}", describe_edits(.0))]
    Edits(ClaimFileError),
    #[error("{} cannot be used as a list of cards:\n{}", path.display(), mistakes.join("\n"))]
    BatchList { path: PathBuf, mistakes: Vec<String> },
    #[error("the list has {done} of {all} cards done; the same command goes on from there")]
    BatchStopped { done: usize, all: usize },
    #[error(
        "the card in the reader is that of {name} (line {line} of the list) and is done: take it out, and put in another"
    )]
    CardDone { name: String, line: u64 },
    #[error("nobody answers: name the drive with --device and add --yes")]
    NoAnswer,
    #[error("nothing was written")]
    Declined,
}

/// Values from options and columns have no line.
pub(crate) fn describe_edits(error: &ClaimFileError) -> String {
    let texts = error.mistakes().iter().map(|mistake| {
        let key = mistake.key.as_deref().unwrap_or("the claim file");
        format!("{key} {}", mistake.reason)
    });
    texts.collect::<Vec<_>>().join("\n")
}

impl FlashError {
    pub(crate) fn report_unreadable(path: &Path, source: io::Error) -> Self {
        Self::FileUnreadable { path: path.to_owned(), source }
    }

    pub(crate) fn report_unwritable(path: &Path, source: io::Error) -> Self {
        Self::FileUnwritable { path: path.to_owned(), source }
    }

    pub(crate) fn exit(&self) -> FlashExit {
        match self {
            Self::CardUnfinished { source } => source.exit(),
            Self::FileUnreadable { .. } | Self::FileUnwritable { .. } | Self::SystemUnsupported => {
                FlashExit::Failure
            }
            Self::ImageUnknown { .. }
            | Self::ImageDamaged { .. }
            | Self::ImageDigest { .. }
            | Self::Claim { .. }
            | Self::Edits(_)
            | Self::BatchList { .. } => FlashExit::Input,
            Self::FileExists { .. }
            | Self::Refused { .. }
            | Self::NoDrive(_)
            | Self::NoReader
            | Self::NoBootPartition
            | Self::OtherLabel { .. }
            | Self::FolderUnknown { .. }
            | Self::CardDone { .. } => FlashExit::Refused,
            #[cfg(target_os = "linux")]
            Self::DriveForbidden { .. } | Self::DriveBusy { .. } => FlashExit::Refused,
            Self::CardTooSmall { .. }
            | Self::CardCut { .. }
            | Self::CardRemoved { .. }
            | Self::CardUnwritable { .. }
            | Self::CardUnreadable { .. }
            | Self::CardSwapped
            | Self::CardDiffers { .. }
            | Self::FatDirty
            | Self::FatFull { .. }
            | Self::FatDamaged(_) => FlashExit::Card,
            Self::BatchStopped { .. } | Self::NoAnswer | Self::Declined => FlashExit::Stopped,
        }
    }
}
