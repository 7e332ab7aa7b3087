//! PROXY protocol, versions 1 and 2 (HAProxy, <https://www.haproxy.org/download/3.1/doc/proxy-protocol.txt>): a balancer that passes
//! a connection on as it is writes first who made it. Only what the operator trusts is believed, and has to say so each time.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ppp::HeaderResult;
use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A balancer writes the header in one piece, before anything else.
const HEADER_WITHIN: Duration = Duration::from_secs(2);
/// The longest line of version 1, its end included.
const LINE_BYTES_MAX: usize = 107;
/// The head of version 2: signature, command, family and length.
const HEAD_BYTES: usize = 16;
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Addresses and further values of version 2 that are read.
const VALUES_BYTES_MAX: usize = 2 * 1024;

/// Which peers a listener trusts to say who connects.
#[derive(Clone)]
pub struct ProxyHeaders(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl fmt::Debug for ProxyHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyHeaders")
    }
}

/// Why a connection of a balancer is closed: its client is not known.
#[derive(Debug, thiserror::Error)]
pub enum ProxyHeaderError {
    /// Nothing whole came in time.
    #[error("it wrote no PROXY header within {} s", HEADER_WITHIN.as_secs())]
    Late,
    /// It begins with something else, such as TLS.
    #[error("what it wrote first is no PROXY header")]
    Missing,
    /// It is longer than any, or is not of either version.
    #[error("its PROXY header cannot be read")]
    Unreadable,
    /// The connection.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ProxyHeaders {
    /// Believes peers for which this is true.
    pub fn new(is_trusted: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_trusted))
    }

    /// Whether a peer must state its client.
    pub fn expects(&self, peer: IpAddr) -> bool {
        (self.0)(peer.to_canonical())
    }

    /// The client: what a trusted peer states, and not a byte more is read; any other peer itself. A
    /// balancer's health check (LOCAL, UNKNOWN) is the balancer itself.
    ///
    /// # Errors
    /// A trusted peer sent no readable header; the connection is to be closed.
    pub async fn find_client<S>(
        &self,
        stream: &mut S,
        peer: SocketAddr,
    ) -> Result<SocketAddr, ProxyHeaderError>
    where
        S: AsyncRead + Unpin,
    {
        if !self.expects(peer.ip()) {
            return Ok(peer);
        }
        let header = tokio::time::timeout(HEADER_WITHIN, read_header(stream)).await;
        let header = header.map_err(|_| ProxyHeaderError::Late)??;
        Ok(read_source(&header)?.unwrap_or(peer))
    }
}

async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Vec<u8>, ProxyHeaderError> {
    let mut header = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE {
        header.resize(HEAD_BYTES, 0);
        stream.read_exact(&mut header[SIGNATURE.len()..]).await?;
        let length = usize::from(u16::from_be_bytes([header[HEAD_BYTES - 2], header[HEAD_BYTES - 1]]));
        if length > VALUES_BYTES_MAX {
            return Err(ProxyHeaderError::Unreadable);
        }
        header.resize(HEAD_BYTES + length, 0);
        stream.read_exact(&mut header[HEAD_BYTES..]).await?;
        return Ok(header);
    }
    if !header.starts_with(b"PROXY ") {
        return Err(ProxyHeaderError::Missing);
    }
    while !header.ends_with(b"\r\n") {
        if header.len() == LINE_BYTES_MAX {
            return Err(ProxyHeaderError::Unreadable);
        }
        header.push(stream.read_u8().await?);
    }
    Ok(header)
}

