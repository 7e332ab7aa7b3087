//! The one place where a batch becomes believed: `UnverifiedBatch → SignedBatch → VerifiedBatch<Batch>`.

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::checks::batch::{BatchError, UnverifiedBatch};
use crate::entry::Entry;
use crate::limits::ENTRY_TEXTS_MAX;
use crate::signed::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use crate::signed::sign::{NoteError, VerifierKey};
use crate::tree::{Frontier, Hash};
use crate::values::redact::TextLine;

/// Why a batch was refused. The code travels to the box, the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefusal {
    /// It cannot be read.
    #[error(transparent)]
    Form(#[from] BatchError),
    /// Its checkpoint is not signed by the key of its log.
    #[error("the batch's checkpoint does not hold: {0}")]
    Signature(#[from] NoteError),
    /// Its checkpoint covers another number of entries.
    #[error("the checkpoint covers {checkpoint} entries, the batch ends at {end}")]
    Size {
        /// By the checkpoint.
        checkpoint: u64,
        /// Where the batch ends.
        end: u64,
    },
    /// An entry has the wrong number.
    #[error("entry {found} stands where entry {expected} belongs")]
    Number {
        /// What belongs there.
        expected: u64,
        /// The number found there.
        found: u64,
    },
    /// A text that no entry of the batch names.
    #[error("a text beside entry {0} is not named by it, or one too many")]
    Text(u64),
    /// The entries do not lead to the signed root.
    #[error("the entries do not lead to the root that was signed for size {0}")]
    Root(u64),
    /// The batch does not touch the end of what is held.
    #[error("the batch [{first}, {end}) does not continue {held} entries")]
    Place {
        /// First entry.
        first: u64,
        /// After the last.
        end: u64,
        /// What is held.
        held: u64,
    },
}

impl BatchRefusal {
    /// One word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "form",
            Self::Signature(_) => "signature",
            Self::Size { .. } => "size",
            Self::Number { .. } => "number",
            Self::Text(_) => "text",
            Self::Root(_) => "root",
            Self::Place { .. } => "place",
        }
    }
}

/// A batch's position relative to the stored entries: the rows of the protocol's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchPlacement {
    /// It begins where the held log ends.
    Next,
    /// It begins before and ends after: the overlap is compared, the rest is new.
    Overlap,
    /// All of it is held already.
    Again,
    /// Something is missing between.
    Gap,
}

/// Its log's key signed the checkpoint, and the entries are numbered as it states. Whether they lead to the
/// signed root is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBatch {
    note: SignedCheckpoint,
    first: u64,
    entries: Vec<(Entry, Hash)>,
    texts: Vec<TextLine>,
}

impl UnverifiedBatch {
    /// Checks signature, size, numbers and texts.
    ///
    /// # Errors
    /// What does not hold.
    pub fn open(self, origin: &LogOrigin, log: &VerifierKey) -> Result<SignedBatch, BatchRefusal> {
        let note = SignedCheckpoint::verify(&self.note, origin, log)?;
        let end = self.first.saturating_add(self.entries.len() as u64);
        if note.checkpoint().size != end {
            return Err(BatchRefusal::Size { checkpoint: note.checkpoint().size, end });
        }
        for (expected, entry) in (self.first..).zip(&self.entries) {
            if entry.seq() != expected {
                return Err(BatchRefusal::Number { expected, found: entry.seq() });
            }
        }
        check_texts(self.first, &self.entries, &self.texts)?;
        let entries = self.entries.into_iter().map(|e| (e.leaf(), e)).map(|(leaf, e)| (e, leaf)).collect();
        Ok(SignedBatch { note, first: self.first, entries, texts: self.texts })
    }
}

/// Every text must be beside an entry that names it, once, and no entry may have too many.
fn check_texts(first: u64, entries: &[Entry], texts: &[TextLine]) -> Result<(), BatchRefusal> {
    let mut named: BTreeMap<u64, Vec<Hash>> = BTreeMap::new();
    for text in texts {
        let wrong = BatchRefusal::Text(text.seq());
        let at = text.seq().checked_sub(first).and_then(|at| usize::try_from(at).ok());
        let entry = at.and_then(|at| entries.get(at)).ok_or(wrong.clone())?;
        let open = named.entry(text.seq()).or_insert_with(|| entry.redactables());
        if open.len() > ENTRY_TEXTS_MAX {
            return Err(wrong);
        }
        let place = open.iter().position(|h| *h == text.hash()).ok_or(wrong)?;
        open.swap_remove(place);
    }
    Ok(())
}

