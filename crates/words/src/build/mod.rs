//! The generator for build scripts: reads folders of Fluent files, refuses what would else show when a page is drawn, and
//! writes one type for each area with a function for each message.
//!
//! A folder of messages holds `<language>/<area>.ftl`. An area has a file in `en`, and in each other language either a
//! complete one or none. The build fails, and every fault is named at once, when
//! - a file does not parse, or lies where no language or area is
//! - a key stands twice, or is not two or more small words with hyphens (`page-words`): a function has its name
//! - a file lacks a message that English has, or has one more
//! - a message has other variables than in English, or counts with one here and not there, or compares with other words
//! - a message contains `<`, `&` or two blanks: markup comes in through slots
//! - a message names another message, a term that its file has not, or a function that is not `NUMBER($variable)`
//!
//! A variable that a selector counts (`[one]`, `[0]`) or that `NUMBER` writes takes a number, one that is compared with
//! words takes a text, any other takes both and slots. Arguments stand in the order of their variables' names, so that a
//! sentence can be reworded without a call that changes its meaning.
//!
//! Messages whose key begins with `form-` may go without a call: forms find them by the names of their fields, and a test of
//! each program asks for those.

mod file;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::locale::Language;
use file::WordFile;

/// The files of one area.
type AreaFiles = BTreeMap<Language, WordFile>;

/// A build script's whole work: reads these folders, relative to the package, and writes `words.rs` into `OUT_DIR`, to be
/// included by a module of the crate. Faults are cargo's errors: they fail the build.
pub fn generate_words(folders: &[&str]) {
    let path = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default().join("words.rs");
    let source = generate_source(&folders.iter().map(Path::new).collect::<Vec<_>>());
    let written = source.and_then(|source| fs::write(&path, source).map_err(|e| vec![e.to_string()]));
    let watched = folders.iter().map(|folder| format!("cargo::rerun-if-changed={folder}\n"));
    let errors = written.err().into_iter().flatten().map(|fault| format!("cargo::error={fault}\n"));
    // Cargo reads these lines; a build script that nobody reads is not in a build.
    let _ = io::stdout().write_all(watched.chain(errors).collect::<String>().as_bytes());
}

/// The source of all areas in these folders.
///
/// # Errors
/// Every fault of the messages, each a line that names the file.
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

fn read_areas(folders: &[&Path], faults: &mut Vec<String>) -> BTreeMap<String, AreaFiles> {
    let mut areas: BTreeMap<String, AreaFiles> = BTreeMap::new();
    for place in folders.iter().flat_map(|folder| list_folder(folder, faults)).collect::<Vec<_>>() {
        let language = place.file_name().and_then(|name| Language::from_code(name.to_str()?));
        for path in list_folder(&place, faults) {
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
            if areas.entry(area).or_default().insert(language, file).is_some() {
                faults.push(format!("{shown}: another folder has this area too"));
            }
        }
    }
    areas
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
