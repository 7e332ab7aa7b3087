//! How long the box waits for a client: for the bytes of a request's body, and for it to take the answer's.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::connections::Place;
use super::heads::Heads;

/// A client that takes no byte of an answer for this long is gone.
const TAKE_WITHIN: Duration = Duration::from_secs(30);
/// Every body has this long …
const BODY_WITHIN: Duration = Duration::from_secs(20);
/// … and one second more for each so many bytes, so that a photo over a weak line gets through …
const BYTES_PER_SECOND: u64 = 16 * 1024;
/// … but not more than this: 30 MB at 100 KB/s.
const BODY_WITHIN_AT_MOST: Duration = Duration::from_secs(300);

/// A stream whose writes fail when the other side takes nothing for [`TAKE_WITHIN`], and whose heads are watched.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    heads: Heads,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, heads: Heads) -> Self {
        Self { stream, heads, stalled: None }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(TAKE_WITHIN)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            let read = buf.filled().len() - before;
            let kept = self.heads.pass(&mut buf.filled_mut()[before..]);
            buf.set_filled(before + kept);
            // Nothing is the end only if nothing came.
            if kept > 0 || read == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch(cx, result)
    }
}

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// Too slow.
    #[error("the rest of the request did not come in time")]
    TooSlow,
    /// The connection broke, or the client's framing is wrong.
    #[error("the request broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// A request's body under a time limit; tells the connection's place when it is complete. Only the time counts in which the
/// box waits for bytes: a photo that has to wait for its turn lies unread, and its phone can do nothing about that.
pub(super) struct Upload {
    body: Incoming,
    place: Arc<Place>,
    bytes: u64,
    /// How long the box has waited for this body before its present wait.
    waited: Duration,
    /// When the present wait began, and the clock that ends it; none while bytes are there or nobody reads them.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Upload {
    pub(super) fn new(body: Incoming, place: Arc<Place>) -> Self {
        if body.is_end_stream() {
            place.request_complete();
        }
        Self { body, place, bytes: 0, waited: Duration::ZERO, waiting: None }
    }

    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let earned = Duration::from_secs(self.bytes / BYTES_PER_SECOND);
        let within = (BODY_WITHIN + earned).min(BODY_WITHIN_AT_MOST);
        let left = within.saturating_sub(self.waited);
        let (began, limit) = self.waiting.get_or_insert_with(|| {
            let began = Instant::now();
            (began, Box::pin(sleep_until(began + left)))
        });
        limit.as_mut().reset(*began + left);
        limit.as_mut().poll(cx)
    }

    /// Something came: the present wait is over.
    fn end_wait(&mut self) {
        if let Some((began, _)) = self.waiting.take() {
            self.waited = self.waited.saturating_add(began.elapsed());
        }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_ready() {
            self.end_wait();
        }
        match polled {
            Poll::Pending => {
                ready!(self.poll_limit(cx));
                Poll::Ready(Some(Err(UploadError::TooSlow)))
            }
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
                if self.body.is_end_stream() {
                    self.place.request_complete();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                self.place.request_complete();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body; when it is gone, written or not, the connection waits again.
pub(super) struct Answer {
    body: Body,
    place: Arc<Place>,
}

impl Answer {
    pub(super) fn new(body: Body, place: Arc<Place>) -> Self {
        Self { body, place }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.place.answered();
    }
}
