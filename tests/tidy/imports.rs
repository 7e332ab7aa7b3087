//! Which module may import which, and outside crates that only some modules may name; paths inside macros count too.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::Fault;
use crate::modules::{ModuleRule, UseRule};
use crate::sources::{File, Sources, is_for_tests};

pub fn check(file: &File, rules: &[ModuleRule], only: &[UseRule], sources: &Sources) -> Vec<Fault> {
    let Some(module) = module_of(&file.path).filter(|_| !sources.is_test(&file.path)) else {
        return Vec::new();
    };
    let Ok(parsed) = syn::parse_file(&file.text) else { return Vec::new() };
    let mut visitor = Visitor { module, named: Vec::new(), own: BTreeSet::new() };
    visitor.visit_file(&parsed);
    let here = place(file.top(), &module_of(&file.path).unwrap_or_default());
    let mut faults = Vec::new();
    for (path, at) in visitor.named {
        let own = path.split("::").next().is_some_and(|first| visitor.own.contains(first));
        let line = || format!("{}:{}", file.path, at.start().line);
        if let Some(inside) = path.strip_prefix("crate::") {
            faults.extend(arrow(file.top(), &here, inside, rules).map(|what| Fault::new(line(), what)));
        }
        let refused = only.iter().filter(|o| {
            !own && names(&path, o.path) && !o.modules.iter().any(|module| within(&here, module))
        });
        faults.extend(refused.map(|o| {
            Fault::new(
                line(),
                format!("`{}` is named only in {}: {}", o.path, o.modules.join(", "), o.reason),
            )
        }));
    }
    // A group of imports names its common part more than once.
    faults.sort();
    faults.dedup();
    faults
}

/// The places inside its crate that a file names outside its code for tests: `store/chain/LogLine`.
pub fn named_inside(file: &File) -> Vec<String> {
    let (Some(module), Ok(parsed)) = (module_of(&file.path), syn::parse_file(&file.text)) else {
        return Vec::new();
    };
    let mut visitor = Visitor { module, named: Vec::new(), own: BTreeSet::new() };
    visitor.visit_file(&parsed);
    let inside = visitor.named.iter().filter_map(|(path, _)| path.strip_prefix("crate::"));
    inside.map(|path| path.replace("::", "/")).collect()
}

fn arrow(krate: &str, here: &str, inside: &str, rules: &[ModuleRule]) -> Option<String> {
    let from = rule_of(here, rules)?;
    let there = format!("{krate}/{}", inside.replace("::", "/"));
    let to = rule_of(&there, rules)?;
    let may = from.place == to.place
        || within(to.place, from.place)
        || from.may.iter().any(|may| *may == "*" || format!("{krate}/{may}") == to.place);
    (!may).then(|| format!("{} may not import {}: {}", from.place, to.place, from.reason))
}

pub fn rule_of<'a>(place: &str, rules: &'a [ModuleRule]) -> Option<&'a ModuleRule> {
    rules.iter().filter(|module| within(place, module.place)).max_by_key(|module| module.place.len())
}

