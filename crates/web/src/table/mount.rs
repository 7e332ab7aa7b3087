//! The table as a router: a path that is not in it does not exist.

use std::collections::BTreeMap;

use axum::routing::MethodRouter;
use axum::{Extension, Router};
use http::header::ALLOW;
use http::{HeaderValue, Method, Uri};

use super::described::TableRow;
use super::route_table::Table;
use crate::answer::{OneOf, SeeOther};
use crate::error::{HttpError, RequestFault};
use crate::route::{RouteKind, RouteMark};

/// The router of all rows. Other methods of their paths are answered 405 with `Allow`, other paths 404; the
/// program sets [`crate::present::present_errors`] around it. A form's address is no page: a GET of it, as by
/// a browser that restores a tab with a refused form, is redirected to the nearest page above it (303).
pub fn mount<S: Clone + Send + Sync + 'static>(table: &Table<S>) -> Router<S> {
    let mut paths: BTreeMap<&str, PathRows<S>> = BTreeMap::new();
    for TableRow { route, .. } in table.rows() {
        let rows = paths.entry(route.path).or_insert_with(|| PathRows::new(route.kind));
        rows.endpoints = std::mem::take(&mut rows.endpoints).merge(route.endpoint.clone());
        rows.methods.push(route.method.clone());
        rows.is_page |= route.kind == RouteKind::Page && route.method == Method::GET;
    }
    let pages: Vec<&str> = paths.iter().filter(|(_, rows)| rows.is_page).map(|(path, _)| *path).collect();
    let mut router = Router::new();
    for (path, rows) in paths {
        let page = (rows.kind == RouteKind::Form).then(|| find_page_above(path, &pages)).flatten();
        router = router.route(path, rows.into_endpoints(page));
    }
    router.fallback(async || HttpError::from(RequestFault::NotFound))
}

struct PathRows<S> {
    kind: RouteKind,
    is_page: bool,
    methods: Vec<Method>,
    endpoints: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> PathRows<S> {
    fn new(kind: RouteKind) -> Self {
        Self { kind, is_page: false, methods: Vec::new(), endpoints: MethodRouter::new() }
    }

    /// `page`: the pattern of the page above, where this is a form's path.
    fn into_endpoints(self, page: Option<&str>) -> MethodRouter<S> {
        let page = page.map(str::to_owned);
        let mark = RouteMark { name: None, kind: self.kind };
        let refusal = HttpError::from(RequestFault::MethodNotAllowed)
            .header(ALLOW, write_allow(&self.methods))
            .note(mark);
        self.endpoints.fallback(move |method: Method, uri: Uri| {
            let is_opened = matches!(method, Method::GET | Method::HEAD);
            let answer = match page.as_ref().filter(|_| is_opened) {
                Some(page) => SeeOther::to(&write_page_address(page, uri.path()))
                    .map(|to| OneOf::First((Extension(mark), to))),
                None => Ok(OneOf::Second(refusal.clone())),
            };
            std::future::ready(answer)
        })
    }
}

/// The longest pattern of `pages` with which this one begins.
fn find_page_above<'a>(path: &str, pages: &[&'a str]) -> Option<&'a str> {
    let above = pages.iter().copied().filter(|page| {
        path.strip_prefix(page.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
    });
    above.max_by_key(|page| page.len())
}

/// The pattern of a page above, filled with the parts of this path.
fn write_page_address(pattern: &str, path: &str) -> String {
    let parts = pattern.split('/').zip(path.split('/'));
    let parts = parts.map(|(part, of_path)| if part.starts_with('{') { of_path } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn write_allow(methods: &[Method]) -> HeaderValue {
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_belongs_to_the_nearest_page_above() {
        let pages = ["/", "/app/", "/app/regions", "/app/people/{person}", "/t/{tag}"];
        let page_of = |path| find_page_above(path, &pages);
        assert_eq!(page_of("/app/regions/{region}"), Some("/app/regions"));
        assert_eq!(page_of("/app/people/{person}/role/end"), Some("/app/people/{person}"));
        assert_eq!(page_of("/app/people/{other}"), Some("/app/"));
        assert_eq!(page_of("/app/regional"), Some("/app/"));
        assert_eq!(page_of("/logout"), Some("/"));
        assert_eq!(find_page_above("/logout", &pages[1..]), None);
    }

    #[test]
    fn the_address_of_a_page_has_what_stands_in_its_parts() {
        for (path, pattern, page) in [
            ("/app/regions/7", "/app/regions", "/app/regions"),
            ("/app/people/9/role/end", "/app/people/{person}", "/app/people/9"),
            ("/app/slug", "/app/", "/app/"),
            ("/logout", "/", "/"),
        ] {
            assert_eq!(write_page_address(pattern, path), page, "{path}");
        }
    }
}
