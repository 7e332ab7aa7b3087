//! `/box/v1/log` and `/box/v1/runs/…`: which logs of a box are here, which runs it adopts and has not sent, and the runs
//! themselves, both ways by name.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use record::checkpoint::{Origin, SignedCheckpoint};
use record::fold::LinePlace;
use record::ids::BoxId;
use record::kinds::EntryRef;
use record::limits::{RUN_FILE_BYTES_MAX, RUN_NAMES_MAX};
use record::messages::{ChainEpoch, LackingRuns, LogChain, NamedRun, VERSION};
use record::run::{RunError, RunLine, RunName, RunReader, RunWriter, check_run};
use tokio::sync::Semaphore;

use crate::changes::Changes;
use crate::clock::Clock;
use crate::db::boxes::Home;
use crate::db::runs::Adoption;
use crate::db::{Conn, Db, DbError, boxes, entries, epochs, facilities, runs};
use crate::mqtt::PeerCertificate;

/// Runs that are taken or given at a time: each is held in memory.
const AT_ONCE: usize = 2;
/// Mebibytes of uploads that come in at a time, of all boxes.
const BUFFERED_MIB: usize = 260;
/// Lines that are read at a time.
const PAGE: usize = 512;

/// What the calls work with.
#[derive(Debug, Clone)]
pub struct RunDoors {
    /// The database.
    pub db: Db,
    /// Tells of what came.
    pub changes: Changes,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

struct Inside {
    doors: RunDoors,
    turns: Semaphore,
    /// Mebibytes that uploads may fill while they come in: whoever is slow keeps only others as slow from beginning.
    buffers: Semaphore,
    /// Boxes whose upload is coming in.
    uploading: Mutex<BTreeSet<BoxId>>,
}

/// Takes a box's place among the uploads until it is dropped.
struct Uploading<'a> {
    all: &'a Mutex<BTreeSet<BoxId>>,
    box_id: BoxId,
}

impl<'a> Uploading<'a> {
    fn begin(all: &'a Mutex<BTreeSet<BoxId>>, box_id: BoxId) -> Option<Self> {
        let new = all.lock().unwrap_or_else(PoisonError::into_inner).insert(box_id);
        new.then_some(Self { all, box_id })
    }
}

impl Drop for Uploading<'_> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.box_id);
    }
}

/// How many mebibytes an upload reserves: what it says that it has, or all that it may have.
fn reserved_mib(headers: &HeaderMap) -> u32 {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let bytes = said.unwrap_or(RUN_FILE_BYTES_MAX).min(RUN_FILE_BYTES_MAX);
    u32::try_from(bytes >> 20).unwrap_or(u32::MAX).saturating_add(1)
}

/// The routes, for the listener that requires client certificates and says whose with each request.
pub fn run_doors(doors: RunDoors) -> Router {
    let inside = Inside {
        doors,
        turns: Semaphore::new(AT_ONCE),
        buffers: Semaphore::new(BUFFERED_MIB),
        uploading: Mutex::default(),
    };
    Router::new()
        .route("/box/v1/log", get(chain))
        .route("/box/v1/runs", get(lacking))
        .route("/box/v1/runs/{run}", get(give).put(take))
        .with_state(Arc::new(inside))
}

