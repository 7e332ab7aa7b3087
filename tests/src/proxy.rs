//! A TCP proxy that can fail while connections live: slow, cut, half open, one-directional, throttled, refused,
//! corrupting, or open to small messages alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A connection that lost bytes stays dead after the fault is fixed, as behind a router that dropped its state: its
/// ends must find that out themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkFault {
    None,
    /// Every piece arrives so much later.
    Delay(Duration),
    /// Live connections are reset, new ones immediately too.
    Cut,
    /// Both directions are swallowed, the end of a stream too; new connections are accepted and get nothing.
    HalfOpen,
    /// Only the direction back is swallowed: what was sent arrives, no answer does.
    Deaf,
    /// Bytes per second in each direction, at least 10.
    Throttle(u32),
    /// Live connections continue, new ones are reset.
    Refuse,
    /// After every so many bytes in each direction, one bit is flipped.
    Corrupt(u32),
    /// Larger pieces than this are swallowed on their way there, and all after them, as where large packets are lost.
    SmallOnly(u32),
    /// After so many bytes more there, or so many back, on all connections together, live and new connections
    /// are reset.
    CutAfter {
        there: u64,
        back: u64,
    },
}

impl NetworkFault {
    fn swallows(self, direction: Direction, bytes: usize) -> bool {
        match (self, direction) {
            (Self::HalfOpen, _) | (Self::Deaf, Direction::Back) => true,
            (Self::SmallOnly(most), Direction::There) => bytes > most as usize,
            _ => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    There,
    Back,
}

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    there: AtomicU64,
    back: AtomicU64,
    /// What [`NetworkFault::CutAfter`] still lets through in each direction.
    left: [AtomicU64; 2],
}

impl Counts {
    fn take_left(&self, direction: Direction, bytes: usize) -> usize {
        let left = &self.left[usize::from(direction == Direction::Back)];
        let piece = bytes as u64;
        let before =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(piece)));
        usize::try_from(before.unwrap_or_else(|before| before)).map_or(bytes, |left| left.min(bytes))
    }
}

/// Dropping it resets every connection and closes its port.
pub struct Proxy {
    addr: SocketAddr,
    to: watch::Sender<SocketAddr>,
    fault: Arc<watch::Sender<NetworkFault>>,
    counts: Arc<Counts>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// Listens on a free loopback port and forwards every connection to `to`.
    pub async fn start(to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let fault = Arc::new(watch::channel(NetworkFault::None).0);
        let (to, target) = watch::channel(to);
        let counts = Arc::new(Counts::default());
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&fault), Arc::clone(&counts)));
        Ok(Self { addr, to, fault, counts, accepting })
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn set(&self, fault: NetworkFault) {
        if let NetworkFault::CutAfter { there, back } = fault {
            for (left, bytes) in self.counts.left.iter().zip([there, back]) {
                left.store(bytes, Ordering::Relaxed);
            }
        }
        self.fault.send_replace(fault);
    }

    /// Whether [`NetworkFault::CutAfter`] has lost any bytes.
    pub fn was_cut(&self) -> bool {
        *self.fault.borrow() == NetworkFault::Cut
    }

    /// New connections go there: the far end was restarted on another port.
    pub fn lead_to(&self, to: SocketAddr) {
        self.to.send_replace(to);
    }

    /// Accepted connections so far, refused ones included.
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// Bytes that arrived, there and back; swallowed ones did not.
    pub fn carried(&self) -> (u64, u64) {
        (self.counts.there.load(Ordering::Relaxed), self.counts.back.load(Ordering::Relaxed))
    }
}

async fn accept(
    listener: TcpListener,
    to: watch::Receiver<SocketAddr>,
    fault: Arc<watch::Sender<NetworkFault>>,
    counts: Arc<Counts>,
) {
    // Aborting this task drops the set, and with it every connection.
    let mut carried = JoinSet::new();
    loop {
        while carried.try_join_next().is_some() {}
        let Ok((near, _)) = listener.accept().await else { continue };
        counts.connections.fetch_add(1, Ordering::Relaxed);
        let refused = matches!(*fault.borrow(), NetworkFault::Refuse | NetworkFault::Cut);
        if refused {
            reset(&near);
        } else {
            carried.spawn(forward_bytes(near, *to.borrow(), Arc::clone(&fault), Arc::clone(&counts)));
        }
    }
}

