//! Photos that this box had once, or another machine in whose place it came, are asked for at the relay.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use record::tree::Hash;

use crate::photo::RemotePhotos;
use crate::store::Store;
use crate::sweep::is_photo_named;
use crate::uplink::Uplink;

struct RelayPhotos {
    uplink: Arc<Uplink>,
    store: Store,
}

impl RemotePhotos for RelayPhotos {
    fn is_reachable(&self) -> bool {
        self.uplink.has_photo_source()
    }

    fn fetch(&self, photo: Hash) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + '_>> {
        Box::pin(async move {
            let store = self.store.clone();
            let named = tokio::task::spawn_blocking(move || is_photo_named(&store.state_db(), photo)).await;
            if !matches!(named, Ok(Ok(true))) {
                return None;
            }
            self.uplink.download_photo(photo).await
        })
    }
}

pub(super) fn ask_relay(uplink: &Arc<Uplink>, store: &Store) -> Arc<dyn RemotePhotos> {
    Arc::new(RelayPhotos { uplink: Arc::clone(uplink), store: store.clone() })
}
