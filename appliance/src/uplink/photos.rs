//! Photos follow their entries: asked for by hash, sent where the relay lacks them, resumed where a connection broke.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use record::ids::Epoch;
use record::limits::{PHOTO_HASHES_MAX, PHOTO_STORED_BYTES_MAX};
use record::tree::Hash;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::logs::relay_answers::read_bounded;
use super::transport::fault::error_reason;
use super::transport::http_client::RelayHttpClient;
use super::{Uplink, UplinkShared, refused};
use crate::store::{Store, StoreError};

const ENTRIES_MAX: u64 = 512;
/// The first wait after a failure; doubled up to [`RETRY_MAX`]. The connection itself has its own back-off.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest wait between two tries.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// What the relay refused is sent again after this long: it may have been fixed.
const REFUSED_AGAIN_MS: u64 = 3_600_000;
/// What a relay answers to bytes that are not the photo that was named.
const OTHER_BYTES: u16 = 422;

/// Somebody waits for it before a page.
const DOWNLOAD_WITHIN: Duration = Duration::from_secs(15);
/// Bytes in one request: what a slow connection carries within a minute.
const CHUNK_BYTES: u64 = 256 * 1024;

/// Why photos could not be sent now. They are tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum PhotoUplinkError {
    /// The relay does not answer, or not as it should.
    #[error("photos wait: {0}")]
    Unreachable(String),
    /// The relay will not take this photo.
    #[error("the relay refused photo {photo} with status {status}")]
    Refused { photo: Hash, status: u16 },
}

#[derive(Debug, Serialize, Deserialize)]
struct Hashes {
    photos: Vec<Hash>,
}

impl RelayHttpClient {
    /// Which of these the relay lacks; at most [`PHOTO_HASHES_MAX`] at a time.
    ///
    /// # Errors
    /// No answer that can be used.
    pub(super) async fn missing(&self, photos: &[Hash]) -> Result<Vec<Hash>, PhotoUplinkError> {
        let body = Hashes { photos: photos.to_vec() };
        let response =
            self.client.post(format!("{}/box/v1/photos/missing", self.url)).json(&body).send().await;
        let response =
            response.and_then(reqwest::Response::error_for_status).map_err(|e| map_request_error(&e))?;
        let answer: Hashes = response.json().await.map_err(|e| map_request_error(&e))?;
        // Only what was asked for is sent, whatever the answer says.
        Ok(answer.photos.into_iter().filter(|p| photos.contains(p)).collect())
    }

    /// A photo that the relay has; nothing where it has none or does not answer in time.
    async fn download(&self, photo: Hash) -> Option<Vec<u8>> {
        let url = format!("{}/box/v1/photos/{photo}/file", self.url);
        let response = self.client.get(url).timeout(DOWNLOAD_WITHIN).send().await.ok()?;
        let response = response.error_for_status().ok()?;
        let jpeg = read_bounded(response, PHOTO_STORED_BYTES_MAX).await.ok()?;
        (Hash::of(&jpeg) == photo).then_some(jpeg)
    }

    /// Sends one photo, from the offset that the relay already has. A file that is gone from the box is passed over: its
    /// hash stays in the log.
    ///
    /// # Errors
    /// The connection or the relay.
    pub(super) async fn send(&self, photo: Hash, path: PathBuf) -> Result<(), PhotoUplinkError> {
        let url = format!("{}/box/v1/photos/{photo}", self.url);
        let Ok(size) = std::fs::metadata(&path).map(|m| m.len()) else { return Ok(()) };
        let head = self.client.head(&url).send().await.map_err(|e| map_request_error(&e))?;
        let header = head.headers().get("upload-offset").and_then(|o| o.to_str().ok()?.parse::<u64>().ok());
        let mut from = header.unwrap_or(0);
        let mut stored = false;
        while from < size && !stored {
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
                .map_err(|e| map_request_error(&e))?;
            match response.status().as_u16() {
                200 | 201 => stored = true,
                202..=299 => from = end,
                status @ (409 | 413 | 422) => return Err(PhotoUplinkError::Refused { photo, status }),
                other => return Err(PhotoUplinkError::Unreachable(format!("the relay answered {other}"))),
            }
        }
        // It may have had all of these bytes before, or more than them; what counts is that it has the photo.
        if stored || !self.missing(&[photo]).await?.contains(&photo) {
            return Ok(());
        }
        Err(PhotoUplinkError::Refused { photo, status: OTHER_BYTES })
    }
}

