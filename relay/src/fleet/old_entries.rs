//! `GET /box/v1/log/<epoch>?from=<seq>`: gives a box its own entries back, for one whose card has forgotten them.

use axum::Router;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use record::batch::{Room, pack};
use record::checkpoint::Origin;
use record::ids::Epoch;
use record::limits::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX};
use serde::Deserialize;

use crate::db::{Db, DbError, boxes, epochs, log_pages};
use crate::mqtt::PeerCertificate;

/// The route, for the listener that requires client certificates and says whose with each request.
pub fn old_entries(db: Db) -> Router {
    Router::new().route("/box/v1/log/{epoch}", get(page)).with_state(db)
}

#[derive(Debug, Deserialize)]
struct Asked {
    from: u64,
    limit: Option<usize>,
}

/// Why there is no page.
enum Fault {
    NotAllowed,
    Nothing,
    Away(String),
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Away(error.to_string())
    }
}

async fn page(
    State(db): State<Db>,
    Extension(peer): Extension<PeerCertificate>,
    Path(epoch): Path<Epoch>,
    Query(asked): Query<Asked>,
) -> Response {
    match read(&db, &peer, epoch, &asked).await {
        Ok(wire) => ([(header::CONTENT_TYPE, "application/zstd")], wire).into_response(),
        Err(Fault::NotAllowed) => {
            (StatusCode::FORBIDDEN, "this certificate is not in service here\n").into_response()
        }
        Err(Fault::Nothing) => (StatusCode::NOT_FOUND, "no entries from there on\n").into_response(),
        Err(Fault::Away(error)) => {
            tracing::error!(error, "a box's own entries could not be given back");
            (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response()
        }
    }
}

/// Entries with the texts beside them in a batch's form, under the newest note that was cosigned.
async fn read(db: &Db, peer: &PeerCertificate, epoch: Epoch, asked: &Asked) -> Result<Vec<u8>, Fault> {
    let mut conn = db.read().await?;
    let home = boxes::platform_home(&mut conn, peer.box_id).await?.filter(|home| !home.revoked);
    let home = home.ok_or(Fault::NotAllowed)?;
    if boxes::certificate(&mut conn, home.scope, peer.box_id, &peer.serial).await? != Some(true) {
        return Err(Fault::NotAllowed);
    }
    let origin = Origin { box_id: peer.box_id, epoch };
    let held = epochs::get(&mut conn, home.scope, &origin).await?.ok_or(Fault::Nothing)?;
    let note = held.cosigned.ok_or(Fault::Nothing)?;
    let limit = asked.limit.unwrap_or(BATCH_ENTRIES_MAX).clamp(1, BATCH_ENTRIES_MAX);
    let page = log_pages::page(&mut conn, home.scope, &origin, (asked.from, limit), BATCH_BYTES_MAX).await?;
    drop(conn);
    if page.is_empty() {
        return Err(Fault::Nothing);
    }
    let mut room = Room::new(limit);
    let (mut taken, mut texts) = (Vec::new(), Vec::new());
    for (line, own) in &page {
        if !room.take(line.len(), own.iter().map(|t| t.len() + 1).sum()) {
            break;
        }
        taken.push(line.as_slice());
        texts.extend(own.iter().cloned());
    }
    pack(&note, asked.from, &taken, &texts).map_err(|e| Fault::Away(e.to_string()))
}
