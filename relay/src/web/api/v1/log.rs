//! The log itself: raw lines, checkpoints, keys and proofs, so that nobody needs to believe this relay.

use std::convert::Infallible;

use ::web::answer::{Json, MediaBytes, Ndjson, media};
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use bytes::Bytes;
use futures_util::stream;
use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use record::proof::RecordProof;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::db::fleet::box_now;
use crate::db::fleet::box_now::BoxFilter;
use crate::db::log::epochs::StoredLog;
use crate::db::log::log_pages;
use crate::db::log::log_pages::LineWithTexts;
use crate::db::{DbError, ScopedConnection};
use crate::web::access::TokenProgram;
use crate::web::api::read_limit;
use crate::web::http_error::{not_found, parameter_error};
use crate::web::words::ErrorWords;
use crate::web::{WebContext, proof_of};

/// Which log. Without `box` the account's only one is meant, without `epoch` its present one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct LogName {
    /// Whose log; may be absent where the account has one box.
    r#box: Option<String>,
    /// Which epoch of it; absent is the present one.
    epoch: Option<String>,
}

/// Which entries of a log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct LogParams {
    /// Whose log; may be absent where the account has one box.
    r#box: Option<String>,
    /// Which epoch of it; absent is the present one.
    epoch: Option<String>,
    /// First entry, from 0.
    #[schemars(with = "Option<u64>")]
    from: Option<String>,
    /// Entries, 1 to 1,000.
    #[schemars(with = "Option<u64>", range(min = 1, max = 999_999_999_999_999_999_u64))]
    limit: Option<String>,
    /// 1: each entry is followed by its texts.
    texts: Option<String>,
}

/// Which checkpoint of a log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct CheckpointParams {
    /// Whose log; may be absent where the account has one box.
    r#box: Option<String>,
    /// Which epoch of it; absent is the present one.
    epoch: Option<String>,
    /// A size that was cosigned; absent is the newest.
    #[schemars(with = "Option<u64>")]
    size: Option<String>,
}

/// Which log an entry is of, and what comes with its proof.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ProofParams {
    /// Whose log; may be absent where the account has one box.
    r#box: Option<String>,
    /// Which epoch of it; absent is the present one.
    epoch: Option<String>,
    /// 1: the texts beside the entry are in it.
    texts: Option<String>,
}

/// An entry as it was signed, or a text beside the entry before it.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it describes lines that were written when they were signed")]
pub(crate) struct LogLine(Map<String, Value>);

/// Bytes of lines and texts behind which a page with texts ends: a thousand cleanings with names and notes take 2 MiB.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Whether names and notes are asked for: a token of this account may read them.
fn includes_texts(requested: Option<&str>) -> Result<bool, HttpError> {
    match requested {
        None => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(parameter_error("texts", ErrorWords::parameter_texts)),
    }
}

async fn find_origin(conn: &mut ScopedConnection, requested: &LogName) -> Result<LogOrigin, HttpError> {
    let requested_box: Option<BoxId> =
        requested.r#box.as_deref().map(|id| id.parse().map_err(|_| not_found())).transpose()?;
    let row = match requested_box {
        Some(id) => box_now::find_box(conn, &id.to_string()).await?.ok_or_else(not_found)?,
        None => {
            let mut boxes = box_now::load_page(conn, &BoxFilter::default(), None, 2).await?.into_iter();
            match (boxes.next(), boxes.next()) {
                (None, _) => return Err(not_found()),
                (Some(only), None) => only,
                (Some(_), Some(_)) => return Err(parameter_error("box", ErrorWords::parameter_box)),
            }
        }
    };
    let epoch = requested.epoch.as_deref().unwrap_or(&row.epoch);
    let epoch: Epoch = epoch.parse().map_err(|_| not_found())?;
    let box_id = row.box_id.parse().map_err(|e| DbError::stored("box id", e))?;
    Ok(LogOrigin { box_id, epoch })
}

