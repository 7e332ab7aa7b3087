//! The journal's format: a segment's first line, groups with their trailer, and how bytes are read back without belief.

use record::checkpoint::LogOrigin;
pub(crate) use record::group::{
    GROUP_BYTES_MAX, GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupLine as Line, ParsedGroup as Group,
    group_lines as lines, write_text,
};
use record::group::{group_trailer, half_sum};
use record::redact::TextLine;
use record::tree::{Frontier, Hash};

use crate::io::disk::PAGE_BYTES;

/// Bytes of a segment's first line at most: 48 hashes of a frontier and a little.
pub(crate) const HEADER_BYTES_MAX: usize = PAGE_BYTES;

/// What a segment's first line says: the state of the log before its first entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) origin: LogOrigin,
    /// The tree before the segment's first entry.
    pub(crate) frontier: Frontier,
}

impl SegmentHeader {
    fn sum(&self) -> String {
        let nodes: Vec<u8> = self.frontier.nodes().iter().flat_map(|n| n.0).collect();
        let origin = self.origin.to_string();
        half_sum(&[origin.as_bytes(), &self.frontier.size().to_be_bytes(), &self.frontier.root().0, &nodes])
    }

    /// The line, padded to whole pages.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.encode_bare();
        bytes.pop();
        pad_group(&mut bytes);
        bytes
    }

    /// The line without padding: the form inside sealed segments.
    pub(crate) fn encode_bare(&self) -> Vec<u8> {
        let mut line =
            format!("#s 1 {} {} {} {}", self.origin, self.frontier.size(), self.sum(), self.frontier.root());
        for node in self.frontier.nodes() {
            line.push(' ');
            line.push_str(&node.to_string());
        }
        line.push('\n');
        line.into_bytes()
    }

    /// Reads it back with the bytes that it takes; `None` when it is not intact.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.iter().take(HEADER_BYTES_MAX).position(|&b| b == b'\n')?;
        let line = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut words = line.trim_end_matches(' ').strip_prefix("#s 1 ")?.split(' ');
        let origin = words.next()?.parse().ok()?;
        let first = words.next()?.parse().ok()?;
        let (stated, root): (_, Hash) = (words.next()?, words.next()?.parse().ok()?);
        let nodes: Option<Vec<Hash>> = words.map(|w| w.parse().ok()).collect();
        let header = Self { origin, frontier: Frontier::from_parts(first, nodes?)? };
        (header.sum() == stated && header.frontier.root() == root).then_some((header, end + 1))
    }
}

/// Fills up with spaces and a newline to the next page.
fn pad_group(bytes: &mut Vec<u8>) {
    let len = (bytes.len() + 1).next_multiple_of(PAGE_BYTES);
    bytes.resize(len - 1, b' ');
    bytes.push(b'\n');
}

/// Makes one group: entry lines first, then texts, then the trailer.
#[derive(Debug, Default)]
pub(crate) struct GroupWriter {
    bytes: Vec<u8>,
}

impl GroupWriter {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Takes the next entry's exact bytes.
    pub(crate) fn entry(&mut self, entry: &[u8]) {
        self.bytes.extend_from_slice(entry);
        self.bytes.push(b'\n');
    }

    pub(crate) fn text(&mut self, text: &TextLine) {
        write_text(&mut self.bytes, text);
    }

    /// Forgets what was added behind `len` bytes.
    pub(crate) fn cut(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    pub(crate) fn lines(&mut self, lines: &[u8]) {
        self.bytes.extend_from_slice(lines);
    }

    /// What [`GroupWriter::close`] made.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the bytes away; [`GroupWriter::reuse`] brings their memory back.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Uses this memory for the next group.
    pub(crate) fn reuse(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
        self.bytes.clear();
    }

    /// Bytes of the lines so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the trailer, without padding: the form inside sealed segments.
    pub(crate) fn close_bare(&mut self, first: u64, next: u64, root: &Hash) -> &[u8] {
        let trailer = group_trailer(first, next, root, &self.bytes);
        self.bytes.extend_from_slice(trailer.as_bytes());
        self.bytes.push(b'\n');
        &self.bytes
    }

    /// Adds trailer and padding: the bytes that one write brings to the disk.
    pub(crate) fn close(&mut self, first: u64, next: u64, root: &Hash) -> &[u8] {
        self.close_bare(first, next, root);
        self.bytes.pop();
        pad_group(&mut self.bytes);
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use record::ids::BoxId;
    use record::redact::PersonalText;
    use record::tree::leaf_hash;

    fn header(n: u64) -> SegmentHeader {
        let mut frontier = Frontier::default();
        (0..n).for_each(|i| frontier.push(leaf_hash(&i.to_be_bytes())));
        SegmentHeader { origin: LogOrigin::new(BoxId::new(5, [1; 10]), 3, &[7; 32]), frontier }
    }

    #[test]
    fn headers() {
        for n in [0, 1, 7, 255, 1023] {
            let header = header(n);
            let bytes = header.encode();
            assert_eq!(bytes.len() % PAGE_BYTES, 0);
            assert_eq!(SegmentHeader::parse(&bytes), Some((header, bytes.len())));
            let mut wrong = bytes.clone();
            wrong[60] ^= 1;
            assert_eq!(SegmentHeader::parse(&wrong), None);
        }
        assert_eq!(SegmentHeader::parse(&[0; 9000]), None);
    }

    fn group(entries: &[String]) -> (Vec<u8>, Vec<u8>) {
        let mut writer = GroupWriter::default();
        entries.iter().for_each(|e| writer.entry(e.as_bytes()));
        writer.text(&PersonalText::new("Maria", [1; 16]).unwrap().beside(4));
        let lines = writer.bytes.clone();
        (writer.close(4, 4 + entries.len() as u64, &Hash::of(b"root")).to_vec(), lines)
    }

    proptest! {
        #[test]
        fn groups(entries in prop::collection::vec("\\{[a-z]{0,900}\\}", 0..9), flip in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()) {
            let (bytes, inner) = group(&entries);
            prop_assert_eq!(bytes.len() % PAGE_BYTES, 0);
            let parsed = Group::parse(&bytes).unwrap();
            prop_assert_eq!((parsed.first, parsed.next, parsed.span), (4, 4 + entries.len() as u64, bytes.len()));
            let found: Vec<_> = lines(&bytes[..parsed.lines]).collect();
            prop_assert_eq!(found.len(), entries.len() + 1);
            for (line, entry) in found.iter().zip(&entries) {
                prop_assert_eq!(*line, Line::Entry(entry.as_bytes()));
            }
            let at = flip.index(inner.len());
            let mut wrong = bytes.clone();
            wrong[at] ^= 4;
            prop_assert_eq!(Group::parse(&wrong), None);
            prop_assert_eq!(Group::parse(&bytes[..cut.index(bytes.len())]), None);
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(prop::sample::select(&b"{}\n#tgs 019ab\xff\0"[..]), 0..200)) {
            let _ = (Group::parse(&bytes), SegmentHeader::parse(&bytes), lines(&bytes).count());
        }
    }
}
