//! Groups: entry lines, the texts beside them and a trailer that proves them, as the box's journal and run files hold them.

use memchr::memchr;
use sha2::{Digest, Sha256};

use crate::limits::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX};
use crate::tree::{Hash, write_hex};
use crate::values::redact::TextLine;

/// Bytes of a group's lines at most. Recovery separates an incomplete group from a damaged one by this bound
/// (only one group is ever unflushed).
pub const GROUP_LINES_BYTES_MAX: usize = BATCH_BYTES_MAX;
/// Entries of a group at most.
pub const GROUP_ENTRIES_MAX: usize = BATCH_ENTRIES_MAX;
const TRAILER_BYTES_MAX: usize = 256;
/// Bytes that a group is padded to a multiple of, where it is padded.
const PADDING_BYTES_MAX: usize = 4096;
/// Bytes of a group at most, trailer and padding included.
pub const GROUP_BYTES_MAX: usize = GROUP_LINES_BYTES_MAX + TRAILER_BYTES_MAX + PADDING_BYTES_MAX;

/// The first half of the SHA-256 of all parts, as hex.
pub fn half_sum(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    write_hex(&hasher.finalize()[..16], &mut [0; 32]).to_owned()
}

fn group_sum(first: u64, next: u64, root: &Hash, lines: &[u8]) -> String {
    half_sum(&[&first.to_be_bytes(), &next.to_be_bytes(), &root.0, lines])
}

/// The trailer of a group of `lines`, without padding and newline.
pub fn group_trailer(first: u64, next: u64, root: &Hash, lines: &[u8]) -> String {
    format!("#g {first} {next} {} {} {root}", lines.len(), group_sum(first, next, root, lines))
}

/// A group whose own sum holds; whether it continues what is before it is another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsedGroup {
    /// Seq of its first entry.
    pub first: u64,
    /// Seq after its last entry; equal to `first` for the empty group that closes a journal's clean stop.
    pub next: u64,
    /// Bytes of its lines.
    pub lines: usize,
    /// Bytes in all, trailer and padding included.
    pub span: usize,
    /// The root behind it: of the log in a journal, of the run in a run file.
    pub root: Hash,
}

impl ParsedGroup {
    /// Reads the group that starts at the front of `bytes`; `None` when no intact one does.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = &bytes[..bytes.len().min(GROUP_BYTES_MAX)];
        let (group, stated) = Self::read_trailer(bytes)?;
        (group_sum(group.first, group.next, &group.root, &bytes[..group.lines]) == stated).then_some(group)
    }

    /// What the first trailer says, and the sum that it states.
    fn read_trailer(bytes: &[u8]) -> Option<(Self, &str)> {
        let mut lines = 0;
        loop {
            let line = &bytes[lines..];
            let end = memchr(b'\n', line)?;
            match line.first() {
                Some(b'{') => {}
                Some(b'#') if line.starts_with(b"#t ") => {}
                Some(b'#') => {
                    let (first, next, len, stated, root) = split_trailer(&line[..end])?;
                    let whole = first <= next && len == lines as u64;
                    let group = Self { first, next, lines, span: lines + end + 1, root };
                    return whole.then_some((group, stated));
                }
                _ => return None,
            }
            lines += end + 1;
        }
    }
}

/// First and next seq, bytes of the lines, their sum and the root.
fn split_trailer(line: &[u8]) -> Option<(u64, u64, u64, &str, Hash)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.trim_end_matches(' ').strip_prefix("#g ")?.split(' ');
    let (first, next) = (read_number(&mut words)?, read_number(&mut words)?);
    let len = read_number(&mut words)?;
    let (stated, root) = (words.next()?, words.next()?.parse().ok()?);
    words.next().is_none().then_some((first, next, len, stated, root))
}

fn read_number(words: &mut std::str::Split<'_, char>) -> Option<u64> {
    words.next()?.parse().ok()
}

/// One line of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupLine<'a> {
    /// An entry's exact bytes.
    Entry(&'a [u8]),
    /// A text's JSON.
    Text(&'a [u8]),
}

/// Adds the line of a text: what stands for it in a group, with its newline.
pub fn write_text(out: &mut Vec<u8>, text: &TextLine) {
    out.extend_from_slice(b"#t ");
    out.extend_from_slice(text.seq().to_string().as_bytes());
    out.push(b' ');
    text.write_line(out);
    out.push(b'\n');
}

/// The lines of a group that was parsed.
pub fn group_lines(bytes: &[u8]) -> impl Iterator<Item = GroupLine<'_>> {
    let mut rest = bytes;
    let lines = std::iter::from_fn(move || {
        let (line, behind) = rest.split_at_checked(memchr(b'\n', rest)?)?;
        rest = &behind[1..];
        Some(line)
    });
    lines.filter_map(|line| match line.strip_prefix(b"#t ") {
        None => Some(GroupLine::Entry(line)),
        Some(text) => Some(GroupLine::Text(&text[text.iter().position(|&b| b == b' ')? + 1..])),
    })
}
