//! The file of a run: a head that says whose lines they are, then the journal's groups, in frames of zstd.

use std::io::{self, BufRead, BufReader, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{RunName, RunNamer};
use crate::entry::{Entry, EntryError};
use crate::group::{
    GROUP_BYTES_MAX, GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupLine, ParsedGroup, group_lines,
    group_trailer, half_sum, write_text,
};
use crate::limits::{ENTRY_TEXTS_MAX, NOTE_BYTES_MAX, RUN_NOTES_MAX};
use crate::signed::checkpoint::Checkpoint;
use crate::signed::sign::SignedNote;
use crate::tree::{Hash, leaf_hash};
use crate::values::ids::BoxId;
use crate::values::redact::{TextError, TextLine};

/// Bytes of whole groups in one frame: damage costs at most this much, and a group.
const FRAME_BYTES: usize = 1 << 20;
/// log2 of the zstd window that a reader grants: a frame unpacks to a mebibyte and the group that goes over
/// it.
const WINDOW_LOG_MAX: u32 = 21;
const HEAD_BYTES_MAX: usize = 512 + RUN_NOTES_MAX * (NOTE_BYTES_MAX * 4 / 3 + 16);
const LEVEL: i32 = 3;

/// Why a file is not the run that it should be, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The bytes could not be read, unpacked or written.
    #[error("the run's bytes: {0}")]
    Bytes(#[from] io::Error),
    /// The head is damaged, or of another run.
    #[error("the run's head does not hold: {0}")]
    Head(&'static str),
    /// A note is no checkpoint of the run's epoch.
    #[error("a note in the run is no checkpoint of its epoch")]
    Note,
    /// No intact group that continues the one before begins at this line.
    #[error("the run's lines do not hold from entry {0} on")]
    Group(u64),
    /// A line that is no entry.
    #[error("what stands in the run as entry {seq} is no entry: {source}")]
    Entry {
        /// Which.
        seq: u64,
        /// Why.
        source: EntryError,
    },
    /// A line that is no text.
    #[error("a text in the run, before entry {before}, cannot be read: {source}")]
    Text {
        /// The first entry of the next group.
        before: u64,
        /// Why.
        source: TextError,
    },
    /// A text that its entry does not name.
    #[error("a text beside entry {0} of the run is not named by it, or one too many")]
    Stray(u64),
    /// The lines do not match the name: fewer, more, or changed.
    #[error("the run's lines do not lead to the root in its name")]
    Root,
}

/// One line of a run with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// The entry.
    pub entry: Entry,
    /// Its leaf hash.
    pub leaf: Hash,
    /// The texts beside it that are not erased.
    pub texts: Vec<TextLine>,
}

/// Writes a run's file. The bytes are a run only once [`RunWriter::finish`] succeeded.
#[derive(Debug)]
pub struct RunWriter<W> {
    out: W,
    name: RunName,
    namer: RunNamer,
    /// Seq of the first entry of the open group.
    first: u64,
    entries: Vec<u8>,
    texts: Vec<u8>,
    frame: Vec<u8>,
}

fn run_head(box_id: BoxId, name: &RunName, notes: &[String]) -> String {
    let notes_lines: String = notes.iter().map(|note| format!("#c {}\n", STANDARD.encode(note))).collect();
    let stated = format!("{box_id} {name} {}", notes.len());
    let sum = half_sum(&[stated.as_bytes(), b"\n", notes_lines.as_bytes()]);
    format!("#r 1 {stated} {sum}\n{notes_lines}")
}

/// Whether a note is a checkpoint of the run's own epoch. Its signatures are not checked.
pub fn is_note_of(note: &str, box_id: BoxId, name: &RunName) -> bool {
    let checkpoint = SignedNote::parse(note).and_then(|note| Checkpoint::parse(note.text()));
    checkpoint.is_ok_and(|c| c.origin.box_id == box_id && c.origin.epoch == name.epoch())
}

impl<W: Write> RunWriter<W> {
    /// `notes` are the known checkpoints of the run's own epoch, stored with its lines.
    ///
    /// # Errors
    /// Writing; a note of something else, or more than [`RUN_NOTES_MAX`].
    pub fn begin(out: W, box_id: BoxId, name: RunName, notes: &[String]) -> Result<Self, RunError> {
        if notes.len() > RUN_NOTES_MAX || !notes.iter().all(|note| is_note_of(note, box_id, &name)) {
            return Err(RunError::Note);
        }
        let first = name.lines().start;
        let namer = RunNamer::new(name.epoch(), first);
        let (entries, texts) = (Vec::new(), Vec::new());
        let frame = run_head(box_id, &name, notes).into_bytes();
        let mut writer = Self { out, name, namer, first, entries, texts, frame };
        // In a frame of its own: whoever looks for intact groups in a damaged file finds them from the first
        // frame on.
        writer.write_frame()?;
        Ok(writer)
    }

    /// Takes the next line: an entry's exact bytes and the texts beside it.
    ///
    /// # Errors
    /// Writing; the line does not fit a group.
    pub fn write_line(&mut self, entry: &[u8], texts: &[TextLine]) -> Result<(), RunError> {
        let seq = self.namer.next_seq();
        let mut beside = Vec::new();
        texts.iter().for_each(|text| write_text(&mut beside, text));
        let bytes = entry.len() + 1 + beside.len();
        if texts.iter().any(|text| text.seq() != seq) || texts.len() > ENTRY_TEXTS_MAX {
            return Err(RunError::Stray(seq));
        }
        if seq >= self.name.lines().end || bytes > GROUP_LINES_BYTES_MAX {
            return Err(RunError::Group(seq));
        }
        let full = self.entries.len() + self.texts.len() + bytes > GROUP_LINES_BYTES_MAX;
        if full || seq - self.first >= GROUP_ENTRIES_MAX as u64 {
            self.close_group()?;
        }
        self.namer.push(leaf_hash(entry));
        self.entries.extend_from_slice(entry);
        self.entries.push(b'\n');
        self.texts.append(&mut beside);
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), RunError> {
        let next = self.namer.next_seq();
        if next == self.first {
            return Ok(());
        }
        self.entries.append(&mut self.texts);
        let trailer = group_trailer(self.first, next, &self.namer.root(), &self.entries);
        self.frame.append(&mut self.entries);
        self.frame.extend_from_slice(trailer.as_bytes());
        self.frame.push(b'\n');
        self.first = next;
        if self.frame.len() >= FRAME_BYTES {
            self.write_frame()?;
        }
        Ok(())
    }

    fn write_frame(&mut self) -> Result<(), RunError> {
        if !self.frame.is_empty() {
            let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
            compressor.include_checksum(true)?;
            compressor.include_contentsize(true)?;
            self.out.write_all(&compressor.compress(&self.frame)?)?;
            self.frame.clear();
        }
        Ok(())
    }

    /// Writes what is left and gives the sink back, not flushed.
    ///
    /// # Errors
    /// [`RunError::Root`]: these were not the lines of the name, and what was written is no run.
    pub fn finish(mut self) -> Result<W, RunError> {
        self.close_group()?;
        self.write_frame()?;
        if self.namer.name().ok() == Some(self.name) { Ok(self.out) } else { Err(RunError::Root) }
    }
}

/// Reads a run's file, group by group, in the memory of one frame. Nothing of it is verified before the last
/// group: the root in the name decides. Where that matters (a line from another side, or from a card), call
/// [`check_run`] first.
pub struct RunReader<R: Read> {
    plain: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
    name: RunName,
    namer: RunNamer,
    notes: Vec<String>,
    group: Vec<u8>,
    plain_bytes: u64,
}

impl<R: Read> std::fmt::Debug for RunReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunReader").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<R: Read> RunReader<R> {
    /// Begins to read what should be the run `name` of this box.
    ///
    /// # Errors
    /// It is not, or it cannot be read.
    pub fn open(bytes: R, box_id: BoxId, name: RunName) -> Result<Self, RunError> {
        let mut decoder = zstd::stream::read::Decoder::new(bytes)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        let namer = RunNamer::new(name.epoch(), name.lines().start);
        let (plain, notes, group) = (BufReader::new(decoder), Vec::new(), Vec::new());
        let mut reader = Self { plain, name, namer, notes, group, plain_bytes: 0 };
        reader.read_head(box_id)?;
        Ok(reader)
    }

    fn read_head(&mut self, box_id: BoxId) -> Result<(), RunError> {
        let mut bytes = Vec::new();
        let mut limited = self.plain.by_ref().take(HEAD_BYTES_MAX as u64);
        limited.read_until(b'\n', &mut bytes)?;
        let line = std::str::from_utf8(&bytes).map_err(|_| RunError::Head("it is not UTF-8"))?;
        let stated = line.strip_prefix(&format!("#r 1 {box_id} {} ", self.name));
        let stated = stated.ok_or(RunError::Head("it is another run, of another box, or no run"))?;
        let count = stated.split(' ').next().and_then(|count| count.parse::<usize>().ok());
        let count = count.filter(|count| *count <= RUN_NOTES_MAX).ok_or(RunError::Head("too many notes"))?;
        for _ in 0..count {
            let mut line = Vec::new();
            limited.read_until(b'\n', &mut line)?;
            let note = line.strip_prefix(b"#c ").and_then(|rest| rest.strip_suffix(b"\n"));
            let note = note.and_then(|note| STANDARD.decode(note).ok());
            let note = note.and_then(|note| String::from_utf8(note).ok()).ok_or(RunError::Note)?;
            self.notes.push(note);
            bytes.extend_from_slice(&line);
        }
        if bytes != run_head(box_id, &self.name, &self.notes).as_bytes() {
            return Err(RunError::Head("its sum is another"));
        }
        if !self.notes.iter().all(|note| is_note_of(note, box_id, &self.name)) {
            return Err(RunError::Note);
        }
        Ok(())
    }

    /// Checkpoints of the run's own epoch that were stored with it. Their signatures were not checked.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Bytes of the groups that were read so far, unpacked.
    pub fn plain_bytes(&self) -> u64 {
        self.plain_bytes
    }

    /// The lines of the next group; `None` at the end, when all of them lead to the root in the name.
    ///
    /// # Errors
    /// What does not hold.
    pub fn next_group(&mut self) -> Result<Option<Vec<RunLine>>, RunError> {
        let first = self.namer.next_seq();
        if !self.read_group(first)? {
            let whole = self.namer.name().ok() == Some(self.name);
            return if whole { Ok(None) } else { Err(RunError::Root) };
        }
        let group = ParsedGroup::parse(&self.group).filter(|group| group.span == self.group.len());
        let group = group.filter(|group| group.first == first && group.next > first);
        let group =
            group.filter(|group| group.next <= self.name.lines().end).ok_or(RunError::Group(first))?;
        let (lines, trailer) = self.group.split_at(group.lines);
        let same = trailer.strip_suffix(b"\n")
            == Some(group_trailer(first, group.next, &group.root, lines).as_bytes());
        let lines = same.then(|| parse_lines(first, lines)).ok_or(RunError::Group(first))??;
        lines.iter().for_each(|line| self.namer.push(line.leaf));
        let continues = self.namer.next_seq() == group.next && self.namer.root() == group.root;
        continues.then_some(Some(lines)).ok_or(RunError::Group(first))
    }

    /// Reads up to and with the next trailer; `false` at the end.
    fn read_group(&mut self, first: u64) -> Result<bool, RunError> {
        self.group.clear();
        loop {
            let start = self.group.len();
            let left = (GROUP_BYTES_MAX - start) as u64;
            let read = self.plain.by_ref().take(left).read_until(b'\n', &mut self.group)?;
            if read == 0 && start == 0 {
                return Ok(false);
            }
            if read == 0 || !self.group.ends_with(b"\n") {
                return Err(RunError::Group(first));
            }
            self.plain_bytes += read as u64;
            if self.group[start..].starts_with(b"#g ") {
                return Ok(true);
            }
        }
    }
}

