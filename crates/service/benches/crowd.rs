//! What silent or slow clients cost a good one: p99 of a visit (a new connection, its TLS, one page of 12 KB) beside
//! the crowd, as a multiple of p99 alone.
//!
//! `cargo bench -p cleantrack-service --bench crowd`. Server, crowd and good client share the machine's cores.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use rustls::pki_types::PrivateKeyDer;
use service::listener::{ConnectionLimits, ConnectionTable, Listener, ListenerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Visits of one measure; its p99 is the eleventh slowest.
const VISITS: usize = 1_000;
const ROUNDS: usize = 5;
const PAGE_BYTES: usize = 12 * 1024;
const GOOD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const CROWD: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Between two bytes of a slow client, and before one that was closed connects again.
const PAUSE: Duration = Duration::from_secs(1);
const RATIO_MAX: f64 = 2.0;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

type Failed = Box<dyn Error + Send + Sync>;

#[derive(Clone, Copy)]
enum Crowd {
    Silent(usize),
    Slow(usize),
}

impl Crowd {
    fn name(self) -> String {
        match self {
            Self::Silent(count) => format!("{count} silent"),
            Self::Slow(count) => format!("{count} slow"),
        }
    }

    /// Connects again whenever it was closed, until it is dropped.
    fn come(self, to: SocketAddr) -> JoinSet<()> {
        let (Self::Silent(count) | Self::Slow(count)) = self;
        let mut members = JoinSet::new();
        for _ in 0..count {
            members.spawn(async move {
                loop {
                    if let Ok(stream) = connect_from(CROWD, to).await {
                        self.stay(stream).await;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        members
    }

    async fn stay(self, mut stream: TcpStream) {
        if matches!(self, Self::Slow(_)) {
            for byte in [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3].iter().chain(std::iter::repeat(&0)) {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        let _ = stream.read(&mut [0; 64]).await;
    }
}

async fn connect_from(address: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address, 0).into())?;
    socket.connect(to).await
}

/// For the server a certificate for `localhost`, for the client the trust in it.
fn identity() -> Result<(Arc<rustls::ServerConfig>, Arc<rustls::ClientConfig>), Failed> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone())?;
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((Arc::new(server), Arc::new(client)))
}

async fn visit(client: &Arc<rustls::ClientConfig>, to: SocketAddr) -> Result<Duration, Failed> {
    let began = Instant::now();
    let stream = connect_from(GOOD, to).await?;
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(client));
    let mut stream = connector.connect("localhost".try_into()?, stream).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::with_capacity(PAGE_BYTES + 512);
    stream.read_to_end(&mut answer).await?;
    if answer.len() < PAGE_BYTES {
        return Err(format!("an answer of {} bytes", answer.len()).into());
    }
    Ok(Instant::now().duration_since(began))
}

async fn p99(client: &Arc<rustls::ClientConfig>, to: SocketAddr) -> Result<Duration, Failed> {
    let mut spans = Vec::with_capacity(VISITS);
    for _ in 0..VISITS {
        spans.push(visit(client, to).await?);
    }
    spans.sort();
    Ok(spans[VISITS * 99 / 100])
}

/// The median ratio of some rounds; each measures alone and beside the crowd.
async fn measure(name: &str, limits: ConnectionLimits, crowd: Crowd) -> Result<f64, Failed> {
    let (server, client) = identity()?;
    let (_certificate, tls) = watch::channel(server);
    let page = "x".repeat(PAGE_BYTES);
    let router = Router::new().route("/", get(move || std::future::ready(page.clone())));
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let listener =
        Listener::start(tcp, ListenerConfig::new(Some(tls), ConnectionTable::new(limits)), router)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let alone = p99(&client, listener.local_addr()).await?;
        let members = crowd.come(listener.local_addr());
        tokio::time::sleep(PAUSE).await;
        let beside = p99(&client, listener.local_addr()).await?;
        drop(members);
        rounds.push((beside.as_secs_f64() / alone.as_secs_f64(), alone, beside));
    }
    listener.stop().await;
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, alone, beside) = rounds[ROUNDS / 2];
    println!(
        "{name:6} {:12} alone {:6.2} ms, beside {:6.2} ms: {ratio:.2}",
        crowd.name(),
        alone.as_secs_f64() * 1e3,
        beside.as_secs_f64() * 1e3
    );
    Ok(ratio)
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failed> {
    println!("p99 of a visit, goal: beside the crowd at most {RATIO_MAX} times what it is alone");
    let mut worst = 0.0_f64;
    for (name, together, per_address) in [("box", 256, 64), ("relay", 1_024, 256)] {
        for crowd in [Crowd::Silent(1_024), Crowd::Slow(300)] {
            worst = worst.max(measure(name, ConnectionLimits { together, per_address }, crowd).await?);
        }
    }
    Ok(if worst <= RATIO_MAX { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
