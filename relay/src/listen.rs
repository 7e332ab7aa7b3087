//! The relay's accept loop for HTTP: a bounded number of connections, a time limit on every phase, TLS that shows whose
//! certificate asked, and an end within seconds.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::fleet::Identity;
use crate::mqtt::PeerCertificate;
use crate::web::Peer;

const HEADERS_WITHIN: Duration = Duration::from_secs(10);
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// From a request's head to its answer's, the request's body included: a piece of a photo over a slow line.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// Silence on an HTTP/2 connection before it is asked whether anybody is there.
const CONNECTION_IDLE: Duration = Duration::from_secs(60);
/// systemd is told that the relay ends within 5 s.
const DRAIN_WITHIN: Duration = Duration::from_secs(4);
/// Pause after `accept` failed, so that a process without free descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const HEAD_BYTES_MAX: usize = 16 * 1024;
const STREAMS_MAX: u32 = 64;

/// What guards a listener.
#[derive(Debug, Clone)]
pub enum Door {
    /// Nothing: loopback only.
    Plain,
    /// TLS for anybody.
    Public(Arc<ServerConfig>),
    /// TLS with a client certificate; each request carries a [`PeerCertificate`].
    Boxes(Arc<ServerConfig>),
}

/// TLS for browsers and for boxes that have no certificate yet.
///
/// # Errors
/// Certificate and key do not belong together.
pub fn public_tls(identity: Identity) -> Result<Door, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Door::Public(Arc::new(config)))
}

/// TLS 1.3 with certificates of the relay's own authority.
///
/// # Errors
/// Certificate, key or authority cannot be used.
pub fn box_tls(identity: Identity, roots: rustls::RootCertStore) -> Result<Door, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let clients = clients.map_err(|e| rustls::Error::General(e.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(identity.chain, identity.key)?;
    // Each connection shows its certificate again, so that revoking counts from the next one on.
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Door::Boxes(Arc::new(config)))
}

/// One listening socket and its connections.
#[derive(Debug)]
pub struct Listener {
    addr: SocketAddr,
    door: watch::Sender<Door>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Serves `router` on `tcp`; at most `connections_max` at a time, more wait to be accepted.
    ///
    /// # Errors
    /// The socket's own address cannot be read.
    pub fn start(tcp: TcpListener, door: Door, router: Router, connections_max: usize) -> io::Result<Self> {
        let addr = tcp.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let (door, door_now) = watch::channel(door);
        let task = tokio::spawn(accept(tcp, door_now, router, connections_max, stopped));
        Ok(Self { addr, door, stop, task })
    }

    /// Guards it with this from the next connection on.
    pub fn reload(&self, door: Door) {
        self.door.send_replace(door);
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
    door: watch::Receiver<Door>,
    router: Router,
    connections_max: usize,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(connections_max));
    let mut running = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            tcp.accept().await.map(|accepted| (accepted, place))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            _ = stopped.changed() => break,
            Some(_) = running.join_next(), if !running.is_empty() => continue,
        };
        match accepted {
            Ok(((stream, remote), place)) => {
                let (door, router, stopped) = (door.borrow().clone(), router.clone(), stopped.clone());
                running.spawn(connection(stream, remote, door, router, place, stopped));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(tcp);
    let drained = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_WITHIN, drained).await.is_err() {
        running.shutdown().await;
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    door: Door,
    router: Router,
    place: OwnedSemaphorePermit,
    stopped: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let peer = Peer(SocketAddr::new(remote.ip().to_canonical(), remote.port()));
    let (config, boxes) = match door {
        Door::Plain => {
            serve(stream, peer, None, router, stopped).await;
            return;
        }
        Door::Public(config) => (config, false),
        Door::Boxes(config) => (config, true),
    };
    let shaken = tokio::time::timeout(HANDSHAKE_WITHIN, handshake(stream, config)).await;
    let Ok(Some(stream)) = shaken else { return };
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(PeerCertificate::read);
    if !boxes || shown.is_some() {
        serve(stream, peer, shown, router, stopped).await;
    }
    drop(place);
}

async fn handshake(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
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
    TlsAcceptor::from(config).accept(stream).await.ok()
}

const USE_HTTPS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    This address speaks HTTPS. Write https:// in front of it and open it again.\n";

async fn serve<S>(
    stream: S,
    peer: Peer,
    shown: Option<PeerCertificate>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        let answer = router.call(request);
        async move {
            Ok::<_, Infallible>(match tokio::time::timeout(ANSWER_WITHIN, answer).await {
                Ok(answer) => answer.unwrap_or_else(|never| match never {}),
                Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
            })
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(CONNECTION_IDLE)
        .keep_alive_timeout(HEADERS_WITHIN);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::AsyncReadExt as _;
    use tokio::sync::Notify;

    use super::*;

    async fn start(router: Router, door: Door, connections_max: usize) -> Listener {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Listener::start(tcp, door, router, connections_max).unwrap()
    }

    async fn all(stream: &mut TcpStream) -> String {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_request_says_who_asks() {
        let who = async |axum::Extension(peer): axum::Extension<Peer>| peer.0.to_string();
        let listener = start(Router::new().route("/", get(who)), Door::Plain, 4).await;
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        let answer = all(&mut stream).await;
        assert!(answer.ends_with(&stream.local_addr().unwrap().to_string()), "{answer}");
        listener.stop().await;
        assert!(TcpStream::connect(stream.peer_addr().unwrap()).await.is_err());
    }

    #[tokio::test]
    async fn stopping_lets_a_running_request_end() {
        let (running, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (at_work, wait) = (Arc::clone(&running), Arc::clone(&go));
        let slow = async move || {
            at_work.notify_one();
            wait.notified().await;
            "done"
        };
        let listener = start(Router::new().route("/", get(slow)), Door::Plain, 4).await;
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        running.notified().await;
        let stopping = tokio::spawn(listener.stop());
        go.notify_one();
        assert!(all(&mut stream).await.ends_with("done"));
        stopping.await.unwrap();
    }

    #[tokio::test]
    async fn more_than_its_share_waits_its_turn() {
        let listener = start(Router::new().route("/", get(async || "here")), Door::Plain, 1).await;
        let first = TcpStream::connect(listener.local_addr()).await.unwrap();
        let mut second = TcpStream::connect(listener.local_addr()).await.unwrap();
        second.write_all(ASK).await.unwrap();
        // The first one has the only place and says nothing; when it goes, the second is heard.
        drop(first);
        assert!(all(&mut second).await.ends_with("here"));
        listener.stop().await;
    }

    #[tokio::test]
    async fn plain_http_on_the_https_port_is_told_so() {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(certificate.signing_key.serialize_der().into());
        let identity = Identity { chain: vec![certificate.cert.der().clone()], key };
        let listener = start(Router::new(), public_tls(identity).unwrap(), 4).await;
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        assert!(all(&mut stream).await.contains("https://"));
        listener.stop().await;
    }
}
