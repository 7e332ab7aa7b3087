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
pub enum UsbFault {
    #[error("the USB printer {} is not connected: the cable is out or the printer is off", usb_text(.0))]
    Unplugged(UsbId),
    #[error(
        "{0} printers on USB are {which}; disconnect all but one, or use printers that have serial numbers",
        which = usb_text(.1)
    )]
    Twins(usize, UsbId),
    /// The system does not let the box open it.
    #[error(
        "the box may not open {}: install 60-cleantrack-printers.rules of the box's package in /etc/udev/rules.d, see that \
         its unit has the group lp, and plug the printer in again",
        .0.display()
    )]
    Denied(PathBuf),
    #[error("another program holds {}; stop CUPS and ipp-usb on the box and plug the printer in again", .0.display())]
    Held(PathBuf),
    /// It went while it was used.
    #[error("the cable is out or the printer is off")]
    Gone,
    /// Anything else, in the system's own words.
    #[error("{node} cannot be used: {1}", node = .0.display())]
    Other(PathBuf, String, io::ErrorKind),
}

fn usb_text(id: &UsbId) -> String {
    match id {
        UsbId::Serial(serial) => format!("with the serial number {serial}"),
        UsbId::Model { vendor, product } => format!("of the model {vendor:04x}:{product:04x}"),
    }
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
pub enum FolderFault {
    /// The folder cannot be read.
    #[error("the folder {folder} cannot be used: {1}", folder = .0.display())]
    Unusable(PathBuf, String),
    /// The file cannot be written.
    #[error("the label could not be saved in {folder}: {1}", folder = .0.display())]
    Unwritten(PathBuf, String),
    #[error("no label is that large")]
    TooLarge,
}
