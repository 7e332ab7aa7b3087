//! What becomes of a batch whose box was taken out of use, or quarantined, while the batch was being checked.

use record::batch::pack_batch;
use record::entry::{Entry, EntryAuthor, EntryTime};
use record::ids::{AccountId, BootId, BoxId, ConnectionId, FacilityId};
use record::kinds::Event;
use record::sign::{KeyKind, SignerKey};
use record::tree::Frontier;
use service::clock::FakeClock;
use service::random::SeededRandom;

use super::*;
use crate::db::account::accounts;
use crate::db::facility::facilities;
use crate::db::{AccountScope, PlatformReason};
use crate::mqtt::BoxConnection;

const NOW_MS: i64 = 1_763_610_000_000;

struct World {
    db: Db,
    ingest: Ingest,
    scope: AccountScope,
    origin: LogOrigin,
    wire: Bytes,
    clock: Arc<FakeClock>,
    _dir: tempfile::TempDir,
}

impl World {
    /// A claimed box with one batch that nobody has taken yet.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(NOW_MS).await.unwrap();
        let (account, facility) = (AccountId::new(1, [1; 10]), FacilityId::new(1, [1; 10]));
        let box_id = BoxId::new(1, [1; 10]);
        let public = SignerKey::new("x", KeyKind::Note, &[3; 32]).unwrap().verifier().public();
        let origin = LogOrigin::new(box_id, 1, &public);
        let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
        let scope = accounts::platform_create(&mut tx, account, "North", NOW_MS).await.unwrap();
        let mut tx = tx.enter(scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "General", "UTC", NOW_MS).await.unwrap();
        boxes::insert_box(&mut tx, (box_id, facility, origin.epoch), "Pi", "1", NOW_MS).await.unwrap();
        epochs::insert_epoch(&mut tx, &origin, facility, (&public, true), NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        let at = EntryTime {
            wall: NOW_MS,
            boot: BootId::new(1, [1; 10]),
            up: 1,
            clock: record::entry::ClockState::Synced,
        };
        let event = Event::read("log.started", &format!(r#"{{"box":"{box_id}","version":"1"}}"#));
        let entry = Entry::compose(0, at, EntryAuthor::BOX, None, &event).unwrap();
        let mut frontier = Frontier::default();
        frontier.push(entry.leaf());
        let checkpoint = Checkpoint { origin, size: 1, root: frontier.root() };
        let note = checkpoint.signed(&origin.signer(&[3; 32]).unwrap()).unwrap().to_string();
        let wire = pack_batch(&note, 0, &[entry.bytes()], &[]).unwrap().into();
        let cosigner = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let seams: (Arc<dyn Clock>, Arc<dyn RandomSource>) =
            (Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SeededRandom::new(1)));
        let ingest = Ingest::new(db.clone(), cosigner, seams, BoxPublisher::new());
        Self { db, ingest, scope, origin, wire, clock, _dir: dir }
    }

    async fn checked(&self) -> SignedBatch {
        let mut conn = self.db.read(self.scope).await.unwrap();
        let known = epochs::of_box(&mut conn, self.origin.box_id).await.unwrap();
        let Opened::Signed(signed, ..) = open_batch(&self.wire, self.origin.box_id, known) else {
            panic!("the batch does not hold")
        };
        *signed
    }

    async fn held(&self) -> u64 {
        let mut conn = self.db.read(self.scope).await.unwrap();
        epochs::find_log(&mut conn, &self.origin).await.unwrap().unwrap().frontier.size()
    }
}

#[tokio::test]
async fn a_box_that_was_quarantined_meanwhile_gets_nothing_in() {
    let world = World::new().await;
    let signed = world.checked().await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    boxes::quarantine_box(&mut tx, world.origin.box_id, "a test", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let reply = world.ingest.against(world.scope, (&world.origin, None), signed, &world.wire).await.unwrap();
    let Some(Ack { answer: Answer::Refused { refused }, .. }) = reply.ack else { panic!("{reply:?}") };
    assert_eq!((refused.code.as_str(), world.held().await), ("quarantined", 0));
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(boxes::release_box(&mut tx, world.origin.box_id).await.unwrap());
    tx.commit().await.unwrap();
    let signed = world.checked().await;
    let reply = world.ingest.against(world.scope, (&world.origin, None), signed, &world.wire).await.unwrap();
    assert_eq!((reply.disposition, world.held().await), (PublishOutcome::Done, 1));
}

#[tokio::test]
async fn a_box_that_was_revoked_meanwhile_gets_nothing_in() {
    let world = World::new().await;
    let signed = world.checked().await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(boxes::revoke_box(&mut tx, world.origin.box_id, NOW_MS).await.unwrap());
    tx.commit().await.unwrap();
    let reply = world.ingest.against(world.scope, (&world.origin, None), signed, &world.wire).await.unwrap();
    assert_eq!((reply, world.held().await), (revoked_reply(), 0));
}

#[tokio::test]
async fn a_silent_connection_of_a_box_that_another_process_revoked_ends() {
    let world = World::new().await;
    let (box_id, connection) = (world.origin.box_id, ConnectionId::new(1, [7; 10]));
    let mut tx = world.db.write(world.scope).await.unwrap();
    boxes::insert_certificate(&mut tx, box_id, "0a", (NOW_MS, NOW_MS)).await.unwrap();
    tx.commit().await.unwrap();
    let (_line, mut ends) = world.ingest.publisher.enter(BoxConnection { box_id, connection }, "0a");
    world.ingest.end_revoked().await.unwrap();
    assert!(ends.kicked.try_recv().is_err(), "it is in service");
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(boxes::revoke_box(&mut tx, box_id, NOW_MS).await.unwrap());
    tx.commit().await.unwrap();
    world.clock.advance_ms(9_000);
    world.ingest.end_revoked().await.unwrap();
    assert!(ends.kicked.try_recv().is_ok());
}

#[tokio::test]
async fn nothing_is_kept_of_bytes_that_are_no_batch() {
    let name = Bytes::from_static(b"not a batch, and perhaps somebody's name");
    assert_eq!(drop_texts(&name).await, b"", "what it says could be erased nowhere");
    let world = World::new().await;
    let kept = drop_texts(&world.wire).await;
    assert_eq!(UnverifiedBatch::unpack(&kept), UnverifiedBatch::unpack(&world.wire), "it has no texts");
}

#[tokio::test]
async fn a_box_that_loops_on_refused_batches_waits_and_others_do_not() {
    let world = World::new().await;
    let World { ingest, origin, wire, clock, .. } = world;
    let ingest = ingest.with_pace();
    let send = async |wire: Bytes| ingest.batch(origin.box_id, wire).await.unwrap();
    let mut refused = 0;
    while matches!(send(Bytes::from_static(b"no batch")).await.disposition, PublishOutcome::Refused(_)) {
        refused += 1;
    }
    assert_eq!(refused, 21);
    let reply = send(wire.clone()).await;
    let Some(Answer::Busy { busy }) = reply.ack.map(|ack| ack.answer) else { panic!("it hears how long") };
    assert_eq!((busy.retry_s, reply.disposition), (60, PublishOutcome::Busy));
    clock.advance_ms(60_000);
    assert_eq!(send(wire).await.disposition, PublishOutcome::Done, "and nothing was lost by that");
}
