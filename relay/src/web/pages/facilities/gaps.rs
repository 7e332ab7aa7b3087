//! What was not cleaned in time, first: the page that an auditor comes to.

use ::web::answer::Page;
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::DbError;
use crate::db::projection::gaps::{FacilityGaps, ItemGaps, list_facilities, list_items};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::not_found;
use crate::web::layout::{GAPS_PATH, NavSection, PageLayout};
use crate::web::pages::facilities::facility::facility_layout;
use crate::web::view_models::facility_state::{FacilityOverview, find_overview, tally_windows};
use crate::web::view_models::formats::LocalTime;
use crate::web::view_models::page_turns::PageTurns;
use crate::web::words::{GapsWords, PageWords};

const PAGE: i64 = 50;
const PAGES_MAX: i64 = 1_000;

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct GapParams {
    /// The page, from 1.
    page: String,
}

impl GapParams {
    fn number(&self) -> i64 {
        self.page.parse().unwrap_or(1).clamp(1, PAGES_MAX)
    }
}

struct FacilityGapRow {
    name: String,
    href: String,
    missed: i64,
    rate: String,
    met: String,
    week: String,
    overdue: i64,
}

struct ItemGapRow {
    name: String,
    href: String,
    place: String,
    missed: i64,
    met: String,
    last_day: String,
    is_overdue: bool,
}

/// `found`: rows from the page's first on, one more than it shows where there are.
fn turn_pages(path: &str, number: i64, found: usize) -> PageTurns {
    let has_more = i64::try_from(found).is_ok_and(|found| found > PAGE) && number < PAGES_MAX;
    let number = usize::try_from(number).unwrap_or(1);
    PageTurns::of(number, number + usize::from(has_more), |to| format!("{path}?page={to}"))
}

#[derive(Template)]
#[template(path = "facilities/gaps.html")]
struct GapsPage {
    shell: PageLayout,
    w: GapsWords,
    page: PageWords,
    facilities: Vec<FacilityGapRow>,
    turns: PageTurns,
}

pub(crate) async fn show_gaps(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<GapParams>,
) -> Result<Page, HttpError> {
    let number = requested.number();
    let mut conn = web.db.read(visitor.reads).await?;
    let mut rows = list_facilities(&mut conn, (number - 1) * PAGE, PAGE + 1).await?;
    let wall = LocalTime::of_reader(web.now_ms());
    let w: GapsWords = wall.words();
    let turns = turn_pages(GAPS_PATH, number, rows.len());
    rows.truncate(PAGE.unsigned_abs() as usize);
    Page::draw(&GapsPage {
        shell: PageLayout::signed_in(w.gaps_title(), NavSection::Gaps, &visitor),
        w,
        page: wall.words(),
        facilities: rows.into_iter().map(|row| facility_row(row, &wall)).collect(),
        turns,
    })
}

fn facility_row(row: FacilityGaps, wall: &LocalTime) -> FacilityGapRow {
    let month = tally_windows(row.met, row.closed);
    FacilityGapRow {
        href: format!("/app/f/{}/gaps", row.facility),
        name: row.name,
        missed: row.closed.saturating_sub(row.met).max(0),
        rate: wall.rate_or_no_data(month),
        met: if month.closed == 0 { String::new() } else { wall.met_of(month) },
        week: wall.rate_or_no_data(tally_windows(row.week_met, row.week_closed)),
        overdue: row.overdue.max(0),
    }
}

#[derive(Template)]
#[template(path = "facilities/facility_gaps.html")]
struct FacilityGapsPage {
    shell: PageLayout,
    w: GapsWords,
    page: PageWords,
    facility: String,
    facility_href: String,
    overdue_href: String,
    overdue: u64,
    items: Vec<ItemGapRow>,
    turns: PageTurns,
}

pub(crate) async fn show_facility_gaps(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    LenientQuery(requested): LenientQuery<GapParams>,
) -> Result<Page, HttpError> {
    let (now_ms, number) = (web.now_ms(), requested.number());
    let mut conn = web.db.read(visitor.reads).await?;
    let site = find_overview(&mut conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let wall = LocalTime::new(now_ms, &site.zone);
    let first = (number - 1) * PAGE;
    let mut rows = list_items(&mut conn, facility, site.first_day(), first, PAGE + 1).await?;
    let turns = turn_pages(&format!("/app/f/{facility}/gaps"), number, rows.len());
    rows.truncate(PAGE.unsigned_abs() as usize);
    let items: Result<Vec<_>, _> = rows.iter().map(|row| item_row(row, &site, &wall)).collect();
    let w: GapsWords = wall.words();
    let title = w.gaps_title_of(&site.name);
    Page::draw(&FacilityGapsPage {
        shell: PageLayout { title, section: NavSection::Gaps, ..facility_layout(&visitor, &site, &wall) },
        w,
        page: wall.words(),
        facility_href: format!("/app/f/{facility}"),
        overdue_href: format!("/app/f/{facility}/equipment?show=overdue"),
        overdue: site.overdue,
        facility: site.name,
        items: items?,
        turns,
    })
}

fn item_row(row: &ItemGaps, site: &FacilityOverview, wall: &LocalTime) -> Result<ItemGapRow, DbError> {
    let item: record::fold::Equipment =
        serde_json::from_str(&row.body).map_err(|e| DbError::stored("equipment", e))?;
    let tally = tally_windows(row.met, row.closed);
    let last_day = i32::try_from(row.last_day).unwrap_or_default();
    Ok(ItemGapRow {
        href: format!("/app/f/{}/e/{}", site.id, item.tag),
        name: item.facts.name,
        place: item.facts.location,
        missed: row.closed.saturating_sub(row.met).max(0),
        met: wall.met_of(tally),
        last_day: wall.axis_day(crate::web::view_models::facility_state::day_date(last_day)),
        is_overdue: row.state == "overdue",
    })
}
