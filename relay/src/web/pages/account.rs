//! The account's page: every facility, the one that slips first, and what was cleaned last.

use ::web::answer::{OneOf, Page, SeeOther};
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::WindowTally;
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::db::history::{HistoryCursor, HistoryScope};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::view_models::box_state::{BoxState, backlog_text, entries_behind};
use crate::web::view_models::chart::{ChartDay, SparklineChart};
use crate::web::view_models::cleanings::{FeedRow, load_cleaning_views, look_for_photos};
use crate::web::view_models::facility_state::{DAYS, FacilityOverview, common_zone, load_overviews};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{AccountWords, BoxesWords, PageWords};

/// Latest cleanings that the page shows.
const FEED: i64 = 8;

/// By what the facilities are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// Lowest 30 days first.
    #[default]
    Month,
    /// By name.
    Name,
    /// Lowest 7 days first.
    Week,
    /// Lowest today first.
    Today,
    /// Most overdue first.
    Overdue,
    /// Boxes that need somebody first.
    Box,
    /// Longest unheard first.
    #[serde(rename = "heard")]
    LastSeen,
    /// Most behind first.
    Backlog,
}

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct AccountParams {
    /// By what the facilities are sorted.
    sort: Option<String>,
}

impl Sort {
    /// The table's columns by what sorts them, and whether they hold numbers; the trend sorts nothing.
    const COLUMNS: [(Option<Self>, bool); 9] = [
        (Some(Self::Name), false),
        (Some(Self::Month), true),
        (None, false),
        (Some(Self::Week), true),
        (Some(Self::Today), true),
        (Some(Self::Overdue), true),
        (Some(Self::Box), false),
        (Some(Self::LastSeen), true),
        (Some(Self::Backlog), true),
    ];

    fn read(requested: Option<&str>) -> Self {
        let columns = Self::COLUMNS.iter().filter_map(|(sort, _)| *sort);
        columns.into_iter().find(|sort| Some(sort.key()) == requested).unwrap_or_default()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Name => "name",
            Self::Week => "week",
            Self::Today => "today",
            Self::Overdue => "overdue",
            Self::Box => "box",
            Self::LastSeen => "heard",
            Self::Backlog => "backlog",
        }
    }

    fn falls(self) -> bool {
        matches!(self, Self::Overdue | Self::Backlog)
    }

    fn order(self, sites: &mut [FacilityOverview]) {
        // A facility without data stands after those with any.
        let low = |tally: WindowTally| tally.rate().map_or(u16::MAX, |r| r.per_mille());
        let box_status = |s: &FacilityOverview| s.in_service.as_ref().map(|b| b.state);
        let seen = |s: &FacilityOverview| {
            s.in_service.as_ref().map_or(i64::MAX, |b| b.row.heard_ms.unwrap_or(i64::MIN))
        };
        let held_back = |s: &FacilityOverview| s.in_service.as_ref().map_or(-1, |b| entries_behind(&b.row));
        // They come sorted by name, and the sort keeps that order among equals.
        match self {
            Self::Name => {}
            Self::Month => sites.sort_by_key(|s| low(s.tally(30))),
            Self::Week => sites.sort_by_key(|s| low(s.tally(7))),
            Self::Today => sites.sort_by_key(|s| low(s.tally(1))),
            Self::Overdue => sites.sort_by_key(|s| std::cmp::Reverse(s.counts.overdue)),
            Self::Box => sites.sort_by_key(|s| box_status(s).unwrap_or(BoxState::Waiting)),
            Self::LastSeen => sites.sort_by_key(seen),
            Self::Backlog => sites.sort_by_key(|s| std::cmp::Reverse(held_back(s))),
        }
    }
}

struct Column {
    name: String,
    number: bool,
    href: Option<String>,
    sorted: bool,
    direction: &'static str,
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
#[template(path = "facilities.html")]
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
    backlog: String,
    backlog_words: String,
    caption: String,
    columns: Vec<Column>,
    sites: Vec<SiteRow>,
    /// Names of the facilities whose days are cut in UTC because nobody set a zone.
    zoneless: Option<String>,
    feed: Vec<FeedRow>,
}

/// `GET /app`.
pub(crate) async fn home(_: MemberCaller<Read>) -> Result<SeeOther, HttpError> {
    SeeOther::to("/app/")
}

/// `GET /app/`.
pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<AccountParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::Account).await?;
    let mut sites = load_overviews(&mut conn, now_ms).await?;
    match &sites[..] {
        sites if sites.iter().all(|s| s.in_service.is_none()) => {
            return crate::web::pages::add_box::first_box(&visitor, &web, sites).await.map(OneOf::First);
        }
        [only] if requested.sort.is_none() => {
            return SeeOther::to(&format!("/app/f/{}", only.id)).map(OneOf::Second);
        }
        _ => {}
    }
    let wall = LocalTime::new(now_ms, &common_zone(&sites));
    let start = HistoryCursor::start();
    let rows = crate::db::history::load_cleanings(&mut conn, HistoryScope::Account, &start, FEED).await?;
    let mut latest = load_cleaning_views(&mut conn, rows).await?;
    look_for_photos(&mut conn, &mut latest).await?;
    let feed = latest.iter().map(|cleaning_view| {
        let place = sites.iter().find(|s| s.id == cleaning_view.facility).map(|s| s.name.as_str());
        FeedRow::of(cleaning_view, place, &wall)
    });
    let feed: Vec<FeedRow> = feed.collect();
    let sort = Sort::read(requested.sort.as_deref());
    sort.order(&mut sites);
    let title = wall.words::<AccountWords>().account_title(&visitor.account_name);
    let shell = PageLayout::signed_in(title, NavSection::Facilities, &visitor).live(live, false);
    let shell = say_how_old(shell, &sites, &wall);
    Page::draw(&account_page(shell, &visitor, &sites, sort, feed, &wall)).map(OneOf::First)
}

