//! An accept loop of our own: a bounded number of connections, a time limit on every phase of each, TLS that is swapped
//! while it runs, and an end within seconds.

mod connections;
mod heads;
mod patience;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{CONNECTION, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service as _;

pub use self::connections::Connections;
use self::connections::Place;
use self::heads::{Fault, Heads};
pub use self::patience::UploadError;
use self::patience::{Answer, Patient, Upload};

/// From the first byte of a request to the end of its headers, and from an accepted connection to its first request.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// A TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// From the wish to stop to the last connection's end; systemd is told that the box ends within 5 s.
const DRAIN_WITHIN: Duration = Duration::from_secs(4);
/// Something is always due within this time. A timer that would be the next of all to fire wakes a sleeping thread to say
/// so; each request sets a limit for its headers, which must not be that one.
const BEAT: Duration = Duration::from_secs(HEADERS_WITHIN.as_secs() / 2);
/// Pause after `accept` failed, so that a process without free descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Header lines of one request; browsers send about 15.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's head, and of hyper's buffer for one connection.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// An answer that never ends.
const EVENTS: &str = "text/event-stream";

/// What the router may know about the connection that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Who asks.
    pub remote: IpAddr,
    /// Which of the box's own addresses was asked.
    pub local: SocketAddr,
    /// Whether TLS protects it.
    pub secure: bool,
}

/// One listening socket and its connections.
#[derive(Debug)]
pub struct Listener {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

/// The present TLS settings; what is sent is used from the next handshake on.
pub type Tls = watch::Receiver<Arc<rustls::ServerConfig>>;

impl Listener {
    /// Serves `router` on `tcp`, by TLS when there are settings for it. `connections` may be shared among listeners: it
    /// holds the one bound for all of them.
    ///
    /// # Errors
    /// The socket's own address cannot be read.
    pub fn start(
        tcp: TcpListener,
        tls: Option<Tls>,
        router: Router,
        connections: Arc<Connections>,
    ) -> io::Result<Self> {
        let addr = tcp.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(tcp, tls, router, connections, stopped));
        Ok(Self { addr, stop, task })
    }

    /// The address that was really bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no new connection, lets running requests end for up to 4 s, then closes what is left.
    pub async fn stop(self) {
        // No receiver is left only when the task has ended already.
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, addr = %self.addr, "the listener ended by a panic");
        }
    }
}

async fn accept(
    tcp: TcpListener,
    tls: Option<Tls>,
    router: Router,
    connections: Arc<Connections>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut running = JoinSet::new();
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            _ = beat.tick() => continue,
            _ = stopped.changed() => break,
            Some(_) = running.join_next(), if !running.is_empty() => continue,
        };
        match accepted {
            Ok((stream, remote)) => {
                let Some(place) = connections.enter() else { continue };
                let (tls, router, stopped) = (tls.clone(), router.clone(), stopped.clone());
                running.spawn(connection(stream, remote, tls, router, place, stopped));
            }
            // Out of descriptors or memory, or the client has gone: none of it ends the listener.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                connections.evict();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(tcp);
    // Nobody's answer is lost with these: their requests are not complete.
    while connections.evict() {}
    let drained = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_WITHIN, drained).await.is_err() {
        running.shutdown().await;
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    tls: Option<Tls>,
    router: Router,
    place: Arc<Place>,
    stopped: watch::Receiver<bool>,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Answers are written whole: waiting for more would only add 40 ms.
    let _ = stream.set_nodelay(true);
    let peer = Peer { remote: remote.ip().to_canonical(), local, secure: tls.is_some() };
    let evicted = place.evicted();
    let work = async {
        match tls {
            None => serve(stream, peer, router, &place, stopped).await,
            Some(tls) => {
                if let Some(stream) = handshake(stream, &tls).await {
                    serve(stream, peer, router, &place, stopped).await;
                }
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = evicted => tracing::debug!("a connection was closed to make room"),
    }
}

async fn handshake(mut stream: TcpStream, tls: &Tls) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let acceptor = tokio_rustls::TlsAcceptor::from(tls.borrow().clone());
    let shake = async {
        let mut first = [0];
        if stream.peek(&mut first).await.ok()? == 0 {
            return None;
        }
        // Every TLS record that opens a handshake begins with 22; a letter is somebody's plain HTTP.
        if first[0].is_ascii_alphabetic() {
            let _ = stream.write_all(USE_HTTPS).await;
            let _ = stream.shutdown().await;
            return None;
        }
        acceptor.accept(stream).await.ok()
    };
    tokio::time::timeout(HANDSHAKE_WITHIN, shake).await.ok().flatten()
}

const USE_HTTPS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    This address speaks HTTPS. Write https:// in front of it and open it again.\n";

async fn serve<S>(
    stream: S,
    peer: Peer,
    router: Router,
    place: &Arc<Place>,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let heads = Heads::default();
    let (first_fault, requests) = (heads.first_fault(), AtomicU64::new(0));
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        let fault = first_fault.get().filter(|(at, _)| *at == number).map(|(_, fault)| *fault);
        let mut router = router.clone();
        let place = place.clone();
        place.request_began();
        let mut request = request.map(|body| Body::new(Upload::new(body, place.clone())));
        request.extensions_mut().insert(peer);
        // What follows chunks is not watched any more, so it is not read as a request: the connection ends with the
        // answer.
        let last = fault.is_some() || request.headers().contains_key(TRANSFER_ENCODING);
        async move {
            let mut answer = match fault {
                Some(fault) => refused(fault),
                None => router.call(request).await.unwrap_or_else(|never| match never {}),
            };
            if last {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            if answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == EVENTS) {
                // A page that listens for news asks again by itself, so it may be the one that makes room.
                place.answered();
            }
            Ok::<_, Infallible>(answer.map(|body| Answer::new(body, place)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .half_close(true)
        .serve_connection(TokioIo::new(Patient::new(stream, heads)), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn refused(fault: Fault) -> Response<Body> {
    let (status, words) = fault.answer();
    let mut answer = Response::new(Body::from(words));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

#[cfg(test)]
mod tests;
