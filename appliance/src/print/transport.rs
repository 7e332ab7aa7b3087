//! Lines to printers: whatever opens a stream of bytes, both ways or one way, is a [`Transport`].

use std::future::Future;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

use super::address::{Address, AddressError};
use super::folder::Folder;
use super::printers::PrinterConfig;
use super::snmp::StatusLine;
use super::usb::{DeviceTree, Usb};

/// Bytes that the kernel may hold for a printer: small, so that a printer that stands still is felt at once.
const SEND_BUFFER_BYTES: usize = 8 * 1024;
/// Bytes of the kernel's table of connections; a box has a few hundred.
const TABLE_BYTES_MAX: u64 = 4 << 20;

/// A line that is open, both ways.
///
/// Reading gives 0 bytes when the printer has hung up; on lines that cannot hang up (USB, a folder) when, after
/// `shutdown`, everything that was written has been taken. `shutdown` may take as long as the printer does.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {
    /// What tells how much of what was written the printer has not got yet, where anything does.
    fn gauge(&self) -> Option<Gauge> {
        None
    }
}

impl Line for TcpStream {
    fn gauge(&self) -> Option<Gauge> {
        rustix::fs::fstat(self).ok().map(|stat| Gauge { inode: stat.st_ino.to_string() })
    }
}

/// The kernel's own table of its connections.
#[derive(Debug, Clone)]
pub(crate) struct Gauge {
    inode: String,
}

impl Gauge {
    /// Bytes that the other side has not acknowledged; `None` where the kernel does not tell.
    pub(crate) fn left(&self) -> Option<u64> {
        ["/proc/self/net/tcp", "/proc/self/net/tcp6"].iter().find_map(|table| {
            let mut text = String::new();
            std::fs::File::open(table).ok()?.take(TABLE_BYTES_MAX).read_to_string(&mut text).ok()?;
            text.lines().find_map(|line| self.left_in(line))
        })
    }

    /// `sl local remote st tx:rx tr:when retrnsmt uid timeout inode …`, numbers of bytes in hex.
    fn left_in(&self, line: &str) -> Option<u64> {
        let mut fields = line.split_ascii_whitespace().skip(4);
        let queues = fields.next()?;
        fields.nth(4).filter(|inode| *inode == self.inode)?;
        u64::from_str_radix(queues.split_once(':')?.0, 16).ok()
    }
}

/// The opening of a line.
pub(crate) type Opening<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Line>>> + Send + 'a>>;
/// A wait that has no result.
pub(crate) type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A way to reach one printer.
pub(crate) trait Transport: Send + Sync {
    /// Opens a line. Printers take one at a time.
    fn open(&self) -> Opening<'_>;

    /// Ends as soon as another try to open a line is worth it, however long the next try would else be put off. A
    /// transport that cannot see its printer come back never ends it.
    fn back(&self) -> Waiting<'_> {
        Box::pin(std::future::pending())
    }
}

/// The transport for a printer as it is set up. A queue ([`Address::Ipp`]) has none: it takes whole documents, see
/// [`super::ipp::Queue`].
///
/// # Errors
/// When the address is none, or a queue's.
pub(crate) fn for_printer(printer: &PrinterConfig) -> Result<Box<dyn Transport>, AddressError> {
    let connect_max = printer.patience.connect;
    let address: Address = printer.address.parse()?;
    Ok(match address {
        Address::Tcp { host, port } => {
            // The bytes are those that would have come over the line.
            let by_snmp = printer.language.row().beside == Some(printer.answers);
            let status_port = by_snmp.then_some(printer.status_port);
            Box::new(Tcp { host, port, connect_max, status_port })
        }
        Address::Usb(id) => Box::new(Usb::new(DeviceTree::default(), id)),
        Address::Folder(path) => Box::new(Folder::new(path)),
        Address::Ipp { .. } => return Err(AddressError::Queue(address.to_string())),
    })
}

