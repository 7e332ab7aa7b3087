//! Backups: the box's log, PINs, keys and photos, encrypted into files of a stick or folder, and back into a new box.
//!
//! One file holds all but the photos, as [`run`] writes it; photos are in files of their own beside it, each written once. Every file
//! is read back and decrypted before it counts. The box stores no key that opens its backups: it encrypts each file to a second key
//! beside the facility's, which it makes for that file, holds in memory until it has read the file back, and drops. So what is checked
//! is the very decryption that a restore does, and whoever takes the box's storage later opens none of its backups with it. A hash of
//! the ciphertext alone would show what the medium did and not whether it can be decrypted.

mod cause;
mod command_line;
mod contents;
mod export;
mod key;
mod label_key;
mod labels;
mod medium;
mod pace;
mod photo_parts;
mod record;
mod restore;
mod run;
mod schedule;
mod service;
mod status;
mod storage;
#[cfg(test)]
mod tests;
mod writing;

#[cfg(test)]
pub(crate) use self::cause::BACKUP_CAUSES;
pub use self::cause::{BackupCause, BackupError, CrowdedFolder};
pub(crate) use self::command_line::count_noun;
pub use self::command_line::{check_folder, word_backups, word_restored};
pub use self::contents::BackupLabel;
pub use self::key::{BackupRecipient, BackupSecret, KeyTextError};
pub use self::record::{BackupRecord, RestoreTest, VerifiedBackup};
pub use self::restore::{
    MissingPhotos, NoSeam, RestoreError, RestoreSeam, RestoredBackup, expect_backup, is_archive,
    restore_backup, test_backup,
};
pub use self::service::{BackupContext, BackupService};
pub use self::status::{BackupStatus, BackupWork, RelayCopy, StopOutcome, WorkResult};
