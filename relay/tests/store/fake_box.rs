//! A box's log without a box: real entries, real signatures, real batches.

use record::batch::pack_batch;
use record::checkpoint::{Checkpoint, LogOrigin};
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
use record::ids::{BootId, BoxId};
use record::kinds::Event;
use record::messages::{Hello, VERSION};
use record::redact::{PersonalText, TextLine};
use record::sign::{KeyKind, SignerKey};
use record::tree::{Frontier, Hash};
use record::vouch::{Base64Bytes, Vouch};

pub(crate) struct FakeBox {
    pub(crate) origin: LogOrigin,
    pub(crate) signer: SignerKey,
    pub(crate) entries: Vec<Entry>,
    pub(crate) texts: Vec<TextLine>,
    pub(crate) clock: ClockState,
    /// Number and secret of the box's oldest log, whose key vouches for the later ones.
    oldest: (u32, u8),
}

impl FakeBox {
    pub(crate) fn new(box_id: BoxId, n: u32, secret: u8) -> Self {
        let public = SignerKey::new("x", KeyKind::Note, &[secret; 32]).unwrap().verifier().public();
        let origin = LogOrigin::new(box_id, n, &public);
        let signer = origin.signer(&[secret; 32]).unwrap();
        let (entries, texts, clock) = (Vec::new(), Vec::new(), ClockState::Synced);
        Self { origin, signer, entries, texts, clock, oldest: (n, secret) }
    }

    pub(crate) fn copy(&self) -> Self {
        let signer = self.origin.signer(&[self.secret(); 32]).unwrap();
        let (entries, texts) = (self.entries.clone(), self.texts.clone());
        Self { origin: self.origin, signer, entries, texts, clock: self.clock, oldest: self.oldest }
    }

    pub(crate) fn later(&self, n: u32, secret: u8) -> Self {
        Self { oldest: self.oldest, ..Self::new(self.origin.box_id, n, secret) }
    }

    /// The body of its first entry, as a box writes it: `more` (`,"reason":"…"`), its key, the oldest key's vouch.
    pub(crate) fn started(&self, more: &str) -> String {
        let (n, secret) = self.oldest;
        let public = SignerKey::new("x", KeyKind::Note, &[secret; 32]).unwrap().verifier().public();
        let by = LogOrigin::new(self.origin.box_id, n, &public);
        let key = Base64Bytes(self.key());
        let vouch = Vouch::make(by.epoch, &by.signer(&[secret; 32]).unwrap(), &self.origin, &key);
        let vouch = match by == self.origin {
            true => String::new(),
            false => format!(r#","vouch":{}"#, serde_json::to_string(&vouch).unwrap()),
        };
        format!(r#"{{"box":"{}","version":"1.0"{more},"key":"{key}"{vouch}}}"#, self.origin.box_id)
    }

    fn secret(&self) -> u8 {
        (0..=255)
            .find(|s| {
                SignerKey::new("x", KeyKind::Note, &[*s; 32]).unwrap().verifier().public() == self.key()
            })
            .unwrap()
    }

    pub(crate) fn key(&self) -> [u8; 32] {
        self.signer.verifier().public()
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Writes an entry; gives its number.
    pub(crate) fn tell(&mut self, wall: i64, kind: &str, body: &str) -> u64 {
        let seq = self.size();
        let up = u64::try_from(wall).unwrap();
        let at = EntryTime { wall, boot: BootId::new(1, [1; 10]), up, clock: self.clock };
        let event = Event::read(kind, body);
        self.entries.push(Entry::compose(seq, at, EntryAuthor::BOX, None, &event).unwrap());
        seq
    }

    pub(crate) fn text(&mut self, text: &str) -> String {
        let text = PersonalText::new(text, [7; 16]).unwrap();
        self.texts.push(text.beside(self.size()));
        format!(r#"{{"redactable":"{}"}}"#, text.redactable().hash)
    }

    pub(crate) fn add(&mut self, wall: i64, tag: &str) -> u64 {
        self.tell(
            wall,
            "equipment.added",
            &format!(r#"{{"tag":"{tag}","name":"Pump {tag}","location":"Ward 3"}}"#),
        )
    }

    pub(crate) fn clean(&mut self, wall: i64, tag: &str) -> u64 {
        let name = self.text("Maria Alvarez");
        let body = format!(r#"{{"tag":"{tag}","who":{{"proof":"typed","name":{name}}}}}"#);
        self.tell(wall, "cleaning.recorded", &body)
    }

    pub(crate) fn void(&mut self, wall: i64, seq: u64) -> u64 {
        let reason = self.text("wrong item");
        let body = format!(r#"{{"epoch":"{}","seq":{seq},"reason":{reason}}}"#, self.origin.epoch);
        self.tell(wall, "cleaning.voided", &body)
    }

    pub(crate) fn frontier(&self, size: u64) -> Frontier {
        let mut frontier = Frontier::default();
        self.entries[..usize::try_from(size).unwrap()].iter().for_each(|e| frontier.push(e.leaf()));
        frontier
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        self.frontier(size).root()
    }

    pub(crate) fn note(&self, size: u64) -> String {
        let root = self.root(size);
        Checkpoint { origin: self.origin, size, root }.signed(&self.signer).unwrap().to_string()
    }

    /// Entries `first..end` as they travel.
    pub(crate) fn batch(&self, first: u64, end: u64) -> Vec<u8> {
        self.batch_under(&self.note(end), first, end)
    }

    pub(crate) fn batch_under(&self, note: &str, first: u64, end: u64) -> Vec<u8> {
        let range = usize::try_from(first).unwrap()..usize::try_from(end).unwrap();
        let lines: Vec<&[u8]> = self.entries[range].iter().map(Entry::bytes).collect();
        let texts = self.texts.iter().filter(|t| (first..end).contains(&t.seq()));
        let texts: Vec<String> = texts.map(TextLine::line).collect();
        pack_batch(note, first, &lines, &texts).unwrap()
    }

    pub(crate) fn hello(&self, cursor: u64, cosigned: Option<String>) -> Vec<u8> {
        use base64::Engine as _;
        let key = base64::engine::general_purpose::STANDARD.encode(self.key());
        let hello = Hello {
            v: VERSION,
            connection: record::ids::ConnectionId::new(1, [1; 10]),
            epoch: self.origin.epoch,
            key,
            size: self.size(),
            cursor,
            cosigned,
            boot: BootId::new(1, [1; 10]),
            version: "1.0".into(),
            tzdb: "2026e".into(),
            zone: "America/Chicago".into(),
            addresses: Vec::new(),
            can: Vec::new(),
            clock: self.clock,
            wall: 0,
            directive: None,
        };
        serde_json::to_vec(&hello).unwrap()
    }
}
