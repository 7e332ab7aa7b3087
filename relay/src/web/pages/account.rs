//! The account's page: every facility, the one that slips first, and what was cleaned last.

use ::web::answer::{OneOf, Page, SeeOther};
use ::web::argument::Lenient;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::Tally;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::Visitor;
use crate::db::history::{Cursor, Of};
use crate::web::Web;
use crate::web::access::{Member, Read};
use crate::web::layout::{Section, Shell};
use crate::web::live_marks::LiveTopic;
use crate::web::view_models::box_state::{BoxState, backlog, behind};
use crate::web::view_models::chart::{Day, Spark};
use crate::web::view_models::cleanings::{FeedRow, look_for_photos, told};
use crate::web::view_models::facility_state::{DAYS, Site, common_zone, sites};
use crate::web::view_models::formats::{Badge, Moment, Tone, Wall, counted, grouped, of, rate};

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
    Heard,
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
    const COLUMNS: [(&'static str, Option<Self>, bool); 9] = [
        ("Facility", Some(Self::Name), false),
        ("30 days", Some(Self::Month), true),
        ("Trend", None, false),
        ("7 days", Some(Self::Week), true),
        ("Today", Some(Self::Today), true),
        ("Overdue", Some(Self::Overdue), true),
        ("Box", Some(Self::Box), false),
        ("Last heard", Some(Self::Heard), true),
        ("Backlog", Some(Self::Backlog), true),
    ];

    fn read(asked: Option<&str>) -> Self {
        let columns = Self::COLUMNS.iter().filter_map(|(_, sort, _)| *sort);
        columns.into_iter().find(|sort| Some(sort.key()) == asked).unwrap_or_default()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Name => "name",
            Self::Week => "week",
            Self::Today => "today",
            Self::Overdue => "overdue",
            Self::Box => "box",
            Self::Heard => "heard",
            Self::Backlog => "backlog",
        }
    }

    /// What the caption says.
    fn words(self) -> &'static str {
        match self {
            Self::Month => "lowest 30 days first",
            Self::Name => "by name",
            Self::Week => "lowest 7 days first",
            Self::Today => "lowest today first",
            Self::Overdue => "most overdue first",
            Self::Box => "boxes that need you first",
            Self::Heard => "longest unheard first",
            Self::Backlog => "most behind first",
        }
    }

    fn falls(self) -> bool {
        matches!(self, Self::Overdue | Self::Backlog)
    }

    fn order(self, sites: &mut [Site]) {
        // A facility without data stands after those with any.
        let low = |tally: Tally| tally.rate().map_or(u16::MAX, |r| r.per_mille());
        let standing = |s: &Site| s.in_service.as_ref().map(|b| b.state);
        let heard = |s: &Site| s.in_service.as_ref().map_or(i64::MAX, |b| b.row.heard_ms.unwrap_or(i64::MIN));
        let held_back = |s: &Site| s.in_service.as_ref().map_or(-1, |b| behind(&b.row));
        // They come sorted by name, and the sort keeps that order among equals.
        match self {
            Self::Name => {}
            Self::Month => sites.sort_by_key(|s| low(s.tally(30))),
            Self::Week => sites.sort_by_key(|s| low(s.tally(7))),
            Self::Today => sites.sort_by_key(|s| low(s.tally(1))),
            Self::Overdue => sites.sort_by_key(|s| std::cmp::Reverse(s.counts.overdue)),
            Self::Box => sites.sort_by_key(|s| standing(s).unwrap_or(BoxState::Waiting)),
            Self::Heard => sites.sort_by_key(heard),
            Self::Backlog => sites.sort_by_key(|s| std::cmp::Reverse(held_back(s))),
        }
    }
}

struct Column {
    name: &'static str,
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
    trend: Option<Spark>,
    rate_7: String,
    rate_today: String,
    overdue: u64,
    state: Badge,
    heard: Option<Moment>,
    backlog: String,
}

