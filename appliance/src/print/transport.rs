//! Lines to printers: TCP 9100 today; whatever else opens a stream of bytes both ways fits the same trait.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

/// Bytes that the kernel may hold for a printer: small, so that a printer that stands still is felt at once.
const SEND_BUFFER_BYTES: usize = 8 * 1024;
/// The usual port of raw printing.
const RAW_PORT: u16 = 9100;

/// A line that is open, both ways.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// The opening of a line.
pub(crate) type Opening<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Line>>> + Send + 'a>>;

/// A way to reach one printer.
pub(crate) trait Transport: Send + Sync {
    /// Opens a line. Printers take one at a time.
    fn open(&self) -> Opening<'_>;
}

/// An address that no transport understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the printer address {0:?} is not understood; write it as tcp://host:9100")]
pub struct AddressError(String);

/// The transport for an address: `tcp://host:port`, or `host:port`, or a host alone for port 9100.
///
/// # Errors
/// When the address is none of these.
pub(crate) fn for_address(address: &str, connect_max: Duration) -> Result<Box<dyn Transport>, AddressError> {
    let refused = || AddressError(address.chars().take(100).collect());
    let rest = address.strip_prefix("tcp://").unwrap_or(address);
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (!host.contains(':') || host.starts_with('[')) => {
            (host, port.parse().map_err(|_| refused())?)
        }
        _ => (rest, RAW_PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || port == 0 || !host.chars().all(known) {
        return Err(refused());
    }
    Ok(Box::new(Tcp { host: host.to_owned(), port, connect_max }))
}

/// Raw TCP, as print servers and network printers take it.
struct Tcp {
    host: String,
    port: u16,
    connect_max: Duration,
}

impl Transport for Tcp {
    fn open(&self) -> Opening<'_> {
        Box::pin(async move {
            let connected = tokio::time::timeout(self.connect_max, self.connect()).await;
            let stream = connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER_BYTES)?;
            stream.set_nodelay(true)?;
            notice_when_gone(&stream)?;
            Ok(Box::new(stream) as Box<dyn Line>)
        })
    }
}

/// A printer that loses its power says nothing: the kernel asks every few seconds while the line is quiet.
fn notice_when_gone(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(10))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    Ok(())
}

impl Tcp {
    async fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for addr in lookup_host((self.host.as_str(), self.port)).await? {
            match TcpStream::connect(addr).await {
                Ok(stream) => return Ok(stream),
                Err(e) => last = e,
            }
        }
        Err(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let ok = |address| for_address(address, Duration::from_secs(1)).is_ok();
        for address in
            ["tcp://10.0.0.9:9100", "printer-2.ward", "127.0.0.1:1", "[::1]:9100", "tcp://[fe80::1]"]
        {
            assert!(ok(address), "{address}");
        }
        for address in ["", "tcp://", "usb:ABC", "host:0", "host:99999", "ho st:1", "http://x:1", "tcp://a/b"]
        {
            assert!(!ok(address), "{address}");
        }
    }
}
