//! Printers on USB: the kernel's printer class (`/dev/usb/lp*`), found by serial number whatever socket they are in.

use std::io;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::time::Sleep;

use crate::printing::devices::transport::{PrinterStream, PrinterTransport, StreamWait, TransportOpening};
use crate::printing::model::address::UsbId;
use crate::printing::model::connection_fault::UsbFault;

/// Printers that are looked at: the kernel has numbers for 16.
const DEVICES_MAX: usize = 64;
/// Bytes of one of the kernel's small files.
const ATTRIBUTE_BYTES_MAX: u64 = 1_024;
/// From one look for a printer that is not there to the next.
const LOOK: Duration = Duration::from_secs(1);
/// After a printer sent an empty packet, which means that it has nothing to say and would say so 1,000 times a second.
const SILENCE_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
pub struct DeviceTree {
    /// `/sys/class/usbmisc`.
    pub sys: PathBuf,
    pub dev: PathBuf,
}

impl Default for DeviceTree {
    fn default() -> Self {
        Self { sys: "/sys/class/usbmisc".into(), dev: "/dev/usb".into() }
    }
}

/// A printer that is plugged in, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbDevice {
    pub node: PathBuf,
    /// Maker's number.
    pub vendor: u16,
    /// Model's number.
    pub product: u16,
    pub serial: Option<String>,
    /// Maker's name.
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    /// What it says of itself as a printer (IEEE 1284): `MFG:…;MDL:…;CMD:…;`.
    pub ieee1284: Option<String>,
}

impl UsbDevice {
    pub fn id(&self) -> UsbId {
        match &self.serial {
            Some(serial) => UsbId::Serial(serial.clone()),
            None => UsbId::Model { vendor: self.vendor, product: self.product },
        }
    }

    fn is(&self, id: &UsbId) -> bool {
        match id {
            UsbId::Serial(serial) => self.serial.as_ref() == Some(serial),
            UsbId::Model { vendor, product } => (self.vendor, self.product) == (*vendor, *product),
        }
    }
}

impl DeviceTree {
    /// All printers that are plugged in, in the order of their device files. Reads small files of the kernel's.
    pub fn devices(&self) -> Vec<UsbDevice> {
        // Without the folder no printer was ever plugged in.
        let Ok(entries) = std::fs::read_dir(&self.sys) else { return Vec::new() };
        let names = entries.take(DEVICES_MAX).filter_map(|e| e.ok()?.file_name().into_string().ok());
        let mut devices: Vec<_> = names.filter_map(|name| self.device(&name)).collect();
        devices.sort_by(|a, b| a.node.cmp(&b.node));
        devices
    }

    fn device(&self, name: &str) -> Option<UsbDevice> {
        let number = name.strip_prefix("lp")?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let interface = self.sys.join(name).join("device");
        let device = interface.join("..");
        Some(UsbDevice {
            node: self.dev.join(name),
            vendor: read_hex(&device.join("idVendor"))?,
            product: read_hex(&device.join("idProduct"))?,
            serial: read_attribute(&device.join("serial")),
            manufacturer: read_attribute(&device.join("manufacturer")),
            model: read_attribute(&device.join("product")),
            ieee1284: read_attribute(&interface.join("ieee1284_id")),
        })
    }

    pub(crate) fn find(&self, id: &UsbId) -> Result<UsbDevice, UsbFault> {
        let mut meant: Vec<_> = self.devices().into_iter().filter(|device| device.is(id)).collect();
        match (meant.pop(), meant.len()) {
            (None, _) => Err(UsbFault::Unplugged(id.clone())),
            (Some(device), 0) => Ok(device),
            (Some(_), more) => Err(UsbFault::Twins(more + 1, id.clone())),
        }
    }
}

fn read_hex(path: &Path) -> Option<u16> {
    u16::from_str_radix(&read_attribute(path)?, 16).ok()
}

