//! The first page: what needs cleaning, the most urgent first, and a search that takes names, places, tags and addresses.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::fold::Facility;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{OneOf, Page, SeeOther};
use web::argument::Lenient;
use web::error::HttpError;

use crate::web::access::phone::Phone;
use crate::web::context::AppState;
use crate::web::layout::Frame;
use crate::web::live::live_page;
use crate::web::request::peer::https_address;
use crate::web::view_models::formats::{Moment, plural};
use crate::web::view_models::item_status::Row;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::{StandingBoard, board};

/// Items of a list before “Show all”.
const SHORT: usize = 4;
/// Hits of a search.
const HITS_MAX: usize = 50;
/// Items of the whole list; a facility with more finds them by searching.
const ALL_MAX: usize = 1_000;
const QUERY_CHARS_MAX: usize = 200;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct HomeParams {
    /// What is looked for.
    #[serde(default)]
    q: String,
    /// Anything: all that is due, not the first few.
    due: Option<String>,
    /// Anything: everything in use.
    all: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    query: String,
    /// Hits of a search, or the whole list.
    found: Option<SearchResults>,
    overdue: Vec<Arc<Row>>,
    due: Vec<Arc<Row>>,
    due_hidden: bool,
    due_word: String,
    all_words: String,
    next: Option<Arc<Row>>,
    as_of: Moment,
    zone: String,
    staff: Option<String>,
    none: bool,
}

struct SearchResults {
    title: String,
    rows: Vec<Arc<Row>>,
    more: usize,
}

pub(crate) async fn show(
    phone: Phone,
    State(state): State<AppState>,
    Lenient(params): Lenient<HomeParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let live = live_page(&state);
    let query: String = params.q.trim().chars().take(QUERY_CHARS_MAX).collect();
    let board = board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    if let Some(tag) = tag_in(&query, &board.seen) {
        return SeeOther::to(&format!("/t/{tag}")).map(OneOf::Second);
    }
    let found = match (query.is_empty(), params.all.is_some()) {
        (false, _) => Some(search(&board, &query)),
        (true, true) => Some(all(&board)),
        (true, false) => None,
    };
    let all_words = format!("All {}, with what is clean", plural(board.in_use().len(), "item", "items"));
    let none = board.in_use().is_empty() && found.is_none();
    let due_word = board.due().len().to_string();
    let due_hidden = params.due.is_none() && board.due().len() > SHORT;
    let shown = if due_hidden { SHORT } else { board.due().len() };
    let host = phone.browser().host().unwrap_or("localhost");
    let frame = Frame::new(&state, &snapshot, "What needs cleaning").live(live).alarmed(&state, &snapshot);
    let page = Page::draw(&HomePage {
        frame,
        query,
        found,
        overdue: board.overdue().to_vec(),
        due_word,
        due: board.due()[..shown].to_vec(),
        due_hidden,
        all_words,
        next: board.due().first().cloned(),
        as_of: snapshot.local.time(snapshot.now_ms()),
        zone: snapshot.local.zone_name().to_owned(),
        staff: https_address(&state, host, "/staff/"),
        none,
    })?;
    Ok(OneOf::First(page))
}

fn all(board: &StandingBoard) -> SearchResults {
    let mut rows = board.in_use().to_vec();
    rows.sort_by(|a, b| a.item.name.cmp(&b.item.name));
    let title = format!("All {}", plural(rows.len(), "item", "items"));
    let more = rows.len().saturating_sub(ALL_MAX);
    rows.truncate(ALL_MAX);
    SearchResults { title, rows, more }
}

/// A whole tag, alone or at the end of an address, as a hand scanner types it.
fn tag_in(query: &str, facility: &Facility) -> Option<Tag> {
    let last = query.trim_end_matches('/').rsplit('/').next().unwrap_or(query);
    Tag::read(last).ok().filter(|tag| query.contains("://") || facility.resolve(*tag).is_some())
}

fn search(board: &StandingBoard, query: &str) -> SearchResults {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let fits = |row: &&Arc<Row>| {
        let item = &row.item;
        let text = format!(
            "{} {} {} {} {} {}",
            item.name, item.location, item.asset_number, item.serial, item.model, item.tag
        )
        .to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let mut rows: Vec<Arc<Row>> = board.in_use().iter().filter(fits).cloned().collect();
    let title = match rows.len() {
        0 => format!("Nothing is called “{query}” here"),
        many => format!("{} with “{query}”", plural(many, "item", "items")),
    };
    let more = rows.len().saturating_sub(HITS_MAX);
    rows.truncate(HITS_MAX);
    SearchResults { title, rows, more }
}
