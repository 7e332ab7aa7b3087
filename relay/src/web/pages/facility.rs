//! A facility's page: what is overdue, where it slips, what was cleaned last, and how its box stands.

use std::collections::BTreeMap;

use ::web::answer::Page;
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::Tally;
use record::fold::Equipment;
use record::ids::FacilityId;
use words::SafeHtml;

use crate::accounts::Visitor;
use crate::db::dashboard::ItemRow;
use crate::db::history::{Cursor, Of};
use crate::db::{AccountScope, Conn, DbError};
use crate::web::access::{Member, Read};
use crate::web::http_error::not_found;
use crate::web::layout::{Section, Shell};
use crate::web::pages::facility;
use crate::web::view_models::box_alarms::{alarm_sentences, unseen};
use crate::web::view_models::box_health::health;
use crate::web::view_models::box_state::{BoxState, as_told, backlog, clock, is_fresh, printer_facts};
use crate::web::view_models::chart::{Bars, Spark};
use crate::web::view_models::cleanings::{FeedRow, look_for_photos, told};
use crate::web::view_models::facility_state::{DAYS, Site, sites, tally};
use crate::web::view_models::formats::{Badge, Tone, Wall};
use crate::web::words::{BoxesWords, FacilityWords, PageWords};
use crate::web::{Fact, Web};

/// Latest cleanings that the page shows.
const FEED: i64 = 8;
/// Overdue items that it shows; a link leads to the others.
const OVERDUE: i64 = 12;
/// Places that slip.
const PLACES: usize = 6;

struct Silence {
    title: String,
    words: String,
    /// Whom to call there.
    contact: Option<String>,
}

struct Figure {
    title: String,
    value: String,
    low: bool,
    trend: Option<Spark>,
    words: String,
}

struct LateRow {
    name: String,
    href: String,
    place: String,
    late: String,
    last: Option<SafeHtml>,
}

struct PlaceRow {
    name: String,
    rate: String,
    missed: u32,
}

#[derive(Template)]
#[template(path = "facility.html")]
struct FacilityPage {
    shell: Shell,
    w: FacilityWords,
    page: PageWords,
    several: bool,
    name: String,
    href: String,
    facts: String,
    silence: Option<Silence>,
    zoneless: bool,
    numbers: Vec<Figure>,
    late: Vec<LateRow>,
    late_title: String,
    late_words: String,
    late_heading: String,
    late_more: u64,
    chart: Bars,
    places: Vec<PlaceRow>,
    feed: Vec<FeedRow>,
    state: Badge,
    box_facts: Vec<Fact>,
}

/// `GET /app/f/{facility}`.
pub(crate) async fn show(
    visitor: Member<Read>,
    State(web): State<Web>,
    Path(facility): Path<FacilityId>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read().await?;
    let live = web.live_facility(&mut conn, visitor.scope, facility).await?;
    let sites = sites(&mut conn, visitor.scope, now_ms).await?;
    let site = sites.iter().find(|s| s.id == facility).ok_or_else(not_found)?;
    let account: Tally = sites.iter().map(|s| s.tally(30)).sum();
    let wall = Wall::new(now_ms, &site.zone);
    let start = Cursor::start();
    let rows =
        crate::db::history::cleanings(&mut conn, visitor.scope, Of::Facility(facility), &start, FEED).await?;
    let mut latest = told(&mut conn, visitor.scope, rows).await?;
    look_for_photos(&mut conn, visitor.scope, &mut latest).await?;
    let overdue = crate::db::dashboard::overdue(&mut conn, visitor.scope, facility, OVERDUE).await?;
    let places = places(&mut conn, visitor.scope, site, &wall).await?;
    let shell = shell(&visitor, site, &wall).live(live, false);
    let w: FacilityWords = wall.words();
    let view = FacilityPage {
        w,
        page: wall.words(),
        several: sites.len() > 1,
        name: site.name.clone(),
        href: format!("/app/f/{facility}"),
        facts: w.facility_facts(wall.items(site.counts.items), wall.zone()),
        silence: silence(site, &wall),
        zoneless: site.zoneless,
        numbers: numbers(site, (sites.len() > 1).then_some(account), &wall),
        late: overdue.iter().map(|i| late_row(i, site, &wall)).collect::<Result<_, _>>()?,
        late_title: late_title(site, &wall),
        late_words: late_words(w, site),
        late_heading: match site.is_behind(now_ms) {
            true => w.facility_late_at(wall.plain(site.as_of_ms)),
            false => w.facility_late(),
        },
        late_more: site.counts.overdue.saturating_sub(u64::try_from(overdue.len()).unwrap_or_default()),
        chart: Bars::of(&site.days, &wall),
        places,
        feed: latest.iter().map(|t| FeedRow::of(t, None, &wall)).collect(),
        state: site.in_service.as_ref().map_or_else(
            || Badge::new(Tone::Plain, wall.words::<BoxesWords>().box_none()),
            |b| b.state.badge_with_span(b.row.heard_ms, &wall),
        ),
        box_facts: box_facts(site, &wall),
        shell,
    };
    Page::draw(&view)
}

