//! Photos that come after their records: their uploads stay on the card under the names of the entries that wait for them,
//! so that the box may end meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use record::kinds::EntryRef;
use record::tree::Hash;
use tokio::sync::watch;

use super::{PhotoStore, PhotoTrouble, delete_file};

/// How the name of a promised upload ends, behind its entry, the name that it came under, and how often it was tried.
const ENDING: &str = ".follows";
/// Starts of the box at which it is tried. No calendar counts them: a box may be off for a week, or have a wrong clock.
const TRIES_MAX: u32 = 5;

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
        let name = PromiseName { of, upload: name.to_owned(), tries: 0 };
        let path = upload.with_file_name(name.text());
        match std::fs::hard_link(upload, &path) {
            Ok(()) => {}
            // It was opened in this moment: its photo is kept already, or about to be.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, seq = of.seq, "a photo that follows would not outlive a new start");
            }
        }
        // The phone deletes its copy now.
        if let Err(error) = flush_file(&path) {
            tracing::warn!(%error, seq = of.seq, "a photo that follows may not outlive a power cut");
        }
        self.promised(path, of)
    }

    /// The promises that an earlier run left behind, each with one more try on its file.
    ///
    /// # Errors
    /// The folder's.
    pub fn left_promises(&self) -> std::io::Result<Vec<PhotoPromise>> {
        let mut left = Vec::new();
        for file in std::fs::read_dir(self.incoming_folder())? {
            let path = file?.path();
            let Some(name) = PromiseName::read(&path) else { continue };
            // Before the try: it may be what ends the box.
            let tried = path.with_file_name(PromiseName { tries: name.tries + 1, ..name.clone() }.text());
            std::fs::rename(&path, &tried)?;
            left.push(self.promised(tried, name.of));
        }
        left.sort_by(|a, b| (a.of, &a.path).cmp(&(b.of, &b.path)));
        Ok(left)
    }

    /// Whether a photo of this entry is to follow.
    ///
    /// # Errors
    /// The folder's.
    pub fn is_promised(&self, of: EntryRef) -> std::io::Result<bool> {
        for file in std::fs::read_dir(self.incoming_folder())? {
            if PromiseName::read(&file?.path()).is_some_and(|name| name.of == of) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn incoming_folder(&self) -> PathBuf {
        self.inner.settings.dir.join("incoming")
    }

    /// Stores the photo of an upload that an earlier run left behind.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn keep_promised(&self, promise: &PhotoPromise) -> Result<Hash, PhotoTrouble> {
        let cleaned = self.clean(&promise.path, None).await?;
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

#[derive(Debug, Clone, PartialEq, Eq)]
struct PromiseName {
    of: EntryRef,
    upload: String,
    tries: u32,
}

impl PromiseName {
    fn text(&self) -> String {
        let Self { of, upload, tries } = self;
        format!("{}.{}.{upload}.{tries}{ENDING}", of.epoch, of.seq)
    }

    fn read(path: &Path) -> Option<Self> {
        let mut parts = path.file_name()?.to_str()?.strip_suffix(ENDING)?.splitn(4, '.');
        let of = EntryRef { epoch: parts.next()?.parse().ok()?, seq: parts.next()?.parse().ok()? };
        let upload = parts.next()?.to_owned();
        // One of an earlier version has no number.
        let tries = parts.next().map_or(Some(0), |tries| tries.parse().ok())?;
        Some(Self { of, upload, tries })
    }
}

fn flush_file(path: &Path) -> std::io::Result<()> {
    match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        file => file?.sync_all()?,
    }
    std::fs::File::open(path.parent().unwrap_or(path))?.sync_all()
}

/// Removes what an earlier run left of uploads, but those that entries wait for; one that could not be opened at so many
/// starts is not tried again.
pub(super) fn clear_incoming(incoming: &Path) -> std::io::Result<()> {
    let listed = match std::fs::read_dir(incoming) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        listed => listed?,
    };
    for file in listed {
        let path = file?.path();
        match PromiseName::read(&path) {
            Some(name) if name.tries < TRIES_MAX => continue,
            Some(name) => tracing::error!(seq = name.of.seq, "a photo that was to follow is given up"),
            None => {}
        }
        if let Err(error) = delete_file(&path) {
            tracing::warn!(%error, "an upload of an earlier run could not be removed");
        }
    }
    Ok(())
}
