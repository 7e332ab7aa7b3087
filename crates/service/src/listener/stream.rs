//! The stream below HTTP: it notes when its client takes nothing, watches incoming heads, and at the end reads what a
//! client still sends, so that the client can read its answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::connections::ConnectionPlace;
use super::heads::HeadScanner;

/// Bytes that a client may still send after its answer was written: a whole photo (30 MB) and its form, so
/// that whoever sends one that is refused reads why. They are discarded.
const LINGER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How long that may take in all; such a connection is evicted like an idle one.
const LINGER_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take without a byte.
const LINGER_QUIET: Duration = Duration::from_secs(5);

/// Reports to its connection's place what it sees.
#[derive(Debug)]
pub(super) struct WatchedStream<S> {
    stream: S,
    place: Arc<ConnectionPlace>,
    /// Of HTTP/1.1.
    heads: Option<HeadScanner>,
    stalled: bool,
    linger: Option<Linger>,
}

impl<S> WatchedStream<S> {
    pub(super) fn new(stream: S, heads: Option<HeadScanner>, place: Arc<ConnectionPlace>) -> Self {
        Self { stream, place, heads, stalled: false, linger: None }
    }

    fn watch<T>(&mut self, result: Poll<T>) -> Poll<T> {
        if self.stalled != result.is_pending() {
            self.stalled = result.is_pending();
            self.place.connection_state().stalled(self.stalled, Instant::now());
        }
        result
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = &mut *self;
        let Some(heads) = &mut me.heads else { return Pin::new(&mut me.stream).poll_read(cx, buf) };
        let before = buf.filled().len();
        loop {
            ready!(Pin::new(&mut me.stream).poll_read(cx, buf))?;
            let read = buf.filled().len() - before;
            let stored = heads.pass(&mut buf.filled_mut()[before..]);
            buf.set_filled(before + stored);
            if heads.in_head() {
                me.place.connection_state().head_began(Instant::now());
            }
            // Nothing is the end only if nothing came.
            if stored > 0 || read == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        if me.linger.is_none() {
            let result = Pin::new(&mut me.stream).poll_shutdown(cx);
            ready!(me.watch(result))?;
            if !me.heads.as_ref().is_some_and(HeadScanner::more_may_come) {
                return Poll::Ready(Ok(()));
            }
        }
        me.linger.get_or_insert_default().poll(cx, &mut me.stream).map(Ok)
    }
}

/// Closing a socket with unread bytes resets it, and a client that is still sending never reads its answer.
/// So its bytes are read and discarded: up to a number, for a time, until it stops.
#[derive(Debug)]
pub(super) struct Linger {
    left: u64,
    end: Pin<Box<Sleep>>,
    quiet: Pin<Box<Sleep>>,
}

impl Default for Linger {
    fn default() -> Self {
        let (end, quiet) = (Box::pin(sleep(LINGER_WITHIN)), Box::pin(sleep(LINGER_QUIET)));
        Self { left: LINGER_BYTES_MAX, end, quiet }
    }
}

impl Linger {
    pub(super) fn poll<S: AsyncRead + Unpin>(&mut self, cx: &mut Context<'_>, stream: &mut S) -> Poll<()> {
        let mut scratch = [0; 8 * 1024];
        while self.left > 0 {
            if self.end.as_mut().poll(cx).is_ready() || self.quiet.as_mut().poll(cx).is_ready() {
                break;
            }
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {
                    self.left = self.left.saturating_sub(buf.filled().len() as u64);
                    self.quiet.as_mut().reset(Instant::now() + LINGER_QUIET);
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}
