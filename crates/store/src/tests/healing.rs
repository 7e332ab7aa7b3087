//! Damage to any copy of any epoch, on a real folder: what a whole copy holds is never lost, every loss is reported.

use crate::index::tables;
use std::path::{Path, PathBuf};

use record::ids::Epoch;
use record::tree::Hash;

use super::past::{copy, cosigned, held, pages};
use super::*;

pub(super) type Told = Vec<(Epoch, u64, Hash)>;

pub(super) fn small() -> StoreSizes {
    StoreSizes { segment: 64 << 10, ahead: 16 << 10, ahead_low: 8 << 10, ..sizes() }
}

pub(super) fn clock() -> Arc<FakeClock> {
    let boot = BootId::new(1, [1; 10]);
    let now = Now { wall_ms: 1_763_610_000_000, boot, up_ms: 9, state: ClockState::Synced };
    Arc::new(FakeClock::new(now))
}

pub(super) fn start(dir: &Path, seed: u64) -> (Store, StartReport) {
    for _ in 0..1_000_000 {
        let config = StoreConfig { sizes: small(), ..StoreConfig::new(dir) };
        match Store::open(config, clock(), Arc::new(SeededRandom::new(seed))) {
            Err(StoreError::Folder(FolderError::InUse(_))) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} is held by somebody", dir.display())
}

fn rebuilt(dir: &Path, seed: u64) -> Result<StartReport, StoreError> {
    let config = StoreConfig { sizes: small(), ..StoreConfig::new(dir) };
    rebuild_database(config, clock(), Arc::new(SeededRandom::new(seed)))
}

pub(super) async fn live(store: &Store, reported: &mut Told, cleanings: usize) {
    let epoch = store.origin().epoch;
    if store.facility().equipment.is_empty() {
        record(store, vec![equipment()]).await;
    }
    for i in 0..cleanings {
        record(store, vec![cleaning(&format!("{epoch}-{i}"), "Maria")]).await;
    }
    reported.retain(|(of, ..)| *of != epoch);
    let (entries, _) = held(store);
    reported.extend(entries.iter().map(|entry| (epoch, entry.seq(), entry.leaf())));
}

pub(super) fn check(store: &Store, reported: &Told, what: &str) {
    for (epoch, seq, leaf) in reported {
        let reader = store.reader_of(*epoch);
        let found = reader.ok().and_then(|reader| reader.entry(*seq).unwrap()).map(|entry| entry.leaf());
        assert_eq!(found, Some(*leaf), "{what}: entry {seq} of epoch {epoch}");
    }
    let cleanings = store.facility().activity.get(&tag()).map_or(0, |activity| activity.cleanings);
    let others = reported.iter().filter(|(_, seq, _)| *seq == 0).count() + 1;
    assert_eq!(cleanings as usize, reported.len() - others, "{what}: cleanings of the item");
}

/// A box in its third epoch, stopped; what was acknowledged in each, and the newest cosignature over each.
pub(super) async fn three_epochs(dir: &Path) -> (Told, Vec<(Epoch, RefillPage)>) {
    let (mut reported, mut relay) = (Told::new(), Vec::new());
    for n in 1..=3 {
        let (store, _) = start(dir, u64::from(n));
        assert_eq!(store.origin().epoch.n, n);
        live(&store, &mut reported, 40).await;
        store.raise_cursor(&cosigned(&store)).unwrap();
        relay.push((store.origin().epoch, held(&store)));
        store.stop().await.unwrap();
        drop(store);
        if n < 3 {
            std::fs::remove_file(dir.join(format!("keys/log-{n}.key"))).unwrap();
        }
    }
    (reported, relay)
}

pub(super) fn folder(dir: &Path, epoch: Epoch) -> PathBuf {
    dir.join(format!("log/{epoch}"))
}

pub(super) fn segments(dir: &Path, epoch: Epoch) -> Vec<PathBuf> {
    let names = std::fs::read_dir(folder(dir, epoch)).unwrap();
    let mut all: Vec<_> = names.map(|name| name.unwrap().path()).collect();
    all.retain(|path| path.to_string_lossy().contains(".jsonl"));
    all.sort();
    all
}

/// Noise over bytes of a file.
pub(super) fn spoil(path: &Path, at: usize, len: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    // A sealed segment is short.
    let at = at.min(bytes.len() / 2);
    let end = bytes.len().min(at + len);
    bytes[at..end].iter_mut().zip((0..251u8).cycle()).for_each(|(byte, noise)| *byte = noise ^ 0x5a);
    std::fs::write(path, bytes).unwrap();
}

/// As starts leave it that did not get through.
pub(super) fn interrupted_starts(dir: &Path, n: u32) {
    std::fs::write(dir.join("starting"), format!("{n}\n")).unwrap();
}

#[tokio::test]
async fn a_database_that_starts_did_not_get_past_is_asked_before_anything_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = start(dir.path(), 1);
    let mut reported = Told::new();
    live(&store, &mut reported, 70).await;
    let origin = store.origin();
    store.stop().await.unwrap();
    drop(store);
    let newest = segments(dir.path(), origin.epoch).pop().unwrap();
    spoil(&newest, 5 * 4096, 4096);
    interrupted_starts(dir.path(), 3);
    let (store, report) = start(dir.path(), 2);
    assert_eq!((report.new_epoch.as_deref(), store.origin()), (None, origin));
    check(&store, &reported, "a page of noise and three interrupted starts");
    assert_eq!(report.missing, []);
}

