//! Logs of the simulated boxes: every state that one was ever in, signed once for all seeds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use record::batch::{UnverifiedBatch, pack_batch};
use record::checkpoint::{Checkpoint, CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
use record::ids::{BootId, BoxId, Epoch};
use record::kinds::Event;
use record::sign::{KeyKind, NoteError, SignerKey, VerifierKey};
use record::tree::{Frontier, Hash};
use record::verify::SignedBatch;

/// What a record says; after a log went back to an earlier state, the next number.
pub(crate) type Content = u32;

pub(crate) struct LogKey {
    pub(crate) origin: LogOrigin,
    pub(crate) signer: SignerKey,
    first: OnceLock<&'static Point>,
}

/// A log in one state: its newest entry and the state before that.
pub(crate) struct Point {
    pub(crate) key: &'static LogKey,
    pub(crate) before: Option<&'static Point>,
    pub(crate) size: u64,
    pub(crate) leaf: Hash,
    pub(crate) frontier: Frontier,
    entry: Entry,
    next: Mutex<BTreeMap<Content, &'static Point>>,
    batches: Mutex<BTreeMap<u64, Arc<SignedBatch>>>,
    note: OnceLock<String>,
}

fn cosigner() -> &'static SignerKey {
    static COSIGNER: OnceLock<SignerKey> = OnceLock::new();
    COSIGNER.get_or_init(|| SignerKey::new("relay/cosign/1", KeyKind::Cosignature, &[99; 32]).unwrap())
}

/// What holds of a note that a relay cosigned, by the real code; cached.
pub(crate) fn verified(
    note: &str,
    origin: &LogOrigin,
    log: &VerifierKey,
) -> Result<CosignedCheckpoint, NoteError> {
    type Known = BTreeMap<Epoch, BTreeMap<String, Result<CosignedCheckpoint, NoteError>>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let of_epoch = known.entry(origin.epoch).or_default();
    if let Some(verified) = of_epoch.get(note) {
        return verified.clone();
    }
    let verified = CosignedCheckpoint::verify(note, origin, log, &[cosigner().verifier().clone()]);
    of_epoch.insert(note.to_owned(), verified.clone());
    verified
}

/// Epoch `n` under the box's `key`-th key, with its first entry.
pub(crate) fn begin(n: u32, key: u8) -> &'static Point {
    static KEYS: Mutex<BTreeMap<(u32, u8), &'static LogKey>> = Mutex::new(BTreeMap::new());
    let key = *KEYS.lock().unwrap().entry((n, key)).or_insert_with(|| {
        let secret = [key + 1; 32];
        let public = SignerKey::new("x", KeyKind::Note, &secret).unwrap().verifier().public();
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), n, &public);
        let signer = origin.signer(&secret).unwrap();
        Box::leak(Box::new(LogKey { origin, signer, first: OnceLock::new() }))
    });
    key.first.get_or_init(|| Point::make(key, None, 0))
}

impl Point {
    fn make(key: &'static LogKey, before: Option<&'static Self>, content: Content) -> &'static Self {
        let at = EntryTime { wall: 1, boot: BootId::new(1, [1; 10]), up: 5, clock: ClockState::Synced };
        let seq = before.map_or(0, |before| before.size);
        let body = format!(r#"{{"content":{content},"of":"{}"}}"#, key.origin.epoch);
        let entry = Entry::compose(seq, at, EntryAuthor::BOX, None, &Event::read("x.y", &body)).unwrap();
        let mut frontier = before.map_or_else(Frontier::default, |before| before.frontier.clone());
        frontier.push(entry.leaf());
        Box::leak(Box::new(Self {
            key,
            before,
            size: seq + 1,
            leaf: entry.leaf(),
            frontier,
            entry,
            next: Mutex::default(),
            batches: Mutex::default(),
            note: OnceLock::new(),
        }))
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.key.origin.epoch
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    pub(crate) fn next(&'static self, content: Content) -> &'static Self {
        let mut next = self.next.lock().unwrap();
        next.entry(content).or_insert_with(|| Self::make(self.key, Some(self), content))
    }

    /// As it was at `size`; `None` at nothing, and where it has fewer.
    pub(crate) fn at(&'static self, size: u64) -> Option<&'static Self> {
        self.states().find(|state| state.size <= size).filter(|state| state.size == size)
    }

    pub(crate) fn states(&'static self) -> impl Iterator<Item = &'static Self> {
        std::iter::successors(Some(self), |state| state.before)
    }

    /// Whether this is `later`, or a state before it.
    pub(crate) fn leads_to(&'static self, later: &'static Self) -> bool {
        later.at(self.size).is_some_and(|state| std::ptr::eq(state, self))
    }

    /// The batch `[from, size)`, packed, unpacked and opened by the real code.
    pub(crate) fn batch(&'static self, from: u64) -> SignedBatch {
        let open = || {
            let checkpoint = Checkpoint { origin: self.key.origin, size: self.size, root: self.root() };
            let note = checkpoint.signed(&self.key.signer).unwrap().to_string();
            let mut lines: Vec<&[u8]> = self
                .states()
                .take_while(|state| state.size > from)
                .map(|state| state.entry.bytes())
                .collect();
            lines.reverse();
            let wire = pack_batch(&note, from, &lines, &[]).unwrap();
            let unpacked = UnverifiedBatch::unpack(&wire).unwrap();
            Arc::new(unpacked.open(&self.key.origin, self.key.signer.verifier()).unwrap())
        };
        SignedBatch::clone(self.batches.lock().unwrap().entry(from).or_insert_with(open))
    }

    /// Its checkpoint as a relay cosigns it.
    pub(crate) fn note(&'static self) -> &'static str {
        self.note.get_or_init(|| {
            let checkpoint = Checkpoint { origin: self.key.origin, size: self.size, root: self.root() };
            let note = checkpoint.signed(&self.key.signer).unwrap().to_string();
            let signed =
                SignedCheckpoint::verify(&note, &self.key.origin, self.key.signer.verifier()).unwrap();
            signed.cosigned(cosigner(), 7).to_string()
        })
    }
}
