//! Texts that were erased leave the files of runs too, and no copy brings one back.

use crate::writer::tidy;
use record::redact::PersonalText;

use super::adoption::{
    adopted, again, counts, data, file, keep_missing, keep_run, remove_database, run_file,
};
use super::past::forgetful;
use super::*;
use crate::log::chain::{LogLine, LogPiece};
use crate::log::displaced::DisplacedFile;

#[tokio::test]
async fn a_text_that_is_erased_leaves_the_run_too() {
    let (dir, store, run) = adopted().await;
    let hash = PersonalText::new("Wanda 1", [5; 16]).unwrap().redactable().hash;
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    let names = vec!["Wanda 0".to_owned(), String::new(), "Wanda 2".to_owned(), "Wanda 3".to_owned()];
    assert_eq!(counts(&store, &run), (16, names.clone()));
    tidy::compact_segments(&store.shared).unwrap();
    let (store, _) = again(store, &dir).await;
    let file = run_file(&store, &run).unwrap().expect("it is the same run without a text");
    let mut reader = record::run::RunReader::open(&file[..], store.origin().box_id, run).unwrap();
    let mut left = Vec::new();
    while let Some(group) = reader.next_group().unwrap() {
        left.extend(group.iter().flat_map(|line| &line.texts).map(|text| text.text().to_owned()));
    }
    assert_eq!(left, ["Wanda 0", "Wanda 2", "Wanda 3"]);
    assert_eq!(counts(&store, &run), (16, names));
}

#[tokio::test]
async fn a_text_that_was_erased_does_not_come_back_with_a_copy() {
    let (dir, store, page, _) = forgetful(5, 12, 0).await;
    let epoch = store.origin().epoch;
    let name = PersonalText::new("Omar", [5; 16]).unwrap();
    let hash = name.redactable().hash;
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    let texts: Vec<_> = (8..12).map(|seq| name.beside(seq)).collect();
    assert_eq!(keep_missing(&store, epoch, &page.0[8..12], &texts).unwrap(), 4);
    let (store, report) = again(store, &dir).await;
    assert_eq!(report.adopted_lines(), 4, "{report:?}");
    let run = store.adopted_runs().counting[0];
    let mut store = store;
    for start in 0..3 {
        assert_eq!(counts(&store, &run).1, [""; 4], "start {start}");
        tidy::compact_segments(&store.shared).unwrap();
        let file = run_file(&store, &run).unwrap().unwrap();
        let mut reader = record::run::RunReader::open(&file[..], store.origin().box_id, run).unwrap();
        while let Some(group) = reader.next_group().unwrap() {
            assert!(group.iter().all(|line| line.texts.is_empty()), "start {start}: it is in the run");
        }
        if start == 1 {
            store.stop().await.unwrap();
            drop(store);
            remove_database(&data(&dir));
            store = open(&data(&dir)).0;
        } else {
            store = again(store, &dir).await.0;
        }
    }
}

#[tokio::test]
async fn a_run_that_is_given_again_brings_no_erased_text() {
    let (dir, store, run) = adopted().await;
    let before = std::fs::read(file(&dir, &run)).unwrap();
    let hash = PersonalText::new("Wanda 1", [5; 16]).unwrap().redactable().hash;
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    tidy::compact_segments(&store.shared).unwrap();
    let after = std::fs::read(file(&dir, &run)).unwrap();
    assert!(before != after);
    assert!(keep_run(&store, &run, &before).unwrap(), "it is this run");
    assert!(std::fs::read(file(&dir, &run)).unwrap() == after, "and the text is not in it");
}

#[tokio::test]
async fn a_damaged_run_that_may_hold_an_erased_text_goes_and_is_told() {
    let (dir, store, run) = adopted().await;
    let whole = std::fs::read(file(&dir, &run)).unwrap();
    std::fs::write(file(&dir, &run), &whole[..whole.len() - 1]).unwrap();
    let hash = PersonalText::new("Wanda 1", [5; 16]).unwrap().redactable().hash;
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    tidy::compact_segments(&store.shared).unwrap();
    assert!(!file(&dir, &run).exists());
    assert_eq!(store.health().removed_copies, 1);
    let (_, names) = counts(&store, &run);
    assert_eq!(names, ["Wanda 0", "", "Wanda 2", "Wanda 3"], "the database has its lines");
}

#[tokio::test]
async fn texts_that_a_line_does_not_name_or_more_than_once_end_no_start() {
    let (dir, store, page, _) = forgetful(5, 12, 0).await;
    let epoch = store.origin().epoch;
    // The root that was signed covers entries only: whoever gives them may put anything beside.
    let name = PersonalText::new("Omar", [5; 16]).unwrap();
    let own: Vec<_> = (7..12).map(|seq| name.beside(seq)).collect();
    let alien = PersonalText::new("Mallory", [9; 16]).unwrap();
    let texts: Vec<_> =
        (0..40).flat_map(|_| own.clone()).chain((8..12).map(|seq| alien.beside(seq))).collect();
    assert_eq!(keep_missing(&store, epoch, &page.0[8..12], &texts).unwrap(), 4);
    // Nor does what others kept so before.
    let line = |entry: &record::entry::Entry| {
        let mut beside = crate::log::segment::GroupWriter::default();
        texts.iter().filter(|text| text.seq() == entry.seq()).for_each(|text| beside.text(text));
        LogLine { entry: entry.bytes().to_vec(), texts: beside.bytes().to_vec() }
    };
    let mut file = DisplacedFile::new(&*store.shared.disk, store.origin());
    file.take(&LogPiece { first: 7, lines: page.0[7..9].iter().map(line).collect() }).unwrap();
    file.take(&LogPiece {
        first: 6,
        lines: vec![LogLine { entry: b"no entry".to_vec(), texts: Vec::new() }],
    })
    .unwrap();
    file.finish().unwrap();
    let (store, report) = again(store, &dir).await;
    assert_eq!(report.adopted_lines(), 5, "{report:?}");
    for run in store.adopted_runs().counting {
        let file = run_file(&store, &run).unwrap().expect("it is whole");
        let mut reader = record::run::RunReader::open(&file[..], store.origin().box_id, run).unwrap();
        while let Some(group) = reader.next_group().unwrap() {
            assert!(group.iter().all(|line| line.texts.len() <= 1), "each once");
        }
    }
}
