//! A card in a reader, opened exclusively.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::{Advice, OFlags};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::card::{CardDevice, CardIdentity};
use crate::drives::{CardDrive, DriveMarks, DriveTree};
use crate::error::FlashError;

/// Direct reads must begin at multiples of this, in the card and in memory.
const ALIGNMENT: usize = 4_096;
const ALIGNMENT_BYTES: u64 = 4_096;

pub(crate) fn drop_cache(file: &File) -> io::Result<()> {
    rustix::fs::fadvise(file, 0, None, Advice::DontNeed)?;
    Ok(())
}

pub(crate) struct HiddenInput(Termios);

pub(crate) fn hide_input() -> Option<HiddenInput> {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin).ok()?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).ok()?;
    Some(HiddenInput(before))
}

pub(crate) fn show_input(hidden: &HiddenInput) {
    // Where it cannot be restored, nothing else can be done about it.
    let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &hidden.0);
}

struct DriveCard {
    file: File,
    /// Reads past the page cache, where the reader's driver can.
    direct: Option<File>,
    marks: DriveMarks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenPurpose {
    Write,
    Look,
}

fn open_with(drive: &CardDrive, purpose: OpenPurpose, flags: OFlags) -> io::Result<File> {
    // The flags are those of the kernel's header, whose sign does not matter.
    let bits = i32::from_ne_bytes(flags.bits().to_ne_bytes());
    File::options().read(true).write(purpose == OpenPurpose::Write).custom_flags(bits).open(&drive.path)
}

fn open_card(
    drive: &CardDrive,
    tree: &DriveTree,
    purpose: OpenPurpose,
) -> Result<Box<dyn CardDevice>, FlashError> {
    let flags = if purpose == OpenPurpose::Write { OFlags::EXCL } else { OFlags::empty() };
    let mut file = open_with(drive, purpose, flags).map_err(|source| report_refused(drive, source))?;
    file.seek(SeekFrom::End(0)).map_err(|source| report_refused(drive, source))?;
    let direct = open_with(drive, OpenPurpose::Look, OFlags::DIRECT).ok();
    Ok(Box::new(DriveCard { file, direct, marks: DriveMarks::of(drive, tree) }))
}

fn report_refused(drive: &CardDrive, source: io::Error) -> FlashError {
    let name = drive.path.display().to_string();
    match source.raw_os_error() {
        Some(16) => FlashError::DriveBusy { name },
        Some(123) => FlashError::NoReader,
        _ => FlashError::DriveForbidden { name, source },
    }
}

/// Exclusive until it is dropped: the kernel refuses it while a partition is mounted, and refuses mounts
/// meanwhile.
pub(crate) fn open_drive(drive: &CardDrive, tree: &DriveTree) -> Result<Box<dyn CardDevice>, FlashError> {
    open_card(drive, tree, OpenPurpose::Write)
}

pub(crate) fn open_drive_to_read(
    drive: &CardDrive,
    tree: &DriveTree,
) -> Result<Box<dyn CardDevice>, FlashError> {
    open_card(drive, tree, OpenPurpose::Look)
}

impl DriveCard {
    /// Whole pages, past the page cache.
    fn read_direct(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let Some(mut file) = self.direct.as_ref() else { return Err(io::ErrorKind::Unsupported.into()) };
        if !at.is_multiple_of(ALIGNMENT_BYTES) || !into.len().is_multiple_of(ALIGNMENT) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let mut memory = vec![0; into.len() + ALIGNMENT];
        let skip = memory.as_ptr().align_offset(ALIGNMENT);
        let aligned = memory.get_mut(skip..skip + into.len()).ok_or(io::ErrorKind::Unsupported)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(aligned)?;
        into.copy_from_slice(aligned);
        Ok(())
    }
}

impl CardDevice for DriveCard {
    fn identity(&mut self) -> io::Result<CardIdentity> {
        let bytes = self.file.seek(SeekFrom::End(0))?;
        Ok(CardIdentity { bytes, marks: self.marks.read() })
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        if self.read_direct(at, into).is_ok() {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(into)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn drop_cache(&mut self) -> io::Result<()> {
        drop_cache(&self.file)
    }

    fn is_blank(&self) -> bool {
        false
    }

    fn needs_larger_card(&self) -> bool {
        true
    }
}
