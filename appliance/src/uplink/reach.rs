//! Which ways out of the building lead to the relay, tried step by step, and where one that does not ends: name, connection, proxy,
//! TLS, certificate, answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use record::claim::ClaimAnswer;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig};
use service::clock::Clock;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::claim::{ClaimError, ClaimStore};
use super::link::RelayEndpoint;
use super::proxy::{HttpsRoute, ProxyAddress, read_status};
use super::tls::{self, HandshakeNotes, WatchedTls};
use super::way::UplinkWay;

/// For one step: to find a name, connect, get a tunnel, shake hands, get an answer.
const STEP_WITHIN: Duration = Duration::from_secs(8);
/// For all steps of a way.
const WAY_WITHIN: Duration = Duration::from_secs(25);
/// How long MQTT's listener is listened to after the handshake: whoever does not take a certificate says so by then.
const OBJECTION_WITHIN: Duration = Duration::from_secs(2);
/// Bytes of an answer's first lines.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Where a way ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WayFault {
    /// Nobody knows the name.
    #[error("the name {host} is not found: {why}")]
    Name { host: String, why: String },
    /// Refused, reset, no route.
    #[error("{to} takes no connection: {why}")]
    NotConnected { to: String, why: String },
    /// Nothing came back, not even a refusal.
    #[error("{to} does not answer: what is sent there is dropped")]
    Silent { to: String },
    /// It wants a password, and none is set.
    #[error("the proxy wants a user name and a password")]
    ProxyPassword,
    /// It wants another one.
    #[error("the proxy does not take this user name and password")]
    ProxyPasswordWrong,
    /// It takes no password as this box can send it.
    #[error("the proxy signs in only by {offered}, which this box does not speak")]
    ProxyScheme { offered: String },
    /// It does not let this through.
    #[error("the proxy answered {status} and opened no way to the relay")]
    ProxyRefused { status: u16 },
    /// It hung up, or speaks something else.
    #[error("the proxy ended the connection, or is no HTTP proxy")]
    ProxyCut,
    /// The certificate is not the relay's.
    #[error("the certificate is signed by {issuer:?}, not for the relay: somebody reads this connection")]
    Inspected { issuer: String },
    /// Trusted by the settings, but nobody asked for the box's own certificate.
    #[error("{issuer:?} ends the connection on its way and does not pass on this box's certificate")]
    Intercepted { issuer: String },
    /// The relay, or who answers in its place, did not take the box's certificate.
    #[error("this box's certificate was not taken: {why}")]
    CertificateRefused { why: String },
    /// The relay got none.
    #[error("the relay got no certificate of this box")]
    CertificateMissing,
    /// The relay knows the certificate, and this box is not in service there.
    #[error("this box is not in service at the relay")]
    NotInService,
    /// Something else answered, or the relay is not ready.
    #[error("the answer was {status}, which is not this relay's")]
    OtherAnswer { status: u16 },
    /// TLS or the connection broke.
    #[error("the connection broke: {why}")]
    Broken { why: String },
}

impl WayFault {
    /// In one word, for words of pages and for programs.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::NotConnected { .. } => "not-connected",
            Self::Silent { .. } => "silent",
            Self::ProxyPassword => "proxy-password",
            Self::ProxyPasswordWrong => "proxy-password-wrong",
            Self::ProxyScheme { .. } => "proxy-scheme",
            Self::ProxyRefused { .. } => "proxy-refused",
            Self::ProxyCut => "proxy-cut",
            Self::Inspected { .. } => "inspected",
            Self::Intercepted { .. } => "intercepted",
            Self::CertificateRefused { .. } => "certificate-refused",
            Self::CertificateMissing => "certificate-missing",
            Self::NotInService => "not-in-service",
            Self::OtherAnswer { .. } => "other-answer",
            Self::Broken { .. } => "broken",
        }
    }

    /// What it is about: a name, an address, an issuer, a number.
    pub fn subject(&self) -> String {
        match self {
            Self::Name { host: subject, .. }
            | Self::NotConnected { to: subject, .. }
            | Self::Silent { to: subject }
            | Self::ProxyScheme { offered: subject }
            | Self::Inspected { issuer: subject }
            | Self::Intercepted { issuer: subject }
            | Self::CertificateRefused { why: subject }
            | Self::Broken { why: subject } => subject.clone(),
            Self::ProxyRefused { status } | Self::OtherAnswer { status } => status.to_string(),
            Self::ProxyPassword
            | Self::ProxyPasswordWrong
            | Self::ProxyCut
            | Self::CertificateMissing
            | Self::NotInService => String::new(),
        }
    }

    /// Whether another way may do better: it is not the relay that says no.
    pub fn is_of_way(&self) -> bool {
        !matches!(self, Self::NotInService)
    }
}

