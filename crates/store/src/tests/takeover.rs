//! A machine that takes another box's place, on real folders: it is that box from then on, its own records are kept, and what the
//! relay has of the other one takes its place; wherever it is killed meanwhile.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::io::disk::{Disk, DiskFile};
use crate::log::chain::TAKEOVER_REASON;

use super::faulty_disk::Faults;
use super::healing::{Told, clock, live, small, start, three_epochs};
use super::past::{copy, cosigned, pages};
use super::unreadable::disk;
use super::*;

/// What the relay has of a box that is gone, the newest log last, and what that one's newest log is proven by.
struct LostBox {
    told: Told,
    relay: Vec<(record::ids::Epoch, RefillPage)>,
    origin: record::checkpoint::LogOrigin,
    proof: record::checkpoint::CosignedCheckpoint,
    key: record::sign::VerifierKey,
}

async fn lost_box(dir: &Path) -> LostBox {
    let (told, relay) = three_epochs(dir).await;
    let (store, _) = start(dir, 3);
    let lost = LostBox {
        told,
        relay,
        origin: store.origin(),
        proof: cosigned(&store),
        key: store.verifier_keys().remove(0),
    };
    store.stop().await.unwrap();
    lost
}

/// A box of its own with records and a row in `state.redb`, which was answered that it takes the lost one's place.
async fn fresh_box(dir: &Path, lost: &LostBox) -> Told {
    let (store, _) = start(dir, 77);
    let mut told = Told::new();
    record(&store, vec![equipment()]).await;
    live(&store, &mut told, 3).await;
    put_state_row(&store);
    assert!(store.take_over(&lost.proof, &lost.key, 9).unwrap());
    store.stop().await.unwrap();
    told
}

const PINS: redb::TableDefinition<'static, &str, &[u8]> = redb::TableDefinition::new("pins");

fn put_state_row(store: &Store) {
    let txn = store.state_db().begin_write().unwrap();
    txn.open_table(PINS).unwrap().insert("Lea", &b"hash"[..]).unwrap();
    txn.commit().unwrap();
}

fn has_state_row(store: &Store) -> bool {
    use redb::ReadableDatabase as _;
    let table = store.state_db().begin_read().unwrap().open_table(PINS);
    table.is_ok_and(|table| table.get("Lea").unwrap().is_some())
}

/// What every life of it must come to: each line of both boxes counts once, and the lost one's logs are whole.
async fn expect_whole(dir: &Path, lost: &LostBox, own: &Told, what: &str) {
    let (mut store, _) = start(dir, 78);
    assert_eq!(store.origin().box_id, lost.origin.box_id, "{what}");
    assert_eq!(store.known_log_key(lost.origin.epoch).unwrap().as_ref(), Some(&lost.key), "{what}");
    assert!(has_state_row(&store), "{what}: PINs of this machine");
    record(&store, vec![cleaning("while it waits", "Lea")]).await;
    while let Some(past) = store.past().unwrap().into_iter().rev().find(|past| past.stated && !past.whole) {
        let (_, page) = lost.relay.iter().find(|(epoch, _)| *epoch == past.origin.epoch).unwrap();
        store.refill(&past, 0, &mut pages(page, 7)).unwrap();
        store.stop().await.unwrap();
        drop(store);
        (store, _) = start(dir, 79);
    }
    let past: Vec<_> = store.past().unwrap().iter().map(|past| (past.origin.epoch, past.whole)).collect();
    let whole: Vec<_> = lost.relay.iter().map(|(epoch, _)| (*epoch, true)).collect();
    assert_eq!(past, whole, "{what}");
    let keys: Vec<_> = store.verifier_keys().iter().map(|key| key.name().to_owned()).collect();
    for (epoch, _) in &lost.relay {
        let name = record::checkpoint::LogOrigin { epoch: *epoch, ..lost.origin }.to_string();
        assert!(keys.contains(&name), "{what}: what {epoch} holds is proven by its own key");
    }
    for (epoch, seq, leaf) in lost.told.iter().chain(own) {
        let lines = store.reader().unwrap().lines_of(epoch.n, *seq).unwrap();
        let same = lines.iter().filter(|(line, entry)| line.of.epoch == *epoch && entry.leaf() == *leaf);
        assert_eq!(same.count(), 1, "{what}: {epoch} {seq}");
    }
    // Three epochs with 40 each, three of its own, one meanwhile.
    assert_eq!(store.facility().activity[&tag()].cleanings, 124, "{what}");
    let (size, report) = (store.size(), start_again(store, dir).await);
    assert_eq!(
        (report.size, report.new_epoch, report.missing),
        (size, None, vec![]),
        "{what}: it is settled"
    );
    assert!(report.apart.is_empty() && report.adopted.is_empty(), "{what}");
}

