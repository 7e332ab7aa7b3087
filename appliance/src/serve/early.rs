//! The plain listeners before the log is open: they say that the box starts, and hand their sockets over.

use std::net::{SocketAddr, TcpListener as Socket};
use std::sync::Arc;
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

/// Listeners that answer everybody that the box starts.
pub(super) struct EarlyListener {
    listeners: Vec<Listener>,
    sockets: Vec<Socket>,
}

impl EarlyListener {
    /// Starts it on the sockets that systemd holds, or on one of its own. Where the address cannot be bound, opening
    /// the log reports first what is wrong there.
    pub(super) async fn start(settings: &BoxSettings, activated: Vec<Socket>) -> Option<Self> {
        match Self::listen(settings, activated).await {
            Ok(early) => Some(early),
            Err(error) => {
                tracing::warn!(%error, "nobody is told that the box starts");
                None
            }
        }
    }

    async fn listen(settings: &BoxSettings, activated: Vec<Socket>) -> std::io::Result<Self> {
        let sockets = match activated.is_empty() {
            true => vec![bind_early(settings.http.listen).await?.into_std()?],
            false => activated,
        };
        let (together, per_address) = (settings.limits.connections, settings.limits.connections_per_address);
        let connections = ConnectionTable::new(ConnectionLimits { together, per_address });
        let listeners = sockets.iter().map(|socket| {
            let tcp = TcpListener::from_std(socket.try_clone()?)?;
            let config = ListenerConfig::new(None, Arc::clone(&connections));
            Listener::start(tcp, config, web::starting_router())
        });
        let listeners = listeners.collect::<std::io::Result<_>>()?;
        Ok(Self { listeners, sockets })
    }

    /// The sockets for the real pages. No client that connects meanwhile is refused: they wait in their queues, and
    /// requests that are being answered end beside them.
    pub(super) async fn hand_over(self) -> std::io::Result<Vec<TcpListener>> {
        for mut listener in self.listeners {
            listener.close().await;
            tokio::spawn(listener.stop());
        }
        self.sockets.into_iter().map(TcpListener::from_std).collect()
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

    async fn is_told_and_goes_on(early: EarlyListener) {
        let addresses: Vec<_> = early.listeners.iter().map(Listener::local_addr).collect();
        for addr in &addresses {
            assert!(ask(*addr).await.starts_with("HTTP/1.1 503"), "{addr}");
        }
        let sockets = early.hand_over().await.unwrap();
        assert_eq!(sockets.iter().map(|tcp| tcp.local_addr().unwrap()).collect::<Vec<_>>(), addresses);
        for (tcp, addr) in sockets.into_iter().zip(addresses) {
            let limits = ConnectionLimits { together: 9, per_address: 9 };
            let pages = axum::Router::new().fallback(async || "here");
            let config = ListenerConfig::new(None, ConnectionTable::new(limits));
            let listener = Listener::start(tcp, config, pages).unwrap();
            let text = ask(addr).await;
            assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("here"), "{text}");
            listener.stop().await;
        }
    }

    fn local_settings() -> BoxSettings {
        let mut settings = BoxSettings::default();
        settings.http.listen = ([127, 0, 0, 1], 0).into();
        settings
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_comes_early_is_told_and_the_socket_goes_on() {
        let early = EarlyListener::start(&local_settings(), Vec::new()).await.unwrap();
        assert_eq!(early.listeners.len(), 1);
        is_told_and_goes_on(early).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_comes_early_by_sockets_of_systemd_is_told_too() {
        let sockets = ["127.0.0.1:0", "127.0.0.1:0"].map(|addr| {
            let socket = Socket::bind(addr).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        });
        let bound = sockets.each_ref().map(|socket| socket.local_addr().unwrap());
        let early = EarlyListener::start(&local_settings(), sockets.into()).await.unwrap();
        assert_eq!(early.listeners.iter().map(Listener::local_addr).collect::<Vec<_>>(), bound);
        is_told_and_goes_on(early).await;
    }
}
