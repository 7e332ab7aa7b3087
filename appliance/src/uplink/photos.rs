//! Photos follow their entries: asked for by hash, sent where the relay lacks them, resumed where a line broke.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use record::ids::Epoch;
use record::kinds::Event;
use record::limits::PHOTO_HASHES_MAX;
use record::tree::Hash;
use redb::{ReadableDatabase as _, TableDefinition};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::Shared;
use super::claim::reason;
use crate::store::Store;

/// Entries that are looked through at a time.
const ENTRIES_MAX: u64 = 512;
/// After a failure; the line itself has its own back-off.
const RETRY: Duration = Duration::from_secs(30);

/// Bytes in one request: what a slow line carries within a minute.
const CHUNK_BYTES: u64 = 256 * 1024;

/// Why photos could not be sent now. They are tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum PhotoUplinkError {
    /// The relay does not answer, or not as it should.
    #[error("photos wait: {0}")]
    Away(String),
    /// The relay will not take this photo.
    #[error("the relay refused photo {photo} with status {status}")]
    Refused {
        /// Which.
        photo: Hash,
        /// HTTP status.
        status: u16,
    },
}

/// `POST /box/v1/photos/missing`.
#[derive(Debug, Serialize, Deserialize)]
struct Hashes {
    photos: Vec<Hash>,
}

/// Where photos go.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// The relay's photo listener.
    pub(super) url: String,
    /// Shows the box's certificate.
    pub(super) client: reqwest::Client,
}

impl Destination {
    /// Which of these the relay lacks; at most [`PHOTO_HASHES_MAX`] at a time.
    ///
    /// # Errors
    /// No answer that can be used.
    pub(super) async fn missing(&self, photos: &[Hash]) -> Result<Vec<Hash>, PhotoUplinkError> {
        let away = |e: reqwest::Error| PhotoUplinkError::Away(reason(&e));
        let body = Hashes { photos: photos.to_vec() };
        let response =
            self.client.post(format!("{}/box/v1/photos/missing", self.url)).json(&body).send().await;
        let response = response.and_then(reqwest::Response::error_for_status).map_err(away)?;
        let answer: Hashes = response.json().await.map_err(away)?;
        // Only what was asked for is sent, whatever the answer says.
        Ok(answer.photos.into_iter().filter(|p| photos.contains(p)).collect())
    }

    /// Sends one photo, from the offset that the relay already has. A file that is gone from the box is passed over: its
    /// hash stays in the log.
    ///
    /// # Errors
    /// The line or the relay.
    pub(super) async fn send(&self, photo: Hash, path: PathBuf) -> Result<(), PhotoUplinkError> {
        let away = |e: reqwest::Error| PhotoUplinkError::Away(reason(&e));
        let url = format!("{}/box/v1/photos/{photo}", self.url);
        let Ok(size) = std::fs::metadata(&path).map(|m| m.len()) else { return Ok(()) };
        let head = self.client.head(&url).send().await.map_err(away)?;
        let header = head.headers().get("upload-offset").and_then(|o| o.to_str().ok()?.parse::<u64>().ok());
        let mut from = header.unwrap_or(0);
        while from < size {
            let chunk = read_at(path.clone(), from, CHUNK_BYTES.min(size - from)).await?;
            let end = from + chunk.len() as u64;
            let range = format!("bytes {from}-{}/{size}", end - 1);
            let response = self
                .client
                .put(&url)
                .header("content-range", range)
                .body(chunk)
                .send()
                .await
                .map_err(away)?;
            match response.status().as_u16() {
                200..=299 => from = end,
                status @ (409 | 413 | 422) => return Err(PhotoUplinkError::Refused { photo, status }),
                other => return Err(PhotoUplinkError::Away(format!("the relay answered {other}"))),
            }
        }
        Ok(())
    }
}

