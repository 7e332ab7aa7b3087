//! `/api/v1/boxes`: the boxes of the account, each with its state.

use ::web::answer::Json;
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use record::ids::BoxId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::db::fleet::box_now;
use crate::db::fleet::box_now::BoxRow;
use crate::projections::box_state::BoxState;
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::cursor::CursorSeal;
use crate::web::api::v1::equipment::read_facility;
use crate::web::api::{cut_list, read_limit};
use crate::web::http_error::not_found;
use api::{ListJson, utc_text};

/// The row of the list, as cursors know it.
const LIST: &str = "boxes";

/// Which boxes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct BoxParams {
    /// Only those of this facility.
    facility: Option<String>,
    /// Things in the list, 1 to 1,000.
    #[schemars(with = "Option<u64>", range(min = 1, max = 999_999_999_999_999_999_u64))]
    limit: Option<String>,
    /// The `next` of the part before.
    cursor: Option<String>,
}

/// A box, and how it stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Box")]
pub(crate) struct BoxItem {
    /// Its id.
    r#box: String,
    /// The id of its facility.
    facility: String,
    /// `good`, `behind`, `clock`, `waiting`, `alarmed`, `silent`, `quarantined` or `revoked`.
    state: &'static str,
    /// Its program's version.
    version: String,
    /// In UTC.
    claimed_at: String,
    /// Since when it is out of use, in UTC.
    revoked_at: Option<String>,
    /// Since when its log contradicts itself, in UTC.
    quarantined_at: Option<String>,
    /// In UTC; null where it never was.
    last_seen_at: Option<String>,
    online: bool,
    /// The present epoch of its log; empty until it said.
    epoch: String,
    /// Entries in that, as it reported last.
    reported_entries: i64,
    /// Entries of it that are here.
    held_entries: i64,
    /// `synced`, `rtc` or `uncertain`.
    clock: String,
    /// How far its clock is ahead, in milliseconds.
    clock_ahead_ms: i64,
    /// Batches of it that were refused.
    refused_batches: i64,
}

fn box_json(row: BoxRow, now_ms: i64) -> BoxItem {
    BoxItem {
        state: BoxState::of(&row, now_ms).word(),
        r#box: row.box_id,
        facility: row.facility,
        version: row.version,
        claimed_at: utc_text(row.claimed_ms),
        revoked_at: row.revoked_ms.map(utc_text),
        quarantined_at: row.quarantined_ms.map(utc_text),
        last_seen_at: row.last_seen_ms.map(utc_text),
        online: row.online,
        epoch: row.epoch,
        reported_entries: row.reported_size,
        held_entries: row.held_size,
        clock: row.clock,
        clock_ahead_ms: row.clock_ahead_ms,
        refused_batches: row.refusals,
    }
}

pub(crate) async fn list_boxes(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<BoxParams>,
) -> Result<Json<ListJson<BoxItem>>, HttpError> {
    let expected = read_limit(requested.limit.as_deref())?;
    let only = read_facility(requested.facility.as_deref())?;
    let seal = CursorSeal::new(&web, &program, LIST, &[requested.facility.as_deref()]);
    let after = seal.read(requested.cursor.as_deref())?.unwrap_or_default();
    let mut conn = web.db.read(program.reads).await?;
    if let Some(only) = only {
        crate::db::facility::facilities::get(&mut conn, only).await?.ok_or_else(not_found)?;
    }
    let rows = box_now::list_after(&mut conn, only, &after, expected + 1).await?;
    let items = rows.into_iter().map(|row| box_json(row, web.now_ms())).collect();
    cut_list(items, expected, &seal, |item: &BoxItem| item.r#box.clone()).map(Json)
}

pub(crate) async fn show_box(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(box_id): Path<BoxId>,
) -> Result<Json<BoxItem>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let row = box_now::find_box(&mut conn, &box_id.to_string()).await?.ok_or_else(not_found)?;
    Ok(Json(box_json(row, web.now_ms())))
}
