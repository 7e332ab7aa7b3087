//! `GET /api/v1/compliance`: met and closed windows of each facility, the same as its page shows.

use std::collections::BTreeMap;

use ::web::answer::Json;
use ::web::argument::Query;
use ::web::error::HttpError;
use axum::extract::State;
use record::compliance::WindowTally;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::db::facility::facility_now::list_rows;
use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::v1::equipment::read_facility;
use crate::web::http_error::not_found;
use crate::web::pages::facilities::facility::read_equipment;
use crate::web::view_models::facility_state::{
    FacilityOverview, find_overview, read_overview, tally_windows,
};
use api::{ComplianceDay, CompliancePeriod, ItemCompliance, ListJson, utc_text};

/// Which facilities.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ComplianceParams {
    /// Only this facility.
    facility: Option<String>,
}

/// Met and closed windows of a facility.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Compliance")]
pub(crate) struct FacilityCompliance {
    /// The facility's id.
    facility: String,
    name: String,
    /// Its IANA zone.
    zone: String,
    /// Of when it is, in UTC; null where no box has told anything yet.
    as_of: Option<String>,
    today: CompliancePeriod,
    last_7_days: CompliancePeriod,
    last_30_days: CompliancePeriod,
    /// Items in service.
    equipment: u64,
    overdue: u64,
    days: Vec<ComplianceDay>,
    /// Each item, where one facility was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<ItemCompliance>>,
}

pub(crate) async fn list(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<ComplianceParams>,
) -> Result<Json<ListJson<FacilityCompliance>>, HttpError> {
    let only = read_facility(requested.facility.as_deref())?;
    let mut conn = web.db.read(program.reads).await?;
    let now_ms = web.now_ms();
    let items = match only {
        Some(only) => vec![find_compliance(&mut conn, only, now_ms).await?],
        None => {
            let rows = list_rows(&mut conn).await?;
            let sites = rows.iter().map(|row| Ok(compliance_json(&read_overview(row, now_ms)?)));
            sites.collect::<Result<_, DbError>>()?
        }
    };
    Ok(Json(ListJson { items, next: None }))
}

pub(crate) async fn find_compliance(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<FacilityCompliance, HttpError> {
    let site = find_overview(conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let items = Some(of_items(conn, &site).await?);
    Ok(FacilityCompliance { items, ..compliance_json(&site) })
}

/// Items whose windows closed, by tag.
async fn of_items(
    conn: &mut ScopedConnection,
    site: &FacilityOverview,
) -> Result<Vec<ItemCompliance>, DbError> {
    let tallies = crate::db::projection::dashboard::item_tallies(conn, site.id, site.first_day()).await?;
    let mut tallies: BTreeMap<String, WindowTally> =
        tallies.into_iter().map(|(tag, met, closed)| (tag, tally_windows(met, closed))).collect();
    let mut items = Vec::with_capacity(tallies.len());
    for row in crate::db::projection::dashboard::load_items(conn, site.id, "", i64::MAX).await? {
        if let Some(tally) = tallies.remove(&row.tag) {
            let item = read_equipment(&row)?;
            items.push(ItemCompliance {
                tag: item.tag,
                equipment: item.facts.name,
                last_30_days: CompliancePeriod::of(30, tally),
            });
        }
    }
    Ok(items)
}

fn compliance_json(site: &FacilityOverview) -> FacilityCompliance {
    let days = site.days.iter().map(|d| ComplianceDay::of(d.date.to_string(), d.tally));
    FacilityCompliance {
        facility: site.id.to_string(),
        name: site.name.clone(),
        zone: site.zone.clone(),
        as_of: site.is_known.then(|| utc_text(site.as_of_ms)),
        today: CompliancePeriod::of(1, site.tally(1)),
        last_7_days: CompliancePeriod::of(7, site.tally(7)),
        last_30_days: CompliancePeriod::of(30, site.tally(30)),
        equipment: site.items,
        overdue: site.overdue,
        days: days.collect(),
        items: None,
    }
}
