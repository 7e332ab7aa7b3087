//! Another branch on which the relay continues this box's log: an older copy of the card was put back. The next start
//! begins an epoch there, and what this card has beside that branch is adopted.

use record::checkpoint::{Checkpoint, CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::ids::BoxId;
use record::kinds::Prev;
use record::sign::VerifierKey;

use crate::Store;
use crate::index::places::RUNS_FROM;
use crate::io::disk::{Disk, file_exists, put_small, read_small};
use crate::io::error::StoreError;
use crate::side_files::evidence::EVIDENCE;

/// When it was kept, the key of the branch's newest epoch, and what the relay cosigned of that.
pub(crate) const FILE: &str = "evidence/rebase";
pub(crate) const BYTES_MAX: usize = 4096;
/// The same of another box's log, which this machine goes on with from the next start on: it has taken that box's place.
pub(crate) const TAKEOVER: &str = "evidence/takeover";
/// How far ahead of this card's own number the relay's epoch may be: more were not begun by one box.
const EPOCHS_AHEAD_MAX: u32 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rebase {
    /// When this box learned of it, milliseconds since 1970.
    at_ms: i64,
    checkpoint: Checkpoint,
    /// Of the log that the checkpoint is of.
    key: VerifierKey,
}

impl Rebase {
    /// Reads what [`Store::rebase_on`] or [`Store::take_over`] wrote.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (at_ms, rest) = text.split_once('\n')?;
        let (key, note) = rest.split_once('\n')?;
        let log = VerifierKey::parse(key).ok()?;
        let origin: LogOrigin = log.name().parse().ok()?;
        let signed = SignedCheckpoint::verify(note, &origin, &log).ok()?;
        Some(Self { at_ms: at_ms.parse().ok()?, checkpoint: *signed.checkpoint(), key: log })
    }

    pub(crate) fn stored(disk: &dyn Disk, box_id: BoxId) -> Result<Option<Self>, StoreError> {
        let bytes = read_small(disk, FILE, BYTES_MAX).map_err(StoreError::io(FILE))?;
        let stored = bytes.and_then(|bytes| Self::parse(&bytes));
        Ok(stored.filter(|stored| stored.checkpoint.origin.box_id == box_id))
    }

    pub(crate) fn key(&self) -> &VerifierKey {
        &self.key
    }

    pub(crate) fn box_id(&self) -> BoxId {
        self.checkpoint.origin.box_id
    }

    /// What the epoch states that begins there.
    pub(crate) fn prev(&self) -> Prev {
        let Checkpoint { origin, size, root } = self.checkpoint;
        Prev { epoch: origin.epoch, size, root }
    }
}

impl Store {
    /// Has the next start begin an epoch behind what the relay cosigned of one that this box's chain does not lead to. The
    /// caller has verified both signatures; `key` made the first. `false` where its number is not to be believed.
    ///
    /// # Errors
    /// The disk's.
    pub fn rebase_on(
        &self,
        cosigned: &CosignedCheckpoint,
        key: &VerifierKey,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let most = self.origin().epoch.n.saturating_add(EPOCHS_AHEAD_MAX).min(RUNS_FROM - 2);
        if cosigned.checkpoint().origin.epoch.n > most {
            return Ok(false);
        }
        self.put_rebase(FILE, cosigned, key, now_ms)?;
        Ok(true)
    }

    /// Has the next start go on as another box, in whose place this machine has come: under its id, behind what the relay
    /// cosigned of its newest log, of which `key` is the key. What was recorded here so far is adopted. The caller has
    /// verified both signatures, and knows by whose word that box is replaced. `false`: a start has found no space for it.
    ///
    /// # Errors
    /// The disk's.
    pub fn take_over(
        &self,
        cosigned: &CosignedCheckpoint,
        key: &VerifierKey,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let is_new = !file_exists(&*self.shared.disk, TAKEOVER).map_err(StoreError::io(TAKEOVER))?;
        self.put_rebase(TAKEOVER, cosigned, key, now_ms)?;
        Ok(is_new)
    }

    fn put_rebase(
        &self,
        path: &str,
        cosigned: &CosignedCheckpoint,
        key: &VerifierKey,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let disk = &*self.shared.disk;
        disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
        disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
        let text = format!("{now_ms}\n{key}\n{}", cosigned.note());
        put_small(disk, path, text.as_bytes()).map_err(StoreError::io(path))
    }

    /// When this box last learned that the relay continues on another branch, milliseconds since 1970.
    ///
    /// # Errors
    /// The disk's.
    pub fn rebased_ms(&self) -> Result<Option<i64>, StoreError> {
        let stored = Rebase::stored(&*self.shared.disk, self.origin().box_id)?;
        Ok(stored.map(|stored| stored.at_ms))
    }
}
