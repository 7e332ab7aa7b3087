//! The turn in which reports are made, one at a time, and those that were: kept for 90 days.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::entry::ClockState;
use record::ids::{ReportId, StaffId};
use report::RowWording;
use report::build::ReportRequest;
use report::pdf::{ReportParts, render_report};
use report::query::{ReportFormat, ReportState};
use report::table::{TableFormat, TableWriter};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::error::HttpError;

use crate::background::run_background;
use crate::web::context::AppState;
use crate::web::http_error::{not_found, report_cancelled, report_not_ready, reports_busy};
use crate::web::view_models::reports::collect::{CollectedReport, collect_report, stream_rows};

/// Reports that wait for their turn.
const WAITING_MAX: usize = 50;
/// How long they are kept.
const STORED_MS: i64 = 90 * 86_400_000;
/// And how many.
const STORED_MAX: usize = 200;
const FOLDER: &str = "reports";
/// Of what is being written.
const PART: &str = "part";
/// Of what is known of a report, beside its file.
const FACTS: &str = "facts";
/// Bytes of all that are kept.
const STORED_BYTES_MAX: u64 = 1_000_000_000;

/// A report that was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredReport {
    pub(crate) id: ReportId,
    pub(crate) title: String,
    pub(crate) format: ReportFormat,
    pub(crate) begun_ms: i64,
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) state: ReportState,
    pub(crate) bytes: u64,
    /// Who asked for it; absent: a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<StaffId>,
}

struct Work {
    stored: StoredReport,
    progress: Arc<ReportProgress>,
}

/// How far one is, and whether it is still wanted.
#[derive(Debug, Default)]
pub(crate) struct ReportProgress {
    done: AtomicUsize,
    all: AtomicUsize,
    is_cancelled: AtomicBool,
}

impl ReportProgress {
    /// Of the work that is done, 0 to 99.
    pub(crate) fn percent(&self) -> u8 {
        let (done, all) = (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        u8::try_from(done * 100 / all.max(1)).map_or(99, |percent| percent.min(99))
    }

    fn set(&self, done: usize, all: usize) -> Result<(), HttpError> {
        self.done.store(done, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
        if self.is_cancelled.load(Ordering::Relaxed) { Err(report_cancelled()) } else { Ok(()) }
    }
}

/// One report is made at a time: they share the card and the reader's turns with phones.
pub(crate) struct ReportQueue {
    turn: Arc<Semaphore>,
    waiting: AtomicUsize,
    work: Mutex<Option<BTreeMap<ReportId, Work>>>,
}

impl Default for ReportQueue {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), waiting: AtomicUsize::new(0), work: Mutex::new(None) }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ReportQueue {
    async fn take_turn(&self) -> Result<OwnedSemaphorePermit, HttpError> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return Err(reports_busy());
        }
        Arc::clone(&self.turn).acquire_owned().await.map_err(|e| HttpError::internal(&e))
    }

    /// What was asked for; read from the card at first, where what a stop left half written is taken away.
    fn lock(&self, state: &AppState) -> MutexGuard<'_, Option<BTreeMap<ReportId, Work>>> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if work.is_none() {
            *work = Some(read_stored(&reports_folder(state)));
        }
        work
    }

    fn set(&self, state: &AppState, id: ReportId, change: impl FnOnce(&mut StoredReport)) {
        if let Some(work) = self.lock(state).as_mut().and_then(|all| all.get_mut(&id)) {
            change(&mut work.stored);
        }
    }
}

/// The turn of what is as much work as a report.
pub(crate) async fn take_turn(state: &AppState) -> Result<OwnedSemaphorePermit, HttpError> {
    state.stored::<ReportQueue>().take_turn().await
}

fn reports_folder(state: &AppState) -> PathBuf {
    state.field.data.join(FOLDER)
}

fn facts_path(folder: &Path, id: ReportId) -> PathBuf {
    folder.join(format!("{id}.{FACTS}"))
}

fn file_path(folder: &Path, stored: &StoredReport) -> PathBuf {
    folder.join(format!("{}.{}", stored.id, stored.format.ending()))
}