/// What is around each page of a facility: of when its numbers are.
pub(crate) fn shell(visitor: &Visitor, site: &Site, wall: &Wall) -> Shell {
    let shell = Shell::signed_in(site.name.clone(), Section::Facilities, visitor);
    if site.is_behind(wall.now_ms()) && site.is_known {
        return shell.with_as_of_before(site.as_of_ms, wall);
    }
    shell.with_as_of_now(wall)
}

fn silence(site: &Site, wall: &Wall) -> Option<Silence> {
    let w: FacilityWords = wall.words();
    let standing = site.in_service.as_ref()?;
    let (title, words) = match (standing.state, standing.row.heard_ms) {
        (BoxState::Silent, Some(heard_ms)) => {
            (w.facility_silent(wall.plain(heard_ms)), w.facility_silent_what(wall.plain(site.as_of_ms)))
        }
        (BoxState::Waiting, _) => (w.facility_waiting(), w.facility_waiting_what()),
        (BoxState::Quarantined, _) => (w.facility_quarantined(), w.facility_quarantined_what()),
        (BoxState::Alarmed, _) if unseen(&standing.row).is_empty() => {
            (w.facility_unknown_log(), w.facility_unknown_log_what())
        }
        (BoxState::Alarmed, _) => {
            (w.facility_alarmed(), w.facility_alarmed_what(alarm_sentences(&standing.row, wall)))
        }
        _ => return None,
    };
    Some(Silence { title, words, contact: Some(site.contact.clone()).filter(|c| !c.is_empty()) })
}

fn numbers(site: &Site, account: Option<Tally>, wall: &Wall) -> Vec<Figure> {
    let w: FacilityWords = wall.words();
    let overdue = site.counts.overdue;
    let words = match site.is_behind(wall.now_ms()) && overdue > 0 {
        true => w.facility_overdue_then(wall.plain(site.as_of_ms)),
        false => w.facility_overdue_of(wall.items(site.counts.items)),
    };
    let late = Figure {
        title: w.facility_overdue(),
        value: wall.number(overdue),
        low: overdue > 0,
        trend: None,
        words,
    };
    let [month, week, today] = [30, 7, 1].map(|days| rate_figure(site, days, account, wall));
    vec![month, week, today, late]
}

/// The rate of some days, with the account's beside that of a month.
fn rate_figure(site: &Site, days: usize, account: Option<Tally>, wall: &Wall) -> Figure {
    let (w, tally) = (wall.words::<FacilityWords>(), site.tally(days));
    let (met, closed) = (tally.met, tally.closed);
    let words = match (closed, days, account) {
        (0, 1, _) if site.is_behind(wall.now_ms()) && site.is_known => {
            w.facility_no_data_since(wall.plain(site.as_of_ms))
        }
        (0, 1, _) => w.facility_none_today(),
        (_, 1, _) => w.facility_met_today(closed, met),
        (0, ..) => w.facility_no_data(),
        (_, 30, Some(all)) => w.facility_met_account(closed, met, wall.rate(all)),
        _ => w.facility_met(closed, met),
    };
    let (title, trend) = match days {
        1 => (w.facility_today(), None),
        7 => (w.facility_week(), None),
        _ => (w.facility_month(), Spark::of(&site.days, tally, wall)),
    };
    Figure { title, value: wall.rate(tally), low: false, trend, words }
}

fn late_title(site: &Site, wall: &Wall) -> String {
    let (w, overdue) = (wall.words::<FacilityWords>(), site.counts.overdue);
    match site.is_behind(wall.now_ms()) {
        _ if overdue == 0 => w.facility_late_none(),
        true => w.facility_late_then(overdue),
        false => w.facility_late_now(wall.items(overdue)),
    }
}

fn late_words(w: FacilityWords, site: &Site) -> String {
    if site.counts.items == 0 {
        return w.facility_no_equipment();
    }
    if site.counts.scheduled == 0 {
        return w.facility_no_schedule();
    }
    w.facility_due(site.counts.due)
}

/// The row's item.
pub(crate) fn equipment(row: &ItemRow) -> Result<Equipment, DbError> {
    serde_json::from_str(&row.body).map_err(|e| DbError::stored("equipment", e))
}

