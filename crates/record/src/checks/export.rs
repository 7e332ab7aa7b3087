//! An exported log, checked line by line against the checkpoint that its key signed, in constant memory.

use std::collections::BTreeMap;

use crate::entry::{Entry, EntryError};
use crate::limits::{ENTRY_BYTES_MAX, TEXT_BYTES_MAX};
use crate::signed::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::tree::{Frontier, Hash};
use crate::values::redact::{TextError, TextLine};

/// Bytes of one line of an export: a text line may escape each byte of its text in six.
pub const LINE_BYTES_MAX: usize = ENTRY_BYTES_MAX + 6 * TEXT_BYTES_MAX;

/// Why an export does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// A line that is no entry.
    #[error("line {line} is no entry: {source}")]
    Entry {
        /// From 1.
        line: u64,
        /// Why.
        source: EntryError,
    },
    /// A line that is no text.
    #[error("line {line} is no text of an entry: {source}")]
    Text {
        /// From 1.
        line: u64,
        /// Why.
        source: TextError,
    },
    /// An entry is missing, twice, or in the wrong place.
    #[error("line {line} holds entry {found} where entry {expected} belongs")]
    Number {
        /// From 1.
        line: u64,
        /// What belongs there.
        expected: u64,
        /// The number found there.
        found: u64,
    },
    /// A text that the entry before it does not name, or one too many.
    #[error(
        "the text in line {line} is not named by the entry before it: entry {entry} or that text was changed"
    )]
    Stray {
        /// From 1.
        line: u64,
        /// The entry before it.
        entry: u64,
    },
    /// Entries are missing at the end.
    #[error("the checkpoint covers {covered} entries, the file has {found}: some are missing")]
    Short {
        /// By the checkpoint.
        covered: u64,
        /// In the file.
        found: u64,
    },
    /// Entries at the end that the checkpoint does not cover.
    #[error("the first {covered} entries hold; the {} after them are not covered by the checkpoint", found - covered)]
    Long {
        /// By the checkpoint.
        covered: u64,
        /// In the file.
        found: u64,
    },
    /// An entry was changed, and this one is the first.
    #[error("line {line} holds another entry {entry} than was signed: it was changed")]
    Changed {
        /// From 1.
        line: u64,
        /// Which.
        entry: u64,
    },
    /// An entry was changed; the data does not show which of these.
    #[error("the entries do not lead to the root that was signed: {} was changed", changed_entry(*from, *to))]
    Root {
        /// What is before holds, by an earlier checkpoint.
        from: u64,
        /// After the last that may have been changed.
        to: u64,
    },
    /// The leaf hashes are not those of the log, so they cannot show which entry was changed.
    #[error("the leaf hashes do not lead to the root that was signed")]
    Leaves,
}

fn changed_entry(from: u64, to: u64) -> String {
    match to.saturating_sub(1) {
        last if last == from => format!("entry {from}"),
        last => format!("at least one of the entries {from} to {last}"),
    }
}

/// A log that is being read. Lines go in one by one, the checkpoint comes last.
#[derive(Debug)]
pub struct ExportReader {
    covered: u64,
    frontier: Frontier,
    root: Option<Hash>,
    line: u64,
    /// Texts that the entry before names and that have not come.
    open: Vec<Hash>,
    texts: u64,
    absent: u64,
    /// Signed roots at earlier sizes: they bound where a change is.
    stations: BTreeMap<u64, Hash>,
    /// The size up to which everything was found as signed.
    holds: u64,
    /// Leaf hashes of the covered entries, where they were given.
    leaves: Vec<Hash>,
}

/// One line of an export that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadLine {
    /// An entry.
    Entry(Entry),
    /// A text beside the entry before.
    Text(TextLine),
}

/// An export that holds; made only by [`ExportReader::finish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedExport {
    /// Size and root.
    pub checkpoint: Checkpoint,
    /// Texts in the file; each fits the entry that names it.
    pub texts: u64,
    /// Texts that entries name and that are not in the file: erased, or not exported.
    pub absent: u64,
}

impl ExportReader {
    /// A log of which a checkpoint will say the root at `covered` entries.
    pub fn new(covered: u64) -> Self {
        let frontier = Frontier::default();
        let root = (covered == 0).then(|| frontier.root());
        Self {
            covered,
            frontier,
            root,
            line: 0,
            open: Vec::new(),
            texts: 0,
            absent: 0,
            stations: BTreeMap::new(),
            holds: 0,
            leaves: Vec::new(),
        }
    }

    /// Checks earlier checkpoints of the same log too: the first that does not hold bounds where the change
    /// is.
    #[must_use]
    pub fn by_stations(mut self, earlier: &[SignedCheckpoint]) -> Self {
        let stations = earlier.iter().map(|signed| (signed.checkpoint().size, signed.checkpoint().root));
        self.stations = stations.filter(|(size, _)| *size < self.covered).collect();
        self
    }

