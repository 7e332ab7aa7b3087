//! Compliance rates, for programs.

use api::{CompliancePeriod, ItemCompliance, utc_text};
use axum::extract::State;
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::answer::Json;
use web::argument::Query;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::web::access::permissions::{Read, View};
use crate::web::access::program::StaffOrProgram;
use crate::web::context::AppState;
use crate::web::http_error::invalid_parameter;
use crate::web::refusals;
use crate::web::view_models::equipment::rates::load_tallies;
use crate::web::view_models::equipment::status_board::status_board;
use crate::web::view_models::page::snapshot::Snapshot;

pub(crate) fn compliance_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::GET, "/api/v1/compliance", "compliance.show", RouteKind::Api, show)
            .summary("Compliance rates of the facility and of each item")
            .refusals(refusals::READING)
            .example(Example::default().query("days=7")),
    ]
}

/// Rates of the facility and of each item.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Compliance")]
pub(crate) struct ComplianceJson {
    /// The facility's name.
    facility: String,
    /// Its IANA time zone, in which days begin.
    zone: String,
    /// When this was counted (RFC 3339, UTC).
    as_of: String,
    /// Items that are overdue now.
    overdue: usize,
    /// Since midnight.
    today: CompliancePeriod,
    /// Over 7 days.
    last_7_days: CompliancePeriod,
    /// Over 30 days.
    last_30_days: CompliancePeriod,
    /// Each item that has a schedule.
    items: Vec<ItemCompliance>,
    /// Over the days that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<CompliancePeriod>,
}

pub(crate) async fn count_compliance(state: &AppState) -> Result<ComplianceJson, HttpError> {
    let (tallies, board) = (load_tallies(state).await?, status_board(state).await?);
    let facility = &board.seen;
    let snapshot = Snapshot::of(state, facility);
    let items = tallies.items.iter().filter_map(|(tag, tally)| {
        let item = facility.equipment.get(tag)?;
        let last_30_days = CompliancePeriod::of(30, *tally);
        Some(ItemCompliance { tag: item.tag, equipment: item.facts.name.clone(), last_30_days })
    });
    Ok(ComplianceJson {
        facility: snapshot.settings.name.clone(),
        zone: snapshot.local.zone_name().to_owned(),
        as_of: utc_text(snapshot.now_ms()),
        overdue: board.overdue().len(),
        today: CompliancePeriod::of(1, tallies.last(1)),
        last_7_days: CompliancePeriod::of(7, tallies.last(7)),
        last_30_days: CompliancePeriod::of(30, tallies.last(30)),
        items: items.collect(),
        period: None,
    })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
struct ComplianceParams {
    /// Days up to today, 1 to 30, whose rate is wanted as `period`.
    #[schemars(with = "Option<u8>")]
    days: Option<String>,
}

async fn show(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ComplianceParams>,
) -> Result<Json<ComplianceJson>, HttpError> {
    let mut compliance = count_compliance(&state).await?;
    if let Some(days) = params.days.as_deref() {
        let days = days.parse::<usize>().ok().filter(|d| (1..=30).contains(d));
        let days = days.ok_or_else(|| invalid_parameter("days", "A period has 1 to 30 days."))?;
        let tally = load_tallies(&state).await?.last(days);
        compliance.period = Some(CompliancePeriod::of(days, tally));
    }
    Ok(Json(compliance))
}
