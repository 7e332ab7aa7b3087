//! The account's page: its facilities, fifty a page, those first that need somebody, and what was cleaned last.

use std::collections::BTreeMap;

use ::web::answer::{OneOf, Page, SeeOther};
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::db::facility::facility_now::{AccountSums, FacilityPart, FacilityRowNow};
use crate::db::facility::facility_pages::{FacilityCursor, FacilityFilter, FacilityOrder, FacilityQuery};
use crate::db::facility::regions::list_regions;
use crate::db::facility::{facility_now, facility_pages};
use crate::db::projection::history::{HistoryCursor, HistoryScope};
use crate::db::{DbError, ScopedConnection};
use crate::projections::box_state::{BoxState, SILENT_MS};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::layout::{NavSection, PageLayout, home_of};
use crate::web::live_marks::LiveTopic;
use crate::web::pages::forms::single_form::SignInMethodPage;
use crate::web::view_models::box_state::backlog_words;
use crate::web::view_models::chart::{ChartDay, SparklineChart};
use crate::web::view_models::cleanings::{FeedRow, load_cleaning_views, look_for_photos};
use crate::web::view_models::facility_state::{DAYS, day_number, read_overview, tally_windows, thirty_days};
use crate::web::view_models::formats::{LocalTime, StatusBadge};
use crate::web::words::{AccountWords, PageWords, open_words};

/// Latest cleanings that the page shows.
const FEED: i64 = 8;

const PAGE: i64 = 50;

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct AccountParams {
    /// By what the facilities are sorted: `overdue`, `name`, `month`, `week`, `today` or `box`.
    sort: Option<String>,
    /// `overdue`: with overdue items only; `offline`: with an offline box only.
    show: Option<String>,
    /// The id of a region: its facilities only.
    region: Option<String>,
    /// The mark of the facility behind which the page begins.
    after: Option<String>,
}

/// The table's columns, and whether they hold numbers; those without an order sort nothing.
const COLUMNS: [(&str, Option<FacilityOrder>, bool); 9] = [
    ("name", Some(FacilityOrder::Name), false),
    ("month", Some(FacilityOrder::Month), true),
    ("trend", None, false),
    ("week", Some(FacilityOrder::Week), true),
    ("today", Some(FacilityOrder::Today), true),
    ("overdue", Some(FacilityOrder::Overdue), true),
    ("box", Some(FacilityOrder::Box), false),
    ("heard", None, true),
    ("backlog", None, true),
];

const FILTERS: [(&str, FacilityFilter); 3] = [
    ("all", FacilityFilter::All),
    ("overdue", FacilityFilter::Overdue),
    ("offline", FacilityFilter::Offline),
];

fn read_query(requested: &AccountParams) -> FacilityQuery {
    FacilityQuery {
        order: requested
            .sort
            .as_deref()
            .and_then(|key: &str| {
                COLUMNS.iter().find(|(name, ..)| *name == key).and_then(|(_, order, _)| *order)
            })
            .unwrap_or_default(),
        filter: requested
            .show
            .as_deref()
            .and_then(|key: &str| FILTERS.iter().find(|(name, _)| *name == key).map(|(_, filter)| *filter))
            .unwrap_or_default(),
        region: requested.region.as_deref().and_then(|region| region.parse().ok()),
        after: requested.after.as_deref().and_then(FacilityCursor::read),
    }
}

fn order_key(order: FacilityOrder) -> &'static str {
    COLUMNS.iter().find(|(_, of, _)| *of == Some(order)).map_or("overdue", |(name, ..)| name)
}

fn filter_key(filter: FacilityFilter) -> &'static str {
    FILTERS.iter().find(|(_, of)| *of == filter).map_or("all", |(name, _)| name)
}

fn page_link(query: &FacilityQuery) -> String {
    let mut link = format!("/app/?sort={}", order_key(query.order));
    if query.filter != FacilityFilter::All {
        link.push_str(&format!("&show={}", filter_key(query.filter)));
    }
    if let Some(region) = query.region {
        link.push_str(&format!("&region={region}"));
    }
    if let Some(after) = &query.after {
        link.push_str(&format!("&after={after}"));
    }
    link
}

struct Column {
    name: String,
    number: bool,
    href: Option<String>,
    sorted: bool,
    direction: &'static str,
}

