//! `/box/v1/log` and `/box/v1/runs/…`: which logs of a box are here, which runs it adopts and has not sent, and the runs
//! themselves, both ways by name.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use record::checkpoint::Origin;
use record::ids::BoxId;
use record::limits::{RUN_FILE_BYTES_MAX, RUN_NAMES_MAX};
use record::messages::{ChainEpoch, LackingRuns, LogChain, NamedRun, VERSION};
use record::redact::TextLine;
use record::run::{RunError, RunName, RunWriter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::run_calls::{Excess, Fault, RunDoors};
use super::run_intake::{CheckedRun, RunHome};
use crate::db::boxes::Home;
use crate::db::{Conn, Db, DbError, adoptions, boxes, epochs, runs, texts};
use crate::mqtt::PeerCertificate;

/// Runs that are worked on at a time.
const AT_ONCE: usize = 2;
/// Mebibytes of runs that come in and go out at a time, of all boxes.
const BUFFERED_MIB: u32 = 260;
/// Lines that are read at a time.
const PAGE: usize = 512;
/// Bytes of texts from elsewhere that go with the smallest run.
const TEXTS_BESIDE: u64 = 4 << 20;
/// Bytes of a run that are handed on at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Boxes of which a run is on its way, in one direction: one at a time.
type BusyBoxes = Arc<Mutex<BTreeSet<BoxId>>>;

struct Inside {
    doors: RunDoors,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    /// Mebibytes that runs may fill: whoever is slow keeps only others as slow from beginning.
    buffers: Arc<Semaphore>,
    uploading: BusyBoxes,
    fetching: BusyBoxes,
}

/// A box's place among those of which a run is on its way, until it is dropped.
struct BusyBox {
    all: BusyBoxes,
    box_id: BoxId,
}

impl BusyBox {
    fn begin(all: &BusyBoxes, box_id: BoxId) -> Result<Self, Fault> {
        let new = all.lock().unwrap_or_else(PoisonError::into_inner).insert(box_id);
        new.then(|| Self { all: Arc::clone(all), box_id }).ok_or(Fault::Busy)
    }
}

impl Drop for BusyBox {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.box_id);
    }
}

/// What a run on its way holds until it has gone, or is here.
struct RunPassage {
    _place: OwnedSemaphorePermit,
    _box: BusyBox,
    buffer: OwnedSemaphorePermit,
}

impl Inside {
    /// Lets a run of this many bytes in or out.
    async fn pass(&self, busy: &BusyBoxes, box_id: BoxId, bytes: u64) -> Result<RunPassage, Fault> {
        let _box = BusyBox::begin(busy, box_id)?;
        let _place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Fault::Busy)?;
        let buffer = Arc::clone(&self.buffers).acquire_many_owned(mebibytes(bytes)).await;
        Ok(RunPassage { _place, _box, buffer: buffer.map_err(|e| Fault::Away(e.to_string()))? })
    }

    /// A turn is for what costs the relay something, not for waiting for the box.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Fault> {
        Arc::clone(&self.turns).acquire_owned().await.map_err(|e| Fault::Away(e.to_string()))
    }
}

/// Whole mebibytes that hold so many bytes, of those that there are.
fn mebibytes(bytes: u64) -> u32 {
    u32::try_from(bytes >> 20).unwrap_or(u32::MAX).saturating_add(1).min(BUFFERED_MIB)
}

/// How many bytes an upload may bring: what it says that it has, or all that it may have.
fn announced(headers: &HeaderMap) -> u64 {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let most = RUN_FILE_BYTES_MAX as u64;
    said.unwrap_or(most).min(most)
}

/// The routes, for the listener that requires client certificates and says whose with each request.
pub fn run_doors(doors: RunDoors) -> Router {
    let inside = Inside {
        places: Arc::new(Semaphore::new(doors.limits.places)),
        doors,
        turns: Arc::new(Semaphore::new(AT_ONCE)),
        buffers: Arc::new(Semaphore::new(BUFFERED_MIB as usize)),
        uploading: BusyBoxes::default(),
        fetching: BusyBoxes::default(),
    };
    Router::new()
        .route("/box/v1/log", get(chain))
        .route("/box/v1/runs", get(lacking))
        .route("/box/v1/runs/{run}", get(give).put(take))
        .with_state(Arc::new(inside))
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
    let lacking = adoptions::lacking(&mut conn, home.scope, peer.box_id, RUN_NAMES_MAX).await?;
    let lacking = lacking.into_iter().map(NamedRun).collect();
    Ok(Json(LackingRuns { v: VERSION, lacking }))
}

