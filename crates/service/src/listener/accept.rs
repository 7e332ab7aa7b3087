//! The accept loop, and what happens to a connection before its protocol is known.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Extensions;
use rustls::pki_types::CertificateDer;
use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::body::UploadTimeouts;
use super::connection_table::HEAD_WITHIN;
use super::connections::{ConnectionPlace, ConnectionTable};
use super::serve::{AcceptedClient, HttpVersion, serve_http};
use super::stream::Linger;
use crate::proxy_header::ProxyHeaders;

/// From the order to stop to the end of the last connection; systemd allows 5 s.
const DRAIN_WITHIN: Duration = Duration::from_secs(4);
/// Something is always due within this time. Setting a timer that would be the next to fire wakes a sleeping
/// thread; each connection sets a limit for its first head, which must not be that one.
const BEAT: Duration = Duration::from_secs(HEAD_WITHIN.as_secs() / 2);
/// Pause after `accept` failed, so that a process without free descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the router may know about the connection that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress {
    /// Who asks.
    pub remote: IpAddr,
    /// Which of the program's own addresses was asked.
    pub local: SocketAddr,
    /// Whether TLS protects it.
    pub secure: bool,
}

/// The present TLS settings; what is sent is used from the next handshake on. HTTP/2 is spoken where they offer it (ALPN)
/// and the client takes it.
pub type TlsInfo = watch::Receiver<Arc<rustls::ServerConfig>>;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Address and port.
    pub remote: SocketAddr,
    /// The certificate that was shown; it is one that the TLS settings accept.
    pub certificate: Option<&'a CertificateDer<'static>>,
}

/// What each request of a connection carries besides [`PeerAddress`]; `None` closes the connection.
pub type ConnectionIntroduction = Arc<dyn Fn(&Caller<'_>) -> Option<Extensions> + Send + Sync>;

/// Another host at the same socket, by its name in the TLS handshake (SNI): a network that lets only port 443
/// out has one port for all.
#[derive(Clone)]
pub struct NamedHost {
    /// Its name, in lower case.
    pub name: String,
    /// TLS; HTTP/1.1 or HTTP/2, as it offers.
    pub tls: TlsInfo,
    /// What it answers.
    pub router: Router,
    /// What its requests carry.
    pub introduction: ConnectionIntroduction,
}

/// How a listener treats its connections.
#[derive(Clone)]
pub struct ListenerConfig {
    /// TLS, where it is spoken.
    pub tls: Option<TlsInfo>,
    /// The places for connections; listeners may share them.
    pub connections: Arc<ConnectionTable>,
    /// How long a request's body may take.
    pub uploads: UploadTimeouts,
    /// What requests carry.
    pub introduction: ConnectionIntroduction,
    /// Another host at the same socket; only where TLS is spoken.
    pub named: Option<NamedHost>,
    /// Balancers that state their clients.
    pub proxies: Option<ProxyHeaders>,
}

impl ListenerConfig {
    /// With the usual patience, and nothing but [`PeerAddress`] with each request.
    pub fn new(tls: Option<TlsInfo>, connections: Arc<ConnectionTable>) -> Self {
        let introduction: ConnectionIntroduction = Arc::new(|_| Some(Extensions::new()));
        Self {
            tls,
            connections,
            uploads: UploadTimeouts::default(),
            introduction,
            named: None,
            proxies: None,
        }
    }
}

/// One listening socket and its connections.
#[derive(Debug)]
pub struct Listener {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    closed: watch::Receiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Serves `router` on `tcp`.
    ///
    /// # Errors
    /// The socket's own address cannot be read.
    pub fn start(tcp: TcpListener, config: ListenerConfig, router: Router) -> io::Result<Self> {
        let addr = tcp.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let (closes, closed) = watch::channel(false);
        let task = tokio::spawn(accept_connection(tcp, Host { config, router, stopped }, closes));
        Ok(Self { addr, stop, closed, task })
    }

    /// The address that was really bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no new connection from when this ends: new clients then wait in the socket's queue, if another
    /// process holds the socket too. Running requests continue until [`Listener::stop`].
    pub async fn close(&mut self) {
        // The send fails only when the task has ended already.
        let _ = self.stop.send(true);
        let _ = self.closed.wait_for(|closed| *closed).await;
    }

    /// Takes no new connection, lets running requests end for up to 4 s, then closes what is left.
    pub async fn stop(self) {
        // The send fails only when the task has ended already.
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, addr = %self.addr, "the listener ended by a panic");
        }
    }
}

#[derive(Clone)]
struct Host {
    config: ListenerConfig,
    router: Router,
    stopped: watch::Receiver<bool>,
}

async fn accept_connection(tcp: TcpListener, mut host: Host, closes: watch::Sender<bool>) {
    let connections = Arc::clone(&host.config.connections);
    let mut running = JoinSet::new();
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            _ = beat.tick() => continue,
            _ = host.stopped.changed() => break,
            Some(_) = running.join_next(), if !running.is_empty() => continue,
        };
        match accepted {
            Ok((stream, remote)) => match &host.config.proxies {
                // The place belongs to the client, whose address is not known yet.
                Some(proxies) if proxies.expects(remote.ip()) => {
                    drop(running.spawn(run_passed_on(stream, remote, host.clone(), proxies.clone())));
                }
                _ => {
                    let Some(place) = connections.enter(remote.ip()) else { continue };
                    running.spawn(run_connection(stream, remote, host.clone(), place));
                }
            },
            // Out of descriptors or memory, or the client has gone: none of it ends the listener.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                connections.evict();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(tcp);
    closes.send_replace(true);
    // No answer is lost with these: their requests are not complete.
    while connections.evict() {}
    let drained = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_WITHIN, drained).await.is_err() {
        running.shutdown().await;
    }
}

