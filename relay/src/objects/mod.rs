//! Photos: per account, under their hash, in a folder (object storage behind one trait); kept only if the hash matches. Beside them the
//! notes over access logs, and files of reports.

mod notes;
mod parts;
mod reports;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _};
use record::tree::Hash;
use service::ownership::make_private_folder;

pub use notes::{NoteStore, set_notes_aside};
pub(crate) use parts::UploadChunk;
pub use parts::{PartError, PartialUploads};
pub(crate) use reports::ReportStore;

use crate::db::AccountScope;

/// Why a photo was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("the photo store failed: {0}")]
    Store(#[from] object_store::Error),
    #[error("{0} holds other bytes than its name says: bring the file back from a backup")]
    Damaged(Hash),
}

#[derive(Debug, Clone)]
pub struct PhotoStore(Arc<dyn ObjectStore>);

impl PhotoStore {
    pub fn in_folder(dir: &Path) -> Result<Self, PhotoError> {
        let made = make_private_folder(dir);
        made.map_err(|e| object_store::Error::Generic { store: "folder", source: Box::new(e) })?;
        let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    fn key(scope: AccountScope, photo: Hash) -> Key {
        let hex = photo.to_string();
        // A folder holds a 256th of an account's photos: listing tools stay usable.
        Key::from_iter([scope.account().to_string().as_str(), &hex[..2], &format!("{hex}.jpg")])
    }

    /// Whether the store answers at all, be it that there is nothing of this name.
    pub(crate) async fn check_answer(&self) -> Result<(), PhotoError> {
        match self.0.head(&Key::from("ready")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A photo of the account, the one that its name says; `None` where there is none.
    pub async fn get(&self, scope: AccountScope, photo: Hash) -> Result<Option<Bytes>, PhotoError> {
        match self.0.get(&Self::key(scope, photo)).await {
            Ok(found) => {
                let bytes = found.bytes().await?;
                if Hash::of(&bytes) == photo { Ok(Some(bytes)) } else { Err(PhotoError::Damaged(photo)) }
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a photo whose hash was checked; whole or not at all.
    pub async fn put(&self, scope: AccountScope, photo: Hash, bytes: Bytes) -> Result<(), PhotoError> {
        self.0.put(&Self::key(scope, photo), bytes.into()).await?;
        Ok(())
    }
}
