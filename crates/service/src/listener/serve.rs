//! One connection's requests: read, answered by the router, and ended when the connection has had its time.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{Extensions, HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep};
use tower::Service as _;

use super::body::{Answer, TimedBody, UploadTimeouts};
use super::connection_table::OverduePart;
use super::connections::{ConnectionPlace, RequestExchange};
use super::heads::{FirstFault, HeadFault, HeadScanner};
use super::stream::WatchedStream;

/// Header lines of one request; browsers send about 15.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's head, and of hyper's buffer for one connection.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Requests that one HTTP/2 connection may have open.
const STREAMS_MAX: u32 = 128;
/// What a client may send of one body, and of all together, before the program has read it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// What the program hands over of one answer before the client has taken it.
const SEND_BUFFER: usize = 64 * 1024;
/// Streams that a client opened and cancelled before they were handled; one more ends the connection.
const PENDING_RESETS_MAX: usize = 20;
/// Streams closed for the client's faults; one more ends the connection.
const FAULTY_STREAMS_MAX: usize = 128;
/// How often a client of HTTP/2 is pinged, and how long its answer may take.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// How often a connection of which nothing is due is looked at. Less than any time that can begin meanwhile
/// without the connection's task noticing.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HttpVersion {
    Http1,
    Http2,
}

#[derive(Clone)]
pub(super) struct AcceptedClient {
    pub(super) router: Router,
    pub(super) extensions: Extensions,
    pub(super) uploads: UploadTimeouts,
    pub(super) place: Arc<ConnectionPlace>,
}

impl AcceptedClient {
    async fn answer(
        self,
        request: Request<Incoming>,
        exchange: RequestExchange,
        in_pieces: bool,
    ) -> Response<Answer> {
        let Self { mut router, extensions, uploads, .. } = self;
        let mut request = request.map(|body| Body::new(TimedBody::new(body, &exchange, uploads)));
        request.extensions_mut().extend(extensions);
        let answer = router.call(request).await.unwrap_or_else(|never: Infallible| match never {});
        tracked_answer(answer, exchange, in_pieces)
    }
}

fn tracked_answer(answer: Response<Body>, exchange: RequestExchange, in_pieces: bool) -> Response<Answer> {
    let (head, body) = answer.into_parts();
    let body = Answer::new(body, exchange, in_pieces);
    Response::from_parts(head, body)
}

fn refusal_answer(fault: HeadFault) -> Response<Body> {
    let (status, words) = fault.answer();
    let mut answer = Response::new(Body::from(words));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

pub(super) async fn serve_http<S>(
    stream: S,
    protocol: HttpVersion,
    guest: AcceptedClient,
    stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match protocol {
        HttpVersion::Http1 => serve_http1(stream, guest, stopped).await,
        HttpVersion::Http2 => serve_http2(stream, guest, stopped).await,
    }
}

async fn answer_http1(
    guest: AcceptedClient,
    request: Request<Incoming>,
    exchange: RequestExchange,
    first_fault: FirstFault,
) -> Result<Response<Answer>, Infallible> {
    let fault = first_fault.get().filter(|(at, _)| *at == exchange.number()).map(|(_, fault)| *fault);
    // What follows chunks is not watched, so it is not read as a request: the connection ends with the
    // answer.
    let last = fault.is_some() || request.headers().contains_key(TRANSFER_ENCODING);
    let mut answer = match fault {
        Some(fault) => tracked_answer(refusal_answer(fault), exchange, false),
        None => guest.answer(request, exchange, false).await,
    };
    if last {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer)
}

async fn serve_http1<S>(stream: S, guest: AcceptedClient, stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let heads = HeadScanner::default();
    let (first_fault, place) = (heads.first_fault(), Arc::clone(&guest.place));
    let stream = WatchedStream::new(stream, Some(heads), Arc::clone(&place));
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        answer_http1(guest.clone(), request, guest.place.begin(), Arc::clone(&first_fault))
    });
    // `drive` keeps its times: hyper's limit for heads begins only when it looks for one.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None::<Duration>)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    drive_connection(pin!(connection), |connection| connection.graceful_shutdown(), &place, stopped).await;
}

async fn serve_http2<S>(stream: S, guest: AcceptedClient, stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = Arc::clone(&guest.place);
    let stream = WatchedStream::new(stream, None, Arc::clone(&place));
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        name_host(&mut request);
        let (guest, exchange) = (guest.clone(), guest.place.begin());
        async move { Ok::<_, Infallible>(guest.answer(request, exchange, true).await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .max_local_error_reset_streams(FAULTY_STREAMS_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PONG_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    drive_connection(pin!(connection), |connection| connection.graceful_shutdown(), &place, stopped).await;
}

/// HTTP/2's authority goes where HTTP/1.1 has it: programs look in one place. A `Host` field that differs
/// names two hosts, which is refused (RFC 9113, 8.3.1).
fn name_host<B>(request: &mut Request<B>) {
    let Some(authority) = request.uri().authority().map(|authority| authority.as_str()) else { return };
    let Ok(host) = HeaderValue::from_str(authority) else { return };
    if request.headers().get(HOST) != Some(&host) {
        request.headers_mut().append(HOST, host);
    }
}

/// To the connection's end or that of its time. `finish` announces the end to the client.
async fn drive_connection<C>(
    mut connection: Pin<&mut C>,
    finish: impl Fn(Pin<&mut C>),
    place: &Arc<ConnectionPlace>,
    mut stopped: watch::Receiver<bool>,
) where
    C: Future<Output = hyper::Result<()>>,
{
    let mut time = pin!(Deadline { place: Arc::clone(place), timer: Box::pin(sleep(Duration::ZERO)) });
    let mut stopping = false;
    let ended = loop {
        // In this order: what the connection has just read or written decides what is due.
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            overdue = time.as_mut() => {
                if overdue == OverduePart::Cut {
                    tracing::debug!("a connection had its time and was closed");
                    return;
                }
            }
            _ = stopped.changed(), if !stopping => stopping = true,
        }
        place.connection_state().finish(Instant::now());
        finish(connection.as_mut());
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Resolves when something is due; may be polled again.
struct Deadline {
    place: Arc<ConnectionPlace>,
    timer: Pin<Box<Sleep>>,
}

impl Future for Deadline {
    type Output = OverduePart;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OverduePart> {
        loop {
            let (now, due) = (Instant::now(), self.place.connection_state().due());
            let look = now + LOOK_AGAIN;
            let at = match due {
                Some((at, overdue)) if at <= now => return Poll::Ready(overdue),
                Some((at, _)) => at.min(look),
                None => look,
            };
            // A timer that fires too early stays: most deadlines are moved later before they come, request by
            // request.
            if self.timer.is_elapsed() || self.timer.deadline() > at || self.timer.deadline() <= now {
                self.timer.as_mut().reset(at);
            }
            ready!(self.timer.as_mut().poll(cx));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_of_http2_is_the_host() {
        for (uri, host, hosts) in [
            ("https://box.local:8443/t/A", None, &["box.local:8443"][..]),
            ("https://box.local/t/A", Some("box.local"), &["box.local"]),
            ("https://box.local/t/A", Some("evil.example"), &["evil.example", "box.local"]),
            ("/t/A", Some("box.local"), &["box.local"]),
        ] {
            let mut request = Request::get(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let mut request = request.body(()).unwrap();
            name_host(&mut request);
            let named: Vec<_> = request.headers().get_all(HOST).iter().collect();
            assert_eq!(named, hosts, "{uri} {host:?}");
        }
    }
}
