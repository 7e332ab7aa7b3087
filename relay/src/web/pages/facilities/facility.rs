//! A facility's page: what is overdue, where it slips, what was cleaned last, and the state of its box.

use std::collections::BTreeMap;

use ::web::answer::Page;
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::WindowTally;
use record::fold::Equipment;
use record::ids::FacilityId;
use words::SafeHtml;

use crate::accounts::AccountUser;
use crate::db::facility::facility_now::{FacilityPart, sum_account};
use crate::db::projection::dashboard::ItemRow;
use crate::db::projection::history::{HistoryCursor, HistoryScope};
use crate::db::{DbError, ScopedConnection};
use crate::projections::box_state::{BoxState, read_health, unseen_alarms};
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::pages::facilities::facility;
use crate::web::view_models::box_alarms::alarm_sentences;
use crate::web::view_models::box_state::{as_reported, backlog_text, clock_text, is_fresh, printer_facts};
use crate::web::view_models::chart::{ChartBars, SparklineChart};
use crate::web::view_models::cleanings::{
    FeedRow, load_cleaning_views, look_for_photos, word_cause, word_last,
};
use crate::web::view_models::facility_state::{DAYS, FacilityOverview, find_overview, tally_windows};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{BoxesWords, FacilityWords, PageWords};
use crate::web::{PageFact, WebContext};

/// Latest cleanings that the page shows.
const FEED: i64 = 8;
/// Overdue items that it shows; a link leads to the others.
const OVERDUE: i64 = 12;
const PLACES: usize = 6;

struct Silence {
    title: String,
    words: String,
    contact: Option<String>,
}

struct Figure {
    title: String,
    value: String,
    low: bool,
    trend: Option<SparklineChart>,
    words: String,
}

struct LateRow {
    name: String,
    href: String,
    place: String,
    late: String,
    cause: Option<String>,
    last: Option<SafeHtml>,
}

struct PlaceRow {
    name: String,
    rate: String,
    missed: u32,
}

#[derive(Template)]
#[template(path = "facilities/facility.html")]
struct FacilityPage {
    shell: PageLayout,
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
    chart: ChartBars,
    places: Vec<PlaceRow>,
    feed: Vec<FeedRow>,
    state: StatusBadge,
    box_facts: Vec<PageFact>,
}

pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::of(facility, &FacilityPart::ALL)).await?;
    let site = &find_overview(&mut conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let sums = sum_account(&mut conn).await?;
    let account = (sums.facilities > 1).then(|| tally_windows(sums.month_met, sums.month_closed));
    let wall = LocalTime::new(now_ms, &site.zone);
    let start = HistoryCursor::start();
    let rows = crate::db::projection::history::load_cleanings(
        &mut conn,
        HistoryScope::Facility(facility),
        &start,
        FEED,
    )
    .await?;
    let mut latest = load_cleaning_views(&mut conn, rows).await?;
    look_for_photos(&mut conn, &mut latest).await?;
    let overdue = crate::db::projection::dashboard::load_overdue(&mut conn, facility, OVERDUE).await?;
    let places = load_locations(&mut conn, site, &wall).await?;
    let shell = facility_layout(&visitor, site, &wall).live(live, false);
    let w: FacilityWords = wall.words();
    let view = FacilityPage {
        w,
        page: wall.words(),
        several: sums.facilities > 1,
        name: site.name.clone(),
        href: format!("/app/f/{facility}"),
        facts: w.facility_facts(wall.items(site.items), wall.zone()),
        silence: offline_notice(site, &wall),
        zoneless: site.zoneless,
        numbers: facility_figures(site, account, &wall),
        late: overdue.iter().map(|i| late_row(i, site, &wall)).collect::<Result<_, _>>()?,
        late_title: late_title(site, &wall),
        late_words: late_words(w, site),
        late_heading: match site.is_behind(now_ms) {
            true => w.facility_late_at(wall.plain(site.as_of_ms)),
            false => w.facility_late(),
        },
        late_more: site.overdue.saturating_sub(u64::try_from(overdue.len()).unwrap_or_default()),
        chart: ChartBars::of(&site.days, &wall),
        places,
        feed: latest.iter().map(|t| FeedRow::of(t, None, &wall)).collect(),
        state: site.in_service.as_ref().map_or_else(
            || StatusBadge::new(BadgeTone::Plain, wall.words::<BoxesWords>().box_none()),
            |b| b.state.badge_with_span(b.row.last_seen_ms, &wall),
        ),
        box_facts: box_facts(site, &wall),
        shell,
    };
    Page::draw(&view)
}

