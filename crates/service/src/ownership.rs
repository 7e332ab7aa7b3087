//! Whose it is what is made: root's commands work in a folder of the program's user, who must be able to open what they leave there.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// The folder that a path lies in; `.` of a bare name.
pub fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Lets what root has just made in a folder belong to whoever has the folder. By its open file, which nobody can exchange meanwhile; only
/// for what did not exist before, since a link that somebody put there could lead to anything.
///
/// # Errors
/// Those of `stat` of the folder and of `fchown`.
pub fn match_owner(made: impl AsFd, folder: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = std::fs::metadata(folder)?;
    if owner.uid() == 0 {
        return Ok(());
    }
    fchown(made, Some(owner.uid()), Some(owner.gid()))
}

/// A folder that nobody else may read (mode 700), with those above it that are not there yet.
///
/// # Errors
/// Those of `mkdir`, `open` and `fchown`; none where the folder is there already.
pub fn make_private_folder(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = parent_of(dir);
    if parent != dir {
        make_private_folder(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        // Another process was quicker.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && dir.is_dir() => return Ok(()),
        made => made?,
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let made = rustix::fs::open(dir, flags, Mode::empty())?;
    match_owner(made, parent)
}

/// A new file that nobody else may read (mode 600), open for reading and writing.
///
/// # Errors
/// `AlreadyExists` for whatever has the name, a link too; else those of `open` and `fchown`.
pub fn make_private_file(path: &Path) -> io::Result<File> {
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    match_owner(&made, parent_of(path))?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOMEBODY: u32 = 54_321;

    #[test]
    fn what_root_makes_in_the_folder_of_another_user_is_that_users() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        // Who is not root has only what is theirs.
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            std::os::unix::fs::chown(&data, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
        }
        let expected = std::fs::metadata(&data).unwrap();
        make_private_folder(&data.join("photos/account/ab")).unwrap();
        make_private_folder(&data.join("photos/account/ab")).unwrap();
        make_private_file(&data.join("photos/account/ab/x")).unwrap();
        for made in ["photos", "photos/account", "photos/account/ab", "photos/account/ab/x"] {
            let found = std::fs::metadata(data.join(made)).unwrap();
            assert_eq!((found.uid(), found.gid()), (expected.uid(), expected.gid()), "{made}");
            assert_eq!(found.mode() & 0o077, 0, "{made}");
        }
        std::fs::write(data.join("there"), "before").unwrap();
        std::os::unix::fs::symlink("nowhere", data.join("link")).unwrap();
        for taken in ["there", "link"] {
            let refused = make_private_file(&data.join(taken)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::AlreadyExists, "{taken}");
        }
    }
}
