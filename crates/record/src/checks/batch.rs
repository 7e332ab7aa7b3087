//! A batch as it travels: one zstd frame of a header line, a signed checkpoint, entry lines and text lines.

use std::io::Read as _;

use crate::entry::{Entry, EntryError};
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, BATCH_WIRE_BYTES_MAX, NOTE_BYTES_MAX, ZSTD_WINDOW_LOG_MAX,
};
use crate::values::redact::{TextError, TextLine};

const MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
const LEVEL: i32 = 3;

/// Why bytes are not a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Not one zstd frame within the limits.
    #[error("the batch is not one zstd frame within the limits: {0}")]
    Frame(String),
    /// The header line does not fit.
    #[error("the batch's header line is not valid: {0}")]
    Header(&'static str),
    /// Lines are missing, left over or not UTF-8.
    #[error("the batch does not hold what its header says: {0}")]
    Lines(&'static str),
    /// An entry cannot be read.
    #[error("line {line} of the batch: {source}")]
    Entry {
        /// Which entry of the batch, from 0.
        line: usize,
        /// Why.
        source: EntryError,
    },
    /// A text cannot be read.
    #[error("text {line} of the batch: {source}")]
    Text {
        /// Which text of the batch, from 0.
        line: usize,
        /// Why.
        source: TextError,
    },
}

/// How much fits a batch that is being put together; the sender stops before it is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchBudget {
    entries: usize,
    bytes: usize,
}

impl BatchBudget {
    /// Of an empty batch that may hold `entries_max` entries (at most [`BATCH_ENTRIES_MAX`]).
    pub fn new(entries_max: usize) -> Self {
        Self { entries: entries_max.min(BATCH_ENTRIES_MAX), bytes: BATCH_BYTES_MAX - NOTE_BYTES_MAX - 100 }
    }

    /// Takes an entry and the total length of its text lines, or says that it does not fit.
    pub fn take(&mut self, entry_bytes: usize, text_bytes: usize) -> bool {
        let bytes = entry_bytes + text_bytes + 1;
        let fits = self.entries > 0 && bytes <= self.bytes;
        if fits {
            self.entries -= 1;
            self.bytes -= bytes;
        }
        fits
    }
}

/// Packs entries with the note that covers them. `texts` are whole lines without newlines.
///
/// # Errors
/// Over the limits; compression itself.
pub fn pack_batch(
    note: &str,
    first: u64,
    entries: &[&[u8]],
    texts: &[String],
) -> Result<Vec<u8>, BatchError> {
    let mut plain =
        format!("batch/1 {} {first} {} {}\n{note}", note.len(), entries.len(), texts.len()).into_bytes();
    let lines = entries.iter().copied().chain(texts.iter().map(String::as_bytes));
    lines.for_each(|line| {
        plain.extend_from_slice(line);
        plain.push(b'\n');
    });
    if entries.is_empty() || entries.len() > BATCH_ENTRIES_MAX || plain.len() > BATCH_BYTES_MAX {
        return Err(BatchError::Lines("no entries, or more than a batch may hold"));
    }
    zstd::bulk::compress(&plain, LEVEL).map_err(|e| BatchError::Frame(e.to_string()))
}

/// A batch that was read and is not believed: nothing in it has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedBatch {
    pub(crate) note: String,
    pub(crate) first: u64,
    pub(crate) entries: Vec<Entry>,
    pub(crate) texts: Vec<TextLine>,
}

fn to_size(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn parse_number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|n| n.to_string() == text)
}

impl UnverifiedBatch {
    /// Within the limits of memory, whatever the frame states.
    ///
    /// # Errors
    /// What does not fit the format.
    pub fn unpack(wire: &[u8]) -> Result<Self, BatchError> {
        Self::parse(&inflate_batch(wire)?)
    }

    /// The same batch without its text lines: note and entries prove as much without them, and what is never stored need not be
    /// erased.
    ///
    /// # Errors
    /// Compression itself.
    pub fn pack_without_texts(&self) -> Result<Vec<u8>, BatchError> {
        let lines: Vec<&[u8]> = self.entries.iter().map(Entry::bytes).collect();
        pack_batch(&self.note, self.first, &lines, &[])
    }

