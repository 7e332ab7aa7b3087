//! The first page: what needs cleaning, the most urgent first, and a search that takes names, places, tags and addresses.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::code::ScannedCodeError;
use record::fold::FacilityState;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{OneOf, Page, SeeOther};
use web::argument::LenientQuery;
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::intake::read_code;
use crate::web::access::badge::{ScanOrigin, is_badge_looked_for};
use crate::web::access::phone::PhoneCaller;
use crate::web::context::{AppState, is_set_up};
use crate::web::layout::PageLayout;
use crate::web::live::live_page;
use crate::web::pages::phone::app::SHELL;
use crate::web::request::client::peer::https_address;
use crate::web::search_words::SearchWords;
use crate::web::view_models::equipment::codes::{address_of_label, codes_by_item, find_scanned, read_label};
use crate::web::view_models::equipment::item_status::{ItemRow, ListedItem};
use crate::web::view_models::equipment::scanned_tags::note_label_scan;
use crate::web::view_models::equipment::status_board::{StatusBoard, status_board};
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{AlarmBannerWords, HomeWords, PageWords};

const SHORT: usize = 4;
const OVERDUE_SHOWN: usize = 50;
const HITS_MAX: usize = 50;
/// Items of the whole list; a facility with more finds them by searching.
const ALL_MAX: usize = 1_000;
const QUERY_CHARS_MAX: usize = 200;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct HomeParams {
    /// What is looked for.
    #[serde(default)]
    q: String,
    /// Anything: all that is overdue and due, not the first few.
    due: Option<String>,
    /// Anything: everything in use.
    all: Option<String>,
    /// Anything: what was looked for is a badge, and stands in no address any more.
    badge: Option<String>,
}

/// Where a badge leads that was scanned as if it were a label.
pub(crate) const NO_LABEL: &str = "/?badge=1";

#[derive(Template)]
#[template(path = "phone/home.html")]
struct HomePage {
    frame: PageLayout,
    w: HomeWords,
    query: String,
    badge: Option<String>,
    found: Option<SearchResults>,
    overdue: Vec<ListedItem>,
    overdue_count: usize,
    due: Vec<ListedItem>,
    due_count: usize,
    in_use: usize,
    next: Option<SafeHtml>,
    as_of: SafeHtml,
    /// The page for use without a connection, which browsers store only over HTTPS.
    app: Option<String>,
    staff: Option<String>,
    none: bool,
    /// Nobody can sign in yet: the address on the set-up slip leads here.
    is_new: bool,
}

struct SearchResults {
    title: SafeHtml,
    rows: Vec<ListedItem>,
    more: usize,
    /// Where nothing was found, and it may have been scanned: the page about such a code.
    code: Option<String>,
}