fn parse_lines(first: u64, bytes: &[u8]) -> Result<Vec<RunLine>, RunError> {
    let mut lines: Vec<RunLine> = Vec::new();
    let mut open: Vec<Vec<Hash>> = Vec::new();
    let mut texts = Vec::new();
    for line in group_lines(bytes) {
        let seq = first + lines.len() as u64;
        match line {
            GroupLine::Entry(bytes) => {
                let entry = Entry::parse(bytes).map_err(|source| RunError::Entry { seq, source })?;
                if entry.seq() != seq || lines.len() >= GROUP_ENTRIES_MAX {
                    return Err(RunError::Group(first));
                }
                open.push(entry.redactables());
                lines.push(RunLine { leaf: entry.leaf(), entry, texts: Vec::new() });
            }
            GroupLine::Text(bytes) => {
                texts.push(TextLine::parse(bytes).map_err(|source| RunError::Text { before: seq, source })?);
            }
        }
    }
    for text in texts {
        let seq = text.seq();
        let at = seq.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        let at = at.ok_or(RunError::Stray(seq))?;
        let (line, named) = lines.get_mut(at).zip(open.get_mut(at)).ok_or(RunError::Stray(seq))?;
        let place = named.iter().position(|hash| *hash == text.hash()).ok_or(RunError::Stray(seq))?;
        if line.texts.len() >= ENTRY_TEXTS_MAX {
            return Err(RunError::Stray(seq));
        }
        named.swap_remove(place);
        line.texts.push(text);
    }
    Ok(lines)
}

/// What a whole run holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// Its checkpoints; their signatures were not checked.
    pub notes: Vec<String>,
    /// How many lines.
    pub lines: u64,
    /// Texts beside them.
    pub texts: u64,
}

/// Reads a run's file to its end.
///
/// # Errors
/// It is not the run of this name.
pub fn check_run<R: Read>(bytes: R, box_id: BoxId, name: RunName) -> Result<RunSummary, RunError> {
    let mut reader = RunReader::open(bytes, box_id, name)?;
    let mut summary = RunSummary { notes: reader.notes().to_vec(), lines: 0, texts: 0 };
    while let Some(lines) = reader.next_group()? {
        summary.lines += lines.len() as u64;
        summary.texts += lines.iter().map(|line| line.texts.len() as u64).sum::<u64>();
    }
    Ok(summary)
}