/// `GET /box/v1/runs/<name>`: the run's file.
async fn give(
    State(inside): State<Arc<Inside>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(NamedRun(run)): Path<NamedRun>,
) -> Result<Response, Fault> {
    let mut conn = inside.doors.db.read().await?;
    let home = home(&mut conn, &peer).await?;
    let bytes = runs::bytes(&mut conn, home.scope, peer.box_id, run).await?.ok_or(Fault::Nothing)?;
    drop(conn);
    // Texts of its lines may have come with another run too: what goes beside them is bounded by what is reserved.
    let most = bytes.saturating_mul(2).saturating_add(TEXTS_BESIDE).min(inside.doors.limits.plain_bytes);
    let mut passage = inside.pass(&inside.fetching, peer.box_id, most).await?;
    let file = {
        let _turn = inside.turn().await?;
        file_of(&inside.doors.db, &home, (peer.box_id, run), most).await?
    };
    // Packed it is a fraction of what was reserved.
    let packed = mebibytes(file.len() as u64) as usize;
    let rest = passage.buffer.num_permits().saturating_sub(packed);
    drop(passage.buffer.split(rest));
    let pieces = futures_util::stream::unfold((file, passage), |(mut left, passage)| async move {
        let piece = left.split_to(left.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some((Ok::<Bytes, std::convert::Infallible>(piece), (left, passage)))
    });
    Ok(([(header::CONTENT_TYPE, "application/zstd")], Body::from_stream(pieces)).into_response())
}

/// Texts that lines name and that came with other runs may be more than `plain_bytes_max`: the lines go without the rest.
async fn file_of(
    db: &Db,
    home: &Home,
    (box_id, run): (BoxId, RunName),
    plain_bytes_max: u64,
) -> Result<Bytes, Fault> {
    let broken = |e: RunError| Fault::Away(e.to_string());
    let mut conn = db.read().await?;
    let notes = runs::notes(&mut conn, home.scope, box_id, run).await?.ok_or(Fault::Nothing)?;
    let mut writer = RunWriter::begin(Vec::new(), box_id, run, &notes).map_err(broken)?;
    let origin = Origin { box_id, epoch: run.epoch() };
    let (mut from, mut bytes) = (run.lines().start, 0);
    while from < run.lines().end {
        let lines = runs::lines(&mut conn, home.scope, box_id, (run, from), PAGE).await?;
        if lines.is_empty() {
            return Err(Fault::Away("lines of a run are missing".to_owned()));
        }
        for few in lines.chunks(texts::LINES_AT_ONCE) {
            let beside = match bytes < plain_bytes_max {
                true => texts::beside(&mut conn, home.scope, &origin, few).await?,
                false => vec![Vec::new(); few.len()],
            };
            for (line, texts) in few.iter().zip(&beside) {
                let texts = texts.iter().map(|text| TextLine::parse(text.as_bytes()));
                let texts = texts.collect::<Result<Vec<_>, _>>().map_err(|e| DbError::stored("text", e))?;
                writer.write_line(line, &texts).map_err(broken)?;
                bytes += (line.len() + texts.iter().map(|text| text.text().len()).sum::<usize>()) as u64;
            }
        }
        from += lines.len() as u64;
    }
    Ok(writer.finish().map_err(broken)?.into())
}

/// `PUT /box/v1/runs/<name>`: takes a run that an entry which is here adopts. The same again is the same answer.
async fn take(
    State(inside): State<Arc<Inside>>,
    Extension(peer): Extension<PeerCertificate>,
    Path(NamedRun(run)): Path<NamedRun>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Fault> {
    let mut conn = inside.doors.db.read().await?;
    let home = home(&mut conn, &peer).await?;
    if runs::notes(&mut conn, home.scope, peer.box_id, run).await?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    if home.quarantined {
        return Err(Fault::Quarantined);
    }
    if !adoptions::is_named(&mut conn, home.scope, peer.box_id, run).await? {
        return Err(Fault::NotNamed);
    }
    let held = boxes::run_totals(&mut conn, home.scope, peer.box_id).await?;
    let origin = Origin { box_id: peer.box_id, epoch: run.epoch() };
    let log = epochs::get(&mut conn, home.scope, &origin).await?;
    drop(conn);
    let log = log.and_then(|held| held.own_key());
    let to = RunHome { home, box_id: peer.box_id, run };
    let limits = inside.doors.limits;
    if !limits.fits(held, run, 0) {
        to.refuse(&inside.doors, Excess::AllRuns).await?;
        return Err(Fault::Excess(Excess::AllRuns));
    }
    let passage = inside.pass(&inside.uploading, peer.box_id, announced(&headers)).await?;
    let body = to_bytes(body, RUN_FILE_BYTES_MAX).await.map_err(|_| Fault::Cut)?;
    let turn = inside.turn().await?;
    // By itself: a box that hangs up now leaves nothing half done behind.
    let taken = tokio::spawn(async move {
        let _held = (passage, turn);
        let bytes = body.clone();
        let read = move || CheckedRun::read(&bytes, to.box_id, run, limits.plain_bytes);
        let checked = tokio::task::spawn_blocking(read).await;
        let kept = match checked.map_err(|e| Fault::Away(e.to_string()))? {
            Ok(mut checked) => {
                checked.keep_signed(&origin, log.as_ref());
                if limits.fits(held, run, checked.bytes) {
                    to.keep(&inside.doors, checked, body).await
                } else {
                    Err(Fault::Excess(Excess::AllRuns))
                }
            }
            Err(fault) => Err(fault),
        };
        if let Err(Fault::Excess(excess)) = kept {
            to.refuse(&inside.doors, excess).await?;
        }
        kept
    });
    taken.await.map_err(|e| Fault::Away(e.to_string()))??;
    Ok(StatusCode::NO_CONTENT)
}
