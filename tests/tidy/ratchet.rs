//! Lists of names that do not follow the rules yet: what is in no list is a fault, and a list may only shrink.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Fault;
use crate::sources::Sources;

const FOLDER: &str = "tests/tidy/kept";

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// As its list writes it: the crate, and the name in it.
    pub entry: String,
    pub place: String,
}

/// A rule that some names still break.
pub struct Ratchet {
    pub list: &'static str,
    pub fix: &'static str,
}

impl Ratchet {
    fn path(&self) -> String {
        format!("{FOLDER}/{}.txt", self.list)
    }

    /// `WRITE_DOCS=1` first removes from the list what is no longer found, and writes a missing list.
    pub fn check(&self, findings: &[Finding], sources: &Sources) -> Vec<Fault> {
        let path = self.path();
        let mut listed = sources.exists(&path).then(|| sources.text(&path));
        if std::env::var_os("WRITE_DOCS").is_some() {
            let shrunk = shrink(listed.as_deref(), findings);
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&path);
            std::fs::write(&file, &shrunk).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            listed = Some(shrunk);
        }
        self.compare(&listed.unwrap_or_default(), findings)
    }

    fn compare(&self, listed: &str, findings: &[Finding]) -> Vec<Fault> {
        let lines: Vec<&str> = listed.lines().collect();
        let mut faults = Vec::new();
        if !lines.is_sorted() {
            faults.push(Fault::new(self.path(), "its lines are sorted"));
        }
        let (listed, found) = (count(lines.into_iter()), count(entries(findings)));
        for (entry, times) in &found {
            if *times > listed.get(entry).copied().unwrap_or(0) {
                let places = findings.iter().filter(|finding| finding.entry == *entry);
                let places: Vec<&str> = places.map(|finding| finding.place.as_str()).collect();
                faults.push(Fault::new(places.join(", "), format!("`{entry}`: {}", self.fix)));
            }
        }
        for (entry, times) in &listed {
            if *times > found.get(entry).copied().unwrap_or(0) {
                let what = format!("`{entry}` is no longer needed: WRITE_DOCS=1 takes it out");
                faults.push(Fault::new(self.path(), what));
            }
        }
        faults
    }
}

fn entries(findings: &[Finding]) -> impl Iterator<Item = &str> {
    findings.iter().map(|finding| finding.entry.as_str())
}

fn count<'a>(entries: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut times = BTreeMap::new();
    for entry in entries {
        *times.entry(entry).or_default() += 1;
    }
    times
}

/// The list without what is no longer found; all that is found where there is no list yet.
fn shrink(listed: Option<&str>, findings: &[Finding]) -> String {
    let found = count(entries(findings));
    let most = listed.map(|listed| count(listed.lines()));
    let mut lines = String::new();
    for (entry, times) in found {
        let times = most.as_ref().map_or(times, |most| times.min(most.get(entry).copied().unwrap_or(0)));
        lines.push_str(&format!("{entry}\n").repeat(times));
    }
    lines
}

#[cfg(test)]
fn finding(entry: &str, line: usize) -> Finding {
    Finding { entry: entry.to_owned(), place: format!("a/src/b.rs:{line}") }
}

#[test]
fn what_is_new_and_what_is_no_longer_needed_are_found() {
    let ratchet = Ratchet { list: "rows", fix: "name it" };
    let found = [finding("a Row", 1), finding("a Row", 2), finding("b Row", 3)];
    let compare =
        |listed: &str| ratchet.compare(listed, &found).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(compare("a Row\na Row\nb Row\n"), [""; 0]);
    assert_eq!(compare("a Row\nb Row\n"), ["a/src/b.rs:1, a/src/b.rs:2: `a Row`: name it"]);
    assert_eq!(
        compare(""),
        ["a/src/b.rs:1, a/src/b.rs:2: `a Row`: name it", "a/src/b.rs:3: `b Row`: name it"]
    );
    let idle = "tests/tidy/kept/rows.txt: `c Row` is no longer needed: WRITE_DOCS=1 takes it out";
    assert_eq!(compare("a Row\na Row\nb Row\nc Row\n"), [idle]);
    assert_eq!(compare("a Row\na Row\nb Row\nb Row\n").len(), 1);
    assert_eq!(compare("b Row\na Row\na Row\n"), ["tests/tidy/kept/rows.txt: its lines are sorted"]);
}

#[test]
fn a_list_is_written_only_smaller() {
    let found = [finding("b", 1), finding("a", 2), finding("a", 3)];
    assert_eq!(shrink(None, &found), "a\na\nb\n");
    assert_eq!(shrink(Some("a\nc\n"), &found), "a\n", "what is new does not get in by writing");
    assert_eq!(shrink(Some("a\na\na\nb\n"), &found), "a\na\nb\n");
    assert_eq!(shrink(Some("a\n"), &[]), "");
}
