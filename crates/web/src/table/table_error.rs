//! Why rows do not make a table.

pub(super) const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Rows that do not fit together: a fault of the program, found when it starts and in its tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Two rows have one name.
    #[error("two rows are named `{0}`")]
    Name(&'static str),
    /// Two rows have one method of one path.
    #[error("`{0}`: another row has its method and path")]
    Path(&'static str),
    /// A method that no row has.
    #[error("`{0}`: a row's method is one of {METHODS:?}; HEAD follows GET")]
    Method(&'static str),
    /// The arguments read more or fewer parts than the pattern has.
    #[error("`{0}`: the handler does not read the parts of its path, each once")]
    PathParts(&'static str),
    /// The example lacks a part of the path.
    #[error("`{0}`: the example lacks a part of the path")]
    Example(&'static str),
    /// Its caller is a sender whose body nobody proves, or its body is signed and its caller is no sender.
    #[error("`{0}`: a sender is proven by a signed body, and only a sender signs one")]
    SignedBody(&'static str),
    /// An endpoint without a summary for the API's description.
    #[error("`{0}`: an endpoint has a summary")]
    Summary(&'static str),
    /// Its handler states a refusal that is none: only 4xx, 503 and 507 are foreseen.
    #[error("`{0}`: a refusal is 4xx, 503 or 507")]
    Refusal(&'static str),
    /// A type is read in one form and sent in another, or two types have one name.
    #[error("the schema `{0}` is read in one form and sent in another: use two types, or rename one")]
    TwoForms(String),
    /// Two types have one name.
    #[error("two types have the schema name of `{0}`: rename one (`#[schemars(rename = \"ListOf{{T}}\")]`)")]
    TwoTypes(String),
    /// The description could not be written.
    #[error("the API's description could not be written: {0}")]
    Document(String),
}