fn read_stored(folder: &Path) -> BTreeMap<ReportId, Work> {
    let mut stored = BTreeMap::new();
    let Ok(files) = std::fs::read_dir(folder) else { return stored };
    let paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    let ends_with = |path: &Path, ending: &str| path.extension().is_some_and(|found| found == ending);
    for path in paths.iter().filter(|path| ends_with(path, FACTS)) {
        let found: Option<StoredReport> =
            std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let is_whole = |found: &StoredReport| {
            found.state == ReportState::Ready
                && *path == facts_path(folder, found.id)
                && file_path(folder, found).exists()
        };
        if let Some(found) = found.filter(is_whole) {
            stored.insert(found.id, Work { stored: found, progress: Arc::default() });
        }
    }
    // What a stop left, and what no facts name any more.
    for path in paths {
        let is_named = stored.values().any(|work: &Work| {
            path == file_path(folder, &work.stored) || path == facts_path(folder, work.stored.id)
        });
        if !is_named {
            let _ = std::fs::remove_file(&path);
        }
    }
    stored
}

/// Takes away what failed or was cancelled a day ago, what is older than 90 days by a clock that is sure, and of too many, or too much,
/// the oldest.
fn drop_old(folder: &Path, all: &mut BTreeMap<ReportId, Work>, sure_ms: Option<i64>) {
    let is_over = |work: &Work| !work.stored.state.is_open();
    let mut over: Vec<(bool, i64, ReportId)> = all
        .values()
        .filter(|work| is_over(work))
        .map(|work| (work.stored.state == ReportState::Ready, work.stored.begun_ms, work.stored.id))
        .collect();
    over.sort_unstable();
    for (is_ready, begun_ms, id) in over {
        let bytes: u64 = all.values().map(|work| work.stored.bytes).sum();
        let stored_ms = if is_ready { STORED_MS } else { 86_400_000 };
        let is_old = sure_ms.is_some_and(|sure_ms| begun_ms < sure_ms.saturating_sub(stored_ms));
        if (is_old || all.len() > STORED_MAX || bytes > STORED_BYTES_MAX)
            && let Some(work) = all.remove(&id)
        {
            remove_files(folder, &work.stored);
        }
    }
}

/// The time now where a time server vouches for it: a clock that is ahead takes nothing away.
fn sure_now_ms(state: &AppState) -> Option<i64> {
    let now = state.clock.now();
    (now.state == ClockState::Synced).then_some(now.wall_ms)
}

fn remove_files(folder: &Path, stored: &StoredReport) {
    // One that was never written is gone already.
    let _ = std::fs::remove_file(file_path(folder, stored));
    let _ = std::fs::remove_file(facts_path(folder, stored.id));
}

/// Ends the work of a request that is gone: what draws looks at it.
struct CancelOnDrop(Arc<ReportProgress>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.is_cancelled.store(true, Ordering::Relaxed);
    }
}

/// Makes a report while whoever asks waits for it.
pub(crate) async fn make_now(
    state: &AppState,
    request: ReportRequest,
    format: ReportFormat,
) -> Result<Vec<u8>, HttpError> {
    let queue = state.stored::<ReportQueue>();
    let turn = queue.take_turn().await?;
    let progress = Arc::<ReportProgress>::default();
    let _caller = CancelOnDrop(Arc::clone(&progress));
    write_report(state, request, format, progress, turn).await
}

/// The turn ends with the work, also where nobody waits for it any more.
async fn write_report(
    state: &AppState,
    request: ReportRequest,
    format: ReportFormat,
    progress: Arc<ReportProgress>,
    turn: OwnedSemaphorePermit,
) -> Result<Vec<u8>, HttpError> {
    let (state, runtime) = (state.clone(), Handle::current());
    let made = run_background("report", move || {
        let _turn = turn;
        match format.table() {
            Some(table) => runtime.block_on(write_table(&state, request, table, &progress)),
            None => runtime.block_on(draw_report(&state, request, &progress)),
        }
    });
    // Whoever draws was seen to panic: that ends this report and nothing else.
    made.await.map_err(|error| HttpError::internal(&error))?
}

