//! How recording goes at a facility: how long it takes, and which items are cleaned and used most.

use ::web::answer::Page;
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::figures::{DAYS, ItemUtilisation, SubmissionTimes};
use record::ids::FacilityId;
use words::Number;

use crate::db::projection::figures::{UsedItem, load_most_cleaned, load_took};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::not_found;
use crate::web::layout::PageLayout;
use crate::web::pages::facilities::facility::facility_layout;
use crate::web::view_models::facility_state::find_overview;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::FiguresWords;

const ITEMS: i64 = 50;
const DAY_MS: i64 = 86_400_000;

struct UsedRow {
    name: String,
    href: String,
    cleanings: String,
    cleanings_a_day: String,
    uses: String,
    uses_a_day: String,
}

#[derive(Template)]
#[template(path = "facilities/figures.html")]
struct FiguresPage {
    shell: PageLayout,
    w: FiguresWords,
    facility: String,
    href: String,
    time: Option<String>,
    time_hint: String,
    items: Vec<UsedRow>,
}

pub(crate) async fn show_figures(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let from_ms = now_ms.saturating_sub(DAYS * DAY_MS);
    let mut conn = web.db.read(visitor.reads).await?;
    let site = find_overview(&mut conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let times = SubmissionTimes::of(load_took(&mut conn, facility, from_ms).await?);
    let items = load_most_cleaned(&mut conn, facility, from_ms, ITEMS).await?;
    let wall = LocalTime::new(now_ms, &site.zone);
    let w: FiguresWords = wall.words();
    let seconds = |ms: u32| w.figures_seconds(Number::from_tenths(i64::from(ms).div_euclid(100)));
    Page::draw(&FiguresPage {
        shell: PageLayout { title: w.figures_title(), ..facility_layout(&visitor, &site, &wall) },
        w,
        href: format!("/app/f/{facility}"),
        time: times.map(|times| seconds(times.median_ms)),
        time_hint: match times {
            Some(times) => w.figures_time_hint(times.count, seconds(times.p90_ms)),
            None => w.figures_time_none_hint(),
        },
        items: items.into_iter().map(|item| row_of(facility, item, &wall)).collect(),
        facility: site.name,
    })
}

fn row_of(facility: FacilityId, item: UsedItem, wall: &LocalTime) -> UsedRow {
    let ItemUtilisation { cleanings, uses } = item.utilisation;
    let a_day = |count: u32| wall.number(Number::from_tenths(ItemUtilisation::tenths_a_day(count, DAYS)));
    UsedRow {
        href: format!("/app/f/{facility}/e/{}", item.tag),
        name: if item.name.is_empty() { item.tag.to_string() } else { item.name },
        cleanings: wall.number(i64::from(cleanings)),
        cleanings_a_day: a_day(cleanings),
        uses: wall.number(i64::from(uses)),
        uses_a_day: a_day(uses),
    }
}
