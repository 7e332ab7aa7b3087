//! Epochs that adopt what their chain left behind: the first log from entry 12 on in the second epoch, and what the second
//! says of it in the third.

use std::fmt::Write as _;

use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
use record::ids::BootId;
use record::kinds::Event;
use record::proof::{AdoptionStep, RecordProof};
use record::redact::TextLine;
use record::run::{RunName, RunNamer, RunWriter};
use record::sign::{KeyKind, SignerKey};
use record::tree::{Frontier, Hash, LeafTree};
use record::vouch::{Base64Bytes, Vouch};

use crate::log;

pub(crate) const COUNTS: [usize; 2] = [12, 1];

/// An epoch after the first: the secret of its key is 32 bytes of 6 + its number (8, 9).
pub(crate) struct GoldenEpoch {
    pub(crate) signer: SignerKey,
    pub(crate) entries: Vec<(Entry, Vec<TextLine>)>,
}

impl GoldenEpoch {
    pub(crate) fn origin(&self) -> LogOrigin {
        self.signer.verifier().name().parse().unwrap()
    }

    fn frontier(&self, size: usize) -> Frontier {
        let mut frontier = Frontier::default();
        self.entries[..size].iter().for_each(|(entry, _)| frontier.push(entry.leaf()));
        frontier
    }

    pub(crate) fn cosigned(&self) -> SignedCheckpoint {
        let frontier = self.frontier(self.entries.len());
        let checkpoint = Checkpoint { origin: self.origin(), size: frontier.size(), root: frontier.root() };
        let note = checkpoint.signed(&self.signer).unwrap().to_string();
        let note = SignedCheckpoint::verify(&note, &self.origin(), self.signer.verifier()).unwrap();
        let note = note.cosigned(&log::cosigner(), log::COSIGNED_S + 200).to_string();
        SignedCheckpoint::verify(&note, &self.origin(), self.signer.verifier()).unwrap()
    }

    fn export(&self) -> String {
        self.entries.iter().fold(String::new(), |text, (entry, _)| text + entry.as_str() + "\n")
    }
}

/// The run of everything in `before` that `prev` does not count.
pub(crate) fn run_of(before: &GoldenEpoch, counts: usize) -> RunName {
    let mut namer = RunNamer::new(before.origin().epoch, counts as u64);
    before.entries[counts..].iter().for_each(|(entry, _)| namer.push(entry.leaf()));
    namer.name().unwrap()
}

pub(crate) fn first() -> GoldenEpoch {
    GoldenEpoch { signer: log::log_signer(), entries: log::entries() }
}

fn begin_after(before: &GoldenEpoch, n: u32, last: (&str, &str)) -> GoldenEpoch {
    let secret = [u8::try_from(6 + n).unwrap(); 32];
    let public = SignerKey::new("x", KeyKind::Note, &secret).unwrap().verifier().public();
    let signer = LogOrigin::new(log::box_id(), n, &public).signer(&secret).unwrap();
    let counts = COUNTS[usize::try_from(n).unwrap() - 2];
    let (epoch, root) = (before.origin().epoch, before.frontier(counts).root());
    let key = Base64Bytes(public);
    let oldest = first();
    let vouch =
        Vouch::make(oldest.origin().epoch, &oldest.signer, &signer.verifier().name().parse().unwrap(), &key);
    let started = format!(
        r#"{{"box":"{}","version":"0.1.0","prev":{{"epoch":"{epoch}","size":{counts},"root":"{root}"}},"reason":"entries were missing","key":"{key}","vouch":{{"by":"{}","sig":"{}"}}}}"#,
        log::box_id(),
        vouch.by,
        vouch.sig,
    );
    let adopted = serde_json::to_string(&run_of(before, counts)).unwrap();
    let bodies = [("log.started", started), ("log.adopted", adopted), (last.0, last.1.to_owned())];
    let mut entries = Vec::new();
    for (seq, (kind, body)) in (0u64..).zip(bodies) {
        let event = Event::read(kind, &body);
        assert_eq!(event.body().unwrap().get(), body, "{kind}");
        let boot = BootId::new(log::WALL_MS, [u8::try_from(n).unwrap(); 10]);
        let wall = log::WALL_MS + i64::from(n) * 600_000 + i64::try_from(seq).unwrap() * 1_000;
        let at = EntryTime { wall, boot, up: seq * 1_000, clock: ClockState::Synced };
        entries.push((Entry::compose(seq, at, EntryAuthor::BOX, None, &event).unwrap(), Vec::new()));
    }
    GoldenEpoch { signer, entries }
}

