//! The drive CT-BOOT that a box starts from: on a card, in an image, or as the folder that a computer shows of it.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fatfs::{Date, DateTime, FileSystem, FsOptions, Time, TimeProvider};
use firmware_config::{CLAIM_FILE_NAME, MISTAKES_FILE_NAME};

use crate::card::{CardDevice, read_fault, write_fault};
use crate::error::FlashError;
use crate::fat_guard::guard_fat;
use crate::partitions::CardPartition;

/// Label of the FAT partition of a box's card.
const BOOT_LABEL: &str = "CT-BOOT";
/// Only the drive of a box's card has this file.
const BOOT_PROGRAM: &str = "u-boot.bin";
/// A FAT with a cycle would be read for ever; an intact one needs a fraction of this.
const READ_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub(crate) trait BootFiles {
    /// At most `most` bytes; `None` where there is none.
    fn read_file(&mut self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FlashError>;

    /// Under another name first, so that a removal leaves the old file or the new one.
    fn write_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), FlashError>;

    fn remove_file(&mut self, name: &str) -> Result<(), FlashError>;
}

pub(crate) struct CardWindow<'a> {
    card: &'a mut dyn CardDevice,
    start: u64,
    bytes: u64,
    position: u64,
    read: u64,
}

impl CardWindow<'_> {
    /// As much as is inside the partition.
    fn fit(&self, length: usize) -> usize {
        let left = self.bytes.saturating_sub(self.position);
        usize::try_from(left).unwrap_or(usize::MAX).min(length)
    }
}

impl Read for CardWindow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fit(into.len());
        self.read += length as u64;
        if self.read > READ_BYTES_MAX {
            return Err(io::Error::other("its tables lead in circles"));
        }
        self.card.read_at(self.start + self.position, into.get_mut(..length).unwrap_or_default())?;
        self.position += length as u64;
        Ok(length)
    }
}

impl Write for CardWindow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.fit(bytes.len());
        self.card.write_at(self.start + self.position, bytes.get(..length).unwrap_or_default())?;
        self.position += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for CardWindow<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.bytes.checked_add_signed(by),
        };
        // There is no position after its end.
        let inside = position.filter(|at| *at <= self.bytes);
        self.position = inside.ok_or_else(|| io::Error::other("it points outside its partition"))?;
        Ok(self.position)
    }
}

/// For the times of written files.
#[derive(Debug)]
struct FatClock;

static FAT_CLOCK: FatClock = FatClock;

fn date_part(value: i8) -> u16 {
    u16::try_from(value).unwrap_or(0)
}

impl TimeProvider for FatClock {
    fn get_current_date(&self) -> Date {
        self.get_current_date_time().date
    }

    fn get_current_date_time(&self) -> DateTime {
        let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
        let year = u16::try_from(now.year()).unwrap_or(0).clamp(1980, 2107);
        let date = Date { year, month: date_part(now.month()), day: date_part(now.day()) };
        let time = Time {
            hour: date_part(now.hour()),
            min: date_part(now.minute()),
            sec: date_part(now.second()),
            millis: 0,
        };
        DateTime { date, time }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VolumeUse {
    Look,
    Change,
}

pub(crate) struct CardVolume<'a> {
    fat: FileSystem<CardWindow<'a>>,
    start: u64,
}

fn fat_fault(error: io::Error, fault: impl Fn(io::Error) -> FlashError) -> FlashError {
    // The card's own errors have a number.
    if error.raw_os_error().is_some() { fault(error) } else { FlashError::FatDamaged(error.to_string()) }
}

impl<'a> CardVolume<'a> {
    /// To be changed it must be CT-BOOT and have been closed properly.
    pub(crate) fn open(
        card: &'a mut dyn CardDevice,
        partition: CardPartition,
        purpose: VolumeUse,
    ) -> Result<Self, FlashError> {
        let start = partition.start;
        let window = CardWindow { card, start, bytes: partition.bytes, position: 0, read: 0 };
        let options = FsOptions::new().time_provider(&FAT_CLOCK);
        let fat =
            guard_fat(|| FileSystem::new(window, options).map_err(|e| fat_fault(e, read_fault(start))))?;
        let volume = Self { fat, start };
        if purpose == VolumeUse::Change {
            let label = volume.label()?;
            if label != BOOT_LABEL {
                return Err(FlashError::OtherLabel { label });
            }
            if volume.is_dirty()? {
                return Err(FlashError::FatDirty);
            }
        }
        Ok(volume)
    }

    fn reading(&self) -> impl Fn(io::Error) -> FlashError + use<> {
        let start = self.start;
        move |error| fat_fault(error, read_fault(start))
    }

    fn writing(&self) -> impl Fn(io::Error) -> FlashError + use<> {
        let start = self.start;
        move |error| fat_fault(error, write_fault(start))
    }

