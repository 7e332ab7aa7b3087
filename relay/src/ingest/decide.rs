//! What a batch gets, decided without touching the world: PROTOCOL's table as one match.

use record::tree::{Frontier, Hash};
use record::verify::{Batch, BatchPlacement, BatchRefusal, SignedBatch, VerifiedBatch};

#[derive(Debug, Clone, Copy)]
pub struct HeldLog<'a> {
    pub frontier: &'a Frontier,
    /// Leaf hashes held from the batch's first entry on, up to its end or the end of what is held.
    pub overlap: &'a [Hash],
    pub root_at_end: Option<Hash>,
    /// Size and root of a checkpoint of more than is held that this relay cosigned before it lost entries.
    pub witness: Option<(u64, Hash)>,
    /// How much of this log counts, where another one continues there: it has ended.
    pub ends: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchVerdict {
    Store(Box<VerifiedBatch<Batch>>),
    Again,
    Want(u64),
    /// The log contradicts what is held or was cosigned: keep both, take nothing more.
    Fork {
        /// First entry that differs, where it is in the batch.
        seq: Option<u64>,
    },
    /// The log has ended, and grows past where the next one continues: two machines write for one box.
    Clash {
        ends: u64,
    },
    Refuse(BatchRefusal),
}

/// Decides. `batch` is what [`record::verify`] made of it; an `Err` is refused as it is.
pub fn decide_batch(batch: Result<SignedBatch, BatchRefusal>, held: &HeldLog<'_>) -> BatchVerdict {
    let signed = match batch {
        Ok(signed) => signed,
        Err(refusal) => return BatchVerdict::Refuse(refusal),
    };
    let size = held.frontier.size();
    let leaves = signed.entries().iter().map(|(_, leaf)| leaf);
    let differs = leaves.zip(held.overlap).position(|(theirs, ours)| theirs != ours);
    match (signed.place(size), differs) {
        (BatchPlacement::Gap, _) => BatchVerdict::Want(size),
        (_, Some(at)) => BatchVerdict::Fork { seq: Some(signed.first() + at as u64) },
        // Equal entries under another signed root: the log said two things about one size.
        (BatchPlacement::Again, None) if held.root_at_end != Some(signed.checkpoint().root) => {
            BatchVerdict::Fork { seq: None }
        }
        (BatchPlacement::Again, None) => BatchVerdict::Again,
        (BatchPlacement::Next | BatchPlacement::Overlap, None) => {
            let contradicted = contradicts_log(&signed, held);
            let past_end = held.ends.filter(|ends| signed.end() > *ends);
            match signed.onto(held.frontier) {
                Err(refusal) => BatchVerdict::Refuse(refusal),
                Ok(_) if contradicted => BatchVerdict::Fork { seq: None },
                Ok(verified) => match past_end {
                    Some(ends) => BatchVerdict::Clash { ends },
                    None => BatchVerdict::Store(Box::new(verified)),
                },
            }
        }
    }
}

/// Whether a batch exceeds the size of a cosignature that this relay lost, with another root.
fn contradicts_log(signed: &SignedBatch, held: &HeldLog<'_>) -> bool {
    let Some((size, root)) = held.witness.filter(|(size, _)| *size <= signed.end()) else { return false };
    let mut frontier = held.frontier.clone();
    let new =
        signed.entries().iter().filter(|(entry, _)| (held.frontier.size()..size).contains(&entry.seq()));
    new.for_each(|(_, leaf)| frontier.push(*leaf));
    frontier.root() != root
}

#[cfg(test)]
mod tests {
    use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
    use record::ids::{BootId, BoxId};
    use record::kinds::Event;
    use record::sign::{KeyKind, SignerKey};

    use super::*;
    use record::batch::{UnverifiedBatch, pack_batch};
    use record::checkpoint::{Checkpoint, LogOrigin};

