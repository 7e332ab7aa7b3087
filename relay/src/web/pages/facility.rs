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

use crate::accounts::Visitor;
use crate::db::dashboard::{BoxRow, ItemRow};
use crate::db::history::{Cursor, Of};
use crate::db::{AccountScope, Conn, DbError};
use crate::web::access::{Member, Read};
use crate::web::http_error::not_found;
use crate::web::layout::{Section, Shell};
use crate::web::pages::facility;
use crate::web::view_models::box_alarms::BoxAlarm;
use crate::web::view_models::box_health::health;
use crate::web::view_models::box_state::{BoxState, as_told, backlog, clock, is_fresh};
use crate::web::view_models::chart::{Bars, Spark};
use crate::web::view_models::cleanings::{FeedRow, look_for_photos, told};
use crate::web::view_models::facility_state::{DAYS, Site, sites, tally};
use crate::web::view_models::formats::{Badge, Moment, Tone, Wall, counted, grouped, of, rate, span};
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
    contact: Option<String>,
}

struct Number {
    title: &'static str,
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
    last: Option<Moment>,
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
    several: bool,
    name: String,
    href: String,
    facts: String,
    silence: Option<Silence>,
    zoneless: bool,
    numbers: Vec<Number>,
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
    let places = places(&mut conn, visitor.scope, site).await?;
    let shell = shell(&visitor, site, &wall).live(live, false);
    let view = FacilityPage {
        several: sites.len() > 1,
        name: site.name.clone(),
        href: format!("/app/f/{facility}"),
        facts: format!("{}, {}", counted(site.counts.items, "item"), wall.zone()),
        silence: silence(site, &wall),
        zoneless: site.zoneless,
        numbers: numbers(site, (sites.len() > 1).then_some(account), &wall),
        late: overdue.iter().map(|i| late_row(i, site, &wall)).collect::<Result<_, _>>()?,
        late_title: late_title(site, now_ms),
        late_words: late_words(site),
        late_heading: if site.is_behind(now_ms) {
            format!("Late at {}", wall.plain(site.as_of_ms))
        } else {
            "Late".to_owned()
        },
        late_more: site.counts.overdue.saturating_sub(u64::try_from(overdue.len()).unwrap_or_default()),
        chart: Bars::of(&site.days),
        places,
        feed: latest.iter().map(|t| FeedRow::of(t, None, &wall)).collect(),
        state: site.in_service.as_ref().map_or_else(
            || Badge::new(Tone::Plain, "No box"),
            |b| b.state.badge_with_span(b.row.heard_ms, now_ms),
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
        let after = " New ones show by themselves.".to_owned();
        return shell.told("Numbers as of ", wall.clock(site.as_of_ms), wall, after);
    }
    shell.told("Live, as of ", wall.now(), wall, String::new())
}

fn silence(site: &Site, wall: &Wall) -> Option<Silence> {
    let standing = site.in_service.as_ref()?;
    let contact = Some(site.contact.clone()).filter(|c| !c.is_empty());
    match (standing.state, standing.row.heard_ms) {
        (BoxState::Silent, Some(heard_ms)) => Some(Silence {
            title: format!("No word from this box since {}", wall.plain(heard_ms)),
            words: format!(
                "Numbers below are as of {}. Recording, printing and the log go on at the facility; nothing is lost. \
                 Most often it is the line or a power plug: ask if the box’s light is green.",
                wall.plain(site.as_of_ms)
            ),
            contact,
        }),
        (BoxState::Waiting, _) => Some(Silence {
            title: "Waiting for the first word of this box".to_owned(),
            words: "It was claimed and has not sent anything yet. This page shows it within seconds of its first word."
                .to_owned(),
            contact,
        }),
        (BoxState::Quarantined, _) => Some(Silence {
            title: "This box is quarantined".to_owned(),
            words: "It signed two different logs under one key. What it recorded before is safe and proven; what it \
                    sends now is held. The page of boxes shows both."
                .to_owned(),
            contact,
        }),
        (BoxState::Alarmed, _) if crate::web::view_models::box_alarms::unseen(&standing.row).is_empty() => Some(Silence {
            title: "The relay holds a log of this box that nothing says is its own".to_owned(),
            words: "Nothing of that log counts until whoever runs the relay has admitted or forgotten it. What the box \
                    records in its own log is taken and counts. The page of boxes names the log."
                .to_owned(),
            contact,
        }),
        (BoxState::Alarmed, _) => Some(Silence {
            title: "This box has an alarm that nobody at the facility has acknowledged".to_owned(),
            words: format!(
                "{} Recording goes on unless it says otherwise; it is acknowledged on the box’s own page, “Box”.",
                alarm_sentences(&standing.row, wall)
            ),
            contact,
        }),
        _ => None,
    }
}

fn alarm_sentences(row: &BoxRow, wall: &Wall) -> String {
    let alarms = crate::web::view_models::box_alarms::shown(row, wall);
    let sentence = |alarm: &BoxAlarm| {
        format!("{}, since {}{}.", alarm.words, alarm.since_words, if alarm.over { ", over" } else { "" })
    };
    alarms.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

fn numbers(site: &Site, account: Option<Tally>, wall: &Wall) -> Vec<Number> {
    let behind = site.is_behind(wall.now_ms());
    let as_of = wall.plain(site.as_of_ms);
    let number = |title, days: usize, trend: bool| {
        let tally = site.tally(days);
        let words = match (tally.closed, days) {
            (0, 1) if behind && site.is_known => format!("No data since {as_of}"),
            (0, 1) => "No window closed since midnight".to_owned(),
            (_, 1) => of(tally) + " windows met that closed since midnight",
            (0, _) => "No data yet".to_owned(),
            (_, 30) => account.map_or_else(
                || of(tally) + " windows met",
                |all| format!("{}, account {}", of(tally), rate(all)),
            ),
            _ => of(tally) + " windows met",
        };
        let trend = if trend { Spark::of(&site.days, tally) } else { None };
        Number { title, value: rate(tally), low: false, trend, words }
    };
    let overdue = site.counts.overdue;
    let words = if behind && overdue > 0 {
        format!("as of {as_of}, may be clean by now")
    } else {
        format!("of {}", counted(site.counts.items, "item"))
    };
    let overdue = Number { title: "Overdue", value: grouped(overdue), low: overdue > 0, trend: None, words };
    vec![number("30 days", 30, true), number("7 days", 7, false), number("Today", 1, false), overdue]
}

fn late_title(site: &Site, now_ms: i64) -> String {
    let overdue = site.counts.overdue;
    if overdue == 0 {
        return "Nothing is overdue".to_owned();
    }
    if site.is_behind(now_ms) {
        return format!("{} overdue, as the box last told", grouped(overdue));
    }
    format!("Overdue, longest first: {}", counted(overdue, "item"))
}

fn late_words(site: &Site) -> String {
    if site.counts.items == 0 {
        return "No equipment yet. It is added at the box.".to_owned();
    }
    if site.counts.scheduled == 0 {
        return "No item has a schedule, so nothing can be due. Schedules are set at the box.".to_owned();
    }
    match site.counts.due {
        0 => "Nothing waits for a cleaning now.".to_owned(),
        1 => "1 item is due and still has time.".to_owned(),
        n => format!("{} items are due and still have time.", grouped(n)),
    }
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
        late: span(site.as_of_ms.saturating_sub(row.since_ms.unwrap_or(site.as_of_ms))),
        last: row.last_ms.map(|at| wall.clock(at)),
    })
}

