//! .
pub mod changes;
pub mod clock;
pub mod db;
pub mod ingest;
pub mod mqtt;
pub mod random;
pub mod rollup;