/// What came of one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayProbe {
    /// Which.
    pub way: UplinkWay,
    /// To which host and port of the relay.
    pub target: String,
    /// By which proxy, host and port.
    pub proxy: Option<String>,
    /// `None`: it leads to the relay, which takes this box's certificate.
    pub fault: Option<WayFault>,
    /// How long it took.
    pub took: Duration,
}

/// What is to be reached, and as whom.
#[derive(Clone)]
pub(super) struct WayTarget {
    pub(super) way: UplinkWay,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) proxy: Option<ProxyAddress>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) notes: Arc<HandshakeNotes>,
    pub(super) identity: ShownIdentity,
}

/// Whether the box has a certificate to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShownIdentity {
    Certificate,
    None,
}

impl WayTarget {
    /// Of the relay's HTTPS address.
    pub(super) fn of_https(
        url: &str,
        route: &HttpsRoute,
        tls: WatchedTls,
        identity: ShownIdentity,
    ) -> Option<Self> {
        let uri: http::Uri = url.parse().ok()?;
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (port, proxy) = (uri.port_u16().unwrap_or(443), route.proxy.clone());
        let WatchedTls { config, notes } = tls;
        Some(Self { way: UplinkWay::Https, host, port, proxy, tls: Arc::new(config), notes, identity })
    }

    fn address(&self) -> String {
        address_text(&self.host, self.port)
    }

    /// Tries it, bounded in time.
    pub(super) async fn probe(&self) -> WayProbe {
        let began = Instant::now();
        let tried = timeout(WAY_WITHIN, self.try_steps()).await;
        let fault = tried.unwrap_or_else(|_| Err(WayFault::Silent { to: self.address() })).err();
        WayProbe {
            way: self.way,
            target: self.address(),
            proxy: self.proxy.as_ref().map(ToString::to_string),
            fault,
            took: Instant::now().duration_since(began),
        }
    }

    async fn try_steps(&self) -> Result<(), WayFault> {
        let mut tcp = match &self.proxy {
            None => connect_tcp(&self.host, self.port).await?,
            Some(proxy) => connect_tcp(proxy.host(), proxy.port()).await?,
        };
        if let Some(proxy) = &self.proxy {
            let opened = timeout(STEP_WITHIN, proxy.open_tunnel(&mut tcp, &self.address())).await;
            opened.map_err(|_| WayFault::Silent { to: proxy.to_string() })??;
        }
        let mut stream = self.shake_hands(tcp).await?;
        match self.way {
            UplinkWay::Mqtt => self.wait_for_objection(&mut stream).await,
            UplinkWay::Https => self.ask_relay(&mut stream).await,
        }
    }

