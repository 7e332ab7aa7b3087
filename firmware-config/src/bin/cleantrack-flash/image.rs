//! An image as it comes: raw or zstd, block by block, with the sums that say whether it arrived whole.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use sha2::{Digest as _, Sha256};

use crate::error::{FlashError, ImageFault};
use crate::partitions::SECTOR;

/// Written at a time; card readers are slow with less.
pub(crate) const BLOCK: usize = 4 * 1024 * 1024;
pub(crate) const BLOCK_BYTES: u64 = BLOCK as u64;
const READ_AHEAD: usize = 1024 * 1024;
const SUMS_FILE: &str = "SHA256SUMS";
const SUMS_BYTES_MAX: u64 = 1024 * 1024;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Other formats that people try, and the advice for each.
const OTHERS: [(&[u8], &str); 4] = [
    (b"\xfd7zXZ\0", "it is packed by xz: unpack it first (xz -d), or take the .zst"),
    (b"\x1f\x8b", "it is packed by gzip: unpack it first (gunzip), or take the .zst"),
    (b"PK\x03\x04", "it is a ZIP archive: unpack it first, or take the .zst"),
    (b"hsqs", "it is a file system and no image of a whole card"),
];

pub(crate) type BlockSum = [u8; 32];

pub(crate) fn sum_text(sum: &[u8]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct SummedFile {
    file: File,
    sum: Sha256,
    bytes: u64,
}

impl Read for SummedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.sum.update(into.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

type SummedReader = BufReader<SummedFile>;

enum ImageStream {
    Raw(SummedReader),
    Packed(SummedReader, Box<FrameDecoder>),
    Ended(SummedReader),
}

pub(crate) struct ImageReader {
    path: PathBuf,
    stream: Option<ImageStream>,
    /// Of the unpacked image, where the file states it.
    pub(crate) total: Option<u64>,
    /// The SHA-256 that the file must have.
    expected: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageSummary {
    pub(crate) file_bytes: u64,
    pub(crate) file_sum: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WholeImage {
    pub(crate) bytes: u64,
    /// Where a card has its partition table; shorter where the image is.
    pub(crate) first_sector: Vec<u8>,
    pub(crate) summary: ImageSummary,
}

impl ImageReader {
    /// `expected` is the SHA-256 that it must have; without it the one in `SHA256SUMS` beside it.
    pub(crate) fn open(path: &Path, expected: Option<&str>) -> Result<Self, FlashError> {
        let mut file = File::open(path).map_err(|source| FlashError::report_unreadable(path, source))?;
        let size = file.metadata().map_err(|source| FlashError::report_unreadable(path, source))?.len();
        let mut magic = [0; 8];
        let read = file.read(&mut magic).map_err(|source| FlashError::report_unreadable(path, source))?;
        let magic = magic.get(..read).unwrap_or_default();
        if let Some(&(_, why)) = OTHERS.iter().find(|(begin, _)| magic.starts_with(begin)) {
            return Err(FlashError::ImageUnknown { path: path.to_owned(), why });
        }
        io::Seek::rewind(&mut file).map_err(|source| FlashError::report_unreadable(path, source))?;
        let source = SummedFile { file, sum: Sha256::new(), bytes: 0 };
        let source = BufReader::with_capacity(READ_AHEAD, source);
        let expected = expected.map(str::to_lowercase).or_else(|| listed_sum(path));
        let mut image = Self { path: path.to_owned(), stream: None, total: None, expected };
        if magic.starts_with(&ZSTD_MAGIC) {
            let (mut source, mut frames) = (source, Box::new(FrameDecoder::new()));
            frames.init(&mut source).map_err(|e| image.stopped_by(&e))?;
            image.total = Some(frames.content_size()).filter(|&size| size > 0);
            image.stream = Some(ImageStream::Packed(source, frames));
        } else if size == 0 || size % 512 != 0 {
            let why = "it is neither zstd nor a card's image of whole sectors";
            return Err(FlashError::ImageUnknown { path: path.to_owned(), why });
        } else {
            image.total = Some(size);
            image.stream = Some(ImageStream::Raw(source));
        }
        Ok(image)
    }

    pub(crate) fn is_packed(&self) -> bool {
        matches!(self.stream, Some(ImageStream::Packed(..)))
    }

    fn damaged(&self, fault: ImageFault) -> FlashError {
        FlashError::ImageDamaged { path: self.path.clone(), fault }
    }

    /// The file cannot be read, or there is no image in it.
    fn stopped_by(&self, error: &(dyn Error + 'static)) -> FlashError {
        let mut causes = std::iter::successors(Some(error), |&cause| cause.source());
        match causes.find_map(|cause| cause.downcast_ref::<io::Error>()) {
            Some(read) if read.kind() == io::ErrorKind::UnexpectedEof => self.damaged(ImageFault::Cut),
            Some(read) => match read.raw_os_error().map(io::Error::from_raw_os_error) {
                Some(source) => FlashError::FileUnreadable { path: self.path.clone(), source },
                None => self.damaged(ImageFault::Garbled),
            },
            None => self.damaged(ImageFault::Garbled),
        }
    }

    pub(crate) fn read_through(mut self) -> Result<WholeImage, FlashError> {
        let (mut bytes, mut block) = (0, Vec::new());
        self.read_block(&mut block)?;
        let first_sector: Vec<u8> = block.iter().take(SECTOR).copied().collect();
        while !block.is_empty() {
            bytes += block.len() as u64;
            self.read_block(&mut block)?;
        }
        Ok(WholeImage { bytes, first_sector, summary: self.finish()? })
    }

    pub(crate) fn read_block(&mut self, block: &mut Vec<u8>) -> Result<(), FlashError> {
        block.resize(BLOCK, 0);
        let mut filled = 0;
        while filled < BLOCK {
            let rest = block.get_mut(filled..).unwrap_or_default();
            match self.read_some(rest)? {
                0 => break,
                read => filled += read,
            }
        }
        block.truncate(filled);
        Ok(())
    }

    fn read_some(&mut self, into: &mut [u8]) -> Result<usize, FlashError> {
        loop {
            let (stream, read) = match self.stream.take() {
                Some(ImageStream::Raw(mut source)) => {
                    let read = source.read(into).map_err(|e| self.stopped_by(&e))?;
                    let ended = read == 0;
                    (if ended { ImageStream::Ended(source) } else { ImageStream::Raw(source) }, read)
                }
                Some(ImageStream::Packed(mut source, mut frames)) => {
                    while frames.can_collect() == 0 && !frames.is_finished() {
                        let step = BlockDecodingStrategy::UptoBlocks(1);
                        frames.decode_blocks(&mut source, step).map_err(|e| self.stopped_by(&e))?;
                    }
                    match frames.read(into).map_err(|e| self.stopped_by(&e))? {
                        0 => {
                            self.stream = Some(self.end_frame(source, frames)?);
                            continue;
                        }
                        read => (ImageStream::Packed(source, frames), read),
                    }
                }
                Some(ImageStream::Ended(source)) => (ImageStream::Ended(source), 0),
                None => return Ok(0),
            };
            self.stream = Some(stream);
            return Ok(read);
        }
    }

    /// Checks the sum of a frame, and starts the next one.
    fn end_frame(
        &self,
        mut source: SummedReader,
        mut frames: Box<FrameDecoder>,
    ) -> Result<ImageStream, FlashError> {
        if let Some(sum) = frames.get_checksum_from_data()
            && frames.get_calculated_checksum() != Some(sum)
        {
            return Err(self.damaged(ImageFault::OtherSum));
        }
        loop {
            if io::BufRead::fill_buf(&mut source).map_err(|e| self.stopped_by(&e))?.is_empty() {
                return Ok(ImageStream::Ended(source));
            }
            match frames.reset(&mut source) {
                Ok(()) => return Ok(ImageStream::Packed(source, frames)),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skip = u64::from(length);
                    let skipped = io::copy(&mut source.by_ref().take(skip), &mut io::sink());
                    if skipped.map_err(|e| self.stopped_by(&e))? != skip {
                        return Err(self.damaged(ImageFault::Cut));
                    }
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_))) => {
                    return Err(self.damaged(ImageFault::Followed));
                }
                Err(e) => return Err(self.stopped_by(&e)),
            }
        }
    }

    /// Checks the whole file's sum, once everything has been read.
    pub(crate) fn finish(mut self) -> Result<ImageSummary, FlashError> {
        let Some(ImageStream::Ended(source)) = self.stream.take() else {
            return Err(self.damaged(ImageFault::Cut));
        };
        let source = source.into_inner();
        let summary = ImageSummary { file_bytes: source.bytes, file_sum: sum_text(&source.sum.finalize()) };
        match self.expected.take() {
            Some(expected) if expected != summary.file_sum => {
                Err(FlashError::ImageDigest { path: self.path, expected, found: summary.file_sum })
            }
            _ => Ok(summary),
        }
    }
}

/// From `SHA256SUMS` in the image's folder.
fn listed_sum(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let list = File::open(path.with_file_name(SUMS_FILE)).ok()?;
    let mut text = String::new();
    list.take(SUMS_BYTES_MAX).read_to_string(&mut text).ok()?;
    let line = text.lines().find(|line| {
        let listed = line.split_once(' ').map(|(_, rest)| rest.trim_start().trim_start_matches('*'));
        listed == Some(name)
    })?;
    line.split(' ').next().filter(|sum| sum.len() == 64).map(str::to_lowercase)
}

#[cfg(test)]
mod tests;
