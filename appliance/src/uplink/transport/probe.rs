//! One transport to the relay tried step by step: name, connection, proxy, TLS, certificate, answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::choice::UplinkTransport;
use super::fault::{TransportFault, error_reason};
use super::mqtt_link::RelayEndpoint;
use super::proxy::{HttpsRoute, ProxyAddress, read_status};
use super::tls::{HandshakeNotes, WatchedTls};

/// For one step: to find a name, connect, get a tunnel, shake hands, get an answer.
const STEP_WITHIN: Duration = Duration::from_secs(8);
const WAY_WITHIN: Duration = Duration::from_secs(25);
/// How long MQTT's listener is listened to after the handshake: a server that does not take a certificate says so by then.
const OBJECTION_WITHIN: Duration = Duration::from_secs(2);
/// Bytes of an answer's first lines.
const HEAD_BYTES_MAX: usize = 8 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportProbe {
    pub transport: UplinkTransport,
    /// To which host and port of the relay.
    pub target: String,
    pub proxy: Option<String>,
    /// `None`: it reaches the relay, which takes this box's certificate.
    pub fault: Option<TransportFault>,
    pub took: Duration,
}

#[derive(Clone)]
pub(in crate::uplink) struct RelayProbeTarget {
    pub(in crate::uplink) transport: UplinkTransport,
    pub(in crate::uplink) host: String,
    pub(in crate::uplink) port: u16,
    pub(in crate::uplink) proxy: Option<ProxyAddress>,
    pub(in crate::uplink) tls: Arc<ClientConfig>,
    pub(in crate::uplink) notes: Arc<HandshakeNotes>,
    pub(in crate::uplink) identity: ShownIdentity,
}

/// Whether the box has a certificate to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::uplink) enum ShownIdentity {
    Certificate,
    None,
}

impl RelayProbeTarget {
    pub(in crate::uplink) fn of_https(
        url: &str,
        route: &HttpsRoute,
        tls: WatchedTls,
        identity: ShownIdentity,
    ) -> Option<Self> {
        let uri: http::Uri = url.parse().ok()?;
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (port, proxy) = (uri.port_u16().unwrap_or(443), route.proxy.clone());
        let WatchedTls { config, notes } = tls;
        Some(Self {
            transport: UplinkTransport::Https,
            host,
            port,
            proxy,
            tls: Arc::new(config),
            notes,
            identity,
        })
    }

    pub(in crate::uplink) fn address(&self) -> String {
        address_text(&self.host, self.port)
    }

    /// Tries it, bounded in time.
    pub(in crate::uplink) async fn probe(&self) -> TransportProbe {
        let began = Instant::now();
        let tried = timeout(WAY_WITHIN, self.try_steps()).await;
        let fault = tried.unwrap_or_else(|_| Err(TransportFault::Silent { to: self.address() })).err();
        TransportProbe {
            transport: self.transport,
            target: self.address(),
            proxy: self.proxy.as_ref().map(ToString::to_string),
            fault,
            took: Instant::now().duration_since(began),
        }
    }

    async fn try_steps(&self) -> Result<(), TransportFault> {
        let mut tcp = match &self.proxy {
            None => connect_tcp(&self.host, self.port).await?,
            Some(proxy) => connect_tcp(proxy.host(), proxy.port()).await?,
        };
        if let Some(proxy) = &self.proxy {
            let opened = timeout(STEP_WITHIN, proxy.open_tunnel(&mut tcp, &self.address())).await;
            opened.map_err(|_| TransportFault::Silent { to: proxy.to_string() })??;
        }
        let mut stream = self.secure_stream(tcp).await?;
        match self.transport {
            UplinkTransport::Mqtt => self.wait_for_objection(&mut stream).await,
            UplinkTransport::Https => self.ask_relay(&mut stream).await,
        }
    }

