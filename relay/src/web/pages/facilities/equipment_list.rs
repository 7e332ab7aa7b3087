//! The equipment of a facility: what is late first, found by name, place, asset number or tag.

use std::collections::HashMap;

use ::web::answer::Page;
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::WindowTally;
use record::fold::{Equipment, ServiceState};
use record::ids::FacilityId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use words::SafeHtml;

use crate::db::DbError;
use crate::db::facility::facility_now::FacilityPart;
use crate::db::projection::dashboard::ItemRow;
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::{encode_parameter, not_found};
use crate::web::layout::PageLayout;
use crate::web::live_marks::LiveTopic;
use crate::web::pages::facilities::facility::{ITEMS_MAX, facility_layout, read_equipment};
use crate::web::view_models::cleanings::{word_cause, word_last};
use crate::web::view_models::facility_state::{FacilityOverview, find_overview, tally_windows};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::view_models::page_turns::PageTurns;
use crate::web::words::{EquipmentWords, PageWords};

const PAGE: usize = 50;

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct EquipmentListParams {
    /// A part of a name, a place, an asset number or a serial number, or a tag.
    q: String,
    /// `overdue`: only what is overdue.
    show: String,
    /// The page, from 1.
    page: String,
}

struct Row {
    name: String,
    href: String,
    place: String,
    asset_number: String,
    state: StatusBadge,
    cause: Option<String>,
    rate: String,
    last: Option<SafeHtml>,
}

#[derive(Template)]
#[template(path = "facilities/equipment_list.html")]
struct ItemsPage {
    shell: PageLayout,
    w: EquipmentWords,
    page_words: PageWords,
    facility: String,
    facility_href: String,
    query: String,
    overdue_only: bool,
    caption: String,
    empty: String,
    items: Vec<Row>,
    turns: PageTurns,
}

pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    LenientQuery(requested): LenientQuery<EquipmentListParams>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::of(facility, &[FacilityPart::Counts])).await?;
    let site = &find_overview(&mut conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let wall = LocalTime::new(now_ms, &site.zone);
    let rows = crate::db::projection::dashboard::load_items(&mut conn, facility, "", ITEMS_MAX).await?;
    let tallies =
        crate::db::projection::dashboard::item_tallies(&mut conn, facility, site.first_day()).await?;
    let tallies: HashMap<String, WindowTally> =
        tallies.into_iter().map(|(tag, met, closed)| (tag, tally_windows(met, closed))).collect();
    let query: String = requested.q.chars().filter(|c| !c.is_control()).take(120).collect();
    let overdue_only = requested.show == "overdue";
    let mut found = Vec::new();
    for row in rows {
        let item = read_equipment(&row)?;
        if matches_query(&item, query.trim()) && (!overdue_only || row.state.as_deref() == Some("overdue")) {
            found.push((order_rows(&row, &item), row, item));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let total = found.len();
    let pages = total.div_ceil(PAGE).max(1);
    let number = requested.page.parse().unwrap_or(1).clamp(1, pages);
    let shown = found.into_iter().skip((number - 1) * PAGE).take(PAGE);
    let items =
        shown.map(|(_, row, item)| list_row(&row, item, &tallies, site, &wall)).collect::<Result<_, _>>()?;
    let w: EquipmentWords = wall.words();
    let title = w.items_title_of(&site.name);
    let view = ItemsPage {
        shell: PageLayout { title, ..facility_layout(&visitor, site, &wall).live(live, true) },
        facility: site.name.clone(),
        facility_href: format!("/app/f/{facility}"),
        w,
        page_words: wall.words(),
        caption: list_caption(total, overdue_only, &query, &wall),
        empty: if query.is_empty() { w.items_none_hint() } else { w.items_none_found_hint() },
        items,
        turns: PageTurns {
            place: w.items_page(number, pages),
            ..PageTurns::of(number, pages, |to: usize| sort_link(facility, &query, overdue_only, to))
        },
        query,
        overdue_only,
    };
    Page::draw(&view)
}

fn sort_link(facility: FacilityId, query: &str, overdue_only: bool, to: usize) -> String {
    let show = if overdue_only { "&show=overdue" } else { "" };
    let query = encode_parameter(query);
    format!("/app/f/{facility}/equipment?q={query}{show}&page={to}")
}

fn list_caption(total: usize, overdue_only: bool, query: &str, wall: &LocalTime) -> String {
    let w: EquipmentWords = wall.words();
    let items = wall.items(u64::try_from(total).unwrap_or(u64::MAX));
    let which = if overdue_only { "overdue" } else { "all" };
    match (total, query.is_empty()) {
        (0, true) => w.items_none(which),
        (0, false) => w.items_none_found(query, which),
        (_, true) => w.items_caption(items, which),
        (_, false) => w.items_caption_found(items, query, which),
    }
}

pub(crate) fn matches_query(item: &Equipment, query: &str) -> bool {
    if query.is_empty() {
        return true;
    }
    let expected = query.to_lowercase();
    let texts = [
        &item.facts.name,
        &item.facts.location,
        &item.facts.asset_number,
        &item.facts.serial,
        &item.facts.category,
    ];
    texts.iter().any(|text| text.to_lowercase().contains(&expected))
        || Tag::read(query).is_ok_and(|tag| tag == item.tag)
}

/// Overdue first and the longest before all, then what is due by its end, then by name.
fn order_rows(row: &ItemRow, item: &Equipment) -> (u8, i64, String) {
    let name = item.facts.name.to_lowercase();
    match row.state.as_deref() {
        Some("overdue") => (0, row.since_ms.unwrap_or(0), name),
        Some("due" | "used") => (1, row.by_ms.unwrap_or(i64::MAX), name),
        Some("out") => (3, 0, name),
        _ => (2, 0, name),
    }
}

fn list_row(
    row: &ItemRow,
    item: Equipment,
    tallies: &HashMap<String, WindowTally>,
    site: &FacilityOverview,
    wall: &LocalTime,
) -> Result<Row, DbError> {
    let tally = tallies.get(&row.tag).copied().unwrap_or_default();
    Ok(Row {
        href: format!("/app/f/{}/e/{}", site.id, item.tag),
        state: status_badge(row, &item, site.as_of_ms, wall),
        cause: word_cause(row, wall)?,
        rate: wall.rate_or_no_data(tally),
        last: word_last(row, wall),
        name: item.facts.name,
        place: item.facts.location,
        asset_number: item.facts.asset_number,
    })
}

pub(crate) fn status_badge(row: &ItemRow, item: &Equipment, as_of_ms: i64, wall: &LocalTime) -> StatusBadge {
    let w: EquipmentWords = wall.words();
    if item.service == ServiceState::Retired {
        return StatusBadge::new(BadgeTone::Plain, w.item_state("retired"));
    }
    let state = row.state.as_deref().unwrap_or("none");
    match (state, row.since_ms) {
        ("overdue", Some(since_ms)) => {
            StatusBadge::new(BadgeTone::Late, w.item_late(wall.span(as_of_ms.saturating_sub(since_ms))))
        }
        ("overdue", None) => StatusBadge::new(BadgeTone::Late, w.item_state(state)),
        ("due" | "used", _) => StatusBadge::new(BadgeTone::Due, w.item_state(state)),
        ("clean", _) => StatusBadge::new(BadgeTone::Ok, w.item_state(state)),
        _ => StatusBadge::new(BadgeTone::Plain, w.item_state(state)),
    }
}
