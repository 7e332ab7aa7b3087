//! One record's proof, as a receipt links to it: entry, path and checkpoint, and personal texts only on request.

use serde::{Deserialize, Serialize};

use crate::adoption::adopted_run;
use crate::entry::{Entry, EntryError, EntryTime};
use crate::kinds::EntryRef;
use crate::limits::ENTRY_TEXTS_MAX;
use crate::run::RunName;
use crate::signed::checkpoint::{Checkpoint, CosignedCheckpoint, SignedCheckpoint};
use crate::signed::sign::{NoteError, SignedNote, VerifierKey};
use crate::tree::{Hash, root_from_inclusion};
use crate::values::ids::Epoch;
use crate::values::redact::{TextError, TextLine};

/// Version of the proof's JSON.
pub const VERSION: u32 = 1;

/// That one entry stands in a log whose key signed its root. The answer of `/r/{receipt}/proof` and
/// `/api/v1/proof/{seq}`, and the file that `cleantrack-verify` reads; it needs no network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Proof"))]
pub struct RecordProof {
    /// [`VERSION`].
    pub v: u32,
    /// The entry's exact line, without a newline.
    pub entry: String,
    /// Its place in the log of its epoch, from 0.
    pub index: u64,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// Hashes from the leaf to the root, lowest first (RFC 6962 §2.1.1): the checkpoint's, or that of the run that brought
    /// the entry.
    pub path: Vec<Hash>,
    /// Where runs brought it: the entry that adopted its run, the one that adopted the run of that one, and so on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<AdoptionStep>,
    /// The checkpoint's note, with the relay's cosignature where there is one.
    pub checkpoint: String,
    /// The log's verifier key, as text.
    pub key: String,
    /// Verifier keys of the relays that cosigned, as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cosigners: Vec<String>,
    /// The text lines beside the entry, for a reader who may see them; never in a public proof.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
}

