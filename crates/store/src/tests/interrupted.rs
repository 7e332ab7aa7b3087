//! Starts that end in the middle, copies over which they end, and what must never be begun or discarded by them.

use crate::log::chain;
use crate::runs::run_file;
use std::panic::{AssertUnwindSafe, catch_unwind};

use record::run::RunName;

use super::backup::import;
use super::faulty_disk::{Call, Fault, Faults, How};
use super::healing::{Told, folder, live, segments, spoil, start, three_epochs};
use super::past::{copy, cosigned, held};
use super::unreadable::{disk, fault, mend, start_on};
use super::*;

/// A box whose journal lacks its second epoch, which a database has that was set aside.
async fn with_salvage(dir: &std::path::Path) -> Told {
    let (reported, relay) = three_epochs(dir).await;
    std::fs::create_dir(dir.join("salvage")).unwrap();
    std::fs::rename(dir.join("cleantrack.redb"), dir.join("salvage/1.redb")).unwrap();
    std::fs::remove_dir_all(folder(dir, relay[1].0)).unwrap();
    reported
}

fn check(store: &Store, reported: &Told) {
    for (epoch, seq, leaf) in reported {
        let lines = store.reader().unwrap().lines_of(epoch.n, *seq).unwrap();
        assert!(lines.iter().any(|(_, entry)| entry.leaf() == *leaf), "entry {seq} of epoch {epoch}");
    }
}

#[tokio::test]
async fn a_copy_over_which_two_starts_ended_is_passed_over_once_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let reported = with_salvage(dir.path()).await;
    let mark = || std::fs::read_to_string(dir.path().join("starting")).unwrap();
    let faults = fault("log/", Call::Write, How::Panic);
    for times in 1..=2 {
        // While it is read for the journal the process ends.
        let ended = catch_unwind(AssertUnwindSafe(|| start_on(dir.path(), &faults).map(drop)));
        assert!(ended.is_err(), "start {times} got through");
        assert_eq!(mark(), format!("{times} {times} salvage/1.redb\n"));
    }
    mend(&faults);
    let (store, report) = start_on(dir.path(), &faults).unwrap();
    assert_eq!(report.unread_copies, ["salvage/1.redb"]);
    assert!(!report.missing.is_empty(), "{report:?}");
    record(&store, vec![cleaning("without it", "Wanda")]).await;
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = start(dir.path(), 5);
    assert_eq!((report.unread_copies, report.missing), (vec![], vec![]));
    check(&store, &reported);
}

#[tokio::test]
async fn starts_that_ended_before_a_database_was_built_say_nothing_of_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let reported = with_salvage(dir.path()).await;
    super::healing::interrupted_starts(dir.path(), 5);
    // The new database is in place; what comes behind it ends the process.
    let faults = fault("state.redb", Call::Write, How::Panic);
    std::fs::remove_file(dir.path().join("state.redb")).unwrap();
    let _ = catch_unwind(AssertUnwindSafe(|| start_on(dir.path(), &faults).map(drop)));
    mend(&faults);
    let (store, _) = start(dir.path(), 5);
    check(&store, &reported);
    store.stop().await.unwrap();
    drop(store);
    assert!(!dir.path().join("salvage/2.redb").exists());
}