async fn write_table(
    state: &AppState,
    request: ReportRequest,
    format: TableFormat,
    progress: &ReportProgress,
) -> Result<Vec<u8>, HttpError> {
    let folder = reports_folder(state);
    std::fs::create_dir_all(&folder).map_err(|error| HttpError::internal(&error))?;
    let wording = RowWording::new(request.locale, state.store.facility().settings.zone());
    let failed = |error: report::ReportError| HttpError::internal(&error);
    let mut table =
        TableWriter::new(format, &wording, Vec::new(), &folder, request.now_ms).map_err(failed)?;
    let on_progress = |done, all| progress.set(done, all);
    let written = stream_rows(state, request, &on_progress, |row, entry| {
        table.write_row(row, Some(entry)).map_err(failed)
    });
    written.await?;
    table.finish().map_err(failed)
}

async fn draw_report(
    state: &AppState,
    request: ReportRequest,
    progress: &ReportProgress,
) -> Result<Vec<u8>, HttpError> {
    let collected = collect_report(state, request, &|done, all| progress.set(done, all * 2)).await?;
    let CollectedReport { report, entries, proof, pictures } = collected;
    let drawn = render_report(
        &report,
        ReportParts {
            entries,
            proof: &proof,
            pictures: &mut |hash| pictures.get(hash).cloned(),
            progress: &mut |done, all| match progress.set(all + done, all * 2) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            },
        },
    );
    drawn.map_err(|error| match error {
        report::ReportError::Cancelled => report_cancelled(),
        other => HttpError::internal(&other),
    })
}

/// Begins a report that is fetched later.
pub(crate) fn begin_report(
    state: &AppState,
    request: ReportRequest,
    format: ReportFormat,
    title: String,
    by: Option<StaffId>,
) -> Result<ReportId, HttpError> {
    let queue = state.stored::<ReportQueue>();
    let id = ReportId::new(request.now_ms, state.random.bytes());
    let stored = StoredReport {
        id,
        title,
        format,
        begun_ms: request.now_ms,
        from_ms: request.from_ms,
        to_ms: request.to_ms,
        state: ReportState::Waiting,
        bytes: 0,
        by,
    };
    let progress = Arc::new(ReportProgress::default());
    if let Some(all) = queue.lock(state).as_mut() {
        let under_way = all.values().filter(|work| work.stored.state == ReportState::Waiting).count();
        if under_way >= WAITING_MAX {
            return Err(reports_busy());
        }
        drop_old(&reports_folder(state), all, sure_now_ms(state));
        all.insert(id, Work { stored, progress: progress.clone() });
    }
    let state = state.clone();
    tokio::spawn(async move { finish_report(&state, id, request, format, progress).await });
    Ok(id)
}

struct EndedWork<'a> {
    state: &'a AppState,
    id: ReportId,
}

impl Drop for EndedWork<'_> {
    fn drop(&mut self) {
        let queue = self.state.stored::<ReportQueue>();
        queue.set(self.state, self.id, |stored| {
            if stored.state.is_open() {
                stored.state = ReportState::Failed;
            }
        });
    }
}

async fn finish_report(
    state: &AppState,
    id: ReportId,
    request: ReportRequest,
    format: ReportFormat,
    progress: Arc<ReportProgress>,
) {
    let queue = state.stored::<ReportQueue>();
    // A panic on the way leaves no report that is being made for ever.
    let _ended = EndedWork { state, id };
    let made = match Arc::clone(&queue.turn).acquire_owned().await {
        Ok(turn) if progress.set(0, 0).is_ok() => {
            queue.set(state, id, |stored| stored.state = ReportState::Making);
            write_report(state, request, format, progress.clone(), turn).await
        }
        _ => Err(report_cancelled()),
    };
    let is_cancelled = progress.is_cancelled.load(Ordering::Relaxed);
    let outcome = match made {
        Ok(bytes) if !is_cancelled => keep_file(state, id, bytes).await,
        Ok(_) => Err(std::io::ErrorKind::Interrupted.into()),
        Err(error) => {
            if !is_cancelled {
                tracing::warn!(report = %id, ?error, "a report could not be made");
            }
            Err(std::io::ErrorKind::Other.into())
        }
    };
    if let Err(error) = outcome {
        if !is_cancelled {
            tracing::warn!(report = %id, %error, "a report is not there");
        }
        let ended = if is_cancelled { ReportState::Cancelled } else { ReportState::Failed };
        queue.set(state, id, |stored| stored.state = ended);
    }
}

