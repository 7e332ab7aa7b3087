//! .
pub mod changes;
pub mod db;
pub mod mqtt;
