//! Photos that have left this card, or never were on it: asked for where else they are.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use record::tree::Hash;

use super::{PhotoStore, make_private, write_whole};

/// A page of many photos does not wait for a line that gives none.
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// How many are asked for at a time.
pub(super) const FETCHES_MAX: usize = 2;

/// Where photos are beside this card.
pub trait RemotePhotos: Send + Sync {
    /// Whether it can be asked now.
    fn is_reachable(&self) -> bool;

    /// The photo that this hash names, where a record does.
    fn fetch(&self, photo: Hash) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + '_>>;
}

impl PhotoStore {
    /// Has photos that are not here fetched from there; said once.
    pub fn set_remote(&self, remote: Arc<dyn RemotePhotos>) {
        let _ = self.inner.remote.set(remote);
    }

    /// Whether a photo can be shown: it is here, or may be fetched.
    pub fn can_show(&self, hash: Hash) -> bool {
        self.is_here(hash) || self.inner.remote.get().is_some_and(|remote| remote.is_reachable())
    }

    /// One that cannot be stored is shown all the same.
    pub(super) async fn fetch(&self, hash: Hash) -> Option<Vec<u8>> {
        let remote = self.inner.remote.get()?;
        let turn = tokio::time::timeout(TURN_WITHIN, self.inner.fetches.acquire()).await;
        let _turn = turn.ok()?.ok()?;
        let path = self.path(hash);
        // Somebody else may have asked for it meanwhile.
        if let Ok(stored) = tokio::fs::read(&path).await {
            return Some(stored);
        }
        let jpeg = remote.fetch(hash).await.filter(|jpeg| Hash::of(jpeg) == hash)?;
        if self.expect_free_card().is_ok() {
            let (random, written) = (self.inner.random.bytes(), jpeg.clone());
            let stored = tokio::task::spawn_blocking(move || {
                path.parent().map_or(Ok(()), make_private)?;
                write_whole(&path, &written, random)
            });
            match stored.await.map_err(std::io::Error::other).and_then(|stored| stored) {
                Ok(()) => self.note_change(),
                Err(error) => tracing::warn!(%error, "a photo that came from the relay could not be kept"),
            }
        }
        Some(jpeg)
    }
}
