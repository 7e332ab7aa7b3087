//! The database is behind what was acknowledged: whoever reads finds it all the same, and no end of the process loses any of it.

use std::io::ErrorKind;

use redb::ReadableDatabase as _;

use super::failures::{FaultyBox, agrees, asking, one};
use super::faulty_disk::{Call, How};
use super::healing::{segments, spoil};
use super::*;

/// So many entries that the database has none of: the bound, and what the group that reaches it brings.
const BEHIND: u64 = 2_000;

/// A log whose newest entries only the journal has.
fn behind(of: &FaultyBox, groups: std::ops::Range<u32>) -> LogWriter {
    let mut core = of.core();
    core.follow_late();
    if core.size() < 2 {
        one(&mut core, vec![equipment()]).0.unwrap();
    }
    for i in groups {
        let drafts = (0..40).map(|n| cleaning(&format!("behind {i} {n}"), "Maria")).collect();
        one(&mut core, drafts).0.unwrap();
    }
    core
}

/// Entries that the database has, whoever asks.
fn followed(core: &LogWriter) -> u64 {
    let db = core.shared.db().unwrap();
    let txn = db.begin_read().unwrap();
    let epochs = crate::index::tables::read_epochs(&txn.open_table(crate::index::tables::EPOCHS).unwrap());
    epochs.unwrap().last().unwrap().1.size()
}

#[test]
fn a_reader_finds_what_only_the_journal_has() {
    let of = FaultyBox::new();
    let core = behind(&of, 0..3);
    assert!(followed(&core) + 120 <= core.size(), "{} of {}", followed(&core), core.size());
    assert_eq!(core.facility().activity[&tag()].cleanings, 120);
    let reader = core.reader().unwrap();
    assert_eq!((reader.size(), followed(&core)), (core.size(), core.size()));
    assert_eq!(reader.cleanings_of(tag(), i64::MIN..i64::MAX, None, 200).unwrap().len(), 120);
    drop(reader);
    agrees(&of, core, 122);
}

#[test]
fn a_command_finds_what_only_the_journal_has() {
    let of = FaultyBox::new();
    let mut core = behind(&of, 0..1);
    let name = PersonalText::new("Maria", [5; 16]).unwrap().redactable().hash;
    let epoch = core.epoch();
    let (mut job, reported) = asking(Vec::new());
    job.before = Box::new(move |view| {
        assert!(view.by_key(&Digest16::of(b"behind 0 7")).is_some());
        assert!(view.cleaning(record::kinds::EntryRef { epoch, seq: 9 }).is_some());
        assert_eq!(view.text(&name).as_deref(), Some("Maria"));
    });
    core.group(&mut std::collections::VecDeque::from([job as Box<dyn WriteJob>])).unwrap();
    reported.try_recv().unwrap().unwrap();
    // An erasure reaches a text that the database did not have when it was asked for.
    let erased = EntryDraft {
        by: EntryAuthor::BOX,
        idem: None,
        event: Event::read("text.erased", &format!(r#"{{"hash":"{name}","reason":"asked"}}"#)),
        texts: Vec::new(),
    };
    one(&mut core, vec![cleaning("later", "Maria"), erased]).0.unwrap();
    assert_eq!(core.reader().unwrap().text(&name).unwrap(), None);
    one(&mut core, vec![cleaning("brought back", "Maria")]).0.unwrap();
    assert_eq!(core.reader().unwrap().text(&name).unwrap(), None, "once erased it stays so");
}

#[test]
fn killed_twice_while_the_database_is_behind_by_all_that_it_may_be() {
    let of = FaultyBox::new();
    let core = behind(&of, 0..50);
    assert!(core.size() > BEHIND && followed(&core) < 3, "{} of {}", followed(&core), core.size());
    let size = core.size();
    drop(core);
    let core = behind(&of, 50..100);
    assert_eq!((core.size(), core.facility().activity[&tag()].cleanings), (size + BEHIND, 2 * BEHIND));
    drop(core);
    agrees(&of, of.core(), size + BEHIND);
}

#[test]
fn the_writer_takes_in_what_would_be_too_much() {
    let of = FaultyBox::new();
    let core = behind(&of, 0..52);
    assert!(followed(&core) > BEHIND, "{} of {}", followed(&core), core.size());
}

#[test]
fn a_full_disk_between_the_answer_and_the_database_loses_nothing() {
    let of = FaultyBox::new();
    let mut core = behind(&of, 0..10);
    of.fail("cleantrack.redb", Call::Write, How::Error(ErrorKind::StorageFull), usize::MAX);
    for i in 0..4 {
        let drafts = (0..100).map(|n| cleaning(&format!("full {i} {n}"), &"M".repeat(300))).collect();
        one(&mut core, drafts).0.unwrap();
    }
    let size = core.size();
    assert!(
        matches!(core.reader(), Err(StoreError::Reopening)),
        "nobody reads a history that lacks the newest"
    );
    of.mend();
    core.recover().unwrap();
    agrees(&of, core, size);
}

#[test]
fn a_damaged_page_that_only_the_journal_had_is_told_and_what_stands_behind_it_counts() {
    let of = FaultyBox::new();
    let mut core = behind(&of, 0..0);
    for i in 0..12 {
        one(&mut core, vec![cleaning(&format!("one {i}"), "Maria")]).0.unwrap();
    }
    let epoch = core.epoch();
    assert!(followed(&core) < 3);
    drop(core);
    spoil(&segments(of.dir.path(), epoch)[0], 4096 * 6, 4096);
    let (clock, random) = super::failures::seams();
    let (core, report) = LogWriter::open(of.disk(), sizes(), clock, &*random).unwrap();
    assert!(report.new_epoch.as_ref().is_some_and(|why| why.contains("damaged")), "{report:?}");
    assert_eq!(core.facility().activity[&tag()].cleanings, 11);
}

#[tokio::test]
async fn nobody_who_records_waits_for_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let name = PersonalText::new("Elsewhere", [5; 16]).unwrap().redactable().hash;
    let erased = EntryDraft {
        by: EntryAuthor::BOX,
        idem: None,
        event: Event::read("text.erased", &format!(r#"{{"hash":"{name}","reason":"asked"}}"#)),
        texts: Vec::new(),
    };
    record(&store, vec![equipment(), erased]).await;
    store.stop().await.unwrap();
    drop(store);
    let (store, _) = open(dir.path());
    let db = store.shared.db().unwrap();
    // redb has one who writes at a time.
    let busy = db.begin_write().unwrap();
    let recorded = async {
        for n in 0..20 {
            record(&store, vec![cleaning(&format!("k{n}"), "Maria")]).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), recorded).await.expect("nobody waits for it");
    assert_eq!(store.facility().activity[&tag()].cleanings, 20);
    drop((busy, db));
    let reader = store.reader().unwrap();
    assert_eq!(reader.cleanings_of(tag(), i64::MIN..i64::MAX, None, 50).unwrap().len(), 20);
}

#[test]
fn a_database_whose_open_run_of_keys_cannot_be_read_is_built_anew() {
    let of = FaultyBox::new();
    let mut core = behind(&of, 0..75);
    core.stop().unwrap();
    let (size, epoch) = (core.size(), core.epoch());
    {
        // Older than what a start looks at to see whether the database holds.
        let txn = core.shared.db().unwrap().begin_write().unwrap();
        let key = crate::index::tables::entry_key(epoch.n, 500);
        txn.open_table(crate::index::tables::ENTRIES).unwrap().insert(key, &b"other"[..]).unwrap();
        txn.commit().unwrap();
    }
    drop(core);
    agrees(&of, of.core(), size);
}
