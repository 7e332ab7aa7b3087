//! All rows of a program put together and held against each other.

mod document;
mod mount;
mod openapi;

use std::collections::BTreeSet;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};

pub use self::document::ApiDocument;
pub use self::mount::mount;
use crate::error::{OldProblemDocument, ProblemDocument};
use crate::route::{Access, Operation, OperationDescription, Route, SchemaSet, path_parts};

/// The methods that rows may have.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// What the API's description says of the program as a whole.
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
    /// The cookie of somebody who has signed in.
    pub session_cookie: &'static str,
}

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
    /// An endpoint that the API's description cannot say anything of.
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

/// A row with its description.
#[derive(Debug, Clone)]
pub struct TableRow<S> {
    /// The row.
    pub route: Route<S>,
    /// What its handler's types and its access say.
    pub description: OperationDescription,
}

/// The table of routes.
#[derive(Debug, Clone)]
pub struct Table<S> {
    rows: Vec<TableRow<S>>,
    schemas: Map<String, Value>,
    document: Arc<ApiDocument>,
}

impl<S: Clone + Send + Sync + 'static> Table<S> {
    /// Holds the rows against each other, writes the API's description, and adds the row that serves it.
    ///
    /// # Errors
    /// See [`TableError`].
    pub fn build(info: ApiInfo, routes: Vec<Route<S>>) -> Result<Self, TableError> {
        let mut schemas = SchemaSet::default();
        schemas.sent.subschema_for::<ProblemDocument>();
        schemas.sent.subschema_for::<OldProblemDocument>();
        let mut rows: Vec<TableRow<S>> =
            routes.into_iter().map(|route| describe_row(route, &mut schemas)).collect();
        let schemas = merge_schemas(&mut schemas)?;
        let document = openapi::write_document(info, &rows, &schemas);
        let document = Arc::new(ApiDocument::of(&document)?);
        rows.push(describe_row(
            document::document_row(info.path, document.clone()),
            &mut SchemaSet::default(),
        ));
        check_rows(&rows)?;
        Ok(Self { rows, schemas, document })
    }

    /// All rows, that of the API's description the last.
    pub fn rows(&self) -> &[TableRow<S>] {
        &self.rows
    }

    /// The schemas that descriptions refer to, as `#/components/schemas/…`.
    pub fn schemas(&self) -> &Map<String, Value> {
        &self.schemas
    }

    /// The API's description.
    pub fn document(&self) -> &ApiDocument {
        &self.document
    }
}

fn describe_row<S>(route: Route<S>, schemas: &mut SchemaSet) -> TableRow<S> {
    let mut operation = Operation::new(route.path, schemas);
    (route.describe)(&mut operation);
    if route.access != Access::Open {
        operation.add_refusals(&[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    operation.add_refusals(route.refusals);
    TableRow { description: operation.into_description(), route }
}

/// One namespace for what is read and what is sent, as OpenAPI has it.
fn merge_schemas(schemas: &mut SchemaSet) -> Result<Map<String, Value>, TableError> {
    let mut all = schemas.sent.take_definitions(true);
    for (name, schema) in schemas.read.take_definitions(true) {
        match all.get(&name) {
            Some(sent) if *sent != schema => return Err(TableError::TwoForms(name)),
            _ => drop(all.insert(name, schema)),
        }
    }
    // The generator numbers the second type of a name.
    let numbered = all.keys().find_map(|name| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        (stem != name && all.contains_key(stem)).then(|| stem.to_owned())
    });
    numbered.map_or(Ok(all), |name| Err(TableError::TwoTypes(name)))
}

fn check_rows<S>(rows: &[TableRow<S>]) -> Result<(), TableError> {
    let mut names = BTreeSet::new();
    let mut paths: BTreeSet<(&str, &str)> = BTreeSet::new();
    for TableRow { route, description } in rows {
        let parts = description.parameters.iter().filter(|parameter| parameter["in"] == "path").count();
        if !names.insert(route.name) {
            return Err(TableError::Name(route.name));
        }
        if !paths.insert((route.path, route.method.as_str())) {
            return Err(TableError::Path(route.name));
        }
        if !METHODS.contains(&route.method.as_str()) {
            return Err(TableError::Method(route.name));
        }
        if parts != path_parts(route.path).len() {
            return Err(TableError::PathParts(route.name));
        }
        if route.example.address(route.path).is_none() {
            return Err(TableError::Example(route.name));
        }
        if route.kind.is_documented() && route.summary.is_empty() {
            return Err(TableError::Summary(route.name));
        }
        if !route.refusals.iter().copied().all(is_refusal) {
            return Err(TableError::Refusal(route.name));
        }
    }
    Ok(())
}

fn is_refusal(status: StatusCode) -> bool {
    let stated = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::INSUFFICIENT_STORAGE];
    status.is_client_error() || stated.contains(&status)
}