async fn read_at(path: PathBuf, from: u64, length: u64) -> Result<Vec<u8>, PhotoUplinkError> {
    let read = move || {
        let mut file = std::fs::File::open(&path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    };
    let joined = tokio::task::spawn_blocking(read).await;
    let read: std::io::Result<Vec<u8>> = joined.unwrap_or_else(|e| Err(std::io::Error::other(e)));
    read.map_err(|e| PhotoUplinkError::Away(format!("a photo cannot be read: {e}")))
}

/// Where the way of photos has come to: every photo that an entry before this one names is at the relay.
const POSITION: TableDefinition<'static, &str, (u32, u64)> = TableDefinition::new("uplink_photos");

/// Epoch and entry to go on from; before anything was sent, the log's very beginning.
fn position(shared: &Shared) -> (u32, u64) {
    synced(&shared.parts.store.state_db())
}

/// The photos of all entries before this one are at the relay.
pub(super) fn synced(state_db: &redb::Database) -> (u32, u64) {
    let read = || -> Result<Option<(u32, u64)>, redb::Error> {
        let read = state_db.begin_read()?;
        match read.open_table(POSITION) {
            Ok(table) => Ok(table.get("next")?.map(|row| row.value())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    let kept = read().unwrap_or_else(|error| {
        tracing::warn!(%error, "how far photos were sent cannot be read; all are asked for again");
        None
    });
    kept.unwrap_or((0, 0))
}

fn keep_position(shared: &Shared, position: (u32, u64)) {
    let store = &shared.parts.store;
    let write = || -> Result<(), redb::Error> {
        let write = store.state_db().begin_write()?;
        write.open_table(POSITION)?.insert("next", position)?;
        Ok(write.commit()?)
    };
    if let Err(error) = write() {
        tracing::warn!(%error, "how far photos were sent is not kept; they are asked for again");
    }
}

/// Entries whose photos have not been looked at yet: an upper bound for the photos that wait.
pub(super) fn waiting(shared: &Shared) -> u64 {
    let store = &shared.parts.store;
    let (n, next) = position(shared);
    let left = |epoch: Epoch| {
        let size = if epoch == store.origin().epoch {
            store.size()
        } else {
            store.reader_of(epoch).map_or(0, |reader| reader.size())
        };
        if epoch.n == n { size.saturating_sub(next) } else { size }
    };
    store.epochs().into_iter().filter(|epoch| epoch.n >= n).map(left).sum()
}

/// Sends photos after their entries, oldest first, for as long as the connection lasts.
pub(super) async fn follow(
    shared: Arc<Shared>,
    to: Destination,
    mut confirmed: watch::Receiver<(Epoch, u64)>,
) {
    let (mut n, mut next) = position(&shared);
    loop {
        let (now, size) = *confirmed.borrow_and_update();
        for epoch in shared.parts.store.epochs() {
            if !(n..=now.n).contains(&epoch.n) {
                continue;
            }
            if epoch.n > n {
                (n, next) = (epoch.n, 0);
            }
            let end = match shared.parts.store.reader_of(epoch) {
                _ if epoch == now => size,
                Ok(reader) => reader.size(),
                Err(_) => 0,
            };
            // A relay that went back may have lost photos as well.
            next = next.min(end);
            while next < end {
                let until = end.min(next + ENTRIES_MAX);
                match step(&shared, &to, epoch, next, until).await {
                    Ok(()) => {
                        next = until;
                        keep_position(&shared, (n, next));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "photos wait");
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
        }
        if confirmed.changed().await.is_err() {
            return;
        }
    }
}

async fn step(
    shared: &Arc<Shared>,
    to: &Destination,
    epoch: Epoch,
    from: u64,
    until: u64,
) -> Result<(), PhotoUplinkError> {
    let store = shared.parts.store.clone();
    let named = tokio::task::spawn_blocking(move || photos_named(&store, epoch, from, until)).await;
    let named = named.map_err(|e| PhotoUplinkError::Away(e.to_string()))??;
    for asked in named.chunks(PHOTO_HASHES_MAX) {
        for photo in to.missing(asked).await? {
            match to.send(photo, (shared.parts.photo_path)(photo)).await {
                // Its hash stays in the log; the others must not wait for it.
                Err(error @ PhotoUplinkError::Refused { .. }) => {
                    tracing::error!(%error, "a photo is passed over")
                }
                sent => sent?,
            }
        }
    }
    Ok(())
}

/// The photos that entries `from..until` name, each once, in their order.
fn photos_named(store: &Store, epoch: Epoch, from: u64, until: u64) -> Result<Vec<Hash>, PhotoUplinkError> {
    let away = |e: &dyn std::fmt::Display| PhotoUplinkError::Away(e.to_string());
    let reader = store.reader_of(epoch).map_err(|e| away(&e))?;
    let mut named = Vec::new();
    for entry in reader.entries(from..until.min(reader.size())) {
        let photos = match entry.map_err(|e| away(&e))?.event() {
            Event::CleaningRecorded(cleaning) => cleaning.photos,
            Event::PhotoAttached(attached) => vec![attached.photo],
            _ => continue,
        };
        named.extend(photos);
    }
    let mut seen = std::collections::BTreeSet::new();
    named.retain(|photo| seen.insert(*photo));
    Ok(named)
}