impl SignedBatch {
    /// Number of its first entry.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number after its last entry: the size that its checkpoint covers.
    pub fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Its checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        self.note.checkpoint()
    }

    /// Its checkpoint's note, which is evidence whatever else holds.
    pub fn note(&self) -> &SignedCheckpoint {
        &self.note
    }

    /// Its entries, each with its leaf hash.
    pub fn entries(&self) -> &[(Entry, Hash)] {
        &self.entries
    }

    /// The texts beside them.
    pub fn texts(&self) -> &[TextLine] {
        &self.texts
    }

    /// Relative to `held` entries.
    pub fn place(&self, held: u64) -> BatchPlacement {
        if self.end() <= held {
            BatchPlacement::Again
        } else if self.first > held {
            BatchPlacement::Gap
        } else if self.first == held {
            BatchPlacement::Next
        } else {
            BatchPlacement::Overlap
        }
    }

    /// Appends what is new to the held log and compares the root. Leaves before `held.size()` are the caller's to
    /// compare.
    ///
    /// # Errors
    /// [`BatchRefusal::Root`], or [`BatchRefusal::Place`] when it does not continue what is held.
    pub fn onto(self, held: &Frontier) -> Result<VerifiedBatch<Batch>, BatchRefusal> {
        let (first, end) = (self.first, self.end());
        if !matches!(self.place(held.size()), BatchPlacement::Next | BatchPlacement::Overlap) {
            return Err(BatchRefusal::Place { first, end, held: held.size() });
        }
        let skip = usize::try_from(held.size() - first).unwrap_or(usize::MAX);
        let mut frontier = held.clone();
        self.entries.iter().skip(skip).for_each(|(_, leaf)| frontier.push(*leaf));
        if frontier.root() != self.checkpoint().root {
            return Err(BatchRefusal::Root(end));
        }
        let mut batch = Batch { note: self.note, entries: self.entries, texts: self.texts, frontier };
        batch.entries.drain(..skip);
        batch.texts.retain(|t| t.seq() >= held.size());
        Ok(VerifiedBatch(batch))
    }
}

/// Only this module can make one, after its checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBatch<T>(T);

impl<T> Deref for VerifiedBatch<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// New entries of one log, which lead from a held frontier to a signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    note: SignedCheckpoint,
    entries: Vec<(Entry, Hash)>,
    texts: Vec<TextLine>,
    frontier: Frontier,
}

impl Batch {
    /// The new entries, each with its leaf hash.
    pub fn entries(&self) -> &[(Entry, Hash)] {
        &self.entries
    }

    /// The texts beside them.
    pub fn texts(&self) -> &[TextLine] {
        &self.texts
    }

    /// The log's frontier after them.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The signed checkpoint that covers them.
    pub fn note(&self) -> &SignedCheckpoint {
        &self.note
    }

    /// Its origin.
    pub fn origin(&self) -> LogOrigin {
        self.note.checkpoint().origin
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::checks::batch::pack_batch;
    use crate::entry::EntryAuthor;
    use crate::entry::tests::at;
    use crate::kinds::Event;
    use crate::limits::BATCH_BYTES_MAX;
    use crate::signed::sign::{KeyKind, SignerKey};
    use crate::values::ids::BoxId;
    use crate::values::redact::PersonalText;

    const SECRET: [u8; 32] = [3; 32];

    fn origin() -> (LogOrigin, SignerKey) {
        let public = SignerKey::new("x", KeyKind::Note, &SECRET).unwrap().verifier().public();
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public);
        (origin, origin.signer(&SECRET).unwrap())
    }

