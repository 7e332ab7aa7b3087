//! The rows of a table, one a line.

use std::fmt;
use std::fmt::Write as _;

use crate::route::{Access, RouteKind};
use crate::table::{Table, TableRow};

impl<S: Clone + Send + Sync + 'static> Table<S> {
    /// Name, method, path, access, kind of each row; for a file that shows each change of access on one page.
    pub fn list_rows(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for TableRow { route, .. } in self.rows() {
            let mut line = String::new();
            let (name, method, path) = (route.name, route.method.as_str(), route.path);
            // Writing to a `String` cannot fail.
            let _ = write!(line, "{name:<28} {method:<6} {path:<48} {:<9} {}", route.kind, route.access);
            lines.push(line);
        }
        lines.sort();
        lines.join("\n") + "\n"
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Session(permission) => write!(f, "session {permission}"),
            Self::Token(scope) => write!(f, "token {scope}"),
            Self::SessionOrToken { permission, scope } => {
                write!(f, "session {permission} or token {scope}")
            }
            Self::Certificate => f.write_str("certificate"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Page => "page",
            Self::Form => "form",
            Self::Api => "api",
            Self::Old => "old",
            Self::Asset => "asset",
            Self::Live => "live",
            Self::Operator => "operator",
        })
    }
}