impl Uplink {
    /// Whether the relay can be asked for photos now.
    pub fn has_photo_source(&self) -> bool {
        self.shared.photo_source().is_some()
    }

    /// A photo that the relay has and this box has not; nothing where the relay is not reached.
    pub async fn download_photo(&self, photo: Hash) -> Option<Vec<u8>> {
        let relay = self.shared.photo_source().clone()?;
        relay.download(photo).await
    }
}

async fn read_at(path: PathBuf, from: u64, length: u64) -> Result<Vec<u8>, PhotoUplinkError> {
    let joined = tokio::task::spawn_blocking(move || read_piece(&path, from, length)).await;
    let read: std::io::Result<Vec<u8>> = joined.unwrap_or_else(|e| Err(std::io::Error::other(e)));
    read.map_err(|e| PhotoUplinkError::Unreachable(format!("a photo cannot be read: {e}")))
}

fn read_piece(path: &Path, from: u64, length: u64) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

fn map_request_error(error: &reqwest::Error) -> PhotoUplinkError {
    PhotoUplinkError::Unreachable(error_reason(error))
}

/// Entries whose photos have not been looked at yet, and photos that were refused: an upper bound for those that wait.
pub(super) fn pending_photos(shared: &UplinkShared) -> u64 {
    let store = &shared.parts.store;
    let at_relay = refused::at_relay(store);
    let waiting = store.epochs().into_iter().map(|epoch: Epoch| {
        let size = if epoch == store.origin().epoch {
            store.size()
        } else {
            store.reader_of(epoch).map_or(0, |reader| reader.size())
        };
        size.saturating_sub(at_relay.upto.get(&epoch.n).copied().unwrap_or(0))
    });
    waiting.sum::<u64>() + at_relay.refused.len() as u64
}

/// Sends photos after their entries, oldest first, for as long as the connection lasts.
pub(super) async fn run_photo_sync(
    shared: Arc<UplinkShared>,
    to: RelayHttpClient,
    mut confirmed: watch::Receiver<(Epoch, u64)>,
) {
    let mut wait = RETRY_MIN;
    loop {
        if let Err(error) = reset_refused(&shared, &to).await {
            tracing::warn!(%error, "photos that the relay refused wait");
        }
        let (now, size) = *confirmed.borrow_and_update();
        let at_relay = refused::at_relay(&shared.parts.store);
        for epoch in shared.parts.store.epochs() {
            let end = match shared.parts.store.reader_of(epoch) {
                _ if epoch == now => size,
                Ok(reader) => reader.size(),
                Err(_) => 0,
            };
            // A relay that went back may have lost photos as well.
            let mut next = at_relay.upto.get(&epoch.n).copied().unwrap_or(0).min(end);
            while next < end {
                let until = end.min(next + ENTRIES_MAX);
                match sync_step(&shared, &to, epoch, next, until).await {
                    Ok(()) => {
                        next = until;
                        wait = RETRY_MIN;
                        refused::keep_position(&shared, epoch, next);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "photos wait");
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(RETRY_MAX);
                    }
                }
            }
        }
        if confirmed.changed().await.is_err() {
            return;
        }
    }
}

async fn sync_step(
    shared: &Arc<UplinkShared>,
    to: &RelayHttpClient,
    epoch: Epoch,
    from: u64,
    until: u64,
) -> Result<(), PhotoUplinkError> {
    let store = shared.parts.store.clone();
    let named = tokio::task::spawn_blocking(move || photos_named(&store, epoch, from, until)).await;
    let named = named.map_err(|e| PhotoUplinkError::Unreachable(e.to_string()))??;
    for requested in named.chunks(PHOTO_HASHES_MAX) {
        for photo in to.missing(requested).await? {
            deliver_photo(shared, to, photo).await?;
        }
    }
    Ok(())
}