async fn start_again(store: Store, dir: &Path) -> StartReport {
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = start(dir, 80);
    store.stop().await.unwrap();
    report
}

#[tokio::test]
async fn a_machine_that_takes_anothers_place_goes_on_behind_its_log_and_keeps_its_own_records() {
    let dir = tempfile::tempdir().unwrap();
    let lost = lost_box(&dir.path().join("lost")).await;
    let data = dir.path().join("data");
    let own = fresh_box(&data, &lost).await;
    let (store, report) = start(&data, 78);
    assert_eq!(report.new_epoch.as_deref(), Some(TAKEOVER_REASON));
    assert_eq!((store.origin().box_id, store.origin().epoch.n), (lost.origin.box_id, 4));
    assert!(!report.state_lost, "{report:?}");
    assert_eq!(store.facility().activity[&tag()].cleanings, 3, "its own count before the other's are here");
    let past = store.past().unwrap();
    let newest = past.last().unwrap();
    assert_eq!((newest.origin, newest.whole, newest.signs), (lost.origin, false, false));
    assert_eq!(
        (newest.counts.size, newest.counts.root),
        (lost.proof.checkpoint().size, lost.proof.checkpoint().root)
    );
    store.stop().await.unwrap();
    drop(store);
    expect_whole(&data, &lost, &own, "undisturbed").await;
}

/// A real folder whose process is killed before one of its changes of names.
#[derive(Debug)]
struct KilledDisk {
    disk: Arc<dyn Disk>,
    left: AtomicUsize,
}

impl KilledDisk {
    fn count(&self) {
        assert!(self.left.fetch_sub(1, Ordering::Relaxed) > 0, "killed");
    }
}

impl Disk for KilledDisk {
    fn under(&self) -> io::Result<&dyn Disk> {
        Ok(&*self.disk)
    }
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.count();
        self.disk.create_new(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.count();
        self.disk.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.count();
        self.disk.remove(path)
    }
    fn free_bytes(&self) -> Option<u64> {
        self.disk.free_bytes()
    }
}

#[tokio::test]
async fn killed_at_any_step_it_comes_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let lost = lost_box(&dir.path().join("lost")).await;
    let fresh = dir.path().join("fresh");
    let own = fresh_box(&fresh, &lost).await;
    for step in 0..10_000 {
        let data = dir.path().join(format!("killed-{step}"));
        copy(&fresh, &data);
        let folder = disk(&data, &Faults::default());
        let started = catch_unwind(AssertUnwindSafe(|| {
            let killed = Arc::new(KilledDisk { disk: folder, left: AtomicUsize::new(step) });
            Store::open_on(killed, small(), clock(), &SeededRandom::new(78)).map(drop)
        }));
        expect_whole(&data, &lost, &own, &format!("killed at step {step}")).await;
        std::fs::remove_dir_all(&data).unwrap();
        if let Ok(started) = started {
            started.unwrap();
            assert!(step > 20, "{step} steps");
            return;
        }
    }
    panic!("it never came to its end");
}
