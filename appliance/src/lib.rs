//! .
pub mod clock;
pub mod config;
pub mod intake;
pub mod identity;
pub mod listen;
pub mod photo;
pub mod print;
pub mod random;
pub mod store;
pub mod uplink;
pub mod admin;
pub mod command;