#[tokio::test]
async fn a_rebuild_heals_each_of_three_epochs_first() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let (reported, _) = three_epochs(&whole).await;
    let epochs: Vec<Epoch> =
        reported.iter().filter(|(_, seq, _)| *seq == 0).map(|(epoch, ..)| *epoch).collect();
    for (i, epoch) in epochs.iter().enumerate() {
        for how in ["64 bytes", "the folder", "the first segment"] {
            let what = format!("{how} of epoch {epoch}");
            let data = dir.path().join(format!("{i}-{}", how.len()));
            copy(&whole, &data);
            match how {
                "the folder" => std::fs::remove_dir_all(folder(&data, *epoch)).unwrap(),
                "64 bytes" => spoil(&segments(&data, *epoch)[0], 4096 * 3 + 100, 64),
                _ => std::fs::remove_file(&segments(&data, *epoch)[0]).unwrap(),
            }
            rebuilt(&data, 9).unwrap_or_else(|e| panic!("{what}: {e}"));
            let (store, report) = start(&data, 9);
            // Of the one that is written nobody knows then how far it went: its key signs no more.
            let epoch_number = if i == 2 && how == "the folder" { 4 } else { 3 };
            assert_eq!((report.new_epoch.as_deref(), store.origin().epoch.n), (None, epoch_number), "{what}");
            check(&store, &reported, &what);
            store.stop().await.unwrap();
            drop(store);
            // The journal alone has all of it again.
            std::fs::remove_file(data.join("cleantrack.redb")).unwrap();
            check(&start(&data, 9).0, &reported, &format!("{what}, healed, then the journal alone"));
        }
    }
}

