//! The files that a box gives away: backups, which are encrypted, and the archive of everything, which is not. A tar of plain files; the
//! first says what it is, the last names each with its hash. Whoever reads one trusts none of it.

mod contents;
mod fault;
mod reading;
mod tar;

pub use self::contents::{
    BackupFile, BackupHead, BackupKind, BackupManifest, FORM, HEAD, MANIFEST, PHOTOS, PartManifest, PartRef,
    PhotoFile, SETTINGS, StoredLog, is_signing_key, photo_of,
};
pub use self::fault::BackupFault;
pub use self::reading::{
    ArchiveSink, HashOnly, ReadBackup, read_archive, read_backup, read_part, stored_logs, write_photos,
};
pub use self::tar::{ArchiveError, ArchiveWriter};
