//! What becomes of the rows of a `state.redb` in whose place another one is put.

use crate::database::state_file;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};

use redb::ReadableDatabase as _;

use super::failures::FaultyBox;
use super::faulty_disk::{Call, How};
use super::state::{FailingState, ROOM, TAKEN_OVER, keys, try_put};
use super::*;
use crate::io::disk::DiskFile;

/// A disk that takes and gives nothing more after so many calls: what a box without power leaves.
#[derive(Debug)]
struct DyingDisk(Arc<dyn Disk>, Calls);

#[derive(Debug)]
struct DyingFile(Arc<dyn DiskFile>, Calls);

#[derive(Debug, Clone)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn take(&self) -> std::io::Result<()> {
        let took = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        took.map(drop).map_err(|_| std::io::Error::other("no power"))
    }
}

impl DiskFile for DyingFile {
    fn under(&self) -> std::io::Result<&dyn DiskFile> {
        Ok(&*self.0)
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.write_at(offset, data))
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.set_len(len))
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.sync_data())
    }
}

impl Disk for DyingDisk {
    fn under(&self) -> std::io::Result<&dyn Disk> {
        Ok(&*self.0)
    }
    fn create_new(&self, path: &str) -> std::io::Result<Arc<dyn DiskFile>> {
        self.1.take()?;
        Ok(Arc::new(DyingFile(self.0.create_new(path)?, self.1.clone())))
    }
    fn open(&self, path: &str) -> std::io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(DyingFile(self.0.open(path)?, self.1.clone())))
    }
    fn make_dir(&self, path: &str) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.make_dir(path))
    }
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.rename(from, to))
    }
    fn remove(&self, path: &str) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.remove(path))
    }
    fn sync_dir(&self, dir: &str) -> std::io::Result<()> {
        self.1.take().and_then(|()| self.0.sync_dir(dir))
    }
}

struct DyingBox {
    of: FaultyBox,
    left: Calls,
}

impl DyingBox {
    fn new() -> Self {
        Self { of: FaultyBox::new(), left: Calls(Arc::new(AtomicUsize::new(usize::MAX))) }
    }

    /// Opens it on a disk with power, once whoever had it before has released it.
    fn open(&self) -> Store {
        let disk = Arc::new(DyingDisk(self.of.disk(), self.left.clone()));
        self.left.0.store(usize::MAX, Ordering::Relaxed);
        let clock = Arc::new(FakeClock::at_ms(1_763_610_000_000));
        Store::open_on(disk, sizes(), clock, &SeededRandom::new(7)).unwrap().0
    }

    fn end_after(&self, calls: usize) {
        self.left.0.store(calls, Ordering::Relaxed);
    }

    fn has_ended(&self) -> bool {
        self.left.0.load(Ordering::Relaxed) == 0
    }
}

fn remove(state: &StateDb, key: &str) {
    let write = state.db().begin_write().unwrap();
    write.open_table(ROOM).unwrap().remove(key).unwrap();
    write.commit().unwrap();
}

#[tokio::test]
async fn what_can_be_read_of_a_state_that_is_set_aside_is_taken_over_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    for key in ["a", "b"] {
        try_put(&store.state(), key, b"{}").unwrap();
    }
    assert!(store.renew_state_db(TAKEN_OVER).unwrap());
    assert!(!store.has_unread_state().unwrap());
    remove(&store.state(), "a");
    assert_eq!(keys(&store.state()), ["b"]);
    store.stop().await.unwrap();
    drop(store);
    let (store, _) = open(dir.path());
    assert_eq!(keys(&store.state()), ["b"], "what is removed stays removed");
    try_put(&store.state(), "c", b"no JSON").unwrap();
    assert!(store.renew_state_db(TAKEN_OVER).unwrap());
    assert_eq!(keys(&store.state()), ["b"]);
    assert!(store.has_unread_state().unwrap(), "somebody may still read it");
    assert!(dir.path().join("salvage/2.state.part.redb").exists());
    store.stop().await.unwrap();
    drop(store);
    // Nothing can be made of this one.
    std::fs::write(dir.path().join(state_file::STATE), [0x9d; 5_000]).unwrap();
    let (store, report) = open(dir.path());
    assert!(report.state_lost);
    assert_eq!(keys(&store.state()), [""; 0]);
    assert!(dir.path().join("salvage/3.state.part.redb").exists());
}

