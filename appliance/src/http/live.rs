//! News for open pages: a word whenever the log has grown, to a bounded number of listeners.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use serde::Deserialize;

use super::AppState;
use super::problem::Problem;
use super::query::Asked;

/// Under load a page is fetched anew at most this often.
const PAUSE: Duration = Duration::from_millis(500);
/// Times move on as well: after this long without news, a word all the same.
const QUIET: Duration = Duration::from_secs(60);

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/live", get(live))
}

#[derive(Debug, Default, Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn live(State(state): State<AppState>, Asked(since): Asked<Since>) -> Result<Response, Problem> {
    let Ok(place) = state.inner.live.clone().try_acquire_owned() else {
        return Err(Problem::new(
            http::StatusCode::SERVICE_UNAVAILABLE,
            "live-full",
            "Too many screens listen already",
        )
        .safe("The page is complete; it only does not renew itself at once.")
        .next("Load it again to see what is new."));
    };
    let seen = since.since;
    let (sizes, link) = (state.store.size_watch(), state.link.clone());
    // The place belongs to the stream: it is free again when the browser has gone.
    let news = stream::unfold((sizes, link, seen, place), |(mut sizes, mut link, seen, place)| async move {
        let size = *sizes.borrow_and_update();
        if size == seen {
            let stopped = tokio::select! {
                changed = sizes.changed() => changed.is_err(),
                Ok(()) = link.changed() => false,
                () = tokio::time::sleep(QUIET) => false,
            };
            if stopped {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let size = *sizes.borrow_and_update();
        Some((Ok::<_, Infallible>(Event::default().data(size.to_string())), (sizes, link, size, place)))
    });
    Ok(Sse::new(news).keep_alive(KeepAlive::default()).into_response())
}
