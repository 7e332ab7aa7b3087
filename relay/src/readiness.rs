//! Whether this process is to be sent requests: it does not end, the database takes a write, and what was stored reaches the pages.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use service::clock::Clock;
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use crate::db::facility::facilities;
use crate::db::projection::projections::{FoldProgress, platform_progress};
use crate::db::{Db, DbError, PlatformReason, SCHEMA_VERSION, platform_schema};
use crate::keys::{AuthorityKind, SharedKeySet};
use crate::objects::PhotoStore;

const WRITER_WITHIN: Duration = Duration::from_secs(1);
/// How long for the store of photos, which has nothing to do with whether pages are served.
const OBJECTS_WITHIN: Duration = Duration::from_secs(1);
/// A result is reused for so long, however many ask.
const STANDS_MS: u64 = 1_000;
/// What is stored is on pages within this, or whoever reads them is better sent to where it is.
const LAG_MS_MAX: u64 = 60_000;
/// How often it is noted how much is stored.
const SAMPLE_MS: u64 = 5_000;
/// How long the store of photos is silent before it is reported.
const SILENT_MS: u64 = 60_000;

/// Why no requests should come here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadinessFault {
    #[error("draining")]
    Draining,
    #[error("the database does not answer: {0}")]
    Database(String),
    #[error("the database has schema {0}, which is older than this program's")]
    Schema(i64),
    #[error("no key is here by which batches are cosigned: bring it with keys import")]
    Key,
    #[error("what was stored a minute ago is not on pages yet")]
    Lag,
}

impl From<DbError> for ReadinessFault {
    fn from(error: DbError) -> Self {
        Self::Database(error.to_string())
    }
}

/// Ready, and what is not as it should be all the same.
pub type ReadinessNotes = Vec<&'static str>;

/// Whether requests should come here. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ProcessReadiness {
    parts: Arc<ReadinessParts>,
}

#[derive(Debug)]
struct ReadinessParts {
    db: Db,
    photos: PhotoStore,
    keys: Option<SharedKeySet>,
    clock: Arc<dyn Clock>,
    is_draining: AtomicBool,
    /// The newest write of this process's own row failed: see [`ProcessReadiness::note_write`].
    is_refused: AtomicBool,
    memory: Mutex<ReadinessMemory>,
}

/// What was found last, and what is compared with it. Times are milliseconds since the machine's boot.
#[derive(Debug, Default)]
struct ReadinessMemory {
    found: Option<(u64, Result<ReadinessNotes, ReadinessFault>)>,
    progress: StoredSamples,
    objects_answered_ms: Option<u64>,
}

/// How much was stored at which times, the oldest first.
#[derive(Debug, Default)]
struct StoredSamples(VecDeque<(u64, i64)>);

impl StoredSamples {
    /// Whether something that was stored a minute ago is not folded yet.
    fn lags(&mut self, progress: FoldProgress, now_ms: u64) -> bool {
        let FoldProgress { stored, folded } = progress;
        // A facility that cannot be folded counts no more, or a log was deleted: earlier sums are of something else.
        if self.0.back().is_some_and(|&(_, before)| before > stored) {
            self.0.clear();
        }
        if self.0.back().is_none_or(|&(at_ms, _)| now_ms.saturating_sub(at_ms) >= SAMPLE_MS) {
            self.0.push_back((now_ms, stored));
        }
        // The newest one that is a minute old says enough.
        while self.0.get(1).is_some_and(|(at_ms, _)| now_ms.saturating_sub(*at_ms) >= LAG_MS_MAX) {
            self.0.pop_front();
        }
        let oldest = self.0.front();
        oldest.is_some_and(|(at_ms, sum)| now_ms.saturating_sub(*at_ms) >= LAG_MS_MAX && *sum > folded)
    }
}