#[tokio::test]
async fn a_start_that_is_cut_anywhere_while_a_state_is_begun_anew_loses_no_row() {
    let mut reached = 0;
    for calls in 0.. {
        let dying = DyingBox::new();
        let store = dying.open();
        record(&store, vec![equipment()]).await;
        try_put(&store.state(), "a", b"1").unwrap();
        try_put(&store.state(), "b", b"1").unwrap();
        dying.end_after(calls);
        let renewed = store.renew_state_db(TAKEN_OVER);
        let is_past = !dying.has_ended();
        drop(store);
        let store = dying.open();
        assert_eq!(keys(&store.state()), ["a", "b"], "after {calls} calls");
        remove(&store.state(), "a");
        drop(store);
        // Were it to go missing, what was read before is older than what was lost.
        std::fs::remove_file(dying.of.dir.path().join(state_file::STATE)).unwrap();
        let store = dying.open();
        assert_eq!(keys(&store.state()), [""; 0], "after {calls} calls");
        if is_past {
            assert!(renewed.unwrap());
            break;
        }
        reached = calls;
    }
    assert!(reached > 10, "it was cut in its midst");
}

#[tokio::test]
async fn a_state_without_room_lies_in_memory_while_records_go_on() {
    for how in ["missing", "no database", "not usable"] {
        let failing = FailingState::new();
        let (store, _) = failing.open().unwrap();
        try_put(&store.state(), "a", b"1").unwrap();
        record(&store, vec![equipment()]).await;
        let path = failing.of.dir.path().join(state_file::STATE);
        let full =
            || failing.of.fail("state.redb.new", Call::Write, How::Error(ErrorKind::StorageFull), usize::MAX);
        let store = if how == "not usable" {
            full();
            assert!(!store.renew_state_db(TAKEN_OVER).unwrap());
            store
        } else {
            drop(store);
            let disk = failing.of.disk();
            std::fs::remove_file(&path).unwrap();
            if how == "no database" {
                std::fs::write(&path, [0x9d; 5_000]).unwrap();
            }
            full();
            let opened = Store::open_on(disk, sizes(), failing.clock.clone(), &SeededRandom::new(7));
            let (store, report) = opened.unwrap();
            assert!(!report.state_lost, "{how}: nothing is, yet");
            store
        };
        assert!(matches!(store.look_at_state(), StateCondition::Failing(_)), "{how}");
        assert!(
            matches!(store.look_at_state(), StateCondition::Failing(_)),
            "{how}: for as long as it is so"
        );
        assert!(store.has_unread_state().unwrap());
        assert!(!path.with_extension("redb.new").exists(), "{how}: it takes up no room");
        assert_eq!(keys(&store.state()), [""; 0], "what is removed here would be back at the next start");
        try_put(&store.state(), "passing", b"1").unwrap();
        let size = store.size();
        record(&store, vec![cleaning(how, "Maria")]).await;
        assert_eq!(store.size(), size + 1);
        drop(store);
        drop(failing.of.disk());
        failing.of.mend();
        let (store, report) = failing.open().unwrap();
        assert_eq!(store.look_at_state(), StateCondition::Sound);
        assert_eq!(report.state_lost, how != "not usable", "{how}");
        let left: &[&str] = if how == "not usable" { &["a"] } else { &[] };
        assert_eq!(keys(&store.state()), left, "{how}");
    }
}

#[tokio::test]
async fn a_copy_that_the_disk_does_not_give_ends_the_start_and_is_read_at_the_next() {
    for how in [How::Error(ErrorKind::Other), How::Lost(0)] {
        for mends in [true, false] {
            let failing = FailingState::new();
            let (store, _) = failing.open().unwrap();
            try_put(&store.state(), "a", b"1").unwrap();
            record(&store, vec![equipment()]).await;
            drop(store);
            let disk = failing.of.disk();
            let path = failing.of.dir.path();
            std::fs::create_dir_all(path.join("salvage")).unwrap();
            std::fs::rename(path.join("state.redb"), path.join("salvage/1.state.redb")).unwrap();
            drop(disk);
            let start = || {
                let disk = failing.of.disk();
                failing.of.mend();
                failing.of.fail("salvage/1.state.redb", Call::Read, how, usize::MAX);
                Store::open_on(disk, sizes(), failing.clock.clone(), &SeededRandom::new(7))
            };
            for _ in 0..2 {
                let error = start().map(drop).unwrap_err();
                assert!(error.to_string().contains("salvage/1.state.redb"), "{error}");
                assert!(path.join("salvage/1.state.redb").exists());
            }
            if mends {
                failing.of.mend();
                let (store, report) = failing.open().unwrap();
                assert_eq!(
                    (keys(&store.state()), report.state_lost),
                    (vec!["a".to_owned()], true),
                    "{how:?}"
                );
                assert!(path.join("salvage/1.state.read.redb").exists());
            } else {
                let (store, report) = start().unwrap();
                assert!(report.state_lost);
                assert_eq!(keys(&store.state()), [""; 0], "{how:?}: it is done without");
                assert!(path.join("salvage/1.state.part.redb").exists());
            }
        }
    }
}

