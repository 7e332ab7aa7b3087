//! Logs that are this box's although no key in `keys/` says so: by their own first entry, or because a person said it.

use std::collections::BTreeSet;

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use record::kinds::{EntryRef, Event};
use record::sign::VerifierKey;

use super::evidence::EVIDENCE;
use crate::Store;
use crate::io::disk::{Disk, put_small, read_small};
use crate::io::error::StoreError;

/// Logs that a person at the box said are its own, one a line: by key, or by name where nothing else is needed.
const TRUSTED: &str = "keys/trusted";
/// Keys that the relay holds logs of this box under and that nothing here vouches for, one a line.
const OFFERED: &str = "evidence/offered-keys";
/// Keys in either file: a box has a few epochs in its life, and a relay that offers more offers nonsense.
const KEYS_MAX: usize = 16;
const BYTES_MAX: usize = 16 * 256;

/// Why a log was not taken for this box's.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Neither the relay nor this card has one of this name that waits.
    #[error(
        "no log {0} is waiting to be trusted: the relay has shown none of this name, and none lies on this card. “cleantrack-appliance alarm list” names those that are"
    )]
    NotWaiting(Epoch),
    #[error("{KEYS_MAX} logs were taken for this box’s already; it takes no more")]
    TooMany,
}

/// What cannot be read is skipped: each line is independent, and a person can confirm again.
fn read_lines(disk: &dyn Disk, path: &str) -> Vec<String> {
    let bytes = read_small(disk, path, BYTES_MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, path, "keys of this box's logs cannot be read, and count as not there");
        None
    });
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    text.lines().map(str::to_owned).take(KEYS_MAX).collect()
}

fn read_keys(disk: &dyn Disk, path: &str) -> Vec<VerifierKey> {
    read_lines(disk, path).iter().filter_map(|line| VerifierKey::parse(line).ok()).collect()
}

pub(crate) fn trusted_epochs(disk: &dyn Disk, box_id: BoxId) -> BTreeSet<Epoch> {
    let origins = read_lines(disk, TRUSTED).into_iter().filter_map(|line| {
        let name = VerifierKey::parse(&line).map_or(line, |key| key.name().to_owned());
        name.parse::<LogOrigin>().ok()
    });
    origins.filter(|origin| origin.box_id == box_id).map(|origin| origin.epoch).collect()
}

fn write_lines(disk: &dyn Disk, path: &str, lines: &[String]) -> Result<(), StoreError> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    put_small(disk, path, text.as_bytes()).map_err(StoreError::io(path))
}

/// Takes a log for this box's because the relay's operator said whose place this machine takes.
///
/// # Errors
/// The disk's.
pub(crate) fn trust_key(disk: &dyn Disk, key: &VerifierKey) -> Result<(), StoreError> {
    let (line, mut trusted) = (key.to_string(), read_lines(disk, TRUSTED));
    if !trusted.contains(&line) {
        // The newest is what a connection asks for.
        trusted.truncate(KEYS_MAX - 1);
        trusted.push(line);
        write_lines(disk, TRUSTED, &trusted)?;
    }
    Ok(())
}

impl Store {
    /// The key of one of this box's logs: from its key file, from the log's own first entry where that counts here, or
    /// because a person said so.
    ///
    /// # Errors
    /// The disk's and the database's.
    pub fn known_log_key(&self, epoch: Epoch) -> Result<Option<VerifierKey>, StoreError> {
        let origin = LogOrigin { epoch, ..self.origin() };
        let name = origin.to_string();
        if let Some(key) = self.verifier_keys().into_iter().find(|key| key.name() == name) {
            return Ok(Some(key));
        }
        if let Some(entry) = self.reader()?.entry_at(EntryRef { epoch, seq: 0 })?
            && let Event::LogStarted(started) = entry.event()
            && let Some(key) = started.key
            && let Ok(key) = origin.verifier(&key.0)
        {
            return Ok(Some(key));
        }
        Ok(read_keys(&*self.shared.disk, TRUSTED).into_iter().find(|key| key.name() == name))
    }

    /// Keeps keys of logs that the relay holds for this box's and that nothing here vouches for, so that a person can
    /// say whether they are; those that were kept before and are not among them are dropped.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_offered_keys(&self, keys: &[VerifierKey]) -> Result<(), StoreError> {
        let disk = &*self.shared.disk;
        let keys = &keys[..keys.len().min(KEYS_MAX)];
        if read_keys(disk, OFFERED) == keys {
            return Ok(());
        }
        disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
        write_lines(disk, OFFERED, &keys.iter().map(VerifierKey::to_string).collect::<Vec<_>>())
    }

    /// Takes a log that the relay offered, or one stored on this card that belongs to nothing, for this box's: a person
    /// at the box says that it is. The next start goes by it. One that says that it is another box's is never taken.
    ///
    /// # Errors
    /// No such log waits; the disk's.
    pub fn trust_log(&self, epoch: Epoch) -> Result<(), TrustError> {
        let disk = &*self.shared.disk;
        let name = LogOrigin { epoch, ..self.origin() }.to_string();
        let offered = read_keys(disk, OFFERED).into_iter().find(|key| key.name() == name);
        let line = offered.map(|key| key.to_string());
        let line = line.or_else(|| self.shared.report().apart.contains(&epoch).then_some(name));
        let line = line.ok_or(TrustError::NotWaiting(epoch))?;
        let mut trusted = read_lines(disk, TRUSTED);
        if trusted.contains(&line) {
            return Ok(());
        }
        if trusted.len() == KEYS_MAX {
            return Err(TrustError::TooMany);
        }
        trusted.push(line);
        Ok(write_lines(disk, TRUSTED, &trusted)?)
    }
}