/// Why a call got nothing.
enum Fault {
    NotAllowed,
    /// Its log contradicts itself.
    Quarantined,
    Nothing,
    /// No entry that is here adopts it.
    NotNamed,
    /// It ended early, or is longer than a run may be.
    Cut,
    /// It is not what its name says.
    Broken(RunError),
    Away(String),
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Away(error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::NotAllowed => {
                (StatusCode::FORBIDDEN, "this certificate is not in service here\n").into_response()
            }
            Self::Quarantined => {
                let words = "the relay holds evidence that this log contradicts itself and takes nothing more of it until the \
                             operator has looked; everything stays recorded at the box\n";
                (StatusCode::FORBIDDEN, words).into_response()
            }
            Self::Nothing => (StatusCode::NOT_FOUND, "no such run is here\n").into_response(),
            Self::NotNamed => {
                let words = "no entry that is here adopts this run: send that entry first\n";
                (StatusCode::CONFLICT, words).into_response()
            }
            Self::Cut => {
                let words = "the run ended early, or has more bytes than a run may have\n";
                (StatusCode::PAYLOAD_TOO_LARGE, words).into_response()
            }
            Self::Broken(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
            Self::Away(error) => {
                tracing::error!(error, "a box's runs could not be looked after");
                (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response()
            }
        }
    }
}

async fn home(conn: &mut Conn, peer: &PeerCertificate) -> Result<Home, Fault> {
    let home = boxes::platform_home(conn, peer.box_id).await?.filter(|home| !home.revoked);
    let home = home.ok_or(Fault::NotAllowed)?;
    match boxes::certificate(conn, home.scope, peer.box_id, &peer.serial).await? {
        Some(true) => Ok(home),
        _ => Err(Fault::NotAllowed),
    }
}

/// `GET /box/v1/log`: every log of the box that this relay knows, ascending.
async fn chain(
    State(inside): State<Arc<Inside>>,
    Extension(peer): Extension<PeerCertificate>,
) -> Result<Json<LogChain>, Fault> {
    let mut conn = inside.doors.db.read().await?;
    let home = home(&mut conn, &peer).await?;
    let mut epochs = Vec::new();
    for held in epochs::of_box(&mut conn, home.scope, peer.box_id).await? {
        let key = held.origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
        epochs.push(ChainEpoch {
            epoch: held.origin.epoch,
            key: key.to_string(),
            size: held.frontier.size(),
            cosigned: held.cosigned,
            prev: held.prev,
            after: held.after,
            apart: held.apart,
        });
    }
    Ok(Json(LogChain { v: VERSION, epochs }))
}

/// `GET /box/v1/runs`: what the box's entries adopt and this relay lacks.
async fn lacking(
    State(inside): State<Arc<Inside>>,
    Extension(peer): Extension<PeerCertificate>,
) -> Result<Json<LackingRuns>, Fault> {
    let mut conn = inside.doors.db.read().await?;
    let home = home(&mut conn, &peer).await?;
    let lacking = runs::lacking(&mut conn, home.scope, peer.box_id, RUN_NAMES_MAX).await?;
    let lacking = lacking.into_iter().map(NamedRun).collect();
    Ok(Json(LackingRuns { v: VERSION, lacking }))
}

/// `GET /box/v1/runs/<name>`: the run's file.
async fn give(
    State(inside): State<Arc<Inside>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(NamedRun(run)): Path<NamedRun>,
) -> Result<Response, Fault> {
    let away = |e: &dyn std::fmt::Display| Fault::Away(e.to_string());
    let _turn = inside.turns.acquire().await.map_err(|e| away(&e))?;
    let mut conn = inside.doors.db.read().await?;
    let home = home(&mut conn, &peer).await?;
    let notes = runs::notes(&mut conn, home.scope, peer.box_id, run).await?.ok_or(Fault::Nothing)?;
    let broken = |e: RunError| away(&e);
    let mut writer = RunWriter::begin(Vec::new(), peer.box_id, run, &notes).map_err(broken)?;
    let mut from = run.lines().start;
    while from < run.lines().end {
        let lines = runs::lines(&mut conn, home.scope, peer.box_id, (run, from), PAGE).await?;
        let past = from + lines.len() as u64;
        let origin = Origin { box_id: peer.box_id, epoch: run.epoch() };
        let beside = entries::texts(&mut conn, home.scope, &origin, (from, past)).await?;
        if lines.is_empty() {
            return Err(Fault::Away("lines of a run are missing".to_owned()));
        }
        let texts = named_texts(&lines, &beside)?;
        for (line, texts) in lines.iter().zip(&texts) {
            writer.write_line(line, texts).map_err(broken)?;
        }
        from = past;
    }
    let file = writer.finish().map_err(broken)?;
    Ok(([(header::CONTENT_TYPE, "application/zstd")], file).into_response())
}

/// The texts of each line, out of all that stand under those numbers: another branch may have some there too.
fn named_texts(lines: &[Vec<u8>], beside: &[String]) -> Result<Vec<Vec<record::redact::TextLine>>, DbError> {
    let parse = |text: &String| {
        record::redact::TextLine::parse(text.as_bytes()).map_err(|e| DbError::stored("text", e))
    };
    let beside = beside.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let named = |line: &Vec<u8>| {
        let entry = record::entry::Entry::parse(line).map_err(|e| DbError::stored("entry", e))?;
        let hashes = entry.redactables();
        let own = beside.iter().filter(|t| t.seq() == entry.seq() && hashes.contains(&t.hash()));
        Ok(own.cloned().collect())
    };
    lines.iter().map(named).collect()
}

/// `PUT /box/v1/runs/<name>`: takes a run that an entry which is here adopts. The same again is the same answer.
async fn take(
    State(inside): State<Arc<Inside>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(NamedRun(run)): Path<NamedRun>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Fault> {
    let away = |e: &dyn std::fmt::Display| Fault::Away(e.to_string());
    let mut conn = inside.doors.db.read().await?;
    let home = home(&mut conn, &peer).await?;
    if runs::notes(&mut conn, home.scope, peer.box_id, run).await?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    if home.quarantined {
        return Err(Fault::Quarantined);
    }
    if runs::adopters(&mut conn, home.scope, peer.box_id, run).await?.is_empty() {
        return Err(Fault::NotNamed);
    }
    let origin = Origin { box_id: peer.box_id, epoch: run.epoch() };
    let held = epochs::get(&mut conn, home.scope, &origin).await?;
    drop(conn);
    let Some(_uploading) = Uploading::begin(&inside.uploading, peer.box_id) else {
        return Err(Fault::Away("this box sends another run at this moment".to_owned()));
    };
    let _buffer = inside.buffers.acquire_many(reserved_mib(&headers)).await.map_err(|e| away(&e))?;
    let body = to_bytes(body, RUN_FILE_BYTES_MAX).await.map_err(|_| Fault::Cut)?;
    // A turn is for what costs the relay something, not for waiting for the box.
    let _turn = inside.turns.acquire().await.map_err(|e| away(&e))?;
    let (bytes, box_id) = (body.clone(), peer.box_id);
    let checked = tokio::task::spawn_blocking(move || check_run(&bytes[..], box_id, run)).await;
    let summary = checked.map_err(|e| away(&e))?.map_err(Fault::Broken)?;
    // Notes whose signature holds; a key that nobody has told this relay proves nothing.
    let log = held.and_then(|held| origin.verifier(&held.log_key).ok());
    let holds =
        |note: &String| log.as_ref().is_some_and(|log| SignedCheckpoint::verify(note, &origin, log).is_ok());
    let notes: Vec<String> = summary.notes.into_iter().filter(holds).collect();
    store(&inside.doors, &home, peer.box_id, (run, &notes), body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All of a run in one transaction, and the facility is folded anew: lines that it brings stand where it was adopted.
async fn store(
    doors: &RunDoors,
    home: &Home,
    box_id: BoxId,
    (run, notes): (RunName, &[String]),
    body: Bytes,
) -> Result<(), Fault> {
    let away = |e: &dyn std::fmt::Display| Fault::Away(e.to_string());
    let mut reader = RunReader::open(std::io::Cursor::new(body), box_id, run).map_err(Fault::Broken)?;
    let mut tx = doors.db.begin().await?;
    facilities::lock(&mut tx, home.scope, home.facility).await?;
    let now_ms = doors.clock.now_ms();
    if !runs::create(&mut tx, home.scope, box_id, home.facility, (run, notes), now_ms).await? {
        return Ok(());
    }
    loop {
        let read = tokio::task::spawn_blocking(move || {
            let group = reader.next_group();
            (reader, group)
        });
        let (back, group) = read.await.map_err(|e| away(&e))?;
        reader = back;
        let Some(lines) = group.map_err(Fault::Broken)? else { break };
        runs::append(&mut tx, home.scope, box_id, run, &lines).await?;
        runs::note_adoptions(&mut tx, home.scope, box_id, &adoptions(run, &lines)).await?;
    }
    facilities::set_refold(&mut tx, home.scope, home.facility, true).await?;
    tx.commit().await?;
    doors.changes.changed(home.scope.account(), home.facility);
    tracing::info!(%box_id, %run, lines = run.count(), "took a run that an entry adopts");
    Ok(())
}

/// Runs that lines of a run adopt in turn.
fn adoptions(run: RunName, lines: &[RunLine]) -> Vec<Adoption> {
    let place = |line: &RunLine| {
        let of = EntryRef { epoch: run.epoch(), seq: line.entry.seq() };
        record::adoption::adopted_run(&line.entry).map(|nested| (nested, LinePlace { of, run: Some(run) }))
    };
    lines.iter().filter_map(place).collect()
}
