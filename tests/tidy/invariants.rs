//! The documented invariants of the store name their tests: each of them exists.

use crate::Fault;
#[cfg(test)]
use crate::sources::File;
use crate::sources::Sources;

const PATH: &str = "docs/invariants.md";
/// Lines above a function that may hold its attribute.
const ATTRIBUTES_MAX: usize = 3;

pub fn check(sources: &Sources) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, line) in sources.text(PATH).lines().enumerate() {
        let Some((what, tests)) = line.strip_prefix("| ").and_then(|row| row.rsplit_once(" | ")) else {
            continue;
        };
        if what == "what holds" || what.starts_with("---") {
            continue;
        }
        let place = format!("{PATH}:{}", at + 1);
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            faults.push(Fault::new(&place, "names no test: what nobody tries does not hold"));
        }
        for name in named.into_iter().filter(|name| !is_test(sources, name)) {
            faults.push(Fault::new(&place, format!("names the test `{name}`, which is not there")));
        }
    }
    faults
}

/// Whether a function of this name is a test: by an attribute, in a table of properties, or as one of the
/// relay's stories, which its main test runs in turn.
fn is_test(sources: &Sources, name: &str) -> bool {
    let opening = format!("fn {name}(");
    sources.rust().any(|file| {
        let lines: Vec<&str> = file.text.lines().collect();
        let found = lines.iter().position(|line| line.contains(&opening));
        found.is_some_and(|at| {
            let above = &lines[at.saturating_sub(ATTRIBUTES_MAX)..at];
            let attribute = above.iter().any(|line| {
                let line = line.trim();
                line == "#[test]" || line.starts_with("#[tokio::test")
            });
            attribute || lines[at].contains("(dbs: impl Databases)")
        })
    })
}

#[test]
fn a_row_without_a_test_is_found() {
    fn table(tests: &str) -> File {
        File::planted(PATH, &format!("| what holds | tests |\n| --- | --- |\n| a | {tests} |\n"))
    }
    let tests = File::planted(
        "a/src/lib.rs",
        "#[test]\nfn it_holds() {}\nfn it_helps() {}\n#[tokio::test]\nasync fn it_waits() {}\n",
    );
    for (row, faults) in [("`it_holds` `it_waits`", 0), ("`it_is_gone`", 1), ("nothing", 1)] {
        let sources = Sources::planted(vec![table(row), tests.clone()]);
        assert_eq!(check(&sources).len(), faults, "{row}");
    }
    let far = File::planted("b/src/lib.rs", "#[test]\nfn one() {}\n\n\nfn it_helps() {}\n");
    assert_eq!(check(&Sources::planted(vec![table("`it_helps`"), far])).len(), 1, "it is no test");
}