    pub(crate) fn label(&self) -> Result<String, FlashError> {
        let listed = guard_fat(|| self.fat.read_volume_label_from_root_dir().map_err(self.reading()))?;
        Ok(listed.unwrap_or_else(|| self.fat.volume_label()).trim().to_owned())
    }

    pub(crate) fn is_dirty(&self) -> Result<bool, FlashError> {
        let flags = guard_fat(|| self.fat.read_status_flags().map_err(self.reading()))?;
        Ok(flags.dirty() || flags.io_error())
    }

    /// Writes what is left to write; the card must be synced afterwards.
    pub(crate) fn close(self) -> Result<(), FlashError> {
        let writing = self.writing();
        guard_fat(|| self.fat.unmount().map_err(writing))
    }

    fn remove_entry(&self, name: &str) -> Result<(), FlashError> {
        match self.fat.root_dir().remove(name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.writing()(e)),
            _ => Ok(()),
        }
    }

    fn require_space(&self, length: usize) -> Result<(), FlashError> {
        let stats = self.fat.stats().map_err(self.reading())?;
        let cluster = u64::from(stats.cluster_size());
        let free = u64::from(stats.free_clusters()) * cluster;
        // One cluster more, should the folder have to grow.
        let needed = (length as u64).next_multiple_of(cluster.max(1)) + cluster;
        if free < needed { Err(FlashError::FatFull { free, needed }) } else { Ok(()) }
    }
}

impl BootFiles for CardVolume<'_> {
    fn read_file(&mut self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FlashError> {
        guard_fat(|| self.read_entry(name, most))
    }

    fn write_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), FlashError> {
        guard_fat(|| self.write_entry(name, bytes))
    }

    fn remove_file(&mut self, name: &str) -> Result<(), FlashError> {
        guard_fat(|| self.remove_entry(name))
    }
}

impl CardVolume<'_> {
    fn read_entry(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FlashError> {
        let file = match self.fat.root_dir().open_file(name) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.reading()(e)),
        };
        let mut bytes = Vec::new();
        file.take(most as u64).read_to_end(&mut bytes).map_err(self.reading())?;
        Ok(Some(bytes))
    }

    fn write_entry(&self, name: &str, bytes: &[u8]) -> Result<(), FlashError> {
        let spare = spare_name(name);
        self.remove_entry(&spare)?;
        self.require_space(bytes.len())?;
        let root = self.fat.root_dir();
        let mut file = root.create_file(&spare).map_err(self.writing())?;
        file.write_all(bytes).and_then(|()| file.flush()).map_err(self.writing())?;
        drop(file);
        self.remove_entry(name)?;
        root.rename(&spare, &root, name).map_err(self.writing())
    }
}

fn spare_name(name: &str) -> String {
    format!("{name}.new")
}

/// Also removes the box's report on the mistakes of the file before.
pub(crate) fn replace_claim(files: &mut dyn BootFiles, claim: &str) -> Result<(), FlashError> {
    files.write_file(CLAIM_FILE_NAME, claim.as_bytes())?;
    files.remove_file(MISTAKES_FILE_NAME)
}

pub(crate) struct BootFolder {
    path: PathBuf,
}

impl BootFolder {
    pub(crate) fn open(path: &Path) -> Result<Self, FlashError> {
        if path.join(BOOT_PROGRAM).is_file() {
            Ok(Self { path: path.to_owned() })
        } else {
            Err(FlashError::FolderUnknown { path: path.to_owned() })
        }
    }
}

impl BootFiles for BootFolder {
    fn read_file(&mut self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FlashError> {
        read_bounded(&self.path.join(name), most)
    }

    fn write_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), FlashError> {
        write_whole(&self.path.join(name), bytes)
    }

    fn remove_file(&mut self, name: &str) -> Result<(), FlashError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(FlashError::FileUnwritable { path, source })
            }
            _ => Ok(()),
        }
    }
}

/// At most `most` bytes; `None` where there is no file.
pub(crate) fn read_bounded(path: &Path, most: usize) -> Result<Option<Vec<u8>>, FlashError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(FlashError::report_unreadable(path, e)),
    };
    let mut bytes = Vec::new();
    let read = file.take(most as u64).read_to_end(&mut bytes);
    read.map_err(|source| FlashError::report_unreadable(path, source))?;
    Ok(Some(bytes))
}

fn write_spare(spare: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(spare)?;
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(spare, old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(spare, path)
}

/// Atomically: the old file or the new one, whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FlashError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let spare = path.with_file_name(spare_name(name));
    let written = write_spare(&spare, path, bytes);
    if written.is_err() {
        // Where it cannot be removed either, the error says enough.
        let _ = fs::remove_file(&spare);
    }
    written.map_err(|source| FlashError::FileUnwritable { path: path.to_owned(), source })?;
    // Not every system opens a folder; the rename is in its log anyway.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests;
