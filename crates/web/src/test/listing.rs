//! The rows of a table, one a line.

use std::fmt;
use std::fmt::Write as _;

use crate::assets::HASH_CHARS;
use crate::route::{Access, RouteKind};
use crate::table::{Table, TableRow};

impl<S: Clone + Send + Sync + 'static> Table<S> {
    /// Name, method, path, access and kind of each row, for a file that shows each change of access on one
    /// page. Files' names are shown without the part that follows their content: it changes no access.
    pub fn list_rows(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for TableRow { route, .. } in self.rows() {
            let mut line = String::new();
            let (name, method, path) = (route.name, route.method.as_str(), mask_fingerprint(route.path));
            // Writing to a `String` cannot fail.
            let _ = write!(line, "{name:<28} {method:<6} {path:<48} {:<9} {}", route.kind, route.access);
            lines.push(line);
        }
        lines.sort();
        lines.join("\n") + "\n"
    }
}

fn mask_fingerprint(path: &str) -> String {
    let parts = path.split('.').map(|part| if is_fingerprint(part) { "**********" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

fn is_fingerprint(part: &str) -> bool {
    part.len() == HASH_CHARS && part.bytes().all(|byte| byte.is_ascii_hexdigit())
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
            Self::Sender { name, .. } => write!(f, "sender {name}"),
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
            Self::Webhook => "webhook",
            Self::Asset => "asset",
            Self::Live => "live",
            Self::Operator => "operator",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_the_content_is_masked() {
        assert_eq!(mask_fingerprint("/base.6f0a231bd9.css"), "/base.**********.css");
        for path in ["/", "/app/map.geo-json.js", "/photos/6f0a231bd9", "/base.6f0a231bd.css"] {
            assert_eq!(mask_fingerprint(path), path);
        }
    }
}
