//! The relay's HTTP listeners: which of them use TLS, which ask for a box's certificate, and what requests say of who
//! sent them. How long anybody may hold a connection is [`service::listener`]'s business.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Extensions;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use service::listener::{
    self, Caller, ConnectionLimits, ConnectionTable, ListenerConfig, NamedHost, UploadTimeouts,
};
use service::proxy_header::ProxyHeaders;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::fleet::TlsIdentity;
use crate::mqtt::PeerCertificate;
use crate::web::ClientAddress;

/// From a request's head to its answer's, the request's body included: a piece of a photo over a slow line.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
const UPLOADS: UploadTimeouts =
    UploadTimeouts { at_first: ANSWER_WITHIN, bytes_per_second: u64::MAX, at_most: ANSWER_WITHIN };

#[derive(Debug, Clone)]
pub enum ListenerSecurity {
    Plain,
    Public(Arc<ServerConfig>),
    /// TLS with a client certificate; each request carries a [`PeerCertificate`].
    Boxes(Arc<ServerConfig>),
}

/// TLS for browsers and for boxes that have no certificate yet.
pub fn public_tls(identity: TlsIdentity) -> Result<ListenerSecurity, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(ListenerSecurity::Public(Arc::new(config)))
}

/// TLS 1.3 with certificates of the relay's own authority.
pub fn box_tls(
    identity: TlsIdentity,
    roots: rustls::RootCertStore,
) -> Result<ListenerSecurity, rustls::Error> {
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
    Ok(ListenerSecurity::Boxes(Arc::new(config)))
}

/// The boxes' calls at the public listener's socket, for whoever asks for this name: one port for all.
pub struct BoxHost {
    pub name: String,
    pub security: ListenerSecurity,
    pub router: Router,
}

/// What a listener does besides answering whoever connects.
#[derive(Default)]
pub struct ListenerExtras {
    pub boxes_here: Option<BoxHost>,
    pub proxies: Option<ProxyHeaders>,
}

#[derive(Debug)]
pub struct Listener {
    inner: listener::Listener,
    tls: Option<watch::Sender<Arc<ServerConfig>>>,
    box_tls: Option<watch::Sender<Arc<ServerConfig>>>,
}

impl Listener {
    /// Serves `router` on `tcp`, with these places for connections.
    pub fn start(
        tcp: TcpListener,
        security: ListenerSecurity,
        router: Router,
        limits: ConnectionLimits,
    ) -> io::Result<Self> {
        Self::start_with(tcp, security, router, limits, ListenerExtras::default())
    }

