//! Takes TCP connections, makes them TLS 1.3, reads CONNECT, asks whether the box may connect, and gives each its session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use record::ids::ConnectionId;
use rumqttc::v5::mqttbytes::v5::{ConnAck, Connect, ConnectReturnCode, LastWill, Packet};
use rustls::ServerConfig;
use service::proxy_header::ProxyHeaders;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::acl::{self, ConnectionTerms};
use super::codec::{self, CodecError};
use super::deliver;
use super::handshakes::{HandshakeLimits, HandshakeSlot, HandshakeTable};
use super::inbox::{Admission, BoxConnection, Inbox};
use super::metrics::{Metrics, count_message};
use super::registry::BoxPublisher;
use super::session::{self, MqttSession, SessionShared};
use super::settings::MqttSettings;
use super::tls::PeerCertificate;

/// Bytes of a CONNECT: id, will and properties of ours take 300.
const CONNECT_BYTES_MAX: usize = 8 * 1024;
/// How long to stop accepting when the system has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The running listener. Dropping it stops it; [`MqttListener::stop`] also waits until it has.
pub struct MqttListener {
    address: SocketAddr,
    tls: watch::Sender<Arc<ServerConfig>>,
    stopping: watch::Sender<bool>,
    metrics: Arc<Metrics>,
    accepting: JoinHandle<()>,
}

impl MqttListener {
    /// Starts on a bound socket. `publisher` is the one that `inbox` sends by; `mint` makes an id for each connection.
    /// Must be called within a tokio runtime.
    pub fn start<I: Inbox>(
        socket: TcpListener,
        tls: Arc<ServerConfig>,
        settings: MqttSettings,
        publisher: BoxPublisher,
        inbox: Arc<I>,
        mint: impl Fn() -> ConnectionId + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let (tls, tls_now) = watch::channel(tls);
        let (stop, stopping) = watch::channel(false);
        let metrics = Arc::clone(publisher.metrics());
        let bounds = HandshakeLimits {
            total_max: settings.handshakes_max,
            per_address_max: settings.handshakes_per_address_max,
            grace: settings.timing.handshake_grace,
        };
        let accept_context = AcceptContext {
            tls: tls_now,
            publisher,
            inbox,
            mint: Box::new(mint),
            handshakes: HandshakeTable::new(bounds),
            places: Arc::new(Semaphore::new(settings.connections_max)),
            shared: Arc::new(SessionShared {
                metrics: Arc::clone(&metrics),
                held: Arc::new(Semaphore::new(settings.held_bytes_max.min(Semaphore::MAX_PERMITS))),
                stopping,
                settings,
            }),
        };
        let accepting = tokio::spawn(accept_client(socket, Arc::new(accept_context)));
        Ok(Self { address, tls, stopping: stop, metrics, accepting })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub fn reload(&self, tls: Arc<ServerConfig>) {
        self.tls.send_replace(tls);
    }

    /// Takes no more connections, lets publishes under way settle (at most [`super::MqttTimeouts::drain`]), informs every
    /// box that the server is shutting down, and returns when all are gone.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        // It ends by itself, in a bounded time; a panic there has been reported by then.
        let _ = self.accepting.await;
    }
}

struct AcceptContext<I> {
    tls: watch::Receiver<Arc<ServerConfig>>,
    publisher: BoxPublisher,
    inbox: Arc<I>,
    mint: Box<dyn Fn() -> ConnectionId + Send + Sync>,
    handshakes: HandshakeTable,
    places: Arc<Semaphore>,
    shared: Arc<SessionShared>,
}

