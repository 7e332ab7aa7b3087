//! Rules about functions: at most 70 lines, reasons beside every silenced lint, and no queue without a bound.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::Fault;
use crate::sources::{File, Sources};

const LINES_MAX: usize = 70;
const TEST_LINES_MAX: usize = 100;

/// Functions that may be longer: file, function, reason. A row that is not needed is a fault too.
pub const LONG: &[(&str, &str, &str)] =
    &[("tests/src/demo/facilities.rs", "items", "a table: the demo's equipment")];

pub fn check(file: &File, is_test: bool, long: &[(&str, &str, &str)]) -> Vec<Fault> {
    let mut visitor = Visitor { path: &file.path, is_test, long, faults: Vec::new() };
    match syn::parse_file(&file.text) {
        Ok(parsed) => visitor.visit_file(&parsed),
        Err(e) => visitor.faults.push(Fault::new(&file.path, format!("cannot be parsed: {e}"))),
    }
    visitor.faults
}

pub fn exceptions_are_needed(sources: &Sources, long: &[(&str, &str, &str)]) -> Vec<Fault> {
    let idle = long.iter().filter(|(path, name, _)| {
        let file = sources.rust().find(|f| f.path == *path);
        !file.is_some_and(|f| {
            check(f, sources.is_test(path), &[]).iter().any(|fault| fault.what.contains(&format!("`{name}`")))
        })
    });
    idle.map(|(path, name, _)| Fault::new(*path, format!("`{name}` needs no exception any more"))).collect()
}

struct Visitor<'a> {
    path: &'a str,
    is_test: bool,
    long: &'a [(&'a str, &'a str, &'a str)],
    faults: Vec<Fault>,
}

impl Visitor<'_> {
    fn fault(&mut self, at: Span, what: String) {
        self.faults.push(Fault::new(format!("{}:{}", self.path, at.start().line), what));
    }

    fn function(&mut self, name: &syn::Ident, from: Span, to: Span) {
        let lines = to.end().line - from.start().line + 1;
        let excepted = self.long.iter().any(|(path, long, _)| *path == self.path && name == long);
        let max = if self.is_test { TEST_LINES_MAX } else { LINES_MAX };
        if lines > max && !excepted {
            self.fault(from, format!("`{name}` has {lines} lines, more than {max}: take a leaf out of it"));
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, item.sig.span(), item.block.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, item.sig.span(), item.block.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let silences = attribute.path().is_ident("allow") || attribute.path().is_ident("expect");
        let words = attribute.meta.require_list().map(|l| l.tokens.to_string()).unwrap_or_default();
        if silences && !words.contains("reason =") {
            self.fault(attribute.span(), "a silenced lint needs `reason = \"…\"`".to_owned());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let last = path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        // A test may wait for everything that comes; a long-running program may not.
        if !self.is_test && ["unbounded_channel", "UnboundedSender"].contains(&last.as_str()) {
            self.fault(path.span(), format!("`{last}`: every queue has a bound and a reason for it"));
        }
        visit::visit_path(self, path);
    }
}

#[cfg(test)]
fn planted(text: &str) -> Vec<String> {
    check(&File::planted("a/src/b.rs", text), false, &[]).iter().map(ToString::to_string).collect()
}

#[test]
fn long_functions_are_found() {
    let body =
        |lines: usize| format!("impl A {{\n    fn long() {{\n{}    }}\n}}\n", "        x();\n".repeat(lines));
    assert_eq!(planted(&body(68)), [""; 0]);
    let found = planted(&body(69));
    assert_eq!(found, ["a/src/b.rs:2: `long` has 71 lines, more than 70: take a leaf out of it"]);
    let long = [("a/src/b.rs", "long", "a reason")];
    let file = File::planted("a/src/b.rs", &body(69));
    assert_eq!(check(&file, false, &long), []);
    assert_eq!(exceptions_are_needed(&Sources::planted(vec![file]), &long), []);
    let short = Sources::planted(vec![File::planted("a/src/b.rs", &body(10))]);
    assert_eq!(exceptions_are_needed(&short, &long).len(), 1);
}

#[test]
fn silenced_lints_and_unbounded_queues_are_found() {
    assert_eq!(planted("#[allow(dead_code)] fn a() {}").len(), 1);
    assert_eq!(planted("#[allow(dead_code, reason = \"b\")] fn a() {}").len(), 0);
    assert_eq!(planted("#![expect(dead_code)]").len(), 1);
    assert_eq!(planted("fn a() { let q = mpsc::unbounded_channel(); }").len(), 1);
    assert_eq!(planted("fn a(").len(), 1);
}
