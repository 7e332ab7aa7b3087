//! Third-party files in the repository: each is what its list of sums says, and has its licence beside it.

use std::path::Path;

use record::tree::Hash;

use crate::Fault;
use crate::sources::Sources;

const SUMS: &str = "SHA256SUMS";

pub fn check(sources: &Sources) -> Vec<Fault> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let lists = sources.files.iter().filter(|file| file.path.ends_with(SUMS));
    lists.flat_map(|list| check_folder(&root, &list.path, &list.text, sources)).collect()
}

fn check_folder(root: &Path, list: &str, sums: &str, sources: &Sources) -> Vec<Fault> {
    let folder = list.trim_end_matches(SUMS);
    let mut faults = Vec::new();
    let listed: Vec<(&str, &str)> = sums.lines().filter_map(|line| line.split_once("  ")).collect();
    for (sum, name) in &listed {
        let found = std::fs::read(root.join(folder).join(name)).map(|bytes| Hash::of(&bytes).to_string());
        if found.ok().as_deref() != Some(*sum) {
            faults.push(Fault::new(format!("{folder}{name}"), format!("is not the file that {SUMS} names")));
        }
    }
    let inside = sources.files.iter().filter_map(|file| file.path.strip_prefix(folder));
    let unlisted = inside.filter(|name| *name != SUMS && !listed.iter().any(|(_, known)| known == name));
    faults.extend(unlisted.map(|name| Fault::new(format!("{folder}{name}"), format!("is not in {SUMS}"))));
    if !listed.iter().any(|(_, name)| name.starts_with("LICENSE")) {
        faults.push(Fault::new(folder, "has no licence beside it"));
    }
    faults
}
