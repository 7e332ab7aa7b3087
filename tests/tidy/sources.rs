//! The repository's own files, read once: what git would hand out, without what builds leave behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SKIPPED: &[&str] = &[".git", "target", "node_modules"];

/// A text file of the repository; anything else has no text.
#[derive(Debug, Clone)]
pub struct File {
    /// Relative to the repository, with slashes.
    pub path: String,
    /// Empty for a file that is not UTF-8.
    pub text: String,
}

impl File {
    #[cfg(test)]
    pub fn planted(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn extension(&self) -> &str {
        self.path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, e)| e)
    }

    /// Without the folders in which libraries are: it begins with the crate, for a file of one.
    pub fn inside(&self) -> &str {
        let path = self.path.strip_prefix("crates/").unwrap_or(&self.path);
        if path.starts_with("relay/billing/") { path.strip_prefix("relay/").unwrap_or(path) } else { path }
    }

    /// The first folder: the crate, for a file of one.
    pub fn top(&self) -> &str {
        self.inside().split('/').next().unwrap_or_default()
    }
}

pub struct Sources {
    root: PathBuf,
    pub files: Vec<File>,
    /// Compiled only for tests, because their parent says so.
    test_modules: BTreeSet<String>,
}

impl Sources {
    pub fn of_repository() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        read_into(&root, "", &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(files.iter().any(|f| f.path == "Cargo.toml"), "the repository was not found");
        Self::from_files(root, files)
    }

    fn from_files(root: PathBuf, files: Vec<File>) -> Self {
        let test_modules = files.iter().filter(|f| f.extension() == "rs").flat_map(test_modules_of).collect();
        Self { root, files, test_modules }
    }

    #[cfg(test)]
    pub fn planted(files: Vec<File>) -> Self {
        Self::from_files(PathBuf::new(), files)
    }

    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| f.extension() == "rs")
    }

    pub fn text(&self, path: &str) -> String {
        self.files.iter().find(|f| f.path == path).map(|f| f.text.clone()).unwrap_or_default()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.files.iter().any(|f| f.path == path || f.path.starts_with(&format!("{path}/")))
            || self.root.join(path).exists()
    }

    /// Whether a file is compiled only for tests or benches.
    pub fn is_test(&self, path: &str) -> bool {
        path.starts_with("tests/")
            || path.contains("/tests/")
            || path.contains("/benches/")
            || self
                .test_modules
                .iter()
                .any(|m| path == format!("{m}.rs") || path.starts_with(&format!("{m}/")))
    }
}

fn read_into(root: &Path, below: &str, files: &mut Vec<File>) {
    let entries = std::fs::read_dir(root.join(below)).unwrap_or_else(|e| panic!("{below}: {e}"));
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !SKIPPED.contains(&name.as_str()) => read_into(root, &path, files),
            Ok(kind) if kind.is_file() => {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                files.push(File { path, text: String::from_utf8(bytes).unwrap_or_default() });
            }
            _ => {}
        }
    }
}

/// The places of modules that a file declares under `#[cfg(test)]`, without their `.rs`.
fn test_modules_of(file: &File) -> Vec<String> {
    let folder = module_folder(&file.path);
    let Ok(parsed) = syn::parse_file(&file.text) else { return Vec::new() };
    let declared = parsed.items.iter().filter_map(|item| match item {
        syn::Item::Mod(m) if m.content.is_none() && is_for_tests(&m.attrs) => {
            Some(format!("{folder}/{}", m.ident))
        }
        _ => None,
    });
    declared.collect()
}

/// Where the submodules of a file live.
fn module_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    }
}

pub fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        let list = a.meta.require_list().map(|l| l.tokens.to_string()).unwrap_or_default();
        a.path().is_ident("test")
            || a.path().is_ident("cfg") && list.split(|c: char| !c.is_alphanumeric()).any(|w| w == "test")
    })
}

#[test]
fn files_of_tests_are_known() {
    let sources = Sources::planted(vec![
        File::planted("relay/src/db/mod.rs", "#[cfg(test)] mod fixtures; mod real;"),
        File::planted("relay/src/tally.rs", "#[cfg(test)] mod tests;"),
    ]);
    for (path, test) in [
        ("relay/src/db/fixtures.rs", true),
        ("relay/src/db/fixtures/one.rs", true),
        ("relay/src/db/real.rs", false),
        ("relay/src/tally/tests.rs", true),
        ("relay/tests/mqtt/main.rs", true),
        ("tests/src/lib.rs", true),
    ] {
        assert_eq!(sources.is_test(path), test, "{path}");
    }
}
