//! What an archive holds: its first and last file, and the paths between them.

use record::ids::{BoxId, Epoch};
use record::tree::Hash;
use serde::{Deserialize, Serialize};

pub const FORM: u32 = 1;
/// The first file of each backup and each file of photos.
pub const HEAD: &str = "head.json";
/// The last one: everything before it is compared with it.
pub const MANIFEST: &str = "backup.json";
/// The photos of a backup, one per line: hash, length.
pub const PHOTOS: &str = "photos.txt";
pub const SETTINGS: &str = "settings.toml";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupKind {
    /// The log and all that is not a photo.
    Box,
    Photos,
    /// All that a facility may take along, photos included, in one file, without what only the box itself may have.
    Archive,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupHead {
    pub form: u32,
    pub kind: BackupKind,
    #[serde(rename = "box")]
    pub box_id: BoxId,
    pub program: String,
}

/// Only the format version, which every later program stores in the same place.
#[derive(Debug, Deserialize)]
pub(crate) struct BackupForm {
    pub(crate) form: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    pub path: String,
    pub bytes: u64,
    pub sha256: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLog {
    pub epoch: Epoch,
    pub size: u64,
    pub root: Hash,
    /// Whether that was all that the box's files had of it.
    pub whole: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupManifest {
    #[serde(rename = "box")]
    pub box_id: BoxId,
    pub facility: String,
    /// The number of its label, from which a restored box continues.
    #[serde(default)]
    pub number: u64,
    /// When it was begun, milliseconds since 1970.
    pub taken_ms: i64,
    pub epoch: Epoch,
    pub checkpoint: String,
    pub logs: Vec<StoredLog>,
    pub photos: u64,
    pub parts: Vec<PartRef>,
    pub files: Vec<BackupFile>,
}

impl BackupManifest {
    pub fn entries(&self) -> u64 {
        self.logs.iter().map(|log| log.size).sum()
    }

    pub fn newest(&self) -> Option<&StoredLog> {
        self.logs.iter().find(|log| log.epoch == self.epoch)
    }
}

/// A file of photos, by its name and what it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRef {
    pub name: String,
    pub bytes: u64,
    pub sha256: Hash,
}

/// A photo, by its hash, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoFile {
    pub hash: Hash,
    pub bytes: u64,
}

/// The end of a file of photos.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartManifest {
    pub files: Vec<BackupFile>,
}

/// Whether a path may occur in a backup of this kind: names of our own files, and no key that signs the log.
pub(crate) fn is_own_path(kind: BackupKind, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match (kind, parts.as_slice()) {
        (_, [HEAD | MANIFEST]) | (BackupKind::Box, ["state.redb"]) => true,
        (BackupKind::Box | BackupKind::Archive, [PHOTOS | SETTINGS]) => true,
        (BackupKind::Box | BackupKind::Archive, ["log", epoch, name]) => {
            epoch.parse::<Epoch>().is_ok() && is_plain_name(name) && name.contains(".jsonl")
        }
        (BackupKind::Box, ["keys", name]) => is_plain_name(name) && !is_signing_key(name),
        (BackupKind::Archive, ["keys", name]) => {
            *name == "box.id" || name.starts_with("log-") && is_plain_name(name) && !is_signing_key(name)
        }
        (BackupKind::Box | BackupKind::Archive, ["runs" | "displaced" | "evidence", name]) => {
            is_plain_name(name)
        }
        // A thumbnail is not named by what it is, so nothing would show that it is another one's.
        (BackupKind::Archive, ["photos", _, name]) if name.ends_with(".t.jpg") => false,
        (BackupKind::Photos | BackupKind::Archive, ["photos", folder, name]) => {
            photo_of(name).is_some_and(|photo| folder.len() == 2 && photo.to_string().starts_with(folder))
        }
        _ => false,
    }
}

/// The photo that a file is of: itself, or its thumbnail.
pub fn photo_of(name: &str) -> Option<Hash> {
    name.strip_suffix(".t.jpg").or_else(|| name.strip_suffix(".jpg"))?.parse().ok()
}

/// Whether a file of `keys/` signs the log: those are in no backup, whoever made it.
pub fn is_signing_key(name: &str) -> bool {
    name.starts_with("log-") && !name.ends_with(".pub")
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_files_are_taken_out_of_a_backup() {
        let hash = Hash::of(b"x").to_string();
        let (folder, epoch) = (&hash[..2], "1-00ab0102");
        for path in [
            "head.json".to_owned(),
            format!("log/{epoch}/000000000000.jsonl.zst"),
            format!("log/{epoch}/000000000000.jsonl"),
            "keys/box.id".to_owned(),
            "keys/log-1.pub".to_owned(),
            "keys/https-ca.key".to_owned(),
            "state.redb".to_owned(),
        ] {
            assert!(is_own_path(BackupKind::Box, &path), "{path}");
        }
        for name in [format!("{hash}.jpg"), format!("{hash}.t.jpg")] {
            assert!(is_own_path(BackupKind::Photos, &format!("photos/{folder}/{name}")));
            assert!(!is_own_path(BackupKind::Box, &format!("photos/{folder}/{name}")));
        }
        for path in [
            "../state.redb",
            "/etc/passwd",
            "keys/../../x",
            "keys/.ssh",
            "keys/log-1.key",
            "keys/log-1.next",
            "keys/log-1.key.bad",
            "log/1-00ab0102/../x.jsonl",
            "log/x/000000000000.jsonl",
            "cleantrack.redb",
            "restore.unfinished",
            "lock",
            "evidence/a b",
            "keys/",
            "",
        ] {
            assert!(!is_own_path(BackupKind::Box, path), "{path}");
        }
        assert!(!is_own_path(BackupKind::Photos, &format!("photos/zz/{hash}.jpg")));
        for path in ["keys/log-1.pub", "keys/box.id", "settings.toml", &format!("photos/{folder}/{hash}.jpg")]
        {
            assert!(is_own_path(BackupKind::Archive, path), "{path}");
        }
        for path in ["keys/log-1.key", "keys/https-ca.key", "keys/badge.key", "keys/relay.json", "state.redb"]
        {
            assert!(!is_own_path(BackupKind::Archive, path), "{path} is the box's own");
        }
    }
}
