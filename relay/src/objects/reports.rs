//! Files of reports, beside the photos: each account's under their reports' ids.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::buffered::BufWriter;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncWriteExt as _;

use super::{NoteStore, PhotoError, PhotoStore};
use crate::db::AccountScope;

const FOLDER: &str = "reports";
/// What a report's file is called after its id.
const ENDING: &str = ".report";

/// Files of reports; whole or not there. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ReportStore(Arc<dyn ObjectStore>);

impl PhotoStore {
    /// Where files of reports are, beside these.
    pub(crate) fn reports(&self) -> ReportStore {
        ReportStore(Arc::clone(&self.0))
    }
}

impl NoteStore {
    /// Where files of reports are, beside these.
    pub(crate) fn reports(&self) -> ReportStore {
        ReportStore(Arc::clone(&self.0))
    }
}

impl ReportStore {
    fn key(scope: AccountScope, report: &str) -> Key {
        Key::from_iter([FOLDER, &scope.account().to_string(), &format!("{report}{ENDING}")])
    }

    /// Keeps a file from where it stands on, in the place of one that is there; how many bytes.
    pub(crate) async fn put(&self, scope: AccountScope, report: &str, file: File) -> Result<u64, PhotoError> {
        let mut writer = BufWriter::new(Arc::clone(&self.0), Self::key(scope, report));
        let copied = tokio::io::copy(&mut tokio::fs::File::from_std(file), &mut writer).await;
        let put = match copied {
            Ok(bytes) => writer.shutdown().await.map(|()| bytes),
            Err(error) => Err(error),
        };
        put.map_err(|e| object_store::Error::Generic { store: "reports", source: Box::new(e) }.into())
    }

    /// The bytes of a report as they are read; `None` where there are none.
    pub(crate) async fn get(
        &self,
        scope: AccountScope,
        report: &str,
    ) -> Result<Option<BoxStream<'static, Result<Bytes, object_store::Error>>>, PhotoError> {
        match self.0.get(&Self::key(scope, report)).await {
            Ok(found) => Ok(Some(found.into_stream())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a report's file; one that is not there is removed already.
    pub(crate) async fn remove(&self, scope: AccountScope, report: &str) -> Result<(), PhotoError> {
        match self.0.delete(&Self::key(scope, report)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