fn say_how_old(shell: PageLayout, sites: &[FacilityOverview], wall: &LocalTime) -> PageLayout {
    match sites.iter().filter(|s| s.in_service.is_some() && s.is_behind(wall.now_ms())).count() {
        0 => shell.with_as_of_now(wall),
        count => {
            let line = wall.words::<AccountWords>().account_live_behind(count, S0, wall.zone());
            shell.with_as_of(fill_slots(line, [wall.now()]))
        }
    }
}

/// The days of all facilities together; each counts in its own zone.
fn sum_days(sites: &[FacilityOverview]) -> Vec<ChartDay> {
    let mut days: Vec<ChartDay> = sites.first().map(|s| s.days.clone()).unwrap_or_default();
    for site in sites.iter().skip(1) {
        for (sum, day) in days.iter_mut().zip(&site.days) {
            sum.tally += day.tally;
        }
    }
    days
}

fn account_page(
    shell: PageLayout,
    visitor: &AccountUser,
    sites: &[FacilityOverview],
    sort: Sort,
    feed: Vec<FeedRow>,
    wall: &LocalTime,
) -> FacilitiesPage {
    let w: AccountWords = wall.words();
    let days = sum_days(sites);
    let month: WindowTally = days.iter().map(|d| d.tally).sum();
    let items: u64 = sites.iter().map(|s| s.counts.items).sum();
    let overdue: u64 = sites.iter().map(|s| s.counts.overdue).sum();
    let slipping = sites.iter().filter(|s| s.counts.overdue > 0).count();
    let in_state = |state: BoxState| {
        sites.iter().filter(move |s| s.in_service.as_ref().is_some_and(|b| b.state == state))
    };
    let silent: Vec<&FacilityOverview> = in_state(BoxState::Silent).collect();
    let zoneless: Vec<&str> = sites.iter().filter(|s| s.zoneless).map(|s| s.name.as_str()).collect();
    let (backlog, backlog_words) = not_here_yet(sites, wall);
    let columns = Sort::COLUMNS.iter().map(|&(by, number)| Column {
        name: w.account_column(by.map_or("trend", Sort::key)),
        number,
        href: by.map(|by| format!("/app/?sort={}", by.key())),
        sorted: by == Some(sort),
        direction: if sort.falls() { "descending" } else { "ascending" },
    });
    FacilitiesPage {
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
        trend: SparklineChart::of(&days, month, wall),
        overdue,
        overdue_of: w.account_overdue_of(slipping, wall.items(items)),
        silent: silent.len(),
        silent_words: silent_words(&silent, wall),
        backlog,
        backlog_words,
        caption: w.account_caption(sites.len(), w.account_sort(sort.key())),
        columns: columns.collect(),
        sites: sites.iter().map(|s| site_row(s, wall)).collect(),
        feed,
    }
}

fn silent_words(silent: &[&FacilityOverview], wall: &LocalTime) -> String {
    let w: AccountWords = wall.words();
    match silent {
        [] => w.account_all_online(),
        [only] => match only.in_service.as_ref().and_then(|b| b.row.heard_ms) {
            Some(heard_ms) => w.account_silent_one(&only.name, wall.plain(heard_ms)),
            None => only.name.clone(),
        },
        [first, others @ ..] => w.account_silent_more(others.len(), &first.name),
    }
}

fn not_here_yet(sites: &[FacilityOverview], wall: &LocalTime) -> (String, String) {
    let w: AccountWords = wall.words();
    let cleaning_view = |s: &&FacilityOverview| {
        s.in_service.as_ref().is_some_and(|b| {
            !matches!(b.state, BoxState::Silent | BoxState::Waiting) && entries_behind(&b.row) > 0
        })
    };
    let waiting: Vec<&FacilityOverview> = sites.iter().filter(cleaning_view).collect();
    let entries: i64 =
        waiting.iter().filter_map(|s| s.in_service.as_ref()).map(|b| entries_behind(&b.row)).sum();
    let words = match &waiting[..] {
        [] => w.account_all_sent(),
        [only] => w.account_entries_one(&only.name),
        many => w.account_entries_many(many.len()),
    };
    (wall.number(entries), words)
}

fn site_row(site: &FacilityOverview, wall: &LocalTime) -> SiteRow {
    let month = site.tally(usize::try_from(DAYS).unwrap_or_default());
    let box_status = site.in_service.as_ref();
    let today = site.tally(1);
    SiteRow {
        name: site.name.clone(),
        href: format!("/app/f/{}", site.id),
        rate_30: wall.rate_or_no_data(month),
        met_30: wall.met_of(month),
        trend: SparklineChart::of(&site.days, month, wall),
        rate_7: wall.rate_or_no_data(site.tally(7)),
        rate_today: wall.rate_or_no_data(today),
        overdue: site.counts.overdue,
        state: box_status.map_or_else(
            || StatusBadge::new(BadgeTone::Plain, wall.words::<BoxesWords>().box_none()),
            |b| b.state.badge_with_span(b.row.heard_ms, wall),
        ),
        seen: box_status.and_then(|b| b.row.heard_ms).map(|at| wall.clock(at)),
        backlog: box_status.map_or_else(String::new, |b| backlog_text(&b.row, b.state, wall)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_columns_sort() {
        assert_eq!(Sort::read(Some("overdue")), Sort::Overdue);
        assert_eq!(Sort::read(Some("password")), Sort::Month);
        assert_eq!(Sort::read(None), Sort::Month);
    }
}