/// `None`: the peer itself.
fn read_source(header: &[u8]) -> Result<Option<SocketAddr>, ProxyHeaderError> {
    Ok(match HeaderResult::parse(header) {
        HeaderResult::V1(Ok(header)) => match header.addresses {
            v1::Addresses::Tcp4(four) => Some((four.source_address, four.source_port).into()),
            v1::Addresses::Tcp6(six) => Some((six.source_address, six.source_port).into()),
            v1::Addresses::Unknown => None,
        },
        HeaderResult::V2(Ok(header)) => match (header.command, header.addresses) {
            (v2::Command::Proxy, v2::Addresses::IPv4(four)) => {
                Some((four.source_address, four.source_port).into())
            }
            (v2::Command::Proxy, v2::Addresses::IPv6(six)) => {
                Some((six.source_address, six.source_port).into())
            }
            (v2::Command::Local, _)
            | (v2::Command::Proxy, v2::Addresses::Unspecified | v2::Addresses::Unix(_)) => None,
        },
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => return Err(ProxyHeaderError::Unreadable),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALANCER: &str = "10.0.0.1:4711";

    async fn find(peer: &str, said: &[u8]) -> (Result<String, String>, Vec<u8>) {
        let proxies = ProxyHeaders::new(|peer| peer == IpAddr::from([10, 0, 0, 1]));
        let mut stream = said;
        let found = proxies.find_client(&mut stream, peer.parse().unwrap()).await;
        (found.map(|client| client.to_string()).map_err(|error| error.to_string()), stream.to_vec())
    }

    fn version_2(command: u8, family: u8, values: &[u8]) -> Vec<u8> {
        let length = u16::try_from(values.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[0x20 | command, family], &length, values, b"hello"].concat()
    }

    #[tokio::test]
    async fn what_a_balancer_says_is_believed_and_no_more_is_read() {
        let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\nhello";
        assert_eq!(find(BALANCER, line).await, (Ok("192.0.2.7:5000".to_owned()), b"hello".to_vec()));
        let line = b"PROXY TCP6 2001:db8::7 2001:db8::1 5000 443\r\nhello";
        assert_eq!(find(BALANCER, line).await, (Ok("[2001:db8::7]:5000".to_owned()), b"hello".to_vec()));
        let four = version_2(1, 0x11, &[192, 0, 2, 7, 198, 51, 100, 1, 0x13, 0x88, 1, 187]);
        assert_eq!(find(BALANCER, &four).await, (Ok("192.0.2.7:5000".to_owned()), b"hello".to_vec()));
        // With a value that is not read.
        let four = version_2(1, 0x11, &[192, 0, 2, 7, 198, 51, 100, 1, 0x13, 0x88, 1, 187, 4, 0, 1, 0]);
        assert_eq!(find(BALANCER, &four).await, (Ok("192.0.2.7:5000".to_owned()), b"hello".to_vec()));
    }

    #[tokio::test]
    async fn a_balancer_may_speak_for_itself() {
        for said in [b"PROXY UNKNOWN\r\nhello".to_vec(), version_2(0, 0, &[]), version_2(1, 0, &[])] {
            assert_eq!(find(BALANCER, &said).await, (Ok(BALANCER.to_owned()), b"hello".to_vec()));
        }
    }

    #[tokio::test]
    async fn nobody_else_is_heard() {
        let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n";
        assert_eq!(find("10.0.0.2:1", line).await, (Ok("10.0.0.2:1".to_owned()), line.to_vec()));
    }

    #[tokio::test]
    async fn a_balancer_that_says_nothing_of_use_is_not_served() {
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200], b"\r\n"].concat();
        let huge = [&SIGNATURE[..], &[0x21, 0x11, 0xff, 0xff], &[0; 70_000]].concat();
        for said in [
            b"GET / HTTP/1.1\r\n".as_slice(),
            &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 0],
            b"PROXY TCP4 192.0.2.7\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443",
            &long,
            &huge,
            &version_2(7, 0x11, &[0; 12]),
            &version_2(1, 0x11, &[0; 3]),
            b"",
        ] {
            assert!(find(BALANCER, said).await.0.is_err(), "{said:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_balancer_is_waited_for_two_seconds() {
        let (mut stream, _other) = tokio::io::duplex(64);
        let proxies = ProxyHeaders::new(|_| true);
        let found = proxies.find_client(&mut stream, BALANCER.parse().unwrap()).await;
        assert!(matches!(found, Err(ProxyHeaderError::Late)), "{found:?}");
    }
}