    async fn secure_stream(&self, tcp: TcpStream) -> Result<TlsStream<TcpStream>, TransportFault> {
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|e| TransportFault::Name { host: self.host.clone(), why: e.to_string() })?;
        let connecting = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        let shaken = timeout(STEP_WITHIN, connecting).await;
        let shaken = shaken.map_err(|_| TransportFault::Silent { to: self.address() })?;
        let stream = shaken.map_err(|error| self.tls_fault(&error))?;
        if self.identity == ShownIdentity::Certificate && !self.notes.certificate_requested() {
            return Err(TransportFault::Intercepted { issuer: self.notes.issuer() });
        }
        Ok(stream)
    }

    fn tls_fault(&self, error: &io::Error) -> TransportFault {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. },
            )) => TransportFault::Inspected { issuer: self.notes.issuer() },
            Some(rustls::Error::AlertReceived(alert)) => match alert {
                AlertDescription::CertificateRequired => TransportFault::CertificateMissing,
                AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::AccessDenied
                | AlertDescription::UnknownCA => {
                    TransportFault::CertificateRefused { why: format!("{alert:?}") }
                }
                _ => TransportFault::Broken { why: plain_reason(error) },
            },
            _ => TransportFault::Broken { why: plain_reason(error) },
        }
    }

    /// A CONNECT would displace the connection that the box may have; a server that does not take its certificate says so unasked.
    async fn wait_for_objection(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<(), TransportFault> {
        match timeout(OBJECTION_WITHIN, stream.read(&mut [0; 1])).await {
            Err(_) | Ok(Ok(1..)) => Ok(()),
            Ok(Ok(0)) => {
                Err(TransportFault::Broken { why: "it was ended right after the handshake".to_owned() })
            }
            Ok(Err(error)) => Err(self.tls_fault(&error)),
        }
    }

    async fn ask_relay(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<(), TransportFault> {
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
        let head = answered.map_err(|_| TransportFault::Silent { to: self.address() })?;
        let head = head.map_err(|error| self.tls_fault(&error))?;
        match (read_status(&head), self.identity) {
            (None, _) => Err(TransportFault::Broken { why: "there was no answer of HTTP".to_owned() }),
            (Some(204), _) | (Some(_), ShownIdentity::None) => Ok(()),
            (Some(401), _) => Err(TransportFault::CertificateMissing),
            (Some(403), _) => Err(TransportFault::NotInService),
            (Some(status), _) => Err(TransportFault::OtherAnswer { status }),
        }
    }
}

fn address_text(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn plain_reason(error: &io::Error) -> String {
    error_reason(error).chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Connects to the first address of the name that takes it, each within its share of the time.
async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, TransportFault> {
    let (to, name) = (address_text(host, port), || host.to_owned());
    let found = timeout(STEP_WITHIN, tokio::net::lookup_host((host, port))).await;
    let found =
        found.map_err(|_| TransportFault::Name { host: name(), why: "no answer in time".to_owned() })?;
    let found = found.map_err(|error| TransportFault::Name { host: name(), why: plain_reason(&error) })?;
    let found: Vec<_> = found.collect();
    let share = STEP_WITHIN / u32::try_from(found.len().max(1)).unwrap_or(u32::MAX);
    let mut fault = TransportFault::Name { host: name(), why: "it has no address".to_owned() };
    for address in found {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                fault = TransportFault::NotConnected { to: to.clone(), why: plain_reason(&error) }
            }
            Err(_) => fault = TransportFault::Silent { to: to.clone() },
        }
    }
    Err(fault)
}

pub(in crate::uplink) fn mqtt_target(relay: &RelayEndpoint, tls: WatchedTls) -> RelayProbeTarget {
    RelayProbeTarget {
        transport: UplinkTransport::Mqtt,
        host: relay.host.clone(),
        port: relay.port,
        proxy: None,
        tls: Arc::new(tls.config),
        notes: tls.notes,
        identity: ShownIdentity::Certificate,
    }
}
