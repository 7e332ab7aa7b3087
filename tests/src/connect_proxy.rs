//! A building's HTTP proxy: opens tunnels (`CONNECT`), requires a password, refuses, stays silent, cuts, or intercepts TLS.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};

const HEAD_BYTES_MAX: usize = 8 * 1024;

/// How it answers a request for a tunnel.
#[derive(Debug, Clone)]
pub enum ProxyRule {
    Open,
    /// Opens it with this name and password, and otherwise offers this scheme (`Basic`, `NTLM`).
    Password {
        credentials: String,
        scheme: &'static str,
    },
    Answer(u16),
    Silent,
    /// Opens it, and resets it after so many bytes.
    CutAfterBytes(u64),
    /// Opens it, and resets it after this time.
    CutAfter(Duration),
    /// Terminates TLS with a certificate of its own, and opens TLS to the target without a client
    /// certificate.
    Inspect(Arc<TlsInspection>),
}

#[derive(Debug)]
pub struct TlsInspection {
    pub shown: Arc<rustls::ServerConfig>,
    /// Used towards the target.
    pub upstream: Arc<rustls::ClientConfig>,
}

type TunnelTargets = Arc<Mutex<Vec<String>>>;

/// The running proxy. Dropping it resets every tunnel and closes its port.
pub struct ConnectProxy {
    addr: SocketAddr,
    rule: watch::Sender<ProxyRule>,
    targets: TunnelTargets,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl ConnectProxy {
    pub async fn start(rule: ProxyRule) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let (rule, rules) = watch::channel(rule);
        let targets = TunnelTargets::default();
        let accepting = tokio::spawn(accept_clients(listener, rules, Arc::clone(&targets)));
        Ok(Self { addr, rule, targets, accepting })
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn set(&self, rule: ProxyRule) {
        self.rule.send_replace(rule);
    }

    pub fn tunnels(&self) -> u64 {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    pub fn tunnels_to(&self, port: u16) -> u64 {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.iter().filter(|target| target.ends_with(&format!(":{port}"))).count() as u64
    }
}

async fn accept_clients(listener: TcpListener, rules: watch::Receiver<ProxyRule>, targets: TunnelTargets) {
    // Aborting this task drops the set, and with it every tunnel.
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((near, _)) = listener.accept().await else { continue };
        let (mut rules, targets) = (rules.clone(), Arc::clone(&targets));
        let rule = rules.borrow_and_update().clone();
        open.spawn(async move {
            let _ = near.set_zero_linger();
            tokio::select! {
                _ = serve_client(near, rule, &targets) => {}
                _ = rules.changed() => {}
            }
        });
    }
}

async fn serve_client(mut near: TcpStream, rule: ProxyRule, targets: &TunnelTargets) -> io::Result<()> {
    let head = read_head(&mut near).await?;
    let refused = match &rule {
        ProxyRule::Answer(status) => Some(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")),
        ProxyRule::Password { credentials, scheme } => {
            let right = base64::engine::general_purpose::STANDARD.encode(credentials);
            let right = format!("Basic {right}");
            let headers = head.lines().filter_map(|line| line.split_once(':'));
            let right = headers
                .filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"))
                .any(|(_, value)| value.trim() == right);
            let offer =
                format!("HTTP/1.1 407 Who\r\nProxy-Authenticate: {scheme}\r\nContent-Length: 0\r\n\r\n");
            (!right).then_some(offer)
        }
        ProxyRule::Silent => std::future::pending().await,
        _ => None,
    };
    if let Some(answer) = refused {
        near.write_all(answer.as_bytes()).await?;
        // An orderly end, not a reset: the answer is read.
        near.shutdown().await?;
        return near.read(&mut [0; 64]).await.map(drop);
    }
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let target = target.ok_or(io::ErrorKind::InvalidData)?.to_owned();
    let far = TcpStream::connect(&target).await?;
    let _ = far.set_zero_linger();
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    targets.lock().unwrap_or_else(PoisonError::into_inner).push(target.clone());
    match rule {
        ProxyRule::Inspect(inspection) => inspect_tunnel(near, far, &target, &inspection).await,
        ProxyRule::CutAfterBytes(bytes) => join_streams(near, far, bytes).await,
        ProxyRule::CutAfter(time) => {
            tokio::time::timeout(time, join_streams(near, far, u64::MAX)).await.unwrap_or(Ok(()))
        }
        _ => join_streams(near, far, u64::MAX).await,
    }
}

async fn read_head(near: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(near.read_u8().await?);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn inspect_tunnel(
    near: TcpStream,
    far: TcpStream,
    target: &str,
    inspection: &TlsInspection,
) -> io::Result<()> {
    let near = TlsAcceptor::from(Arc::clone(&inspection.shown)).accept(near).await?;
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host).to_owned();
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let far = TlsConnector::from(Arc::clone(&inspection.upstream)).connect(name, far).await?;
    join_streams(near, far, u64::MAX).await
}

/// Copies both directions until one ends, or so many bytes have passed.
async fn join_streams(
    near: impl AsyncRead + AsyncWrite + Unpin,
    far: impl AsyncRead + AsyncWrite + Unpin,
    bytes_max: u64,
) -> io::Result<()> {
    let left = AtomicU64::new(bytes_max);
    let ((near_read, near_write), (far_read, far_write)) = (tokio::io::split(near), tokio::io::split(far));
    tokio::try_join!(copy_stream(near_read, far_write, &left), copy_stream(far_read, near_write, &left))
        .map(drop)
}

async fn copy_stream(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    left: &AtomicU64,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
        let before = left.load(Ordering::Relaxed);
        let after = before.checked_sub(read as u64).ok_or(io::ErrorKind::ConnectionReset)?;
        if before != u64::MAX {
            left.store(after, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        addr
    }

    async fn request_tunnel(proxy: &ConnectProxy, to: SocketAddr, more: &str) -> (String, TcpStream) {
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        stream.write_all(format!("CONNECT {to} HTTP/1.1\r\n{more}\r\n").as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await.unwrap();
        (head.lines().next().unwrap_or_default().to_owned(), stream)
    }

    #[tokio::test]
    async fn every_rule_is_followed() {
        let far = echo().await;
        let proxy = ConnectProxy::start(ProxyRule::Open).await.unwrap();
        let (status, mut open) = request_tunnel(&proxy, far, "").await;
        assert!(status.contains("200"), "{status}");
        open.write_all(b"here").await.unwrap();
        let mut back = [0; 4];
        open.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"here");
        proxy.set(ProxyRule::Answer(502));
        assert!(!matches!(open.read(&mut back).await, Ok(1..)), "open tunnels are reset");
        assert!(request_tunnel(&proxy, far, "").await.0.contains("502"));
        proxy.set(ProxyRule::Password { credentials: "a:b".into(), scheme: "Basic" });
        assert!(request_tunnel(&proxy, far, "").await.0.contains("407"));
        let (status, _) = request_tunnel(&proxy, far, "Proxy-Authorization: Basic YTpi\r\n").await;
        assert!(status.contains("200"), "{status}");
        proxy.set(ProxyRule::CutAfterBytes(3));
        let (_, mut cut) = request_tunnel(&proxy, far, "").await;
        cut.write_all(b"more").await.unwrap();
        let mut all = Vec::new();
        assert!(cut.read_to_end(&mut all).await.is_err() || all.is_empty(), "{all:?}");
        assert_eq!(proxy.tunnels(), 3);
    }
}
