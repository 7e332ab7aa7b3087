//! Which keys of logs are this box's: those that a chain of its own words leads to, and those that a person named.

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::kinds::{EntryRef, Event, LogStarted};
use record::sign::{KeyKind, SignerKey, VerifierKey};
use record::vouched_keys::find_vouched_key;

use super::healing::{forget, start, three_epochs};
use super::*;

fn first_entry(store: &Store, epoch: Epoch) -> Option<LogStarted> {
    let entry = store.reader().unwrap().entry_at(EntryRef { epoch, seq: 0 }).unwrap()?;
    match entry.event() {
        Event::LogStarted(started) => Some(*started),
        _ => None,
    }
}

/// A log of this box's that somebody else's key signs.
fn foreign_key(store: &Store, n: u32) -> (Epoch, VerifierKey) {
    let public = SignerKey::new("key", KeyKind::Note, &[66; 32]).unwrap().verifier().public();
    let origin = LogOrigin::new(store.origin().box_id, n, &public);
    (origin.epoch, origin.verifier(&public).unwrap())
}

#[tokio::test]
async fn the_oldest_key_of_a_box_leads_to_all_its_later_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut logs = Vec::new();
    for n in 1..=4 {
        let (store, _) = start(dir.path(), n);
        let (origin, key) = (store.origin(), store.verifier_keys().remove(0));
        assert_eq!(u64::from(origin.epoch.n), n);
        logs.push((origin, key, first_entry(&store, origin.epoch)));
        store.stop().await.unwrap();
        drop(store);
        if n == 2 {
            // Then the third is vouched for by what is the oldest key now.
            std::fs::remove_file(dir.path().join("keys/log-1.key")).unwrap();
        }
        forget(dir.path(), true);
    }
    let of = |epoch: Epoch| logs.iter().find(|(origin, ..)| origin.epoch == epoch);
    let first = |epoch| Ok::<_, std::convert::Infallible>(of(epoch).and_then(|(.., first)| first.clone()));
    for (origin, key, _) in &logs {
        let oldest = |epoch| Ok((epoch == logs[0].0.epoch).then(|| logs[0].1.clone()));
        let Ok(found) = find_vouched_key(*origin, oldest, first);
        assert_eq!(found.as_ref(), Some(key), "{origin}");
    }
    let by = |at: usize| logs[at].2.as_ref().and_then(|first| first.vouch).map(|vouch| vouch.by.n);
    assert_eq!([by(0), by(1), by(2), by(3)], [None, Some(1), Some(2), Some(2)]);
}

#[tokio::test]
async fn a_log_says_its_own_key_where_the_key_file_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (_, relay) = three_epochs(dir.path()).await;
    let (store, _) = start(dir.path(), 4);
    let was = store.known_log_key(relay[1].0).unwrap();
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("keys/log-2.pub")).unwrap();
    let (store, _) = start(dir.path(), 5);
    let name = LogOrigin { epoch: relay[1].0, ..store.origin() }.to_string();
    let keys = store.verifier_keys();
    assert_eq!(keys.iter().find(|key| key.name() == name), was.as_ref(), "its first entry states it");
    assert!(was.is_some());
    assert_eq!(store.known_log_key(relay[1].0).unwrap(), was);
}

#[tokio::test]
async fn another_key_is_taken_only_when_a_person_names_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let (epoch, key) = foreign_key(&store, 2);
    assert_eq!(store.known_log_key(epoch).unwrap(), None);
    assert!(matches!(store.trust_log(epoch), Err(TrustError::NotWaiting(_))));
    store.keep_offered_keys(std::slice::from_ref(&key)).unwrap();
    assert_eq!(store.known_log_key(epoch).unwrap(), None, "an offer is no yes");
    store.trust_log(epoch).unwrap();
    store.trust_log(epoch).unwrap();
    assert_eq!(store.known_log_key(epoch).unwrap(), Some(key.clone()));
    store.keep_offered_keys(&[]).unwrap();
    store.stop().await.unwrap();
    drop(store);
    let (store, _) = open(dir.path());
    assert_eq!(store.known_log_key(epoch).unwrap(), Some(key));
    // What is no list of keys is none, and a person can say yes again.
    std::fs::write(dir.path().join("keys/trusted"), [0xff; 300]).unwrap();
    assert_eq!(store.known_log_key(epoch).unwrap(), None);
    std::fs::remove_file(dir.path().join("keys/trusted")).unwrap();
    std::fs::create_dir(dir.path().join("keys/trusted")).unwrap();
    assert_eq!(store.known_log_key(epoch).unwrap(), None);
}

#[tokio::test]
async fn so_many_logs_are_taken_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    for n in 2..40 {
        let (epoch, key) = foreign_key(&store, n);
        store.keep_offered_keys(&[key]).unwrap();
        match store.trust_log(epoch) {
            Ok(()) => assert!(n < 18, "{n}"),
            Err(TrustError::TooMany) => assert!(n >= 18, "{n}"),
            Err(other) => panic!("{other}"),
        }
    }
}