/// One of the kernel's small files as a line of text without control characters; `None` when empty or not there.
fn read_attribute(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(ATTRIBUTE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What the system says, for a device file of which nothing more is known.
fn other_fault(node: &Path, error: &io::Error) -> UsbFault {
    UsbFault::Other(node.to_owned(), error.to_string(), error.kind())
}

/// One printer on USB, wherever it is plugged in.
pub(crate) struct UsbTransport {
    tree: DeviceTree,
    id: UsbId,
}

impl UsbTransport {
    pub(crate) fn new(tree: DeviceTree, id: UsbId) -> Self {
        Self { tree, id }
    }

    fn open_now(&self) -> Result<UsbConnection, UsbFault> {
        let node = self.tree.find(&self.id)?.node;
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let fd = rustix::fs::open(&node, flags, Mode::empty()).map_err(|e| match e {
            Errno::ACCESS | Errno::PERM => UsbFault::Denied(node.clone()),
            Errno::BUSY => UsbFault::Held(node.clone()),
            Errno::NODEV | Errno::NXIO | Errno::NOENT => UsbFault::Gone,
            e => other_fault(&node, &e.into()),
        })?;
        let fd = watch_device(fd).map_err(|e| other_fault(&node, &e))?;
        let (tree, id) = (self.tree.clone(), self.id.clone());
        Ok(UsbConnection { fd, node, tree, id, rest: None, taken: false, mute: false })
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe, for types that may change their number; an OwnedFd never does"
)]
fn watch_device(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, Interest::READABLE | Interest::WRITABLE)
}

impl PrinterTransport for UsbTransport {
    fn open(&self) -> TransportOpening<'_> {
        Box::pin(async move { Ok(Box::new(self.open_now()?) as Box<dyn PrinterStream>) })
    }

    /// When the printer is seen to be plugged in after it was not.
    fn back(&self) -> StreamWait<'_> {
        Box::pin(async move {
            if self.tree.find(&self.id).is_ok() {
                // It is there and yet cannot be opened: only time can fix that.
                std::future::pending::<()>().await;
            }
            while self.tree.find(&self.id).is_err() {
                tokio::time::sleep(LOOK).await;
            }
        })
    }
}

/// An open device file.
struct UsbConnection {
    fd: AsyncFd<OwnedFd>,
    node: PathBuf,
    tree: DeviceTree,
    id: UsbId,
    rest: Option<Pin<Box<Sleep>>>,
    taken: bool,
    /// A printer whose cable goes one way only.
    mute: bool,
}

impl UsbConnection {
    fn error(&self, e: Errno) -> io::Error {
        let gone = matches!(e, Errno::NODEV | Errno::NXIO | Errno::SHUTDOWN)
            || matches!(e, Errno::IO | Errno::PIPE | Errno::PROTO) && self.tree.find(&self.id).is_err();
        if gone { UsbFault::Gone.into() } else { other_fault(&self.node, &e.into()).into() }
    }

    /// What the kernel says of the file at this moment.
    fn flags_ready(&self) -> io::Result<PollFlags> {
        let mut requested = [PollFd::new(self.fd.get_ref(), PollFlags::OUT)];
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut requested, Some(&now))?;
        Ok(requested[0].revents())
    }

    fn hung_up(&self) -> io::Result<bool> {
        Ok(self.flags_ready()?.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
    }
}

impl PrinterStream for UsbConnection {}

impl AsyncRead for UsbConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.taken {
            return Poll::Ready(Ok(()));
        }
        loop {
            if let Some(rest) = self.rest.as_mut() {
                ready!(rest.as_mut().poll(context));
                self.rest = None;
            }
            let mut ready = ready!(self.fd.poll_read_ready(context))?;
            if self.mute {
                // It never sends anything; only unplugging is noticed.
                ready.clear_ready();
                continue;
            }
            match rustix::io::read(self.fd.get_ref(), into.initialize_unfilled()) {
                Ok(0) if self.hung_up()? => return Poll::Ready(Err(UsbFault::Gone.into())),
                Ok(0) => self.rest = Some(Box::pin(tokio::time::sleep(SILENCE_PAUSE))),
                Ok(n) => {
                    into.advance(n);
                    return Poll::Ready(Ok(()));
                }
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(Errno::INVAL) => self.mute = true,
                Err(e) => return Poll::Ready(Err(self.error(e))),
            }
        }
    }
}

impl AsyncWrite for UsbConnection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.fd.poll_write_ready(context))?;
            match rustix::io::write(self.fd.get_ref(), bytes) {
                Ok(n) => return Poll::Ready(Ok(n)),
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(e) => return Poll::Ready(Err(self.error(e))),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Waits until the printer has taken the last piece: the kernel gives up what is under way when the file is closed.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.fd.poll_write_ready(context))?;
            if self.hung_up()? {
                return Poll::Ready(Err(UsbFault::Gone.into()));
            }
            if self.flags_ready()?.contains(PollFlags::OUT) {
                break;
            }
            ready.clear_ready();
        }
        self.taken = true;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