/// Sends one photo. One that the relay refuses is noted and retained, and the others do not wait for it.
async fn deliver_photo(
    shared: &Arc<UplinkShared>,
    to: &RelayHttpClient,
    photo: Hash,
) -> Result<(), PhotoUplinkError> {
    let status = match to.send(photo, (shared.parts.photo_path)(photo)).await {
        Err(error @ PhotoUplinkError::Refused { status, .. }) => {
            tracing::error!(%error, "a photo is passed over, and kept on the card");
            Some(status)
        }
        sent => sent.map(|()| None)?,
    };
    note_answer(shared, photo, status).await
}

async fn note_answer(
    shared: &Arc<UplinkShared>,
    photo: Hash,
    status: Option<u16>,
) -> Result<(), PhotoUplinkError> {
    let shared = Arc::clone(shared);
    let noted = tokio::task::spawn_blocking(move || refused::mark_refused(&shared, photo, status)).await;
    let noted = noted.map_err(|e| PhotoUplinkError::Unreachable(e.to_string()))?;
    noted.map_err(|e| {
        PhotoUplinkError::Unreachable(format!("what the relay said of a photo is not kept: {e}"))
    })
}

/// Sends again what was refused an hour ago, or at a time that this clock does not know.
async fn reset_refused(shared: &Arc<UplinkShared>, to: &RelayHttpClient) -> Result<(), PhotoUplinkError> {
    refused::update_photo_alarm(shared).map_err(|e| map_row_error(&e))?;
    let now_ms = shared.parts.clock.now().wall_ms;
    let all = refused::refused_photos(shared).map_err(|e| map_row_error(&e))?;
    let due = all.into_iter().filter(|(_, at_ms)| now_ms.abs_diff(*at_ms) >= REFUSED_AGAIN_MS);
    let due: Vec<Hash> = due.map(|(photo, _)| photo).collect();
    for requested in due.chunks(PHOTO_HASHES_MAX) {
        let missing = to.missing(requested).await?;
        for photo in requested {
            match missing.contains(photo) {
                true => deliver_photo(shared, to, *photo).await?,
                // It came by another path.
                false => note_answer(shared, *photo, None).await?,
            }
        }
    }
    Ok(())
}

fn map_row_error(error: &redb::Error) -> PhotoUplinkError {
    PhotoUplinkError::Unreachable(format!("the photos that it refused: {error}"))
}

