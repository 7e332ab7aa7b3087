//! Queue, rule and a scripted card together, in a time that passes when the test says so.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use record::entry::EntryDraft;
use tokio::runtime::Handle;

use super::GroupCommit;
use crate::index::view::{CommandView, DurableEntry};
use crate::io::error::SubmitError;
use crate::shared::job::WriteJob;
use crate::shared::queue::{Answer, WriteQueue, WriteQueueState, WriterTime};

const FLUSH: Duration = Duration::from_millis(8);
/// Longest that a group's own work takes besides its flush, in this world.
const WORK: Duration = Duration::from_micros(500);

/// What is done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Planted {
    Nothing,
    CountedAfterTheAnswers,
    /// The gap runs from the last arrival alone, however old.
    GapFromTheLastArrival,
}

/// Phones, each with its next scan on the way or its answer awaited.
struct World {
    queue: Weak<WriteQueue>,
    rng: u64,
    now: Instant,
    coming: BinaryHeap<Reverse<(Instant, usize)>>,
    silent: BTreeSet<usize>,
    last_arrival: Instant,
    /// Answers of this round not yet out.
    unanswered: usize,
    phones: usize,
    /// Of a thousand rounds, those in which the writer is preempted when the answers are out.
    preempted: u64,
    /// Of a thousand returns, those that take some milliseconds more.
    late: u64,
}

impl World {
    fn roll(&mut self, below: u64) -> u64 {
        self.rng = self.rng.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.rng;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    /// An answered phone handles it and asks again; answers go out one after the other.
    fn return_time(&mut self) -> Duration {
        let place = (self.phones - self.unanswered.min(self.phones)) as u64;
        let mut us = 125 + self.roll(475) + 600 * place / self.phones as u64;
        if self.roll(1_000) < self.late {
            us += 1_000 + self.roll(5_000);
        }
        Duration::from_micros(us)
    }
}

#[derive(Clone)]
struct Clockwork(Arc<Mutex<World>>);

impl Clockwork {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Time advances to the next arrival, or to `until`.
    fn step(&self, queue: &WriteQueue, until: Instant) {
        let mut world = self.world();
        let next = world.coming.peek().map(|Reverse(next)| *next).filter(|(at, _)| *at <= until);
        let Some((at, phone)) = next else {
            world.now = world.now.max(until);
            return;
        };
        world.coming.pop();
        world.now = world.now.max(at);
        world.last_arrival = world.now;
        let own = world.queue.upgrade().unwrap();
        drop(world);
        assert!(queue.push(Box::new(Scan { phone, time: self.clone(), queue: own })).is_ok());
    }

    fn pass(&self, queue: &WriteQueue, span: Duration) {
        let until = self.now() + span;
        while self.now() < until {
            self.step(queue, until);
        }
    }
}

impl WriterTime for Clockwork {
    fn now(&self) -> Instant {
        self.world().now
    }

    fn sleep<'q>(
        &self,
        queue: &'q WriteQueue,
        state: MutexGuard<'q, WriteQueueState>,
        until: Instant,
    ) -> MutexGuard<'q, WriteQueueState> {
        drop(state);
        self.step(queue, until);
        queue.state()
    }
}

struct Scan {
    phone: usize,
    time: Clockwork,
    queue: Arc<WriteQueue>,
}

impl WriteJob for Scan {
    fn decide(&mut self, _: &CommandView<'_>) -> Vec<EntryDraft> {
        Vec::new()
    }

    fn finish(self: Box<Self>, _: Result<Vec<DurableEntry>, SubmitError>) {
        let queue = self.queue.clone();
        queue.answers().push(self);
    }
}

impl Answer for Scan {
    fn runtime(&self) -> Option<&Handle> {
        None
    }

