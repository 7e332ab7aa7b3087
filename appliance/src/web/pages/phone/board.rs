//! The screen for a wall: names of equipment and no people, no links, no controls.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::compliance::Rate;
use web::answer::Page;
use web::error::HttpError;
use web::route::Anyone;

use crate::web::context::AppState;
use crate::web::layout::Frame;
use crate::web::live::live_page;
use crate::web::view_models::formats::Moment;
use crate::web::view_models::item_status::Row;
use crate::web::view_models::rates::tallies;
use crate::web::view_models::snapshot::Snapshot;

/// Lines of each list that can be read from across a room.
const LINES: usize = 6;

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage {
    frame: Frame,
    clock: Moment,
    overdue: usize,
    due: usize,
    today: String,
    first: Vec<Arc<Row>>,
    next: Vec<Arc<Row>>,
    /// Where nothing is overdue.
    calm: String,
}

pub(crate) async fn show(_: Anyone, State(state): State<AppState>) -> Result<Page, HttpError> {
    let live = live_page(&state).often();
    let today = tallies(&state).await?.last(1).rate();
    let board = crate::web::view_models::status_board::board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let (overdue, due) = (board.overdue(), board.due());
    let calm = match due.first() {
        Some(row) => {
            format!("Nothing overdue. Next: {}, {}.", row.item.name, row.standing.long.to_lowercase())
        }
        None => "Nothing overdue.".to_owned(),
    };
    Page::draw(&BoardPage {
        frame: Frame::new(&state, &snapshot, "Cleaning board").live(live).refreshed(),
        clock: snapshot.local.board_clock(),
        overdue: overdue.len(),
        due: due.len(),
        today: Rate::text(today),
        first: overdue.iter().take(LINES).cloned().collect(),
        next: due.iter().take(LINES).cloned().collect(),
        calm,
    })
}