    /// The same, with the boxes' calls by their own name, and behind balancers.
    pub fn start_with(
        tcp: TcpListener,
        security: ListenerSecurity,
        router: Router,
        limits: ConnectionLimits,
        ListenerExtras { boxes_here, proxies }: ListenerExtras,
    ) -> io::Result<Self> {
        let (box_tls, named) = boxes_here.and_then(name_host).unzip();
        let (config, boxes) = match security {
            ListenerSecurity::Plain => (None, false),
            ListenerSecurity::Public(config) => (Some(config), false),
            ListenerSecurity::Boxes(config) => (Some(config), true),
        };
        let (tls, tls_now) = config.map(watch::channel).unzip();
        let introduction = Arc::new(move |caller: &Caller<'_>| introduce_caller(caller, boxes));
        let config = ListenerConfig {
            uploads: UPLOADS,
            introduction,
            named,
            proxies,
            ..ListenerConfig::new(tls_now, ConnectionTable::new(limits))
        };
        let router = router.layer(axum::middleware::from_fn(answer_in_time));
        Ok(Self { inner: listener::Listener::start(tcp, config, router)?, tls, box_tls })
    }

    /// The same as [`Listener::reload`] for the boxes' calls at this socket.
    pub fn reload_boxes(&self, security: ListenerSecurity) {
        if let (Some(tls), ListenerSecurity::Boxes(config)) = (&self.box_tls, security) {
            tls.send_replace(config);
        }
    }

    /// Shows this listener's certificate from the next connection on, and asks for what it asks for. A listener without
    /// TLS stays one, and a listener with it stays what it is.
    pub fn reload(&self, security: ListenerSecurity) {
        if let (Some(tls), ListenerSecurity::Public(config) | ListenerSecurity::Boxes(config)) =
            (&self.tls, security)
        {
            tls.send_replace(config);
        }
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr()
    }

    /// Takes no new connection, lets running requests end for up to 4 s, then closes what is left.
    pub async fn stop(self) {
        self.inner.stop().await;
    }
}

/// Nothing for a host without boxes' security: nobody would say who comes.
fn name_host(host: BoxHost) -> Option<(watch::Sender<Arc<ServerConfig>>, NamedHost)> {
    let ListenerSecurity::Boxes(config) = host.security else { return None };
    let (tls, tls_now) = watch::channel(config);
    let introduction = Arc::new(|caller: &Caller<'_>| introduce_caller(caller, true));
    let router = host.router.layer(axum::middleware::from_fn(answer_in_time));
    Some((tls, NamedHost { name: host.name.to_lowercase(), tls: tls_now, router, introduction }))
}

fn introduce_caller(caller: &Caller<'_>, boxes: bool) -> Option<Extensions> {
    let mut extensions = Extensions::new();
    extensions.insert(ClientAddress(caller.remote));
    match caller.certificate.and_then(PeerCertificate::read) {
        Some(certificate) => drop(extensions.insert(certificate)),
        None if boxes => return None,
        None => {}
    }
    Some(extensions)
}

async fn answer_in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use record::ids::BoxId;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    async fn start(
        router: Router,
        security: ListenerSecurity,
        together: usize,
        per_address: usize,
    ) -> Listener {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Listener::start(tcp, security, router, ConnectionLimits { together, per_address }).unwrap()
    }

    async fn all(mut stream: impl AsyncRead + Unpin) -> String {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "other.example"];

    struct Authority {
        der: CertificateDer<'static>,
        issuer: Issuer<'static, KeyPair>,
    }

    impl Authority {
        fn new() -> Self {
            let (mut params, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let der = params.self_signed(&key).unwrap().der().clone();
            Self { der, issuer: Issuer::new(params, key) }
        }

        fn identity(&self, name: &str) -> TlsIdentity {
            let (mut params, key) =
                (CertificateParams::new(NAMES.map(str::to_owned)).unwrap(), KeyPair::generate().unwrap());
            params.distinguished_name.remove(DnType::CommonName);
            params.distinguished_name.push(DnType::CommonName, name);
            let chain = vec![params.signed_by(&key, &self.issuer).unwrap().der().clone()];
            TlsIdentity { chain, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
        }

        fn roots(&self) -> RootCertStore {
            let mut roots = RootCertStore::empty();
            roots.add(self.der.clone()).unwrap();
            roots
        }

        async fn shake(
            &self,
            listener: &Listener,
            identity: Option<TlsIdentity>,
        ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
            self.shake_as(listener, identity, "localhost").await
        }

        async fn shake_as(
            &self,
            listener: &Listener,
            identity: Option<TlsIdentity>,
            name: &'static str,
        ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
            let tcp = TcpStream::connect(listener.local_addr()).await?;
            let name = name.try_into().unwrap();
            tokio_rustls::TlsConnector::from(self.client(identity)).connect(name, tcp).await
        }

        fn client(&self, identity: Option<TlsIdentity>) -> Arc<ClientConfig> {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(self.roots());
            Arc::new(match identity {
                None => builder.with_no_client_auth(),
                Some(TlsIdentity { chain, key }) => builder.with_client_auth_cert(chain, key).unwrap(),
            })
        }
    }

    #[tokio::test]
    async fn a_request_says_who_asks() {
        let listener = start(
            Router::new().route(
                "/",
                get(async |axum::Extension(peer): axum::Extension<ClientAddress>| peer.0.to_string()),
            ),
            ListenerSecurity::Plain,
            4,
            0,
        )
        .await;
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        let answer = all(&mut stream).await;
        assert!(answer.ends_with(&stream.local_addr().unwrap().to_string()), "{answer}");
        listener.stop().await;
        assert!(TcpStream::connect(stream.peer_addr().unwrap()).await.is_err());
    }

    #[tokio::test]
    async fn silent_connections_keep_nobody_out_of_either_door() {
        let (authority, box_id) = (Authority::new(), BoxId::new(1, [1; 10]));
        let public = public_tls(authority.identity("relay")).unwrap();
        let boxes = box_tls(authority.identity("relay"), authority.roots()).unwrap();
        for (security, caller) in [(public, None), (boxes, Some(box_id))] {
            let listener = start(
                Router::new().route(
                    "/",
                    get(async |certificate: Option<axum::Extension<PeerCertificate>>| {
                        certificate.map_or_else(|| "nobody".to_owned(), |c| c.0.box_id.to_string())
                    }),
                ),
                security,
                64,
                16,
            )
            .await;
            let mut silent = Vec::new();
            for _ in 0..300 {
                silent.push(TcpStream::connect(listener.local_addr()).await.unwrap());
            }
            for _ in 0..20 {
                let identity = caller.map(|box_id| authority.identity(&box_id.to_string()));
                let mut stream = authority.shake(&listener, identity).await.unwrap();
                stream.write_all(ASK).await.unwrap();
                let reported = all(stream).await;
                assert!(
                    reported.ends_with(&caller.map_or("nobody".to_owned(), |b| b.to_string())),
                    "{reported}"
                );
            }
            listener.stop().await;
        }
    }

    #[tokio::test]
    async fn only_boxes_come_by_their_door() {
        let authority = Authority::new();
        let security = box_tls(authority.identity("relay"), authority.roots()).unwrap();
        let listener = start(Router::new().route("/", get(async || "here")), security, 4, 0).await;
        for identity in [None, Some(authority.identity("a clinic"))] {
            // With TLS 1.3 a client learns of a refusal only after its own part of the handshake.
            let mut reported = Vec::new();
            if let Ok(mut stream) = authority.shake(&listener, identity).await {
                let _ = stream.write_all(ASK).await;
                let _ = stream.read_to_end(&mut reported).await;
            }
            assert!(reported.is_empty(), "{}", String::from_utf8_lossy(&reported));
        }
        listener.stop().await;
    }

    #[tokio::test]
    async fn boxes_come_to_the_public_port_by_their_name() {
        let (authority, box_id) = (Authority::new(), BoxId::new(1, [1; 10]));
        let public = public_tls(authority.identity("relay")).unwrap();
        let security = box_tls(authority.identity("relay"), authority.roots()).unwrap();
        let router = Router::new()
            .route("/", get(async |peer: axum::Extension<PeerCertificate>| peer.0.box_id.to_string()));
        let boxes = BoxHost { name: "Localhost".to_owned(), security, router };
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limits = ConnectionLimits { together: 4, per_address: 0 };
        let people = Router::new().route("/", get(async || "pages"));
        let listener = Listener::start_with(
            tcp,
            public,
            people,
            limits,
            ListenerExtras { boxes_here: Some(boxes), proxies: None },
        )
        .unwrap();
        let identity = Some(authority.identity(&box_id.to_string()));
        let mut stream = authority.shake(&listener, identity).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        assert!(all(stream).await.ends_with(&box_id.to_string()), "by their name");
        let mut reported = Vec::new();
        if let Ok(mut stream) = authority.shake(&listener, None).await {
            let _ = stream.write_all(ASK).await;
            let _ = stream.read_to_end(&mut reported).await;
        }
        assert!(reported.is_empty(), "and only with a certificate");
        for name in ["127.0.0.1", "other.example"] {
            let mut stream = authority.shake_as(&listener, None, name).await.unwrap();
            stream.write_all(ASK).await.unwrap();
            assert!(all(stream).await.ends_with("pages"), "{name}");
        }
        listener.stop().await;
    }

    #[tokio::test]
    async fn a_balancer_says_who_connects_before_tls() {
        let authority = Authority::new();
        let public = public_tls(authority.identity("relay")).unwrap();
        let limits = ConnectionLimits { together: 8, per_address: 1 };
        let router =
            Router::new().route("/", get(async |peer: axum::Extension<ClientAddress>| peer.0.0.to_string()));
        let proxies = Some(ProxyHeaders::new(|peer| peer.is_loopback()));
        let extras = ListenerExtras { boxes_here: None, proxies };
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = Listener::start_with(tcp, public, router, limits, extras).unwrap();
        let ask = async |header: &[u8]| {
            let mut tcp = TcpStream::connect(listener.local_addr()).await?;
            tcp.write_all(header).await?;
            let name = "localhost".try_into().unwrap();
            let connector = tokio_rustls::TlsConnector::from(authority.client(None));
            let mut stream = connector.connect(name, tcp).await?;
            stream.write_all(ASK).await?;
            io::Result::Ok(all(stream).await)
        };
        // One address has one place here: these are two.
        let (a, b) = tokio::join!(
            ask(b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 443\r\n"),
            ask(b"PROXY TCP4 192.0.2.8 127.0.0.1 5000 443\r\n")
        );
        assert!(a.unwrap().ends_with("192.0.2.7:5000"));
        assert!(b.unwrap().ends_with("192.0.2.8:5000"));
        assert!(ask(b"").await.is_err(), "a balancer that does not say so is not served");
        listener.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_told_so() {
        let listener = start(
            Router::new().route("/", get(async || std::future::pending::<()>().await)),
            ListenerSecurity::Plain,
            4,
            0,
        )
        .await;
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        assert!(all(stream).await.starts_with("HTTP/1.1 408"));
        listener.stop().await;
    }

    #[tokio::test]
    async fn plain_http_on_the_https_port_is_told_so() {
        let security = public_tls(Authority::new().identity("relay")).unwrap();
        let listener = start(Router::new(), security, 4, 0).await;
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        assert!(all(&mut stream).await.contains("https://"));
        listener.stop().await;
    }
}
