//! Unreadable sectors and unlisted folders: the former end no start, any copy's lines count, what waits is reported.

use crate::database::salvage;
use crate::database::state_file;
use crate::index::tables;
use crate::writer::tidy;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::PoisonError;

use redb::{ReadableDatabase as _, ReadableTable as _};

use super::adoption::{adopted, counts, run_file};
use super::backup::import;
use super::faulty_disk::{Call, Fault, Faults, FaultyDisk, How};
use super::healing::{Told, clock, folder, live, segments, small, start, three_epochs, walk};
use super::past::{copy, forgetful, pages};
use super::*;

/// Calls that fail for as long as they are not repaired.
pub(super) fn fault(path: &str, call: Call, how: How) -> Faults {
    let faults = Faults::default();
    faults.lock().unwrap().push(Fault { path: path.to_owned(), call, how, times: usize::MAX });
    faults
}

pub(super) fn mend(faults: &Faults) {
    faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

pub(super) fn disk(dir: &Path, faults: &Faults) -> Arc<dyn Disk> {
    for _ in 0..1_000_000 {
        match SystemDisk::take(dir) {
            Ok(disk) => return Arc::new(FaultyDisk { disk, faults: faults.clone(), free: None }),
            Err(FolderError::InUse(_)) => std::thread::yield_now(),
            Err(e) => panic!("{e}"),
        }
    }
    panic!("{} is held by somebody", dir.display())
}

/// Starts a box on a disk some of whose calls fail.
pub(super) fn start_on(dir: &Path, faults: &Faults) -> Result<(Store, StartReport), StoreError> {
    Store::open_on(disk(dir, faults), small(), clock(), &SeededRandom::new(8))
}

/// Lines that were acknowledged and count nowhere.
fn lost(store: &Store, reported: &Told) -> Vec<(u32, u64)> {
    let reader = store.reader().unwrap();
    let counts = |(epoch, seq, leaf): &&(record::ids::Epoch, u64, record::tree::Hash)| {
        let lines = reader.lines_of(epoch.n, *seq).unwrap_or_default();
        lines.iter().any(|(_, entry)| entry.leaf() == *leaf)
    };
    let lost = reported.iter().filter(|line| !counts(line));
    lost.map(|(epoch, seq, _)| (epoch.n, *seq)).collect()
}

fn is_told(report: &StartReport) -> bool {
    let StartReport { missing, new_epoch, unread_copies, set_aside, .. } = report;
    !missing.is_empty() || new_epoch.is_some() || !unread_copies.is_empty() || !set_aside.is_empty()
}

/// Starts boxes of which one sector of one file cannot be read, twice each, and then once more when it can be.
async fn each_sector(whole: &Path, reported: &Told, of: impl Fn(&str) -> bool, a_copy_is_whole: bool) {
    let mut tried = 0;
    for file in walk(whole) {
        let path = file.strip_prefix(whole).unwrap().to_str().unwrap().to_owned();
        let length = std::fs::metadata(&file).unwrap().len();
        if length == 0 || !of(&path) {
            continue;
        }
        let mut sectors = vec![0, length / 4096 / 2 * 4096, (length - 1) / 4096 * 4096];
        sectors.dedup();
        for at in sectors {
            let what = format!("byte {at} of {length} of {path}");
            let dir = tempfile::tempdir().unwrap();
            copy(whole, dir.path());
            let faults = fault(&path, Call::Read, How::Lost(at));
            for again in 0..3 {
                if again == 2 {
                    mend(&faults);
                }
                let mut opened = start_on(dir.path(), &faults);
                for _ in 0..2 {
                    // It may be the disk's mood: only then this file is done without.
                    if path == state_file::STATE && opened.is_err() {
                        opened = start_on(dir.path(), &faults);
                    }
                }
                let (store, report) = opened.unwrap_or_else(|e| panic!("{what}, start {again}: {e}"));
                let lost = lost(&store, reported);
                let may_lack = !a_copy_is_whole && again < 2 && is_told(&report);
                assert!(lost.is_empty() || may_lack, "{what}, start {again}: {lost:?}, {report:?}");
                record(&store, vec![cleaning(&format!("{what} {again}"), "Wanda")]).await;
                store.stop().await.unwrap();
            }
            tried += 1;
        }
    }
    assert!(tried > 0, "there is no such file");
}

#[tokio::test]
async fn a_sector_of_the_journal_or_the_database_that_cannot_be_read_is_healed() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, _) = three_epochs(dir.path()).await;
    each_sector(dir.path(), &reported, |path| path.starts_with("log/") || path.ends_with(".redb"), true)
        .await;
}

