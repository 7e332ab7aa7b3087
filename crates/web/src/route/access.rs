//! Who may come to a row: stated by the type of its handler's first argument, shown by name.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

/// Who may come. Permissions and scopes are the program's own; here they are their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever has signed in and holds this permission.
    Session(&'static str),
    /// A program whose API token has this scope.
    Token(&'static str),
    /// Either of both.
    SessionOrToken {
        /// What a person needs.
        permission: &'static str,
        /// What a program's token needs.
        scope: &'static str,
    },
    /// A box, by its client certificate.
    Certificate,
    /// The program's operator, by a listener that only the machine itself reaches.
    Operator,
}

/// The first argument of every handler. Its `FromRequestParts` is the check, and it runs before anything else of the
/// request is read; it refuses with an error of status 401 or 403.
///
/// A type that proves who somebody is has private fields and no other way to be made, and is no [`super::Argument`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may come",
    label = "the first argument of a handler is a `Caller`",
    note = "take `AnyCaller` where the row is open"
)]
pub trait Caller {
    /// Who is admitted.
    const ACCESS: Access;
}

/// Everybody.
#[derive(Debug, Clone, Copy)]
pub struct AnyCaller;

impl Caller for AnyCaller {
    const ACCESS: Access = Access::Open;
}

impl<S: Send + Sync> FromRequestParts<S> for AnyCaller {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}
