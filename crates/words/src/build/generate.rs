//! The build script's work: all areas read, compared and written as source.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::areas::read_areas;
use super::source;
use crate::locale::Language;

/// Relative to the package; writes `words.rs` into `OUT_DIR`, to be included by a module of the crate. Faults
/// are cargo's errors: they fail the build.
pub fn generate_words(folders: &[&str]) {
    let path = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default().join("words.rs");
    let source = generate_source(&folders.iter().map(Path::new).collect::<Vec<_>>());
    let written = source.and_then(|source| fs::write(&path, source).map_err(|e| vec![e.to_string()]));
    // Cargo looks through the whole folder, subjects too.
    let watched = folders.iter().map(|folder| format!("cargo::rerun-if-changed={folder}\n"));
    let errors = written.err().into_iter().flatten().map(|fault| format!("cargo::error={fault}\n"));
    // Cargo reads these lines.
    let _ = io::stdout().write_all(watched.chain(errors).collect::<String>().as_bytes());
}

pub fn generate_source(folders: &[&Path]) -> Result<String, Vec<String>> {
    let mut faults = Vec::new();
    let areas = read_areas(folders, &mut faults);
    let mut source = String::new();
    let mut functions: BTreeMap<String, &str> = BTreeMap::new();
    for (name, files) in &areas {
        let Some(english) = files.get(&Language::English) else {
            faults.push(format!("{name}: this area has no file in `en`"));
            continue;
        };
        for key in english.messages.keys() {
            if let Some(area) = functions.insert(source::function_name(key), name) {
                let path = &english.path;
                faults.push(format!("{path}: `{key}` has the name of another message of `{area}`"));
            }
        }
        let others = files.values().filter(|file| file.path != english.path);
        others.for_each(|file| file.compare_with(english, &mut faults));
        source += &source::write_area(name, files, english);
    }
    if faults.is_empty() { Ok(source) } else { Err(faults) }
}