/// Puts a run of the ended epoch `of` down that is so long that it has several frames; its name.
fn long_run(dir: &std::path::Path, of: record::ids::Epoch, lines: u64) -> RunName {
    let disk = disk(dir, &Faults::default());
    let box_id = std::fs::read_to_string(dir.join("keys/box.id")).unwrap().trim_end().parse().unwrap();
    let now = Now { wall_ms: 5, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
    let line = |seq: u64| {
        let name = format!("Pump {seq} {}", "x".repeat(60));
        let event = Event::read("equipment.changed", &format!(r#"{{"tag":"{TAG}","name":"{name}"}}"#));
        let entry =
            record::entry::Entry::compose(seq, now.entry_time(), EntryAuthor::BOX, None, &event).unwrap();
        chain::LogLine { entry: entry.bytes().to_vec(), texts: Vec::new() }
    };
    let mut namer = record::run::RunNamer::new(of, 1_000);
    (1_000..1_000 + lines).for_each(|seq| namer.push(line(seq).leaf()));
    let name = namer.name().unwrap();
    run_file::write_run(&*disk, box_id, &name, &mut |seq| Ok(line(seq))).unwrap();
    name
}

#[tokio::test]
async fn what_is_intact_behind_the_damage_of_a_run_counts_and_the_remains_are_kept_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, relay) = three_epochs(dir.path()).await;
    let run = long_run(dir.path(), relay[0].0, 16_000);
    let path = dir.path().join(format!("runs/{run}"));
    let half = std::fs::metadata(&path).unwrap().len() / 2;
    spoil(&path, usize::try_from(half).unwrap(), 64);
    let (store, report) = start(dir.path(), 4);
    let of_run = |seq| store.reader().unwrap().lines_of(run.epoch().n, seq).unwrap().len();
    assert_eq!((of_run(1_000), of_run(16_999)), (1, 1), "{report:?}");
    assert!(report.adopted_lines() > 4_000 && report.adopted_lines() < 16_000, "{report:?}");
    assert_eq!(report.set_aside, [format!("runs/{run}")]);
    assert!(dir.path().join(format!("salvage/1.{run}")).exists() && !path.exists());
    check(&store, &reported);
    store.stop().await.unwrap();
    drop(store);
    let (_, report) = start(dir.path(), 5);
    assert_eq!((report.adopted_lines(), report.set_aside), (0, vec![]), "once");
}

#[tokio::test]
async fn a_key_that_has_signed_what_a_newer_copy_holds_signs_nothing_else_under_those_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let (data, old, newer) = (dir.path().join("data"), dir.path().join("old"), dir.path().join("newer"));
    let mut reported = Told::new();
    let (store, _) = start(&data, 1);
    live(&store, &mut reported, 5).await;
    store.stop().await.unwrap();
    drop(store);
    copy(&data, &old);
    let (store, _) = start(&data, 2);
    record(&store, vec![cleaning("newer 1", "Omar"), cleaning("newer 2", "Omar")]).await;
    let epoch = store.origin().epoch;
    let reported: Told = held(&store).0.iter().map(|entry| (epoch, entry.seq(), entry.leaf())).collect();
    store.stop().await.unwrap();
    drop(store);
    copy(&data, &newer);
    for starts_between in [false, true] {
        std::fs::remove_dir_all(&data).unwrap();
        copy(&old, &data);
        import(&data, &newer).unwrap();
        if starts_between {
            // What was taken over is a run already when the process ends.
            let faults = fault("keys/log-2", Call::Write, How::Panic);
            let ended = catch_unwind(AssertUnwindSafe(|| start_on(&data, &faults).map(drop)));
            assert!(ended.is_err());
        }
        let (store, report) = start(&data, 3);
        assert_eq!(store.origin().epoch.n, 2, "{report:?}");
        assert!(report.new_epoch.is_some_and(|why| why.contains("copy")));
        check(&store, &reported);
        store.stop().await.unwrap();
        drop(store);
        let (store, report) = start(&data, 4);
        assert_eq!((store.origin().epoch.n, report.adopted_lines(), report.new_epoch), (2, 0, None));
        assert_eq!(segments(&data, epoch).len(), segments(&old, epoch).len());
    }
}

#[tokio::test]
async fn what_stands_behind_a_hole_of_a_log_that_the_relay_confirmed_counts_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    let mut reported = Told::new();
    live(&store, &mut reported, 120).await;
    store.raise_cursor(&cosigned(&store)).unwrap();
    let epoch = store.origin().epoch;
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    drop(std::fs::remove_dir_all(dir.path().join("salvage")));
    let first = &segments(dir.path(), epoch)[0];
    spoil(first, std::fs::metadata(first).unwrap().len() as usize / 3, 8192);
    let (store, report) = start(dir.path(), 2);
    let [hole] = &report.missing[..] else { panic!("{report:?}") };
    assert_eq!((hole.epoch, hole.to), (epoch, Some(reported.len() as u64)));
    let (reader, mut lost) = (store.reader().unwrap(), 0);
    for (of, seq, leaf) in &reported {
        let lines = reader.lines_of(of.n, *seq).unwrap();
        lost += u64::from(!lines.iter().any(|(_, entry)| entry.leaf() == *leaf));
    }
    assert!(report.adopted_lines() > 40 && lost > 0, "{report:?}");
    assert_eq!(hole.from + lost + report.adopted_lines(), reported.len() as u64, "{report:?}");
}

#[tokio::test]
async fn a_key_signs_no_more_once_the_end_of_its_log_is_gone() {
    for how in ["gone", "empty", "zeros", "cut", "not given", "noise"] {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = start(dir.path(), 1);
        let mut reported = Told::new();
        live(&store, &mut reported, 60).await;
        let epoch = store.origin().epoch;
        store.stop().await.unwrap();
        drop(store);
        let newest = segments(dir.path(), epoch).pop().unwrap();
        let bytes = std::fs::read(&newest).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        let half = used / 2 / 4096 * 4096;
        match how {
            "gone" => std::fs::remove_file(&newest).unwrap(),
            "empty" => std::fs::write(&newest, b"").unwrap(),
            "cut" => std::fs::write(&newest, &bytes[..half]).unwrap(),
            "zeros" => {
                std::fs::write(&newest, [&bytes[..half], &vec![0; bytes.len() - half]].concat()).unwrap()
            }
            "not given" => {}
            // What is there is as much as the database has: nothing is gone.
            _ => spoil(&newest, half, used - half),
        }
        // As one that is killed behind what it healed, and before it begins the next log.
        let faults = fault("log/2-", Call::Write, How::Panic);
        if how == "not given" {
            let path = newest.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
            let lost = Fault { path, call: Call::Open, how: How::Lost(0), times: usize::MAX };
            faults.lock().unwrap().push(lost);
        }
        drop(catch_unwind(AssertUnwindSafe(|| start_on(dir.path(), &faults))));
        mend(&faults);
        let (store, report) = start(dir.path(), 3);
        let epoch_number = if how == "noise" { 1 } else { 2 };
        assert_eq!(store.origin().epoch.n, epoch_number, "{how}: {report:?}");
        check(&store, &reported);
    }
}
