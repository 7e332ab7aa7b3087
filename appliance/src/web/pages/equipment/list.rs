//! All equipment, as a list.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::compliance::{Rate, Tally};
use record::fold::Service;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::Lenient;
use web::error::HttpError;

use crate::web::access::permissions::View;
use crate::web::access::staff::Staff;
use crate::web::context::AppState;
use crate::web::layout::{Frame, Place};
use crate::web::view_models::formats::{Moment, plural};
use crate::web::view_models::item_status::{ListedItem, Row};
use crate::web::view_models::rates::tallies;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::{StandingBoard, board};
use crate::web::view_models::wording::Wording;

/// Items of the list; more are found by searching.
pub(crate) const ITEMS_MAX: usize = 500;

struct EquipmentRow {
    listed: ListedItem,
    asset_number: String,
    last: Option<Moment>,
    rate: String,
}

#[derive(Template)]
#[template(path = "equipment_list.html")]
struct EquipmentListPage {
    frame: Frame,
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
    signed: Staff<View>,
    State(state): State<AppState>,
    Lenient(params): Lenient<EquipmentListParams>,
) -> Result<Page, HttpError> {
    let query: String = params.q.trim().chars().take(200).collect();
    let tallies = tallies(&state).await?;
    let board = board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let lines = lines(&board, &snapshot, &query, params.retired.is_some(), &tallies.items);
    let counted = plural(lines.len(), "item", "items");
    let caption = match (query.is_empty(), params.retired.is_some()) {
        (_, true) => format!("Retired: {counted}"),
        (true, false) => format!("In use, overdue first: {counted}"),
        (false, false) => format!("With “{query}”: {counted}"),
    };
    let more = lines.len().saturating_sub(ITEMS_MAX);
    let frame = Frame::staff(&state, &snapshot, "Equipment", &signed, Place::Equipment);
    Page::draw(&EquipmentListPage {
        frame,
        query,
        caption,
        more,
        lines: lines.into_iter().take(ITEMS_MAX).collect(),
        retired: params.retired.is_some(),
        may_change: signed.can_edit(),
    })
}

fn lines(
    board: &StandingBoard,
    snapshot: &Snapshot,
    query: &str,
    retired: bool,
    tallies: &std::collections::BTreeMap<Tag, Tally>,
) -> Vec<EquipmentRow> {
    let is_gone = |row: &&Arc<Row>| row.item.service == Service::Retired;
    let (gone, used) = if retired { (board.all(), &[][..]) } else { (&[][..], board.in_use()) };
    let all = gone.iter().filter(is_gone).chain(used);
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let wording = Wording::english(&snapshot.local);
    let line = |row: &Arc<Row>| {
        let item = &row.item;
        let text = format!(
            "{} {} {} {} {} {} {}",
            item.name, item.location, item.asset_number, item.serial, item.model, item.category, item.tag
        );
        let text = text.to_lowercase();
        let last = row.activity.as_ref().and_then(|a| a.last);
        words.iter().all(|word| text.contains(word)).then(|| EquipmentRow {
            asset_number: item.asset_number.clone(),
            last: last.map(|last| snapshot.local.day_time(last.performed_ms)),
            rate: Rate::text(tallies.get(&item.tag).and_then(|t| t.rate())),
            listed: row.list(&wording),
        })
    };
    all.filter_map(line).collect()
}
