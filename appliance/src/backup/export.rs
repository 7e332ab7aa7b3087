//! All that a facility may take along, in one file that nothing encrypts: its log with texts, what proves it, photos, public keys and
//! settings. What only the box may have is not in it: the keys that sign and encrypt, PINs, badges, sessions, the relation to a relay.

use std::io::{self, Write};

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::cause::BackupError;
use super::pace::RunPace;
use super::run::{add_photo, head_of, photos_on_box, to_json};
use super::writing::FilesWriter;
use crate::photo::PhotoStore;
use crate::store::Store;
use crate::store::archive::{
    BackupKind, BackupManifest, HEAD, MANIFEST, PHOTOS, SETTINGS, stored_logs, write_photos,
};

/// Bytes that are sent at a time.
const CHUNK_BYTES: usize = 256 << 10;

pub(super) struct ExportInput<'a> {
    pub(super) store: &'a Store,
    pub(super) photos: &'a PhotoStore,
    pub(super) settings: &'a str,
    pub(super) now_ms: i64,
}

pub(super) fn write_archive<W: Write>(
    input: &ExportInput<'_>,
    out: W,
    pace: &mut RunPace,
) -> Result<W, BackupError> {
    let mut out = FilesWriter::new(out, input.now_ms, pace);
    out.add_bytes(HEAD, &head_of(input.store, BackupKind::Archive)?)?;
    let log = input.store.copy_log()?;
    for copied in &log.files {
        out.add_copied(copied)?;
    }
    out.add_bytes(SETTINGS, input.settings.as_bytes())?;
    let mut photos = Vec::new();
    for photo in photos_on_box(input.photos)? {
        if add_photo(&mut out, input.photos, &photo)? {
            photos.push(photo);
        }
    }
    out.add_bytes(PHOTOS, write_photos(&photos).as_bytes())?;
    let manifest = BackupManifest {
        box_id: log.origin.box_id,
        facility: input.store.facility().settings.name.clone(),
        number: 0,
        taken_ms: input.now_ms,
        epoch: log.origin.epoch,
        checkpoint: log.checkpoint.to_string(),
        logs: stored_logs(out.log()),
        photos: photos.len() as u64,
        parts: Vec::new(),
        files: out.files().to_vec(),
    };
    out.add_bytes(MANIFEST, &to_json(&manifest)?)?;
    out.finish()
}

/// Sends what is written in chunks, and waits while nobody takes them.
pub(super) struct ChunkWriter {
    sender: Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    pub(super) fn new(sender: Sender<io::Result<Bytes>>) -> Self {
        Self { sender, chunk: Vec::with_capacity(CHUNK_BYTES) }
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..most]);
        if self.chunk.len() == CHUNK_BYTES {
            self.flush()?;
        }
        Ok(most)
    }

    fn flush(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        // Whoever asked for it is gone.
        self.sender.blocking_send(Ok(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
