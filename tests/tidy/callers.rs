//! Methods that only some modules may call, because others would use them without a bound.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::Fault;
use crate::imports::{module_of, place, within};
use crate::sources::{File, Sources, is_for_tests};

/// Methods of our own that only these modules of a crate (and tests) may call.
pub struct CallerRule {
    pub methods: &'static [&'static str],
    pub krate: &'static str,
    pub modules: &'static [&'static str],
    pub reason: &'static str,
}

pub const CALLER_RULES: &[CallerRule] = &[CallerRule {
    methods: &["reader", "reader_of", "checkpoint_at", "checkpoint_of"],
    krate: "appliance",
    modules: &[
        "appliance/admin",
        "appliance/anchors",
        "appliance/prints",
        "appliance/scrub",
        "appliance/serve",
        "appliance/sweep",
        "appliance/uplink",
    ],
    reason: "pages and programs read the database through `Store::read`, which has an end to waiting",
}];

pub fn check(file: &File, rules: &[CallerRule], sources: &Sources) -> Vec<Fault> {
    let Some(module) = module_of(&file.path).filter(|_| !sources.is_test(&file.path)) else {
        return Vec::new();
    };
    let here = place(file.top(), &module);
    let Ok(parsed) = syn::parse_file(&file.text) else { return Vec::new() };
    let mut calls = Calls::default();
    calls.visit_file(&parsed);
    let faults = calls.0.iter().filter_map(|(name, at)| {
        let rule = rules.iter().find(|rule| {
            rule.krate == file.top()
                && rule.methods.contains(&name.as_str())
                && !rule.modules.iter().any(|module| within(&here, module))
        })?;
        let place = format!("{}:{}", file.path, at.start().line);
        Some(Fault::new(
            place,
            format!("`{name}` is called only in {}: {}", rule.modules.join(", "), rule.reason),
        ))
    });
    faults.collect()
}

#[derive(Default)]
struct Calls(Vec<(String, Span)>);

impl Calls {
    /// `. name (` among the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut dotted, mut named) = (false, None);
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if dotted => named = Some(ident.clone()),
                TokenTree::Group(group) => {
                    if let Some(name) = named.take() {
                        self.0.push((name.to_string(), name.span()));
                    }
                    self.tokens(group.stream());
                }
                _ => named = None,
            }
            dotted = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        }
    }
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.push((call.method.to_string(), call.method.span()));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.tokens(called.tokens.clone());
    }
}

#[test]
fn a_page_that_goes_round_the_door_is_found() {
    let sources = Sources::planted(Vec::new());
    let found = |path: &str, text: &str| check(&File::planted(path, text), CALLER_RULES, &sources).len();
    let page = "appliance/src/web/pages/phone/home.rs";
    assert_eq!(found(page, "fn a(s: &S) { s.store.reader().unwrap(); }"), 1);
    assert_eq!(found(page, "fn a(s: &S) { let _ = vec![s.reader_of(e)]; }"), 1);
    assert_eq!(found(page, "fn a(s: &S) { s.store.read(lane, work); reader.entry(1); }"), 0);
    assert_eq!(found(page, "#[cfg(test)] mod tests { fn a(s: &S) { s.store.reader(); } }"), 0);
    assert_eq!(found("appliance/src/uplink/session.rs", "fn a(s: &S) { s.reader(); }"), 0);
}
