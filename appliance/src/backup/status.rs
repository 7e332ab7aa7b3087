//! The state of backups, for pages and the command line.

use std::path::PathBuf;

use super::cause::BackupCause;
use super::key::BackupRecipient;
use super::record::BackupRecord;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayCopy {
    pub entries: u64,
    pub of_entries: u64,
    pub photos: u64,
    /// Photos that entries of this box name.
    pub of_photos: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupWork {
    Backup,
    Test,
    /// Everything is written out for somebody.
    Archive,
}

/// How a job ended, which a command line waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkResult {
    /// Which, counted from the start of the box.
    pub number: u64,
    pub work: BackupWork,
    pub words: Result<String, String>,
}

#[derive(Debug, Clone)]
pub struct BackupStatus {
    pub record: BackupRecord,
    pub key: Option<BackupRecipient>,
    pub folder: Option<PathBuf>,
    pub relay: Option<RelayCopy>,
    pub daily: String,
    /// What is being done now.
    pub work: Option<BackupWork>,
    pub failure: Option<(BackupCause, String)>,
    /// How the last test or backup ended since the start.
    pub result: Option<WorkResult>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopOutcome {
    Ended,
    /// A backup blocks on its folder and is abandoned: what it wrote does not count, and the next one removes it.
    LeftBehind,
}
