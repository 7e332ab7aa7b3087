//! Checks files of the journal as their bytes arrive: a copy of the log need not be stored anywhere to be verified.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::redact::TextLine;
use record::tree::{Frontier, Hash};

use crate::log::linked::link_group;
use crate::log::scan::{PLAIN, SEALED};
use crate::log::segment::{GROUP_BYTES_MAX, Group, HEADER_BYTES_MAX, Line, SegmentHeader, lines};

/// Altered texts that are named.
const ALTERED_MAX: usize = 100;
/// Bytes that are consumed before the buffer is moved together.
const CONSUMED_BYTES: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedEpoch {
    pub origin: LogOrigin,
    /// Entries from the first one on that continue each other.
    pub size: u64,
    pub root: Hash,
    pub whole: bool,
}

/// Checks all files of a journal, one after the other, each epoch's in the order of their names.
#[derive(Debug, Default)]
pub struct LogCheck {
    epochs: BTreeMap<Epoch, EpochFiles>,
    open: Option<(Epoch, SegmentInput)>,
    with_texts: bool,
    altered_texts: Vec<(Epoch, u64)>,
}

#[derive(Debug, Default)]
struct EpochFiles {
    origin: Option<LogOrigin>,
    at: Frontier,
    damaged: bool,
}

impl LogCheck {
    /// One that compares each text with the hash that its entry names, too, which costs a parsed entry each.
    pub fn with_texts() -> Self {
        Self { with_texts: true, ..Self::default() }
    }

    /// The file of this path comes now; whether it is one of a journal, whose bytes [`LogCheck::push`] wants.
    ///
    /// # Errors
    /// No memory for what unpacks it.
    pub fn begin_file(&mut self, path: &str) -> io::Result<bool> {
        self.open = None;
        let Some((epoch, name)) = path.strip_prefix("log/").and_then(|rest| rest.split_once('/')) else {
            return Ok(false);
        };
        let Ok(epoch) = epoch.parse::<Epoch>() else { return Ok(false) };
        let parser = GroupParser { with_texts: self.with_texts, ..GroupParser::default() };
        let input = match (name.ends_with(SEALED), name.ends_with(PLAIN)) {
            (true, _) => SegmentInput::sealed(parser)?,
            (_, true) => SegmentInput::Plain(parser),
            (false, false) => return Ok(false),
        };
        self.epochs.entry(epoch).or_default();
        self.open = Some((epoch, input));
        Ok(true)
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if let Some((_, input)) = &mut self.open {
            input.push(bytes);
        }
    }

    pub fn end_file(&mut self) {
        let Some((epoch, input)) = self.open.take() else { return };
        let files = self.epochs.entry(epoch).or_default();
        let ends = input.finish();
        let altered = ends.iter().flat_map(|ends| &ends.altered_texts).map(|seq| (epoch, *seq));
        let room = ALTERED_MAX.saturating_sub(self.altered_texts.len());
        self.altered_texts.extend(altered.take(room));
        match ends {
            Some(ends) if ends.origin.epoch == epoch => files.add(&ends),
            _ => files.damaged = true,
        }
    }

    /// Texts that are not what their entry names, by their epoch and the first entry of their group; 100 at most.
    pub fn altered_texts(&self) -> &[(Epoch, u64)] {
        &self.altered_texts
    }

    /// Epochs of which there are files, and no first line that can be read.
    pub fn unread_epochs(&self) -> impl Iterator<Item = Epoch> {
        self.epochs.iter().filter(|(_, files)| files.origin.is_none()).map(|(epoch, _)| *epoch)
    }

    /// The epochs, oldest first; one of which no first line can be read is not among them.
    pub fn epochs(&self) -> Vec<CheckedEpoch> {
        let checked = self.epochs.values().filter_map(|files| {
            Some(CheckedEpoch {
                origin: files.origin?,
                size: files.at.size(),
                root: files.at.root(),
                whole: !files.damaged,
            })
        });
        checked.collect()
    }

    /// Whose log it is; `None` where no file says so, or two say different boxes.
    pub fn box_id(&self) -> Option<BoxId> {
        let mut boxes = self.epochs.values().filter_map(|files| Some(files.origin?.box_id));
        let first = boxes.next()?;
        boxes.all(|other| other == first).then_some(first)
    }
}

impl EpochFiles {
    fn add(&mut self, ends: &SegmentEnds) {
        self.origin.get_or_insert(ends.origin);
        // Where both forms of a segment are there, the second has nothing that the first had not.
        if ends.after.size() <= self.at.size() && ends.before.size() < ends.after.size() {
            return;
        }
        match self.origin == Some(ends.origin) && ends.before == self.at {
            true => self.at = ends.after.clone(),
            false => self.damaged = true,
        }
    }
}

#[derive(Debug)]
struct SegmentEnds {
    origin: LogOrigin,
    before: Frontier,
    after: Frontier,
    altered_texts: Vec<u64>,
}

