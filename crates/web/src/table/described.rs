//! What a table says of itself and of each row.

use crate::route::{OperationDescription, Route};

/// What the API's description states of the program as a whole.
#[derive(Debug, Clone, Copy)]
pub struct ApiInfo {
    /// The program's name.
    pub title: &'static str,
    /// The API's version.
    pub version: &'static str,
    /// What holds for every endpoint.
    pub description: &'static str,
    /// Where the description is served; the table adds the row.
    pub path: &'static str,
    /// The session cookie.
    pub session_cookie: &'static str,
}

/// A row with its description.
#[derive(Debug, Clone)]
pub struct TableRow<S> {
    /// The row.
    pub route: Route<S>,
    /// From its handler's types and its access.
    pub description: OperationDescription,
}