fn late_row(row: &ItemRow, site: &Site, wall: &Wall) -> Result<LateRow, DbError> {
    let item = equipment(row)?;
    Ok(LateRow {
        name: item.name,
        href: format!("/app/f/{}/e/{}", site.id, item.tag),
        place: item.location,
        late: wall.span(site.as_of_ms.saturating_sub(row.since_ms.unwrap_or(site.as_of_ms))),
        last: row.last_ms.map(|at| wall.clock(at)),
    })
}

/// A ward or room: what stands before the first comma of a location.
fn place_of(location: &str) -> &str {
    location.split(',').next().unwrap_or(location).trim()
}

async fn places(
    conn: &mut Conn,
    scope: AccountScope,
    site: &Site,
    wall: &Wall,
) -> Result<Vec<PlaceRow>, DbError> {
    let tallies = crate::db::dashboard::item_tallies(conn, scope, site.id, site.first_day()).await?;
    if tallies.is_empty() {
        return Ok(Vec::new());
    }
    let items = crate::db::dashboard::items(conn, scope, site.id, "", facility::ITEMS_MAX).await?;
    let mut places: BTreeMap<String, Tally> = BTreeMap::new();
    let tallies: BTreeMap<&str, Tally> =
        tallies.iter().map(|(tag, met, closed)| (tag.as_str(), tally(*met, *closed))).collect();
    for row in &items {
        let item = equipment(row)?;
        if let Some(tally) = tallies.get(row.tag.as_str()) {
            *places.entry(place_of(&item.location).to_owned()).or_default() += *tally;
        }
    }
    Ok(slipping(places, wall))
}

fn slipping(places: BTreeMap<String, Tally>, wall: &Wall) -> Vec<PlaceRow> {
    let w: FacilityWords = wall.words();
    let mut places: Vec<(String, Tally)> = places.into_iter().filter(|(_, t)| t.met < t.closed).collect();
    places.sort_by_key(|(_, tally)| tally.rate());
    let row = |(name, tally): (String, Tally)| PlaceRow {
        name: if name.is_empty() { w.facility_no_place() } else { name },
        rate: wall.rate(tally),
        missed: tally.closed - tally.met,
    };
    places.into_iter().take(PLACES).map(row).collect()
}

fn box_facts(site: &Site, wall: &Wall) -> Vec<Fact> {
    let (w, boxes): (FacilityWords, BoxesWords) = (wall.words(), wall.words());
    let fact = |key: &str, value: String| Fact::new(w.facility_box_fact(key), value);
    let Some(standing) = site.in_service.as_ref() else {
        return vec![fact("state", w.facility_box_none())];
    };
    let row = &standing.row;
    let (health, is_fresh) = (health(row), is_fresh(row, wall.now_ms()));
    let last_seen = row.heard_ms.map(|at| wall.plain(at));
    let mut facts = vec![
        fact("heard", last_seen.unwrap_or_else(|| wall.words::<PageWords>().time_never())),
        fact("backlog", backlog(row, standing.state, wall)),
        fact("entries", wall.number(row.held_all)),
        fact("clock", clock(row, wall)),
    ];
    if let Some(health) = health {
        facts.push(fact("disk", as_told(boxes, boxes.box_disk_used(health.disk_percent), is_fresh)));
        let printers = printer_facts(boxes, &health, is_fresh).into_iter();
        facts.extend(printers.map(|printer| fact("printer", printer)));
        if health.photos > 0 {
            facts.push(fact("photos", wall.number(health.photos)));
        }
    }
    facts.push(fact("version", row.version.clone()));
    facts
}

/// Items of one facility that are looked through: as many as a large hospital has.
pub(crate) const ITEMS_MAX: i64 = 20_000;

/// Days that the numbers of a page look back.
pub(crate) const LOOK_BACK_MS: i64 = DAYS as i64 * 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_that_slips_most_comes_first() {
        let tally = |met, closed| Tally { met, closed };
        let places = BTreeMap::from([
            ("Ward 2C".to_owned(), tally(61, 100)),
            ("Imaging".to_owned(), tally(50, 50)),
            ("Emergency".to_owned(), tally(5, 10)),
            (String::new(), tally(9, 10)),
        ]);
        let shown: Vec<_> =
            slipping(places, &Wall::new(0, "UTC")).into_iter().map(|p| (p.name, p.rate, p.missed)).collect();
        let row = |name: &str, rate: &str, missed| (name.to_owned(), rate.to_owned(), missed);
        assert_eq!(
            shown,
            [row("Emergency", "50.0%", 5), row("Ward 2C", "61.0%", 39), row("No place given", "90.0%", 1)]
        );
        assert_eq!(place_of("Ward 2C, bed 4"), "Ward 2C");
    }
}
