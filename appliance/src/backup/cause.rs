//! Why no backup was made, and why one is not restored.

use std::io;
use std::path::PathBuf;

use crate::store::StoreError;

macro_rules! backup_causes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What kept a backup from being made, as alarms and pages word it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum BackupCause {
            $($(#[$doc])* $name,)*
        }

        impl BackupCause {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }

        impl std::str::FromStr for BackupCause {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($word => Ok(Self::$name),)*
                    _ => Err(()),
                }
            }
        }

        #[cfg(test)]
        pub(crate) const BACKUP_CAUSES: &[BackupCause] = &[$(BackupCause::$name,)*];
    };
}

backup_causes! {
    NoKey = "no-key",
    /// The settings name no folder.
    NoFolder = "no-folder",
    /// The folder is not there, or went while it was written to.
    Missing = "missing",
    /// It is on the box's own storage.
    SameDisk = "same-disk",
    /// It cannot be written to.
    ReadOnly = "read-only",
    Full = "full",
    /// The medium takes no file of that length.
    TooLarge = "too-large",
    /// It holds more than the backups of one box can be.
    Crowded = "crowded",
    /// What was read back is not what was written.
    NotRight = "not-right",
    Medium = "medium",
    /// The box could not read its own data.
    Box = "box",
    /// The box ended meanwhile.
    Stopped = "stopped",
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(
        "no key for backups was made, so nothing can be encrypted. Nothing was written: make one on the page “Backup”, or by \
         `cleantrack-appliance backup key`"
    )]
    NoKey,
    #[error(
        "the settings name no folder for backups. Nothing was written: set `to` under `[backup]`, and restart the box"
    )]
    NoFolder,
    #[error("a backup or a restore test is running; wait until it ends")]
    Busy,
    /// The folder is not there.
    #[error("{} is not there. Nothing was changed: plug the stick in, and try again", .0.display())]
    Missing(PathBuf),
    #[error("{} is not a folder, and a folder with backups was expected. Nothing was changed: name the folder it is in", .0.display())]
    NoDirectory(PathBuf),
    /// It is on the box's own storage.
    #[error(
        "{} is on the same storage as the box’s data, and would be lost with it. Nothing was written: name a stick or another \
         machine’s folder, or set `same_disk` where something else copies it",
        .0.display()
    )]
    SameDisk(PathBuf),
    #[error("{what}: {source}. What lay there before is as it was")]
    Medium { what: &'static str, source: io::Error },
    /// What was read back is not what was written.
    #[error(
        "{name} does not read back as it was written ({why}), and was removed. Earlier backups are as they were: use another stick"
    )]
    NotRight { name: String, why: String },
    /// The box's own files.
    #[error("the box’s own data could not be read: {0}. Nothing was written")]
    Store(#[from] StoreError),
    #[error("{what} could not be read on this box: {source}. Nothing was written")]
    Source { what: String, source: io::Error },
    #[error("the box ended before the backup did; the next one is made in its place")]
    Stopped,
}

impl BackupError {
    pub(super) fn medium(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Medium { what, source }
    }

    /// The cause as alarms have it; `None` where nothing failed.
    pub fn cause(&self) -> Option<BackupCause> {
        use BackupCause as C;
        Some(match self {
            Self::NoKey => C::NoKey,
            Self::NoFolder => C::NoFolder,
            Self::Busy => return None,
            Self::Missing(_) | Self::NoDirectory(_) => C::Missing,
            Self::SameDisk(_) => C::SameDisk,
            Self::Medium { source, .. } => medium_cause(source),
            Self::NotRight { .. } => C::NotRight,
            Self::Store(_) | Self::Source { .. } => C::Box,
            Self::Stopped => C::Stopped,
        })
    }

    pub fn detail(&self) -> String {
        match self {
            Self::Medium { source, .. } => source.to_string(),
            Self::NotRight { why, .. } => why.clone(),
            Self::Store(error) => error.to_string(),
            Self::Source { what, source } => format!("{what}: {source}"),
            Self::Missing(path) | Self::NoDirectory(path) | Self::SameDisk(path) => {
                path.display().to_string()
            }
            Self::NoKey | Self::NoFolder | Self::Busy | Self::Stopped => String::new(),
        }
    }
}

/// A folder holds more than the backups of one box can be: this keeps the box from reading for hours, or until its
/// memory is full. Others may store theirs in the same folder, so no user is asked to remove anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrowdedFolder {
    #[error("more than {0} files under one box’s name lie in it; name another folder")]
    Files(usize),
    #[error("backups of more than {0} boxes lie in it; name another folder")]
    Boxes(usize),
    /// Too many labels of files of one box.
    #[error("more than {0} labels of backups under one box’s name lie in it; name another folder")]
    Labels(usize),
    /// Labels of one box are too long together.
    #[error(
        "the labels of backups under one box’s name in it have more than {0} bytes together; name another folder"
    )]
    LabelBytes(u64),
}

impl From<CrowdedFolder> for io::Error {
    fn from(crowded: CrowdedFolder) -> Self {
        Self::other(crowded)
    }
}

fn medium_cause(error: &io::Error) -> BackupCause {
    use BackupCause as C;
    use io::ErrorKind as K;
    // EIO, ENXIO and ENODEV: the kernel says so of a stick that was pulled out.
    const GONE: [i32; 3] = [5, 6, 19];
    match error.kind() {
        K::StorageFull | K::QuotaExceeded => C::Full,
        K::ReadOnlyFilesystem | K::PermissionDenied => C::ReadOnly,
        K::FileTooLarge => C::TooLarge,
        K::NotFound | K::NotADirectory | K::StaleNetworkFileHandle => C::Missing,
        _ if error.get_ref().is_some_and(|inner| inner.is::<CrowdedFolder>()) => C::Crowded,
        _ if error.raw_os_error().is_some_and(|code| GONE.contains(&code)) => C::Missing,
        _ => C::Medium,
    }
}
