//! No route without access: a row does not compile without a caller, and these rules leave rows as the only means.
//!
//! `axum::routing` is named only where rows are made and mounted (`modules`), a router takes paths only there, and who may come is
//! decided only in modules of access.

use syn::visit::{self, Visit};

use crate::Fault;
use crate::callers::{self, CallerRule};
use crate::definitions::is_named;
use crate::sources::{File, Sources, is_for_tests};

/// Methods of `axum::Router` that mount something at a path.
const METHODS: &[&str] = &["fallback", "fallback_service", "nest", "nest_service", "route", "route_service"];
const REASON: &str = "a path is a row of a table, and its handler's first argument says who may come";

const fn router(krate: &'static str, modules: &'static [&'static str]) -> CallerRule {
    CallerRule { methods: METHODS, krate, modules, reason: REASON }
}

const ROUTERS: &[CallerRule] = &[
    // One answer at every path while the store is repaired: nothing can be reached yet.
    router("appliance", &["appliance/web/starting"]),
    // The operator's own listener, which only the machine itself reaches: there are no callers to distinguish.
    router("relay", &["relay/health"]),
    router("service", &[]),
    router("web", &["web/table/mount"]),
];

/// Folders and files that decide who may come.
const ACCESS: &[&str] = &["access", "access.rs"];

pub fn check(file: &File, sources: &Sources) -> Vec<Fault> {
    let mut faults = callers::check(file, ROUTERS, sources);
    let is_access = file.path.split('/').any(|part| ACCESS.contains(&part));
    if is_named(file, sources) && file.top() != "tests" && !is_access {
        let mut callers = Callers { path: &file.path, faults: Vec::new() };
        if let Ok(parsed) = syn::parse_file(&file.text) {
            callers.visit_file(&parsed);
        }
        faults.append(&mut callers.faults);
    }
    faults
}

struct Callers<'a> {
    path: &'a str,
    faults: Vec<Fault>,
}

impl<'ast> Visit<'ast> for Callers<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let made = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if let Some(last) = made.filter(|last| last.ident == "Caller") {
            let place = format!("{}:{}", self.path, last.ident.span().start().line);
            self.faults.push(Fault::new(place, "who may come is decided in a module named `access`"));
        }
        visit::visit_item_impl(self, item);
    }
}

#[test]
fn a_route_without_access_is_found() {
    use crate::imports;
    use crate::modules::{MODULES, ONLY};
    let sources = Sources::planted(Vec::new());
    let found = |path: &str, text: &str| {
        let file = File::planted(path, text);
        check(&file, &sources).len() + imports::check(&file, MODULES, ONLY, &sources).len()
    };
    let (relay, page) = ("relay/src/web/mod.rs", "appliance/src/web/pages/phone/home.rs");
    for (path, text, faults) in [
        (relay, "use axum::routing::get; fn a() -> Router { Router::new().route(\"/x\", get(show)) }", 2),
        (relay, "fn a(r: Router) { vec![r.nest(\"/x\", b)] }", 1),
        (relay, "fn a(r: Router) { r.fallback_service(b) }", 1),
        (page, "use axum::{Router, routing::{get, post}};", 1),
        (page, "fn a() { axum::routing::any(b) }", 1),
        (page, "impl web::route::Caller for Everybody { }", 1),
        ("web/src/present.rs", "use axum::routing::MethodRouter;", 1),
        ("web/src/table/mount.rs", "use axum::routing::MethodRouter; fn a(r: R) { r.route(b, c) }", 0),
        ("relay/src/web/access.rs", "impl Caller for Guest { }", 0),
        ("appliance/src/web/access/staff.rs", "impl Caller for Staff { }", 0),
        (relay, "#[cfg(test)] mod tests { use axum::routing::get; fn a(r: R) { r.route(b, c) } }", 0),
    ] {
        let several = found(path, text);
        // An import of a group names each of its parts.
        assert!(if faults == 0 { several == 0 } else { several >= faults }, "{path}: {text}: {several}");
    }
}
