//! The only access of pages and programs to the database: few threads, short queues, and a limit on waiting.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use record::ids::Epoch;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::reader::LogReader;
use crate::Store;
use crate::io::error::StoreError;

/// How long a read waits for a thread.
const QUEUED_MAX: Duration = Duration::from_millis(1_500);
/// How long it is waited for once it has one; what it reads with lives no longer.
const RUN_MAX: Duration = Duration::from_secs(2);
/// Quick reads that may wait: all pages that are open may ask at once when something was recorded, and every phone beside
/// them; it is their time in the queue that is short.
pub(crate) const QUICK_WAITING_MAX: usize = 256;
pub(crate) const LONG_WAITING_MAX: usize = 8;
const QUICK_ROWS_MAX: usize = 32;

/// Rows that one look at a long history reads: the next ones are read by another look, and what was recorded meanwhile is
/// not held up.
pub const HISTORY_PIECE: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadLane {
    /// A few rows: a receipt, a form, an item.
    Quick,
    /// Lists, exports and proofs.
    Long,
}

impl ReadLane {
    pub fn of_rows(rows: usize) -> Self {
        if rows <= QUICK_ROWS_MAX { Self::Quick } else { Self::Long }
    }
}

/// Why something was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Too many wait, or it took too long; later it may be read.
    #[error("too much is being read at this moment")]
    Busy,
    /// It panicked, or the store ended meanwhile.
    #[error("what was read gave no answer")]
    NoAnswer,
    #[error(transparent)]
    Store(#[from] StoreError),
}

type ReadJob = Box<dyn FnOnce() + Send>;

struct LaneQueue {
    state: Mutex<LaneState>,
    wake: Condvar,
    waiting_max: usize,
}

#[derive(Default)]
struct LaneState {
    jobs: VecDeque<ReadJob>,
    closed: bool,
}

impl LaneQueue {
    fn start(name: &str, threads: usize, waiting_max: usize) -> std::io::Result<Arc<Self>> {
        let queue = Arc::new(Self { state: Mutex::default(), wake: Condvar::new(), waiting_max });
        for _ in 0..threads {
            let own = queue.clone();
            std::thread::Builder::new().name(name.to_owned()).spawn(move || own.run())?;
        }
        Ok(queue)
    }

    fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: ReadJob) -> Result<(), ReadError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Stopped.into());
        }
        if state.jobs.len() >= self.waiting_max {
            return Err(ReadError::Busy);
        }
        state.jobs.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    fn next(&self) -> Option<ReadJob> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(&self) {
        while let Some(job) = self.next() {
            // A damaged page can make redb panic: its caller gets an error, the next one is read all the same.
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
                tracing::error!("a read of the database panicked");
            }
        }
    }

    fn close(&self) {
        self.state().closed = true;
        self.wake.notify_all();
    }
}

/// The threads that read; they end with the last handle of the store.
pub(crate) struct ReadPool {
    quick: Arc<LaneQueue>,
    long: Arc<LaneQueue>,
}

impl ReadPool {
    /// Starts them.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn start() -> std::io::Result<Self> {
        Ok(Self {
            quick: LaneQueue::start("store-read", 2, QUICK_WAITING_MAX)?,
            long: LaneQueue::start("store-read-long", 1, LONG_WAITING_MAX)?,
        })
    }

    fn lane(&self, lane: ReadLane) -> &LaneQueue {
        match lane {
            ReadLane::Quick => &self.quick,
            ReadLane::Long => &self.long,
        }
    }
}

impl Drop for ReadPool {
    fn drop(&mut self) {
        self.quick.close();
        self.long.close();
    }
}

/// How far a read has come: whoever changes it first decides between taking it up and giving it up.
struct ReadTurn(AtomicU8);

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const ABANDONED: u8 = 2;

impl ReadTurn {
    fn take(&self, what: u8) -> bool {
        self.0.compare_exchange(WAITING, what, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Nobody waits any more: a read that was not taken up is not taken up later either.
struct Asker(Arc<ReadTurn>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.take(ABANDONED);
    }
}

impl Store {
    /// Reads this epoch's log and all history on a thread of the store, never on the caller's. Ends within a few seconds.
    ///
    /// # Errors
    /// [`ReadError::Busy`] when too many wait or it took too long; the database's.
    pub async fn read<T, F>(&self, lane: ReadLane, work: F) -> Result<T, ReadError>
    where
        F: FnOnce(&LogReader) -> T + Send + 'static,
        T: Send + 'static,
    {
        self.read_epoch(self.shared.epoch(), lane, work).await
    }

    /// As [`Store::read`], of an epoch of this box that may have ended.
    ///
    /// # Errors
    /// As [`Store::read`]; [`StoreError::NoEntry`] for an epoch that is not here.
    pub async fn read_epoch<T, F>(&self, epoch: Epoch, lane: ReadLane, work: F) -> Result<T, ReadError>
    where
        F: FnOnce(&LogReader) -> T + Send + 'static,
        T: Send + 'static,
    {
        let turn = Arc::new(ReadTurn(AtomicU8::new(WAITING)));
        let (to, mut answer) = oneshot::channel();
        let (shared, taken) = (self.shared.clone(), turn.clone());
        self.pool.lane(lane).push(Box::new(move || {
            if !taken.take(RUNNING) {
                return;
            }
            let read = LogReader::open(shared, epoch).map_err(ReadError::from).and_then(|reader| {
                let read = work(&reader);
                // What was read with a snapshot that ended on the way may have holes.
                if reader.has_expired() { Err(ReadError::Busy) } else { Ok(read) }
            });
            // A caller who went away has no use for it.
            let _ = to.send(read);
        }))?;
        let asker = Asker(turn);
        let read = match timeout(QUEUED_MAX, &mut answer).await {
            Ok(read) => read,
            Err(_) if asker.0.take(ABANDONED) => return Err(ReadError::Busy),
            Err(_) => timeout(RUN_MAX, answer).await.map_err(|_| ReadError::Busy)?,
        };
        read.unwrap_or(Err(ReadError::NoAnswer))
    }
}
