//! Reads a segment from front to end, open or sealed, and steps over what is not intact.

use std::collections::BTreeSet;
use std::io;
use std::io::Read as _;
use std::sync::Arc;

use super::segment::{GROUP_BYTES_MAX, Group, HEADER_BYTES_MAX, SegmentHeader};
use crate::io::disk::{Disk, DiskFile, PAGE_BYTES, is_lost};
use crate::io::unreadable::read_what_is_left;

/// What a sealed segment's name ends in.
pub(crate) const SEALED: &str = ".jsonl.zst";
/// What an open or closed but not yet sealed segment's name ends in.
pub(crate) const PLAIN: &str = ".jsonl";
const WINDOW_BYTES: usize = 1 << 20;
/// Bytes that a frame's header and its first block take at most (RFC 8878, 3.1.1).
const FIRST_BLOCK_BYTES: usize = (128 << 10) + 32;
/// First bytes of a zstd frame.
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Bytes that a frame may unpack to: a mebibyte, and the group that went over it.
const FRAME_BYTES_MAX: usize = WINDOW_BYTES + GROUP_BYTES_MAX;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentFile {
    pub(crate) first: u64,
    pub(crate) sealed: bool,
    pub(crate) path: String,
}

impl SegmentFile {
    /// The name of the plain segment that starts at `first`.
    pub(crate) fn plain(dir: &str, first: u64) -> Self {
        Self { first, sealed: false, path: format!("{dir}/{first:012}{PLAIN}") }
    }

    /// The name of the sealed segment that starts at `first`.
    pub(crate) fn sealed(dir: &str, first: u64) -> Self {
        Self { first, sealed: true, path: format!("{dir}/{first:012}{SEALED}") }
    }

    fn named(dir: &str, name: &str) -> Option<Self> {
        let (sealed, number) = match name.strip_suffix(SEALED) {
            Some(number) => (true, number),
            None => (false, name.strip_suffix(PLAIN)?),
        };
        let digits = number.len() == 12 && number.bytes().all(|b| b.is_ascii_digit());
        let first = number.parse().ok().filter(|_| digits)?;
        Some(Self { first, sealed, path: format!("{dir}/{name}") })
    }

    /// The first line; `None` where it is not intact. Of a long file no more is read than that takes.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn read_header(&self, disk: &dyn Disk) -> io::Result<Option<SegmentHeader>> {
        match self.peek_header(disk) {
            Some(header) => Ok(Some(header)),
            // Short, damaged or unreadable: the reader tells these apart.
            None => Ok(SegmentReader::open(disk, self)?.header),
        }
    }

    fn peek_header(&self, disk: &dyn Disk) -> Option<SegmentHeader> {
        let file = disk.open(&self.path).ok()?;
        let mut bytes = vec![0; if self.sealed { FIRST_BLOCK_BYTES } else { HEADER_BYTES_MAX }];
        if file.length().ok()? <= bytes.len() as u64 {
            return None;
        }
        file.read_at(0, &mut bytes).ok()?;
        if !self.sealed {
            return Some(SegmentHeader::parse(&bytes)?.0);
        }
        let mut line = Vec::new();
        let unpacked = zstd::stream::read::Decoder::with_buffer(&bytes[..]).ok()?;
        unpacked.take(HEADER_BYTES_MAX as u64).read_to_end(&mut line).ok()?;
        Some(SegmentHeader::parse(&line)?.0)
    }

    /// All segments of an epoch's folder, by first seq, plain before sealed.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn list(disk: &dyn Disk, dir: &str) -> io::Result<Vec<Self>> {
        let mut all: Vec<_> = disk.list(dir)?.iter().filter_map(|name| Self::named(dir, name)).collect();
        all.sort();
        Ok(all)
    }
}

/// What comes next in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadStep {
    /// An intact group at this offset; its lines are [`SegmentReader::lines`] until the next step.
    Group { at: u64, group: Group },
    /// Bytes that are no intact group, up to the next intact one or the end. They are not all zero.
    Bad {
        at: u64,
        end: u64,
        /// How many of them are not zero.
        nonzero: u64,
    },
    /// Nothing more; zeros may follow `at`.
    End { at: u64 },
}

pub(crate) struct SegmentReader {
    source: GroupSource,
    /// Bytes from `base` on.
    buffer: Vec<u8>,
    base: u64,
    /// Next unread byte in `buffer`.
    at: usize,
    ended: bool,
    lines: std::ops::Range<usize>,
    /// Where the last group ends, padding included.
    end: usize,
    header: Option<SegmentHeader>,
    /// Where in the file the bytes are that could not be read.
    lost: BTreeSet<u64>,
}

