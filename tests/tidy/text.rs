//! Rules about text: how files open, how long they are, which words and paths they may hold, which files they name.

use crate::Fault;
use crate::sources::File;

const LINES_MAX: usize = 700;
const SHORT: &[(&str, usize)] = &[("crates/store/src/", 400)];
const COUNTED: &[&str] = &["rs", "js", "css", "html", "sql", "sh"];
const WORDED: &[&str] =
    &["rs", "js", "css", "html", "sql", "sh", "md", "toml", "service", "socket", "yml", "json", ""];

/// Words that say that something is not finished, and paths of one machine. Spelt in halves, so that this
/// list passes its own rule.
const BANNED: &[(&str, &str, &str)] = &[
    ("TO", "DO", "finish it or open an issue"),
    ("FIX", "ME", "fix it or open an issue"),
    ("HA", "CK:", "do it properly, or say why it must be so"),
    ("X", "XX:", "finish it or open an issue"),
    ("#[ig", "nore", "a test runs or goes; assert the wrong behaviour and say why"),
    ("#[should_", "panic", "assert on the value; a panic elsewhere would pass too"),
    ("/wo", "rk/", "no path of one machine"),
    ("/tmp/te", "am", "no path of one machine"),
    ("/ro", "ot/", "no path of one machine"),
    ("/ho", "me/", "no path of one machine"),
    (".cargo/", "registry", "no path of one machine"),
];

/// Each Rust file says first, in a `//!` sentence, what it is for.
pub fn opening(file: &File) -> Option<Fault> {
    let first = file.text.lines().next().unwrap_or_default();
    let sentence = first.strip_prefix("//!").map(str::trim).unwrap_or_default();
    let said = sentence.split_whitespace().count() >= 2;
    (!said).then(|| Fault::new(&file.path, "must open with one `//!` sentence: what this file is for"))
}

pub fn length(file: &File) -> Option<Fault> {
    let lines = file.text.lines().count();
    let short = SHORT.iter().find(|(folder, _)| file.path.starts_with(folder));
    let most = short.map_or(LINES_MAX, |(_, most)| *most);
    let long = COUNTED.contains(&file.extension()) && lines > most;
    long.then(|| {
        Fault::new(&file.path, format!("{lines} lines, more than {most}: split it by what it is for"))
    })
}

pub fn words(file: &File) -> Vec<Fault> {
    if !WORDED.contains(&file.extension()) || file.path == "Cargo.lock" || file.path == "LICENSE" {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        for (head, tail, fix) in BANNED {
            if holds_word(line, &format!("{head}{tail}")) {
                faults
                    .push(Fault::new(format!("{}:{}", file.path, at + 1), format!("`{head}{tail}`: {fix}")));
            }
        }
    }
    faults
}

/// A word that is not a part of a longer one.
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        fn grows(inner: Option<char>, outer: Option<char>) -> bool {
            inner.is_some_and(char::is_alphanumeric) && outer.is_some_and(char::is_alphanumeric)
        }
        // A path's slash at the front may not continue a longer path of ours.
        let longer_path =
            word.starts_with('/') && before.is_some_and(|c| c.is_alphanumeric() || ".-_}".contains(c));
        !longer_path && !grows(word.chars().next(), before) && !grows(word.chars().last(), after)
    })
}

/// Documents name files that exist: in links and, with their folder, in code spans.
pub fn documents(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Fault> {
    if file.extension() != "md" {
        return Vec::new();
    }
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut faults = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let named = links(line).chain(code_spans(line).filter(|span| is_path(span)));
        let missing = named.filter(|name| {
            let name = name.split('#').next().unwrap_or_default();
            let name = name.trim_start_matches("./").trim_end_matches('/');
            !name.is_empty() && !exists(name) && !exists(&resolve(folder, name))
        });
        faults.extend(missing.map(|name| {
            Fault::new(format!("{}:{}", file.path, at + 1), format!("names `{name}`, which is not there"))
        }));
    }
    faults
}

fn resolve(folder: &str, name: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in name.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.trim()).filter(
        |target| !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:"),
    )
}

fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether a code span looks like a file of the repository: folders, a name and an extension that we use.
fn is_path(span: &str) -> bool {
    let plain = span.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
    let ours = ["rs", "md", "toml", "css", "js", "html", "sql", "service", "json", "sh"];
    let ending = span.rsplit_once('.').is_some_and(|(_, ending)| ours.contains(&ending));
    plain && ending && span.contains('/') && !span.starts_with('/')
}

#[test]
fn a_file_without_its_sentence_is_found() {
    for (text, fault) in [
        ("//! What this file is for.\n", false),
        ("//! .\n", true),
        ("use std::fmt;\n", true),
        ("// What this file is for.\n", true),
        ("", true),
    ] {
        assert_eq!(opening(&File::planted("a.rs", text)).is_some(), fault, "{text}");
    }
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(length(&File::planted("a.rs", &"x\n".repeat(700))), None);
    assert!(length(&File::planted("a.rs", &"x\n".repeat(701))).is_some());
    assert!(length(&File::planted("crates/store/src/a.rs", &"x\n".repeat(401))).is_some());
    assert_eq!(length(&File::planted("a.md", &"x\n".repeat(701))), None);
}

#[test]
fn banned_words_and_machine_paths_are_found() {
    for (head, tail, _) in BANNED {
        let text = format!("one\n// {head}{tail} now\n");
        let found = words(&File::planted("a.rs", &text));
        assert!(found.len() == 1 && found[0].place == "a.rs:2", "{text} {found:?}");
    }
    let fine = "MASTODON, .cleantrack/home/x, mastodo, /workshop, see docs/root/x\n";
    assert_eq!(words(&File::planted("a.md", fine)), []);
    let png = format!("{}{}", "TO", "DO");
    assert_eq!(words(&File::planted("a.png", &png)), []);
}

#[test]
fn documents_that_name_absent_files_are_found() {
    let exists = |path: &str| ["record/FORMAT.md", "record/src/tree.rs", "README.md"].contains(&path);
    let text = "[f](record/FORMAT.md) [a](#part) [w](https://x.y/z.md) `record/src/tree.rs` `src/tree.rs`\n\
        `record/src/gone.rs` [g](GONE.md) `a/b` `GET /x.md` `{a,b}/c.rs` [up](../README.md)\n";
    let faults = documents(&File::planted("record/NOTES.md", text), &exists);
    let named: Vec<&str> = faults.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(
        named,
        ["names `GONE.md`, which is not there", "names `record/src/gone.rs`, which is not there"]
    );
}
