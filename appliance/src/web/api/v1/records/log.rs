//! The log itself for auditors' programs: raw lines, checkpoints, keys and proofs.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use axum::extract::State;
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use record::ids::Epoch;
use record::proof::RecordProof;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use web::answer::{Json, MediaBytes, Ndjson, media};
use web::argument::{Path, Query};
use web::error::HttpError;
use web::route::{AnyCaller, Example, Route, RouteKind, row};

use crate::store::{HISTORY_PIECE, LogReader, ReadError, ReadLane, StoreError};
use crate::web::access::permissions::{Read, View};
use crate::web::access::program::StaffOrProgram;
use crate::web::context::AppState;
use crate::web::http_error::{history_missing, invalid_parameter, not_found, store_error};
use crate::web::log_reads::{read_long, read_quick};
use crate::web::refusals;
use crate::web::view_models::records::proofs::{keyless_error, proof_of};

/// Entries that one read of the log returns.
const AT_ONCE: u64 = HISTORY_PIECE as u64;
/// Entries of one answer; the next one continues where it ended.
const LINES_MAX: u64 = 100_000;

pub(crate) fn log_routes() -> Vec<Route<AppState>> {
    use RouteKind::Api;
    vec![
        row(Method::GET, "/api/v1/log", "log.export", Api, export)
            .summary("Entries exactly as they were signed, one a line")
            .refusals(refusals::FINDING)
            .example(Example::default().query("from=0&limit=5&texts=1")),
        row(Method::GET, "/api/v1/checkpoint", "checkpoint.show", Api, show_checkpoint)
            .summary("The signed note about a size of the log")
            .refusals(refusals::FINDING),
        row(Method::GET, "/api/v1/key", "key.show", Api, show_key)
            .summary("The keys that verify this box’s checkpoints, this epoch’s first, one a line"),
        row(Method::GET, "/api/v1/proof/{seq}", "proof.show", Api, show_proof)
            .summary("That an entry stands in the log")
            .refusals(refusals::READING)
            .example(Example::default().part("seq", "0")),
    ]
}

/// A line of the log as its readers know it; it is sent as it was written.
enum LogLine {}

impl JsonSchema for LogLine {
    fn schema_name() -> Cow<'static, str> {
        "LogLine".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": true,
            "description": "An entry exactly as it was signed (crates/record/FORMAT.md), or with `texts=1` a text that stands beside the entry before it",
        })
    }
}

/// Which part of the log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct LogParams {
    /// The epoch; the present one where it is absent.
    epoch: Option<String>,
    /// The first entry, from 0.
    #[schemars(with = "Option<u64>")]
    from: Option<String>,
    /// Entries, 100,000 at most.
    #[schemars(with = "Option<u64>")]
    limit: Option<String>,
    /// 1: each entry is followed by the texts beside it that are not erased.
    texts: Option<String>,
}

/// Which checkpoint.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct CheckpointParams {
    /// The epoch; the present one where it is absent.
    epoch: Option<String>,
    /// Entries that it covers; all that there are where it is absent.
    #[schemars(with = "Option<u64>")]
    size: Option<String>,
}

/// Which proof.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct ProofParams {
    /// The entry's epoch; the present one where it is absent.
    epoch: Option<String>,
    /// 1: the texts beside the entry are in it.
    texts: Option<String>,
}

/// Whether names and notes are asked for: only those who may read them get here.
fn wants_texts(texts: Option<&str>) -> Result<bool, HttpError> {
    match texts {
        None => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(invalid_parameter("texts", "It is 1, or left out.")),
    }
}

fn read_number(text: Option<&str>, field: &'static str, absent: u64) -> Result<u64, HttpError> {
    let read = text.map_or(Ok(absent), str::parse);
    read.map_err(|_| invalid_parameter(field, "It is a whole number from 0."))
}

fn find_epoch(state: &AppState, text: Option<&str>) -> Result<Epoch, HttpError> {
    let epoch: Epoch = match text {
        None => return Ok(state.store.origin().epoch),
        Some(text) => text.parse().map_err(|e| invalid_parameter("epoch", format!("{e}.")))?,
    };
    if state.store.epochs().contains(&epoch) {
        Ok(epoch)
    } else {
        Err(not_found().detail("This box has no log of that epoch."))
    }
}

