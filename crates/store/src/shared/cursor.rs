//! How far the relay has confirmed the log: the newest cosigned checkpoint, kept in a small file of two slots.

use std::sync::Arc;

use record::checkpoint::{Checkpoint, CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::sign::VerifierKey;
use record::tree::{Hash, root_at};

use super::queue::WriterControl;
use crate::Store;
use crate::io::disk::{Disk, DiskFile, PAGE_BYTES, put_small};
use crate::io::error::StoreError;
use crate::side_files::evidence::{ends_path, keep_ended_note};

pub(crate) const FILE: &str = "cursor";
/// Entries or time after which a newer cosignature is written down.
const CURSOR_ENTRIES: u64 = 512;
const CURSOR_MS: u64 = 30_000;
const SLOT_BYTES: usize = PAGE_BYTES;
pub(crate) const FILE_BYTES: usize = 2 * SLOT_BYTES;

/// Whether the file is one that this box wrote: a slot that was being written when the power went may be torn, not both.
pub(crate) fn is_cursor(bytes: &[u8]) -> bool {
    let mut slots = bytes.chunks_exact(SLOT_BYTES);
    bytes.len() == FILE_BYTES && slots.any(|slot| slot.iter().all(|&b| b == 0) || read_slot(slot).is_some())
}

/// How far the relay has confirmed the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedSize {
    /// Entries of this epoch that the relay holds, as far as the box knows.
    pub size: u64,
    /// The newest cosigned checkpoint that the box has seen: evidence, whatever the relay says later.
    pub stored: Option<StoredCheckpoint>,
}

/// Why a cosigned checkpoint was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    #[error("the cosigned checkpoint is of another log")]
    Origin,
    #[error("the cosigned checkpoint has another root at size {0} than this box")]
    Root(u64),
    /// The box could not look; [`StoreError::NoEntry`] when it has fewer entries.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Size and root, and of which epoch.
    pub checkpoint: Checkpoint,
    pub note: String,
}

#[derive(Debug)]
pub(crate) struct UplinkCursor {
    /// Entries of this epoch that the relay is known to hold.
    pub(crate) size: u64,
    /// The newest cosigned checkpoint ever seen, of whatever epoch.
    pub(crate) stored: Option<StoredCheckpoint>,
    /// Number of the newest slot.
    turn: u64,
    /// Size and time of the last writing.
    pub(crate) written: (u64, u64),
}

fn cursor_slot(turn: u64, note: &str) -> Option<Vec<u8>> {
    let sum = &Hash::of(format!("{turn}\n{note}").as_bytes()).to_string()[..32];
    let mut bytes = format!("#c 1 {turn} {} {sum}\n{note}", note.len()).into_bytes();
    (bytes.len() <= SLOT_BYTES).then(|| {
        bytes.resize(SLOT_BYTES, 0);
        bytes
    })
}

fn read_slot(bytes: &[u8]) -> Option<(u64, String)> {
    let text = std::str::from_utf8(bytes.split(|&b| b == 0).next()?).ok()?;
    let (line, rest) = text.split_once('\n')?;
    let mut words = line.strip_prefix("#c 1 ")?.split(' ');
    let turn: u64 = words.next()?.parse().ok()?;
    let note = rest.get(..words.next()?.parse().ok()?)?;
    (cursor_slot(turn, note)? == bytes).then(|| (turn, note.to_owned()))
}

impl UplinkCursor {
    /// Reads what was kept. A slot that does not hold, or whose note no known key of this box signed, counts for nothing.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn load(
        disk: &dyn Disk,
        origin: &LogOrigin,
        logs: &[VerifierKey],
    ) -> Result<Self, StoreError> {
        let mut cursor = Self { size: 0, stored: None, turn: 0, written: (0, 0) };
        let bytes = crate::io::disk::read_small(disk, FILE, 2 * SLOT_BYTES).map_err(StoreError::io(FILE))?;
        for slot in bytes.iter().flat_map(|b| b.chunks_exact(SLOT_BYTES)) {
            let Some((turn, note)) = read_slot(slot) else { continue };
            let stored = read_note(note, logs);
            if let Some(stored) = stored.filter(|_| turn >= cursor.turn) {
                cursor.turn = turn;
                cursor.stored = Some(stored);
            }
        }
        cursor.size = cursor.confirmed(origin);
        Ok(cursor)
    }

    pub(crate) fn confirmed(&self, origin: &LogOrigin) -> u64 {
        self.stored.as_ref().filter(|k| k.checkpoint.origin == *origin).map_or(0, |k| k.checkpoint.size)
    }

    /// Writes the newest evidence into the older slot.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn write(&mut self, disk: &dyn Disk, up_ms: u64) -> Result<(), StoreError> {
        let Some(stored) = &self.stored else { return Ok(()) };
        let turn = self.turn + 1;
        let Some(bytes) = cursor_slot(turn, &stored.note) else { return Ok(()) };
        let file: Arc<dyn DiskFile> = match disk.open(FILE) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                put_small(disk, FILE, &[0; 2 * SLOT_BYTES]).map_err(StoreError::io(FILE))?;
                disk.open(FILE).map_err(StoreError::io(FILE))?
            }
            other => other.map_err(StoreError::io(FILE))?,
        };
        file.write_at(turn % 2 * SLOT_BYTES as u64, &bytes).map_err(StoreError::io(FILE))?;
        file.sync_data().map_err(StoreError::io(FILE))?;
        self.turn = turn;
        self.written = (stored.checkpoint.size, up_ms);
        Ok(())
    }
}

