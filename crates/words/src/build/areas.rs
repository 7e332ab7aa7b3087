//! The files of each area, found in the folders of languages and subjects.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::WordFile;
use crate::locale::Language;

pub(super) type AreaFiles = BTreeMap<Language, WordFile>;

pub(super) fn read_areas(folders: &[&Path], faults: &mut Vec<String>) -> BTreeMap<String, AreaFiles> {
    let mut areas: BTreeMap<String, AreaFiles> = BTreeMap::new();
    for place in folders.iter().flat_map(|folder| list_folder(folder, faults)).collect::<Vec<_>>() {
        let language = place.file_name().and_then(|name| Language::from_code(name.to_str()?));
        for path in list_language(&place, faults) {
            let shown = path.display().to_string();
            let (Some(language), Some(area)) = (language, area_of_file(&path)) else {
                faults.push(format!("{shown}: is not an area of a language"));
                continue;
            };
            let text = fs::read_to_string(&path).unwrap_or_else(|e| {
                faults.push(format!("{shown}: {e}"));
                String::new()
            });
            let file = WordFile::read(&shown, &text, faults);
            if let Some(other) = areas.entry(area).or_default().insert(language, file) {
                faults.push(format!("{shown}: this area is in {} too", other.path));
            }
        }
    }
    areas
}

fn list_language(folder: &Path, faults: &mut Vec<String>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in list_folder(folder, faults) {
        if path.is_dir() {
            files.extend(list_folder(&path, faults));
        } else {
            files.push(path);
        }
    }
    files
}

/// Sorted, so that the same messages make the same source everywhere.
fn list_folder(folder: &Path, faults: &mut Vec<String>) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<PathBuf> = listed.unwrap_or_else(|e: io::Error| {
        faults.push(format!("{}: {e}", folder.display()));
        Vec::new()
    });
    paths.sort();
    paths
}

/// `sign_in.ftl` is the area `sign_in`.
fn area_of_file(path: &Path) -> Option<String> {
    let area = path.file_name()?.to_str()?.strip_suffix(".ftl")?;
    let small = area.starts_with(|first: char| first.is_ascii_lowercase())
        && area.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    small.then(|| area.to_owned())
}