struct FilterLink {
    name: String,
    href: String,
    is_shown: bool,
}

struct SiteRow {
    name: String,
    href: String,
    rate_30: String,
    met_30: String,
    trend: Option<SparklineChart>,
    rate_7: String,
    rate_today: String,
    overdue: u64,
    state: StatusBadge,
    seen: Option<SafeHtml>,
    backlog: String,
}

#[derive(Template)]
#[template(path = "facilities/facilities.html")]
struct FacilitiesPage {
    shell: PageLayout,
    w: AccountWords,
    page: PageWords,
    account: String,
    rate_30: String,
    met_30: String,
    trend: Option<SparklineChart>,
    overdue: u64,
    overdue_of: String,
    silent: usize,
    silent_words: String,
    behind: usize,
    behind_words: String,
    caption: String,
    columns: Vec<Column>,
    filters: Vec<FilterLink>,
    /// Of which region alone the table is, and where it is of all.
    region: Option<String>,
    everywhere: Option<String>,
    sites: Vec<SiteRow>,
    first: Option<String>,
    next: Option<String>,
    /// Names of the facilities whose days are cut in UTC because nobody set a zone.
    zoneless: Option<String>,
    feed: Vec<FeedRow>,
}

pub(crate) async fn home(visitor: MemberCaller<Read>) -> Result<SeeOther, HttpError> {
    SeeOther::to(home_of(Some(visitor.role)))
}

pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<AccountParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::account(&FacilityPart::ALL)).await?;
    let sums = facility_now::sum_account(&mut conn).await?;
    if visitor.reads.is_limited() && sums.facilities == 0 {
        return show_nothing(&visitor).map(OneOf::First);
    }
    if sums.with_box == 0 {
        let sites = facility_now::list_names(&mut conn).await?;
        return crate::web::pages::fleet::add_box::first_box(&visitor, &web, &sites).await.map(OneOf::First);
    }
    let mut query = read_query(&requested);
    let regions = list_regions(&mut conn).await?;
    let region = regions.into_iter().find(|row| query.region.is_some_and(|id| id.to_string() == row.region));
    // Of one that is not there, all facilities are shown.
    query.region = query.region.filter(|_| region.is_some());
    let mut rows = facility_pages::load_page(&mut conn, &query, PAGE + 1, now_ms).await?;
    if let ([only], 1, None) = (&rows[..], sums.facilities, &requested.sort) {
        return SeeOther::to(&format!("/app/f/{}", only.facility)).map(OneOf::Second);
    }
    let has_more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| has_more).map(FacilityCursor::behind).transpose()?;
    let wall = LocalTime::new(now_ms, &facility_now::common_zone(&mut conn).await?);
    let feed = load_feed(&mut conn, &rows, &wall).await?;
    let parts = AccountParts {
        days: sum_sparks(&facility_now::load_sparks(&mut conn).await?, &wall),
        first_silent: first_with(&mut conn, BoxState::Silent, sums.silent).await?,
        first_behind: first_with(&mut conn, BoxState::Behind, sums.behind).await?,
        sums,
        query,
        region: region.map(|row| row.name),
        rows,
        next,
        feed,
    };
    let title = wall.words::<AccountWords>().account_title(&visitor.account_name);
    let shell = PageLayout::signed_in(title, NavSection::Facilities, &visitor).live(live, false);
    let shell = say_how_old(shell, &parts.sums, &wall);
    Page::draw(&account_page(shell, &visitor, &parts, &wall)?).map(OneOf::First)
}

fn show_nothing(visitor: &AccountUser) -> Result<Page, HttpError> {
    let w: AccountWords = open_words();
    let lead = w.account_nothing_lead(&visitor.account_name, &visitor.email);
    SignInMethodPage::new(w.account_nothing(), lead)
        .signed_in(visitor)
        .of_section(NavSection::Facilities)
        .draw()
}

struct AccountParts {
    sums: AccountSums,
    days: Vec<ChartDay>,
    first_silent: Option<FacilityRowNow>,
    first_behind: Option<FacilityRowNow>,
    query: FacilityQuery,
    region: Option<String>,
    rows: Vec<FacilityRowNow>,
    next: Option<FacilityCursor>,
    feed: Vec<FeedRow>,
}

