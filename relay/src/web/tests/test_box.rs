//! A box of the tests: it records, and communicates with the relay.

use bytes::Bytes;
use record::batch::pack_batch;
use record::checkpoint::{Checkpoint, LogOrigin};
use record::claim::{ClaimRequest, RenewRequest};
use record::compliance::{zone_digest, zone_release};
use record::entry::{ClockState, CommandSource, Entry, EntryAuthor, EntryTime};
use record::ids::{BootId, BoxId, StaffId};
use record::kinds::Event;
use record::messages::Answer;
use record::redact::{PersonalText, TextLine};
use record::sign::{KeyKind, SignerKey};
use record::tag::Tag;
use record::tree::{Frontier, Hash};
use record::vouch::{Base64Bytes, Vouch};
use service::random::{RandomSource, SeededRandom};

use crate::ingest::Ingest;
use crate::web::tests::world::{DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS};

pub(super) struct TestBox {
    pub(super) id: BoxId,
    pub(super) origin: LogOrigin,
    pub(super) signer: SignerKey,
    frontier: Frontier,
    waiting: Vec<(Entry, Vec<TextLine>)>,
    salt: u8,
    random: SeededRandom,
    pub(super) clock: ClockState,
    /// The secret of its oldest log, whose key vouches for the later ones.
    oldest: (LogOrigin, [u8; 32]),
}

impl TestBox {
    pub(super) fn new(seed: u8) -> Self {
        let secret = [seed; 32];
        let id = BoxId::new(NOW_MS - 60 * DAY_MS, [seed; 10]);
        let public = SignerKey::new("x", KeyKind::Note, &secret).unwrap().verifier().public();
        let origin = LogOrigin::new(id, 1, &public);
        Self {
            id,
            origin,
            signer: origin.signer(&secret).unwrap(),
            frontier: Frontier::default(),
            waiting: Vec::new(),
            salt: 0,
            random: SeededRandom::new(seed.into()),
            clock: ClockState::Synced,
            oldest: (origin, secret),
        }
    }

    pub(super) fn verifier_key(&self) -> String {
        self.signer.verifier().to_string()
    }

    pub(super) fn sign_claim(&self, claim: ClaimRequest) -> ClaimRequest {
        claim.signed(&self.signer)
    }

    pub(super) fn sign_renewal(&self, renewal: RenewRequest) -> RenewRequest {
        renewal.signed(&self.signer)
    }

    /// The log that continues all that this one has sent, under a key that the box's oldest vouches for: its first entry waits.
    pub(super) fn next_epoch(&self) -> Self {
        self.next_log(true)
    }