#[tokio::test]
async fn a_sector_of_a_key_or_a_hint_that_cannot_be_read_ends_no_start() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, _) = three_epochs(dir.path()).await;
    std::fs::write(dir.path().join("starting"), "1\n").unwrap();
    let of = |path: &str| !path.starts_with("log/") && !path.ends_with(".redb");
    each_sector(dir.path(), &reported, of, true).await;
}

#[tokio::test]
async fn a_sector_of_a_database_that_was_set_aside_is_stepped_over_and_the_rest_asked_again_later() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, relay) = three_epochs(dir.path()).await;
    std::fs::create_dir(dir.path().join("salvage")).unwrap();
    std::fs::rename(dir.path().join("cleantrack.redb"), dir.path().join("salvage/1.redb")).unwrap();
    // Nobody else has these.
    std::fs::remove_dir_all(folder(dir.path(), relay[1].0)).unwrap();
    each_sector(dir.path(), &reported, |path| path == "salvage/1.redb", false).await;
}

#[tokio::test]
async fn a_sector_of_what_was_taken_over_and_waits_stays_until_it_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup"));
    let (reported, _) = three_epochs(&data).await;
    copy(&data, &backup);
    super::healing::forget(&data, false);
    let (store, _) = start(&data, 4);
    store.stop().await.unwrap();
    drop(store);
    import(&data, &backup).unwrap();
    each_sector(&data, &reported, |path| path.starts_with("displaced/"), false).await;
}

#[tokio::test]
async fn a_sector_of_what_came_back_or_of_a_run_ends_no_start() {
    let (dir, store, page, proof) = forgetful(40, 100, 5).await;
    let data = dir.path().join("data");
    store.end_epoch(&proof).unwrap();
    store.stop().await.unwrap();
    drop(store);
    let (store, _) = open(&data);
    let past = store.past().unwrap().remove(0);
    store.refill(&past, 42, &mut pages(&page, 7)).unwrap();
    store.stop().await.unwrap();
    drop(store);
    each_sector(&data, &Told::new(), |path| path.starts_with("fetched/"), false).await;
    let (dir, store, run) = adopted().await;
    let data = dir.path().join("data");
    store.stop().await.unwrap();
    drop(store);
    let reported: Told = {
        let (store, _) = open(&data);
        let lines = |seq| store.reader().unwrap().lines_of(run.epoch().n, seq).unwrap();
        let all = run.lines().flat_map(|seq| lines(seq).into_iter().map(move |(_, line)| (seq, line.leaf())));
        let reported = all.map(|(seq, leaf)| (run.epoch(), seq, leaf)).collect();
        store.stop().await.unwrap();
        reported
    };
    each_sector(&data, &reported, |path| path.starts_with("runs/"), true).await;
    std::fs::remove_file(data.join("cleantrack.redb")).unwrap();
    each_sector(&data, &reported, |path| path.starts_with("runs/"), false).await;
}

#[tokio::test]
async fn the_last_group_of_the_only_copy_that_cannot_be_read_is_never_taken_for_torn() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    let mut reported = Told::new();
    live(&store, &mut reported, 6).await;
    let epoch = store.origin().epoch;
    drop(store);
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    let newest = segments(dir.path(), epoch).pop().unwrap();
    let bytes = std::fs::read(&newest).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 / 4096 * 4096;
    let faults = fault("log/", Call::Read, How::Lost(last));
    let (store, report) = start_on(dir.path(), &faults).unwrap();
    assert!(report.new_epoch.is_some() && report.cut.is_none(), "{report:?}");
    assert_eq!(store.origin().epoch.n, 2, "its key may have signed what cannot be read");
    assert_eq!(std::fs::read(&newest).unwrap(), bytes, "nothing was written over it");
}