impl ProcessReadiness {
    /// `keys`: of a process that takes batches.
    pub fn new(db: Db, photos: PhotoStore, keys: Option<SharedKeySet>, clock: Arc<dyn Clock>) -> Self {
        let (is_draining, is_refused) = (AtomicBool::new(false), AtomicBool::new(false));
        let memory = Mutex::default();
        let parts = ReadinessParts { db, photos, keys, clock, is_draining, is_refused, memory };
        Self { parts: Arc::new(parts) }
    }

    /// What became of a write that was committed. Only a commit reaches the disk, so that a full one is seen by no look that leaves
    /// nothing behind.
    pub(crate) fn note_write(&self, written: Result<(), &DbError>) {
        // Somebody else's long write is work and no fault.
        let is_refused = written.is_err_and(|error| !error.is_busy());
        self.parts.is_refused.store(is_refused, Ordering::Relaxed);
    }

    pub fn begin_drain(&self) {
        self.parts.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether requests should come here.
    pub async fn check(&self) -> Result<ReadinessNotes, ReadinessFault> {
        let parts = &self.parts;
        if parts.is_draining.load(Ordering::Relaxed) {
            return Err(ReadinessFault::Draining);
        }
        // Many ask at once: they get the result of one look.
        let mut memory = parts.memory.lock().await;
        let now_ms = parts.clock.now().up_ms;
        if let Some((at_ms, found)) = &memory.found
            && now_ms.saturating_sub(*at_ms) < STANDS_MS
        {
            return found.clone();
        }
        let found = parts.look(&mut memory, now_ms).await;
        if let Err(fault) = &found {
            tracing::warn!(%fault, "not ready");
        }
        memory.found = Some((now_ms, found.clone()));
        found
    }
}

impl ReadinessParts {
    async fn look(
        &self,
        memory: &mut ReadinessMemory,
        now_ms: u64,
    ) -> Result<ReadinessNotes, ReadinessFault> {
        let progress = self.check_database().await?;
        if self.is_refused.load(Ordering::Relaxed) {
            return Err(ReadinessFault::Database("it does not take what this process writes".to_owned()));
        }
        if let Some(keys) = &self.keys
            && keys.now().signer_for(AuthorityKind::Cosign, i64::MAX).is_none()
        {
            return Err(ReadinessFault::Key);
        }
        if memory.progress.lags(progress, now_ms) {
            return Err(ReadinessFault::Lag);
        }
        let answered = timeout(OBJECTS_WITHIN, self.photos.check_answer()).await;
        if matches!(answered, Ok(Ok(()))) || memory.objects_answered_ms.is_none() {
            memory.objects_answered_ms = Some(now_ms);
        }
        let answered_ms = memory.objects_answered_ms.unwrap_or(now_ms);
        let is_silent = now_ms.saturating_sub(answered_ms) >= SILENT_MS;
        Ok(if is_silent { vec!["the store of photos has not answered for a minute"] } else { Vec::new() })
    }

