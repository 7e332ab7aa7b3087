//! Signed notes over the ends of access logs, beside the photos: whoever may write to the database alone takes none of them away.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _};
use service::ownership::make_private_folder;

use super::PhotoError;

const FOLDER: &str = "access-notes";
/// What a note's file is called after its number.
const ENDING: &str = ".note";

/// Notes that were signed, by chain and row. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NoteStore(pub(super) Arc<dyn ObjectStore>);

impl NoteStore {
    pub fn in_folder(photos: &Path) -> Result<Self, PhotoError> {
        let made = make_private_folder(photos);
        made.map_err(|e| object_store::Error::Generic { store: "folder", source: Box::new(e) })?;
        Ok(Self(Arc::new(LocalFileSystem::new_with_prefix(photos)?.with_fsync(true))))
    }

    /// Keeps the note over a row of a chain; one that is there already is left.
    pub async fn put(&self, chain: &str, n: i64, note: &str) -> Result<(), PhotoError> {
        // In the order of the rows, for whoever lists them.
        let key = Key::from_iter([FOLDER, chain, &format!("{n:020}{ENDING}")]);
        let options = object_store::PutMode::Create.into();
        match self.0.put_opts(&key, note.to_owned().into(), options).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The notes over a chain, with the row of each, the oldest first. One that is not text is an empty one, which proves nothing.
    pub async fn list(&self, chain: &str) -> Result<Vec<(i64, String)>, PhotoError> {
        let mut found: Vec<_> = self.0.list(Some(&Key::from_iter([FOLDER, chain]))).try_collect().await?;
        found.sort_by(|a, b| a.location.cmp(&b.location));
        let mut notes = Vec::new();
        for file in found {
            let name = file.location.filename().and_then(|name| name.strip_suffix(ENDING));
            let Some(n) = name.and_then(|name| name.parse().ok()) else { continue };
            let bytes = self.0.get(&file.location).await?.bytes().await?;
            notes.push((n, String::from_utf8(bytes.into()).unwrap_or_default()));
        }
        Ok(notes)
    }
}

/// Puts the notes of what was there before a restore aside: the rows that they are of came after the backup, and their numbers come
/// again. Blocks. Where they are now; `None`: there were none.
pub fn set_notes_aside(photos: &Path, now_ms: i64) -> std::io::Result<Option<PathBuf>> {
    let aside = photos.join(format!("{FOLDER}-before-{now_ms}"));
    match std::fs::rename(photos.join(FOLDER), &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_note_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let notes = NoteStore::in_folder(dir.path()).unwrap();
        assert!(notes.list("platform").await.unwrap().is_empty());
        for (n, text) in [(12, "twelve"), (9, "nine"), (12, "other"), (100, "hundred")] {
            notes.put("platform", n, text).await.unwrap();
        }
        notes.put("other", 1, "one").await.unwrap();
        let expected = [(9, "nine".to_owned()), (12, "twelve".to_owned()), (100, "hundred".to_owned())];
        assert_eq!(notes.list("platform").await.unwrap(), expected);
        let aside = set_notes_aside(dir.path(), 7).unwrap().unwrap();
        assert!(aside.ends_with("access-notes-before-7"));
        assert!(notes.list("platform").await.unwrap().is_empty());
        assert_eq!(set_notes_aside(dir.path(), 8).unwrap(), None);
    }
}
