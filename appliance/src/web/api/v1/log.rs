//! The log itself for auditors' programs: raw lines, checkpoints, keys and proofs.

use std::ops::Range;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use record::ids::Epoch;
use serde::Deserialize;

use crate::store::{HISTORY_PIECE, ReadError, ReadLane, Reader, StoreError};
use crate::web::access::program::MayRead;
use crate::web::context::AppState;
use crate::web::http_error::{Problem, bad};
use crate::web::log_reads;
use crate::web::log_reads::read_long;
use crate::web::request::query::Exactly;
use crate::web::view_models::proofs::{keyless, proof_of};

/// Entries that one look at the log reads.
const AT_ONCE: u64 = HISTORY_PIECE as u64;
/// Entries of one answer; the next one goes on where it ended.
const LINES_MAX: u64 = 100_000;
const TEXT: &str = "text/plain; charset=utf-8";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/log", get(log))
        .route("/api/v1/checkpoint", get(checkpoint))
        .route("/api/v1/key", get(key))
        .route("/api/v1/proof/{seq}", get(proof))
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    epoch: Option<String>,
    from: Option<String>,
    limit: Option<String>,
    size: Option<String>,
    texts: Option<String>,
}

/// Whether names and notes are asked for: only those who may read them get here.
fn texts_asked(ask: &Ask) -> Result<bool, Problem> {
    match ask.texts.as_deref() {
        None => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(bad("texts", "It is 1, or left out.")),
    }
}

fn number(text: Option<&str>, field: &'static str, absent: u64) -> Result<u64, Problem> {
    text.map_or(Ok(absent), str::parse).map_err(|_| bad(field, "It is a whole number from 0."))
}

fn epoch_asked(state: &AppState, text: Option<&str>) -> Result<Epoch, Problem> {
    let epoch: Epoch = match text {
        None => return Ok(state.store.origin().epoch),
        Some(text) => text.parse().map_err(|e| bad("epoch", &format!("{e}.")))?,
    };
    if state.store.epochs().contains(&epoch) {
        Ok(epoch)
    } else {
        Err(Problem::not_found().detail("This box has no log of that epoch."))
    }
}

/// `GET /api/v1/log?epoch=&from=&limit=&texts=`: one entry a line, exactly as it was signed; with `texts=1` each is followed
/// by the texts beside it that are not erased.
async fn log(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Ask>,
) -> Result<Response, Problem> {
    let from = number(ask.from.as_deref(), "from", 0)?;
    let limit = number(ask.limit.as_deref(), "limit", LINES_MAX)?.min(LINES_MAX);
    let texts = texts_asked(&ask)?;
    let epoch = epoch_asked(&state, ask.epoch.as_deref())?;
    let size = read_long(&state, move |_, reader| Ok(reader.of_epoch(epoch)?.size()));
    let end = size.await?.min(from.saturating_add(limit));
    let lines = stream::unfold((state, from), move |(state, at)| async move {
        if at >= end {
            return None;
        }
        // Pieces end where the log's blocks do, each of which is checked as a whole.
        let upto = (at / AT_ONCE + 1).saturating_mul(AT_ONCE).min(end);
        // A line that does not hold breaks the answer off: a reader notices, a gap it might not.
        let chunk = lines(&state, epoch, at..upto, texts).await;
        Some((chunk, (state, upto)))
    })
    // The compression layer asks again after the end.
    .fuse();
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Nobody reads so fast that a piece finds the box busy for ever: it is asked for again a few times.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

async fn lines(
    state: &AppState,
    epoch: Epoch,
    range: Range<u64>,
    texts: bool,
) -> Result<Bytes, std::io::Error> {
    let failed = |error: StoreError| {
        tracing::error!(%error, "the log could not be read");
        std::io::Error::other(error)
    };
    for _ in 0..TRIES {
        let range = range.clone();
        let read = state.store.read_epoch(epoch, ReadLane::Long, move |reader| piece(reader, range, texts));
        match read.await {
            Ok(piece) => return piece.map_err(failed),
            Err(ReadError::Store(error)) => return Err(failed(error)),
            Err(ReadError::NoAnswer) => return Err(std::io::Error::other(ReadError::NoAnswer)),
            Err(ReadError::Busy) => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(std::io::Error::other(ReadError::Busy))
}

fn piece(reader: &Reader, range: Range<u64>, texts: bool) -> Result<Bytes, StoreError> {
    let mut bytes = Vec::new();
    for entry in reader.entries(range) {
        let entry = entry?;
        bytes.extend_from_slice(entry.as_str().as_bytes());
        bytes.push(b'\n');
        let beside = if texts { reader.texts_named(&entry)? } else { Vec::new() };
        for text in beside {
            bytes.extend_from_slice(text.line().as_bytes());
            bytes.push(b'\n');
        }
    }
    Ok(bytes.into())
}

/// `GET /api/v1/checkpoint?epoch=&size=`: the signed note, of the present epoch or of the one that is asked for.
async fn checkpoint(State(state): State<AppState>, Exactly(ask): Exactly<Ask>) -> Result<Response, Problem> {
    let epoch = epoch_asked(&state, ask.epoch.as_deref())?;
    let size = ask.size.as_deref().map(|size| number(Some(size), "size", 0)).transpose()?;
    let note = read_long(&state, move |_, reader| {
        let log = reader.of_epoch(epoch)?;
        let size = size.unwrap_or(log.size());
        if size > log.size() {
            return Err(bad("size", "The log is not that large."));
        }
        Ok(log.checkpoint(size)?)
    });
    let note = note.await?.ok_or_else(keyless)?;
    Ok(([(CONTENT_TYPE, TEXT)], note.to_string()).into_response())
}

/// `GET /api/v1/key`: the keys that verify this box's checkpoints, this epoch's first.
async fn key(State(state): State<AppState>) -> Response {
    let keys: String = state.store.verifier_keys().iter().map(|key| format!("{key}\n")).collect();
    ([(CONTENT_TYPE, TEXT)], keys).into_response()
}

/// `GET /api/v1/proof/{seq}?epoch=&texts=`: of the present epoch, or of the one that is asked for; with `texts=1` the texts
/// beside the entry are in it.
async fn proof(
    State(state): State<AppState>,
    _: MayRead,
    Path(seq): Path<String>,
    Exactly(ask): Exactly<Ask>,
) -> Result<Response, Problem> {
    let seq = seq.parse().map_err(|_| Problem::not_found())?;
    let epoch = epoch_asked(&state, ask.epoch.as_deref())?;
    let texts = texts_asked(&ask)?;
    let find = log_reads::read_quick(&state, move |state, reader| {
        let mut lines = reader.lines_of(epoch.n, seq)?.into_iter().map(|(line, _)| line);
        lines.find(|line| line.of.epoch == epoch).ok_or_else(|| match state.lacks_entry(epoch.n, seq) {
            true => Problem::missing(),
            false => Problem::not_found(),
        })
    });
    proof_of(&state, find.await?, texts).await
}