/// A ward or room: what stands before the first comma of a location.
fn place_of(location: &str) -> &str {
    location.split(',').next().unwrap_or(location).trim()
}

async fn places(conn: &mut Conn, scope: AccountScope, site: &Site) -> Result<Vec<PlaceRow>, DbError> {
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
    Ok(slipping(places))
}

fn slipping(places: BTreeMap<String, Tally>) -> Vec<PlaceRow> {
    let mut places: Vec<(String, Tally)> = places.into_iter().filter(|(_, t)| t.met < t.closed).collect();
    places.sort_by_key(|(_, tally)| tally.rate());
    let row = |(name, tally): (String, Tally)| PlaceRow {
        name: if name.is_empty() { "No place given".to_owned() } else { name },
        rate: rate(tally),
        missed: tally.closed - tally.met,
    };
    places.into_iter().take(PLACES).map(row).collect()
}

fn box_facts(site: &Site, wall: &Wall) -> Vec<Fact> {
    let Some(standing) = site.in_service.as_ref() else {
        return vec![Fact::new("State", "No box stands here yet")];
    };
    let row = &standing.row;
    let (health, is_fresh) = (health(row), is_fresh(row, wall.now_ms()));
    let mut facts = vec![
        Fact::new("Last heard", row.heard_ms.map_or_else(|| "never".to_owned(), |at| wall.plain(at))),
        Fact::new("Backlog", backlog(row, standing.state)),
        Fact::new("Entries here", grouped(row.held_all.unsigned_abs())),
        Fact::new("Clock", clock(row, wall.now_ms())),
    ];
    if let Some(health) = health {
        facts.push(Fact::new("Disk", as_told(format!("{}% used", health.disk_percent), is_fresh)));
        for printer in health.printers.iter().take(4) {
            let state = as_told(printer.state.clone(), is_fresh);
            facts.push(Fact::new("Printer", format!("{}: {state}", printer.name)));
        }
        if health.photos > 0 {
            facts.push(Fact::new("Photos on the way", grouped(health.photos)));
        }
    }
    facts.push(Fact::new("Version", row.version.clone()));
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
        let shown: Vec<_> = slipping(places).into_iter().map(|p| (p.name, p.rate, p.missed)).collect();
        let row = |name: &str, rate: &str, missed| (name.to_owned(), rate.to_owned(), missed);
        assert_eq!(
            shown,
            [row("Emergency", "50.0%", 5), row("Ward 2C", "61.0%", 39), row("No place given", "90.0%", 1)]
        );
        assert_eq!(place_of("Ward 2C, bed 4"), "Ward 2C");
    }
}
