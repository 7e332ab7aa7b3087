//! All equipment, as a list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::fold::ServiceState;
use record::tag::Tag;
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
use crate::web::view_models::codes::codes_by_item;
use crate::web::view_models::item_status::{ItemRow, ListedItem};
use crate::web::view_models::rates::{load_tallies, word_rate};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::{StatusBoard, status_board};
use crate::web::view_models::wording::PageWording;
use crate::web::words::{EquipmentWords, PageWords, StaffWords};

/// Items of the list; more are found by searching.
pub(crate) const ITEMS_MAX: usize = 500;

struct EquipmentRow {
    listed: ListedItem,
    asset_number: String,
    last: Option<Moment>,
    /// The mark of a time that is a guess.
    unsure: Option<String>,
    rate: String,
}

#[derive(Template)]
#[template(path = "equipment_list.html")]
struct EquipmentListPage {
    frame: PageLayout,
    s: StaffWords,
    w: EquipmentWords,
    query: String,
    caption: String,
    lines: Vec<EquipmentRow>,
    more: usize,
    retired: bool,
    may_change: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct EquipmentListParams {
    /// What is looked for.
    #[serde(default)]
    q: String,
    /// Anything: what was retired, in the place of what is in use.
    retired: Option<String>,
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<EquipmentListParams>,
) -> Result<Page, HttpError> {
    let query: String = params.q.trim().chars().take(200).collect();
    let tallies = load_tallies(&state).await?;
    let board = status_board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let (page_words, s, w): (PageWords, StaffWords, EquipmentWords) = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let rate_of = |tag| word_rate(s, tallies.items.get(&tag).and_then(|tally| tally.rate()));
    let is_retired = params.retired.is_some();
    let being_cleaned = board.being_cleaned(&state);
    let lines = equipment_rows(&board, &wording, &query, is_retired, &being_cleaned, rate_of);
    let caption = match (query.is_empty(), is_retired) {
        (_, true) => w.equipment_retired(lines.len()),
        (true, false) => w.equipment_in_use(lines.len()),
        (false, false) => w.equipment_found(lines.len(), &query),
    };
    let more = lines.len().saturating_sub(ITEMS_MAX);
    let frame = PageLayout::staff(&state, &snapshot, w.equipment_title(), &signed, NavSection::Equipment);
    let page = Page::draw(&EquipmentListPage {
        frame,
        s,
        w,
        query,
        caption,
        more,
        lines: lines.into_iter().take(ITEMS_MAX).collect(),
        retired: is_retired,
        may_change: signed.can_edit(),
    })?;
    Ok(page.in_locale(wording.locale()))
}

fn equipment_rows(
    board: &StatusBoard,
    wording: &PageWording,
    query: &str,
    retired: bool,
    being_cleaned: &BTreeSet<Tag>,
    rate_of: impl Fn(Tag) -> String,
) -> Vec<EquipmentRow> {
    let is_gone = |row: &&Arc<ItemRow>| row.item.service == ServiceState::Retired;
    let (gone, used) = if retired { (board.all(), &[][..]) } else { (&[][..], board.in_use()) };
    let all = gone.iter().filter(is_gone).chain(used);
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let codes = if words.is_empty() { BTreeMap::new() } else { codes_by_item(&board.seen) };
    let line = |row: &Arc<ItemRow>| {
        let item = &row.item;
        let text = format!(
            "{} {} {} {} {} {} {} {}",
            item.name,
            item.location,
            item.asset_number,
            item.serial,
            item.model,
            item.category,
            item.tag,
            codes.get(&item.tag).map_or("", String::as_str)
        );
        let text = text.to_lowercase();
        let last = row.activity.as_ref().and_then(|a| a.last);
        words.iter().all(|word| text.contains(word)).then(|| EquipmentRow {
            asset_number: item.asset_number.clone(),
            last: last.map(|last| wording.dates().day_and_time(last.performed_ms)),
            unsure: last.and_then(|last| wording.unsure_mark(last.certainty(&board.seen.boots))),
            rate: rate_of(item.tag),
            listed: row.list(wording, being_cleaned),
        })
    };
    all.filter_map(line).collect()
}
