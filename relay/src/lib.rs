//! .
pub mod changes;
pub mod clock;
pub mod db;
pub mod mqtt;
pub mod random;