/// What is around each page of a facility: of when its numbers are.
pub(crate) fn facility_layout(
    visitor: &AccountUser,
    site: &FacilityOverview,
    wall: &LocalTime,
) -> PageLayout {
    let shell = PageLayout::signed_in(site.name.clone(), NavSection::Facilities, visitor);
    if site.is_behind(wall.now_ms()) && site.is_known {
        return shell.with_as_of_before(site.as_of_ms, wall);
    }
    shell.with_as_of_now(wall)
}

fn offline_notice(site: &FacilityOverview, wall: &LocalTime) -> Option<Silence> {
    let w: FacilityWords = wall.words();
    let box_status = site.in_service.as_ref()?;
    let (title, words) = match (box_status.state, box_status.row.last_seen_ms) {
        (BoxState::Silent, Some(last_seen_ms)) => {
            (w.facility_silent(wall.plain(last_seen_ms)), w.facility_silent_what(wall.plain(site.as_of_ms)))
        }
        (BoxState::Waiting, _) => (w.facility_waiting(), w.facility_waiting_what()),
        (BoxState::Quarantined, _) => (w.facility_quarantined(), w.facility_quarantined_what()),
        (BoxState::Alarmed, _) if unseen_alarms(&box_status.row).is_empty() => {
            (w.facility_unknown_log(), w.facility_unknown_log_what())
        }
        (BoxState::Alarmed, _) => {
            (w.facility_alarmed(), w.facility_alarmed_what(alarm_sentences(&box_status.row, wall)))
        }
        _ => return None,
    };
    Some(Silence { title, words, contact: Some(site.contact.clone()).filter(|c| !c.is_empty()) })
}

