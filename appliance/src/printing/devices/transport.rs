//! Connections to printers: whatever opens a stream of bytes, bidirectional or one-way, is a [`PrinterTransport`].

use std::future::Future;
use std::io;
use std::io::Read as _;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Bytes of the kernel's table of connections; a box has a few hundred.
const TABLE_BYTES_MAX: u64 = 4 << 20;

/// An open connection, both directions.
///
/// Reading returns 0 bytes when the printer has closed the connection; on connections that it cannot close (USB, a folder) when, after
/// `shutdown`, everything that was written has been taken. `shutdown` may take as long as the printer does.
pub(crate) trait PrinterStream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Reports how much of what was written the printer has not got yet, where that is known.
    fn gauge(&self) -> Option<SendQueue> {
        None
    }
}

impl PrinterStream for TcpStream {
    fn gauge(&self) -> Option<SendQueue> {
        rustix::fs::fstat(self).ok().map(|stat| SendQueue { inode: stat.st_ino.to_string() })
    }
}

/// The kernel's own table of its connections.
#[derive(Debug, Clone)]
pub(crate) struct SendQueue {
    inode: String,
}

impl SendQueue {
    /// Bytes that the other side has not acknowledged; `None` where the kernel does not report it.
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

pub(crate) type TransportOpening<'a> =
    Pin<Box<dyn Future<Output = io::Result<Box<dyn PrinterStream>>> + Send + 'a>>;
pub(crate) type StreamWait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

pub(crate) trait PrinterTransport: Send + Sync {
    fn open(&self) -> TransportOpening<'_>;

    /// Ends as soon as another try to open a connection is worth it, however long the next try would otherwise be put
    /// off. A transport that cannot see its printer come back never ends it.
    fn back(&self) -> StreamWait<'_> {
        Box::pin(std::future::pending())
    }
}
