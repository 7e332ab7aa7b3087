//! The kinds of damage that a file of the data folder can have.

use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DamageKind {
    Untouched,
    Gone,
    Empty,
    /// Only the first half is there of what was written; zeros after it do not count.
    Cut,
    Noise,
    TooLong,
    /// Swapped with another of its kind; where the folder has no other, with another box's.
    Swapped,
    Folder,
}

pub const ALL: [DamageKind; 7] = [
    DamageKind::Gone,
    DamageKind::Empty,
    DamageKind::Cut,
    DamageKind::Noise,
    DamageKind::TooLong,
    DamageKind::Swapped,
    DamageKind::Folder,
];

pub enum Other {
    Local(PathBuf),
    Foreign(PathBuf),
}

/// No text, no key, no JSON and no number, in whatever piece of it.
fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from((at * 151 + 61) % 127).unwrap_or(0) | 0x80).collect()
}

impl DamageKind {
    /// `other` is what `path` is swapped with.
    pub fn spoil(self, path: &Path, other: impl FnOnce() -> Other) {
        if self == Self::Untouched {
            return;
        }
        let bytes = if path.is_file() { std::fs::read(path).unwrap() } else { vec![b'7'; 64] };
        let wrong = match self {
            Self::Untouched | Self::Gone | Self::Folder | Self::Empty => Vec::new(),
            Self::Cut => {
                let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                bytes[..written / 2].to_vec()
            }
            Self::Noise => noise(bytes.len().max(64)),
            Self::TooLong => [bytes, noise(100_000)].concat(),
            Self::Swapped => match other() {
                Other::Local(own) => {
                    let others = std::fs::read(&own).unwrap();
                    write(&own, &bytes);
                    others
                }
                Other::Foreign(foreign) => std::fs::read(foreign).unwrap_or_default(),
            },
        };
        remove(path);
        match self {
            Self::Untouched | Self::Gone => {}
            Self::Folder => std::fs::create_dir_all(path.join("inside")).unwrap(),
            _ => write(path, &wrong),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    // The mode of the box's secrets; readable ones it refuses for another reason.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, mode).unwrap();
}

fn remove(path: &Path) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path).unwrap();
    }
}
