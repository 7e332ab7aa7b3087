//! Compliance rates, for programs.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use record::compliance::Tally;
use serde::Serialize;
use serde_json::{Value, json};

use crate::web::access::program::MayRead;
use crate::web::context::AppState;
use crate::web::http_error::{Problem, bad};
use crate::web::request::listing::Listing;
use crate::web::request::query::Exactly;
use crate::web::view_models::formats::utc;
use crate::web::view_models::rates::tallies;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::board;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/compliance", get(compliance))
}

#[derive(Serialize)]
pub(crate) struct Period {
    days: usize,
    met: u32,
    closed: u32,
    /// Percent with one decimal; absent where no window closed.
    rate: Option<f64>,
}

pub(crate) fn period(days: usize, tally: Tally) -> Period {
    let rate = tally.rate().map(|rate| f64::from(rate.per_mille()) / 10.0);
    Period { days, met: tally.met, closed: tally.closed, rate }
}

/// Rates of the facility and of each item.
pub(crate) async fn compliance_json(state: &AppState) -> Result<Value, Problem> {
    let (tallies, board) = (tallies(state).await?, board(state).await?);
    let (facility, overdue) = (&board.seen, board.overdue().len());
    let snapshot = Snapshot::of(state, facility);
    let items: Vec<Value> = tallies
        .items
        .iter()
        .filter_map(|(tag, tally)| Some((facility.equipment.get(tag)?, tally)))
        .map(|(item, tally)| json!({ "tag": item.tag, "equipment": item.name, "last_30_days": period(30, *tally) }))
        .collect();
    Ok(json!({
        "facility": snapshot.settings.name, "zone": snapshot.local.zone_name(), "as_of": utc(snapshot.now_ms()),
        "overdue": overdue,
        "today": period(1, tallies.last(1)), "last_7_days": period(7, tallies.last(7)),
        "last_30_days": period(30, tallies.last(30)), "items": items,
    }))
}

pub(crate) async fn compliance(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    let mut body = compliance_json(&state).await?;
    if let Some(days) = ask.days.as_deref() {
        let days = days.parse::<usize>().ok().filter(|d| (1..=30).contains(d));
        let days = days.ok_or_else(|| bad("days", "A period has 1 to 30 days."))?;
        let tally = tallies(&state).await?.last(days);
        body["period"] = serde_json::to_value(period(days, tally)).map_err(|e| Problem::internal(&e))?;
    }
    Ok(Json(body))
}
