//! Where the box listens: on the sockets that systemd holds for it, or on those that the settings name.

use std::io;
use std::net::{SocketAddr, TcpListener as Socket};
use std::sync::Arc;

use tokio::net::TcpListener;

use super::ServeError;
use super::early::{EarlyListener, bind_early};
use crate::listen::{ConnectionLimits, ConnectionTable, Listener, ListenerConfig, TlsInfo};
use crate::settings::{BoxLimits, BoxSettings};

/// What systemd calls the sockets for phones (`FileDescriptorName=`).
pub(super) const HTTP_SOCKET: &str = "http";
pub(super) const HTTPS_SOCKET: &str = "https";

/// Sockets for HTTPS that systemd holds; none where the box binds its own.
pub(super) type SecureSockets = Vec<Socket>;

pub(super) struct BoxListeners {
    pub(super) plain: Vec<TcpListener>,
    pub(super) secure: Vec<TcpListener>,
    /// `None` where the box has no certificate of use: then `secure` only closes connections.
    pub(super) tls: Option<TlsInfo>,
}

pub(super) async fn take_plain(
    settings: &BoxSettings,
    early: Option<EarlyListener>,
) -> Result<Vec<TcpListener>, ServeError> {
    match early {
        Some(early) => early.hand_over().await.map_err(ServeError::System),
        None => Ok(vec![bind_address(settings.http.listen).await?]),
    }
}

/// The sockets for staff; without TLS the box binds none of its own.
pub(super) async fn take_secure(
    settings: &BoxSettings,
    activated: SecureSockets,
    tls: Option<&TlsInfo>,
) -> Result<Vec<TcpListener>, ServeError> {
    if activated.is_empty() && tls.is_some() {
        return Ok(vec![bind_address(settings.https.listen).await?]);
    }
    let taken = activated.into_iter().map(TcpListener::from_std);
    taken.collect::<io::Result<_>>().map_err(ServeError::System)
}

async fn bind_address(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    bind_early(addr).await.map_err(|source| ServeError::Listen { addr, source })
}

fn find_first_addr(sockets: &[TcpListener]) -> Result<Option<SocketAddr>, ServeError> {
    sockets.first().map(TcpListener::local_addr).transpose().map_err(ServeError::System)
}

impl BoxListeners {
    /// Where phones come, the first of several.
    pub(super) fn plain_addr(&self) -> Result<SocketAddr, ServeError> {
        find_first_addr(&self.plain)?
            .ok_or_else(|| ServeError::System(io::Error::new(io::ErrorKind::NotFound, "no socket for HTTP")))
    }

    /// Where staff come, the first of several; `None` where the box serves no HTTPS.
    pub(super) fn secure_addr(&self) -> Result<Option<SocketAddr>, ServeError> {
        match self.tls {
            Some(_) => find_first_addr(&self.secure),
            None => Ok(None),
        }
    }

    /// Plain HTTP and, where it can be had, HTTPS, with one bound for all together.
    pub(super) fn start(
        self,
        limits: &BoxLimits,
        router: &axum::Router,
    ) -> Result<Vec<Listener>, ServeError> {
        let (together, per_address) = (limits.connections, limits.connections_per_address);
        let connections = ConnectionTable::new(ConnectionLimits { together, per_address });
        let refused = self.tls.is_none();
        let secure = self.secure.into_iter().map(|tcp| {
            let mut config = ListenerConfig::new(self.tls.clone(), Arc::clone(&connections));
            if refused {
                // Left alone in systemd's queue a browser would wait for minutes.
                config.introduction = Arc::new(|_| None);
            }
            Listener::start(tcp, config, router.clone())
        });
        let plain = self.plain.into_iter().map(|tcp| {
            let config = ListenerConfig::new(None, Arc::clone(&connections));
            Listener::start(tcp, config, router.clone())
        });
        plain.chain(secure).collect::<io::Result<_>>().map_err(ServeError::System)
    }
}
