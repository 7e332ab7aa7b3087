//! The wall display: names of equipment and no people, no links, no controls.

use askama::Template;
use axum::extract::State;
use record::compliance::ComplianceRate;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::LenientQuery;
use web::error::HttpError;
use words::{Number, S0, SafeHtml, fill_slots};

use crate::web::access::phone::PhoneCaller;
use crate::web::context::AppState;
use crate::web::layout::PageLayout;
use crate::web::live::live_page;
use crate::web::view_models::equipment::item_status::ListedItem;
use crate::web::view_models::equipment::rates::load_tallies;
use crate::web::view_models::equipment::status_board;
use crate::web::view_models::machine::panel_words::{PanelPicture, draw_panel};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{HomeWords, PageWords};

/// Lines of each list that can be read from several metres away.
const LINES: usize = 6;

#[derive(Template)]
#[template(path = "phone/board.html")]
struct BoardPage {
    frame: PageLayout,
    w: HomeWords,
    overdue: usize,
    due: usize,
    today: String,
    first: Vec<ListedItem>,
    next: Vec<ListedItem>,
    next_due: Option<SafeHtml>,
    as_of: SafeHtml,
    panel: Option<PanelPicture>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct BoardParams {
    /// `1`: with the lights of the box's panel.
    panel: Option<String>,
}

pub(crate) async fn show(
    phone: PhoneCaller,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<BoardParams>,
) -> Result<Page, HttpError> {
    let live = live_page(&state).often();
    let today = load_tallies(&state).await?.last(1).rate();
    let board = status_board::status_board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let (page_words, w): (PageWords, HomeWords) = phone.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let (overdue, due) = (board.overdue(), board.due());
    let being_cleaned = board.being_cleaned(&state);
    let [first, next] = [overdue, due]
        .map(|rows| rows.iter().take(LINES).map(|row| row.list(&wording, &being_cleaned)).collect());
    let frame = PageLayout::open(&state, &snapshot, page_words, w.board_title()).without_languages();
    let page = Page::draw(&BoardPage {
        frame: frame.live(live).refreshed(),
        w,
        overdue: overdue.len(),
        due: due.len(),
        today: match today {
            Some(rate) => w.board_rate(Number::from_tenths(rate.per_mille().into())),
            None => ComplianceRate::text(None),
        },
        first,
        next,
        next_due: due.first().and_then(|row| row.word_next(&wording, w)),
        panel: match params.panel.as_deref() {
            Some("1") => draw_panel(&state, phone.words()),
            _ => None,
        },
        as_of: fill_slots(w.board_as_of(S0), [wording.dates().board_clock().to_html()]),
    })?;
    Ok(page.in_locale(wording.locale()))
}
