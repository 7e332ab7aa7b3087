//! Rules about names: each type once in its crate and of two words, functions that say what they do, no word that means something
//! else to a stranger, no argument that hides what it is, and few closures with names.

use std::collections::{BTreeMap, BTreeSet};

use crate::Fault;
use crate::definitions::{Definition, Kind, definitions, is_named, words};
use crate::ratchet::{Finding, Ratchet};
use crate::sources::Sources;

/// Names that may repeat: associated types and the like.
const DOUBLED: &[&str] = &["Err", "Error", "Output", "Rejection"];

/// Nouns of the glossary, of HTTP and of a page that need no second word.
const PLAIN: &[&str] = &[
    "Access",
    "Answer",
    "Argument",
    "Barcode",
    "Batch",
    "Caller",
    "Checkpoint",
    "Clock",
    "Context",
    "Entry",
    "Epoch",
    "Equipment",
    "Example",
    "Frontier",
    "Hash",
    "Hello",
    "Journal",
    "Json",
    "Layout",
    "Listener",
    "Locale",
    "Media",
    "Operation",
    "Page",
    "Panel",
    "Path",
    "Permission",
    "Query",
    "Receipt",
    "Route",
    "Schedule",
    "Secret",
    "Signature",
    "Snapshot",
    "Store",
    "Table",
    "Tag",
    "Template",
    "Uplink",
];

/// Words that were ours alone: the glossary has one that a stranger knows.
const BANNED: &[&str] = &[
    "anew",
    "asked",
    "asking",
    "away",
    "bent",
    "carry",
    "comeback",
    "desk",
    "dismiss",
    "door",
    "doors",
    "fate",
    "gather",
    "give",
    "given",
    "hands",
    "happening",
    "heard",
    "heat",
    "hire",
    "kept",
    "lookout",
    "patience",
    "pulse",
    "said",
    "seat",
    "shelf",
    "spoilt",
    "standing",
    "talk",
    "tell",
    "told",
    "torn",
    "typed",
    "vouch",
    "wanted",
    "wish",
    "workshop",
];

/// Bound by `let`, per hundred functions of a crate.
const CLOSURES_MAX_PERCENT: usize = 3;

const DOUBLED_TYPES: Ratchet = Ratchet {
    list: "doubled_types",
    fix: "a type name stands once in a crate: say in a second word whose it is",
};
const SHORT_TYPES: Ratchet = Ratchet {
    list: "one_word_types",
    fix: "a type that is seen outside its file has two words, or is one of tidy's plain nouns",
};
const SHORT_FUNCTIONS: Ratchet = Ratchet {
    list: "one_word_functions",
    fix: "a free function is a verb and a noun; only handlers of rows are read with their module",
};
const BANNED_WORDS: Ratchet =
    Ratchet { list: "banned_words", fix: "it has a banned word: take that of docs/glossary.md" };
const TUPLES: Ratchet =
    Ratchet { list: "tuple_arguments", fix: "a tuple hides arguments: two of them, or a struct with names" };
const BOOLS: Ratchet = Ratchet {
    list: "bool_arguments",
    fix: "a bare `bool` says nothing where it is called: an enum of two words",
};
const MANY: Ratchet = Ratchet { list: "many_arguments", fix: "more than six arguments are a struct" };

pub fn check(sources: &Sources) -> Vec<Fault> {
    let named = named(sources);
    let pairs: [(&Ratchet, Vec<Finding>); 7] = [
        (&DOUBLED_TYPES, doubled_types(&named)),
        (&SHORT_TYPES, short_types(&named)),
        (&SHORT_FUNCTIONS, short_functions(&named)),
        (&BANNED_WORDS, banned_words(&named)),
        (&TUPLES, of_kind(&named, Kind::TupleArgument)),
        (&BOOLS, of_kind(&named, Kind::BoolArgument)),
        (&MANY, of_kind(&named, Kind::ManyArguments)),
    ];
    pairs.into_iter().flat_map(|(ratchet, found)| ratchet.check(&found, sources)).collect()
}