async fn export(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<LogParams>,
) -> Result<Ndjson<LogLine>, HttpError> {
    let from = read_number(params.from.as_deref(), "from", 0)?;
    let limit = read_number(params.limit.as_deref(), "limit", LINES_MAX)?.min(LINES_MAX);
    let texts = wants_texts(params.texts.as_deref())?;
    let epoch = find_epoch(&state, params.epoch.as_deref())?;
    let size = read_long(&state, move |_, reader| Ok(reader.of_epoch(epoch).map_err(store_error)?.size()));
    let end = size.await?.min(from.saturating_add(limit));
    Ok(Ndjson::from_chunks(stream::unfold((state, from), move |(state, at)| async move {
        if at >= end {
            return None;
        }
        // Pieces end where the log's blocks do, each of which is checked as a whole.
        let upto = (at / AT_ONCE + 1).saturating_mul(AT_ONCE).min(end);
        // A line that fails its check aborts the answer: a reader notices that, but might not notice a gap.
        let chunk = export_lines(&state, epoch, at..upto, texts).await;
        Some((chunk, (state, upto)))
    })))
}

/// No reader is so fast that the box is busy at every piece: a piece is requested again a few times.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

async fn export_lines(
    state: &AppState,
    epoch: Epoch,
    range: Range<u64>,
    texts: bool,
) -> Result<Bytes, std::io::Error> {
    for _ in 0..TRIES {
        let range = range.clone();
        let read =
            state.store.read_epoch(epoch, ReadLane::Long, move |reader| next_piece(reader, range, texts));
        match read.await {
            Ok(piece) => return piece.map_err(report_failed_read),
            Err(ReadError::Store(error)) => return Err(report_failed_read(error)),
            Err(ReadError::NoAnswer) => return Err(std::io::Error::other(ReadError::NoAnswer)),
            Err(ReadError::Busy) => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(std::io::Error::other(ReadError::Busy))
}

fn report_failed_read(error: StoreError) -> std::io::Error {
    tracing::error!(%error, "the log could not be read");
    std::io::Error::other(error)
}

fn next_piece(reader: &LogReader, range: Range<u64>, texts: bool) -> Result<Bytes, StoreError> {
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

async fn show_checkpoint(
    _: AnyCaller,
    State(state): State<AppState>,
    Query(params): Query<CheckpointParams>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let epoch = find_epoch(&state, params.epoch.as_deref())?;
    let size = params.size.as_deref().map(|size| read_number(Some(size), "size", 0)).transpose()?;
    let note = read_long(&state, move |_, reader| {
        let log = reader.of_epoch(epoch).map_err(store_error)?;
        let size = size.unwrap_or(log.size());
        if size > log.size() {
            return Err(invalid_parameter("size", "The log is not that large."));
        }
        log.checkpoint(size).map_err(store_error)
    });
    let note = note.await?.ok_or_else(keyless_error)?;
    Ok(MediaBytes::new(note.to_string()))
}

async fn show_key(
    _: AnyCaller,
    State(state): State<AppState>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let keys: String = state.store.verifier_keys().iter().map(|key| format!("{key}\n")).collect();
    Ok(MediaBytes::new(keys))
}

async fn show_proof(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(seq): Path<String>,
    Query(params): Query<ProofParams>,
) -> Result<Json<RecordProof>, HttpError> {
    let seq = seq.parse().map_err(|_| not_found())?;
    let epoch = find_epoch(&state, params.epoch.as_deref())?;
    let texts = wants_texts(params.texts.as_deref())?;
    let line = read_quick(&state, move |state, reader| {
        let mut lines = reader.lines_of(epoch.n, seq).map_err(store_error)?.into_iter().map(|(line, _)| line);
        lines.find(|line| line.of.epoch == epoch).ok_or_else(|| match state.lacks_entry(epoch.n, seq) {
            true => history_missing(),
            false => not_found(),
        })
    });
    proof_of(&state, line.await?, texts).await.map(Json)
}
