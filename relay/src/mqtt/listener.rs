//! The door: takes TCP connections, makes TLS 1.3 of them, hears CONNECT, asks whether the box may come in, and gives
//! each its session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use record::ids::ConnectionId;
use rumqttc::v5::mqttbytes::v5::{ConnAck, Connect, ConnectReturnCode, LastWill, Packet};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::acl::{self, Terms};
use super::codec::{self, CodecError};
use super::deliver;
use super::handshakes::{Bounds, Handshakes, Ticket};
use super::inbox::{Admission, Inbox, Origin};
use super::metrics::{Metrics, count};
use super::registry::Outbox;
use super::session::{self, Session, Shared};
use super::settings::Settings;
use super::tls::PeerCertificate;

/// Bytes of a CONNECT: id, will and properties of ours take 300.
const CONNECT_BYTES_MAX: usize = 8 * 1024;
/// How long to leave the door shut when the system has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The running listener. Dropping it stops it; [`Listener::stop`] also waits until it has.
pub struct Listener {
    address: SocketAddr,
    tls: watch::Sender<Arc<ServerConfig>>,
    stopping: watch::Sender<bool>,
    metrics: Arc<Metrics>,
    accepting: JoinHandle<()>,
}

impl Listener {
    /// Starts on a bound socket. `outbox` is the one that `inbox` sends by; `mint` makes an id for each connection.
    /// Must be called within a tokio runtime.
    pub fn start<I: Inbox>(
        socket: TcpListener,
        tls: Arc<ServerConfig>,
        settings: Settings,
        outbox: Outbox,
        inbox: Arc<I>,
        mint: impl Fn() -> ConnectionId + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let (tls, tls_now) = watch::channel(tls);
        let (stop, stopping) = watch::channel(false);
        let metrics = Arc::clone(outbox.metrics());
        let bounds = Bounds {
            total_max: settings.handshakes_max,
            per_address_max: settings.handshakes_per_address_max,
            grace: settings.timing.handshake_grace,
        };
        let door = Door {
            tls: tls_now,
            outbox,
            inbox,
            mint: Box::new(mint),
            handshakes: Handshakes::new(bounds),
            places: Arc::new(Semaphore::new(settings.connections_max)),
            shared: Arc::new(Shared {
                metrics: Arc::clone(&metrics),
                held: Arc::new(Semaphore::new(settings.held_bytes_max.min(Semaphore::MAX_PERMITS))),
                stopping,
                settings,
            }),
        };
        let accepting = tokio::spawn(accept(socket, Arc::new(door)));
        Ok(Self { address, tls, stopping: stop, metrics, accepting })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What it counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Uses another TLS configuration from the next connection on.
    pub fn reload(&self, tls: Arc<ServerConfig>) {
        self.tls.send_replace(tls);
    }

    /// Takes no more connections, lets publishes under way settle (at most [`super::Timing::drain`]), tells every box
    /// that the server is shutting down, and returns when all are gone.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        // It ends by itself, in a bounded time; a panic there has been reported by then.
        let _ = self.accepting.await;
    }
}

struct Door<I> {
    tls: watch::Receiver<Arc<ServerConfig>>,
    outbox: Outbox,
    inbox: Arc<I>,
    mint: Box<dyn Fn() -> ConnectionId + Send + Sync>,
    handshakes: Handshakes,
    places: Arc<Semaphore>,
    shared: Arc<Shared>,
}