/// Whole under its name, or not at all.
async fn keep_file(state: &AppState, id: ReportId, bytes: Vec<u8>) -> std::io::Result<()> {
    let queue = state.stored::<ReportQueue>();
    let stored = queue.lock(state).as_ref().and_then(|all| all.get(&id)).map(|work| work.stored.clone());
    let Some(mut stored) = stored else { return Ok(()) };
    (stored.state, stored.bytes) = (ReportState::Ready, bytes.len() as u64);
    // Photos and records go before.
    let is_short = state.photos.room().is_ok_and(|room| room.free < room.total / 10);
    if is_short {
        return Err(std::io::ErrorKind::StorageFull.into());
    }
    let (folder, facts) = (reports_folder(state), stored.clone());
    let written = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        write_whole(&folder, &file_path(&folder, &facts), &bytes)?;
        write_whole(&folder, &facts_path(&folder, facts.id), &serde_json::to_vec(&facts)?)
    });
    written.await.map_err(std::io::Error::other)??;
    queue.set(state, id, |one| *one = stored);
    Ok(())
}

fn write_whole(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension(PART);
    let written = std::fs::File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| std::fs::rename(&part, path)) {
        // What is left of it is only in the way.
        let _ = std::fs::remove_file(&part);
        return Err(error);
    }
    std::fs::File::open(folder)?.sync_all()
}

/// Those that were asked for, the newest first, with how far each is.
pub(crate) fn list_reports(state: &AppState) -> Vec<(StoredReport, Arc<ReportProgress>)> {
    let queue = state.stored::<ReportQueue>();
    let mut work = queue.lock(state);
    if let Some(all) = work.as_mut() {
        drop_old(&reports_folder(state), all, sure_now_ms(state));
    }
    let all = work.iter().flat_map(BTreeMap::values);
    let mut all: Vec<_> = all.map(|work| (work.stored.clone(), work.progress.clone())).collect();
    all.sort_by_key(|(stored, _)| std::cmp::Reverse((stored.begun_ms, stored.id)));
    all
}

pub(crate) fn find_report(
    state: &AppState,
    id: ReportId,
) -> Result<(StoredReport, Arc<ReportProgress>), HttpError> {
    let queue = state.stored::<ReportQueue>();
    let work = queue.lock(state);
    let found = work.as_ref().and_then(|all| all.get(&id));
    found.map(|work| (work.stored.clone(), work.progress.clone())).ok_or_else(not_found)
}

/// Its bytes, once it is ready.
pub(crate) async fn read_file(state: &AppState, id: ReportId) -> Result<(StoredReport, Vec<u8>), HttpError> {
    let (stored, _) = find_report(state, id)?;
    if stored.state != ReportState::Ready {
        return Err(report_not_ready());
    }
    let bytes = tokio::fs::read(file_path(&reports_folder(state), &stored)).await.map_err(|_| not_found())?;
    Ok((stored, bytes))
}

/// One that is not made yet is not made; one that is there is taken away.
pub(crate) fn cancel_report(state: &AppState, id: ReportId) -> Result<(), HttpError> {
    let queue = state.stored::<ReportQueue>();
    let mut work = queue.lock(state);
    let all = work.as_mut().ok_or_else(not_found)?;
    let found = all.get_mut(&id).ok_or_else(not_found)?;
    found.progress.is_cancelled.store(true, Ordering::Relaxed);
    match found.stored.state {
        ReportState::Waiting => found.stored.state = ReportState::Cancelled,
        ReportState::Making => {}
        ReportState::Ready | ReportState::Failed | ReportState::Cancelled => {
            if let Some(gone) = all.remove(&id) {
                remove_files(&reports_folder(state), &gone.stored);
            }
        }
    }
    Ok(())
}
