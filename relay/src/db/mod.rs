//! All SQL of the relay: one text for SQLite and PostgreSQL, one file per noun, each query scoped to an account.

pub mod access_log;
pub mod account;
pub mod billing;
mod database;
pub mod delivery;
pub mod facility;
pub mod fleet;
pub mod log;
pub mod operation;
pub mod person;
pub mod projection;

pub use database::connection::{
    AccountScope, PlatformConnection, PlatformReason, ReadScope, ScopedConnection, SqlConnection,
    SqlExecutor, WriteConnection,
};
pub use database::error::DbError;
pub(crate) use database::keys::to_i64;
pub use database::keys::{LogNumber, PersonNumber, ProjectionNumber};
pub use database::migrate::{SCHEMA_VERSION, platform_schema, refuse_unfinished_restore};
pub use database::open::is_address;
pub use database::owned_facility::OwnedFacility;
pub use database::pool::{Db, PoolUse, TlsPolicy};
#[cfg(feature = "postgres")]
pub use database::server::client_variables;
pub(crate) use database::statements::{
    ROWS_OF_BULK, all, bulk, bulk_text, by_keys, exec, fetch, impl_from_row, keys_at_once, keys_text, opt,
};