enum GroupSource {
    Plain { file: Arc<dyn DiskFile>, len: u64 },
    Sealed { file: Arc<dyn DiskFile>, len: u64, next: u64, damaged: u64 },
    Lost { reported: bool },
}

impl SegmentReader {
    /// Opens a segment and reads its first line.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn open(disk: &dyn Disk, segment: &SegmentFile) -> io::Result<Self> {
        let opened = disk.open(&segment.path).and_then(|file| Ok((file.length()?, file)));
        let source = match opened {
            Ok((len, file)) if segment.sealed => GroupSource::Sealed { file, len, next: 0, damaged: 0 },
            Ok((len, file)) => GroupSource::Plain { file, len },
            Err(e) if is_lost(&e) => GroupSource::Lost { reported: false },
            Err(e) => return Err(e),
        };
        let mut reader = Self {
            source,
            buffer: Vec::new(),
            base: 0,
            at: 0,
            ended: false,
            lines: 0..0,
            end: 0,
            header: None,
            lost: BTreeSet::new(),
        };
        reader.fill()?;
        match SegmentHeader::parse(&reader.buffer) {
            Some((header, len)) => {
                reader.header = Some(header);
                reader.at = len;
            }
            // A plain segment's groups start behind its first page whatever became of that page.
            None if !segment.sealed => reader.at = PAGE_BYTES.min(reader.buffer.len()),
            None => {}
        }
        Ok(reader)
    }

    /// The first line, where it is intact.
    pub(crate) fn header(&self) -> Option<&SegmentHeader> {
        self.header.as_ref()
    }

    /// Whether the disk gives back nothing of the file.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.source, GroupSource::Lost { .. })
    }

    /// Whether bytes at or behind this place of the file could not be read, as far as it was read: nobody knows what they were.
    pub(crate) fn has_lost(&self, from: u64) -> bool {
        let page = from - from % PAGE_BYTES as u64;
        self.is_lost() || self.lost.range(page..).next().is_some()
    }

    /// The lines of the group that the last step gave.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.buffer[self.lines.clone()]
    }

    /// The same group with its trailer, without padding and without its last newline.
    pub(crate) fn bare_group(&self) -> &[u8] {
        self.buffer[self.lines.start..self.end].trim_ascii_end()
    }

    /// Goes to byte `at` of an open segment. `false` where the group of entry `seq` does not stand there: then the reader is of no more use.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn seek_entry(&mut self, at: u64, seq: u64) -> io::Result<bool> {
        if !matches!(self.source, GroupSource::Plain { .. }) {
            return Ok(false);
        }
        self.buffer.clear();
        (self.base, self.at, self.ended) = (at, 0, false);
        self.fill()?;
        Ok(Group::parse(&self.buffer).is_some_and(|group| (group.first..group.next).contains(&seq)))
    }

    /// The next step.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn step(&mut self) -> io::Result<ReadStep> {
        self.fill()?;
        let start = self.base + self.at as u64;
        if let Some(damaged) = self.take_damage() {
            return Ok(ReadStep::Bad { at: start, end: start, nonzero: damaged });
        }
        if let Some(group) = Group::parse(&self.buffer[self.at..]) {
            return Ok(self.take_group(start, group));
        }
        self.skip(start)
    }

    fn take_group(&mut self, at: u64, group: Group) -> ReadStep {
        self.lines = self.at..self.at + group.lines;
        self.at += group.span;
        self.end = self.at;
        ReadStep::Group { at, group }
    }

    /// Looks for the next intact group: at each page in a plain file, at each frame in a sealed one.
    fn skip(&mut self, start: u64) -> io::Result<ReadStep> {
        let mut nonzero = 0;
        let mut zeros_from = start;
        while self.at < self.buffer.len() {
            let here = self.base + self.at as u64;
            let step = match self.source {
                GroupSource::Plain { .. } => {
                    PAGE_BYTES - usize::try_from(here % PAGE_BYTES as u64).unwrap_or(0)
                }
                GroupSource::Sealed { .. } | GroupSource::Lost { .. } => self.buffer.len() - self.at,
            };
            let end = self.buffer.len().min(self.at + step);
            let page = &self.buffer[self.at..end];
            let filled = page.iter().filter(|&&b| b != 0).count() as u64;
            if filled > 0 {
                nonzero += filled;
                let last = page.iter().rposition(|&b| b != 0).unwrap_or(0);
                zeros_from = here + last as u64 + 1;
            }
            self.at = end;
            self.fill()?;
            if self.at < self.buffer.len()
                && self.buffer[self.at] != 0
                && Group::parse(&self.buffer[self.at..]).is_some()
            {
                // Zeros before an intact group are a hole too: a group there was lost.
                let end = self.base + self.at as u64;
                return Ok(ReadStep::Bad { at: start, end, nonzero });
            }
        }
        if nonzero == 0 {
            return Ok(ReadStep::End { at: start });
        }
        Ok(ReadStep::Bad { at: start, end: zeros_from, nonzero })
    }

    fn take_damage(&mut self) -> Option<u64> {
        match &mut self.source {
            // Told once everything before the damaged frame has been read.
            GroupSource::Sealed { damaged, .. } if *damaged > 0 && self.at == 0 => {
                Some(std::mem::take(damaged))
            }
            GroupSource::Lost { reported } => {
                (!std::mem::replace(reported, true)).then_some(GROUP_BYTES_MAX as u64 + 1)
            }
            _ => None,
        }
    }

    /// Keeps at least one whole group in front of `at`, while there is more.
    fn fill(&mut self) -> io::Result<()> {
        while !self.ended && self.buffer.len() - self.at < GROUP_BYTES_MAX {
            match &self.source {
                GroupSource::Plain { .. } => self.fill_plain()?,
                GroupSource::Sealed { .. } => {
                    // Groups never cross frames: the next frame is taken when this one is used up.
                    if self.at < self.buffer.len() {
                        return Ok(());
                    }
                    self.fill_sealed()?;
                    if !self.buffer.is_empty() {
                        return Ok(());
                    }
                }
                GroupSource::Lost { .. } => self.ended = true,
            }
        }
        Ok(())
    }

    fn fill_plain(&mut self) -> io::Result<()> {
        let GroupSource::Plain { file, len } = &self.source else { return Ok(()) };
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let from = self.base + self.buffer.len() as u64;
        let want = usize::try_from(len.saturating_sub(from)).unwrap_or(usize::MAX).min(WINDOW_BYTES);
        let old = self.buffer.len();
        self.buffer.resize(old + want, 0);
        self.lost.extend(read_what_is_left(&**file, from, &mut self.buffer[old..])?);
        self.ended = want == 0;
        Ok(())
    }

    fn fill_sealed(&mut self) -> io::Result<()> {
        self.base += self.buffer.len() as u64;
        self.buffer.clear();
        self.at = 0;
        let GroupSource::Sealed { file, len, next, damaged } = &mut self.source else { return Ok(()) };
        let want = usize::try_from(len.saturating_sub(*next)).unwrap_or(usize::MAX);
        if want == 0 {
            self.ended = true;
            return Ok(());
        }
        // Text packs better than it can be spread: a frame is never longer than what it unpacks to and a little.
        let mut packed = vec![0; want.min(FRAME_BYTES_MAX + WINDOW_BYTES)];
        self.lost.extend(read_what_is_left(&**file, *next, &mut packed)?);
        match unpack_lines(&packed) {
            Some((unpacked, used)) => {
                self.buffer = unpacked;
                *next += used as u64;
            }
            None => {
                let skip =
                    packed[1..].windows(4).position(|w| w == FRAME_MAGIC).map_or(packed.len(), |p| p + 1);
                *damaged += skip as u64;
                *next += skip as u64;
            }
        }
        Ok(())
    }
}