#[derive(Template)]
#[template(path = "facilities.html")]
struct FacilitiesPage {
    shell: Shell,
    account: String,
    rate_30: String,
    met_30: String,
    trend: Option<Spark>,
    overdue: u64,
    overdue_of: String,
    silent: usize,
    silent_words: String,
    backlog: String,
    backlog_words: String,
    caption: String,
    columns: Vec<Column>,
    sites: Vec<SiteRow>,
    /// Names of facilities whose days are cut in UTC because nobody set a zone.
    zoneless: Vec<String>,
    feed: Vec<FeedRow>,
}

/// `GET /app`.
pub(crate) async fn home(_: Member<Read>) -> Result<SeeOther, HttpError> {
    SeeOther::to("/app/")
}

/// `GET /app/`.
pub(crate) async fn show(
    visitor: Member<Read>,
    State(web): State<Web>,
    Lenient(asked): Lenient<AccountParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read().await?;
    let live = web.live_page(&mut conn, visitor.scope, LiveTopic::Account).await?;
    let mut sites = sites(&mut conn, visitor.scope, now_ms).await?;
    match &sites[..] {
        sites if sites.iter().all(|s| s.in_service.is_none()) => {
            return crate::web::pages::add_box::first_box(&visitor, &web, sites).await.map(OneOf::First);
        }
        [only] if asked.sort.is_none() => {
            return SeeOther::to(&format!("/app/f/{}", only.id)).map(OneOf::Second);
        }
        _ => {}
    }
    let wall = Wall::new(now_ms, &common_zone(&sites));
    let start = Cursor::start();
    let rows = crate::db::history::cleanings(&mut conn, visitor.scope, Of::Account, &start, FEED).await?;
    let mut latest = told(&mut conn, visitor.scope, rows).await?;
    look_for_photos(&mut conn, visitor.scope, &mut latest).await?;
    let feed = latest.iter().map(|told| {
        let place = sites.iter().find(|s| s.id == told.facility).map(|s| s.name.clone());
        FeedRow::of(told, place, &wall)
    });
    let feed = feed.collect();
    let sort = Sort::read(asked.sort.as_deref());
    sort.order(&mut sites);
    let shell =
        Shell::signed_in(format!("Facilities – {}", visitor.account_name), Section::Facilities, &visitor);
    let shell = shell.live(live, false).told("Live, as of ", wall.now(), &wall, behind_words(&sites, now_ms));
    Page::draw(&made(shell, &visitor, &sites, sort, feed, &wall)).map(OneOf::First)
}

fn behind_words(sites: &[Site], now_ms: i64) -> String {
    match sites.iter().filter(|s| s.in_service.is_some() && s.is_behind(now_ms)).count() {
        0 => String::new(),
        1 => " One box is behind: see its row.".to_owned(),
        n => format!(" {n} boxes are behind: their rows say since when."),
    }
}

/// The days of all facilities together; each counts in its own zone.
fn together(sites: &[Site]) -> Vec<Day> {
    let mut days: Vec<Day> = sites.first().map(|s| s.days.clone()).unwrap_or_default();
    for site in sites.iter().skip(1) {
        for (sum, day) in days.iter_mut().zip(&site.days) {
            sum.tally += day.tally;
        }
    }
    days
}

