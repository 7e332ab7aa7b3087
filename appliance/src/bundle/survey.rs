//! What the data folder contains: names and sizes of the box's own files, and of all others only their number.

use std::fmt::Write as _;
use std::path::Path;

/// Folders whose files the program names itself; what others are called follows from what people recorded.
const LISTED: [&str; 8] = ["", "log", "keys", "evidence", "salvage", "displaced", "fetched", "setup-request"];
const LISTED_MAX: usize = 500;
const DEPTH_MAX: usize = 4;

#[derive(Debug, Clone, Copy, Default)]
struct FolderSize {
    files: u64,
    bytes: u64,
}

/// The folder's tree as text.
pub fn survey_folder(data: &Path) -> String {
    let mut text = String::new();
    let total = walk_folder(data, "", 0, &mut text);
    let _ = writeln!(text, "{:>12}  {} files in all", total.bytes, total.files);
    text
}

fn walk_folder(folder: &Path, name: &str, depth: usize, text: &mut String) -> FolderSize {
    let mut size = FolderSize::default();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut listed = 0;
    for entry in entries {
        let Ok(meta) = entry.metadata() else { continue };
        let own = entry.file_name().to_string_lossy().into_owned();
        let path = if name.is_empty() { own } else { format!("{name}/{own}") };
        if meta.is_dir() && depth < DEPTH_MAX {
            let below = walk_folder(&entry.path(), &path, depth + 1, text);
            if depth == 0 {
                let _ = writeln!(text, "{:>12}  {path}/  {} files", below.bytes, below.files);
            }
            size.files += below.files;
            size.bytes += below.bytes;
        } else {
            size.files += 1;
            size.bytes += meta.len();
            if LISTED.contains(&name) && listed < LISTED_MAX {
                listed += 1;
                let _ = writeln!(text, "{:>12}  {path}", meta.len());
            }
        }
    }
    size
}

#[test]
fn photos_are_counted_and_not_named() {
    let data = tempfile::tempdir().unwrap();
    for (path, bytes) in [("log/1", 10), ("keys/box.key", 5), ("photos/ab/secret.jpg", 7), ("state.redb", 3)]
    {
        let path = data.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, vec![b'x'; bytes]).unwrap();
    }
    let text = survey_folder(data.path());
    for line in ["10  log/1", "5  keys/box.key", "3  state.redb", "7  photos/  1 files", "25  4 files in all"]
    {
        assert!(text.lines().any(|one| one.trim_start() == line), "{line}: {text}");
    }
    assert!(!text.contains("secret"), "{text}");
}
