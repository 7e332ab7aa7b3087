//! `GET /api/v1/compliance`: met and closed windows of each facility, the same as its page shows.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use record::compliance::Tally;
use record::ids::FacilityId;
use serde::{Deserialize, Serialize};

use crate::accounts::Program;
use crate::db::{AccountScope, Conn, DbError};
use crate::web::api::v1::equipment::facility;
use crate::web::api::{List, json, stamp};
use crate::web::http_error::Fault;
use crate::web::pages::facility::equipment;
use crate::web::view_models::facility_state::{Site, sites, tally};
use crate::web::{Answer, Place, Web};

/// What the address carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    facility: Option<String>,
}

#[derive(Serialize)]
struct Period {
    days: usize,
    met: u32,
    closed: u32,
    /// Per cent with one decimal, floored; null where no window closed.
    rate: Option<f64>,
}

#[derive(Serialize)]
struct Day {
    day: String,
    met: u32,
    closed: u32,
    rate: Option<f64>,
}

#[derive(Serialize)]
struct Item {
    facility: String,
    name: String,
    zone: String,
    /// Null where no box has told anything yet.
    as_of: Option<String>,
    today: Period,
    last_7_days: Period,
    last_30_days: Period,
    equipment: u64,
    overdue: u64,
    days: Vec<Day>,
    /// Each item, where one facility was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<OfItem>>,
}

#[derive(Serialize)]
struct OfItem {
    tag: String,
    equipment: String,
    last_30_days: Period,
}

/// The list, by name.
pub(crate) async fn list(program: Program, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let only = facility(asked.facility.as_deref())?;
    let mut conn = web.db.read().await?;
    let mut sites = sites(&mut conn, program.scope, web.now_ms()).await?;
    if let Some(only) = only {
        sites.retain(|s| s.id == only);
        if sites.is_empty() {
            return Err(Fault::NotFound);
        }
    }
    let mut items: Vec<Item> = sites.iter().map(item).collect();
    if let (Some(_), [site], [item]) = (only, &sites[..], &mut items[..]) {
        item.items = Some(of_items(&mut conn, program.scope, site).await?);
    }
    json(&List { items, next: None })
}

/// What the program before this one answered for one facility: `facility_id` and its numbers.
#[derive(Serialize)]
struct OfFacility {
    facility_id: String,
    #[serde(flatten)]
    item: Item,
}

/// `GET /api/facilities/{facility}/compliance/`.
pub(crate) async fn of_facility(
    program: Program,
    State(web): State<Web>,
    Place(facility): Place<FacilityId>,
) -> Answer {
    let mut conn = web.db.read().await?;
    let sites = sites(&mut conn, program.scope, web.now_ms()).await?;
    let site = sites.iter().find(|site| site.id == facility).ok_or(Fault::NotFound)?;
    let items = Some(of_items(&mut conn, program.scope, site).await?);
    json(&OfFacility { facility_id: facility.to_string(), item: Item { items, ..item(site) } })
}

/// Items whose windows closed, by tag.
async fn of_items(conn: &mut Conn, scope: AccountScope, site: &Site) -> Result<Vec<OfItem>, DbError> {
    let tallies = crate::db::dashboard::item_tallies(conn, scope, site.id, site.first_day()).await?;
    let mut tallies: BTreeMap<String, Tally> =
        tallies.into_iter().map(|(tag, met, closed)| (tag, tally(met, closed))).collect();
    let mut items = Vec::with_capacity(tallies.len());
    for row in crate::db::dashboard::items(conn, scope, site.id, "", i64::MAX).await? {
        if let Some(tally) = tallies.remove(&row.tag) {
            let item = equipment(&row)?;
            items.push(OfItem { tag: row.tag, equipment: item.name, last_30_days: period(30, tally) });
        }
    }
    Ok(items)
}

fn percent(tally: Tally) -> Option<f64> {
    tally.rate().map(|rate| f64::from(rate.per_mille()) / 10.0)
}

fn period(days: usize, tally: Tally) -> Period {
    Period { days, met: tally.met, closed: tally.closed, rate: percent(tally) }
}

fn item(site: &Site) -> Item {
    let days = site.days.iter().map(|d| Day {
        day: d.date.to_string(),
        met: d.tally.met,
        closed: d.tally.closed,
        rate: percent(d.tally),
    });
    Item {
        facility: site.id.to_string(),
        name: site.name.clone(),
        zone: site.zone.clone(),
        as_of: site.is_known.then(|| stamp(site.as_of_ms)),
        today: period(1, site.tally(1)),
        last_7_days: period(7, site.tally(7)),
        last_30_days: period(30, site.tally(30)),
        equipment: site.counts.items,
        overdue: site.counts.overdue,
        days: days.collect(),
        items: None,
    }
}
