//! A box whose card went bad in thousands of places: what a start does for each adopted run stays the same however many there
//! are, also where half of them are lacking. Calls of the disk are counted, since time says more about the machine.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use record::entry::{Entry, EntryTime};
use record::ids::Epoch;
use record::run::{RunName, RunNamer};

use super::*;
use crate::io::disk::DiskFile;
use crate::log::chain::{LogLine, LogPiece};
use crate::log::displaced::DisplacedFile;
use crate::runs::run_file;

#[derive(Debug, Default)]
struct OpenFiles {
    now: AtomicU64,
    most: AtomicU64,
}

/// A real folder that counts what is asked of it: files opened, names listed, and pieces of 4 KiB read.
#[derive(Debug)]
struct CountingDisk {
    disk: SystemDisk,
    calls: Arc<AtomicU64>,
    open: Arc<OpenFiles>,
}

impl CountingDisk {
    fn counted(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let now = self.open.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.most.fetch_max(now, Ordering::Relaxed);
        Arc::new(CountingFile(file, self.calls.clone(), self.open.clone()))
    }
}

#[derive(Debug)]
struct CountingFile(Arc<dyn DiskFile>, Arc<AtomicU64>, Arc<OpenFiles>);

impl Drop for CountingFile {
    fn drop(&mut self) {
        self.2.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl DiskFile for CountingFile {
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Ok(&*self.0)
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.1.fetch_add(1 + out.len() as u64 / 4096, Ordering::Relaxed);
        self.0.read_at(offset, out)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for CountingDisk {
    fn under(&self) -> io::Result<&dyn Disk> {
        Ok(&self.disk)
    }
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.counted(self.disk.create_new(path)?))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(self.counted(self.disk.open(path)?))
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let names = self.disk.list(dir)?;
        self.calls.fetch_add(names.len() as u64, Ordering::Relaxed);
        Ok(names)
    }
    fn sync_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a folder on a disk that counts; what the start asked of it.
fn counted(dir: &std::path::Path) -> (Store, StartReport, u64) {
    let (store, report, calls, _) = counting(dir);
    (store, report, calls)
}

/// Also how many files were open at most.
fn counting(dir: &std::path::Path) -> (Store, StartReport, u64, u64) {
    let boot = BootId::new(1, [1; 10]);
    let now = Now { wall_ms: 1_763_610_000_000, boot, up_ms: 9, state: ClockState::Synced };
    let calls = Arc::new(AtomicU64::new(0));
    let disk = loop {
        match SystemDisk::take(dir) {
            Err(FolderError::InUse(_)) => std::thread::yield_now(),
            taken => break taken.unwrap(),
        }
    };
    let open = Arc::new(OpenFiles::default());
    let disk = Arc::new(CountingDisk { disk, calls: calls.clone(), open: open.clone() });
    let clock = Arc::new(FakeClock::new(now));
    let (store, report) = Store::open_on(disk, sizes(), clock, &SeededRandom::new(7)).unwrap();
    let requested = calls.load(Ordering::Relaxed);
    (store, report, requested, open.most.load(Ordering::Relaxed))
}

/// So many runs of one line each, none of which touches the next, of an epoch of which nothing else is here.
fn write_runs(disk: &dyn Disk, store_box: record::ids::BoxId, count: u64) -> Vec<RunName> {
    let epoch = Epoch { n: 1, key: [9; 4] };
    let at = EntryTime {
        wall: 1_763_600_000_000,
        boot: BootId::new(2, [2; 10]),
        up: 5,
        clock: ClockState::Synced,
    };
    let of = |n: u64| {
        let seq = 10 + 2 * n;
        let EntryDraft { by, idem, event, .. } = cleaning(&format!("run{n}"), "Wanda");
        let entry = Entry::compose(seq, at, by, idem, &event).unwrap();
        let mut namer = RunNamer::new(epoch, seq);
        namer.push(entry.leaf());
        let name = namer.name().unwrap();
        let line = LogLine { entry: entry.bytes().to_vec(), texts: Vec::new() };
        run_file::write_run(disk, store_box, &name, &mut |_| Ok(line.clone())).unwrap();
        name
    };
    (0..count).map(of).collect()
}

/// What starts ask of the disk: one adopts so many runs, one rebuilds with half of them gone, one finds the same again.
async fn starts_with(count: u64) -> [u64; 3] {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, _) = counted(dir.path());
    record(&store, vec![equipment()]).await;
    let all = write_runs(&*store.disk(), store.origin().box_id, count);
    store.stop().await.unwrap();
    drop(store);
    let (store, report, adopting) = counted(dir.path());
    assert_eq!((report.adopted_lines(), store.facility().activity[&tag()].cleanings), (count, count));
    store.stop().await.unwrap();
    drop(store);
    for gone in all.iter().step_by(2) {
        std::fs::remove_file(dir.path().join(format!("runs/{gone}"))).unwrap();
    }
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    drop(std::fs::remove_dir_all(dir.path().join("salvage")));
    let (store, report, building) = counted(dir.path());
    assert_eq!(report.missing.len() as u64, count.div_ceil(2));
    assert_eq!(store.facility().activity[&tag()].cleanings, count / 2);
    store.stop().await.unwrap();
    drop(store);
    let (store, report, again) = counted(dir.path());
    assert_eq!((report.missing.len() as u64, report.rebuilt), (count.div_ceil(2), None));
    assert_eq!(store.facility().activity[&tag()].cleanings, count / 2);
    store.stop().await.unwrap();
    [adopting, building, again]
}

#[tokio::test]
async fn what_a_start_does_for_a_run_does_not_grow_with_their_number() {
    let (few, many) = (starts_with(100).await, starts_with(400).await);
    for (few, many) in few.into_iter().zip(many) {
        assert!(many <= few * 6, "four times the runs: {few} calls became {many}");
    }
}

#[tokio::test]
async fn lines_in_a_thousand_files_beside_the_log_are_adopted_without_opening_them_together() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _, _) = counted(dir.path());
    record(&store, vec![equipment()]).await;
    let disk = store.disk();
    let at = EntryTime {
        wall: 1_763_600_000_000,
        boot: BootId::new(2, [2; 10]),
        up: 5,
        clock: ClockState::Synced,
    };
    let first = Entry::parse(store.reader().unwrap().entry(0).unwrap().unwrap().bytes()).unwrap();
    // Another log of this box: all of it is here, a line a file, as many failed fetches leave it.
    let origin = record::checkpoint::LogOrigin { epoch: Epoch { n: 1, key: [9; 4] }, ..store.origin() };
    for n in 0..1_000 {
        let EntryDraft { by, idem, event, .. } = cleaning(&format!("file{n}"), "Wanda");
        let entry = match n {
            0 => first.clone(),
            n => Entry::compose(n, at, by, idem, &event).unwrap(),
        };
        let line = LogLine { entry: entry.bytes().to_vec(), texts: Vec::new() };
        let mut file = DisplacedFile::new(&*disk, origin);
        file.take(&LogPiece { first: n, lines: vec![line] }).unwrap();
        file.finish().unwrap();
    }
    drop(disk);
    store.stop().await.unwrap();
    drop(store);
    let (store, report, _, most) = counting(dir.path());
    assert_eq!((report.adopted_lines(), store.facility().activity[&tag()].cleanings), (1_000, 999));
    assert!(most <= 16, "{most} files were open together");
    assert_eq!(store.adopted_runs().counting.len(), 1, "lines that touch are one run");
}
