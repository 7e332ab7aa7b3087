//! Regions side by side.

use ::web::answer::Page;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;

use crate::db::projection::comparison::{RegionSums, compare_regions};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::facility_state::tally_windows;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{CompareWords, PageWords};

struct RegionView {
    name: String,
    /// The account's page with its facilities alone, where it is a region.
    href: Option<String>,
    facilities: i64,
    items: i64,
    month: String,
    met: String,
    week: String,
    today: String,
    overdue: u64,
    silent: i64,
}

#[derive(Template)]
#[template(path = "facilities/compare.html")]
struct ComparePage {
    shell: PageLayout,
    w: CompareWords,
    page: PageWords,
    caption: String,
    regions: Vec<RegionView>,
    has_regions: bool,
}

pub(crate) async fn show_regions(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let rows = compare_regions(&mut web.db.read(visitor.reads).await?, now_ms).await?;
    let wall = LocalTime::of_reader(now_ms);
    let w: CompareWords = wall.words();
    let shell = PageLayout::signed_in(w.compare_title(), NavSection::Facilities, &visitor);
    Page::draw(&ComparePage {
        shell,
        w,
        page: wall.words(),
        caption: w.compare_caption(),
        has_regions: rows.iter().any(|row| !row.region.is_empty()),
        regions: rows.into_iter().map(|row| view_region(row, &wall)).collect(),
    })
}

fn view_region(row: RegionSums, wall: &LocalTime) -> RegionView {
    let w: CompareWords = wall.words();
    let month = tally_windows(row.month_met, row.month_closed);
    let is_region = !row.region.is_empty();
    RegionView {
        href: is_region.then(|| format!("/app/?region={}", row.region)),
        name: if is_region { row.name } else { w.compare_none() },
        facilities: row.facilities,
        items: row.items,
        month: wall.rate_or_no_data(month),
        met: if month.closed == 0 { String::new() } else { wall.met_of(month) },
        week: wall.rate_or_no_data(tally_windows(row.week_met, row.week_closed)),
        today: wall.rate_or_no_data(tally_windows(row.today_met, row.today_closed)),
        overdue: row.overdue.max(0).unsigned_abs(),
        silent: row.silent,
    }
}
