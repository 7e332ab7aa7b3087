//! How a database is opened and asked, and what rows of all tables have in common; it knows no table of a subject.

pub(super) mod connection;
pub(super) mod error;
pub(super) mod keys;
pub(super) mod migrate;
pub(super) mod open;
pub(super) mod owned_facility;
pub(super) mod pool;
#[cfg(feature = "postgres")]
pub(super) mod server;
pub(super) mod sqlite;
pub(super) mod statements;
pub(super) mod visible_rows;
