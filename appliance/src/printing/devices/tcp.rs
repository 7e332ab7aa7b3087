//! Raw TCP, as print servers and network printers take it.

use std::io;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};

use crate::printing::devices::snmp::StatusLine;
use crate::printing::devices::transport::{PrinterStream, PrinterTransport, TransportOpening};
use crate::printing::model::connection_fault::NoAddress;

/// Bytes that the kernel may hold for a printer: small, so that a printer that stands still is noticed at once.
const SEND_BUFFER_BYTES: usize = 8 * 1024;

/// Raw TCP, as print servers and network printers take it.
pub(crate) struct TcpTransport {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) connect_max: Duration,
    /// Where the printer's state is queried beside the connection.
    pub(super) status_port: Option<u16>,
}

impl PrinterTransport for TcpTransport {
    fn open(&self) -> TransportOpening<'_> {
        Box::pin(async move {
            let connected = tokio::time::timeout(self.connect_max, self.connect()).await;
            let stream = connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER_BYTES)?;
            stream.set_nodelay(true)?;
            notice_when_gone(&stream)?;
            let Some(port) = self.status_port else { return Ok(Box::new(stream) as Box<dyn PrinterStream>) };
            let mut agent = stream.peer_addr()?;
            agent.set_port(port);
            Ok(Box::new(StatusLine::new(stream, agent)) as Box<dyn PrinterStream>)
        })
    }
}

/// A printer that loses its power says nothing: the kernel probes every few seconds while the connection is quiet.
fn notice_when_gone(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(10))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    Ok(())
}

impl TcpTransport {
    async fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, NoAddress);
        for addr in lookup_host((self.host.as_str(), self.port)).await? {
            match TcpStream::connect(addr).await {
                Ok(stream) => return Ok(stream),
                Err(e) => last = e,
            }
        }
        Err(last)
    }
}
