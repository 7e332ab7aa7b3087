//! Everything that the end-to-end suites share: real programs, a line that can be spoilt, a printer that can jam.
//!
//! [`process`] starts a program and waits for its first line; [`proxy`] is the line between two of them, [`connect_proxy`] the
//! way out of a building; [`ports`] are where it listens at every start; [`tools`] finds the witnesses from outside;
//! [`virtual_printer`] is the printer; [`world`] puts box, relay, line and phones together. [`postgres`] is a database server of
//! its own. Nothing in here knows what a suite wants to prove. [`demo`] is the README's first command.
pub mod connect_proxy;
pub mod demo;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod tools;
pub mod virtual_printer;
pub mod world;
