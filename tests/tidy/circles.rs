//! Import circles: between the folders that lie in one folder there are none, and between its files none of more than two, so that
//! each reads top-down.

use std::collections::{BTreeMap, BTreeSet};

use crate::Fault;
use crate::imports::{module_of, named_inside, within};
use crate::sources::{File, Sources};

/// Crates that are looked at. What a folder's `mod.rs` says of itself is a door, and no part of a circle.
pub const CRATES: &[&str] = &[
    "appliance",
    "firmware-config",
    "history",
    "labels",
    "record",
    "relay",
    "service",
    "store",
    "web",
    "words",
];

/// Circles in a folder and in those that lie in it.
pub fn check(folder: &str, sources: &Sources) -> Vec<Fault> {
    let krate = folder.split('/').next().unwrap_or_default();
    let of_crate = |file: &&File| file.top() == krate && !sources.is_test(&file.path);
    let files: Vec<&File> = sources.rust().filter(of_crate).collect();
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
            // The folder in which their ways part, and where each goes on from there.
            let common = from.split('/').zip(to.split('/')).take_while(|(one, other)| one == other).count();
            let part = |path: &str| path.split('/').take(common + 1).collect::<Vec<_>>().join("/");
            let (from, to) = (part(&from), part(&to));
            let inside = within(&to, folder) && places.iter().any(|place| within(place, &to));
            if from != to && from.split('/').count() == to.split('/').count() && inside {
                arrows.entry((from, to)).or_default().insert(file.path.clone());
            }
        }
    }
    let is_folder = |path: &str| places.iter().any(|place| place != path && within(place, path));
    let reached = reached(arrows.keys());
    let mut faults = Vec::new();
    for ((from, to), by) in &arrows {
        let parts: BTreeSet<&str> = reached[from.as_str()]
            .iter()
            .copied()
            .filter(|part| reached.get(part).is_some_and(|back| back.contains(from.as_str())))
            .collect();
        let is_pair = parts.len() == 2 && !parts.iter().any(|part| is_folder(part));
        if parts.contains(to.as_str()) && !is_pair {
            let by: Vec<&str> = by.iter().map(String::as_str).collect();
            faults.push(Fault::new(
                by.join(", "),
                format!("{from} names {to}, which leads back to it: cut one arrow"),
            ));
        }
    }
    faults
}

/// What can be reached from each place from which an arrow goes out; a place itself only over others.
fn reached<'a>(arrows: impl Iterator<Item = &'a (String, String)>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        named.entry(from).or_default().push(to);
    }
    let all = |from: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), named[from].clone());
        while let Some(here) = next.pop() {
            if seen.insert(here) {
                next.extend(named.get(here).into_iter().flatten());
            }
        }
        seen
    };
    named.keys().map(|from| (*from, all(from))).collect()
}

#[test]
fn circles_between_files_and_between_folders_are_found() {
    let file = |path: &str, text: &str| File::planted(&format!("box/src/store/{path}"), text);
    let straight = [
        file("mod.rs", "mod a; mod b; pub use self::a::A;"),
        file("a.rs", "use super::b::B;"),
        file("b.rs", "use service::clock::Now; struct B;"),
        file("d/mod.rs", "mod e; mod f; pub use self::e::D;"),
        file("d/e.rs", "use super::f::F; use super::super::b::B;"),
        file("d/f.rs", "struct F; #[cfg(test)] mod tests { use super::super::e::D; }"),
    ];
    let found = |files: &[File]| circles("box", &files.iter().collect::<Vec<_>>());
    assert_eq!(found(&straight), []);
    for (path, text, by) in [
        // Two files may need each other.
        ("b.rs", "use super::a::A;", vec![]),
        ("d/f.rs", "use super::e::D;", vec![]),
        ("b.rs", "use super::c::C;", vec!["box/src/store/a.rs", "box/src/store/b.rs", "box/src/store/c.rs"]),
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
