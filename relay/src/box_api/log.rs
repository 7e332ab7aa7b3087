//! `/box/v1/log`: which logs of a box are here, and its own entries back, for one whose storage lost them.

use ::web::answer::{Json, MediaBytes, MediaType};
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use record::batch::{BatchBudget, pack_batch};
use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::limits::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX};
use record::messages::{ChainEpoch, LogChain, VERSION};
use schemars::JsonSchema;
use serde::Deserialize;

use super::BoxApi;
use super::access::CertifiedBox;
use super::errors::BoxFault;
use crate::db::DbError;
use crate::db::log::{epochs, log_pages};

/// What is packed as batches and runs are.
pub(super) const ZSTD: &str = "application/zstd";

#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedBatch;

impl MediaType for PackedBatch {
    const NAME: &'static str = ZSTD;
}

/// Which entries.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct LogPageParams {
    /// The first one's number.
    from: u64,
    /// How many at most; a batch's number of entries unless it says otherwise.
    limit: Option<usize>,
}

pub(crate) async fn list(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
) -> Result<Json<LogChain>, HttpError> {
    Ok(Json(read_chain(&caller, &api).await?))
}

async fn read_chain(caller: &CertifiedBox, api: &BoxApi) -> Result<LogChain, BoxFault> {
    let mut conn = api.db.read(caller.home().scope).await?;
    let mut epochs = Vec::new();
    for held in epochs::of_box(&mut conn, caller.id()).await? {
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
    Ok(LogChain { v: VERSION, epochs })
}

pub(crate) async fn show(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    Path(epoch): Path<Epoch>,
    Query(params): Query<LogPageParams>,
) -> Result<MediaBytes<PackedBatch>, HttpError> {
    Ok(MediaBytes::new(read_page(&caller, &api, epoch, &params).await?))
}

/// Entries with the texts beside them in a batch's form, under the newest note that was cosigned.
async fn read_page(
    caller: &CertifiedBox,
    api: &BoxApi,
    epoch: Epoch,
    params: &LogPageParams,
) -> Result<Vec<u8>, BoxFault> {
    let mut conn = api.db.read(caller.home().scope).await?;
    let origin = LogOrigin { box_id: caller.id(), epoch };
    let held = epochs::find_log(&mut conn, &origin).await?.ok_or(BoxFault::NotFound)?;
    let note = held.cosigned.ok_or(BoxFault::NotFound)?;
    let limit = params.limit.unwrap_or(BATCH_ENTRIES_MAX).clamp(1, BATCH_ENTRIES_MAX);
    let page = log_pages::load_page(&mut conn, &origin, (params.from, limit), BATCH_BYTES_MAX).await?;
    drop(conn);
    if page.is_empty() {
        return Err(BoxFault::NotFound);
    }
    let mut budget = BatchBudget::new(limit);
    let (mut taken, mut texts) = (Vec::new(), Vec::new());
    for (line, own) in &page {
        if !budget.take(line.len(), own.iter().map(|t| t.len() + 1).sum()) {
            break;
        }
        taken.push(line.as_slice());
        texts.extend(own.iter().cloned());
    }
    pack_batch(&note, params.from, &taken, &texts).map_err(|e| BoxFault::Unavailable(e.to_string()))
}