fn made(
    shell: Shell,
    visitor: &Visitor,
    sites: &[Site],
    sort: Sort,
    feed: Vec<FeedRow>,
    wall: &Wall,
) -> FacilitiesPage {
    let days = together(sites);
    let month: Tally = days.iter().map(|d| d.tally).sum();
    let items: u64 = sites.iter().map(|s| s.counts.items).sum();
    let overdue: u64 = sites.iter().map(|s| s.counts.overdue).sum();
    let slipping = sites.iter().filter(|s| s.counts.overdue > 0).count();
    let in_state = |state: BoxState| {
        sites.iter().filter(move |s| s.in_service.as_ref().is_some_and(|b| b.state == state))
    };
    let silent: Vec<&Site> = in_state(BoxState::Silent).collect();
    let (backlog, backlog_words) = not_here_yet(sites);
    let columns = Sort::COLUMNS.iter().map(|&(name, by, number)| Column {
        name,
        number,
        href: by.map(|by| format!("/app/?sort={}", by.key())),
        sorted: by == Some(sort),
        direction: if sort.falls() { "descending" } else { "ascending" },
    });
    FacilitiesPage {
        zoneless: sites.iter().filter(|s| s.zoneless).map(|s| s.name.clone()).collect(),
        shell,
        account: visitor.account_name.clone(),
        rate_30: rate(month),
        met_30: if month.closed == 0 { "No data yet".to_owned() } else { of(month) + " windows met" },
        trend: Spark::of(&days, month),
        overdue,
        overdue_of: match slipping {
            0 => format!("of {}", counted(items, "item")),
            1 => format!("of {}, in 1 facility", counted(items, "item")),
            n => format!("of {}, in {n} facilities", counted(items, "item")),
        },
        silent: silent.len(),
        silent_words: silent_words(&silent, wall),
        backlog,
        backlog_words,
        caption: format!(
            "{}, {}. Trend lines run from 80% to 100%; today counts windows closed since midnight.",
            match sites.len() {
                1 => "1 facility".to_owned(),
                n => format!("{n} facilities"),
            },
            sort.words()
        ),
        columns: columns.collect(),
        sites: sites.iter().map(|s| site_row(s, wall)).collect(),
        feed,
    }
}

fn silent_words(silent: &[&Site], wall: &Wall) -> String {
    match silent {
        [] => "All are heard".to_owned(),
        [only] => {
            let heard = only.in_service.as_ref().and_then(|b| b.row.heard_ms);
            let since = heard.map(|at| format!(", since {}", wall.plain(at))).unwrap_or_default();
            format!("{}{since}", only.name)
        }
        many => format!("{} and {} more", many[0].name, many.len() - 1),
    }
}

fn not_here_yet(sites: &[Site]) -> (String, String) {
    let told = |s: &&Site| {
        s.in_service
            .as_ref()
            .is_some_and(|b| !matches!(b.state, BoxState::Silent | BoxState::Waiting) && behind(&b.row) > 0)
    };
    let waiting: Vec<&Site> = sites.iter().filter(told).collect();
    let entries: i64 = waiting.iter().filter_map(|s| s.in_service.as_ref()).map(|b| behind(&b.row)).sum();
    let words = match &waiting[..] {
        [] => "Every heard box has sent all".to_owned(),
        [only] => format!("entries, {}", only.name),
        many => format!("entries, in {} facilities", many.len()),
    };
    (grouped(entries.unsigned_abs()), words)
}

fn site_row(site: &Site, wall: &Wall) -> SiteRow {
    let month = site.tally(usize::try_from(DAYS).unwrap_or_default());
    let standing = site.in_service.as_ref();
    let today = site.tally(1);
    let word = |tally: Tally| if tally.closed == 0 { "no data".to_owned() } else { rate(tally) };
    SiteRow {
        name: site.name.clone(),
        href: format!("/app/f/{}", site.id),
        rate_30: word(month),
        met_30: of(month),
        trend: Spark::of(&site.days, month),
        rate_7: word(site.tally(7)),
        rate_today: word(today),
        overdue: site.counts.overdue,
        state: standing.map_or_else(
            || Badge::new(Tone::Plain, "No box"),
            |b| b.state.badge_with_span(b.row.heard_ms, wall.now_ms()),
        ),
        heard: standing.and_then(|b| b.row.heard_ms).map(|at| wall.clock(at)),
        backlog: standing.map_or_else(String::new, |b| backlog(&b.row, b.state)),
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
