//! Makes groups of entries that come one after the other: what fills a hole, what was fetched, what is set aside.

use record::tree::{Frontier, leaf_hash};

use super::segment::{GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter};

/// The lines of one group, and the trees on both sides of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Entries first, then their texts.
    pub(crate) lines: Vec<u8>,
    pub(crate) before: Frontier,
    pub(crate) after: Frontier,
}

/// Collects entries until a group is full.
#[derive(Debug)]
pub(crate) struct Chunker {
    entries: GroupWriter,
    texts: GroupWriter,
    before: Frontier,
    after: Frontier,
}

impl Chunker {
    pub(crate) fn new(before: Frontier) -> Self {
        let after = before.clone();
        Self { entries: GroupWriter::default(), texts: GroupWriter::default(), before, after }
    }

    pub(crate) fn frontier(&self) -> &Frontier {
        &self.after
    }

    /// Takes the next entry and the lines of its texts; gives the group before it, where this one does not fit into that.
    pub(crate) fn push(&mut self, entry: &[u8], texts: &[u8]) -> Option<Chunk> {
        let bytes = self.entries.len() + self.texts.len() + entry.len() + 1 + texts.len();
        let count = self.after.size() - self.before.size();
        let full = bytes > GROUP_LINES_BYTES_MAX || count >= GROUP_ENTRIES_MAX as u64;
        let chunk = full.then(|| self.take()).flatten();
        self.entries.entry(entry);
        self.texts.lines(texts);
        self.after.push(leaf_hash(entry));
        chunk
    }

    /// The group of what was taken since the last one; `None` when that is nothing.
    pub(crate) fn take(&mut self) -> Option<Chunk> {
        if self.after.size() == self.before.size() {
            return None;
        }
        self.entries.lines(self.texts.bytes());
        let lines = self.entries.bytes().to_vec();
        self.entries.clear();
        self.texts.clear();
        let before = std::mem::replace(&mut self.before, self.after.clone());
        Some(Chunk { lines, before, after: self.after.clone() })
    }
}