enum SegmentInput {
    Plain(GroupParser),
    Sealed { unpack: Box<zstd::stream::write::Decoder<'static, GroupParser>>, damaged: bool },
}

impl std::fmt::Debug for SegmentInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentInput").finish_non_exhaustive()
    }
}

impl SegmentInput {
    fn sealed(parser: GroupParser) -> io::Result<Self> {
        let unpack = Box::new(zstd::stream::write::Decoder::new(parser)?);
        Ok(Self::Sealed { unpack, damaged: false })
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(parser) => parser.push(bytes),
            Self::Sealed { unpack, damaged } => *damaged |= unpack.write_all(bytes).is_err(),
        }
    }

    fn finish(self) -> Option<SegmentEnds> {
        match self {
            Self::Plain(parser) => parser.finish(),
            Self::Sealed { mut unpack, damaged } => {
                let flushed = unpack.flush().is_ok() && !damaged;
                unpack.into_inner().finish().filter(|_| flushed)
            }
        }
    }
}

/// Reads a segment's first line and groups out of bytes that come in pieces.
#[derive(Debug, Default)]
struct GroupParser {
    buffer: Vec<u8>,
    at: usize,
    ends: Option<SegmentEnds>,
    /// Only zeros are to follow: they are behind the last group of a segment that is not sealed.
    zeros: bool,
    damaged: bool,
    with_texts: bool,
}

fn has_altered_text(bytes: &[u8]) -> bool {
    let mut named = HashSet::new();
    lines(bytes).any(|line| match line {
        Line::Entry(entry) => {
            let entry = Entry::parse(entry);
            named.extend(entry.iter().flat_map(|e| e.redactables().into_iter().map(|hash| (e.seq(), hash))));
            false
        }
        Line::Text(text) => {
            TextLine::parse(text).map_or(true, |text| !named.contains(&(text.seq(), text.hash())))
        }
    })
}

impl GroupParser {
    fn push(&mut self, bytes: &[u8]) {
        if self.damaged {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        self.parse(GROUP_BYTES_MAX.max(HEADER_BYTES_MAX));
        if self.at >= CONSUMED_BYTES || self.at == self.buffer.len() {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
    }

    /// Takes what is there, as long as at least `least` bytes are: a group is no longer.
    fn parse(&mut self, least: usize) {
        while !self.damaged && self.at < self.buffer.len() && self.buffer.len() - self.at >= least {
            let rest = &self.buffer[self.at..];
            if self.zeros || (self.ends.is_some() && rest[0] == 0) {
                self.zeros = true;
                self.damaged = rest.iter().any(|byte| *byte != 0);
                self.at = self.buffer.len();
                return;
            }
            let used = match &mut self.ends {
                None => SegmentHeader::parse(rest).map(|(header, used)| {
                    let before = header.frontier;
                    let (after, altered_texts) = (before.clone(), Vec::new());
                    self.ends = Some(SegmentEnds { origin: header.origin, before, after, altered_texts });
                    used
                }),
                Some(ends) => Group::parse(rest).and_then(|group| {
                    let bytes = &rest[..group.lines];
                    ends.after = link_group(&ends.after, &group, bytes)?;
                    if self.with_texts && has_altered_text(bytes) {
                        ends.altered_texts.push(group.first);
                    }
                    Some(group.span)
                }),
            };
            match used {
                Some(used) => self.at += used,
                None => self.damaged = true,
            }
        }
        if self.damaged {
            self.buffer = Vec::new();
            self.at = 0;
        }
    }

    fn finish(mut self) -> Option<SegmentEnds> {
        self.parse(1);
        self.ends.filter(|_| !self.damaged)
    }
}

impl Write for GroupParser {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        match self.damaged {
            true => Err(io::ErrorKind::InvalidData.into()),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden log as the lines of a group.
    fn golden_group() -> Vec<String> {
        let log = include_str!("../../../record/testdata/log.jsonl");
        let lines = log.lines().map(|line| match line.contains("\"kind\":") {
            true => format!("{line}\n"),
            false => format!("#t 0 {line}\n"),
        });
        lines.collect()
    }

    #[test]
    fn a_text_that_holds_and_that_no_entry_names_is_altered() {
        let lines = golden_group();
        assert!(!has_altered_text(lines.concat().as_bytes()));
        let texts: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("#t ")).collect();
        let seq = |at: usize| {
            let text = lines[at].trim_end().splitn(3, ' ').nth(2).unwrap();
            TextLine::parse(text.as_bytes()).unwrap().seq()
        };
        let other = texts.iter().copied().find(|at| seq(*at) != seq(texts[0])).unwrap();
        let mut swapped = lines.clone();
        let moved =
            lines[other].replace(&format!("\"seq\":{}", seq(other)), &format!("\"seq\":{}", seq(texts[0])));
        swapped[texts[0]] = moved;
        assert!(has_altered_text(swapped.concat().as_bytes()), "it is another entry's");
        let mut edited = lines;
        edited[texts[0]] = edited[texts[0]].replacen("\"text\":\"", "\"text\":\"x", 1);
        assert!(has_altered_text(edited.concat().as_bytes()), "its hash is another");
    }
}