/// Unpacks the frame at the front, checking its own checksum; with the bytes that it took.
fn unpack_lines(packed: &[u8]) -> Option<(Vec<u8>, usize)> {
    let used = zstd::zstd_safe::find_frame_compressed_size(packed).ok()?;
    let unpacked = zstd::bulk::decompress(&packed[..used], FRAME_BYTES_MAX).ok()?;
    Some((unpacked, used))
}

/// How hard it is packed: salts and hashes do not pack at any level, and a box has better things to do.
const LEVEL: i32 = 1;

/// Packs whole groups into one frame with its checksum.
///
/// # Errors
/// zstd's.
pub(crate) fn pack_lines(groups: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.include_checksum(true)?;
    compressor.include_contentsize(true)?;
    compressor.compress(groups)
}

pub(crate) type FrameBytes = (usize, usize);

/// Whether a sealed segment is read back as exactly these frames. Each proves by the checksum in it that it unpacks to the
/// very bytes that were packed.
///
/// # Errors
/// The disk's.
pub(crate) fn frames_hold(disk: &dyn Disk, segment: &SegmentFile, frames: &[FrameBytes]) -> io::Result<bool> {
    let file = disk.open(&segment.path)?;
    let (mut at, mut bytes) = (0, Vec::new());
    for (packed, plain) in frames {
        bytes.resize(*packed, 0);
        file.read_at(at, &mut bytes)?;
        if unpack_lines(&bytes).is_none_or(|(unpacked, used)| (used, unpacked.len()) != (*packed, *plain)) {
            return Ok(false);
        }
        at += *packed as u64;
    }
    Ok(at == file.length()?)
}

#[cfg(test)]
mod tests;
