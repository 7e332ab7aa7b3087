//! Change notification for open pages: they poll, and counters in memory answer.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use web::argument::LenientQuery;
use web::error::HttpError;
use web::live::{LiveAnswer, LivePage, LiveParams};
use web::route::{AnyCaller, Example, Route, RouteKind, row};

use crate::web::context::AppState;

const LIVE: &str = "/live";
/// How often idle printers are polled while a page about printing is open.
const PRINTER_LOOK_EVERY_MS: u64 = 2_000;
const MINUTE_MS: i64 = 60_000;

pub(crate) fn live_routes() -> Vec<Route<AppState>> {
    let example = Example::default().query("since=0&of=prints");
    vec![row(Method::GET, LIVE, "live.ask", RouteKind::Live, ask).example(example)]
}

/// What an open page asks with.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct LiveQuery {
    /// The mark of what the page shows.
    #[serde(default)]
    since: String,
    /// What else than the log the page shows.
    of: Option<LiveSubject>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LiveSubject {
    /// Print jobs and printers.
    Prints,
}

async fn ask(
    _: AnyCaller,
    State(state): State<AppState>,
    LenientQuery(requested): LenientQuery<LiveQuery>,
) -> Result<LiveAnswer, HttpError> {
    let mark = live_mark(&state, requested.of);
    if requested.of == Some(LiveSubject::Prints) {
        look_at_printers(&state);
    }
    Ok(LiveParams { since: requested.since }.answer(mark))
}

#[derive(Debug, Default)]
struct LastPrinterLook {
    up_ms: AtomicU64,
}

fn look_at_printers(state: &AppState) {
    let last = state.stored::<LastPrinterLook>();
    let now_ms = state.clock.now().up_ms;
    let taken = last.up_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last_ms| {
        (now_ms.abs_diff(last_ms) >= PRINTER_LOOK_EVERY_MS).then_some(now_ms)
    });
    if taken.is_ok() {
        drop(state.printing.printers());
    }
}

/// The polling address of a page that shows equipment and records. Taken before anything that the page shows is read.
pub(crate) fn live_page(state: &AppState) -> LivePage {
    LivePage::at(LIVE, live_mark(state, None))
}

pub(crate) fn live_prints_page(state: &AppState) -> LivePage {
    LivePage::at(&format!("{LIVE}?of=prints"), live_mark(state, Some(LiveSubject::Prints)))
}

/// Sealed: anybody may ask, and learns that something changed, but not what.
fn live_mark(state: &AppState, of: Option<LiveSubject>) -> String {
    let (size, at_relay) = (state.store.size(), state.store.cursor_size());
    let link = *state.link.borrow();
    // Times on pages move on as well.
    let minute = state.clock.now().wall_ms.div_euclid(MINUTE_MS);
    let prints = of.map(|LiveSubject::Prints| *state.printing.news().borrow());
    let all = state.alarms.all();
    let alarms: Vec<_> = all.iter().map(|one| (&one.id, one.seen.is_some(), one.over_ms)).collect();
    let starts = state.contact_timers.starts();
    let facts = format!("live {size} {at_relay} {link:?} {minute} {prints:?} {alarms:?} {starts}");
    state.identity.page_key.seal(&facts)
}