    /// Compares each entry with its leaf hash, so that the first that was changed is named. The hashes are believed because
    /// they lead to the signed root.
    ///
    /// # Errors
    /// [`ExportError::Leaves`]: they do not.
    pub fn by_leaves(mut self, leaves: Vec<Hash>, signed: &SignedCheckpoint) -> Result<Self, ExportError> {
        let mut frontier = Frontier::default();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        let checkpoint = signed.checkpoint();
        if (frontier.size(), frontier.root()) != (checkpoint.size, checkpoint.root) {
            return Err(ExportError::Leaves);
        }
        self.leaves = leaves;
        Ok(self)
    }

    /// Takes the next line, without its newline: an entry, or a text beside the entry before it. Only entries have a
    /// member `kind`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn line(&mut self, bytes: &[u8]) -> Result<ReadLine, ExportError> {
        self.line += 1;
        let line = self.line;
        match Entry::parse(bytes) {
            Ok(entry) => self.entry(&entry).map(|()| ReadLine::Entry(entry)),
            // What is a text is no entry: the entry's error is shown only when neither fits.
            Err(source) if bytes.windows(7).any(|w| w == b"\"kind\":") => {
                Err(ExportError::Entry { line, source })
            }
            Err(_) => {
                let text = TextLine::parse(bytes).map_err(|source| ExportError::Text { line, source })?;
                self.text(&text).map(|()| ReadLine::Text(text))
            }
        }
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), ExportError> {
        let expected = self.frontier.size();
        if entry.seq() != expected {
            return Err(ExportError::Number { line: self.line, expected, found: entry.seq() });
        }
        self.absent += self.open.len() as u64;
        self.open = entry.redactables();
        let leaf = entry.leaf();
        let known = usize::try_from(expected).ok().and_then(|at| self.leaves.get(at));
        if known.is_some_and(|known| *known != leaf) {
            return Err(ExportError::Changed { line: self.line, entry: expected });
        }
        self.frontier.push(leaf);
        let size = self.frontier.size();
        if size == self.covered {
            self.root = Some(self.frontier.root());
        }
        if let Some(root) = self.stations.get(&size) {
            if *root != self.frontier.root() {
                return Err(ExportError::Root { from: self.holds, to: size });
            }
            self.holds = size;
        }
        Ok(())
    }

    fn text(&mut self, text: &TextLine) -> Result<(), ExportError> {
        let stray = ExportError::Stray { line: self.line, entry: self.frontier.size().saturating_sub(1) };
        let place = self.open.iter().position(|hash| *hash == text.hash()).ok_or(stray.clone())?;
        if text.seq().checked_add(1) != Some(self.frontier.size()) {
            return Err(stray);
        }
        self.open.swap_remove(place);
        self.texts += 1;
        Ok(())
    }

    /// Compares with the checkpoint, which covers as many entries as [`ExportReader::new`] was given.
    ///
    /// # Errors
    /// What does not hold.
    pub fn finish(mut self, signed: &SignedCheckpoint) -> Result<VerifiedExport, ExportError> {
        self.absent += self.open.len() as u64;
        let (covered, found) = (signed.checkpoint().size, self.frontier.size());
        let root =
            self.root.filter(|_| covered == self.covered).ok_or(ExportError::Short { covered, found })?;
        if root != signed.checkpoint().root {
            return Err(ExportError::Root { from: self.holds, to: covered });
        }
        if found > covered {
            return Err(ExportError::Long { covered, found });
        }
        Ok(VerifiedExport { checkpoint: *signed.checkpoint(), texts: self.texts, absent: self.absent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{ClockState, EntryAuthor, EntryTime};
    use crate::kinds::Event;
    use crate::signed::checkpoint::LogOrigin;
    use crate::signed::sign::{KeyKind, SignerKey};
    use crate::values::ids::{BootId, BoxId};
    use crate::values::redact::PersonalText;

    fn lines() -> Vec<String> {
        let texts = [
            PersonalText::new("Maria", [1; 16]).unwrap(),
            PersonalText::new("the \"kind\": of note", [2; 16]).unwrap(),
        ];
        let named = |i: usize| serde_json::to_string(&texts[i].redactable()).unwrap();
        let bodies = ["{}".to_owned(), format!(r#"{{"a":{},"b":{}}}"#, named(0), named(1)), "{}".to_owned()];
        let at = EntryTime { wall: 1, boot: BootId::new(1, [0; 10]), up: 1, clock: ClockState::Synced };
        let mut lines = Vec::new();
        for (seq, body) in (0..).zip(bodies) {
            let entry = Entry::compose(seq, at, EntryAuthor::BOX, None, &Event::read("x.y", &body)).unwrap();
            lines.push(entry.as_str().to_owned());
            if seq == 1 {
                lines.extend(texts.iter().map(|text| text.beside(1).line()));
            }
        }
        lines
    }

    fn signed(lines: &[String], size: usize) -> SignedCheckpoint {
        let public = SignerKey::new("x", KeyKind::Note, &[5; 32]).unwrap().verifier().public();
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public);
        let signer = origin.signer(&[5; 32]).unwrap();
        let mut frontier = Frontier::default();
        let entries = lines.iter().filter_map(|line| Entry::parse(line.as_bytes()).ok());
        entries.take(size).for_each(|entry| frontier.push(entry.leaf()));
        let checkpoint = Checkpoint { origin, size: size as u64, root: frontier.root() };
        let note = checkpoint.signed(&signer).unwrap().to_string();
        SignedCheckpoint::verify(&note, &origin, signer.verifier()).unwrap()
    }

    fn check(lines: &[String], signed: &SignedCheckpoint) -> Result<VerifiedExport, ExportError> {
        let mut export = ExportReader::new(signed.checkpoint().size);
        lines.iter().try_for_each(|line| export.line(line.as_bytes()).map(drop))?;
        export.finish(signed)
    }

    #[test]
    fn whole_and_without_texts() {
        let all = lines();
        let signed = signed(&all, 3);
        let exported = check(&all, &signed).unwrap();
        assert_eq!((exported.checkpoint.size, exported.texts, exported.absent), (3, 2, 0));
        let without: Vec<String> = all.iter().filter(|l| l.contains("\"at\":")).cloned().collect();
        let exported = check(&without, &signed).unwrap();
        assert_eq!((exported.texts, exported.absent), (0, 2));
    }

    #[test]
    fn what_was_changed_is_told() {
        let all = lines();
        let signed = signed(&all, 3);
        let changed = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = all.clone();
            change(&mut lines);
            check(&lines, &signed).unwrap_err()
        };
        assert_eq!(changed(&|l| l[0] = l[0].replace("x.y", "x.z")), ExportError::Root { from: 0, to: 3 });
        assert_eq!(changed(&|l| drop(l.remove(0))), ExportError::Number { line: 1, expected: 0, found: 1 });
        assert_eq!(changed(&|l| drop(l.pop())), ExportError::Short { covered: 3, found: 2 });
        assert_eq!(changed(&|l| l.swap(1, 2)), ExportError::Stray { line: 2, entry: 0 });
        assert_eq!(changed(&|l| l.insert(3, l[2].clone())), ExportError::Stray { line: 4, entry: 1 });
        assert!(matches!(
            changed(&|l| l[2] = l[2].replace("Maria", "Marta")),
            ExportError::Text { line: 3, .. }
        ));
        assert!(matches!(changed(&|l| l[4].push(' ')), ExportError::Entry { line: 5, .. }));
        assert!(matches!(changed(&|l| l[4].clear()), ExportError::Text { line: 5, .. }));
        let again = changed(&|l| l.push(l[4].replace("\"seq\":2", "\"seq\":3")));
        assert_eq!(again, ExportError::Long { covered: 3, found: 4 });
    }

    #[test]
    fn the_changed_entry_is_named_where_the_data_can_tell() {
        let all = lines();
        let whole = signed(&all, 3);
        let entries = all.iter().filter_map(|line| Entry::parse(line.as_bytes()).ok());
        let leaves: Vec<Hash> = entries.map(|entry| entry.leaf()).collect();
        let mut wrong = all.clone();
        wrong[4] = wrong[4].replace("x.y", "x.z");
        let read = |export: ExportReader| {
            let mut export = export;
            wrong.iter().try_for_each(|line| export.line(line.as_bytes()).map(drop))?;
            export.finish(&whole)
        };
        let by_leaves = ExportReader::new(3).by_leaves(leaves.clone(), &whole).unwrap();
        assert_eq!(read(by_leaves).unwrap_err(), ExportError::Changed { line: 5, entry: 2 });
        let earlier = [signed(&all, 1), signed(&all, 2)];
        let error = read(ExportReader::new(3).by_stations(&earlier)).unwrap_err();
        assert_eq!(error, ExportError::Root { from: 2, to: 3 });
        assert_eq!(
            error.to_string(),
            "the entries do not lead to the root that was signed: entry 2 was changed"
        );
        let error = read(ExportReader::new(3).by_stations(&earlier[..1])).unwrap_err();
        assert_eq!(error, ExportError::Root { from: 1, to: 3 });
        let other = ExportReader::new(3).by_leaves(leaves[..2].to_vec(), &whole);
        assert_eq!(other.unwrap_err(), ExportError::Leaves);
        let mut good = ExportReader::new(3).by_leaves(leaves, &whole).unwrap().by_stations(&earlier);
        all.iter().for_each(|line| drop(good.line(line.as_bytes()).unwrap()));
        assert!(good.finish(&whole).is_ok());
    }

    #[test]
    fn a_checkpoint_of_nothing() {
        let all = lines();
        assert!(check(&[], &signed(&all, 0)).is_ok());
        assert_eq!(check(&all, &signed(&all, 0)), Err(ExportError::Long { covered: 0, found: 3 }));
    }
}
