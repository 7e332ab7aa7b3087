//! What the relay makes of logs that fork, follow each other, end or are copied, and of itself when it is restored.

use record::batch::UnverifiedBatch;
use record::fold::RowKey;
use record::ids::BoxId;
use record::tree::Hash;
use relay::db::ScopedConnection;
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::fleet::evidence::{EvidenceRow, find_evidence, newest_evidence};
use relay::db::log::epochs;
use relay::db::projection::state;

use super::Databases;
use super::fake_box::FakeBox;
use super::stories::{HOUR_MS, log_of, round};
use super::world::{NOW_MS, PROBE, PUMP, Said, World, box_id, column};

async fn only_evidence(conn: &mut ScopedConnection, box_id: BoxId) -> (EvidenceRow, Vec<u8>, Vec<u8>) {
    let rows = newest_evidence(conn, 2).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    find_evidence(conn, box_id, &row.evidence_id).await.unwrap().unwrap()
}

pub(crate) async fn a_fork_is_kept_and_quarantined(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(2, 6 * HOUR_MS);
    world.claim(&log).await;
    let mut other = log.copy();
    let common = log.size();
    log.clean(NOW_MS, PUMP);
    other.clean(NOW_MS + 1, PROBE);
    world.drain(&log, 0).await;
    assert_eq!(world.send(&other, common - 2, common + 1).await, Said::Refused("fork".into()));
    let mut conn = world.read().await;
    let stored = column(&mut conn, "SELECT kind || ' ' || CAST(seq AS TEXT) FROM evidence").await;
    assert_eq!(stored, [format!("fork {common}")]);
    let notes = column(&mut conn, "SELECT ours || theirs FROM evidence").await;
    assert!(notes[0].contains(&log.note(common + 1)) && notes[0].contains(&other.note(common + 1)));
    let (row, lines, batch) = only_evidence(&mut conn, other.origin.box_id).await;
    assert_eq!((row.seq, lines), (i64::try_from(common).ok(), log.entries.last().unwrap().bytes().to_vec()));
    let (entries, texts) = UnverifiedBatch::unpack(&batch).unwrap().into_unverified();
    assert_eq!(entries.last().unwrap().bytes(), other.entries.last().unwrap().bytes());
    assert!(other.texts.iter().any(|text| text.seq() == common), "a name was sent beside it");
    assert_eq!(texts, [], "what is erased elsewhere stands in no evidence");
    let home = boxes::find_home(&mut conn, log.origin.box_id).await.unwrap().unwrap();
    assert!(home.quarantined);
    log.clean(NOW_MS, PUMP);
    let end = log.size();
    assert_eq!(
        world.send(&log, end - 1, end).await,
        Said::Refused("quarantined".into()),
        "after a restart too"
    );
    assert_eq!(world.hello(&log, 0, None).await, Said::Refused("quarantined".into()));
    let held = epochs::find_log(&mut conn, &log.origin).await.unwrap().unwrap();
    assert_eq!(held.frontier.root(), log.root(end - 1), "what was held stays");
}

