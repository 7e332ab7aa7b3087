//! The log itself: raw lines, checkpoints, keys and proofs, so that nobody needs to believe this relay.

use axum::extract::{Query, State};
use record::checkpoint::Origin;
use record::ids::{BoxId, Epoch};
use serde::Deserialize;

use crate::accounts::Program;
use crate::db::epochs::Held;
use crate::db::log_pages::LineWithTexts;
use crate::db::{AccountScope, Conn, DbError, log_pages};
use crate::web::api::{bytes, json, limit};
use crate::web::http_error::Fault;
use crate::web::{Answer, Place, Web, proof_of};

/// What the address carries. Without `box` the account's only one is meant, without `epoch` its present one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    r#box: Option<String>,
    epoch: Option<String>,
    from: Option<String>,
    limit: Option<String>,
    size: Option<String>,
    texts: Option<String>,
}

const FROM: Fault = Fault::Parameter { field: "from", expects: "the number of an entry, from 0" };
const SIZE: Fault = Fault::Parameter {
    field: "size",
    expects: "a size at which this relay has cosigned, or none for the newest",
};

/// Bytes of lines and texts behind which a page with texts ends: a thousand cleanings with names and notes take 2 MiB.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

const TEXTS: Fault = Fault::Parameter { field: "texts", expects: "1, or nothing" };

/// Whether names and notes are asked for: a token of this account may read them.
fn texts_asked(asked: &Asked) -> Result<bool, Fault> {
    match asked.texts.as_deref() {
        None => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(TEXTS),
    }
}

async fn origin(conn: &mut Conn, scope: AccountScope, asked: &Asked) -> Result<Origin, Fault> {
    let boxes = crate::db::dashboard::boxes(conn, scope).await?;
    let asked_box: Option<BoxId> =
        asked.r#box.as_deref().map(|id| id.parse().map_err(|_| Fault::NotFound)).transpose()?;
    let row = match asked_box {
        Some(id) => boxes.iter().find(|b| b.box_id == id.to_string()).ok_or(Fault::NotFound)?,
        None => match &boxes[..] {
            [] => return Err(Fault::NotFound),
            [only] => only,
            _ => {
                return Err(Fault::Parameter {
                    field: "box",
                    expects: "the id of one of your boxes: there are several",
                });
            }
        },
    };
    let epoch = asked.epoch.as_deref().unwrap_or(&row.epoch);
    let epoch: Epoch = epoch.parse().map_err(|_| Fault::NotFound)?;
    let box_id = row.box_id.parse().map_err(|e| DbError::stored("box id", e))?;
    Ok(Origin { box_id, epoch })
}

async fn held(conn: &mut Conn, scope: AccountScope, asked: &Asked) -> Result<Held, Fault> {
    let origin = origin(conn, scope, asked).await?;
    // A log that nothing says is the box's is no record of anything, whatever whoever sends it says that the box is at.
    match crate::db::epochs::get(conn, scope, &origin).await?.filter(|held| held.key_known) {
        Some(held) => Ok(held),
        None if asked.epoch.is_some() => Err(Fault::NotFound),
        None => {
            let all = crate::db::epochs::of_box(conn, scope, origin.box_id).await?;
            let known = all.into_iter().filter(|held| held.key_known);
            known.max_by_key(|held| held.origin.epoch.n).ok_or(Fault::NotFound)
        }
    }
}

/// Each entry, and after it the texts beside it.
fn listed(lines: &[LineWithTexts]) -> Vec<u8> {
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
pub(crate) async fn lines(program: Program, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let from: u64 = asked.from.as_deref().map_or(Ok(0), str::parse).map_err(|_| FROM)?;
    let limit = usize::try_from(limit(asked.limit.as_deref())?).unwrap_or_default();
    let mut conn = web.db.read().await?;
    let held = held(&mut conn, program.scope, &asked).await?;
    let lines = if texts_asked(&asked)? {
        log_pages::page(&mut conn, program.scope, &held.origin, (from, limit), PAGE_BYTES_MAX).await?
    } else {
        let lines = crate::db::entries::lines(&mut conn, program.scope, &held.origin, from, limit).await?;
        lines.into_iter().map(|line| (line, Vec::new())).collect()
    };
    bytes("application/x-ndjson", listed(&lines))
}

/// `GET /api/v1/checkpoint?box=&epoch=&size=`: a note with both signatures.
pub(crate) async fn checkpoint(
    program: Program,
    State(web): State<Web>,
    Query(asked): Query<Asked>,
) -> Answer {
    let size: Option<u64> = asked.size.as_deref().map(|s| s.parse().map_err(|_| SIZE)).transpose()?;
    let mut conn = web.db.read().await?;
    let held = held(&mut conn, program.scope, &asked).await?;
    let note = match size {
        Some(size) => {
            crate::db::epochs::note_at(&mut conn, program.scope, &held.origin, size).await?.ok_or(SIZE)?
        }
        None => held.cosigned.ok_or(Fault::NotFound)?,
    };
    bytes("text/plain; charset=utf-8", note.into_bytes())
}

/// `GET /api/v1/key?box=&epoch=`: verifier keys, one a line: the log's, then this relay's.
pub(crate) async fn keys(program: Program, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let mut conn = web.db.read().await?;
    let held = held(&mut conn, program.scope, &asked).await?;
    let log = held.origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    let keys = std::iter::once(log).chain(web.fleet.cosigners());
    let text: String = keys.map(|key| format!("{key}\n")).collect();
    bytes("text/plain; charset=utf-8", text.into_bytes())
}

/// `GET /api/v1/proof/{seq}?box=&epoch=&texts=`: the file that `cleantrack-verify` checks; with `texts=1` the texts beside the
/// entry are in it.
pub(crate) async fn proof(
    program: Program,
    State(web): State<Web>,
    Place(seq): Place<u64>,
    Query(asked): Query<Asked>,
) -> Answer {
    let mut conn = web.db.read().await?;
    let origin = origin(&mut conn, program.scope, &asked).await?;
    drop(conn);
    let mut proof = proof_of(&web, program.scope, &origin, seq).await?;
    if texts_asked(&asked)? {
        let mut conn = web.db.read().await?;
        let line = proof.entry.clone().into_bytes();
        let beside = crate::db::texts::beside(&mut conn, program.scope, &origin, &[line]).await?;
        proof.texts = beside.into_iter().flatten().collect();
    }
    json(&proof)
}
