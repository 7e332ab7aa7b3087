//! Photos that come after their records: their uploads stay on the card under the names of the entries that wait for them,
//! so that the box may end meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use record::kinds::EntryRef;
use record::tree::Hash;
use tokio::sync::watch;

use super::room::UNNAMED_MS_MAX;
use super::{PhotoStore, PhotoTrouble, delete_file};

/// How the name of a promised upload ends, behind its entry and the name that it came under.
const ENDING: &str = ".follows";

/// A photo that an entry waits for. Its upload stays on the card until [`PhotoPromise::end`], and the box waits for this to be
/// dropped before it ends.
#[derive(Debug)]
pub struct PhotoPromise {
    path: PathBuf,
    of: EntryRef,
    open: watch::Sender<usize>,
}

impl PhotoStore {
    /// Notes that an entry waits for the photo of this upload, which may be taken away under its own name from now on.
    pub fn promise(&self, upload: &Path, of: EntryRef) -> PhotoPromise {
        let name = upload.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let path = upload.with_file_name(format!("{}.{}.{name}{ENDING}", of.epoch, of.seq));
        match std::fs::hard_link(upload, &path) {
            Ok(()) => {}
            // It was opened in this moment: its photo is kept already, or about to be.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, seq = of.seq, "a photo that follows would not outlive a new start");
            }
        }
        self.promised(path, of)
    }

    /// The promises that an earlier run left behind.
    ///
    /// # Errors
    /// The folder's.
    pub fn left_promises(&self) -> std::io::Result<Vec<PhotoPromise>> {
        let mut left = Vec::new();
        for file in std::fs::read_dir(self.inner.settings.dir.join("incoming"))? {
            let path = file?.path();
            if let Some(of) = promised_entry(&path) {
                left.push(self.promised(path, of));
            }
        }
        left.sort_by(|a, b| (a.of, &a.path).cmp(&(b.of, &b.path)));
        Ok(left)
    }

    /// Keeps the photo of an upload that an earlier run left behind.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn keep_promised(&self, promise: &PhotoPromise) -> Result<Hash, PhotoTrouble> {
        let cleaned = self.clean(&promise.path).await?;
        self.keep_cleaned(cleaned).await
    }

    /// Waits until no photo is to follow, but not for longer than this; how many still are.
    pub async fn wait_for_promised(&self, within: Duration) -> usize {
        let mut open = self.inner.promises.subscribe();
        // This has a sender, so waiting ends by the count alone or by the time.
        let _ = tokio::time::timeout(within, open.wait_for(|open| *open == 0)).await;
        *self.inner.promises.borrow()
    }

    fn promised(&self, path: PathBuf, of: EntryRef) -> PhotoPromise {
        let open = self.inner.promises.clone();
        open.send_modify(|open| *open += 1);
        PhotoPromise { path, of, open }
    }
}

impl PhotoPromise {
    /// Which entry waits for it.
    pub fn entry(&self) -> EntryRef {
        self.of
    }

    /// The entry has its photo, or there is none in the upload: it is needed no longer.
    pub fn end(self) {
        if let Err(error) = delete_file(&self.path) {
            tracing::warn!(%error, seq = self.of.seq, "an upload stays until the next start");
        }
    }
}

impl Drop for PhotoPromise {
    fn drop(&mut self) {
        self.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// Which entry waits for this file, by its name.
fn promised_entry(path: &Path) -> Option<EntryRef> {
    let mut parts = path.file_name()?.to_str()?.strip_suffix(ENDING)?.splitn(3, '.');
    let (epoch, seq) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().map(|_| EntryRef { epoch, seq })
}

/// Removes what an earlier run left of uploads, but those that entries wait for; one that could not be opened for a day is
/// not tried again.
pub(super) fn clear_incoming(incoming: &Path) -> std::io::Result<()> {
    let listed = match std::fs::read_dir(incoming) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        listed => listed?,
    };
    for file in listed {
        let file = file?;
        let path = file.path();
        // A clock that went back makes it new again, which is the side to err on.
        let written = file.metadata()?.modified()?;
        let is_old = written.elapsed().is_ok_and(|age| age.as_millis() > u128::from(UNNAMED_MS_MAX));
        if promised_entry(&path).is_some() && !is_old {
            continue;
        }
        if let Err(error) = delete_file(&path) {
            tracing::warn!(%error, "an upload of an earlier run could not be removed");
        }
    }
    Ok(())
}
