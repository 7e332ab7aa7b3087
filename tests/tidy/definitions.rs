//! What our sources define, outside their code for tests: types, functions, closures and every other name.

use proc_macro2::Span;
use syn::visit::{self, Visit};

use crate::circles::CRATES;
use crate::sources::{File, Sources, is_for_tests};

pub const ARGUMENTS_MAX: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A struct, enum, union, trait or alias.
    Type,
    FreeFunction,
    /// The same, and `async`: it may be the handler of a row.
    AsyncFunction,
    /// Anything else that has a name, arguments and variables included.
    Other,
    /// A closure that `let` binds to a name.
    Closure,
    Function,
    /// Under its function's name.
    TupleArgument,
    /// Of a public function, under its function's name.
    BoolArgument,
    /// More than [`ARGUMENTS_MAX`] in a public function.
    ManyArguments,
    /// The handler that a `row(` names.
    Row,
}

#[derive(Debug, Clone)]
pub struct Definition {
    pub kind: Kind,
    pub name: String,
    pub is_public: bool,
    pub place: String,
}

/// Whether the rules about names hold in a file: sources of our crates, and in the suites' crate what
/// programs are made of.
pub fn is_named(file: &File, sources: &Sources) -> bool {
    let in_sources = file.inside().split('/').nth(1) == Some("src") && file.extension() == "rs";
    let of_suites =
        file.top() == "tests" && !file.path.contains("/tests/") && !file.path.ends_with("/tests.rs");
    in_sources && (of_suites || CRATES.contains(&file.top()) && !sources.is_test(&file.path))
}

pub fn definitions(file: &File) -> Vec<Definition> {
    let mut visitor = Visitor { path: &file.path, found: Vec::new() };
    if let Ok(parsed) = syn::parse_file(&file.text) {
        visitor.visit_file(&parsed);
    }
    visitor.found
}

/// In small letters: of `TagList` as of `tag_list` `tag` and `list`.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.trim_start_matches("r#").split('_').filter(|part| !part.is_empty()) {
        let mut word = String::new();
        let mut was_small = false;
        for letter in part.chars() {
            if letter.is_uppercase() && was_small {
                words.push(std::mem::take(&mut word));
            }
            was_small = !letter.is_uppercase();
            word.extend(letter.to_lowercase());
        }
        words.push(word);
    }
    words
}

struct Visitor<'a> {
    path: &'a str,
    found: Vec<Definition>,
}

impl Visitor<'_> {
    fn add(&mut self, kind: Kind, name: impl Into<String>, is_public: bool, at: Span) {
        let place = format!("{}:{}", self.path, at.start().line);
        self.found.push(Definition { kind, name: name.into(), is_public, place });
    }

    fn named(&mut self, name: &syn::Ident) {
        self.add(Kind::Other, name.to_string(), false, name.span());
    }

    fn defined_type(&mut self, name: &syn::Ident, visibility: &syn::Visibility) {
        self.named(name);
        self.add(Kind::Type, name.to_string(), is_public(visibility), name.span());
    }

    fn signature(&mut self, signature: &syn::Signature, is_public: bool) {
        let (name, at) = (signature.ident.to_string(), signature.ident.span());
        let arguments = signature.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(argument) => Some(&*argument.ty),
            syn::FnArg::Receiver(_) => None,
        });
        let arguments: Vec<&syn::Type> = arguments.collect();
        for argument in &arguments {
            if is_tuple(argument) {
                self.add(Kind::TupleArgument, &name, is_public, at);
            }
            if is_public && matches!(argument, syn::Type::Path(path) if path.path.is_ident("bool")) {
                self.add(Kind::BoolArgument, &name, is_public, at);
            }
        }
        if is_public && arguments.len() > ARGUMENTS_MAX {
            self.add(Kind::ManyArguments, &name, is_public, at);
        }
    }
}