    /// Reads the bytes inside the frame.
    ///
    /// # Errors
    /// What does not fit the format.
    pub fn parse(plain: &[u8]) -> Result<Self, BatchError> {
        let newline =
            plain.iter().take(100).position(|&b| b == b'\n').ok_or(BatchError::Header("it has no end"))?;
        let header =
            std::str::from_utf8(&plain[..newline]).map_err(|_| BatchError::Header("it is not UTF-8"))?;
        let numbers = header.strip_prefix("batch/1 ").ok_or(BatchError::Header("it is not `batch/1`"))?;
        let numbers: Option<Vec<u64>> = numbers.split(' ').map(parse_number).collect();
        let Some([note, first, entries, texts]) = numbers.as_deref() else {
            return Err(BatchError::Header("four plain numbers must follow `batch/1`"));
        };
        if !(1..=BATCH_ENTRIES_MAX).contains(&to_size(*entries)) || to_size(*note) > NOTE_BYTES_MAX {
            return Err(BatchError::Header("it has no entries, too many, or too long a note"));
        }
        let rest = &plain[newline + 1..];
        let (note, rest) =
            rest.split_at_checked(to_size(*note)).ok_or(BatchError::Lines("the note is cut short"))?;
        let note = std::str::from_utf8(note).map_err(|_| BatchError::Lines("the note is not UTF-8"))?;
        let lines = rest.strip_suffix(b"\n").ok_or(BatchError::Lines("the last line does not end"))?;
        let mut lines = lines.split(|&b| b == b'\n');
        let mut batch = Self { note: note.to_owned(), first: *first, entries: Vec::new(), texts: Vec::new() };
        for line in 0..to_size(*entries) {
            let bytes = lines.next().ok_or(BatchError::Lines("entries are missing"))?;
            batch.entries.push(Entry::parse(bytes).map_err(|source| BatchError::Entry { line, source })?);
        }
        for line in 0..to_size(*texts) {
            let bytes = lines.next().ok_or(BatchError::Lines("texts are missing"))?;
            batch.texts.push(TextLine::parse(bytes).map_err(|source| BatchError::Text { line, source })?);
        }
        if lines.next().is_some() {
            return Err(BatchError::Lines("lines are left over"));
        }
        Ok(batch)
    }

    /// The number of its first entry, as it claims.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The checkpoint note, as it claims.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Its entries and texts, for who compares them with a root of its own; nothing of them has been verified.
    pub fn into_unverified(self) -> (Vec<Entry>, Vec<TextLine>) {
        (self.entries, self.texts)
    }
}

fn frame_error(why: &str) -> BatchError {
    BatchError::Frame(why.to_owned())
}

fn inflate_batch(wire: &[u8]) -> Result<Vec<u8>, BatchError> {
    if wire.len() > BATCH_WIRE_BYTES_MAX || !wire.starts_with(&MAGIC) {
        return Err(frame_error("too long, or another format"));
    }
    let stated = zstd::zstd_safe::get_frame_content_size(wire).ok().flatten();
    let stated = stated.and_then(|n| usize::try_from(n).ok()).filter(|&n| n <= BATCH_BYTES_MAX);
    let stated = stated.ok_or(frame_error("it does not state its size, or too large a one"))?;
    if zstd::zstd_safe::find_frame_compressed_size(wire) != Ok(wire.len()) {
        return Err(frame_error("it is cut short, or something follows it"));
    }
    let mut decoder =
        zstd::stream::read::Decoder::with_buffer(wire).map_err(|e| BatchError::Frame(e.to_string()))?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|e| BatchError::Frame(e.to_string()))?;
    let mut plain = Vec::with_capacity(stated);
    let limit = BATCH_BYTES_MAX as u64 + 1;
    decoder.take(limit).read_to_end(&mut plain).map_err(|e| BatchError::Frame(e.to_string()))?;
    if plain.len() == stated { Ok(plain) } else { Err(frame_error("its size is not the one that it states")) }
}
