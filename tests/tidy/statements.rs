//! Rule about SQL: a statement over a table of accounts binds the account. PostgreSQL has its row-level security besides; in a file
//! this is all there is.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::Fault;
use crate::sources::{File, Sources};

const FOLDER: &str = "relay/src/db/";
/// The schema marks tables whose rows belong to one account each so.
const WALL: &str = "@WALL@ ";
/// Keywords before a table's name.
const BEFORE_TABLE: [&str; 4] = ["FROM", "JOIN", "INTO", "UPDATE"];
/// A statement says whose rows so: by a bound number, as the first column of an inserted row, or by rows that
/// were so bound.
const BINDS: [&str; 4] = ["account = $", "account = @1@", "(account,", "account = ("];

pub fn tenant_tables(sources: &Sources) -> BTreeSet<String> {
    let schema = sources.files.iter().filter(|file| file.path.starts_with("relay/src/db/schema/"));
    let lists = schema.flat_map(|file| file.text.lines()).filter_map(|line| line.strip_prefix(WALL));
    lists.flat_map(|list| list.trim_end_matches(';').split(", ")).map(str::to_owned).collect()
}

pub fn check(file: &File, tables: &BTreeSet<String>) -> Vec<Fault> {
    let mut visitor = Statements { path: &file.path, tables, faults: Vec::new() };
    if file.path.starts_with(FOLDER)
        && let Ok(parsed) = syn::parse_file(&file.text)
    {
        visitor.visit_file(&parsed);
    }
    visitor.faults
}

struct Statements<'a> {
    path: &'a str,
    tables: &'a BTreeSet<String>,
    faults: Vec<Fault>,
}

impl Statements<'_> {
    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let name = signature.ident.to_string();
        // Platform statements see every account; they say so by their connection, and by their names where
        // they are called.
        let mut connection = Names::default();
        signature.inputs.iter().for_each(|input| connection.visit_fn_arg(input));
        if !connection.0.contains("ScopedConnection") {
            return;
        }
        let mut texts = Texts::default();
        texts.visit_block(body);
        let named: BTreeSet<&str> = texts.0.iter().flat_map(|text| self.tables_of(text)).collect();
        let binds = texts.0.iter().any(|text| BINDS.iter().any(|binds| text.contains(binds)));
        if !named.is_empty() && !binds {
            let tables = named.into_iter().collect::<Vec<_>>().join(", ");
            let place = format!("{}:{}", self.path, signature.span().start().line);
            self.faults.push(Fault::new(
                place,
                format!("`{name}` names {tables} and binds no account: write `account = $n`"),
            ));
        }
    }

    fn tables_of<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let named =
            words.windows(2).filter(|pair| BEFORE_TABLE.contains(&pair[0]) && self.tables.contains(pair[1]));
        named.map(|pair| pair[1]).collect::<Vec<_>>().into_iter()
    }
}

impl<'ast> Visit<'ast> for Statements<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
        self.0.insert(ident.to_string());
    }
}

#[derive(Default)]
struct Texts(Vec<String>);

impl Texts {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                        self.0.push(text.value());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.0.push(text.value());
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.tokens(called.tokens.clone());
    }
}

#[cfg(test)]
fn planted(body: &str) -> Vec<String> {
    let tables = BTreeSet::from(["items".to_owned(), "boxes".to_owned()]);
    let file = File::planted("relay/src/db/x.rs", body);
    check(&file, &tables).iter().map(ToString::to_string).collect()
}

#[test]
fn a_statement_that_binds_no_account_is_found() {
    let scoped = |sql: &str| format!("async fn a(c: &mut ScopedConnection) {{ opt!(c, (i64,), \"{sql}\") }}");
    let fault = "relay/src/db/x.rs:1: `a` names items and binds no account: write `account = $n`";
    assert_eq!(planted(&scoped("SELECT n FROM items WHERE tag = $1")), [fault]);
    assert_eq!(planted(&scoped("UPDATE items SET n = $1")), [fault]);
    assert_eq!(planted(&scoped("SELECT n FROM items WHERE account = $1")), [""; 0]);
    assert_eq!(planted(&scoped("INSERT INTO items (account, tag) VALUES ($1, $2)")), [""; 0]);
    assert_eq!(planted(&scoped("SELECT n FROM people")), [""; 0], "of no account");
    let platform = "async fn a(c: &mut PlatformConnection) { all!(c, T, \"SELECT n FROM items\") }";
    assert_eq!(planted(platform), [""; 0]);
    let pieces = "fn a(c: ScopedConnection) { let sql = format!(\"SELECT n FROM items WHERE {}\", \"account = $3\"); }";
    assert_eq!(planted(pieces), [""; 0]);
}
