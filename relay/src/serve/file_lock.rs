//! One process serves a database that is a file: a second one would block the first's writes, and answer boxes inconsistently.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use service::admin_socket::ADMIN_SOCKET;
use service::ownership::make_private_file;

/// Held for as long as the process serves; the operating system lets go of it with the process.
#[derive(Debug)]
pub(crate) struct FileLock {
    _held: File,
}

/// Why it is not had.
#[derive(Debug)]
pub(super) enum LockError {
    Held(PathBuf),
    /// What is at its place cannot be it: a folder, a pipe, a link to nothing, or somebody else's file.
    Occupied(PathBuf),
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
            if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
                return Err(LockError::Occupied(path));
            }
            OpenOptions::new().write(true).open(&path)
        }
        made => made,
    };
    let opened = match opened {
        // A link that leads nowhere or to itself, or the file of somebody else.
        Err(_) if std::fs::symlink_metadata(&path).is_ok() => return Err(LockError::Occupied(path)),
        opened => opened.map_err(LockError::Io)?,
    };
    match opened.try_lock() {
        Ok(()) => Ok(Some(FileLock { _held: opened })),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(path)),
        Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
    }
}

/// What keeps the socket of the commands out of the data folder: an earlier socket or file is replaced, a folder is not.
pub(super) fn find_socket_obstacle(data: &Path) -> Option<PathBuf> {
    let socket = data.join(ADMIN_SOCKET);
    std::fs::symlink_metadata(&socket).is_ok_and(|found| found.is_dir()).then_some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_at_the_place_of_the_lock_or_the_socket_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("relay.db").display());
        let place = dir.path().join("relay.db.lock");
        std::fs::create_dir(&place).unwrap();
        assert!(matches!(lock_database(&address), Err(LockError::Occupied(path)) if path == place));
        std::fs::remove_dir(&place).unwrap();
        std::os::unix::fs::symlink("nowhere/else", &place).unwrap();
        assert!(matches!(lock_database(&address), Err(LockError::Occupied(path)) if path == place));
        let socket = dir.path().join(ADMIN_SOCKET);
        std::fs::write(&socket, "").unwrap();
        assert_eq!(find_socket_obstacle(dir.path()), None, "it is replaced");
        std::fs::remove_file(&socket).unwrap();
        std::fs::create_dir(&socket).unwrap();
        assert_eq!(find_socket_obstacle(dir.path()), Some(socket));
    }

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
