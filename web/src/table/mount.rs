//! The table as a router: a path that is not in it does not exist.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::MethodRouter;
use http::header::ALLOW;
use http::{HeaderValue, Method};

use super::{Table, TableRow};
use crate::error::{HttpError, RequestFault};
use crate::route::{RouteKind, RouteMark};

/// The router of all rows. Other methods of their paths are answered 405 with `Allow`, other paths 404; whoever serves it
/// sets [`crate::present::present_errors`] around it.
pub fn mount<S: Clone + Send + Sync + 'static>(table: &Table<S>) -> Router<S> {
    let mut paths: BTreeMap<&str, PathRows<S>> = BTreeMap::new();
    for TableRow { route, .. } in table.rows() {
        let rows = paths.entry(route.path).or_insert_with(|| PathRows::new(route.kind));
        rows.endpoints = std::mem::take(&mut rows.endpoints).merge(route.endpoint.clone());
        rows.methods.push(route.method.clone());
    }
    let mut router = Router::new();
    for (path, rows) in paths {
        router = router.route(path, rows.into_endpoints());
    }
    router.fallback(async || HttpError::from(RequestFault::NotFound))
}

/// The rows of one path.
struct PathRows<S> {
    kind: RouteKind,
    methods: Vec<Method>,
    endpoints: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> PathRows<S> {
    fn new(kind: RouteKind) -> Self {
        Self { kind, methods: Vec::new(), endpoints: MethodRouter::new() }
    }

    fn into_endpoints(self) -> MethodRouter<S> {
        let refusal = HttpError::from(RequestFault::MethodNotAllowed)
            .header(ALLOW, write_allow(&self.methods))
            .note(RouteMark { name: None, kind: self.kind });
        self.endpoints.fallback(move || std::future::ready(refusal.clone()))
    }
}

fn write_allow(methods: &[Method]) -> HeaderValue {
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
