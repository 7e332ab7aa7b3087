//! A copy of a data folder, taken over by a box that lost some of it.

use std::path::Path;

use record::kinds::EntryRef;

use super::healing::{Told, forget, live, start, three_epochs};
use super::past::{copy, cosigned, held};
use super::*;

pub(super) fn import(dir: &Path, from: &Path) -> Result<ImportedLines, ImportError> {
    let now = Now { wall_ms: 5, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
    let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(dir) };
    import_log(&config, from, &FakeClock::new(now), &SeededRandom::new(3))
}

/// Every line that was acknowledged counts, and so does each of its cleanings.
fn check(store: &Store, reported: &Told, equipment: usize, what: &str) {
    let reader = store.reader().unwrap();
    for (epoch, seq, leaf) in reported {
        let found = reader.entry_at(EntryRef { epoch: *epoch, seq: *seq }).unwrap();
        assert_eq!(found.map(|entry| entry.leaf()), Some(*leaf), "{what}: entry {seq} of epoch {epoch}");
    }
    let cleanings = store.facility().activity.get(&tag()).map_or(0, |activity| activity.cleanings);
    let begun = reported.iter().filter(|(_, seq, _)| *seq == 0).count();
    assert_eq!(cleanings as usize, reported.len() - begun - equipment, "{what}: cleanings of the item");
}

#[tokio::test]
async fn a_copy_gives_back_what_the_card_forgot_and_the_relay_never_had() {
    for gone in [&[][..], &["log"], &["cleantrack.redb", "salvage"]] {
        gives_back(gone).await;
    }
}

async fn gives_back(gone: &[&str]) {
    let (dir, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut reported, _) = three_epochs(dir.path()).await;
    copy(dir.path(), backup.path());
    for gone in gone {
        let path = backup.path().join(gone);
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { drop(std::fs::remove_file(path)) }
    }
    forget(dir.path(), false);
    let (store, report) = start(dir.path(), 4);
    assert_ne!(report.missing, []);
    live(&store, &mut reported, 5).await;
    assert!(
        matches!(import(dir.path(), backup.path()), Err(ImportError::Store(StoreError::Folder(_)))),
        "while the box runs"
    );
    store.stop().await.unwrap();
    drop(store);
    let lines = import(dir.path(), backup.path()).unwrap();
    assert_eq!((lines.logs, lines.lines), (3, 124), "without {gone:?}: each line once");
    assert_eq!(import(dir.path(), backup.path()).unwrap(), lines, "twice is once");
    let (mut store, mut report) = start(dir.path(), 5);
    for again in 6..8 {
        check(&store, &reported, 2, &format!("taken over: {report:?}"));
        store.stop().await.unwrap();
        drop(store);
        (store, report) = start(dir.path(), again);
    }
    check(&store, &reported, 2, "a later start");
    assert_eq!(report.adopted, [], "once");
    assert_eq!(report.missing, [], "{report:?}");
}

#[tokio::test]
async fn a_copys_runs_come_back_by_their_names() {
    let (dir, store, run) = super::adoption::adopted().await;
    store.stop().await.unwrap();
    drop(store);
    let (data, backup) = (dir.path().join("data"), dir.path().join("taken"));
    copy(&data, &backup);
    std::fs::remove_dir_all(backup.join("log")).unwrap();
    std::fs::remove_dir_all(data.join("runs")).unwrap();
    std::fs::remove_file(data.join("cleantrack.redb")).unwrap();
    drop(std::fs::remove_dir_all(data.join("salvage")));
    let (store, report) = open(&data);
    assert_ne!(report.missing, [], "{report:?}");
    store.stop().await.unwrap();
    drop(store);
    import(&data, &backup).unwrap();
    let (store, report) = open(&data);
    assert_eq!((report.missing.len(), &store.adopted_runs().counting[..]), (0, &[run][..]), "{report:?}");
    assert_eq!(store.facility().activity[&tag()].cleanings, 16);
}

#[tokio::test]
async fn what_lies_beside_a_copys_log_is_taken_over_too() {
    let (dir, store, page, _) = super::past::forgetful(5, 12, 0).await;
    let epoch = store.origin().epoch;
    let (data, backup) = (dir.path().join("data"), dir.path().join("taken"));
    super::adoption::keep_missing(&store, epoch, &page.0[8..12], &page.1).unwrap();
    store.stop().await.unwrap();
    drop(store);
    std::fs::create_dir(&backup).unwrap();
    std::fs::rename(data.join("displaced"), backup.join("displaced")).unwrap();
    let read = import(&data, &backup).unwrap();
    assert_eq!(read, ImportedLines { logs: 1, lines: 4 });
    let (store, report) = open(&data);
    assert_eq!((report.adopted_lines(), store.facility().activity[&tag()].cleanings), (4, 9), "{report:?}");
}

#[tokio::test]
async fn a_new_data_folder_takes_nothing_over_and_stays_new() {
    let (dir, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    three_epochs(dir.path()).await;
    let error = import(new.path(), dir.path()).unwrap_err();
    assert!(matches!(error, ImportError::NoBox { .. }), "{error}");
    let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(new.path()) };
    let clock = Arc::new(FakeClock::new(Now {
        wall_ms: 5,
        boot: BootId::new(1, [1; 10]),
        up_ms: 9,
        state: ClockState::Synced,
    }));
    let error = rebuild_database(config, clock, Arc::new(SeededRandom::new(3))).unwrap_err();
    assert!(matches!(error, StoreError::NoBox(_)), "{error}");
    for made in ["keys", "log", "cleantrack.redb"] {
        assert!(!new.path().join(made).exists(), "{made}: a path that was mistyped is no new box");
    }
}

#[tokio::test]
async fn another_boxs_copy_and_what_is_none_are_refused() {
    let (dir, other, empty) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (dir, seed) in [(&dir, 1), (&other, 9)] {
        let (store, _) = start(dir.path(), seed);
        live(&store, &mut Vec::new(), 3).await;
        store.raise_cursor(&cosigned(&store)).unwrap();
        store.stop().await.unwrap();
    }
    assert!(matches!(import(dir.path(), other.path()), Err(ImportError::OtherBox { .. })));
    assert!(matches!(import(dir.path(), empty.path()), Err(ImportError::NoLog(_))));
    assert!(matches!(import(dir.path(), &empty.path().join("gone")), Err(ImportError::NoLog(_))));
    assert!(!dir.path().join("displaced").exists());
    let (store, report) = start(dir.path(), 2);
    assert_eq!((report.adopted.len(), held(&store).0.len()), (0, held(&store).0.len()));
}