fn facility_figures(site: &FacilityOverview, account: Option<WindowTally>, wall: &LocalTime) -> Vec<Figure> {
    let w: FacilityWords = wall.words();
    let overdue = site.overdue;
    let words = match site.is_behind(wall.now_ms()) && overdue > 0 {
        true => w.facility_overdue_then(wall.plain(site.as_of_ms)),
        false => w.facility_overdue_of(wall.items(site.items)),
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

fn rate_figure(
    site: &FacilityOverview,
    days: usize,
    account: Option<WindowTally>,
    wall: &LocalTime,
) -> Figure {
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
        _ => (w.facility_month(), SparklineChart::of(&site.days, tally, wall)),
    };
    Figure { title, value: wall.rate(tally), low: false, trend, words }
}

fn late_title(site: &FacilityOverview, wall: &LocalTime) -> String {
    let (w, overdue) = (wall.words::<FacilityWords>(), site.overdue);
    match site.is_behind(wall.now_ms()) {
        _ if overdue == 0 => w.facility_late_none(),
        true => w.facility_late_then(overdue),
        false => w.facility_late_now(wall.items(overdue)),
    }
}

fn late_words(w: FacilityWords, site: &FacilityOverview) -> String {
    if site.items == 0 {
        return w.facility_no_equipment();
    }
    if site.scheduled == 0 {
        return w.facility_no_schedule();
    }
    w.facility_due(site.due)
}

pub(crate) fn read_equipment(row: &ItemRow) -> Result<Equipment, DbError> {
    serde_json::from_str(&row.body).map_err(|e| DbError::stored("equipment", e))
}

fn late_row(row: &ItemRow, site: &FacilityOverview, wall: &LocalTime) -> Result<LateRow, DbError> {
    let item = read_equipment(row)?;
    Ok(LateRow {
        name: item.facts.name,
        href: format!("/app/f/{}/e/{}", site.id, item.tag),
        place: item.facts.location,
        late: wall.span(site.as_of_ms.saturating_sub(row.since_ms.unwrap_or(site.as_of_ms))),
        cause: word_cause(row, wall)?,
        last: word_last(row, wall),
    })
}

/// A ward or room: what precedes the first comma of a location.
fn place_of(location: &str) -> &str {
    location.split(',').next().unwrap_or(location).trim()
}

async fn load_locations(
    conn: &mut ScopedConnection,
    site: &FacilityOverview,
    wall: &LocalTime,
) -> Result<Vec<PlaceRow>, DbError> {
    let tallies = crate::db::projection::dashboard::item_tallies(conn, site.id, site.first_day()).await?;
    if tallies.is_empty() {
        return Ok(Vec::new());
    }
    let items = crate::db::projection::dashboard::load_items(conn, site.id, "", facility::ITEMS_MAX).await?;
    let mut places: BTreeMap<String, WindowTally> = BTreeMap::new();
    let tallies: BTreeMap<&str, WindowTally> =
        tallies.iter().map(|(tag, met, closed)| (tag.as_str(), tally_windows(*met, *closed))).collect();
    for row in &items {
        let item = read_equipment(row)?;
        if let Some(tally) = tallies.get(row.tag.as_str()) {
            *places.entry(place_of(&item.facts.location).to_owned()).or_default() += *tally;
        }
    }
    Ok(lowest_locations(places, wall))
}

fn lowest_locations(places: BTreeMap<String, WindowTally>, wall: &LocalTime) -> Vec<PlaceRow> {
    let w: FacilityWords = wall.words();
    let mut places: Vec<(String, WindowTally)> =
        places.into_iter().filter(|(_, t)| t.met < t.closed).collect();
    places.sort_by_key(|(_, tally)| tally.rate());
    places
        .into_iter()
        .take(PLACES)
        .map(|(name, tally): (String, WindowTally)| PlaceRow {
            name: if name.is_empty() { w.facility_no_place() } else { name },
            rate: wall.rate(tally),
            missed: tally.closed - tally.met,
        })
        .collect()
}

fn box_facts(site: &FacilityOverview, wall: &LocalTime) -> Vec<PageFact> {
    let (w, boxes): (FacilityWords, BoxesWords) = (wall.words(), wall.words());
    let Some(box_status) = site.in_service.as_ref() else {
        return vec![make_fact(w, "state", w.facility_box_none())];
    };
    let row = &box_status.row;
    let (health, is_fresh) = (read_health(row), is_fresh(row, wall.now_ms()));
    let last_seen = row.last_seen_ms.map(|at| wall.plain(at));
    let mut facts = vec![
        make_fact(w, "heard", last_seen.unwrap_or_else(|| wall.words::<PageWords>().time_never())),
        make_fact(w, "backlog", backlog_text(row, box_status.state, wall)),
        make_fact(w, "entries", wall.number(row.held_all)),
        make_fact(w, "clock", clock_text(row, wall)),
    ];
    if let Some(health) = health {
        facts.push(make_fact(
            w,
            "disk",
            as_reported(boxes, boxes.box_disk_used(health.disk_percent), is_fresh),
        ));
        let printers = printer_facts(boxes, &health, is_fresh).into_iter();
        facts.extend(printers.map(|printer| make_fact(w, "printer", printer)));
        if health.photos > 0 {
            facts.push(make_fact(w, "photos", wall.number(health.photos)));
        }
    }
    facts.push(make_fact(w, "version", row.version.clone()));
    facts
}

fn make_fact(w: FacilityWords, key: &str, value: String) -> PageFact {
    PageFact::new(w.facility_box_fact(key), value)
}

/// Items of one facility that are looked through: as many as a large hospital has.
pub(crate) const ITEMS_MAX: i64 = 20_000;

pub(crate) const LOOK_BACK_MS: i64 = DAYS as i64 * 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_that_slips_most_comes_first() {
        fn new_tally(met: u32, closed: u32) -> WindowTally {
            WindowTally { met, closed }
        }
        let places = BTreeMap::from([
            ("Ward 2C".to_owned(), new_tally(61, 100)),
            ("Imaging".to_owned(), new_tally(50, 50)),
            ("Emergency".to_owned(), new_tally(5, 10)),
            (String::new(), new_tally(9, 10)),
        ]);
        let shown: Vec<_> = lowest_locations(places, &LocalTime::new(0, "UTC"))
            .into_iter()
            .map(|p| (p.name, p.rate, p.missed))
            .collect();
        let row = |name: &str, rate: &str, missed| (name.to_owned(), rate.to_owned(), missed);
        assert_eq!(
            shown,
            [row("Emergency", "50.0%", 5), row("Ward 2C", "61.0%", 39), row("No place given", "90.0%", 1)]
        );
        assert_eq!(place_of("Ward 2C, bed 4"), "Ward 2C");
    }
}
