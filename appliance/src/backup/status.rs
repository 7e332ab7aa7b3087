//! How backups stand, for pages and the command line.

use std::path::PathBuf;

use super::cause::BackupCause;
use super::key::BackupRecipient;
use super::record::BackupRecord;

/// What the relay has of this box, which counts as a backup too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayCopy {
    /// Entries that it has confirmed.
    pub entries: u64,
    /// Entries of this box.
    pub of_entries: u64,
    /// Photos that it has.
    pub photos: u64,
    /// Photos that entries of this box name.
    pub of_photos: u64,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupWork {
    /// A backup.
    Backup,
    /// A restore test.
    Test,
}

/// How a piece of work ended, which a command line waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkResult {
    /// Which, counted from the start of the box.
    pub number: u64,
    /// What it was.
    pub work: BackupWork,
    /// What came of it, in words.
    pub words: Result<String, String>,
}

/// Backups as pages show them.
#[derive(Debug, Clone)]
pub struct BackupStatus {
    /// What is remembered.
    pub record: BackupRecord,
    /// The key that backups are encrypted to.
    pub key: Option<BackupRecipient>,
    /// Where they go.
    pub folder: Option<PathBuf>,
    /// What the relay had when it was looked last.
    pub relay: Option<RelayCopy>,
    /// At which time of each day.
    pub daily: String,
    /// What is being done now.
    pub work: Option<BackupWork>,
    /// What failed last, until a backup succeeds.
    pub failure: Option<(BackupCause, String)>,
    /// How the last test or backup ended since the start.
    pub result: Option<WorkResult>,
}

/// How the end of the backups went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopOutcome {
    /// Nothing runs that could be cut.
    Ended,
    /// A backup hangs in its folder and is left behind: what it wrote counts for nothing, and the next one removes it.
    LeftBehind,
}
