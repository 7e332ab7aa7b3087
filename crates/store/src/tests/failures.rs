//! What each failure of a group means to its callers: the rows of the writer's table, one after the other.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::{PoisonError, mpsc};

use record::kinds::EntryRef;

use super::faulty_disk::{Call, Fault, Faults, FaultyDisk, How};
use super::*;

pub(super) struct FaultyBox {
    pub(super) dir: tempfile::TempDir,
    faults: Faults,
    free: Option<u64>,
}

impl FaultyBox {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), faults: Faults::default(), free: None }
    }

    pub(super) fn disk(&self) -> Arc<dyn Disk> {
        for _ in 0..1_000_000 {
            match SystemDisk::take(self.dir.path()) {
                Ok(disk) => {
                    return Arc::new(FaultyDisk { disk, faults: self.faults.clone(), free: self.free });
                }
                Err(FolderError::InUse(_)) => std::thread::yield_now(),
                Err(e) => panic!("{e}"),
            }
        }
        panic!("the folder is held by somebody")
    }

    /// So little cache that the database spills in the middle of a group.
    fn sizes() -> StoreSizes {
        StoreSizes { cache: 16 << 10, durable_entries: 1 << 20, ..sizes() }
    }

    pub(super) fn core(&self) -> LogWriter {
        let (clock, random) = seams();
        LogWriter::open(self.disk(), Self::sizes(), clock, &*random).unwrap().0
    }

    fn store(&self) -> Store {
        let (clock, random) = seams();
        Store::open_on(self.disk(), Self::sizes(), clock, &*random).unwrap().0
    }

    pub(super) fn fail(&self, path: &'static str, call: Call, how: How, times: usize) {
        self.faults.lock().unwrap().push(Fault { path: path.to_owned(), call, how, times });
    }

    pub(super) fn mend(&self) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

pub(super) fn seams() -> (Arc<dyn Clock>, Arc<dyn RandomSource>) {
    let now = Now {
        wall_ms: 1_763_610_000_000,
        boot: BootId::new(1, [1; 10]),
        up_ms: 9,
        state: ClockState::Synced,
    };
    (Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(7)))
}

pub(super) type Told = Result<Vec<DurableEntry>, SubmitError>;