fn is_public(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

fn is_tuple(argument: &syn::Type) -> bool {
    match argument {
        syn::Type::Tuple(tuple) => !tuple.elems.is_empty(),
        syn::Type::Reference(reference) => is_tuple(&reference.elem),
        syn::Type::Paren(paren) => is_tuple(&paren.elem),
        _ => false,
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.defined_type(&item.ident, &item.vis);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.defined_type(&item.ident, &item.vis);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.defined_type(&item.ident, &item.vis);
        visit::visit_item_union(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.defined_type(&item.ident, &item.vis);
        visit::visit_item_type(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.defined_type(&item.ident, &item.vis);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        // A trait of somebody else decides about names and arguments of its methods.
        if item.trait_.is_none() {
            for inner in &item.items {
                match inner {
                    syn::ImplItem::Fn(function) if !is_for_tests(&function.attrs) => {
                        self.named(&function.sig.ident);
                        self.signature(&function.sig, is_public(&function.vis));
                    }
                    syn::ImplItem::Const(constant) => self.named(&constant.ident),
                    _ => {}
                }
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.named(&function.sig.ident);
        self.signature(&function.sig, true);
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let name = &function.sig.ident;
        let kind = match function.sig.asyncness {
            Some(_) => Kind::AsyncFunction,
            None => Kind::FreeFunction,
        };
        self.named(name);
        self.add(kind, name.to_string(), is_public(&function.vis), name.span());
        self.signature(&function.sig, is_public(&function.vis));
        visit::visit_item_fn(self, function);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.add(Kind::Function, signature.ident.to_string(), false, signature.ident.span());
        visit::visit_signature(self, signature);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.named(&item.ident);
        visit::visit_item_mod(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.named(&item.ident);
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.named(&item.ident);
        visit::visit_item_static(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(name) = &field.ident {
            self.named(name);
        }
        visit::visit_field(self, field);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.named(&variant.ident);
        visit::visit_variant(self, variant);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.named(&pattern.ident);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let pattern = match &local.pat {
            syn::Pat::Type(typed) => &*typed.pat,
            pattern => pattern,
        };
        if let (syn::Pat::Ident(name), Some(init)) = (pattern, &local.init)
            && let syn::Expr::Closure(_) = &*init.expr
        {
            self.add(Kind::Closure, name.ident.to_string(), false, name.ident.span());
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && function.path.segments.last().is_some_and(|last| last.ident == "row")
            && let Some(syn::Expr::Path(handler)) = call.args.last()
            && let Some(last) = handler.path.segments.last()
        {
            self.add(Kind::Row, last.ident.to_string(), false, last.ident.span());
        }
        visit::visit_expr_call(self, call);
    }
}

#[cfg(test)]
fn found(text: &str, kind: Kind) -> Vec<String> {
    let all = definitions(&File::planted("a/src/b.rs", text)).into_iter();
    all.filter(|one| one.kind == kind).map(|one| one.name).collect()
}

#[test]
fn names_are_cut_into_words() {
    for (name, expected) in [
        ("TagList", &["tag", "list"][..]),
        ("tag_list", &["tag", "list"]),
        ("TAGS_MAX", &["tags", "max"]),
        ("r#type", &["type"]),
        ("PdfOfA4", &["pdf", "of", "a4"]),
        ("_held", &["held"]),
        ("Row", &["row"]),
    ] {
        assert_eq!(words(name), expected, "{name}");
    }
}

#[test]
fn everything_with_a_name_is_a_definition_but_code_for_tests() {
    let text = "mod a { pub struct B { c: u8 } enum D { E { f: u8 }, G(u8) } } const H: u8 = 1; \
        impl B { fn i(j: u8) { let (k, l) = m; for n in o {} } } trait P { fn q(&self); } \
        #[cfg(test)] mod tests { struct R; } #[test] fn s() {} impl X for B { fn y(z: u8) {} }";
    let expected = ["a", "B", "c", "D", "E", "f", "G", "H", "i", "j", "k", "l", "n", "P", "q", "z"];
    assert_eq!(found(text, Kind::Other), expected, "a trait of somebody else names its methods");
    assert_eq!(found(text, Kind::Type), ["B", "D", "P"]);
    assert_eq!(
        found("fn a() { fn b() {} } async fn c() {} impl D { fn e() {} }", Kind::FreeFunction),
        ["a", "b"]
    );
    assert_eq!(found("fn a() { row(GET, x, y, Page, b::list).example(z) }", Kind::Row), ["list"]);
}

#[test]
fn closures_with_names_and_functions_are_found() {
    for (body, expected) in [
        ("let b = |c| c + 1;", &["b"][..]),
        ("let mut b = move |c: u8| -> u8 { let d = c; d };", &["b"]),
        ("let b: F = |c| { d(); c };", &["b"]),
        ("let b = async |c| { d().await; c };", &["b"]),
        ("let b = |c| async move { d().await; c };", &["b"]),
        ("let b = c.map(|d| { e(); d });", &[]),
        ("b(|c| c + 1);", &[]),
    ] {
        assert_eq!(found(&format!("fn a() {{ {body} }}"), Kind::Closure), expected, "{body}");
    }
    let text = "fn a() { fn b() {} } impl C { fn d() {} #[test] fn e() {} } impl F for C { fn g() {} } \
        trait F { fn g(); } #[test] fn h() {} #[cfg(test)] mod tests { fn i() {} }";
    assert_eq!(found(text, Kind::Function), ["a", "b", "d", "g", "g"]);
}

#[test]
fn arguments_that_hide_something_are_found() {
    for (text, kind, expected) in [
        ("fn a((b, c): (u8, u16)) {}", Kind::TupleArgument, &["a"][..]),
        ("impl A { fn a(&self, b: &(u8, u16), c: (u8,)) {} }", Kind::TupleArgument, &["a", "a"]),
        ("trait A { fn a(b: (u8, u16)); }", Kind::TupleArgument, &["a"]),
        ("impl B for A { fn a(b: (u8, u16)) {} }", Kind::TupleArgument, &[]),
        ("fn a(b: (), c: &[(u8, u16)], Path((d, e)): Path<(u8, u16)>) {}", Kind::TupleArgument, &[]),
        ("pub(crate) fn a(b: bool) {}", Kind::BoolArgument, &["a"]),
        ("impl A { pub fn a(&self, b: u8, c: bool) {} fn d(e: bool) {} }", Kind::BoolArgument, &["a"]),
        ("fn a(b: bool) {} pub fn c(d: Option<bool>, e: &bool) {}", Kind::BoolArgument, &[]),
        ("pub fn a(b: A, c: A, d: A, e: A, f: A, g: A, h: A) {}", Kind::ManyArguments, &["a"]),
        ("impl B { pub fn a(&self, b: A, c: A, d: A, e: A, f: A, g: A) {} }", Kind::ManyArguments, &[]),
        ("fn a(b: A, c: A, d: A, e: A, f: A, g: A, h: A) {}", Kind::ManyArguments, &[]),
    ] {
        assert_eq!(found(text, kind), expected, "{text}");
    }
}
