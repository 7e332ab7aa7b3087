//! `GET /api/v1/compliance`: met and closed windows of each facility, the same as its page shows.

use axum::extract::{Query, State};
use record::compliance::Tally;
use record::ids::FacilityId;
use serde::{Deserialize, Serialize};

use super::equipment::facility;
use super::{List, json, stamp};
use crate::accounts::Program;
use crate::web::problem::Fault;
use crate::web::standing::{Site, sites};
use crate::web::{Answer, Place, Web};

/// What the address carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    facility: Option<String>,
}

#[derive(Serialize)]
struct Period {
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
    days_7: Period,
    days_30: Period,
    equipment: u64,
    overdue: u64,
    days: Vec<Day>,
}

/// The list, by name.
pub(super) async fn list(program: Program, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let only = facility(asked.facility.as_deref())?;
    let mut conn = web.db.read().await?;
    let mut sites = sites(&mut conn, program.scope, web.now_ms()).await?;
    if let Some(only) = only {
        sites.retain(|s| s.id == only);
        if sites.is_empty() {
            return Err(Fault::NotFound);
        }
    }
    json(&List { items: sites.iter().map(item).collect(), next: None })
}

/// What the program before this one answered for one facility: `facility_id` and its numbers.
#[derive(Serialize)]
struct OfFacility {
    facility_id: String,
    #[serde(flatten)]
    item: Item,
}

/// `GET /api/facilities/{facility}/compliance/`.
pub(super) async fn of_facility(
    program: Program,
    State(web): State<Web>,
    Place(facility): Place<FacilityId>,
) -> Answer {
    let mut conn = web.db.read().await?;
    let sites = sites(&mut conn, program.scope, web.now_ms()).await?;
    let site = sites.iter().find(|site| site.id == facility).ok_or(Fault::NotFound)?;
    json(&OfFacility { facility_id: facility.to_string(), item: item(site) })
}

fn percent(tally: Tally) -> Option<f64> {
    tally.rate().map(|rate| f64::from(rate.per_mille()) / 10.0)
}

fn period(tally: Tally) -> Period {
    Period { met: tally.met, closed: tally.closed, rate: percent(tally) }
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
        today: period(site.tally(1)),
        days_7: period(site.tally(7)),
        days_30: period(site.tally(30)),
        equipment: site.counts.items,
        overdue: site.counts.overdue,
        days: days.collect(),
    }
}
