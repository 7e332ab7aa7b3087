//! Import circles: between the files and folders that lie in one folder there are none, so that each reads top-down.

use std::collections::{BTreeMap, BTreeSet};

use crate::Fault;
use crate::imports::{module_of, named_inside, within};
use crate::sources::{File, Sources};

/// Folders that are looked at, by crate and module. What a folder's `mod.rs` says of itself is a door, and no part of a circle.
pub const FOLDERS: &[&str] = &["appliance/store", "appliance/web"];

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
    let mut faults = Vec::new();
    for ((from, to), by) in &arrows {
        if reaches(&arrows, to, from) {
            let by: Vec<&str> = by.iter().map(String::as_str).collect();
            faults.push(Fault::new(
                by.join(", "),
                format!("{from} names {to}, which leads back to it: cut one arrow"),
            ));
        }
    }
    faults
}

fn reaches(arrows: &BTreeMap<(String, String), BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(here) = next.pop() {
        if here == to {
            return true;
        }
        if seen.insert(here) {
            next.extend(arrows.keys().filter(|(from, _)| from == here).map(|(_, to)| to.as_str()));
        }
    }
    false
}

#[test]
fn circles_between_files_and_between_folders_are_found() {
    let file = |path: &str, text: &str| File::planted(&format!("box/src/store/{path}"), text);
    let straight = [
        file("mod.rs", "mod a; mod b; pub use self::a::A;"),
        file("a.rs", "use super::b::B; use super::d::D;"),
        file("b.rs", "use service::clock::Now; struct B;"),
        file("d/mod.rs", "mod e; mod f; pub use self::e::D;"),
        file("d/e.rs", "use super::f::F; use super::super::b::B;"),
        file("d/f.rs", "struct F; #[cfg(test)] mod tests { use super::super::e::D; }"),
    ];
    let found = |files: &[File]| circles("box/store", &files.iter().collect::<Vec<_>>());
    assert_eq!(found(&straight), []);
    for (path, text, by) in [
        ("b.rs", "use super::a::A;", vec!["box/src/store/a.rs", "box/src/store/b.rs"]),
        ("b.rs", "use super::d::e::D;", vec!["box/src/store/b.rs", "box/src/store/d/e.rs"]),
        ("d/f.rs", "use super::e::D;", vec!["box/src/store/d/e.rs", "box/src/store/d/f.rs"]),
    ] {
        let mut files = straight.to_vec();
        files.retain(|file| !file.path.ends_with(&format!("store/{path}")));
        files.push(file(path, text));
        let places: BTreeSet<String> = found(&files).into_iter().map(|fault| fault.place).collect();
        assert!(by.iter().all(|by| places.contains(*by)), "{path}: {text}: {places:?}");
    }
}