/// A command, what it does before it is decided, and how its caller gets the result.
pub(super) struct Asking {
    pub(super) before: Box<dyn FnMut(&CommandView<'_>) + Send>,
    drafts: Vec<EntryDraft>,
    reported: mpsc::Sender<Told>,
}

impl WriteJob for Asking {
    fn decide(&mut self, view: &CommandView<'_>) -> Vec<EntryDraft> {
        (self.before)(view);
        std::mem::take(&mut self.drafts)
    }
    fn finish(self: Box<Self>, result: Told) {
        let _ = self.reported.send(result);
    }
}

pub(super) fn asking(drafts: Vec<EntryDraft>) -> (Box<Asking>, mpsc::Receiver<Told>) {
    let (reported, result) = mpsc::channel();
    (Box::new(Asking { before: Box::new(|_| ()), drafts, reported }), result)
}

pub(super) fn one(core: &mut LogWriter, drafts: Vec<EntryDraft>) -> (Told, Result<(), FatalError>) {
    let (job, reported) = asking(drafts);
    let mut jobs: VecDeque<Box<dyn WriteJob>> = VecDeque::from([job as Box<dyn WriteJob>]);
    let ended = core.group(&mut jobs);
    (reported.try_recv().unwrap(), ended)
}

/// Enough entries that the first of them are in no cache.
fn fill(core: &mut LogWriter) {
    one(core, vec![equipment()]).0.unwrap();
    for i in 0..8 {
        let drafts = (0..60).map(|n| cleaning(&format!("fill {i} {n}"), &"M".repeat(300))).collect();
        one(core, drafts).0.unwrap();
    }
    core.make_durable().unwrap();
}

/// What is there is what was acknowledged, now and after a start.
pub(super) fn agrees(of: &FaultyBox, core: LogWriter, size: u64) {
    assert_eq!(core.size(), size);
    assert_eq!(core.reader().unwrap().size(), size);
    let facility = core.facility().clone();
    drop(core);
    of.mend();
    let core = of.core();
    assert_eq!((core.size(), core.facility()), (size, &facility));
    assert_eq!(core.reader().unwrap().entries(0..size).filter(Result::is_ok).count() as u64, size);
}

#[test]
fn a_command_panics_and_its_group_goes_on() {
    let of = FaultyBox::new();
    let mut core = of.core();
    let (first, first_report) = asking(vec![equipment()]);
    let (mut second, second_report) = asking(vec![cleaning("a", "M")]);
    second.before = Box::new(|_| panic!("a bug"));
    let (third, third_report) = asking(vec![cleaning("b", "N")]);
    let mut jobs: VecDeque<Box<dyn WriteJob>> = VecDeque::from([first as Box<dyn WriteJob>, second, third]);
    core.group(&mut jobs).unwrap();
    assert!(second_report.try_recv().is_err(), "its asker hears that nobody answers");
    assert_eq!(first_report.try_recv().unwrap().unwrap()[0].seq, 1);
    assert_eq!(third_report.try_recv().unwrap().unwrap()[0].seq, 2);
    agrees(&of, core, 3);
}

#[test]
fn reading_for_a_decision_fails_and_the_others_are_recorded() {
    let of = FaultyBox::new();
    let mut core = of.core();
    fill(&mut core);
    let size = core.size();
    let (first, first_report) = asking(vec![cleaning("before", "M")]);
    let (mut second, second_report) = asking(vec![cleaning("looks", "M")]);
    let faults = of.faults.clone();
    second.before = Box::new(move |view| {
        let how = How::Error(ErrorKind::Other);
        faults.lock().unwrap().push(Fault {
            path: "cleantrack.redb".to_owned(),
            call: Call::Read,
            how,
            times: 1,
        });
        assert_eq!(view.entry(EntryRef { epoch: view.epoch(), seq: 3 }), None);
    });
    let (third, third_report) = asking(vec![cleaning("behind", "M")]);
    let mut jobs: VecDeque<Box<dyn WriteJob>> = VecDeque::from([first as Box<dyn WriteJob>, second, third]);
    while !jobs.is_empty() {
        core.group(&mut jobs).unwrap();
    }
    assert!(matches!(second_report.try_recv().unwrap(), Err(SubmitError::Database(_))));
    assert_eq!(first_report.try_recv().unwrap().unwrap()[0].seq, size);
    assert_eq!(third_report.try_recv().unwrap().unwrap()[0].seq, size + 1);
    agrees(&of, core, size + 2);
}

#[test]
fn no_space_is_told_and_nothing_is_recorded() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment()]).0.unwrap();
    of.fail("log/", Call::Write, How::Error(ErrorKind::StorageFull), 1);
    let (reported, ended) = one(&mut core, vec![cleaning("a", "M")]);
    assert!(matches!(reported, Err(SubmitError::Full)) && ended.is_ok(), "{reported:?} {ended:?}");
    assert_eq!(core.facility().activity.get(&tag()).map(|a| a.cleanings), None, "taken back");
    assert_eq!(one(&mut core, vec![cleaning("a", "M")]).0.unwrap()[0].seq, 2, "the key was not taken");
    agrees(&of, core, 3);
}

#[test]
fn no_space_and_a_ballast_is_recorded() {
    let of = FaultyBox::new();
    let mut core = of.core();
    one(&mut core, vec![equipment()]).0.unwrap();
    std::fs::write(of.dir.path().join("ballast"), vec![7; 1 << 16]).unwrap();
    of.fail("log/", Call::Write, How::Error(ErrorKind::StorageFull), 1);
    assert_eq!(one(&mut core, vec![cleaning("a", "M")]).0.unwrap()[0].seq, 2);
    assert!(!of.dir.path().join("ballast").exists());
    agrees(&of, core, 3);
}

#[test]
fn a_write_or_a_flush_that_fails_is_unknown_and_ends_the_process() {
    for call in [Call::Write, Call::Flush] {
        let of = FaultyBox::new();
        let mut core = of.core();
        one(&mut core, vec![equipment()]).0.unwrap();
        of.fail("log/", call, How::Error(ErrorKind::Other), 1);
        let (reported, ended) = one(&mut core, vec![cleaning("a", "M")]);
        assert!(matches!(reported, Err(SubmitError::Unknown)), "{call:?}: {reported:?}");
        ended.unwrap_err();
        assert_eq!(core.size(), 2, "nobody reads what nobody knows");
        drop(core);
        // Whether it is there or not, the next process knows, and the key shows it to the caller.
        let mut core = of.core();
        let there = core.size() == 3;
        assert_eq!(there, call == Call::Flush);
        if !there {
            one(&mut core, vec![cleaning("a", "M")]).0.unwrap();
        }
        agrees(&of, core, 3);
    }
}

