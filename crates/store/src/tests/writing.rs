//! What holds of every group: the database never has more than the journal, what is decided differs from what is shown by the
//! group in hand only, and a full disk takes what can be had again first.

use crate::database::main_database;
use crate::log::scan;
use std::collections::VecDeque;
use std::io::ErrorKind;

use super::failures::{FaultyBox, agrees, asking, one};
use super::faulty_disk::{Call, How};
use super::*;

fn group(core: &mut LogWriter, jobs: Vec<Box<dyn WriteJob>>) {
    let mut jobs = VecDeque::from(jobs);
    while !jobs.is_empty() {
        core.group(&mut jobs).unwrap();
    }
}

#[test]
fn the_database_never_has_what_no_flush_made_durable() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment(), cleaning("a", "M")]).0.unwrap();
    let size = core.size();
    let held = |core: &LogWriter| {
        let held = main_database::read_extent(&core.shared().db().unwrap()).unwrap().unwrap();
        held.epochs.last().unwrap().1.size()
    };
    assert_eq!(held(&core), size);
    of.fail("log/", Call::Flush, How::Error(ErrorKind::Other), 1);
    one(&mut core, vec![cleaning("b", "N")]).1.unwrap_err();
    assert_eq!((held(&core), core.reader().unwrap().size()), (size, size));
    drop(core);
    // The very file says the same to whoever opens it next.
    let db = main_database::open_database(&*of.disk(), main_database::MAIN, 1 << 20).unwrap().unwrap();
    assert!(main_database::read_extent(&db).unwrap().unwrap().epochs.last().unwrap().1.size() <= size);
}

#[test]
fn what_is_decided_differs_from_what_is_shown_by_the_rows_of_the_group_in_hand_only() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment()]).0.unwrap();
    for round in 0..5_u64 {
        // Somebody looks at an older state in every other round: then another copy is made.
        let held = (round % 2 == 0).then(|| core.shared().facility());
        let shared = core.shared().clone();
        let (mut first, reported) = asking(vec![cleaning(&format!("first {round}"), "M")]);
        let shown = shared.clone();
        first.before = Box::new(move |view| assert_eq!(view.facility(), &*shown.facility()));
        let (mut second, _told) = asking(vec![cleaning(&format!("second {round}"), "N")]);
        second.before = Box::new(move |view| {
            let (mut decided, shown) = (view.facility().clone(), shared.facility());
            let cleanings =
                |facility: &FacilityState| facility.activity.get(&tag()).map_or(0, |of| of.cleanings);
            assert_eq!(cleanings(&decided), cleanings(&shown) + 1);
            let row = shown.activity.get(&tag()).cloned();
            decided.activity.remove(&tag());
            decided.activity.extend(row.map(|row| (tag(), row)));
            assert_eq!(&decided, &*shown);
        });
        group(&mut core, vec![first, second]);
        assert_eq!(reported.try_recv().unwrap().unwrap()[0].seq, 2 + 2 * round);
        drop(held);
    }
    agrees(&of, core, 12);
}

#[test]
fn a_group_for_which_there_was_no_space_leaves_only_zeros() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment()]).0.unwrap();
    let dir = format!("log/{}", core.shared().origin().epoch);
    of.fail("log/", Call::Write, How::Error(ErrorKind::StorageFull), 1);
    assert!(matches!(one(&mut core, vec![cleaning("a", &"M".repeat(300))]).0, Err(SubmitError::Full)));
    drop(core);
    let disk = of.disk();
    let newest = scan::SegmentFile::list(&*disk, &dir).unwrap().pop().unwrap();
    let mut reader = scan::SegmentReader::open(&*disk, &newest).unwrap();
    loop {
        match reader.step().unwrap() {
            scan::ReadStep::Group { .. } => {}
            scan::ReadStep::Bad { at, nonzero, .. } => {
                panic!("{nonzero} bytes of half a group stand at {at}")
            }
            scan::ReadStep::End { .. } => break,
        }
    }
    drop((reader, disk));
    assert_eq!(of.core().shared().report().cut, None, "nothing was torn");
}

#[test]
fn a_text_of_the_group_in_hand_that_is_erased_in_it_is_erased_for_whoever_comes_next() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment()]).0.unwrap();
    let hash = PersonalText::new("Wanda Erasable", [5; 16]).unwrap().redactable().hash;
    let erased = other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#));
    let (first, _told) = asking(vec![cleaning("a", "Wanda Erasable")]);
    let (mut second, _also) = asking(vec![erased]);
    second.before = Box::new(move |view| assert_eq!(view.text(&hash).as_deref(), Some("Wanda Erasable")));
    let (mut third, reported) = asking(vec![cleaning("b", "Omar")]);
    third.before = Box::new(move |view| assert_eq!(view.text(&hash), None));
    group(&mut core, vec![first, second, third]);
    assert_eq!(reported.try_recv().unwrap().unwrap()[0].seq, 4, "in one group");
    assert_eq!(core.reader().unwrap().text(&hash).unwrap(), None);
    core.stop().unwrap();
    core.tidy().unwrap();
    agrees(&of, core, 5);
    let mut files = super::healing::walk(&of.dir.path().join("log"));
    files.push(of.dir.path().join("cleantrack.redb"));
    for file in files.iter().filter(|file| file.extension().is_some_and(|form| form == "jsonl")) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(14).any(|bytes| bytes == b"Wanda Erasable"), "{}", file.display());
    }
}

#[test]
fn a_full_disk_gives_up_what_the_relay_has_before_the_ballast_and_never_what_only_this_box_has() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment()]).0.unwrap();
    let path = |name: &str| of.dir.path().join(name);
    let epoch = core.shared().origin().epoch;
    for folder in ["fetched", "displaced", "salvage", "runs"] {
        std::fs::create_dir(path(folder)).unwrap();
    }
    let own = ["salvage/1.redb".to_owned(), format!("displaced/{epoch}-1.jsonl"), "runs/a".to_owned()];
    let fetched = format!("fetched/{epoch}.jsonl");
    for name in own.iter().chain([&fetched, &"ballast".to_owned()]) {
        std::fs::write(path(name), vec![7; 1 << 16]).unwrap();
    }
    let full = || of.fail("log/", Call::Write, How::Error(ErrorKind::StorageFull), 1);
    full();
    one(&mut core, vec![cleaning("a", "M")]).0.unwrap();
    assert_eq!((path(&fetched).exists(), path("ballast").exists()), (false, true));
    full();
    one(&mut core, vec![cleaning("b", "M")]).0.unwrap();
    assert!(!path("ballast").exists());
    full();
    assert!(matches!(one(&mut core, vec![cleaning("c", "M")]).0, Err(SubmitError::Full)));
    assert!(own.iter().all(|name| path(name).exists()));
}