#[tokio::test]
async fn a_copy_that_was_set_aside_is_never_overwritten_and_gives_back_what_it_alone_holds() {
    let dir = tempfile::tempdir().unwrap();
    let (data, early) = (dir.path().join("data"), dir.path().join("early"));
    let mut reported = Told::new();
    let (store, _) = start(&data, 1);
    live(&store, &mut reported, 5).await;
    store.stop().await.unwrap();
    drop(store);
    copy(&data.join("log"), &early);
    let (store, _) = start(&data, 1);
    for i in 0..6 {
        record(&store, vec![cleaning(&format!("only-{i}"), "Omar")]).await;
    }
    store.stop().await.unwrap();
    drop(store);
    // The journal goes back to an older copy, and the database with the six does not open this time.
    std::fs::remove_dir_all(data.join("log")).unwrap();
    copy(&early, &data.join("log"));
    let bytes = std::fs::read(data.join("cleantrack.redb")).unwrap();
    spoil(&data.join("cleantrack.redb"), 0, 64);
    let (store, _) = start(&data, 2);
    for i in 0..3 {
        record(&store, vec![cleaning(&format!("beside-{i}"), "Lea")]).await;
    }
    store.stop().await.unwrap();
    drop(store);
    interrupted_starts(&data, 3);
    let (store, _) = start(&data, 3);
    assert_eq!(store.facility().activity[&tag()].cleanings, 8);
    store.stop().await.unwrap();
    drop(store);
    // Now the first of them can be read again.
    let aside = walk(&data).into_iter().find(|path| {
        std::fs::metadata(path).is_ok_and(|m| m.len() == bytes.len() as u64)
            && !path.ends_with("cleantrack.redb")
            && std::fs::read(path).is_ok_and(|b| b[64..] == bytes[64..])
    });
    let aside = aside.expect("the copy that was set aside first is gone");
    std::fs::write(&aside, &bytes).unwrap();
    let (store, report) = start(&data, 4);
    let cleanings = store.facility().activity[&tag()].cleanings;
    assert_eq!(cleanings, 14, "what it alone held counts again: {report:?}");
    for key in ["only-0", "only-5", "beside-2"] {
        let key = Digest16::of(key.as_bytes());
        let found =
            store.submit(move |view| WriteDecision::<_>::Answer(view.by_key(&key))).await.unwrap().answer;
        assert!(found.is_some());
    }
    store.stop().await.unwrap();
    drop(store);
    assert!(!aside.exists(), "it holds nothing more that no other has");
    let (store, _) = start(&data, 5);
    assert_eq!(store.facility().activity[&tag()].cleanings, 14, "once");
}

/// Every file below a folder.
pub(super) fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(path) }
    }
    all
}

/// Removes log and database; keys stay, and the cursor if requested.
pub(super) fn forget(dir: &Path, cursor: bool) {
    std::fs::remove_dir_all(dir.join("log")).unwrap();
    std::fs::remove_file(dir.join("cleantrack.redb")).unwrap();
    if !cursor {
        std::fs::remove_file(dir.join("cursor")).unwrap();
    }
}

#[tokio::test]
async fn three_epochs_lost_at_once_come_back_along_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let (mut reported, relay) = three_epochs(dir.path()).await;
    forget(dir.path(), true);
    let (mut store, report) = start(dir.path(), 4);
    assert_eq!(store.origin().epoch.n, 4, "a key is never used for a second log: {report:?}");
    record(&store, vec![equipment()]).await;
    let mut fetched = Vec::new();
    for _ in 0..9 {
        let past = store.past().unwrap();
        assert!(!past.is_empty(), "the chain was lost sight of");
        let Some(missing) = past.iter().find(|past| !past.whole) else { break };
        assert_ne!(store.health().start.missing, [], "it is told until it is whole");
        let of = missing.origin.epoch;
        let (_, page) = relay.iter().find(|(epoch, _)| *epoch == of).unwrap();
        store.refill(missing, 0, &mut pages(page, 7)).unwrap();
        fetched.push(of.n);
        store.stop().await.unwrap();
        drop(store);
        store = start(dir.path(), 5).0;
    }
    assert_eq!(fetched, [3, 2, 1]);
    assert_eq!(store.past().unwrap().len(), 3);
    let epoch = store.origin().epoch;
    reported.extend(held(&store).0.iter().map(|entry| (epoch, entry.seq(), entry.leaf())));
    reported.retain(|(of, seq, _)| *of != epoch || *seq == 0);
    check(&store, &reported, "fetched back");
    assert_eq!(store.health().start.missing, []);
}

