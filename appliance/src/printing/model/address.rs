//! Where a printer is, as a person writes it: `tcp://`, `usb:`, `dir:`, `ipp://` or `ipps://`.

use std::fmt;
use std::path::{Component, PathBuf};
use std::str::FromStr;

pub(crate) const RAW_PORT: u16 = 9100;
/// The port of the Internet Printing Protocol.
pub(crate) const IPP_PORT: u16 = 631;
/// Where printers are asked for their state (SNMP).
pub(crate) const SNMP_PORT: u16 = 161;
/// Characters of a host's name, as the DNS has it.
const HOST_CHARS_MAX: usize = 253;
/// Characters of a serial number: a USB string has no more.
const SERIAL_CHARS_MAX: usize = 126;
const SHOWN_CHARS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UsbId {
    Serial(String),
    /// The only one of its model: for printers without a serial number.
    Model {
        /// The maker's number.
        vendor: u16,
        product: u16,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PrinterAddress {
    Tcp {
        /// Name or number; an IPv6 number without brackets.
        host: String,
        /// 9100 mostly.
        port: u16,
    },
    Usb(UsbId),
    /// A folder in which each label becomes a file.
    Folder(PathBuf),
    /// A print queue: takes PDF, not the bytes of a printer language.
    Ipp {
        /// Whether the connection is encrypted.
        tls: bool,
        /// Name or number; an IPv6 number without brackets.
        host: String,
        /// 631 mostly.
        port: u16,
        /// Begins with `/`.
        path: String,
    },
}

/// An address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum AddressError {
    Unknown(String),
    Host(String, &'static str),
    Usb(String),
    /// After `dir:`.
    Folder(String),
    /// A queue where a byte stream is meant.
    Queue(String),
    /// A byte stream, or a folder, where a queue is meant.
    NoQueue(String),
}

impl FromStr for PrinterAddress {
    type Err = AddressError;

    fn from_str(address: &str) -> Result<Self, AddressError> {
        let address = address.trim();
        if let Some(id) = address.strip_prefix("usb:") {
            return parse_usb(id).map(Self::Usb).ok_or_else(|| AddressError::Usb(shorten_address(address)));
        }
        if let Some(path) = address.strip_prefix("dir:") {
            return parse_folder(path)
                .map(Self::Folder)
                .ok_or_else(|| AddressError::Folder(shorten_address(address)));
        }
        for (scheme, tls) in [("ipp://", false), ("ipps://", true)] {
            if let Some(rest) = address.strip_prefix(scheme) {
                return parse_queue(rest, tls)
                    .ok_or_else(|| AddressError::Host(shorten_address(address), "ipp://host/ipp/print"));
            }
        }
        let rest = match address.split_once("://") {
            Some(("tcp", rest)) => rest,
            Some(_) => return Err(AddressError::Unknown(shorten_address(address))),
            None => address,
        };
        let (host, port) = host_and_port(rest, RAW_PORT).ok_or_else(|| {
            if address.starts_with("tcp:") {
                AddressError::Host(shorten_address(address), "tcp://host:9100")
            } else {
                AddressError::Unknown(shorten_address(address))
            }
        })?;
        Ok(Self::Tcp { host, port })
    }
}

fn shorten_address(address: &str) -> String {
    address.chars().take(SHOWN_CHARS).collect()
}

impl fmt::Display for PrinterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "tcp://{}:{port}", bracket_host(host)),
            Self::Usb(UsbId::Serial(serial)) => write!(f, "usb:{serial}"),
            Self::Usb(UsbId::Model { vendor, product }) => write!(f, "usb:{vendor:04x}:{product:04x}"),
            Self::Folder(path) => write!(f, "dir:{}", path.display()),
            Self::Ipp { tls, host, port, path } => {
                let scheme = if *tls { "ipps" } else { "ipp" };
                write!(f, "{scheme}://{}:{port}{path}", bracket_host(host))
            }
        }
    }
}

pub(crate) fn bracket_host(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn host_and_port(text: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, usual),
        Some((host, port)) => (host, port.strip_prefix(':')?.parse().ok()?),
        None => match text.rsplit_once(':') {
            // Without brackets it is ambiguous which colon is the port's.
            Some((host, _)) if host.contains(':') => return None,
            Some((host, port)) => (host, port.parse().ok()?),
            None => (text, usual),
        },
    };
    let numbers = text.starts_with('[');
    let good = !host.is_empty()
        && host.len() <= HOST_CHARS_MAX
        && port != 0
        && host.chars().all(|c: char| match numbers {
            true => c.is_ascii_hexdigit() || matches!(c, ':' | '.'),
            false => c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'),
        });
    good.then(|| (host.to_owned(), port))
}

fn parse_queue(rest: &str, tls: bool) -> Option<PrinterAddress> {
    let (authority, path) = rest.find('/').map_or((rest, "/ipp/print"), |at| rest.split_at(at));
    let (host, port) = host_and_port(authority, IPP_PORT)?;
    // An address, not a request: characters that a queue's path never has could only be an injection.
    let good = path.len() <= HOST_CHARS_MAX
        && path
            .chars()
            .all(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~' | '+' | '%'));
    good.then(|| PrinterAddress::Ipp { tls, host, port, path: path.to_owned() })
}

fn parse_usb(id: &str) -> Option<UsbId> {
    let id = id.trim();
    if let Some((vendor, product)) = id.split_once(':')
        && let (4, 4) = (vendor.len(), product.len())
        && let (Ok(vendor), Ok(product)) = (u16::from_str_radix(vendor, 16), u16::from_str_radix(product, 16))
    {
        return Some(UsbId::Model { vendor, product });
    }
    let good = !id.is_empty() && id.chars().count() <= SERIAL_CHARS_MAX && !id.chars().any(char::is_control);
    good.then(|| UsbId::Serial(id.to_owned()))
}

fn parse_folder(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(path);
    let plain = path.components().all(|c| !matches!(c, Component::ParentDir));
    let text = path.to_str()?;
    (path.is_absolute() && plain && !text.chars().any(char::is_control)).then_some(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_and_how_they_are_written_back() {
        for (text, back) in [
            ("tcp://10.0.0.9:9100", "tcp://10.0.0.9:9100"),
            ("tcp://10.0.0.9", "tcp://10.0.0.9:9100"),
            ("printer-2.ward", "tcp://printer-2.ward:9100"),
            ("127.0.0.1:1", "tcp://127.0.0.1:1"),
            ("[::1]:9101", "tcp://[::1]:9101"),
            (" tcp://[fe80::1] ", "tcp://[fe80::1]:9100"),
            ("usb:000M4Z123456", "usb:000M4Z123456"),
            ("usb: 01010112345600", "usb:01010112345600"),
            ("usb:0922:0020", "usb:0922:0020"),
            ("usb:04F9:209B", "usb:04f9:209b"),
            ("usb:a:b", "usb:a:b"),
            ("dir:/tmp/labels", "dir:/tmp/labels"),
            ("ipp://printer", "ipp://printer:631/ipp/print"),
            ("ipps://10.0.0.7:8631/printers/Ward_3", "ipps://10.0.0.7:8631/printers/Ward_3"),
            ("ipp://[fe80::2]/ipp/print", "ipp://[fe80::2]:631/ipp/print"),
        ] {
            let address: PrinterAddress = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(address.to_string(), back);
            assert_eq!(back.parse(), Ok(address));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(tcp://|usb:|dir:|ipp://|ipps://|)\\PC{0,60}") {
            if let Ok(address) = text.parse::<PrinterAddress>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
