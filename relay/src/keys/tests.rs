//! One key after another, and the folder as one file.

mod lost;

use std::sync::Arc;

use record::ids::{AccountId, BoxId, Epoch, FacilityId};
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SeededRandom};

use super::*;
use crate::db::account::accounts;
use crate::db::fleet::box_keys;
use crate::db::fleet::box_keys::AppliedKeys;
use crate::db::fleet::boxes;
use crate::db::operation::processes::{ProcessRow, own_host, platform_save};
use crate::db::{AccountScope, Db, PlatformReason};

const NOW_MS: i64 = 1_763_610_000_000;
const DAY_MS: i64 = 86_400_000;
const PASSPHRASE: &str = "sixteen or more characters";

struct World {
    db: Db,
    clock: Arc<FakeClock>,
    dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(NOW_MS).await.unwrap();
        Self { db, clock: Arc::new(FakeClock::at_ms(NOW_MS)), dir }
    }

    async fn open(&self, folder: &str, needs: KeyNeeds) -> Result<AuthorityKeys, KeyError> {
        let random = Arc::new(SeededRandom::new(folder.len() as u64)) as Arc<dyn RandomSource>;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        AuthorityKeys::open(&self.db, self.dir.path().join(folder), "relay.example", needs, clock, random)
            .await
    }

    async fn add_box(&self, n: u8) {
        let mut tx = self.db.write(account(&self.db).await).await.unwrap();
        let place = (box_id(n), FacilityId::new(1, [1; 10]), Epoch { n: 1, key: [n; 4] });
        boxes::insert_box(&mut tx, place, "Pi", "1", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn see_process(&self, host: &str, seen_ms: i64) {
        let row = ProcessRow {
            process: format!("of {host}"),
            host: host.to_owned(),
            pid: i64::from(std::process::id()),
            roles: "web".to_owned(),
            version: "1".to_owned(),
            started_ms: NOW_MS,
            seen_ms,
        };
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        platform_save(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn apply(&self, n: u8, applied: AppliedKeys) {
        let mut tx = self.db.write(account(&self.db).await).await.unwrap();
        box_keys::save_applied(&mut tx, box_id(n), applied).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The account of every box, made when the first comes.
async fn account(db: &Db) -> AccountScope {
    let id = AccountId::new(1, [1; 10]);
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    let scope = match accounts::platform_find(&mut tx, id).await.unwrap() {
        Some(scope) => scope,
        None => accounts::platform_create(&mut tx, id, "North", NOW_MS).await.unwrap(),
    };
    tx.commit().await.unwrap();
    scope
}

fn box_id(n: u8) -> BoxId {
    BoxId::new(1, [n; 10])
}

fn states(keys: &AuthorityKeys, kind: AuthorityKind) -> Vec<KeyState> {
    keys.now().keys().iter().filter(|key| key.kind == kind).map(|key| key.state).collect()
}

#[tokio::test]
async fn the_next_key_is_current_when_every_box_knows_it() {
    use KeyState::{Current, Next, Retired};
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    world.add_box(1).await;
    world.add_box(2).await;
    let kind = AuthorityKind::Cosign;
    assert_eq!(keys.rotate(kind).await.unwrap().state, Next);
    assert!(matches!(keys.rotate(kind).await, Err(KeyRefusal::Announced { n: 2, .. })));
    world.apply(1, AppliedKeys { cosign_n: 2, ..AppliedKeys::FIRST }).await;
    assert!(!keys.settle().await.unwrap());
    // What a box knows it still knows.
    world.apply(1, AppliedKeys::FIRST).await;
    world.apply(2, AppliedKeys { cosign_n: 2, ..AppliedKeys::FIRST }).await;
    assert!(keys.settle().await.unwrap());
    assert_eq!(states(&keys, kind), [Retired, Current]);
    assert_eq!(states(&keys, AuthorityKind::Directive), [Current]);
    let again = world.open("a", KeyNeeds::ALL).await.unwrap();
    assert_eq!(states(&again, kind), [Retired, Current]);
}

#[tokio::test]
async fn a_clock_that_leapt_ahead_makes_no_key_the_current_one() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    world.add_box(1).await;
    let kind = AuthorityKind::Cosign;
    assert_eq!(keys.rotate(kind).await.unwrap().state, KeyState::Next);
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    crate::db::operation::believed_times::platform_raise(&mut tx, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    world.clock.advance(std::time::Duration::from_millis(1_000 * DAY_MS.unsigned_abs()));
    assert!(!keys.settle().await.unwrap());
    assert_eq!(states(&keys, kind), [KeyState::Current, KeyState::Next]);
}

#[tokio::test]
async fn a_box_that_is_away_holds_a_signing_key_up_for_a_month_and_an_authority_for_longer() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    world.add_box(1).await;
    keys.rotate(AuthorityKind::Directive).await.unwrap();
    let first = keys.now().roots_pem(NOW_MS);
    keys.rotate(AuthorityKind::Ca).await.unwrap();
    let both = keys.now().roots_pem(NOW_MS);
    assert!(both.starts_with(&first) && both.len() > first.len(), "both are believed at once");
    assert_eq!(std::fs::read_to_string(keys.roots_file()).unwrap(), both);
    let listener = keys.now().listener_authority().unwrap().pem().to_owned();
    assert_eq!(listener, first, "the box knows no other yet");
    assert!(
        !first.contains(keys.now().box_authority().unwrap().pem()),
        "new certificates come from the new one"
    );
    world.clock.advance(std::time::Duration::from_millis(30 * DAY_MS.unsigned_abs()));
    assert!(keys.settle().await.unwrap());
    assert_eq!(states(&keys, AuthorityKind::Directive), [KeyState::Retired, KeyState::Current]);
    assert_eq!(states(&keys, AuthorityKind::Ca), [KeyState::Current, KeyState::Next]);
    world.clock.advance(std::time::Duration::from_millis(700 * DAY_MS.unsigned_abs()));
    assert!(keys.settle().await.unwrap());
    assert_eq!(states(&keys, AuthorityKind::Ca), [KeyState::Retired, KeyState::Current]);
    let now_ms = NOW_MS + 730 * DAY_MS;
    assert_eq!(keys.now().roots_pem(now_ms), both, "certificates of the old one run out first");
    assert!(!keys.now().roots_pem(now_ms + 731 * DAY_MS).contains(&first));
}

#[tokio::test]
async fn where_others_serve_the_next_key_waits_a_day_for_their_folders() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    let kind = AuthorityKind::Cosign;
    let stranger = world.open("b", KeyNeeds::NONE).await.unwrap();
    let refused = stranger.rotate(kind).await;
    assert!(matches!(refused, Err(KeyRefusal::Key(KeyError::Missing { n: 1, .. }))), "{refused:?}");
    // In a container of its own, where it has the number that this one has here.
    world.see_process("elsewhere", NOW_MS).await;
    assert_eq!(keys.rotate(kind).await.unwrap().state, KeyState::Next);
    assert!(!keys.settle().await.unwrap(), "no box is behind, and its folder may be");
    world.clock.advance(std::time::Duration::from_millis(DAY_MS.unsigned_abs()));
    world.see_process("elsewhere", NOW_MS + DAY_MS).await;
    assert!(keys.settle().await.unwrap());
    assert_eq!(states(&keys, kind), [KeyState::Retired, KeyState::Current]);
    let alone = World::new().await;
    let keys = alone.open("a", KeyNeeds::ALL).await.unwrap();
    alone.see_process(&own_host(), NOW_MS).await;
    assert_eq!(keys.rotate(kind).await.unwrap().state, KeyState::Current, "that is this one");
}

#[tokio::test]
async fn a_leaked_key_is_replaced_at_once() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    world.add_box(1).await;
    let kind = AuthorityKind::Cosign;
    assert!(matches!(keys.revoke(kind, 1).await, Err(KeyRefusal::Only { .. })));
    assert!(matches!(keys.revoke(kind, 7).await, Err(KeyRefusal::Unknown { n: 7, .. })));
    keys.rotate(kind).await.unwrap();
    let revoked = keys.revoke(kind, 1).await.unwrap();
    assert_eq!((revoked.boxes_behind, revoked.key.until_ms), (1, Some(NOW_MS)));
    assert!(matches!(keys.revoke(kind, 1).await, Err(KeyRefusal::Revoked { .. })));
    assert_eq!(states(&keys, kind), [KeyState::Revoked, KeyState::Current]);
    assert_eq!(keys.now().signer_for(kind, 1).unwrap().verifier().name(), "relay.example/cosign/2");
    // One that is only announced is taken back.
    keys.rotate(kind).await.unwrap();
    keys.revoke(kind, 3).await.unwrap();
    assert_eq!(states(&keys, kind), [KeyState::Revoked, KeyState::Current, KeyState::Revoked]);
    let list = write_public_list(keys.now().keys());
    assert_eq!(list.matches("revoked\n").count(), 2, "{list}");
}

#[tokio::test]
async fn a_folder_goes_to_another_machine_as_one_sealed_file() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    keys.rotate(AuthorityKind::Cosign).await.unwrap();
    assert!(matches!(keys.seal("too short".into()).await, Err(SealError::Passphrase)));
    let export = keys.seal(PASSPHRASE.into()).await.unwrap();
    let is_exported = || keys.now().keys().iter().any(|key| key.exported_ms.is_some());
    assert!(!is_exported(), "it is in no file yet");
    keys.mark_exported(&export.keys).await.unwrap();
    keys.reload().await.unwrap();
    assert!(is_exported());
    let sealed = export.bytes;
    keys.reload().await.unwrap();
    assert!(keys.now().keys().iter().all(|key| key.exported_ms == Some(NOW_MS)));
    let secret = std::fs::read(world.dir.path().join("a/cosign-2")).unwrap();
    assert!(!sealed.windows(64).any(|part| secret.windows(64).any(|of| of == part)));
    let Err(KeyError::Missing { expected, found, .. }) = world.open("b", KeyNeeds::INGEST).await else {
        panic!("it started without its keys")
    };
    assert!(expected.len() == 64 && found == "no such key", "{expected} {found}");
    let empty = world.open("b", KeyNeeds::NONE).await.unwrap();
    assert!(matches!(empty.seal(PASSPHRASE.into()).await, Err(SealError::Nothing(_))));
    let wrong = empty.unseal("another passphrase".into(), sealed.clone()).await;
    assert!(matches!(wrong, Err(SealError::Closed(_))), "{wrong:?}");
    let brought = empty.unseal(PASSPHRASE.into(), sealed.clone()).await.unwrap();
    assert_eq!(brought, ["ca-1.key", "ca-1.pem", "cosign-1", "cosign-2", "directive-1", "seal-1"]);
    empty.unseal(PASSPHRASE.into(), sealed.clone()).await.unwrap();
    world.open("b", KeyNeeds::ALL).await.unwrap();
    assert!(std::fs::read_dir(world.dir.path().join("b")).unwrap().count() <= 7, "nothing else is left");
    // Nothing is written over a key that is there, and nothing comes from another relay's file.
    std::fs::write(world.dir.path().join("b/cosign-1"), &secret).unwrap();
    let refused = empty.unseal(PASSPHRASE.into(), sealed).await;
    assert!(matches!(refused, Err(SealError::Occupied(_))), "{refused:?}");
    let other = World::new().await;
    let theirs =
        other.open("longer", KeyNeeds::ALL).await.unwrap().seal(PASSPHRASE.into()).await.unwrap().bytes;
    let third = world.open("c", KeyNeeds::NONE).await.unwrap();
    let refused = third.unseal(PASSPHRASE.into(), theirs).await;
    assert!(matches!(refused, Err(SealError::Foreign { .. })), "{refused:?}");
}
