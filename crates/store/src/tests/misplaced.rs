//! Misplaced journal files, on a real folder: lines count only where recorded; what a whole copy holds is kept.

use std::path::Path;

use record::checkpoint::LogOrigin;
use record::ids::Epoch;

use super::healing::{check, folder, segments, start, three_epochs};
use super::*;

/// The segments of two epochs change places.
fn exchange(dir: &Path, one: Epoch, other: Epoch) {
    let (one, other) = (folder(dir, one), folder(dir, other));
    let aside = one.with_extension("aside");
    std::fs::rename(&one, &aside).unwrap();
    std::fs::rename(&other, &one).unwrap();
    std::fs::rename(&aside, &other).unwrap();
}

#[tokio::test]
async fn segments_of_two_epochs_that_changed_places_count_where_they_belong() {
    for database in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (mut reported, relay) = three_epochs(dir.path()).await;
        let [first, second] = [relay[0].0, relay[1].0];
        exchange(dir.path(), first, second);
        if !database {
            std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
        }
        for again in 0..2 {
            let (store, report) = start(dir.path(), 4 + again);
            let what = format!("database {database}, start {again}: {report:?}");
            assert!(report.missing.is_empty() && (report.adopted.is_empty() || !database), "{what}");
            assert_eq!(store.origin().epoch.n, 3, "{what}");
            reported.retain(|(epoch, ..)| epoch.n <= 3);
            check(&store, &reported, &what);
            store.stop().await.unwrap();
            drop(store);
        }
    }
}

#[tokio::test]
async fn another_boxs_segment_is_healed_from_the_database_and_kept_beside_the_log() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (reported, relay) = three_epochs(dir.path()).await;
    let (store, _) = start(other.path(), 9);
    record(&store, vec![equipment(), cleaning("other", "Kim")]).await;
    let foreign = store.origin().epoch;
    store.stop().await.unwrap();
    drop(store);
    let newest = segments(dir.path(), relay[2].0).pop().unwrap();
    std::fs::copy(segments(other.path(), foreign).pop().unwrap(), &newest).unwrap();
    let (store, report) = start(dir.path(), 4);
    assert!(report.healed.is_some() && report.missing.is_empty(), "{report:?}");
    assert_eq!(report.apart.iter().collect::<Vec<_>>(), [&foreign], "{report:?}");
    check(&store, &reported, "another box's segment");
}

#[tokio::test]
async fn a_folder_where_a_file_of_the_journal_was_is_put_aside() {
    for which in ["a segment", "an epoch", "the log"] {
        let dir = tempfile::tempdir().unwrap();
        let (reported, relay) = three_epochs(dir.path()).await;
        let newest = relay[2].0;
        let segment = segments(dir.path(), newest).pop().unwrap();
        let path = match which {
            "a segment" => segment,
            "an epoch" => folder(dir.path(), newest),
            _ => dir.path().join("log"),
        };
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
            std::fs::write(&path, "no folder").unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
            std::fs::create_dir_all(path.join("inside")).unwrap();
        }
        let (store, report) = start(dir.path(), 4);
        let name = path.strip_prefix(dir.path()).unwrap().to_str().unwrap();
        assert_eq!(report.set_aside, [name], "{which}");
        assert!(report.healed.is_some() && report.missing.is_empty(), "{which}: {report:?}");
        check(&store, &reported, which);
    }
}

#[tokio::test]
async fn lines_behind_a_hole_tell_of_the_hole_where_nobody_says_how_much_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (_, relay) = three_epochs(dir.path()).await;
    let [first, second] = [relay[0].0, relay[1].0];
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    std::fs::remove_dir_all(folder(dir.path(), second)).unwrap();
    let oldest = segments(dir.path(), first).remove(0);
    std::fs::remove_file(oldest).unwrap();
    let left = segments(dir.path(), first).len();
    assert!(left > 0, "nothing is left behind the hole");
    let (_, report) = start(dir.path(), 4);
    let of_first: Vec<_> = report.missing.iter().filter(|missing| missing.epoch == first).collect();
    assert!(of_first.iter().any(|missing| missing.from == 0 && missing.to.is_some()), "{report:?}");
}

#[tokio::test]
async fn another_boxs_sessions_and_pins_are_set_aside() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (dir, seed) in [(&dir, 1), (&other, 9)] {
        let (store, report) = start(dir.path(), seed);
        assert!(!report.state_lost);
        store.stop().await.unwrap();
    }
    let state = |dir: &tempfile::TempDir| dir.path().join("state.redb");
    std::fs::copy(state(&other), state(&dir)).unwrap();
    for (lost, reported) in [(true, false), (true, true), (false, true)] {
        let (store, report) = start(dir.path(), 2);
        assert_eq!(report.state_lost, lost, "{report:?}");
        if reported {
            store.mark_state_loss_reported().unwrap();
        }
        store.stop().await.unwrap();
    }
}

#[tokio::test]
async fn another_boxs_database_is_set_aside_and_asked_for_nothing() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The other's seeds are 1 to 3.
    let (store, _) = start(dir.path(), 77);
    record(&store, vec![equipment(), cleaning("own", "Maria")]).await;
    let origin = store.origin();
    store.stop().await.unwrap();
    drop(store);
    // Its epochs have higher numbers than this box's only one.
    three_epochs(other.path()).await;
    std::fs::copy(other.path().join("cleantrack.redb"), dir.path().join("cleantrack.redb")).unwrap();
    for _ in 0..2 {
        let (store, report) = start(dir.path(), 2);
        assert_eq!((store.origin(), report.missing), (origin, vec![]));
        assert_eq!(report.unread_copies, ["salvage/1.redb"], "it is kept");
        assert_eq!(store.facility().activity[&tag()].cleanings, 1);
        store.stop().await.unwrap();
    }
}

#[tokio::test]
async fn epochs_that_count_by_a_run_alone_keep_their_place_before_the_one_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, relay) = three_epochs(dir.path()).await;
    let lost = relay[2].0;
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    std::fs::remove_dir_all(folder(dir.path(), lost)).unwrap();
    let stored = reported.iter().filter(|(epoch, ..)| *epoch != lost).count() as u64;
    for again in 0..3 {
        let (store, report) = start(dir.path(), 4 + again);
        let cleanings = store.facility().activity.get(&tag()).map_or(0, |activity| activity.cleanings);
        // Two of the lines begin an epoch, one adds the item.
        assert_eq!(cleanings, stored - 3, "start {again}: {report:?}");
        store.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_key_of_an_epoch_that_never_began_is_not_taken_for_the_present_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 4);
    record(&store, vec![equipment()]).await;
    let present = store.origin();
    store.stop().await.unwrap();
    drop(store);
    // As a start leaves them that was cut while it began an epoch.
    let signer = record::sign::SignerKey::new("key", record::sign::KeyKind::Note, &[7; 32]).unwrap();
    let origin = LogOrigin::new(present.box_id, 2, &signer.verifier().public());
    let public = origin.signer(&[7; 32]).unwrap().verifier().to_string();
    std::fs::write(dir.path().join("keys/log-2.pub"), format!("{public}\n")).unwrap();
    let (store, _) = start(dir.path(), 5);
    assert_eq!(store.origin(), present);
    let names: Vec<String> = store.verifier_keys().iter().map(|key| key.name().to_owned()).collect();
    assert_eq!(names, [present.to_string(), origin.to_string()]);
    let note = store.checkpoint().unwrap();
    store.verifier_keys()[0].verify(&note).unwrap();
}