pub fn count_closures(sources: &Sources) -> Vec<Fault> {
    let mut faults = Vec::new();
    for names in named(sources) {
        let closures = names.of_kind(Kind::Closure).count();
        let functions = names.of_kind(Kind::Function).count();
        if closures * 100 > functions * CLOSURES_MAX_PERCENT {
            let what = format!(
                "{closures} closures bound by `let` in {functions} functions, more than {CLOSURES_MAX_PERCENT} in 100: \
                 put it where it is used if that is once, or make a function of it"
            );
            faults.push(Fault::new(names.krate, what));
        }
    }
    faults
}

struct CrateNames {
    krate: String,
    definitions: Vec<Definition>,
}

fn named(sources: &Sources) -> Vec<CrateNames> {
    let mut crates: BTreeMap<String, Vec<Definition>> = BTreeMap::new();
    for file in sources.rust().filter(|file| is_named(file, sources)) {
        crates.entry(file.top().to_owned()).or_default().extend(definitions(file));
    }
    crates.into_iter().map(|(krate, definitions)| CrateNames { krate, definitions }).collect()
}

impl CrateNames {
    fn finding(&self, definition: &Definition) -> Finding {
        Finding { entry: format!("{} {}", self.krate, definition.name), place: definition.place.clone() }
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |definition| definition.kind == kind)
    }
}

fn of_kind(crates: &[CrateNames], kind: Kind) -> Vec<Finding> {
    crates
        .iter()
        .flat_map(|names| -> Vec<Finding> {
            names.of_kind(kind).map(|definition| names.finding(definition)).collect()
        })
        .collect()
}

/// Every copy of a name beyond the first, where one of them may be seen outside its module.
fn doubled_types(crates: &[CrateNames]) -> Vec<Finding> {
    let mut found = Vec::new();
    for names in crates {
        let mut by_name: BTreeMap<&str, Vec<&Definition>> = BTreeMap::new();
        for definition in names.of_kind(Kind::Type) {
            by_name.entry(&definition.name).or_default().push(definition);
        }
        by_name.retain(|name, copies| !DOUBLED.contains(name) && copies.iter().any(|copy| copy.is_public));
        let copies = by_name.into_values().flat_map(|copies| copies.into_iter().skip(1));
        found.extend(copies.map(|copy| names.finding(copy)));
    }
    found
}

fn short_types(crates: &[CrateNames]) -> Vec<Finding> {
    let mut found = of_kind_where(crates, &[Kind::Type], |_, one| {
        one.is_public && words(&one.name).len() == 1 && !PLAIN.contains(&one.name.as_str())
    });
    // Repetitions are the business of the list above.
    found.sort();
    found.dedup_by(|one, other| one.entry == other.entry);
    found
}

fn short_functions(crates: &[CrateNames]) -> Vec<Finding> {
    of_kind_where(crates, &[Kind::FreeFunction, Kind::AsyncFunction], |names, one| {
        let is_short = words(&one.name).len() == 1 && one.name != "main";
        let is_handler = || names.of_kind(Kind::Row).any(|row| row.name == one.name);
        is_short && !(one.kind == Kind::AsyncFunction && is_handler())
    })
}

fn banned_words(crates: &[CrateNames]) -> Vec<Finding> {
    let banned: BTreeSet<&str> = BANNED.iter().copied().collect();
    let mut found = of_kind_where(crates, &[Kind::Other], |_, one| {
        words(&one.name).iter().any(|word| banned.contains(word.as_str()))
    });
    found.sort();
    found.dedup_by(|one, other| one.entry == other.entry);
    found
}

fn of_kind_where(
    crates: &[CrateNames],
    kinds: &[Kind],
    is_found: impl Fn(&CrateNames, &Definition) -> bool,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for names in crates {
        let all = names.definitions.iter().filter(|one| kinds.contains(&one.kind));
        found.extend(all.filter(|one| is_found(names, one)).map(|one| names.finding(one)));
    }
    found
}

#[cfg(test)]
fn planted(files: &[(&str, &str)], rule: fn(&[CrateNames]) -> Vec<Finding>) -> Vec<String> {
    use crate::sources::File;
    let files = files.iter().map(|(path, text)| File::planted(path, text)).collect();
    rule(&named(&Sources::planted(files))).into_iter().map(|finding| finding.entry).collect()
}