/// The first facility by name whose box stands so, where any does.
async fn first_with(
    conn: &mut ScopedConnection,
    state: BoxState,
    count: i64,
) -> Result<Option<FacilityRowNow>, DbError> {
    if count == 0 {
        return Ok(None);
    }
    facility_now::find_first_with(conn, state.word()).await
}

async fn load_feed(
    conn: &mut ScopedConnection,
    rows: &[FacilityRowNow],
    wall: &LocalTime,
) -> Result<Vec<FeedRow>, DbError> {
    let start = HistoryCursor::start();
    let latest =
        crate::db::projection::history::load_cleanings(conn, HistoryScope::Account, &start, FEED).await?;
    let mut latest = load_cleaning_views(conn, latest).await?;
    look_for_photos(conn, &mut latest).await?;
    let mut names: BTreeMap<FacilityId, String> = BTreeMap::new();
    for row in rows {
        names.extend(row.facility.parse().ok().map(|id| (id, row.name.clone())));
    }
    for view in &latest {
        if !names.contains_key(&view.facility) {
            let found = facility_now::find_name(conn, view.facility).await?;
            names.extend(found.map(|found| (view.facility, found.name)));
        }
    }
    Ok(latest
        .iter()
        .map(|view| FeedRow::of(view, names.get(&view.facility).map(String::as_str), wall))
        .collect())
}

fn say_how_old(shell: PageLayout, sums: &AccountSums, wall: &LocalTime) -> PageLayout {
    match sums.stale {
        0 => shell.with_as_of_now(wall),
        count => {
            let count = usize::try_from(count).unwrap_or_default();
            let line = wall.words::<AccountWords>().account_live_behind(count, S0, wall.zone());
            shell.with_as_of(fill_slots(line, [wall.now()]))
        }
    }
}

/// The days of all facilities together, each counted in its own zone, up to today where the page is.
fn sum_sparks(sparks: &[(i64, Vec<u8>)], wall: &LocalTime) -> Vec<ChartDay> {
    let today = day_number(wall.today());
    let mut days = thirty_days(&[], today.into(), today);
    for (day, spark) in sparks {
        for (sum, day) in days.iter_mut().zip(thirty_days(spark, *day, today)) {
            sum.tally += day.tally;
        }
    }
    days
}

fn account_page(
    shell: PageLayout,
    visitor: &AccountUser,
    parts: &AccountParts,
    wall: &LocalTime,
) -> Result<FacilitiesPage, DbError> {
    let w: AccountWords = wall.words();
    let AccountParts { sums, days, query, rows, next, feed, .. } = parts;
    let (order, filter) = (query.order, query.filter);
    let begin = FacilityQuery { after: None, ..query.clone() };
    let month = tally_windows(sums.month_met, sums.month_closed);
    fn read_number(n: i64) -> usize {
        usize::try_from(n).unwrap_or_default()
    }
    let shown = match filter {
        FacilityFilter::All => sums.facilities,
        FacilityFilter::Overdue => sums.with_overdue,
        FacilityFilter::Offline => sums.silent,
    };
    let zoneless: Vec<&str> =
        rows.iter().filter(|row| row.zoneless && row.known_ms > 0).map(|row| row.name.as_str()).collect();
    let columns = COLUMNS.iter().map(|&(name, by, number)| Column {
        name: w.account_column(name),
        number,
        href: by.map(|by| page_link(&FacilityQuery { order: by, ..begin.clone() })),
        sorted: by == Some(order),
        direction: if order == FacilityOrder::Overdue { "descending" } else { "ascending" },
    });
    let filters = FILTERS.iter().map(|&(key, of)| FilterLink {
        name: w.account_filter(key),
        href: page_link(&FacilityQuery { filter: of, ..begin.clone() }),
        is_shown: of == filter,
    });
    Ok(FacilitiesPage {
        zoneless: Some(zoneless.join(", ")).filter(|names| !names.is_empty()),
        shell,
        w,
        page: wall.words(),
        account: visitor.account_name.clone(),
        rate_30: wall.rate(month),
        met_30: match month.closed {
            0 => w.account_no_data(),
            closed => w.account_windows_met(closed, month.met),
        },
        trend: SparklineChart::of(days, month, wall),
        overdue: sums.overdue.max(0).unsigned_abs(),
        overdue_of: w
            .account_overdue_of(read_number(sums.with_overdue), wall.items(sums.items.max(0).unsigned_abs())),
        silent: read_number(sums.silent),
        silent_words: silent_words(parts, wall),
        behind: read_number(sums.behind),
        behind_words: behind_words(parts, wall),
        caption: w.account_caption(read_number(shown), w.account_sort(order_key(order))),
        columns: columns.collect(),
        filters: filters.collect(),
        sites: rows.iter().map(|row| site_row(row, wall)).collect::<Result<_, _>>()?,
        everywhere: query.region.map(|_| page_link(&FacilityQuery { region: None, ..begin.clone() })),
        region: parts.region.clone(),
        first: query.after.is_some().then(|| page_link(&begin)),
        next: next
            .as_ref()
            .map(|after| page_link(&FacilityQuery { after: Some(after.clone()), ..begin.clone() })),
        feed: feed.clone(),
    })
}

