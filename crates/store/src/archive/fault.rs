//! Why what was read is no archive of a box.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    #[error(
        "this key does not open it. Another key was in use when it was made: look for the page that was printed then"
    )]
    WrongKey,
    #[error("it is no backup of a box: {0}")]
    NoBackup(String),
    #[error(
        "a newer CleanTrack wrote it (form {found}; this program reads up to {known}). Restore it with that version"
    )]
    Newer {
        found: u32,
        /// The newest format that this program reads.
        known: u32,
    },
    /// It does not decrypt to its end, or is cut short.
    #[error("it is damaged or cut short: {0}")]
    Damaged(io::Error),
    #[error("{path} in it is not what was backed up: {why}")]
    File { path: String, why: &'static str },
    /// The log in it does not lead to its checkpoint.
    #[error("its log does not hold: {0}")]
    Log(&'static str),
    /// What was read could not be put where it belongs.
    #[error("{what} could not be written: {source}")]
    Target { what: String, source: io::Error },
}
