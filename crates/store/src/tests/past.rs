//! Epochs that ended, on a real folder: what the relay gives back takes its place, what was recorded beside it is kept.

use std::path::Path;

use record::checkpoint::{Checkpoint, CosignedCheckpoint};
use record::kinds::EntryRef;
use record::sign::{KeyKind, SignerKey};

use super::*;

/// The whole log of a store as a relay would hold it.
pub(super) fn held(store: &Store) -> (Vec<record::entry::Entry>, Vec<record::redact::TextLine>) {
    let reader = store.reader().unwrap();
    let entries: Vec<_> = reader.entries(0..u64::MAX).map(Result::unwrap).collect();
    let texts = entries.iter().flat_map(|e| reader.texts_named(e).unwrap()).collect();
    (entries, texts)
}

pub(super) fn cosigned(store: &Store) -> CosignedCheckpoint {
    let cosigner = SignerKey::new("relay/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
    let note = store.checkpoint().unwrap().to_string();
    let log = store.verifier_keys().remove(0);
    let signed = record::checkpoint::SignedCheckpoint::verify(&note, &store.origin(), &log).unwrap();
    let note = signed.cosigned(&cosigner, 7).to_string();
    CosignedCheckpoint::verify(&note, &store.origin(), &log, &[cosigner.verifier().clone()]).unwrap()
}

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A box whose card went back to `stored` cleanings after it had recorded `all`, with `beside` recorded since.
pub(super) async fn forgetful(
    stored: usize,
    all: usize,
    beside: usize,
) -> (tempfile::TempDir, Store, RefillPage, CosignedCheckpoint) {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup"));
    let (store, _) = open(&data);
    record(&store, vec![equipment()]).await;
    for i in 0..stored {
        record(&store, vec![cleaning(&format!("k{i}"), "Maria")]).await;
    }
    store.stop().await.unwrap();
    drop(store);
    copy(&data, &backup);
    let (store, _) = open(&data);
    for i in stored..all {
        record(&store, vec![cleaning(&format!("k{i}"), "Omar")]).await;
    }
    let (page, proof) = (held(&store), cosigned(&store));
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&backup, &data).unwrap();
    let (store, _) = open(&data);
    for i in 0..beside {
        record(&store, vec![cleaning(&format!("beside{i}"), &format!("Wanda {i}"))]).await;
    }
    (dir, store, page, proof)
}

async fn again(store: Store, dir: &tempfile::TempDir) -> (Store, StartReport) {
    store.stop().await.unwrap();
    drop(store);
    open(&dir.path().join("data"))
}

/// Pages of at most `n` entries from seq on.
pub(super) fn pages(page: &RefillPage, n: usize) -> impl FnMut(u64) -> Result<RefillPage, String> + '_ {
    move |from| {
        let from = usize::try_from(from).unwrap();
        let end = page.0.len().min(from + n);
        Ok((page.0[from.min(end)..end].to_vec(), page.1.clone()))
    }
}