#[tokio::test]
async fn keys_without_a_log_begin_a_new_epoch() {
    for cursor in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = start(dir.path(), 1);
        live(&store, &mut Told::new(), 3).await;
        let proof = cosigned(&store);
        store.raise_cursor(&proof).unwrap();
        let lost = store.origin();
        store.stop().await.unwrap();
        drop(store);
        forget(dir.path(), cursor);
        let (store, report) = start(dir.path(), 2);
        assert_eq!((store.origin().box_id, store.origin().epoch.n), (lost.box_id, 2));
        assert!(report.new_epoch.is_some_and(|why| why.contains("key")), "it is told");
        let missing = store.health().start.missing;
        assert_eq!(missing.iter().map(|lost| (lost.epoch, lost.from)).collect::<Vec<_>>(), [(lost.epoch, 0)]);
        let Event::LogStarted(started) = store.reader().unwrap().entry(0).unwrap().unwrap().event() else {
            panic!("no log.started")
        };
        let prev = started.prev.map(|prev| (prev.epoch, prev.size, prev.root));
        let known = (lost.epoch, proof.checkpoint().size, proof.checkpoint().root);
        assert_eq!(prev, cursor.then_some(known), "cursor kept: {cursor}");
        let past = store.past().unwrap();
        assert_eq!((past.len(), past[0].origin, past[0].whole), (1, lost, false));
        store.stop().await.unwrap();
        drop(store);
        let (store, report) = start(dir.path(), 3);
        assert_eq!((store.origin().epoch.n, report.new_epoch), (2, None), "it goes on there");
    }
}

#[tokio::test]
async fn a_look_through_finds_and_heals_what_is_not_there_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, _) = three_epochs(dir.path()).await;
    let first = reported[0].0;
    for how in ["the first segment", "the last segment", "the folder"] {
        let (store, _) = start(dir.path(), 6);
        let gone = segments(dir.path(), first);
        assert!(gone.len() > 1, "one segment only");
        match how {
            "the first segment" => std::fs::remove_file(&gone[0]).unwrap(),
            "the last segment" => std::fs::remove_file(gone.last().unwrap()).unwrap(),
            _ => std::fs::remove_dir_all(folder(dir.path(), first)).unwrap(),
        }
        let (mut place, mut damaged) = ((0, 0), 0);
        for _ in 0..99 {
            let look = store.scrub_segment(place).unwrap();
            damaged += u32::from(look.damaged);
            let Some(next) = look.next else { break };
            place = next;
        }
        assert!(damaged > 0, "{how}: nobody noticed");
        assert!(store.health().scrubbed.healed > 0, "{how}");
        store.stop().await.unwrap();
        drop(store);
        let alone = tempfile::tempdir().unwrap();
        copy(dir.path(), alone.path());
        std::fs::remove_file(alone.path().join("cleantrack.redb")).unwrap();
        check(&start(alone.path(), 7).0, &reported, &format!("{how}, healed, then the journal alone"));
    }
}

#[tokio::test]
async fn a_rebuild_that_would_come_out_shorter_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (reported, _) = three_epochs(dir.path()).await;
    let first = reported[0].0;
    let gone = segments(dir.path(), first)[1].clone();
    let name = gone.file_name().unwrap().to_str().unwrap();
    let from: u64 = name[..12].parse().unwrap();
    let (store, _) = start(dir.path(), 4);
    store.stop().await.unwrap();
    std::fs::remove_file(&gone).unwrap();
    {
        // The only other copy of one of its entries is damaged as well.
        let db = store.shared.db().unwrap();
        let txn = db.begin_write().unwrap();
        let key = tables::entry_key(first.n, from + 1);
        txn.open_table(tables::ENTRIES).unwrap().insert(key, &b"other"[..]).unwrap();
        txn.commit().unwrap();
    }
    drop(store);
    let refused = rebuilt(dir.path(), 5).unwrap_err();
    let StoreError::Shorter { epoch, from: lacks, to } = &refused else { panic!("{refused}") };
    assert_eq!((*epoch, *to), (first, 42));
    assert!((from..=from + 1).contains(lacks), "{refused}");
    let (store, report) = start(dir.path(), 6);
    assert_eq!((report.rebuilt, report.new_epoch), (None, None), "the present one is in use");
    let told_missing =
        report.missing.iter().any(|missing| missing.epoch == first && missing.from <= from + 1);
    assert!(told_missing, "{:?}", report.missing);
    assert_eq!(store.reader_of(first).unwrap().size(), 42);
    let others: Told = reported.into_iter().filter(|(epoch, ..)| *epoch != first).collect();
    for (epoch, seq, leaf) in others {
        let found = store.reader_of(epoch).unwrap().entry(seq).unwrap().unwrap();
        assert_eq!(found.leaf(), leaf);
    }
}