#[tokio::test]
async fn a_folder_that_is_not_listed_ends_the_start_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, _) = three_epochs(dir.path()).await;
    let before = walk(dir.path());
    for folder in ["log", "log/", "runs", "displaced", "salvage"] {
        let faults = fault(folder, Call::List, How::Error(ErrorKind::Other));
        let refused = start_on(dir.path(), &faults).unwrap_err();
        assert!(matches!(refused, StoreError::FolderUnread { .. }), "{folder}: {refused}");
        assert!(refused.to_string().contains("Nothing was changed"), "{refused}");
        assert_eq!(walk(dir.path()), before, "{folder}");
    }
    let (store, report) = start(dir.path(), 4);
    assert_eq!((report.new_epoch, report.set_aside), (None, Vec::new()));
    assert_eq!(lost(&store, &reported), []);
}

#[tokio::test]
async fn copies_that_were_put_aside_with_their_folder_are_asked_once_it_can_be_listed() {
    let (dir, store, run) = adopted().await;
    let data = dir.path().join("data");
    let hash = PersonalText::new("Wanda 1", [5; 16]).unwrap().redactable().hash;
    store.stop().await.unwrap();
    drop(store);
    // As a start leaves them that was not given a list of them.
    std::fs::create_dir_all(data.join("salvage")).unwrap();
    std::fs::write(data.join("salvage/1.txt"), "another").unwrap();
    std::fs::create_dir(data.join("salvage.bad")).unwrap();
    std::fs::write(data.join("salvage.bad/1.txt"), "why").unwrap();
    let (store, _) = start(&data, 8);
    std::fs::rename(data.join("runs"), data.join("runs.bad-2")).unwrap();
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    tidy::compact_segments(&store.shared).unwrap();
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(data.join("cleantrack.redb")).unwrap();
    let (store, report) = start(&data, 8);
    assert_eq!(report.missing, []);
    assert_eq!(counts(&store, &run).0, 16);
    let why = [1, 2].map(|n| std::fs::read_to_string(data.join(format!("salvage/{n}.txt"))).unwrap());
    assert_eq!(why, ["another", "why"]);
    // What was erased meanwhile does not come back with them.
    tidy::compact_segments(&store.shared).unwrap();
    let file = run_file(&store, &run).unwrap().unwrap();
    let mut reader = record::run::RunReader::open(&file[..], store.origin().box_id, run).unwrap();
    while let Some(group) = reader.next_group().unwrap() {
        assert!(group.iter().flat_map(|line| &line.texts).all(|text| text.text() != "Wanda 1"));
    }
}

#[tokio::test]
async fn a_run_that_came_back_before_its_copy_that_was_put_aside_is_no_reason_to_wait() {
    let (dir, store, run) = adopted().await;
    let data = dir.path().join("data");
    let hash = PersonalText::new("Wanda 1", [5; 16]).unwrap().redactable().hash;
    store.stop().await.unwrap();
    drop(store);
    std::fs::create_dir(data.join("runs.bad")).unwrap();
    let copy = data.join(format!("runs.bad/{run}"));
    std::fs::copy(data.join(format!("runs/{run}")), &copy).unwrap();
    let (store, _) = start(&data, 8);
    assert!(!copy.exists());
    assert_eq!(salvage::list_runs(&*store.disk()).unwrap().len(), 1);
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    tidy::compact_segments(&store.shared).unwrap();
    assert_eq!(salvage::list_runs(&*store.disk()).unwrap(), Vec::<String>::new(), "it holds the text");
    let db = store.shared.db().unwrap();
    let expected = db.begin_read().unwrap().open_table(tables::ERASE).unwrap();
    assert_eq!(expected.iter().unwrap().count(), 0, "nothing is left to erase");
}