    fn send(self: Box<Self>) {
        let mut world = self.time.world();
        if !world.silent.contains(&self.phone) {
            let back = world.now + world.return_time();
            world.coming.push(Reverse((back, self.phone)));
        }
        world.unanswered -= 1;
        let preempted = world.unanswered == 0 && world.roll(1_000) < world.preempted;
        drop(world);
        if preempted {
            self.time.pass(&self.queue, Duration::from_micros(1_300));
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Round {
    taken: usize,
    /// From the answers, or from the first job behind them, to this group's answers.
    took: Duration,
    /// Waited after the last arrival.
    idled: Duration,
}

struct Writer {
    queue: Arc<WriteQueue>,
    time: Clockwork,
    group_commit: GroupCommit,
    jobs: VecDeque<Box<dyn WriteJob>>,
    planted: Planted,
    start: Instant,
}

impl Writer {
    fn new(seed: u64, phones: usize, preempted: u64, late: u64, planted: Planted) -> Self {
        let start = Instant::now();
        let mut world = World {
            queue: Weak::new(),
            rng: seed,
            now: start,
            coming: BinaryHeap::new(),
            silent: BTreeSet::new(),
            last_arrival: start,
            unanswered: 0,
            phones,
            preempted,
            late,
        };
        for phone in 0..phones {
            let at = start + Duration::from_micros(world.roll(1_000));
            world.coming.push(Reverse((at, phone)));
        }
        let time = Clockwork(Arc::new(Mutex::new(world)));
        let queue = WriteQueue::in_time(Arc::new(time.clone()));
        time.world().queue = Arc::downgrade(&queue);
        Self { queue, time, group_commit: GroupCommit::default(), jobs: VecDeque::new(), planted, start }
    }

    /// The group at hand, written by the card and answered.
    fn write(&mut self) -> (usize, Instant) {
        let began = self.time.now();
        let mut jobs = std::mem::take(&mut self.jobs);
        self.queue.take_jobs(&mut jobs);
        let taken = jobs.len();
        let (flush, work) = {
            let mut world = self.time.world();
            world.unanswered = taken;
            let work = Duration::from_micros(50 + 350 * taken as u64 / 64);
            (FLUSH + Duration::from_micros(world.roll(100)), work)
        };
        self.time.pass(&self.queue, flush + work);
        let written_at = self.time.now();
        jobs.into_iter().for_each(|job| job.finish(Ok(Vec::new())));
        if self.planted == Planted::CountedAfterTheAnswers {
            self.queue.send_answers();
        }
        self.group_commit.answer(&self.queue, (taken, 0), flush, began);
        (taken, written_at)
    }

    fn round(&mut self) -> Round {
        self.queue.sleep(1, self.time.now() + Duration::from_secs(1));
        let since = self.time.now();
        let (queue, jobs) = (&self.queue, &mut self.jobs);
        if self.planted == Planted::GapFromTheLastArrival {
            self.group_commit.wait_from(queue, self.start, || queue.take_jobs(jobs));
        } else {
            self.group_commit.wait(queue, || queue.take_jobs(jobs));
        }
        let idled = self.time.now() - self.time.world().last_arrival.max(since);
        let (taken, written_at) = self.write();
        Round { taken, took: written_at - since, idled }
    }

    fn rounds(&mut self, count: usize) -> Vec<Round> {
        (0..count).map(|_| self.round()).collect()
    }
}

/// Everything that the rule promises; the first promise that is broken.
fn broken(planted: Planted) -> Option<String> {
    for seed in 0..8 {
        if let Some(why) = steady(seed, planted).or_else(|| halves(seed, planted)) {
            return Some(format!("seed {seed}: {why}"));
        }
        for (phones, late) in [(2, 0), (2, 100), (8, 20), (32, 100), (64, 5), (64, 100)] {
            let mut writer = Writer::new(seed, phones, 130, late, planted);
            let rounds = writer.rounds(300);
            if let Some(round) = rounds.iter().find(|r| r.took > FLUSH * 7 / 4 + Duration::from_millis(1)) {
                return Some(format!("seed {seed}: {phones} phones: a round took {:?}", round.took));
            }
        }
        if let Some(why) = silent(seed, planted) {
            return Some(format!("seed {seed}: {why}"));
        }
    }
    None
}

/// 64 phones that all come back in time share each flush, and the group goes with the last of them.
fn steady(seed: u64, planted: Planted) -> Option<String> {
    let mut writer = Writer::new(seed, 64, 130, 0, planted);
    writer.rounds(3);
    let rounds = writer.rounds(400);
    let whole = rounds.iter().filter(|r| r.taken == 64).count();
    if whole * 100 < rounds.len() * 95 {
        return Some(format!("64 of 64 in {whole} of {} rounds only", rounds.len()));
    }
    let idle = rounds.iter().find(|r| r.taken == 64 && !r.idled.is_zero())?;
    Some(format!("waited {:?} for nobody", idle.idled))
}

/// Two halves that take turns become one within two rounds.
fn halves(seed: u64, planted: Planted) -> Option<String> {
    let mut writer = Writer::new(seed, 64, 0, 0, planted);
    // Half of them are taken by a flush that the others miss.
    while writer.queue.waiting().jobs < 32 {
        let soon = writer.time.now() + FLUSH;
        writer.time.step(&writer.queue.clone(), soon);
    }
    assert_eq!(writer.write().0, 32, "half of them");
    assert_eq!(writer.queue.waiting().jobs, 32, "the others came meanwhile");
    let rounds = writer.rounds(2);
    (rounds[1].taken != 64).then(|| format!("two halves stayed two: {rounds:?}"))
}

/// A phone that comes no more costs one gap, once.
fn silent(seed: u64, planted: Planted) -> Option<String> {
    let mut writer = Writer::new(seed, 64, 0, 0, planted);
    writer.rounds(5);
    writer.time.world().silent.insert(7);
    let rounds = writer.rounds(4);
    let last = rounds.iter().position(|r| r.taken == 63)?;
    let gap = FLUSH / 8 + WORK;
    if rounds[last].idled > gap {
        return Some(format!("waited {:?} for a phone that went home", rounds[last].idled));
    }
    let after = rounds[last + 1..].iter().find(|r| !r.idled.is_zero())?;
    Some(format!("still waits {:?} for a phone that went home", after.idled))
}

#[test]
fn group_commit() {
    assert_eq!(broken(Planted::Nothing), None);
}

#[test]
fn waiting_counted_after_the_answers_is_found() {
    let why = broken(Planted::CountedAfterTheAnswers).expect("a planted fault is found");
    assert!(why.contains("waited"), "{why}");
}

#[test]
fn a_gap_from_the_last_arrival_is_found() {
    let why = broken(Planted::GapFromTheLastArrival).expect("a planted fault is found");
    assert!(why.contains("halves") || why.contains("64 of 64"), "{why}");
}

#[test]
fn alone_never_waits() {
    let mut writer = Writer::new(1, 1, 0, 0, Planted::Nothing);
    for round in writer.rounds(50) {
        assert_eq!(round.taken, 1);
        assert!(round.took <= FLUSH + WORK, "{round:?}");
    }
}

#[test]
fn a_full_group_goes_at_once_and_an_order_is_not_kept_waiting() {
    let phones = 600;
    let mut writer = Writer::new(3, phones, 0, 0, Planted::Nothing);
    let mut most = 0;
    for round in writer.rounds(20) {
        most = most.max(round.taken);
        assert!(round.took <= FLUSH * 7 / 4 + Duration::from_millis(4), "{round:?}");
    }
    assert!(most >= 512, "{most}");
    let mut writer = Writer::new(3, 8, 0, 0, Planted::Nothing);
    writer.rounds(4);
    writer.queue.sleep(1, writer.time.now() + FLUSH);
    assert!(writer.queue.control(crate::shared::queue::WriterControl::Cursor).is_ok());
    let before = writer.time.now();
    writer.group_commit.wait(&writer.queue, || 0);
    assert_eq!(writer.time.now(), before, "something else is to be done");
}