fn silent_words(parts: &AccountParts, wall: &LocalTime) -> String {
    let w: AccountWords = wall.words();
    match (&parts.first_silent, parts.sums.silent) {
        (None, _) => w.account_all_online(),
        (Some(only), ..=1) => match only.last_seen_ms {
            Some(last_seen_ms) => w.account_silent_one(&only.name, wall.plain(last_seen_ms)),
            None => only.name.clone(),
        },
        (Some(first), count) => {
            w.account_silent_more(usize::try_from(count - 1).unwrap_or_default(), &first.name)
        }
    }
}

fn behind_words(parts: &AccountParts, wall: &LocalTime) -> String {
    let w: AccountWords = wall.words();
    match (&parts.first_behind, parts.sums.behind) {
        (None, _) => w.account_all_sent(),
        (Some(only), ..=1) => only.name.clone(),
        (Some(first), count) => {
            w.account_silent_more(usize::try_from(count - 1).unwrap_or_default(), &first.name)
        }
    }
}

fn site_row(row: &FacilityRowNow, wall: &LocalTime) -> Result<SiteRow, DbError> {
    let site = read_overview(row, wall.now_ms())?;
    let month = site.tally(usize::try_from(DAYS).unwrap_or_default());
    let state = row_state(row, wall.now_ms());
    let backlog = row.reported_size.saturating_sub(row.held_size).max(0);
    Ok(SiteRow {
        name: site.name.clone(),
        href: format!("/app/f/{}", site.id),
        rate_30: wall.rate_or_no_data(month),
        met_30: wall.met_of(month),
        trend: SparklineChart::of(&site.days, month, wall),
        rate_7: wall.rate_or_no_data(site.tally(7)),
        rate_today: wall.rate_or_no_data(site.tally(1)),
        overdue: site.overdue,
        state: state.badge_with_span(row.last_seen_ms, wall),
        seen: row.last_seen_ms.map(|at| wall.clock(at)),
        backlog: match state {
            BoxState::None => String::new(),
            state => backlog_words(backlog, state, wall),
        },
    })
}

/// How the box stands: as it was written, but that it may have fallen silent since.
fn row_state(row: &FacilityRowNow, now_ms: i64) -> BoxState {
    let state = BoxState::read(&row.box_state);
    let is_silent = row.last_seen_ms.is_some_and(|at| now_ms.saturating_sub(at) > SILENT_MS);
    match state {
        BoxState::Quarantined | BoxState::None | BoxState::Revoked => state,
        _ if is_silent => BoxState::Silent,
        _ => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_columns_sort() {
        let sorted = |sort: Option<&str>| {
            read_query(&AccountParams { sort: sort.map(str::to_owned), ..AccountParams::default() }).order
        };
        assert_eq!(sorted(Some("name")), FacilityOrder::Name);
        for other in [Some("password"), Some("trend"), Some("backlog"), None] {
            assert_eq!(sorted(other), FacilityOrder::Overdue, "{other:?}");
        }
    }

    #[test]
    fn links_hold_order_and_filter() {
        let link = page_link(&FacilityQuery {
            order: FacilityOrder::Week,
            filter: FacilityFilter::Offline,
            ..FacilityQuery::default()
        });
        assert_eq!(link, "/app/?sort=week&show=offline");
        assert_eq!(page_link(&FacilityQuery::default()), "/app/?sort=overdue");
    }
}
