//! Connections to printers and print queues, and their protocols.

pub(crate) mod connect;
pub(crate) mod folder;
pub(crate) mod ipp;
pub(crate) mod printer_connection;
pub(crate) mod slip_driver;
pub(crate) mod snmp;
pub(crate) mod tcp;
pub(crate) mod transport;
pub(crate) mod usb;