async fn find_held_log(conn: &mut ScopedConnection, requested: &LogName) -> Result<StoredLog, HttpError> {
    let origin = find_origin(conn, requested).await?;
    // A log that nothing says is the box's is no record of anything, whatever whoever sends it says that the box is at.
    match crate::db::log::epochs::find_log(conn, &origin).await?.filter(|held| held.key_known) {
        Some(held) => Ok(held),
        None if requested.epoch.is_some() => Err(not_found()),
        None => {
            let all = crate::db::log::epochs::of_box(conn, origin.box_id).await?;
            let known = all.into_iter().filter(|held| held.key_known);
            known.max_by_key(|held| held.origin.epoch.n).ok_or_else(not_found)
        }
    }
}

fn encode_lines(lines: &[LineWithTexts]) -> Vec<u8> {
    let mut out = Vec::new();
    for (line, texts) in lines {
        for line in std::iter::once(line.as_slice()).chain(texts.iter().map(String::as_bytes)) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out
}

/// `GET /api/v1/log?box=&epoch=&from=&limit=&texts=`: entries as newline-delimited JSON, exactly as they were signed;
/// with `texts=1` each is followed by the texts beside it, and a page of very long ones ends before the limit.
pub(crate) async fn list_lines(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<LogParams>,
) -> Result<Ndjson<LogLine>, HttpError> {
    let from = requested.from.as_deref().map_or(Ok(0), str::parse::<u64>);
    let from = from.map_err(|_| parameter_error("from", ErrorWords::parameter_from))?;
    let limit = usize::try_from(read_limit(requested.limit.as_deref())?).unwrap_or_default();
    let mut conn = web.db.read(program.reads).await?;
    let held = find_held_log(&mut conn, &LogName { r#box: requested.r#box, epoch: requested.epoch }).await?;
    let lines = if includes_texts(requested.texts.as_deref())? {
        log_pages::load_page(&mut conn, &held.origin, (from, limit), PAGE_BYTES_MAX).await?
    } else {
        let lines = crate::db::log::entries::load_lines(&mut conn, &held.origin, from, limit).await?;
        lines.into_iter().map(|line| (line, Vec::new())).collect()
    };
    let lines = Ok::<_, Infallible>(Bytes::from(encode_lines(&lines)));
    Ok(Ndjson::from_chunks(stream::iter([lines])))
}

/// `GET /api/v1/checkpoint?box=&epoch=&size=`: a note with both signatures.
pub(crate) async fn show_checkpoint(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(CheckpointParams { r#box, epoch, size }): Query<CheckpointParams>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let size: Option<u64> = size
        .map(|size| size.parse().map_err(|_| parameter_error("size", ErrorWords::parameter_size)))
        .transpose()?;
    let mut conn = web.db.read(program.reads).await?;
    let held = find_held_log(&mut conn, &LogName { r#box, epoch }).await?;
    let note = match size {
        Some(size) => crate::db::log::epochs::note_at(&mut conn, &held.origin, size)
            .await?
            .ok_or_else(|| parameter_error("size", ErrorWords::parameter_size))?,
        None => held.cosigned.ok_or_else(not_found)?,
    };
    Ok(MediaBytes::new(note))
}

/// `GET /api/v1/key?box=&epoch=`: verifier keys, one a line: the log's, then this relay's.
pub(crate) async fn list_keys(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<LogName>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let held = find_held_log(&mut conn, &requested).await?;
    let log = held.origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    let keys = std::iter::once(log).chain(web.fleet.cosigners());
    let text: String = keys.map(|key| format!("{key}\n")).collect();
    Ok(MediaBytes::new(text))
}

/// `GET /api/v1/proof/{seq}?box=&epoch=&texts=`: the file that `cleantrack-verify` checks; with `texts=1` the texts beside the
/// entry are in it.
pub(crate) async fn show_proof(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(seq): Path<u64>,
    Query(ProofParams { r#box, epoch, texts }): Query<ProofParams>,
) -> Result<Json<RecordProof>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let origin = find_origin(&mut conn, &LogName { r#box, epoch }).await?;
    drop(conn);
    let mut proof = proof_of(&web, program.reads, &origin, seq).await?;
    if includes_texts(texts.as_deref())? {
        let mut conn = web.db.read(program.reads).await?;
        let line = proof.entry.clone().into_bytes();
        let beside = crate::db::log::texts::texts_beside(&mut conn, &origin, &[line]).await?;
        proof.texts = beside.into_iter().flatten().collect();
    }
    Ok(Json(proof))
}
