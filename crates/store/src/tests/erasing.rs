//! Closed segments are compressed, and erased texts leave them.

use super::*;
use crate::log::scan;

/// All bytes of the journal, sealed segments unpacked.
fn journal_text(dir: &std::path::Path, epoch: record::ids::Epoch) -> String {
    let disk = SystemDisk::take(dir).unwrap();
    let folder = format!("log/{epoch}");
    let mut all = Vec::new();
    for segment in scan::SegmentFile::list(&disk, &folder).unwrap() {
        let mut reader = scan::SegmentReader::open(&disk, &segment).unwrap();
        assert!(reader.header().is_some());
        while let scan::ReadStep::Group { .. } = reader.step().unwrap() {
            all.extend_from_slice(reader.lines());
        }
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn full_segments_are_sealed_and_erased_texts_leave_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment(), cleaning("first", "Wanda Erasable")]).await;
    for i in 0..300 {
        record(&store, vec![cleaning(&format!("k{i}"), "Maria")]).await;
    }
    let hash = PersonalText::new("Wanda Erasable", [5; 16]).unwrap().redactable().hash;
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    assert_eq!(store.reader().unwrap().text(&hash).unwrap(), None);
    store.stop().await.unwrap();
    let (epoch, root) = (store.origin().epoch, store.reader().unwrap().root());
    drop(store);
    let names: Vec<_> = std::fs::read_dir(dir.path().join(format!("log/{epoch}"))).unwrap().collect();
    assert!(names.iter().any(|n| n.as_ref().unwrap().file_name().to_str().unwrap().ends_with(".zst")));
    let text = journal_text(dir.path(), epoch);
    assert!(text.contains("Maria") && !text.contains("Wanda"), "the text is still there");
    // Nothing of it comes back, and the rest still leads to the same root.
    let now = Now { wall_ms: 0, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
    let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(dir.path()) };
    let report =
        rebuild_database(config, Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(9))).unwrap();
    assert_eq!(report.new_epoch, None);
    let (store, _) = open(dir.path());
    assert_eq!(store.reader().unwrap().root(), root);
    assert_eq!(store.reader().unwrap().text(&hash).unwrap(), None);
}

#[tokio::test]
async fn an_erased_text_in_the_newest_segment_leaves_it_too() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment(), cleaning("first", "Wanda Erasable")]).await;
    let hash = PersonalText::new("Wanda Erasable", [5; 16]).unwrap().redactable().hash;
    record(&store, vec![other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))]).await;
    let epoch = store.origin().epoch;
    // The writer begins a new segment when it is idle; a stop does what has not been done.
    store.stop().await.unwrap();
    drop(store);
    assert!(!journal_text(dir.path(), epoch).contains("Wanda"));
    let (store, report) = open(dir.path());
    assert_eq!((report.size, report.new_epoch), (4, None));
    assert_eq!(store.facility().activity[&tag()].cleanings, 1);
}