#[tokio::test]
async fn what_the_card_forgot_comes_back_and_what_was_recorded_beside_it_stays() {
    for (stored, all, beside) in [(40, 100, 0), (40, 100, 5), (10, 20, 30), (0, 7, 3)] {
        let what = format!("{stored} of {all}, {beside} beside");
        let (dir, store, page, proof) = forgetful(stored, all, beside).await;
        let old = store.origin();
        let from = stored as u64 + 2;
        let receipt = store.reader().unwrap().entry(from).unwrap().map(|entry| entry.leaf());
        store.end_epoch(&proof).unwrap();
        let (store, report) = again(store, &dir).await;
        assert!(report.new_epoch.is_some(), "{what}");
        assert_eq!(store.origin().epoch.n, 2);
        let past = store.past().unwrap();
        assert_eq!(
            (past.len(), past[0].origin, past[0].whole, past[0].signs),
            (1, old, false, true),
            "{what}"
        );
        let Checkpoint { size, root, .. } = *proof.checkpoint();
        assert_eq!((past[0].counts.size, past[0].counts.root), (size, root), "{what}");
        // What was recorded meanwhile, and after.
        record(&store, vec![cleaning("after", "Lea")]).await;
        store.refill(&past[0], from, &mut pages(&page, 7)).unwrap();
        let (store, report) = again(store, &dir).await;
        assert!(report.rebuilt.unwrap().contains("came back"), "{what}");
        assert_eq!(report.new_epoch, None);
        let past = store.past().unwrap();
        assert!(past[0].whole, "{what}: {past:?}");
        let reader = store.reader_of(old.epoch).unwrap();
        assert_eq!((reader.size(), reader.root()), (size, root));
        assert_eq!(reader.texts_of(size - 1).unwrap()[0].text(), "Omar");
        assert_eq!(store.facility().activity[&tag()].cleanings, (all + beside + 1) as u64, "{what}");
        let beside_at = |seq| {
            let lines = reader.lines_of(old.epoch.n, seq).unwrap();
            lines.into_iter().find(|(line, _)| line.run.is_some())
        };
        let adopted: Vec<_> = (0..size + beside as u64).filter_map(beside_at).collect();
        let texts = adopted.iter().flat_map(|(line, entry)| reader.texts_of_line(*line, entry).unwrap());
        assert_eq!(texts.filter(|t| t.text().starts_with("Wanda")).count(), beside, "{what}");
        // The phone that sent it asks again: it was recorded, once.
        if beside > 0 {
            let key = record::entry::Digest16::of(b"beside0");
            let found =
                store.submit(move |view| WriteDecision::<_>::Answer(view.by_key(&key))).await.unwrap().answer;
            let of = EntryRef { epoch: old.epoch, seq: from };
            assert_eq!(found.map(|(line, _)| line.of), Some(of), "{what}: under the number that it had");
            // Whoever holds the receipt that the phone was given finds it too.
            let (line, entry) = adopted.iter().find(|(line, _)| line.of == of).unwrap();
            assert_eq!(Some(entry.leaf()), receipt, "{what}");
            let cleaning = reader.cleaning_at(*line).unwrap().unwrap();
            assert_eq!((cleaning.place(), cleaning.adopted.is_some()), (*line, true), "{what}");
            let run = line.run.unwrap();
            let path = reader.path_in_run(&run, line.of.seq).unwrap().unwrap();
            let at = line.of.seq - run.lines().start;
            let root = record::tree::root_from_inclusion(entry.leaf(), at, run.count(), &path);
            assert_eq!(root, Some(run.root()), "{what}");
        }
        drop(reader);
        let (cleanings, size) = (store.facility().activity[&tag()].cleanings, store.size());
        let (store, report) = again(store, &dir).await;
        assert_eq!((report.rebuilt, store.size()), (None, size), "{what}: nothing is adopted twice");
        assert_eq!(store.facility().activity[&tag()].cleanings, cleanings);
    }
}

#[tokio::test]
async fn a_database_that_gave_a_wrong_root_does_not_end_the_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (store, _) = open(&data);
    record(&store, vec![equipment()]).await;
    let proof = cosigned(&store);
    record(&store, vec![cleaning("later", "M")]).await;
    let (origin, size) = (store.origin(), store.size());
    // As if the uplink had asked for another root than the journal has: the note says what this log says.
    store.end_epoch(&proof).unwrap();
    let (store, report) = again(store, &dir).await;
    assert_eq!((store.origin(), store.size(), &report.new_epoch), (origin, size, &None));
    assert_eq!(report.rebuilt.as_deref(), Some("it gave another root than the journal has"));
    let (store, report) = again(store, &dir).await;
    assert_eq!((store.size(), report.rebuilt, report.new_epoch), (size, None, None), "the note is gone");
}

