//! The proof of several records of one log at once: what a report carries.

use serde::{Deserialize, Serialize};

use super::proof::{ProofError, VERSION, find_witness, open_checkpoint};
use crate::entry::Entry;
use crate::signed::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::signed::sign::VerifierKey;
use crate::tree::{Hash, TreeNodes, leaves_proof, root_from_leaves};

/// That entries stand in a log whose key signed its root. The entries themselves lie beside it, as their exact lines. It needs no
/// network, and holds nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntriesProof {
    /// [`VERSION`].
    pub v: u32,
    /// How many entries it is about.
    pub entries: usize,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// The hash of each subtree that has none of the entries, from the left ([`leaves_proof`]).
    pub path: Vec<Hash>,
    /// The checkpoint's note, with the relay's cosignature where there is one.
    pub checkpoint: String,
    /// The log's verifier key, as text.
    pub key: String,
    /// Verifier keys of the relays that cosigned, as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cosigners: Vec<String>,
}

/// The log that a proof is about; of entries only [`EntriesProof::check`] proves anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEntries {
    /// Size and root of the log that holds them.
    pub checkpoint: Checkpoint,
    /// When a relay had stored it, seconds since 1970, and by which name; see [`super::proof::VerifiedRecord::witnessed`].
    pub witnessed: Option<(String, u64)>,
}

impl EntriesProof {
    /// Of entries that ascend and that the checkpoint covers.
    ///
    /// # Errors
    /// The store's own.
    pub fn new<N: TreeNodes>(
        nodes: &N,
        entries: &[Entry],
        checkpoint: &SignedCheckpoint,
        log: &VerifierKey,
        cosigners: &[VerifierKey],
    ) -> Result<Self, N::Error> {
        let size = checkpoint.checkpoint().size;
        let indices: Vec<u64> = entries.iter().map(Entry::seq).collect();
        Ok(Self {
            v: VERSION,
            entries: entries.len(),
            size,
            path: leaves_proof(nodes, &indices, size)?,
            checkpoint: checkpoint.note().to_string(),
            key: log.to_string(),
            cosigners: cosigners.iter().map(ToString::to_string).collect(),
        })
    }

    /// Checks everything; `trusted` and `cosigners` as [`super::proof::RecordProof::check`] has them.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(
        &self,
        entries: &[Entry],
        trusted: &[VerifierKey],
        cosigners: &[VerifierKey],
    ) -> Result<VerifiedEntries, ProofError> {
        let opened = self.open(trusted, cosigners)?;
        let leaves: Vec<(u64, Hash)> = entries.iter().map(|entry| (entry.seq(), entry.leaf())).collect();
        let is_same_log = self.entries == entries.len() && self.size == opened.checkpoint.size;
        if !is_same_log || root_from_leaves(&leaves, self.size, &self.path) != Some(opened.checkpoint.root) {
            return Err(ProofError::Root);
        }
        Ok(opened)
    }

    /// Checks the signatures alone: what they say of entries [`EntriesProof::check`] finds out.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn open(
        &self,
        trusted: &[VerifierKey],
        cosigners: &[VerifierKey],
    ) -> Result<VerifiedEntries, ProofError> {
        if self.v != VERSION {
            return Err(ProofError::Version(self.v));
        }
        let (signed, log) = open_checkpoint(&self.checkpoint, &self.key, trusted)?;
        let witnessed = find_witness(&signed, &log, &self.cosigners, cosigners)?;
        Ok(VerifiedEntries { checkpoint: *signed.checkpoint(), witnessed })
    }
}