pub(crate) async fn a_fork_at_one_size_with_equal_entries(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(2, 6 * HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let size = log.size();
    let lie = record::checkpoint::Checkpoint { origin: log.origin, size, root: Hash([1; 32]) };
    let lie = lie.signed(&log.signer).unwrap().to_string();
    let wire = log.batch_under(&lie, size - 1, size);
    assert_eq!(world.send_bytes(&log, wire).await, Said::Refused("fork".into()));
}

pub(crate) async fn a_restored_relay_notices(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(20, 2 * HOUR_MS);
    world.claim(&log).await;
    world.send(&log, 0, 200).await;
    let restored = world.on(dbs.backup(&world.db, "a", "b").await);
    // What the first relay continued to cosign, the restored one never knew; the keys are the same.
    let later = cosigned(&log, 400);
    assert_eq!(restored.hello(&log, 400, Some(later.clone())).await.held(), Some(200), "lowers the cursor");
    let mut conn = restored.read().await;
    assert_eq!(column(&mut conn, "SELECT kind FROM evidence").await, ["data loss"]);
    assert_eq!(restored.hello(&log, 400, Some(later)).await.held(), Some(200));
    assert_eq!(column(&mut conn, "SELECT kind FROM evidence").await, ["data loss"], "told once");
    assert_eq!(restored.drain(&log, 200).await.held(), Some(log.size()), "and gets everything again");
    assert!(column(&mut conn, "SELECT witness FROM logs WHERE witness IS NOT NULL").await.is_empty());
}

fn cosigned(log: &FakeBox, size: u64) -> String {
    let signed =
        record::checkpoint::SignedCheckpoint::verify(&log.note(size), &log.origin, log.signer.verifier());
    let time_s = u64::try_from(NOW_MS / 1000).unwrap();
    signed.unwrap().cosigned(&super::world::cosigner(), time_s).to_string()
}

pub(crate) async fn a_restored_relay_cosigns_nothing_else(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(2, 6 * HOUR_MS);
    world.claim(&log).await;
    let common = log.size();
    world.drain(&log, 0).await;
    let mut other = log.copy();
    for i in 0..10 {
        log.clean(NOW_MS + i, PUMP);
        other.clean(NOW_MS + i, PROBE);
    }
    let shown = cosigned(&log, common + 5);
    assert_eq!(world.hello(&other, common, Some(shown.clone())).await.held(), Some(common));
    assert_eq!(world.send(&other, common, common + 4).await.held(), Some(common + 4), "not there yet");
    assert_eq!(world.send(&other, common + 4, common + 10).await, Said::Refused("fork".into()));
    assert_eq!(world.hello(&other, common, Some(shown)).await, Said::Refused("quarantined".into()));
}

pub(crate) async fn epochs_follow_each_other(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = log_of(3, 6 * HOUR_MS);
    world.claim(&first).await;
    let size = first.size();
    world.send(&first, 0, size - 3).await;
    // The box lost the last two; the relay has one of them yet.
    let mut second = first.later(2, 4);
    assert_eq!(world.hello(&second, 0, None).await, Said::Want(0));
    let (epoch, root) = (first.origin.epoch, first.root(size - 2));
    let prev = format!(
        r#","prev":{{"epoch":"{epoch}","size":{},"root":"{root}"}},"reason":"card forgot""#,
        size - 2
    );
    let started = second.started(&prev);
    second.tell(NOW_MS, "log.started", &started);
    second.clean(NOW_MS + 1, PUMP);
    assert_eq!(world.drain(&second, 0).await.held(), Some(2));
    let facility =
        || async { facilities::get(&mut world.read().await, world.facility).await.unwrap().unwrap() };
    assert!(facility().await.awaits_rebuild, "one entry that counts is missing");
    assert_eq!(
        world.send(&first, size - 3, size - 2).await.held(),
        Some(size - 2),
        "old entries come back later"
    );
    round(&world.db, NOW_MS).await.unwrap();
    assert!(!facility().await.awaits_rebuild);
    let mut conn = world.read().await;
    let seqs = column(&mut conn, "SELECT epoch || '/' || CAST(seq AS TEXT) FROM cleanings").await;
    assert!(seqs.contains(&format!("{}/1", second.origin.epoch)));
    assert!(seqs.iter().any(|s| s.starts_with(&format!("{epoch}/"))), "what counts of the first one stays");
    let rows = state::load_all(&mut conn, world.live().await).await.unwrap();
    let row = rows.row(RowKey::Activity(PUMP.parse().unwrap())).unwrap();
    assert!(row.contains(&second.origin.epoch.to_string()), "{row}");
    drop(conn);
    // A copy of the card from before the second one's cleaning.
    let third = following(&second, 1, 6);
    world.hello(&third, 0, None).await;
    assert_eq!(world.drain(&third, 0).await.held(), Some(2));
    round(&world.db, NOW_MS).await.unwrap();
    let seqs =
        column(&mut world.read().await, "SELECT epoch || '/' || CAST(seq AS TEXT) FROM cleanings").await;
    assert!(seqs.contains(&format!("{}/1", third.origin.epoch)));
    assert!(
        !seqs.contains(&format!("{}/1", second.origin.epoch)),
        "what the next epoch does not go on from counts no more"
    );
}

/// The log that continues the first `size` entries of another: its beginning and one cleaning.
fn following(log: &FakeBox, size: u64, secret: u8) -> FakeBox {
    let mut next = log.later(log.origin.epoch.n + 1, secret);
    let prev = format!(r#"{{"epoch":"{}","size":{size},"root":"{}"}}"#, log.origin.epoch, log.root(size));
    let body = next.started(&format!(r#","prev":{prev}"#));
    next.tell(NOW_MS, "log.started", &body);
    next.clean(NOW_MS + i64::from(secret), PUMP);
    next
}

pub(crate) async fn a_log_that_has_ended_does_not_grow(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = log_of(1, 6 * HOUR_MS);
    world.claim(&first).await;
    let size = first.size();
    world.send(&first, 0, size - 1).await;
    let next = following(&first, size, 4);
    world.hello(&next, 0, None).await;
    assert_eq!(world.drain(&next, 0).await.held(), Some(2));
    assert_eq!(world.send(&first, size - 1, size).await.held(), Some(size), "what counts of it comes later");
    let mut copy = first.copy();
    copy.clean(NOW_MS + 5, PUMP);
    let wire = copy.batch(size, size + 1);
    assert_eq!(world.send_bytes(&copy, wire.clone()).await, Said::Refused("epoch-clash".into()));
    let mut conn = world.read().await;
    assert_eq!(
        column(&mut conn, "SELECT kind || ' ' || CAST(seq AS TEXT) FROM evidence").await,
        [format!("epoch clash {size}")]
    );
    assert!(boxes::find_home(&mut conn, box_id(1)).await.unwrap().unwrap().quarantined);
    let held = epochs::find_log(&mut conn, &first.origin).await.unwrap().unwrap();
    assert_eq!(held.frontier.size(), size, "nothing of it was taken");
    drop(conn);
    // The operator has looked: what is honest continues, and the copy is found out again.
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(boxes::release_box(&mut tx, box_id(1)).await.unwrap());
    tx.commit().await.unwrap();
    let mut next = next;
    next.clean(NOW_MS + 6, PUMP);
    assert_eq!(world.drain(&next, 2).await.held(), Some(3));
    assert_eq!(world.send_bytes(&copy, wire).await, Said::Refused("epoch-clash".into()));
}

pub(crate) async fn a_copied_card_is_noticed(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = log_of(1, 6 * HOUR_MS);
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let size = first.size();
    let (one, two) = (following(&first, size, 4), following(&first, size, 5));
    for log in [&one, &two] {
        world.hello(log, 0, None).await;
        world.send(log, 0, 2).await;
    }
    let mut conn = world.read().await;
    assert_eq!(column(&mut conn, "SELECT kind FROM evidence").await, ["epoch clash"]);
    assert!(boxes::find_home(&mut conn, box_id(1)).await.unwrap().unwrap().quarantined);
    let held = epochs::find_log(&mut conn, &two.origin).await.unwrap().unwrap();
    assert!(held.apart && held.frontier.size() == 2, "kept, apart");
    let cleaned = column(&mut conn, "SELECT epoch FROM cleanings").await;
    assert!(cleaned.contains(&one.origin.epoch.to_string()));
    assert!(!cleaned.contains(&two.origin.epoch.to_string()), "not merged");
    drop(conn);
    // The operator has looked: what continues the branch is no part of the other history either.
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(boxes::release_box(&mut tx, box_id(1)).await.unwrap());
    tx.commit().await.unwrap();
    let third = following(&two, 2, 6);
    world.hello(&third, 0, None).await;
    world.send(&third, 0, 2).await;
    let mut conn = world.read().await;
    assert!(epochs::find_log(&mut conn, &third.origin).await.unwrap().unwrap().apart);
    let cleaned = column(&mut conn, "SELECT epoch FROM cleanings").await;
    assert!(!cleaned.contains(&third.origin.epoch.to_string()), "not merged");
}
