//! The card's FAT partition as an installer's laptop sees it, and the folder in which the set-up page leaves its file.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use firmware_config::{CLAIM_FILE_BYTES_MAX, CLAIM_FILE_NAME};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::apply::StepGate;
use super::error::ProvisionError;
use crate::setup::{SetupOrigin, SetupStage};

/// That a claim file is being wiped, below the data partition's `etc`.
pub(super) const WIPE_MARKER: &str = "cleantrack/wiping";
const PROVISIONED: &str = "cleantrack-provisioned.txt";
const MISTAKES: &str = "cleantrack-mistakes.txt";
const NEXT: &str = "cleantrack.new";

/// What is found under the claim file's name.
#[derive(Debug)]
pub(super) enum ClaimSource {
    Absent,
    Unreadable(String),
    Bytes(Vec<u8>),
}

#[derive(Debug)]
pub(super) struct CardFolder {
    path: PathBuf,
    origin: SetupOrigin,
}

impl CardFolder {
    /// A folder of the data partition is the set-up page's: it belongs to the service, and no link in it is followed.
    pub(super) fn of(path: &Path, data: &Path) -> Self {
        let is_page = path.starts_with(data);
        Self { path: path.to_owned(), origin: if is_page { SetupOrigin::Page } else { SetupOrigin::Card } }
    }

    pub(super) fn origin(&self) -> SetupOrigin {
        self.origin
    }

    fn open_folder(&self) -> rustix::io::Result<std::os::fd::OwnedFd> {
        let links = if self.origin == SetupOrigin::Page { OFlags::NOFOLLOW } else { OFlags::empty() };
        openat(CWD, &self.path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | links, Mode::empty())
    }

    fn open_claim(&self, access: OFlags) -> rustix::io::Result<File> {
        let folder = self.open_folder()?;
        // A pipe in its place would keep the boot waiting.
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(&folder, CLAIM_FILE_NAME, flags, Mode::empty()).map(File::from)
    }

    pub(super) fn read_claim(&self) -> ClaimSource {
        match self.open_claim(OFlags::RDONLY) {
            Err(Errno::NOENT) => ClaimSource::Absent,
            Err(error) => ClaimSource::Unreadable(error.to_string()),
            Ok(file) => read_bytes(file).unwrap_or_else(|error| ClaimSource::Unreadable(error.to_string())),
        }
    }

    /// Zeros over the claim file, then it goes. The inner error is a card that does not take it.
    pub(super) fn wipe_claim(&self, gate: &mut dyn StepGate) -> Result<Result<(), String>, ProvisionError> {
        let file = match self.open_claim(OFlags::WRONLY) {
            Err(Errno::NOENT) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error.to_string())),
            Ok(file) => file,
        };
        let length = file.metadata().map_or(0, |meta| meta.len());
        // In two parts, so that a test can cut between them as a card does between two sectors.
        for range in [0..length / 2, length / 2..length] {
            if let Err(error) = write_zeros(&file, range) {
                return Ok(Err(error.to_string()));
            }
            gate.pass_step()?;
        }
        if let Err(error) = self.remove_entry(CLAIM_FILE_NAME) {
            return Ok(Err(error.to_string()));
        }
        gate.pass_step()?;
        Ok(Ok(()))
    }

    /// A request that cannot be read would be waited for again and again; what is on a card is the installer's.
    pub(super) fn drop_unreadable(&self) {
        if self.origin == SetupOrigin::Page
            && let Err(error) = self.remove_entry(CLAIM_FILE_NAME)
        {
            tracing::warn!(%error, "what lies in a request's place stays there");
        }
    }

    fn remove_entry(&self, name: &str) -> std::io::Result<()> {
        let folder = self.open_folder()?;
        match unlinkat(&folder, name, AtFlags::empty()) {
            Err(Errno::NOENT) => {}
            removed => removed?,
        }
        File::from(folder).sync_all()
    }

    /// What the installer reads on a laptop, with the line ends that every editor knows. Only a card gets one.
    pub(super) fn write_report(&self, stage: SetupStage, text: &str) -> Result<(), String> {
        if self.origin == SetupOrigin::Page {
            return Ok(());
        }
        let (name, other) = match stage {
            SetupStage::Mistakes => (MISTAKES, PROVISIONED),
            SetupStage::None | SetupStage::Done => (PROVISIONED, MISTAKES),
        };
        let written = self.put_report(name, &text.replace('\n', "\r\n"));
        written.and_then(|()| self.remove_entry(other)).map_err(|error| error.to_string())
    }

    fn put_report(&self, name: &str, text: &str) -> std::io::Result<()> {
        let there = std::fs::read(self.path.join(name));
        if there.is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        let folder = self.open_folder()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&folder, NEXT, flags, Mode::from_raw_mode(0o644))?);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        renameat(&folder, NEXT, &folder, name)?;
        // On FAT the new name is one of an empty file until the file itself is synced.
        file.sync_all()?;
        File::from(folder).sync_all()
    }
}

fn read_bytes(file: File) -> std::io::Result<ClaimSource> {
    if !file.metadata()?.is_file() {
        return Ok(ClaimSource::Unreadable("it is no file".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(CLAIM_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(ClaimSource::Bytes(bytes))
}

fn write_zeros(mut file: &File, range: std::ops::Range<u64>) -> std::io::Result<()> {
    file.seek(std::io::SeekFrom::Start(range.start))?;
    std::io::copy(&mut std::io::repeat(0).take(range.end - range.start), &mut file)?;
    file.sync_all()
}
