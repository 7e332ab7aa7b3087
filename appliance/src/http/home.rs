//! The first page: what needs cleaning, the most urgent first, and a search that takes names, places, tags and addresses.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use record::fold::{Equipment, Facility, Service};
use record::tag::Tag;
use serde::Deserialize;

use super::AppState;
use super::frame::{Frame, page};
use super::guard::{https_address, see_other};
use super::problem::Problem;
use super::query::Asked;
use super::standing::{Row, row, rows};
use super::view::Snapshot;
use super::words::{Moment, plural};

/// Items of a list before “Show all”.
const SHORT: usize = 4;
/// Hits of a search.
const HITS_MAX: usize = 50;
/// Items of the whole list; a facility with more finds them by searching.
const ALL_MAX: usize = 1_000;
const QUERY_CHARS_MAX: usize = 200;

pub(super) fn routes() -> Router<AppState> {
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
    overdue: Vec<Row>,
    due: Vec<Row>,
    due_hidden: bool,
    due_word: String,
    all_words: String,
    next: Option<Row>,
    as_of: Moment,
    zone: String,
    staff: Option<String>,
    none: bool,
}

struct Found {
    title: String,
    rows: Vec<Row>,
    more: usize,
}

async fn home(
    State(state): State<AppState>,
    Asked(ask): Asked<Ask>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query: String = ask.q.trim().chars().take(QUERY_CHARS_MAX).collect();
    let (snapshot, mut rows, found) = {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(&state, &facility);
        if let Some(tag) = tag_in(&query, &facility) {
            return Ok(see_other(&format!("/t/{tag}")));
        }
        let found = (!query.is_empty()).then(|| search(&facility, &query, &snapshot));
        (snapshot.clone(), rows(&facility, &snapshot.local), found)
    };
    let all_words = format!("All {}, with what is clean", plural(rows.len(), "item", "items"));
    let found = found.or_else(|| ask.all.is_some().then(|| all(&mut rows)));
    let (overdue, rest): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(Row::is_overdue);
    let none = overdue.is_empty() && rest.is_empty() && found.is_none();
    let next = rest.iter().find(|row| row.is_due()).cloned();
    let mut due: Vec<Row> = rest.into_iter().filter(Row::is_due).collect();
    let due_word = due.len().to_string();
    let due_hidden = ask.due.is_none() && due.len() > SHORT;
    due.truncate(if due_hidden { SHORT } else { due.len() });
    let host = headers.get(http::header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost");
    let frame = Frame::new(&state, &snapshot, "What needs cleaning").live(&state, &snapshot);
    let frame = match Snapshot::alarm(&state) {
        Some(words) => frame.told(words),
        None => frame,
    };
    page(&HomePage {
        frame,
        query,
        found,
        overdue,
        due_word,
        due,
        due_hidden,
        all_words,
        next,
        as_of: snapshot.local.time(snapshot.now_ms()),
        zone: snapshot.local.zone_name().to_owned(),
        staff: https_address(&state, host, "/staff/"),
        none,
    })
}

fn all(rows: &mut [Row]) -> Found {
    let mut list = rows.to_vec();
    list.sort_by(|a, b| a.name.cmp(&b.name));
    let more = list.len().saturating_sub(ALL_MAX);
    list.truncate(ALL_MAX);
    Found { title: format!("All {}", plural(rows.len(), "item", "items")), rows: list, more }
}

/// A whole tag, alone or at the end of an address, as a hand scanner types it.
fn tag_in(query: &str, facility: &Facility) -> Option<Tag> {
    let last = query.trim_end_matches('/').rsplit('/').next().unwrap_or(query);
    Tag::read(last).ok().filter(|tag| query.contains("://") || facility.resolve(*tag).is_some())
}

fn search(facility: &Facility, query: &str, snapshot: &Snapshot) -> Found {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let fits = |item: &&Equipment| {
        let text = format!(
            "{} {} {} {} {} {}",
            item.name, item.location, item.asset_number, item.serial, item.model, item.tag
        )
        .to_lowercase();
        item.service != Service::Retired && words.iter().all(|word| text.contains(word))
    };
    let mut rows: Vec<Row> = facility
        .equipment
        .values()
        .map(AsRef::as_ref)
        .filter(fits)
        .map(|item| row(facility, item, &snapshot.local))
        .collect();
    rows.sort_by(|a, b| (a.status.order(), &a.name).cmp(&(b.status.order(), &b.name)));
    let title = match rows.len() {
        0 => format!("Nothing is called “{query}” here"),
        many => format!("{} with “{query}”", plural(many, "item", "items")),
    };
    let more = rows.len().saturating_sub(HITS_MAX);
    rows.truncate(HITS_MAX);
    Found { title, rows, more }
}
