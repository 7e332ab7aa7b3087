//! .
pub mod changes;
pub mod clock;
pub mod db;
pub mod fleet;
pub mod ingest;
pub mod mqtt;
pub mod objects;
pub mod random;
pub mod rollup;
