//! Private halves that are lost or damaged: none becomes what a start needs, none is exported unread, and there is a way back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;

fn damage_file(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn write_private(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

impl World {
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn pass_days(&self, days: i64) {
        self.clock.advance(std::time::Duration::from_millis((days * DAY_MS).unsigned_abs()));
    }

    /// With a next key of this kind, which a box does not know.
    async fn with_next(kind: AuthorityKind) -> (Self, AuthorityKeys) {
        let world = Self::new().await;
        let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
        world.add_box(1).await;
        assert_eq!(keys.rotate(kind).await.unwrap().state, KeyState::Next);
        (world, keys)
    }
}

fn key_of(keys: &AuthorityKeys, kind: AuthorityKind, n: i64) -> AuthorityKey {
    keys.now().keys().iter().find(|key| (key.kind, key.n) == (kind, n)).unwrap().clone()
}

#[tokio::test]
async fn a_next_key_that_is_not_here_never_becomes_the_current_one() {
    use KeyState::{Current, Next, Retired, Revoked};
    type Damage = fn(&Path);
    let damages: [Damage; 3] =
        [|path| std::fs::remove_file(path).unwrap(), |path| std::fs::write(path, "").unwrap(), damage_file];
    for (kind, name) in [(AuthorityKind::Ca, "a/ca-2.key"), (AuthorityKind::Cosign, "a/cosign-2")] {
        for (at, damage) in damages.into_iter().enumerate() {
            let (world, keys) = World::with_next(kind).await;
            let whole = std::fs::read(world.file(name)).unwrap();
            // While the process runs, which read it when it was good.
            damage(&world.file(name));
            world.pass_days(731);
            assert!(!keys.settle().await.unwrap(), "{name}, damage {at}");
            assert_eq!(states(&keys, kind), [Current, Next], "{name}, damage {at}");
            let again = world.open("a", KeyNeeds::ALL).await.unwrap();
            let remarks = again.list_remarks(&[kind]);
            assert!(remarks.len() == 1 && remarks[0].finding.contains(name), "{remarks:?}");
            assert!(remarks[0].advice.contains(&format!("keys revoke {kind} 2")), "{remarks:?}");
            assert!(again.list_remarks(&[AuthorityKind::Directive]).is_empty());
            // Where somebody brings it back, it becomes the current one.
            write_private(&world.file(name), &whole);
            assert!(again.list_remarks(&[kind]).is_empty());
            assert!(again.settle().await.unwrap());
            assert_eq!(states(&again, kind), [Retired, Current]);
        }
    }
    // What is said to be done there leads out.
    let (world, keys) = World::with_next(AuthorityKind::Cosign).await;
    std::fs::remove_file(world.file("a/cosign-2")).unwrap();
    let kind = AuthorityKind::Cosign;
    let refused = keys.revoke(kind, 1).await;
    assert!(matches!(refused, Err(KeyRefusal::NextMissing { n: 1, next: 2, .. })), "{refused:?}");
    keys.revoke(kind, 2).await.unwrap();
    keys.rotate(kind).await.unwrap();
    assert_eq!(states(&keys, kind), [Current, Revoked, Next]);
    keys.revoke(kind, 1).await.unwrap();
    assert_eq!(states(&keys, kind), [Revoked, Revoked, Current]);
    world.open("a", KeyNeeds::ALL).await.unwrap();
}

#[tokio::test]
async fn of_two_folders_the_one_that_has_the_next_key_lets_it_become_current() {
    let (world, keys) = World::with_next(AuthorityKind::Cosign).await;
    let first = keys.now().keys().to_vec();
    // Makes the folder.
    world.open("b", KeyNeeds::NONE).await.unwrap();
    for name in ["ca-1.key", "ca-1.pem", "cosign-1", "directive-1", "seal-1"] {
        std::fs::copy(world.file("a").join(name), world.file("b").join(name)).unwrap();
    }
    let other = world.open("b", KeyNeeds::ALL).await.unwrap();
    world.pass_days(30);
    assert!(!other.settle().await.unwrap());
    assert_eq!(other.now().keys(), first);
    assert!(keys.settle().await.unwrap());
    assert_eq!(states(&keys, AuthorityKind::Cosign), [KeyState::Retired, KeyState::Current]);
}

#[tokio::test]
async fn a_current_key_that_is_lost_is_revoked_and_the_one_before_it_comes_back() {
    use KeyState::{Current, Retired, Revoked};
    for (kind, name) in [(AuthorityKind::Ca, "a/ca-2.key"), (AuthorityKind::Cosign, "a/cosign-2")] {
        let world = World::new().await;
        let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
        keys.rotate(kind).await.unwrap();
        assert_eq!(states(&keys, kind), [Retired, Current]);
        damage_file(&world.file(name));
        let Err(KeyError::Missing { n: 2, .. }) = world.open("a", KeyNeeds::ALL).await else {
            panic!("it started without its current key")
        };
        let command = world.open("a", KeyNeeds::NONE).await.unwrap();
        let refused = command.revoke(kind, 1).await;
        assert!(matches!(refused, Err(KeyRefusal::Last { n: 1, .. })), "{refused:?}");
        // Whoever has none at all is no judge of what is lost.
        let stranger = world.open("stranger", KeyNeeds::NONE).await.unwrap();
        let refused = stranger.revoke(kind, 2).await;
        assert!(matches!(refused, Err(KeyRefusal::NoneHere { n: 2, .. })), "{refused:?}");
        assert_eq!(states(&command, kind), [Retired, Current], "nothing was changed");
        command.revoke(kind, 2).await.unwrap();
        assert_eq!(states(&command, kind), [Current, Revoked]);
        assert_eq!(key_of(&command, kind, 1).until_ms, None);
        let again = world.open("a", KeyNeeds::ALL).await.unwrap();
        again.rotate(kind).await.unwrap();
        assert_eq!(states(&again, kind), [Retired, Revoked, Current]);
        // With its next one here, a retired key may go.
        again.revoke(kind, 1).await.unwrap();
    }
}

#[tokio::test]
async fn an_export_has_the_certificate_of_the_database_and_is_taken_by_an_import() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    let file = world.file("a/ca-1.pem");
    assert!(keys.list_remarks(&AuthorityKind::ALL).is_empty());
    damage_file(&file);
    let again = world.open("a", KeyNeeds::ALL).await.unwrap();
    let remarks = again.list_remarks(&AuthorityKind::ALL);
    assert!(remarks.len() == 1 && remarks[0].finding.contains("ca-1.pem"), "{remarks:?}");
    assert!(remarks[0].advice.contains("keys import"), "{remarks:?}");
    let export = keys.seal(PASSPHRASE.into()).await.unwrap();
    let other = world.open("b", KeyNeeds::NONE).await.unwrap();
    other.unseal(PASSPHRASE.into(), export.bytes.clone()).await.unwrap();
    let public = key_of(&keys, AuthorityKind::Ca, 1).public;
    assert_eq!(std::fs::read_to_string(world.file("b/ca-1.pem")).unwrap(), public);
    world.open("b", KeyNeeds::ALL).await.unwrap();
    // What the advice says repairs it.
    std::fs::remove_file(&file).unwrap();
    keys.unseal(PASSPHRASE.into(), export.bytes).await.unwrap();
    assert!(keys.list_remarks(&AuthorityKind::ALL).is_empty());
}

#[tokio::test]
async fn what_an_import_would_not_take_is_not_exported() {
    let world = World::new().await;
    let keys = world.open("a", KeyNeeds::ALL).await.unwrap();
    // A file where an import looks at keys in a folder of their own: nothing can be looked at there.
    let aside = world.file(&format!("a/import-{}", std::process::id()));
    std::fs::write(&aside, "").unwrap();
    let refused = keys.seal(PASSPHRASE.into()).await;
    assert!(matches!(refused, Err(SealError::Unfit(_))), "{refused:?}");
    std::fs::remove_file(&aside).unwrap();
    let export = keys.seal(PASSPHRASE.into()).await.unwrap();
    assert_eq!(export.keys, ["ca 1", "cosign 1", "directive 1", "seal 1"]);
    assert!(!aside.exists(), "no private half is left there");
    std::fs::write(world.file("a/cosign-1"), "").unwrap();
    let export = keys.seal(PASSPHRASE.into()).await.unwrap();
    assert_eq!(
        export.keys,
        ["ca 1", "directive 1", "seal 1"],
        "only what is in the file is noted as exported"
    );
}

#[derive(Clone, Default)]
struct WrittenLog(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for WrittenLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_start_says_what_is_amiss_with_the_next_key_and_certificates() {
    let (world, _) = World::with_next(AuthorityKind::Ca).await;
    std::fs::remove_file(world.file("a/ca-2.key")).unwrap();
    damage_file(&world.file("a/ca-1.pem"));
    let log = WrittenLog::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let logged = tracing::subscriber::set_default(subscriber);
    world.open("a", KeyNeeds::ALL).await.unwrap();
    drop(logged);
    let words = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        words.contains("the next ca key, 2, is not there") && words.contains("keys revoke ca 2"),
        "{words}"
    );
    assert!(words.contains("ca-1.pem is not the certificate"), "{words}");
}