    /// Whether the database can be read, has the tables, and would take a write.
    async fn check_database(&self) -> Result<FoldProgress, ReadinessFault> {
        let mut conn = self.db.platform_read(PlatformReason::Health).await?;
        let schema = platform_schema(&mut conn).await?;
        // A newer one has only more: its program starts beside this one.
        if schema < i64::try_from(SCHEMA_VERSION).unwrap_or(i64::MAX) {
            return Err(ReadinessFault::Schema(schema));
        }
        let progress = platform_progress(&mut conn).await?;
        drop(conn);
        let writing = async {
            let mut tx = self.db.platform_write(PlatformReason::Health).await?;
            facilities::platform_write_nothing(&mut tx).await
        };
        match timeout(WRITER_WITHIN, writing).await {
            Ok(written) => written?,
            // There one writes after the other, a rebuild for minutes: that is work and no fault.
            Err(_) if self.db.is_sqlite() => {}
            Err(_) => return Err(ReadinessFault::Database("no write within a second".to_owned())),
        }
        Ok(progress)
    }
}

/// What somebody reads who asks: a word, and what is not as it should be all the same.
pub(crate) fn ready_text(notes: &[&'static str]) -> String {
    let lines = std::iter::once(&"ready").chain(notes);
    lines.map(|line| format!("{line}\n")).collect()
}

/// By which an operator's order ends the process as SIGTERM does.
#[derive(Debug, Clone, Default)]
pub struct DrainSignal(Arc<Notify>);

impl DrainSignal {
    pub(crate) fn send(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn wait(&self) {
        self.0.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use service::clock::FakeClock;

    use super::*;

    async fn open(dir: &std::path::Path, clock: &Arc<FakeClock>) -> (Db, ProcessReadiness) {
        let db = Db::open(&format!("sqlite:{}", dir.join("relay.db").display())).await.unwrap();
        let photos = PhotoStore::in_folder(&dir.join("photos")).unwrap();
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        (db.clone(), ProcessReadiness::new(db, photos, None, clock))
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_written_is_not_ready() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(FakeClock::at_ms(1)));
        let (db, readiness) = open(dir.path(), &clock).await;
        assert_eq!(readiness.check().await, Err(ReadinessFault::Schema(0)), "no tables");
        db.migrate(1).await.unwrap();
        assert_eq!(readiness.check().await, Err(ReadinessFault::Schema(0)), "what was found stands a second");
        clock.advance_ms(1_000);
        assert_eq!(readiness.check().await, Ok(Vec::new()));
        let held = db.platform_write(PlatformReason::Health).await.unwrap();
        clock.advance_ms(1_000);
        assert_eq!(readiness.check().await, Ok(Vec::new()), "somebody writes");
        drop(held);
        let Db::Sqlite { writer, readers } = &db else { panic!("not a file") };
        // A writer that can only read, as of a disk that takes no more.
        let (read_only, photos) = (
            Db::Sqlite { writer: readers.clone(), readers: readers.clone() },
            PhotoStore::in_folder(dir.path()).unwrap(),
        );
        let readiness = ProcessReadiness::new(read_only, photos, None, clock);
        assert!(matches!(readiness.check().await, Err(ReadinessFault::Database(_))));
        writer.close().await;
    }

    #[tokio::test]
    async fn a_commit_that_the_disk_refuses_is_not_ready_until_one_is_taken() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(FakeClock::at_ms(1)));
        let (db, readiness) = open(dir.path(), &clock).await;
        db.migrate(1).await.unwrap();
        readiness.note_write(Err(&DbError::stored("disk", "it is full")));
        assert!(matches!(readiness.check().await, Err(ReadinessFault::Database(_))));
        readiness.note_write(Ok(()));
        clock.advance_ms(1_000);
        assert_eq!(readiness.check().await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn a_process_that_ends_says_so_first() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(FakeClock::at_ms(1)));
        let (db, readiness) = open(dir.path(), &clock).await;
        db.migrate(1).await.unwrap();
        assert_eq!(readiness.check().await, Ok(Vec::new()));
        readiness.clone().begin_drain();
        assert_eq!(readiness.check().await.unwrap_err().to_string(), "draining", "at once");
    }

    #[test]
    fn a_steady_stream_is_no_lag_and_a_stop_is() {
        let mut samples = StoredSamples::default();
        let mut lags =
            |stored, folded, at_s: u64| samples.lags(FoldProgress { stored, folded }, at_s * 1_000);
        for at in 0..40 {
            let stored = i64::try_from(at).unwrap() * 100;
            assert!(!lags(stored, (stored - 300).max(0), at * 5), "always fifteen seconds behind");
        }
        // Nothing is folded any more.
        let folded = 3_600;
        assert!(!lags(4_000, folded, 200) && !lags(4_500, folded, 230));
        assert!(lags(4_500, folded, 261), "what was stored at 200 s is not");
        assert!(!lags(4_500, 4_500, 262), "it is now");
        assert!(!lags(100, 0, 400), "a log was forgotten");
    }
}