/// An entry that adopted a run, and its way on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AdoptionStep {
    /// The `log.adopted` entry's exact line.
    pub entry: String,
    /// From its leaf to the root of the run that it stands in itself, or of the checkpoint.
    pub path: Vec<Hash>,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Another version of the format.
    #[error("the proof is of version {0}, this program reads version {VERSION}")]
    Version(u32),
    /// The line is no entry.
    #[error("its entry cannot be read: {0}")]
    Entry(#[from] EntryError),
    /// The key that it brings is not the one that is trusted.
    #[error("it brings the key {found}, which is not the key that you trust for this log")]
    Key {
        /// What it brings.
        found: String,
    },
    /// The signature does not hold.
    #[error("its checkpoint does not hold: {0}")]
    Note(#[from] NoteError),
    /// Index, entry and checkpoint speak of different places.
    #[error("it says entry {index} of {size}, but {what}")]
    Place {
        /// By the proof.
        index: u64,
        /// By the proof.
        size: u64,
        /// What contradicts.
        what: String,
    },
    /// The path leads elsewhere.
    #[error("the entry is not in the log: its path does not lead to the signed root")]
    Root,
    /// A step of the adoption does not hold.
    #[error("adoption {step}: {what}")]
    Adoption {
        /// From 1: the one next to the record.
        step: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A text is not what the entry names.
    #[error("a text that it brings does not hold: {0}")]
    Text(#[from] TextError),
    /// A text that the entry does not name.
    #[error("it brings a text that the entry does not name")]
    Stray,
}

/// What a proof has proven; made only by [`RecordProof::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRecord {
    /// The entry.
    pub entry: Entry,
    /// The epoch that wrote it, by the checkpoint or by the entry that adopted it.
    pub epoch: Epoch,
    /// The adopting entries, the one next to it first; none where it is in the checkpoint's own log.
    pub adoptions: Vec<ProvenAdoption>,
    /// The texts that came with it; each is one that the entry names.
    pub texts: Vec<TextLine>,
    /// Size and root of the log that holds it, or the last of the entries that adopted it.
    pub checkpoint: Checkpoint,
    /// When a relay had stored it, seconds since 1970, by a cosigner that signed. Where the reader gave no
    /// cosigner's key the proof's own was taken: that is only as good as the source of the proof.
    pub witnessed: Option<(String, u64)>,
}

/// That an entry adopted a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenAdoption {
    /// Which run.
    pub run: RunName,
    /// Which entry adopted it.
    pub by: EntryRef,
    /// When, as that entry's box believed.
    pub at: EntryTime,
}

fn adoption_error(step: usize, what: &'static str) -> ProofError {
    ProofError::Adoption { step, what }
}

impl RecordProof {
    /// Puts a proof together. `path` is [`crate::tree::inclusion_proof`] of the entry in the checkpoint's tree.
    pub fn new(entry: &Entry, checkpoint: &SignedCheckpoint, path: Vec<Hash>, log: &VerifierKey) -> Self {
        Self {
            v: VERSION,
            entry: entry.as_str().to_owned(),
            index: entry.seq(),
            size: checkpoint.checkpoint().size,
            path,
            adopted: Vec::new(),
            checkpoint: checkpoint.note().to_string(),
            key: log.to_string(),
            cosigners: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// Of an entry that a run brought: `path` leads to the run's root, and `steps` from the entry that adopted the run to the
    /// checkpoint. Only where no cosigned checkpoint of its own epoch covers it: that one proves more.
    #[must_use]
    pub fn adopted_by(mut self, steps: Vec<AdoptionStep>) -> Self {
        self.adopted = steps;
        self
    }

    /// With the texts beside the entry.
    #[must_use]
    pub fn with_texts(mut self, texts: &[TextLine]) -> Self {
        self.texts = texts.iter().map(TextLine::line).collect();
        self
    }

    /// With the keys of the relays whose cosignatures the note carries.
    #[must_use]
    pub fn with_cosigners(mut self, keys: &[VerifierKey]) -> Self {
        self.cosigners = keys.iter().map(ToString::to_string).collect();
        self
    }

    /// Checks everything. `trusted` are log keys that the reader has from elsewhere; with none, the proof holds only
    /// for the key that it brings itself. The same goes for `cosigners`.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(
        &self,
        trusted: &[VerifierKey],
        cosigners: &[VerifierKey],
    ) -> Result<VerifiedRecord, ProofError> {
        if self.v != VERSION {
            return Err(ProofError::Version(self.v));
        }
        let entry = Entry::parse(self.entry.as_bytes())?;
        let (signed, log) = open_checkpoint(&self.checkpoint, &self.key, trusted)?;
        let (adoptions, epoch) = self.climb(&entry, signed.checkpoint())?;
        let texts = self.check_texts(&entry)?;
        let witnessed = find_witness(&signed, &log, &self.cosigners, cosigners)?;
        Ok(VerifiedRecord { entry, epoch, adoptions, texts, checkpoint: *signed.checkpoint(), witnessed })
    }

    fn climb(
        &self,
        entry: &Entry,
        checkpoint: &Checkpoint,
    ) -> Result<(Vec<ProvenAdoption>, Epoch), ProofError> {
        if entry.seq() != self.index {
            return Err(self.place_error(format!("the entry's own number is {}", entry.seq())));
        }
        if checkpoint.size != self.size {
            return Err(self.place_error(format!("the checkpoint covers {}", checkpoint.size)));
        }
        let (mut line, mut path) = (entry.clone(), &self.path);
        let mut found: Vec<(RunName, Entry)> = Vec::new();
        for (step, adopted) in (1..).zip(&self.adopted) {
            let adopting = Entry::parse(adopted.entry.as_bytes())?;
            let run = adopted_run(&adopting).ok_or(adoption_error(step, "its entry adopts nothing"))?;
            if !run.lines().contains(&line.seq()) {
                return Err(adoption_error(step, "the run does not reach the entry's number"));
            }
            let index = line.seq() - run.lines().start;
            if root_from_inclusion(line.leaf(), index, run.count(), path) != Some(run.root()) {
                return Err(adoption_error(step, "the path does not lead to the root of the run"));
            }
            found.push((run, adopting.clone()));
            (line, path) = (adopting, &adopted.path);
        }
        if line.seq() >= self.size {
            return Err(self.place_error("that is past the end".to_owned()));
        }
        if root_from_inclusion(line.leaf(), line.seq(), self.size, path) != Some(checkpoint.root) {
            return Err(ProofError::Root);
        }
        let own = checkpoint.origin.epoch;
        let epochs: Vec<Epoch> = found.iter().map(|(run, _)| run.epoch()).chain([own]).collect();
        Ok((
            found
                .iter()
                .zip(&epochs[1..])
                .map(|((run, adopting), epoch): (&(RunName, Entry), &Epoch)| ProvenAdoption {
                    run: *run,
                    by: EntryRef { epoch: *epoch, seq: adopting.seq() },
                    at: adopting.head().at,
                })
                .collect(),
            epochs[0],
        ))
    }

    fn place_error(&self, what: String) -> ProofError {
        ProofError::Place { index: self.index, size: self.size, what }
    }

    fn check_texts(&self, entry: &Entry) -> Result<Vec<TextLine>, ProofError> {
        let mut named = entry.redactables();
        let mut texts = Vec::new();
        for line in &self.texts {
            let text = TextLine::parse(line.as_bytes())?;
            let place = named.iter().position(|hash| *hash == text.hash()).ok_or(ProofError::Stray)?;
            if text.seq() != entry.seq() || texts.len() >= ENTRY_TEXTS_MAX {
                return Err(ProofError::Stray);
            }
            named.swap_remove(place);
            texts.push(text);
        }
        Ok(texts)
    }
}

/// The checkpoint that a proof brings, by its own key, which is one of `trusted` where any are.
pub(super) fn open_checkpoint(
    note: &str,
    key: &str,
    trusted: &[VerifierKey],
) -> Result<(SignedCheckpoint, VerifierKey), ProofError> {
    let log = VerifierKey::parse(key)?;
    if !trusted.is_empty() && !trusted.contains(&log) {
        return Err(ProofError::Key { found: key.to_owned() });
    }
    let origin = Checkpoint::parse(SignedNote::parse(note)?.text())?.origin;
    if log.name() != origin.to_string() {
        return Err(ProofError::Key { found: key.to_owned() });
    }
    // The epoch's name carries the key's hash: a key of another epoch is no key of this log.
    let log = origin.verifier(&log.public())?;
    Ok((SignedCheckpoint::verify(note, &origin, &log)?, log))
}

/// Who else had stored the log, and when. A cosignature that is there must hold; none is a fault only if one was asked for.
pub(super) fn find_witness(
    signed: &SignedCheckpoint,
    log: &VerifierKey,
    brought: &[String],
    requested: &[VerifierKey],
) -> Result<Option<(String, u64)>, ProofError> {
    let brought: Result<Vec<VerifierKey>, NoteError> =
        brought.iter().map(|key| VerifierKey::parse(key)).collect();
    let brought = brought?;
    let keys = if requested.is_empty() { &brought[..] } else { requested };
    if keys.is_empty() {
        return Ok(None);
    }
    let origin = signed.checkpoint().origin;
    let cosigned = CosignedCheckpoint::verify(&signed.note().to_string(), &origin, log, keys)?;
    Ok(Some((cosigned.by().to_owned(), cosigned.time_s())))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;
    use crate::entry::{ClockState, EntryAuthor, EntryTime};
    use crate::kinds::Event;
    use crate::signed::checkpoint::LogOrigin;
    use crate::signed::sign::{KeyKind, SignerKey};
    use crate::tree::{Frontier, TreeNodes, inclusion_proof};
    use crate::values::ids::{BootId, BoxId};

    #[derive(Default)]
    struct StoredNodes(HashMap<(u32, u64), Hash>);

    impl TreeNodes for StoredNodes {
        type Error = Infallible;
        fn node(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
            Ok(self.0[&(level, index)])
        }
    }

    fn log_signer() -> SignerKey {
        let public = SignerKey::new("x", KeyKind::Note, &[5; 32]).unwrap().verifier().public();
        LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public).signer(&[5; 32]).unwrap()
    }

    fn proof(index: u64, size: u64) -> RecordProof {
        let signer = log_signer();
        let (mut stored, mut frontier, mut expected) = (StoredNodes::default(), Frontier::default(), None);
        for seq in 0..size {
            let at = EntryTime { wall: 1, boot: BootId::new(1, [0; 10]), up: seq, clock: ClockState::Synced };
            let entry = Entry::compose(seq, at, EntryAuthor::BOX, None, &Event::read("x.y", "{}")).unwrap();
            frontier.push_with(entry.leaf(), |level, at, hash| {
                stored.0.insert((level, at), hash);
            });
            if seq == index {
                expected = Some(entry);
            }
        }
        let origin = signer.verifier().name().parse().unwrap();
        let checkpoint = Checkpoint { origin, size, root: frontier.root() };
        let note = checkpoint.signed(&signer).unwrap().to_string();
        let note = SignedCheckpoint::verify(&note, &origin, signer.verifier()).unwrap();
        let path = inclusion_proof(&stored, index, size).unwrap();
        RecordProof::new(&expected.unwrap(), &note, path, signer.verifier())
    }

    #[test]
    fn holds_and_survives_json() {
        for (index, size) in [(0, 1), (3, 12), (11, 12), (6, 7)] {
            let proof = proof(index, size);
            let json = serde_json::to_string(&proof).unwrap();
            let proven = serde_json::from_str::<RecordProof>(&json).unwrap().check(&[], &[]).unwrap();
            assert_eq!((proven.entry.seq(), proven.checkpoint.size, proven.witnessed), (index, size, None));
        }
    }

    #[test]
    fn a_cosignature_is_told_and_must_hold() {
        let mut proof = proof(3, 12);
        let cosigner = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[6; 32]).unwrap();
        let keys = [cosigner.verifier().clone()];
        assert!(matches!(proof.check(&[], &keys), Err(ProofError::Note(NoteError::Unsigned(_)))));
        let mut note = SignedNote::parse(&proof.checkpoint).unwrap();
        cosigner.sign(&mut note, 99);
        proof.checkpoint = note.to_string();
        proof = proof.with_cosigners(&keys);
        let reported = Some(("relay.example/cosign/1".to_owned(), 99));
        assert_eq!(proof.check(&[], &[]).unwrap().witnessed, reported);
        assert_eq!(proof.check(&[log_signer().verifier().clone()], &keys).unwrap().witnessed, reported);
        let whole = [log_signer().verifier().clone(), keys[0].clone()];
        assert_eq!(
            proof.check(&whole, &whole).unwrap().witnessed,
            reported,
            "a file with the log's key first"
        );
        let other = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[7; 32]).unwrap();
        assert!(proof.check(&[], &[other.verifier().clone()]).is_err());
    }

    fn error_of_change(good: &RecordProof, change: fn(&mut RecordProof)) -> ProofError {
        let mut proof = good.clone();
        change(&mut proof);
        proof.check(&[], &[]).unwrap_err()
    }

    #[test]
    fn what_was_changed_does_not_hold() {
        let good = proof(3, 12);
        assert_eq!(error_of_change(&good, |p| p.v = 2), ProofError::Version(2));
        assert_eq!(error_of_change(&good, |p| p.entry = p.entry.replace("x.y", "x.z")), ProofError::Root);
        assert_eq!(error_of_change(&good, |p| p.path[1] = Hash::default()), ProofError::Root);
        assert_eq!(error_of_change(&good, |p| p.path.truncate(1)), ProofError::Root);
        assert!(matches!(error_of_change(&good, |p| p.index = 4), ProofError::Place { .. }));
        assert!(matches!(error_of_change(&good, |p| p.size = 13), ProofError::Place { .. }));
        assert!(matches!(error_of_change(&good, |p| p.entry.push(' ')), ProofError::Entry(_)));
        assert!(matches!(
            error_of_change(&good, |p: &mut RecordProof| p.checkpoint =
                p.checkpoint.replacen("\n12\n", "\n13\n", 1)),
            ProofError::Note(NoteError::Wrong(_))
        ));
        let stranger = SignerKey::new(log_signer().verifier().name(), KeyKind::Note, &[9; 32]).unwrap();
        let mut foreign = good.clone();
        foreign.key = stranger.verifier().to_string();
        assert!(matches!(foreign.check(&[], &[]), Err(ProofError::Note(NoteError::Key(_)))));
        let trusted = [stranger.verifier().clone()];
        assert!(matches!(good.check(&trusted, &[]), Err(ProofError::Key { .. })));
    }
}
