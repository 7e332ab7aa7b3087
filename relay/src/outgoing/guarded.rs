//! The client that leaves the machine: it looks names up itself, and connects to an address that it has judged. A name that says
//! something else a moment later leads nowhere else.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::address::AddressRule;
use super::{
    ANSWER_BYTES_MAX, AnswerPart, OutgoingAnswer, OutgoingError, OutgoingHttp, OutgoingRequest, OutgoingUrl,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Where services of the internet listen; anything else is more likely a service of a network within.
const PORTS: [u16; 2] = [443, 8443];

/// Finds the addresses of a host, and knows those of this machine.
pub trait HostResolver: fmt::Debug + Send + Sync {
    fn find_addresses(&self, host: String) -> BoxFuture<'_, io::Result<Vec<IpAddr>>>;
    /// Whether an interface of this machine has the address.
    fn is_own(&self, address: IpAddr) -> bool;
}

/// Addresses of documentation. Where a program may bind to these, the machine lets it bind to anything, and that says nothing.
const NOBODYS_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const NOBODYS_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl HostResolver for SystemResolver {
    fn find_addresses(&self, host: String) -> BoxFuture<'_, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }

    fn is_own(&self, address: IpAddr) -> bool {
        // Nothing is sent; a list of interfaces would need a socket that the unit's sandbox does not have.
        let nobodys: IpAddr = if address.is_ipv4() { NOBODYS_V4.into() } else { NOBODYS_V6.into() };
        UdpSocket::bind((address, 0)).is_ok() && UdpSocket::bind((nobodys, 0)).is_err()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    #[error("outgoing.roots names no readable certificates: {0}")]
    Roots(String),
    #[error("no client for other hosts could be made: {0}")]
    Tls(#[from] rustls::Error),
}

/// Trusts the authorities of the internet, and those of a file, PEM.
pub fn build_tls(roots: Option<&Path>) -> Result<ClientConfig, GuardError> {
    let mut trusted: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(file) = roots {
        fn wrong_root(error: &dyn fmt::Display) -> GuardError {
            GuardError::Roots(error.to_string())
        }
        for certificate in CertificateDer::pem_file_iter(file).map_err(|e| wrong_root(&e))? {
            trusted.add(certificate.map_err(|e| wrong_root(&e))?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth())
}

/// Asks hosts of the internet, and of networks that the operator names.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    rule: AddressRule,
    /// Names and addresses under which people and boxes come to this relay.
    own_hosts: Arc<[String]>,
    resolver: Arc<dyn HostResolver>,
    tls: ClientConfig,
}

impl GuardedClient {
    /// `roots`: a file with authorities that are trusted beside those of the internet, PEM.
    pub fn new(
        allow: &[IpNet],
        roots: Option<&Path>,
        resolver: Arc<dyn HostResolver>,
    ) -> Result<Self, GuardError> {
        let tls = build_tls(roots)?;
        Ok(Self { rule: AddressRule { allow: allow.to_vec() }, own_hosts: Arc::default(), resolver, tls })
    }

    /// The same, which does not ask the relay itself either: what answers at these names is it, or what is before it.
    #[must_use]
    pub fn keeping_from(self, own_hosts: &[String]) -> Self {
        Self { own_hosts: own_hosts.into(), ..self }
    }

    /// Whether one of these is an address of this relay, and in no network that the operator named.
    async fn has_own(&self, addresses: &[IpAddr]) -> bool {
        let judged: Vec<IpAddr> = addresses.iter().copied().filter(|one| !self.rule.is_named(*one)).collect();
        if judged.is_empty() {
            return false;
        }
        if judged.iter().any(|address| self.resolver.is_own(*address)) {
            return true;
        }
        for host in &*self.own_hosts {
            // A name that is not found leads nobody here.
            let own = self.find_addresses(host).await.unwrap_or_default();
            if judged.iter().any(|address| own.contains(address)) {
                return true;
            }
        }
        false
    }

    async fn find_addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        match host.parse::<IpAddr>() {
            Ok(address) => Ok(vec![address]),
            Err(_) => self.resolver.find_addresses(host.to_owned()).await,
        }
    }

    /// The addresses of a host, where every one of them is one to which the relay may connect.
    async fn judge_addresses(&self, url: &OutgoingUrl) -> Result<Vec<SocketAddr>, OutgoingError> {
        let host = url.host().trim_start_matches('[').trim_end_matches(']');
        let found = self.find_addresses(host).await;
        let found = found.map_err(|_| OutgoingError::Unresolved(host.to_owned()))?;
        if found.is_empty() {
            return Err(OutgoingError::Unresolved(host.to_owned()));
        }
        if !found.iter().all(|address| self.rule.permits(*address)) || self.has_own(&found).await {
            return Err(OutgoingError::Forbidden(host.to_owned()));
        }
        if !PORTS.contains(&url.port()) && !found.iter().all(|address| self.rule.is_named(*address)) {
            return Err(OutgoingError::Port(url.port()));
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, url.port())).collect())
    }

    async fn send_within(&self, request: OutgoingRequest) -> Result<OutgoingAnswer, OutgoingError> {
        let addresses = self.judge_addresses(&request.url).await?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .https_only(true)
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent("CleanTrack")
            .resolve_to_addrs(request.url.host(), &addresses)
            .build()
            .map_err(|error| failure_of(&error))?;
        let mut outgoing = match request.body {
            Some(body) => client.post(request.url.url().clone()).body(body),
            None => client.get(request.url.url().clone()),
        };
        for (name, value) in request.headers {
            outgoing = outgoing.header(name, value);
        }
        let mut answer = outgoing.send().await.map_err(|error| failure_of(&error))?;
        let (status, mut body) = (answer.status(), Vec::new());
        while let Some(part) = answer.chunk().await.map_err(|error| failure_of(&error))? {
            body.extend_from_slice(&part);
            match request.reads {
                AnswerPart::Whole if body.len() > ANSWER_BYTES_MAX => return Err(OutgoingError::TooLong),
                AnswerPart::First(bytes) if body.len() >= bytes => {
                    body.truncate(bytes);
                    break;
                }
                AnswerPart::Whole | AnswerPart::First(_) => {}
            }
        }
        Ok(OutgoingAnswer { status, body })
    }
}

/// Without the address, whose query may be secret.
fn failure_of(error: &reqwest::Error) -> OutgoingError {
    if error.is_timeout() {
        return OutgoingError::Slow;
    }
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    OutgoingError::Failed(deepest.to_string())
}

impl OutgoingHttp for GuardedClient {
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<OutgoingAnswer, OutgoingError>> {
        // Names are looked up within the same time.
        let whole = async move {
            let answered = tokio::time::timeout(ANSWER_WITHIN, Box::pin(self.send_within(request)));
            answered.await.unwrap_or(Err(OutgoingError::Slow))
        };
        Box::pin(whole)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::{HeaderValue, StatusCode};
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    #[derive(Debug)]
    struct FakeNames(Mutex<Vec<Vec<IpAddr>>>);

    const OWN: &str = "8.8.4.4";

    impl FakeNames {
        fn new(found: &[&[&str]]) -> Arc<Self> {
            Arc::new(Self(Mutex::new(
                found
                    .iter()
                    .rev()
                    .map(|list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect())
                    .collect(),
            )))
        }
    }

    impl HostResolver for FakeNames {
        fn find_addresses(&self, _: String) -> BoxFuture<'_, io::Result<Vec<IpAddr>>> {
            let found = self.0.lock().unwrap().pop().ok_or_else(|| io::Error::other("asked twice"));
            Box::pin(std::future::ready(found))
        }

        fn is_own(&self, address: IpAddr) -> bool {
            address.to_string() == OWN
        }
    }

    /// A host with a certificate of an authority of its own, which answers each request with these bytes; then it says nothing more,
    /// or closes.
    async fn serve(answer: Vec<u8>, closes: bool) -> (u16, tempfile::NamedTempFile) {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf =
            CertificateParams::new(["login.example".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
        let roots = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(roots.path(), ca.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read_u8().await;
                let _ = stream.write_all(&answer).await;
                if !closes {
                    std::future::pending::<()>().await;
                }
                let _ = stream.shutdown().await;
            }
        });
        (port, roots)
    }

    fn client(allow: &[&str], roots: Option<&Path>, names: Arc<FakeNames>) -> GuardedClient {
        let allow: Vec<IpNet> = allow.iter().map(|text| text.parse().unwrap()).collect();
        GuardedClient::new(&allow, roots, names).unwrap()
    }

    async fn get(client: &GuardedClient, url: &str) -> Result<OutgoingAnswer, OutgoingError> {
        client.send(OutgoingRequest::get(OutgoingUrl::parse(url).unwrap())).await
    }

    #[tokio::test]
    async fn a_named_network_is_asked_at_the_address_that_was_judged() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec();
        let (port, roots) = serve(answer, true).await;
        let url = format!("https://login.example:{port}/a");
        let good = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        let got = get(&good, &url).await.unwrap();
        assert_eq!((got.status, got.body.as_slice()), (StatusCode::OK, b"ok".as_slice()), "looked up once");
        let post = OutgoingRequest::post(
            OutgoingUrl::parse(&url).unwrap(),
            HeaderValue::from_static("text/plain"),
            b"x".to_vec(),
        );
        let good = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        assert_eq!(good.send(post).await.unwrap().status, StatusCode::OK);
        let unknown = client(&["127.0.0.0/8"], None, FakeNames::new(&[&["127.0.0.1"]]));
        assert!(matches!(get(&unknown, &url).await, Err(OutgoingError::Failed(_))), "by no authority");
        let other = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        let other = get(&other, &format!("https://other.example:{port}/")).await;
        assert!(matches!(other, Err(OutgoingError::Failed(_))), "with a certificate of another name");
    }

    #[tokio::test]
    async fn near_addresses_and_odd_ports_are_not_asked() {
        for near in [
            &["127.0.0.1"][..],
            &["::1"],
            &["169.254.169.254"],
            &["8.8.8.8", "10.0.0.1"],
            &["::ffff:10.0.0.1"],
            &["64:ff9b::a00:1"],
        ] {
            let asked = client(&[], None, FakeNames::new(&[near]));
            assert_eq!(
                get(&asked, "https://login.example/").await,
                Err(OutgoingError::Forbidden("login.example".to_owned())),
                "{near:?}"
            );
        }
        for literal in ["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"] {
            let asked = client(&[], None, FakeNames::new(&[]));
            let got = get(&asked, &format!("https://{literal}/")).await;
            assert!(matches!(got, Err(OutgoingError::Forbidden(_))), "{literal}: {got:?}");
        }
        let asked = client(&["10.0.0.0/8"], None, FakeNames::new(&[&["8.8.8.8"]]));
        assert_eq!(get(&asked, "https://login.example:22/").await, Err(OutgoingError::Port(22)));
        let nowhere = client(&[], None, FakeNames::new(&[&[]]));
        let got = get(&nowhere, "https://login.example/").await;
        assert_eq!(got, Err(OutgoingError::Unresolved("login.example".into())));
    }

    #[tokio::test]
    async fn the_relay_itself_is_not_reached_by_its_public_addresses() {
        let forbidden = Err(OutgoingError::Forbidden("login.example".into()));
        let url = "https://login.example:22/";
        let asked = client(&[], None, FakeNames::new(&[&["8.8.8.8", OWN]]));
        assert_eq!(get(&asked, url).await, forbidden, "an interface has it");
        let own = ["9.9.9.9".to_owned(), "relay.example".to_owned()];
        for names in [&[&["9.9.9.9"][..]][..], &[&["1.1.1.1"], &["1.0.0.1", "1.1.1.1"]]] {
            let asked = client(&[], None, FakeNames::new(names)).keeping_from(&own);
            assert_eq!(get(&asked, url).await, forbidden, "{names:?}");
        }
        // What is not the relay's gets as far as its port, and so does what the operator named.
        let other = client(&[], None, FakeNames::new(&[&["1.1.1.1"], &["1.0.0.1"]])).keeping_from(&own);
        assert_eq!(get(&other, url).await, Err(OutgoingError::Port(22)));
        let gone = client(&[], None, FakeNames::new(&[&["1.1.1.1"]])).keeping_from(&own);
        assert_eq!(get(&gone, url).await, Err(OutgoingError::Port(22)), "its own name is not found");
        let named = client(&["8.8.4.4/32"], None, FakeNames::new(&[]));
        assert!(!named.has_own(&[OWN.parse().unwrap()]).await);
    }

    #[test]
    fn an_interface_has_the_addresses_of_this_machine() {
        assert!(SystemResolver.is_own(Ipv4Addr::LOCALHOST.into()));
        for other in [NOBODYS_V4.into(), NOBODYS_V6.into(), IpAddr::from([1, 1, 1, 1])] {
            assert!(!SystemResolver.is_own(other), "{other}");
        }
    }

    #[tokio::test]
    async fn redirects_are_answers_and_long_ones_are_cut_off() {
        let moved = b"HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\r\n";
        let (port, roots) = serve(moved.to_vec(), true).await;
        let asked = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        let got = get(&asked, &format!("https://login.example:{port}/")).await.unwrap();
        assert_eq!(got.status, StatusCode::FOUND, "nobody follows it");
        let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        let long = [head, vec![b'x'; ANSWER_BYTES_MAX + 1]].concat();
        let (port, roots) = serve(long, true).await;
        let asked = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        let url = format!("https://login.example:{port}/");
        assert_eq!(get(&asked, &url).await, Err(OutgoingError::TooLong));
        let asked = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        let beginning = OutgoingRequest::get(OutgoingUrl::parse(&url).unwrap()).reading_first(9);
        let got = asked.send(beginning).await.unwrap();
        assert_eq!((got.status, got.body.as_slice()), (StatusCode::OK, b"xxxxxxxxx".as_slice()));
    }

    #[tokio::test]
    async fn a_host_that_says_nothing_is_given_up() {
        let (port, roots) = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec(), false).await;
        let asked = client(&["127.0.0.0/8"], Some(roots.path()), FakeNames::new(&[&["127.0.0.1"]]));
        let url = format!("https://login.example:{port}/");
        let waits = tokio::spawn(async move { get(&asked, &url).await });
        // By no clock but the runtime's: it goes ahead where everything waits.
        tokio::time::pause();
        assert_eq!(waits.await.unwrap(), Err(OutgoingError::Slow));
    }

    #[test]
    fn a_file_without_certificates_is_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            .unwrap();
        assert!(GuardedClient::new(&[], Some(file.path()), Arc::new(SystemResolver)).is_err());
        let absent = Path::new("/nowhere/roots.pem");
        assert!(GuardedClient::new(&[], Some(absent), Arc::new(SystemResolver)).is_err());
    }
}