#[tokio::test]
async fn entries_that_do_not_lead_to_the_signed_root_are_not_taken() {
    let (dir, store, page, proof) = forgetful(5, 30, 2).await;
    store.end_epoch(&proof).unwrap();
    let (store, _) = again(store, &dir).await;
    let past = store.past().unwrap().remove(0);
    // From where the own log goes another way: the relay's later entries do not continue it.
    assert!(matches!(store.refill(&past, 9, &mut pages(&page, 9)), Err(RefillError::Wrong(_))));
    // One entry is missing.
    let mut less = page.clone();
    less.0.remove(20);
    assert!(matches!(store.refill(&past, 7, &mut pages(&less, 9)), Err(RefillError::Wrong(_))));
    less.0.truncate(20);
    assert!(matches!(store.refill(&past, 7, &mut pages(&less, 9)), Err(RefillError::Relay(_))));
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.rebuilt, store.past().unwrap()[0].whole), (None, false));
    // Damaged while it waited for the start: fetched again, nothing else changed.
    store.refill(&past, 7, &mut pages(&page, 9)).unwrap();
    let file = dir.path().join("data/fetched").join(format!("{}.jsonl", past.origin.epoch));
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.rebuilt, store.past().unwrap()[0].whole), (None, false));
    store.refill(&past, 0, &mut pages(&page, 9)).unwrap();
    let (store, _) = again(store, &dir).await;
    assert!(store.past().unwrap()[0].whole);
}

#[tokio::test]
async fn entries_of_an_ended_epoch_can_still_be_signed_and_sent() {
    let (dir, store, _, _) = forgetful(5, 6, 0).await;
    let old = store.origin();
    store.stop().await.unwrap();
    drop(store);
    // As a start does that finds both copies whole and different.
    let stored = dir.path().join("data/keys/log-1.key");
    let key = std::fs::read(&stored).unwrap();
    std::fs::remove_file(&stored).unwrap();
    let (store, report) = open(&dir.path().join("data"));
    assert!(report.new_epoch.unwrap().contains("key"));
    let past = store.past().unwrap().remove(0);
    assert!(past.whole && !past.signs && past.verifier.is_some());
    assert!(store.checkpoint_of(old.epoch, 3).unwrap().is_none());
    store.stop().await.unwrap();
    drop(store);
    std::fs::write(&stored, key).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&stored, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (store, _) = open(&dir.path().join("data"));
    let past = store.past().unwrap().remove(0);
    let note = store.checkpoint_of(old.epoch, past.counts.size).unwrap().unwrap().to_string();
    let log = past.verifier.unwrap();
    let signed = record::checkpoint::SignedCheckpoint::verify(&note, &old, &log).unwrap();
    assert_eq!(signed.checkpoint().root, past.counts.root);
    assert!(store.checkpoint_of(old.epoch, past.counts.size + 1).is_err());
}

fn replace(from: &Path, to: &Path, name: &str) {
    let target = to.join(name);
    if from.join(name).is_dir() {
        std::fs::remove_dir_all(&target).unwrap();
        copy(&from.join(name), &target);
    } else {
        std::fs::copy(from.join(name), target).unwrap();
    }
}

#[tokio::test]
async fn of_two_cursor_slots_the_older_one_counts_when_the_newer_is_torn() {
    let dir = tempfile::tempdir().unwrap();
    let mut sizes = Vec::new();
    for i in 0..3 {
        let (store, _) = open(dir.path());
        assert_eq!(store.cursor_size(), sizes.last().copied().unwrap_or(0));
        record(&store, vec![if i == 0 { equipment() } else { cleaning(&format!("k{i}"), "M") }]).await;
        store.raise_cursor(&cosigned(&store)).unwrap();
        sizes.push(store.cursor_size());
        store.stop().await.unwrap();
    }
    let file = dir.path().join("cursor");
    let mut bytes = std::fs::read(&file).unwrap();
    // Three were written alternately, so the newest is in the second slot.
    let newest = bytes.len() / 2;
    bytes[newest + 100..newest + 200].fill(0);
    std::fs::write(&file, &bytes).unwrap();
    let (store, report) = open(dir.path());
    assert_eq!((store.cursor_size(), report.new_epoch), (sizes[1], None), "{sizes:?}");
    store.stop().await.unwrap();
    drop(store);
    bytes.fill(0);
    std::fs::write(&file, &bytes).unwrap();
    let (store, _) = open(dir.path());
    assert_eq!(store.cursor_size(), 0, "the relay's next answer brings it again");
}

