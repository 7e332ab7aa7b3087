//! Import circles: there are none between the files and folders of one folder, so that each reads top-down.

use std::collections::{BTreeMap, BTreeSet};

use crate::Fault;
use crate::imports::{module_of, named_inside, within};
use crate::sources::{File, Sources};

/// What a folder's `mod.rs` names is no part of a circle.
pub const CRATES: &[&str] = &[
    "api",
    "appliance",
    "firmware-config",
    "history",
    "labels",
    "record",
    "relay",
    "report",
    "service",
    "store",
    "web",
    "words",
];

pub fn check(folder: &str, sources: &Sources) -> Vec<Fault> {
    let krate = folder.split('/').next().unwrap_or_default();
    let files: Vec<&File> =
        sources.rust().filter(|file| file.top() == krate && !sources.is_test(&file.path)).collect();
    circles(folder, &files)
}

fn circles(folder: &str, files: &[&File]) -> Vec<Fault> {
    let krate = folder.split('/').next().unwrap_or_default();
    let mut arrows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let place = |file: &File| module_of(&file.path).map(|module| format!("{krate}/{}", module.join("/")));
    let places: BTreeSet<String> = files.iter().filter_map(|file| place(file)).collect();
    for file in files {
        let Some(from) = place(file).filter(|from| within(from, folder) && from != folder) else { continue };
        for named in named_inside(file) {
            let to = format!("{krate}/{named}");
            // The innermost folder that holds both, and the part of it that holds each.
            let common = from.split('/').zip(to.split('/')).take_while(|(one, other)| one == other).count();
            let [from, to] =
                [&from, &to].map(|path| path.split('/').take(common + 1).collect::<Vec<_>>().join("/"));
            let inside = within(&to, folder) && places.iter().any(|place| within(place, &to));
            if from != to && from.split('/').count() == to.split('/').count() && inside {
                arrows.entry((from, to)).or_default().insert(file.path.clone());
            }
        }
    }
    let reached = reached(arrows.keys());
    let mut faults = Vec::new();
    for ((from, to), by) in &arrows {
        if reached.get(to.as_str()).is_some_and(|back| back.contains(from.as_str())) {
            let by: Vec<&str> = by.iter().map(String::as_str).collect();
            faults.push(Fault::new(
                by.join(", "),
                format!("{from} names {to}, which leads back to it: cut one arrow"),
            ));
        }
    }
    faults
}

/// What can be reached from each place; a place itself only over others.
fn reached<'a>(arrows: impl Iterator<Item = &'a (String, String)>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        named.entry(from).or_default().push(to);
    }
    let mut reached = BTreeMap::new();
    for (from, first) in &named {
        let (mut seen, mut next) = (BTreeSet::new(), first.clone());
        while let Some(here) = next.pop() {
            if seen.insert(here) {
                next.extend(named.get(here).into_iter().flatten());
            }
        }
        reached.insert(*from, seen);
    }
    reached
}

#[test]
fn circles_between_files_and_between_folders_are_found() {
    fn file(path: &str, text: &str) -> File {
        File::planted(&format!("box/src/store/{path}"), text)
    }
    let straight = [
        file("mod.rs", "mod a; mod b; pub use self::a::A;"),
        file("a.rs", "use super::b::B;"),
        file("b.rs", "use service::clock::Now; struct B;"),
        file("d/mod.rs", "mod e; mod f; pub use self::e::D;"),
        file("d/e.rs", "use super::f::F; use super::super::b::B;"),
        file("d/f.rs", "struct F; #[cfg(test)] mod tests { use super::super::e::D; }"),
    ];
    fn found(files: &[File]) -> Vec<Fault> {
        circles("box", &files.iter().collect::<Vec<_>>())
    }
    assert_eq!(found(&straight), []);
    for (path, text, by) in [
        // Two files, three of them, and two of an inner folder.
        ("b.rs", "use super::a::A;", vec!["box/src/store/a.rs", "box/src/store/b.rs"]),
        ("b.rs", "use super::c::C;", vec!["box/src/store/a.rs", "box/src/store/b.rs", "box/src/store/c.rs"]),
        ("d/f.rs", "use super::e::D;", vec!["box/src/store/d/e.rs", "box/src/store/d/f.rs"]),
        // A file and a folder, and two folders.
        ("b.rs", "use super::d::e::D;", vec!["box/src/store/b.rs", "box/src/store/d/e.rs"]),
        ("d/f.rs", "use super::super::g::h::H;", vec!["box/src/store/d/f.rs", "box/src/store/g/h.rs"]),
    ] {
        let mut files = straight.to_vec();
        files.retain(|file| !file.path.ends_with(&format!("store/{path}")));
        let further =
            [file("c.rs", "use super::a::A;"), file("g/h.rs", "use super::super::d::e::D; struct H;")];
        files.extend([file(path, text)].into_iter().chain(further));
        let places: BTreeSet<String> = found(&files).into_iter().map(|fault| fault.place).collect();
        assert_eq!(places, by.into_iter().map(str::to_owned).collect(), "{path}: {text}");
    }
}