pub fn within(place: &str, module: &str) -> bool {
    place.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn names(path: &str, what: &str) -> bool {
    path.strip_prefix(what).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// `relay/src/db/items.rs` is the module `db::items` of `relay`; binaries and files elsewhere are none.
pub fn module_of(path: &str) -> Option<Vec<String>> {
    let inside = path.split_once("/src/")?.1.strip_suffix(".rs")?;
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    match parts.last().map(String::as_str) {
        Some("main") | None => return None,
        Some("lib" | "mod") => drop(parts.pop()),
        Some(_) => {}
    }
    (parts.first().map(String::as_str) != Some("bin")).then_some(parts)
}

pub fn place(krate: &str, module: &[String]) -> String {
    std::iter::once(krate).chain(module.iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

struct Visitor {
    module: Vec<String>,
    named: Vec<(String, Span)>,
    /// Names that this file defines or imports.
    own: BTreeSet<String>,
}

impl Visitor {
    /// Notes a path with `self` and `super` resolved.
    fn name(&mut self, path: &[String], at: Span) {
        let mut absolute: Vec<String> = match path.first().map(String::as_str) {
            Some("self") => self.module.clone(),
            Some("super") => {
                let up = path.iter().take_while(|p| *p == "super").count();
                self.module[..self.module.len().saturating_sub(up)].to_vec()
            }
            Some("crate") => Vec::new(),
            _ => {
                self.named.push((path.join("::"), at));
                return;
            }
        };
        absolute.extend(path.iter().filter(|p| !["self", "super", "crate"].contains(&p.as_str())).cloned());
        self.named.push((format!("crate::{}", absolute.join("::")), at));
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Name(name) => self.leaf(&name.ident, before),
            syn::UseTree::Rename(rename) => self.leaf(&rename.ident, before),
            syn::UseTree::Glob(glob) => self.name(before, glob.star_token.spans[0]),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, before)),
        }
    }

    fn leaf(&mut self, name: &syn::Ident, before: &[String]) {
        if before.first().is_some_and(|first| ["crate", "self", "super"].contains(&first.as_str())) {
            self.own.insert(name.to_string());
        }
        let mut path = before.to_vec();
        if name != "self" || path.is_empty() {
            path.push(name.to_string());
        }
        self.name(&path, name.span());
    }

    /// Paths among the tokens of a macro: `a :: b :: c`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut at = Span::call_site();
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => path.push(ident.to_string()),
                TokenTree::Ident(ident) => {
                    self.flush(&mut path, at);
                    at = ident.span();
                    path.push(ident.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => {
                    self.flush(&mut path, at);
                    self.tokens(group.stream());
                }
                _ => self.flush(&mut path, at),
            }
            colons = 0;
        }
        self.flush(&mut path, at);
    }

    fn flush(&mut self, path: &mut Vec<String>, at: Span) {
        if path.len() > 1 {
            self.name(path, at);
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.own.insert(item.ident.to_string());
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if parts.len() > 1 {
            let at = path.segments[0].ident.span();
            self.name(&parts, at);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.visit_path(&mac.path);
        self.tokens(mac.tokens.clone());
    }
}

#[cfg(test)]
const MODULES: &[ModuleRule] = &[
    ModuleRule { place: "box/desk", may: &[], reason: "patient names stay on the desk" },
    ModuleRule { place: "box/store", may: &["clock"], reason: "it knows no page" },
    ModuleRule { place: "box/http", may: &["store"], reason: "pages" },
    ModuleRule { place: "box/link", may: &["store"], reason: "it does" },
    ModuleRule { place: "box/link/plan", may: &[], reason: "it only decides" },
    ModuleRule { place: "box/clock", may: &[], reason: "a seam" },
];

#[cfg(test)]
fn planted(path: &str, text: &str) -> Vec<String> {
    let only = [UseRule { path: "sqlx", modules: &["box/store"], reason: "one place for SQL" }];
    let sources = Sources::planted(Vec::new());
    check(&File::planted(path, text), MODULES, &only, &sources).iter().map(ToString::to_string).collect()
}

#[test]
fn forbidden_arrows_are_found_however_they_are_written() {
    let found = "box/desk may not import box/store: patient names stay on the desk";
    for text in [
        "use crate::store::Row;",
        "use crate::{clock_less, store::{self, Row}};",
        "fn a() { crate::store::open(); }",
        "use super::store;",
        "mod inner { use super::super::store::Row; }",
        "fn a() { format!(\"{}\", crate::store::SIZE); }",
        "type A = Vec<crate::store::Row>;",
        "pub use crate::store as kept;",
    ] {
        let faults = planted("box/src/desk.rs", text);
        assert!(faults.len() == 1 && faults[0].ends_with(found), "{text}: {faults:?}");
    }
    assert_eq!(
        planted("box/src/link/plan.rs", "use super::Line;").len(),
        1,
        "a part may not lean on its whole"
    );
    assert_eq!(planted("box/src/link/mod.rs", "use self::plan::Step; use crate::link::plan;").len(), 0);
}

#[test]
fn allowed_arrows_are_no_faults() {
    for (path, text) in [
        ("box/src/web/home.rs", "use crate::store::Row; use super::errors::Page; use crate::Settings;"),
        ("box/src/desk.rs", "#[cfg(test)] mod tests { use crate::store::Row; } use std::store::X;"),
        ("box/src/desk/tests/one.rs", "use crate::store::Row;"),
        ("box/src/lib.rs", "use crate::store::Row;"),
        ("box/src/store/segment.rs", "use super::Row; use service::clock::Now; use sqlx::Row;"),
    ] {
        assert_eq!(planted(path, text), [""; 0], "{path}");
    }
}

#[test]
fn outside_crates_in_the_wrong_module_are_found() {
    assert_eq!(
        planted("box/src/web/home.rs", "fn a() { sqlx::query(\"\"); }"),
        ["box/src/web/home.rs:1: `sqlx` is named only in box/store: one place for SQL"]
    );
    assert_eq!(planted("box/src/web/home.rs", "macro_call!(sqlx::query);").len(), 1);
    assert_eq!(planted("box/src/web/home.rs", "use sqlx_like::query;").len(), 0);
    let own = "use super::sqlx; fn a() { sqlx::routes(); }";
    assert_eq!(planted("box/src/web/home.rs", own).len(), 0, "a module of ours may share a crate's name");
}