#[test]
fn nobody_is_answered_from_a_folder_that_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (clock, random) = seams();
    let disk = Arc::new(SystemDisk::take(dir.path()).unwrap());
    let mut core = LogWriter::open(disk, sizes(), clock, &*random).unwrap().0;
    one(&mut core, vec![equipment()]).0.unwrap();
    std::fs::remove_dir_all(dir.path()).unwrap();
    let (reported, ended) = one(&mut core, vec![cleaning("a", "M")]);
    assert!(matches!(reported, Err(SubmitError::Unknown)), "{reported:?}");
    ended.unwrap_err();
}

#[tokio::test]
async fn the_thread_that_flushes_panics_and_the_process_ends() {
    let of = FaultyBox::new();
    let store = of.store();
    record(&store, vec![equipment()]).await;
    of.fail("log/", Call::Flush, How::Panic, 1);
    let reported =
        store.submit(|_| WriteDecision::Append { drafts: vec![cleaning("a", "M")], answer: () }).await;
    assert!(matches!(reported, Err(SubmitError::Unknown)), "{reported:?}");
    assert!(store.fatal_watch().wait_for(Option::is_some).await.is_ok());
}

#[tokio::test]
async fn following_the_log_panics_and_the_process_ends() {
    let of = FaultyBox::new();
    let store = of.store();
    record(&store, vec![equipment()]).await;
    of.fail("cleantrack.redb", Call::Write, How::Panic, usize::MAX);
    let submit = async |i: u32| {
        let draft = cleaning(&format!("k{i}"), &"M".repeat(300));
        store.submit(|_| WriteDecision::Append { drafts: vec![draft], answer: () }).await.map(drop)
    };
    let mut acknowledged = store.size();
    for i in 0..200 {
        acknowledged += u64::from(submit(i).await.is_ok());
        if store.reader().is_err() {
            break;
        }
    }
    assert!(store.fatal_watch().wait_for(Option::is_some).await.is_ok());
    // The one that finds out may be recorded; nobody decides any more behind it.
    acknowledged += u64::from(submit(200).await.is_ok());
    assert!(submit(201).await.is_err());
    of.mend();
    // The real process ends here; redb's locks are poisoned, and letting go of it panics too.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(store)));
    let core = of.core();
    assert!(core.size() >= acknowledged, "{} of {acknowledged}", core.size());
}

/// Records until the database has failed once; how many entries were acknowledged.
fn until_the_database_fails(of: &FaultyBox, core: &mut LogWriter, size: &mut u64) {
    // Some of what it writes early it only tries to.
    of.fail("cleantrack.redb", Call::Write, How::Error(ErrorKind::Other), usize::MAX);
    for i in 0..100 {
        let drafts = (0..40).map(|n| cleaning(&format!("spill {size} {i} {n}"), &"M".repeat(300))).collect();
        let (reported, ended) = one(core, drafts);
        assert_eq!(reported.unwrap().len(), 40, "the group is recorded, whatever the database says");
        ended.unwrap();
        *size += 40;
        if core.shared.recorded.has_failed() {
            return of.mend();
        }
    }
    panic!("the database never failed");
}

#[test]
fn the_database_fails_behind_a_good_flush_and_the_group_is_recorded() {
    let of = FaultyBox::new();
    let mut core = of.core();
    fill(&mut core);
    let mut size = core.size();
    until_the_database_fails(&of, &mut core, &mut size);
    assert_eq!(core.facility().activity[&tag()].cleanings, size - 2);
    // It is opened again before anything else, and has taken over what it missed.
    one(&mut core, vec![cleaning("next", "M")]).0.unwrap();
    assert!(!core.shared.recorded.has_failed());
    agrees(&of, core, size + 1);
}

