//! `/api/v1/alerts`: what somebody must know, with how it stands; and what a program does about it.

use ::web::answer::Json;
use ::web::argument::{JsonBody, Path, Query};
use ::web::error::HttpError;
use api::{ListJson, utc_text};
use axum::extract::State;
use record::ids::AlertId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::records::access_log::{AccessActor, AccessRecord};
use crate::alerts::acts::{AlertAct, change_alert};
use crate::db::delivery::alerts::{AlertFilter, ListedAlert, find_alert, list_alerts};
use crate::web::WebContext;
use crate::web::access::{TokenProgram, WritingProgram};
use crate::web::api::cursor::CursorSeal;
use crate::web::api::v1::equipment::read_facility;
use crate::web::api::{cut_list, read_limit};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::view_models::alerts::{read_facts, severity_word};
use crate::web::words::ErrorWords;

/// The row of the list, as cursors know it.
const LIST: &str = "alerts";

/// Which alerts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AlertParams {
    /// Only those of this facility.
    facility: Option<String>,
    /// `true`: those that are over, instead of those that are not.
    closed: bool,
    /// Things in the list, 1 to 1,000.
    #[schemars(with = "Option<u64>", range(min = 1, max = 999_999_999_999_999_999_u64))]
    limit: Option<String>,
    /// The `next` of the part before.
    cursor: Option<String>,
}

/// Something that somebody must know.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Alert")]
pub(crate) struct AlertItem {
    /// Its id.
    alert: String,
    /// The id of its facility.
    facility: String,
    /// Such as `overdue` or `box-silent`.
    kind: String,
    /// The tag of an item, the id of a box, or what else it is about.
    subject: String,
    /// Of the item, the box or the printer, where it has one.
    name: String,
    /// `note`, `warning` or `critical`.
    severity: &'static str,
    /// `open`, `acknowledged`, `snoozed` or `closed`.
    state: String,
    /// Since when it is so, in UTC.
    since: String,
    opened_at: Option<String>,
    acknowledged_by: Option<String>,
    acknowledged_at: Option<String>,
    snoozed_until: Option<String>,
    closed_at: Option<String>,
}

fn alert_json(listed: ListedAlert) -> AlertItem {
    let (name, severity) = (read_facts(&listed.row).name, severity_word(&listed.row));
    let row = listed.row;
    AlertItem {
        alert: row.alert,
        facility: row.facility,
        kind: row.kind,
        subject: row.subject,
        name,
        severity,
        state: row.state,
        since: utc_text(row.since_ms),
        opened_at: row.opened_ms.map(utc_text),
        acknowledged_by: row.acknowledged_by,
        acknowledged_at: row.acknowledged_ms.map(utc_text),
        snoozed_until: row.snoozed_until_ms.map(utc_text),
        closed_at: row.closed_ms.map(utc_text),
    }
}

pub(crate) async fn list_alert_items(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<AlertParams>,
) -> Result<Json<ListJson<AlertItem>>, HttpError> {
    let expected = read_limit(requested.limit.as_deref())?;
    let only = read_facility(requested.facility.as_deref())?;
    let closed = if requested.closed { "closed" } else { "open" };
    let seal = CursorSeal::new(&web, &program, LIST, &[requested.facility.as_deref(), Some(closed)]);
    let after = seal.read(requested.cursor.as_deref())?.unwrap_or_default();
    let mut conn = web.db.read(program.reads).await?;
    if let Some(only) = only {
        crate::db::facility::facilities::get(&mut conn, only).await?.ok_or_else(not_found)?;
    }
    let facility = only.map(|id| id.to_string()).unwrap_or_default();
    let filter = AlertFilter { facility, closed: requested.closed, after };
    let rows = list_alerts(&mut conn, &filter, expected + 1).await?;
    let items = rows.into_iter().map(alert_json).collect();
    cut_list(items, expected, &seal, |item: &AlertItem| item.alert.clone()).map(Json)
}

pub(crate) async fn show_alert_item(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(alert): Path<AlertId>,
) -> Result<Json<AlertItem>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let listed = find_alert(&mut conn, alert).await?.ok_or_else(not_found)?;
    Ok(Json(alert_json(listed)))
}

/// What is done about an alert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertChangeBody {
    /// `acknowledge` or `snooze`.
    act: String,
    /// For how many hours it is put off, 1 to 168.
    #[serde(default)]
    hours: Option<i64>,
}

/// Sent again it is done again: for the alert it is the same.
pub(crate) async fn change_alert_item(
    program: WritingProgram,
    State(web): State<WebContext>,
    Path(alert): Path<AlertId>,
    JsonBody(requested): JsonBody<AlertChangeBody>,
) -> Result<Json<AlertItem>, HttpError> {
    let hours = requested.hours.map(|hours| hours.to_string()).unwrap_or_default();
    let act = AlertAct::read(&requested.act, &hours)
        .ok_or_else(|| parameter_error("act", ErrorWords::parameter_alert_act))?;
    let found = find_alert(&mut web.db.read(program.reads).await?, alert).await?.ok_or_else(not_found)?;
    let facility = found.row.facility;
    let who = AccessActor::Program { token_id: program.token_id.clone(), name: program.name.clone() };
    let by = who.to_string();
    let mut tx = web.db.write(program.account).await?;
    change_alert(&mut tx, alert, act, &by, web.now_ms()).await?;
    let (word, about) = (act.record_word(), alert.to_string());
    let record = AccessRecord { who: &by, act: word, about: &about, facility: facility.parse().ok() };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    let listed = find_alert(&mut web.db.read(program.reads).await?, alert).await?.ok_or_else(not_found)?;
    Ok(Json(alert_json(listed)))
}
