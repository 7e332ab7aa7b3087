//! What happened to the connection to a printer.

use std::io;
use std::path::PathBuf;

use crate::printing::model::address::UsbId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionFault {
    /// It broke, or could not be opened.
    Broken(DeviceFault),
    Closed,
    Silent,
    Stalled,
    /// It is ready and does not confirm.
    Unconfirmed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceFault {
    Usb(UsbFault),
    /// The folder in which labels become files.
    Folder(FolderFault),
    /// The printer's name has no address.
    NoAddress,
    System(String),
}

impl From<&io::Error> for DeviceFault {
    fn from(error: &io::Error) -> Self {
        let inner = error.get_ref();
        if let Some(usb) = inner.and_then(|inner| inner.downcast_ref::<UsbFault>()) {
            return Self::Usb(usb.clone());
        }
        if let Some(folder) = inner.and_then(|inner| inner.downcast_ref::<FolderFault>()) {
            return Self::Folder(folder.clone());
        }
        if inner.is_some_and(|inner| inner.is::<NoAddress>()) {
            return Self::NoAddress;
        }
        Self::System(error.to_string())
    }
}

/// A host's name that has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name has no address")]
pub(crate) struct NoAddress;

/// Why a printer on USB cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum UsbFault {
    Unplugged(UsbId),
    Twins(usize, UsbId),
    /// The system does not let the box open it.
    Denied(PathBuf),
    Held(PathBuf),
    /// It went while it was used.
    Gone,
    /// Anything else, in the system's own words.
    Other(PathBuf, String, io::ErrorKind),
}

impl From<UsbFault> for io::Error {
    fn from(fault: UsbFault) -> Self {
        let kind = match &fault {
            UsbFault::Unplugged(_) => io::ErrorKind::NotFound,
            UsbFault::Twins(..) => io::ErrorKind::InvalidInput,
            UsbFault::Denied(_) => io::ErrorKind::PermissionDenied,
            UsbFault::Held(_) => io::ErrorKind::ResourceBusy,
            UsbFault::Gone => io::ErrorKind::BrokenPipe,
            UsbFault::Other(_, _, kind) => *kind,
        };
        Self::new(kind, fault)
    }
}

/// Why labels do not become files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum FolderFault {
    /// The folder cannot be read.
    Unusable(PathBuf, String),
    /// The file cannot be written.
    Unwritten(PathBuf, String),
    TooLarge,
}