#[tokio::test]
async fn a_log_that_is_shorter_than_what_was_cosigned_ends_there() {
    let (dir, store, page, proof) = forgetful(3, 9, 0).await;
    // The cursor's file outlived what the log lost.
    let stored = StoredCheckpoint { checkpoint: *proof.checkpoint(), note: proof.note().to_string() };
    store.shared.cursor().stored = Some(stored);
    let (store, report) = again(store, &dir).await;
    assert!(report.new_epoch.unwrap().contains("has only 5"));
    let epoch = proof.checkpoint().origin.epoch;
    assert_eq!(report.missing, [MissingEntries { epoch, from: 5, to: Some(11), forgotten: true }]);
    let past = store.past().unwrap().remove(0);
    assert_eq!((past.counts.size, past.counts.root, past.whole), (11, proof.checkpoint().root, false));
    store.refill(&past, 5, &mut pages(&page, 512)).unwrap();
    let (store, _) = again(store, &dir).await;
    assert!(store.past().unwrap()[0].whole);
    assert_eq!(store.facility().activity[&tag()].cleanings, 9);
}

#[tokio::test]
async fn of_two_whole_copies_that_differ_the_journal_stands_and_the_others_entries_are_kept() {
    let (one, store, ..) = forgetful(5, 5, 4).await;
    store.stop().await.unwrap();
    drop(store);
    let other = tempfile::tempdir().unwrap();
    copy(&one.path().join("data"), &other.path().join("backup"));
    let (two, store, ..) = forgetful(5, 5, 0).await;
    for i in 0..4 {
        record(&store, vec![cleaning(&format!("other{i}"), &format!("Lea {i}"))]).await;
    }
    store.stop().await.unwrap();
    drop(store);
    // Same keys and box by the same seed; the database of one beside the journal of the other.
    let data = one.path().join("data");
    replace(&two.path().join("data"), &data, "cleantrack.redb");
    let (store, report) = open(&data);
    assert_eq!((report.new_epoch.as_deref(), report.adopted_lines()), (None, 4), "{report:?}");
    let reader = store.reader().unwrap();
    assert_eq!(reader.texts_of(10).unwrap()[0].text(), "Wanda 3", "the journal's, in its place");
    let leas = (7..11).map(|seq| {
        let lines = reader.lines_of(store.origin().epoch.n, seq).unwrap();
        let [_, (line, entry)] = &lines[..] else { panic!("two lines with the number {seq}") };
        reader.texts_of_line(*line, entry).unwrap()[0].text().to_owned()
    });
    let named = ["Lea 0", "Lea 1", "Lea 2", "Lea 3"];
    assert_eq!(leas.collect::<Vec<_>>(), named, "the database's, by a run");
    assert_eq!(store.facility().activity[&tag()].cleanings, 13);
}

#[tokio::test]
async fn the_ballast_is_given_up_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = StoreSizes { ballast: 512 << 10, ..sizes() };
    let (store, _) = try_open(dir.path(), sizes).unwrap();
    let whole = |n: u32| {
        let (store, path) = (store.clone(), dir.path().join("ballast"));
        async move {
            for i in 0..2_000 {
                // The file is whole a moment before the store says so.
                if store.health().ballast && std::fs::metadata(&path).is_ok_and(|m| m.len() >= 512 << 10) {
                    return true;
                }
                record(&store, vec![cleaning(&format!("{n}-{i}"), "M")]).await;
                tokio::task::yield_now().await;
            }
            false
        }
    };
    assert!(whole(1).await, "it was never made");
    assert!(crate::side_files::ballast::drop_ballast(&*store.shared.disk), "it was there, and is not");
    assert!(whole(2).await, "it was not made again");
}