#[test]
fn the_database_fails_twice_in_a_row_and_is_built_anew() {
    let of = FaultyBox::new();
    let mut core = of.core();
    fill(&mut core);
    let mut size = core.size();
    until_the_database_fails(&of, &mut core, &mut size);
    core.recover().unwrap();
    core.trouble = Some(redb::Error::PreviousIo);
    let mut jobs = VecDeque::new();
    core.group(&mut jobs).unwrap_err();
    assert!(of.dir.path().join("starting").exists(), "the next start is told");
    drop(core);
    of.mend();
    let (clock, random) = seams();
    let (core, report) = LogWriter::open(of.disk(), FaultyBox::sizes(), clock, &*random).unwrap();
    assert_eq!(core.size(), size);
    assert!(report.rebuilt.is_some(), "{report:?}");
    agrees(&of, core, size);
}

#[test]
fn both_fail_and_nobody_knows() {
    let of = FaultyBox::new();
    let mut core = of.core();
    fill(&mut core);
    let size = core.size();
    of.fail("log/", Call::Flush, How::Error(ErrorKind::Other), 1);
    of.fail("cleantrack.redb", Call::Write, How::Error(ErrorKind::Other), usize::MAX);
    let drafts = (0..300).map(|n| cleaning(&format!("both {n}"), &"M".repeat(300))).collect();
    let (reported, ended) = one(&mut core, drafts);
    assert!(matches!(reported, Err(SubmitError::Unknown)) && ended.is_err());
    assert_eq!(core.size(), size);
}

#[tokio::test]
async fn a_card_that_does_not_answer_is_unknown_to_whoever_waits() {
    let of = FaultyBox::new();
    let store = of.store();
    record(&store, vec![equipment()]).await;
    of.fail("log/", Call::Flush, How::Hang, 1);
    // Time passes by leaps now, to whatever is waited for.
    tokio::time::pause();
    let reported =
        store.submit(|_| WriteDecision::Append { drafts: vec![cleaning("a", "M")], answer: () }).await;
    assert!(matches!(reported, Err(SubmitError::Unknown)), "{reported:?}");
    tokio::time::resume();
    of.mend();
    // The card answers at last: the same key finds what became of it.
    let requested = store.submit(|view| WriteDecision::<_>::Answer(view.by_key(&Digest16::of(b"a")))).await;
    assert_eq!(requested.unwrap().answer.map(|(line, _)| line.of.seq), Some(2));
}

#[tokio::test]
async fn what_the_relay_gives_back_leaves_room_for_records() {
    for (free_mib, has_space) in [(100, false), (200, true)] {
        let store = FaultyBox { free: Some(free_mib << 20), ..FaultyBox::new() }.store();
        record(&store, vec![equipment()]).await;
        let entry = store.reader().unwrap().entry(1).unwrap().unwrap();
        let elsewhere = record::ids::Epoch { n: 1, key: [9; 4] };
        match super::adoption::keep_missing(&store, elsewhere, &[entry], &[]) {
            Ok(stored) => assert_eq!((stored, has_space), (1, true)),
            Err(error) => {
                assert!(!has_space, "{error}");
                assert!(error.to_string().starts_with("100 MiB are free"), "{error}");
            }
        }
        assert!(!super::adoption::keep_run(&store, &run_of(elsewhere), b"no run").is_ok_and(|stored| stored));
        record(&store, vec![cleaning("on", "Maria")]).await;
    }
}

fn run_of(epoch: record::ids::Epoch) -> record::run::RunName {
    record::run::RunName::new(epoch, 0..2, record::tree::Hash([3; 32])).unwrap()
}

#[tokio::test]
async fn a_disk_that_is_full_keeps_no_half_copy_of_the_state_for_a_backup() {
    let of = FaultyBox::new();
    let store = of.store();
    let copy = of.dir.path().join("state.copy.new");
    // While its bytes are copied, and while tables are taken out of it.
    for call in [Call::Write, Call::Flush] {
        of.fail("state.copy.new", call, How::Error(ErrorKind::StorageFull), 1);
        let failed = store.copy_state(&[]).unwrap_err();
        assert!(!copy.exists(), "{call:?}: {failed}");
        of.mend();
    }
    // Nobody who writes to it waits for the copy that failed.
    store.state_db().begin_write().unwrap().commit().unwrap();
    let copied = store.copy_state(&[]).unwrap();
    assert!(copied.copied.bytes > 0 && copy.exists());
    drop(copied);
    assert!(!copy.exists());
    record(&store, vec![equipment()]).await;
}