async fn accept<I: Inbox>(socket: TcpListener, door: Arc<Door<I>>) {
    let mut connections = JoinSet::new();
    let mut stopping = door.shared.stopping.clone();
    loop {
        tokio::select! {
            () = session::stopped(&mut stopping) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = socket.accept() => match accepted {
                Ok((tcp, peer)) => {
                    count(&door.shared.metrics.accepted);
                    match door.handshakes.enter(peer.ip(), Instant::now()) {
                        Some(ticket) => drop(connections.spawn(connection(Arc::clone(&door), tcp, ticket))),
                        None => count(&door.shared.metrics.handshakes_crowded_out),
                    }
                }
                Err(error) => {
                    count(&door.shared.metrics.accept_errors);
                    tracing::warn!(%error, "no connection could be taken on the MQTT listener");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(socket);
    let timing = &door.shared.settings.timing;
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever is not done by then is cut off: the process must end.
    let _ = timeout(timing.drain + timing.linger, all).await;
}

/// A guest whom the door lets in.
struct Guest {
    stream: TlsStream<TcpStream>,
    inbound: BytesMut,
    certificate: PeerCertificate,
    terms: Terms,
    place: OwnedSemaphorePermit,
}

async fn connection<I: Inbox>(door: Arc<Door<I>>, tcp: TcpStream, mut ticket: Ticket) {
    let mut stopping = door.shared.stopping.clone();
    let greeted = tokio::select! {
        greeted = door.greet(tcp) => greeted,
        () = ticket.put_out() => {
            count(&door.shared.metrics.handshakes_crowded_out);
            None
        }
        () = session::stopped(&mut stopping) => None,
    };
    drop(ticket);
    let Some(guest) = greeted else { return };
    let origin = Origin { box_id: guest.certificate.box_id, connection: (door.mint)() };
    let settings = &door.shared.settings;
    let (way_up, delivery) = deliver::open(
        Arc::clone(&door.inbox),
        origin,
        settings.waiting_max,
        settings.timing.publish,
        Arc::clone(&door.shared.metrics),
    );
    let delivery = tokio::spawn(delivery);
    let line = door.outbox.enter(origin);
    let stream = (guest.stream, guest.inbound);
    Session::new(Arc::clone(&door.shared), stream, origin, guest.terms, line, way_up).run().await;
    drop(guest.place);
    // Ends by itself, and goes on if this task is cut off.
    let _ = delivery.await;
}

impl<I: Inbox> Door<I> {
    /// From the TCP connection to the decision. `None`: turned away, and told so where MQTT has a word for it.
    async fn greet(&self, tcp: TcpStream) -> Option<Guest> {
        let (timing, metrics) = (&self.shared.settings.timing, &self.shared.metrics);
        // Small packets leave at once; where the system refuses that, they leave a little later.
        let _ = tcp.set_nodelay(true);
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls.borrow()));
        let Ok(Ok(mut stream)) = timeout(timing.tls, acceptor.accept(tcp)).await else {
            count(&metrics.tls_failed);
            return None;
        };
        let mut inbound = BytesMut::new();
        let first = timeout(timing.connect, first_packet(&mut stream, &mut inbound)).await;
        let (connect, will) = match first {
            Ok(Ok(Packet::Connect(connect, will, _))) => (connect, will),
            Ok(Err(Greeting::Codec(CodecError::Version(level)))) => {
                count(&metrics.connects_refused);
                self.refuse_version(&mut stream, level).await;
                return None;
            }
            Ok(Ok(_) | Err(_)) | Err(_) => {
                count(&metrics.connects_failed);
                return None;
            }
        };
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let certificate = certificate.and_then(PeerCertificate::read);
        match self.decide(certificate, &connect, will.as_ref()).await {
            Ok((certificate, terms, place)) => Some(Guest { stream, inbound, certificate, terms, place }),
            Err(code) => {
                count(&metrics.connects_refused);
                tracing::info!(client_id = %shown(&connect.client_id), ?code, "a box was not let in");
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
    ) -> Result<(PeerCertificate, Terms, OwnedSemaphorePermit), ConnectReturnCode> {
        let timing = &self.shared.settings.timing;
        let certificate = certificate.ok_or(ConnectReturnCode::NotAuthorized)?;
        let terms = acl::connect(certificate.box_id, connect, will, timing.keep_alive_s_max)?;
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
        if codec::put(&Packet::ConnAck(refusal), &mut out).is_ok() {
            session::part(stream, &out, &self.shared.settings).await;
        }
    }

    /// An older client reads only its own form of CONNACK; a newer one reads ours.
    async fn refuse_version<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, level: u8) {
        if level > 5 {
            return self.refuse(stream, ConnectReturnCode::UnsupportedProtocolVersion).await;
        }
        let mut out = BytesMut::new();
        codec::refuse_old_version(&mut out);
        session::part(stream, &out, &self.shared.settings).await;
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
        if let Some(packet) = codec::next(inbound, CONNECT_BYTES_MAX)? {
            return Ok(packet);
        }
        if stream.read_buf(inbound).await? == 0 {
            return Err(Greeting::Io(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

/// What a stranger calls itself, short enough for a log line.
fn shown(client_id: &str) -> String {
    client_id.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}
