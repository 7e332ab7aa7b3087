//! Bodies under a limit: how long a request's may take, and of an answer's, whether the client takes it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection_table::ExchangeTurn;
use super::connections::{ConnectionPlace, RequestExchange};

/// What HTTP/2 gets of an answer at a time. Only while part of an answer is held back is it known whether its
/// client takes anything.
const PIECE_BYTES: usize = 16 * 1024;

/// How long a client may let the program wait for a request's body. Time in which the program does not read
/// does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadTimeouts {
    /// Every body has this long …
    pub at_first: Duration,
    /// … and one second more for each so many bytes (at least 1) …
    pub bytes_per_second: u64,
    /// … but not more than this.
    pub at_most: Duration,
}

impl Default for UploadTimeouts {
    /// A photo over a weak connection: 30 MB at 100 KB/s.
    fn default() -> Self {
        Self {
            at_first: Duration::from_secs(20),
            bytes_per_second: 16 * 1024,
            at_most: Duration::from_secs(300),
        }
    }
}

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Too slow.
    #[error("the rest of the request did not come in time")]
    TooSlow,
    /// The connection broke, or the client's framing is wrong.
    #[error("the request broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// Reports to the connection's place whose turn it is.
pub(super) struct TimedBody {
    body: Incoming,
    place: Arc<ConnectionPlace>,
    exchange: u64,
    timeouts: UploadTimeouts,
    bytes: u64,
    waited: Duration,
    waiting_since: Option<Instant>,
    limit: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(super) fn new(body: Incoming, exchange: &RequestExchange, timeouts: UploadTimeouts) -> Self {
        let (place, exchange) = (Arc::clone(exchange.place()), exchange.number());
        let (waited, waiting_since) = (Duration::ZERO, None);
        Self { body, place, exchange, timeouts, bytes: 0, waited, waiting_since, limit: None }
    }

    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timeouts = self.timeouts;
        let earned = Duration::from_secs(self.bytes / timeouts.bytes_per_second.max(1));
        let within = timeouts.at_first.saturating_add(earned).min(timeouts.at_most);
        let since = *self.waiting_since.get_or_insert_with(|| {
            self.place.connection_state().turn(self.exchange, ExchangeTurn::Client);
            Instant::now()
        });
        let due = since + within.saturating_sub(self.waited);
        let limit = self.limit.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if limit.deadline() != due {
            limit.as_mut().reset(due);
        }
        limit.as_mut().poll(cx)
    }

    fn came(&mut self) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
            self.place.connection_state().turn(self.exchange, ExchangeTurn::Program);
        }
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        self.came();
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.poll_limit(cx));
            return Poll::Ready(Some(Err(UploadError::TooSlow)));
        };
        self.came();
        if let Some(data) = frame.as_ref().and_then(|f| f.as_ref().ok()?.data_ref()) {
            self.bytes = self.bytes.saturating_add(data.len() as u64);
        }
        Poll::Ready(frame.map(|f| f.map_err(UploadError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// When the body is dropped, written or not, the exchange is over.
pub(super) struct Answer {
    body: Body,
    exchange: RequestExchange,
    /// HTTP/2: its socket does not show whether this answer is taken.
    in_pieces: bool,
    rest: Bytes,
}

impl Answer {
    pub(super) fn new(body: Body, exchange: RequestExchange, in_pieces: bool) -> Self {
        exchange.turn(ExchangeTurn::Program);
        Self { body, exchange, in_pieces, rest: Bytes::new() }
    }

    fn piece(&mut self, mut data: Bytes) -> Frame<Bytes> {
        self.exchange.turn(ExchangeTurn::Taking(Instant::now()));
        self.rest = data.split_off(data.len().min(PIECE_BYTES));
        Frame::data(data)
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.in_pieces {
            return Pin::new(&mut self.body).poll_frame(cx);
        }
        let mut rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            // It is polled again: what it gave was taken.
            self.exchange.turn(ExchangeTurn::Program);
            rest = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            };
        }
        Poll::Ready(Some(Ok(self.piece(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}
