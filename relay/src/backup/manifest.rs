//! The list of what is in a backup, by which it is checked before anything of it is used.

use std::path::Path;

use record::tree::Hash;
use serde::{Deserialize, Serialize};

use super::BackupError;
use super::files::{self, PhotoTotals, StoredFile};
use crate::db::SCHEMA_VERSION;

const VERSION: u32 = 1;
/// A list has one line a file, and there are three at most.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl std::fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "an SQLite file",
            Self::Postgres => "a PostgreSQL server",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupManifest {
    v: u32,
    /// RFC 3339.
    made: String,
    program: String,
    schema: usize,
    pub database: DatabaseKind,
    files: Vec<StoredFile>,
    photos: PhotoTotals,
}

impl BackupManifest {
    pub(super) fn new(
        made_ms: i64,
        database: DatabaseKind,
        files: Vec<StoredFile>,
        photos: PhotoTotals,
    ) -> Self {
        let made = jiff::Timestamp::from_millisecond(made_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let (made, program) = (made.to_string(), env!("CARGO_PKG_VERSION").to_owned());
        Self { v: VERSION, made, program, schema: SCHEMA_VERSION, database, files, photos }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum::<u64>() + self.photos.bytes
    }

    pub(super) fn save(&self, file: &Path) -> Result<Hash, BackupError> {
        // Strings and numbers: JSON takes them all.
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        files::write_synced(file, &text)?;
        Ok(Hash::of(&text))
    }

    pub(super) fn load(folder: &Path, name: &str) -> Result<(Self, Hash), BackupError> {
        let bytes = files::read_bounded(&folder.join(name), MANIFEST_BYTES_MAX)
            .map_err(|error| refuse_folder(folder, format!("{name} cannot be read: {error}")))?;
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|error| refuse_folder(folder, format!("{name}: {error}")))?;
        if manifest.v > VERSION || manifest.schema > SCHEMA_VERSION {
            return Err(refuse_folder(
                folder,
                format!("a newer relay made it ({}): restore it with that one", manifest.program),
            ));
        }
        if !manifest
            .files
            .iter()
            .all(|file: &StoredFile| Path::new(&file.name).file_name() == Some(file.name.as_ref()))
        {
            return Err(refuse_folder(folder, "it names files outside of its folder".to_owned()));
        }
        Ok((manifest, Hash::of(&bytes)))
    }

    /// Files that are not as they were put in; photos are looked at one by one.
    pub(super) fn faults(&self, folder: &Path) -> Vec<String> {
        self.files
            .iter()
            .filter_map(|file: &StoredFile| match files::describe_file(folder, &file.name) {
                Err(error) => Some(error.to_string()),
                Ok(found) if found != *file => {
                    Some(format!("{} is not what was put in: its hash is another", file.name))
                }
                Ok(_) => None,
            })
            .collect()
    }

    /// How many photos were put in that are not among those that were brought back.
    pub(super) fn missing_photos(&self, found: PhotoTotals) -> u64 {
        self.photos.count.saturating_sub(found.count)
    }
}

fn refuse_folder(folder: &Path, why: String) -> BackupError {
    BackupError::Foreign { folder: folder.to_owned(), why }
}