#[tokio::test]
async fn no_key_goes_on_with_a_log_whose_folder_was_none() {
    for newest_only in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (reported, relay) = three_epochs(dir.path()).await;
        let log = if newest_only { folder(dir.path(), relay[2].0) } else { dir.path().join("log") };
        std::fs::remove_dir_all(&log).unwrap();
        std::fs::write(&log, b"no folder").unwrap();
        let (store, report) = start(dir.path(), 4);
        assert!(
            report.new_epoch.is_some_and(|why| why.contains("the end of the log is gone")),
            "newest only: {newest_only}"
        );
        assert_eq!((store.origin().epoch.n, lost(&store, &reported)), (4, vec![]));
        store.stop().await.unwrap();
        drop(store);
        let (store, report) = start(dir.path(), 5);
        assert_eq!((store.origin().epoch.n, report.new_epoch), (4, None), "once");
    }
}

#[tokio::test]
async fn without_room_for_another_database_the_present_one_goes_on_and_the_rest_waits() {
    let (dir, store, page, proof) = forgetful(40, 100, 5).await;
    let data = dir.path().join("data");
    store.end_epoch(&proof).unwrap();
    store.stop().await.unwrap();
    drop(store);
    let (store, _) = open(&data);
    let past = store.past().unwrap().remove(0);
    store.refill(&past, 42, &mut pages(&page, 7)).unwrap();
    let before = store.facility().activity[&tag()].cleanings;
    store.stop().await.unwrap();
    drop(store);
    let faults = fault("cleantrack.redb.new", Call::Write, How::Error(ErrorKind::StorageFull));
    for again in 0..2 {
        let (store, report) = start_on(&data, &faults).unwrap();
        assert!(report.no_space && report.rebuilt.is_none(), "{report:?}");
        record(&store, vec![cleaning(&format!("full {again}"), "Wanda")]).await;
        assert!(store.facility().activity[&tag()].cleanings > before);
        store.stop().await.unwrap();
    }
    mend(&faults);
    let (store, report) = start_on(&data, &faults).unwrap();
    assert!(!report.no_space, "{report:?}");
    assert_eq!(store.facility().activity[&tag()].cleanings, 107, "all of them");
}

#[tokio::test]
async fn a_database_that_was_set_aside_is_taken_into_use_again_where_there_is_no_room_for_another() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, _) = three_epochs(dir.path()).await;
    super::healing::interrupted_starts(dir.path(), 3);
    let faults = fault("cleantrack.redb.new", Call::Write, How::Error(ErrorKind::StorageFull));
    for again in 0..2 {
        let (store, report) = start_on(dir.path(), &faults).unwrap();
        assert_eq!((report.no_space, report.new_epoch), (again == 0, None));
        assert_eq!(lost(&store, &reported), []);
        record(&store, vec![cleaning(&format!("full {again}"), "Wanda")]).await;
        store.stop().await.unwrap();
    }
    assert!(!dir.path().join("salvage/1.redb").exists());
}

#[tokio::test]
async fn a_text_in_a_run_that_cannot_be_read_now_is_erased_when_it_can_be() {
    let (dir, store, run) = adopted().await;
    let data = dir.path().join("data");
    let hash = PersonalText::new("Wanda 1", [5; 16]).unwrap().redactable().hash;
    store.stop().await.unwrap();
    drop(store);
    let faults = Faults::default();
    let (store, _) = start_on(&data, &faults).unwrap();
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    let how = How::Lost(0);
    faults.lock().unwrap().push(Fault { path: "runs/".to_owned(), call: Call::Read, how, times: usize::MAX });
    tidy::compact_segments(&store.shared).unwrap();
    assert!(data.join(format!("runs/{run}")).exists(), "it was removed over an error of reading");
    assert_eq!(store.health().removed_copies, 0);
    mend(&faults);
    tidy::compact_segments(&store.shared).unwrap();
    let file = run_file(&store, &run).unwrap().unwrap();
    let mut reader = record::run::RunReader::open(&file[..], store.origin().box_id, run).unwrap();
    while let Some(group) = reader.next_group().unwrap() {
        assert!(group.iter().flat_map(|line| &line.texts).all(|text| text.text() != "Wanda 1"));
    }
    assert_eq!(counts(&store, &run).0, 16);
}
