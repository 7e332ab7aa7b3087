//! Logs of the simulated boxes, made and signed once for all seeds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use record::batch::{Unverified, pack};
use record::checkpoint::{Checkpoint, Origin};
use record::entry::{At, By, ClockState, Entry};
use record::ids::{BootId, BoxId};
use record::sign::{Kind, Signer};
use record::tree::{Frontier, Hash};
use record::verify::Signed;

use super::LOG;

/// A log that a box may have: an epoch, and a variant that goes its own way after `LOG / 2` (a cloned card).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LogId {
    pub(crate) epoch: u32,
    pub(crate) clone: bool,
}

/// Everything about a log that costs a signature, made once.
pub(crate) struct Log {
    pub(crate) leaves: Vec<Hash>,
    pub(crate) frontiers: Vec<Frontier>,
    batches: Mutex<BTreeMap<(u64, u64), Arc<Signed>>>,
    lines: Vec<Entry>,
    pub(crate) signer: Signer,
    pub(crate) origin: Origin,
}

impl Log {
    pub(crate) fn get(id: LogId) -> &'static Log {
        static LOGS: OnceLock<Mutex<BTreeMap<LogId, &'static Log>>> = OnceLock::new();
        let mut logs = LOGS.get_or_init(Mutex::default).lock().unwrap();
        logs.entry(id).or_insert_with(|| Box::leak(Box::new(Log::make(id))))
    }

    fn make(id: LogId) -> Self {
        let secret = [u8::try_from(id.epoch).unwrap(); 32];
        let public = Signer::new("x", Kind::Note, &secret).unwrap().verifier().public();
        let origin = Origin::new(BoxId::new(1, [2; 10]), id.epoch, &public);
        let at = At { wall: 1, boot: BootId::new(1, [1; 10]), up: 5, clock: ClockState::Synced };
        let lines: Vec<Entry> = (0..LOG)
            .map(|seq| {
                let clone = id.clone && seq >= LOG / 2;
                let event = record::kinds::Event::read("x.y", &format!(r#"{{"clone":{clone}}}"#));
                Entry::compose(seq, at, By::BOX, None, &event).unwrap()
            })
            .collect();
        let leaves: Vec<Hash> = lines.iter().map(Entry::leaf).collect();
        let mut frontiers = vec![Frontier::default()];
        for leaf in &leaves {
            let mut next = frontiers.last().unwrap().clone();
            next.push(*leaf);
            frontiers.push(next);
        }
        let signer = origin.signer(&secret).unwrap();
        Self { leaves, frontiers, batches: Mutex::default(), lines, signer, origin }
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        self.frontiers[usize::try_from(size).unwrap()].root()
    }

    /// The batch `[from, to)`, packed, unpacked and opened by the real code.
    pub(crate) fn batch(&self, from: u64, to: u64) -> Signed {
        let open = || {
            let checkpoint = Checkpoint { origin: self.origin, size: to, root: self.root(to) };
            let note = checkpoint.signed(&self.signer).unwrap().to_string();
            let range = usize::try_from(from).unwrap()..usize::try_from(to).unwrap();
            let lines: Vec<&[u8]> = self.lines[range].iter().map(Entry::bytes).collect();
            let wire = pack(&note, from, &lines, &[]).unwrap();
            Arc::new(Unverified::unpack(&wire).unwrap().open(&self.origin, self.signer.verifier()).unwrap())
        };
        let mut batches = self.batches.lock().unwrap();
        Signed::clone(batches.entry((from, to)).or_insert_with(open))
    }
}
