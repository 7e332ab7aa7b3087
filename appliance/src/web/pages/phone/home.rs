//! The first page: what needs cleaning, the most urgent first, and a search that takes names, places, tags and addresses.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use record::fold::Facility;
use record::tag::Tag;
use serde::Deserialize;

use crate::web::answer::see_other;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, page};
use crate::web::request::peer::https_address;
use crate::web::request::query::Asked;
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

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/", get(home))
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    #[serde(default)]
    q: String,
    due: Option<String>,
    all: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    query: String,
    /// Hits of a search, or the whole list.
    found: Option<Found>,
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

struct Found {
    title: String,
    rows: Vec<Arc<Row>>,
    more: usize,
}

async fn home(
    State(state): State<AppState>,
    Asked(ask): Asked<Ask>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query: String = ask.q.trim().chars().take(QUERY_CHARS_MAX).collect();
    let board = board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    if let Some(tag) = tag_in(&query, &board.seen) {
        return Ok(see_other(&format!("/t/{tag}")));
    }
    let found = match (query.is_empty(), ask.all.is_some()) {
        (false, _) => Some(search(&board, &query)),
        (true, true) => Some(all(&board)),
        (true, false) => None,
    };
    let all_words = format!("All {}, with what is clean", plural(board.in_use().len(), "item", "items"));
    let none = board.in_use().is_empty() && found.is_none();
    let due_word = board.due().len().to_string();
    let due_hidden = ask.due.is_none() && board.due().len() > SHORT;
    let shown = if due_hidden { SHORT } else { board.due().len() };
    let host = headers.get(http::header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost");
    let frame =
        Frame::new(&state, &snapshot, "What needs cleaning").live(&snapshot).alarmed(&state, &snapshot);
    page(&HomePage {
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
    })
}

fn all(board: &StandingBoard) -> Found {
    let mut rows = board.in_use().to_vec();
    rows.sort_by(|a, b| a.item.name.cmp(&b.item.name));
    let title = format!("All {}", plural(rows.len(), "item", "items"));
    let more = rows.len().saturating_sub(ALL_MAX);
    rows.truncate(ALL_MAX);
    Found { title, rows, more }
}

/// A whole tag, alone or at the end of an address, as a hand scanner types it.
fn tag_in(query: &str, facility: &Facility) -> Option<Tag> {
    let last = query.trim_end_matches('/').rsplit('/').next().unwrap_or(query);
    Tag::read(last).ok().filter(|tag| query.contains("://") || facility.resolve(*tag).is_some())
}

fn search(board: &StandingBoard, query: &str) -> Found {
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
    Found { title, rows, more }
}