    fn log(count: u64, salt: &str) -> Vec<Entry> {
        let at = EntryTime { wall: 1, boot: BootId::new(1, [1; 10]), up: 5, clock: ClockState::Synced };
        let body = |seq: u64| if seq < 4 { "{}".to_owned() } else { format!(r#"{{"salt":"{salt}"}}"#) };
        let entry =
            |seq| Entry::compose(seq, at, EntryAuthor::BOX, None, &Event::read("x.y", &body(seq))).unwrap();
        (0..count).map(entry).collect()
    }

    fn frontier(entries: &[Entry]) -> Frontier {
        let mut frontier = Frontier::default();
        entries.iter().for_each(|e| frontier.push(e.leaf()));
        frontier
    }

    fn batch(entries: &[Entry], first: usize, root: Option<Hash>) -> Result<SignedBatch, BatchRefusal> {
        let public = SignerKey::new("x", KeyKind::Note, &[3; 32]).unwrap().verifier().public();
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public);
        let signer = origin.signer(&[3; 32]).unwrap();
        let whole = frontier(entries);
        let root = root.unwrap_or_else(|| whole.root());
        let note = Checkpoint { origin, size: whole.size(), root }.signed(&signer).unwrap().to_string();
        let lines: Vec<&[u8]> = entries[first..].iter().map(Entry::bytes).collect();
        let wire = pack_batch(&note, first as u64, &lines, &[]).unwrap();
        UnverifiedBatch::unpack(&wire)?.open(&origin, signer.verifier())
    }

    /// The verdict on entries `first..end` of `theirs` where `ours` is held.
    fn verdict(ours: &[Entry], theirs: &[Entry], first: usize) -> BatchVerdict {
        with(ours, batch(theirs, first, None), theirs.len(), first, None)
    }

    fn with(
        ours: &[Entry],
        batch: Result<SignedBatch, BatchRefusal>,
        end: usize,
        first: usize,
        witness: Option<(u64, Hash)>,
    ) -> BatchVerdict {
        let overlap: Vec<Hash> =
            ours.get(first..end.min(ours.len())).unwrap_or(&[]).iter().map(Entry::leaf).collect();
        let root_at_end = (end <= ours.len()).then(|| frontier(&ours[..end]).root());
        let frontier = frontier(ours);
        decide_batch(
            batch,
            &HeldLog { frontier: &frontier, overlap: &overlap, root_at_end, witness, ends: None },
        )
    }

    #[test]
    fn an_ended_log_grows_up_to_its_end_and_no_further() {
        let (ours, other) = (log(10, "a"), log(10, "b"));
        let verdict = |held: usize, first: usize, end: usize, theirs: &[Entry]| {
            let frontier = frontier(&ours[..held]);
            let overlap: Vec<Hash> = ours[first.min(held)..held.min(end)].iter().map(Entry::leaf).collect();
            let root_at_end = (end <= held).then(|| self::frontier(&ours[..end]).root());
            let batch = batch(&theirs[..end], first, None);
            let ends = Some(7);
            decide_batch(
                batch,
                &HeldLog { frontier: &frontier, overlap: &overlap, root_at_end, witness: None, ends },
            )
        };
        assert_eq!(stored(&verdict(4, 4, 7, &ours)), Some(3), "what counts comes");
        assert_eq!(verdict(7, 7, 9, &ours), BatchVerdict::Clash { ends: 7 });
        assert_eq!(verdict(4, 2, 9, &ours), BatchVerdict::Clash { ends: 7 });
        assert_eq!(
            verdict(9, 9, 10, &ours),
            BatchVerdict::Clash { ends: 7 },
            "more of it was held before it ended"
        );
        assert_eq!(verdict(9, 6, 9, &ours), BatchVerdict::Again);
        assert_eq!(verdict(5, 6, 9, &ours), BatchVerdict::Want(5));
        assert_eq!(verdict(7, 3, 9, &other), BatchVerdict::Fork { seq: Some(4) }, "the worse of the two");
    }

    fn stored(verdict: &BatchVerdict) -> Option<usize> {
        if let BatchVerdict::Store(batch) = verdict { Some(batch.entries().len()) } else { None }
    }

    #[test]
    fn every_row_of_the_table() {
        let (ours, other) = (log(10, "a"), log(10, "b"));
        assert_eq!(stored(&verdict(&ours[..4], &ours, 4)), Some(6), "a = N");
        assert_eq!(stored(&verdict(&[], &ours, 0)), Some(10), "a = N = 0");
        assert_eq!(verdict(&ours, &ours[..8], 3), BatchVerdict::Again, "b < N");
        assert_eq!(verdict(&ours, &ours, 3), BatchVerdict::Again, "b = N");
        assert_eq!(
            verdict(&ours, &other[..8], 2),
            BatchVerdict::Fork { seq: Some(4) },
            "b < N, other entries"
        );
        assert_eq!(stored(&verdict(&ours[..6], &ours, 3)), Some(4), "a < N < b");
        assert_eq!(
            verdict(&ours[..6], &other, 3),
            BatchVerdict::Fork { seq: Some(4) },
            "a < N < b, other entries"
        );
        assert_eq!(verdict(&ours[..3], &ours, 4), BatchVerdict::Want(3), "a > N");
        assert!(
            matches!(verdict(&ours[..6], &other, 6), BatchVerdict::Refuse(BatchRefusal::Root(10))),
            "root"
        );
    }

    #[test]
    fn one_size_with_two_signed_roots_is_a_fork() {
        let ours = log(10, "a");
        let lie = batch(&ours[..8], 3, Some(Hash([7; 32])));
        assert_eq!(with(&ours, lie, 8, 3, None), BatchVerdict::Fork { seq: None });
    }

    #[test]
    fn what_does_not_hold_is_refused_as_it_is() {
        let refusal = BatchRefusal::Size { checkpoint: 1, end: 2 };
        assert_eq!(with(&log(3, "a"), Err(refusal.clone()), 0, 0, None), BatchVerdict::Refuse(refusal));
    }

    #[test]
    fn nothing_is_cosigned_that_contradicts_a_cosignature_shown() {
        let (ours, other) = (log(10, "a"), log(10, "b"));
        let witness = Some((7, frontier(&ours[..7]).root()));
        let verdict =
            |theirs: &[Entry], end: usize| with(&ours[..4], batch(&theirs[..end], 4, None), end, 4, witness);
        assert_eq!(stored(&verdict(&ours, 10)), Some(6));
        assert_eq!(stored(&verdict(&ours, 6)), Some(2), "not there yet");
        assert_eq!(verdict(&other, 10), BatchVerdict::Fork { seq: None });
        assert_eq!(verdict(&other, 7), BatchVerdict::Fork { seq: None });
    }
}