/// Raw TCP, as print servers and network printers take it.
struct Tcp {
    host: String,
    port: u16,
    connect_max: Duration,
    /// Where the printer's state is asked for beside the line.
    status_port: Option<u16>,
}

impl Transport for Tcp {
    fn open(&self) -> Opening<'_> {
        Box::pin(async move {
            let connected = tokio::time::timeout(self.connect_max, self.connect()).await;
            let stream = connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER_BYTES)?;
            stream.set_nodelay(true)?;
            notice_when_gone(&stream)?;
            let Some(port) = self.status_port else { return Ok(Box::new(stream) as Box<dyn Line>) };
            let mut agent = stream.peer_addr()?;
            agent.set_port(port);
            Ok(Box::new(StatusLine::new(stream, agent)) as Box<dyn Line>)
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
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, UdpSocket};

    use labels::language::Answers;

    use super::super::snmp;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_address_has_its_transport() {
        for (address, good) in [
            ("tcp://a:9100", true),
            ("usb:A1", true),
            ("dir:/tmp", true),
            ("ipp://a/ipp/print", false),
            ("", false),
        ] {
            let printer = PrinterConfig::escpos("P", address, labels::Dpi::D203, Answers::Taken);
            assert_eq!(for_printer(&printer).is_ok(), good, "{address}");
        }
    }

    #[tokio::test]
    async fn what_nobody_has_read_is_seen_until_it_is_acknowledged() {
        let printer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        rustix::net::sockopt::set_socket_recv_buffer_size(&printer, 4_096).unwrap();
        let (host, port) = ("127.0.0.1".into(), printer.local_addr().unwrap().port());
        let tcp = Tcp { host, port, connect_max: SECOND, status_port: None };
        let (line, accepted) = tokio::join!(tcp.open(), printer.accept());
        let (mut line, (mut printer, _)) = (line.unwrap(), accepted.unwrap());
        let gauge = line.gauge().unwrap();
        assert_eq!(gauge.left(), Some(0));
        while tokio::time::timeout(SECOND / 10, line.write_all(&[0; 4_096])).await.is_ok() {}
        assert!(gauge.left().is_some_and(|left| left > 0));
        let reading = async { while printer.read(&mut [0; 4_096]).await.unwrap() > 0 {} };
        tokio::join!(line.shutdown(), reading).0.unwrap();
        assert_eq!(gauge.left(), Some(0));
        drop(line);
        // Another test of this process may be starting a child, which holds the line until it is another program.
        let gone = async {
            while gauge.left().is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(10 * SECOND, gone).await.unwrap();
    }

    #[tokio::test]
    async fn a_brothers_state_comes_beside_its_line() {
        let printer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let agent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let tcp = Tcp {
            host: "127.0.0.1".into(),
            port: printer.local_addr().unwrap().port(),
            connect_max: SECOND,
            status_port: Some(agent.local_addr().unwrap().port()),
        };
        let (line, accepted) = tokio::join!(tcp.open(), printer.accept());
        let (mut line, (mut printer, _)) = (line.unwrap(), accepted.unwrap());
        let status: Vec<u8> = (0..32).map(|n| 0x80 | n).collect();
        let mut asked = [0; 512];
        let (n, from) = agent.recv_from(&mut asked).await.unwrap();
        let reply = snmp::tests::reply_to(&asked[..n], &status);
        agent.send_to(&reply, from).await.unwrap();
        let mut heard = [0; 40];
        let heard_bytes = line.read(&mut heard).await.unwrap();
        assert_eq!(heard[..heard_bytes], status);
        line.write_all(b"label").await.unwrap();
        let mut label = [0; 5];
        printer.read_exact(&mut label).await.unwrap();
        assert_eq!(&label, b"label");
        line.shutdown().await.unwrap();
        assert_eq!(printer.read(&mut label).await.unwrap(), 0);
        drop(printer);
        assert_eq!(line.read(&mut heard).await.unwrap(), 0, "the printer hung up");
    }
}