pub(crate) async fn show(
    phone: PhoneCaller,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<HomeParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let live = live_page(&state);
    let query: String = params.q.trim().chars().take(QUERY_CHARS_MAX).collect();
    let board = status_board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let label = read_label(&board.seen, &query);
    if let Some(label) = label {
        note_label_scan(&state, label);
    }
    if let Some(item) = find_scanned(&board.seen, &query) {
        return SeeOther::to(&format!("/t/{}", item.tag)).map(OneOf::Second);
    }
    if let Some(tag) = label {
        return SeeOther::to(&address_of_label(&board.seen, tag)).map(OneOf::Second);
    }
    if is_misread(&board.seen, &query) {
        return SeeOther::to(&address_of_code(&query)).map(OneOf::Second);
    }
    if is_badge_looked_for(&state, &query, ScanOrigin::of(&state, phone.browser()), phone.notes()).await? {
        return SeeOther::to(NO_LABEL).map(OneOf::Second);
    }
    let (page_words, w, banner_words): (PageWords, HomeWords, AlarmBannerWords) = phone.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let being_cleaned = board.being_cleaned(&state);
    let found = match (query.is_empty(), params.all.is_some()) {
        (false, _) => Some(search_items(&board, &query, &wording, w, &being_cleaned)),
        (true, true) => Some(all_items(&board, &wording, w, &being_cleaned)),
        (true, false) => None,
    };
    let none = board.in_use().is_empty() && found.is_none();
    let is_new = none && !is_set_up(&state).await?;
    let [due, overdue] = [(board.due(), SHORT), (board.overdue(), OVERDUE_SHOWN)].map(|(rows, short)| {
        let shown = if params.due.is_some() { ALL_MAX } else { short };
        rows.iter().take(shown).map(|row| row.list(&wording, &being_cleaned)).collect()
    });
    let host = phone.browser().host().unwrap_or("localhost");
    let frame = PageLayout::open(&state, &snapshot, page_words, w.home_title()).live(live);
    let as_of = w.home_as_of(S0, wording.dates().zone_name());
    let page = Page::draw(&HomePage {
        frame: frame.alarmed(&state, &snapshot, &wording, banner_words),
        w,
        query,
        badge: params.badge.map(|_| match phone.peer().secure {
            true => w.home_badge(),
            false => w.home_badge_plain(),
        }),
        found,
        overdue_count: board.overdue().len(),
        overdue,
        due_count: board.due().len(),
        due,
        in_use: board.in_use().len(),
        next: board.due().first().and_then(|row| row.word_next(&wording, w)),
        as_of: fill_slots(as_of, [wording.clock_time().to_html()]),
        app: https_address(&state, host, SHELL),
        staff: https_address(&state, host, "/staff/"),
        none,
        is_new,
    })?;
    Ok(OneOf::First(page.in_locale(wording.locale())))
}

fn all_items(
    board: &StatusBoard,
    wording: &PageWording,
    w: HomeWords,
    being_cleaned: &BTreeSet<Tag>,
) -> SearchResults {
    let mut rows: Vec<&Arc<ItemRow>> = board.in_use().iter().collect();
    rows.sort_by(|a, b| a.item.facts.name.cmp(&b.item.facts.name));
    SearchResults {
        title: fill_slots(w.home_all_items(rows.len()), []),
        more: rows.len().saturating_sub(ALL_MAX),
        code: None,
        rows: rows.into_iter().take(ALL_MAX).map(|row| row.list(wording, being_cleaned)).collect(),
    }
}

/// A code that opens nothing for a reason that its own page explains.
fn is_misread(facility: &FacilityState, query: &str) -> bool {
    use ScannedCodeError::{EveryItem, KeyboardLayout, SeparatorsMissing, WithoutProduct};
    let read = read_code(facility, query);
    matches!(read, Err(EveryItem | KeyboardLayout | SeparatorsMissing | WithoutProduct))
}

fn resembles_code(facility: &FacilityState, query: &str) -> bool {
    query.contains(|c: char| c.is_ascii_digit()) && read_code(facility, query).is_ok()
}

fn address_of_code(query: &str) -> String {
    format!("/t/?tag={}", path_segment(query))
}

fn search_items(
    board: &StatusBoard,
    query: &str,
    wording: &PageWording,
    w: HomeWords,
    being_cleaned: &BTreeSet<Tag>,
) -> SearchResults {
    let (words, codes) = (SearchWords::of(query), codes_by_item(&board.seen));
    let mut rows: Vec<&Arc<ItemRow>> = board.in_use().iter().collect();
    rows.retain(|row| words.fit(&row.item, codes.get(&row.item.tag).map_or("", String::as_str)));
    let title = match rows.len() {
        0 => w.home_found_none(S0),
        many => w.home_found(many, S0),
    };
    SearchResults {
        title: fill_slots(title, [SafeHtml::entered(query)]),
        more: rows.len().saturating_sub(HITS_MAX),
        code: Some(query)
            .filter(|query| rows.is_empty() && resembles_code(&board.seen, query))
            .map(address_of_code),
        rows: rows.into_iter().take(HITS_MAX).map(|row| row.list(wording, being_cleaned)).collect(),
    }
}
