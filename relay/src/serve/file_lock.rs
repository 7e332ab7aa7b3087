//! One process serves a database that is a file: a second one would hold up the first one's writes, and tell boxes another story.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;

use crate::ownership::make_private_file;

/// Held for as long as the process serves; the operating system lets go of it with the process.
#[derive(Debug)]
pub(crate) struct FileLock {
    _held: File,
}

/// Why it is not had.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another process has it: of this file.
    Held(PathBuf),
    Io(io::Error),
}

/// Takes it beside the file of this database; a server's needs none.
pub(super) fn lock_database(address: &str) -> Result<Option<FileLock>, LockError> {
    let Some(file) = address.strip_prefix("sqlite:") else { return Ok(None) };
    // A link to it is the same database.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| PathBuf::from(file));
    let path = PathBuf::from(format!("{}.lock", file.display()));
    let opened = match make_private_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(&path)
        }
        made => made,
    };
    let opened = opened.map_err(LockError::Io)?;
    match opened.try_lock() {
        Ok(()) => Ok(Some(FileLock { _held: opened })),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(path)),
        Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_process_and_a_server_any_number() {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("relay.db").display());
        let held = lock_database(&address).unwrap();
        assert!(held.is_some());
        assert!(
            matches!(lock_database(&address), Err(LockError::Held(path)) if path.ends_with("relay.db.lock"))
        );
        std::fs::write(dir.path().join("relay.db"), "").unwrap();
        std::os::unix::fs::symlink("relay.db", dir.path().join("link.db")).unwrap();
        let link = format!("sqlite:{}", dir.path().join("link.db").display());
        assert!(matches!(lock_database(&link), Err(LockError::Held(_))));
        drop(held);
        assert!(lock_database(&address).unwrap().is_some(), "it ended");
        assert!(lock_database("postgres://h/d").unwrap().is_none());
    }
}