/// The note that ends an epoch, where one is kept that a key of this box signed.
///
/// # Errors
/// The disk's.
pub(crate) fn ended_cursor(
    disk: &dyn Disk,
    origin: &LogOrigin,
    logs: &[VerifierKey],
) -> Result<Option<Checkpoint>, StoreError> {
    let path = ends_path(origin.epoch);
    let bytes = crate::io::disk::read_small(disk, &path, SLOT_BYTES).map_err(StoreError::io(path))?;
    let note = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let stored = note.and_then(|note| read_note(note, logs));
    Ok(stored.map(|stored| stored.checkpoint).filter(|checkpoint| checkpoint.origin == *origin))
}

fn read_note(note: String, logs: &[VerifierKey]) -> Option<StoredCheckpoint> {
    let checkpoint = logs.iter().find_map(|log| {
        let origin = log.name().parse().ok()?;
        Some(*SignedCheckpoint::verify(&note, &origin, log).ok()?.checkpoint())
    })?;
    Some(StoredCheckpoint { checkpoint, note })
}

impl Store {
    /// How far the relay has confirmed the log.
    pub fn cursor(&self) -> ConfirmedSize {
        let cursor = self.shared.cursor();
        ConfirmedSize { size: cursor.size, stored: cursor.stored.clone() }
    }

    /// Entries of this epoch that the relay holds, as far as the box knows.
    pub fn cursor_size(&self) -> u64 {
        self.shared.cursor().size
    }

    /// Takes a verified cosignature, after comparing its root with the box's own tree.
    ///
    /// # Errors
    /// [`CursorError`]; the cursor stays.
    pub fn raise_cursor(&self, cosigned: &CosignedCheckpoint) -> Result<(), CursorError> {
        let checkpoint = *cosigned.checkpoint();
        if checkpoint.origin != self.origin() {
            return Err(CursorError::Origin);
        }
        if root_at(&self.reader()?, checkpoint.size)? != checkpoint.root {
            return Err(CursorError::Root(checkpoint.size));
        }
        let up_ms = self.clock.now().up_ms;
        let mut cursor = self.shared.cursor();
        cursor.size = checkpoint.size;
        if checkpoint.size < cursor.confirmed(&checkpoint.origin) {
            return Ok(());
        }
        // Before its place is taken: nobody can sign it again. Where that fails it stays, and a later answer tries again.
        if let Some(ended) = cursor.stored.as_ref().filter(|stored| self.is_last_word(stored))
            && let Err(error) =
                keep_ended_note(&*self.shared.disk, self.shared.verifiers(), &ended.checkpoint, &ended.note)
        {
            tracing::error!(%error, "what the relay signed of an earlier log is not kept yet");
            return Ok(());
        }
        cursor.stored = Some(StoredCheckpoint { checkpoint, note: cosigned.note().to_string() });
        let (size, at_ms) = cursor.written;
        let due = checkpoint.size >= size + CURSOR_ENTRIES || up_ms >= at_ms + CURSOR_MS;
        if due && checkpoint.size > size {
            // Written by the writer between groups. A lost one comes again with the relay's next answer.
            cursor.written = (checkpoint.size, up_ms);
            drop(cursor);
            let _ = self.queue.control(WriterControl::Cursor);
        }
        Ok(())
    }

    /// Whether a note is of an earlier log that nothing here can sign for any more.
    fn is_last_word(&self, stored: &StoredCheckpoint) -> bool {
        let epoch = stored.checkpoint.origin.epoch;
        epoch != self.origin().epoch && self.shared.signer_of(epoch).is_none()
    }

    /// Takes back the cursor to what the relay says it holds; the evidence of more is kept.
    pub fn lower_cursor(&self, size: u64) {
        let mut cursor = self.shared.cursor();
        cursor.size = cursor.size.min(size);
    }
}