#[test]
fn a_doubled_type_name_is_found() {
    let one = ("relay/src/a.rs", "pub struct Row; pub struct Line;");
    assert_eq!(planted(&[one, ("relay/src/b.rs", "pub(crate) enum Row {}")], doubled_types), ["relay Row"]);
    assert_eq!(
        planted(&[one, ("relay/src/b.rs", "type Row = u8; mod c { trait Row {} }")], doubled_types),
        ["relay Row", "relay Row"]
    );
    for (path, text) in [
        ("web/src/b.rs", "pub struct Row;"),
        ("relay/src/b.rs", "#[cfg(test)] mod tests { pub struct Row; }"),
        ("relay/src/b/tests/c.rs", "pub struct Row;"),
        ("relay/tests/b.rs", "pub struct Row;"),
        ("relay/src/b.rs", "impl A for B { type Row = u8; }"),
    ] {
        assert_eq!(planted(&[one, (path, text)], doubled_types), [""; 0], "{path}: {text}");
    }
    let own = [("web/src/a.rs", "struct Row;"), ("web/src/b.rs", "struct Row;")];
    assert_eq!(planted(&own, doubled_types), [""; 0], "each is seen in its file only");
    let errors = [("web/src/a.rs", "pub enum Error {}"), ("web/src/b.rs", "pub enum Error {}")];
    assert_eq!(planted(&errors, doubled_types), [""; 0]);
}

#[test]
fn types_and_functions_of_one_word_are_found() {
    let types = "pub struct Row; pub struct TagRow; struct Line; pub struct Tag; pub(super) enum Way {}";
    assert_eq!(planted(&[("web/src/a.rs", types)], short_types), ["web Row", "web Way"]);
    let functions =
        "fn keep() {} pub async fn show() {} pub async fn list() {} fn list_rows() {} impl A { fn b() {} }";
    let table = ("relay/src/web/routes.rs", "fn rows() { row(GET, \"/\", \"a.list\", Page, a::list); }");
    assert_eq!(
        planted(&[("relay/src/a.rs", functions), table], short_functions),
        ["relay keep", "relay show", "relay rows"]
    );
}

#[test]
fn banned_words_in_names_are_found() {
    let text = "pub struct KeptRow { told_ms: i64 } fn a(b: u8) { let given = b; given } fn kept_row() {} \
        enum Way { Doors } const TELLERS: u8 = 1; fn c(given: u8) { forgiven(given) }";
    let found = planted(&[("web/src/a.rs", text)], banned_words);
    assert_eq!(found, ["web Doors", "web KeptRow", "web given", "web kept_row", "web told_ms"]);
    let tests = "#[test] fn what_was_told_is_kept() {} #[cfg(test)] mod tests { fn kept() {} }";
    assert_eq!(planted(&[("web/src/a.rs", tests)], banned_words), [""; 0]);
    assert_eq!(planted(&[("tests/src/a.rs", "fn told() {}")], banned_words), ["tests told"]);
}

#[cfg(test)]
fn planted_closures(closures: usize, functions: usize) -> Vec<String> {
    use crate::sources::File;
    let text = format!("fn a() {{ {} }}", "let b = |c| c + 1;".repeat(closures));
    let other = "impl D { fn e() { f(|c| c + 1); } #[test] fn g() { let b = |c| c; } }";
    let sources = Sources::planted(vec![
        File::planted("words/src/a.rs", &text),
        File::planted("words/src/d.rs", &other.repeat(functions - 1)),
    ]);
    count_closures(&sources).iter().map(ToString::to_string).collect()
}

#[test]
fn too_many_closures_with_names_are_found() {
    assert_eq!(planted_closures(3, 100), [""; 0]);
    let found = planted_closures(4, 100);
    let figures = "words: 4 closures bound by `let` in 100 functions, more than 3 in 100: ";
    assert!(found.len() == 1 && found[0].starts_with(figures), "{found:?}");
    assert_eq!(planted_closures(3, 99).len(), 1);
    assert_eq!(planted_closures(0, 1), [""; 0]);
}

#[test]
fn the_crates_of_the_suites_are_not_looked_at() {
    assert_eq!(
        planted(&[("tests/tidy/a.rs", "fn told() {}"), ("web/build.rs", "fn told() {}")], banned_words),
        [""; 0]
    );
}