    async fn shake_hands(&self, tcp: TcpStream) -> Result<TlsStream<TcpStream>, WayFault> {
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|e| WayFault::Name { host: self.host.clone(), why: e.to_string() })?;
        let connecting = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        let shaken = timeout(STEP_WITHIN, connecting).await;
        let shaken = shaken.map_err(|_| WayFault::Silent { to: self.address() })?;
        let stream = shaken.map_err(|error| self.tls_fault(&error))?;
        if self.identity == ShownIdentity::Certificate && !self.notes.certificate_requested() {
            return Err(WayFault::Intercepted { issuer: self.notes.issuer() });
        }
        Ok(stream)
    }

    fn tls_fault(&self, error: &io::Error) -> WayFault {
        let why = || WayFault::Broken { why: plain_reason(error) };
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. },
            )) => WayFault::Inspected { issuer: self.notes.issuer() },
            Some(rustls::Error::AlertReceived(alert)) => match alert {
                AlertDescription::CertificateRequired => WayFault::CertificateMissing,
                AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::AccessDenied
                | AlertDescription::UnknownCA => WayFault::CertificateRefused { why: format!("{alert:?}") },
                _ => why(),
            },
            _ => why(),
        }
    }

    /// A CONNECT would put out the connection that the box may have; whoever does not take its certificate says so unasked.
    async fn wait_for_objection(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<(), WayFault> {
        match timeout(OBJECTION_WITHIN, stream.read(&mut [0; 1])).await {
            Err(_) | Ok(Ok(1..)) => Ok(()),
            Ok(Ok(0)) => Err(WayFault::Broken { why: "it was ended right after the handshake".to_owned() }),
            Ok(Err(error)) => Err(self.tls_fault(&error)),
        }
    }

    async fn ask_relay(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<(), WayFault> {
        let request =
            format!("GET /box/v1/line HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address());
        let answering = async {
            stream.write_all(request.as_bytes()).await?;
            stream.flush().await?;
            let mut head = Vec::new();
            let mut piece = [0; 1024];
            while head.len() < HEAD_BYTES_MAX && !head.contains(&b'\n') {
                match stream.read(&mut piece).await? {
                    0 => break,
                    read => head.extend_from_slice(&piece[..read]),
                }
            }
            io::Result::Ok(String::from_utf8_lossy(&head).into_owned())
        };
        let answered = timeout(STEP_WITHIN, answering).await;
        let head = answered.map_err(|_| WayFault::Silent { to: self.address() })?;
        let head = head.map_err(|error| self.tls_fault(&error))?;
        match (read_status(&head), self.identity) {
            (None, _) => Err(WayFault::Broken { why: "there was no answer of HTTP".to_owned() }),
            (Some(204), _) | (Some(_), ShownIdentity::None) => Ok(()),
            (Some(401), _) => Err(WayFault::CertificateMissing),
            (Some(403), _) => Err(WayFault::NotInService),
            (Some(status), _) => Err(WayFault::OtherAnswer { status }),
        }
    }
}

fn address_text(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn plain_reason(error: &io::Error) -> String {
    super::claim::error_reason(error).chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Connects to the first address of the name that takes it, each within its share of the time.
async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, WayFault> {
    let (to, name) = (address_text(host, port), || host.to_owned());
    let found = timeout(STEP_WITHIN, tokio::net::lookup_host((host, port))).await;
    let found = found.map_err(|_| WayFault::Name { host: name(), why: "no answer in time".to_owned() })?;
    let found = found.map_err(|error| WayFault::Name { host: name(), why: plain_reason(&error) })?;
    let found: Vec<_> = found.collect();
    let share = STEP_WITHIN / u32::try_from(found.len().max(1)).unwrap_or(u32::MAX);
    let mut fault = WayFault::Name { host: name(), why: "it has no address".to_owned() };
    for address in found {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => fault = WayFault::NotConnected { to: to.clone(), why: plain_reason(&error) },
            Err(_) => fault = WayFault::Silent { to: to.clone() },
        }
    }
    Err(fault)
}

/// Tries every way to the relay at once, whichever the box uses: MQTT, HTTPS straight, and HTTPS by the proxy where one is set. Of a
/// box with nothing but a claim file, the ways to the relay that it names. Nothing is sent that changes anything there, and a
/// connection that the running box has stays. Ends within half a minute.
///
/// # Errors
/// What the relay gave this box, or its claim file, cannot be used.
pub async fn probe_ways(
    files: &ClaimStore,
    route: &HttpsRoute,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<WayProbe>, ClaimError> {
    let targets = match files.relation()? {
        Some(relation) => targets_of(files, &relation, route, clock)?,
        None => claim_targets(files, route, clock)?,
    };
    let probing = targets.iter().map(WayTarget::probe);
    Ok(futures_util::future::join_all(probing).await)
}

/// Without the proxy first, where there is one.
fn routes_of(route: &HttpsRoute) -> Vec<HttpsRoute> {
    let straight = HttpsRoute { proxy: None, ..route.clone() };
    if route.proxy.is_some() { vec![straight, route.clone()] } else { vec![straight] }
}

fn targets_of(
    files: &ClaimStore,
    relation: &ClaimAnswer,
    route: &HttpsRoute,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<WayTarget>, ClaimError> {
    let key = files.key()?;
    let identity = Some((relation.chain.as_str(), key.as_str()));
    let mut targets = Vec::new();
    if let Ok(relay) = relation.mqtt_url.parse::<RelayEndpoint>() {
        let tls = tls::watched_config(&relation.relay_ca, identity, Arc::clone(clock), 0)?;
        targets.push(mqtt_target(&relay, tls));
    }
    for route in routes_of(route) {
        let trusted = route.trusted(&relation.relay_ca);
        let tls = tls::watched_config(&trusted, identity, Arc::clone(clock), 0)?;
        targets.extend(WayTarget::of_https(&relation.photos_url, &route, tls, ShownIdentity::Certificate));
    }
    Ok(targets)
}

/// Of the relay's MQTT listener.
pub(super) fn mqtt_target(relay: &RelayEndpoint, tls: WatchedTls) -> WayTarget {
    WayTarget {
        way: UplinkWay::Mqtt,
        host: relay.host.clone(),
        port: relay.port,
        proxy: None,
        tls: Arc::new(tls.config),
        notes: tls.notes,
        identity: ShownIdentity::Certificate,
    }
}

fn claim_targets(
    files: &ClaimStore,
    route: &HttpsRoute,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<WayTarget>, ClaimError> {
    let Some(text) = files.waiting()? else { return Ok(Vec::new()) };
    let Some(relay) = firmware_config::ClaimFile::parse(text.as_bytes())?.relay else {
        return Ok(Vec::new());
    };
    let mut targets = Vec::new();
    for route in routes_of(route) {
        let tls = tls::watched_config(&route.trusted(&relay.relay_ca), None, Arc::clone(clock), 0)?;
        targets.extend(WayTarget::of_https(&relay.relay_url, &route, tls, ShownIdentity::None));
    }
    Ok(targets)
}