pub(crate) fn second() -> GoldenEpoch {
    let cleaning = r#"{"tag":"7QK3M9X2W","who":{"proof":"unattributed"}}"#;
    begin_after(&first(), 2, ("cleaning.recorded", cleaning))
}

pub(crate) fn third() -> GoldenEpoch {
    begin_after(&second(), 3, ("use.recorded", r#"{"tag":"7QK3M9X2W"}"#))
}

pub(crate) fn run_file(of: &GoldenEpoch, counts: usize, note: &SignedCheckpoint) -> Vec<u8> {
    let notes = [note.note().to_string()];
    let mut writer = RunWriter::begin(Vec::new(), log::box_id(), run_of(of, counts), &notes).unwrap();
    for (entry, texts) in &of.entries[counts..] {
        writer.write_line(entry.bytes(), texts).unwrap();
    }
    writer.finish().unwrap()
}

fn plain(file: &[u8]) -> String {
    String::from_utf8(zstd::decode_all(file).unwrap()).unwrap()
}

/// The inclusion path of a line under the root over all of these.
fn path(lines: &[(Entry, Vec<TextLine>)], at: usize) -> Vec<Hash> {
    LeafTree::new(lines.iter().map(|(entry, _)| entry.leaf()).collect()).path(at as u64)
}

fn step(of: &GoldenEpoch, counts: usize) -> AdoptionStep {
    AdoptionStep { entry: of.entries[1].0.as_str().to_owned(), path: path(&of.entries[counts..], 1 - counts) }
}

/// Entry 12 of the first epoch, as an epoch proves it that brings it by these steps; with the texts beside it.
fn proof(by: &GoldenEpoch, steps: Vec<AdoptionStep>) -> String {
    let first = first();
    let (entry, texts) = &first.entries[COUNTS[0]];
    let to_run = path(&first.entries[COUNTS[0]..], 0);
    let proof = RecordProof::new(entry, &by.cosigned(), to_run, by.signer.verifier()).adopted_by(steps);
    let proof = proof.with_cosigners(&[log::cosigner().verifier().clone()]).with_texts(texts);
    serde_json::to_string(&proof).unwrap() + "\n"
}

fn key_line(epoch: &GoldenEpoch) -> String {
    format!("{}\n", epoch.signer.verifier())
}

pub(crate) fn files() -> Vec<(&'static str, String)> {
    let (first, second, third) = (first(), second(), third());
    let names = [run_of(&first, COUNTS[0]), run_of(&second, COUNTS[1])];
    let mut run_names = String::new();
    names.iter().for_each(|name| writeln!(run_names, "{name}").unwrap());
    vec![
        ("log-2.jsonl", second.export()),
        ("log-3.jsonl", third.export()),
        ("log-2-key.txt", key_line(&second)),
        ("log-3-key.txt", key_line(&third)),
        ("cosigned-2.txt", second.cosigned().note().to_string()),
        ("cosigned-3.txt", third.cosigned().note().to_string()),
        ("run-names.txt", run_names),
        ("proof-adopted.json", proof(&second, vec![step(&second, 0)])),
        ("proof-nested.json", proof(&third, vec![step(&second, COUNTS[1]), step(&third, 0)])),
        ("run-1.txt", plain(&run_file(&first, COUNTS[0], &log::cosigned(first.entries.len() as u64)))),
        ("run-2.txt", plain(&run_file(&second, COUNTS[1], &second.cosigned()))),
    ]
}
