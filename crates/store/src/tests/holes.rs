//! Entries behind a hole in the log.

use record::ids::Epoch;
use record::tree::Hash;

use super::healing::{Told, live, segments, spoil, start, three_epochs};
use super::past::pages;
use super::*;

#[tokio::test]
async fn entries_behind_a_hole_that_nobody_can_fill_count_in_the_next_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    let mut reported = Told::new();
    live(&store, &mut reported, 12).await;
    let old = store.origin();
    let receipt = store.reader().unwrap().entry(12).unwrap().unwrap().leaf();
    store.stop().await.unwrap();
    drop(store);
    // One group, with one cleaning in it, is gone from the only copy.
    spoil(&segments(dir.path(), old.epoch)[0], 4096 * 6, 4096);
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    let (store, report) = start(dir.path(), 2);
    assert!(report.new_epoch.as_ref().is_some_and(|why| why.contains("damaged")));
    assert_eq!(store.facility().activity[&tag()].cleanings, 11);
    assert_eq!(report.adopted_lines(), 11 - store.reader_of(old.epoch).unwrap().size() + 2);
    let lines = store.reader().unwrap().lines_of(old.epoch.n, 12).unwrap();
    let [(line, entry)] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((entry.leaf(), line.run.is_some()), (receipt, true), "its receipt leads to it as it was");
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = start(dir.path(), 3);
    assert_eq!((report.adopted_lines(), report.new_epoch, report.rebuilt), (0, None, None));
    assert_eq!(store.facility().activity[&tag()].cleanings, 11, "once");
}

#[tokio::test]
async fn entries_behind_a_hole_of_an_ended_epoch_count_until_and_after_it_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, relay) = three_epochs(dir.path()).await;
    let first = relay[0].0;
    spoil(&segments(dir.path(), first)[0], 4096 * 6, 4096);
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    let (store, report) = start(dir.path(), 4);
    let [missing] = report.missing[..] else { panic!("{report:?}") };
    assert_eq!((missing.epoch, missing.to), (first, Some(42)));
    let [run] = report.adopted[..] else { panic!("{report:?}") };
    assert_eq!((run.epoch(), run.lines().end), (first, 42), "from the hole to the end");
    let lacks = |store: &Store| -> Vec<(Epoch, u64)> {
        let reader = store.reader().unwrap();
        let is_there = |(epoch, seq, leaf): &&(Epoch, u64, Hash)| {
            reader.lines_of(epoch.n, *seq).unwrap().iter().any(|(_, entry)| entry.leaf() == *leaf)
        };
        reported.iter().filter(|reported| !is_there(reported)).map(|(epoch, seq, _)| (*epoch, *seq)).collect()
    };
    let lacking = lacks(&store);
    let damaged = |(epoch, seq): &(Epoch, u64)| *epoch == first && *seq < run.lines().start;
    assert!(!lacking.is_empty() && lacking.iter().all(damaged), "{lacking:?}");
    let past = store.past().unwrap().remove(0);
    store.refill(&past, missing.from, &mut pages(&relay[0].1, 7)).unwrap();
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = start(dir.path(), 5);
    assert_eq!((lacks(&store), &report.missing[..]), (vec![], &[][..]));
    let cleanings = store.facility().activity.get(&tag()).map_or(0, |activity| activity.cleanings);
    assert_eq!(cleanings, 120, "each counts once");
}