/// Makes the drop that follows a reset instead of an orderly end.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn forward_bytes(
    mut near: TcpStream,
    to: SocketAddr,
    fault: Arc<watch::Sender<NetworkFault>>,
    counts: Arc<Counts>,
) {
    let mut faults = fault.subscribe();
    let Ok(mut far) = TcpStream::connect(to).await else { return reset(&near) };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ended_well = {
        let (near_read, near_write) = near.split();
        let (far_read, far_write) = far.split();
        let there = pump(near_read, far_write, Direction::There, &fault, &counts);
        let back = pump(far_read, near_write, Direction::Back, &fault, &counts);
        tokio::select! {
            // An error is the proxy's own end, which cuts too.
            _ = faults.wait_for(|fault| *fault == NetworkFault::Cut) => false,
            both = async { tokio::try_join!(there, back) } => both.is_ok(),
        }
    };
    if !ended_well {
        reset(&near);
        reset(&far);
    }
}

/// Copies one direction until its stream ends. An error of either end ends the connection.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    faults: &watch::Sender<NetworkFault>,
    counts: &Counts,
) -> io::Result<()> {
    let carried = if direction == Direction::There { &counts.there } else { &counts.back };
    let mut buffer = vec![0; 16 * 1024];
    let mut swallowed = false;
    let mut whole: usize = 0;
    loop {
        let fault = *faults.borrow();
        let piece = match fault {
            NetworkFault::Throttle(bytes_per_s) => (bytes_per_s as usize / 10).clamp(1, buffer.len()),
            _ => buffer.len(),
        };
        let n = from.read(&mut buffer[..piece]).await?;
        let fault = *faults.borrow();
        swallowed |= fault.swallows(direction, n);
        if swallowed {
            if n == 0 {
                return Ok(());
            }
            continue;
        }
        match fault {
            NetworkFault::Delay(by) => tokio::time::sleep(by).await,
            NetworkFault::Throttle(bytes_per_s) => {
                tokio::time::sleep(Duration::from_secs_f64(n as f64 / f64::from(bytes_per_s.max(10)))).await;
            }
            _ => {}
        }
        if n == 0 {
            return to.shutdown().await;
        }
        if matches!(fault, NetworkFault::CutAfter { .. }) {
            let arrives = counts.take_left(direction, n);
            if arrives < n {
                to.write_all(&buffer[..arrives]).await?;
                carried.fetch_add(arrives as u64, Ordering::Relaxed);
                faults.send_replace(NetworkFault::Cut);
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
        whole += n;
        if let NetworkFault::Corrupt(every) = fault
            && whole >= every as usize
        {
            // Another bit in each direction, so that an echo does not repair what it returns.
            buffer[n / 2] ^= if direction == Direction::There { 1 } else { 2 };
            whole = 0;
        }
        to.write_all(&buffer[..n]).await?;
        carried.fetch_add(n as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo_behind_proxy() -> Proxy {
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
        Proxy::start(addr).await.unwrap()
    }

    async fn sent_and_received(stream: &mut TcpStream, text: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut received = vec![0; text.len()];
        stream.read_exact(&mut received).await.map(|_| received)
    }

    #[tokio::test]
    async fn a_sound_line_carries_and_ends() {
        let proxy = echo_behind_proxy().await;
        for fault in [
            NetworkFault::None,
            NetworkFault::Delay(Duration::from_millis(5)),
            NetworkFault::Throttle(100_000),
        ] {
            proxy.set(fault);
            let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
            let text = vec![b'x'; 3_000];
            assert_eq!(sent_and_received(&mut stream, &text).await.unwrap(), text, "{fault:?}");
            stream.shutdown().await.unwrap();
            assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0, "the end is carried: {fault:?}");
        }
        assert_eq!((proxy.connections(), proxy.carried()), (3, (9_000, 9_000)));
    }

    #[tokio::test]
    async fn a_bit_now_and_then_is_turned() {
        let proxy = echo_behind_proxy().await;
        proxy.set(NetworkFault::Corrupt(3_000));
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        let text = vec![b'x'; 1_000];
        assert_eq!(sent_and_received(&mut stream, &text).await.unwrap(), text, "not yet");
        let received = sent_and_received(&mut stream, &vec![b'x'; 8_000]).await.unwrap();
        let turned = received.iter().filter(|b| **b != b'x').count();
        assert!((1..=6).contains(&turned), "{turned}");
    }

    #[tokio::test]
    async fn cut_and_refused_are_resets() {
        let proxy = echo_behind_proxy().await;
        let mut live = TcpStream::connect(proxy.addr()).await.unwrap();
        sent_and_received(&mut live, b"a").await.unwrap();
        proxy.set(NetworkFault::Refuse);
        let mut new = TcpStream::connect(proxy.addr()).await.unwrap();
        assert!(sent_and_received(&mut new, b"b").await.is_err());
        sent_and_received(&mut live, b"c").await.unwrap();
        proxy.set(NetworkFault::Cut);
        let error = live.read(&mut [0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        proxy.set(NetworkFault::None);
        let mut again = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(sent_and_received(&mut again, b"d").await.unwrap(), b"d");
    }

    #[tokio::test]
    async fn a_line_is_cut_at_a_byte() {
        let proxy = echo_behind_proxy().await;
        proxy.set(NetworkFault::CutAfter { there: 5, back: 3 });
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        stream.write_all(b"abcde").await.unwrap();
        let mut received = Vec::new();
        let error = stream.read_to_end(&mut received).await.unwrap_err();
        assert_eq!((error.kind(), proxy.carried()), (io::ErrorKind::ConnectionReset, (5, 3)));
        assert!(proxy.was_cut());
        let mut new = TcpStream::connect(proxy.addr()).await.unwrap();
        assert!(sent_and_received(&mut new, b"b").await.is_err());
        proxy.set(NetworkFault::CutAfter { there: 5, back: 5 });
        let mut new = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(sent_and_received(&mut new, b"abcde").await.unwrap(), b"abcde");
        assert!(!proxy.was_cut());
    }

    #[tokio::test]
    async fn what_was_swallowed_never_arrives() {
        for (fault, arrives) in [(NetworkFault::HalfOpen, false), (NetworkFault::Deaf, true)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let proxy = Proxy::start(listener.local_addr().unwrap()).await.unwrap();
            let mut near = TcpStream::connect(proxy.addr()).await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            proxy.set(fault);
            near.write_all(b"lost?").await.unwrap();
            far.write_all(b"answer").await.unwrap();
            let mut received = [0; 5];
            let wait = Duration::from_millis(100);
            if arrives {
                far.read_exact(&mut received).await.unwrap();
            } else {
                assert!(
                    tokio::time::timeout(wait, far.read_exact(&mut received)).await.is_err(),
                    "{fault:?}"
                );
            }
            // A fixed proxy does not bring back what it lost, nor the end of a stream.
            drop(far);
            assert!(tokio::time::timeout(wait, near.read(&mut received)).await.is_err(), "{fault:?}");
            proxy.set(NetworkFault::None);
            assert!(tokio::time::timeout(wait, near.read(&mut received)).await.is_err(), "{fault:?}");
        }
    }

    #[tokio::test]
    async fn small_messages_pass_until_a_large_one_is_lost() {
        let proxy = echo_behind_proxy().await;
        proxy.set(NetworkFault::SmallOnly(2_000));
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(sent_and_received(&mut stream, b"small").await.unwrap(), b"small");
        stream.write_all(&vec![b'x'; 9_000]).await.unwrap();
        stream.write_all(b"small again").await.unwrap();
        let wait = Duration::from_millis(100);
        assert!(
            tokio::time::timeout(wait, stream.read(&mut [0; 9])).await.is_err(),
            "nothing behind it arrives"
        );
        let mut again = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(sent_and_received(&mut again, b"small").await.unwrap(), b"small");
    }

    #[tokio::test]
    async fn dropping_it_closes_everything() {
        let proxy = echo_behind_proxy().await;
        let addr = proxy.addr();
        let mut live = TcpStream::connect(addr).await.unwrap();
        sent_and_received(&mut live, b"a").await.unwrap();
        drop(proxy);
        assert!(!matches!(live.read(&mut [0; 9]).await, Ok(n) if n > 0));
    }
}
