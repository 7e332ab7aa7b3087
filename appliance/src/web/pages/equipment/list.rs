//! All equipment, as a list.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::fold::ServiceState;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::LenientQuery;
use web::error::HttpError;
use words::Moment;

use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::search_words::SearchWords;
use crate::web::view_models::equipment::codes::codes_by_item;
use crate::web::view_models::equipment::item_status::{ItemRow, ListedItem};
use crate::web::view_models::equipment::rates::{load_tallies, word_rate};
use crate::web::view_models::equipment::status_board::{StatusBoard, status_board};
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{EquipmentWords, PageWords, StaffWords};

pub(crate) const PAGE_ROWS: usize = 50;

struct EquipmentRow {
    listed: ListedItem,
    asset_number: String,
    last: Option<Moment>,
    /// The mark of a time that is a guess.
    unsure: Option<String>,
    rate: String,
}

#[derive(Template)]
#[template(path = "equipment/equipment_list.html")]
struct EquipmentListPage {
    frame: PageLayout,
    s: StaffWords,
    w: EquipmentWords,
    query: String,
    caption: String,
    lines: Vec<EquipmentRow>,
    pager: Pager,
    other: String,
    retired: bool,
    may_change: bool,
}

#[derive(Debug, Default)]
struct Pager {
    words: String,
    previous: Option<String>,
    next: Option<String>,
}

impl Pager {
    fn of(w: EquipmentWords, params: &EquipmentListParams, page: usize, count: usize) -> Self {
        if count <= PAGE_ROWS {
            return Self::default();
        }
        let (first, last) = ((page - 1) * PAGE_ROWS + 1, count.min(page * PAGE_ROWS));
        Self {
            words: w.equipment_page_of(count, first, last),
            previous: (page > 1).then(|| params.address_of(params.shown(), page - 1)),
            next: (last < count).then(|| params.address_of(params.shown(), page + 1)),
        }
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct EquipmentListParams {
    /// What is looked for.
    #[serde(default)]
    q: String,
    /// Anything: what was retired, in the place of what is in use.
    retired: Option<String>,
    /// From 1; past the last one it is the last one.
    page: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListedItems {
    InUse,
    Retired,
}

impl EquipmentListParams {
    fn shown(&self) -> ListedItems {
        if self.retired.is_some() { ListedItems::Retired } else { ListedItems::InUse }
    }

    fn address_of(&self, listed: ListedItems, page: usize) -> String {
        let retired = (listed == ListedItems::Retired).then(|| "retired=1".to_owned());
        let query = Some(&self.q).filter(|q| !q.is_empty()).map(|q| format!("q={}", path_segment(q)));
        let page = (page > 1).then(|| format!("page={page}"));
        let all: Vec<String> = query.into_iter().chain(retired).chain(page).collect();
        match all.is_empty() {
            true => "/staff/equipment".to_owned(),
            false => format!("/staff/equipment?{}", all.join("&")),
        }
    }
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<EquipmentListParams>,
) -> Result<Page, HttpError> {
    let query: String = params.q.trim().chars().take(200).collect();
    let params = EquipmentListParams { q: query, ..params };
    let tallies = load_tallies(&state).await?;
    let board = status_board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let (page_words, s, w): (PageWords, StaffWords, EquipmentWords) = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let listed = params.shown();
    let being_cleaned = board.being_cleaned(&state);
    let found = find_rows(&board, &params.q, listed);
    let caption = match (params.q.is_empty(), listed) {
        (true, ListedItems::Retired) => w.equipment_retired(found.len()),
        (true, ListedItems::InUse) => w.equipment_in_use(found.len()),
        (false, ListedItems::Retired) => w.equipment_retired_found(found.len(), &params.q),
        (false, ListedItems::InUse) => w.equipment_found(found.len(), &params.q),
    };
    let other = match listed {
        ListedItems::Retired => ListedItems::InUse,
        ListedItems::InUse => ListedItems::Retired,
    };
    let page = params.page.unwrap_or(1).clamp(1, found.len().div_ceil(PAGE_ROWS).max(1));
    let line = |row: &&Arc<ItemRow>| {
        let last = row.activity.as_ref().and_then(|a| a.last);
        EquipmentRow {
            asset_number: row.item.facts.asset_number.clone(),
            last: last.map(|last| wording.dates().day_and_time(last.performed_ms)),
            unsure: last.and_then(|last| wording.unsure_mark(last.certainty(&board.seen.boots))),
            rate: word_rate(s, tallies.items.get(&row.item.tag).and_then(|tally| tally.rate())),
            listed: row.list(&wording, &being_cleaned),
        }
    };
    let frame = PageLayout::staff(&state, &snapshot, w.equipment_title(), &signed, NavSection::Equipment);
    let page = Page::draw(&EquipmentListPage {
        frame,
        s,
        w,
        caption,
        lines: found.iter().skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS).map(line).collect(),
        pager: Pager::of(w, &params, page, found.len()),
        other: params.address_of(other, 1),
        query: params.q,
        retired: listed == ListedItems::Retired,
        may_change: signed.can_edit(),
    })?;
    Ok(page.in_locale(wording.locale()))
}

fn find_rows<'a>(board: &'a StatusBoard, query: &str, listed: ListedItems) -> Vec<&'a Arc<ItemRow>> {
    let (gone, used) = match listed {
        ListedItems::Retired => (board.all(), &[][..]),
        ListedItems::InUse => (&[][..], board.in_use()),
    };
    let all = gone.iter().filter(|row: &&Arc<ItemRow>| row.item.service == ServiceState::Retired).chain(used);
    let words = SearchWords::of(query);
    if words.is_empty() {
        return all.collect();
    }
    let codes = codes_by_item(&board.seen);
    let code_of = |row: &Arc<ItemRow>| codes.get(&row.item.tag).map_or("", String::as_str);
    all.filter(|row| words.fit(&row.item, code_of(row))).collect()
}
