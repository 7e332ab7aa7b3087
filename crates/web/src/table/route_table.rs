//! The table of routes, checked as it is built.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};

use super::described::{ApiInfo, TableRow};
use super::document::{self, ApiDocument};
use super::openapi;
use super::table_error::{METHODS, TableError};
use crate::error::{OldProblemDocument, ProblemDocument};
use crate::route::{Access, Operation, Route, SchemaSet, path_parts};

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
        if matches!(route.access, Access::Sender { .. }) != description.is_signed {
            return Err(TableError::SignedBody(route.name));
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
