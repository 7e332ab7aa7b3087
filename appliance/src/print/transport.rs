//! Lines to printers: whatever opens a stream of bytes, both ways or one way, is a [`Transport`].

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use labels::language::{Answers, Language};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

use super::address::{Address, AddressError};
use super::folder::Folder;
use super::printers::PrinterConfig;
use super::snmp::{self, StatusLine};
use super::usb::{DeviceTree, Usb};

/// Bytes that the kernel may hold for a printer: small, so that a printer that stands still is felt at once.
const SEND_BUFFER_BYTES: usize = 8 * 1024;

/// A line that is open, both ways.
///
/// Reading gives 0 bytes when the printer has hung up; on lines that cannot hang up (USB, a folder) when, after
/// `shutdown`, everything that was written has been taken. `shutdown` may take as long as the printer does.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

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
            // Nothing ever comes back over a Brother's socket; its state is told by SNMP, in the same 32 bytes.
            let by_snmp = printer.language == Language::BrotherQl && printer.answers == Answers::Taken;
            let status_port = by_snmp.then_some(snmp::PORT);
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
