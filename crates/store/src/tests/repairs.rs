//! What starts repaired is reported even by the next one, and loss in an ended epoch is noticed by the start itself.

use super::healing::{segments, start, three_epochs};
use super::*;
use crate::healing::closed_journal;
use crate::writer::tidy;

#[tokio::test]
async fn a_repair_of_a_start_that_died_is_told_by_the_next_until_somebody_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let (_, relay) = three_epochs(dir.path()).await;
    std::fs::remove_file(dir.path().join("untold")).unwrap();
    std::fs::write(dir.path().join("cursor"), b"noise").unwrap();
    std::fs::remove_file(segments(dir.path(), relay[2].0).pop().unwrap()).unwrap();
    std::fs::remove_file(dir.path().join("keys/log-3.key")).unwrap();
    // As a start that is killed before it has written its alarms.
    let (store, report) = start(dir.path(), 4);
    assert!(report.healed.is_some() && report.new_epoch.is_some(), "{report:?}");
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = start(dir.path(), 5);
    assert_eq!((&report.healed, &report.new_epoch, &report.set_aside[..]), (&None, &None, &[][..]));
    let unreported = &report.unreported;
    assert!(unreported.set_aside.contains("cursor") && unreported.healed.is_some(), "{unreported:?}");
    assert!(
        unreported.begun(store.origin().epoch).is_some_and(|why| why.contains("the end of the log is gone")),
        "{unreported:?}"
    );
    assert_eq!(unreported.begun(relay[2].0), None, "of the one before nobody begins it again");
    store.mark_repairs_reported().unwrap();
    store.stop().await.unwrap();
    drop(store);
    let (_, report) = start(dir.path(), 6);
    assert_eq!(report.unreported, UnreportedRepairs::default());
}

#[tokio::test]
async fn a_relay_that_wants_one_restart_after_the_other_waits_over_the_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let now_ms = 1_763_610_000_000;
    for wait_ms in [0, 0, 0, 0, 0, 0, 60_000, 60_000] {
        let (store, report) = start(dir.path(), 1);
        assert_eq!(report.set_aside, [""; 0]);
        assert_eq!(store.relay_restart_wait_ms(now_ms).unwrap(), wait_ms);
        store.stop().await.unwrap();
        drop(store);
    }
    std::fs::write(dir.path().join("evidence/relay-restarts"), b"noise").unwrap();
    let (store, report) = start(dir.path(), 1);
    assert_eq!(report.set_aside, ["evidence/relay-restarts"]);
    assert_eq!(store.relay_restart_wait_ms(now_ms).unwrap(), 0);
}

#[tokio::test]
async fn what_was_being_noted_when_it_cannot_be_read_is_told_to_be_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    store.stop().await.unwrap();
    drop(store);
    std::fs::write(dir.path().join("untold"), b"noise").unwrap();
    let (store, report) = start(dir.path(), 1);
    assert_eq!(report.set_aside, ["untold"]);
    store.stop().await.unwrap();
    drop(store);
    let (_, report) = start(dir.path(), 1);
    assert!(report.unreported.set_aside.contains("untold"), "{report:?}");
}

#[tokio::test]
async fn loss_in_the_journal_of_an_ended_epoch_is_healed_and_told_by_the_start() {
    for how in ["gone", "shorter", "no head", "the folder"] {
        let dir = tempfile::tempdir().unwrap();
        let (reported, relay) = three_epochs(dir.path()).await;
        let (store, _) = start(dir.path(), 4);
        store.stop().await.unwrap();
        drop(store);
        let first = relay[0].0;
        let whole = segments(dir.path(), first);
        let file = whole.last().unwrap();
        let bytes = std::fs::read(file).unwrap();
        match how {
            "gone" => std::fs::remove_file(file).unwrap(),
            "shorter" => std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap(),
            "no head" => std::fs::write(file, vec![7; bytes.len()]).unwrap(),
            _ => std::fs::remove_dir_all(file.parent().unwrap()).unwrap(),
        }
        let (store, report) = start(dir.path(), 5);
        let words = report.healed.as_deref().unwrap_or_default();
        assert!(words.contains(&format!("epoch {first} came from the database")), "{how}: {report:?}");
        assert_eq!((report.rebuilt, report.missing), (None, vec![]), "{how}");
        store.stop().await.unwrap();
        drop(store);
        std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
        super::healing::check(&start(dir.path(), 6).0, &reported, how);
    }
}

#[tokio::test]
async fn the_journal_of_an_ended_epoch_is_not_read_again_while_its_files_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (_, relay) = three_epochs(dir.path()).await;
    std::fs::remove_file(dir.path().join("keys/log-3.key")).unwrap();
    let any_plain = || {
        let files = segments(dir.path(), relay[2].0);
        files.iter().any(|path| path.extension().is_some_and(|end| end == "jsonl"))
    };
    assert!(any_plain(), "the one that was written last");
    let (store, _) = start(dir.path(), 4);
    // Sealing changes them once more.
    tidy::compact_segments(&store.shared).unwrap();
    assert!(!any_plain());
    for (epoch, _) in &relay {
        let origin = LogOrigin { epoch: *epoch, ..store.origin() };
        let files = closed_journal::closed_files(&*store.disk(), &origin).unwrap();
        assert!(!files.is_empty() && files.iter().all(|(_, length)| *length > 0), "{files:?}");
        assert_eq!(closed_journal::read_before(&store.shared.db().unwrap(), *epoch), Some(files));
    }
    store.stop().await.unwrap();
}
