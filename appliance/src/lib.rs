//! .
pub mod clock;
pub mod intake;
pub mod listen;
pub mod photo;
pub mod random;
pub mod uplink;
