//! A backup's metadata, inside and beside it.

use record::ids::{BoxId, Epoch};
use record::tree::Hash;
use serde::{Deserialize, Serialize};

pub(super) const FORM: u32 = 1;
/// The first file of each backup and each file of photos.
pub(super) const HEAD: &str = "head.json";
/// The last one: everything before it is compared with it.
pub(super) const MANIFEST: &str = "backup.json";
/// The photos of a backup, one per line: hash, length.
pub(super) const PHOTOS: &str = "photos.txt";
pub(super) const SETTINGS: &str = "settings.toml";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BackupKind {
    /// The log and all that is not a photo.
    Box,
    Photos,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BackupHead {
    pub(super) form: u32,
    pub(super) kind: BackupKind,
    #[serde(rename = "box")]
    pub(super) box_id: BoxId,
    pub(super) program: String,
}

/// Only the format version, which every later program stores in the same place.
#[derive(Debug, Deserialize)]
pub(super) struct BackupForm {
    pub(super) form: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BackupFile {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: Hash,
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
    pub(super) files: Vec<BackupFile>,
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

/// The end of a file of photos.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PartManifest {
    pub(super) files: Vec<BackupFile>,
}

/// The file beside a backup, not encrypted: enough to identify it, and nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupLabel {
    pub form: u32,
    #[serde(rename = "box")]
    pub box_id: BoxId,
    /// One more than every earlier one of this box had, on whatever stick: the clock may have been wrong then, and the files of one
    /// stick may be moved to another. Those of programs that did not count have none, and were written before all that have one.
    #[serde(default)]
    pub number: u64,
    /// When it was begun, milliseconds since 1970.
    pub taken_ms: i64,
    pub verified_ms: i64,
    #[serde(flatten)]
    pub file: PartRef,
    /// The key it is for: the beginning of its public half.
    pub key: String,
    pub entries: u64,
    pub photos: u64,
    /// Files of photos that belong to it.
    pub parts: Vec<String>,
}

impl BackupLabel {
    /// By which one was written before another: the date counts only where the number does not say.
    pub(super) fn write_order(&self) -> (u64, i64, &str) {
        (self.number, self.taken_ms, &self.file.name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartLabel {
    pub(super) form: u32,
    #[serde(rename = "box")]
    pub(super) box_id: BoxId,
    pub(super) verified_ms: i64,
    #[serde(flatten)]
    pub(super) file: PartRef,
    pub(super) key: String,
    pub(super) photos: Vec<Hash>,
}

/// Whether a path may occur in a backup of this kind: names of our own files, and no key that signs the log.
pub(super) fn is_own_path(kind: BackupKind, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match (kind, parts.as_slice()) {
        (_, [HEAD | MANIFEST]) | (BackupKind::Box, [PHOTOS | SETTINGS | "state.redb"]) => true,
        (BackupKind::Box, ["log", epoch, name]) => {
            epoch.parse::<Epoch>().is_ok() && is_plain_name(name) && name.contains(".jsonl")
        }
        (BackupKind::Box, ["keys", name]) => is_plain_name(name) && !is_signing_key(name),
        (BackupKind::Box, ["runs" | "displaced" | "evidence", name]) => is_plain_name(name),
        (BackupKind::Photos, ["photos", folder, name]) => {
            photo_of(name).is_some_and(|photo| folder.len() == 2 && photo.to_string().starts_with(folder))
        }
        _ => false,
    }
}

/// The photo that a file is of: itself, or its thumbnail.
pub(super) fn photo_of(name: &str) -> Option<Hash> {
    name.strip_suffix(".t.jpg").or_else(|| name.strip_suffix(".jpg"))?.parse().ok()
}

/// Whether a file of `keys/` signs the log: those are in no backup, whoever made it.
pub(super) fn is_signing_key(name: &str) -> bool {
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
    }
}
