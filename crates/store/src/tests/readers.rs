//! Those who read and the one who writes keep out of each other's way, and reading has an end.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

use futures_util::FutureExt as _;

use super::disk::DiskFile;
use super::held_reads::HeldReads;
use super::*;

#[tokio::test]
async fn a_snapshot_that_is_held_delays_no_recording_and_never_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    // Held for the whole test, on the very thread that waits for the recordings.
    let (held, facility) = (store.snapshot(), store.facility());
    let (before, root) = (FacilityState::clone(&held), held.frontier.root());
    let mut all = Vec::new();
    for i in 0..50 {
        record(&store, vec![cleaning(&format!("k{i}"), "Maria")]).await;
        all.push(store.snapshot());
    }
    assert_eq!((&**held, held.size(), held.frontier.root()), (&before, 2, root));
    assert_eq!(*facility, before);
    // Each publication is a state of its own, whole and as it was when it was shown.
    for (i, snapshot) in (0..).zip(&all) {
        assert_eq!((snapshot.size(), snapshot.activity[&tag()].cleanings), (3 + i, 1 + i));
    }
    assert_eq!(store.snapshot().activity[&tag()].cleanings, 50);
    store.stop().await.unwrap();
}

#[tokio::test]
async fn more_reads_than_the_box_can_do_are_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let held = HeldReads::fill(&store).await;
    for lane in [ReadLane::Quick, ReadLane::Long] {
        let refused = store.read(lane, |_| ()).now_or_never();
        assert!(matches!(refused, Some(Err(ReadError::Busy))), "without waiting");
    }
    // Recording does not use the read pool.
    record(&store, vec![equipment(), cleaning("a", "Maria")]).await;
    held.release().await;
    for lane in [ReadLane::Quick, ReadLane::Long] {
        assert_eq!(store.read(lane, LogReader::size).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn what_waits_too_long_is_given_up_and_not_read_later() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let mut held = HeldReads::default();
    held.hold(&store, ReadLane::Quick, |_| ()).await;
    held.hold(&store, ReadLane::Quick, |_| ()).await;
    // From here on time passes whenever everybody waits.
    tokio::time::pause();
    let ran = Arc::new(AtomicU32::new(0));
    let counts = |ran: &Arc<AtomicU32>| {
        let ran = ran.clone();
        move |_: &LogReader| {
            ran.fetch_add(1, Ordering::Relaxed);
        }
    };
    assert!(matches!(store.read(ReadLane::Quick, counts(&ran)).await, Err(ReadError::Busy)));
    // Nor is what nobody waits for any more.
    let (own, work) = (store.clone(), counts(&ran));
    let gone = tokio::spawn(async move { own.read(ReadLane::Quick, work).await });
    tokio::task::yield_now().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    // Those that were at work were waited for, and not for ever.
    for read in &mut held.reads {
        assert!(matches!(read.await.unwrap(), Err(ReadError::Busy)));
    }
    held.reads.clear();
    held.release().await;
    tokio::time::resume();
    store.read(ReadLane::Quick, |_| ()).await.unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_read_that_panics_or_outlives_its_snapshot_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    for _ in 0..4 {
        let read = store.read(ReadLane::Quick, |_| panic!("a damaged page")).await;
        assert!(matches!(read, Err::<(), _>(ReadError::NoAnswer)));
    }
    let late = store.read(ReadLane::Quick, |reader| {
        reader.outlive();
        reader.entry(0).ok()
    });
    assert!(matches!(late.await, Err(ReadError::Busy)), "what has holes is not shown");
    assert!(store.read(ReadLane::Quick, |reader| reader.entry(0).is_ok()).await.unwrap());
}

#[derive(Debug)]
struct SlowCard {
    disk: SystemDisk,
    flush: Arc<SlowFlush>,
}

#[derive(Debug, Default)]
struct SlowFlush {
    /// Whether flushes wait, and how many have begun while they did.
    state: Mutex<(bool, u32)>,
    changed: Condvar,
}

impl SlowFlush {
    fn set_slow(&self, slow: bool) {
        self.state.lock().unwrap().0 = slow;
        self.changed.notify_all();
    }

    fn wait_until_begun(&self, flushes: u32) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| state.1 < flushes).unwrap());
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        if state.0 {
            state.1 += 1;
            self.changed.notify_all();
            drop(self.changed.wait_while(state, |state| state.0).unwrap());
        }
    }
}

#[derive(Debug)]
struct SlowFile(Arc<dyn DiskFile>, Option<Arc<SlowFlush>>);

impl DiskFile for SlowFile {
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Ok(&*self.0)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.1.iter().for_each(|flush| flush.pass());
        self.0.sync_data()
    }
}

impl SlowCard {
    fn file(&self, path: &str, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(SlowFile(file, path.starts_with("log/").then(|| self.flush.clone())))
    }
}

impl Disk for SlowCard {
    fn under(&self) -> io::Result<&dyn Disk> {
        Ok(&self.disk)
    }
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.file(path, self.disk.create_new(path)?))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.file(path, self.disk.open(path)?))
    }
}

#[tokio::test]
async fn many_readers_of_the_longest_list_are_no_part_of_a_recordings_wait() {
    let dir = tempfile::tempdir().unwrap();
    let now = Now {
        wall_ms: 1_763_610_000_000,
        boot: BootId::new(1, [1; 10]),
        up_ms: 9,
        state: ClockState::Synced,
    };
    let flush = Arc::new(SlowFlush::default());
    let card = SlowCard { disk: SystemDisk::take(dir.path()).unwrap(), flush: flush.clone() };
    let clock = Arc::new(FakeClock::new(now));
    let (store, _) = Store::open_on(Arc::new(card), sizes(), clock, &SeededRandom::new(7)).unwrap();
    record(&store, vec![equipment()]).await;
    let all: Vec<EntryDraft> = (0..250).map(|i| cleaning(&format!("k{i}"), "Maria")).collect();
    record(&store, all).await;
    let list = |from: usize, to: usize| {
        move |reader: &LogReader| {
            let all = reader.cleanings_of(tag(), i64::MIN..i64::MAX, None, to).unwrap();
            assert_eq!(all.len() - from, to - from);
        }
    };
    // One is paused in the middle of its work, two wait behind it.
    let mut readers = HeldReads::default();
    readers.hold(&store, ReadLane::Long, list(0, 125)).await;
    for _ in 0..2 {
        readers.queue(&store, ReadLane::Long, list(0, 250)).await;
    }
    let held = store.snapshot();
    for turn in 1..=3 {
        flush.set_slow(true);
        let (own, key) = (store.clone(), format!("turn {turn}"));
        let recording = tokio::spawn(async move { record(&own, vec![cleaning(&key, "Omar")]).await });
        tokio::task::yield_now().await;
        flush.wait_until_begun(turn);
        let rows = store.rows_read();
        flush.set_slow(false);
        assert_eq!(recording.await.unwrap().len(), 1);
        assert_eq!(store.rows_read(), rows, "its wait was the card's alone");
    }
    assert!(readers.reads.iter().all(|read| !read.is_finished()), "they are reading all the while");
    assert_eq!((held.size(), store.size()), (252, 255));
    let rows = store.rows_read();
    readers.release().await;
    assert!(store.rows_read() >= rows);
    store.stop().await.unwrap();
}