    fn log(count: u64) -> (Vec<Entry>, Vec<TextLine>) {
        let mut texts = Vec::new();
        let entries = (0..count).map(|seq| {
            let text = PersonalText::new(&format!("note {seq}"), [7; 16]).unwrap();
            let note = if seq % 2 == 0 {
                format!(r#""note":{{"redactable":"{}"}},"#, text.redactable().hash)
            } else {
                String::new()
            };
            if seq % 2 == 0 {
                texts.push(text.beside(seq));
            }
            let body = format!(r#"{{{note}"tag":"ABCDEFGH3","who":{{"proof":"unattributed"}}}}"#);
            Entry::compose(seq, at(1), EntryAuthor::BOX, None, &Event::read("cleaning.recorded", &body))
                .unwrap()
        });
        (entries.collect(), texts)
    }

    fn wire(
        entries: &[Entry],
        texts: &[TextLine],
        first: u64,
        signed: impl Fn(Checkpoint) -> Checkpoint,
    ) -> Vec<u8> {
        let (origin, signer) = origin();
        let mut frontier = Frontier::default();
        entries.iter().for_each(|e| frontier.push(e.leaf()));
        let checkpoint = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
        let note = signed(checkpoint).signed(&signer).unwrap().to_string();
        let skip = usize::try_from(first).unwrap();
        let lines: Vec<&[u8]> = entries[skip..].iter().map(Entry::bytes).collect();
        let texts: Vec<String> = texts.iter().filter(|t| t.seq() >= first).map(TextLine::line).collect();
        pack_batch(&note, first, &lines, &texts).unwrap()
    }

    fn open(wire: &[u8]) -> Result<SignedBatch, BatchRefusal> {
        let (origin, signer) = origin();
        UnverifiedBatch::unpack(wire)?.open(&origin, signer.verifier())
    }

    fn held(entries: &[Entry]) -> Frontier {
        let mut frontier = Frontier::default();
        entries.iter().for_each(|e| frontier.push(e.leaf()));
        frontier
    }

    #[test]
    fn goes_on_from_what_is_held() {
        let (entries, texts) = log(10);
        let batch = open(&wire(&entries, &texts, 4, |c| c)).unwrap().onto(&held(&entries[..4])).unwrap();
        assert_eq!(batch.entries().len(), 6);
        assert_eq!(batch.texts(), &texts[2..]);
        assert_eq!(batch.frontier(), &held(&entries));
        let overlap = open(&wire(&entries, &texts, 2, |c| c)).unwrap();
        assert_eq!(overlap.place(4), BatchPlacement::Overlap);
        let overlap = overlap.onto(&held(&entries[..4])).unwrap();
        assert_eq!((overlap.entries(), overlap.texts()), (batch.entries(), batch.texts()));
    }

    #[test]
    fn every_place() {
        let (entries, texts) = log(6);
        let signed = open(&wire(&entries, &texts, 3, |c| c)).unwrap();
        let places = [
            (3, BatchPlacement::Next),
            (2, BatchPlacement::Gap),
            (4, BatchPlacement::Overlap),
            (6, BatchPlacement::Again),
            (9, BatchPlacement::Again),
        ];
        for (held, place) in places {
            assert_eq!(signed.place(held), place, "{held}");
        }
        assert!(matches!(signed.clone().onto(&held(&entries[..2])), Err(BatchRefusal::Place { .. })));
        assert!(matches!(signed.onto(&held(&entries)), Err(BatchRefusal::Place { .. })));
    }

    fn refusal_code(wire: &[u8]) -> Result<(), &'static str> {
        open(wire).map(|_| ()).map_err(|e| e.code())
    }

    #[test]
    fn every_refusal() {
        let (entries, texts) = log(6);
        assert_eq!(refusal_code(&wire(&entries, &texts, 0, |c| Checkpoint { size: 7, ..c })), Err("size"));
        assert_eq!(
            refusal_code(&wire(&entries, &[texts[0].clone(), texts[0].clone()], 0, |c| c)),
            Err("text")
        );
        let stray = PersonalText::new("stray", [0; 16]).unwrap().beside(1);
        assert_eq!(refusal_code(&wire(&entries, &[stray], 0, |c| c)), Err("text"));
        let mut gap = entries.clone();
        gap.remove(2);
        assert_eq!(refusal_code(&wire(&gap, &[], 0, |c| c)), Err("number"));
        let other = BoxId::new(9, [9; 10]);
        assert_eq!(
            refusal_code(&wire(&entries, &texts, 0, |c| Checkpoint {
                origin: LogOrigin { box_id: other, ..c.origin },
                ..c
            })),
            Err("signature")
        );
        let wrong = open(&wire(&entries, &texts, 0, |c| Checkpoint { root: Hash([0; 32]), ..c })).unwrap();
        assert_eq!(wrong.onto(&Frontier::default()).map_err(|e| e.code()).unwrap_err(), "root");
        let mut forged = entries[..4].to_vec();
        forged[1] = entries[3].clone();
        let honest = open(&wire(&entries, &texts, 4, |c| c)).unwrap();
        assert_eq!(honest.onto(&held(&forged)).map_err(|e| e.code()).unwrap_err(), "root");
        assert!(open(&wire(&entries, &[], 0, |c| c)).is_ok(), "a missing text means erased");
    }

    #[test]
    fn strange_frames() {
        let (entries, texts) = log(3);
        let good = wire(&entries, &texts, 0, |c| c);
        let bomb = zstd::bulk::compress(&vec![0; 1 << 28], 3).unwrap();
        let big = zstd::bulk::compress(&vec![b'x'; BATCH_BYTES_MAX + 1], 3).unwrap();
        let nameless = zstd::stream::encode_all(&b"batch/1 0 0 1 0\n"[..], 3).unwrap();
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0][..], &good].concat();
        let cases = [
            &[][..],
            b"x",
            &bomb,
            &big,
            &nameless,
            &skippable,
            &good[..good.len() - 1],
            &[&good[..], &good].concat(),
            &[&good[..], b"x"].concat(),
        ];
        for wrong in cases {
            assert!(matches!(open(wrong), Err(BatchRefusal::Form(_))));
        }
    }

    proptest! {
        /// A few bytes changed inside the frame: refused or the very same leaves, never a panic.
        #[test]
        fn mutated(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
            let (entries, texts) = log(5);
            let good = wire(&entries, &texts, 0, |c| c);
            let mut plain = zstd::bulk::decompress(&good, 1 << 20).unwrap();
            for (at, byte) in &edits {
                let at = at.index(plain.len());
                plain[at] = *byte;
            }
            let (origin, signer) = origin();
            let read = UnverifiedBatch::parse(&plain).map_err(BatchRefusal::from).and_then(|b| b.open(&origin, signer.verifier()));
            if let Ok(verified) = read.and_then(|s| s.onto(&Frontier::default())) {
                prop_assert_eq!(verified.frontier(), &held(&entries));
            }
        }

        #[test]
        fn rubbish(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(UnverifiedBatch::parse(&bytes).is_err());
            prop_assert!(UnverifiedBatch::unpack(&bytes).is_err());
        }
    }
}
