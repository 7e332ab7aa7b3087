//! The plain listener before the log is open: it says that the box starts, and hands its socket over.

use std::net::{SocketAddr, TcpListener as Socket};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::listen::{ConnectionLimits, ConnectionTable, Listener, ListenerConfig};
use crate::settings::BoxSettings;
use crate::web;

/// How often an address that somebody has is asked for again, and how long between: a process that was killed leaves its
/// sockets for a moment to a child that was just being started.
const BIND_ATTEMPTS: u32 = 20;
const BIND_PAUSE: Duration = Duration::from_millis(100);

/// Binds an address, waiting a little where it is still taken.
pub(super) async fn bind_early(addr: SocketAddr) -> std::io::Result<TcpListener> {
    for _ in 1..BIND_ATTEMPTS {
        match TcpListener::bind(addr).await {
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => tokio::time::sleep(BIND_PAUSE).await,
            bound => return bound,
        }
    }
    TcpListener::bind(addr).await
}

/// A listener that answers everybody that the box starts.
pub(super) struct EarlyListener {
    listener: Listener,
    socket: Socket,
}

impl EarlyListener {
    /// Starts it. Where the address cannot be had, whoever opens the log says first what is wrong there.
    pub(super) async fn start(settings: &BoxSettings) -> Option<Self> {
        match Self::listen(settings).await {
            Ok(early) => Some(early),
            Err(error) => {
                tracing::warn!(%error, "nobody is told that the box starts");
                None
            }
        }
    }

    async fn listen(settings: &BoxSettings) -> std::io::Result<Self> {
        let socket = bind_early(settings.http.listen).await?.into_std()?;
        let (together, per_address) = (settings.limits.connections, settings.limits.connections_per_address);
        let connections = ConnectionTable::new(ConnectionLimits { together, per_address });
        let tcp = TcpListener::from_std(socket.try_clone()?)?;
        let listener = Listener::start(tcp, ListenerConfig::new(None, connections), web::starting_router())?;
        Ok(Self { listener, socket })
    }

    /// The socket for the real pages. Nobody who connects meanwhile is turned away: they wait in its queue, and requests that
    /// are being answered end beside them.
    pub(super) async fn hand_over(mut self) -> std::io::Result<TcpListener> {
        self.listener.close().await;
        tokio::spawn(self.listener.stop());
        TcpListener::from_std(self.socket)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    async fn ask(addr: std::net::SocketAddr) -> String {
        let requested = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(addr).unwrap();
            stream.write_all(b"GET /t/A HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        });
        requested.await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_comes_early_is_told_and_the_socket_goes_on() {
        let mut settings = BoxSettings::default();
        settings.http.listen = ([127, 0, 0, 1], 0).into();
        let early = EarlyListener::start(&settings).await.unwrap();
        let addr = early.listener.local_addr();
        assert!(ask(addr).await.starts_with("HTTP/1.1 503"));
        let tcp = early.hand_over().await.unwrap();
        assert_eq!(tcp.local_addr().unwrap(), addr);
        let limits = ConnectionLimits { together: 9, per_address: 9 };
        let pages = axum::Router::new().fallback(async || "here");
        let listener =
            Listener::start(tcp, ListenerConfig::new(None, ConnectionTable::new(limits)), pages).unwrap();
        let text = ask(addr).await;
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("here"), "{text}");
        listener.stop().await;
    }
}
