//! Everything that the end-to-end suites share: real programs, breakable connections, printers that jam.
//!
//! [`process`] starts a program and waits for its first line; [`proxy`] breaks the connection between two of them, [`connect_proxy`]
//! is a building's HTTP proxy; [`ports`] stay the same across restarts; [`tools`] finds installed programs; [`virtual_printer`] is the
//! printer; [`world`] puts box, relay, connection and phones together; [`postgres`] is a database server, `stripe` stands in for that service. [`demo`] is the README's
//! first command.
pub mod connect_proxy;
pub mod demo;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
#[cfg(feature = "stripe")]
pub mod stripe;
pub mod tools;
pub mod virtual_printer;
pub mod world;