    /// The same; whoever begins it may not have the box's keys.
    pub(super) fn next_log(&self, is_vouched: bool) -> Self {
        let n = self.origin.epoch.n + 1;
        let secret = [200 + u8::try_from(n).unwrap(); 32];
        let public = SignerKey::new("x", KeyKind::Note, &secret).unwrap().verifier().public();
        let origin = LogOrigin::new(self.id, n, &public);
        let signer = origin.signer(&secret).unwrap();
        let (frontier, waiting, random) = (Frontier::default(), Vec::new(), SeededRandom::new(n.into()));
        let (oldest, clock) = (self.oldest, self.clock);
        let mut next =
            Self { id: self.id, origin, signer, frontier, waiting, salt: 100, random, clock, oldest };
        let (size, root) = (self.frontier.size(), self.frontier.root());
        let key = Base64Bytes(next.signer.verifier().public());
        let by = oldest.0.signer(&oldest.1).unwrap();
        let vouch = Vouch::make(oldest.0.epoch, &by, &origin, &key);
        let vouch = match is_vouched {
            true => format!(r#","vouch":{}"#, serde_json::to_string(&vouch).unwrap()),
            false => String::new(),
        };
        let body = format!(
            r#"{{"box":"{}","version":"1.4.2","prev":{{"epoch":"{}","size":{size},"root":"{root}"}},"key":"{key}"{vouch}}}"#,
            self.id, self.origin.epoch
        );
        next.tell(NOW_MS, "log.started", &body);
        next
    }

    /// What waits, and is never sent.
    pub(super) fn lose(&mut self) -> Vec<(Entry, Vec<TextLine>)> {
        std::mem::take(&mut self.waiting)
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size() + u64::try_from(self.waiting.len()).unwrap()
    }

    pub(super) fn text(&mut self, text: &str) -> PersonalText {
        self.salt = self.salt.wrapping_add(1);
        PersonalText::new(text, [self.salt; 16]).unwrap()
    }

    /// The run of its machine: it was started 60 days ago.
    pub(super) fn boot() -> BootId {
        BootId::new(NOW_MS - 60 * DAY_MS, [1; 10])
    }

    pub(super) fn tell_by(
        &mut self,
        at_ms: i64,
        by: EntryAuthor,
        (kind, body): (&str, &str),
        texts: &[PersonalText],
    ) -> u64 {
        let seq = self.size();
        let up = u64::try_from(at_ms - (NOW_MS - 60 * DAY_MS)).unwrap();
        let at = EntryTime { wall: at_ms, boot: Self::boot(), up, clock: self.clock };
        let event = Event::read(kind, body);
        assert!(!matches!(event, Event::Unknown(_)), "{kind} {body}");
        let entry = Entry::compose(seq, at, by, None, &event).unwrap();
        self.waiting.push((entry, texts.iter().map(|t| t.beside(seq)).collect()));
        seq
    }

    pub(super) fn tell(&mut self, at_ms: i64, kind: &str, body: &str) -> u64 {
        self.tell_by(at_ms, EntryAuthor::BOX, (kind, body), &[])
    }

    pub(super) fn clean(&mut self, at_ms: i64, tag: &str, name: &str, more: &str) -> u64 {
        let name = self.text(name);
        let hash = name.redactable().hash;
        let by = EntryAuthor { staff: None, via: CommandSource::Phone, device: None };
        let body = format!(
            r#"{{"tag":"{tag}","steps":[1,2],"who":{{"proof":"typed","name":{{"redactable":"{hash}"}}}}{more}}}"#
        );
        self.tell_by(at_ms, by, ("cleaning.recorded", &body), &[name])
    }

    /// An item cleaned each day from `from_ms` on, but for the days (counted back from today) that are missed.
    pub(super) fn item(
        &mut self,
        name: &str,
        place: &str,
        (days, missed): (i64, &[i64]),
        staff: StaffId,
    ) -> Tag {
        let random: &dyn RandomSource = &self.random;
        let tag = Tag::from_random(random.bytes());
        let from_ms = NOW_MS - days * DAY_MS;
        let number = self.size();
        self.tell(
            from_ms,
            "equipment.added",
            &format!(
                r#"{{"tag":"{tag}","name":"{name}","asset_number":"BM-{number:05}","maker":"Sonara","model":"E10-4","category":"Pumps","location":"{place}","class":"semicritical","photo":"required"}}"#
            ),
        );
        self.tell(
            from_ms,
            "schedule.set",
            &format!(r#"{{"tag":"{tag}","schedule":{{"every":"days","n":1}},"from":{from_ms}}}"#),
        );
        for ago in (0..days).rev() {
            if missed.contains(&ago) {
                continue;
            }
            let at_ms =
                NOW_MS - ago * DAY_MS - 3 * HOUR_MS - i64::from(tag.as_str().as_bytes()[0]) * MINUTE_MS / 8;
            let by = EntryAuthor { staff: Some(staff), via: CommandSource::Phone, device: None };
            let photo = Hash::of(format!("{tag}{ago}").as_bytes());
            let body = format!(
                r#"{{"tag":"{tag}","steps":[1,2],"agent":"Oxivir Tb","contact":{{"required_s":60,"measured_s":64}},"who":{{"proof":"pin","staff":"{staff}"}},"photos":["{photo}"]}}"#
            );
            self.tell_by(at_ms, by, ("cleaning.recorded", &body), &[]);
        }
        tag
    }

    pub(super) async fn send(&mut self, ingest: &Ingest) {
        for chunk in self.waiting.chunks(200) {
            let first = self.frontier.size();
            let lines: Vec<&[u8]> = chunk.iter().map(|(entry, _)| entry.bytes()).collect();
            let texts: Vec<String> = chunk.iter().flat_map(|(_, t)| t).map(TextLine::line).collect();
            chunk.iter().for_each(|(entry, _)| self.frontier.push(entry.leaf()));
            let checkpoint =
                Checkpoint { origin: self.origin, size: self.frontier.size(), root: self.frontier.root() };
            let note = checkpoint.signed(&self.signer).unwrap().to_string();
            let wire = pack_batch(&note, first, &lines, &texts).unwrap();
            let reply = ingest.batch(self.id, Bytes::from(wire)).await.unwrap();
            assert_eq!(reply.disposition, crate::mqtt::PublishOutcome::Done, "{reply:?}");
        }
        self.waiting.clear();
        ingest.fold_waiting().await.unwrap();
        ingest.flush_reports().await.unwrap();
    }

    /// Says hello, `behind` entries ahead of what it sent.
    pub(super) async fn hello(&self, ingest: &Ingest, now_ms: i64, behind: u64) {
        use base64::Engine as _;
        let key = base64::engine::general_purpose::STANDARD.encode(self.signer.verifier().public());
        let hello = format!(
            r#"{{"v":1,"connection":"{0}","epoch":"{1}","key":"{key}","size":{2},"cursor":0,"boot":"{0}","version":"1.4.2","tzdb":"2026e","zone":"America/Havana","addresses":[],"can":[],"clock":"synced","wall":{now_ms}}}"#,
            BootId::new(1, [1; 10]),
            self.origin.epoch,
            self.frontier.size() + behind,
        );
        let reply = ingest.hello(self.id, hello.as_bytes()).await.unwrap();
        if let Some(ack) = reply.ack.filter(|ack| !matches!(ack.answer, Answer::Busy { .. })) {
            let zone = ack.zone.unwrap();
            assert_eq!((zone.tzdb.as_str(), zone.zone.as_str()), (zone_release(), "America/Havana"));
            assert_eq!(zone.digest, zone_digest("America/Havana"));
        }
        ingest.flush_reports().await.unwrap();
    }

    pub(super) async fn health(&self, ingest: &Ingest, now_ms: i64, printer: &str) {
        self.health_with_alarms(ingest, now_ms, printer, "[]").await;
    }

    pub(super) async fn health_with_alarms(&self, ingest: &Ingest, now_ms: i64, printer: &str, alarms: &str) {
        let health = format!(
            r#"{{"v":1,"epoch":"{}","size":{size},"cursor":{size},"backlog":0,"photos":0,"disk_percent":34,"printers":[{{"name":"Desk","state":"{printer}"}}],"clock":"synced","wall":{now_ms},"alarms":{alarms}}}"#,
            self.origin.epoch,
            size = self.frontier.size(),
        );
        ingest.health(self.id, health.as_bytes()).await.unwrap();
        ingest.flush_reports().await.unwrap();
    }

    pub(super) async fn fork(&self, ingest: &Ingest, entries: &[Vec<u8>]) {
        let mut frontier = Frontier::default();
        let mut lines = entries.to_vec();
        let last = lines.last_mut().unwrap();
        let text = String::from_utf8(last.clone()).unwrap();
        let wall = text.find("\"wall\":").unwrap() + 7;
        last[wall + 12] = if last[wall + 12] == b'1' { b'2' } else { b'1' };
        lines.iter().for_each(|line| frontier.push(record::tree::leaf_hash(line)));
        let checkpoint = Checkpoint { origin: self.origin, size: frontier.size(), root: frontier.root() };
        let note = checkpoint.signed(&self.signer).unwrap().to_string();
        let first = frontier.size() - 1;
        let wire = pack_batch(&note, first, &[lines.last().unwrap()], &[]).unwrap();
        ingest.batch(self.id, Bytes::from(wire)).await.unwrap();
    }
}
