//! The ways in which a file of the data folder can go wrong, and copies of a folder to try them on.

use std::path::Path;

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Gone,
    Empty,
    /// Only the first half is there of what was written; zeros behind it do not count.
    Cut,
    /// As long as it was, and nothing of it right.
    Noise,
    /// Something else stands behind it.
    TooLong,
    /// It is another box's.
    Swapped,
    /// A folder lies in its place.
    Folder,
}

pub const ALL: [Way; 7] =
    [Way::Gone, Way::Empty, Way::Cut, Way::Noise, Way::TooLong, Way::Swapped, Way::Folder];

/// No text, no key, no JSON and no number, in whatever piece of it.
fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from((at * 151 + 61) % 127).unwrap_or(0) | 0x80).collect()
}

impl Way {
    /// Does it to `path`; `other` is the same file of another box.
    pub fn spoil(self, path: &Path, other: &Path) {
        let bytes = if path.is_file() { std::fs::read(path).unwrap() } else { vec![b'7'; 64] };
        remove(path);
        let wrong = match self {
            Self::Gone => return,
            Self::Folder => return std::fs::create_dir_all(path.join("inside")).unwrap(),
            Self::Empty => Vec::new(),
            Self::Cut => {
                let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                bytes[..written / 2].to_vec()
            }
            Self::Noise => noise(bytes.len().max(64)),
            Self::TooLong => [bytes, noise(100_000)].concat(),
            Self::Swapped => std::fs::read(other).unwrap(),
        };
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, wrong).unwrap();
        // As the box keeps its secrets; readable ones it refuses for another reason.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, mode).unwrap();
    }
}

/// Removes whatever lies there, if anything does.
fn remove(path: &Path) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path).unwrap();
    }
}

/// Copies a data folder of a box that does not run, but for what it holds in reserve.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, name) = (entry.file_type().unwrap(), entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &to.join(&name));
        } else if kind.is_file() && name != "ballast" {
            std::fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}
