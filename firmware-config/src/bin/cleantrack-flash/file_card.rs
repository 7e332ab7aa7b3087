//! A file in place of a card.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::card::{CardDevice, CardIdentity};
use crate::error::FlashError;

pub(crate) struct FileCard {
    file: File,
    is_new: bool,
    size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileReplacement {
    Refused,
    Allowed,
}

impl FileCard {
    pub(crate) fn create(path: &Path, replacement: FileReplacement) -> Result<Self, FlashError> {
        let mut options = File::options();
        options.read(true).write(true);
        match replacement {
            FileReplacement::Refused => options.create_new(true),
            FileReplacement::Allowed => options.create(true).truncate(true),
        };
        let opened = options.open(path);
        let file = opened.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => FlashError::FileExists { path: path.to_owned() },
            _ => FlashError::FileUnwritable { path: path.to_owned(), source },
        })?;
        Ok(Self { file, is_new: true, size: u64::MAX })
    }

    pub(crate) fn open(path: &Path) -> Result<Self, FlashError> {
        let mut file = File::open(path).map_err(|source| FlashError::report_unreadable(path, source))?;
        let size =
            file.seek(SeekFrom::End(0)).map_err(|source| FlashError::report_unreadable(path, source))?;
        Ok(Self { file, is_new: false, size })
    }

    pub(crate) fn open_writable(path: &Path) -> Result<Self, FlashError> {
        let file = File::options().read(true).write(true).open(path);
        let mut file = file.map_err(|source| FlashError::report_unwritable(path, source))?;
        let size =
            file.seek(SeekFrom::End(0)).map_err(|source| FlashError::report_unwritable(path, source))?;
        Ok(Self { file, is_new: false, size })
    }
}

impl CardDevice for FileCard {
    fn identity(&mut self) -> io::Result<CardIdentity> {
        Ok(CardIdentity { bytes: self.size, marks: Vec::new() })
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(into)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let end = at + bytes.len() as u64;
        if bytes.iter().all(|&b| b == 0) && self.is_new && self.file.metadata()?.len() <= at {
            // A hole instead of zeros.
            return self.file.set_len(end);
        }
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn drop_cache(&mut self) -> io::Result<()> {
        crate::system::drop_cache(&self.file)
    }

    fn is_blank(&self) -> bool {
        self.is_new
    }

    fn needs_larger_card(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_replaced_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.img");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(
            FileCard::create(&path, FileReplacement::Refused),
            Err(FlashError::FileExists { .. })
        ));
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert!(FileCard::create(&path, FileReplacement::Allowed).is_ok());
        let lost = FileCard::open(&folder.path().join("none.img")).err().unwrap();
        assert!(lost.to_string().contains("cannot be read"), "{lost}");
    }

    #[test]
    fn zeros_are_holes_in_a_new_file_and_zeros_in_an_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.img");
        let mut card = FileCard::create(&path, FileReplacement::Refused).unwrap();
        card.write_at(0, &[0; 4096]).unwrap();
        card.write_at(4096, &[7; 512]).unwrap();
        card.write_at(4096, &[0; 512]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), vec![0; 4608]);
        let mut card = FileCard::open_writable(&path).unwrap();
        assert_eq!(card.identity().unwrap().bytes, 4608);
        card.write_at(10, &[9]).unwrap();
        card.sync().unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[9..12], [0, 9, 0]);
    }
}