#[tokio::test]
async fn another_boxs_copy_is_no_state_to_begin_from() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    drop(store);
    let (clock, random) = (Arc::new(FakeClock::at_ms(1_763_610_000_000)), Arc::new(SeededRandom::new(99)));
    let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(other.path()) };
    let (store, _) = Store::open(config, clock, random).unwrap();
    try_put(&store.state(), "alien", b"1").unwrap();
    store.stop().await.unwrap();
    drop(store);
    std::fs::create_dir_all(dir.path().join("salvage")).unwrap();
    std::fs::rename(other.path().join("state.redb"), dir.path().join("salvage/4.state.redb")).unwrap();
    std::fs::remove_file(dir.path().join("state.redb")).unwrap();
    let (store, report) = open(dir.path());
    assert!(report.state_lost);
    assert_eq!(keys(&store.state()), [""; 0]);
}

#[tokio::test]
async fn folders_in_the_place_of_passing_files_end_no_start() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).0.stop().await.unwrap();
    for name in ["state.redb.new", "state.failed.new"] {
        std::fs::create_dir_all(dir.path().join(name).join("inside")).unwrap();
        let (store, _) = open(dir.path());
        store.stop().await.unwrap();
        assert!(dir.path().join(format!("{name}.bad/inside")).exists());
    }
}

#[tokio::test]
async fn the_newest_copies_are_kept_under_numbers_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let salvage = dir.path().join("salvage");
    std::fs::create_dir_all(&salvage).unwrap();
    std::fs::write(salvage.join("4294967295.txt"), "of nobody").unwrap();
    std::fs::write(salvage.join("1.state.part.redb"), "a part").unwrap();
    for _ in 0..4 {
        assert!(store.renew_state_db(TAKEN_OVER).unwrap());
    }
    let mut names: Vec<_> = std::fs::read_dir(&salvage)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("redb"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0] == "1.state.part.redb", "what was read goes first: {names:?}");
    assert!(salvage.join("4294967295.txt").exists());
}

const REDB_PAGE: usize = 4_096;

#[tokio::test]
async fn whatever_page_of_a_closed_state_is_damaged_the_box_starts_with_what_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    try_put(&store.state(), "a", b"1").unwrap();
    let write = store.state_db().begin_write().unwrap();
    let unread: redb::TableDefinition<'_, &str, i64> = redb::TableDefinition::new("what no room opens");
    write.open_table(unread).unwrap().insert("scan", 5).unwrap();
    write.commit().unwrap();
    store.stop().await.unwrap();
    drop(store);
    let path = dir.path().join(state_file::STATE);
    let closed = std::fs::read(&path).unwrap();
    let pages: Vec<_> = closed.chunks(REDB_PAGE).collect();
    let used: Vec<_> = (1..pages.len()).filter(|n| pages[*n].iter().any(|byte| *byte != 0)).collect();
    let mut lost = 0;
    for (page, is_zeroed) in used.iter().flat_map(|page| [(*page, true), (*page, false)]) {
        let mut damaged = closed.clone();
        let of_page = &mut damaged[page * REDB_PAGE..(page + 1) * REDB_PAGE];
        match is_zeroed {
            true => of_page.fill(0),
            false => of_page[8] ^= 0x40,
        }
        std::fs::write(&path, &damaged).unwrap();
        let (store, report) = open(dir.path());
        lost += usize::from(report.state_lost);
        let left = keys(&store.state());
        assert!(left == ["a"] || report.state_lost, "page {page}: {left:?}");
        assert!(report.state_lost || store.state_db().begin_read().unwrap().open_table(unread).is_ok());
        try_put(&store.state(), "after", b"1").unwrap();
        store.state().look_through();
        assert_eq!(store.look_at_state(), StateCondition::Sound, "page {page}");
        store.stop().await.unwrap();
        drop(store);
        let (store, _) = open(dir.path());
        assert!(keys(&store.state()).contains(&"after".to_owned()), "page {page}");
        store.stop().await.unwrap();
    }
    assert!(lost >= 4, "{lost} of {} pages are of use to anybody", used.len());
}

#[tokio::test]
async fn damage_that_shows_while_the_box_runs_is_told_until_the_state_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    try_put(&store.state(), "a", b"1").unwrap();
    store.state().look_through();
    assert_eq!(store.look_at_state(), StateCondition::Sound);
    assert_eq!(store.state().attempt("sessions", |_| 1), Some(1));
    let gone = store.state().attempt("sessions", |db| {
        // Let go of while redb's panic unwinds.
        let _write = db.begin_write();
        panic!("a damaged page");
    });
    assert!(gone.is_none_or(|never: i32| never == 0));
    for _ in 0..2 {
        let StateCondition::Failing(why) = store.look_at_state() else { panic!("it is told") };
        assert_eq!(why, "sessions is damaged");
    }
    try_put(&store.state(), "b", b"1").unwrap();
    assert!(store.renew_state_db(TAKEN_OVER).unwrap());
    assert_eq!(store.look_at_state(), StateCondition::Sound);
    assert_eq!(keys(&store.state()), ["a", "b"]);
    store.stop().await.unwrap();
}
