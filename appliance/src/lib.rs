//! .
pub mod admin;
pub mod clock;
pub mod command;
pub mod config;
pub mod identity;
pub mod intake;
pub mod listen;
pub mod photo;
pub mod print;
pub mod random;
pub mod store;
pub mod uplink;
