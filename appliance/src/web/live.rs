//! News for open pages: a word whenever the log has grown, to a bounded number of listeners.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use tokio::sync::watch;

use crate::printing::Printing;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::query::Asked;

/// Under load a page is fetched anew at most this often.
const PAUSE: Duration = Duration::from_secs(1);
/// How often printers that rest are asked while somebody looks at them.
const LOOK: Duration = Duration::from_secs(2);
/// Times move on as well: after this long without news, a word all the same.
const QUIET: Duration = Duration::from_secs(60);

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/live", get(live))
}

#[derive(Debug, Default, Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
    /// Whether the print room's news count as well.
    print: Option<String>,
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
    let prints = since.print.map(|_| (state.printing.clone(), state.printing.news()));
    // What a printer did since its page was made is not counted, so such a page begins with a word.
    let seen = if prints.is_some() { u64::MAX } else { since.since };
    let (sizes, link) = (state.store.size_watch(), state.link.clone());
    // The place belongs to the stream: it is free again when the browser has gone.
    let news = stream::unfold(
        (sizes, link, prints, seen, place),
        |(mut sizes, mut link, mut prints, seen, place)| async move {
            let size = *sizes.borrow_and_update();
            if size == seen {
                let stopped = tokio::select! {
                    changed = sizes.changed() => changed.is_err(),
                    Ok(()) = link.changed() => false,
                    () = printed(&mut prints) => false,
                    () = tokio::time::sleep(QUIET) => false,
                };
                if stopped {
                    return None;
                }
                tokio::time::sleep(PAUSE).await;
            }
            let size = *sizes.borrow_and_update();
            Some((
                Ok::<_, Infallible>(Event::default().data(size.to_string())),
                (sizes, link, prints, size, place),
            ))
        },
    )
    // A layer may ask again after the end.
    .fuse();
    Ok(Sse::new(news).keep_alive(KeepAlive::default()).into_response())
}

/// Ends with the print room's next news; never where nobody wants them.
async fn printed(prints: &mut Option<(Arc<Printing>, watch::Receiver<u64>)>) {
    let Some((printing, news)) = prints else { return std::future::pending().await };
    loop {
        tokio::select! {
            Ok(()) = news.changed() => return,
            () = tokio::time::sleep(LOOK) => drop(printing.printers()),
        }
    }
}
