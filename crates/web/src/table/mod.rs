//! All rows of a program put together and held against each other.

mod described;
mod document;
mod mount;
mod openapi;
mod route_table;
mod table_error;

pub use self::described::{ApiInfo, TableRow};
pub use self::document::ApiDocument;
pub use self::mount::mount;
pub use self::route_table::Table;
pub use self::table_error::TableError;
