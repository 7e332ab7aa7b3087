//! What is proven of a log whose key is gone: as much as the last note says that it signed.

use std::io::ErrorKind;

use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::tree::root_at;

use super::faulty_disk::{Call, How};
use super::healing::{live, start};
use super::past::cosigned;
use super::unreadable::{fault, mend, start_on};
use super::*;

/// A box that continues in its second log, without the key of its first; that one, and its last checkpoint.
async fn without_its_key(dir: &std::path::Path, before_end: fn(&Store)) -> (Store, LogOrigin, String) {
    let (store, _) = start(dir, 1);
    live(&store, &mut Vec::new(), 5).await;
    let (old, note) = (store.origin(), store.checkpoint().unwrap().to_string());
    before_end(&store);
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(dir.join("keys/log-1.key")).unwrap();
    let (store, report) = start(dir, 2);
    assert!(report.new_epoch.is_some(), "{report:?}");
    live(&store, &mut Vec::new(), 2).await;
    (store, old, note)
}

fn signed_note(store: &Store, of: &LogOrigin) -> Option<String> {
    store.reader_of(of.epoch).unwrap().signed_note().unwrap().map(|note| note.to_string())
}

#[tokio::test]
async fn a_log_whose_key_is_gone_is_proven_by_the_note_that_is_kept_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, old, note) = without_its_key(dir.path(), |_| {}).await;
    assert_eq!(signed_note(&store, &old), None, "nobody can sign for it");
    let path = dir.path().join(ended_note_path(old.epoch));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let other = store.checkpoint().unwrap().to_string();
    for wrong in ["noise", "", &other, &note.replacen(&old.box_id.to_string(), "x", 1)] {
        std::fs::write(&path, wrong).unwrap();
        assert_eq!(signed_note(&store, &old), None, "{wrong}");
    }
    std::fs::write(&path, &note).unwrap();
    let found = signed_note(&store, &old).unwrap();
    let name = old.to_string();
    let key = store.verifier_keys().into_iter().find(|key| key.name() == name).unwrap();
    let signed = SignedCheckpoint::verify(&found, &old, &key).unwrap();
    let reader = store.reader_of(old.epoch).unwrap();
    assert_eq!(signed.checkpoint().size, reader.size());
    assert_eq!(root_at(&reader, reader.size()).unwrap(), signed.checkpoint().root);
    assert_eq!(reader.checkpoint(reader.size()).unwrap().map(|note| note.to_string()), Some(note));
    assert!(reader.checkpoint(1).unwrap().is_none(), "of another size nothing was signed");
}

#[tokio::test]
async fn what_the_relay_signed_of_a_log_stays_when_it_signs_a_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let (store, old, _) =
        without_its_key(dir.path(), |store| store.raise_cursor(&cosigned(store)).unwrap()).await;
    assert!(!dir.path().join(ended_note_path(old.epoch)).exists(), "the cursor has it");
    store.raise_cursor(&cosigned(&store)).unwrap();
    let note = signed_note(&store, &old).unwrap();
    assert!(note.contains("relay/cosign/1"), "{note}");
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = start(dir.path(), 3);
    assert_eq!((report.set_aside.len(), signed_note(&store, &old)), (0, Some(note)));
    // One that cannot be used is put aside, as all of its kind.
    store.stop().await.unwrap();
    drop(store);
    std::fs::write(dir.path().join(ended_note_path(old.epoch)), "noise").unwrap();
    let (store, report) = start(dir.path(), 4);
    assert_eq!((report.set_aside, signed_note(&store, &old)), (vec![ended_note_path(old.epoch)], None));
}

#[tokio::test]
async fn a_note_that_cannot_be_written_now_stays_in_its_place_until_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let (store, old, _) =
        without_its_key(dir.path(), |store| store.raise_cursor(&cosigned(store)).unwrap()).await;
    store.stop().await.unwrap();
    drop(store);
    let faults = fault("evidence/signed-", Call::Flush, How::Error(ErrorKind::StorageFull));
    let (store, _) = start_on(dir.path(), &faults).unwrap();
    let stored = store.cursor().stored.unwrap();
    assert_eq!(stored.checkpoint.origin, old);
    store.raise_cursor(&cosigned(&store)).unwrap();
    let cursor = store.cursor();
    assert_eq!((cursor.size, cursor.stored), (store.size(), Some(stored)));
    mend(&faults);
    store.raise_cursor(&cosigned(&store)).unwrap();
    assert_eq!(store.cursor().stored.unwrap().checkpoint.origin, store.origin());
    let note = signed_note(&store, &old).unwrap();
    assert!(note.contains("relay/cosign/1"), "{note}");
}

#[tokio::test]
async fn a_log_whose_key_is_here_is_signed_for_now() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    live(&store, &mut Vec::new(), 2).await;
    store.raise_cursor(&cosigned(&store)).unwrap();
    let old = store.origin();
    store.stop().await.unwrap();
    drop(store);
    super::healing::forget(dir.path(), true);
    let (store, _) = start(dir.path(), 2);
    assert_ne!(store.origin(), old);
    live(&store, &mut Vec::new(), 2).await;
    store.raise_cursor(&cosigned(&store)).unwrap();
    assert!(!dir.path().join(ended_note_path(old.epoch)).exists(), "nothing needs it");
}

#[tokio::test]
async fn a_copy_of_the_log_takes_a_note_about_each_log_whose_key_stays_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (key, other) = (dir.path().join("keys/log-1.key"), tempfile::tempdir().unwrap());
    let aside = other.path().join("log-1.key");
    let (store, _) = start(dir.path(), 1);
    live(&store, &mut Vec::new(), 5).await;
    let (old, less) = (store.origin(), store.checkpoint_at(2).unwrap().to_string());
    store.stop().await.unwrap();
    drop(store);
    std::fs::rename(&key, &aside).unwrap();
    let (store, _) = start(dir.path(), 2);
    live(&store, &mut Vec::new(), 2).await;
    let second = store.origin();
    store.stop().await.unwrap();
    drop(store);
    std::fs::rename(&aside, &key).unwrap();
    let (store, _) = start(dir.path(), 3);
    assert_eq!(store.origin(), second);
    let note = signed_note(&store, &old).unwrap();
    let path = dir.path().join(ended_note_path(old.epoch));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // What says less, or nothing, is replaced.
    for before in [None, Some(&*less), Some("noise")] {
        if let Some(before) = before {
            std::fs::write(&path, before).unwrap();
        }
        let copy = store.copy_log().unwrap();
        assert!(copy.files.iter().any(|file| file.path == ended_note_path(old.epoch)), "{before:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), note, "{before:?}");
    }
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(&key).unwrap();
    let (store, _) = start(dir.path(), 4);
    assert_eq!((store.origin(), signed_note(&store, &old)), (second, Some(note)));
}

#[tokio::test]
async fn a_copy_of_the_log_leaves_out_what_no_box_made() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    live(&store, &mut Vec::new(), 2).await;
    let others = ["displaced/.listing", "displaced/a copy (1)", "runs/l\u{ed}nea", "evidence/a b.note"];
    let own = "displaced/1-00ab0102.jsonl";
    for path in others.iter().chain([&own]) {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    let paths: Vec<String> = store.copy_log().unwrap().files.into_iter().map(|file| file.path).collect();
    assert!(paths.iter().any(|path| path == own), "{paths:?}");
    assert!(paths.iter().all(|path| !others.contains(&path.as_str())), "{paths:?}");
}
