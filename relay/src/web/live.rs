//! Word of changes to open pages: server-sent events, few listeners, at most one event in two seconds.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::StreamExt as _;
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::accounts::Visitor;
use crate::changes::{Change, Seat};
use crate::db::AccountScope;
use crate::web::http_error::Fault;
use crate::web::{Answer, Web};

/// So many changes as may come, a page is told once in this time.
const QUIET: Duration = Duration::from_secs(2);
/// A page changes by time alone as well: windows close, boxes fall silent.
const MINUTE: Duration = Duration::from_secs(60);
/// How long a stream lives; the browser then opens another, and proves again who it is.
const LIFE: Duration = Duration::from_secs(1_800);

/// What the address carries.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    since: i64,
}

struct Listener {
    web: Web,
    scope: AccountScope,
    shown: i64,
    changes: Receiver<Change>,
    ended: watch::Receiver<bool>,
    ends: Instant,
    is_first: bool,
    _seat: Seat,
}

/// `GET /live?since=N`.
pub(super) async fn listen(visitor: Visitor, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let seat = web.changes.seat(visitor.scope.account()).ok_or(Fault::Busy)?;
    // Before the count is read, so that nothing falls between.
    let changes = web.changes.listen();
    let ended = web.changes.ended();
    let listener = Listener {
        scope: visitor.scope,
        shown: asked.since,
        changes,
        ended,
        ends: Instant::now() + LIFE,
        is_first: true,
        _seat: seat,
        web,
    };
    let mut answer = Sse::new(events(listener))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
        .into_response();
    let no_store = axum::http::HeaderValue::from_static("no-store");
    answer.headers_mut().insert(axum::http::header::CACHE_CONTROL, no_store);
    Ok(answer)
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(listener, async |mut listener| {
        let count = listener.next().await?;
        Some((Ok(Event::default().id(count.to_string()).data("changed")), listener))
    })
    // A layer may ask again after the end.
    .fuse()
}

impl Listener {
    /// The next count to tell; `None` ends the stream.
    async fn next(&mut self) -> Option<i64> {
        if self.is_first {
            self.is_first = false;
            let count = self.count().await?;
            if count != self.shown {
                self.shown = count;
                return Some(count);
            }
        } else {
            tokio::select! {
                _ = self.ended.wait_for(|ended| *ended) => return None,
                () = sleep(QUIET) => {}
            }
        }
        let minute = Instant::now() + MINUTE;
        loop {
            tokio::select! {
                () = sleep_until(self.ends) => return None,
                _ = self.ended.wait_for(|ended| *ended) => return None,
                () = sleep_until(minute) => break,
                heard = self.changes.recv() => match heard {
                    Ok(change) if change.account != self.scope.account() => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return None,
                },
            }
        }
        self.shown = self.count().await?;
        Some(self.shown)
    }

    async fn count(&self) -> Option<i64> {
        let mut conn = self.web.db.read().await.ok()?;
        crate::db::dashboard::changes(&mut conn, self.scope).await.ok()
    }
}
