//! What can go wrong with the store, worded for the readers of each message.

use record::entry::EntryError;
use record::ids::Epoch;
use record::sign::NoteError;

use super::disk::is_disk_error;
use super::system_disk::FolderError;

pub(crate) fn is_full(e: &std::io::Error) -> bool {
    matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// Why the store could not be opened or kept up.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder could not be taken.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Nobody's data folder: a path that was mistyped must not become a new box.
    #[error("{} is no box’s data folder: it has no keys, no log and no database. Nothing was made there", .0.display())]
    NoBox(std::path::PathBuf),
    /// A file could not be worked with.
    #[error("{what} could not be used: {source}")]
    Io { what: String, source: std::io::Error },
    /// A folder of the data folder could not be read: its contents are not known.
    #[error(
        "the folder “{path}” in the data folder could not be read: {source}. Nothing was changed: start again, and if that does not help, check the card, or restore a backup"
    )]
    FolderUnread { path: String, source: std::io::Error },
    #[error("the database {what} failed: {source}")]
    Database { what: &'static str, source: redb::Error },
    /// A newer program wrote this folder.
    #[error(
        "the data folder was written by a newer CleanTrack (its schema is {found}, this program knows {known}); nothing was changed: start the newer program again, or restore a backup of this version"
    )]
    Newer {
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    #[error(
        "no further log can be begun: the last number was used. Set this box up anew, and keep this card"
    )]
    TooManyEpochs,
    #[error("{path}: {why}")]
    Key { path: String, why: String },
    /// A note could not be made or read.
    #[error("a checkpoint could not be made: {0}")]
    Note(#[from] NoteError),
    /// Entries that this program wrote do not read back.
    #[error("entry {seq} of epoch {epoch} is damaged: {why}")]
    Damaged { epoch: String, seq: u64, why: String },
    /// A new database would have less than the one that it was to replace.
    #[error(
        "the database that was built anew lacks entries {from} to {to} of epoch {epoch}, which the present one has; the present one was kept"
    )]
    Shorter {
        epoch: Epoch,
        /// The first entry that it lacks.
        from: u64,
        to: u64,
    },
    /// What the relay gives back would take the space of new records.
    #[error(
        "{free_mib} MiB are free on the disk, which are kept for new records: entries from the relay wait until there is more room"
    )]
    NoRoomToFetch { free_mib: u64 },
    #[error("there is no entry {seq}; the log has {size}")]
    NoEntry { seq: u64, size: u64 },
    /// A reader was held longer than two seconds: it would make the database grow.
    #[error("the reading took longer than 2 s; ask for fewer entries at a time")]
    ReaderExpired,
    /// The database is being opened again after an error.
    #[error("the database is being opened again; try again in a moment")]
    Reopening,
    #[error("the store has stopped")]
    Stopped,
}

impl StoreError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn db<E: Into<redb::Error>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |e| Self::Database { what, source: e.into() }
    }

    pub fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => is_full(source),
            Self::Database { source: redb::Error::Io(e), .. } => is_full(e),
            _ => false,
        }
    }

    /// Whether the disk did not give or take something, which says nothing about what it holds.
    pub(crate) fn is_of_disk(&self) -> bool {
        match self {
            Self::Io { source, .. } | Self::Database { source: redb::Error::Io(source), .. } => {
                is_disk_error(source)
            }
            Self::Database { source: redb::Error::PreviousIo, .. } => true,
            _ => false,
        }
    }

    pub(crate) fn is_of_database(&self) -> bool {
        matches!(self, Self::Database { .. }) && !self.is_full()
    }
}

/// Why something was not recorded, or may not have been.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    #[error("the box's disk is full: nothing was recorded; what you entered is still on your screen")]
    Full,
    /// It may have been recorded: sending the same again is safe and shows whether it was.
    #[error("the box could not confirm that this was saved; send the same again")]
    Unknown,
    /// Nothing was recorded: too much waits.
    #[error("the box is busy: nothing was recorded; try again in a moment")]
    Busy,
    #[error("the box is stopping: nothing was recorded; try again in a minute")]
    Stopping,
    /// Nothing was recorded: one command made more than fits in a group.
    #[error("too much at once: {entries} entries with {bytes} bytes; nothing was recorded")]
    TooLarge { entries: usize, bytes: usize },
    /// Nothing was recorded: an entry could not be written down.
    #[error("nothing was recorded: {0}")]
    Entry(#[from] EntryError),
    /// Nothing was recorded: the database failed before the journal was touched.
    #[error("the box's database failed: nothing was recorded ({0})")]
    Database(String),
}