async fn accept_client<I: Inbox>(socket: TcpListener, accept_context: Arc<AcceptContext<I>>) {
    let mut connections = JoinSet::new();
    let mut stopping = accept_context.shared.stopping.clone();
    loop {
        tokio::select! {
            () = session::wait_for_stop(&mut stopping) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = socket.accept() => match accepted {
                Ok((tcp, peer)) => {
                    count_message(&accept_context.shared.metrics.accepted);
                    match &accept_context.shared.settings.proxies {
                        // The place is that of whoever connects, which is not known yet.
                        Some(proxies) if proxies.expects(peer.ip()) => {
                            let context = Arc::clone(&accept_context);
                            drop(connections.spawn(run_passed_on(context, tcp, peer, proxies.clone())));
                        }
                        _ => if let Some(ticket) = accept_context.enter(peer) {
                            drop(connections.spawn(run_connection(Arc::clone(&accept_context), tcp, ticket)));
                        },
                    }
                }
                Err(error) => {
                    count_message(&accept_context.shared.metrics.accept_errors);
                    tracing::warn!(%error, "no connection could be taken on the MQTT listener");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(socket);
    let timing = &accept_context.shared.settings.timing;
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever is not done by then is cut off: the process must end.
    let _ = timeout(timing.drain + timing.linger, all).await;
}

struct AcceptedClient {
    stream: TlsStream<TcpStream>,
    inbound: BytesMut,
    certificate: PeerCertificate,
    terms: ConnectionTerms,
    place: OwnedSemaphorePermit,
}

async fn run_passed_on<I: Inbox>(
    accept_context: Arc<AcceptContext<I>>,
    mut tcp: TcpStream,
    balancer: SocketAddr,
    proxies: ProxyHeaders,
) {
    let mut stopping = accept_context.shared.stopping.clone();
    let found = tokio::select! {
        found = proxies.find_client(&mut tcp, balancer) => found,
        () = session::wait_for_stop(&mut stopping) => return,
    };
    match found {
        Ok(peer) => {
            if let Some(ticket) = accept_context.enter(peer) {
                run_connection(accept_context, tcp, ticket).await;
            }
        }
        Err(error) => tracing::warn!(%balancer, %error, "a balancer's connection was closed"),
    }
}

async fn run_connection<I: Inbox>(
    accept_context: Arc<AcceptContext<I>>,
    tcp: TcpStream,
    mut ticket: HandshakeSlot,
) {
    let mut stopping = accept_context.shared.stopping.clone();
    let greeted = tokio::select! {
        greeted = accept_context.greet(tcp) => greeted,
        () = ticket.put_out() => {
            count_message(&accept_context.shared.metrics.handshakes_crowded_out);
            None
        }
        () = session::wait_for_stop(&mut stopping) => None,
    };
    drop(ticket);
    let Some(guest) = greeted else { return };
    let origin = BoxConnection { box_id: guest.certificate.box_id, connection: (accept_context.mint)() };
    let settings = &accept_context.shared.settings;
    let (uplink_path, delivery) = deliver::open_delivery(
        Arc::clone(&accept_context.inbox),
        origin,
        settings.waiting_max,
        settings.timing.publish,
        Arc::clone(&accept_context.shared.metrics),
    );
    let delivery = tokio::spawn(delivery);
    let line = accept_context.publisher.enter(origin, &guest.certificate.serial);
    let stream = (guest.stream, guest.inbound);
    MqttSession::new(Arc::clone(&accept_context.shared), stream, origin, guest.terms, line, uplink_path)
        .run()
        .await;
    drop(guest.place);
    // Ends by itself, and continues if this task is cut off.
    let _ = delivery.await;
}

impl<I: Inbox> AcceptContext<I> {
    /// A place for the handshake of one more; counted where there is none.
    fn enter(&self, peer: SocketAddr) -> Option<HandshakeSlot> {
        let ticket = self.handshakes.enter(peer.ip(), Instant::now());
        if ticket.is_none() {
            count_message(&self.shared.metrics.handshakes_crowded_out);
        }
        ticket
    }

    /// From the TCP connection to the decision. `None`: rejected, and informed where MQTT has a code for it.
    async fn greet(&self, tcp: TcpStream) -> Option<AcceptedClient> {
        let (timing, metrics) = (&self.shared.settings.timing, &self.shared.metrics);
        // Small packets leave at once; where the system refuses that, they leave a little later.
        let _ = tcp.set_nodelay(true);
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls.borrow()));
        let Ok(Ok(mut stream)) = timeout(timing.tls, acceptor.accept(tcp)).await else {
            count_message(&metrics.tls_failed);
            return None;
        };
        let mut inbound = BytesMut::new();
        let first = timeout(timing.connect, first_packet(&mut stream, &mut inbound)).await;
        let (connect, will) = match first {
            Ok(Ok(Packet::Connect(connect, will, _))) => (connect, will),
            Ok(Err(Greeting::Codec(CodecError::Version(level)))) => {
                count_message(&metrics.connects_refused);
                self.refuse_version(&mut stream, level).await;
                return None;
            }
            Ok(Ok(_) | Err(_)) | Err(_) => {
                count_message(&metrics.connects_failed);
                return None;
            }
        };
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = certificate.and_then(PeerCertificate::read);
        match self.decide(certificate, &connect, will.as_ref()).await {
            Ok((certificate, terms, place)) => {
                Some(AcceptedClient { stream, inbound, certificate, terms, place })
            }
            Err(code) => {
                count_message(&metrics.connects_refused);
                tracing::info!(client_id = %shown_client_id(&connect.client_id), ?code, "a box was not let in");
                self.refuse(&mut stream, code).await;
                None
            }
        }
    }

    async fn decide(
        &self,
        certificate: Option<PeerCertificate>,
        connect: &Connect,
        will: Option<&LastWill>,
    ) -> Result<(PeerCertificate, ConnectionTerms, OwnedSemaphorePermit), ConnectReturnCode> {
        let timing = &self.shared.settings.timing;
        let certificate = certificate.ok_or(ConnectReturnCode::NotAuthorized)?;
        let terms = acl::check_connect(certificate.box_id, connect, will, timing.keep_alive_s_max)?;
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| ConnectReturnCode::ServerBusy)?;
        let admission = timeout(timing.admit, self.inbox.admit(&certificate)).await;
        match admission.unwrap_or(Admission::Unavailable) {
            Admission::Admitted => Ok((certificate, terms, place)),
            Admission::Unknown => Err(ConnectReturnCode::NotAuthorized),
            Admission::Revoked => Err(ConnectReturnCode::Banned),
            Admission::Unavailable => Err(ConnectReturnCode::ServerUnavailable),
        }
    }

    async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, code: ConnectReturnCode) {
        let mut out = BytesMut::new();
        let refusal = ConnAck { session_present: false, code, properties: None };
        if codec::encode_packet(&Packet::ConnAck(refusal), &mut out).is_ok() {
            session::write_part(stream, &out, &self.shared.settings).await;
        }
    }

    /// An older client reads only its own form of CONNACK; a newer one reads ours.
    async fn refuse_version<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, level: u8) {
        if level > 5 {
            return self.refuse(stream, ConnectReturnCode::UnsupportedProtocolVersion).await;
        }
        let mut out = BytesMut::new();
        codec::refuse_old_version(&mut out);
        session::write_part(stream, &out, &self.shared.settings).await;
    }
}

#[derive(Debug, thiserror::Error)]
enum Greeting {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

async fn first_packet<S: AsyncRead + Unpin>(
    stream: &mut S,
    inbound: &mut BytesMut,
) -> Result<Packet, Greeting> {
    loop {
        if let Some(packet) = codec::decode_packet(inbound, CONNECT_BYTES_MAX)? {
            return Ok(packet);
        }
        if stream.read_buf(inbound).await? == 0 {
            return Err(Greeting::Io(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

fn shown_client_id(client_id: &str) -> String {
    client_id.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}
