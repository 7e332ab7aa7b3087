//! A rule about folders: no more files in one than a reader takes in at a glance.

use std::collections::BTreeMap;

use crate::Fault;
use crate::sources::Sources;

/// Files directly in a folder, of any kind.
const FILES_MAX: usize = 25;

pub fn check(sources: &Sources) -> Vec<Fault> {
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &sources.files {
        let folder = file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        *files.entry(folder).or_default() += 1;
    }
    files.retain(|_, files| *files > FILES_MAX);
    files
        .into_iter()
        .map(|(folder, files)| {
            let what = format!("{files} files, more than {FILES_MAX}: group them by subject in folders");
            Fault::new(folder, what)
        })
        .collect()
}

#[cfg(test)]
fn planted(paths: impl IntoIterator<Item = String>) -> Vec<String> {
    use crate::sources::File;
    let files = paths.into_iter().map(|path| File::planted(&path, "")).collect();
    check(&Sources::planted(files)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_folder_of_too_many_files_is_found() {
    let below = (0..FILES_MAX).map(|file| format!("a/src/b/c/{file}.html"));
    let full = (0..FILES_MAX).map(|file| format!("a/src/b/{file}.rs")).chain(below);
    assert_eq!(planted(full.clone()), [""; 0], "files of a folder below are not its own");
    let more = full.chain(["a/src/b/d.ftl".to_owned()]);
    assert_eq!(planted(more), ["a/src/b: 26 files, more than 25: group them by subject in folders"]);
    let of_root = (0..=FILES_MAX).map(|file| format!("{file}.md"));
    assert_eq!(planted(of_root), [".: 26 files, more than 25: group them by subject in folders"]);
}