async fn run_passed_on(mut stream: TcpStream, balancer: SocketAddr, mut host: Host, proxies: ProxyHeaders) {
    let found = tokio::select! {
        found = proxies.find_client(&mut stream, balancer) => found,
        _ = host.stopped.changed() => return,
    };
    match found {
        Ok(remote) => {
            let place = host.config.connections.enter(remote.ip());
            if let Some(place) = place {
                run_connection(stream, remote, host, place).await;
            }
        }
        Err(error) => tracing::warn!(%balancer, %error, "a balancer's connection was closed"),
    }
}

async fn run_connection(stream: TcpStream, remote: SocketAddr, host: Host, place: Arc<ConnectionPlace>) {
    // Answers are written whole: waiting for more would only add 40 ms.
    let _ = stream.set_nodelay(true);
    let evicted = place.evicted();
    tokio::select! {
        () = host.serve_connection(stream, remote, place) => {}
        () = evicted => tracing::debug!("a connection was closed to make room"),
    }
}

impl Host {
    async fn serve_connection(self, stream: TcpStream, remote: SocketAddr, place: Arc<ConnectionPlace>) {
        let Ok(local) = stream.local_addr() else { return };
        // A socket of both families names IPv4 by IPv6.
        let [local, remote] =
            [local, remote].map(|addr| SocketAddr::new(addr.ip().to_canonical(), addr.port()));
        let peer = PeerAddress { remote: remote.ip(), local, secure: self.config.tls.is_some() };
        let Some(tls) = &self.config.tls else {
            if let Some(guest) = self.guest(peer, &Caller { remote, certificate: None }, place) {
                Box::pin(serve_http(stream, HttpVersion::Http1, guest, self.stopped)).await;
            }
            return;
        };
        let first_head_due = place.connection_state().first_head_due();
        let shaken = tokio::time::timeout_at(
            first_head_due,
            finish_handshake(stream, tls, self.config.named.as_ref()),
        );
        let Ok(Some(stream)) = shaken.await else { return };
        let session = stream.get_ref().1;
        let named = self.config.named.as_ref().filter(|named| asks_for(session.server_name(), &named.name));
        let protocol =
            if session.alpn_protocol() == Some(b"h2") { HttpVersion::Http2 } else { HttpVersion::Http1 };
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        let caller = Caller { remote, certificate };
        let guest = match named {
            None => self.guest(peer, &caller, place),
            Some(named) => self.named_guest(named, peer, &caller, place),
        };
        if let Some(guest) = guest {
            Box::pin(serve_http(stream, protocol, guest, self.stopped)).await;
        }
    }

    fn named_guest(
        &self,
        named: &NamedHost,
        peer: PeerAddress,
        caller: &Caller<'_>,
        place: Arc<ConnectionPlace>,
    ) -> Option<AcceptedClient> {
        let mut extensions = (named.introduction)(caller)?;
        extensions.insert(peer);
        Some(AcceptedClient { router: named.router.clone(), extensions, uploads: self.config.uploads, place })
    }

    fn guest(
        &self,
        peer: PeerAddress,
        caller: &Caller<'_>,
        place: Arc<ConnectionPlace>,
    ) -> Option<AcceptedClient> {
        let mut extensions = (self.config.introduction)(caller)?;
        extensions.insert(peer);
        Some(AcceptedClient { router: self.router.clone(), extensions, uploads: self.config.uploads, place })
    }
}

/// Names are compared without regard to case.
fn asks_for(requested: Option<&str>, name: &str) -> bool {
    requested.is_some_and(|requested| requested.eq_ignore_ascii_case(name))
}

async fn finish_handshake(
    mut stream: TcpStream,
    tls: &TlsInfo,
    named: Option<&NamedHost>,
) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    // Every TLS record that opens a handshake begins with 22; a letter is plain HTTP.
    if first[0].is_ascii_alphabetic() {
        stream.write_all(USE_HTTPS).await.ok()?;
        stream.shutdown().await.ok()?;
        let mut linger = Linger::default();
        poll_fn(|cx| linger.poll(cx, &mut stream)).await;
        return None;
    }
    let Some(named) = named else {
        let acceptor = tokio_rustls::TlsAcceptor::from(tls.borrow().clone());
        return acceptor.accept(stream).await.ok();
    };
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await.ok()?;
    let by_name = asks_for(start.client_hello().server_name(), &named.name);
    let config = if by_name { named.tls.borrow().clone() } else { tls.borrow().clone() };
    start.into_stream(config).await.ok()
}

const USE_HTTPS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    This address speaks HTTPS. Write https:// in front of it and open it again.\n";

#[cfg(test)]
mod tests;