/// The photos that entries `from..until` name, each once, in their order.
fn photos_named(store: &Store, epoch: Epoch, from: u64, until: u64) -> Result<Vec<Hash>, PhotoUplinkError> {
    let reader = store.reader_of(epoch).map_err(|e| PhotoUplinkError::Unreachable(e.to_string()))?;
    // An entry that adopts a run takes readers of its own, and longer than this one lives.
    let entries: Result<Vec<_>, StoreError> = reader.entries(from..until.min(reader.size())).collect();
    let mut named = Vec::new();
    for entry in entries.map_err(|e| PhotoUplinkError::Unreachable(e.to_string()))? {
        let photos = store.photos_named(&entry);
        named.extend(photos.map_err(|e| PhotoUplinkError::Unreachable(e.to_string()))?);
    }
    let mut seen = std::collections::BTreeSet::new();
    named.retain(|photo| seen.insert(*photo));
    Ok(named)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU16, Ordering};

    use axum::Router;
    use axum::extract::{Path, State};
    use axum::http::StatusCode;
    use axum::routing::{post, put};
    use record::alarm::AlarmCode;
    use record::entry::{ClockState, EntryAuthor, EntryDraft};
    use record::ids::BootId;
    use record::kinds::Event;
    use service::clock::{FakeClock, Now};

    use super::*;
    use crate::store::WriteDecision;
    use crate::uplink::test_shared::make_shared;

    /// A relay that answers each piece as configured, and lacks what it did not take.
    #[derive(Default)]
    struct Relay {
        answers: AtomicU16,
        taken: Mutex<Vec<String>>,
    }

    async fn relay() -> (Arc<Relay>, RelayHttpClient) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let relay = Arc::new(Relay::default());
        let routes = Router::new()
            .route(
                "/box/v1/photos/missing",
                post(async |State(relay): State<Arc<Relay>>, axum::Json(requested): axum::Json<Hashes>| {
                    let taken = relay.taken.lock().unwrap().clone();
                    let photos =
                        requested.photos.into_iter().filter(|p| !taken.contains(&p.to_string())).collect();
                    axum::Json(Hashes { photos })
                }),
            )
            .route(
                "/box/v1/photos/{photo}",
                put(async |State(relay): State<Arc<Relay>>, Path(photo): Path<String>| {
                    let status = relay.answers.load(Ordering::Relaxed);
                    if status == 201 {
                        relay.taken.lock().unwrap().push(photo);
                    }
                    StatusCode::from_u16(status).unwrap()
                }),
            )
            .with_state(Arc::clone(&relay));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (relay, RelayHttpClient { url, client: reqwest::Client::builder().build().unwrap() })
    }

    /// A box whose log names two photos.
    async fn shared(dir: &std::path::Path, clock: &Arc<FakeClock>) -> (Arc<UplinkShared>, [Hash; 2]) {
        let shared = make_shared(dir, clock);
        let photos = [&b"one"[..], b"two"].map(|bytes| {
            std::fs::write(dir.join(Hash::of(bytes).to_string()), bytes).unwrap();
            Hash::of(bytes)
        });
        for photo in photos {
            let body =
                format!(r#"{{"tag":"ABCDEFGH3","who":{{"proof":"unattributed"}},"photos":["{photo}"]}}"#);
            let event = Event::read("cleaning.recorded", &body);
            let draft = EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() };
            let store = &shared.parts.store;
            store.submit(|_| WriteDecision::Append { drafts: vec![draft], answer: () }).await.unwrap();
        }
        (shared, photos)
    }

    /// How many photos the active alarms are about.
    fn reported(shared: &UplinkShared) -> Vec<Option<u64>> {
        let alarms = shared.parts.alarms.all();
        let active = alarms.iter().filter(|a| a.is_active() && a.cause.code == AlarmCode::PhotosRefused);
        active.map(|a| a.cause.to).collect()
    }

    #[tokio::test]
    async fn what_the_relay_refuses_is_kept_told_and_sent_again() {
        let dir = tempfile::tempdir().unwrap();
        let now = Now { wall_ms: 9, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
        let clock = Arc::new(FakeClock::new(now));
        let (shared, photos) = shared(dir.path(), &clock).await;
        let (relay, to) = relay().await;
        let (epoch, size) = (shared.parts.store.origin().epoch, shared.parts.store.size());
        let at_relay = || refused::at_relay(&shared.parts.store);
        relay.answers.store(503, Ordering::Relaxed);
        assert!(matches!(
            sync_step(&shared, &to, epoch, 0, size).await,
            Err(PhotoUplinkError::Unreachable(_))
        ));
        assert!(at_relay().refused.is_empty(), "it is only away");
        for status in [409, 413, 422] {
            relay.answers.store(status, Ordering::Relaxed);
            sync_step(&shared, &to, epoch, 0, size).await.unwrap();
            assert_eq!(at_relay().refused, photos.into(), "{status}");
            assert_eq!(reported(&shared), [Some(2)], "{status}");
        }
        relay.answers.store(201, Ordering::Relaxed);
        reset_refused(&shared, &to).await.unwrap();
        assert!(relay.taken.lock().unwrap().is_empty(), "not at once");
        clock.advance(Duration::from_millis(REFUSED_AGAIN_MS));
        // One of them came by another path meanwhile.
        relay.taken.lock().unwrap().push(photos[0].to_string());
        reset_refused(&shared, &to).await.unwrap();
        assert_eq!(*relay.taken.lock().unwrap(), photos.map(|p| p.to_string()));
        assert!(at_relay().refused.is_empty() && reported(&shared).is_empty());
    }
}
